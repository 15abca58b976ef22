//! What a line with a remark in place of code looks like: `// ... rest unchanged`, in any language's comment.

use super::prose::is_prose_language;
use super::telling::sort;

/// How sure a remark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remark {
    /// It has an ellipsis.
    Dots,
    /// It has none, but a comment like any other has other words: `// snip`, `# [rest of the steps]`.
    Placeholder,
    /// It only has the words, and may be a comment like any other.
    Words,
}

/// Whether a line is a remark or holds one, whatever stands around it but the line `before` it.
pub(super) fn may_be(line: &str, before: Option<&str>, language: &str) -> bool {
    let is_body = is_bare_dots(line) && before.is_some_and(|before| before.trim_end().ends_with([':', '(']));
    !(language == "python" && is_body)
        && (remark(line, language).is_some() || has_inner_remark(line, language))
}

/// What sort of remark a line is, if it is one. A bare ellipsis may be code all the same: see [`super::ellipsis`].
pub(super) fn remark(line: &str, language: &str) -> Option<Remark> {
    let line = line.trim();
    if is_bare_dots(line) {
        // Perl has it as a statement, prose as a figure of speech.
        return (language != "perl" && !is_prose_language(language)).then_some(Remark::Dots);
    }
    if let Some(said) = own_comment(line, language).or_else(|| bracketed(line)) {
        return sort(said);
    }
    if is_prose_language(language) {
        return None;
    }
    if let Some(said) = foreign_comment(line).or_else(|| docstring(line)) {
        return sort(said).filter(|sort| *sort != Remark::Words);
    }
    is_plain_words(line).then(|| sort(line)).flatten().filter(|sort| *sort == Remark::Dots)
}

/// Whether a line is nothing but an ellipsis.
pub(super) fn is_bare_dots(line: &str) -> bool {
    ["...", "…", "[...]", "(...)", "{...}"].contains(&line.trim())
}

/// A remark behind or inside of code, which nothing can be put in place of.
pub(super) fn has_inner_remark(line: &str, language: &str) -> bool {
    let line = line.trim();
    if let Some((code, rest)) = line.split_once("/*")
        && let Some((said, _)) = rest.split_once("*/")
        && !code.trim().is_empty()
    {
        return sort(said) == Some(Remark::Dots);
    }
    if ["{ ... }", "{...}", "{ … }", "{…}"].iter().any(|dots| line.ends_with(dots)) {
        // Python has a set of it, Lua a table of its arguments, Perl a body, Nix a pattern.
        return !is_prose_language(language) && !["python", "lua", "perl", "nix"].contains(&language);
    }
    let foreign: &[&str] = if is_prose_language(language) { &[] } else { &["//", "#"] };
    leaders(language).iter().chain(foreign).filter_map(|leader| line.split_once(leader)).any(
        |(code, said)| {
            // Without a blank it may be the middle of a string, as in `"https://..."`.
            let is_behind = code.ends_with('{') || code.trim_end() != code && !code.trim().is_empty();
            is_behind && sort(said) == Some(Remark::Dots)
        },
    )
}

/// Whether a line is all comment, or inside of a block comment by its star.
pub(super) fn is_comment(line: &str, language: &str) -> bool {
    let line = line.trim();
    own_comment(line, language).is_some() || line.starts_with("/*") || line.starts_with("* ") || line == "*"
}

/// What a line that is all comment says.
fn own_comment<'a>(line: &'a str, language: &str) -> Option<&'a str> {
    const PAIRS: [(&str, &str); 6] =
        [("{/*", "*/}"), ("/*", "*/"), ("<!--", "-->"), ("(*", "*)"), ("{-", "-}"), ("{{!", "}}")];
    let pair = PAIRS.iter().find_map(|(open, close)| line.strip_prefix(open)?.strip_suffix(close));
    pair.or_else(|| {
        let leader = leaders(language).iter().find(|leader| line.starts_with(**leader))?;
        let said = line.trim_start_matches(leader);
        // `#[...]` is an attribute, `#!` the name of a program.
        (*leader != "#" || !said.starts_with(['[', '!'])).then_some(said)
    })
}

/// The same with another language's comment, as models mix them up.
fn foreign_comment(line: &str) -> Option<&str> {
    let said = ["//", "#", "--", ";;", "%", "*"].iter().find_map(|leader| line.strip_prefix(leader))?;
    said.starts_with([' ', '.', '…']).then_some(said)
}

/// What a string that is a line of its own says: `"""... existing code ..."""`.
fn docstring(line: &str) -> Option<&str> {
    ["\"\"\"", "'''"].iter().find_map(|quote| line.strip_prefix(quote)?.strip_suffix(quote))
}

/// An ellipsis and words, as no language has them: `... rest of the code ...`. Spread syntax has no blank.
fn is_plain_words(line: &str) -> bool {
    let is_plain = |c: char| c.is_alphabetic() || " .…'’-,()[]".contains(c);
    let words = line.trim_matches(['.', '…', ' ', '(', ')', '[', ']']);
    (line.starts_with("...") || line.starts_with('…'))
        && line.chars().all(is_plain)
        && words.contains(' ')
        && (line.ends_with("...") || line.ends_with('…') || sort(words).is_some())
}

/// What line comments begin with. For a language that isn't known: whatever most of them have.
fn leaders(language: &str) -> &'static [&'static str] {
    match language {
        "markdown" | "plaintext" | "text" | "mdx" => &[],
        "rust" | "go" | "c" | "cpp" | "java" | "javascript" | "javascriptreact" | "typescript"
        | "typescriptreact" | "csharp" | "swift" | "kotlin" | "scala" | "dart" | "zig" | "css" | "scss"
        | "less" | "jsonc" | "proto" => &["//"],
        "python" | "ruby" | "shellscript" | "yaml" | "toml" | "perl" | "r" | "makefile" | "dockerfile"
        | "elixir" | "julia" | "nix" | "cmake" | "powershell" | "coffeescript" => &["#"],
        "lua" | "sql" | "haskell" | "ada" | "elm" | "vhdl" => &["--"],
        "latex" | "tex" | "matlab" | "erlang" | "prolog" => &["%"],
        "clojure" | "lisp" | "scheme" | "elisp" | "asm" => &[";"],
        "vb" | "vba" => &["'", "REM "],
        "vim" => &["\""],
        _ => &["//", "#", "--", ";"],
    }
}

/// `[... rest unchanged ...]`, as models write it in prose.
fn bracketed(line: &str) -> Option<&str> {
    let said = line.strip_prefix('[')?.strip_suffix(']')?;
    (said.starts_with("...") || said.starts_with('…')).then_some(said)
}
