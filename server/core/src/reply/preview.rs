//! The lines of an answer that can be shown while it is being written.

use super::choose::is_same_language;
use super::fences::{self, Seen};
use super::indent::Plan;
use super::intent::Intent;
use super::line::Lines;
use super::prose::is_prose_language;
use super::width::Widths;
use super::{Surroundings, part, prefixes, remark, repeat};
use std::collections::HashSet;

/// Cleans the first fenced block line by line. What isn't certain is held back; what was shown stays.
#[derive(Debug, Clone)]
pub(super) struct Preview {
    state: State,
    /// Lines that wait for the ones after them.
    held: Vec<String>,
    shown: Vec<String>,
    /// The base's lines without blanks at their end.
    known: HashSet<String>,
    /// Blank lines before the next shown one: those at the end are the base's business.
    blank: usize,
    /// The indentation of a fence is not part of the code.
    fence_indent: String,
    /// Where the answer has another width of a level than the document.
    widths: Option<Widths>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    /// Inside the block, its first lines are held.
    Deciding,
    Showing(Plan),
    /// The block is over, or the rest can't be shown before the end.
    Over,
}

impl Preview {
    pub(super) fn new(around: &Surroundings) -> Self {
        let known = Lines::of(&around.base).contents().map(|line| line.trim_end().to_owned()).collect();
        let (held, shown) = (Vec::new(), Vec::new());
        // Where a part of a line goes is known at the end.
        let state = if part::is_part(around) { State::Over } else { State::Waiting };
        Self { state, held, shown, known, blank: 0, fence_indent: String::new(), widths: None }
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.shown
    }

    pub(super) fn feed(&mut self, seen: Seen, line: &str, around: &Surroundings) {
        match (self.state, seen) {
            (State::Waiting, Seen::Opened) => {
                self.state = if is_plain(line, around) { State::Deciding } else { State::Over };
                super::line::split_indent(line).0.clone_into(&mut self.fence_indent);
            }
            (State::Deciding, Seen::Inside) => {
                self.held.push(self.unindent(line));
                self.decide(around, false);
            }
            (State::Deciding, Seen::Closed) => {
                self.decide(around, true);
                self.state = State::Over;
            }
            (State::Showing(plan), Seen::Inside) => {
                let line = self.unindent(line);
                let line = self.widened(line);
                self.show(plan, line, false, around);
            }
            (State::Showing(_), Seen::Closed) => self.state = State::Over,
            (State::Waiting | State::Deciding | State::Showing(_) | State::Over, _) => (),
        }
    }

    fn unindent(&self, line: &str) -> String {
        line.strip_prefix(self.fence_indent.as_str()).unwrap_or(line).to_owned()
    }

    fn widened(&mut self, line: String) -> String {
        match &mut self.widths {
            Some(widths) => widths.line(line),
            None => line,
        }
    }

    /// Shows the held lines once they tell how the block is to be read: two lines that hold something and don't repeat
    /// the text before the span, or the block's end.
    fn decide(&mut self, around: &Surroundings, is_end: bool) {
        let base = Lines::of(&around.base);
        let first = self.held.iter().find(|line| !line.trim().is_empty());
        let is_prefixed = first.is_some_and(|line| prefixes::may_be_prefixed(line));
        if is_prefixed && !base.contents().any(prefixes::may_be_prefixed) {
            self.state = State::Over;
            return;
        }
        let told = self.held.iter().filter(|line| !line.trim().is_empty()).count();
        let repeated = repeat::leading(&self.held, &base, &around.before);
        let left = self.held.iter().skip(repeated).filter(|line| !line.trim().is_empty()).count();
        let may_repeat = told < MOST_HELD && repeat::may_go_on(&self.held, &around.before);
        if !is_end && (left < 2 || may_repeat) {
            return;
        }
        let lines: Vec<String> = self.held.drain(..).skip(repeated).collect();
        let intent = Intent::of(&around.instruction);
        self.widths = Widths::of(&lines, &base, around, intent);
        let lines: Vec<String> = lines.into_iter().map(|line| self.widened(line)).collect();
        let plan = Plan::of(&lines, &base, around, intent);
        self.state = State::Showing(plan);
        let first = lines.iter().position(|line| !line.trim().is_empty());
        for (index, line) in lines.into_iter().enumerate() {
            if Some(index) >= first && self.state == State::Showing(plan) {
                self.show(plan, line, Some(index) == first, around);
            }
        }
    }

    fn show(&mut self, plan: Plan, line: String, is_first: bool, around: &Surroundings) {
        if line.trim().is_empty() {
            self.blank += 1;
            return;
        }
        if remark::may_be(&line, self.shown.last().map(String::as_str), &around.language)
            && !self.known.contains(line.trim_end())
        {
            self.state = State::Over;
            return;
        }
        for _ in 0..std::mem::take(&mut self.blank) {
            self.shown.push(around.line_ending.to_owned());
        }
        let stays = plan.moves_in() && !line.starts_with([' ', '\t']) && self.known.contains(line.trim_end());
        let line = if stays { line } else { plan.line(line, is_first, |line| self.known.contains(line)) };
        let line = if is_prose_language(&around.language) { line.as_str() } else { line.trim_end() };
        self.shown.push(format!("{line}{}", around.line_ending));
    }
}

/// Whether a block that a line opens is the text, as far as its language says: no patch, and no block in prose.
fn is_plain(line: &str, around: &Surroundings) -> bool {
    let info = fences::fence(line).map(|fence| fence.info).unwrap_or_default();
    let is_it = info.is_empty() || is_same_language(&info, &around.language);
    is_it || !is_prose_language(&around.language) && info != "diff" && info != "patch"
}

/// So many lines are held at most to see whether they repeat the text before the span.
const MOST_HELD: usize = 40;
