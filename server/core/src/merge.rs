//! Three-way merge: what the user made of a text, and what the model made of it, in one.
//!
//! First by lines; where both changed the same lines, by words, as long as the changes keep apart. The user's text is
//! never dropped for the model's: what doesn't fit together is a conflict. Where the model changed the text is known,
//! and only where the user did is found by comparing.

use crate::diff::{self, Pieces};
use similar::Algorithm;
use std::ops::Range;

mod rewrite;
#[cfg(test)]
mod tests;

pub use rewrite::Rewrite;

/// What came of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// Both sides' changes stand in it.
    Clean(String),
    /// The sides can't both stand.
    Conflict,
}

/// Merges the changes from the rewrite's base to `mine` with those of the model.
pub fn merge(rewrite: &Rewrite, mine: &str) -> Merged {
    let (base, theirs) = (rewrite.base(), rewrite.theirs());
    if mine == theirs || base == theirs {
        return Merged::Clean(mine.to_owned());
    }
    if base == mine {
        return Merged::Clean(theirs.to_owned());
    }
    if let Some(ending) = turned(base, mine, theirs).or_else(|| turned(base, theirs, mine)) {
        return merge(&rewrite.with_endings(ending), &diff::with_endings(mine, ending));
    }
    let is_open = |text: &str| !text.is_empty() && !diff::has_ending(text);
    let merged = if [base, mine, theirs].into_iter().any(is_open) {
        merge_open_ended(rewrite, mine)
    } else {
        merge_lines(rewrite, mine)
    };
    merged.map_or(Merged::Conflict, Merged::Clean)
}

/// What one side turned all line endings into, where the other side left them alone: that changes none of the lines.
fn turned<'a>(base: &str, side: &'a str, other: &str) -> Option<&'a str> {
    let was = only_ending(base)?;
    let is_left = diff::with_endings(other, was) == other;
    only_ending(side).filter(|ending| *ending != was && is_left)
}

/// The line ending of a text that has no other.
fn only_ending(text: &str) -> Option<&str> {
    let mut endings = diff::lines(text).into_iter().map(ending).filter(|ending| !ending.is_empty());
    let first = endings.next()?;
    endings.all(|ending| ending == first).then_some(first)
}

/// Merges texts of which some lack the final line ending, so that a line added below the last one doesn't change that
/// line. Whether the result has a final line ending, and which, is merged for itself.
fn merge_open_ended(rewrite: &Rewrite, mine: &str) -> Option<String> {
    let merged = merge_lines(&rewrite.closed(), &rewrite::close(mine))?;
    let [of_base, of_mine, of_theirs] = [rewrite.base(), mine, rewrite.theirs()].map(ending);
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

fn merge_lines(rewrite: &Rewrite, mine: &str) -> Option<String> {
    let pieces = [rewrite.base(), mine, rewrite.theirs()].map(Pieces::lines);
    merge_pieces(rewrite, mine, &pieces, Apart::Touching, &merge_words)
}

fn merge_words(rewrite: &Rewrite, mine: &str) -> Option<String> {
    let pieces = [rewrite.base(), mine, rewrite.theirs()].map(Pieces::words);
    merge_pieces(rewrite, mine, &pieces, Apart::Separate, &|_, _| None)
}

/// A change of one side: these pieces of the base became these pieces of the side.
type Change = (Range<usize>, Range<usize>);

/// Merges piece by piece; `overlap` decides about a region that both sides changed in different ways.
fn merge_pieces(
    rewrite: &Rewrite,
    mine: &str,
    [of_base, of_mine, of_theirs]: &[Pieces<'_>; 3],
    apart: Apart,
    overlap: &dyn Fn(&Rewrite, &str) -> Option<String>,
) -> Option<String> {
    let my_changes = diff::changes(&of_base.pieces, &of_mine.pieces, Algorithm::Myers);
    let their_changes = rewrite.changes(of_base, of_theirs);
    let mut merged = String::new();
    let mut done = 0;
    for region in regions(&my_changes, &their_changes, apart) {
        merged.push_str(text(rewrite.base(), of_base.bytes(&(done..region.base.start))));
        let my_text = region.mine.map(|range| text(mine, of_mine.bytes(&range)));
        let theirs = region.theirs.map(|range| of_theirs.bytes(&range));
        let their_text = theirs.clone().map(|range| text(rewrite.theirs(), range));
        match (my_text, their_text) {
            (Some(mine), Some(their_text)) if mine != their_text => {
                let rewrite = rewrite.cut(&of_base.bytes(&region.base), &theirs.unwrap_or_default());
                merged.push_str(&overlap(&rewrite, mine)?);
            }
            (Some(changed), _) | (None, Some(changed)) => merged.push_str(changed),
            (None, None) => {}
        }
        done = region.base.end;
    }
    merged.push_str(text(rewrite.base(), of_base.bytes(&(done..of_base.pieces.len()))));
    Some(merged)
}

fn text(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
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
