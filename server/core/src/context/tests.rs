//! What goes along, and what is said about the rest.

use super::*;
use crate::position::{Position, Range as LspRange};
use proptest::prelude::*;

fn origin(name: &str) -> Origin {
    Origin { name: name.into(), uri: format!("file:///{name}"), language: "rust".into(), allowed: false }
}

fn numbered(lines: usize) -> String {
    (1..=lines).map(|n| format!("let line{n:03} = {n:03};\n")).collect()
}

fn file(name: &str, lines: usize, keep: Option<Range<usize>>) -> Source {
    Source::File { origin: origin(name), text: Rope::from_str(&numbered(lines)), keep }
}

fn open_file(name: &str, lines: usize) -> Source {
    Source::OpenFile { origin: origin(name), text: Rope::from_str(&numbered(lines)) }
}

fn lines(start: u32, end: u32) -> LspRange {
    LspRange { start: Position { line: start, character: 0 }, end: Position { line: end, character: 0 } }
}

fn selection(name: &str, first: u32, text: &str) -> Source {
    let count = text.lines().count() as u32;
    Source::Selection { origin: origin(name), range: lines(first, first + count), text: text.into() }
}

fn problems(name: &str, count: u32) -> Source {
    let note = |line| Note {
        range: lines(line, line),
        severity: Some(2),
        source: None,
        message: format!("thing {line} is\nodd"),
    };
    Source::Problems { origin: origin(name), notes: (0..count).map(note).collect() }
}

/// Each item as a line; then the lines that went along.
fn draw(context: &Context) -> String {
    let item = |item: &Item| match &item.left_out {
        Some(reason) => format!("{} ({}): {reason}\n", item.label, item.tokens),
        None => format!("{} ({})\n", item.label, item.tokens),
    };
    let mut text: String = context.items.iter().map(item).collect();
    for block in &context.blocks {
        let (first, last) = (block.text.lines().next(), block.text.lines().last());
        text.push_str(&format!("> {}: {} .. {}\n", block.label, first.unwrap(), last.unwrap()));
    }
    text
}

#[test]
fn everything_goes_along_where_there_is_room() {
    let sources = [
        open_file("b.rs", 2),
        file("a.rs", 3, None),
        problems("a.rs", 1),
        selection("a.rs", 4, "one\ntwo\n"),
    ];
    insta::assert_snapshot!(draw(&gather(&sources, 0, 1_000)), @"
    1 problem in a.rs (21)
    selection a.rs:5-6 (14)
    a.rs (24)
    b.rs (19)
    > 1 problem in a.rs: line 1: warning: thing 0 is ..     odd
    > selection a.rs:5-6: one .. two
    > a.rs: let line001 = 001; .. let line003 = 003;
    > b.rs: let line001 = 001; .. let line002 = 002;
    ");
}

#[test]
fn a_file_is_cut_around_the_lines_to_keep() {
    insta::assert_snapshot!(draw(&gather(&[file("a.rs", 500, Some(250..252))], 20, 120)), @"
    a.rs:245-259 (92): cut: 15 of 500 lines fit the budget of 120 tokens
    > a.rs:245-259: let line245 = 245; .. let line259 = 259;
    ");
}

#[test]
fn a_file_is_cut_from_its_start_where_nothing_is_to_be_kept() {
    insta::assert_snapshot!(draw(&gather(&[file("a.rs", 500, None)], 20, 120)), @"
    a.rs:1-15 (91): cut: 15 of 500 lines fit the budget of 120 tokens
    > a.rs:1-15: let line001 = 001; .. let line015 = 015;
    ");
}

#[test]
fn an_open_file_goes_along_whole_or_not_at_all() {
    let sources = [open_file("big.rs", 500), open_file("small.rs", 2)];
    insta::assert_snapshot!(draw(&gather(&sources, 0, 120)), @"
    big.rs (2715): does not fit the budget of 120 tokens
    small.rs (20)
    > small.rs: let line001 = 001; .. let line002 = 002;
    ");
}

#[test]
fn a_selection_that_is_too_long_is_cut_at_whole_lines() {
    insta::assert_snapshot!(draw(&gather(&[selection("a.rs", 9, &numbered(100))], 0, 100)), @"
    selection a.rs:10-24 (94): cut: 15 of 100 lines fit the budget of 100 tokens
    > selection a.rs:10-24: let line001 = 001; .. let line015 = 015;
    ");
}

#[test]
fn a_line_that_is_longer_than_the_budget_is_left_out() {
    insta::assert_snapshot!(draw(&gather(&[selection("a.min.js", 0, &"x".repeat(10_000))], 0, 100)), @"selection a.min.js:1 (2870): does not fit the budget of 100 tokens");
}

#[test]
fn as_many_problems_go_along_as_fit() {
    insta::assert_snapshot!(draw(&gather(&[problems("a.rs", 40)], 0, 60)), @"
    4 problems in a.rs (52): 4 of 40 fit the budget of 60 tokens
    > 4 problems in a.rs: line 1: warning: thing 0 is ..     odd
    ");
}

#[test]
fn a_file_that_is_mentioned_twice_goes_along_once() {
    let sources = [file("a.rs", 2, None), open_file("a.rs", 2), file("a.rs", 2, None)];
    assert_eq!(gather(&sources, 0, 1_000).blocks.len(), 1);
}

#[test]
fn tokens_are_three_and_a_half_bytes() {
    assert_eq!([0, 1, 3, 4, 7, 8, 3500].map(tokens), [0, 1, 1, 2, 2, 3, 1000]);
}

proptest! {
    #[test]
    fn the_budget_is_kept_and_every_source_is_spoken_of(
        sizes in prop::collection::vec((0..4_usize, 0..200_usize), 0..6),
        question in 0..100_u64,
        budget in 0..3_000_u64,
    ) {
        let source = |(index, (kind, size)): (usize, &(usize, usize))| {
            let name = format!("f{index}.rs");
            match kind {
                0 => selection(&name, 3, &numbered(*size)),
                1 => problems(&name, *size as u32),
                2 => file(&name, *size, Some(size / 2..size / 2 + 1)),
                _ => open_file(&name, *size),
            }
        };
        let sources: Vec<Source> = sizes.iter().enumerate().map(source).collect();
        let context = gather(&sources, question, budget);
        prop_assert!(context.tokens + question <= budget.max(question));
        prop_assert_eq!(context.items.len(), sources.len());
        let whole = context.items.iter().filter(|item| item.left_out.is_none()).count();
        prop_assert!(context.blocks.len() >= whole);
        for block in &context.blocks {
            prop_assert!(block.text.is_empty() || block.text.ends_with('\n'), "cut inside of a line");
        }
    }
}
