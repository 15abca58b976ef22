//! Context: which of the mentioned text goes along with a question, under a token budget.
//!
//! What was cut or left out is always said ([`Item::left_out`]). Nothing here reads a file; sources are resolved.

use crate::counted::counted;
use crate::position;
use crate::prompt;
use ropey::Rope;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::ops::Range;

/// Estimated tokens of so many bytes: 3.5 bytes each, rounded up.
pub fn tokens(bytes: usize) -> u64 {
    (bytes as u64 * 2).div_ceil(7)
}

/// Which document a source is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file's name without its path, for labels and for the model.
    pub name: String,
    pub uri: String,
    /// The LSP language id.
    pub language: String,
    /// The user let it go along, whatever the rules say.
    pub allowed: bool,
}

/// Something the user mentioned, resolved to text.
#[derive(Debug, Clone)]
pub enum Source {
    /// A range of a document: its exact text, and the range as the client gave it.
    Selection { origin: Origin, range: position::Range, text: String },
    /// Diagnostics of a document.
    Problems { origin: Origin, notes: Vec<Note> },
    /// A whole document. If it must be cut, the zero-based `keep` lines stay (e.g. those of a selection).
    File { origin: Origin, text: Rope, keep: Option<Range<usize>> },
    /// A document that is open besides; it goes along whole or not at all.
    OpenFile { origin: Origin, text: Rope },
    /// Something of a document that a rule keeps back: it is told, and nothing of it goes along.
    Blocked { origin: Origin, rule: String },
}

/// A diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub range: position::Range,
    /// 1 error, 2 warning, 3 information, 4 hint (LSP `DiagnosticSeverity`).
    pub severity: Option<u8>,
    pub source: Option<String>,
    pub message: String,
}

impl Note {
    /// `line 3: error (rustc): message`; the line is counted from 1 in the document.
    pub fn to_line(&self) -> String {
        self.to_line_in(0)
    }

    /// The same with lines counted from 1 at the document's line `first` (zero-based); `above it` before that.
    pub fn to_line_in(&self, first: u32) -> String {
        let place = match self.range.start.line.checked_sub(first) {
            Some(line) => format!("line {}", line + 1),
            None => "above it".to_owned(),
        };
        let severity = match self.severity {
            Some(1) => "error",
            Some(2) => "warning",
            Some(3) => "information",
            Some(4) => "hint",
            Some(_) | None => "problem",
        };
        let source = self.source.as_deref().map(|source| format!(" ({source})")).unwrap_or_default();
        let message = self.message.trim().lines().collect::<Vec<_>>().join("\n    ");
        format!("{place}: {severity}{source}: {message}")
    }
}

/// A piece of text that goes along.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Block {
    /// What it is, for the model and for a person: `selection main.rs:3-9`.
    pub label: String,
    /// The LSP language id.
    pub language: String,
    pub text: String,
    /// The document it is of, so that a rule made later keeps it out of later questions. No model sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// The user let it go along, whatever the rules say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allowed: bool,
}

/// What is said to the user about one source, field for field what the protocol's context item holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    pub label: String,
    /// Not kept: where a kept block is from, it knows itself.
    #[serde(skip)]
    pub uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<position::Range>,
    /// Estimated tokens it takes, or would have taken.
    pub tokens: u64,
    /// Why it was left out or cut, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    /// Whether at least a part of it goes along.
    pub goes_along: bool,
    /// The rule that keeps it back, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
}

impl Item {
    /// Of something that goes along whole and is of no document.
    pub(crate) fn along(label: String, tokens: u64) -> Self {
        Self { label, uri: None, range: None, tokens, left_out: None, goes_along: true, blocked: None }
    }
}

/// What goes along with a question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    pub blocks: Vec<Block>,
    /// One for each source, also for those left out.
    pub items: Vec<Item>,
    /// Estimated tokens of the blocks.
    pub tokens: u64,
}

impl Context {
    /// The documents of which something goes along because no rule keeps it back, and not by the user's word.
    pub fn by_rule(&self) -> impl Iterator<Item = String> {
        self.blocks.iter().filter(|block| !block.allowed).filter_map(|block| block.uri.clone())
    }
}

/// Picks what goes along within `budget` tokens, `question_tokens` of which are taken: selections and problems first,
/// then files (cut around the lines to keep, at whole lines), then the open files that still fit. A document
/// mentioned as a file and as an open file goes along once.
pub fn gather(sources: &[Source], question_tokens: u64, budget: u64) -> Context {
    let mut sources: Vec<&Source> = sources.iter().collect();
    sources.sort_by_key(|source| priority(source));
    let mut seen = HashSet::new();
    let mut context = Context::default();
    for source in sources.into_iter().filter(|source| seen.insert(identity(source))) {
        let room = budget.saturating_sub(question_tokens).saturating_sub(context.tokens);
        let (block, item) = fit(source, Room { left: room, budget });
        context.tokens += block.as_ref().map_or(0, block_tokens);
        context.blocks.extend(block);
        context.items.push(item);
    }
    context
}

#[derive(Clone, Copy)]
struct Room {
    left: u64,
    budget: u64,
}

fn priority(source: &Source) -> u8 {
    match source {
        Source::Selection { .. } | Source::Problems { .. } => 0,
        Source::File { .. } => 1,
        Source::OpenFile { .. } => 2,
        Source::Blocked { .. } => 3,
    }
}

/// Two sources with the same identity are the same thing mentioned twice.
fn identity(source: &Source) -> String {
    match source {
        Source::Selection { origin, range, .. } => format!("selection {range:?} {}", origin.uri),
        Source::Problems { origin, notes } => format!("problems {notes:?} {}", origin.uri),
        Source::File { origin, .. } | Source::OpenFile { origin, .. } => format!("file {}", origin.uri),
        Source::Blocked { origin, .. } => format!("blocked {}", origin.uri),
    }
}

fn fit(source: &Source, room: Room) -> (Option<Block>, Item) {
    match source {
        Source::Blocked { origin, rule } => (None, blocked(origin, rule)),
        Source::Selection { origin, range, text } => fit_selection(origin, *range, text, room),
        Source::Problems { origin, notes } => fit_problems(origin, notes, room),
        Source::File { origin, text, keep } => fit_file(origin, text, keep.as_ref(), room),
        Source::OpenFile { origin, text } => fit_open_file(origin, text, room),
    }
}

fn fit_selection(origin: &Origin, range: position::Range, text: &str, room: Room) -> (Option<Block>, Item) {
    let first = range.start.line as usize;
    let rope = Rope::from_str(text);
    let lines = content_lines(&rope);
    let label = |lines: usize| format!("selection {}", lines_label(&origin.name, first..first + lines));
    let whole = block(origin, label(lines), text.to_owned());
    let mut item = item(origin, &whole, Some(range));
    if item.tokens <= room.left {
        return (Some(whole), item);
    }
    match window(&rope, &(0..0), origin, room.left, first) {
        Some(kept) => {
            let cut = block(origin, label(kept.end), slice(&rope, &kept));
            item.left_out = Some(cut_reason(kept.end, lines, room));
            item.label.clone_from(&cut.label);
            item.tokens = block_tokens(&cut);
            (Some(cut), item)
        }
        None => (None, left_out(item, room)),
    }
}

fn fit_problems(origin: &Origin, notes: &[Note], room: Room) -> (Option<Block>, Item) {
    let label = |n: usize| format!("{} in {}", counted(n as u64, "problem"), origin.name);
    let text = |n: usize| notes.iter().take(n).map(|note| note.to_line() + "\n").collect::<String>();
    let plain = Origin { language: String::new(), ..origin.clone() };
    let whole = block(&plain, label(notes.len()), text(notes.len()));
    let mut item = item(origin, &whole, None);
    if item.tokens <= room.left {
        return (Some(whole), item);
    }
    let fits = |n: &usize| block_tokens(&block(&plain, label(*n), text(*n))) <= room.left;
    match (1..notes.len()).take_while(fits).last() {
        Some(n) => {
            let cut = block(&plain, label(n), text(n));
            item.left_out = Some(format!("{n} of {} fit {}", notes.len(), the_budget(room)));
            item.tokens = block_tokens(&cut);
            item.label.clone_from(&cut.label);
            (Some(cut), item)
        }
        None => (None, left_out(item, room)),
    }
}

fn fit_file(origin: &Origin, text: &Rope, keep: Option<&Range<usize>>, room: Room) -> (Option<Block>, Item) {
    let (whole, item) = fit_open_file(origin, text, room);
    if whole.is_some() {
        return (whole, item);
    }
    let lines = content_lines(text);
    let keep = keep.cloned().unwrap_or_default();
    let keep = keep.start.min(lines)..keep.end.clamp(keep.start.min(lines), lines);
    match window(text, &keep, origin, room.left, 0) {
        Some(kept) => {
            let label = lines_label(&origin.name, kept.clone());
            let cut = block(origin, label.clone(), slice(text, &kept));
            let reason = cut_reason(kept.len(), lines, room);
            (
                Some(cut.clone()),
                Item { label, tokens: block_tokens(&cut), left_out: Some(reason), goes_along: true, ..item },
            )
        }
        None => (None, item),
    }
}

fn fit_open_file(origin: &Origin, text: &Rope, room: Room) -> (Option<Block>, Item) {
    let size = tokens(text.len_bytes());
    if size > room.left {
        let item = Item { uri: Some(origin.uri.clone()), ..Item::along(origin.name.clone(), size) };
        return (None, left_out(item, room));
    }
    let whole = block(origin, origin.name.clone(), text.to_string());
    let item = item(origin, &whole, None);
    if item.tokens > room.left {
        return (None, left_out(item, room));
    }
    (Some(whole), item)
}

/// The widest run of whole lines around `keep` that fits, grown on both sides by turns; `None` if no line fits.
/// `shift` is the document's line that line 0 of `text` is.
fn window(
    text: &Rope,
    keep: &Range<usize>,
    origin: &Origin,
    room: u64,
    shift: usize,
) -> Option<Range<usize>> {
    let lines = content_lines(text);
    // The label of the far end is the longest that this source can get.
    let label = format!("selection {}", lines_label(&origin.name, shift + lines..shift + lines));
    let frame = prompt::context_section(&block(origin, label, String::new())).len() + SLACK_BYTES;
    let mut left = (room as usize).saturating_mul(7).div_euclid(2).checked_sub(frame)?;
    let size = |line: usize| text.get_line(line).map_or(0, |line| line.len_bytes());
    let mut kept = keep.start..keep.start;
    while kept.end < keep.end && size(kept.end) <= left {
        left -= size(kept.end);
        kept.end += 1;
    }
    if kept.end < keep.end {
        return (!kept.is_empty()).then_some(kept);
    }
    let (mut up, mut down) = (true, true);
    while up || down {
        down = down && kept.end < lines && size(kept.end) <= left;
        if down {
            left -= size(kept.end);
            kept.end += 1;
        }
        up = up && kept.start > 0 && size(kept.start - 1) <= left;
        if up {
            kept.start -= 1;
            left -= size(kept.start);
        }
    }
    (!kept.is_empty()).then_some(kept)
}

/// A longer fence and a missing final newline, which only the finished block shows.
const SLACK_BYTES: usize = 24;

/// Lines that hold something: the empty one after a final newline doesn't count.
fn content_lines(text: &Rope) -> usize {
    let lines = text.len_lines();
    if text.line_to_byte(lines.saturating_sub(1)) == text.len_bytes() {
        lines.saturating_sub(1)
    } else {
        lines
    }
}

fn slice(text: &Rope, lines: &Range<usize>) -> String {
    text.byte_slice(text.line_to_byte(lines.start)..text.line_to_byte(lines.end)).to_string()
}

/// `main.rs:3-9`, counted from 1, from a zero-based half-open range.
fn lines_label(name: &str, lines: Range<usize>) -> String {
    match lines.len() {
        0 | 1 => format!("{name}:{}", lines.start + 1),
        _ => format!("{name}:{}-{}", lines.start + 1, lines.end),
    }
}

fn block(origin: &Origin, label: String, text: String) -> Block {
    let Origin { uri, language, allowed, .. } = origin.clone();
    Block { label, language, text, uri: Some(uri), allowed }
}

pub(crate) fn block_tokens(block: &Block) -> u64 {
    tokens(prompt::context_section(block).len())
}

fn item(origin: &Origin, block: &Block, range: Option<position::Range>) -> Item {
    Item { uri: Some(origin.uri.clone()), range, ..Item::along(block.label.clone(), block_tokens(block)) }
}

fn blocked(origin: &Origin, rule: &str) -> Item {
    kept_back(origin.name.clone(), Some(origin.uri.clone()), rule)
}

/// What is said of something that a rule keeps back.
pub(crate) fn kept_back(label: String, uri: Option<String>, rule: &str) -> Item {
    Item {
        uri,
        left_out: Some(format!("kept back by {rule}")),
        goes_along: false,
        blocked: Some(rule.to_owned()),
        ..Item::along(label, 0)
    }
}

fn left_out(item: Item, room: Room) -> Item {
    let why = format!("does not fit {}", the_budget(room));
    Item { left_out: Some(why), goes_along: false, ..item }
}

fn cut_reason(kept: usize, lines: usize, room: Room) -> String {
    format!("cut: {kept} of {lines} lines fit {}", the_budget(room))
}

fn the_budget(room: Room) -> String {
    format!("the budget of {} tokens", room.budget)
}

#[cfg(test)]
mod tests;
