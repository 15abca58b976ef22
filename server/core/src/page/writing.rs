//! An answer on its way into a page that its user goes on typing in.
//!
//! It is written by insertions alone, so that nothing of the user's can get lost, one at a time: the next is asked for
//! only when the one before was seen in the document. What a client answers is not believed. Where the next goes is
//! carried over everything that is typed; what is typed right there stays behind it.

use crate::diff;
use crate::document::{Edit, LineEnding, line_end};
use crate::page::{self, Turn};
use crate::position::{self, Encoding, Position};
use ropey::Rope;
use std::ops::Range;

#[cfg(test)]
mod contract;
#[cfg(test)]
mod tests;

/// So many times in a row an insertion may get lost before the answer is no longer written.
pub const MAX_LOST: usize = 8;

/// So many texts are kept in mind while an insertion is on its way.
const MAX_STATES: usize = 64;

/// An insertion that only came together with others' changes is known by so many bytes before it.
const NEAR: usize = 8;

/// In a wrong place it is known from this length on.
const MIN_KNOWN: usize = 3;

/// An answer on its way.
#[derive(Debug, Clone)]
pub struct Writing {
    ending: LineEnding,
    /// What was written so far: from its first insertion to where the next one goes, in the text as it is.
    written: Range<usize>,
    /// Whether the first insertion was seen.
    begun: bool,
    /// What is to be written next, and how much of it lies before where the one after goes.
    pending: String,
    behind: usize,
    guard: Guard,
    sent: Option<Sent>,
    lost: usize,
    state: State,
}

/// Whether an answer is still written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// More may come.
    Open,
    /// Everything is there to be written.
    Closed,
    /// The user removed it from the page; nothing is written any more.
    Removed,
    /// Insertions get lost or land elsewhere; nothing is written any more.
    Lost,
}

/// An insertion on its way to the document.
#[derive(Debug, Clone)]
struct Sent {
    text: String,
    /// How much of it lies before where the next one goes.
    point: usize,
    asked: Position,
    encoding: Encoding,
    /// The client says that it is done with it.
    answered: bool,
    /// It says that it didn't apply it.
    refused: bool,
    /// The texts since then, each with where the insertion belongs in it.
    states: Vec<(Rope, usize)>,
}

/// Where an insertion was seen.
struct Landing {
    at: usize,
    text: String,
    is_right: bool,
}

impl Writing {
    /// The answer of `model` to a turn of the page, with `note` under the question. The insertion with its heading
    /// is the first one.
    pub fn new(text: &Rope, turn: &Turn, note: &str, model: &str, ending: LineEnding) -> Self {
        // A line that has an ending is left alone, and with it what its user types on it.
        let below = line_end(text, turn.end.min(text.len_bytes()));
        let is_ended = below > turn.end && diff::has_ending(&text.byte_slice(turn.end..below).to_string());
        let first = if is_ended { "\n" } else { "\n\n" };
        let at = if is_ended { below } else { text.len_bytes().min(below) };
        let opening = format!("{first}{note}\n\n## {model}\n\n");
        let mut writing = Self {
            ending,
            written: at..at,
            begun: false,
            pending: String::new(),
            behind: 0,
            guard: Guard::default(),
            sent: None,
            lost: 0,
            state: State::Open,
        };
        writing.add(&opening);
        // What follows is written into a line that has an ending: at the end of a document editors differ.
        writing.behind = ending.as_str().len();
        writing.pending.push_str(ending.as_str());
        writing
    }

    pub fn state(&self) -> State {
        self.state
    }

    /// Everything was written and seen, or nothing more will be.
    pub fn is_done(&self) -> bool {
        match self.state {
            State::Open => false,
            State::Closed => self.pending.is_empty() && self.sent.is_none(),
            State::Removed | State::Lost => true,
        }
    }

    /// More of the answer came.
    pub fn push(&mut self, text: &str) {
        if self.state == State::Open {
            let ready = self.guard.push(text);
            self.add(&ready);
        }
    }

    /// The answer is complete. `note` is what its user should know of its end; `text` is the page as it is.
    pub fn close(&mut self, note: Option<&str>, text: &Rope) {
        if self.state != State::Open {
            return;
        }
        self.state = State::Closed;
        if self.sent.as_ref().is_some_and(|sent| sent.refused) {
            self.settle();
        }
        let rest = self.guard.finish();
        self.add(&rest);
        if let Some(note) = note {
            let blank = if self.guard.is_blank { "" } else { "\n\n" };
            self.add(&format!("{blank}{note}"));
        }
        let after = self.written.end.min(text.len_bytes());
        if !page::goes_on(&text.byte_slice(after..).to_string()) {
            self.add(&format!("\n\n{}\n\n", page::QUESTION));
        }
    }

    /// The next insertion, for the text as it is; none while one is on its way or nothing is to be written.
    pub fn next(&mut self, text: &Rope, encoding: Encoding) -> Option<Edit> {
        let is_written = matches!(self.state, State::Open | State::Closed);
        if !is_written || self.sent.is_some() || self.pending.is_empty() {
            return None;
        }
        let at = self.written.end.min(text.len_bytes());
        let piece = std::mem::take(&mut self.pending);
        self.sent = Some(Sent {
            point: piece.len() - self.behind,
            text: piece.clone(),
            asked: position::from_byte(text, at, encoding),
            encoding,
            answered: false,
            refused: false,
            states: vec![(text.clone(), at)],
        });
        self.behind = 0;
        Some(Edit::new(at..at, piece))
    }

    /// The page changed by `edit` to `after`.
    pub fn see(&mut self, edit: &Edit, before: &Rope, after: &Rope) {
        let landing = self.sent.as_ref().and_then(|sent| sent.landing(self.written.end, edit, before, after));
        match (landing, self.sent.take()) {
            (Some(landing), Some(sent)) if landing.is_right => self.landed(&landing, &sent),
            (Some(_), _) => self.state = State::Lost,
            (None, sent) => {
                self.carry(edit, before);
                if self.begun && self.written.is_empty() {
                    self.state = State::Removed;
                    return;
                }
                self.sent = sent;
                let at = self.written.end;
                if let Some(sent) = self.sent.as_mut().filter(|sent| sent.states.len() < MAX_STATES) {
                    sent.states.push((after.clone(), at));
                }
            }
        }
    }

    /// The client answered. What it refused is written again, once the page `has_moved` on from what was asked about;
    /// while it hasn't, there is nothing else to try.
    pub fn answered(&mut self, applied: bool, has_moved: bool) {
        let Some(sent) = &mut self.sent else { return };
        sent.answered = true;
        sent.refused = !applied;
        if !applied && has_moved {
            self.settle();
        } else if !applied && self.state == State::Closed {
            self.lose();
        }
    }

    /// The client sent everything that it changed until it said something new: an insertion that it had answered
    /// before and that wasn't seen is not there, whatever it said.
    pub fn settle(&mut self) {
        let Some(sent) = self.sent.take_if(|sent| sent.answered) else { return };
        // What came meanwhile stands where the point is.
        let (head, tail) = sent.text.split_at(sent.point);
        self.pending = format!("{head}{}{tail}", self.pending);
        self.behind = tail.len();
        self.lost += 1;
        if self.lost > MAX_LOST {
            self.state = State::Lost;
        }
    }

    /// Nothing is written any more.
    pub fn lose(&mut self) {
        if !self.is_done() {
            self.state = State::Lost;
        }
    }

    /// What was written is where it is after `edit`. A client may tell of typing above and below it by one change that
    /// replaces all of it with itself.
    fn carry(&mut self, edit: &Edit, before: &Rope) {
        let removed = before.byte_slice(edit.range.clone()).to_string();
        for hunk in diff::hunks(&removed, &edit.text).iter().rev() {
            let range = edit.range.start + hunk.before.start..edit.range.start + hunk.before.end;
            let added = edit.text.get(hunk.after.clone()).unwrap_or_default();
            let piece = Edit::tight(range, added, before);
            self.written = carry(self.written.start, &piece)..carry(self.written.end, &piece);
        }
    }

    fn landed(&mut self, landing: &Landing, sent: &Sent) {
        let point = landing.at + turned_len(&sent.text, sent.point, &landing.text);
        let start = if self.begun { self.written.start.min(landing.at) } else { landing.at };
        self.written = start..point;
        self.begun = true;
        self.lost = 0;
    }

    /// Puts text where the next insertion's point is.
    fn add(&mut self, text: &str) {
        let at = self.pending.len() - self.behind;
        self.pending.insert_str(at, &text.replace('\n', self.ending.as_str()));
    }
}

impl Sent {
    /// Whether the insertion, which belongs at `place` in the text before, is in the one that `edit` made.
    fn landing(&self, place: usize, edit: &Edit, before: &Rope, after: &Rope) -> Option<Landing> {
        let texts = turned(&self.text);
        for (state, right) in self.states.iter().rev() {
            let late = position::to_byte(state, self.asked, self.encoding);
            for at in [*right, late] {
                for text in &texts {
                    if is_with(state, at, text, after) {
                        return Some(Landing { at, text: text.clone(), is_right: at == *right });
                    }
                }
            }
        }
        texts.iter().find_map(|text| among(text, place, edit, before, after))
    }
}

/// The insertion told in one change with something else: it stands once more than before, near where `edit`
/// touches its place, and behind the same text.
fn among(text: &str, right: usize, edit: &Edit, before: &Rope, after: &Rope) -> Option<Landing> {
    let touches = edit.range.start <= right + text.len() && right <= edit.range.end + text.len();
    if !touches {
        return None;
    }
    let start = edit.range.start.saturating_sub(text.len() + NEAR);
    let around = |rope: &Rope, end: usize| {
        let start = position::floor_char(rope, start.min(rope.len_bytes()));
        let end = position::floor_char(rope, (end + text.len() + NEAR).min(rope.len_bytes()));
        (start, rope.byte_slice(start..end).to_string())
    };
    let near = position::floor_char(before, right.saturating_sub(NEAR));
    let near = before.byte_slice(near..right).to_string();
    let (_, old) = around(before, edit.range.end);
    let (from, new) = around(after, edit.after().end);
    let closest = |what: &str| {
        let found: Vec<usize> = new.match_indices(what).map(|(at, _)| from + at).collect();
        let is_new = found.len() > old.matches(what).count();
        let place = carry(right, edit);
        found.into_iter().filter(|_| is_new).min_by_key(|at| at.abs_diff(place))
    };
    if let Some(at) = closest(&format!("{near}{text}")) {
        return Some(Landing { at: at + near.len(), text: text.to_owned(), is_right: true });
    }
    let at = closest(text).filter(|_| text.trim().len() >= MIN_KNOWN)?;
    Some(Landing { at, text: text.to_owned(), is_right: false })
}

/// Holds back what isn't known well enough to be written: a line that may become a heading of a turn, and line ends
/// that may be the answer's last.
#[derive(Debug, Clone)]
struct Guard {
    /// The line so far, if it may become a heading.
    line: String,
    ends: String,
    in_line: bool,
    /// Nothing was written yet.
    is_blank: bool,
}

impl Default for Guard {
    fn default() -> Self {
        Self { line: String::new(), ends: String::new(), in_line: false, is_blank: true }
    }
}

impl Guard {
    fn push(&mut self, text: &str) -> String {
        let mut ready = String::new();
        self.line.extend(text.chars().filter(|c| *c != '\r'));
        let text = std::mem::take(&mut self.line);
        let text = if self.is_blank { text.trim_start() } else { &text };
        for piece in text.split_inclusive('\n') {
            if !self.in_line && piece.starts_with('#') {
                if !piece.ends_with('\n') {
                    self.line = piece.to_owned();
                    break;
                }
                self.ready(&page::guarded(piece), &mut ready);
            } else {
                self.ready(piece, &mut ready);
            }
            self.in_line = !piece.ends_with('\n');
        }
        ready
    }

    fn finish(&mut self) -> String {
        let mut ready = String::new();
        let line = page::guarded(&std::mem::take(&mut self.line));
        self.ready(&line, &mut ready);
        ready
    }

    fn ready(&mut self, piece: &str, ready: &mut String) {
        let words = piece.trim_end_matches('\n');
        if words.is_empty() {
            self.ends.push_str(piece);
            return;
        }
        ready.push_str(&std::mem::take(&mut self.ends));
        ready.push_str(words);
        self.ends.push_str(piece.get(words.len()..).unwrap_or_default());
        self.is_blank = false;
    }
}

/// Where a place is after `edit`. What is put in right there stays behind it.
fn carry(place: usize, edit: &Edit) -> usize {
    match () {
        () if edit.range.start >= place => place,
        () if edit.range.end <= place => edit.shift(place),
        () => edit.after().end,
    }
}

/// `state` with `text` at `at` is `after`.
fn is_with(state: &Rope, at: usize, text: &str, after: &Rope) -> bool {
    let end = at + text.len();
    state.len_bytes() + text.len() == after.len_bytes()
        && is_boundary(after, at)
        && is_boundary(after, end)
        && after.byte_slice(at..end) == text
        && after.byte_slice(..at) == state.byte_slice(..at)
        && after.byte_slice(end..) == state.byte_slice(at..)
}

fn is_boundary(text: &Rope, byte: usize) -> bool {
    byte <= text.len_bytes() && position::floor_char(text, byte) == byte
}

/// The text, and what it is with its line endings turned.
fn turned(text: &str) -> Vec<String> {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut texts = vec![text.to_owned()];
    for other in [unix.clone(), unix.replace('\n', "\r\n")] {
        if !texts.contains(&other) {
            texts.push(other);
        }
    }
    texts
}

/// How much of `turned` the first `len` bytes of `text` are.
fn turned_len(text: &str, len: usize, turned: &str) -> usize {
    let breaks = |text: &str| diff::lines(text).iter().filter(|line| diff::has_ending(line)).count();
    let bare =
        |text: &str| diff::lines(text).iter().map(|line| diff::without_ending(line).len()).sum::<usize>();
    let (head, tail) = (text.get(..len).unwrap_or_default(), text.get(len..).unwrap_or_default());
    let ending = turned.len().saturating_sub(bare(text)) / breaks(text).max(1);
    debug_assert_eq!(bare(head) + bare(tail) + ending * (breaks(head) + breaks(tail)), turned.len());
    bare(head) + ending * breaks(head)
}
