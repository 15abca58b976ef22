//! What differs between two texts: by lines for people, and as the smallest edits for editors.
//!
//! Lines end with `\n`, `\r\n` or `\r`; no result ever cuts a `\r\n` or a character in two. Equal input gives equal
//! output: there is no deadline here, but a bound on the work.

use crate::document::Edit;
use ropey::RopeSlice;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::ops::Range;

mod streaming;
#[cfg(test)]
mod tests;
mod unified;

pub use streaming::Streaming;
pub use unified::unified;

/// A difference of whole lines or words: these bytes of the text before became these bytes of the text after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineHunk {
    pub before: Range<usize>,
    pub after: Range<usize>,
}

/// Beyond this many line pairs, what differs is one hunk. A whole rewrite of 20,000 lines stays below.
const MAX_PAIRS: usize = 400_000_000;

/// The differences by lines, from the top down, with at least one common line between two of them.
pub fn hunks(before: &str, after: &str) -> Vec<LineHunk> {
    Pieces::lines(before).changes(&Pieces::lines(after), Algorithm::Histogram)
}

/// The differences by words, with at least one common word between two of them.
pub fn word_hunks(before: &str, after: &str) -> Vec<LineHunk> {
    Pieces::words(before).changes(&Pieces::words(after), Algorithm::Myers)
}

/// The smallest edits that turn `removed` into `added`, in the coordinates of `removed`, from the top down and
/// without overlap: line by line where lines changed in place.
pub fn minimal(removed: &str, added: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for hunk in hunks(removed, added) {
        let old = removed.get(hunk.before.clone()).unwrap_or_default();
        let new = added.get(hunk.after).unwrap_or_default();
        let (old_lines, new_lines) = (lines(old), lines(new));
        if old_lines.len() != new_lines.len() {
            edits.extend(trimmed(hunk.before.start, old, new));
            continue;
        }
        let mut at = hunk.before.start;
        for (old, new) in old_lines.into_iter().zip(new_lines) {
            edits.extend(trimmed(at, old, new));
            at += old.len();
        }
    }
    edits
}

/// The lengths in bytes of the common start and, behind it, of the common end of two texts.
pub fn common(removed: RopeSlice<'_>, added: &str) -> (usize, usize) {
    let prefix = common_prefix(removed, added);
    let suffix = common_suffix(removed.byte_slice(prefix..), added.get(prefix..).unwrap_or_default());
    (prefix, suffix)
}

/// The lines of a text, each with its line ending. A final line ending begins no further line.
pub fn lines(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_at(first_line_len(rest));
        found.push(line);
        rest = after;
    }
    found
}

/// A line without its line ending.
pub fn without_ending(line: &str) -> &str {
    line.strip_suffix("\r\n").or_else(|| line.strip_suffix(['\n', '\r'])).unwrap_or(line)
}

/// `text` ends with a line ending.
pub fn has_ending(text: &str) -> bool {
    text.ends_with(['\n', '\r'])
}

/// `text` with every line ending turned into `ending`.
pub fn with_endings(text: &str, ending: &str) -> String {
    let turn = |line: &str| {
        let body = without_ending(line);
        if has_ending(line) { format!("{body}{ending}") } else { body.to_owned() }
    };
    lines(text).into_iter().map(turn).collect()
}

/// The words of a text: runs of letters, digits and `_`, runs of blanks, line endings, and every other character
/// for itself with the marks that combine with it.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(first_word_len(rest));
        found.push(word);
        rest = after;
    }
    found
}

/// The changed index ranges between two sequences, in order, with something equal between two of them.
pub(crate) fn changes(old: &[&str], new: &[&str], algorithm: Algorithm) -> Vec<(Range<usize>, Range<usize>)> {
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let old_rest = old.get(prefix..).unwrap_or_default();
    let new_rest = new.get(prefix..).unwrap_or_default();
    let suffix = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let old_mid = old_rest.get(..old_rest.len() - suffix).unwrap_or_default();
    let new_mid = new_rest.get(..new_rest.len() - suffix).unwrap_or_default();
    if old_mid.is_empty() && new_mid.is_empty() {
        return Vec::new();
    }
    let at = |range: Range<usize>| prefix + range.start..prefix + range.end;
    if old_mid.is_empty() || new_mid.is_empty() || old_mid.len().saturating_mul(new_mid.len()) > MAX_PAIRS {
        return vec![(at(0..old_mid.len()), at(0..new_mid.len()))];
    }
    capture_diff_slices(algorithm, old_mid, new_mid)
        .iter()
        .filter(|op| !matches!(op, DiffOp::Equal { .. }))
        .map(|op| (at(op.old_range()), at(op.new_range())))
        .fold(Vec::new(), |found, next| join(found, next, old, new))
}

/// A text cut in pieces, with where each begins.
pub(crate) struct Pieces<'a> {
    pub(crate) pieces: Vec<&'a str>,
    /// One more than there are pieces: the last is the text's length.
    starts: Vec<usize>,
}

impl<'a> Pieces<'a> {
    pub(crate) fn lines(text: &'a str) -> Self {
        Self::new(lines(text))
    }

    pub(crate) fn words(text: &'a str) -> Self {
        Self::new(words(text))
    }

    fn changes(&self, new: &Self, algorithm: Algorithm) -> Vec<LineHunk> {
        changes(&self.pieces, &new.pieces, algorithm)
            .into_iter()
            .map(|(old_range, new_range)| LineHunk {
                before: self.bytes(&old_range),
                after: new.bytes(&new_range),
            })
            .collect()
    }

    fn new(pieces: Vec<&'a str>) -> Self {
        let mut starts = vec![0];
        let mut at = 0;
        for piece in &pieces {
            at += piece.len();
            starts.push(at);
        }
        Self { pieces, starts }
    }

    /// The first piece that begins at that byte or behind it.
    pub(crate) fn first_at(&self, byte: usize) -> usize {
        self.starts.partition_point(|&start| start < byte)
    }

    /// Where the pieces of an index range stand in the text.
    pub(crate) fn bytes(&self, range: &Range<usize>) -> Range<usize> {
        let at = |index: usize| self.starts.get(index).or(self.starts.last()).copied().unwrap_or(0);
        at(range.start)..at(range.end)
    }
}

type Pair = (Range<usize>, Range<usize>);

/// Adds a change behind those found. Where it touches the last one, or one of the two can be moved over equal pieces until
/// they touch, they are one: a line changed among equal ones is not one put in here and another taken out there.
fn join(mut found: Vec<Pair>, next: Pair, old: &[&str], new: &[&str]) -> Vec<Pair> {
    let Some(last) = found.last_mut() else { return vec![next] };
    let gap = next.0.start - last.0.end;
    if moves_up(&next, gap, old, new) {
        last.0.end = next.0.end - gap;
        last.1.end = next.1.end - gap;
    } else if moves_down(last, gap, old, new) {
        *last = (last.0.start + gap..next.0.end, last.1.start + gap..next.1.end);
    } else {
        found.push(next);
    }
    found
}

/// The change can stand `gap` pieces further up.
fn moves_up((old_range, new_range): &Pair, gap: usize, old: &[&str], new: &[&str]) -> bool {
    let moves = |range: &Range<usize>, all: &[&str]| {
        (1..=gap).all(|by| all.get(range.start - by) == all.get(range.end - by))
    };
    gap == 0
        || (new_range.is_empty() && moves(old_range, old))
        || (old_range.is_empty() && moves(new_range, new))
}

/// The change can stand `gap` pieces further down.
fn moves_down((old_range, new_range): &Pair, gap: usize, old: &[&str], new: &[&str]) -> bool {
    let moves = |range: &Range<usize>, all: &[&str]| {
        (0..gap).all(|by| all.get(range.start + by) == all.get(range.end + by))
    };
    (new_range.is_empty() && moves(old_range, old)) || (old_range.is_empty() && moves(new_range, new))
}

/// The edit at `start` that turns `old` into `new` without their common start and end.
pub(crate) fn trimmed(start: usize, old: &str, new: &str) -> Option<Edit> {
    let (prefix, suffix) = common(old.into(), new);
    let range = start + prefix..start + old.len() - suffix;
    let text = new.get(prefix..new.len() - suffix).unwrap_or_default();
    (!range.is_empty() || !text.is_empty()).then(|| Edit::new(range, text))
}

fn first_line_len(text: &str) -> usize {
    match memchr::memchr2(b'\n', b'\r', text.as_bytes()) {
        Some(at) if text.as_bytes().get(at..at + 2) == Some(b"\r\n") => at + 2,
        Some(at) => at + 1,
        None => text.len(),
    }
}

fn first_word_len(text: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || is_mark(c);
    let is_blank = |c: char| c.is_whitespace() && !matches!(c, '\n' | '\r');
    let run = |is: &dyn Fn(char) -> bool| text.find(|c| !is(c)).unwrap_or(text.len());
    match text.chars().next() {
        None => 0,
        Some('\r') if text.starts_with("\r\n") => 2,
        Some('\r' | '\n') => 1,
        Some(c) if is_word(c) => run(&is_word),
        Some(c) if is_blank(c) => run(&is_blank),
        Some(c) => {
            c.len_utf8()
                + text.get(c.len_utf8()..).map_or(0, |rest| rest.find(|c| !is_mark(c)).unwrap_or(rest.len()))
        }
    }
}

/// Combining marks, joiners and variation selectors: they belong to the character before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{1f3fb}'..='\u{1f3ff}')
}

fn common_prefix(removed: RopeSlice<'_>, added: &str) -> usize {
    let added_bytes = added.as_bytes();
    let mut at = 0;
    for chunk in removed.chunks() {
        let rest = added_bytes.get(at..).unwrap_or_default();
        let same = equal_run(chunk.as_bytes().iter().zip(rest));
        at += same;
        if same < chunk.len() {
            break;
        }
    }
    while !is_cut(removed, added, at) {
        at -= 1;
    }
    at
}

/// How many leading pairs are equal.
fn equal_run<'a>(pairs: impl Iterator<Item = (&'a u8, &'a u8)>) -> usize {
    pairs.take_while(|(a, b)| a == b).count()
}

/// Both texts, equal up to `at`, may be cut there.
fn is_cut(removed: RopeSlice<'_>, added: &str, at: usize) -> bool {
    let behind_cr = at > 0 && added.as_bytes().get(at - 1) == Some(&b'\r');
    let before_lf = added.as_bytes().get(at) == Some(&b'\n') || removed.get_byte(at) == Some(b'\n');
    added.is_char_boundary(at) && is_char_boundary(removed, at) && !(behind_cr && before_lf)
}

fn common_suffix(removed: RopeSlice<'_>, added: &str) -> usize {
    let mut same = 0;
    let (mut chunks, ..) = removed.chunks_at_byte(removed.len_bytes());
    while let Some(chunk) = chunks.prev() {
        let rest = added.as_bytes().get(..added.len() - same).unwrap_or_default();
        let run = equal_run(chunk.as_bytes().iter().rev().zip(rest.iter().rev()));
        same += run;
        if run < chunk.len() {
            break;
        }
    }
    while same > 0 && !is_suffix_cut(removed, added, same) {
        same -= 1;
    }
    same
}

/// Both texts, equal in their last `same` bytes, may be cut before these.
fn is_suffix_cut(removed: RopeSlice<'_>, added: &str, same: usize) -> bool {
    let (old, new) = (removed.len_bytes() - same, added.len() - same);
    let before_lf = added.as_bytes().get(new) == Some(&b'\n');
    let behind_cr = (new > 0 && added.as_bytes().get(new - 1) == Some(&b'\r'))
        || (old > 0 && removed.get_byte(old - 1) == Some(b'\r'));
    added.is_char_boundary(new) && is_char_boundary(removed, old) && !(behind_cr && before_lf)
}

fn is_char_boundary(text: RopeSlice<'_>, at: usize) -> bool {
    // A continuation byte of UTF-8 is 0b10xxxxxx.
    text.get_byte(at).is_none_or(|byte| byte & 0xc0 != 0x80)
}
