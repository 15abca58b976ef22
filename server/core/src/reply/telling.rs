//! The words of a remark in place of code: `rest of the function unchanged`. Whether they stand in a comment at all is
//! not judged here.

use super::remark::Remark;

/// What sort of remark a comment's text is, if it is one. All of the text must be the remark: words about something
/// else make it a comment like any other.
pub(super) fn sort(said: &str) -> Option<Remark> {
    let all = said.trim();
    let said = all.trim_matches(DECORATION).trim();
    // A quote is the rest of a string around what looks like a comment.
    if said.contains(['"', '`']) || said.contains("://") {
        return None;
    }
    if is_dots(said) {
        return Some(Remark::Dots);
    }
    let starts = said.starts_with("...") || said.starts_with('…');
    let ends = said.ends_with("...") || said.ends_with('…');
    let said = said.to_lowercase();
    let words: Vec<&str> =
        said.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    let is_to_do = words.first().is_some_and(|word| ["todo", "fixme", "xxx"].contains(word));
    let words: &[&str] = match words.as_slice() {
        ["note" | "nb" | "todo" | "fixme" | "xxx", rest @ ..] => rest,
        words => words,
    };
    if words.len() > MOST_WORDS {
        return None;
    }
    // `...and the same here` goes on from the comment before.
    let goes_on = starts && words.first().is_some_and(|word| JOINING.contains(word));
    let kind = if is_cut_here(all) { Some(Remark::Placeholder) } else { kind(words) };
    let kind = kind.map(|kind| if goes_on && kind == Remark::Words { Remark::Hint } else { kind });
    let is_clear = matches!(kind, Some(Remark::Placeholder | Remark::Words));
    let tells = is_clear || !goes_on && words.iter().any(|word| TELLING.contains(word));
    if starts && (ends && !words.is_empty() || tells) || ends && is_clear {
        return Some(Remark::Dots);
    }
    if is_bracketed(all) && is_clear {
        return Some(Remark::Placeholder);
    }
    if is_to_do {
        return kind.map(|_| Remark::Hint);
    }
    let is_short = (1..=4).contains(&words.len());
    kind.or_else(|| (is_short && (starts || ends || is_bracketed(all))).then_some(Remark::Hint))
}

/// What may stand around a remark's words.
#[rustfmt::skip]
const DECORATION: [char; 25] = [
    '(', ')', '[', ']', '{', '}', '<', '>', '*', '-', '=', '/', '#', '!', ':', '@', '^', '|', '~', '+', '_', '↓', '↑',
    '─', '✂',
];

const MOST_WORDS: usize = 12;

fn is_bracketed(said: &str) -> bool {
    [('[', ']'), ('(', ')'), ('<', '>'), ('{', '}')]
        .iter()
        .any(|(open, close)| said.starts_with(*open) && said.ends_with(*close))
}

/// Whether a text is nothing but an ellipsis, in any of its shapes.
pub(super) fn is_dots(said: &str) -> bool {
    let is_whole = |c: char| matches!(c, '…' | '⋮' | '⋯');
    let dots = said.chars().filter(|c| *c == '.').count();
    // More of them are a rule across the page.
    said.chars().all(|c| c == '.' || c == ' ' || is_whole(c))
        && ((2..=MOST_DOTS).contains(&dots) || said.contains(is_whole))
}

const MOST_DOTS: usize = 8;

/// Words that tell a remark together with an ellipsis before them.
#[rustfmt::skip]
const TELLING: [&str; 26] = [
    "rest", "unchanged", "existing", "remaining", "remainder", "same", "previous", "omitted", "original", "code",
    "before", "untouched", "elided", "other", "others", "more", "here", "unmodified", "intact", "truncated", "skipped",
    "above", "implementation", "logic", "similar", "similarly",
];

const JOINING: [&str; 7] = ["and", "or", "but", "then", "so", "because", "which"];

/// What the words alone say.
fn kind(words: &[&str]) -> Option<Remark> {
    if is_placeholder(words) || is_left_out_for_brevity(words) {
        return Some(Remark::Placeholder);
    }
    if says_it_in_another_language(words) {
        return Some(Remark::Words);
    }
    let is_fill = |word: &&str| FILL.contains(word) || word.chars().all(|c| c.is_ascii_digit());
    let told: Vec<&str> = words.iter().copied().filter(|word| !is_fill(word)).collect();
    if says_the_rest(words, &told) {
        return Some(if is_about_the_text(words, &told) { Remark::Placeholder } else { Remark::Words });
    }
    hints(words, &told).then_some(Remark::Hint)
}

fn is_placeholder(words: &[&str]) -> bool {
    let is_etc = words.iter().all(|word| *word == "etc");
    !words.is_empty() && is_etc
        || matches!(
            words,
            ["snip" | "snipped" | "省略" | "中略" | "同上"]
                | ["and", "so", "on" | "forth"]
                | ["and", "so", "on", "and", "so", "forth"]
                | ["code", "snipped"]
        )
}

/// `---8<---`, the scissors.
fn is_cut_here(said: &str) -> bool {
    let line = said.replace(['-', '=', ' ', '_'], "");
    line == "8<" || line == ">8" || !line.is_empty() && line.chars().all(|c| c == '✂')
}

/// `form fields omitted for brevity`: nobody says that of code that is there.
fn is_left_out_for_brevity(words: &[&str]) -> bool {
    const LEFT_OUT: [&str; 8] =
        ["omitted", "truncated", "snipped", "elided", "skipped", "cut", "removed", "collapsed"];
    matches!(words, [.., verb, "for", "brevity"] if LEFT_OUT.contains(verb))
}

/// Whether the words say that something stays or is left out, and nothing else.
fn says_the_rest(words: &[&str], told: &[&str]) -> bool {
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

/// Whether such words can only be about the text itself, and are no comment on what code does: `rest of the function`,
/// and not `rest of the items`.
fn is_about_the_text(words: &[&str], told: &[&str]) -> bool {
    let is_whole = |word: &&str| WHOLES.contains(word);
    match told {
        [only] => ["unchanged", "omitted", "truncated", "elided", "untouched", "unmodified"].contains(only),
        ["rest" | "remaining" | "remainder" | "unchanged", rest @ ..] if rest.iter().any(is_whole) => true,
        ["existing" | "previous", "code", ..] => true,
        ["rest" | "remainder" | "remaining" | "existing" | "unchanged", rest @ ..] => {
            let has_verb = words.iter().any(|word| VERBS.contains(word));
            !has_verb && rest.last().is_some_and(|last| STAYS.contains(last))
        }
        [
            "code" | "file" | "function" | "method" | "class" | "implementation" | "lines" | "imports",
            rest @ ..,
        ] => rest.last().is_some_and(|last| STAYS.contains(last)),
        ["no", "change" | "changes", rest @ ..] => rest
            .iter()
            .all(|word| ["here", "below", "above", "needed", "required", "this", "line"].contains(word)),
        _ => false,
    }
}

/// Whether the words may be a remark where they stand in place of lines, though they may as well be a comment.
fn hints(words: &[&str], told: &[&str]) -> bool {
    let is_sentence =
        words.iter().any(|word| VERBS.contains(word) && !["stays", "remains", "remain"].contains(word));
    let goes_on = told.first().is_some_and(|first| REST.contains(first) || GOES_ON.contains(first));
    let ends_so = told.last().is_some_and(|last| STAYS.contains(last) || GOES_ON.contains(last));
    let is_like = matches!(
        words,
        [.., "as", "is" | "before" | "above" | "original"]
            | [.., "as", "it", "was" | "is"]
            | [.., "the", "same" | "original"]
    );
    told.len() <= 6 && (goes_on && !is_sentence || ends_so && told.len() >= 2 || is_like)
        || matches!(words, [.., "for", "brevity"])
        || matches!(words, ["your", "code"] | ["not", "changed"] | [.., "goes" | "go", "here"])
        || matches!(words, [.., "more"] | [_, "more", _] | [_, "more", _, _] if words.len() <= 4)
}

const REST: [&str; 9] =
    ["rest", "remaining", "remainder", "existing", "previous", "original", "other", "others", "unchanged"];

#[rustfmt::skip]
const THINGS: [&str; 14] = [
    "code", "function", "method", "class", "body", "implementation", "file", "else", "same", "lines", "methods",
    "functions", "imports", "logic",
];

/// What a model is shown a part of.
#[rustfmt::skip]
const WHOLES: [&str; 13] = [
    "code", "file", "function", "functions", "method", "methods", "class", "implementation", "body", "component",
    "module", "script", "program",
];

#[rustfmt::skip]
const STAYS: [&str; 17] = [
    "unchanged", "same", "omitted", "untouched", "elided", "brevity", "before", "truncated", "snipped", "intact",
    "unmodified", "original", "skipped", "earlier", "previously", "clipped", "collapsed",
];

/// First and last words of a remark that other comments have as well.
#[rustfmt::skip]
const GOES_ON: [&str; 10] = [
    "same", "similar", "repeat", "continue", "continues", "continued", "identical", "keep", "nothing", "above",
];

#[rustfmt::skip]
const VERBS: [&str; 24] = [
    "is", "are", "was", "were", "be", "may", "might", "must", "can", "can't", "could", "will", "would", "should", "has",
    "have", "do", "does", "don't", "stays", "stay", "remains", "remain", "need",
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
    words.len() <= 7 && words.iter().any(|word| word.chars().count() <= 16) && {
        let said = words.join(" ");
        ELSEWHERE.iter().any(|part| said.contains(part))
    }
}

/// German, French, Spanish, Portuguese, Italian, Russian, Chinese, Japanese and Korean.
#[rustfmt::skip]
const ELSEWHERE: [&str; 36] = [
    "restlicher code", "rest unverändert", "rest bleibt", "rest des codes", "bestehender code", "reste du code",
    "code existant", "reste inchangé", "code inchangé", "resto del código", "código existente", "código restante",
    "sin cambios", "resto do código", "sem alterações", "resto del codice", "codice esistente", "остальной код",
    "остальное без", "существующий код", "без изменений", "其余代码", "其余部分", "剩余代码", "现有代码", "保持不变", "其他代码",
    "代码省略", "以下省略", "此处省略", "残りのコード", "既存のコード", "変更なし", "나머지 코드", "기존 코드", "변경 없음",
];
