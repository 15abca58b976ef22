//! What a remark in place of code looks like: `// ... rest unchanged`.

use super::prose::is_prose_language;

/// How sure a remark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remark {
    /// It has an ellipsis.
    Dots,
    /// It only has the words, and may be a comment like any other.
    Words,
}

/// Whether a line is a remark or holds one.
pub(super) fn may_be(line: &str, language: &str) -> bool {
    remark(line, language).is_some() || has_inner_remark(line, language)
}

/// What sort of remark a line is, if it is one.
pub(super) fn remark(line: &str, language: &str) -> Option<Remark> {
    let line = line.trim();
    if ["...", "…", "[...]", "(...)", "{...}"].contains(&line) {
        // Python and Perl have it as a statement, prose as a figure of speech.
        let means_nothing = !["python", "perl"].contains(&language) && !is_prose_language(language);
        return means_nothing.then_some(Remark::Dots);
    }
    comment(line, language).or_else(|| bracketed(line)).and_then(sort)
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
        return !is_prose_language(language) && language != "python";
    }
    leaders(language).iter().filter_map(|leader| line.split_once(leader)).any(|(code, said)| {
        // Without a blank it may be the middle of a string, as in `"https://..."`.
        let opens =
            code.ends_with('{') || code.trim_end() != code && code.trim_end().ends_with(['{', '(', '[', ':']);
        opens && sort(said) == Some(Remark::Dots)
    })
}

/// What sort of remark a comment's text is, if it is one.
fn sort(said: &str) -> Option<Remark> {
    let said = said.trim().trim_matches(['(', ')', '[', ']', '{', '}', '<', '>', '*', '-', '=']).trim();
    let starts = said.starts_with("..") || said.starts_with('…');
    let ends = said.ends_with("...") || said.ends_with('…');
    let said = said.to_lowercase();
    let words: Vec<&str> =
        said.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    if words.len() > MOST_WORDS {
        return None;
    }
    let tells = words.iter().any(|word| TELLING.contains(word));
    let has_dots =
        (starts || ends) && words.is_empty() || starts && (ends || tells) || ends && says_the_rest(&words);
    if has_dots {
        return Some(Remark::Dots);
    }
    says_the_rest(&words).then_some(Remark::Words)
}

const MOST_WORDS: usize = 12;

#[rustfmt::skip]
const TELLING: [&str; 18] = [
    "rest", "unchanged", "existing", "remaining", "remainder", "same", "previous", "omitted", "original", "snip", "code",
    "before", "untouched", "elided", "other", "others", "more", "here",
];

/// Whether the words say that something stays or is left out, and begin with it.
fn says_the_rest(words: &[&str]) -> bool {
    let fill = ["the", "and", "keep", "all", "your", "of", "with", "insert", "include", "everything"];
    let told: Vec<&str> = words.iter().copied().filter(|word| !fill.contains(word)).collect();
    let Some((first, rest)) = told.split_first() else { return false };
    let last = rest.last().copied().unwrap_or_default();
    let is_rest = ["rest", "remaining", "remainder", "existing", "previous", "original", "other", "others"]
        .contains(first);
    let is_thing = ["code", "function", "method", "class", "body", "implementation", "file", "else", "same"]
        .contains(first);
    let stays = ["unchanged", "same", "omitted", "untouched", "elided", "brevity", "before"].contains(&last);
    let goes_on = ["here", "continues", "follows", "is", "below", "above"].contains(&last);
    match rest {
        [] => ["unchanged", "rest", "remainder", "omitted"].contains(first),
        ["changes" | "change", ..] => *first == "no",
        [only] => stays && (is_rest || is_thing) || is_rest && (goes_on || KINDS.contains(only)),
        [_, ..] => {
            stays && (is_rest || is_thing) || is_rest && goes_on || *first == "rest" && rest.len() <= 3
        }
    }
}

#[rustfmt::skip]
const KINDS: [&str; 12] = [
    "code", "function", "functions", "method", "methods", "file", "class", "implementation", "body", "lines", "imports",
    "content",
];

/// What a line that is all comment says.
fn comment<'a>(line: &'a str, language: &str) -> Option<&'a str> {
    const PAIRS: [(&str, &str); 6] =
        [("{/*", "*/}"), ("/*", "*/"), ("<!--", "-->"), ("(*", "*)"), ("{-", "-}"), ("{{!", "}}")];
    let pair = PAIRS.iter().find_map(|(open, close)| line.strip_prefix(open)?.strip_suffix(close));
    pair.or_else(|| {
        let leader = leaders(language).iter().find(|leader| line.starts_with(**leader))?;
        Some(line.trim_start_matches(leader))
    })
}

/// What line comments begin with. For a language that isn't known: whatever most of them have.
fn leaders(language: &str) -> &'static [&'static str] {
    match language {
        "markdown" | "plaintext" | "mdx" => &[],
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
