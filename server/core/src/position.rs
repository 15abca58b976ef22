//! Positions as LSP counts them, and byte offsets as we do.
//!
//! Lines end with `\n`, `\r\n` or `\r` (LSP 3.17, text documents), and with nothing else. Everything here is
//! O(log n) in the document, and never fails: a place that isn't there is moved to the nearest earlier one that is.

use ropey::Rope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops;

#[cfg(test)]
mod tests;

/// The negotiated unit of [`Position::character`] (LSP 3.17, `PositionEncodingKind`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Encoding {
    Utf8,
    #[default]
    Utf16,
    Utf32,
}

/// A zero-based place in a document; `character` counts code units of the negotiated encoding.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Position {
    pub line: u32,
    pub character: u32,
}

/// A half-open range of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Range {
    pub start: Position,
    pub end: Position,
}

/// The byte offset of `position`. A character past the line's end means the end of its text, before the line ending;
/// a line past the last one means the document's end. Never inside a character or a `\r\n`: it rounds down.
pub fn to_byte(text: &Rope, position: Position, encoding: Encoding) -> usize {
    let line = position.line as usize;
    if line >= text.len_lines() {
        return text.len_bytes();
    }
    let start = text.line_to_byte(line);
    let end = line_text_end(text, line);
    let character = position.character as usize;
    match encoding {
        Encoding::Utf8 => floor_char(text, start.saturating_add(character).min(end)),
        Encoding::Utf16 => {
            let unit = text.char_to_utf16_cu(text.byte_to_char(start)).saturating_add(character);
            let last = text.char_to_utf16_cu(text.byte_to_char(end));
            text.char_to_byte(text.utf16_cu_to_char(unit.min(last)))
        }
        Encoding::Utf32 => {
            let char = text.byte_to_char(start).saturating_add(character);
            text.char_to_byte(char.min(text.byte_to_char(end)))
        }
    }
}

/// The position of the byte offset `byte`, which is rounded down out of a character or a `\r\n`, and to the
/// document's end.
pub fn from_byte(text: &Rope, byte: usize, encoding: Encoding) -> Position {
    let byte = byte.min(text.len_bytes());
    let line = text.byte_to_line(byte);
    let start = text.line_to_byte(line);
    let byte = floor_char(text, byte.min(line_text_end(text, line)));
    let character = match encoding {
        Encoding::Utf8 => byte - start,
        Encoding::Utf16 => {
            text.char_to_utf16_cu(text.byte_to_char(byte)) - text.char_to_utf16_cu(text.byte_to_char(start))
        }
        Encoding::Utf32 => text.byte_to_char(byte) - text.byte_to_char(start),
    };
    Position { line: to_u32(line), character: to_u32(character) }
}

/// [`to_byte`] of both ends; a range that runs backwards is turned round.
pub fn to_byte_range(text: &Rope, range: Range, encoding: Encoding) -> ops::Range<usize> {
    let start = to_byte(text, range.start, encoding);
    let end = to_byte(text, range.end, encoding);
    start.min(end)..start.max(end)
}

/// [`from_byte`] of both ends.
pub fn from_byte_range(text: &Rope, range: &ops::Range<usize>, encoding: Encoding) -> Range {
    Range { start: from_byte(text, range.start, encoding), end: from_byte(text, range.end, encoding) }
}

/// Where the text of `line` ends, before its line ending. `line` is a line of `text`.
fn line_text_end(text: &Rope, line: usize) -> usize {
    if line + 1 >= text.len_lines() {
        return text.len_bytes();
    }
    let next = text.line_to_byte(line + 1);
    let is = |at: usize, byte: u8| text.get_byte(at) == Some(byte);
    if next >= 2 && is(next - 1, b'\n') && is(next - 2, b'\r') { next - 2 } else { next - 1 }
}

/// The start of the character that holds `byte`, which is at most the document's length.
pub(crate) fn floor_char(text: &Rope, byte: usize) -> usize {
    text.char_to_byte(text.byte_to_char(byte))
}

/// LSP counts in `u32`; a document beyond that is cut off there.
fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
