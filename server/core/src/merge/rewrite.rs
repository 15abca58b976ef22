//! What the model made of a text: which places it changed, and to what.
//!
//! The places are known and stay known when rewrites are put together. To find them anew by comparing the whole texts
//! could take what the user typed between two of them for something that the model moved.

use super::Change;
use crate::diff::{self, Pieces};
use similar::Algorithm;
use std::ops::Range;

/// A text, and what the model made of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewrite {
    base: String,
    theirs: String,
    /// From the top down. What is outside them is the same in both texts.
    parts: Vec<Part>,
}

/// A place that the model changed, in bytes of both texts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    base: Range<usize>,
    theirs: Range<usize>,
}

/// Pieces around one place or several that the model changed.
struct Gap {
    base: Range<usize>,
    theirs: Range<usize>,
    /// It is about one place only, so what it holds can be compared further.
    is_single: bool,
}

impl Rewrite {
    /// The model wrote `theirs` in the place of all of `base`.
    pub fn new(base: &str, theirs: &str) -> Self {
        let part = Part { base: 0..base.len(), theirs: 0..theirs.len() };
        Self { base: base.to_owned(), theirs: theirs.to_owned(), parts: vec![part] }
    }

    /// What the model saw.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// What the model made of it.
    pub fn theirs(&self) -> &str {
        &self.theirs
    }

    /// Adds, at the end, text that the model did not change.
    pub fn keep(&mut self, text: &str) {
        self.base.push_str(text);
        self.theirs.push_str(text);
    }

    /// Adds another rewrite at the end.
    pub fn append(&mut self, other: &Self) {
        let (base, theirs) = (self.base.len(), self.theirs.len());
        for part in &other.parts {
            self.add(Part {
                base: base + part.base.start..base + part.base.end,
                theirs: theirs + part.theirs.start..theirs + part.theirs.end,
            });
        }
        self.base += &other.base;
        self.theirs += &other.theirs;
    }

    /// Both texts with every line ending turned into `ending`.
    pub(super) fn with_endings(&self, ending: &str) -> Self {
        let turned =
            |text: &str, range: Range<usize>| diff::with_endings(text.get(range).unwrap_or_default(), ending);
        let mut all = Self::default();
        let mut at = 0;
        for part in &self.parts {
            all.keep(&turned(&self.base, at..part.base.start));
            let (base, theirs) =
                (turned(&self.base, part.base.clone()), turned(&self.theirs, part.theirs.clone()));
            all.append(&Self::new(&base, &theirs));
            at = part.base.end;
        }
        all.keep(&turned(&self.base, at..self.base.len()));
        all
    }

    /// The changes by whole lines, in bytes of both texts, from the top down and with a common line between two.
    pub fn changed_lines(&self) -> Vec<(Range<usize>, Range<usize>)> {
        let (base, theirs) = (Pieces::lines(&self.base), Pieces::lines(&self.theirs));
        let gaps = self.gaps(&base, &theirs).into_iter();
        gaps.map(|gap| (base.bytes(&gap.base), theirs.bytes(&gap.theirs))).collect()
    }

    /// The changes by pieces of both texts.
    pub(super) fn changes(&self, base: &Pieces<'_>, theirs: &Pieces<'_>) -> Vec<Change> {
        let mut changes = Vec::new();
        for gap in self.gaps(base, theirs) {
            if !gap.is_single {
                changes.push((gap.base, gap.theirs));
                continue;
            }
            let old = base.pieces.get(gap.base.clone()).unwrap_or_default();
            let new = theirs.pieces.get(gap.theirs.clone()).unwrap_or_default();
            let at = |start: usize, range: Range<usize>| start + range.start..start + range.end;
            let found = diff::changes(old, new, Algorithm::Myers).into_iter();
            changes.extend(found.map(|(a, b)| (at(gap.base.start, a), at(gap.theirs.start, b))));
        }
        changes
    }

    /// The rewrite of this part of the base to this part of the model's text.
    pub(super) fn cut(&self, base: &Range<usize>, theirs: &Range<usize>) -> Self {
        let within = |range: &Range<usize>, of: &Range<usize>| {
            let at = |at: usize| at.clamp(of.start, of.end) - of.start;
            at(range.start)..at(range.end)
        };
        let mut cut = Self {
            base: self.base.get(base.clone()).unwrap_or_default().to_owned(),
            theirs: self.theirs.get(theirs.clone()).unwrap_or_default().to_owned(),
            parts: Vec::new(),
        };
        for part in &self.parts {
            let part = Part { base: within(&part.base, base), theirs: within(&part.theirs, theirs) };
            if !part.base.is_empty() || !part.theirs.is_empty() {
                cut.add(part);
            }
        }
        cut
    }

    /// The rewrite with `\n` as the final line ending of both texts, but for one that is empty.
    pub(super) fn closed(&self) -> Self {
        let stem = |text: &str| diff::without_ending(text).len();
        let (in_base, in_theirs) = (stem(&self.base), stem(&self.theirs));
        let ending = (self.base.len() - in_base).max(self.theirs.len() - in_theirs);
        let below = self.base.len() - self.parts.last().map_or(0, |last| last.base.end);
        let mut closed =
            Self { base: close(&self.base), theirs: close(&self.theirs), parts: self.parts.clone() };
        if below >= ending && self.base.is_empty() == self.theirs.is_empty() {
            return closed;
        }
        // The endings are not the same, so they belong to what the model changed.
        let Some(Part { base, theirs }) = closed.parts.pop() else { return closed };
        let (mut base, mut theirs) = (base.start, theirs.start);
        loop {
            let by = base.saturating_sub(in_base).max(theirs.saturating_sub(in_theirs));
            (base, theirs) = (base.saturating_sub(by), theirs.saturating_sub(by));
            match closed.parts.pop_if(|above| above.base.end > base || above.theirs.end > theirs) {
                Some(above) => (base, theirs) = (above.base.start, above.theirs.start),
                None => break,
            }
        }
        closed.add(Part { base: base..closed.base.len(), theirs: theirs..closed.theirs.len() });
        closed
    }

    /// Adds a part behind the others; two without anything between them are one.
    fn add(&mut self, part: Part) {
        match self.parts.last_mut() {
            Some(last) if last.base.end == part.base.start && last.theirs.end == part.theirs.start => {
                *last =
                    Part { base: last.base.start..part.base.end, theirs: last.theirs.start..part.theirs.end };
            }
            Some(_) | None => self.parts.push(part),
        }
    }

    /// What is left between the pieces that are the same because the model did not change them.
    fn gaps(&self, base: &Pieces<'_>, theirs: &Pieces<'_>) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let (mut in_base, mut in_theirs) = (0, 0);
        let mut parts = self.parts.iter().peekable();
        let mut gap = |base_range: Range<usize>, theirs_range: Range<usize>| {
            let (to_base, to_theirs) = (base.bytes(&base_range).end, theirs.bytes(&theirs_range).end);
            let is_in = |part: &&Part| part.base.end <= to_base && part.theirs.end <= to_theirs;
            let mut count = 0;
            while parts.next_if(is_in).is_some() {
                count += 1;
            }
            if !base_range.is_empty() || !theirs_range.is_empty() {
                gaps.push(Gap { base: base_range, theirs: theirs_range, is_single: count == 1 });
            }
        };
        for (common, start) in self.commons() {
            let from = base.first_at(common.start);
            for at in (from..base.pieces.len()).take_while(|at| base.bytes(&(*at..at + 1)).end <= common.end)
            {
                let bytes = base.bytes(&(at..at + 1));
                let moved = bytes.start - common.start + start..bytes.end - common.start + start;
                let other = theirs.first_at(moved.start);
                if theirs.bytes(&(other..other + 1)) == moved {
                    gap(in_base..at, in_theirs..other);
                    (in_base, in_theirs) = (at + 1, other + 1);
                }
            }
        }
        gap(in_base..base.pieces.len(), in_theirs..theirs.pieces.len());
        gaps
    }

    /// The bytes of the base that the model did not change, and where they begin in its text.
    fn commons(&self) -> Vec<(Range<usize>, usize)> {
        let mut commons = Vec::new();
        let (mut base, mut theirs) = (0, 0);
        for part in &self.parts {
            commons.push((base..part.base.start, theirs));
            (base, theirs) = (part.base.end, part.theirs.end);
        }
        commons.push((base..self.base.len(), theirs));
        commons
    }
}

/// A text with `\n` as its final line ending, or nothing.
pub(super) fn close(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("{}\n", diff::without_ending(text)),
    }
}
