//! Matches a text line by line while it is being written, for a preview.
//!
//! What is settled is never revised: a line once matched stays matched, and what lies above it is final. Each new line
//! is looked for in the next few old lines only, so the cost of a line doesn't grow with the texts.

use super::{LineHunk, lines, without_ending};
use std::ops::Range;

/// An incremental line difference between a known text and one that is still being written.
#[derive(Debug, Clone)]
pub struct Streaming {
    old: Vec<OldLine>,
    /// The next old line to match.
    cursor: usize,
    /// Bytes of the new text taken so far.
    taken: usize,
    /// Where the new lines begin that found no old line yet.
    pending: usize,
    settled: Vec<LineHunk>,
}

#[derive(Debug, Clone)]
struct OldLine {
    bytes: Range<usize>,
    text: String,
}

/// The old line that a new one goes with.
enum Found {
    Same(usize),
    /// Equal but for the blanks around it.
    Reindented(usize),
}

/// How many old lines ahead a new line is looked for.
const REACH: usize = 60;

impl Streaming {
    /// `old` is what the written text replaces.
    pub fn new(old: &str) -> Self {
        let mut at = 0;
        let old = lines(old)
            .into_iter()
            .map(|line| {
                let bytes = at..at + line.len();
                at = bytes.end;
                OldLine { bytes, text: without_ending(line).to_owned() }
            })
            .collect();
        Self { old, cursor: 0, taken: 0, pending: 0, settled: Vec::new() }
    }

    /// Takes the next complete line of the new text, with its line ending.
    pub fn feed(&mut self, line: &str) {
        let start = self.taken;
        self.taken += line.len();
        let (found, end, next) = match self.find(without_ending(line)) {
            Some(Found::Same(at)) => (at, start, at + 1),
            Some(Found::Reindented(at)) => (at + 1, self.taken, at + 1),
            None => return,
        };
        self.settle(found, end);
        self.cursor = next;
        self.pending = self.taken;
    }

    /// The hunks above the last matched line, final, from the top down.
    pub fn settled(&self) -> &[LineHunk] {
        &self.settled
    }

    /// What was written below the last matched line, as lines put in there; it may yet turn out to replace old lines.
    pub fn tail(&self) -> Option<LineHunk> {
        let at = self.old_start(self.cursor);
        (self.pending < self.taken).then_some(LineHunk { before: at..at, after: self.pending..self.taken })
    }

    /// Bytes of the new text taken so far.
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// Old lines up to `found` and new bytes up to `end` are done with.
    fn settle(&mut self, found: usize, end: usize) {
        let before = self.old_start(self.cursor)..self.old_start(found);
        let after = self.pending..end;
        if !before.is_empty() || !after.is_empty() {
            self.settled.push(LineHunk { before, after });
        }
    }

    /// The old line to match: an equal one, else one that is equal but for the blanks around it. A line that says
    /// little (`}`, an empty one) is no reason to skip old lines.
    fn find(&self, line: &str) -> Option<Found> {
        let trimmed = line.trim();
        let reach = if trimmed.chars().take(3).count() < 3 { 1 } else { REACH };
        let ahead = self.old.get(self.cursor..).unwrap_or_default();
        let ahead = ahead.get(..reach.min(ahead.len())).unwrap_or_default();
        if let Some(at) = ahead.iter().position(|old| old.text == line) {
            return Some(Found::Same(self.cursor + at));
        }
        let at = ahead.iter().position(|old| !trimmed.is_empty() && old.text.trim() == trimmed)?;
        Some(Found::Reindented(self.cursor + at))
    }

    fn old_start(&self, line: usize) -> usize {
        match self.old.get(line) {
            Some(line) => line.bytes.start,
            None => self.old.last().map_or(0, |line| line.bytes.end),
        }
    }
}
