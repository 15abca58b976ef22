//! The hunks of a proposal, and how they live through the changes of their document.
//!
//! A hunk knows the text that the model saw and the text that it wrote; what stands in the document is the third side.
//! Where the three can be merged the hunk is open, where not it is in conflict, and when the document has it all it is
//! done. So what a hunk is follows from texts alone, and typing something and taking it back changes nothing.

use crate::diff::{self, LineHunk};
use crate::document::{Edit, is_line_bound, is_line_start, line_end, line_start};
use crate::merge::{Merged, Rewrite, merge};
use crate::rebase::{self, Carried};
use ropey::Rope;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

/// One change of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// Stable while the hunk lives. A hunk that edits have fused with another gets a new one.
    pub id: u32,
    /// Where it stands in the document as it is: whole lines, in bytes. May be empty.
    pub span: Range<usize>,
    /// What the model saw there, and what it made of it.
    rewrite: Arc<Rewrite>,
    /// What would stand there: the model's change and the user's in one; nothing where they can't both stand.
    merged: Option<Arc<str>>,
    /// What stood there before it was accepted; when it stands there again, the acceptance was undone.
    was: Arc<str>,
    /// It was accepted, and the client asked to write it.
    asked: bool,
    /// The document has it.
    done: bool,
}

impl Hunk {
    /// The user's change and the model's can't both stand.
    pub fn is_conflict(&self) -> bool {
        !self.done && self.merged.is_none()
    }

    /// The document has it already, by an accept or because the user typed the same.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// The text that stands there, in the document that the hunk was last carried to.
    pub fn removed(&self, text: &Rope) -> String {
        text.get_byte_slice(self.span.clone()).map(|text| text.to_string()).unwrap_or_default()
    }

    /// The text that would stand there; in a conflict, the model's.
    pub fn added(&self) -> &str {
        self.merged.as_deref().unwrap_or(self.rewrite.theirs())
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked && !self.done
    }

    /// The smallest edits that write it in the place of `mine`. Where the user has typed in it, it is a single one: cut
    /// in parts, it could take out here what it puts in there, and a client may apply only a part.
    pub(super) fn edits(&self, mine: &str) -> Vec<Edit> {
        if mine != self.rewrite.base() {
            return Vec::from_iter(diff::trimmed(0, mine, self.added()));
        }
        let mut edits = Vec::new();
        for (before, after) in self.rewrite.changed_lines() {
            let at = |range: Range<usize>| range.start + before.start..range.end + before.start;
            let removed = mine.get(before.clone()).unwrap_or_default();
            let added = self.rewrite.theirs().get(after).unwrap_or_default();
            let parts = diff::minimal(removed, added).into_iter();
            edits.extend(parts.map(|part| Edit::new(at(part.range), part.text)));
        }
        edits
    }

    /// It is about to be written in the place of `mine`.
    pub(super) fn ask(&mut self, mine: &str) {
        self.asked = true;
        self.was = mine.into();
    }

    pub(super) fn unask(&mut self) {
        self.asked = false;
    }

    /// The text that would make it another: the merged one while it is open, and the one from before once it is done.
    fn target(&self) -> Option<&str> {
        if self.done { Some(&self.was) } else { self.merged.as_deref() }
    }

    /// Finds out what it is, now that `mine` stands there.
    fn look(&mut self, mine: &str) {
        if self.done {
            // What the user goes on to make of an accepted text is no concern of the hunk, but for an undo.
            if *mine != *self.was || mine == self.rewrite.theirs() {
                return;
            }
            self.asked = false;
        }
        self.merged = match merge(&self.rewrite, mine) {
            Merged::Clean(merged) => Some(merged.into()),
            Merged::Conflict => None,
        };
        // Some clients turn the line endings of what they write.
        let may_turn = self.asked && !same_but_for_endings(self.rewrite.theirs(), &self.was);
        let is_same = |text: &str| text == mine || (may_turn && same_but_for_endings(text, mine));
        // How lines end is left to the user, where it isn't all that the model changed.
        let is_done = |merged: &str| {
            is_same(merged)
                || (same_but_for_endings(merged, mine)
                    && !same_but_for_endings(self.rewrite.base(), self.rewrite.theirs()))
        };
        self.done = is_same(self.rewrite.theirs()) || self.merged.as_deref().is_some_and(is_done);
    }
}

/// How far from a hunk, in bytes, an edit is looked at whether it carries the hunk out.
const REACH: usize = 1 << 16;

/// The hunks of a proposal, from the top of the document down, without overlap.
#[derive(Debug, Clone, Default)]
pub(super) struct Hunks {
    list: Vec<Hunk>,
    next_id: u32,
}

impl Hunks {
    pub(super) fn list(&self) -> &[Hunk] {
        &self.list
    }

    pub(super) fn list_mut(&mut self) -> &mut [Hunk] {
        &mut self.list
    }

    pub(super) fn replace(&mut self, list: Vec<Hunk>) {
        self.list = list;
    }

    pub(super) fn retain(&mut self, keep: impl FnMut(&Hunk) -> bool) {
        self.list.retain(keep);
    }

    pub(super) fn clear(&mut self) {
        self.list.clear();
    }

    pub(super) fn pop(&mut self) {
        self.list.pop();
    }

    /// Adds, at the end, the hunk that makes `theirs` of `base` at `start`.
    pub(super) fn push(&mut self, start: usize, base: &str, theirs: &str) {
        self.list.push(Hunk {
            id: self.next_id,
            span: start..start + base.len(),
            was: base.into(),
            merged: Some(theirs.into()),
            rewrite: Arc::new(Rewrite::new(base, theirs)),
            asked: false,
            done: false,
        });
        self.next_id += 1;
    }

    /// Adds, at the end, the difference `found` between `base` and `theirs`, where `base` begins at `start`.
    pub(super) fn push_difference(&mut self, start: usize, base: &str, theirs: &str, found: LineHunk) {
        let at = start + found.before.start;
        let base = base.get(found.before).unwrap_or_default();
        self.push(at, base, theirs.get(found.after).unwrap_or_default());
    }

    /// Moves all of them, as the text that they stand in moves.
    pub(super) fn shift(&mut self, by: usize) {
        for hunk in &mut self.list {
            hunk.span = hunk.span.start + by..hunk.span.end + by;
        }
    }

    /// No hunk gets the id of one that was in `earlier`.
    pub(super) fn number_on_from(&mut self, earlier: &Self) {
        self.next_id = self.next_id.max(earlier.next_id);
    }

    /// Gives a hunk that stands in `old` as well the id that it has there.
    pub(super) fn keep_ids(&mut self, old: &[Hunk]) {
        for hunk in &mut self.list {
            let at = old.partition_point(|old| old.span.start < hunk.span.start);
            let same = |old: &&Hunk| old.span == hunk.span && old.rewrite == hunk.rewrite;
            if let Some(old) = old.get(at..).into_iter().flatten().take(2).find(same) {
                hunk.id = old.id;
            }
        }
    }

    /// Carries all of them over `edit`. Tells whether one is different now, rather than moved.
    pub(super) fn carry(&mut self, edit: &Edit, before: &Rope, after: &Rope) -> bool {
        match self.parts(edit, before) {
            None => self.carry_one(edit, before, after),
            Some(parts) => {
                let mut text = before.clone();
                let mut is_touched = false;
                // From the bottom up, so that the places of those that are left stay right.
                for part in parts.into_iter().rev() {
                    let before = text.clone();
                    part.apply(&mut text);
                    is_touched |= self.carry_one(&part, &before, &text);
                }
                is_touched
            }
        }
    }

    /// The parts of an edit that covers several hunks, or one and what is around it: clients send several changes, or
    /// an undo of them, as one replacement.
    fn parts(&self, edit: &Edit, before: &Rope) -> Option<Vec<Edit>> {
        if edit.range.is_empty() || edit.text.is_empty() {
            return None;
        }
        let from = self.list.partition_point(|hunk| hunk.span.end < edit.range.start);
        let mut near = self.list.iter().skip(from).take_while(|hunk| hunk.span.start <= edit.range.end);
        let hunk = near.next()?;
        let is_inside = hunk.span.start <= edit.range.start && edit.range.end <= hunk.span.end;
        if is_inside && near.next().is_none() {
            return None;
        }
        let removed = before.byte_slice(edit.range.clone()).to_string();
        let parts = diff::minimal(&removed, &edit.text);
        let at = |range: Range<usize>| range.start + edit.range.start..range.end + edit.range.start;
        (parts.len() > 1)
            .then(|| parts.into_iter().map(|part| Edit::new(at(part.range), part.text)).collect())
    }

    fn carry_one(&mut self, edit: &Edit, before: &Rope, after: &Rope) -> bool {
        if let Some(index) = self.performed(edit, before, after) {
            self.perform(index, edit, after);
            return true;
        }
        let touched = self.touched(edit, after);
        let fused = touched.map(|touched| self.region(touched, edit, before, after));
        let fused = fused.map(|(touched, region)| {
            let hunk = self.fuse(&touched, &region, before);
            (touched, hunk, region.start..edit.shift(region.end))
        });
        let from = self.list.partition_point(|hunk| hunk.span.end < edit.range.start);
        for hunk in self.list.iter_mut().skip(from) {
            // Those that are touched are replaced below.
            if let Carried::Moved(span) = rebase::carry(&hunk.span, edit, after) {
                hunk.span = span;
            }
        }
        let Some((touched, hunk, span)) = fused else { return false };
        let mine = after.byte_slice(span.clone()).to_string();
        let mut hunk = Hunk { span, ..hunk };
        hunk.look(&mine);
        self.list.splice(touched, [hunk]);
        true
    }

    /// The hunk that `edit` carries out, or takes back, wherever the client says it does so: one of several equal lines
    /// that come or go may be any of them.
    fn performed(&self, edit: &Edit, before: &Rope, after: &Rope) -> Option<usize> {
        let from = self.list.partition_point(|hunk| hunk.span.end < edit.range.start).saturating_sub(2);
        let is_performed = |hunk: &Hunk| {
            let Some(target) = hunk.target() else { return false };
            let start = hunk.span.start.min(edit.range.start);
            let end = hunk.span.end.max(edit.range.end);
            if target.len() + edit.range.len() != hunk.span.len() + edit.text.len() || end - start > REACH {
                return false;
            }
            let above = before.byte_slice(start..hunk.span.start).to_string();
            let below = before.byte_slice(hunk.span.end..end);
            after.byte_slice(start..edit.shift(end)) == [&above, target, &below.to_string()].concat()
        };
        // What now stands on the hunk's last line belongs to it, unless another hunk has it, which is joined.
        let ends_a_line = |index: usize, hunk: &Hunk| {
            let below = self.list.get(index + 1).map(|below| below.span.start);
            below == Some(hunk.span.end) || is_line_bound(after, edit.shift(hunk.span.end))
        };
        let mut near = self.list.iter().enumerate().skip(from).take(5);
        near.find(|(index, hunk)| is_performed(hunk) && ends_a_line(*index, hunk)).map(|(index, _)| index)
    }

    /// The hunk at `index` became what it was to become, and `edit` says by how much the text has grown.
    fn perform(&mut self, index: usize, edit: &Edit, after: &Rope) {
        for hunk in self.list.iter_mut().skip(index + 1) {
            hunk.span = edit.shift(hunk.span.start)..edit.shift(hunk.span.end);
        }
        let Some(hunk) = self.list.get_mut(index) else { return };
        hunk.span.end = edit.shift(hunk.span.end);
        if let Some(target) = hunk.target().map(str::to_owned) {
            hunk.look(&target);
        }
        join(&mut self.list, index, after);
        if let Some(above) = index.checked_sub(1) {
            join(&mut self.list, above, after);
        }
    }

    /// The hunks from the first to the last that `edit` touches.
    fn touched(&self, edit: &Edit, after: &Rope) -> Option<RangeInclusive<usize>> {
        let from = self.list.partition_point(|hunk| hunk.span.end < edit.range.start);
        let near =
            self.list.iter().enumerate().skip(from).take_while(|(_, hunk)| hunk.span.start <= edit.range.end);
        let mut touched = near.filter(|(_, hunk)| rebase::carry(&hunk.span, edit, after) == Carried::Touched);
        let first = touched.next()?.0;
        Some(first..=touched.last().map_or(first, |(last, _)| last))
    }

    /// The lines that the touched hunks and the edit cover, before the edit, and all hunks in them.
    fn region(
        &self,
        touched: RangeInclusive<usize>,
        edit: &Edit,
        before: &Rope,
        after: &Rope,
    ) -> (RangeInclusive<usize>, Range<usize>) {
        let (mut first, mut last) = touched.into_inner();
        let start = |index: usize| self.list.get(index).map(|hunk| hunk.span.start);
        let end = |index: usize| self.list.get(index).map(|hunk| hunk.span.end);
        let mut region = edit.range.clone();
        loop {
            region.start = region.start.min(start(first).unwrap_or(region.start));
            region.end = region.end.max(end(last).unwrap_or(region.end));
            region = grow(region, edit, before, after);
            let carried =
                |index: usize| self.list.get(index).map(|hunk| rebase::carry(&hunk.span, edit, after));
            let reaches_in = |carried: Option<Carried>| match carried {
                None => false,
                Some(Carried::Touched) => true,
                Some(Carried::Moved(span)) => span.end > region.start && span.start < edit.shift(region.end),
            };
            if first.checked_sub(1).is_some_and(|above| reaches_in(carried(above))) {
                first -= 1;
            } else if reaches_in(carried(last + 1)) {
                last += 1;
            } else {
                return (first..=last, region);
            }
        }
    }

    /// One hunk of those in `region`, as they are before the edit. What stands between them is on all sides the same.
    fn fuse(&mut self, touched: &RangeInclusive<usize>, region: &Range<usize>, before: &Rope) -> Hunk {
        let hunks = self.list.get(touched.clone()).unwrap_or_default();
        // Beside an open hunk, a done one is text like any other.
        let is_done = hunks.iter().all(|hunk| hunk.done);
        let parts = hunks.iter().filter(|hunk| hunk.done == is_done).collect::<Vec<_>>();
        let mut rewrite = Rewrite::default();
        let mut was = String::new();
        let mut at = region.start;
        for hunk in &parts {
            let between = before.byte_slice(at..hunk.span.start).to_string();
            rewrite.keep(&between);
            rewrite.append(&hunk.rewrite);
            was += &between;
            was += &hunk.was;
            at = hunk.span.end;
        }
        let below = before.byte_slice(at..region.end).to_string();
        rewrite.keep(&below);
        was += &below;
        let id = match parts.as_slice() {
            [hunk] => hunk.id,
            [] | [_, ..] => self.next_id,
        };
        let fused = Hunk {
            id,
            span: region.clone(),
            rewrite: Arc::new(rewrite),
            merged: None,
            was: was.into(),
            asked: parts.iter().any(|hunk| hunk.asked),
            done: is_done,
        };
        self.next_id += u32::from(fused.id == self.next_id);
        fused
    }
}

/// `hunks` once `edits`, which belong to the hunks that `owners` name, are carried out, and `after` is the text. Nothing
/// if some edit has no place in them any more.
pub(super) fn land(hunks: &[Hunk], owners: &[u32], edits: &[Edit], after: &Rope) -> Option<Vec<Hunk>> {
    let home = |(owner, edit): (&u32, &Edit)| {
        let holds = |hunk: &Hunk| hunk.span.start <= edit.range.start && edit.range.end <= hunk.span.end;
        let own = hunks.iter().position(|hunk| hunk.id == *owner);
        let home = own.or_else(|| hunks.iter().position(|hunk| hunk.asked && holds(hunk)))?;
        hunks.get(home).is_some_and(holds).then_some(home)
    };
    let homes = owners.iter().zip(edits).map(home).collect::<Option<Vec<_>>>()?;
    let mut owned = homes.into_iter().zip(edits).peekable();
    let (mut added, mut removed) = (0, 0);
    let mut landed = hunks.to_vec();
    for (index, hunk) in landed.iter_mut().enumerate() {
        let start = hunk.span.start + added - removed;
        while let Some((_, edit)) = owned.next_if(|(home, _)| *home == index) {
            added += edit.text.len();
            removed += edit.range.len();
        }
        hunk.span = start..hunk.span.end + added - removed;
        if owners.contains(&hunk.id) {
            hunk.done = true;
        } else if hunk.asked {
            hunk.look(&hunk.removed(after));
        }
    }
    for index in (0..landed.len()).rev() {
        join(&mut landed, index, after);
    }
    Some(landed)
}

/// Makes one hunk of the one at `index` and the next, where they meet inside a line: what was put in behind a last line
/// without an ending has become a part of that line. Beside an open hunk, a done one is text like any other.
fn join(hunks: &mut Vec<Hunk>, index: usize, text: &Rope) {
    let (Some(above), Some(below)) = (hunks.get(index), hunks.get(index + 1)) else { return };
    if above.span.end != below.span.start || is_line_bound(text, above.span.end) {
        return;
    }
    let stands = [above.removed(text), below.removed(text)];
    let is_open = |hunk: &Hunk| !hunk.done;
    let mut rewrite = Rewrite::default();
    let mut was = String::new();
    for (hunk, stands) in [above, below].into_iter().zip(&stands) {
        if hunk.done && (is_open(above) || is_open(below)) {
            rewrite.keep(stands);
            was += stands;
        } else {
            rewrite.append(&hunk.rewrite);
            was += &hunk.was;
        }
    }
    let mut joined = Hunk {
        id: if is_open(above) { above.id } else { below.id },
        span: above.span.start..below.span.end,
        rewrite: Arc::new(rewrite),
        merged: None,
        was: was.into(),
        asked: above.is_asked() || below.is_asked(),
        done: above.done && below.done,
    };
    joined.look(&stands.concat());
    hunks.splice(index..=index + 1, [joined]);
}

/// `region` (before the edit, and around it) grown until it is whole lines before the edit and after it.
pub(super) fn grow(mut region: Range<usize>, edit: &Edit, before: &Rope, after: &Rope) -> Range<usize> {
    region.start = line_start(before, region.start);
    while region.start > 0 && !is_line_start(after, region.start) {
        region.start = line_start(before, region.start - 1);
    }
    if !is_line_bound(before, region.end) {
        region.end = line_end(before, region.end);
    }
    while region.end < before.len_bytes() && !is_line_bound(after, edit.shift(region.end)) {
        region.end = line_end(before, region.end);
    }
    region
}

fn same_but_for_endings(a: &str, b: &str) -> bool {
    let lines = |text| diff::lines(text).into_iter().map(diff::without_ending);
    lines(a).eq(lines(b)) && diff::has_ending(a) == diff::has_ending(b)
}
