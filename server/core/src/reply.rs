//! A model's answer to an instruction, cleaned into the text that replaces the span.
//!
//! Models answer with fences, explanations, "think" blocks, repeated lines, lost indentation and remarks in place of
//! code. None of that reaches the document: what can't be made into a whole replacement is a [`ReplyProblem`].

mod beyond;
mod choose;
mod comma;
mod definition;
mod deletion;
mod elision;
mod ellipsis;
mod enclosing;
pub(crate) mod fences;
mod hidden;
mod indent;
mod inner;
mod intent;
mod line;
mod marks;
mod missing;
mod part;
mod patch;
mod prefixes;
mod preview;
mod prose;
mod remark;
mod repeat;
mod restore;
mod steps;
mod style;
mod telling;
mod texts;
mod thinking;
mod width;
mod wrapper;
mod wrapping;

pub use style::Indent;

use crate::problem::{Problem, ProblemKind};
use crate::provider::StopReason;
use choose::Meant;
use fences::Scanner;
use intent::Intent;
use line::Lines;
use preview::Preview;
use std::ops::Range;
use thinking::Thinking;

/// What stands around an answer: the text it replaces and the document it goes into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The text of the span: whole lines.
    pub base: String,
    /// What the user selected, as bytes of `base`, where that is less.
    pub selected: Option<Range<usize>>,
    /// The document before the span, as far as the prompt gave it.
    pub before: String,
    /// The document after the span, as far as the prompt gave it.
    pub after: String,
    /// The document's indentation.
    pub indent: Indent,
    /// The document's line ending: `\n`, `\r\n` or `\r`.
    pub line_ending: &'static str,
    /// The LSP language id.
    pub language: String,
    /// What the user asked for, with every further word.
    pub instruction: String,
}

/// The text that replaces the span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clean {
    pub text: String,
    /// What the user should know before accepting, as a sentence.
    pub warning: Option<String>,
}

/// Why an answer can't replace the span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyProblem {
    #[error("the model answered nothing")]
    Empty,
    /// The model declined or answered in prose; its words, shortened.
    #[error("the model answered in words")]
    Declined { words: String },
    /// The answer leaves code out, and what is meant isn't certain; the remark that stands for it.
    #[error("the answer leaves code out")]
    Elided { remark: String },
    /// The answer is in so many blocks, and none of them is the whole.
    #[error("the answer comes in {blocks} pieces")]
    Pieces { blocks: usize },
    /// The answer is a patch that doesn't fit the text.
    #[error("the answer is a patch that does not fit the text")]
    Patch,
    /// The answer repeats the text around the span with changes, and where the span begins or ends in it isn't certain.
    #[error("the answer goes beyond the selection")]
    Beyond,
    /// The answer ended at the output limit.
    #[error("the answer was cut at the output limit")]
    Cut,
}

impl ReplyProblem {
    /// The problem as it is shown.
    pub fn to_problem(&self) -> Problem {
        let problem = |kind, next: &str| Problem::new(kind, self.to_string(), next);
        match self {
            Self::Empty => problem(ProblemKind::EmptyAnswer, "Try again, or say more in the instruction."),
            Self::Declined { words } => problem(
                ProblemKind::Declined,
                "Nothing was changed. Say it in other words, or ask in the chat.",
            )
            .with_detail(words),
            Self::Elided { remark } => {
                problem(ProblemKind::Elided, "Nothing was changed. Select less text, or try again.")
                    .with_detail(format!("`{remark}`"))
            }
            Self::Beyond => problem(
                ProblemKind::Elided,
                "Nothing was changed. Select all of what is to change, or try again.",
            ),
            Self::Pieces { .. } | Self::Patch => {
                problem(ProblemKind::Elided, "Nothing was changed. Select less text, or try again.")
            }
            Self::Cut => problem(
                ProblemKind::StreamEndedEarly,
                "Nothing was changed. Select less text, or raise the provider's `maxOutputTokens`.",
            ),
        }
    }
}

/// An answer as it streams in.
#[derive(Debug, Clone)]
pub struct Reply {
    around: Surroundings,
    /// The line that isn't complete yet.
    pending: String,
    /// Every complete line that isn't "think" text.
    lines: Vec<String>,
    thinking: Thinking,
    scanner: Scanner,
    preview: Preview,
}

impl Reply {
    pub fn new(around: Surroundings) -> Self {
        let preview = Preview::new(&around);
        let thinking = Thinking::new(&around.base);
        let (pending, lines, scanner) = (String::new(), Vec::new(), Scanner::default());
        Self { around, pending, lines, thinking, scanner, preview }
    }

    /// Takes the next piece of the answer, cut anywhere.
    pub fn push(&mut self, piece: &str) {
        let mut rest = piece;
        while let Some((line, after)) = rest.split_once('\n') {
            self.pending.push_str(line);
            rest = after;
            self.complete_lines();
        }
        self.pending.push_str(rest);
    }

    /// The replacement's lines that are complete, each with its line ending: a preview. A later call's lines start
    /// with an earlier call's. They hold nothing of fences, explanations or "think" text; [`Self::finish`] may still
    /// decide otherwise about them.
    pub fn lines_so_far(&self) -> &[String] {
        self.preview.lines()
    }

    /// What the model wrote but for "think" text, as it came.
    pub fn written(&self) -> String {
        let lines: String = self.lines.iter().map(|line| format!("{line}\n")).collect();
        lines + &self.pending
    }

    /// The replacement, or why there is none.
    pub fn finish(mut self, stop: &StopReason) -> Result<Clean, ReplyProblem> {
        if !self.pending.is_empty() {
            self.complete_lines();
        }
        let lines = self.thinking.drop_orphan(&self.lines);
        match stop {
            StopReason::Refused => return Err(prose::declined(lines)),
            StopReason::Length if !fences::is_whole(lines) => return Err(ReplyProblem::Cut),
            StopReason::Length | StopReason::End | StopReason::ToolCalls | StopReason::Other(_) => (),
        }
        let answer = choose::meant(lines, &self.around)?;
        clean(answer, &self.around, fences::ends_inside(lines))
    }

    /// Takes what stands before a `\n`. A carriage return in it ends a line as well, and those before the `\n` belong
    /// to that: none may get into the document as a letter.
    fn complete_lines(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        for line in pending.trim_end_matches('\r').split('\r') {
            self.complete_line(line);
        }
    }

    fn complete_line(&mut self, line: &str) {
        let line =
            line.strip_prefix('\u{feff}').filter(|_| !self.around.base.contains('\u{feff}')).unwrap_or(line);
        let Some(line) = marks::without(line, &self.around.base, &self.lines) else { return };
        let visible =
            if self.scanner.is_inside() { Some(line.to_owned()) } else { self.thinking.visible(line) };
        let Some(line) = visible else { return };
        let seen = self.scanner.feed(&line);
        self.preview.feed(seen, &line, &self.around);
        self.lines.push(line);
    }
}

/// From the lines that the model means to the text that replaces the span. `is_open` says that their block isn't closed.
fn clean(answer: Meant, around: &Surroundings, is_open: bool) -> Result<Clean, ReplyProblem> {
    let base = Lines::of(&around.base);
    let intent = Intent::of(&around.instruction);
    if line::is_blank(&answer.lines) {
        return empty(around, intent);
    }
    if prose::says_nothing(&answer.lines, &base) {
        return empty(around, intent);
    }
    let lines = wrapping::unwrapped(answer.lines, &base, around, intent);
    let lines = prefixes::strip(lines, &base, around, &answer.info, intent)?;
    if line::is_blank(&lines) {
        return empty(around, intent);
    }
    let (lines, part) = part::completed(lines, around);
    let lines = wrapper::without(lines, &base, around, intent);
    let length = lines.len();
    let lines = enclosing::without_blocks(lines, &base, around, intent);
    let was_block = lines.len() < length;
    let lines = repeat::without_end(lines, &base, around);
    let lines = repeat::without_frame(lines, &base, around, intent);
    let lines = repeat::without_after(lines, &base, around, intent);
    let lines = repeat::without_before(lines, &base, around, intent);
    let beyond::Within { lines, warning: beyond } = beyond::within(lines, &base, around)?;
    if line::is_blank(&lines) && !base.is_blank() {
        // All of it was what stands around the selection.
        return empty(around, intent);
    }
    let (lines, width) = width::adapted(lines, &base, around, intent);
    let (lines, body) = part::with_its_block(lines, &base, intent);
    let plan = indent::Plan::of(&lines, &base, around, intent);
    let lines = plan.apply(lines, &base, &around.language);
    let lines = repeat::without_closers(lines, &base, around, intent);
    let elision::Expanded { lines, warning: expanded } = elision::expand(lines, &base, around, intent)?;
    let lines = restore::edges(lines, &base, around, intent);
    let is_again = was_block && enclosing::defines_again(&lines, &base, around);
    if is_again || enclosing::nests(&lines, &base, around, intent) {
        return Err(ReplyProblem::Beyond);
    }
    if deletion::leaves_ends(&lines, &base, intent) {
        return Err(ReplyProblem::Empty);
    }
    let unfinished = is_open.then(|| deletion::unfinished(&lines, &base, intent)).flatten();
    let deleted = unfinished.or_else(|| deletion::warning(&lines, &base, intent, &around.language));
    let lines = comma::kept(lines, &base, around);
    let text = restore::render(&lines, &base, around, intent);
    let warnings: Vec<String> = part
        .into_iter()
        .chain(beyond)
        .chain(width)
        .chain(body)
        .chain(expanded)
        .chain(deleted)
        .chain(hidden::warning(&text, &around.base))
        .collect();
    Ok(Clean { text, warning: (!warnings.is_empty()).then(|| warnings.join(" ")) })
}

/// An empty block deletes what was selected, only where the user asked for that.
fn empty(around: &Surroundings, intent: Intent) -> Result<Clean, ReplyProblem> {
    if intent.deletes && !around.base.trim().is_empty() {
        return Ok(Clean { text: part::without(around).unwrap_or_default(), warning: None });
    }
    Err(ReplyProblem::Empty)
}

#[cfg(test)]
mod tests;
