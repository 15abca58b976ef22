//! An answer to an instruction on a part of a line: the model is asked for whole lines, and may give the part alone.

use super::Surroundings;
use super::intent::Intent;
use super::line::is_telling;
use std::collections::HashSet;

/// The answer as whole lines, and what the user should know before accepting: that the rest of the line goes.
pub(super) fn completed(
    lines: Vec<String>,
    around: &Surroundings,
    intent: Intent,
) -> (Vec<String>, Option<String>) {
    let Some((head, part, tail)) = cut(around) else { return (lines, None) };
    let rest: HashSet<&str> = words(head).chain(words(tail)).collect();
    let holds_some = lines.iter().any(|line| words(line).any(|word| rest.contains(word)));
    if rest.is_empty() || holds_some || intent.shrinks {
        return (lines, None);
    }
    let mut told = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let is_one = |text: &str| !text.contains(char::is_whitespace) && is_telling(text);
    if let (Some(answer), None) = (told.next(), told.next())
        && is_one(answer)
        && is_one(part.trim())
    {
        // One name or number for another.
        let blanks = part.len() - part.trim_end().len();
        let part_end = part.get(part.len() - blanks..).unwrap_or_default();
        let whole = format!("{head}{answer}{part_end}{tail}");
        return (whole.lines().map(str::to_owned).collect(), None);
    }
    let before = head.rsplit('\n').next().unwrap_or_default().trim();
    let after = tail.lines().next().unwrap_or_default().trim();
    let quoted: Vec<String> =
        [before, after].into_iter().filter(|text| is_telling(text)).map(|text| format!("`{text}`")).collect();
    let warning = format!("What stands around the selected part goes: {}.", quoted.join(", "));
    (lines, (!quoted.is_empty()).then_some(warning))
}

/// The span before the selected part, the part, and what is behind it; `None` where that is only blanks.
fn cut(around: &Surroundings) -> Option<(&str, &str, &str)> {
    let selected = around.selected.clone()?;
    let base = around.base.as_str();
    let (head, part, tail) =
        (base.get(..selected.start)?, base.get(selected.clone())?, base.get(selected.end..)?);
    let is_blank = |text: &str| text.trim().is_empty();
    let is_all = is_blank(head) && is_blank(tail);
    (!is_blank(part) && !is_all).then_some((head, part, tail))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
