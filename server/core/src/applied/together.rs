//! A client that has unsent typing when it applies edits may tell of both by one change. The text in between is not
//! told then. It is worked out: the edits' texts stand in the places that we named, and what was known before stands
//! around them, with what was typed put in somewhere; what is missing of it is what the edits took out.

use super::{Landing, Pending, has_characters};
use crate::diff;
use crate::document::{self, Edit};
use crate::position::{self, Encoding, Position};
use ropey::{Rope, RopeSlice};
use std::collections::BTreeSet;
use std::ops::Range;

#[cfg(test)]
mod tests;

/// Texts between the first and the last difference that are longer than this are not looked into, in bytes.
const MAX_LEN: usize = 1 << 16;

/// So many characters are compared until it is given up.
const MAX_WORK: usize = 1 << 22;

/// So many letters are not typed by chance in the very place that was named.
const EVIDENCE: usize = 3;

impl Pending {
    /// What the client had before it applied the edits, if the one change from `before` to `after` tells of its typing
    /// and of the edits. They were misplaced then, or are in place below other text.
    pub(crate) fn told_together(&self, before: &Rope, after: &Rope) -> Option<Landing> {
        if self.outcomes.is_empty() || self.outcomes.iter().any(|outcome| outcome.text == *after) {
            return None;
        }
        let change = Edit::between(before, after);
        let texts = self.turned();
        let ways = texts.iter().flat_map(|texts| self.encodings().map(move |encoding| (texts, encoding)));
        let named = |texts: &[String]| {
            self.asked.iter().map(|(range, _)| *range).zip(texts.iter().cloned()).collect::<Vec<_>>()
        };
        let landings = ways.filter_map(|(texts, encoding)| {
            Told::new(named(texts), encoding, before, after, &change)?.landing()
        });
        landings.min_by_key(|(rank, _)| *rank).map(|(_, landing)| landing)
    }

    /// The text as it is was worked out; the next one is it with these edits.
    pub(crate) fn expect(&mut self, landing: Landing) {
        let state = self.states.len().saturating_sub(1);
        self.outcomes.push(super::outcome(Landing { state, ..landing }, false));
    }
}

/// Edits as they were named to the client.
type Named = (position::Range, String);

/// A change that may tell of typing and of edits.
struct Told<'a> {
    named: Vec<Named>,
    encoding: Encoding,
    before: &'a Rope,
    after: &'a Rope,
    change: &'a Edit,
    /// Where the edits' texts stand in `after`.
    written: Vec<Range<usize>>,
    /// Which of them stand before the place that was named, as behind a line's end.
    moved: Vec<bool>,
    region: Region,
    /// What was known of the region.
    known: String,
    /// All of it is there yet.
    is_all_there: bool,
}

/// The parts of two texts that differ, in whole lines, with the edits' texts in it.
struct Region {
    before: Range<usize>,
    after: Range<usize>,
}

impl<'a> Told<'a> {
    /// Nothing if the texts don't stand where a client puts them that was asked for `named`.
    fn new(
        named: Vec<Named>,
        encoding: Encoding,
        before: &'a Rope,
        after: &'a Rope,
        change: &'a Edit,
    ) -> Option<Self> {
        let (written, moved): (Vec<_>, _) =
            written(&named, encoding, after, &change.after())?.into_iter().unzip();
        let region = Region::new(before, after, change, &written)?;
        let known = before.byte_slice(region.before.clone()).to_string();
        let is_all_there = is_part(&known, &after.byte_slice(region.after.clone()).to_string());
        Some(Self { named, encoding, before, after, change, written, moved, region, known, is_all_there })
    }

    /// The likeliest text from before the edits, and how little likely it is: that nothing was deleted is likelier than
    /// that the client counts as we asked it to.
    fn landing(&self) -> Option<(usize, Landing)> {
        let kinds: &[fn(&Self) -> Option<Landing>] = match () {
            () if self.is_some_of_it() => return None,
            () if self.is_told() => &[Self::typed_only, Self::typed_above, Self::typed_anew],
            () if self.is_added() => &[Self::typed_only],
            () => return None,
        };
        let mut landings = kinds.iter().enumerate();
        let (rank, landing) = landings.find_map(|(rank, kind)| Some((rank, kind(self)?)))?;
        // Where nothing is missing, nothing was taken out, and something was typed.
        let takes = landing.edits.iter().any(|edit| !edit.range.is_empty() && !edit.is_idle(&landing.was));
        (!self.is_all_there || !takes && landing.was != *self.before).then_some((rank, landing))
    }

    /// Nothing that was known was deleted.
    fn typed_only(&self) -> Option<Landing> {
        let is_kept = |landing: &Landing| {
            let end = landing.was.len_bytes() - (self.before.len_bytes() - self.region.before.end);
            is_part(&self.known, &landing.was.byte_slice(self.region.after.start..end).to_string())
        };
        self.typed_above().filter(is_kept).or_else(|| self.typed_anywhere(true))
    }

    /// All typing, deletions too, was above the edits: from the first of them on, all is as it was.
    fn typed_above(&self) -> Option<Landing> {
        let mut same = self.written.last()?.end..self.after.len_bytes();
        let mut end = self.before.len_bytes();
        let mut gaps = Vec::new();
        for ((asked, _), place) in self.named.iter().zip(&self.written).rev() {
            let start = end.checked_sub(same.len())?;
            if self.before.get_byte_slice(start..end)? != self.after.get_byte_slice(same.clone())? {
                return None;
            }
            end = self.start(start, asked)?;
            gaps.push(self.before.get_byte_slice(end..start)?.to_string());
            let above = self.written.iter().rev().find(|above| above.end <= place.start && *above != place);
            same = above.map_or(0, |above| above.end)..place.start;
        }
        gaps.reverse();
        let landing = self.with(&gaps);
        (landing.was != *self.before && self.is_named(&landing)).then_some(landing)
    }

    /// Where a piece of `before` begins that ends at `end` and is as long as what was named.
    fn start(&self, end: usize, asked: &position::Range) -> Option<usize> {
        let at = position::from_byte(self.before, end, self.encoding);
        let below = asked.end.line - asked.start.line;
        let character = match below {
            0 => at.character.checked_sub(asked.end.character - asked.start.character)?,
            _ => asked.start.character,
        };
        let start = Position { line: at.line.checked_sub(below)?, character };
        Some(position::to_byte(self.before, start, self.encoding)).filter(|start| *start <= end)
    }

    /// Some of what the edits took out was typed. That all of it was is no explanation: the user may as well have typed
    /// what the edits write, where they lost it before. Nor are a letter or two before the place that was named.
    fn typed_anew(&self) -> Option<Landing> {
        let is_certain = !self.moved.contains(&true) || self.letters(&self.shared()) >= EVIDENCE;
        if self.is_all_there || !is_certain { None } else { self.typed_anywhere(false) }
    }

    /// Something was typed in between as well, or below, but nothing deleted.
    fn typed_anywhere(&self, is_exact: bool) -> Option<Landing> {
        if !self.is_typing_told() {
            return None;
        }
        let kept = kept(&self.written, &self.region.after);
        let kept =
            kept.into_iter().map(|range| self.after.get_byte_slice(range).map(|slice| slice.to_string()));
        let kept = kept.collect::<Option<Vec<_>>>()?;
        Search { told: self, kept: &kept, is_exact, work: 0 }.landing(0, Vec::new())
    }

    /// The change tells of letters of the edits. Where nothing is missing these are most of them, and not few: a client that
    /// tells letter by letter puts in one with each change and takes nothing out.
    fn is_told(&self) -> bool {
        let (all, own) = (self.letters(&self.written), self.letters(&self.shared()));
        if self.is_all_there { own * 2 >= all && all >= EVIDENCE } else { own > 0 }
    }

    /// How many letters stand in parts of `after`.
    fn letters(&self, parts: &[Range<usize>]) -> usize {
        parts.iter().map(|part| document::letters(self.after, part.clone())).sum()
    }

    /// What the edits write stands beside the same, so that the change tells of that: all their letters are there so much
    /// more often, and something that was known is missing.
    fn is_added(&self) -> bool {
        let letters = self.named.iter().flat_map(|(_, text)| text.chars()).filter(|c| !c.is_whitespace());
        let written = letters.collect::<String>();
        let known = self.known.chars().filter(|c| written.contains(*c));
        let both = written.chars().chain(known).collect::<String>();
        let now = self.after.byte_slice(self.region.after.clone()).to_string();
        !self.is_all_there && !written.is_empty() && has_characters(&now, &both)
    }

    /// The change puts in more than the edits write.
    fn is_typing_told(&self) -> bool {
        self.shared().iter().map(Range::len).sum::<usize>() < self.change.text.len()
    }

    /// What the change tells of each edit's text.
    fn shared(&self) -> Vec<Range<usize>> {
        let told = self.change.after();
        let shared = self.written.iter().map(|place| place.start.max(told.start)..place.end.min(told.end));
        shared.filter(|range| !range.is_empty()).collect()
    }

    /// The client has applied some of the edits, each in its place, and typed nothing.
    fn is_some_of_it(&self) -> bool {
        let starts = |at: usize, text: RopeSlice<'_>| {
            self.after.get_byte_slice(at..at + text.len_bytes()).filter(|own| *own == text)?;
            Some(at + text.len_bytes())
        };
        // How far `after` may be the same as `before`, which is told up to `from`.
        let (mut from, mut reached) = (0, BTreeSet::from([0]));
        for (range, text) in &self.named {
            let range = position::to_byte_range(self.before, *range, self.encoding);
            let (Some(same), Some(old)) =
                (self.before.get_byte_slice(from..range.start), self.before.get_byte_slice(range.clone()))
            else {
                return false;
            };
            let same = reached.iter().filter_map(|at| starts(*at, same));
            reached =
                same.flat_map(|at| [starts(at, text.as_str().into()), starts(at, old)]).flatten().collect();
            from = range.end;
        }
        let rest = self.before.get_byte_slice(from..);
        reached.iter().any(|at| self.after.get_byte_slice(*at..) == rest)
    }

    /// The change may tell of what was taken out there. Between equal lines it may be told of in the one or the other.
    fn may_take(&self, place: &Range<usize>) -> bool {
        let Range { start, end } = self.change.after();
        place.start <= document::line_end(self.after, end)
            && document::line_start(self.after, start) <= place.end
    }

    /// The text in which `gaps`, which were missing, stand in the places of the edits' texts, and the edits of it.
    fn with(&self, gaps: &[String]) -> Landing {
        let mut was = self.after.clone();
        let mut edits = Vec::new();
        for (place, gap) in self.written.iter().zip(gaps).rev() {
            Edit::new(place.clone(), gap.as_str()).apply(&mut was);
        }
        let (mut added, mut removed) = (0, 0);
        for ((place, gap), (_, text)) in self.written.iter().zip(gaps).zip(&self.named) {
            let start = place.start + added - removed;
            edits.push(Edit::new(start..start + gap.len(), text.as_str()));
            added += gap.len();
            removed += place.len();
        }
        Landing { was, state: 0, edits }
    }

    /// The edits of a text are in the places that we named.
    fn is_named(&self, landing: &Landing) -> bool {
        let places =
            self.named.iter().map(|(range, _)| position::to_byte_range(&landing.was, *range, self.encoding));
        places.eq(landing.edits.iter().map(|edit| edit.range.clone()))
    }
}

impl Region {
    fn new(before: &Rope, after: &Rope, change: &Edit, written: &[Range<usize>]) -> Option<Self> {
        let (first, last) = (written.first()?.start, written.last()?.end);
        // Before it both are the same, and behind it.
        let start = before.line_to_byte(before.byte_to_line(change.range.start.min(first)));
        let behind = (before.len_bytes() - change.range.end).min(after.len_bytes().checked_sub(last)?);
        let line = before.byte_to_line(before.len_bytes() - behind) + 1;
        let end = if line < before.len_lines() { before.line_to_byte(line) } else { before.len_bytes() };
        let region =
            Self { before: start..end, after: start..after.len_bytes() - (before.len_bytes() - end) };
        (region.before.len().max(region.after.len()) <= MAX_LEN).then_some(region)
    }
}

/// Where the edits' texts stand in `after`, if a client puts them there that was asked for `named` and told of `told`, and
/// whether that is before the place that was named.
fn written(
    named: &[Named],
    encoding: Encoding,
    after: &Rope,
    told: &Range<usize>,
) -> Option<Vec<(Range<usize>, bool)>> {
    let (mut end, mut now) = (Position::default(), Position::default());
    let place = |(range, text): &Named| {
        let Position { line, character } = range.start;
        let below = line.checked_sub(end.line)?;
        let character =
            if below == 0 { (character + now.character).checked_sub(end.character)? } else { character };
        let at =
            |character| position::to_byte(after, Position { line: now.line + below, character }, encoding);
        // The client moved a place behind the line's end to that, and one inside a character to its start.
        let exact = at(character);
        let places = (at(0)..=exact).rev().map(|start| start..start + text.len());
        let is_there = |place: &Range<usize>| {
            after.get_byte_slice(place.clone()).is_some_and(|own| own == text.as_str())
        };
        let mut places = places.filter(is_there);
        let is_told = |place: &Range<usize>| place.start < told.end && told.start < place.end;
        let place = places.clone().find(is_told).or_else(|| places.next())?;
        (end, now) = (range.end, position::from_byte(after, place.end, encoding));
        let is_moved = place.start < exact;
        Some((place, is_moved))
    };
    named.iter().map(place).collect()
}

/// What of `region` is not written by the edits: before each, between two, and behind the last.
fn kept(written: &[Range<usize>], region: &Range<usize>) -> Vec<Range<usize>> {
    let starts = std::iter::once(region.start).chain(written.iter().map(|place| place.end));
    let ends = written.iter().map(|place| place.start).chain(std::iter::once(region.end));
    starts.zip(ends).map(|(start, end)| start..end).collect()
}

/// Looks for what the edits took out.
struct Search<'a> {
    told: &'a Told<'a>,
    /// What is left of what was known, before each edit, between two, and behind the last.
    kept: &'a [String],
    /// All that was taken out was known. Else some of it was typed, and less of what was known is missing.
    is_exact: bool,
    work: usize,
}

impl Search<'_> {
    /// The text from before the edits, given what the first of them took out of what was known up to `from`.
    fn landing(&mut self, from: usize, gaps: Vec<String>) -> Option<Landing> {
        let (known, kept) = (self.told.known.get(from..)?, self.kept.get(gaps.len())?);
        self.work += known.len().min(kept.len()) + 1;
        if self.work > MAX_WORK {
            return None;
        }
        let reach = from + part_len(known, kept);
        let (Some((asked, text)), Some(place)) =
            (self.told.named.get(gaps.len()), self.told.written.get(gaps.len()))
        else {
            let landing = (reach == self.told.known.len()).then(|| self.told.with(&gaps))?;
            return (!self.is_exact || self.told.is_named(&landing)).then_some(landing);
        };
        // A change that tells nothing of this edit tells of nothing that it took out: it put back what was there.
        let takes = self.told.may_take(place);
        let pieces = match takes {
            true if self.is_exact => {
                let starts = self.starts(from..=reach, asked.start.character).into_iter();
                starts.filter_map(|start| Some((start, self.end(start, asked)?))).collect()
            }
            true => {
                let longest = self.end(reach, asked).unwrap_or(self.told.known.len());
                (reach..=longest).map(|end| (reach, end)).collect::<Vec<_>>()
            }
            false => {
                let starts = self.starts(from..=reach, asked.start.character).into_iter();
                let is_same =
                    |start: &usize| self.told.known.get(*start..).is_some_and(|rest| rest.starts_with(text));
                starts.filter(is_same).map(|start| (start, start + text.len())).collect()
            }
        };
        pieces.into_iter().find_map(|(start, end)| {
            let gap = self.told.known.get(start..end)?;
            // What began a line does so again: an ending that was typed before it was taken out as well.
            let begins = self.position(start).character == 0 && !gap.is_empty();
            let is_glued = begins && !kept.is_empty() && !diff::has_ending(kept) && !self.is_exact;
            let ending =
                if is_glued { document::line_ending(self.told.before.slice(..)).as_str() } else { "" };
            let gaps = gaps.iter().cloned().chain([format!("{ending}{gap}")]).collect();
            self.landing(end, gaps)
        })
    }

    /// Where something may be missing: the latest place first, since the fewer of what is known was typed anew the
    /// better, but before that those in the column that was named.
    fn starts(&self, within: std::ops::RangeInclusive<usize>, column: u32) -> Vec<usize> {
        let starts = within.rev().filter(|at| self.told.known.is_char_boundary(*at));
        let (mut same, other): (Vec<_>, Vec<_>) =
            starts.partition(|at| self.position(*at).character == column);
        same.extend(other);
        same
    }

    fn position(&self, at: usize) -> Position {
        position::from_byte(self.told.before, self.told.region.before.start + at, self.told.encoding)
    }

    /// Where a piece ends that begins at `start` and is as long as what was named.
    fn end(&self, start: usize, asked: &position::Range) -> Option<usize> {
        let at = self.position(start);
        let below = asked.end.line - asked.start.line;
        let character = match below {
            0 => at.character + asked.end.character - asked.start.character,
            _ => asked.end.character,
        };
        let end = Position { line: at.line + below, character };
        let end = position::to_byte(self.told.before, end, self.told.encoding);
        end.checked_sub(self.told.region.before.start)
            .filter(|end| (start..=self.told.known.len()).contains(end))
    }
}

/// How much of the start of `known` is in `text`, with other text between its characters, in bytes.
fn part_len(known: &str, text: &str) -> usize {
    let mut rest = text.chars();
    known.chars().take_while(|c| rest.any(|own| own == *c)).map(char::len_utf8).sum()
}

/// All of `known` is in `text`, in its order.
fn is_part(known: &str, text: &str) -> bool {
    part_len(known, text) == known.len()
}
