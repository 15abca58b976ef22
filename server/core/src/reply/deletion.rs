//! Lines that go although the instruction didn't ask for that: the user is told before accepting.

use super::inner::is_body_of_comment;
use super::intent::Intent;
use super::line::Lines;
use super::missing::{Exchange, Missing};
use super::remark::is_comment;
use super::restore::align;
use std::collections::HashSet;

/// Below so many lines a selection is small enough to be seen whole, unless they are long.
const SMALL_LINES: usize = 6;

/// And below so many characters in any lines.
const SMALL_CHARACTERS: usize = 50;

/// What to look at before accepting, where the instruction didn't ask for less.
pub(super) fn warning(lines: &[String], base: &Lines, intent: Intent, language: &str) -> Option<String> {
    if intent.shrinks {
        return None;
    }
    most_goes(lines, base).or_else(|| {
        let contents: Vec<&str> = base.contents().collect();
        let exchanges = Missing::of(lines, &contents, &HashSet::new(), language).exchanges();
        many_go(&exchanges, &contents)
            .or_else(|| comment_instead(lines, base, language))
            .or_else(|| definition_goes(exchanges))
    })
}

/// Whether an answer only ends what it doesn't begin: `}` in place of code, which nobody asks for.
pub(super) fn leaves_ends(lines: &[String], base: &Lines, intent: Intent) -> bool {
    const WORDS: [&str; 5] = ["end", "fi", "done", "esac", "endif"];
    let is_end = |line: &str| {
        let line = line.trim().trim_end_matches([';', ',']);
        WORDS.contains(&line)
            || line.starts_with("</") && line.ends_with('>')
            || !line.is_empty() && line.trim_end_matches(['}', ']', ')']).is_empty()
    };
    let mut told = lines.iter().filter(|line| !line.trim().is_empty()).peekable();
    !intent.deletes
        && base.contents().any(|line| !line.trim().is_empty() && !is_end(line))
        && told.peek().is_some()
        && told.all(|line| is_end(line))
}

/// What an answer that ends inside its block lacks of the base's end. A model that stops at its closing fence, which is
/// then cut off, has written all of it.
pub(super) fn unfinished(lines: &[String], base: &Lines, intent: Intent) -> Option<String> {
    if intent.shrinks {
        return None;
    }
    let is_told = |line: &&str| !line.is_empty();
    let old: Vec<&str> = base.contents().map(str::trim).filter(is_told).collect();
    let new: Vec<String> = lines.iter().map(|line| line.trim()).filter(is_told).map(str::to_owned).collect();
    let partners = align(&old, &new);
    let (old_end, new_end) = partners
        .iter()
        .enumerate()
        .rev()
        .find_map(|(index, partner)| Some((partner.as_ref()? + 1, index + 1)))
        .unwrap_or((0, 0));
    let lost = (old.len() - old_end).saturating_sub(new.len() - new_end);
    let missing = if lost == 1 { "line of yours is" } else { "lines of yours are" };
    (lost > 0).then(|| {
        format!("The answer may be cut: its block is never closed, and {lost} {missing} missing at its end.")
    })
}

/// An answer with less than half of the lines, or with a third of the characters, is worth a look.
fn most_goes(lines: &[String], base: &Lines) -> Option<String> {
    let count = |line: &str| line.chars().filter(|c| !c.is_whitespace()).count();
    let sizes = |counts: Vec<usize>| {
        (counts.iter().filter(|count| **count > 0).count(), counts.iter().sum::<usize>())
    };
    let (lines_before, before) = sizes(base.contents().map(count).collect());
    let (lines_after, after) = sizes(lines.iter().map(|line| count(line)).collect());
    let most_goes = match () {
        () if lines_before >= SMALL_LINES && lines_after * 2 < lines_before => {
            let stay = if lines_after == 1 { "line stays" } else { "lines stay" };
            format!("{lines_after} {stay} of {lines_before}")
        }
        () if before >= SMALL_CHARACTERS && after * 3 <= before => {
            format!("{after} characters stay of {before}")
        }
        () => return None,
    };
    Some(format!("Most of the selection goes, and the instruction didn't ask for that: {most_goes}."))
}

/// So many lines that go with nothing in their place are worth a look, where they are a part of so many.
const MANY_LINES: usize = 5;
const A_PART_OF: usize = 4;

fn many_go(exchanges: &[Exchange], base: &[&str]) -> Option<String> {
    let all = base.iter().filter(|line| !line.trim().is_empty()).count();
    let gone: usize =
        exchanges.iter().filter(|exchange| exchange.written.is_empty()).map(|exchange| exchange.lost).sum();
    (gone >= MANY_LINES && gone * A_PART_OF >= all).then(|| {
        format!(
            "{gone} lines of {all} go with nothing in their place, and the instruction didn't ask for that."
        )
    })
}

/// A comment that comes in place of at least so many lines of code may stand for them, in words that aren't known.
const LINES_FOR_A_COMMENT: usize = 2;

fn comment_instead(lines: &[String], base: &Lines, language: &str) -> Option<String> {
    let known: HashSet<&str> = base.contents().map(str::trim).collect();
    let is_comment = |line: &str| is_comment(line, language) || is_body_of_comment(line);
    if !lines.iter().any(|line| is_comment(line) && !known.contains(line.trim())) {
        return None;
    }
    let code: Vec<&str> = base.contents().filter(|line| !is_comment(line)).collect();
    let old_comments =
        lines.iter().enumerate().filter(|(_, line)| is_comment(line) && known.contains(line.trim()));
    let missing = Missing::of(lines, &code, &old_comments.map(|(index, _)| index).collect(), language);
    missing.exchanges().into_iter().find_map(|exchange| {
        let written: Vec<&String> = exchange.written.iter().filter_map(|index| lines.get(*index)).collect();
        let (first, lost) = (written.first()?.trim(), exchange.lost);
        (lost >= LINES_FOR_A_COMMENT && written.iter().all(|line| is_comment(line))).then(|| {
            format!(
                "{lost} lines go where the answer says `{first}`, and the instruction didn't ask for that."
            )
        })
    })
}

/// So many lines of code that define something are worth a look when nothing comes for them.
const LINES_OF_A_DEFINITION: usize = 2;

fn definition_goes(exchanges: Vec<Exchange>) -> Option<String> {
    exchanges.into_iter().find_map(|exchange| {
        let fewer = exchange.lost.saturating_sub(exchange.written.len());
        let line = exchange.definition.filter(|_| fewer >= LINES_OF_A_DEFINITION)?;
        Some(format!("{fewer} lines go with `{line}`, and the instruction didn't ask for that."))
    })
}
