//! What a ledger says, and what it notices.

use super::*;

fn sent(id: &str, time: u64, provider: &str) -> Record {
    let items =
        vec![Item { label: "selection a|b.rs:3-9".to_owned(), range: Some(position::Range::default()) }];
    let act = Act { feature: Feature::Chat, model: "large".to_owned(), items, masked: 1 };
    Record::Sent(Sent {
        id: id.to_owned(),
        time,
        origin: "https://api.example".to_owned(),
        provider: provider.to_owned(),
        act,
        bytes_out: 100,
        key: Some("keyring".to_owned()),
    })
}

fn ended(id: &str, outcome: Outcome) -> Record {
    Record::Ended(Ended { id: id.to_owned(), time: 90_002, outcome, bytes_in: 40, milliseconds: 1_500 })
}

/// The records as a file that follows a line with this hash, and the hash of its last line.
fn file(name: &str, previous: &Hash, records: &[Record]) -> (Segment, Hash) {
    let begin = Record::Begin { time: 1, previous: previous.clone() };
    let (mut text, mut head) = begin.to_line(previous);
    for record in records {
        let (line, hash) = record.to_line(&head);
        text.push_str(&line);
        head = hash;
    }
    (Segment { name: name.to_owned(), text }, head)
}

fn two() -> Vec<Segment> {
    let (first, head) =
        file("1", &Hash::none(), &[sent("a", 86_401, "acme"), ended("a", Outcome::Answered { status: 200 })]);
    let (second, _) = file(
        "2",
        &head,
        &[sent("b", 90_000, "other"), ended("b", Outcome::Stopped), sent("c", 90_001, "acme")],
    );
    vec![first, second]
}

#[track_caller]
fn faults(segments: &[Segment], expected: &[&str]) {
    let found: Vec<String> = read(segments).faults.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_ledger_reads_as_it_was_written() {
    let segments = two();
    let reading = read(&segments);
    assert_eq!((reading.lines, reading.torn, &reading.gaps[..]), (7, 0, &[][..]));
    let ends: Vec<_> = reading
        .entries
        .iter()
        .map(|entry| (entry.sent.id.as_str(), entry.end.as_ref().map(|end| end.outcome)))
        .collect();
    assert_eq!(
        ends,
        [("a", Some(Outcome::Answered { status: 200 })), ("b", Some(Outcome::Stopped)), ("c", None)]
    );
    faults(&segments, &[]);
    let (whole, head) = tail(segments[1].text.as_bytes()).unwrap();
    assert_eq!((whole, head), (segments[1].text.len(), reading.head));
}

#[test]
fn every_changed_byte_of_every_line_is_noticed() {
    let whole = two();
    for n in 0..whole.len() {
        for at in 0..whole[n].text.len() {
            let mut changed = whole.clone();
            let mut bytes = changed[n].text.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            changed[n].text = text;
            let reading = read(&changed);
            assert!(!reading.faults.is_empty() || reading.torn > 0, "byte {at} of file {n}");
        }
    }
}

#[test]
fn every_line_that_is_taken_out_or_moved_is_noticed() {
    let whole = two();
    // A last line has none after it that would tell.
    for (n, line, what) in [
        (0, 0, "1, line 1: this line, or one before it, is not as it was written"),
        (0, 1, "1, line 2: this line, or one before it, is not as it was written"),
        (0, 2, "2: what was written before it is missing"),
        (1, 0, "2, line 1: this line, or one before it, is not as it was written"),
        (1, 1, "2, line 2: this line, or one before it, is not as it was written"),
    ] {
        let mut changed = whole.clone();
        let lines: Vec<&str> = whole[n].text.split_inclusive('\n').collect();
        changed[n].text =
            lines.iter().enumerate().filter(|(at, _)| *at != line).map(|(_, line)| *line).collect();
        faults(&changed, &[what]);
    }
    let swapped = [whole[1].clone(), whole[0].clone()];
    faults(&swapped, &["1: what was written before it is missing"]);
}

#[test]
fn what_was_pruned_by_its_age_leaves_a_whole_ledger() {
    let segments = two();
    faults(&segments[1..], &[]);
}

#[test]
fn a_line_that_a_crash_cut_is_told_and_is_no_fault() {
    let whole = two();
    let last = whole[1].text.trim_end().rfind('\n').unwrap() + 1;
    for cut in last + 1..whole[1].text.len() {
        let mut cut_off = whole.clone();
        cut_off[1].text.truncate(cut);
        let reading = read(&cut_off);
        assert_eq!((reading.torn, reading.faults.len(), reading.entries.len()), (cut - last, 0, 2));
        assert_eq!(tail(cut_off[1].text.as_bytes()).unwrap().0, last);
    }
}

#[test]
fn what_is_no_ledger_is_a_fault_and_not_a_crash() {
    for text in ["\n", "x\n", "no hash {}\n", "{}\n{}\n", "\u{0}\u{0}\n"] {
        let segment = Segment { name: "1".to_owned(), text: text.to_owned() };
        faults(&[segment], &["1, line 1: this line, or one before it, is not as it was written"]);
    }
    assert_eq!((tail(b""), tail(b"half"), tail(b"\n")), (None, None, None));
}

#[test]
fn days_and_moments_are_those_of_the_calendar() {
    for (time, text) in [
        (0, "1970-01-01 00:00:00"),
        (951_782_399, "2000-02-28 23:59:59"),
        (951_782_400, "2000-02-29 00:00:00"),
        (1_795_651_405, "2026-11-26 00:03:25"),
        (4_107_542_400, "2100-03-01 00:00:00"),
    ] {
        assert_eq!(moment(time), text);
        assert_eq!(second(&format!("{}Z", text.replace(' ', "T"))), Some(time));
        assert_eq!(since(text.get(..10).unwrap(), 0), Some(time / 86_400 * 86_400));
    }
    assert_eq!(
        (since("2d", 200_000), since("1h", 200_000), since("9d", 1)),
        (Some(27_200), Some(196_400), Some(0))
    );
    for wrong in
        ["", "d", "yesterday", "2026-13-01", "2026-02-30", "2026-1", "1969-12-31", "99999999999999999999d"]
    {
        assert_eq!(since(wrong, 9), None, "{wrong}");
    }
}

#[test]
fn a_moment_is_read_in_any_zone_and_nothing_else_is() {
    let noon = second("2026-11-26T12:00:00Z");
    for same in ["2026-11-26T12:00:00.999Z", "2026-11-26t13:30:00+01:30", "2026-11-26 06:00:00-06:00"] {
        assert_eq!(second(same), noon, "{same}");
    }
    for wrong in [
        "",
        "noon",
        "2026-11-26",
        "2026-11-26T12:00:00",
        "2026-02-30T12:00:00Z",
        "2026-11-26T24:00:00Z",
        "2026-11-26T12:00:00é",
        "2026-11-26T12:00:00+1",
        "0dT12:00:00Z",
        "1970-01-01T00:00:00+01:00",
    ] {
        assert_eq!(second(wrong), None, "{wrong}");
    }
}

#[test]
fn the_tables_say_what_was_sent_to_whom() {
    let mut reading = read(&two());
    reading.add(vec![
        Record::Gap { time: 90_003, bytes: 7, records: 2 },
        ended("c", Outcome::Failed { cause: ProblemKind::Network }),
    ]);
    insta::assert_snapshot!(markdown(&reading), @r"
    # What left this machine

    Each request that Aside made, written down before it was sent. Times are UTC, sizes are bytes of bodies. No text is kept here.

    ## By day

    | Day | Requests | Sent | Received | Secrets masked |
    |---|--:|--:|--:|--:|
    | 1970-01-02 | 3 | 300 | 120 | 3 |

    ## By provider

    | Provider | Requests | Sent | Received | Secrets masked |
    |---|--:|--:|--:|--:|
    | acme | 2 | 200 | 80 | 2 |
    | other | 1 | 100 | 40 | 1 |

    ## By feature

    | Feature | Requests | Sent | Received | Secrets masked |
    |---|--:|--:|--:|--:|
    | chat | 3 | 300 | 120 | 3 |

    ## The last 3 requests

    | When | For | Model | To | Key from | Sent | Received | Took | What came of it | What went along |
    |---|---|---|---|---|--:|--:|--:|---|---|
    | 1970-01-02 01:00:01 | chat | acme/large | https://api.example | keyring | 100 | 40 | 1500 ms | failed: network | selection a\|b.rs:3-9, 1 secret masked |
    | 1970-01-02 01:00:00 | chat | other/large | https://api.example | keyring | 100 | 40 | 1500 ms | stopped | selection a\|b.rs:3-9, 1 secret masked |
    | 1970-01-02 00:00:01 | chat | acme/large | https://api.example | keyring | 100 | 40 | 1500 ms | answered | selection a\|b.rs:3-9, 1 secret masked |

    ## What is missing

    - 1970-01-02 01:00:03: 2 records could not be written, 7 bytes were cut
    ");
    let lines: Vec<String> = reading.entries.iter().map(line).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    1970-01-02 00:00:01  chat           acme/large at https://api.example, key from keyring: 100 B sent, 40 B back, 1500 ms, answered; with selection a|b.rs:3-9, 1 secret masked
    1970-01-02 01:00:00  chat           other/large at https://api.example, key from keyring: 100 B sent, 40 B back, 1500 ms, stopped; with selection a|b.rs:3-9, 1 secret masked
    1970-01-02 01:00:01  chat           acme/large at https://api.example, key from keyring: 100 B sent, 40 B back, 1500 ms, failed: network; with selection a|b.rs:3-9, 1 secret masked
    ");
    reading.since(90_001);
    assert_eq!(reading.entries.len(), 1);
}

#[test]
fn an_empty_ledger_says_so() {
    assert_eq!(markdown(&read(&[])), "# What left this machine\n\nNothing yet.\n");
}
