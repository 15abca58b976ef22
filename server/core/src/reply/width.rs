//! The width of a level: an answer written with two spaces for a document that has four, or the other way.
//!
//! It is only changed where each block of the answer says how wide its levels are, and the document says otherwise. What
//! is aligned to something in the line above stays aligned to it, and what stands in a text of several lines stays.

use super::indent::nearest;
use super::intent::Intent;
use super::line::{Lines, depth, split_indent};
use super::prose::is_prose_language;
use super::{Surroundings, remark};
use std::collections::{HashMap, HashSet};

/// From the levels of an answer to those of the document, line by line.
#[derive(Debug, Clone)]
pub(super) struct Widths {
    /// Columns of one level in the answer.
    unit: usize,
    /// Columns of one level in the document.
    width: usize,
    /// Where each line of the base stands in the line that it is under, for those that stand there once.
    known: HashMap<(String, String), usize>,
    /// Columns of the base's lines, for those that stand there once.
    columns: HashMap<String, usize>,
    base_first: usize,
    language: String,
    /// The lines that the next one may be under, the outermost first.
    open: Vec<Line>,
    text: Option<Text>,
}

#[derive(Debug, Clone)]
struct Line {
    text: String,
    /// Columns in the answer, and in the document.
    from: usize,
    to: usize,
    /// What is further in isn't code: a block of text in YAML.
    holds_text: bool,
}

/// A text of several lines, in which blanks are part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Text {
    end: String,
    /// The end has a line of its own.
    is_heredoc: bool,
}

/// The lines with the document's width; as they are where that isn't certain.
pub(super) fn adapted(
    lines: Vec<String>,
    base: &Lines,
    around: &Surroundings,
    intent: Intent,
) -> Vec<String> {
    match Widths::of(&lines, base, around, intent) {
        Some(mut widths) => lines.into_iter().map(|line| widths.line(line)).collect(),
        None => lines,
    }
}

impl Widths {
    /// `None` where the answer has the document's width, or it isn't certain that it has another.
    pub(super) fn of(lines: &[String], base: &Lines, around: &Surroundings, intent: Intent) -> Option<Self> {
        let width = around.indent.width;
        let has_tab = |line: &str| split_indent(line).0.contains('\t');
        if around.indent.tabs
            || intent.indents
            || is_prose_language(&around.language)
            || lines.iter().any(|line| has_tab(line))
            || base.contents().any(has_tab)
        {
            return None;
        }
        let language = around.language.as_str();
        let steps = steps(lines.iter().map(String::as_str), language);
        let unit = *steps.first()?;
        let own = self::steps(base.contents(), language);
        let own =
            if own.is_empty() { self::steps(nearest(&around.before, &around.after), language) } else { own };
        let is_other =
            unit != width && [2, 3, 4, 8].contains(&unit) && steps.iter().all(|step| *step == unit);
        if !is_other || !own.contains(&width) || own.contains(&unit) {
            return None;
        }
        let (mut known, mut columns) = (HashMap::new(), HashMap::new());
        let mut twice: HashSet<String> = HashSet::new();
        let mut open: Vec<&str> = Vec::new();
        for line in base.contents().filter(|line| !line.trim().is_empty()) {
            open.retain(|above| depth(above) < depth(line));
            let name = line.trim().to_owned();
            if let Some(above) = open.last() {
                known.insert((above.trim().to_owned(), name.clone()), depth(line) - depth(above));
            }
            if columns.insert(name.clone(), depth(line)).is_some() {
                twice.insert(name);
            }
            open.push(line);
        }
        columns.retain(|name, _| !twice.contains(name));
        let base_first = base.contents().find(|line| !line.trim().is_empty()).map_or(0, depth);
        let language = language.to_owned();
        let widths = Self { unit, width, known, columns, base_first, language, open: Vec::new(), text: None };
        (!widths.keep(lines)).then_some(widths)
    }

    /// Whether of two lines that the base has as well, one stands as far further in than the other as there, and wouldn't
    /// with the document's width.
    fn keep(&self, lines: &[String]) -> bool {
        let code = outside_of_texts(lines.iter().map(String::as_str), &self.language);
        let mut known = code.filter_map(|line| Some((line, *self.columns.get(line.trim())?)));
        let mut open: Vec<(&str, usize)> = Vec::new();
        known.any(|(line, column)| {
            open.retain(|(above, _)| depth(above) < depth(line));
            let above = open.last().copied();
            open.push((line, column));
            above.is_some_and(|(above, above_column)| {
                let by = depth(line) - depth(above);
                let is_whole = by.is_multiple_of(self.width) && by.is_multiple_of(self.unit);
                column == above_column + by && is_whole && !is_aligned(above.trim(), by)
            })
        })
    }

    /// The next line of the answer.
    pub(super) fn line(&mut self, line: String) -> String {
        let trimmed = line.trim();
        if let Some(text) = &self.text {
            let is_docstring = self.open.last().is_some_and(|open| open.text.starts_with(&text.end));
            let is_as_it_was = self.columns.get(trimmed) == Some(&depth(&line));
            self.text.take_if(|text| text.is_ended_by(&line));
            if !is_docstring || is_as_it_was {
                return line;
            }
        } else {
            self.text = Text::opened_by(&line, &self.language);
        }
        if trimmed.is_empty() {
            return line;
        }
        let from = depth(&line);
        let to = self.column(trimmed, from);
        " ".repeat(to) + split_indent(&line).1
    }

    /// Where a line stands in the document.
    fn column(&mut self, text: &str, from: usize) -> usize {
        let first = self.open.first().map(|first| (first.from, first.to));
        while self.open.last().is_some_and(|open| open.from > from) {
            self.open.pop();
        }
        if let Some(open) = self.open.last_mut().filter(|open| open.from == from) {
            text.clone_into(&mut open.text);
            open.holds_text = self.language.starts_with("yaml") && is_block_of_text(text);
            return open.to;
        }
        let (to, holds_text) = match (self.open.last(), first) {
            (Some(above), _) => (above.to + self.offset(above, text, from - above.from), above.holds_text),
            (None, Some((first, first_to))) => {
                (first_to.saturating_sub((first - from) / self.unit * self.width), false)
            }
            // The block may have the document's depth all the same.
            (None, None) if from == self.base_first => (from, false),
            (None, None) => (from / self.unit * self.width + from % self.unit, false),
        };
        let holds_text = holds_text || self.language.starts_with("yaml") && is_block_of_text(text);
        self.open.push(Line { text: text.to_owned(), from, to, holds_text });
        to
    }

    /// How much further in than the line that it is under a line stands.
    fn offset(&self, above: &Line, text: &str, by: usize) -> usize {
        let known = self.known.get(&(above.text.clone(), text.to_owned()));
        let is_in_text = above.holds_text && !is_block_of_text(&above.text);
        match known {
            Some(known) if *known == by || !known.is_multiple_of(self.width) => *known,
            _ if is_in_text || is_aligned(&above.text, by) || !by.is_multiple_of(self.unit) => by,
            _ => by / self.unit * self.width,
        }
    }
}

impl Text {
    fn is_ended_by(&self, line: &str) -> bool {
        match self.is_heredoc {
            true => line.trim().trim_end_matches([';', ')', ',']) == self.end,
            false => line.contains(&self.end),
        }
    }

    /// The text that a line begins and doesn't end.
    fn opened_by(line: &str, language: &str) -> Option<Self> {
        let marks: &[(&str, &str)] = match language {
            "python" => &[("\"\"\"", "\"\"\""), ("'''", "'''")],
            "javascript" | "javascriptreact" | "typescript" | "typescriptreact" | "go" => &[("`", "`")],
            "rust" => &[("r#\"", "\"#")],
            "lua" => &[("[[", "]]")],
            _ => &[],
        };
        let opened = marks.iter().find(|(open, close)| match open == close {
            true => line.matches(open).count() % 2 == 1,
            false => line.rsplit_once(open).is_some_and(|(_, after)| !after.contains(close)),
        });
        if let Some((_, close)) = opened {
            return Some(Self { end: (*close).to_owned(), is_heredoc: false });
        }
        let heredocs = ["shellscript", "ruby", "php", "perl"];
        let (_, name) = line.split_once("<<").filter(|_| heredocs.contains(&language))?;
        let name = name.trim_start_matches(['-', '~', '<', '"', '\'', ' ', '\\']);
        let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        (!name.is_empty() && name.starts_with(char::is_uppercase))
            .then_some(Self { end: name, is_heredoc: true })
    }
}

/// The lines that begin outside of texts of several lines.
fn outside_of_texts<'a>(
    lines: impl Iterator<Item = &'a str>,
    language: &str,
) -> impl Iterator<Item = &'a str> {
    let mut text: Option<Text> = None;
    lines.filter(move |line| {
        let is_outside = text.is_none();
        if is_outside {
            text = Text::opened_by(line, language);
        } else {
            text.take_if(|text| text.is_ended_by(line));
        }
        is_outside
    })
}

/// Whether the value of a line of YAML is the block of text below it.
fn is_block_of_text(line: &str) -> bool {
    let value = line.rsplit([' ', ':']).next().unwrap_or_default();
    value.starts_with(['|', '>']) && value.len() <= 3
}

/// Whether so many columns further in stands what goes on behind a bracket in the line above, or in an item of a list.
fn is_aligned(above: &str, by: usize) -> bool {
    if above.starts_with("- ") && by == above.len() - above.trim_start_matches(['-', ' ']).len() {
        return true;
    }
    let mut open: Vec<usize> = Vec::new();
    for (at, c) in above.chars().enumerate() {
        match c {
            '(' | '[' | '{' => open.push(at + 1),
            ')' | ']' | '}' => _ = open.pop(),
            _ => (),
        }
    }
    open.last().is_some_and(|at| *at == by && *at < above.chars().count())
}

/// How much further in than its own line the first line of each block stands.
fn steps<'a>(lines: impl Iterator<Item = &'a str>, language: &str) -> Vec<usize> {
    let is_told = |line: &&str| !line.trim().is_empty() && !remark::is_comment(line, language);
    let mut steps = Vec::new();
    let mut above: Option<&str> = None;
    for line in outside_of_texts(lines, language).filter(is_told) {
        if let Some(above) =
            above.filter(|above| opens_a_block(above, language) && depth(line) > depth(above))
        {
            steps.push(depth(line) - depth(above));
        }
        above = Some(line);
    }
    steps
}

/// Whether what is a level further in comes next.
fn opens_a_block(line: &str, language: &str) -> bool {
    const BY_WORDS: [&str; 8] = ["lua", "luau", "ruby", "shellscript", "elixir", "julia", "crystal", "fish"];
    let line = line.trim_end();
    match language {
        _ if BY_WORDS.contains(&language) => {
            let first = line.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let last = line.rsplit(|c: char| !c.is_alphanumeric() && c != ')').next().unwrap_or_default();
            BLOCKS.contains(&first) || BLOCKS.contains(&last) || line.ends_with('{')
        }
        "python" | "nim" | "gdscript" | "starlark" => line.ends_with(':'),
        _ if language.starts_with("yaml") => line.ends_with(':'),
        _ => {
            line.ends_with('{')
                || line.ends_with('[')
                || line.trim_start().starts_with('<') && line.ends_with('>')
        }
    }
}

/// Words that begin or end the line over a block.
#[rustfmt::skip]
const BLOCKS: [&str; 22] = [
    "then", "do", "def", "defp", "class", "module", "function", "if", "else", "elsif", "elseif", "elif", "for", "while",
    "until", "unless", "case", "when", "begin", "rescue", "repeat", "struct",
];
