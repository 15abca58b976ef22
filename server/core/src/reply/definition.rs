//! Lines that define something with a name and a body, as most languages write them: `def a(x):`, `int a(int x) {`.

use super::line::balance;

/// The name of what a line defines.
pub(super) fn defined(line: &str) -> Option<&str> {
    let line = line.trim();
    by_word(line).or_else(|| by_arrow(line)).or_else(|| by_shape(line))
}

/// `pub fn a()`, `class A:`, `impl<T> A<T> {`.
fn by_word(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().take(MOST_WORDS);
    while let Some(word) = words.next() {
        if WORDS.contains(&word.split('<').next().unwrap_or(word)) {
            let name = words.next()?.trim_start_matches(['*', '&']);
            return name.split(|c: char| !is_part(c) && c != '.').next().filter(|name| !name.is_empty());
        }
        let is_modifier =
            word.starts_with(char::is_alphabetic) && word.chars().all(|c| is_part(c) || "()".contains(c));
        if !is_modifier {
            return None;
        }
    }
    None
}

/// `const a = (x) => {`, `let a = function (x) {`.
fn by_arrow(line: &str) -> Option<&str> {
    let (head, value) = line.split_once('=')?;
    let is_function = value.ends_with("=> {") || value.contains("function") && value.ends_with('{');
    let mut words = head.split(|c: char| !is_part(c)).skip_while(|word| !BINDING.contains(word)).skip(1);
    words.next().filter(|_| is_function && is_balanced(line))
}

/// `a(x) {`, `static int a(int x) {`.
fn by_shape(line: &str) -> Option<&str> {
    let (head, rest) = line.split_once('(')?;
    let is_head = |c: char| is_part(c) || " *&:<>[]~@,?".contains(c);
    let first = head.split_whitespace().next()?;
    let name = head.rsplit(|c: char| !is_part(c)).next().filter(|name| !name.is_empty())?;
    let is_control = [first, name].iter().any(|word| CONTROL.contains(word) || WORDS.contains(word));
    let opens = rest.trim_end().ends_with('{') && is_balanced(line) && !rest.contains(['"', '\'', '`']);
    (opens && head.chars().all(is_head) && !is_control).then_some(name)
}

fn is_balanced(line: &str) -> bool {
    let [round, ..] = balance(std::iter::once(line));
    round == 0
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// So many words stand before a name at most, with it.
const MOST_WORDS: usize = 6;
#[rustfmt::skip]
const WORDS: [&str; 20] = [
    "fn", "func", "fun", "function", "def", "defp", "defmodule", "class", "struct", "enum", "trait", "impl",
    "interface", "module", "namespace", "sub", "proc", "protocol", "extension", "contract",
];
const BINDING: [&str; 3] = ["const", "let", "var"];
#[rustfmt::skip]
const CONTROL: [&str; 24] = [
    "if", "else", "elif", "elsif", "for", "foreach", "while", "until", "unless", "switch", "match", "case", "when",
    "catch", "try", "do", "with", "using", "lock", "synchronized", "return", "guard", "new", "await",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_definition_is_known() {
        for (line, name) in [
            ("def total(x):", "total"),
            ("    async def total(self):", "total"),
            ("class A", "A"),
            ("export default class A extends B {", "A"),
            ("pub(crate) fn total<T>(x: T) -> T {", "total"),
            ("impl<T> A<T> {", "A"),
            ("function M.f()", "M.f"),
            ("f() {", "f"),
            ("static int *total(int x) {", "total"),
            ("List<String> names(int x) {", "names"),
            ("export const total = (a, b) => {", "total"),
        ] {
            assert_eq!(defined(line), Some(name), "{line}");
        }
    }

    #[test]
    fn other_lines_define_nothing() {
        for line in [
            "if (x) {",
            "} else if (x) {",
            "for (const a of b) {",
            "it('works', () => {",
            "list.forEach(function (x) {",
            "return total(x)",
            "module.exports = {",
            "total(x);",
            "x = 1",
            "",
        ] {
            assert_eq!(defined(line), None, "{line}");
        }
    }
}
