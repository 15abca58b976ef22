//! Carries a span of whole lines over an edit of the document.
//!
//! A span is from the start of a line to the start of a line, or to the document's end. Where the edit leaves the
//! span's text alone and its ends at the bounds of lines, it is moved; in every other case it is touched, and someone
//! who knows the texts must look.

use crate::document::{Edit, is_line_bound, is_line_start};
use ropey::Rope;
use std::ops::Range;

#[cfg(test)]
mod tests;

/// What became of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// Its text is what it was, and stands here.
    Moved(Range<usize>),
    /// The edit changed its text, or the line that it begins or ends in.
    Touched,
}

/// Carries `span` over `edit`; `after` is the text with the edit applied. At the edges:
/// - whole lines put in at its start lie outside, and move it; anything else put in there touches it;
/// - what is put in at its end lies outside, unless its last line has no line ending and the text goes on that line;
/// - an empty span stays left of what is put in where it is.
pub fn carry(span: &Range<usize>, edit: &Edit, after: &Rope) -> Carried {
    if edit.range.start > span.end {
        return Carried::Moved(span.clone());
    }
    if edit.range.end < span.start {
        return Carried::Moved(edit.shift(span.start)..edit.shift(span.end));
    }
    carry_beside(span, edit, after)
}

/// [`carry`] for an edit that meets the span or its ends.
fn carry_beside(span: &Range<usize>, edit: &Edit, after: &Rope) -> Carried {
    let moved = if edit.range.start >= span.end {
        span.clone()
    } else if edit.range.end <= span.start {
        edit.shift(span.start)..edit.shift(span.end)
    } else {
        return Carried::Touched;
    };
    // What ended the line above a span at the document's end is gone: the span would be a part of that line.
    if edit.range.end == span.start && edit.range.start < span.start && !is_line_start(after, moved.start) {
        return Carried::Touched;
    }
    let is_whole = is_line_bound(after, moved.start) && is_line_bound(after, moved.end);
    if is_whole { Carried::Moved(moved) } else { Carried::Touched }
}
