//! The width of a level: an answer written with two spaces for a document that has four, or the other way.
//!
//! It is only changed where each block of the answer says how wide its levels are, and the document says otherwise. What
//! is aligned to something in the line above stays aligned to it, and what stands in a text of several lines stays.

use super::Surroundings;
use super::intent::Intent;
use super::line::{Lines, depth, split_indent};
use super::prose::is_prose_language;
use super::steps::{Kind, Pairs, Step, is_aligned, steps};
use super::style::nearest;
use super::texts::Text;
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

/// The lines with the document's width, and what the user should know before accepting. They are as they were where that
/// isn't certain.
pub(super) fn adapted(
    lines: Vec<String>,
    base: &Lines,
    around: &Surroundings,
    intent: Intent,
) -> (Vec<String>, Option<String>) {
    match told(&lines, base, around, intent) {
        Told::Own => (lines, None),
        Told::Other(unit) => {
            let mut widths = Widths::new(unit, base, around);
            (lines.into_iter().map(|line| widths.line(line)).collect(), None)
        }
        Told::Odd(unit) => {
            let width = around.indent.width;
            let warning = format!("The answer is indented by {unit} columns, and the document by {width}.");
            (lines, Some(warning))
        }
    }
}

/// What an answer tells of the width of its levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// It has the document's, or nothing tells another.
    Own,
    /// It certainly has so many columns.
    Other(usize),
    /// It may have.
    Odd(usize),
}

fn told(lines: &[String], base: &Lines, around: &Surroundings, intent: Intent) -> Told {
    let has_tab = |line: &str| split_indent(line).0.contains('\t');
    if around.indent.tabs
        || intent.indents
        || is_prose_language(&around.language)
        || lines.iter().any(|line| has_tab(line))
        || base.contents().any(has_tab)
    {
        return Told::Own;
    }
    let (width, language) = (around.indent.width, around.language.as_str());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let answer = steps(&lines, language);
    let pairs = Pairs::of(&lines, base);
    let units = pairs.units(&answer, width);
    if units.contains(&width) || units.is_empty() && pairs.keep(&answer) {
        return Told::Own;
    }
    let own: Vec<&str> = base.contents().collect();
    let own = steps(&own, language);
    let near: Vec<&str> = nearest(&around.before, &around.base, &around.after).collect();
    let near = steps(&near, language);
    let by = |steps: &[Step], kind: Kind| -> Vec<usize> {
        steps.iter().filter(|step| step.kind == kind).map(|step| step.by).collect()
    };
    let blocks = by(&answer, Kind::Block);
    if let Some(unit) = other(&units, width).filter(|unit| blocks.iter().all(|by| by == unit)) {
        return Told::Other(unit);
    }
    for kind in [Kind::Block, Kind::Arguments] {
        let found = by(&answer, kind);
        if found.is_empty() {
            continue;
        }
        let known = Some(by(&own, kind)).filter(|known| !known.is_empty()).unwrap_or_else(|| by(&near, kind));
        let is_other = |unit: &usize| known.contains(&width) && !known.contains(unit);
        if let Some(unit) = other(&found, width).filter(is_other) {
            return Told::Other(unit);
        }
        break;
    }
    let known: HashSet<usize> = own.iter().chain(&near).map(|step| step.by).collect();
    let is_odd = |step: &&Step| {
        let is_narrow = !step.by.is_multiple_of(width) && step.by > 1;
        let is_wide = step.kind == Kind::Block && step.by > width;
        let is_told = matches!(step.kind, Kind::Block | Kind::Arguments);
        is_told && (is_narrow || is_wide) && !known.contains(&step.by)
    };
    let odd = answer.iter().find(is_odd).filter(|_| known.contains(&width));
    odd.map_or(Told::Own, |step| Told::Odd(step.by))
}

/// The one width that all of some steps have, where that isn't the document's.
fn other(steps: &[usize], width: usize) -> Option<usize> {
    let unit = *steps.first()?;
    let is_other = unit != width && [2, 3, 4, 8].contains(&unit) && steps.iter().all(|step| *step == unit);
    is_other.then_some(unit)
}

impl Widths {
    /// `None` where the answer has the document's width, or it isn't certain that it has another.
    pub(super) fn of(lines: &[String], base: &Lines, around: &Surroundings, intent: Intent) -> Option<Self> {
        match told(lines, base, around, intent) {
            Told::Other(unit) => Some(Self::new(unit, base, around)),
            Told::Own | Told::Odd(_) => None,
        }
    }

    fn new(unit: usize, base: &Lines, around: &Surroundings) -> Self {
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
        let (width, language) = (around.indent.width, around.language.clone());
        Self { unit, width, known, columns, base_first, language, open: Vec::new(), text: None }
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

/// Whether the value of a line of YAML is the block of text below it.
fn is_block_of_text(line: &str) -> bool {
    let value = line.rsplit([' ', ':']).next().unwrap_or_default();
    value.starts_with(['|', '>']) && value.len() <= 3
}
