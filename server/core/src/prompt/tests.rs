//! Prompts as a person reads them.

use super::*;

#[track_caller]
fn check_lines(text: &str, selection: Range<usize>, expected: &str) {
    let rope = Rope::from_str(text);
    assert_eq!(rope.byte_slice(whole_lines(&rope, &selection)).to_string(), expected);
}

#[test]
fn a_selection_grows_to_whole_lines() {
    check_lines("ab\ncd\nef", 1..1, "ab\n");
    check_lines("ab\ncd\nef", 1..4, "ab\ncd\n");
    check_lines("ab\ncd\nef", 0..3, "ab\n");
    check_lines("ab\ncd\nef", 7..8, "ef");
    check_lines("ab\ncd\n", 6..6, "");
    check_lines("é😀\r\nx\r\n", 2..2, "é😀\r\n");
    check_lines("", 0..0, "");
}
