//! What of the base is missing around a line of an answer: the evidence that words stand for it.

use super::line::is_telling;
use super::remark::is_comment;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::{HashMap, HashSet};

/// The runs of lines in which an answer and the base differ. Only telling lines count, without blanks around them.
#[derive(Debug)]
pub(super) struct Missing {
    /// For each line of the answer how many lines that count stand before it.
    before: Vec<usize>,
    runs: Vec<Run>,
    total: usize,
}

/// What came for lines that went, and how many went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exchange {
    /// Indices of the answer's lines that count.
    pub(super) written: Vec<usize>,
    pub(super) lost: usize,
}

#[derive(Debug)]
struct Run {
    /// Of the answer's lines that count.
    start: usize,
    end: usize,
    /// The base's lines of code that stand nowhere in the answer. A comment that goes was reworded.
    lost: usize,
}

/// What is known of the place of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Around {
    /// The base's lines that went there.
    pub(super) lost: usize,
    /// The lines that came there.
    pub(super) written: usize,
    /// Whether none of those stands after it.
    pub(super) is_last: bool,
    /// Whether no line at all that counts stands after it.
    pub(super) ends_the_answer: bool,
}

/// Whether every telling line of the base stands in the answer, in order: nothing is left out anywhere.
pub(super) fn holds_all(lines: &[String], base: &[&str]) -> bool {
    let mut written = lines.iter().map(|line| line.trim());
    let mut told = base.iter().map(|line| line.trim()).filter(|line| is_telling(line)).peekable();
    told.peek().is_some() && told.all(|line| written.any(|written| written == line))
}

impl Missing {
    /// `skipped` are the answer's lines that don't count.
    pub(super) fn of(lines: &[String], base: &[&str], skipped: &HashSet<usize>, language: &str) -> Self {
        let mut ids: HashMap<&str, u32> = HashMap::new();
        let mut id = |line| {
            let next = ids.len() as u32;
            *ids.entry(line).or_insert(next)
        };
        let told_base: Vec<&str> = base.iter().copied().filter(|line| is_telling(line)).collect();
        let old: Vec<u32> = told_base.iter().map(|line| id(line.trim())).collect();
        let (mut before, mut new) = (Vec::new(), Vec::new());
        for (index, line) in lines.iter().enumerate() {
            before.push(new.len());
            if is_telling(line) && !skipped.contains(&index) {
                new.push(id(line.trim()));
            }
        }
        let said: HashSet<u32> = new.iter().copied().collect();
        let mut runs: Vec<Run> = Vec::new();
        let mut is_open = false;
        for op in capture_diff_slices(Algorithm::Patience, &old, &new) {
            if matches!(op, DiffOp::Equal { .. }) {
                is_open = false;
                continue;
            }
            let gone = op.old_range().filter_map(|index| Some((old.get(index)?, told_base.get(index)?)));
            let lost = gone.filter(|(id, line)| !said.contains(id) && !is_comment(line, language)).count();
            match runs.last_mut().filter(|_| is_open) {
                Some(run) => (run.end, run.lost) = (op.new_range().end, run.lost + lost),
                None => runs.push(Run { start: op.new_range().start, end: op.new_range().end, lost }),
            }
            is_open = true;
        }
        Self { before, runs, total: new.len() }
    }

    /// The runs in which something went.
    pub(super) fn exchanges(&self) -> Vec<Exchange> {
        let counted = |run: &Run| -> Vec<usize> {
            let is_in = |index: &usize| {
                let at = self.before.get(*index).copied().unwrap_or(self.total);
                let next = self.before.get(index + 1).copied().unwrap_or(self.total);
                next > at && (run.start..run.end).contains(&at)
            };
            (0..self.before.len()).filter(is_in).collect()
        };
        let lost = self.runs.iter().filter(|run| run.lost > 0);
        lost.map(|run| Exchange { written: counted(run), lost: run.lost }).collect()
    }

    pub(super) fn around(&self, index: usize) -> Around {
        let at = self.before.get(index).copied().unwrap_or(self.total);
        let run = self.runs.iter().find(|run| (run.start..=run.end).contains(&at));
        Around {
            lost: run.map_or(0, |run| run.lost),
            written: run.map_or(0, |run| run.end - run.start),
            is_last: run.is_none_or(|run| run.end == at),
            ends_the_answer: at == self.total,
        }
    }
}
