//! The comma behind the last selected member of a JSON text, which belongs to the text around it as well.

use super::Surroundings;
use super::line::{Lines, balance};

/// The answer with the comma that the base ends with, where another member follows and the answer lost it.
pub(super) fn kept(mut lines: Vec<String>, base: &Lines, around: &Surroundings) -> Vec<String> {
    if !["json", "jsonc"].contains(&around.language.as_str()) {
        return lines;
    }
    let ends = base.contents().map(str::trim_end).filter(|line| !line.is_empty()).last().unwrap_or_default();
    let is_whole = balance(lines.iter().map(String::as_str)) == balance(base.contents());
    if !ends.ends_with(',') || has_comment(ends) || !is_whole || !is_followed(&around.after) {
        return lines;
    }
    if let Some(last) = lines.iter_mut().rfind(|line| !line.trim().is_empty())
        && last.trim_end().ends_with(|c: char| c.is_ascii_alphanumeric() || ['"', '}', ']'].contains(&c))
        && !has_comment(last)
    {
        put_behind(last);
    }
    lines
}

/// Puts a comma behind the text of a line.
pub(super) fn put_behind(line: &mut String) {
    line.truncate(line.trim_end().len());
    line.push(',');
}

/// Whether a member or an item is the next thing in a text, behind comments of a line each.
fn is_followed(after: &str) -> bool {
    let next = after.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with("//"));
    next.is_some_and(|line| {
        line.starts_with(|c: char| c.is_ascii_alphanumeric() || ['"', '{', '[', '-'].contains(&c))
    })
}

/// Whether a line has a comment behind its code.
fn has_comment(line: &str) -> bool {
    let (mut is_quoted, mut is_escaped) = (false, false);
    line.chars().any(|c| {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = is_quoted,
            '"' => is_quoted = !is_quoted,
            _ => (),
        }
        c == '/' && !is_quoted
    })
}
