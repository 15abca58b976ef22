//! Changes as clients send them.

use super::*;
use crate::position::{Position, Range as LspRange};
use proptest::prelude::*;

/// Applies a change to the `<…>` range of `marked` (no marks: the whole text), and checks the text after it.
#[track_caller]
fn check(marked: &str, added: &str, after: &str) -> Edit {
    let start = marked.find('<');
    let text = marked.replacen(['<', '>'], "", 2);
    let mut document = Document::new("file:///a", "rust", 1, &text);
    let range = start.map(|start| {
        let end = marked.find('>').unwrap() - 1;
        position::from_byte_range(&document.text, &(start..end), Encoding::Utf16)
    });
    let before = document.text.clone();
    let edit = document.apply(range, added, Encoding::Utf16);
    assert_eq!(document.text.to_string(), after);
    edit.inverse(&before).apply(&mut document.text);
    assert_eq!(document.text, before, "the inverse");
    edit
}

#[test]
fn applies_a_change_to_a_range() {
    check("a<b>c", "xyz", "axyzc");
    check("a😀<b>\r\n", "ä", "a😀ä\r\n");
    check("a\r\n<>b", "x", "a\r\nxb");
    check("a<\r\n>b", "\n", "a\nb");
    check("<>", "x", "x");
}

#[test]
fn a_change_of_the_whole_text_is_as_small_as_the_difference() {
    let whole = |before: &str, after: &str| check(before, after, after);
    assert_eq!(whole("one\ntwo\nthree\n", "one\n2\nthree\n"), Edit::new(4..7, "2"));
    assert_eq!(whole("aé", "aè"), Edit::new(1..3, "è"));
    assert_eq!(whole("a\r\nb", "a\nb"), Edit::new(1..3, "\n"));
    assert_eq!(whole("a\rb", "a\r\nb"), Edit::new(1..2, "\r\n"));
    assert_eq!(whole("same\n", "same\n"), Edit::new(5..5, ""));
}

#[test]
fn a_line_typed_above_one_that_begins_alike_lies_above_it() {
    assert_eq!(check("a\nfoo<>2();\n", "();\nfoo", "a\nfoo();\nfoo2();\n"), Edit::new(2..2, "foo();\n"));
    assert_eq!(check("a\nfoo<();\nfoo>2();\n", "", "a\nfoo2();\n"), Edit::new(2..9, ""));
    assert_eq!(check("ab<>cd\n", "x\ny", "abx\nycd\n"), Edit::new(2..2, "x\ny"));
}

#[test]
fn finds_the_line_ending_that_most_lines_have() {
    let of = |text: &str| Document::new("", "", 0, text).line_ending();
    assert_eq!(of(""), LineEnding::Lf);
    assert_eq!(of("a"), LineEnding::Lf);
    assert_eq!(of("a\r\nb\r\nc\n"), LineEnding::CrLf);
    assert_eq!(of("a\r\nb\nc\n"), LineEnding::Lf);
    assert_eq!(of("a\rb\r"), LineEnding::Cr);
    assert_eq!(of("a\r\r\n"), LineEnding::CrLf);
    assert_eq!(of(&"x\r\n".repeat(5_000)), LineEnding::CrLf);
    assert_eq!(of(&"x\r".repeat(5_000)), LineEnding::Cr);
}

#[test]
fn a_span_is_widened_to_whole_lines() {
    let of = |text: &str, span| whole_lines(&Rope::from_str(text), span);
    assert_eq!(of("ab\ncd\nef", 1..1), 0..3);
    assert_eq!(of("ab\ncd\nef", 1..3), 0..3);
    assert_eq!(of("ab\ncd\nef", 1..4), 0..6);
    assert_eq!(of("ab\ncd\nef", 3..3), 3..6);
    assert_eq!(of("ab\ncd\nef", 7..7), 6..8);
    assert_eq!(of("ab\r\ncd", 1..2), 0..4);
    assert_eq!(of("ab\n", 3..3), 3..3);
    assert_eq!(of("", 0..0), 0..0);
}

#[test]
fn ten_thousand_changes_to_ten_megabytes_stay_right() {
    let line = "let some_name = call(argument, \"é😀\");\r\n";
    let mut document = Document::new("", "", 0, &line.repeat(10_000_000 / line.len()));
    let size = document.text.len_bytes();
    let lines = document.text.len_lines() as u32;
    for n in 0..10_000u32 {
        let at = Position { line: n.wrapping_mul(7_919) % (lines - 1), character: 4 };
        document.apply(Some(LspRange { start: at, end: at }), "x", Encoding::Utf16);
    }
    assert_eq!(document.text.len_bytes(), size + 10_000);
    assert_eq!(document.text.len_lines() as u32, lines);
}

proptest! {
    #[test]
    fn changes_give_the_text_that_a_string_gives(
        text in "([a\t ]|\r|\n|\r\n|é|😀|e\u{301}){0,30}",
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(),
            "([a ]|\r|\n|\r\n|é|😀){0,6}", any::<bool>()), 1..8),
    ) {
        let mut document = Document::new("", "", 0, &text);
        let mut model = text;
        for (from, to, added, is_whole) in changes {
            let bounds = (0..=model.len()).filter(|&at| model.is_char_boundary(at)).collect::<Vec<_>>();
            let (a, b) = (*from.get(&bounds), *to.get(&bounds));
            let range = position::from_byte_range(&document.text, &(a.min(b)..a.max(b)), Encoding::Utf16);
            let bytes = position::to_byte_range(&document.text, range, Encoding::Utf16);
            model.replace_range(bytes, &added);
            let before = document.text.clone();
            let edit = if is_whole {
                document.apply(None, &model, Encoding::Utf16)
            } else {
                document.apply(Some(range), &added, Encoding::Utf16)
            };
            prop_assert_eq!(document.text.to_string(), model.as_str());
            edit.inverse(&before).apply(&mut document.text);
            prop_assert_eq!(&document.text, &before);
            edit.apply(&mut document.text);
        }
    }
}
