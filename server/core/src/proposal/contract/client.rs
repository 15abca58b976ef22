//! An editor, as good or as bad as editors are, that knows of every character where it came from.

use crate::position::{self, Encoding, Range as LspRange};
use ropey::Rope;
use std::ops::Range;

/// A change as `didChange` tells it.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) range: Option<LspRange>,
    pub(super) text: String,
}

/// An edit as it was named to the client.
pub(super) type Named = (LspRange, String);

/// How a client tells of edits that it applied.
#[derive(Debug, Clone, Copy)]
pub(super) enum Telling {
    /// One change for each, from the bottom up.
    BottomUp,
    /// One change for each, from the top down.
    TopDown,
    /// Each as a deletion and an insertion.
    Split,
    /// Each as a deletion, and an insertion of one character after the other.
    Letters,
    /// One change from the first place to the last.
    Hull,
    /// The whole text.
    Whole,
}

#[derive(Debug, Clone)]
pub(super) struct Client {
    /// Each with an identity.
    chars: Vec<(u32, char)>,
    next: u32,
    pub(super) encoding: Encoding,
}

/// A place in a client's text, known by the characters there.
#[derive(Debug, Clone)]
pub(super) struct Place {
    before: Option<u32>,
    taken: Vec<u32>,
    /// Something put in a line belongs between two characters, whole lines only behind one.
    behind: Option<u32>,
    is_in_line: bool,
}

impl Client {
    pub(super) fn new(text: &str, encoding: Encoding) -> Self {
        let chars = (0..).zip(text.chars()).collect::<Vec<_>>();
        Self { next: chars.len() as u32, chars, encoding }
    }

    pub(super) fn text(&self) -> String {
        self.chars.iter().map(|(_, c)| c).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    /// The nearest place at or before `index` that a cursor can be at.
    pub(super) fn snap(&self, index: usize) -> usize {
        let c = |at: usize| self.chars.get(at).map(|(_, c)| *c);
        if index > 0 && c(index - 1) == Some('\r') && c(index) == Some('\n') { index - 1 } else { index }
    }

    /// Replaces characters, and tells of it.
    pub(super) fn replace(&mut self, range: Range<usize>, text: &str) -> Change {
        let rope = Rope::from_str(&self.text());
        let bytes = self.byte(range.start)..self.byte(range.end);
        let told = position::from_byte_range(&rope, &bytes, self.encoding);
        // A place inside a line ending has no name.
        let has_name = self.snap(range.start) == range.start && self.snap(range.end) == range.end;
        let added = text.chars().map(|c| {
            self.next += 1;
            (self.next, c)
        });
        let added = added.collect::<Vec<_>>();
        self.chars.splice(range, added);
        if has_name {
            Change { range: Some(told), text: text.to_owned() }
        } else {
            Change { range: None, text: self.text() }
        }
    }

    /// The places that `edits` name in the text as it is.
    pub(super) fn places(&self, edits: &[Named]) -> Vec<Place> {
        let text = |at: usize| self.chars.get(at).map(|(_, c)| *c);
        self.indices(edits, self.encoding)
            .into_iter()
            .zip(edits)
            .map(|(range, (_, added))| Place {
                before: range.start.checked_sub(1).map(|at| self.chars[at].0),
                behind: self.chars.get(range.end).map(|(id, _)| *id),
                is_in_line: !(added.ends_with(['\n', '\r'])
                    && range.start.checked_sub(1).is_none_or(|at| matches!(text(at), Some('\n' | '\r')))),
                taken: self.chars[range].iter().map(|(id, _)| *id).collect(),
            })
            .collect()
    }

    /// The text with `edits` put where `places` are by now; nothing if some place is gone.
    pub(super) fn with_edits_at(&self, places: &[Place], edits: &[Named]) -> Option<String> {
        let mut made = self.clone();
        for (place, (_, text)) in places.iter().zip(edits).rev() {
            let index = |id: u32| self.chars.iter().position(|(own, _)| *own == id);
            let start = match (place.taken.first(), place.before) {
                (Some(&id), _) => index(id)?,
                (None, Some(id)) => index(id)? + 1,
                (None, None) => 0,
            };
            let end = start + place.taken.len();
            let behind = self.chars.get(end).map(|(id, _)| *id);
            if place.taken.is_empty() && place.is_in_line && behind != place.behind {
                return None;
            }
            let ids = self.chars.get(start..end)?.iter().map(|(id, _)| *id).collect::<Vec<_>>();
            if ids != place.taken || self.snap(start) != start || self.snap(end) != end {
                return None;
            }
            made.replace(start..end, text);
        }
        Some(made.text())
    }

    /// Applies `edits` where their lines and characters say, counted in `encoding`, and tells of it.
    pub(super) fn apply(&mut self, edits: &[Named], encoding: Encoding, telling: Telling) -> Vec<Change> {
        let ranges = self.indices(edits, encoding);
        if ranges.windows(2).any(|pair| pair[0].end > pair[1].start) {
            return Vec::new();
        }
        let was = self.clone();
        let each = || ranges.iter().cloned().zip(edits.iter().map(|(_, text)| text.as_str()));
        let mut told = Vec::new();
        match telling {
            Telling::BottomUp | Telling::Hull | Telling::Whole => {
                each().rev().for_each(|(range, text)| told.push(self.replace(range, text)));
            }
            Telling::TopDown => {
                let (mut added, mut removed) = (0, 0);
                for (range, text) in each() {
                    told.push(self.replace(range.start + added - removed..range.end + added - removed, text));
                    added += text.chars().count();
                    removed += range.len();
                }
            }
            Telling::Split => {
                for (range, text) in each().rev() {
                    told.push(self.replace(range.clone(), ""));
                    told.push(self.replace(range.start..range.start, text));
                }
            }
            Telling::Letters => {
                for (range, text) in each().rev() {
                    told.push(self.replace(range.clone(), ""));
                    let mut at = range.start;
                    for letter in letters(text) {
                        told.push(self.replace(at..at, letter));
                        at += letter.chars().count();
                    }
                }
            }
        }
        match telling {
            Telling::Whole => vec![Change { range: None, text: self.text() }],
            Telling::Hull => self.hull(&was, &ranges),
            Telling::BottomUp | Telling::TopDown | Telling::Split | Telling::Letters => told,
        }
    }

    /// One change from the first of `ranges` to the last.
    fn hull(&self, was: &Self, ranges: &[Range<usize>]) -> Vec<Change> {
        let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else { return Vec::new() };
        let text = self.chars[first.start..last.end + self.len() - was.len()]
            .iter()
            .map(|(_, c)| c)
            .collect::<String>();
        vec![was.clone().replace(first.start..last.end, &text)]
    }

    fn indices(&self, edits: &[Named], encoding: Encoding) -> Vec<Range<usize>> {
        let rope = Rope::from_str(&self.text());
        let bytes = edits.iter().map(|(range, _)| position::to_byte_range(&rope, *range, encoding));
        bytes.map(|bytes| rope.byte_to_char(bytes.start)..rope.byte_to_char(bytes.end)).collect()
    }

    fn byte(&self, index: usize) -> usize {
        self.chars[..index].iter().map(|(_, c)| c.len_utf8()).sum()
    }
}

/// The characters of a text, where `\r\n` is one.
fn letters(text: &str) -> Vec<&str> {
    let mut letters = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (letter, after) = rest.split_at(if rest.starts_with("\r\n") { 2 } else { c.len_utf8() });
        letters.push(letter);
        rest = after;
    }
    letters
}
