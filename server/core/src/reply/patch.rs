//! Answers that say what to change and not what the text becomes: unified diffs, and blocks to search and replace.

use super::ReplyProblem;
use super::line::{Lines, split_indent};

/// One place that changes: its old lines, and those that come for them.
struct Change<'a> {
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
                changes.push(Change { old: Vec::new(), new: Vec::new() });
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
    let applied = if side == Side::Outside { apply(&changes, base, true, Blanks::Any) } else { None };
    applied.map(Some).ok_or(ReplyProblem::Patch)
}

/// The base with its one part that is `old` exchanged for `new`.
pub(super) fn exchanged(old: &[String], new: &[String], base: &Lines) -> Option<Vec<String>> {
    let gone = old.iter().map(|_| New::Gone);
    let new = gone.chain(new.iter().map(|line| New::Added(line))).collect();
    let change = Change { old: old.iter().map(String::as_str).collect(), new };
    apply(&[change], base, true, Blanks::Any)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Outside,
    Old,
    New,
}

/// The base with a unified diff applied, if its old lines are found there, each hunk once and in order.
pub(super) fn patched(lines: &[String], base: &Lines, blanks: Blanks) -> Option<Vec<String>> {
    apply(&hunks(lines), base, false, blanks)
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
    let mut hunks = vec![Change { old: Vec::new(), new: Vec::new() }];
    for line in lines {
        let is_about = line.starts_with("+++ ") || line.starts_with("--- ") || line.starts_with('\\');
        if line.starts_with("@@") {
            hunks.push(Change { old: Vec::new(), new: Vec::new() });
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

/// `indents`: new lines that came without the indentation of the old ones get it as well.
fn apply(changes: &[Change], base: &Lines, indents: bool, blanks: Blanks) -> Option<Vec<String>> {
    let base: Vec<&str> = base.contents().collect();
    let mut result: Vec<String> = Vec::new();
    let mut at = 0;
    for change in changes {
        if change.old.iter().all(|line| line.trim().is_empty()) {
            return None;
        }
        let found = find_once(&base, at, &change.old, blanks)?;
        result.extend(base.get(at..found.at)?.iter().map(|line| (*line).to_owned()));
        let mut from = found.at;
        for new in &change.new {
            match new {
                New::Added(line) if indents => result.push(found.indented(line)),
                New::Added(line) => result.push((*line).to_owned()),
                New::Gone => from += 1,
                New::Kept => {
                    result.push((*base.get(from)?).to_owned());
                    from += 1;
                }
            }
        }
        at = found.at + change.old.len();
    }
    result.extend(base.get(at..)?.iter().map(|line| (*line).to_owned()));
    Some(result)
}

struct Found<'a> {
    at: usize,
    /// The indentation that all the old lines have lost, where they were found without looking at it.
    lost: &'a str,
}

impl Found<'_> {
    fn indented(&self, line: &str) -> String {
        if line.trim().is_empty() { line.to_owned() } else { format!("{}{line}", self.lost) }
    }
}

/// The one place of the old lines at or behind `from`: as they are, else with other blanks before them if they may have those.
fn find_once<'a>(base: &[&'a str], from: usize, old: &[&str], blanks: Blanks) -> Option<Found<'a>> {
    let once = |same: &dyn Fn(&str, &str) -> bool| {
        let fits = |window: &[&str]| window.iter().zip(old).all(|(base, old)| same(base, old));
        let windows = base.windows(old.len().max(1)).enumerate().skip(from);
        let found: Vec<usize> =
            windows.filter(|(_, window)| fits(window)).map(|(at, _)| at).take(2).collect();
        found
    };
    match once(&|base, old| base.trim_end() == old.trim_end()).as_slice() {
        [at] => return Some(Found { at: *at, lost: "" }),
        [] if blanks == Blanks::Any => (),
        _ => return None,
    }
    let found = once(&|base, old| base.trim() == old.trim());
    let [at] = found.as_slice() else { return None };
    let gone = old.iter().enumerate().find(|(_, line)| !line.trim().is_empty());
    let (index, first) = gone?;
    let lost = split_indent(base.get(at + index)?).0.strip_suffix(split_indent(first).0).unwrap_or_default();
    Some(Found { at: *at, lost })
}
