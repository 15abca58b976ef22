//! The built-in provider: deterministic, offline, no model. It reads the real prompt and works on the text in it.
//!
//! It exists so that everything can be tried and tested with nothing configured, and it always says what it is.
//! It answers at once; the shell sends its pieces at a human pace.

mod chat;
mod code;
mod edit;

use crate::context;
use crate::prompt::frame::{self, Frame};
use crate::provider::{Message, ModelEvent, ModelRequest, Role, StopReason, Usage};

/// The answer's whole stream: text in pieces of about a word, the usage, the end.
pub fn answer(request: &ModelRequest) -> Vec<ModelEvent> {
    let text = answer_text(request);
    let input =
        request.system.len() + request.messages.iter().map(|message| message.text.len()).sum::<usize>();
    let usage =
        Usage { input: context::tokens(input), output: context::tokens(text.len()), ..Usage::default() };
    let mut events: Vec<ModelEvent> = pieces(&text).map(|piece| ModelEvent::Text(piece.to_owned())).collect();
    events.push(ModelEvent::Usage(usage));
    events.push(ModelEvent::Stop(StopReason::End));
    events
}

fn answer_text(request: &ModelRequest) -> String {
    let Some(last) = request.messages.last() else { return chat::answer(&Frame::default(), "", 0) };
    let first = request.messages.iter().find(|message| message.role == Role::User).unwrap_or(last);
    let frame = frame::parse(&first.text);
    match frame.text(frame::SPAN) {
        Some(span) => edit_answer(&frame, span, &request.messages),
        None => {
            let frame = frame::parse(&last.text);
            let question = frame.question.clone().unwrap_or_else(|| last.text.clone());
            chat::answer(&frame, &question, request.messages.len() / 2)
        }
    }
}

fn edit_answer(first: &Frame, span: &str, messages: &[Message]) -> String {
    let last = messages.last().map(|message| frame::parse(&message.text)).unwrap_or_default();
    let instruction = last.text(frame::INSTRUCTION).unwrap_or_default().trim();
    // A further instruction is about the text that was proposed.
    let proposed = messages.iter().rev().find(|message| message.role == Role::Assistant);
    let proposed = proposed.and_then(|message| fenced(&message.text));
    let text = proposed.as_deref().unwrap_or(span);
    let language = first.field(frame::LANGUAGE).unwrap_or_default();
    let selected = first.sections.iter().find(|section| section.title.starts_with(frame::SELECTED));
    let job = edit::Job {
        text,
        language,
        selected: selected.filter(|_| proposed.is_none()).and_then(|section| place(section, span)),
        problems: first.text(frame::PROBLEMS).unwrap_or_default(),
    };
    match edit::carry_out(&job, instruction) {
        Ok(text) => {
            let fence = frame::fence(&text);
            let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            format!("{fence}{language}\n{text}{end}{fence}")
        }
        Err(reason) => format!("This is the built-in demo, not a language model. {reason}"),
    }
}

/// The text inside the fence of an answer that the prompt quotes.
fn fenced(message: &str) -> Option<String> {
    let (opening, rest) = message.split_once('\n')?;
    let fence = opening.trim_end_matches(|c| c != '`');
    Some(rest.strip_suffix(fence)?.to_owned())
}

/// Where the selected part stands in the span, out of its title: `… (from line 2, character 5)`.
fn place(section: &frame::Section, span: &str) -> Option<std::ops::Range<usize>> {
    let mut numbers =
        section.title.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<usize>().ok());
    let (line, character) = (numbers.next()?, numbers.next()?);
    let before: usize = span.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let (_, rest) = span.split_at_checked(before)?;
    let start = before + rest.chars().take(character.checked_sub(1)?).map(char::len_utf8).sum::<usize>();
    let part = section.text.strip_suffix('\n').unwrap_or(&section.text);
    let (_, rest) = span.split_at_checked(start)?;
    rest.starts_with(part).then(|| start..start + part.len())
}

/// Words, each with the blanks after it.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive([' ', '\n'])
}

/// `1 line`, `2 lines`.
fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests;
