//! Lines of text and how they are compared.

use crate::diff;

/// A text as its lines, each with its line ending; a final newline starts no further line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines<'a> {
    text: &'a str,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text }
    }

    /// The lines with their endings.
    pub(super) fn full(self) -> impl Iterator<Item = &'a str> {
        diff::lines(self.text).into_iter()
    }

    /// The lines without their endings.
    pub(super) fn contents(self) -> impl Iterator<Item = &'a str> {
        self.full().map(diff::without_ending)
    }

    pub(super) fn is_blank(self) -> bool {
        self.text.trim().is_empty()
    }

    /// Whether the last line has a line ending. An empty text counts as one that has.
    pub(super) fn ends_with_newline(self) -> bool {
        self.text.is_empty() || diff::has_ending(self.text)
    }
}

pub(super) fn is_blank(lines: &[String]) -> bool {
    lines.iter().all(|line| line.trim().is_empty())
}

/// The leading blanks of a line and the rest.
pub(super) fn split_indent(line: &str) -> (&str, &str) {
    let rest = line.trim_start_matches([' ', '\t']);
    (line.strip_suffix(rest).unwrap_or_default(), rest)
}

/// How many leading blanks a line has.
pub(super) fn depth(line: &str) -> usize {
    split_indent(line).0.len()
}

/// Whether a line says enough to be recognised again: `}` or `else {` stand in many places.
pub(super) fn is_telling(line: &str) -> bool {
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.any(|word| !COMMON.contains(&word))
}

const COMMON: [&str; 22] = [
    "end", "else", "fi", "done", "esac", "do", "then", "begin", "try", "finally", "loop", "return", "break",
    "continue", "pass", "default", "endif", "None", "nil", "null", "true", "false",
];

/// Whether one line is the other one, changed a little: they share most of their words.
pub(super) fn is_near(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    if !is_telling(a) || !is_telling(b) {
        return false;
    }
    let words = |line: &str| -> Vec<String> {
        line.split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (a, b) = (words(a), words(b));
    let shared = a.iter().filter(|word| b.contains(word)).count();
    a.first() == b.first() && shared * 2 >= a.len().min(b.len()).max(2) && shared >= 2
}

/// How many brackets of each kind, conditions of C's preprocessor and fences are open at the end; strings and comments are
/// read as code.
pub(super) fn balance<'a>(lines: impl Iterator<Item = &'a str>) -> [i64; 5] {
    let [mut round, mut square, mut curly, mut conditions, mut fences] = [0; 5];
    for line in lines {
        fences ^= i64::from(super::fences::fence(line).is_some());
        let word = line.trim_start().strip_prefix('#').unwrap_or_default();
        // With a blank between them it is a comment as well, in other languages.
        match word.split(|c: char| !c.is_alphabetic()).next() {
            Some("if" | "ifdef" | "ifndef") => conditions += 1,
            Some("endif") => conditions -= 1,
            Some(_) | None => (),
        }
        for c in line.chars() {
            match c {
                '(' => round += 1,
                ')' => round -= 1,
                '[' => square += 1,
                ']' => square -= 1,
                '{' => curly += 1,
                '}' => curly -= 1,
                _ => (),
            }
        }
    }
    [round, square, curly, conditions, fences]
}
