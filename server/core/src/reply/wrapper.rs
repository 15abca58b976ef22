//! A class that a model made up around the selected function, with remarks for all else in it: `class X { // ... }`.
//!
//! The block that stands around the selection in the document is [`super::enclosing`]'s.

use super::Surroundings;
use super::definition::defined;
use super::intent::Intent;
use super::line::{Lines, depth, is_telling};
use super::remark::{Remark, is_comment, remark};
use std::ops::Range;

/// The one definition in the wrapper that has the name of the one that is selected, as far out as that; the lines as they
/// are where there is no such wrapper, or it holds anything else.
pub(super) fn without(
    lines: Vec<String>,
    base: &Lines,
    around: &Surroundings,
    intent: Intent,
) -> Vec<String> {
    let inner = if intent.wraps { None } else { inner(&lines, base, &around.language) };
    inner.unwrap_or(lines)
}

fn inner(lines: &[String], base: &Lines, language: &str) -> Option<Vec<String>> {
    let own: Vec<&str> = base.contents().collect();
    let own_head = *own.get(beginning(&own, language)?)?;
    let name = defined(own_head)?;
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let is_remark = |line: &str| matches!(remark(line, language), Some(Remark::Dots | Remark::Placeholder));
    let head = beginning(&lines, language)?;
    let outer = depth(lines.get(head)?);
    let is_known = |name: &str| own.iter().any(|line| defined(line) == Some(name));
    if defined(lines.get(head)?).is_none_or(is_known) {
        return None;
    }
    let at = |index: &usize| lines.get(*index).copied().unwrap_or_default();
    let all: Vec<usize> = (head + 1..lines.len()).filter(|index| !at(index).trim().is_empty()).collect();
    let (last, rest) = all.split_last()?;
    let has_end = depth(at(last)) == outer && !is_telling(at(last));
    let inside = if has_end { rest } else { all.as_slice() };
    let mut named = inside.iter().copied().filter(|index| defined(at(index)) == Some(name));
    let (found, None) = (named.next()?, named.next()) else { return None };
    let range = whole(&lines, found, language);
    let mut others = inside.iter().filter(|index| !range.contains(index)).peekable();
    let is_made_up = inside.iter().all(|index| depth(at(index)) > outer)
        && others.peek().is_some()
        && others.all(|index| is_remark(at(index)));
    let by = depth(at(&found)).saturating_sub(depth(own_head));
    let moved = |line: &&str| line.get(by.min(depth(line))..).unwrap_or_default().to_owned();
    is_made_up.then(|| lines.get(range).map(|lines| lines.iter().map(moved).collect()))?
}

/// The first line that is neither a comment nor an attribute.
fn beginning(lines: &[&str], language: &str) -> Option<usize> {
    lines.iter().position(|line| !line.trim().is_empty() && !leads(line, language))
}

/// Whether a line belongs to the definition under it.
fn leads(line: &str, language: &str) -> bool {
    is_comment(line, language)
        || line.trim_start().starts_with(['@', '[', '*'])
        || line.trim().starts_with("#[")
}

/// All lines of a definition: from its comments and attributes to the line that ends it.
fn whole(lines: &[&str], at: usize, language: &str) -> Range<usize> {
    let own = lines.get(at).map_or(0, |line| depth(line));
    let belongs =
        |line: &&&str| leads(line, language) && depth(line) >= own && remark(line, language).is_none();
    let before = lines.get(..at).unwrap_or_default().iter().rev().take_while(belongs).count();
    let below = lines.get(at + 1..).unwrap_or_default();
    let is_in = |line: &&str| line.trim().is_empty() || depth(line) > own;
    let inside = below.iter().take_while(|line| is_in(line)).count();
    let is_end = |line: &&str| depth(line) == own && !is_telling(line);
    let end = at + 1 + inside + usize::from(below.get(inside).is_some_and(is_end));
    let body = lines.get(at..end).unwrap_or_default();
    let last = body.iter().rposition(|line| !line.trim().is_empty()).map_or(end, |last| at + last + 1);
    at - before..last
}
