//! A document as the client has it: its text, and the changes the client makes to it.
//!
//! The text is kept byte for byte, line endings included. A change costs O(log n) in the document.

use crate::diff;
use crate::position::{self, Encoding};
use ropey::{Rope, RopeSlice};
use std::ops::Range;

pub mod order;
#[cfg(test)]
mod tests;

/// A replacement of bytes `range` by `text`, in the coordinates of the text that it is applied to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub range: Range<usize>,
    pub text: String,
}

/// An open document.
#[derive(Debug, Clone)]
pub struct Document {
    /// Verbatim from the client.
    pub uri: String,
    /// The client's language id.
    pub language: String,
    /// The version of the last change applied; the client counts it.
    pub version: i32,
    /// The text; cloning it is O(1).
    pub text: Rope,
    /// The last messages that changed it.
    recent: order::Recent,
}

/// How a line ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum LineEnding {
    #[default]
    Lf,
    CrLf,
    Cr,
}

impl Edit {
    pub fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into() }
    }

    /// The smallest edit with the same effect on `text`: without the bytes that it takes out and puts back, and
    /// with an insertion or deletion of whole lines lying at the start of a line where it may as well lie there.
    pub fn tight(range: Range<usize>, added: &str, text: &Rope) -> Self {
        let removed = text.byte_slice(range.clone());
        let (prefix, suffix) = diff::common(removed, added);
        let range = range.start + prefix..range.end - suffix;
        let added = added.get(prefix..added.len() - suffix).unwrap_or_default();
        slide(range, added, text)
    }

    /// The smallest edit that turns `before` into `after`.
    pub fn between(before: &Rope, after: &Rope) -> Self {
        Self::tight(0..before.len_bytes(), &after.to_string(), before)
    }

    /// Carries it out. Its range must lie in `text`, on character boundaries.
    pub fn apply(&self, text: &mut Rope) {
        let start = text.byte_to_char(self.range.start);
        if !self.range.is_empty() {
            text.remove(start..text.byte_to_char(self.range.end));
        }
        if !self.text.is_empty() {
            text.insert(start, &self.text);
        }
    }

    /// The edit that takes this one back, given the text from before it.
    pub fn inverse(&self, before: &Rope) -> Self {
        Self { range: self.after(), text: before.byte_slice(self.range.clone()).to_string() }
    }

    /// Where its text stands once it was carried out.
    pub fn after(&self) -> Range<usize> {
        self.range.start..self.range.start + self.text.len()
    }

    /// Where a byte at or behind the edit's end is once it was carried out.
    pub fn shift(&self, byte: usize) -> usize {
        byte - self.range.len() + self.text.len()
    }

    /// What it writes is there already.
    pub fn is_idle(&self, before: &Rope) -> bool {
        before.byte_slice(self.range.clone()) == self.text.as_str()
    }

    /// It changes nothing, if [`Edit::tight`] made it.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty() && self.text.is_empty()
    }
}

impl Document {
    pub fn new(uri: impl Into<String>, language: impl Into<String>, version: i32, text: &str) -> Self {
        let (uri, language, text) = (uri.into(), language.into(), Rope::from_str(text));
        Self { uri, language, version, text, recent: order::Recent::default() }
    }

    /// Applies one change as the client sent it (without a range it replaces the whole text), and gives it back as
    /// the smallest edit of the text from before. The version is the caller's to set.
    pub fn apply(&mut self, range: Option<position::Range>, text: &str, encoding: Encoding) -> Edit {
        let range = match range {
            Some(range) => position::to_byte_range(&self.text, range, encoding),
            None => 0..self.text.len_bytes(),
        };
        let edit = Edit::tight(range, text, &self.text);
        edit.apply(&mut self.text);
        edit
    }

    /// The line ending that most lines have; `Lf` for a text of one line. Reads the whole text.
    pub fn line_ending(&self) -> LineEnding {
        line_ending(self.text.slice(..))
    }
}

impl LineEnding {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }
}

/// `span` widened to whole lines: from the start of a line to the start of a line, or to the document's end. A span
/// that ends at the start of a line doesn't reach into that line. An empty span means its line.
pub fn whole_lines(text: &Rope, span: Range<usize>) -> Range<usize> {
    let end = span.end.min(text.len_bytes());
    let start = line_start(text, span.start.min(end));
    if end > start && is_line_start(text, end) { start..end } else { start..line_end(text, end) }
}

/// The start of the line that holds `byte`.
pub fn line_start(text: &Rope, byte: usize) -> usize {
    text.line_to_byte(text.byte_to_line(byte))
}

/// The end of the line that holds `byte`, behind its line ending.
pub fn line_end(text: &Rope, byte: usize) -> usize {
    text.line_to_byte(text.byte_to_line(byte) + 1)
}

/// How many characters of a part of a text are no blanks.
pub fn letters(text: &Rope, part: Range<usize>) -> usize {
    let part = text.get_byte_slice(part);
    part.map_or(0, |part| part.chars().filter(|c| !c.is_whitespace()).count())
}

/// A line starts at `byte`.
pub fn is_line_start(text: &Rope, byte: usize) -> bool {
    line_start(text, byte) == byte
}

/// A line starts at `byte`, or the document ends there.
pub fn is_line_bound(text: &Rope, byte: usize) -> bool {
    byte == text.len_bytes() || is_line_start(text, byte)
}

/// The line ending that most lines have; `Lf` for a text of one line.
pub fn line_ending(text: RopeSlice<'_>) -> LineEnding {
    let (mut crlf, mut lf, mut cr) = (0usize, 0usize, 0usize);
    let mut after_cr = false;
    for chunk in text.chunks() {
        let bytes = chunk.as_bytes();
        if after_cr && bytes.first() != Some(&b'\n') {
            cr += 1;
        }
        for at in memchr::memchr2_iter(b'\r', b'\n', bytes) {
            let is_cr = bytes.get(at) == Some(&b'\r');
            let behind_cr = if at == 0 { after_cr } else { bytes.get(at - 1) == Some(&b'\r') };
            match (is_cr, behind_cr) {
                (false, true) => crlf += 1,
                (false, false) => lf += 1,
                (true, _) => cr += usize::from(bytes.get(at + 1).is_some_and(|&next| next != b'\n')),
            }
        }
        after_cr = bytes.last() == Some(&b'\r');
    }
    cr += usize::from(after_cr);
    match () {
        () if crlf > lf && crlf >= cr => LineEnding::CrLf,
        () if cr > lf => LineEnding::Cr,
        () => LineEnding::Lf,
    }
}

/// Moves an insertion or deletion of a piece with a line break to the left, to the start of a line, if the text
/// around allows it. Editors that send a trimmed difference tell `x\n` typed above `xy` as `\nx` typed inside it.
fn slide(range: Range<usize>, added: &str, text: &Rope) -> Edit {
    let removed;
    let piece = match (range.is_empty(), added.is_empty()) {
        (true, false) => added,
        (false, true) => {
            removed = text.byte_slice(range.clone()).to_string();
            &removed
        }
        (true, true) | (false, false) => return Edit::new(range, added),
    };
    let start = line_start(text, range.start);
    let by = range.start - start;
    let split = piece.len().checked_sub(by).and_then(|at| piece.split_at_checked(at));
    let stay = || Edit::new(range.clone(), added);
    let Some((head, tail)) = split else { return stay() };
    if by == 0 || !head.ends_with(['\n', '\r']) || text.byte_slice(start..range.start) != tail {
        return stay();
    }
    let moved = start..range.end - by;
    if added.is_empty() { Edit::new(moved, "") } else { Edit::new(moved, format!("{tail}{head}")) }
}
