//! Answers whose every line carries a prefix: line numbers, or the signs of a diff.

use super::intent::Intent;
use super::line::{Lines, is_telling};
use super::patch::{Blanks, has_header, is_header, patched};
use super::prose::is_prose_language;
use super::remark::knows;
use super::{ReplyProblem, Surroundings};
use std::collections::HashSet;

/// The lines without line numbers or diff signs. A diff is applied to the base text, and is a problem if it doesn't
/// fit there. `info` is what the fence says.
pub(super) fn strip(
    lines: Vec<String>,
    base: &Lines,
    around: &Surroundings,
    info: &str,
    intent: Intent,
) -> Result<Vec<String>, ReplyProblem> {
    let language = around.language.as_str();
    let above = Lines::of(&around.before).contents().count();
    if is_diff(language) {
        return Ok(lines);
    }
    // A list has numbers of its own.
    let dotted = !is_prose_language(language);
    let is_code = is_code(language);
    if let Some(bare) = without_numbers(&lines, base, dotted, is_code, intent)
        && (is_code || !are_equal(&bare, base))
    {
        return Ok(bare);
    }
    if is_code && has_signs_among_known_lines(&lines, base) {
        return patched(&lines, base, Blanks::Any, above).ok_or(ReplyProblem::Patch);
    }
    if !has_signs(&lines) {
        return Ok(lines);
    }
    // In a text that holds a diff its lines are no news.
    let known = base.contents().collect::<HashSet<_>>();
    let new = lines.iter().filter(|line| !known.contains(line.as_str())).cloned().collect::<Vec<_>>();
    let has_header = has_header(&new);
    if !has_header && keeps_a_sign(&lines, base) {
        return Ok(lines);
    }
    let lists = has_lists(language);
    let is_named = is_diff(info) && !(lists && is_one_sided(&lines));
    if !has_header && !is_named {
        return Ok(unnamed(lines, base, lists));
    }
    let blanks = if has_header || !lists { Blanks::Any } else { Blanks::Same };
    match patched(&lines, base, blanks, above) {
        Some(patched) => Ok(patched),
        None if has_header => Err(ReplyProblem::Patch),
        None => Ok(unnamed(lines, base, lists)),
    }
}

/// Whether a number before a line can't be what the text is to get.
pub(super) fn is_code(language: &str) -> bool {
    knows(language) && !has_lists(language) && !["json", "jsonc", "json5", "toml"].contains(&language)
}

/// Whether the numbers are all that the answer brings.
fn are_equal(bare: &[String], base: &Lines) -> bool {
    let told = |line: &&str| !line.is_empty();
    bare.iter().map(|line| line.trim()).filter(told).eq(base.contents().map(str::trim).filter(told))
}

/// Lines with signs where nothing says that they are a diff. They are only taken for one where they can't be a text.
fn unnamed(lines: Vec<String>, base: &Lines, lists: bool) -> Vec<String> {
    if lists {
        return lines;
    }
    if !is_one_sided(&lines) {
        let patched = patched(&lines, base, Blanks::Same, 0).filter(|lines| !super::line::is_blank(lines));
        return patched.unwrap_or(lines);
    }
    let told = || lines.iter().filter(|line| !line.trim().is_empty());
    let behind = |line: &String| line.strip_prefix('+').and_then(|rest| rest.chars().next());
    let are_all_added = told().all(|line| line.starts_with('+'));
    // `+ a` may be an item of a list, `+49` a number.
    let are_signs = told().any(|line| behind(line).is_some_and(|c| c != ' '))
        && !told().any(|line| behind(line).is_some_and(|c| c.is_ascii_digit()));
    if are_all_added && are_signs && !base.contents().any(|line| line.starts_with(['+', '-'])) {
        return lines.iter().map(|line| line.strip_prefix('+').unwrap_or(line).to_owned()).collect();
    }
    lines
}

fn is_diff(name: &str) -> bool {
    name == "diff" || name == "patch"
}

/// Whether lines that begin with `-` or `+` are items of lists in this language, or code.
fn has_lists(language: &str) -> bool {
    const LISTS: [&str; 11] = [
        "yaml",
        "yml",
        "dockercompose",
        "ansible",
        "helm",
        "github-actions-workflow",
        "haml",
        "slim",
        "pug",
        "jade",
        "ignore",
    ];
    is_prose_language(language) || language.starts_with("yaml") || LISTS.contains(&language)
}

/// Whether lines are only taken away, or only added.
fn is_one_sided(lines: &[String]) -> bool {
    let has = |sign: char| lines.iter().any(|line| line.starts_with(sign));
    !(has('-') && has('+'))
}

/// Whether the first line alone makes line numbers or diff signs likely.
pub(super) fn may_be_prefixed(line: &str) -> bool {
    numbered(line, false).is_some() || line.starts_with(['+', '-', '@'])
}

fn without_numbers(
    lines: &[String],
    base: &Lines,
    dotted: bool,
    is_code: bool,
    intent: Intent,
) -> Option<Vec<String>> {
    if intent.numbers {
        return None;
    }
    let (mut next, mut first) = (None, None);
    let (mut marked, mut unmarked) = (0, 0);
    let mut stripped = Vec::new();
    for line in lines {
        if line.trim().is_empty() {
            stripped.push("");
            continue;
        }
        let (number, mark, rest) = numbered(line, dotted)?;
        if next.is_some_and(|next| next != number) {
            return None;
        }
        next = Some(number + 1);
        first.get_or_insert(number);
        let is_marked = matches!(mark, Some('|' | '│' | '→' | '\t'));
        marked += usize::from(is_marked);
        unmarked += usize::from(!is_marked && !rest.is_empty());
        stripped.push(rest);
    }
    let blanks = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let least = |lines: &mut dyn Iterator<Item = &str>| {
        lines.filter(|line| !line.trim().is_empty()).map(blanks).min().unwrap_or(0)
    };
    let common = least(&mut stripped.iter().copied());
    // Behind a bare number the gutter may be wider; the depth of the base is none of it.
    let beyond = if marked == 0 && !intent.indents && !base.is_blank() {
        common.saturating_sub(least(&mut base.contents()))
    } else {
        0
    };
    let gutter = beyond.max(common.min(1));
    stripped = stripped.iter().map(|line| line.get(gutter.min(blanks(line))..).unwrap_or(line)).collect();
    let known: HashSet<&str> = base.contents().map(str::trim).filter(|line| is_telling(line)).collect();
    let was_there = lines.iter().any(|line| known.contains(line.trim()));
    let fits = stripped.iter().any(|line| known.contains(line.trim()));
    let is_new = !base.contents().any(|line| numbered(line, dotted).is_some());
    let is_sure = marked > 1 && unmarked == 0;
    // Keys and the like begin with one.
    let is_from_a_file = is_code && stripped.len() > 1 && first.is_some_and(|first| first > 1);
    (!was_there && (fits || is_new && (is_sure || is_from_a_file)))
        .then(|| stripped.into_iter().map(str::to_owned).collect())
}

/// A line's number, the mark behind it, and the rest: `12 | x`, `12: x`, `L12: x`, and if it may be `dotted` `12. x`.
fn numbered(line: &str, dotted: bool) -> Option<(u64, Option<char>, &str)> {
    let line = line.trim_start();
    let line =
        line.strip_prefix('L').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(line);
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = line.strip_suffix(rest)?.parse().ok()?;
    if rest.is_empty() {
        return Some((number, None, rest));
    }
    let marked = rest.trim_start_matches(' ');
    let mark = marked.chars().next()?;
    match mark {
        '.' if !dotted || !(marked.starts_with(". ") || marked == ".") => None,
        '|' | '│' | '→' | '\t' | ':' | '.' => Some((number, Some(mark), marked.strip_prefix(mark)?)),
        _ if rest.starts_with(' ') => Some((number, None, rest)),
        _ => None,
    }
}

fn has_signs(lines: &[String]) -> bool {
    let signed = |line: &&String| line.starts_with(['+', '-']);
    let all = lines
        .iter()
        .all(|line| line.is_empty() || line.starts_with(['+', '-', ' ', '@', '\\', '\t']) || is_header(line));
    all && lines.iter().any(|line| signed(&line))
}

/// Whether lines go and come by their signs among lines that are the base's, without the blank of a diff.
fn has_signs_among_known_lines(lines: &[String], base: &Lines) -> bool {
    let known: HashSet<&str> = base.contents().map(str::trim).collect();
    let is_known = |line: &str| known.contains(line.trim());
    let is_signed = |line: &str| line.starts_with(['+', '-']);
    let goes = |line: &String| line.strip_prefix('-').is_some_and(|rest| is_telling(rest) && is_known(rest));
    let comes = |line: &String| line.starts_with('+');
    let is_head = |line: &str| line.starts_with("@@ ") || is_header(line);
    let is_fit = |line: &String| goes(line) || comes(line) || is_known(line) || is_head(line);
    !base.contents().any(is_signed)
        && lines.iter().any(goes)
        && lines.iter().any(comes)
        && lines.iter().any(|line| !is_signed(line) && is_telling(line))
        && lines.iter().all(is_fit)
}

/// Whether a line with a sign is one of the base's: a list's, say, and no diff's.
fn keeps_a_sign(lines: &[String], base: &Lines) -> bool {
    let known: HashSet<&str> =
        base.contents().filter(|line| line.starts_with(['+', '-'])).map(str::trim_end).collect();
    lines.iter().any(|line| known.contains(line.trim_end()))
}
