//! Watches where the edits land that a client was asked to apply: a client that had unsent typing applies them to a
//! text that we didn't know, at the lines and characters that we named for another; some count characters in units of
//! their own, or turn the line endings. For every text the client may have had, we know what such a text would become,
//! and look out for it. How the client cuts its changes then doesn't matter.

use crate::diff;
use crate::document::Edit;
use crate::position::{self, Encoding};
use ropey::Rope;
use std::ops::Range;

#[cfg(test)]
mod tests;

/// Edits that the client was asked to apply.
#[derive(Debug, Clone)]
pub struct Pending {
    /// As they were named to the client, from the top down.
    asked: Vec<(position::Range, String)>,
    encoding: Encoding,
    /// Where each belongs in the text as it is; nothing where it belongs nowhere any more.
    places: Vec<Option<Range<usize>>>,
    /// The texts seen since then, the one they were made for among them.
    states: usize,
    /// What those texts would be with the edits applied, in the right place or in a wrong one.
    outcomes: Vec<Outcome>,
}

#[derive(Debug, Clone)]
struct Outcome {
    text: Rope,
    seen: Seen,
}

/// The edits are in the document.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// Where they belong.
    InPlace(Landing),
    /// Elsewhere, over text that is not what they were made for. The edits are those that take it back, from the top
    /// down, for the text that was just seen.
    Misplaced(Landing, Vec<Edit>),
}

/// What the edits were applied to.
#[derive(Debug, Clone, PartialEq)]
pub struct Landing {
    /// The text from before.
    pub was: Rope,
    /// That text's number: 0 is the one that the edits were made for, and each change counts one.
    pub state: usize,
    /// The edits, of that text, in the order in which they were given.
    pub edits: Vec<Edit>,
}

/// How many texts are kept in mind. A client with more unsent changes than that has been silent for many seconds.
pub const MAX_STATES: usize = 64;

impl Pending {
    /// `edits` of `text`, from the top down and without overlap, are about to be sent, in `encoding`.
    pub fn new(edits: &[Edit], text: &Rope, encoding: Encoding) -> Self {
        let named = |edit: &Edit| (position::from_byte_range(text, &edit.range, encoding), edit.text.clone());
        let mut pending = Self {
            asked: edits.iter().map(named).collect(),
            encoding,
            places: edits.iter().map(|edit| Some(edit.range.clone())).collect(),
            states: 0,
            outcomes: Vec::new(),
        };
        pending.look_out(text);
        pending
    }

    /// The document changed by `edit` to `text`. Tells if the pending edits are in it now.
    pub fn see(&mut self, edit: &Edit, text: &Rope) -> Option<Seen> {
        let is_it =
            |outcome: &&Outcome| outcome.text.len_bytes() == text.len_bytes() && outcome.text == *text;
        if let Some(outcome) = self.outcomes.iter().find(is_it) {
            return Some(outcome.seen.clone());
        }
        for place in &mut self.places {
            *place = place.take().and_then(|place| carry(&place, edit));
        }
        if self.states < MAX_STATES {
            self.look_out(text);
        }
        None
    }

    /// Works out what becomes of `text` if the client applies the edits to it.
    fn look_out(&mut self, text: &Rope) {
        let state = self.states;
        self.states += 1;
        // The right places come first: with equal lines around, a wrong place can make the same text.
        let mut tried = Vec::from_iter(self.places.iter().cloned().collect::<Option<Vec<_>>>());
        let has_right = !tried.is_empty();
        for encoding in [self.encoding, Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            let at = |(range, _): &(position::Range, String)| position::to_byte_range(text, *range, encoding);
            let ranges = self.asked.iter().map(at).collect::<Vec<_>>();
            if ranges.is_sorted_by(|a, b| a.end <= b.start) && !tried.contains(&ranges) {
                tried.push(ranges);
            }
        }
        for (index, ranges) in tried.iter().enumerate() {
            for texts in self.turned() {
                let edits =
                    ranges.iter().zip(texts).map(|(range, text)| Edit::new(range.clone(), text)).collect();
                let landing = Landing { was: text.clone(), state, edits };
                let outcome = outcome(landing, has_right && index == 0);
                if outcome.text != *text {
                    self.outcomes.push(outcome);
                }
            }
        }
    }

    /// The edits' texts, and what they are with their line endings turned.
    fn turned(&self) -> Vec<Vec<String>> {
        let asked = || self.asked.iter().map(|(_, text)| text);
        let mut turned = vec![asked().cloned().collect::<Vec<_>>()];
        for ending in ["\n", "\r\n"] {
            let texts = asked().map(|text| with_endings(text, ending)).collect();
            if !turned.contains(&texts) {
                turned.push(texts);
            }
        }
        turned
    }
}

/// What a landing makes of the text it is made on.
fn outcome(landing: Landing, is_right: bool) -> Outcome {
    let mut text = landing.was.clone();
    for edit in landing.edits.iter().rev() {
        edit.apply(&mut text);
    }
    if is_right {
        return Outcome { text, seen: Seen::InPlace(landing) };
    }
    let (mut added, mut removed) = (0, 0);
    let mut undo = Vec::new();
    for edit in &landing.edits {
        let inverse = edit.inverse(&landing.was);
        let at = |byte: usize| byte + added - removed;
        undo.push(Edit::new(at(inverse.range.start)..at(inverse.range.end), inverse.text));
        added += edit.text.len();
        removed += edit.range.len();
    }
    Outcome { text, seen: Seen::Misplaced(landing, undo) }
}

/// Where the text of `place` is after `edit`; nothing if the edit changed it.
fn carry(place: &Range<usize>, edit: &Edit) -> Option<Range<usize>> {
    match () {
        () if edit.range.start >= place.end => Some(place.clone()),
        () if edit.range.end <= place.start => Some(edit.shift(place.start)..edit.shift(place.end)),
        () => None,
    }
}

/// `text` with every line ending turned into `ending`.
fn with_endings(text: &str, ending: &str) -> String {
    let turn = |line: &str| {
        let body = diff::without_ending(line);
        if diff::has_ending(line) { format!("{body}{ending}") } else { body.to_owned() }
    };
    diff::lines(text).into_iter().map(turn).collect()
}
