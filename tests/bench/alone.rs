//! The rows that have no floor beside them: what a person would notice, as a number that must not be passed.

use crate::client::{Client, Subject};
use crate::process::memory;
use crate::rows::{code_action, milliseconds, open, percentile, trickle};
use aside_core::document::Edit;
use aside_core::proposal::{Proposal, Request};
use aside_tests::FakeModel;
use ropey::Rope;
use std::time::Instant;

pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) target: &'static str,
    pub(crate) measure: fn() -> f64,
}

pub(crate) const ROWS: &[Row] = &[
    Row { name: "a file of 10 MB is opened", unit: "ms", target: "at most 100 ms", measure: || opened().0 },
    Row { name: "its memory, times its size", unit: "x", target: "at most 3", measure: || opened().1 },
    Row { name: "messages of a stream", unit: "/s", target: "at most 63", measure: messages },
    Row { name: "1,000 hunks follow a typed letter", unit: "ms", target: "at most 1 ms", measure: follow },
    Row { name: "50 of 5,000 lines stream in, p99", unit: "ms", target: "at most 2 ms", measure: stream_in },
];

const LINE: &str = "    let some_name = another_name(1, 2, 3);\n";

/// How long it takes, and how many times the text's size it takes.
fn opened() -> (f64, f64) {
    let text = LINE.repeat(10_000_000 / LINE.len());
    let mut client = Client::start(Subject::Aside, &FakeModel::start());
    open(&mut client, "fn main() {}\n");
    code_action(&mut client);
    let before = memory(client.id());
    let begun = Instant::now();
    open(&mut client, &text);
    code_action(&mut client);
    let taken = milliseconds(begun.elapsed());
    (taken, (memory(client.id()) - before) * 1_048_576.0 / text.len() as f64)
}

/// While the provider writes a token a millisecond for three seconds.
fn messages() -> f64 {
    let model = FakeModel::start();
    let mut client = Client::start(Subject::Aside, &model);
    client.send(0);
    let exchange = model.next();
    let provider = std::thread::spawn(move || trickle(exchange, 3000));
    let (mut count, begun) = (0_u32, Instant::now());
    loop {
        let (_, message) = client.next();
        match message["params"]["event"]["kind"].as_str() {
            Some("text") => count += 1,
            Some("done") => break,
            _ => {}
        }
    }
    provider.join().expect("a provider");
    f64::from(count) / begun.elapsed().as_secs_f64()
}

/// 10,000 lines, and what a model makes of each tenth.
fn texts() -> (String, String) {
    let lines = |changed: &str| -> String {
        (0..10_000)
            .map(|n| if n % 10 == 5 { format!("{changed}({n});\n") } else { format!("line_{n}();\n") })
            .collect()
    };
    (lines("old"), lines("new"))
}

fn proposal(text: &Rope) -> Proposal {
    let words = || "bench".to_owned();
    let request = Request { id: words(), uri: words(), instruction: words(), model: words() };
    Proposal::new(request, text, 0..text.len_bytes())
}

fn follow() -> f64 {
    let (base, theirs) = texts();
    let mut text = Rope::from_str(&base);
    let mut proposal = proposal(&text);
    proposal.finish(&theirs);
    assert_eq!(proposal.hunks().count(), 1000);
    let taken = (0..200).map(|_| {
        let before = text.clone();
        let edit = Edit::new(0..0, "x");
        edit.apply(&mut text);
        let begun = Instant::now();
        proposal.carry(&edit, &before, &text);
        milliseconds(begun.elapsed())
    });
    percentile(taken.collect(), 50)
}

fn stream_in() -> f64 {
    let (base, theirs) = texts();
    let half =
        |text: &str| -> Vec<String> { text.split_inclusive('\n').take(5_000).map(str::to_owned).collect() };
    let text = Rope::from_str(&half(&base).concat());
    let mut proposal = proposal(&text);
    let mut so_far = String::new();
    let theirs = half(&theirs);
    let taken = theirs.chunks(50).map(|lines| {
        so_far.push_str(&lines.concat());
        let begun = Instant::now();
        proposal.preview(&so_far);
        milliseconds(begun.elapsed())
    });
    let taken = taken.collect();
    percentile(taken, 99)
}
