//! How a document is indented: with tabs or spaces, and how wide a level is.

use super::line::{depth, split_indent};
use super::steps::is_aligned;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// How a document is indented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indent {
    /// Tabs, not spaces.
    pub tabs: bool,
    /// Columns of one level; at least 1.
    pub width: usize,
}

impl Default for Indent {
    fn default() -> Self {
        Self { tabs: false, width: 4 }
    }
}

impl Indent {
    /// What the text does, else what the lines around it do, the nearest first.
    pub fn of(text: &str, before: &str, after: &str) -> Self {
        let all = || before.lines().chain(text.lines()).chain(after.lines());
        let depths = all().map(depth).filter(|depth| LEVELS.contains(depth));
        let least = Self { tabs: false, width: depths.min().unwrap_or(Self::default().width) };
        let (own, near, all) =
            (Seen::of(text.lines()), Seen::of(nearest(before, text, after)), Seen::of(all()));
        let fallback = near.indent(all.indent(least));
        let told = [own.clone(), own.clone().and(&near)].into_iter().find(Seen::has_blocks);
        let width = told.unwrap_or(all.and(&own).and(&near)).indent(fallback).width;
        Self { width, ..own.indent(fallback) }
    }

    /// What most of the lines do; `fallback` where none is indented or tells its width. A few hundred lines are enough.
    pub fn detect<'a>(lines: impl Iterator<Item = &'a str>, fallback: Self) -> Self {
        Seen::of(lines).indent(fallback)
    }

    pub(super) fn render(self, columns: usize) -> String {
        if self.tabs {
            "\t".repeat(columns / self.width) + &" ".repeat(columns % self.width)
        } else {
            " ".repeat(columns)
        }
    }
}

/// What some lines tell of their indentation.
#[derive(Debug, Clone, Default)]
struct Seen {
    tabs: usize,
    spaces: usize,
    /// How often a line stands so many columns further in than the one that it is under: where that opens a block, and
    /// where it doesn't.
    steps: BTreeMap<usize, (usize, usize)>,
}

impl Seen {
    fn of<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut seen = Self::default();
        // The lines that the next one may be under, and whether it is the first.
        let mut open: Vec<(&str, bool)> = Vec::new();
        for line in lines.filter(|line| !line.trim().is_empty()) {
            let (indent, rest) = split_indent(line);
            if indent.starts_with('\t') {
                seen.tabs += 1;
                continue;
            }
            // A line of a block comment is one column further in.
            if rest.starts_with('*') {
                continue;
            }
            seen.spaces += usize::from(!indent.is_empty());
            open.retain(|(above, _)| depth(above) < indent.len());
            if let Some((above, is_first)) = open.last_mut()
                && std::mem::replace(is_first, false)
            {
                seen.step(above.trim(), indent.len() - depth(above));
            }
            open.push((line, true));
        }
        seen
    }

    fn step(&mut self, above: &str, by: usize) {
        if LEVELS.contains(&by) && !is_aligned(above, by) {
            let (blocks, others) = self.steps.entry(by).or_default();
            *if above.ends_with(['{', '[', ':', '>']) { blocks } else { others } += 1;
        }
    }

    fn has_blocks(&self) -> bool {
        self.steps.values().any(|(blocks, _)| *blocks > 0)
    }

    fn and(mut self, other: &Self) -> Self {
        for (by, (more_blocks, more_others)) in &other.steps {
            let (blocks, others) = self.steps.entry(*by).or_default();
            *blocks += more_blocks;
            *others += more_others;
        }
        self
    }

    fn indent(&self, fallback: Indent) -> Indent {
        if self.tabs == 0 && self.spaces == 0 {
            return fallback;
        }
        let common = self.steps.iter().max_by_key(|(step, count)| (**count, usize::MAX - **step));
        let tabs = self.tabs > self.spaces;
        let width = common.filter(|_| !tabs).map_or(fallback.width, |(step, _)| *step);
        Indent { tabs, width: width.max(1) }
    }
}

/// The columns that a level may have.
const LEVELS: RangeInclusive<usize> = 2..=8;

/// How many lines on each side are near.
const NEAR: usize = 12;

/// The lines right before and after a text, and its own between them.
pub(super) fn nearest<'a>(before: &'a str, text: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    let last = before.lines().count().saturating_sub(NEAR);
    before.lines().skip(last).chain(text.lines()).chain(after.lines().take(NEAR))
}
