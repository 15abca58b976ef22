//! The words of a remark in place of code: `rest of the function unchanged`. Whether they stand in a comment at all is
//! not judged here.

use super::remark::Remark;

/// What sort of remark a comment's text is, if it is one. All of the text must be the remark: words about something
/// else make it a comment like any other.
pub(super) fn sort(said: &str) -> Option<Remark> {
    let all = said.trim();
    let said = all.trim_matches(['(', ')', '[', ']', '{', '}', '<', '>', '*', '-', '=']).trim();
    // A quote is the rest of a string around what looks like a comment.
    if said.contains(['"', '`']) {
        return None;
    }
    let starts = said.starts_with("..") || said.starts_with('…');
    let ends = said.ends_with("...") || said.ends_with('…');
    let said = said.to_lowercase();
    let words: Vec<&str> =
        said.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    if words.len() > MOST_WORDS {
        return None;
    }
    let is_rest = says_the_rest(&words) || says_it_in_another_language(&words);
    let is_placeholder = is_placeholder(&words) || is_cut_here(all);
    let tells = is_rest || is_placeholder || words.iter().any(|word| TELLING.contains(word));
    let only_dots = (starts || ends) && said.chars().all(|c| matches!(c, '.' | '…' | ' '));
    if only_dots || starts && (ends && !words.is_empty() || tells) || ends && (is_rest || is_placeholder) {
        return Some(Remark::Dots);
    }
    let is_bracketed = [('[', ']'), ('(', ')'), ('<', '>'), ('{', '}')]
        .iter()
        .any(|(open, close)| all.starts_with(*open) && all.ends_with(*close));
    if is_placeholder || is_bracketed && is_rest {
        return Some(Remark::Placeholder);
    }
    is_rest.then_some(Remark::Words)
}

const MOST_WORDS: usize = 12;

/// Words that tell a remark together with an ellipsis before them.
#[rustfmt::skip]
const TELLING: [&str; 26] = [
    "rest", "unchanged", "existing", "remaining", "remainder", "same", "previous", "omitted", "original", "code",
    "before", "untouched", "elided", "other", "others", "more", "here", "unmodified", "intact", "truncated", "skipped",
    "above", "implementation", "logic", "similar", "similarly",
];

fn is_placeholder(words: &[&str]) -> bool {
    matches!(
        words,
        ["snip" | "snipped" | "etc"] | ["etc", "etc"] | ["and", "so", "on" | "forth"] | ["code", "snipped"]
    )
}

/// `---8<---`, the scissors.
fn is_cut_here(said: &str) -> bool {
    let line = said.replace(['-', '=', ' ', '_'], "");
    line == "8<" || line == ">8"
}

/// Whether the words say that something stays or is left out, and nothing else.
fn says_the_rest(words: &[&str]) -> bool {
    let is_fill = |word: &&str| FILL.contains(word) || word.chars().all(|c| c.is_ascii_digit());
    let told: Vec<&str> = words.iter().copied().filter(|word| !is_fill(word)).collect();
    let Some((first, rest)) = told.split_first() else { return false };
    let last = rest.last().copied().unwrap_or_default();
    let is_rest = REST.contains(first);
    let is_thing = THINGS.contains(first);
    let stays = STAYS.contains(&last);
    let goes_on = ["here", "continues", "follows", "is", "below", "above"].contains(&last);
    let is_kind = |word: &&str| KINDS.contains(word);
    match rest {
        [] => ALONE.contains(first),
        ["changes" | "change", ..] => *first == "no",
        [only] => {
            stays && (is_rest || is_thing)
                || is_rest && (goes_on || is_kind(only))
                || ["rest", "remainder"].contains(first)
                || ["unchanged", "unmodified"].contains(first) && is_kind(only)
                || is_thing && *only == "here" && (*first != "code" || words.contains(&"your"))
                || last == "brevity"
        }
        [_, ..] => {
            rest.len() <= 4 && stays && (is_rest || is_thing)
                || rest.len() <= 3 && is_rest && goes_on
                || is_rest && rest.len() <= 3 && is_kind(&last)
                || last == "brevity" && rest.len() <= 4
        }
    }
}

const REST: [&str; 9] =
    ["rest", "remaining", "remainder", "existing", "previous", "original", "other", "others", "unchanged"];

#[rustfmt::skip]
const THINGS: [&str; 14] = [
    "code", "function", "method", "class", "body", "implementation", "file", "else", "same", "lines", "methods",
    "functions", "imports", "logic",
];

#[rustfmt::skip]
const STAYS: [&str; 15] = [
    "unchanged", "same", "omitted", "untouched", "elided", "brevity", "before", "truncated", "snipped", "intact",
    "unmodified", "original", "skipped", "earlier", "previously",
];

#[rustfmt::skip]
const ALONE: [&str; 9] =
    ["unchanged", "rest", "remainder", "omitted", "truncated", "elided", "untouched", "unmodified", "same"];

#[rustfmt::skip]
const FILL: [&str; 27] = [
    "the", "and", "keep", "all", "your", "of", "with", "insert", "include", "everything", "as", "remain", "remains", "stay",
    "stays", "are", "in", "for", "a", "to", "add", "this", "my", "more", "goes", "been", "has",
];

#[rustfmt::skip]
const KINDS: [&str; 29] = [
    "code", "function", "functions", "method", "methods", "file", "class", "implementation", "body", "lines", "imports",
    "content", "logic", "statements", "definitions", "declarations", "steps", "items", "cases", "entries", "tests",
    "routes", "handlers", "component", "module", "script", "struct", "block", "loop",
];

/// A comment that is short and has one of these.
fn says_it_in_another_language(words: &[&str]) -> bool {
    words.len() <= 5 && words.iter().any(|word| word.chars().count() <= 16) && {
        let said = words.join(" ");
        ELSEWHERE.iter().any(|part| said.contains(part))
    }
}

/// German, French, Spanish, Portuguese, Italian, Russian, Chinese, Japanese and Korean.
#[rustfmt::skip]
const ELSEWHERE: [&str; 25] = [
    "restlicher code", "rest unverändert", "rest bleibt", "bestehender code", "reste du code", "code existant",
    "reste inchangé", "resto del código", "código existente", "resto do código", "resto del codice", "codice esistente",
    "остальной код", "существующий код", "без изменений", "其余代码", "剩余代码", "现有代码", "保持不变", "其他代码",
    "以下省略", "残りのコード", "既存のコード", "나머지 코드", "기존 코드",
];
