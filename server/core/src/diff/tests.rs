//! Differences, drawn.

#![expect(clippy::string_slice, reason = "a panic is a failed test")]

use super::*;
use proptest::prelude::*;

/// The hunks as a person reads them.
fn draw(before: &str, after: &str, hunks: &[LineHunk]) -> String {
    let mut drawn = String::new();
    for hunk in hunks {
        drawn += &format!("@ {}\n", lines(&before[..hunk.before.start]).len() + 1);
        lines(&before[hunk.before.clone()])
            .iter()
            .for_each(|line| drawn += &format!("- {}\n", line.escape_debug()));
        lines(&after[hunk.after.clone()])
            .iter()
            .for_each(|line| drawn += &format!("+ {}\n", line.escape_debug()));
    }
    drawn
}

fn apply(text: &str, edits: &[Edit]) -> String {
    let mut text = text.to_owned();
    for edit in edits.iter().rev() {
        text.replace_range(edit.range.clone(), &edit.text);
    }
    text
}

#[track_caller]
fn check_minimal(removed: &str, added: &str, expected: &[(Range<usize>, &str)]) {
    let edits = minimal(removed, added);
    assert_eq!(apply(removed, &edits), added);
    assert_eq!(
        edits,
        expected.iter().map(|(range, text)| Edit::new(range.clone(), *text)).collect::<Vec<_>>()
    );
}

#[test]
fn hunks_are_whole_lines() {
    let (before, after) = ("a\nb\nc\nd\n", "a\nB\nc\nx\nd\ne");
    insta::assert_snapshot!(draw(before, after, &hunks(before, after)), @r"
    @ 2
    - b\n
    + B\n
    @ 4
    + x\n
    @ 5
    + e
    ");
}

#[test]
fn a_missing_final_line_ending_is_a_difference() {
    insta::assert_snapshot!(draw("a\nb", "a\nb\nc", &hunks("a\nb", "a\nb\nc")), @r"
    @ 2
    - b
    + b\n
    + c
    ");
}

#[test]
fn minimal_edits_leave_alone_what_stays() {
    check_minimal("same\n", "same\n", &[]);
    check_minimal("a\nlet x = 1;\nb\n", "a\nlet y = 1;\nb\n", &[(6..7, "y")]);
    check_minimal("one two\nthree four\n", "one 2\nthree 4\n", &[(4..7, "2"), (14..18, "4")]);
    check_minimal("a\nb", "a\nb\nc", &[(3..3, "\nc")]);
    check_minimal("", "a\n", &[(0..0, "a\n")]);
    check_minimal("a\n", "", &[(0..2, "")]);
}

#[test]
fn minimal_edits_cut_no_line_ending_and_no_character() {
    check_minimal("a\r\n", "a\n", &[(1..3, "\n")]);
    check_minimal("a\n", "a\r\n", &[(1..2, "\r\n")]);
    check_minimal("a\r", "a\r\n", &[(1..2, "\r\n")]);
    check_minimal("é\n", "è\n", &[(0..2, "è")]);
    check_minimal("😀", "😁", &[(0..4, "😁")]);
}

#[test]
fn words_keep_marks_with_their_letters() {
    assert_eq!(words("a_1 +\t\tb\r\n"), ["a_1", " ", "+", "\t\t", "b", "\r\n"]);
    assert_eq!(words("e\u{301}x ❤\u{fe0f}!"), ["e\u{301}x", " ", "❤\u{fe0f}", "!"]);
    assert_eq!(words("\n\r"), ["\n", "\r"]);
}

/// Draws what a preview shows after every line.
fn stream(old: &str, new: &str) -> String {
    let mut streaming = Streaming::new(old);
    let mut drawn = String::new();
    for line in lines(new) {
        streaming.feed(line);
        drawn += &format!("{}> {}", streaming.settled().len(), line);
        if let Some(tail) = streaming.tail() {
            drawn += &draw(old, new, &[tail]);
        }
    }
    drawn += "settled\n";
    drawn + &draw(old, new, streaming.settled())
}

#[test]
fn a_preview_settles_from_the_top_down() {
    insta::assert_snapshot!(stream("a one\nb two\n\n}\nc three\n", "a one\nb 2\nand\n\n  c three\nd\n"), @r"
    0> a one
    0> b 2
    @ 2
    + b 2\n
    0> and
    @ 2
    + b 2\n
    + and\n
    0> 
    @ 2
    + b 2\n
    + and\n
    + \n
    1>   c three
    1> d
    @ 6
    + d\n
    settled
    @ 2
    - b two\n
    - \n
    - }\n
    - c three\n
    + b 2\n
    + and\n
    + \n
    +   c three\n
    ");
}

#[test]
fn a_preview_of_five_thousand_lines_looks_at_few_old_lines_for_each() {
    let old = (0..5_000).map(|n| format!("line {n} of the old text\n")).collect::<String>();
    let mut streaming = Streaming::new(&old);
    for n in 0..5_000 {
        let line = if n % 3 == 0 { format!("new {n}\n") } else { format!("line {n} of the old text\n") };
        let settled = streaming.settled().to_vec();
        streaming.feed(&line);
        assert!(streaming.settled().len() - settled.len() <= 1);
    }
    assert_eq!(streaming.settled().len(), 1_667);
}

const TEXT: &str = "([ab {}\t]|é|😀|\r|\n|\r\n|foo\n|bar\r\n){0,24}";

proptest! {
    #[test]
    fn hunks_turn_the_one_text_into_the_other(before in TEXT, after in TEXT) {
        let edits = hunks(&before, &after)
            .into_iter()
            .map(|hunk| Edit::new(hunk.before, &after[hunk.after]))
            .collect::<Vec<_>>();
        prop_assert!(edits.windows(2).all(|pair| pair[0].range.end < pair[1].range.start));
        prop_assert_eq!(apply(&before, &edits), after);
    }

    #[test]
    fn minimal_edits_turn_the_one_text_into_the_other(before in TEXT, after in TEXT) {
        let edits = minimal(&before, &after);
        prop_assert!(edits.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start));
        for edit in &edits {
            for at in [edit.range.start, edit.range.end] {
                let (head, tail) = before.split_at(at);
                prop_assert!(!(head.ends_with('\r') && tail.starts_with('\n')), "cuts a line ending");
            }
        }
        prop_assert_eq!(apply(&before, &edits), after);
    }

    #[test]
    fn the_common_ends_are_as_long_as_they_can_be(before in TEXT, after in TEXT) {
        let rope = ropey::Rope::from_str(&before);
        let (prefix, suffix) = common(rope.slice(..), &after);
        prop_assert!(prefix + suffix <= before.len().min(after.len()));
        prop_assert_eq!(&before[..prefix], &after[..prefix]);
        prop_assert_eq!(&before[before.len() - suffix..], &after[after.len() - suffix..]);
    }

    #[test]
    fn what_a_preview_settled_turns_the_old_text_into_the_new(old in TEXT, new in TEXT) {
        let mut streaming = Streaming::new(&old);
        let mut settled = Vec::new();
        for line in lines(&new) {
            streaming.feed(line);
            prop_assert!(streaming.settled().starts_with(&settled), "revised");
            settled = streaming.settled().to_vec();
        }
        settled.extend(streaming.tail());
        for pair in settled.windows(2) {
            prop_assert!(pair[0].before.end <= pair[1].before.start && pair[0].after.end <= pair[1].after.start);
        }
    }
}
