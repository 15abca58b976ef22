//! Lines around the span that a model repeats in its answer.

use super::Surroundings;
use super::intent::Intent;
use super::line::{Lines, balance, depth, is_telling};

/// At most so many repeated lines are looked for.
const MOST_LINES: usize = 300;

/// Takes away the end of the text before the span where the answer begins with it.
pub(super) fn without_before(
    lines: Vec<String>,
    base: &Lines,
    around: &Surroundings,
    intent: Intent,
) -> Vec<String> {
    let count = leading(&lines, base, &around.before);
    let kept = lines.get(count..).unwrap_or_default();
    if is_asked_for(kept, base, intent) { lines } else { kept.to_vec() }
}

/// Whether what is repeated is all that the answer brings, and was to be repeated.
fn is_asked_for(kept: &[String], base: &Lines, intent: Intent) -> bool {
    let lines = |told: Vec<(usize, &str)>| -> Vec<String> {
        told.into_iter().map(|(_, line)| line.to_owned()).collect()
    };
    intent.repeats && lines(told(kept.iter().map(String::as_str))) == lines(told(base.contents()))
}

/// Whether the run's telling lines are all the base's, one of them stands no more in the rest of the answer as often, and
/// the answer isn't longer by the run: it was moved.
fn is_moved<'a>(run: &[&str], rest: impl Iterator<Item = &'a str> + Clone, base: &[(usize, &str)]) -> bool {
    let in_base = |line: &str| base.iter().filter(|(_, base)| *base == line).count();
    let mut told = run.iter().filter(|line| is_telling(line));
    let is_less = |line: &&&str| rest.clone().filter(|rest| rest == *line).count() < in_base(line);
    rest.clone().count() < base.len()
        && told.clone().all(|line| in_base(line) > 0)
        && told.any(|line| is_less(&line))
}

/// Takes away brackets that stand around the span, each on a line, where the answer has both in their place.
pub(super) fn without_frame(
    lines: Vec<String>,
    base: &Lines,
    around: &Surroundings,
    intent: Intent,
) -> Vec<String> {
    let before = Lines::of(&around.before).contents().filter(|line| !line.trim().is_empty()).last();
    let after = Lines::of(&around.after).contents().find(|line| !line.trim().is_empty());
    let holds = |line: &String| !line.trim().is_empty();
    let (Some(first), Some(last)) = (lines.iter().position(holds), lines.iter().rposition(holds)) else {
        return lines;
    };
    let is_it = |index: usize, known: Option<&str>| {
        let line = lines.get(index).map(|line| line.trim_end());
        known.is_some_and(|known| !is_telling(known)) && line == known.map(str::trim_end)
    };
    let depth_of = |line: Option<&str>| line.map_or(0, depth);
    let least = base.contents().filter(|line| !line.trim().is_empty()).map(depth).min().unwrap_or(0);
    let inner = lines.get(first + 1..last).unwrap_or_default();
    let is_frame = !intent.wraps
        && is_it(first, before)
        && is_it(last, after)
        && least > depth_of(before).max(depth_of(after))
        && balance(inner.iter().map(String::as_str)) == balance(base.contents());
    if is_frame { inner.to_vec() } else { lines }
}

/// Takes away a last `end` that the answer doesn't open, where one comes next: it ends the block around the span.
pub(super) fn without_end(mut lines: Vec<String>, base: &Lines, around: &Surroundings) -> Vec<String> {
    if !["ruby", "lua", "luau", "elixir", "julia", "crystal"].contains(&around.language.as_str()) {
        return lines;
    }
    let base: Vec<String> = base.contents().map(str::to_owned).collect();
    let next = Lines::of(&around.after).contents().map(str::trim).find(|line| !line.is_empty());
    while next == Some("end") && ends_too_often(&lines) && !ends_too_often(&base) {
        lines.truncate(lines.iter().rposition(|line| !line.trim().is_empty()).unwrap_or(0));
    }
    lines
}

/// Whether the last line is an `end`, and the nearest line that isn't further in begins no block.
fn ends_too_often(lines: &[String]) -> bool {
    let mut told = lines.iter().rev().filter(|line| !line.trim().is_empty());
    let Some(last) = told.next().filter(|line| line.trim() == "end") else { return false };
    let Some(above) = told.find(|line| depth(line) <= depth(last)) else { return true };
    let mut words = above.split(|c: char| !c.is_alphanumeric() && c != '_');
    depth(above) == depth(last) && !words.any(|word| BLOCKS.contains(&word))
}

/// Words that are in a line over a block, or between two.
#[rustfmt::skip]
const BLOCKS: [&str; 26] = [
    "then", "do", "def", "defp", "defmodule", "class", "module", "function", "if", "else", "elsif", "elseif", "for", "while",
    "until", "unless", "case", "when", "begin", "rescue", "ensure", "struct", "macro", "let", "try", "quote",
];

/// How many of the first lines repeat the end of the text before the span. Never all of them.
pub(super) fn leading(lines: &[String], base: &Lines, before: &str) -> usize {
    let answer = told(lines.iter().map(String::as_str));
    let base_lines = told(base.contents());
    let full: Vec<&str> = Lines::of(before).contents().filter(|line| !line.trim().is_empty()).collect();
    let mut before: Vec<&str> = full.iter().map(|line| line.trim()).collect();
    let surplus = before.len().saturating_sub(MOST_LINES);
    before.drain(..surplus);
    let most = before.len().min(answer.len().saturating_sub(1));
    for count in (1..=most).rev() {
        let run = before.get(before.len() - count..).unwrap_or_default();
        let repeats = answer.iter().map(|(_, line)| *line).take(count).eq(run.iter().copied());
        let rest = answer.iter().map(|(_, line)| *line).skip(count);
        if !repeats
            || base_lines.iter().map(|(_, line)| *line).take(count).eq(run.iter().copied())
            || is_moved(run, rest, &base_lines)
        {
            continue;
        }
        let is_sure = || {
            balances(&answer, &base_lines, count, Side::Start)
                || ends_another_block(lines, base, full.get(full.len() - count..).unwrap_or_default())
        };
        if run.iter().any(|line| is_telling(line)) || is_sure() {
            return answer.get(count).map_or(0, |(index, _)| *index);
        }
    }
    0
}

/// Whether the answer begins with lines as they stand before the span, indentation and all, that no text in the place of
/// the base can begin with: it would close what it didn't open, or begin further in.
fn ends_another_block(lines: &[String], base: &Lines, run: &[&str]) -> bool {
    let mut answer = lines.iter().map(|line| line.trim_end()).filter(|line| !line.is_empty());
    let first = base.contents().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let closes = |line: &str| line.trim().chars().all(|c| "})];,".contains(c));
    let is_further_in = run.first().is_some_and(|line| depth(line) > depth(first));
    run.iter().all(|line| answer.next() == Some(line.trim_end()))
        && (run.first().is_some_and(|line| closes(line)) && !closes(first) || is_further_in)
        && !first.is_empty()
}

/// Takes away the start of the text after the span where the answer ends with it, if that is certain without knowing
/// the indentation: at least two telling lines.
pub(super) fn without_after(
    lines: Vec<String>,
    base: &Lines,
    around: &Surroundings,
    intent: Intent,
) -> Vec<String> {
    let keep = trailing(&lines, base, &around.after, |run| {
        run.iter().filter(|line| is_telling(line.line)).count() > 1
    });
    let kept = lines.get(..keep).unwrap_or_default();
    if is_asked_for(kept, base, intent) { lines } else { kept.to_vec() }
}

/// The same once the indentation is known: a single telling line with the same indentation, or closing lines such as
/// `}` that the span doesn't open or that stand further out than the span.
pub(super) fn without_closers(
    lines: Vec<String>,
    base: &Lines,
    around: &Surroundings,
    intent: Intent,
) -> Vec<String> {
    let answer: Vec<(usize, &str)> = told(lines.iter().map(String::as_str));
    let base_lines = told(base.contents());
    let least = base.contents().filter(|line| !line.trim().is_empty()).map(depth).min().unwrap_or(0);
    let keep = trailing(&lines, base, &around.after, |run| {
        let same_indent = run.iter().all(|line| line.answer_indent == line.after_indent);
        let further_out = run.iter().all(|line| line.answer_indent < least);
        (same_indent && (run.iter().any(|line| is_telling(line.line)) || further_out))
            || balances(&answer, &base_lines, run.len(), Side::End)
    });
    let kept = lines.get(..keep).unwrap_or_default();
    if is_asked_for(kept, base, intent) { lines } else { kept.to_vec() }
}

struct Repeated<'a> {
    line: &'a str,
    answer_indent: usize,
    after_indent: usize,
}

/// How many lines to keep: all but the longest run at the end that the text after the span starts with and that
/// `is_repeat` takes for a repetition. Where the base ends with the same lines, they are one too many only if brackets
/// and indentation say so.
fn trailing(lines: &[String], base: &Lines, after: &str, is_repeat: impl Fn(&[Repeated]) -> bool) -> usize {
    let answer = told(lines.iter().map(String::as_str));
    let base_lines = told(base.contents());
    let after: Vec<&str> =
        Lines::of(after).contents().filter(|line| !line.trim().is_empty()).take(MOST_LINES).collect();
    let most = after.len().min(answer.len().saturating_sub(1));
    for count in (1..=most).rev() {
        let start = answer.len() - count;
        let tail = answer.iter().skip(start).map(|(_, line)| *line);
        if !tail.clone().eq(after.iter().take(count).map(|line| line.trim())) {
            continue;
        }
        let run: Vec<&str> = tail.clone().collect();
        let rest = answer.iter().map(|(_, line)| *line).take(start);
        if is_moved(&run, rest, &base_lines) {
            continue;
        }
        let base_start = base_lines.len().saturating_sub(count);
        let base_ends_so = base_lines.iter().skip(base_start).map(|(_, line)| *line).eq(tail);
        if base_ends_so && !balances(&answer, &base_lines, count, Side::End) {
            continue;
        }
        let run: Vec<Repeated> = answer
            .iter()
            .skip(start)
            .zip(&after)
            .map(|((index, line), after)| Repeated {
                line,
                answer_indent: lines.get(*index).map_or(0, |line| depth(line)),
                after_indent: depth(after),
            })
            .collect();
        let is_as_deep = run.iter().all(|line| line.answer_indent == line.after_indent);
        if (is_as_deep || !base_ends_so) && is_repeat(&run) {
            return answer.get(start - 1).map_or(0, |(index, _)| index + 1);
        }
    }
    lines.len()
}

#[derive(Clone, Copy)]
enum Side {
    Start,
    End,
}

/// Whether the answer opens and closes brackets as the base does only without `count` of its lines.
fn balances(answer: &[(usize, &str)], base: &[(usize, &str)], count: usize, side: Side) -> bool {
    let of = |lines: &[(usize, &str)]| balance(lines.iter().map(|(_, line)| *line));
    let without = match side {
        Side::Start => answer.get(count..),
        Side::End => answer.get(..answer.len() - count),
    };
    of(answer) != of(base) && of(without.unwrap_or_default()) == of(base)
}

/// The lines that hold something, trimmed, with their index.
fn told<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    lines.map(str::trim).enumerate().filter(|(_, line)| !line.is_empty()).collect()
}

/// Whether all of `lines` so far stand in a row in the text before the span and may go on to its end.
pub(super) fn may_go_on(lines: &[String], before: &str) -> bool {
    let answer: Vec<&str> =
        told(lines.iter().map(String::as_str)).into_iter().map(|(_, line)| line).collect();
    let before: Vec<&str> = told(Lines::of(before).contents()).into_iter().map(|(_, line)| line).collect();
    let from = before.len().saturating_sub(MOST_LINES);
    !answer.is_empty()
        && before.get(from..).unwrap_or_default().windows(answer.len()).any(|window| window == answer)
}
