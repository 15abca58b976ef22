//! A chat as a Markdown page: which text is a question and which an answer, what a question takes along, where its
//! answer goes.
//!
//! The page is the user's, who edits it as they like; so everything is read from its text each time. It is written as
//! an exported chat is: a question stands under `## You`, an answer under `## provider/model`, at the start of a line.

use crate::reply::fences::{self, Fence};
use std::ops::Range;

pub mod writing;

#[cfg(test)]
mod tests;

/// What stands over a question.
pub const QUESTION: &str = "## You";

/// A new chat's text; the user writes on its last line.
pub const NEW: &str = "# Chat\n\n## You\n\n\n";

/// The line of [`NEW`] that the user writes on.
pub const NEW_LINE: u32 = 4;

/// Whether a document is a page, by its uri.
pub fn is_page(uri: &str) -> bool {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    path.get(path.len().saturating_sub(ENDING.len())..).is_some_and(|end| end.eq_ignore_ascii_case(ENDING))
}

const ENDING: &str = ".aside.md";

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The user's words. Blank where nothing is written yet.
    pub question: String,
    /// The words of the last answer that has any, else blank.
    pub answer: String,
    /// The model over that answer.
    pub model: String,
    /// Everything from the question's heading to the next question's, in bytes.
    pub span: Range<usize>,
    /// Behind the last line that isn't blank, before its line ending: a further answer goes below that line.
    pub end: usize,
}

/// The turns of a page, from the top down. Text above the first heading is a question if an answer follows it, or if
/// there is no heading at all; a title there isn't part of it.
pub fn turns(text: &str) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    let sections = sections(text);
    for (index, section) in sections.iter().enumerate() {
        let is_first = index == 0;
        match &section.mark {
            None if sections.get(1).is_some_and(|next| next.mark == Some(Mark::Question)) => {}
            None | Some(Mark::Question) => turns.push(Turn {
                question: words(text, section, is_first),
                answer: String::new(),
                model: String::new(),
                span: section.span.clone(),
                end: content_end(text, &section.span),
            }),
            Some(Mark::Answer(model)) => {
                let Some(turn) = turns.last_mut() else { continue };
                turn.span.end = section.span.end;
                turn.end = content_end(text, &section.span);
                let answer = words(text, section, false);
                if !answer.is_empty() {
                    turn.answer = answer;
                    turn.model = (*model).to_owned();
                }
            }
        }
    }
    turns
}

/// The index of the turn that a place, given in bytes, is in; a place above all turns is in none.
pub fn turn_at(turns: &[Turn], place: usize) -> Option<usize> {
    turns.iter().rposition(|turn| turn.span.start <= place)
}

/// A document that a question names: `#main.rs`, `#src/main.rs:3-9`, or `#open` for every open one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Named {
    pub path: String,
    /// Lines, counted from 0, half-open; the whole document without them.
    pub lines: Option<Range<u32>>,
}

/// Every open document.
pub const OPEN: &str = "open";

/// The documents that a question names, each once: words that begin with `#`.
pub fn named(question: &str) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    for word in question.split_whitespace() {
        let word = word.trim_start_matches(['(', '"', '\'', '`']);
        let Some(name) = word.strip_prefix('#') else { continue };
        let name = name.trim_end_matches(|c: char| c.is_ascii_punctuation() && c != '_' && c != '/');
        if name.is_empty() || name.starts_with('#') {
            continue;
        }
        let named = with_lines(name).unwrap_or_else(|| Named { path: name.to_owned(), lines: None });
        if !found.contains(&named) {
            found.push(named);
        }
    }
    found
}

/// Whether a name means the document: its file name, or the last parts of its path.
pub fn means(named: &Named, uri: &str) -> bool {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy().replace('\\', "/");
    let name = named.path.replace('\\', "/");
    let name = name.trim_start_matches("./");
    path.strip_suffix(name).is_some_and(|before| before.ends_with('/') || name.starts_with('/'))
}

/// Whether a word that names no open document was meant as one: it looks like a path.
pub fn looks_like_a_path(named: &Named) -> bool {
    named.path.contains(['.', '/', '\\'])
}

/// `text` without lines that could be taken for a heading of a turn: such a line begins with a blank, which Markdown
/// shows the same.
pub fn guarded(line: &str) -> String {
    let body = line.trim_end_matches(['\r', '\n']);
    if mark(body).is_some() { format!(" {line}") } else { line.to_owned() }
}

/// The next line with something on it is a question's heading, so that the user has a place to go on.
pub fn goes_on(after: &str) -> bool {
    let next = after.lines().find(|line| !line.trim().is_empty());
    next.and_then(mark) == Some(Mark::Question)
}

/// A heading of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mark<'a> {
    Question,
    /// By this `provider/model`.
    Answer(&'a str),
}

/// What stands from one heading of a turn to the next.
struct Section<'a> {
    /// Nothing over the text above the first heading.
    mark: Option<Mark<'a>>,
    span: Range<usize>,
    /// Where the text below the heading begins.
    body: usize,
}

fn mark(line: &str) -> Option<Mark<'_>> {
    let line = line.trim_end();
    if line.eq_ignore_ascii_case(QUESTION) {
        return Some(Mark::Question);
    }
    let name = line.strip_prefix("## ")?.trim();
    let (provider, model) = name.split_once('/')?;
    let is_name = !provider.is_empty() && !model.is_empty() && !name.contains(char::is_whitespace);
    is_name.then_some(Mark::Answer(name))
}

fn sections(text: &str) -> Vec<Section<'_>> {
    let mut sections = vec![Section { mark: None, span: 0..0, body: 0 }];
    let mut at = 0;
    let lines = crate::diff::lines(text);
    // Up to this line a fenced block of a question goes. An answer is written without lines that look like headings.
    let mut fenced = 0;
    for (index, line) in lines.iter().enumerate() {
        let asks = sections.last().is_some_and(|last| !matches!(last.mark, Some(Mark::Answer(_))));
        if asks && index >= fenced {
            fenced = fence_end(&lines, index).unwrap_or(fenced);
        }
        let found = mark(line).filter(|_| index >= fenced);
        let over = sections.last().and_then(|last| last.mark.as_ref());
        let is_own = matches!(&found, Some(Mark::Answer(name)) if !is_noted(&lines, index)
            && (is_text(name, over) || asks && is_answered_below(&lines, index, name)));
        if let Some(mark) = found.filter(|_| !is_own) {
            sections.push(Section { mark: Some(mark), span: at..at, body: at + line.len() });
        }
        at += line.len();
        if let Some(last) = sections.last_mut() {
            last.span.end = at;
        }
    }
    sections
}

/// Behind the end of the fenced block that begins at a line. One that isn't closed before the next answer is none.
fn fence_end(lines: &[&str], first: usize) -> Option<usize> {
    let open = fence(lines.get(first)?)?;
    for (index, line) in lines.iter().enumerate().skip(first + 1) {
        if matches!(mark(line), Some(Mark::Answer(_))) && is_noted(lines, index) {
            return None;
        }
        if fence(line).is_some_and(|close| close.closes(&open)) {
            return Some(index + 1);
        }
    }
    None
}

/// A fence as Markdown has it: further in it would be code.
fn fence(line: &str) -> Option<Fence> {
    fences::fence(line).filter(|fence| fence.indent.len() <= 3 && !fence.indent.contains('\t'))
}

/// Whether what stands above a line is Aside's own, as it is above every answer that it writes.
fn is_noted(lines: &[&str], index: usize) -> bool {
    let above = lines.iter().take(index).rev().find(|line| !line.trim().is_empty());
    above.is_some_and(|line| is_note(line))
}

/// Whether what could be a model's name is a heading like any other in what stands below `over`: in a question it is
/// where it names a file; in an answer where it isn't by the same provider.
fn is_text(name: &str, over: Option<&Mark<'_>>) -> bool {
    let provider = |name: &str| name.split('/').next().map(str::to_owned);
    match over {
        Some(Mark::Answer(model)) => provider(model) != provider(name),
        Some(Mark::Question) | None => is_file(name),
    }
}

/// Whether the question goes on behind a heading of its own: the next answer is one that Aside wrote, by another provider.
fn is_answered_below(lines: &[&str], index: usize, name: &str) -> bool {
    let provider = |name: &str| name.split('/').next().map(str::to_owned);
    let rest = lines.iter().enumerate().skip(index + 1);
    let next = rest
        .map(|(index, line)| (index, mark(line)))
        .take_while(|(_, mark)| *mark != Some(Mark::Question))
        .find_map(|(index, mark)| match mark {
            Some(Mark::Answer(next)) if is_noted(lines, index) => Some(next),
            Some(Mark::Answer(_) | Mark::Question) | None => None,
        });
    next.is_some_and(|next| provider(next) != provider(name))
}

/// Whether what could be a model's name is a file's, which a question may have over a part of it.
fn is_file(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| crate::file_name::ENDINGS.contains(&ending))
}

/// A section's text without what Aside noted below it, or above an answer, and without blank lines around.
fn words(text: &str, section: &Section<'_>, is_first: bool) -> String {
    let body = text.get(section.body..section.span.end).unwrap_or_default();
    let mut lines: Vec<&str> = body.lines().collect();
    let is_text = |line: &&str| !line.trim().is_empty() && !is_note(line);
    lines.truncate(lines.iter().rposition(is_text).map_or(0, |last| last + 1));
    if matches!(section.mark, Some(Mark::Answer(_))) {
        lines.drain(..lines.iter().position(is_text).unwrap_or(0));
    }
    let title = lines.iter().position(|line| !line.trim().is_empty());
    if let Some(title) = title.filter(|at| is_first && lines.get(*at).is_some_and(|l| l.starts_with("# "))) {
        lines.drain(..=title);
    }
    lines.join("\n").trim().to_owned()
}

/// What Aside writes on a line of its own, beside answers.
fn is_note(line: &str) -> bool {
    let line = line.trim();
    let is = |start: &&str| line.len() > start.len() + 1 && line.starts_with(*start) && line.ends_with(".*");
    ["*With ", "*Without ", "*The answer ", "*You stopped "].iter().any(is)
}

/// Behind the last line with something on it, before its line ending; the section's start if there is none.
fn content_end(text: &str, span: &Range<usize>) -> usize {
    let body = text.get(span.clone()).unwrap_or_default();
    let mut at = span.start;
    let mut end = span.start;
    for line in crate::diff::lines(body) {
        if !line.trim().is_empty() {
            end = at + crate::diff::without_ending(line).len();
        }
        at += line.len();
    }
    end
}

/// `main.rs:3-9` or `main.rs:3`.
fn with_lines(name: &str) -> Option<Named> {
    let (path, lines) = name.rsplit_once(':')?;
    let (first, last) = lines.split_once('-').unwrap_or((lines, lines));
    let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
    let lines = first.checked_sub(1)?..last.max(first);
    (!path.is_empty()).then(|| Named { path: path.to_owned(), lines: Some(lines) })
}
