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
        effort: None,
        api_version: None,
        extra_body: serde_json::Map::new(),
    }
}

fn text(events: &[ModelEvent]) -> String {
    let piece = |event: &ModelEvent| match event {
        ModelEvent::Text(text) => text.clone(),
        ModelEvent::Reasoning(_) | ModelEvent::ToolCall(_) | ModelEvent::Usage(_) | ModelEvent::Stop(_) => {
            String::new()
        }
    };
    events.iter().map(piece).collect()
}

fn inline_asked<'a>(language: &'a str, span: &'a str, instruction: &'a str) -> Inline<'a> {
    Inline {
        file_name: "a",
        language,
        before: "",
        span,
        after: "",
        first_line: 0,
        selected: None,
        instruction,
        notes: &[],
        blocks: &[],
        standing: "",
        attempts: &[],
    }
}

/// What an instruction makes of a span, through the real prompt and the real clean-up.
fn edited(
    language: &str,
    span: &str,
    instruction: &str,
    selected: Option<&std::ops::Range<usize>>,
) -> String {
    let asked = Inline { selected, ..inline_asked(language, span, instruction) };
    let mut reply = Reply::new(Surroundings {
        base: span.to_owned(),
        selected: selected.cloned(),
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
    check("rust", "let a = ab + a;\n", "rename a to total.", "let total = ab + total;\n");
    check("rust", "foo(é_foo, foo);\n", "replace foo with bar", "bar(é_foo, bar);\n");
}

#[test]
fn renames_in_the_selected_part_only() {
    assert_eq!(
        edited("rust", "let é = 1;\n  f(é, é);\n", "rename é to x", Some(&(16..18))),
        "let é = 1;\n  f(x, é);\n"
    );
}

#[test]
fn says_when_the_name_is_not_there() {
    insta::assert_snapshot!(edited("rust", "let a = 1;\n", "rename foo to bar", None), @"The model answered in words (This is the built-in demo, not a language model. `foo` does not stand in this text). Nothing was changed. Say it in other words, or ask in the chat.");
}

#[test]
fn says_what_it_can_do_when_it_cannot() {
    insta::assert_snapshot!(edited("rust", "let a = 1;\n", "make it faster", None), @"The model answered in words (This is the built-in demo, not a language model. It can't do that. It can: rename X to Y, replace X with Y, sort, reverse, remove (duplicates, blank lines, comments, lines with X, all), comment (out), document, wrap (at a width, in a function, if or block), upper or lower case, tidy, mark problems). Nothing was changed. Say it in other words, or ask in the chat.");
}

#[test]
fn sorts_and_reverses_lines() {
    check("plaintext", "b\nc\na\n", "sort the lines", "a\nb\nc\n");
    check("plaintext", "b\nc\na\n", "sort descending", "c\nb\na\n");
    check("plaintext", "b\nc\na\n", "reverse the lines", "a\nc\nb\n");
}

#[test]
fn removes_what_is_named() {
    check("python", "a\n\nb\n\n", "remove the blank lines", "a\nb\n");
    check("python", "# x\na\n", "remove comments", "a\n");
    check("python", "a\nb\na\n", "remove duplicate lines", "a\nb\n");
    check("python", "print(1)\na\nb\n", "delete the lines with `print`", "a\nb\n");
    check("python", "a\nb\n", "delete this", "");
}

#[test]
fn adds_a_comment_in_the_languages_own_signs() {
    check("python", "    a\n", "add a comment saying \"slow\"", "    # slow\n    a\n");
    check("rust", "fn a() {}\n", "add a comment", "// 1 line: declares a\nfn a() {}\n");
    check("html", "<p>\n", "comment out", "<!-- <p> -->\n");
}

#[test]
fn wraps_lines_and_blocks() {
    check("plaintext", "one two three four\n", "wrap at 9 columns", "one two\nthree\nfour\n");
    check("rust", "    a();\n", "wrap in a function called run", "    fn run() {\n        a();\n    }\n");
    check("lua", "a()\n", "wrap it in an if x > 1", "if x > 1 then\n    a()\nend\n");
    check("python", "a()\n", "wrap in an if", "if True:\n    a()\n");
}

#[test]
fn changes_case() {
    assert_eq!(edited("rust", "let abc = 1;\n", "uppercase", Some(&(4..7))), "let ABC = 1;\n");
    check("plaintext", "ABC\n", "to lower case", "abc\n");
}

#[test]
fn documents_functions_by_their_signatures() {
    check(
        "rust",
        "    #[inline]\n    pub fn add(a: i32, b: &str) -> Vec<u8> {\n    }\n",
        "Document this",
        "    /// `add` takes `a` (`i32`), `b` (`&str`) and returns `Vec<u8>`.\n    #[inline]\n    pub fn add(a: i32, b: &str) -> Vec<u8> {\n    }\n",
    );
    check(
        "python",
        "def f(a, b: int = 1) -> str:\n    pass\n",
        "Document this",
        "def f(a, b: int = 1) -> str:\n    \"\"\"`f` takes `a`, `b` (`int`) and returns `str`.\"\"\"\n    pass\n",
    );
    check(
        "javascript",
        "function f(a) {\n}\n",
        "Document this",
        "/**\n * `f` takes `a`.\n */\nfunction f(a) {\n}\n",
    );
}

#[track_caller]
fn by_action(id: &str, span: &str, notes: &[context::Note], expected: &str) {
    let action = crate::actions::find(id, &[]).unwrap();
    let asked = Inline { notes, ..inline_asked("python", span, &action.instruction) };
    assert_eq!(text(&answer(&request(prompt::inline(&asked)))), expected);
}

#[test]
fn each_edit_action_does_what_its_first_word_says() {
    let place = crate::position::Position { line: 0, character: 0 };
    let range = crate::position::Range { start: place, end: place };
    let note = context::Note { range, severity: Some(2), source: None, message: "no docstring".into() };
    let span = "def f(a):  \n    pass\n";
    by_action("fix", span, &[note], "```python\n# FIXME: warning: no docstring\ndef f(a):  \n    pass\n```");
    by_action("improve", span, &[], "```python\ndef f(a):\n    pass\n```");
    by_action("document", span, &[], "```python\ndef f(a):  \n    \"\"\"`f` takes `a`.\"\"\"\n    pass\n```");
}

#[test]
fn a_further_instruction_works_on_the_proposed_text() {
    let attempts =
        [prompt::Attempt { answer: "let total = 1;\n".into(), further: "rename total to sum".into() }];
    let asked = Inline { attempts: &attempts, ..inline_asked("rust", "let a = 1;\n", "rename a to total") };
    assert_eq!(text(&answer(&request(prompt::inline(&asked)))), "```rust\nlet sum = 1;\n```");
}

#[test]
fn quotes_the_problem_above_its_line() {
    let place = crate::position::Position { line: 6, character: 4 };
    let range = crate::position::Range { start: place, end: place };
    let note =
        context::Note { range, severity: Some(1), source: Some("rustc".into()), message: "no `b`".into() };
    let notes = [note];
    let asked = Inline { notes: &notes, first_line: 5, ..inline_asked("rust", "a();\n    b();\n", "Fix it") };
    insta::assert_snapshot!(text(&answer(&request(prompt::inline(&asked)))), @"
    ```rust
    a();
        // FIXME: error (rustc): no `b`
        b();
    ```
    ");
}

#[test]
fn a_chat_gets_facts_about_the_text() {
    let code = "struct Sky;\n\nfn blue(sky: Sky) -> u8 { // TODO\n    paint(sky)\n}\n";
    let blocks = [
        context::Block {
            label: "selection sky.rs:1-5".into(),
            language: "rust".into(),
            text: code.into(),
            ..Default::default()
        },
        context::Block {
            label: "1 problem in sky.rs".into(),
            language: String::new(),
            text: "line 4: error: no `paint`\n".into(),
            ..Default::default()
        },
    ];
    let history = [Message::user("Hello"), Message::assistant("Hi")];
    let prompt = prompt::chat(&history, &blocks, "What is `paint`?", "");
    insta::assert_snapshot!(text(&answer(&request(prompt))), @"
    This is Aside's built-in demo, not a language model: it can't understand a question, but what it counts is true of the text you sent.

    **selection sky.rs:1-5**
    - 5 lines of rust, 1 of them blank
    - declares `Sky` (line 1), `blue` (line 3)
    - the longest line is line 3, with 33 characters
    - 1 line with a TODO or FIXME
    - the names used most: `Sky` (2), `sky` (2)
    - `paint` stands on line 4

    **1 problem in sky.rs**

    > line 4: error: no `paint`

    This chat has 1 turn before this one.

    For real answers, set `model` to `provider/model` in Aside's settings.
    ");
}

#[test]
fn a_chat_without_context_says_so() {
    insta::assert_snapshot!(text(&answer(&request(prompt::chat(&[], &[], "Why is the sky blue?", "")))), @"
    This is Aside's built-in demo, not a language model: it can't understand a question, but what it counts is true of the text you sent.

    You sent 5 words and no text from the editor. Mention a selection or a file to see facts about it.

    For real answers, set `model` to `provider/model` in Aside's settings.
    ");
}

#[test]
fn a_stream_ends_with_usage_and_a_stop() {
    let events = answer(&request(prompt::chat(&[], &[], "Hello?", "")));
    let Some(([.., ModelEvent::Usage(usage)], end)) = events.split_last().map(|(end, rest)| (rest, end))
    else {
        panic!()
    };
    assert_eq!(end, &ModelEvent::Stop(StopReason::End));
    assert!(usage.input > 0 && usage.output > 20);
    assert!(!events.contains(&ModelEvent::Text(String::new())));
}
