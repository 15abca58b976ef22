//! The ledger for a person: tables in Markdown, and one line an entry.

use super::{Entry, Outcome, Reading, day, moment};
use std::collections::BTreeMap;
use std::fmt::Write;

/// At most so many requests are listed one by one.
const RECENT: usize = 100;

/// The sums of some entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sums {
    requests: u64,
    bytes_out: u64,
    bytes_in: u64,
    masked: u64,
}

/// The whole ledger as one document.
pub fn markdown(reading: &Reading) -> String {
    let mut page = "# What left this machine\n\n".to_owned();
    if reading.entries.is_empty() {
        page.push_str("Nothing yet.\n");
    } else {
        page.push_str("Each request that Aside made, written down before it was sent. Times are UTC, sizes are bytes of \
                       bodies. No text is kept here.\n");
        sums(&mut page, "Day", reading, |entry| day(entry.sent.time), true);
        sums(&mut page, "Provider", reading, |entry| entry.sent.provider.clone(), false);
        sums(&mut page, "Feature", reading, |entry| entry.sent.act.feature.name().to_owned(), false);
        recent(&mut page, reading);
    }
    notes(&mut page, reading);
    page
}

fn sums(
    page: &mut String,
    what: &str,
    reading: &Reading,
    key: impl Fn(&Entry) -> String,
    newest_first: bool,
) {
    let mut groups: BTreeMap<String, Sums> = BTreeMap::new();
    for entry in &reading.entries {
        let sums = groups.entry(key(entry)).or_default();
        sums.requests += 1;
        sums.bytes_out += entry.sent.bytes_out;
        sums.bytes_in += entry.end.as_ref().map_or(0, |end| end.bytes_in);
        sums.masked += entry.sent.act.masked;
    }
    let _ = write!(page, "\n## By {}\n\n", what.to_lowercase());
    let _ = writeln!(page, "| {what} | Requests | Sent | Received | Secrets masked |\n|---|--:|--:|--:|--:|");
    let mut rows: Vec<_> = groups.into_iter().collect();
    if newest_first {
        rows.reverse();
    }
    for (name, Sums { requests, bytes_out, bytes_in, masked }) in rows {
        let _ = writeln!(page, "| {} | {requests} | {bytes_out} | {bytes_in} | {masked} |", cell(&name));
    }
}

fn recent(page: &mut String, reading: &Reading) {
    let all = reading.entries.len();
    let shown = all.min(RECENT);
    let _ = write!(
        page,
        "\n## The last {}\n\n",
        if shown == 1 { "request".to_owned() } else { format!("{shown} requests") }
    );
    page.push_str("| When | For | Model | To | Key from | Sent | Received | Took | What came of it | What went along |\n");
    page.push_str("|---|---|---|---|---|--:|--:|--:|---|---|\n");
    for entry in reading.entries.iter().rev().take(RECENT) {
        let cells = [
            moment(entry.sent.time),
            entry.sent.act.feature.name().to_owned(),
            model(entry),
            entry.sent.origin.clone(),
            entry.sent.key.clone().unwrap_or_else(|| "no key".to_owned()),
            entry.sent.bytes_out.to_string(),
            entry.end.as_ref().map_or(String::new(), |end| end.bytes_in.to_string()),
            entry.end.as_ref().map_or(String::new(), |end| format!("{} ms", end.milliseconds)),
            outcome(entry),
            along(entry),
        ];
        let _ = writeln!(page, "| {} |", cells.map(|text| cell(&text)).join(" | "));
    }
    if all > shown {
        let _ = write!(page, "\n`aside ledger` lists all {all}.\n");
    }
}

/// What is missing, and whether the ledger is whole.
fn notes(page: &mut String, reading: &Reading) {
    let unread = reading
        .unread
        .iter()
        .map(|why| format!("the files can't be read ({why}): only what is kept in memory is shown"));
    let mut notes: Vec<String> = unread.chain(reading.faults.iter().map(ToString::to_string)).collect();
    for (time, records, bytes) in &reading.gaps {
        notes.push(format!(
            "{}: {records} records could not be written, {bytes} bytes were cut",
            moment(*time)
        ));
    }
    if reading.torn > 0 {
        notes.push(format!("the last line was cut after {} bytes, as by a crash", reading.torn));
    }
    if !notes.is_empty() {
        page.push_str("\n## What is missing\n\n");
    }
    for note in notes {
        let _ = writeln!(page, "- {note}");
    }
}

/// One entry on one line, for a terminal.
pub fn line(entry: &Entry) -> String {
    let took = match &entry.end {
        Some(end) => format!("{} B back, {} ms, {}", end.bytes_in, end.milliseconds, outcome(entry)),
        None => outcome(entry),
    };
    let key = entry.sent.key.as_ref().map_or("no key".to_owned(), |key| format!("key from {key}"));
    let along = match along(entry) {
        nothing if nothing.is_empty() => nothing,
        along => format!("; with {along}"),
    };
    let what = entry.sent.act.feature.name();
    let (time, origin, out) = (moment(entry.sent.time), &entry.sent.origin, entry.sent.bytes_out);
    format!("{time}  {what:14} {} at {origin}, {key}: {out} B sent, {took}{along}", model(entry))
}

fn model(entry: &Entry) -> String {
    match entry.sent.act.model.as_str() {
        "" => entry.sent.provider.clone(),
        model => format!("{}/{model}", entry.sent.provider),
    }
}

fn outcome(entry: &Entry) -> String {
    match entry.end.as_ref().map(|end| end.outcome) {
        Some(Outcome::Answered { .. }) => "answered".to_owned(),
        Some(Outcome::Refused { status }) => format!("refused with status {status}"),
        Some(Outcome::Failed { cause }) => format!("failed: {}", word(cause)),
        Some(Outcome::Stopped) => "stopped".to_owned(),
        None => "no end was seen".to_owned(),
    }
}

/// The cause as the log and the protocol spell it.
fn word(cause: crate::problem::ProblemKind) -> String {
    let text = serde_json::to_string(&cause).unwrap_or_default();
    text.trim_matches('"').to_owned()
}

fn along(entry: &Entry) -> String {
    let mut along: Vec<String> = entry.sent.act.items.iter().map(|item| item.label.clone()).collect();
    match entry.sent.act.masked {
        0 => {}
        1 => along.push("1 secret masked".to_owned()),
        more => along.push(format!("{more} secrets masked")),
    }
    along.join(", ")
}

/// Text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
