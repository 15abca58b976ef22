//! An ellipsis that is code: Python's `...` as a body, the last parameter of a variadic function, a pattern of Nix.

use super::line::{is_telling, split_indent};
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
            "c" | "cpp" | "objective-c" | "objective-cpp" | "r" | "lua" => self.is_between(&[',', '('], ')'),
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
        let opens = before.trim_end().ends_with(':');
        // In an example of a docstring it ends a block, or stands for output.
        let is_example = [">>>", "..."].iter().any(|prompt| before.trim_start().starts_with(prompt));
        if before.trim_end().ends_with('(') || is_example {
            return true;
        }
        if !opens && !["\"\"\"", "'''"].iter().any(|quote| before.trim_end().ends_with(quote)) {
            return false;
        }
        let depth = indent(self.lines.get(self.index).map_or("", String::as_str));
        let is_last = self.after().is_none_or(|after| indent(after) < depth);
        is_last && (self.wants_stubs || self.body_in_base(before, opens) < 2)
    }

    /// How many lines the base has in the block behind the line `before`.
    fn body_in_base(self, before: &str, opens: bool) -> usize {
        let told = |line: &&&str| !line.trim().is_empty();
        let is_it = |line: &&str| is_telling(line) && line.trim() == before.trim();
        let Some(at) = self.base.iter().position(is_it) else { return 0 };
        let depth = self.base.get(at).map_or(0, |line| indent(line)) + usize::from(opens);
        let behind = self.base.iter().skip(at + 1).filter(told);
        behind.take_while(|line| indent(line) >= depth).count()
    }

    fn is_between(self, before: &[char], after: char) -> bool {
        self.before().is_some_and(|line| line.trim_end().ends_with(before))
            && self.after().is_some_and(|line| line.trim_start().starts_with(after))
    }

    fn before(&self) -> Option<&str> {
        let lines = self.lines.get(..self.index)?;
        lines.iter().rfind(|line| !line.trim().is_empty()).map(String::as_str)
    }

    fn after(&self) -> Option<&str> {
        let lines = self.lines.get(self.index + 1..)?;
        lines.iter().find(|line| !line.trim().is_empty()).map(String::as_str)
    }
}

fn indent(line: &str) -> usize {
    split_indent(line).0.chars().count()
}
