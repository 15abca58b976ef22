//! A proposal while the model writes it: hunks settle from the top down, and the editor is told once a frame.

use aside::protocol::{ProposalEvent, ProposalState, method};
use aside_tests::{FakeModel, TestEditor};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// At most one event in so long a time.
const FRAME: Duration = Duration::from_millis(16);

const LINES: usize = 5_000;

/// A file of functions, and the same with every 50th line another.
fn texts() -> (String, String) {
    let (mut before, mut after) = (String::new(), String::new());
    for n in 0..LINES {
        writeln!(before, "step_{n}(\"a line of the file\");").unwrap();
        let call = if n % 50 == 25 { "other" } else { "step" };
        writeln!(after, "{call}_{n}(\"a line of the file\");").unwrap();
    }
    (before, after)
}

/// How fast the model writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// As fast as it can.
    Full,
    /// The next piece comes when the editor shows more of the last one.
    AsShown,
}

/// Every event of the proposal up to the one that is ready, and how long it took.
#[track_caller]
fn events(lines: usize, pace: Pace) -> (Vec<ProposalEvent>, Duration) {
    let (before, _) = texts();
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("steps.rs", &before);
    let range = editor.whole(&uri);
    let start = Instant::now();
    editor.instruct("p", &uri, range, "call the others");
    let mut exchange = model.next();
    let mut events: Vec<ProposalEvent> = Vec::new();
    let shown = |events: &[ProposalEvent]| events.last().map_or(0, |event| event.hunks.len());
    for piece in pieces(lines) {
        exchange.openai_text(&piece);
        let before = shown(&events);
        while pace == Pace::AsShown && shown(&events) <= before {
            events.push(editor.next(method::PROPOSAL_EVENT));
        }
    }
    exchange.openai_done();
    while events.last().is_none_or(|event| event.state == ProposalState::Working) {
        events.push(editor.next(method::PROPOSAL_EVENT));
    }
    (events, start.elapsed())
}

/// The answer in pieces of so many lines.
fn pieces(lines: usize) -> impl Iterator<Item = String> {
    let (_, after) = texts();
    let answer = format!("```rust\n{after}```");
    let lines_of: Vec<String> = answer.split_inclusive('\n').map(str::to_owned).collect();
    // The fence's end comes with the last lines.
    let (body, end) = lines_of.split_at(LINES - lines);
    let mut pieces: Vec<String> = body.chunks(lines).map(<[String]>::concat).collect();
    pieces.push(end.concat());
    pieces.into_iter()
}

#[test]
fn five_thousand_lines_cost_at_most_one_event_a_frame() {
    for lines in [1, 100] {
        let (events, took) = events(lines, Pace::Full);
        // However slow the machine is: the time bounds the events, nothing bounds the time.
        let frames = took.as_millis() / FRAME.as_millis() + 2;
        assert!(events.len() as u128 <= frames, "{} events in {took:?}", events.len());
        let last = events.last().expect("the last event");
        assert_eq!((last.state, last.hunks.len()), (ProposalState::Ready, LINES / 50));
    }
}

/// Between two lines of the model the editor is told: the hunks that stand above what the model writes stay.
#[test]
fn a_shown_hunk_stays_as_it_is_while_the_model_writes_on() {
    let (events, _) = events(500, Pace::AsShown);
    assert!(events.len() > LINES / 500, "the preview is seen: {} events", events.len());
    for pair in events.windows(2) {
        let (shown, next) = (&pair[0].hunks, &pair[1].hunks);
        // The last one is where the model writes.
        let settled = &shown[..shown.len().saturating_sub(1)];
        assert!(next.len() >= settled.len(), "{} hunks became {}", shown.len(), next.len());
        for (hunk, same) in settled.iter().zip(next) {
            assert_eq!((&hunk.removed, &hunk.added, hunk.range), (&same.removed, &same.added, same.range));
        }
        assert!(shown.windows(2).all(|two| two[0].range.end.line <= two[1].range.start.line), "top down");
    }
}

#[test]
fn nothing_below_the_line_that_the_model_writes_is_shown_as_taken_out() {
    let (events, _) = events(500, Pace::AsShown);
    for event in events.iter().filter(|event| event.state == ProposalState::Working) {
        let changes = event.hunks.iter().all(|hunk| {
            let (removed, added) = (hunk.removed.lines().count(), hunk.added.lines().count());
            removed <= added + 1
        });
        assert!(changes, "{:?}", event.hunks.last());
    }
}
