//! The demo, through the real prompt and the real clean-up.

use super::*;
use crate::prompt::{self, Inline};
use crate::reply::{Indent, Reply, Surroundings};

fn request(prompt: prompt::Prompt) -> ModelRequest {
    ModelRequest {
        model: "demo".into(),
        system: prompt.system,
        messages: prompt.messages,
        max_output_tokens: None,
        temperature: None,
        extra_body: serde_json::Map::new(),
    }
}

fn text(events: &[ModelEvent]) -> String {
    let piece = |event: &ModelEvent| match event {
        ModelEvent::Text(text) => text.clone(),
        ModelEvent::Reasoning(_) | ModelEvent::Usage(_) | ModelEvent::Stop(_) => String::new(),
    };
    events.iter().map(piece).collect()
}

/// What an instruction makes of a span, through the real prompt and the real clean-up.
fn edited(
    language: &str,
    span: &str,
    instruction: &str,
    selected: Option<&std::ops::Range<usize>>,
) -> String {
    let asked = Inline {
        file_name: "a",
        language,
        before: "",
        span,
        after: "",
        first_line: 0,
        selected,
        instruction,
        notes: &[],
        blocks: &[],
        standing: "",
        attempts: &[],
    };
    let mut reply = Reply::new(Surroundings {
        base: span.to_owned(),
        before: String::new(),
        after: String::new(),
        indent: Indent::default(),
        line_ending: "\n",
        language: language.to_owned(),
        instruction: instruction.to_owned(),
    });
    reply.push(&text(&answer(&request(prompt::inline(&asked)))));
    match reply.finish(&StopReason::End) {
        Ok(clean) => clean.text,
        Err(problem) => problem.to_problem().to_string(),
    }
}

#[track_caller]
fn check(language: &str, span: &str, instruction: &str, expected: &str) {
    assert_eq!(edited(language, span, instruction, None), expected);
}

#[test]
fn renames_whole_names_only() {
    check("rust", "let a = ab + a;\n", "Rename `a` to `total`", "let total = ab + total;\n");
}

#[test]
fn sorts_lines() {
    check("plaintext", "b\nc\na\n", "sort the lines", "a\nb\nc\n");
}
