//! The frame of a prompt: titled sections in fences that no text inside them can close.
//!
//! The built-in demo provider reads prompts with [`parse`], so what is written and what is read can't drift apart.

/// The line that comes before the user's own words in a chat message with context.
pub const QUESTION: &str = "Question";
/// Starts the title of a piece of context.
pub const CONTEXT: &str = "Context: ";
/// The text before the span of an instruction.
pub const BEFORE: &str = "Text before it";
/// The span of an instruction: what the answer replaces.
pub const SPAN: &str = "Text to replace";
/// The text after the span of an instruction.
pub const AFTER: &str = "Text after it";
/// Starts the title of the exact selection, where it is smaller than the span.
pub const SELECTED: &str = "Selected part of it";
/// Diagnostics inside the span.
pub const PROBLEMS: &str = "Problems in it";
/// What the user wants done.
pub const INSTRUCTION: &str = "Instruction";
/// Starts the line that names the file.
pub const FILE: &str = "File: ";
/// Starts the line that names the language.
pub const LANGUAGE: &str = "Language: ";

/// One fenced section of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The line above the fence, without its colon.
    pub title: String,
    /// The word behind the opening fence; may be empty.
    pub info: String,
    /// The text inside, each line with a `\n`.
    pub text: String,
}

/// A prompt message taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frame {
    pub sections: Vec<Section>,
    /// Every line outside of the sections, before the question.
    pub outside: String,
    /// The user's own words, where the message marks them.
    pub question: Option<String>,
}

impl Frame {
    /// The text of the first section with this title.
    pub fn text(&self, title: &str) -> Option<&str> {
        self.sections.iter().find(|section| section.title == title).map(|section| section.text.as_str())
    }

    /// What follows `prefix` on the first line outside of the sections that starts with it.
    pub fn field(&self, prefix: &str) -> Option<&str> {
        self.outside.lines().find_map(|line| line.strip_prefix(prefix))
    }
}

/// The shortest run of backticks, at least three, that is longer than any run in `text`.
pub fn fence(text: &str) -> String {
    let (mut longest, mut run) = (0, 0);
    for byte in text.bytes() {
        run = if byte == b'`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    "`".repeat((longest + 1).max(3))
}

/// A titled, fenced section that ends with a newline. Every line ending becomes LF: models answer with LF anyway.
pub fn section(title: &str, info: &str, text: &str) -> String {
    let fence = fence(text);
    let text = crate::diff::with_endings(text, "\n");
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{}:\n{fence}{}\n{text}{end}{fence}\n", one_line(title), info_word(info))
}

/// `text` with every control character turned into a space, so that it stays one line.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Takes a message apart that was put together with [`section`].
pub fn parse(message: &str) -> Frame {
    let mut frame = Frame::default();
    let mut lines = message.lines().peekable();
    while let Some(line) = lines.next() {
        let title = line.strip_suffix(':');
        if title == Some(QUESTION) {
            frame.question = Some(lines.collect::<Vec<_>>().join("\n"));
            break;
        }
        match (title, lines.peek().and_then(|next| opening(next))) {
            (Some(title), Some((fence, info))) => {
                lines.next();
                let mut text = String::new();
                for inside in lines.by_ref().take_while(|inside| *inside != fence) {
                    text.push_str(inside);
                    text.push('\n');
                }
                frame.sections.push(Section { title: title.into(), info: info.into(), text });
            }
            (Some(_) | None, _) => {
                frame.outside.push_str(line);
                frame.outside.push('\n');
            }
        }
    }
    frame
}

fn opening(line: &str) -> Option<(&str, &str)> {
    let info = line.trim_start_matches('`');
    let fence = line.strip_suffix(info)?;
    (fence.len() >= 3 && !info.contains('`')).then_some((fence, info))
}

fn info_word(info: &str) -> String {
    info.chars().filter(|c| c.is_alphanumeric() || "+#._-".contains(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_fence_is_longer_than_any_run_inside() {
        assert_eq!(fence("no ticks"), "```");
        assert_eq!(fence("a ``` b"), "````");
        assert_eq!(fence("`````"), "``````");
    }

    #[test]
    fn a_question_with_fences_of_its_own_stays_whole() {
        let message = format!("{}\n{QUESTION}:\nWhy this:\n```\nx\n```", section("Context: a", "rust", "y"));
        let frame = parse(&message);
        assert_eq!(frame.sections.len(), 1);
        assert_eq!(frame.question.as_deref(), Some("Why this:\n```\nx\n```"));
    }

    proptest! {
        #[test]
        fn any_text_comes_back_as_it_went_in(lines in prop::collection::vec("[`~a: \t]{0,6}", 0..6)) {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let message = format!("{}\n{}", section(SPAN, "rust", &text), section(INSTRUCTION, "", "do it"));
            let frame = parse(&message);
            prop_assert_eq!(frame.text(SPAN), Some(text.as_str()));
            prop_assert_eq!(frame.text(INSTRUCTION), Some("do it\n"));
        }
    }
}
