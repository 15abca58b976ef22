//! What a proposal knows while the model writes: what was typed meanwhile, and how far the preview got.

use super::hunks::Hunks;
use crate::diff::{self, LineHunk, Streaming};
use crate::document::{Edit, LineEnding};
use ropey::Rope;
use similar::Algorithm;
use std::ops::Range;

#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// Lines above the base that edits have drawn in, as they were.
    lead: String,
    /// Lines below the base that edits have drawn in, as they were.
    trail: String,
    /// What changed in the span since, in the coordinates of lead, base and trail, each of the text it was made to.
    typed: Vec<Edit>,
    streaming: Streaming,
    /// The model's text as far as `streaming` has it, with the document's line endings.
    fed: String,
    /// How much of the model's text, as it came, that is.
    taken: usize,
    /// How many settled hunks are shown, while nothing is typed.
    shown: usize,
    /// A hunk behind those shows what isn't settled, while nothing is typed.
    has_tail: bool,
}

impl Draft {
    pub(super) fn new(base: &str) -> Self {
        Self {
            lead: String::new(),
            trail: String::new(),
            typed: Vec::new(),
            streaming: Streaming::new(base),
            fed: String::new(),
            taken: 0,
            shown: 0,
            has_tail: false,
        }
    }

    /// `edit` changed the span's text. The span was `span` and grows to `region`, both before the edit.
    pub(super) fn typed(&mut self, edit: &Edit, span: &Range<usize>, region: &Range<usize>, before: &Rope) {
        let above = before.byte_slice(region.start..span.start);
        let below = before.byte_slice(span.end..region.end);
        self.lead.insert_str(0, &above.to_string());
        self.trail.push_str(&below.to_string());
        for earlier in &mut self.typed {
            earlier.range = earlier.range.start + above.len_bytes()..earlier.range.end + above.len_bytes();
        }
        let range = edit.range.start - region.start..edit.range.end - region.start;
        self.typed.push(Edit::new(range, edit.text.clone()));
    }

    /// Feeds the complete lines of `so_far` that are new, and brings `hunks` up to date.
    pub(super) fn preview(
        &mut self,
        so_far: &str,
        base: &str,
        ending: LineEnding,
        start: usize,
        hunks: &mut Hunks,
    ) -> bool {
        let Some(news) = so_far.get(self.taken..).filter(|news| !news.is_empty()) else { return false };
        for line in diff::lines(news).into_iter().filter(|line| diff::has_ending(line)) {
            self.taken += line.len();
            let line = format!("{}{}", diff::without_ending(line), ending.as_str());
            self.streaming.feed(&line);
            self.fed += &line;
        }
        if self.typed.is_empty() {
            self.show_more(base, start, hunks);
        } else {
            self.show_again(base, start, hunks);
        }
        true
    }

    /// Adds what has settled since the last time, and shows the present tail.
    fn show_more(&mut self, base: &str, start: usize, hunks: &mut Hunks) {
        if self.has_tail {
            hunks.pop();
        }
        let tail = self.streaming.tail();
        let settled = self.streaming.settled().get(self.shown..).unwrap_or_default();
        for found in settled.iter().cloned().chain(tail.clone()) {
            hunks.push_difference(start, base, &self.fed, found);
        }
        self.shown += settled.len();
        self.has_tail = tail.is_some();
    }

    /// Shows all of it afresh: what was typed may have fused hunks that were shown with some that are new.
    fn show_again(&self, base: &str, start: usize, hunks: &mut Hunks) {
        let shown = hunks.list().to_vec();
        let found = self.streaming.settled().iter().cloned().chain(self.streaming.tail()).collect();
        self.place(base, &self.fed, found, start, hunks);
        hunks.keep_ids(&shown);
    }

    /// Replaces what was previewed by the difference between `base` and `theirs`.
    pub(super) fn finish(&self, base: &str, theirs: &str, start: usize, hunks: &mut Hunks) {
        self.place(base, theirs, diff::hunks(base, theirs), start, hunks);
    }

    /// Makes `hunks` the differences `found`, carried over what was typed. The span begins at `start`.
    fn place(&self, base: &str, theirs: &str, found: Vec<LineHunk>, start: usize, hunks: &mut Hunks) {
        hunks.clear();
        for found in found {
            hunks.push_difference(self.lead.len(), base, theirs, found);
        }
        if !self.typed.is_empty() {
            let mut text = Rope::from_str(&[&self.lead, base, &self.trail].concat());
            for edit in &self.typed {
                let before = text.clone();
                edit.apply(&mut text);
                hunks.carry(edit, &before, &text);
            }
        }
        hunks.shift(start);
    }
}

/// The model's text as it can stand in the document in the place of `base`: lines that it kept end as they ended, new
/// ones as `ending`, and the last line has a line ending where the base's has.
pub(super) fn fit(base: &str, theirs: &str, ending: LineEnding) -> String {
    let (old, new) = (diff::lines(base), diff::lines(theirs));
    let mut endings = vec![ending.as_str(); new.len()];
    let is_mixed = old.iter().any(|line| diff::has_ending(line) && !is_ending(line, ending));
    if is_mixed {
        keep_endings(&old, &new, &mut endings);
    }
    let mut fitted = String::with_capacity(theirs.len());
    for (line, ending) in new.iter().zip(endings) {
        let line = diff::without_ending(line);
        fitted.push_str(line);
        // An empty line behind a `\r` must not make a `\r\n` of it.
        let is_joined = line.is_empty() && fitted.ends_with('\r') && ending == "\n";
        fitted.push_str(if is_joined { "\r" } else { ending });
    }
    if !base.is_empty() && !diff::has_ending(base) {
        fitted.truncate(diff::without_ending(&fitted).len());
    }
    fitted
}

fn is_ending(line: &str, ending: LineEnding) -> bool {
    line.get(diff::without_ending(line).len()..) == Some(ending.as_str())
}

/// Gives the lines that are in both texts the line endings of the old one.
fn keep_endings<'a>(old: &[&'a str], new: &[&str], endings: &mut [&'a str]) {
    let bodies = |lines: &[&'a str]| lines.iter().map(|line| diff::without_ending(line)).collect::<Vec<_>>();
    let new_bodies = new.iter().map(|line| diff::without_ending(line)).collect::<Vec<_>>();
    let (mut old_at, mut new_at) = (0, 0);
    let mut keep = |old_range: Range<usize>, new_start: usize| {
        for (offset, line) in old.get(old_range).unwrap_or_default().iter().enumerate() {
            let ending = line.get(diff::without_ending(line).len()..).filter(|ending| !ending.is_empty());
            if let (Some(place), Some(ending)) = (endings.get_mut(new_start + offset), ending) {
                *place = ending;
            }
        }
    };
    for (old_range, new_range) in diff::changes(&bodies(old), &new_bodies, Algorithm::Histogram) {
        keep(old_at..old_range.start, new_at);
        // A line changed in place keeps its ending too.
        if old_range.len() == new_range.len() {
            keep(old_range.clone(), new_range.start);
        }
        (old_at, new_at) = (old_range.end, new_range.end);
    }
    keep(old_at..old.len(), new_at);
}
