//! Each way in which models spoil an answer, as a test.

mod answers;
mod beyond;
mod blocks;
mod comma;
mod elision;
mod ellipsis;
mod enclosing;
mod endings;
mod exact;
mod hints;
mod indentation;
mod part;
mod prefixes;
mod prose;
mod remarks;
mod repetition;
mod width;
mod wrapping;

use super::*;
use proptest::prelude::*;

fn around(base: &str) -> Surroundings {
    Surroundings {
        base: base.to_owned(),
        selected: None,
        before: String::new(),
        after: String::new(),
        indent: Indent { tabs: base.contains('\t'), width: 4 },
        line_ending: if base.contains("\r\n") { "\r\n" } else { "\n" },
        language: "rust".to_owned(),
        instruction: "change it".to_owned(),
    }
}

fn whole(around: &Surroundings, answer: &str, stop: &StopReason) -> Result<Clean, ReplyProblem> {
    let mut reply = Reply::new(around.clone());
    reply.push(answer);
    reply.finish(stop)
}

/// The answer, whole and at every chunk size, gives `expected`, and previews that only grow.
#[track_caller]
fn check_around(around: &Surroundings, answer: &str, expected: &str) {
    assert_eq!(whole(around, answer, &StopReason::End).map(|clean| clean.text), Ok(expected.to_owned()));
    same_at_every_size(around, answer);
}

#[track_caller]
fn same_at_every_size(around: &Surroundings, answer: &str) {
    let chars: Vec<char> = answer.chars().collect();
    let result = whole(around, answer, &StopReason::End);
    for size in 1..=chars.len().min(40) {
        let mut reply = Reply::new(around.clone());
        let mut shown: Vec<String> = Vec::new();
        for piece in chars.chunks(size) {
            reply.push(&piece.iter().collect::<String>());
            assert!(reply.lines_so_far().starts_with(&shown), "chunks of {size}");
            shown = reply.lines_so_far().to_vec();
        }
        assert_eq!(reply.finish(&StopReason::End), result, "chunks of {size}");
    }
}

#[track_caller]
fn check(base: &str, answer: &str, expected: &str) {
    check_around(&around(base), answer, expected);
}

#[track_caller]
fn check_problem(base: &str, answer: &str, expected: ReplyProblem) {
    check_problem_around(&around(base), answer, expected);
}

#[track_caller]
fn check_problem_around(around: &Surroundings, answer: &str, expected: ReplyProblem) {
    assert_eq!(whole(around, answer, &StopReason::End), Err(expected));
    same_at_every_size(around, answer);
}

const ADD: &str = "fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n";

#[test]
fn takes_the_text_out_of_a_fence() {
    check(
        ADD,
        "```rust\nfn sum(a: i32, b: i32) -> i32 {\n    a + b\n}\n```",
        "fn sum(a: i32, b: i32) -> i32 {\n    a + b\n}\n",
    );
}

#[test]
fn drops_an_explanation_around_the_code() {
    let answer = "Sure! Here is the function:\n\n```rust\nfn sum() {}\n```\n\nI renamed it.\nLet me know.";
    check("fn add() {}\n", answer, "fn sum() {}\n");
}

#[test]
fn shows_complete_lines_while_the_model_writes() {
    let mut reply = Reply::new(around(ADD));
    reply.push("Here:\n```rust\nfn sum(a: i32, b: i32) -> i32 {\n    a");
    assert!(reply.lines_so_far().is_empty());
    reply.push(" + b\n");
    assert_eq!(reply.lines_so_far().concat(), "fn sum(a: i32, b: i32) -> i32 {\n    a + b\n");
    reply.push("}\n```\nThat's it.\n");
    assert_eq!(reply.lines_so_far().concat(), "fn sum(a: i32, b: i32) -> i32 {\n    a + b\n}\n");
}

#[test]
fn an_answer_in_prose_is_a_message() {
    let words = "I can't see any function called `foo` here.".to_owned();
    check_problem(ADD, &words, ReplyProblem::Declined { words: words.clone() });
}

proptest! {
    #[test]
    fn never_panics_and_never_takes_a_shown_line_back(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "```", "```rust", "````", "~~~", "\n", "\n", "\n", "    ", "\t", "fn a() {", "}", "let x = 1;", "// ...",
                "<think>", "</think>", "1: ", "+", "-", "@@", "é😀", "\r\n", " ", "Sure.", "// rest unchanged", "{ ... }",
            ]),
            0..40,
        ),
        base in prop::sample::select(vec!["", "\n", ADD, "\tfn a() {\r\n\t\tlet x = 1;\r\n\t}", "# T\n```\ncode\n```\n"]),
    ) {
        let mut around = around(base);
        around.before = "fn a() {\n".to_owned();
        around.after = "}\n".to_owned();
        let expected = whole(&around, &parts.concat(), &StopReason::End);
        let mut reply = Reply::new(around);
        let mut shown: Vec<String> = Vec::new();
        for part in parts {
            reply.push(part);
            prop_assert!(reply.lines_so_far().starts_with(&shown));
            shown = reply.lines_so_far().to_vec();
        }
        prop_assert_eq!(reply.finish(&StopReason::End), expected);
    }

    #[test]
    fn a_text_answered_as_it_is_comes_back_byte_for_byte(
        lines in prop::collection::vec("(    |\t|  ){0,3}(a\\(\\);|if b \\{|\\}|// \\.\\.\\.|\\.\\.\\.|# snip|pass  # \\.\\.\\. rest|// rest unchanged|- x|1: y|é😀|```|)[ \t]{0,2}\r?\n", 1..12),
        last in "(x\\(\\))?",
    ) {
        let base = lines.concat() + &last;
        prop_assume!(!base.trim().is_empty());
        let fence = crate::prompt::frame::fence(&base);
        let answer = format!("{fence}rust\n{}\n{fence}", base.replace("\r\n", "\n").trim_end_matches('\n'));
        let clean = whole(&around(&base), &answer, &StopReason::End).map(|clean| clean.text);
        prop_assert_eq!(clean, Ok(base));
    }

    #[test]
    fn a_text_answered_without_its_common_indentation_gets_it_back(
        lines in prop::collection::vec((0..3_usize, "(a\\(\\);|if b \\{|\\}|c = d)"), 1..10),
        depth in 1..3_usize,
        tabs: bool,
    ) {
        let level = if tabs { "\t" } else { "    " };
        let least = lines.iter().map(|(level, _)| *level).min().unwrap_or(0);
        let text = |outer: usize| -> String {
            lines.iter().map(|(inner, line)| format!("{}{line}\n", level.repeat(outer + inner - least))).collect()
        };
        let answer = format!("```rust\n{}```", text(0));
        let clean = whole(&around(&text(depth)), &answer, &StopReason::End).map(|clean| clean.text);
        prop_assert_eq!(clean, Ok(text(depth)));
    }
}
