//! An answer to an instruction on a part of a line: the model is asked for whole lines, and may give the part alone.
//!
//! The rest of the line is the user's, and stays where it isn't sure that the answer has it.

use super::intent::Intent;
use super::line::{Lines, balance, depth, is_near, is_telling, split_indent};
use super::{Surroundings, wrapping};
use std::collections::HashSet;

/// The answer as whole lines, and what the user should know before accepting.
pub(super) fn completed(lines: Vec<String>, around: &Surroundings) -> (Vec<String>, Option<String>) {
    let Some(cut) = Cut::of(around) else { return (lines, None) };
    let answer = lines.join("\n");
    let answer = answer.trim_matches(['\n', ' ', '\t']);
    let answer = wrapping::without_quotes(answer, cut.part, around).unwrap_or(answer);
    match cut.share(answer) {
        Share::Whole => return (lines, None),
        Share::Most => return (lines, cut.losses()),
        Share::None if cut.is_statement(answer) => return (lines, cut.losses()),
        Share::None => (),
    }
    let (text, is_sure) = cut.with(answer);
    let warning = "Only the selected part is replaced; what stands around it on the line stays.".to_owned();
    (text.lines().map(str::to_owned).collect(), (!is_sure).then_some(warning))
}

/// The answer with the lines around it, where it is the body alone of a block that is selected: it begins as far in as
/// the body, and has nothing of the line over it.
pub(super) fn with_its_block(
    lines: Vec<String>,
    base: &Lines,
    intent: Intent,
) -> (Vec<String>, Option<String>) {
    let told: Vec<&str> = base.contents().filter(|line| !line.trim().is_empty()).collect();
    let (Some((head, rest)), Some(last)) = (told.split_first(), told.last()) else { return (lines, None) };
    let closes = depth(last) == depth(head) && last.trim_start().starts_with(['}', ')', ']']);
    let body = rest.get(..rest.len() - usize::from(closes && !rest.is_empty())).unwrap_or_default();
    let inner = body.iter().map(|line| depth(line)).min().unwrap_or(0);
    let opens = is_telling(head) && head.trim_end().ends_with([':', '{']) && inner > depth(head);
    let mut answer = lines.iter().filter(|line| !line.trim().is_empty());
    let begins_so = answer.clone().next().is_some_and(|line| depth(line) == inner);
    let is_body = opens
        && begins_so
        && answer.clone().all(|line| depth(line) >= inner)
        && !answer.any(|line| is_near(head.trim(), line.trim()))
        && !(intent.deletes || intent.indents);
    if !is_body {
        return (lines, None);
    }
    let last = Some(*last).filter(|_| closes);
    let whole = std::iter::once((*head).to_owned()).chain(lines).chain(last.map(str::to_owned));
    let warning = format!("The answer is the body alone; what stands around it stays: `{}`.", head.trim());
    (whole.collect(), Some(warning))
}

/// Whether a part of a line is selected.
pub(super) fn is_part(around: &Surroundings) -> bool {
    Cut::of(around).is_some()
}

/// The lines without the selected part, where that is a part of a line.
pub(super) fn without(around: &Surroundings) -> Option<String> {
    let cut = Cut::of(around)?;
    Some(format!("{}{}", cut.head, cut.tail))
}

/// How much of what stands around the part an answer has.
enum Share {
    /// Its start or its end as it was, or all its words.
    Whole,
    /// Most of its words.
    Most,
    None,
}

/// The span around a selected part.
struct Cut<'a> {
    head: &'a str,
    part: &'a str,
    tail: &'a str,
}

impl<'a> Cut<'a> {
    /// `None` where there are only blanks around the part.
    fn of(around: &'a Surroundings) -> Option<Self> {
        let selected = around.selected.clone()?;
        let base = around.base.as_str();
        let head = base.get(..selected.start)?;
        let (part, tail) = (base.get(selected.clone())?, base.get(selected.end..)?);
        let is_blank = |text: &str| text.trim().is_empty();
        let is_all = is_blank(head) && is_blank(tail);
        (!is_blank(part) && !is_all).then_some(Self { head, part, tail })
    }

    fn share(&self, answer: &str) -> Share {
        let (head, tail) = (self.head.trim(), self.tail.trim());
        let (starts, ends) = (answer.starts_with(head), answer.ends_with(tail));
        let rest = self.rest();
        let held = self.held(answer);
        match () {
            () if starts && (ends || is_telling(head)) || is_telling(tail) && ends => Share::Whole,
            () if !rest.is_empty() && held == rest.len() => Share::Whole,
            () if held * 2 > rest.len() => Share::Most,
            () => Share::None,
        }
    }

    /// The words around the part that it doesn't hold itself.
    fn rest(&self) -> HashSet<&'a str> {
        let own: HashSet<&str> = words(self.part).collect();
        words(self.head).chain(words(self.tail)).filter(|word| !own.contains(word)).collect()
    }

    /// How many of those words the answer has.
    fn held(&self, answer: &str) -> usize {
        let said: HashSet<&str> = words(answer).collect();
        self.rest().intersection(&said).count()
    }

    /// Whether the answer is a line of its own, and no part of one.
    fn is_statement(&self, answer: &str) -> bool {
        // Without a name it is a value.
        let is_value = |text: &str| text.starts_with("function (") || text.starts_with("function(");
        let begins = |text: &str| {
            !is_value(text)
                && words(text).next().is_some_and(|word| STATEMENTS.contains(&word))
                && text.starts_with(char::is_alphabetic)
        };
        let assigns = |text: &str| text.contains(" = ") || text.contains(" := ");
        !self.head.trim().is_empty() && begins(answer) && !begins(self.part.trim())
            || assigns(self.head) && assigns(answer) && !assigns(self.part)
    }

    /// What goes where the answer replaces the whole lines.
    fn losses(&self) -> Option<String> {
        let before = self.head.rsplit('\n').next().unwrap_or_default().trim();
        let after = self.tail.lines().next().unwrap_or_default().trim();
        let quoted = [before, after].into_iter().filter(|text| is_telling(text));
        let quoted: Vec<String> = quoted.map(|text| format!("`{text}`")).collect();
        (!quoted.is_empty())
            .then(|| format!("What stands around the selected part goes: {}.", quoted.join(", ")))
    }

    /// The lines with the answer in place of the part, and whether it is sure that it belongs there.
    fn with(&self, answer: &str) -> (String, bool) {
        let answer = self.without_brackets(self.without_quotes(self.without_tail(answer)));
        let indent = split_indent(self.head.rsplit('\n').next().unwrap_or_default()).0;
        let rest = || answer.lines().skip(1).filter(|line| !line.trim().is_empty());
        let is_out = rest().any(|line| !line.starts_with(indent));
        let mut text = String::new();
        for (nth, line) in answer.lines().enumerate() {
            let by = if nth > 0 && is_out && !line.trim().is_empty() { indent } else { "" };
            text.extend([if nth > 0 { "\n" } else { "" }, by, line]);
        }
        let part = self.part.trim();
        let starts = self.part.len() - self.part.trim_start().len();
        let ends = self.part.trim_end().len();
        let before = self.part.get(..starts).unwrap_or_default();
        let after = self.part.get(ends..).unwrap_or_default();
        let is_sure = self.held(answer) * 4 <= self.rest().len()
            && balance(answer.lines()) == balance(part.lines())
            && (!answer.ends_with(';') || part.ends_with(';'));
        (format!("{}{before}{text}{after}{}", self.head, self.tail), is_sure)
    }

    /// The answer without the signs that end the line.
    fn without_tail<'t>(&self, answer: &'t str) -> &'t str {
        let (part, tail) = (self.part.trim(), self.tail.trim());
        if tail.is_empty() || tail.contains(char::is_alphanumeric) || part.ends_with(tail) {
            return answer;
        }
        let left = answer.strip_suffix(tail).map(str::trim_end);
        let is_one = |left: &&str| !left.is_empty() && balance(left.lines()) == balance(part.lines());
        left.filter(is_one).unwrap_or(answer)
    }

    /// The answer without brackets that stand around the part already, where that is several values.
    fn without_brackets<'t>(&self, answer: &'t str) -> &'t str {
        let inner = [('(', ')'), ('[', ']'), ('{', '}')].into_iter().find_map(|(open, close)| {
            let is_between = self.head.ends_with(open) && self.tail.starts_with(close);
            let inner = answer.strip_prefix(open)?.strip_suffix(close)?;
            let mut depth = 0_i32;
            let is_one = inner.chars().all(|c| {
                depth += i32::from(c == open) - i32::from(c == close);
                depth >= 0
            });
            let has_own = self.part.trim().starts_with(open);
            (is_between && is_one && depth == 0 && !has_own && self.part.contains(',')).then_some(inner)
        });
        inner.unwrap_or(answer)
    }

    /// The answer without quotes that stand around the part already.
    fn without_quotes<'t>(&self, answer: &'t str) -> &'t str {
        let inner = ['"', '\'', '`'].into_iter().find_map(|quote| {
            let is_between = self.head.ends_with(quote) && self.tail.starts_with(quote);
            let inner = answer.strip_prefix(quote)?.strip_suffix(quote)?;
            (is_between && !inner.contains(quote)).then_some(inner)
        });
        inner.unwrap_or(answer)
    }
}

/// Words that a line of code begins with, and no part of one.
#[rustfmt::skip]
const STATEMENTS: [&str; 15] = [
    "let", "const", "var", "val", "local", "my", "static", "return", "import", "use", "while", "for", "def", "function",
    "class",
];

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
