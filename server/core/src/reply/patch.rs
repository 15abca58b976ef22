//! Answers that say what to change and not what the text becomes: unified diffs, and blocks to search and replace.

use super::ReplyProblem;
use super::line::{Lines, split_indent};

/// One place that changes: its old lines, and those that come for them.
struct Change<'a> {
    /// The number that its head gives its first old line.
    number: Option<usize>,
    old: Vec<&'a str>,
    new: Vec<New<'a>>,
}

#[derive(Clone, Copy)]
enum New<'a> {
    /// The next old line, as the base has it.
    Kept,
    /// The next old line goes.
    Gone,
    Added(&'a str),
}

/// The base with blocks to search and replace applied; `None` if the answer has none. Those that don't fit are a problem,
/// as are the marks of a conflict: they are no code.
pub(super) fn searched(lines: &[String], base: &Lines) -> Result<Option<Vec<String>>, ReplyProblem> {
    let opens = |line: &str| line.trim_start().starts_with("<<<<<<<");
    if !lines.iter().any(|line| opens(line)) || base.contents().any(opens) {
        return Ok(None);
    }
    let mut changes: Vec<Change> = Vec::new();
    let mut side = Side::Outside;
    for line in lines {
        let mark = line.trim_start();
        side = match side {
            Side::Outside if opens(line) => {
                changes.push(Change { number: None, old: Vec::new(), new: Vec::new() });
                Side::Old
            }
            Side::Old if mark.starts_with("=======") => Side::New,
            Side::New if mark.starts_with(">>>>>>>") => Side::Outside,
            Side::Old | Side::New if opens(line) || mark.starts_with("|||||||") => {
                return Err(ReplyProblem::Patch);
            }
            Side::Old | Side::New => {
                if let Some(change) = changes.last_mut() {
                    match side {
                        Side::Old => (change.old.push(line), change.new.push(New::Gone)).1,
                        Side::New | Side::Outside => change.new.push(New::Added(line)),
                    }
                }
                side
            }
            Side::Outside => Side::Outside,
        };
    }
    let applied =
        if side == Side::Outside { apply(&changes, base, Added::Alike, Blanks::Any, 0) } else { None };
    applied.map(Some).ok_or(ReplyProblem::Patch)
}

/// The base with its one part that is `old` exchanged for `new`.
pub(super) fn exchanged(old: &[String], new: &[String], base: &Lines) -> Option<Vec<String>> {
    let gone = old.iter().map(|_| New::Gone);
    let new = gone.chain(new.iter().map(|line| New::Added(line))).collect();
    let change = Change { number: None, old: old.iter().map(String::as_str).collect(), new };
    apply(&[change], base, Added::Alike, Blanks::Any, 0)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Outside,
    Old,
    New,
}

/// The base with a unified diff applied, if its old lines are found there, each hunk once and in order. Of several places
/// the one that the hunk's number means is taken; it may count from the document's start, where `above` lines come first.
pub(super) fn patched(lines: &[String], base: &Lines, blanks: Blanks, above: usize) -> Option<Vec<String>> {
    apply(&hunks(lines), base, Added::EachAsItsPlace, blanks, above)
}

/// Which indentation new lines get where the old ones came without theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Added {
    /// What the first old line lost.
    Alike,
    /// What the old line beside them lost, where not all lost the same.
    EachAsItsPlace,
}

/// How the blanks before old lines are compared with the base's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blanks {
    /// They have to be the same.
    Same,
    /// They may be others, if the lines are nowhere as they are.
    Any,
}

/// Whether a line between those of a diff, or two in a row, say that it is one.
pub(super) fn has_header(lines: &[String]) -> bool {
    let names =
        |pair: &[String]| matches!(pair, [old, new] if old.starts_with("--- ") && new.starts_with("+++ "));
    let is_hunk = |line: &String| line.starts_with("@@ ") || line.trim_end() == "@@";
    lines.iter().any(|line| is_hunk(line) || is_header(line)) || lines.windows(2).any(names)
}

pub(super) fn is_header(line: &str) -> bool {
    ["diff ", "index ", "*** Begin Patch", "*** End Patch", "*** Update File", "*** End of File"]
        .iter()
        .any(|start| line.starts_with(start))
}

fn hunks(lines: &[String]) -> Vec<Change<'_>> {
    let mut hunks = vec![Change { number: None, old: Vec::new(), new: Vec::new() }];
    for line in lines {
        let is_about = line.starts_with("+++ ") || line.starts_with("--- ") || line.starts_with('\\');
        if line.starts_with("@@") {
            let number =
                line.split_once('-').map(|(_, rest)| rest.split([',', ' ']).next().unwrap_or_default());
            let number = number.and_then(|number| number.parse().ok());
            hunks.push(Change { number, old: Vec::new(), new: Vec::new() });
        } else if let Some(hunk) = hunks.last_mut().filter(|_| !is_about && !is_header(line)) {
            if let Some(added) = line.strip_prefix('+') {
                hunk.new.push(New::Added(added));
                continue;
            }
            let gone = line.strip_prefix('-');
            hunk.old.push(gone.or_else(|| line.strip_prefix(' ')).unwrap_or(line));
            hunk.new.push(if gone.is_some() { New::Gone } else { New::Kept });
        }
    }
    hunks.retain(|hunk| !hunk.new.is_empty());
    hunks
}

fn apply(
    changes: &[Change],
    base: &Lines,
    added: Added,
    blanks: Blanks,
    above: usize,
) -> Option<Vec<String>> {
    let base: Vec<&str> = base.contents().collect();
    let mut result: Vec<String> = Vec::new();
    let mut at = 0;
    for change in changes {
        if change.old.iter().all(|line| line.trim().is_empty()) {
            return None;
        }
        let found = find_once(&base, at, change, blanks, above)?;
        let here = base.get(found..found + change.old.len())?;
        let gone: Vec<&str> = here.iter().zip(&change.old).map(|(base, old)| lost(base, old)).collect();
        let is_told = |at: &usize| change.old.get(*at).is_some_and(|line| !line.trim().is_empty());
        let told: Vec<usize> = (0..gone.len()).filter(is_told).collect();
        let first = told.first().and_then(|at| gone.get(*at)).copied().unwrap_or_default();
        let is_alike = added == Added::Alike || told.iter().all(|at| gone.get(*at) == Some(&first));
        let beside = |from: usize| {
            let above = told.iter().rfind(|at| **at < from).copied();
            let below = told.iter().find(|at| **at >= from).copied();
            let opens = above.and_then(|at| change.old.get(at)).is_some_and(|line| opens(line));
            let place = if opens { below.or(above) } else { above.or(below) };
            place.and_then(|at| gone.get(at)).copied().unwrap_or_default()
        };
        result.extend(base.get(at..found)?.iter().map(|line| (*line).to_owned()));
        let mut from = found;
        for new in &change.new {
            match new {
                New::Added(line) if line.trim().is_empty() => result.push((*line).to_owned()),
                New::Added(line) => {
                    let lost = if is_alike { first } else { beside(from - found) };
                    result.push(format!("{lost}{line}"));
                }
                New::Gone => from += 1,
                New::Kept => {
                    result.push((*base.get(from)?).to_owned());
                    from += 1;
                }
            }
        }
        at = found + change.old.len();
    }
    result.extend(base.get(at..)?.iter().map(|line| (*line).to_owned()));
    Some(result)
}

/// The indentation that an old line has lost.
fn lost<'a>(base: &'a str, old: &str) -> &'a str {
    split_indent(base).0.strip_suffix(split_indent(old).0).unwrap_or_default()
}

/// Whether the next line is one level further in.
fn opens(line: &str) -> bool {
    line.trim_end().ends_with(['{', '(', '[', ':'])
}

/// The one place of the old lines at or behind `from`: as they are, else with other blanks before them if they may have
/// those. Of several the one with the hunk's number.
fn find_once(base: &[&str], from: usize, change: &Change, blanks: Blanks, above: usize) -> Option<usize> {
    let old = &change.old;
    let all = |same: &dyn Fn(&str, &str) -> bool| -> Vec<usize> {
        let fits = |window: &[&str]| window.iter().zip(old).all(|(base, old)| same(base, old));
        let windows = base.windows(old.len().max(1)).enumerate().skip(from);
        windows.filter(|(_, window)| fits(window)).map(|(at, _)| at).collect()
    };
    let exact = all(&|base, old| base.trim_end() == old.trim_end());
    let found = match exact.as_slice() {
        [] if blanks == Blanks::Any => all(&|base, old| base.trim() == old.trim()),
        _ => exact,
    };
    if let [at] = found.as_slice() {
        return Some(*at);
    }
    // A model that didn't count writes 1.
    let number = change.number.filter(|number| *number > 1);
    let is_meant =
        |at: &&usize| number.is_some_and(|number| number == **at + 1 || number == above + **at + 1);
    let mut meant = found.iter().filter(is_meant);
    meant.next().filter(|_| meant.next().is_none()).copied()
}
