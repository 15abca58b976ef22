//! Remarks that stand for code a model didn't write out: `// ... rest unchanged`.
//!
//! A remark is never written. It is replaced by the base's lines where the lines around it say which; anything less
//! certain is a problem.

use super::ReplyProblem;
use super::line::{Lines, is_telling};
use super::remark::{Remark, has_inner_remark, remark};
use std::collections::HashSet;
use std::ops::Range;

/// Puts the base's lines where remarks stand for them.
pub(super) fn expand(lines: Vec<String>, base: &Lines, language: &str) -> Result<Vec<String>, ReplyProblem> {
    let known: HashSet<&str> = base.contents().map(str::trim).collect();
    let remarks: Vec<(usize, Remark)> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !known.contains(line.trim()))
        .filter_map(|(index, line)| Some((index, remark(line, language)?)))
        .collect();
    let inner = lines
        .iter()
        .filter(|line| !known.contains(line.trim()))
        .find(|line| remark(line, language).is_none() && has_inner_remark(line, language));
    if let Some(line) = inner {
        return Err(elided(line));
    }
    let Some((first, _)) = remarks.first() else { return Ok(lines) };
    let is_said = |line: &String| !line.trim().is_empty() && remark(line, language).is_none();
    if !lines.iter().any(is_said) {
        return Err(elided(lines.get(*first).map_or("", String::as_str)));
    }
    Expansion { lines: &lines, base: base.contents().collect() }.run(&remarks)
}

struct Expansion<'a> {
    lines: &'a [String],
    base: Vec<&'a str>,
}

impl Expansion<'_> {
    fn run(&self, remarks: &[(usize, Remark)]) -> Result<Vec<String>, ReplyProblem> {
        let mut result: Vec<String> = Vec::new();
        // The answer's lines from `from` on, and the base's from `base_from` on, are still to be written.
        let (mut from, mut base_from) = (0, 0);
        for (nth, (index, sort)) in remarks.iter().enumerate() {
            let next = remarks.get(nth + 1).map_or(self.lines.len(), |(next, _)| *next);
            let problem = || elided(self.lines.get(*index).map_or("", String::as_str));
            let gap = self.gap(from..*index, index + 1..next, base_from);
            match (gap, sort) {
                (Some(gap), _) if !gap.is_empty() => {
                    let written = trimmed_end(self.lines.get(from..*index).unwrap_or_default());
                    if written.len() * 2 + MOST_LOST < gap.start.saturating_sub(base_from) {
                        return Err(problem());
                    }
                    result.extend(written.iter().cloned());
                    result.extend(
                        self.base.get(gap.clone()).unwrap_or_default().iter().map(|line| (*line).to_owned()),
                    );
                    base_from = gap.end;
                    from = index + 1 + blank_start(self.lines.get(index + 1..next).unwrap_or_default());
                }
                (Some(_), Remark::Words) => {
                    // Nothing is left out here: a comment like any other.
                    result.extend(self.lines.get(from..=*index).unwrap_or_default().iter().cloned());
                    from = index + 1;
                }
                (Some(_) | None, Remark::Dots | Remark::Words) => return Err(problem()),
            }
        }
        result.extend(self.lines.get(from..).unwrap_or_default().iter().cloned());
        Ok(result)
    }

    /// The base's lines between two runs of the answer's lines, if both runs are found once at or after `base_from`.
    fn gap(&self, before: Range<usize>, after: Range<usize>, base_from: usize) -> Option<Range<usize>> {
        let before = told(self.lines, before);
        let after_is_last = after.end == self.lines.len();
        let after = told(self.lines, after);
        let start = if before.is_empty() { base_from } else { self.end_of(&before, base_from)? };
        let end = if after.is_empty() {
            // Two remarks in a row say nothing about where one ends.
            after_is_last.then_some(self.base.len())?
        } else {
            self.start_of(&after, start, after_is_last)?
        };
        (start <= end).then_some(start..end)
    }

    /// The base's line behind the one that `run` ends with.
    fn end_of(&self, run: &[&str], from: usize) -> Option<usize> {
        let base = self.told_base(from);
        if from == 0 && base.iter().take(run.len()).map(|(_, line)| *line).eq(run.iter().copied()) {
            return base.get(run.len() - 1).map(|(index, _)| index + 1);
        }
        let needed = run.len() - run.iter().rposition(|line| is_telling(line))?;
        let ends: Vec<usize> = (needed..=base.len()).collect();
        let matches = |end: usize, count: usize, same: &dyn Fn(&str, &str) -> bool| {
            let Some(start) = end.checked_sub(count) else { return false };
            let here = base.get(start..end).unwrap_or_default();
            here.iter().zip(run.iter().skip(run.len() - count)).all(|((_, base), line)| same(base, line))
        };
        let end = only_one(ends, needed, run.len(), matches)?;
        base.get(end - 1).map(|(index, _)| index + 1)
    }

    /// The base's line that `run` starts with.
    fn start_of(&self, run: &[&str], from: usize, is_last: bool) -> Option<usize> {
        let base = self.told_base(from);
        if is_last && let Some(tail) = base.len().checked_sub(run.len()) {
            let tail = base.get(tail..).unwrap_or_default();
            if tail.iter().map(|(_, line)| *line).eq(run.iter().copied()) {
                return tail.first().map(|(index, _)| self.behind_blanks(from, *index));
            }
        }
        let needed = run.iter().position(|line| is_telling(line))? + 1;
        let starts: Vec<usize> = (0..=base.len().checked_sub(needed)?).collect();
        let matches = |start: usize, count: usize, same: &dyn Fn(&str, &str) -> bool| {
            let here = base.get(start..start + count).unwrap_or_default();
            here.len() == count && here.iter().zip(run).all(|((_, base), line)| same(base, line))
        };
        let start = only_one(starts, needed, run.len(), matches)?;
        base.get(start).map(|(index, _)| self.behind_blanks(from, *index))
    }

    /// Blank lines before an anchor belong to what was left out.
    fn behind_blanks(&self, from: usize, index: usize) -> usize {
        index.max(from)
    }

    fn told_base(&self, from: usize) -> Vec<(usize, &str)> {
        let lines = self.base.iter().map(|line| line.trim()).enumerate().skip(from);
        lines.filter(|(_, line)| !line.is_empty()).collect()
    }
}

/// So many more lines may go than twice those written before a remark.
const MOST_LOST: usize = 4;

/// The one candidate that matches `needed` lines, or more of them if several do; else the one that is nearly the same.
fn only_one(
    candidates: Vec<usize>,
    needed: usize,
    most: usize,
    matches: impl Fn(usize, usize, &dyn Fn(&str, &str) -> bool) -> bool,
) -> Option<usize> {
    let equal = |a: &str, b: &str| a == b;
    let mut left: Vec<usize> = candidates.iter().copied().filter(|at| matches(*at, needed, &equal)).collect();
    if left.is_empty() {
        let near: Vec<usize> = candidates.into_iter().filter(|at| matches(*at, needed, &is_near)).collect();
        return match near.as_slice() {
            [one] => Some(*one),
            _ => None,
        };
    }
    for count in needed + 1..=most {
        if left.len() == 1 {
            break;
        }
        left.retain(|at| matches(*at, count, &equal));
    }
    match left.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

/// Whether one line is the other one, changed a little: they share most of their words.
fn is_near(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    if !is_telling(a) || !is_telling(b) {
        return false;
    }
    let words = |line: &str| -> Vec<String> {
        line.split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (a, b) = (words(a), words(b));
    let shared = a.iter().filter(|word| b.contains(word)).count();
    a.first() == b.first() && shared * 2 >= a.len().min(b.len()).max(2) && shared >= 2
}

fn told(lines: &[String], range: Range<usize>) -> Vec<&str> {
    let lines = lines.get(range).unwrap_or_default();
    lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect()
}

fn trimmed_end(lines: &[String]) -> &[String] {
    let end = lines.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |last| last + 1);
    lines.get(..end).unwrap_or_default()
}

fn blank_start(lines: &[String]) -> usize {
    lines.iter().take_while(|line| line.trim().is_empty()).count()
}

fn elided(line: &str) -> ReplyProblem {
    ReplyProblem::Elided { remark: line.trim().chars().take(120).collect() }
}
