//! An ellipsis that is code: Python's `...` as a body, a parameter of a variadic function, a pattern of Nix, the mark that
//! ends a document in YAML.

use super::line::{depth, is_telling};
use super::remark::is_bare_dots;

/// The lines of an answer and of the text it replaces, around one ellipsis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) lines: &'a [String],
    pub(super) index: usize,
    pub(super) base: &'a [&'a str],
    /// Whether the user asked for bodies without code.
    pub(super) wants_stubs: bool,
}

impl Place<'_> {
    /// Whether the line is an ellipsis that the language has as code there.
    pub(super) fn is_code(self, language: &str) -> bool {
        if !self.lines.get(self.index).is_some_and(|line| is_bare_dots(line)) {
            return false;
        }
        match language {
            "python" => self.is_body(),
            "c" | "cpp" | "objective-c" | "objective-cpp" => self.is_between(&[',', '('], ')'),
            "r" => self.is_between(&[',', '('], ')') || self.is_one_of_several(),
            "lua" => self.is_between(&[',', '('], ')') || self.is_between(&[',', '{'], '}'),
            "yaml" => self.ends_a_document(),
            "nix" => self.is_between(&[',', '{'], '}'),
            _ => false,
        }
    }

    /// A body of its own, which the base doesn't have more of.
    fn is_body(self) -> bool {
        let Some(before) = self.before() else {
            let told = |lines: usize| lines <= 1;
            return told(self.lines.iter().filter(|line| !line.trim().is_empty()).count())
                && told(self.base.iter().filter(|line| !line.trim().is_empty()).count());
        };
        // In an example of a docstring it ends a block, or stands for output.
        let is_example = [">>>", "..."].iter().any(|prompt| before.trim_start().starts_with(prompt));
        if before.trim_end().ends_with('(') || is_example {
            return true;
        }
        let own = depth(self.lines.get(self.index).map_or("", String::as_str));
        let mut above = self.above().filter(|line| !line.trim_start().starts_with('#'));
        let first = above.next().unwrap_or_default();
        let is_documented = ["\"\"\"", "'''"].iter().any(|quote| first.trim_end().ends_with(quote));
        if !is_documented && !opens(first) {
            return false;
        }
        let header = if opens(first) { Some(first) } else { above.find(|line| depth(line) < own) };
        let is_last = self.after().is_none_or(|after| depth(after) < own);
        is_last && (self.wants_stubs || !header.is_some_and(|header| self.loses_the_body_of(header)))
    }

    /// Whether Python's `def main(): ...` on one line stands for more.
    pub(super) fn is_stub_for_more(self) -> bool {
        let line = self.lines.get(self.index).map_or("", String::as_str);
        let header = line.trim_end().strip_suffix("...").map(str::trim_end).filter(|line| opens(line));
        !self.wants_stubs && header.is_some_and(|header| self.loses_the_body_of(header))
    }

    /// Whether the base has more than one line below such a line, which the answer has nowhere. The stub of an
    /// `@overload` has its function further on.
    fn loses_the_body_of(self, header: &str) -> bool {
        let name = name(header);
        let Some(at) = self.base.iter().position(|line| is_telling(line) && self::name(line) == name) else {
            return false;
        };
        let own = self.base.get(at).map_or(0, |line| depth(line));
        let behind = self.base.iter().skip(at + 1).filter(|line| !line.trim().is_empty());
        let body: Vec<&str> = behind.take_while(|line| depth(line) > own).map(|line| line.trim()).collect();
        let is_there = || body.iter().all(|line| self.lines.iter().any(|written| written.trim() == *line));
        let is_overload = || {
            let goes_on = |line: &String| self::name(line) == name && !line.trim_end().ends_with("...");
            self.above().take(2).any(|line| line.trim().ends_with("overload"))
                && self.lines.iter().skip(self.index + 1).any(goes_on)
        };
        body.len() >= 2 && !is_there() && !is_overload()
    }

    /// The mark that ends a document in YAML, where the base has nothing more in it.
    fn ends_a_document(self) -> bool {
        let is_end =
            |line: Option<&str>| line.is_none_or(|line| line.starts_with("---") || line.starts_with("..."));
        let told = |line: &&&str| !line.trim().is_empty();
        let (Some(line), Some(before)) = (self.lines.get(self.index), self.before()) else { return false };
        let next_in_base = || {
            let at = self.base.iter().rposition(|base| base.trim_end() == before.trim_end())?;
            Some(self.base.iter().skip(at + 1).find(told).copied())
        };
        let written = self.lines.iter().filter(|line| !line.trim().is_empty()).count();
        let is_all = || self.after().is_none() && written > self.base.iter().filter(told).count();
        line.starts_with("...") && is_end(self.after()) && (next_in_base().is_some_and(is_end) || is_all())
    }

    fn is_between(self, before: &[char], after: char) -> bool {
        self.before().is_some_and(|line| line.trim_end().ends_with(before))
            && self.after().is_some_and(|line| line.trim_start().starts_with(after))
    }

    fn is_one_of_several(self) -> bool {
        self.lines.get(self.index).is_some_and(|line| line.trim_end().ends_with(','))
            && self.before().is_some_and(|line| line.trim_end().ends_with([',', '(']))
    }

    fn before(&self) -> Option<&str> {
        self.above().next()
    }

    /// The lines above that hold something, the nearest first.
    fn above(&self) -> impl Iterator<Item = &str> {
        let lines = self.lines.get(..self.index).unwrap_or_default();
        lines.iter().rev().map(String::as_str).filter(|line| !line.trim().is_empty())
    }

    fn after(&self) -> Option<&str> {
        let lines = self.lines.get(self.index + 1..)?;
        lines.iter().find(|line| !line.trim().is_empty()).map(String::as_str)
    }
}

/// Whether a line of Python begins a block, maybe with a comment behind it.
fn opens(line: &str) -> bool {
    let code = line.split_once(" #").map_or(line, |(code, _)| code);
    line.trim_end().ends_with(':') || code.trim_end().ends_with(':')
}

/// What a line of Python defines, or all of it.
fn name(line: &str) -> &str {
    let line = line.trim();
    let defines = ["def ", "async def ", "class "].iter().any(|start| line.starts_with(start));
    if defines { line.split(['(', ':']).next().unwrap_or(line).trim_end() } else { line }
}
