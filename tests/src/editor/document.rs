//! The editor's own copy of a document: a string, a version, and positions counted the slow and obvious way.
//!
//! It shares no code with the server, and is strict: a position that isn't in the text is an error, never clamped.

use aside_core::position::{Encoding, Position, Range};
use serde_json::{Value, json};
use std::cmp::Reverse;

/// A document as the editor holds it.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) text: String,
    pub(super) version: i32,
    /// Changes that were made and not sent.
    pub(super) unsent: Vec<Value>,
}

impl Document {
    /// Replaces a range; answers the `contentChanges` item to send.
    pub(super) fn change(&mut self, range: Range, new: &str, encoding: Encoding) -> Result<Value, String> {
        let start = offset(&self.text, range.start, encoding)?;
        let end = offset(&self.text, range.end, encoding)?;
        if start > end {
            return Err(format!("the range ends before it starts: {range:?}"));
        }
        self.text.replace_range(start..end, new);
        Ok(json!({"range": range, "text": new}))
    }

    /// Applies `TextEdit`s, all of which are about the text as it stands; answers the changes to send.
    pub(super) fn edit(&mut self, edits: &[Value], encoding: Encoding) -> Result<Vec<Value>, String> {
        let mut edits: Vec<(Range, String)> = edits.iter().map(text_edit).collect::<Result<_, _>>()?;
        // Several inserts at one place stand in the order of the array (LSP 3.17, `TextEdit[]`).
        edits.reverse();
        edits.sort_by_key(|(range, _)| Reverse((range.start, range.end)));
        for pair in edits.windows(2) {
            if pair[1].0.end > pair[0].0.start {
                return Err(format!("edits overlap: {pair:?}"));
            }
        }
        edits.iter().map(|(range, new)| self.change(*range, new, encoding)).collect()
    }
}

fn text_edit(edit: &Value) -> Result<(Range, String), String> {
    let range = serde_json::from_value(edit["range"].clone()).map_err(|e| format!("{e}: {edit}"))?;
    let text = edit["newText"].as_str().ok_or_else(|| format!("no newText: {edit}"))?;
    Ok((range, text.to_owned()))
}

/// The byte offset of a position.
pub(super) fn offset(text: &str, position: Position, encoding: Encoding) -> Result<usize, String> {
    let start = line_starts(text)
        .into_iter()
        .nth(position.line as usize)
        .ok_or_else(|| format!("no line {} in {text:?}", position.line))?;
    let mut left = position.character as usize;
    let mut at = start;
    for c in text[start..].chars().take_while(|c| !matches!(c, '\r' | '\n')) {
        if left == 0 {
            break;
        }
        left = left
            .checked_sub(units(c, encoding))
            .ok_or_else(|| format!("{position:?} is inside {c:?} in {text:?}"))?;
        at += c.len_utf8();
    }
    if left > 0 { Err(format!("{position:?} is past its line in {text:?}")) } else { Ok(at) }
}

/// The position of a byte offset.
pub fn position(text: &str, offset: usize, encoding: Encoding) -> Position {
    let starts = line_starts(text);
    let line = starts.partition_point(|start| *start <= offset) - 1;
    let character: usize = text[starts[line]..offset].chars().map(|c| units(c, encoding)).sum();
    Position { line: u32::try_from(line).unwrap(), character: u32::try_from(character).unwrap() }
}

/// Where lines start: after `\n`, `\r\n` and a lone `\r`, and nowhere else (LSP 3.17, Text Documents).
fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = (0..bytes.len())
        .filter(|i| bytes[*i] == b'\n' || (bytes[*i] == b'\r' && bytes.get(i + 1) != Some(&b'\n')));
    std::iter::once(0).chain(ends.map(|i| i + 1)).collect()
}

fn units(c: char, encoding: Encoding) -> usize {
    match encoding {
        Encoding::Utf8 => c.len_utf8(),
        Encoding::Utf16 => c.len_utf16(),
        Encoding::Utf32 => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a👩b\r\n\te\u{301}\rx\n";

    #[test]
    fn every_place_maps_there_and_back_in_every_encoding() {
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            for (at, _) in TEXT.char_indices().filter(|(at, _)| *at != 7).chain([(TEXT.len(), ' ')]) {
                let there = position(TEXT, at, encoding);
                assert_eq!(offset(TEXT, there, encoding), Ok(at), "{there:?} {encoding:?}");
            }
        }
    }

    #[test]
    fn a_place_that_is_not_in_the_text_is_an_error() {
        for (line, character) in [(9, 0), (0, 5), (0, 2), (3, 1)] {
            let position = Position { line, character };
            assert!(offset(TEXT, position, Encoding::Utf16).is_err(), "{position:?}");
        }
    }

    #[test]
    fn edits_are_about_the_text_before_all_of_them() {
        let mut document = Document { text: "one two".into(), version: 1, unsent: vec![] };
        let edit = |from: u32, to: u32, new: &str| json!({"range": {"start": {"line": 0, "character": from}, "end": {"line": 0, "character": to}}, "newText": new});
        document.edit(&[edit(0, 3, "first"), edit(4, 7, "2nd")], Encoding::Utf8).unwrap();
        assert_eq!(document.text, "first 2nd");
        assert!(document.edit(&[edit(0, 3, ""), edit(2, 4, "")], Encoding::Utf8).is_err());
    }
}
