//! Positions against a naive model that walks over the text, character by character.

#![expect(clippy::string_slice, reason = "a panic is a failed test")]

use super::*;
use proptest::prelude::*;

const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

/// Every line's start and the end of its text, found by walking.
fn lines(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let (mut found, mut start, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        let ending = match bytes[at] {
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => 2,
            b'\r' | b'\n' => 1,
            _ => 0,
        };
        if ending > 0 {
            found.push((start, at));
            start = at + ending;
        }
        at += ending.max(1);
    }
    found.push((start, bytes.len()));
    found
}

fn units(c: char, encoding: Encoding) -> usize {
    match encoding {
        Encoding::Utf8 => c.len_utf8(),
        Encoding::Utf16 => c.len_utf16(),
        Encoding::Utf32 => 1,
    }
}

fn naive_to_byte(text: &str, position: Position, encoding: Encoding) -> usize {
    let Some(&(start, end)) = lines(text).get(position.line as usize) else { return text.len() };
    let (mut at, mut left) = (start, position.character as usize);
    for c in text[start..end].chars() {
        if left < units(c, encoding) {
            break;
        }
        left -= units(c, encoding);
        at += c.len_utf8();
    }
    at
}

fn naive_from_byte(text: &str, byte: usize, encoding: Encoding) -> Position {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    let lines = lines(text);
    let line = lines.iter().rposition(|&(start, _)| start <= byte).unwrap();
    let (start, end) = lines[line];
    let character = text[start..byte.min(end)].chars().map(|c| units(c, encoding)).sum::<usize>();
    Position { line: line as u32, character: character as u32 }
}

#[track_caller]
fn check(text: &str, line: u32, characters: [u32; 3], byte: usize) {
    let rope = Rope::from_str(text);
    for (encoding, character) in ENCODINGS.into_iter().zip(characters) {
        let position = Position { line, character };
        assert_eq!(to_byte(&rope, position, encoding), byte, "to_byte {encoding:?}");
        assert_eq!(from_byte(&rope, byte, encoding), position, "from_byte {encoding:?}");
    }
}

#[test]
fn counts_the_units_of_each_encoding() {
    check("a😀b", 0, [5, 3, 2], 5);
    check("äé", 0, [2, 1, 1], 2);
    check("e\u{301}x", 0, [3, 2, 2], 3);
    check("\tx", 0, [1, 1, 1], 1);
    check("a\r\nb", 1, [1, 1, 1], 4);
    check("a\rb\n", 1, [0, 0, 0], 2);
    check("a\n", 1, [0, 0, 0], 2);
    check("", 0, [0, 0, 0], 0);
}

#[test]
fn other_line_separators_of_unicode_end_no_line() {
    check("a\u{2028}b\u{b}c\u{85}d", 0, [9, 6, 6], 9);
}

#[test]
fn clamps_what_is_past_the_end() {
    let rope = Rope::from_str("ab\r\ncd");
    for encoding in ENCODINGS {
        assert_eq!(to_byte(&rope, Position { line: 0, character: 3 }, encoding), 2);
        assert_eq!(to_byte(&rope, Position { line: 0, character: u32::MAX }, encoding), 2);
        assert_eq!(to_byte(&rope, Position { line: 1, character: 9 }, encoding), 6);
        assert_eq!(to_byte(&rope, Position { line: 2, character: 0 }, encoding), 6);
        assert_eq!(to_byte(&rope, Position { line: u32::MAX, character: u32::MAX }, encoding), 6);
    }
}

#[test]
fn never_lands_inside_a_character_or_a_line_ending() {
    let rope = Rope::from_str("😀\r\n");
    assert_eq!(to_byte(&rope, Position { line: 0, character: 1 }, Encoding::Utf16), 0);
    assert_eq!(to_byte(&rope, Position { line: 0, character: 3 }, Encoding::Utf8), 0);
    assert_eq!(from_byte(&rope, 2, Encoding::Utf8), Position { line: 0, character: 0 });
    assert_eq!(from_byte(&rope, 5, Encoding::Utf8), Position { line: 0, character: 4 });
    assert_eq!(from_byte(&rope, 99, Encoding::Utf16), Position { line: 1, character: 0 });
}

#[test]
fn a_backward_range_is_turned_round() {
    let rope = Rope::from_str("abc");
    let range = Range { start: Position { line: 0, character: 2 }, end: Position { line: 0, character: 1 } };
    assert_eq!(to_byte_range(&rope, range, Encoding::Utf16), 1..2);
}

proptest! {
    #[test]
    fn agrees_with_the_naive_model(
        text in "([a\t ]|\r|\n|\r\n|é|😀|e\u{301}|\u{2028}){0,40}",
        line in 0u32..12,
        character in 0u32..24,
        byte in 0usize..120,
    ) {
        let rope = Rope::from_str(&text);
        for encoding in ENCODINGS {
            let position = Position { line, character };
            prop_assert_eq!(to_byte(&rope, position, encoding), naive_to_byte(&text, position, encoding));
            prop_assert_eq!(from_byte(&rope, byte, encoding), naive_from_byte(&text, byte, encoding));
        }
    }
}
