//! Reading the ledger back: its entries, and whether it is as it was written.

use super::{Ended, Hash, Record, Sent};
use serde::Serialize;
use std::collections::HashMap;
use std::fmt;

/// One file of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub name: String,
    pub text: String,
}

/// A request and its end; there is none while it is under way, or if the program was killed meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    #[serde(flatten)]
    pub sent: Sent,
    pub end: Option<Ended>,
}

/// Where the ledger is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The line is not the one that was written, or one before it was taken out.
    Changed { segment: String, line: usize },
    /// The file doesn't begin where the one before it ends: lines or files are missing.
    Missing { before: String },
    /// The last line that was written is not there: lines or files are missing at the end.
    Cut,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { segment, line } => {
                write!(f, "{segment}, line {line}: this line, or one before it, is not as it was written")
            }
            Self::Missing { before } => {
                write!(f, "{before}: what was written before it is missing")
            }
            Self::Cut => {
                f.write_str("the last line that was written is missing, and what stood before it may be")
            }
        }
    }
}

/// What the ledger says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// In the order they were sent.
    pub entries: Vec<Entry>,
    /// The first fault of each file, and one of the end.
    pub faults: Vec<Fault>,
    /// Bytes of the last line that a crash, or a full disk, cut off; they say nothing.
    pub torn: usize,
    /// Records that could not be written, and lines that were cut: `(time, records, bytes)`.
    pub gaps: Vec<(u64, u64, u64)>,
    /// Lines read.
    pub lines: usize,
    /// The hash of the last line.
    pub head: Hash,
    /// Why the files can't be read, where they can't: what is known otherwise is all that there is.
    pub unread: Option<String>,
}

/// Reads the files, the oldest first.
pub fn read(segments: &[Segment]) -> Reading {
    read_to(segments, None)
}

/// Reads the files, the oldest first, of which a line with the hash `last` was written, if that is known.
pub fn read_to(segments: &[Segment], last: Option<&Hash>) -> Reading {
    let mut reader = Reader::new();
    for (n, segment) in segments.iter().enumerate() {
        reader.segment(segment, n == 0, n + 1 == segments.len());
    }
    let line = |last: &Hash| format!("{last} ");
    let is_there =
        |line: &str| segments.iter().any(|segment| segment.text.lines().any(|text| text.starts_with(line)));
    if last.map(line).is_some_and(|line| !is_there(&line)) {
        reader.reading.faults.push(Fault::Cut);
    }
    reader.reading
}

/// What an appender has to know of a file: the bytes of its whole lines, and the hash of the last of them. `text` is the
/// end of the file; `None` where it holds no whole line.
pub fn tail(text: &[u8]) -> Option<(usize, Hash)> {
    let whole = text.iter().rposition(|byte| *byte == b'\n')?;
    let start = text.iter().take(whole).rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = std::str::from_utf8(text.get(start..whole)?).ok()?;
    let (hash, _) = split(line)?;
    Some((whole + 1, hash))
}

struct Reader {
    reading: Reading,
    /// Where an entry is, by its id.
    places: HashMap<String, usize>,
}

impl Reader {
    fn new() -> Self {
        let reading = Reading {
            entries: Vec::new(),
            faults: Vec::new(),
            torn: 0,
            gaps: Vec::new(),
            lines: 0,
            head: Hash::none(),
            unread: None,
        };
        Self { reading, places: HashMap::new() }
    }

    fn segment(&mut self, segment: &Segment, first: bool, last: bool) {
        let mut sound = true;
        for (n, line) in segment.text.split_inclusive('\n').enumerate() {
            let Some(line) = line.strip_suffix('\n') else {
                if last {
                    self.reading.torn = line.len();
                } else if sound {
                    self.changed(segment, n);
                }
                return;
            };
            self.reading.lines += 1;
            let Some((hash, json)) = split(line) else {
                if std::mem::take(&mut sound) {
                    self.changed(segment, n);
                }
                continue;
            };
            let record = serde_json::from_str(json).ok();
            if let (0, Some(Record::Begin { previous, .. })) = (n, &record) {
                if !first && *previous != self.reading.head {
                    self.reading.faults.push(Fault::Missing { before: segment.name.clone() });
                }
                self.reading.head = previous.clone();
            } else if n == 0 && std::mem::take(&mut sound) {
                self.changed(segment, n);
            }
            if (self.reading.head.follow(json) != hash || record.is_none()) && std::mem::take(&mut sound) {
                self.changed(segment, n);
            }
            self.reading.head = hash;
            self.record(record);
        }
    }

    fn changed(&mut self, segment: &Segment, line: usize) {
        self.reading.faults.push(Fault::Changed { segment: segment.name.clone(), line: line + 1 });
    }

    fn record(&mut self, record: Option<Record>) {
        match record {
            Some(Record::Sent(sent)) => {
                self.places.insert(sent.id.clone(), self.reading.entries.len());
                self.reading.entries.push(Entry { sent, end: None });
            }
            Some(Record::Ended(ended)) => {
                let place = self.places.get(&ended.id);
                if let Some(entry) = place.and_then(|at| self.reading.entries.get_mut(*at)) {
                    entry.end = Some(ended);
                }
            }
            Some(Record::Gap { time, bytes, records }) => self.reading.gaps.push((time, records, bytes)),
            Some(Record::Begin { .. }) | None => {}
        }
    }
}

impl Reading {
    /// Adds records that are not on disk, as the newest.
    pub fn add(&mut self, records: Vec<Record>) {
        let places = self.entries.iter().enumerate().map(|(at, entry)| (entry.sent.id.clone(), at)).collect();
        let empty = Reader::new().reading;
        let mut reader = Reader { reading: std::mem::replace(self, empty), places };
        for record in records {
            reader.record(Some(record));
        }
        *self = reader.reading;
    }

    /// Leaves out what was sent before a moment.
    pub fn since(&mut self, time: u64) {
        self.entries.retain(|entry| entry.sent.time >= time);
    }
}

fn split(line: &str) -> Option<(Hash, &str)> {
    let (hash, json) = line.split_once(' ')?;
    Some((Hash::parse(hash)?, json))
}
