//! Watches where the edits land that a client was asked to apply: a client that had unsent typing applies them to a
//! text that we didn't know, at the lines and characters that we named for another; some count characters in units of
//! their own, or turn the line endings. For every text the client may have had, we know what such a text would become,
//! and look out for it. How the client cuts its changes then doesn't matter.

use crate::diff;
use crate::document::{self, Edit};
use crate::position::{self, Encoding};
use ropey::Rope;
use std::ops::Range;

pub mod mending;
#[cfg(test)]
mod tests;
mod together;

/// Edits that the client was asked to apply.
#[derive(Debug, Clone)]
pub struct Pending {
    /// As they were named to the client, from the top down.
    asked: Vec<(position::Range, String)>,
    encoding: Encoding,
    /// Where each belongs in the text as it is; nothing where it belongs nowhere any more.
    places: Vec<Option<Place>>,
    /// For each text seen since then, the one they were made for first: how much all changes up to it put in and took
    /// out, in bytes.
    states: Vec<Volume>,
    /// The same for the text as it is.
    volume: Volume,
    /// The changes, the first one made of the first text.
    told: Vec<Told>,
    /// What those texts would be with the edits applied, in the right place or in a wrong one. Nothing once so much has
    /// changed that none of them can come any more.
    outcomes: Vec<Outcome>,
    /// The most that the edits put in and take out of any of those texts.
    most: Volume,
}

/// Where an edit belongs.
#[derive(Debug, Clone)]
struct Place {
    range: Range<usize>,
    /// It puts whole lines in between two lines, and not something in a line.
    is_between: bool,
}

/// A change of the text.
#[derive(Debug, Clone)]
struct Told {
    /// What it put in; nothing where that is more than the edits put in.
    put_in: Option<String>,
    takes_out: bool,
}

/// How much text changes put in and took out, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Volume {
    added: usize,
    removed: usize,
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
    /// Over the very same text, so that nothing is another. What was taken for a piece of them before was none.
    Idle,
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

impl Seen {
    fn landing(&self) -> Option<&Landing> {
        match self {
            Self::InPlace(landing) | Self::Misplaced(landing, _) => Some(landing),
            Self::Idle => None,
        }
    }
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
            places: edits.iter().map(|edit| Some(Place::new(edit, text))).collect(),
            states: Vec::new(),
            volume: Volume::default(),
            told: Vec::new(),
            outcomes: Vec::new(),
            most: Volume::default(),
        };
        pending.look_out(text);
        pending
    }

    /// The document changed by `edit` to `text`. Tells if the pending edits are in it now.
    pub fn see(&mut self, edit: &Edit, text: &Rope) -> Option<Seen> {
        if self.outcomes.is_empty() {
            return None;
        }
        self.volume = self.volume.plus(edit);
        let most = self.asked.iter().map(|(_, text)| text.len()).sum::<usize>() * 2;
        let put_in = (edit.text.len() <= most).then(|| edit.text.clone());
        self.told.push(Told { put_in, takes_out: !edit.range.is_empty() });
        let found = self.outcomes.iter().filter(|outcome| outcome.text == *text);
        let found = found.filter_map(|outcome| Some((self.doubt(outcome)?, outcome)));
        let found = found.min_by_key(|(doubt, _)| *doubt).map(|(_, outcome)| outcome.seen.clone());
        let found = found.map(|seen| match seen {
            Seen::Misplaced(landing, _) if landing.was == *text => Seen::Idle,
            seen => seen,
        });
        for place in &mut self.places {
            *place = place.take().and_then(|place| place.carry(edit, text));
        }
        // More of the same notification may follow.
        if found.as_ref().is_some_and(|seen| seen.landing().is_some()) {
            return found;
        }
        if self.states.len() < MAX_STATES {
            self.look_out(text);
        } else if self.is_over() {
            self.outcomes.clear();
            self.told.clear();
        }
        found
    }

    /// Whether the edits, in their places in the text that they were made for, leave it as it is.
    pub fn makes_no_difference(&self, text: &Rope) -> Option<Landing> {
        match &self.outcomes.first().filter(|outcome| outcome.text == *text)?.seen {
            Seen::InPlace(landing) => Some(landing.clone()),
            Seen::Misplaced(..) | Seen::Idle => None,
        }
    }

    /// More has changed since the last text that is kept in mind than the edits change.
    fn is_over(&self) -> bool {
        let since = self.volume.minus(self.states.last().copied().unwrap_or_default());
        since.added > self.most.added || since.removed > self.most.removed
    }

    /// Where a text can be explained in several ways, the one with the least doubt is taken. Best, all changes since the
    /// edits were applied put in and take out as much as the edits, whole or without what they put back. They may also
    /// be smaller parts of them, or a single one that tells of all. Else it is no explanation: the text came out as it
    /// did because something that the user typed since is gone again. Nor is it one if some change put in what no edit
    /// does. Of two that are as good, one in the right place is taken, unless an edit changes nothing there: what it would write
    /// is there because it is a piece. Then one with no more deletions than there are edits: clients tell of what one
    /// edit takes out by one change, so that what was deleted just before is the user's deletion and not a piece of it.
    /// Else the earlier text is: what was put in just before is a piece.
    fn doubt(&self, outcome: &Outcome) -> Option<(u8, bool, bool, usize)> {
        let landing = outcome.seen.landing()?;
        let is_misplaced = matches!(outcome.seen, Seen::Misplaced(..));
        let told = self.told.get(landing.state..).unwrap_or_default();
        let is_single = told.len() == 1;
        let is_part = |told: &Told| {
            let text = told.put_in.as_ref();
            text.is_some_and(|text| landing.edits.iter().any(|edit| has_characters(&edit.text, text)))
        };
        if !is_single && !told.iter().all(is_part) {
            return None;
        }
        let since = self.volume.minus(self.states.get(landing.state).copied().unwrap_or_default());
        let whole = landing.edits.iter().fold(Volume::default(), Volume::plus);
        let tight = landing.edits.iter().fold(Volume::default(), |volume, edit| {
            volume.plus(&Edit::tight(edit.range.clone(), &edit.text, &landing.was))
        });
        let rank = match () {
            () if since == whole || since == tight => 0,
            () if since.added <= whole.added && since.removed <= whole.removed => 1,
            () if is_single => 2,
            () => return None,
        };
        let is_cut = told.iter().filter(|told| told.takes_out).count() > landing.edits.len();
        let is_idle = landing.edits.iter().any(|edit| edit.is_idle(&landing.was));
        Some((rank, is_misplaced || is_idle, is_cut, landing.state))
    }

    /// Works out what becomes of `text` if the client applies the edits to it.
    fn look_out(&mut self, text: &Rope) {
        let state = self.states.len();
        self.states.push(self.volume);
        // The right places come first: with equal lines around, a wrong place can make the same text.
        let places = self.places.iter().map(|place| place.as_ref().map(|place| place.range.clone()));
        let mut tried = Vec::from_iter(places.collect::<Option<Vec<_>>>());
        let has_right = !tried.is_empty();
        for encoding in self.encodings() {
            let at = |(range, _): &(position::Range, String)| position::to_byte_range(text, *range, encoding);
            let ranges = self.asked.iter().map(at).collect::<Vec<_>>();
            if ranges.is_sorted_by(|a, b| a.end <= b.start) && !tried.contains(&ranges) {
                tried.push(ranges);
            }
        }
        for (index, ranges) in tried.iter().enumerate() {
            for texts in self.turned() {
                let edits: Vec<_> =
                    ranges.iter().zip(texts).map(|(range, text)| Edit::new(range.clone(), text)).collect();
                let whole = edits.iter().fold(Volume::default(), Volume::plus);
                self.most.added = self.most.added.max(whole.added);
                self.most.removed = self.most.removed.max(whole.removed);
                let landing = Landing { was: text.clone(), state, edits };
                self.outcomes.push(outcome(landing, has_right && index == 0));
            }
        }
    }

    /// What the client may count in, that which it was asked to first.
    fn encodings(&self) -> impl Iterator<Item = Encoding> + use<> {
        let own = self.encoding;
        let others = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];
        std::iter::once(own).chain(others.into_iter().filter(move |other| *other != own))
    }

    /// The edits' texts, and what they are with their line endings turned.
    fn turned(&self) -> Vec<Vec<String>> {
        let asked = || self.asked.iter().map(|(_, text)| text);
        let mut turned = vec![asked().cloned().collect::<Vec<_>>()];
        for ending in ["\n", "\r\n"] {
            let texts = asked().map(|text| diff::with_endings(text, ending)).collect();
            if !turned.contains(&texts) {
                turned.push(texts);
            }
        }
        turned
    }
}

impl Volume {
    fn plus(self, edit: &Edit) -> Self {
        Self { added: self.added + edit.text.len(), removed: self.removed + edit.range.len() }
    }

    fn minus(self, earlier: Self) -> Self {
        Self { added: self.added - earlier.added, removed: self.removed - earlier.removed }
    }
}

/// Whether `text` has all characters of `part`, in any order: what is put in between equal characters may be told as put
/// in at another place, and begins with another character then.
fn has_characters(text: &str, part: &str) -> bool {
    let sorted = |text: &str| {
        let mut characters = text.chars().collect::<Vec<_>>();
        characters.sort_unstable();
        characters
    };
    let mut characters = sorted(text).into_iter();
    sorted(part).into_iter().all(|c| characters.by_ref().any(|own| own == c))
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

impl Place {
    fn new(edit: &Edit, text: &Rope) -> Self {
        let range = edit.range.clone();
        let is_lines = document::is_line_start(text, range.start) && diff::has_ending(&edit.text);
        Self { is_between: range.is_empty() && is_lines, range }
    }

    /// Where it is once `edit` made the text `after`; nothing if that changed the text there. Lines that belong between two lines stay
    /// above what is put in there, as a hunk does; where something belongs in a line, it is another line then.
    fn carry(self, edit: &Edit, after: &Rope) -> Option<Self> {
        let Range { start, end } = self.range;
        let range = match () {
            () if start == end && edit.range.start == start => {
                return self.is_between.then_some(self);
            }
            () if edit.range.start >= end => start..end,
            () if edit.range.end <= start => edit.shift(start)..edit.shift(end),
            () => return None,
        };
        let is_there = !self.is_between || document::is_line_start(after, range.start);
        is_there.then_some(Self { range, ..self })
    }
}
