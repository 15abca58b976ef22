//! What the demo says in a chat: facts that can be counted in the text it was given.

use super::{code, count};
use crate::prompt::frame::{self, Frame, Section};

/// The answer to a question with its context, after so many earlier turns.
pub(super) fn answer(frame: &Frame, question: &str, earlier: usize) -> String {
    let mut text =
        "This is Aside's built-in demo, not a language model: it can't understand a question, but what it \
                    counts is true of the text you sent.\n"
            .to_owned();
    let contexts: Vec<(&str, &Section)> = frame
        .sections
        .iter()
        .filter_map(|section| Some((section.title.strip_prefix(frame::CONTEXT)?, section)))
        .collect();
    if contexts.is_empty() {
        text.push_str(&without_context(question));
    }
    for (label, section) in contexts {
        text.push_str(&format!("\n**{label}**\n"));
        text.push_str(&if label.contains(" problem") { problems(section) } else { facts(section, question) });
    }
    if earlier > 0 {
        text.push_str(&format!("\nThis chat has {} before this one.\n", count(earlier, "turn")));
    }
    text.push_str("\nFor real answers, set `model` to `provider/model` in Aside's settings.\n");
    text
}

fn without_context(question: &str) -> String {
    let words = question.split_whitespace().count();
    format!(
        "\nYou sent {} and no text from the editor. Mention a selection or a file to see facts about it.\n",
        count(words, "word")
    )
}

fn problems(section: &Section) -> String {
    let quoted: String = section.text.lines().map(|line| format!("> {line}\n")).collect();
    format!("\n{quoted}")
}

fn facts(section: &Section, question: &str) -> String {
    let text = &section.text;
    let lines: Vec<&str> = text.lines().collect();
    let blank = lines.iter().filter(|line| line.trim().is_empty()).count();
    let of = if section.info.is_empty() { String::new() } else { format!(" of {}", section.info) };
    let mut facts = vec![format!("{}{of}, {blank} of them blank", count(lines.len(), "line"))];
    let declared = code::declarations(text);
    if !declared.is_empty() {
        let names =
            declared.iter().take(8).map(|found| format!("`{}` (line {})", found.name, found.line + 1));
        let more = declared.len().saturating_sub(8);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        facts.push(format!("declares {}{more}", names.collect::<Vec<_>>().join(", ")));
    }
    let longest =
        lines.iter().enumerate().max_by_key(|(index, line)| (line.chars().count(), usize::MAX - index));
    if let Some((index, line)) = longest {
        facts.push(format!(
            "the longest line is line {}, with {}",
            index + 1,
            count(line.chars().count(), "character")
        ));
    }
    let todos = lines.iter().filter(|line| line.contains("TODO") || line.contains("FIXME")).count();
    if todos > 0 {
        facts.push(format!("{} with a TODO or FIXME", count(todos, "line")));
    }
    let names: Vec<String> =
        code::names(text).iter().take(5).map(|(name, times)| format!("`{name}` ({times})")).collect();
    if !names.is_empty() {
        facts.push(format!("the names used most: {}", names.join(", ")));
    }
    facts.extend(asked_for(section, question));
    facts.into_iter().map(|fact| format!("- {fact}\n")).collect()
}

/// Where the words that the question puts in backticks stand.
fn asked_for(section: &Section, question: &str) -> Vec<String> {
    let names = question.split('`').skip(1).step_by(2).filter(|name| !name.trim().is_empty());
    let found = |name: &str| -> String {
        let lines = section.text.lines().enumerate().filter(|(_, line)| line.contains(name));
        let lines: Vec<String> = lines.take(10).map(|(index, _)| (index + 1).to_string()).collect();
        match lines.as_slice() {
            [] => format!("`{name}` does not stand in it"),
            [one] => format!("`{name}` stands on line {one}"),
            several => format!("`{name}` stands on lines {}", several.join(", ")),
        }
    };
    names.map(found).collect()
}
