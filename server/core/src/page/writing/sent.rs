//! An insertion that a client was asked for, and where it is found in what the client tells.

use super::{NEAR, carry};
use crate::diff;
use crate::document::Edit;
use crate::position::{self, Encoding, Position};
use ropey::Rope;
use std::collections::HashMap;

/// So many texts are kept in mind while an insertion is on its way.
const MAX_STATES: usize = 64;

/// In a wrong place it is known from this length on.
const MIN_KNOWN: usize = 3;

/// An insertion on its way to the document.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) text: String,
    /// How much of it lies before where the next one goes.
    pub(super) point: usize,
    pub(super) asked: Position,
    pub(super) encoding: Encoding,
    /// The client says that it is done with it.
    pub(super) answered: bool,
    /// It says that it didn't apply it.
    pub(super) refused: bool,
    /// The texts since then, each with where the insertion belongs in it.
    pub(super) states: Vec<(Rope, usize)>,
    /// The one that the client's last notification led to.
    pub(super) told: usize,
    /// It may be in the page all the same, in pieces or typed into.
    pub(super) is_doubtful: bool,
}

/// Where an insertion was seen.
pub(super) struct Landing {
    pub(super) at: usize,
    pub(super) text: String,
    pub(super) place: Place,
}

/// Where that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Right,
    /// Where a client puts it that has typing which it didn't tell of, told at once, and nothing else has changed.
    Late,
    /// Elsewhere, among other changes.
    Unsure,
}

impl Sent {
    /// Whether the insertion, which belongs at `place` in the text before, is in the one that `edit` made.
    pub(super) fn landing(&self, place: usize, edit: &Edit, before: &Rope, after: &Rope) -> Option<Landing> {
        let texts = turned(&self.text);
        for (index, (state, right)) in self.states.iter().enumerate().rev() {
            let late = position::to_byte(state, self.asked, self.encoding);
            for at in [*right, late] {
                for text in &texts {
                    if is_with(state, at, text, after) {
                        let place = match () {
                            () if at == *right => Place::Right,
                            () if index >= self.told => Place::Late,
                            () => Place::Unsure,
                        };
                        return Some(Landing { at, text: text.clone(), place });
                    }
                }
            }
        }
        texts.iter().find_map(|text| among(text, place, edit, before, after))
    }

    /// The page changed to `after`, where it belongs at `place`, and it was not seen there.
    pub(super) fn pass(&mut self, edit: &Edit, after: &Rope, place: usize) {
        self.is_doubtful |= self.states.len() == MAX_STATES || has_half(&edit.text, &self.text);
        if self.states.len() < MAX_STATES {
            self.states.push((after.clone(), place));
        }
    }
}

/// `told` has at least half of the characters of `text`, in whatever order.
fn has_half(told: &str, text: &str) -> bool {
    let mut counts = HashMap::<char, usize>::new();
    told.chars().for_each(|c| *counts.entry(c).or_default() += 1);
    let (mut found, mut all) = (0, 0);
    for c in text.chars().filter(|c| *c != '\r') {
        all += 1;
        if let Some(count) = counts.get_mut(&c).filter(|count| **count > 0) {
            *count -= 1;
            found += 1;
        }
    }
    found * 2 >= all
}

/// The insertion told in one change with something else: it stands once more than before, in what `edit` put in, which
/// touches its place, and behind the same text. A change that puts in less than it is at most the last piece of what
/// only looks like it.
fn among(text: &str, right: usize, edit: &Edit, before: &Rope, after: &Rope) -> Option<Landing> {
    let touches = edit.range.start <= right + text.len() && right <= edit.range.end + text.len();
    if !touches || edit.text.len() < text.len() {
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
        return Some(Landing { at: at + near.len(), text: text.to_owned(), place: Place::Right });
    }
    let at = closest(text).filter(|_| text.trim().len() >= MIN_KNOWN)?;
    Some(Landing { at, text: text.to_owned(), place: Place::Unsure })
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
    let mut texts = vec![text.to_owned()];
    for other in ["\n", "\r\n"].map(|ending| diff::with_endings(text, ending)) {
        if !texts.contains(&other) {
            texts.push(other);
        }
    }
    texts
}

/// How much of `turned` the first `len` bytes of `text` are.
pub(super) fn turned_len(text: &str, len: usize, turned: &str) -> usize {
    let breaks = |text: &str| diff::lines(text).iter().filter(|line| diff::has_ending(line)).count();
    let bare =
        |text: &str| diff::lines(text).iter().map(|line| diff::without_ending(line).len()).sum::<usize>();
    let (head, tail) = (text.get(..len).unwrap_or_default(), text.get(len..).unwrap_or_default());
    let ending = turned.len().saturating_sub(bare(text)) / breaks(text).max(1);
    debug_assert_eq!(bare(head) + bare(tail) + ending * (breaks(head) + breaks(tail)), turned.len());
    bare(head) + ending * breaks(head)
}
