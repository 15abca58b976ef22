//! What a line with a remark in place of code looks like: `// ... rest unchanged`, in any language's comment.

use super::inner;
use super::prose::is_prose_language;
use super::telling::{is_dots, sort};

/// How sure a remark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remark {
    /// It has an ellipsis.
    Dots,
    /// It has none, but a comment like any other has other words: `// snip`, `# [rest of the steps]`.
    Placeholder,
    /// It only has the words, and may be a comment like any other.
    Words,
    /// Its words say something else as often: it is one where lines are missing, and nothing came for them.
    Hint,
}

/// Whether a line is a remark or holds one, whatever stands around it but the line `before` it.
pub(super) fn may_be(line: &str, before: Option<&str>, language: &str) -> bool {
    let is_body = is_bare_dots(line) && before.is_some_and(|before| before.trim_end().ends_with([':', '(']));
    let is_remark =
        matches!(remark(line, language), Some(Remark::Dots | Remark::Placeholder | Remark::Words));
    !(language == "python" && is_body) && (is_remark || inner::is_left_out(line, language))
}

/// What sort of remark a line is, if it is one. A bare ellipsis may be code all the same: see [`super::ellipsis`].
pub(super) fn remark(line: &str, language: &str) -> Option<Remark> {
    let line = line.trim();
    if is_bare_dots(line) {
        return bare_dots(language);
    }
    if let Some(said) = own_comment(line, language) {
        return sort(said);
    }
    if is_prose_language(language) {
        return aside(line);
    }
    if let Some(said) = line.strip_prefix("* ") {
        return sort(said).filter(|sort| *sort == Remark::Dots);
    }
    if let Some(said) = foreign_comment(line) {
        return sort(said).filter(|sort| matches!(sort, Remark::Dots | Remark::Placeholder));
    }
    if let Some(said) = docstring(line).or_else(|| behind_nothing(line, language)) {
        return sort(said);
    }
    if ["json", "jsonc", "json5"].contains(&language) && is_dotted_entry(line) {
        return Some(Remark::Dots);
    }
    if is_plain_words(line, language) {
        return sort(line).filter(|sort| *sort == Remark::Dots);
    }
    framed(line, language)
}

/// Whether a line is nothing but an ellipsis.
pub(super) fn is_bare_dots(line: &str) -> bool {
    let line = line.trim().trim_end_matches([',', ';', ' ']);
    let pair = |open: char, close: char| line.strip_prefix(open)?.strip_suffix(close);
    let inner =
        pair('[', ']').or_else(|| pair('(', ')')).or_else(|| pair('{', '}')).or_else(|| pair('<', '>'));
    let inner = inner.unwrap_or(line).trim();
    // Two dots are a range, or the folder above.
    is_dots(inner) && inner != ".."
}

fn bare_dots(language: &str) -> Option<Remark> {
    match language {
        // Perl has it as a statement.
        "perl" => None,
        // Prose has it as a figure of speech.
        _ if is_prose_language(language) => Some(Remark::Hint),
        _ => Some(Remark::Dots),
    }
}

/// Whether a line is all comment, or inside of a block comment by its star.
pub(super) fn is_comment(line: &str, language: &str) -> bool {
    let line = line.trim();
    own_comment(line, language).is_some() || line.starts_with("/*") || line.starts_with("* ") || line == "*"
}

/// What a line that is all comment says.
fn own_comment<'a>(line: &'a str, language: &str) -> Option<&'a str> {
    let pair = PAIRS.iter().find_map(|(open, close)| line.strip_prefix(open)?.strip_suffix(close));
    let braces = || line.strip_prefix('{')?.strip_suffix('}').filter(|_| language == "pascal");
    pair.or_else(braces).or_else(|| {
        let leader = leaders(language).iter().find(|leader| line.starts_with(**leader))?;
        let said = line.trim_start_matches(leader);
        // `#[...]` is an attribute, `#!` the name of a program.
        (*leader != "#" || !said.starts_with(['[', '!'])).then_some(said)
    })
}

/// What a line that is all comment says, in this language's comment or in another one's.
pub(super) fn words_of_comment<'a>(line: &'a str, language: &str) -> Option<&'a str> {
    let line = line.trim();
    own_comment(line, language).or_else(|| foreign_comment(line))
}

/// What block comments stand between, in any language: none is code in another with a remark's words in it.
#[rustfmt::skip]
const PAIRS: [(&str, &str); 18] = [
    ("{/*", "*/}"), ("{ /*", "*/ }"), ("/*", "*/"), ("<!--", "-->"), ("(*", "*)"), ("{-", "-}"), ("{{!", "}}"),
    ("{#", "#}"), ("<%#", "%>"), ("<%--", "--%>"), ("@*", "*@"), ("{{--", "--}}"), ("<#", "#>"), ("#=", "=#"),
    ("#[", "]#"), ("#|", "|#"), ("--[[", "]]"), ("{% comment %}", "{% endcomment %}"),
];

/// The same with another language's comment, as models mix them up.
fn foreign_comment(line: &str) -> Option<&str> {
    let leaders = ["//", "#", "--", ";;", "%", "::", "REM", "rem", "!", "*>", "'"];
    let said = leaders.iter().find_map(|leader| line.strip_prefix(leader))?;
    said.starts_with([' ', '.', '…']).then_some(said)
}

/// What a string that is a line of its own says: `"""... existing code ..."""`.
fn docstring(line: &str) -> Option<&str> {
    ["\"\"\"", "'''"].iter().find_map(|quote| line.strip_prefix(quote)?.strip_suffix(quote))
}

/// What the comment behind a statement without effect says: `pass  # unchanged`.
fn behind_nothing<'a>(line: &'a str, language: &str) -> Option<&'a str> {
    let code = ["pass", "...", ":", ";"].iter().find(|code| line.starts_with(**code))?;
    let rest = line.strip_prefix(code)?.trim_start();
    leaders(language).iter().find_map(|leader| rest.strip_prefix(leader))
}

/// An entry of a JSON object that stands for others: `"...": "..."`, `"_comment": "rest unchanged"`.
fn is_dotted_entry(line: &str) -> bool {
    let Some((name, value)) = line.split_once(':') else { return false };
    let bare = |text: &str| text.trim().trim_matches([',', '"', ' ', '/']).to_owned();
    let is_about = ["comment", "_comment", "note", "_note", "//", ""].contains(&bare(name).as_str());
    is_dots(&bare(name)) || is_about && matches!(sort(&bare(value)), Some(Remark::Dots | Remark::Placeholder))
}

/// An ellipsis and words, as no language has them: `... rest of the code ...`. Spread syntax has no blank.
fn is_plain_words(line: &str, language: &str) -> bool {
    if is_spread(line, language) {
        return false;
    }
    let is_plain = |c: char| c.is_alphanumeric() || " .…'’-,()[]".contains(c);
    let words = line.trim_matches(['.', '…', ' ', '(', ')', '[', ']']);
    let after = line.trim_start_matches(['.', '…']);
    let is_apart = words.contains(' ') || after.starts_with([' ', '(', '[']);
    (line.starts_with("...") || line.starts_with('…'))
        && line.chars().all(is_plain)
        && is_apart
        && (line.ends_with("...")
            || line.ends_with('…')
            || sort(words).is_some_and(|sort| sort != Remark::Hint))
}

/// Values that are spread into a list or an object, alone or between others: `...rest, code`.
fn is_spread(line: &str, language: &str) -> bool {
    const SPREADING: [&str; 11] = [
        "javascript",
        "javascriptreact",
        "typescript",
        "typescriptreact",
        "vue",
        "svelte",
        "astro",
        "php",
        "dart",
        "coffeescript",
        "graphql",
    ];
    let pair = |(open, close)| line.strip_prefix(open)?.trim_end_matches([',', ';']).strip_suffix(close);
    let inner = [('[', ']'), ('(', ')'), ('{', '}')].into_iter().find_map(pair).unwrap_or(line);
    let is_value = |part: &str| {
        let value = part.trim().trim_start_matches("...");
        let value = value.strip_prefix('(').and_then(|value| value.strip_suffix(')')).unwrap_or(value);
        value.starts_with(|c: char| c.is_alphabetic() || "_$".contains(c))
            && value.chars().all(|c| c.is_alphanumeric() || "_$.".contains(c))
            && !value.ends_with('.')
    };
    SPREADING.iter().any(|name| language.split(['.', '-']).any(|part| part == *name))
        && inner.contains("...")
        && inner.trim().trim_end_matches(',').split(',').all(is_value)
}

/// Words in brackets or between marks, as no language has them: `[rest of the code]`, `--- unchanged ---`. One word may
/// be a name.
fn framed(line: &str, language: &str) -> Option<Remark> {
    if ["clojure", "lisp", "scheme", "elisp", "racket", "fennel"].contains(&language) {
        return None;
    }
    let open = line.chars().next().filter(|c| "[(<{*_-=@~".contains(*c) && !is_spread(line, language))?;
    let is_closed = match open {
        '[' => line.ends_with(']'),
        '(' => line.ends_with(')'),
        '<' => line.ends_with('>'),
        '{' => line.ends_with('}'),
        mark => line.ends_with(mark),
    };
    let inner = line.trim_matches(|c: char| !c.is_alphanumeric() && !".…".contains(c));
    let is_name = !inner.contains(' ') && !is_dots(inner) && kind_alone(inner).is_none();
    let is_plain = line.chars().all(|c| c.is_alphanumeric() || " .…'’,[](){}<>*_-=@~".contains(c));
    if !is_closed || is_name || !is_plain {
        return None;
    }
    match sort(line)? {
        Remark::Dots => Some(Remark::Dots),
        Remark::Placeholder | Remark::Words => Some(Remark::Words),
        Remark::Hint => None,
    }
}

/// A single word that is a remark wherever it stands.
fn kind_alone(word: &str) -> Option<Remark> {
    sort(word).filter(|sort| *sort == Remark::Placeholder)
}

/// The same in prose, where it may be the text: `[Rest of the document remains unchanged]`, `*(unchanged)*`.
fn aside(line: &str) -> Option<Remark> {
    let starts = line.starts_with("...") || line.starts_with('…');
    if bracketed(line).is_some_and(|said| sort(said) == Some(Remark::Dots)) {
        return Some(Remark::Dots);
    }
    let is_framed = line.starts_with(['[', '(', '*', '_']) && line.ends_with([']', ')', '*', '_']);
    let bare = line.trim_matches(['*', '_']);
    let is_aside = is_framed && (bare.starts_with(['[', '(']) && bare.ends_with([']', ')']));
    let is_meant = is_aside || starts && line.contains(['(', '[']);
    is_meant.then(|| sort(bare)).flatten().map(|_| Remark::Hint)
}

/// Whether it is a language whose comments are known.
pub(super) fn knows(language: &str) -> bool {
    leaders(language) != leaders("")
}

/// What line comments begin with. For a language that isn't known: whatever most of them have.
pub(super) fn leaders(language: &str) -> &'static [&'static str] {
    match language {
        "markdown" | "plaintext" | "text" | "mdx" => &[],
        "rust" | "go" | "c" | "cpp" | "java" | "javascript" | "javascriptreact" | "typescript"
        | "typescriptreact" | "csharp" | "swift" | "kotlin" | "scala" | "dart" | "zig" | "css" | "scss"
        | "less" | "json" | "jsonc" | "json5" | "proto" | "pascal" | "objective-c" | "objective-cpp"
        | "cuda-cpp" | "fsharp" | "groovy" | "solidity" | "verilog" | "systemverilog" | "glsl" | "hlsl"
        | "wgsl" | "d" | "haxe" | "vue" | "svelte" | "astro" | "gleam" | "odin" | "v" => &["//"],
        "php" | "hcl" | "terraform" => &["//", "#"],
        "python" | "ruby" | "shellscript" | "yaml" | "toml" | "perl" | "r" | "makefile" | "dockerfile"
        | "elixir" | "julia" | "nix" | "cmake" | "powershell" | "coffeescript" | "dockercompose"
        | "crystal" | "nim" | "graphql" | "tcl" | "awk" | "fish" | "gdscript" | "starlark" | "bazel"
        | "just" | "meson" | "sh" | "bash" | "zsh" => &["#"],
        "lua" | "luau" | "sql" | "haskell" | "ada" | "elm" | "vhdl" | "purescript" | "agda" | "idris"
        | "lean4" => &["--"],
        "latex" | "tex" | "matlab" | "erlang" | "prolog" => &["%"],
        "clojure" | "lisp" | "scheme" | "elisp" | "racket" | "fennel" | "asm" => &[";"],
        "vb" | "vba" | "vbnet" | "vbscript" => &["'", "REM "],
        "vim" => &["\""],
        "bat" => &["::", "REM", "rem", "@REM", "@rem"],
        "fortran" | "fortran-modern" => &["!"],
        _ => &["//", "#", "--", ";"],
    }
}

/// `[... rest unchanged ...]`, as models write it in prose.
fn bracketed(line: &str) -> Option<&str> {
    let said = line.strip_prefix('[')?.strip_suffix(']')?;
    (said.starts_with("...") || said.starts_with('…')).then_some(said)
}
