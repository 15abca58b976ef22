//! What a client had before it applied edits, worked out of one change.

use super::*;

/// The text that the client is found to have had, given one from before its typing, edits of that, and one from after.
fn found(before: &str, edits: &[Edit], after: &str) -> Option<String> {
    let [before, after] = [before, after].map(Rope::from_str);
    let pending = Pending::new(edits, &before, Encoding::Utf8);
    pending.told_together(&before, &after).map(|landing| landing.was.to_string())
}

/// `b` becomes `Bee`.
fn bee() -> [Edit; 1] {
    [Edit::new(2..3, "Bee")]
}

#[test]
fn a_line_typed_above() {
    assert_eq!(found("a\nb\nc\n", &bee(), "x\nBee\nb\nc\n").as_deref(), Some("x\na\nb\nc\n"));
}

#[test]
fn a_line_typed_below() {
    assert_eq!(found("a\nb\nc\n", &bee(), "a\nBee\nc\nx\n").as_deref(), Some("a\nb\nc\nx\n"));
}

#[test]
fn a_line_typed_above_that_begins_like_the_one_that_is_lost() {
    let edit = [Edit::new(4..7, "Bee")];
    assert_eq!(found("foo\nbar\n", &edit, "f\nBee\nbar\n").as_deref(), Some("f\nfoo\nbar\n"));
}

#[test]
fn a_line_typed_above_what_comes_in_between_two_lines() {
    let edit = [Edit::new(2..2, "Bee\n")];
    assert_eq!(found("a\nb\n", &edit, "x\nBee\na\nb\n").as_deref(), Some("x\na\nb\n"));
}

#[test]
fn typing_in_the_line_that_is_lost_can_not_be_had_back() {
    // The client had `a!` in the line above `b`.
    let edit = [Edit::new(2..4, "Bee\n")];
    assert_eq!(found("a\nb\nc\n", &edit, "x\nBee\nb\nc\n").as_deref(), Some("x\na\nb\nc\n"));
}

#[test]
fn several_edits_of_which_one_took_out_only_what_was_typed() {
    let edits = [Edit::new(0..2, ""), Edit::new(4..5, "Cee")];
    assert_eq!(found("a\nb\nc\n", &edits, "a\nCee\nc\ny\n").as_deref(), Some("a\nb\nc\ny\n"));
}

#[test]
fn a_deletion_above() {
    assert_eq!(found("a\nb\nc\nd\n", &[Edit::new(4..5, "Cee")], "b\nc\nCee\n").as_deref(), Some("b\nc\nd\n"));
}

#[test]
fn a_line_above_whose_ending_went_as_well() {
    let edit = [Edit::new(9..17, "2\nnew = 1")];
    let [before, after] = ["one = 1\ntwo = 2\nend\n", "x\ny2\nnew = 1\ntwo = 2\nend\n"];
    assert_eq!(found(before, &edit, after).as_deref(), Some("x\ny\none = 1\ntwo = 2\nend\n"));
}

#[test]
fn a_letter_that_stands_beside_one_like_it() {
    let before = "a\nlet\u{4e01}M\n\u{4e02} a = b\n";
    let at = before.find('b').unwrap();
    // The place that was named is inside `丁` by then.
    let found = found(before, &[Edit::new(at..at + 1, "M")], "x\na\n\u{4e04}letMM\n\u{4e02} a = b\n");
    assert_eq!(found.as_deref(), Some("x\na\n\u{4e04}let\u{4e01}M\n\u{4e02} a = b\n"));
}

#[test]
fn a_client_that_counts_otherwise_is_likelier_than_one_that_deleted() {
    let before = "x\u{4e01}(y)\u{4e00}\nb\n\tx(y)\n\n";
    let at = before.find('\t').unwrap();
    // The client counts in UTF-16 and has typed `丂⏎⏎` behind the first `x`: the line that was named is `丁(y)一`.
    let found = found(before, &[Edit::new(at..at + 5, "\nM")], "x\u{4e02}\n\n\nM\nb\n\tx(y)\n\n");
    assert_eq!(found.as_deref(), Some("x\u{4e02}\n\n\u{4e01}(y)\u{4e00}\nb\n\tx(y)\n\n"));
}

#[test]
fn lines_that_come_beside_the_same_are_told_by_what_went_with_them() {
    let before = "a\n\nM\nb\n\u{4e00}\nc\nd\n";
    let at = before.find('d').unwrap();
    // The client had typed `丁⏎⏎` below `a`: the line that was to go is `一` by then.
    let edits = [Edit::new(2..2, "\nM\n"), Edit::new(at..at + 2, "")];
    let found = found(before, &edits, "a\n\nM\n\u{4e01}\n\n\nM\nb\nc\nd\n");
    assert_eq!(found.as_deref(), Some("a\n\u{4e01}\n\n\nM\nb\n\u{4e00}\nc\nd\n"));
}

#[test]
fn a_deletion_beside_a_line_that_is_written_already_is_the_users() {
    let edits = [Edit::new(2..2, "M\n"), Edit::new(8..10, "")];
    assert_eq!(found("a\nM\nb\nc\nd\n", &edits, "a\nM\nx\nb\nd\n"), None);
}

#[test]
fn what_comes_behind_the_end_of_a_line_that_was_typed() {
    // The client had `x⏎⏎y⏎⏎z⏎` above: the first place is behind the end of a blank line, and the second edit takes out
    // two lines of typing and `a`.
    let before = "a\nbbbbb\n\nc\nd\n";
    let place = before.find("\n\n").unwrap();
    let lines = before.find('c').unwrap()..before.find('d').unwrap() + 1;
    let edits = [Edit::new(place..place, " M"), Edit::new(lines, "M\nN")];
    let found = found(before, &edits, "x\n M\ny\nM\nN\nbbbbb\n\nc\nd\n");
    assert_eq!(found.as_deref(), Some("x\n\ny\na\nbbbbb\n\nc\nd\n"));
}

#[test]
fn what_comes_behind_the_end_of_a_line_that_was_typed_into() {
    // The client had `x⏎` in the middle of the first line: the place behind its end is the end of what is left of it.
    let before = "abc\u{4e00}def\nlet a = b;";
    let end = before.find('\n').unwrap();
    let edits = [Edit::new(end..before.len(), " M\nlet a = b;\n")];
    let found = found(before, &edits, "abcx M\nlet a = b;\n\nlet a = b;");
    assert!(found.is_some_and(|was| was.starts_with("abcx") && was.contains("\u{4e00}def")));
}

#[test]
fn a_letter_typed_far_before_the_place_that_was_named_is_typing() {
    let before = "x\n\u{4e04}= le\u{4e01}tt\nbcd\n";
    let (start, end) = (before.find("tt").unwrap(), before.find('d').unwrap());
    let after = "x\n\u{4e06}a= le\u{4e01}tt\nbcd\n";
    assert_eq!(found(before, &[Edit::new(start..end, "a")], after), None);
}

#[test]
fn typing_alone_is_typing() {
    for after in ["a\nb!\nc\n", "x\na\nb\nc\n", "a\nc\n", "x\nc\n", "a\nB\nc\n", "a\nBee b\nc\n"] {
        assert_eq!(found("a\nb\nc\n", &bee(), after), None, "{after:?}");
    }
}

#[test]
fn a_line_that_was_lost_is_typed_once_more() {
    // `b⏎M` is taken back: `let b;⏎` belongs there.
    let edit = [Edit::new(3..6, "let b;\n")];
    assert_eq!(found("a b\nM c\n", &edit, "x let b;\na b\nM c\n"), None);
}

#[test]
fn a_deletion_is_the_users_own() {
    assert_eq!(found("a\nb\nc\n", &[Edit::new(2..4, "")], "x\nb\nc\n"), None);
}

#[test]
fn a_long_text_is_left_alone() {
    let long = "a\n".repeat(MAX_LEN);
    assert_eq!(found(&format!("{long}b\n"), &[Edit::new(2 * MAX_LEN..2 * MAX_LEN + 1, "Bee")], "x"), None);
}
