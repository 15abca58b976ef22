//! The last touches: blank lines at the edges, blanks at line ends, line endings and the final newline, as the
//! document has them.

use super::Surroundings;
use super::definition::defined;
use super::intent::Intent;
use super::line::{Lines, depth, is_telling};
use super::prose::is_prose_language;
use crate::diff;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::HashMap;

/// Gives the answer the blank lines that the base has at its start and end, which models drop or add.
pub(super) fn edges(lines: Vec<String>, base: &Lines, around: &Surroundings, intent: Intent) -> Vec<String> {
    if intent.spaces {
        return lines;
    }
    if base.is_blank() {
        return set_apart(lines, base, around);
    }
    let is_blank = |line: &&str| line.trim().is_empty();
    let base_lines: Vec<&str> = base.contents().collect();
    let start = base_lines.iter().take_while(|line| is_blank(line)).count();
    let end = base_lines.iter().rev().take_while(|line| is_blank(line)).count();
    let first = lines.iter().take_while(|line| line.trim().is_empty()).count();
    let last = lines.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |last| last + 1);
    let edge = |range: &[&str]| range.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let mut result = edge(base_lines.get(..start).unwrap_or_default());
    result.extend(lines.into_iter().take(last).skip(first));
    result.extend(edge(base_lines.get(base_lines.len() - end..).unwrap_or_default()));
    result
}

/// A definition that comes in place of a blank line, with a blank line between it and what stands right beside it, where
/// the document sets its definitions apart so.
fn set_apart(mut lines: Vec<String>, base: &Lines, around: &Surroundings) -> Vec<String> {
    let before: Vec<&str> = Lines::of(&around.before).contents().collect();
    let after: Vec<&str> = Lines::of(&around.after).contents().collect();
    let is_blank = |line: &str| line.trim().is_empty();
    let Some(first) = lines.iter().find(|line| !is_blank(line)).cloned() else { return lines };
    let is_apart = |pair: &[&str]| matches!(pair, [above, line] if is_blank(above) && depth(line) == depth(&first) && defined(line).is_some());
    let are_apart = before.windows(2).chain(after.windows(2)).any(is_apart);
    let is_whole = lines.iter().filter(|line| !is_blank(line)).count() > 1;
    if defined(&first).is_none() || !are_apart || !is_whole || base.contents().count() != 1 {
        return lines;
    }
    // What stands right over it may belong to it: an attribute, a comment. Else it is further in, or ends a block.
    let ends =
        |line: &&&str| depth(line) > depth(&first) || depth(line) == depth(&first) && !is_telling(line);
    let is_closed = |line: &&&str| !is_blank(line) && ends(line) && !line.trim_end().ends_with(['{', ':']);
    if before.last().filter(is_closed).is_some() && !lines.first().is_none_or(|line| is_blank(line)) {
        lines.insert(0, String::new());
    }
    let begins = |line: &&&str| !is_blank(line) && depth(line) == depth(&first) && is_telling(line);
    if after.first().filter(begins).is_some() && !lines.last().is_none_or(|line| is_blank(line)) {
        lines.push(String::new());
    }
    lines
}

/// The text in the document's bytes. A line that differs from its line in the base only by blanks at its end is the
/// base's line; other lines carry no blanks at their end. Where those have a meaning they are the answer's.
pub(super) fn render(lines: &[String], base: &Lines, around: &Surroundings, intent: Intent) -> String {
    let base_lines: Vec<&str> = base.full().collect();
    let partners = if intent.spaces { vec![None; lines.len()] } else { align(&base_lines, lines) };
    let keeps_blanks = intent.spaces || is_prose_language(&around.language);
    let breaks_hard = ["markdown", "mdx", "quarto", "rmd"].contains(&around.language.as_str());
    let mut text = String::new();
    for (line, partner) in lines.iter().zip(partners) {
        match partner.and_then(|index| base_lines.get(index)) {
            // Markdown breaks the line there.
            Some(known) if breaks_hard && line.ends_with("  ") && !line.trim().is_empty() => {
                let ending = known.strip_prefix(diff::without_ending(known)).unwrap_or_default();
                text.extend([line.as_str(), if ending.is_empty() { around.line_ending } else { ending }]);
            }
            Some(known) if diff::has_ending(known) => text.push_str(known),
            Some(known) => text.extend([known, around.line_ending]),
            None if keeps_blanks && !line.trim().is_empty() => text.extend([line, around.line_ending]),
            None => text.extend([line.trim_end(), around.line_ending]),
        }
    }
    // Models don't write the mark that a file may begin with.
    if base_lines.first().is_some_and(|line| line.starts_with(MARK)) && !text.starts_with(MARK) {
        text.insert(0, MARK);
    }
    if !base.ends_with_newline() {
        text.truncate(diff::without_ending(&text).len());
    }
    text
}

/// The byte order mark.
const MARK: char = '\u{feff}';

/// For each line the base's line that it is, but for blanks at the end.
pub(super) fn align(base: &[&str], lines: &[String]) -> Vec<Option<usize>> {
    let mut ids: HashMap<&str, u32> = HashMap::new();
    let mut id = |line| {
        let next = ids.len() as u32;
        *ids.entry(line).or_insert(next)
    };
    let old: Vec<u32> = base.iter().map(|line| id(line.trim_end())).collect();
    let new: Vec<u32> = lines.iter().map(|line| id(line.trim_end())).collect();
    // Lines that only one side has can't be partners; without them the diff stays quick on texts that share nothing.
    let common = |of: &[u32], other: &[u32]| -> Vec<(usize, u32)> {
        let other: std::collections::HashSet<u32> = other.iter().copied().collect();
        of.iter().copied().enumerate().filter(|(_, id)| other.contains(id)).collect()
    };
    let (old, new) = (common(&old, &new), common(&new, &old));
    let ids = |of: &[(usize, u32)]| of.iter().map(|(_, id)| *id).collect::<Vec<_>>();
    let mut partners = vec![None; lines.len()];
    for op in capture_diff_slices(Algorithm::Patience, &ids(&old), &ids(&new)) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            for offset in 0..len {
                if let (Some((from, _)), Some((to, _))) =
                    (old.get(old_index + offset), new.get(new_index + offset))
                    && let Some(partner) = partners.get_mut(*to)
                {
                    *partner = Some(*from);
                }
            }
        }
    }
    partners
}
