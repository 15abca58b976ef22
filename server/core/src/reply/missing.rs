//! What of the base is missing around a line of an answer: the evidence that words stand for it.

use super::definition::defined;
use super::line::{is_near, is_telling};
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
    /// The first of the lines that went which defines something that the answer defines nowhere, where nothing new is
    /// defined for it.
    pub(super) definition: Option<String>,
}

impl Exchange {
    /// Whether as many lines came as went.
    pub(super) fn is_fair(&self) -> bool {
        self.written.len() >= self.lost
    }
}

#[derive(Debug)]
struct Run {
    /// Of the answer's lines that count.
    start: usize,
    end: usize,
    /// The base's lines of code that stand nowhere in the answer. A comment that goes was reworded.
    lost: usize,
    /// The same with comments.
    lost_in_all: usize,
    /// Whether each of those came again, changed a little.
    is_rewritten: bool,
    /// Whether each line that came is one of those, changed a little.
    is_like_them: bool,
    /// The first of them which defines something that the answer defines nowhere, where nothing new is defined for it.
    definition: Option<String>,
}

/// What is known of the place of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Around {
    /// The base's lines that went there.
    pub(super) lost: usize,
    /// The same with comments.
    pub(super) lost_in_all: usize,
    /// The lines that came there.
    pub(super) written: usize,
    /// Whether none of those stands after it.
    pub(super) is_last: bool,
    /// Whether no line at all that counts stands before it.
    pub(super) begins_the_answer: bool,
    /// Whether none stands after it.
    pub(super) ends_the_answer: bool,
    /// Whether lines went there, and each of them came again, changed a little.
    pub(super) is_rewritten: bool,
    /// Whether each line that came is one of those that went, changed a little.
    pub(super) is_like_them: bool,
    /// Whether something that was defined there is defined nowhere in the answer, and nothing new for it.
    pub(super) loses_a_definition: bool,
}

impl Around {
    /// Whether it stands between two lines as the base has them.
    pub(super) fn is_untouched(self) -> bool {
        self.lost == 0 && self.written == 0
    }
}

/// At most so many lines are compared word by word.
const MOST_COMPARED: usize = 50;

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
        let (mut before, mut new, mut written) = (Vec::new(), Vec::new(), Vec::new());
        for (index, line) in lines.iter().enumerate() {
            before.push(new.len());
            if is_telling(line) && !skipped.contains(&index) {
                new.push(id(line.trim()));
                written.push(line.trim());
            }
        }
        let said: HashSet<u32> = new.iter().copied().collect();
        let is_lost = |index: &usize| {
            let (id, line) = (old.get(*index), told_base.get(*index));
            id.is_some_and(|id| !said.contains(id)) && line.is_some()
        };
        let mut gone: Vec<Vec<&str>> = Vec::new();
        let mut runs: Vec<Run> = Vec::new();
        let mut is_open = false;
        for op in capture_diff_slices(Algorithm::Patience, &old, &new) {
            if matches!(op, DiffOp::Equal { .. }) {
                is_open = false;
                continue;
            }
            let lost = op.old_range().filter(is_lost).filter_map(|index| told_base.get(index).copied());
            match (runs.last_mut(), gone.last_mut()) {
                (Some(run), Some(gone)) if is_open => {
                    run.end = op.new_range().end;
                    gone.extend(lost);
                }
                _ => {
                    let (start, end) = (op.new_range().start, op.new_range().end);
                    runs.push(Run {
                        start,
                        end,
                        lost: 0,
                        lost_in_all: 0,
                        is_rewritten: false,
                        is_like_them: false,
                        definition: None,
                    });
                    gone.push(lost.collect());
                }
            }
            is_open = true;
        }
        let names: HashSet<&str> = written.iter().filter_map(|line| defined(line)).collect();
        let old_names: HashSet<&str> = told_base.iter().filter_map(|line| defined(line)).collect();
        for (run, gone) in runs.iter_mut().zip(gone) {
            run.lost_in_all = gone.len();
            let gone: Vec<&str> = gone.into_iter().filter(|line| !is_comment(line, language)).collect();
            run.lost = gone.len();
            let is_undefined = |line: &&&str| defined(line).is_some_and(|name| !names.contains(name));
            let is_new = |line: &&str| defined(line).is_some_and(|name| !old_names.contains(name));
            let written = written.get(run.start..run.end).unwrap_or_default();
            let undefined = gone.iter().find(is_undefined).filter(|_| !written.iter().any(is_new));
            run.definition = undefined.map(|line| line.trim().to_owned());
            run.is_like_them = written.len().max(gone.len()) <= MOST_COMPARED
                && written.iter().all(|written| gone.iter().any(|gone| is_near(gone, written)));
            run.is_rewritten = (1..=MOST_COMPARED.min(written.len())).contains(&gone.len())
                && gone.iter().all(|gone| written.iter().any(|written| is_near(gone, written)));
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
        lost.map(|run| Exchange { written: counted(run), lost: run.lost, definition: run.definition.clone() })
            .collect()
    }

    pub(super) fn around(&self, index: usize) -> Around {
        let at = self.before.get(index).copied().unwrap_or(self.total);
        let run = self.runs.iter().find(|run| (run.start..=run.end).contains(&at));
        Around {
            lost: run.map_or(0, |run| run.lost),
            lost_in_all: run.map_or(0, |run| run.lost_in_all),
            written: run.map_or(0, |run| run.end - run.start),
            is_last: run.is_none_or(|run| run.end == at),
            begins_the_answer: at == 0,
            ends_the_answer: at == self.total,
            is_rewritten: run.is_some_and(|run| run.is_rewritten),
            is_like_them: run.is_some_and(|run| run.is_like_them),
            loses_a_definition: run.is_some_and(|run| run.definition.is_some()),
        }
    }
}
