//! An answer on its way into a page that its user goes on typing in.
//!
//! It is written by insertions alone, one at a time, so that nothing of the user's can get lost: the next once the one
//! before was seen. What is typed right where it goes on stays behind it. What a client answers is not believed, but for
//! what is taken back from elsewhere: that is known to be ours by what and where it is, and by the client's word.

use crate::applied::mending::{Due, Mending};
use crate::diff;
use crate::document::{Edit, LineEnding, letters, line_end};
use crate::page::{self, Turn};
use crate::position::{self, Encoding};
use ropey::Rope;
use std::ops::Range;

#[cfg(test)]
mod contract;
mod guard;
mod sent;
#[cfg(test)]
mod tests;

use guard::Guard;
use sent::{Landing, Place, Sent, turned_len};

/// So many times in a row an insertion may get lost before the answer is no longer written.
pub const MAX_LOST: usize = 8;

/// An insertion that only came together with others' changes is known by so many bytes before it.
const NEAR: usize = 32;

/// So long it is nothing that somebody writes by chance, so that it can be taken back. To have it taken for ours, the
/// user would have to put in the very same text at once at the very place that was asked for, while it is on its way
/// there, and the client to say falsely that it did so.
const MIN_TAKEN_BACK: usize = 16;

/// Up to so many bytes, what a client tells in one change is taken apart by words; by lines beyond.
const BY_WORDS: usize = 16 << 10;

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
    /// Takes back an insertion that landed elsewhere; nothing is written meanwhile. While the insertion is still `sent`,
    /// the client hasn't said that it was its doing, and it may be the user's own.
    mending: Option<Mending>,
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
            mending: None,
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
            State::Closed => self.pending.is_empty() && self.sent.is_none() && self.mending.is_none(),
            State::Removed | State::Lost => self.mending.is_none(),
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
        if let Some(closing) = self.guard.closing() {
            self.add(&format!("\n{closing}"));
        }
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
        if !is_written || self.sent.is_some() || self.mending.is_some() || self.pending.is_empty() {
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
            told: 0,
            is_doubtful: false,
        });
        self.behind = 0;
        Some(Edit::new(at..at, piece))
    }

    /// The edits of the text as it is that take back an insertion which landed elsewhere, once all changes of a
    /// notification were seen.
    pub fn take_back(&mut self, text: &Rope, encoding: Encoding) -> Option<Vec<Edit>> {
        let mending = self.mending.as_mut().filter(|_| self.sent.is_none())?;
        match mending.next(text, encoding)? {
            Due::Edits(edits) | Due::Again(edits) => Some(edits),
            Due::Left => {
                self.mending = None;
                self.lose();
                None
            }
        }
    }

    /// The page changed by `edit` to `after`.
    pub fn see(&mut self, edit: &Edit, before: &Rope, after: &Rope) {
        if let Some(mending) = &mut self.mending {
            mending.see(edit, after);
        }
        self.mending.take_if(|mending| mending.is_mended());
        let landing = self.sent.as_ref().and_then(|sent| sent.landing(self.written.end, edit, before, after));
        match (landing, self.sent.take()) {
            (Some(landing), Some(sent)) if landing.place == Place::Right => self.landed(&landing, &sent),
            (Some(landing), Some(mut sent)) => {
                self.carry(edit, before, after);
                sent.pass(edit, after, self.written.end);
                self.misplaced(&landing, sent);
            }
            (_, sent) => {
                let written = self.written.clone();
                let gone = self.carry(edit, before, after);
                let is_for_other_text = gone > 0 && edit.text.contains(|c: char| !c.is_whitespace());
                if self.begun && is_for_other_text && gone * 2 > letters(before, written) {
                    // Most of the answer is not there any more, and what is there is nothing to go on behind.
                    return self.lose();
                }
                if self.begun && self.written.is_empty() {
                    self.mending.take_if(|_| sent.is_some());
                    self.state = State::Removed;
                    return;
                }
                self.sent = sent;
                if let Some(sent) = &mut self.sent {
                    sent.pass(edit, after, self.written.end);
                }
            }
        }
    }

    /// The page was closed, and is open again with another text: where that lacks some of what was written, the answer
    /// would go on behind a gap.
    pub fn reopen(&mut self, edit: &Edit, before: &Rope, after: &Rope) {
        let had = letters(before, self.written.clone());
        self.see(edit, before, after);
        if self.begun && letters(after, self.written.clone()) < had {
            self.state = State::Lost;
            (self.sent, self.mending) = (None, None);
        }
    }

    /// The client answered. What it refused is written again, once the page `has_moved` on from what was asked about;
    /// while it hasn't, there is nothing else to try.
    pub fn answered(&mut self, applied: bool, has_moved: bool) {
        let Some(sent) = &mut self.sent else {
            return self.mending.iter_mut().for_each(|mending| mending.answered(applied));
        };
        sent.answered = true;
        sent.refused = !applied;
        if self.mending.is_some() {
            self.own_up();
        } else if !applied && has_moved {
            self.settle();
        } else if !applied && self.state == State::Closed {
            self.lose();
        }
    }

    /// The client sent everything that it changed until it said something new: an insertion that it had answered
    /// before and that wasn't seen is not there, whatever it said. It is written again, but for one that may be there
    /// after all: no answer stands in a page twice.
    pub fn settle(&mut self) {
        if let Some(mending) = &mut self.mending {
            mending.settle();
        }
        if let Some(sent) = &mut self.sent {
            sent.told = sent.states.len() - 1;
        }
        let Some(sent) = self.sent.take_if(|sent| sent.answered) else { return };
        if sent.is_doubtful && !sent.refused {
            self.state = State::Lost;
        } else {
            self.write_again(&sent);
        }
    }

    /// The client was asked longer ago than it takes to do so, and may be one that never answers: what was seen elsewhere
    /// was its doing, or what belongs in its place would have come by now.
    pub fn overdue(&mut self) {
        if self.mending.is_some() && self.sent.is_some() {
            self.own_up();
        }
    }

    /// The client was asked for something that was not seen yet.
    pub fn is_waiting(&self) -> bool {
        self.sent.is_some() || self.mending.is_some()
    }

    /// The client neither does what it was asked for nor says so: nothing is written any more.
    pub fn give_up(&mut self) {
        if !self.is_done() {
            self.lose();
        }
    }

    /// What is where it is stays there.
    fn lose(&mut self) {
        (self.sent, self.mending) = (None, None);
        match self.state {
            State::Open | State::Closed | State::Lost => self.state = State::Lost,
            State::Removed => {}
        }
    }

    fn write_again(&mut self, sent: &Sent) {
        // What came meanwhile stands where the point is.
        let (head, tail) = sent.text.split_at(sent.point);
        self.pending = format!("{head}{}{tail}", self.pending);
        self.behind = tail.len();
        self.lost += 1;
        if self.lost > MAX_LOST {
            self.state = State::Lost;
        }
    }

    /// It is written again once it is taken back. What may be the user's own is left where it is.
    fn misplaced(&mut self, landing: &Landing, sent: Sent) {
        if landing.place != Place::Late || landing.text.trim().len() < MIN_TAKEN_BACK {
            return self.lose();
        }
        let range = landing.at..landing.at + landing.text.len();
        self.mending = Some(Mending::new(vec![Edit::new(range, "")]));
        let is_answered = sent.answered;
        self.sent = Some(sent);
        if is_answered {
            self.own_up();
        }
    }

    /// The client said whether what was seen elsewhere was its doing.
    fn own_up(&mut self) {
        match self.sent.take() {
            Some(sent) if !sent.refused => self.write_again(&sent),
            Some(_) | None => self.lose(),
        }
    }

    /// What was written is where it is after `edit`; tells how many letters of it are gone. A client may tell of typing above and below it by one change that
    /// replaces all of it with itself. Where the line above the next piece was typed in as well, that goes behind all
    /// of the change: blank lines look alike.
    fn carry(&mut self, edit: &Edit, before: &Rope, after: &Rope) -> usize {
        let near = |text: &Rope, end: usize| {
            let start = position::floor_char(text, end.saturating_sub(NEAR));
            text.byte_slice(start..end).to_string()
        };
        let Range { start, end } = self.written;
        let mut gone = 0;
        let removed = before.byte_slice(edit.range.clone()).to_string();
        // By lines, blank ones would be taken for each other where all others were typed into.
        let is_small = removed.len() + edit.text.len() <= BY_WORDS;
        let hunks = if is_small { diff::word_hunks } else { diff::hunks };
        for hunk in hunks(&removed, &edit.text).iter().rev() {
            let range = edit.range.start + hunk.before.start..edit.range.start + hunk.before.end;
            let added = edit.text.get(hunk.after.clone()).unwrap_or_default();
            let piece = Edit::tight(range, added, before);
            gone += letters(before, piece.range.start.max(start)..piece.range.end.min(end));
            self.written = carry(self.written.start, &piece)..carry(self.written.end, &piece);
        }
        let is_inside = edit.range.start < end && end <= edit.range.end;
        if is_inside && !self.written.is_empty() && near(before, end) != near(after, self.written.end) {
            self.written.end = edit.after().end;
        }
        gone
    }

    fn landed(&mut self, landing: &Landing, sent: &Sent) {
        let point = landing.at + turned_len(&sent.text, sent.point, &landing.text);
        let start = if self.begun { self.written.start.min(landing.at) } else { landing.at };
        self.written = start..point;
        self.mending = None;
        self.begun = true;
        self.lost = 0;
    }

    /// Puts text where the next insertion's point is.
    fn add(&mut self, text: &str) {
        let at = self.pending.len() - self.behind;
        self.pending.insert_str(at, &text.replace('\n', self.ending.as_str()));
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
