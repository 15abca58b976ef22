//! Remarks that share their line with code, which nothing can be put in place of: `fn main() { ... }`.

use super::prose::is_prose_language;
use super::remark::{Remark, is_comment, leaders};
use super::telling::{is_dots, sort};

/// Whether a part of the line is left out, whatever the text before held.
pub(super) fn is_left_out(line: &str, language: &str) -> bool {
    let line = line.trim();
    if is_comment(line, language) {
        return false;
    }
    let block = block_comment(line);
    if let Some(block) = &block {
        return sort(block.said) == Some(Remark::Dots);
    }
    if !is_prose_language(language) && has_dotted_brackets(line, language) {
        return true;
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

/// Whether an ellipsis on a line is a figure of speech where nothing is left out elsewhere: in a page of HTML, a comment,
/// a string, or with words in the comment behind a statement.
pub(super) fn is_an_example(lines: &[String], index: usize, language: &str) -> bool {
    let line = lines.get(index).map_or("", String::as_str);
    let is_page = ["html", "xml"].contains(&language) && !line.contains("<!--") && !line.contains("/*");
    is_page || is_inside(lines, index) || is_in_quotes(line) || has_words_behind(line, language)
}

/// Whether a line is inside of a block comment or a string of several lines that began before it.
fn is_inside(lines: &[String], index: usize) -> bool {
    let before = lines.get(..index).unwrap_or_default().join("\n");
    let is_open =
        |open: &str, close: &str| before.rsplit_once(open).is_some_and(|(_, after)| !after.contains(close));
    let is_odd = |quote: &str| before.matches(quote).count() % 2 == 1;
    is_open("/*", "*/")
        || is_open("<!--", "-->")
        || is_open("r#\"", "\"#")
        || ["\"\"\"", "'''"].into_iter().any(is_odd)
}

/// Whether the brackets around an ellipsis stand in a string on their line.
fn is_in_quotes(line: &str) -> bool {
    let at = line.find("...").or_else(|| line.find('…'));
    let sides = at.and_then(|at| line.split_at_checked(at));
    sides.is_some_and(|(before, after)| {
        ['"', '`'].into_iter().any(|quote| before.matches(quote).count() % 2 == 1 && after.contains(quote))
    })
}

/// Whether a comment with words stands behind a statement that is whole.
fn has_words_behind(line: &str, language: &str) -> bool {
    leaders(language).iter().filter_map(|leader| line.split_once(leader)).any(|(code, said)| {
        let is_whole = code.trim_end() != code && !code.trim_end().ends_with(['{', '(', '[', ':', '>']);
        is_whole
            && !code.trim().is_empty()
            && said.contains(char::is_alphabetic)
            && block_comment(line).is_none()
    })
}

/// Whether an element holds nothing but an ellipsis: `<body>...</body>`.
pub(super) fn is_dotted_element(line: &str) -> bool {
    let inner = line.rsplit_once("</").and_then(|(before, _)| before.rsplit_once('>'));
    inner.is_some_and(|(_, inner)| is_dots(inner.trim()))
}

/// Whether the line may stand for more than it says, where the text before held more: `fn main() { /* unchanged */ }`,
/// Python's `def main(): pass  # unchanged`.
pub(super) fn may_be_left_out(line: &str, language: &str) -> bool {
    let line = line.trim();
    if is_prose_language(language) || is_comment(line, language) {
        return false;
    }
    if let Some(block) = block_comment(line) {
        let is_all = block.before.ends_with(['{', '(', '[']) || block.before.ends_with('>');
        return is_all && sort(block.said).is_some() && block.after.starts_with(['}', ')', ']', '<']);
    }
    if language == "python" {
        let remark = line
            .split_once('#')
            .filter(|(code, _)| [": ...", ": pass"].iter().any(|body| code.trim_end().ends_with(body)));
        return remark.is_some_and(|(_, said)| sort(said).is_some());
    }
    leaders(language).iter().filter_map(|leader| line.split_once(leader)).any(|(code, said)| {
        code.trim_end().ends_with('{') && sort(said).is_some_and(|sort| sort != Remark::Hint)
    })
}

/// Whether a comment is all that a body holds: `fn main() { /* ... */ }`.
pub(super) fn is_body_of_comment(line: &str) -> bool {
    block_comment(line.trim())
        .is_some_and(|block| block.before.ends_with('{') && block.after.starts_with('}'))
}

struct BlockComment<'a> {
    before: &'a str,
    said: &'a str,
    after: &'a str,
}

fn block_comment(line: &str) -> Option<BlockComment<'_>> {
    let (before, rest) = line.split_once("/*")?;
    let (said, after) = rest.split_once("*/")?;
    let (before, after) = (before.trim_end(), after.trim_start());
    (!before.is_empty()).then_some(BlockComment { before, said, after })
}

/// Whether brackets hold nothing but an ellipsis: `fn main() { ... }`, `call(...)`, outside of strings.
fn has_dotted_brackets(line: &str, language: &str) -> bool {
    // Python has a set of it, Lua a table of its arguments, Perl a body, Nix a pattern.
    let has_braces = !["python", "lua", "perl", "nix"].contains(&language);
    // No more than these are sure to have no use for it: C, PHP and Ruby pass arguments on by it, Swift has a range.
    let has_others = [
        "rust",
        "javascript",
        "javascriptreact",
        "typescript",
        "typescriptreact",
        "java",
        "csharp",
        "kotlin",
        "dart",
        "json",
        "jsonc",
    ]
    .contains(&language);
    let pairs = [('{', '}', has_braces), ('(', ')', has_others), ('[', ']', has_others)];
    pairs.into_iter().filter(|(_, _, is_meant)| *is_meant).any(|(open, close, _)| {
        line.match_indices(open).any(|(at, _)| {
            let before = line.get(..at).unwrap_or_default();
            let inner = line.get(at + 1..).and_then(|rest| rest.split_once(close));
            let is_code = !before.ends_with('#') && !before.contains(['"', '\'', '`', '/'])
                || open == '{' && before.ends_with([' ', ')', '>']);
            is_code && inner.is_some_and(|(inner, after)| is_ellipsis(inner) && closes(after, open))
        })
    })
}

/// What may stand behind brackets that hold an ellipsis. Behind a body that is nothing but more brackets.
fn closes(after: &str, open: char) -> bool {
    let after = after.trim();
    after.chars().all(|c| " )}];,".contains(c))
        || open != '{' && (after.starts_with(['{', '=']) || after.ends_with('{'))
}

fn is_ellipsis(inner: &str) -> bool {
    let inner = inner.trim();
    is_dots(inner) && inner != ".."
        || (inner.starts_with("...") && inner.ends_with("...") && inner.contains(' '))
}
