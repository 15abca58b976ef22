//! Three-way merge: what the user made of a text, and what the model made of it, in one.
//!
//! First by lines; where both changed the same lines, by words, as long as the changes keep apart. The user's text is
//! never dropped for the model's: what doesn't fit together is a conflict.

use crate::diff::{self, Pieces};
use similar::Algorithm;
use std::ops::Range;

#[cfg(test)]
mod tests;

/// What came of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// Both sides' changes stand in it.
    Clean(String),
    /// The sides can't both stand.
    Conflict,
}

/// Merges the changes from `base` to `mine` with those from `base` to `theirs`. Which side is which doesn't matter.
pub fn merge(base: &str, mine: &str, theirs: &str) -> Merged {
    if mine == theirs || base == theirs {
        return Merged::Clean(mine.to_owned());
    }
    if base == mine {
        return Merged::Clean(theirs.to_owned());
    }
    let texts = [base, mine, theirs];
    let is_open = |text: &&str| !text.is_empty() && !diff::has_ending(text);
    let merged =
        if texts.iter().any(is_open) { merge_open_ended(texts) } else { merge_lines(base, mine, theirs) };
    merged.map_or(Merged::Conflict, Merged::Clean)
}

/// Merges texts of which some lack the final line ending, so that a line added below the last one doesn't change that
/// line. Whether the result has a final line ending, and which, is merged for itself.
fn merge_open_ended([base, mine, theirs]: [&str; 3]) -> Option<String> {
    let closed = |text: &str| match text {
        "" => String::new(),
        text => format!("{}\n", diff::without_ending(text)),
    };
    let merged = merge_lines(&closed(base), &closed(mine), &closed(theirs))?;
    let [of_base, of_mine, of_theirs] = [base, mine, theirs].map(ending);
    if merged.is_empty() {
        return Some(merged);
    }
    let ending = match (of_mine == of_base, of_theirs == of_base) {
        (true, _) => of_theirs,
        (false, true) => of_mine,
        (false, false) => of_mine.max(of_theirs),
    };
    let body = diff::without_ending(&merged);
    Some(format!("{body}{ending}"))
}

/// The final line ending of a text, or nothing.
fn ending(text: &str) -> &str {
    text.get(diff::without_ending(text).len()..).unwrap_or_default()
}

/// How close two changes may come and still be apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Apart {
    /// They may touch, unless both put something in at the same place.
    Touching,
    /// Something unchanged stands between them.
    Separate,
}

fn merge_lines(base: &str, mine: &str, theirs: &str) -> Option<String> {
    let pieces = [base, mine, theirs].map(Pieces::lines);
    merge_pieces([base, mine, theirs], &pieces, Apart::Touching, &|[base, mine, theirs]| {
        merge_words(base, mine, theirs)
    })
}

fn merge_words(base: &str, mine: &str, theirs: &str) -> Option<String> {
    let pieces = [base, mine, theirs].map(Pieces::words);
    merge_pieces([base, mine, theirs], &pieces, Apart::Separate, &|_| None)
}

/// A change of one side: these pieces of the base became these pieces of the side.
type Change = (Range<usize>, Range<usize>);

/// Merges piece by piece; `overlap` decides about a region that both sides changed in different ways.
fn merge_pieces(
    texts: [&str; 3],
    pieces: &[Pieces<'_>; 3],
    apart: Apart,
    overlap: &dyn Fn([&str; 3]) -> Option<String>,
) -> Option<String> {
    let [base, mine, theirs] = pieces;
    let of_mine = diff::changes(&base.pieces, &mine.pieces, Algorithm::Myers);
    let of_theirs = diff::changes(&base.pieces, &theirs.pieces, Algorithm::Myers);
    let mut merged = String::new();
    let mut done = 0;
    let [base_text, mine_text, theirs_text] = texts;
    for region in regions(&of_mine, &of_theirs, apart) {
        merged.push_str(text(base_text, base, &(done..region.base.start)));
        let of_mine = region.mine.map(|range| text(mine_text, mine, &range));
        let of_theirs = region.theirs.map(|range| text(theirs_text, theirs, &range));
        match (of_mine, of_theirs) {
            (Some(mine), Some(theirs)) if mine != theirs => {
                merged.push_str(&overlap([text(base_text, base, &region.base), mine, theirs])?);
            }
            (Some(changed), _) | (None, Some(changed)) => merged.push_str(changed),
            (None, None) => {}
        }
        done = region.base.end;
    }
    merged.push_str(text(base_text, base, &(done..base.pieces.len())));
    Some(merged)
}

fn text<'a>(text: &'a str, pieces: &Pieces<'_>, range: &Range<usize>) -> &'a str {
    text.get(pieces.bytes(range)).unwrap_or_default()
}

/// Pieces of the base that changed together, and what each side that changed them has there.
#[derive(Debug, Default)]
struct Region {
    base: Range<usize>,
    mine: Option<Range<usize>>,
    theirs: Option<Range<usize>>,
}

/// Groups the changes of both sides into regions that are apart, from the top down.
fn regions(mine: &[Change], theirs: &[Change], apart: Apart) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    let (mut mine, mut theirs) = (mine.iter().peekable(), theirs.iter().peekable());
    loop {
        let is_mine = match (mine.peek(), theirs.peek()) {
            (None, None) => return regions,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(a), Some(b)) => (a.0.start, a.0.end) <= (b.0.start, b.0.end),
        };
        let Some(change) = (if is_mine { mine.next() } else { theirs.next() }) else { return regions };
        match regions.last_mut() {
            Some(region) if meets(&region.base, &change.0, apart) => region.add(change, is_mine),
            Some(_) | None => {
                let mut region = Region { base: change.0.clone(), ..Region::default() };
                region.add(change, is_mine);
                regions.push(region);
            }
        }
    }
}

fn meets(region: &Range<usize>, change: &Range<usize>, apart: Apart) -> bool {
    match apart {
        Apart::Separate => change.start <= region.end,
        Apart::Touching if region.is_empty() => change == region,
        Apart::Touching => change.start < region.end,
    }
}

impl Region {
    /// Adds a change of one side; what the other side has grows by the unchanged pieces that come in.
    fn add(&mut self, (base, changed): &Change, is_mine: bool) {
        let grown = base.end.saturating_sub(self.base.end);
        let (own, other) =
            if is_mine { (&mut self.mine, &mut self.theirs) } else { (&mut self.theirs, &mut self.mine) };
        *own = Some(match own.clone() {
            Some(range) => range.start..changed.end,
            None => changed.start - (base.start - self.base.start)..changed.end,
        });
        // The own side of a region reaches to the end of its last change, and the other to the region's old end.
        let short = self.base.end.saturating_sub(base.end);
        if let Some(range) = own {
            range.end += short;
        }
        if let Some(range) = other {
            range.end += grown;
        }
        self.base.end = self.base.end.max(base.end);
    }
}
