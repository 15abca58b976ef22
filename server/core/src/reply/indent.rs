//! Indentation: the document's style and depth, where an answer lost them.

use super::Surroundings;
use super::intent::Intent;
use super::line::{Lines, split_indent};
use super::prose::is_prose_language;
use super::restore::align;
use super::style::{Indent, nearest};
use super::texts;
use std::collections::HashSet;

/// What is done to the indentation of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    /// The document's.
    style: Indent,
    /// Columns of one level in the answer, where it uses spaces and the document tabs.
    unit: usize,
    /// Whether lines of another style are rewritten.
    converts: bool,
    /// Columns that the first line moves in; negative moves out.
    first: isize,
    /// Columns that the other lines move in.
    rest: isize,
}

impl Plan {
    /// Reads the plan off the answer's lines (its first few are enough) and the base.
    pub(super) fn of(lines: &[String], base: &Lines, around: &Surroundings, intent: Intent) -> Self {
        // Where tabs and spaces make up one indentation, a tab is eight columns.
        let is_mixed = has_both(base.contents());
        let width = if is_mixed { 8 } else { around.indent.width.max(1) };
        let style = Indent { width, ..around.indent };
        let unit = answer_unit(lines, base, style);
        let converts = !intent.indents && !is_mixed && !knows_the_mixture(lines, base, around, style);
        let mut plan = Self { style, unit, converts, first: 0, rest: 0 };
        if intent.indents {
            return plan;
        }
        // A line that stands in the base as it is has the base's depth, however its blanks are mixed.
        let known: HashSet<&str> = base.contents().map(str::trim_end).collect();
        let depth = |line: &str| {
            if known.contains(line.trim_end()) { base_columns(line, style) } else { plan.columns(line) }
        };
        let unmoved = plan.unmoved(lines, base);
        let moving = lines.iter().zip(&unmoved).filter(|(_, unmoved)| unmoved.is_none());
        let answer = told(moving.map(|(line, _)| line.as_str()), depth);
        let is_unmoved = |index: usize| unmoved.contains(&Some(index));
        let moving = base.contents().enumerate().filter(|(index, _)| !is_unmoved(*index));
        let told_base = told(moving.map(|(_, line)| line), |line| base_columns(line, style));
        let moved = if told_base.is_empty() {
            plan.for_insertion(&answer, base, around)
        } else {
            moves(&answer, &told_base, style, &around.language)
        };
        (plan.first, plan.rest) = moved;
        plan
    }

    pub(super) fn apply(self, lines: Vec<String>, base: &Lines, language: &str) -> Vec<String> {
        let at_the_edge = texts::at_the_edge(&lines, language);
        let known: HashSet<&str> = base.contents().map(str::trim_end).collect();
        let first = lines.iter().position(|line| !line.trim().is_empty());
        let unmoved = self.unmoved(&lines, base);
        let each = lines.into_iter().zip(unmoved).enumerate();
        each.map(|(index, (line, unmoved))| match unmoved {
            _ if at_the_edge.get(index) == Some(&true) => line,
            Some(_) => line,
            None => self.line(line, Some(index) == first, |line| known.contains(line)),
        })
        .collect()
    }

    /// Whether the lines behind the first get more indentation than they came with.
    pub(super) fn moves_in(self) -> bool {
        self.rest > 0
    }

    /// For each line of an answer that came out of its depth the base's line that it is, where it stands as far in as
    /// there, and that is less far than the base's first line: a text in quotes, a heredoc, or a condition of C's
    /// preprocessor, which has no depth to lose.
    fn unmoved(self, lines: &[String], base: &Lines) -> Vec<Option<usize>> {
        let none = vec![None; lines.len()];
        let is_told = |line: &&str| !line.trim().is_empty();
        let base_lines: Vec<&str> = base.contents().collect();
        let depth = |line: &str| base_columns(line, self.style);
        let Some(base_first) = base_lines.iter().copied().find(is_told).map(depth) else { return none };
        let answer_first =
            lines.iter().map(String::as_str).find(is_told).map_or(0, |line| self.columns(line));
        let Some(by) = base_first.checked_sub(answer_first).filter(|by| *by > 0) else { return none };
        let trimmed: Vec<&str> = base_lines.iter().map(|line| line.trim()).collect();
        let answer: Vec<String> = lines.iter().map(|line| line.trim().to_owned()).collect();
        let pairs: Vec<Option<(usize, &str, &str)>> = align(&trimmed, &answer)
            .into_iter()
            .zip(lines)
            .map(|(partner, line)| Some((partner?, line.as_str(), *base_lines.get(partner?)?)))
            .map(|pair| pair.filter(|(_, line, _)| is_told(line)))
            .collect();
        let mut moved = pairs.iter().flatten().filter(|(_, _, known)| depth(known) >= base_first).peekable();
        // Where the answer stands around the base's lines, those that are further in may have moved as well.
        let is_moved_out =
            moved.peek().is_some() && moved.all(|(_, line, known)| depth(known) == self.columns(line) + by);
        let stays = |line: &str, known: &str| {
            line.trim_end() == known.trim_end()
                && depth(known) < base_first
                && (depth(known) == 0 || is_moved_out)
        };
        let unmoved = |pair: Option<(usize, &str, &str)>| {
            pair.filter(|(_, line, known)| stays(line, known)).map(|(index, _, _)| index)
        };
        let mut stays: Vec<Option<usize>> = pairs.iter().copied().map(unmoved).collect();
        // Lines that come in place of others in such a text have no depth either.
        let mut last = None;
        for (index, pair) in pairs.iter().enumerate() {
            let Some((known, ..)) = pair else { continue };
            if let Some((from, base_from)) = last.replace((index, *known))
                && stays.get(index).is_some_and(Option::is_some)
                && let Some(text) = base_lines.get(base_from + 1..*known).filter(|text| !text.is_empty())
                && text.iter().all(|line| depth(line) < base_first)
                && closes_a_text(&base_lines, base_from, *known)
                && let Some(new) = stays.get_mut(from + 1..index)
            {
                new.fill(Some(base_from + 1));
            }
        }
        stays
    }

    /// One line of the answer. A line that stands in the base as it is stays, if nothing moves.
    pub(super) fn line(self, line: String, is_first: bool, is_known: impl Fn(&str) -> bool) -> String {
        let (indent, rest) = split_indent(&line);
        if rest.is_empty() {
            return line;
        }
        let shift = if is_first { self.first } else { self.rest };
        let foreign = if self.style.tabs { "    " } else { "\t" };
        let is_foreign = self.converts && indent.contains(foreign_or_wide(foreign, self.unit).as_str());
        if shift == 0 && (!is_foreign || is_known(line.trim_end())) {
            return line;
        }
        let columns = self.columns(&line).saturating_add_signed(shift);
        self.style.render(columns) + rest
    }

    /// A line's indentation in the document's columns.
    fn columns(self, line: &str) -> usize {
        let (indent, _) = split_indent(line);
        let tabs = indent.matches('\t').count();
        let spaces = indent.len() - tabs;
        if self.style.tabs && self.converts {
            return (tabs + spaces / self.unit) * self.style.width + spaces % self.unit;
        }
        tabs * self.style.width + spaces
    }

    /// Where nothing is replaced there is only the text around to go by. Any depth that makes sense there is kept.
    fn for_insertion(self, answer: &[(&str, usize)], base: &Lines, around: &Surroundings) -> (isize, isize) {
        let Some((_, first)) = answer.first() else { return (0, 0) };
        let depth = |line: &str| base_columns(line, self.style);
        let before = Lines::of(&around.before).contents().filter(|line| !line.trim().is_empty()).last();
        let after = Lines::of(&around.after).contents().find(|line| !line.trim().is_empty());
        let typed = base.contents().map(depth).max().unwrap_or(0);
        let opens = before.is_some_and(opens);
        let before = before.map_or(0, depth);
        let expected = match (typed, opens) {
            (0, true) => before + self.style.width,
            (0, false) => before,
            (typed, _) => typed,
        };
        // Behind a line that opens a block only what closes it, or a label, stands no further in.
        let is_inside = opens && !around.language.starts_with("yaml") && !is_prose_language(&around.language);
        let is_label = answer.first().is_some_and(|(line, _)| {
            line.starts_with(['}', ')', ']', '#', '<']) || line.trim_end().ends_with(':')
        });
        let is_beside = (!is_inside || is_label) && (*first == before || *first == after.map_or(0, depth));
        let fits = *first == expected || (typed == 0 && is_beside);
        if fits || *first > 0 { (0, 0) } else { (expected as isize, expected as isize) }
    }
}

fn has_tab(line: &str) -> bool {
    line.starts_with('\t')
}

fn has_spaces(line: &str) -> bool {
    let (indent, rest) = split_indent(line);
    indent.contains("  ") && !rest.is_empty() && !rest.starts_with('*')
}

/// Whether some lines are indented by tabs, and some by spaces or both.
fn has_both<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    let (tabs, spaces) = lines
        .fold((false, false), |(tabs, spaces), line| (tabs || has_tab(line), spaces || has_spaces(line)));
    tabs && spaces
}

/// Whether tabs and spaces are mixed there, and the answer isn't all in the other style: it has seen how they are.
fn knows_the_mixture(lines: &[String], base: &Lines, around: &Surroundings, style: Indent) -> bool {
    let tabs = lines.iter().any(|line| has_tab(line));
    let spaces = lines.iter().any(|line| has_spaces(line) && !has_tab(line));
    let is_other = if style.tabs { spaces && !tabs } else { tabs && !spaces };
    has_both(base.contents().chain(nearest(&around.before, "", &around.after))) && !is_other
}

/// How far the first line and the others move, in columns.
fn moves(answer: &[(&str, usize)], base: &[(&str, usize)], style: Indent, language: &str) -> (isize, isize) {
    let (Some(first), Some(base_first)) = (answer.first(), base.first()) else { return (0, 0) };
    let least = |lines: &[(&str, usize)]| lines.iter().map(|(_, columns)| *columns).min();
    let (least_answer, least_base) = (least(answer).unwrap_or(0), least(base).unwrap_or(0));
    if first.1 == base_first.1 || least_answer == least_base && first.1 >= base_first.1 {
        return (0, 0);
    }
    let by_first = base_first.1 as isize - first.1 as isize;
    let by_least = least_base as isize - least_answer as isize;
    if first.1 < base_first.1 {
        if only_first_lost(answer, base, style) {
            return (by_first, 0);
        }
        let by = if first.1 == least_answer { by_first } else { by_least };
        return (by, by);
    }
    // Further in than the base: harmless, unless depth has a meaning that the model may have wanted.
    let depth_means =
        ["python", "yaml", "haskell", "fsharp", "nim", "coffeescript", "markdown", "pug", "makefile"];
    let is_all_moved = || moved_alike(answer, base, first.1 - base_first.1);
    let moves_out = first.1 == least_answer
        && base_first.1 == least_base
        && (!depth_means.contains(&language) || is_all_moved());
    if moves_out { (by_first, by_first) } else { (0, 0) }
}

/// Whether the first line and every other one that stands in the base, at least three, came so much further in. Where
/// nothing else changed, that is what was wanted.
fn moved_alike(answer: &[(&str, usize)], base: &[(&str, usize)], by: usize) -> bool {
    let lines = |of: &[(&str, usize)]| of.iter().map(|(line, _)| (*line).to_owned()).collect::<Vec<_>>();
    if lines(answer) == lines(base) {
        return false;
    }
    let known: Vec<(usize, usize)> = answer
        .iter()
        .filter_map(|(line, columns)| {
            let (_, base_columns) = base.iter().find(|(base_line, _)| base_line == line)?;
            Some((*columns, *base_columns))
        })
        .collect();
    let is_first_known = answer.first().map(|(line, _)| line) == base.first().map(|(line, _)| line);
    is_first_known && known.len() >= 3 && known.iter().all(|(columns, was)| *columns == was + by)
}

/// Whether the first line came without its indentation and the others with theirs: as text copied from the middle of
/// a line.
fn only_first_lost(answer: &[(&str, usize)], base: &[(&str, usize)], style: Indent) -> bool {
    let (Some(rest), Some(base_rest)) = (answer.get(1..), base.get(1..)) else { return false };
    let deltas = rest.iter().filter_map(|(line, columns)| {
        let (_, base_columns) = base_rest.iter().find(|(base_line, _)| base_line == line)?;
        Some(*base_columns as isize - *columns as isize)
    });
    let (mut kept, mut lost) = (0, 0);
    for delta in deltas {
        kept += usize::from(delta == 0);
        lost += usize::from(delta > 0);
    }
    let least = |lines: &[(&str, usize)]| lines.iter().map(|(_, columns)| *columns).min();
    if least(rest) < least(base_rest) {
        return false;
    }
    if let (Some((first, depth)), Some((_, next))) = (answer.first(), rest.first())
        && opens(first)
    {
        return *next > depth + style.width;
    }
    match kept.cmp(&lost) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => {
            least(rest).is_some_and(|columns| columns > 0) && least(rest) == least(base_rest)
        }
    }
}

/// Whether a line ends a text in quotes, or the heredoc that a line up to `from` begins.
fn closes_a_text(base: &[&str], from: usize, line: usize) -> bool {
    let Some(end) = base.get(line).map(|line| line.trim().trim_end_matches([';', ')', ','])) else {
        return false;
    };
    let begins = |line: &&str| line.split_once("<<").is_some_and(|(_, name)| name.contains(end));
    end.starts_with(['"', '\'', '`']) || !end.is_empty() && base.iter().take(from + 1).any(begins)
}

/// Whether the next line is one level further in.
fn opens(line: &str) -> bool {
    line.trim_end().ends_with(['{', '(', '[', ':'])
}

/// Columns of one level in an answer that uses spaces.
fn answer_unit(lines: &[String], base: &Lines, style: Indent) -> usize {
    if !style.tabs {
        return style.width;
    }
    let mut depths: Vec<usize> = vec![0];
    for line in lines {
        let (indent, rest) = split_indent(line);
        if !rest.is_empty() && !rest.starts_with('*') && !indent.contains('\t') {
            depths.push(indent.len());
        }
    }
    let base_level = base
        .contents()
        .find(|line| !line.trim().is_empty())
        .map_or(0, |line| split_indent(line).0.matches('\t').count());
    let first = depths.get(1).copied().unwrap_or(0);
    let by_level = first.checked_div(base_level).filter(|unit| unit * base_level == first);
    if let Some(unit) = by_level.filter(|unit| [2, 3, 4, 8].contains(unit)) {
        return unit;
    }
    depths.sort_unstable();
    let steps = depths.iter().zip(depths.iter().skip(1)).map(|(low, high)| high - low);
    steps.filter(|step| *step >= 2).min().unwrap_or(style.width).max(1)
}

/// What marks an indentation as one of the other style: in a document with tabs, spaces for a whole level.
fn foreign_or_wide(foreign: &str, unit: usize) -> String {
    if foreign == "\t" { foreign.to_owned() } else { " ".repeat(unit) }
}

fn base_columns(line: &str, style: Indent) -> usize {
    let (indent, _) = split_indent(line);
    let tabs = indent.matches('\t').count();
    tabs * style.width + indent.len() - tabs
}

fn told<'a>(lines: impl Iterator<Item = &'a str>, columns: impl Fn(&str) -> usize) -> Vec<(&'a str, usize)> {
    lines.filter(|line| !line.trim().is_empty()).map(|line| (line.trim(), columns(line))).collect()
}
