//! What the demo can tell of source text without parsing it: comment signs, declarations, names.

use std::collections::BTreeMap;

/// How a line comment begins and ends in a language.
pub(super) fn comment_signs(language: &str) -> (&'static str, &'static str) {
    match language {
        "python" | "ruby" | "shellscript" | "yaml" | "toml" | "perl" | "r" | "makefile" | "dockerfile"
        | "elixir" | "julia" | "nix" | "fish" | "cmake" | "powershell" => ("# ", ""),
        "lua" | "sql" | "haskell" | "ada" | "elm" | "vhdl" => ("-- ", ""),
        "html" | "xml" | "markdown" | "vue" | "svelte" => ("<!-- ", " -->"),
        "css" => ("/* ", " */"),
        "latex" | "tex" | "matlab" | "erlang" | "prolog" => ("% ", ""),
        "clojure" | "lisp" | "scheme" | "ini" => ("; ", ""),
        "vim" => ("\" ", ""),
        _ => ("// ", ""),
    }
}

/// Something declared by a keyword, on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declaration<'a> {
    pub(super) keyword: &'a str,
    pub(super) name: &'a str,
    /// Zero-based.
    pub(super) line: usize,
}

const FUNCTIONS: [&str; 6] = ["fn", "def", "func", "function", "sub", "fun"];
const TYPES: [&str; 7] = ["class", "struct", "enum", "trait", "interface", "module", "type"];

impl Declaration<'_> {
    pub(super) fn is_function(&self) -> bool {
        FUNCTIONS.contains(&self.keyword)
    }
}

/// The declarations of a text, one per line at most.
pub(super) fn declarations(text: &str) -> Vec<Declaration<'_>> {
    text.lines().enumerate().filter_map(|(line, content)| declaration(content, line)).collect()
}

fn declaration(content: &str, line: usize) -> Option<Declaration<'_>> {
    let content = content.trim_start();
    if ["//", "#", "--", "*", "/*", "\"", "'"].iter().any(|sign| content.starts_with(sign)) {
        return None;
    }
    let mut words = content.split_whitespace().take(6);
    let keyword = words.find(|word| FUNCTIONS.contains(word) || TYPES.contains(word))?;
    let mut next = words.next()?;
    // A Go method names its receiver first.
    if next.starts_with('(') {
        next = content.split_once(')')?.1.trim_start();
    }
    let end = next.find(|c: char| !(c.is_alphanumeric() || "_.:!?".contains(c))).unwrap_or(next.len());
    let name = next.get(..end)?.trim_end_matches([':', '.']);
    (!name.is_empty()).then_some(Declaration { keyword, name, line })
}

/// A function's parameters and what it returns, as written, out of the text from its declaration on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Signature {
    /// Names with their types, where they have one.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) returns: String,
    /// How many lines the signature takes.
    pub(super) lines: usize,
}

/// Reads the signature that starts on the first line of `text`.
pub(super) fn signature(text: &str, name: &str) -> Signature {
    let Some((_, rest)) = text.split_once(name) else {
        return Signature { lines: 1, ..Signature::default() };
    };
    let Some((head, inside, after)) = parenthesised(rest) else {
        return Signature { lines: 1, ..Signature::default() };
    };
    let lines = head.matches('\n').count() + inside.matches('\n').count() + 1;
    let after = after.lines().next().unwrap_or_default().trim();
    let returns = after.strip_prefix("->").or_else(|| after.strip_prefix(':')).unwrap_or_default();
    let returns = returns.split(['{', ';']).next().unwrap_or_default().trim().trim_end_matches(':').trim();
    let parameters = split_top(inside).into_iter().filter_map(parameter).collect();
    Signature { parameters, returns: returns.to_owned(), lines }
}

fn parameter(text: &str) -> Option<(String, String)> {
    let text = text.split('=').next().unwrap_or_default().trim();
    if text.is_empty() || ["self", "&self", "&mut self", "mut self", "this"].contains(&text) {
        return None;
    }
    if let Some((name, of)) = text.split_once(':') {
        return Some((name.trim().trim_start_matches("mut ").to_owned(), of.trim().to_owned()));
    }
    // `name type` as in Go, or a name alone.
    Some(
        text.split_once(' ')
            .map_or((text.to_owned(), String::new()), |(name, of)| (name.to_owned(), of.to_owned())),
    )
}

/// The text before the first `(`, inside it, and after its `)`.
fn parenthesised(text: &str) -> Option<(&str, &str, &str)> {
    let (head, rest) = text.split_once('(')?;
    let mut depth = 1;
    for (at, c) in rest.char_indices() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth == 0 {
            return Some((head, rest.get(..at)?, rest.get(at + 1..)?));
        }
    }
    None
}

/// Splits at the commas outside of brackets.
fn split_top(text: &str) -> Vec<&str> {
    let mut depth = 0;
    text.split(|c: char| {
        depth += i32::from("([{<".contains(c)) - i32::from(")]}>".contains(c));
        c == ',' && depth == 0
    })
    .collect()
}

/// The names used most often, with how often, the most frequent first.
pub(super) fn names(text: &str) -> Vec<(&str, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for word in text.split(|c: char| !(c.is_alphanumeric() || c == '_')) {
        if word.chars().count() > 2
            && !word.starts_with(|c: char| c.is_ascii_digit())
            && !KEYWORDS.contains(&word)
        {
            *counts.entry(word).or_default() += 1;
        }
    }
    let mut names: Vec<(&str, usize)> = counts.into_iter().filter(|(_, count)| *count > 1).collect();
    names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    names
}

const KEYWORDS: [&str; 41] = [
    "and", "async", "await", "break", "case", "class", "const", "def", "else", "end", "enum", "false",
    "False", "fn", "for", "from", "func", "function", "impl", "import", "let", "local", "match", "mod",
    "mut", "new", "not", "null", "None", "pub", "return", "self", "static", "struct", "the", "this", "true",
    "True", "use", "var", "while",
];

/// Replaces a name wherever it stands as a whole word.
pub(super) fn rename(text: &str, from: &str, to: &str) -> String {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let bounded =
        |c: Option<char>, edge: Option<char>| !(c.is_some_and(is_name) && edge.is_some_and(is_name));
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(from) {
        let left = before.chars().next_back().or_else(|| result.chars().next_back());
        let whole =
            bounded(left, from.chars().next()) && bounded(after.chars().next(), from.chars().next_back());
        result.push_str(before);
        result.push_str(if whole { to } else { from });
        rest = after;
    }
    result + rest
}
