//! Remarks that stand for code a model didn't write out: `// ... rest unchanged`.
//!
//! A remark is never written. It is replaced by the base's lines where the lines around it say which; anything less
//! certain is a problem.

use super::definition::defined;
use super::ellipsis::Place;
use super::intent::Intent;
use super::line::{Lines, balance, depth, is_near, is_telling};
use super::missing::{Around, Exchange, Missing, holds_all};
use super::remark::{Remark, is_comment, remark, words_of_comment};
use super::{ReplyProblem, Surroundings, inner};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// The answer's lines with those of the base that remarks stand for.
pub(super) struct Expanded {
    pub(super) lines: Vec<String>,
    /// What the user should know before accepting.
    pub(super) warning: Option<String>,
}

/// Puts the base's lines where remarks stand for them.
pub(super) fn expand(
    lines: Vec<String>,
    base: &Lines,
    around: &Surroundings,
    intent: Intent,
) -> Result<Expanded, ReplyProblem> {
    let language = around.language.as_str();
    let base: Vec<&str> = base.contents().collect();
    let mut remarks = remarks(&lines, &base, language, intent)?;
    if holds_all(&lines, &base) {
        let last = lines.iter().rposition(|line| !line.trim().is_empty());
        remarks.retain(|(index, sort)| {
            let has_dots = *sort == Remark::Dots && lines.get(*index).is_some_and(|line| has_ellipsis(line));
            // At the very end there is nothing that a comment could be about.
            has_dots || *sort != Remark::Hint && Some(*index) == last
        });
    }
    let alone = alone(&lines, &base, &remarks, language, intent);
    remarks.extend(&alone);
    remarks.sort_by_key(|(index, _)| *index);
    let is_remark: HashSet<usize> = remarks.iter().map(|(index, _)| *index).collect();
    let missing = Missing::of(&lines, &base, &is_remark, language);
    let nothing_is_missing = !remarks.is_empty() && missing.exchanges().iter().all(Exchange::is_fair);
    remarks.retain_mut(|(index, sort)| {
        *sort = promoted(*sort, missing.around(*index));
        let is_in_comment = is_in_comment(&lines, *index, &is_remark, language);
        let needs = match sort {
            Remark::Dots | Remark::Placeholder if is_in_comment => Remark::Words,
            Remark::Dots | Remark::Placeholder | Remark::Words | Remark::Hint => *sort,
        };
        let goes_on = goes_on_from_a_comma(&lines, *index, language);
        let around = missing.around(*index);
        let is_between = around.is_untouched() && !around.begins_the_answer && !around.ends_the_answer;
        let is_complete = around.is_rewritten || is_between && nothing_is_missing;
        let is_comment = *sort != Remark::Dots && (goes_on || is_complete);
        !is_comment && is_meant(needs, around)
    });
    let Some((first, _)) = remarks.first() else {
        return Ok(Expanded { lines, warning: None });
    };
    let is_remark: HashSet<usize> = remarks.iter().map(|(index, _)| *index).collect();
    let said: HashSet<&str> = lines
        .iter()
        .enumerate()
        .filter(|(index, line)| !is_remark.contains(index) && !line.trim().is_empty())
        .map(|(_, line)| line.trim())
        .collect();
    if said.is_empty() {
        return Err(elided(lines.get(*first).map_or("", String::as_str)));
    }
    let expanded = Expansion { lines: &lines, base, said }.run(&remarks)?;
    let mut alone =
        alone.iter().filter_map(|(index, _)| lines.get(*index)).filter(|line| !expanded.contains(line));
    let warning = alone.next().map(|line| {
        format!("The answer says `{}` where lines of the selection are missing; those stay.", line.trim())
    });
    Ok(Expanded { lines: expanded, warning })
}

/// Comments in whatever words that stand for lines: nothing else came where a whole definition is missing, or several lines
/// at the end of a block, where a comment would describe nothing.
fn alone(
    lines: &[String],
    base: &[&str],
    remarks: &[(usize, Remark)],
    language: &str,
    intent: Intent,
) -> Vec<(usize, Remark)> {
    if intent.shrinks || intent.stubs || intent.comments {
        return Vec::new();
    }
    let known: HashSet<&str> = base.iter().map(|line| line.trim()).collect();
    let is_comment_at = |index: usize| lines.get(index).is_some_and(|line| is_comment(line, language));
    let is_known = |line: &str| {
        let said = words_of_comment(line, language).unwrap_or_default().trim();
        known.contains(line.trim()) || known.contains(said)
    };
    let is_one = |(index, line): &(usize, &String)| {
        is_comment_at(*index)
            && !is_known(line)
            && !index.checked_sub(1).is_some_and(is_comment_at)
            && !is_comment_at(index + 1)
            && !remarks.iter().any(|(remark, _)| remark == index)
    };
    let comments: Vec<usize> = lines.iter().enumerate().filter(is_one).map(|(index, _)| index).collect();
    if comments.is_empty() {
        return Vec::new();
    }
    let skipped = remarks.iter().map(|(index, _)| *index).chain(comments.iter().copied()).collect();
    let missing = Missing::of(lines, base, &skipped, language);
    let stands_for_lines = |index: &usize| {
        let around = missing.around(*index);
        let least = match () {
            () if around.loses_a_definition => LINES_OF_A_DEFINITION,
            () if around.is_like_them && ends_a_block(lines, *index) => MANY_LOST,
            () => return false,
        };
        around.is_last && around.lost >= around.written + least
    };
    comments.into_iter().filter(stands_for_lines).map(|index| (index, Remark::Words)).collect()
}

const LINES_OF_A_DEFINITION: usize = 2;

/// Whether what comes next stands further out.
fn ends_a_block(lines: &[String], index: usize) -> bool {
    let next = lines.iter().skip(index + 1).find(|line| !line.trim().is_empty());
    next.is_none_or(|next| lines.get(index).is_some_and(|line| depth(next) < depth(line)))
}

/// The answer's lines that may be remarks: what the base holds as well is text. The problem where a line that is also
/// code leaves something out.
fn remarks(
    lines: &[String],
    base: &[&str],
    language: &str,
    intent: Intent,
) -> Result<Vec<(usize, Remark)>, ReplyProblem> {
    let known: HashSet<&str> = base.iter().map(|line| line.trim()).collect();
    let wants_stubs = intent.stubs;
    // A line of the base that is commented out is text as well.
    let is_commented_out =
        |line: &str| words_of_comment(line, language).is_some_and(|said| known.contains(said.trim()));
    let is_known = |line: &str| known.contains(line.trim()) || is_commented_out(line);
    let found = lines.iter().enumerate().filter(|(_, line)| !is_known(line));
    let mut remarks: Vec<(usize, Remark)> = Vec::new();
    let is_all_there = holds_all(lines, base);
    // With how many more lines must have gone than came.
    let mut shared: Vec<(usize, usize)> = Vec::new();
    for (index, line) in found {
        let place = Place { lines, index, base, wants_stubs };
        match remark(line, language) {
            Some(sort) if !place.is_code(language) => remarks.push((index, sort)),
            None if inner::is_left_out(line, language) => {
                if !(is_all_there && inner::is_an_example(lines, index, language)) {
                    return Err(elided(line));
                }
            }
            None if language == "python" && place.is_stub_for_more() => return Err(elided(line)),
            None if !wants_stubs && inner::may_be_left_out(line, language) => shared.push((index, 0)),
            None if inner::is_dotted_element(line) => shared.push((index, 1)),
            Some(_) | None => (),
        }
    }
    if !shared.is_empty() {
        let missing = Missing::of(lines, base, &remarks.iter().map(|(index, _)| *index).collect(), language);
        let is_lost = |(index, more): &&(usize, usize)| {
            let around = missing.around(*index);
            around.lost > 0 && around.lost >= around.written + more
        };
        if let Some((index, _)) = shared.iter().find(is_lost) {
            return Err(elided(lines.get(*index).map_or("", String::as_str)));
        }
    }
    Ok(remarks)
}

fn has_ellipsis(line: &str) -> bool {
    line.contains("..") || line.contains(". .") || line.contains(['…', '⋮', '⋯'])
}

/// A comment that nothing comes after describes nothing: its words are a remark.
fn promoted(sort: Remark, around: Around) -> Remark {
    if sort == Remark::Words && around.ends_the_answer { Remark::Placeholder } else { sort }
}

/// Whether a line that may be a remark is one, by what is missing there.
fn is_meant(sort: Remark, around: Around) -> bool {
    let Around { lost, lost_in_all, written, is_last, .. } = around;
    // A comment that was reworded has about as many lines.
    let is_shorter = lost_in_all > written + 1;
    match sort {
        Remark::Dots | Remark::Placeholder => true,
        Remark::Words => is_shorter || lost > 0 && (lost >= written || is_last && lost >= MANY_LOST),
        Remark::Hint => is_last && lost > written,
    }
}

/// So many lines don't go for others by chance right where words say that something stays.
const MANY_LOST: usize = 3;

/// Whether a remark's line is one of several lines of comment.
fn is_in_comment(lines: &[String], index: usize, remarks: &HashSet<usize>, language: &str) -> bool {
    // In a comment of stars a line with slashes is none of its lines.
    let mark = |index: usize| lines.get(index).and_then(|line| line.trim().chars().next());
    let own = mark(index);
    let is_one = |index: usize| {
        !remarks.contains(&index)
            && lines.get(index).is_some_and(|line| is_comment(line, language))
            && !(own == Some('/') && mark(index) == Some('*'))
    };
    index.checked_sub(1).is_some_and(is_one) || is_one(index + 1)
}

/// Whether it ends an enumeration in the comment before it: `// spaces, tabs,` and `// etc.`
fn goes_on_from_a_comma(lines: &[String], index: usize, language: &str) -> bool {
    let before = index.checked_sub(1).and_then(|index| lines.get(index));
    before.is_some_and(|line| is_comment(line, language) && line.trim_end().ends_with(','))
}

struct Expansion<'a> {
    lines: &'a [String],
    base: Vec<&'a str>,
    /// The answer's lines without blanks around them, but the remarks.
    said: HashSet<&'a str>,
}

impl Expansion<'_> {
    fn run(&self, remarks: &[(usize, Remark)]) -> Result<Vec<String>, ReplyProblem> {
        let mut result: Vec<String> = Vec::new();
        // The answer's lines from `from` on, and the base's from `base_from` on, are still to be written.
        let (mut from, mut base_from) = (0, 0);
        let counts = counts(&self.base);
        for (nth, (index, sort)) in remarks.iter().enumerate() {
            let next = remarks.get(nth + 1).map_or(self.lines.len(), |(next, _)| *next);
            let problem = || elided(self.lines.get(*index).map_or("", String::as_str));
            let gap = self.gap(from..*index, index + 1..next, base_from);
            match (gap, sort) {
                (Some(gap), _) if !gap.is_empty() => {
                    let written = trimmed_end(self.lines.get(from..*index).unwrap_or_default());
                    let left_out = self.base.get(gap.clone()).unwrap_or_default();
                    let moved = |line: &&str| {
                        let line = line.trim();
                        is_telling(line) && counts.get(line) == Some(&1) && self.said.contains(line)
                    };
                    if loses(written, gap.start.saturating_sub(base_from)) || left_out.iter().any(moved) {
                        return Err(problem());
                    }
                    result.extend(written.iter().cloned());
                    result.extend(left_out.iter().map(|line| (*line).to_owned()));
                    base_from = gap.end;
                    from = index + 1 + blank_start(self.lines.get(index + 1..next).unwrap_or_default());
                }
                (Some(_), Remark::Words | Remark::Hint) => {
                    // Nothing is left out here: a comment like any other.
                    result.extend(self.lines.get(from..=*index).unwrap_or_default().iter().cloned());
                    from = index + 1;
                }
                (Some(gap), Remark::Dots | Remark::Placeholder)
                    if self.is_written_out(from..*index, base_from..gap.start) =>
                {
                    // All of it is written out, and the remark stands for nothing.
                    result.extend(self.lines.get(from..*index).unwrap_or_default().iter().cloned());
                    base_from = gap.end;
                    from = index + 1;
                }
                (Some(_) | None, Remark::Dots | Remark::Placeholder | Remark::Words | Remark::Hint) => {
                    return Err(problem());
                }
            }
        }
        let last = self.lines.get(from..).unwrap_or_default();
        if loses(trimmed_end(last), self.base.len().saturating_sub(base_from)) {
            let remark = remarks.last().and_then(|(index, _)| self.lines.get(*index));
            return Err(elided(remark.map_or("", String::as_str)));
        }
        result.extend(last.iter().cloned());
        Ok(result)
    }

    /// Whether the answer's lines leave nothing of the base's out: there are as many, and the last is a known one.
    fn is_written_out(&self, written: Range<usize>, of: Range<usize>) -> bool {
        let written = told(self.lines, written);
        let of = self.base.get(of).unwrap_or_default().iter().filter(|line| !line.trim().is_empty());
        written.len() >= of.count()
            && written.last().is_none_or(|line| self.base.iter().any(|base| base.trim() == *line))
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
        let near = |base: &str, line: &str| self.is_near(base, line);
        let end = only_one(ends, needed, run.len(), matches, &near)?;
        base.get(end - 1).map(|(index, _)| index + 1)
    }

    /// The base's line that `run` starts with.
    fn start_of(&self, run: &[&str], from: usize, is_last: bool) -> Option<usize> {
        let base = self.told_base(from);
        if let Some(ends) = self.ends_behind_new(run).filter(|_| is_last) {
            let tail = base.get(base.len().checked_sub(ends.len())?..).unwrap_or_default();
            if tail.iter().map(|(_, line)| *line).eq(ends.iter().copied()) {
                return Some(
                    tail.first().map_or(self.base.len(), |(index, _)| self.behind_blanks(from, *index)),
                );
            }
        }
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
        let near = |base: &str, line: &str| self.is_near(base, line);
        let start = only_one(starts, needed, run.len(), matches, &near)?;
        base.get(start).map(|(index, _)| self.behind_blanks(from, *index))
    }

    /// The lines of `run` that end what was begun before it, where all before them defines what the base defines nowhere:
    /// a test that comes behind those that a remark stands for.
    fn ends_behind_new<'r, 's>(&self, run: &'r [&'s str]) -> Option<&'r [&'s str]> {
        let first = run.iter().find(|line| !line.starts_with(['#', '@', '/']))?;
        let name = defined(first)?;
        let is_new = !self.base.iter().any(|line| defined(line) == Some(name));
        let rounds = |count: &usize| balance(run.iter().take(*count).copied()) == [0; 5];
        let count = (1..=run.len()).rev().find(rounds)?;
        let (own, ends) = run.split_at_checked(count)?;
        let is_known = |line: &&str| {
            is_telling(line) && defined(line).is_some() && self.base.iter().any(|base| base.trim() == *line)
        };
        let only_ends = ends.iter().all(|line| !is_telling(line));
        (is_new && only_ends && !own.iter().any(is_known)).then_some(ends)
    }

    /// Whether a line of the answer is one of the base's, changed a little. One that the answer has as it was is taken.
    fn is_near(&self, base: &str, line: &str) -> bool {
        base == line || !self.said.contains(base) && is_near(base, line)
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

/// So many more lines may go than twice those written in their place.
const MOST_LOST: usize = 4;

/// The one candidate that matches `needed` lines, or more of them if several do; else the one that is nearly the same.
fn only_one(
    candidates: Vec<usize>,
    needed: usize,
    most: usize,
    matches: impl Fn(usize, usize, &dyn Fn(&str, &str) -> bool) -> bool,
    near: &dyn Fn(&str, &str) -> bool,
) -> Option<usize> {
    let equal = |a: &str, b: &str| a == b;
    let mut left: Vec<usize> = candidates.iter().copied().filter(|at| matches(*at, needed, &equal)).collect();
    if left.is_empty() {
        let near: Vec<usize> = candidates.into_iter().filter(|at| matches(*at, needed, near)).collect();
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

/// Whether many more lines of the base would go than were written in their place.
fn loses(written: &[String], lost: usize) -> bool {
    written.len() * 2 + MOST_LOST < lost
}

/// How often each line stands there.
fn counts<'a>(base: &[&'a str]) -> HashMap<&'a str, usize> {
    let mut counts = HashMap::new();
    for line in base {
        *counts.entry(line.trim()).or_default() += 1;
    }
    counts
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
