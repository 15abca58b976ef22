//! What an answer has around or over its code besides a fence: a file's name, a language's, tags, quotes, entities.
//!
//! What the base has as well is text. Nothing is taken off a text that is prose or markup itself and may mean it.

use super::choose::is_same_language;
use super::intent::Intent;
use super::line::{Lines, is_telling};
use super::prose::{is_prose_language, is_sentence};
use super::remark::{knows, words_of_comment};
use super::{Surroundings, fences};
use crate::file_name::ENDINGS;
use std::collections::HashSet;

/// The answer's lines without what is no part of the code.
pub(super) fn unwrapped(
    lines: Vec<String>,
    base: &Lines,
    around: &Surroundings,
    intent: Intent,
) -> Vec<String> {
    if super::line::is_blank(&lines) {
        return lines;
    }
    if is_prose_language(&around.language) {
        let lines = without_tags(lines, base, around);
        let is_one = lines.iter().filter(|line| !line.trim().is_empty()).count() == 1;
        let only = lines.iter().map(|line| line.trim()).find(|line| !line.is_empty()).filter(|_| is_one);
        let bare = only.and_then(|only| without_quotes(only, &around.base, around)).map(str::to_owned);
        return bare.map_or(lines, |bare| vec![bare]);
    }
    let known: HashSet<&str> = base.contents().map(str::trim).collect();
    let lines = without_inner_fence(lines, base);
    let is_markup = is_markup(&around.language);
    let lines = if is_markup { lines } else { without_tags(lines, base, around) };
    let lines = without_heading(lines, &known, around, intent);
    let lines = if is_markup || intent.escapes { lines } else { without_entities(lines, base, &known) };
    let lines = with_plain_blanks(lines, base);
    let lines = if is_markup || !knows(&around.language) {
        lines
    } else {
        without_prose_behind(lines, base, &around.language)
    };
    if intent.repeats { lines } else { once(lines, base) }
}

/// Whether tags and entities may be the text's own in this language, or in one that it may hold.
fn is_markup(language: &str) -> bool {
    #[rustfmt::skip]
    const MARKUP: [&str; 30] = [
        "xsl", "xslt", "svg", "xaml", "vue", "svelte", "astro", "angular", "marko", "templ", "javascript",
        "javascriptreact", "typescriptreact", "jsx", "tsx", "php", "handlebars", "mustache", "razor", "erb", "eruby",
        "ejs", "heex", "eelixir", "jinja", "jinja2", "blade", "twig", "liquid", "jsp",
    ];
    let is_part =
        |name: &str| ["html", "xml", "jsx", "tsx", "cshtml", "razor"].iter().any(|part| name.contains(part));
    is_part(language) || language.split(['.', '-']).any(|name| MARKUP.contains(&name))
}

/// The lines of an answer that is quoted as a whole, without the marks of the quote. A quote in prose has to be a block.
pub(super) fn unquoted(lines: &[String], base: &Lines, language: &str) -> Option<Vec<String>> {
    let is_quoted = |line: &str| line.trim_start().starts_with('>');
    let mut told = lines.iter().filter(|line| !line.trim().is_empty());
    if !told.all(|line| is_quoted(line)) || base.contents().any(is_quoted) {
        return None;
    }
    let each = lines.iter().map(|line| {
        let rest = line.trim_start().strip_prefix('>').unwrap_or(line);
        rest.strip_prefix(' ').unwrap_or(rest).to_owned()
    });
    let each: Vec<String> = each.collect();
    let is_block = || {
        let edge = |line: Option<&String>| line.and_then(|line| fences::fence(line));
        let (first, last) =
            ends(&each).map_or((None, None), |(first, last)| (each.get(first), each.get(last)));
        matches!((edge(first), edge(last)), (Some(open), Some(close)) if close.closes(&open) && is_markdown(&open))
    };
    (!is_prose_language(language) || is_block()).then_some(each)
}

/// The code of an answer that is one line with its fences: three backticks, `x = 2`, three backticks.
pub(super) fn on_one_line<'l>(lines: &'l [String], base: &Lines, language: &str) -> Option<&'l str> {
    const FENCE: &str = "```";
    let (first, last) = ends(lines)?;
    let inner = lines.get(first)?.trim().strip_prefix(FENCE)?.strip_suffix(FENCE)?;
    let is_other =
        first != last || is_prose_language(language) || base.contents().any(|line| line.contains(FENCE));
    if is_other || inner.contains('`') || inner.trim().is_empty() {
        return None;
    }
    let (word, rest) = inner.split_once(' ').unwrap_or((inner, ""));
    let names_it = is_same_language(&word.to_lowercase(), language) && !rest.trim().is_empty();
    Some(if names_it { rest.trim() } else { inner.trim() })
}

/// The lines of an answer that is an object of JSON with the code in it, for a text that is none itself.
pub(super) fn in_json(lines: &[String], base: &Lines, language: &str) -> Option<Vec<String>> {
    const NAMES: [&str; 8] =
        ["code", "new_code", "replacement", "content", "text", "answer", "result", "output"];
    let told: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.trim().is_empty()).collect();
    let inner = match told.as_slice() {
        [open, inner @ .., close] if fences::fence(open).is_some() && fences::fence(close).is_some() => inner,
        all => all,
    };
    let begins_so = inner.first().is_some_and(|line| line.trim_start().starts_with('{'));
    let is_object = |line: &str| NAMES.iter().any(|name| line.contains(&format!("\"{name}\"")));
    if !begins_so || language.contains("json") || base.contents().any(is_object) {
        return None;
    }
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&inner.join("\n")).ok()?;
    let mut found = NAMES.iter().filter_map(|name| object.get(*name)?.as_str());
    let code = found.next().filter(|_| found.next().is_none())?;
    Some(code.lines().map(str::to_owned).collect())
}

/// What stands in the quotes around all of an answer that is prose, where the text had none and isn't to get them.
pub(super) fn without_quotes<'t>(answer: &'t str, text: &str, around: &Surroundings) -> Option<&'t str> {
    const PAIRS: [(char, char); 5] = [('"', '"'), ('“', '”'), ('„', '“'), ('«', '»'), ('「', '」')];
    const ASKED: [&str; 8] = ["quot", "zitat", "zitier", "anführ", "guillemet", "cit", "引", "\""];
    let instruction = around.instruction.to_lowercase();
    let is_asked_for = ASKED.iter().any(|word| instruction.contains(word));
    let has_one = |text: &str| PAIRS.iter().any(|(open, close)| text.contains([*open, *close]));
    if !is_prose_language(&around.language) || is_asked_for || has_one(text) {
        return None;
    }
    let inner = |(open, close): &(char, char)| answer.strip_prefix(*open)?.strip_suffix(*close);
    PAIRS.iter().find_map(inner).filter(|inner| !inner.trim().is_empty() && !has_one(inner))
}

/// The answer without a bare fence around the one that says it is Markdown.
pub(super) fn without_outer_fence(lines: &[String], base: &Lines) -> Option<Vec<String>> {
    let (first, last) = ends(lines)?;
    let fence = |index: usize| lines.get(index).and_then(|line| fences::fence(line));
    let (outer, inner) = (fence(first)?, fence(first + 1)?);
    let is_doubled = fence(last)?.closes(&outer) && fence(last.checked_sub(1)?)?.closes(&inner);
    let has_one = base.contents().filter_map(fences::fence).any(|fence| is_markdown(&fence));
    (is_doubled && outer.info.is_empty() && is_markdown(&inner) && !has_one && first + 2 < last)
        .then(|| lines.iter().take(last).skip(first + 1).cloned().collect())
}

fn is_markdown(fence: &fences::Fence) -> bool {
    ["markdown", "md", "mdx"].contains(&fence.info.as_str())
}

/// A text that came twice, as small models say it over and over.
fn once(lines: Vec<String>, base: &Lines) -> Vec<String> {
    let told = |lines: &[String]| -> Vec<String> {
        lines.iter().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let all = told(&lines);
    let (first, second) = all.split_at(all.len() / 2);
    let is_long = first.iter().filter(|line| is_telling(line)).count() >= 3;
    let was_twice = || {
        let base: Vec<String> = base.contents().map(str::to_owned).collect();
        let base = told(&base);
        base.split_at(base.len() / 2).0 == base.split_at(base.len() / 2).1
    };
    if !is_long || first != second || was_twice() {
        return lines;
    }
    let mut left = first.len();
    let half = lines.into_iter().take_while(|line| {
        let is_first = left > 0;
        left -= usize::from(is_first && !line.trim().is_empty());
        is_first
    });
    half.collect()
}

/// A second fence around the code, inside of the first one.
fn without_inner_fence(lines: Vec<String>, base: &Lines) -> Vec<String> {
    let Some((first, last)) = ends(&lines) else { return lines };
    let is_fence = |index: usize| lines.get(index).is_some_and(|line| fences::fence(line).is_some());
    if first < last && is_fence(first) && is_fence(last) && !fences::has_fence(base.contents()) {
        return between(lines, first, last);
    }
    lines
}

/// Tags around all of it, such as `<code>` and `</code>`, of which the last stands on a line without code. A text that
/// holds markup, or that is to get some, may mean them.
fn without_tags(lines: Vec<String>, base: &Lines, around: &Surroundings) -> Vec<String> {
    let Some((first, last)) = ends(&lines) else { return lines };
    let trimmed = |index: usize| lines.get(index).map_or("", |line| line.trim());
    let Some((tag, rest)) = opening_tag(trimmed(first)) else { return lines };
    // In prose these are HTML's.
    if is_prose_language(&around.language) && ["code", "pre", "output"].contains(&tag) {
        return lines;
    }
    let instruction = around.instruction.to_lowercase();
    let asks_for_it = [tag, "tag", "wrap", "<"].iter().any(|word| instruction.contains(word));
    if first == last
        || asks_for_it
        || base.contents().any(|line| line.contains("</") || opening_tag(line.trim()).is_some())
    {
        return lines;
    }
    let close = format!("</{tag}>");
    let Some(end) = trimmed(last).strip_suffix(close.as_str()) else { return lines };
    if !end.is_empty() && !end.starts_with("</") {
        return lines;
    }
    let mut inner: Vec<String> = Vec::new();
    inner.extend(Some(rest.to_owned()).filter(|rest| !rest.trim().is_empty()));
    inner.extend(lines.iter().take(last).skip(first + 1).cloned());
    inner.extend(Some(end.to_owned()).filter(|end| !end.is_empty()));
    // One may stand inside of the other: `<pre><code>`.
    without_tags(inner, base, around)
}

fn opening_tag(line: &str) -> Option<(&str, &str)> {
    const TAGS: [&str; 12] = [
        "code",
        "pre",
        "answer",
        "replacement",
        "output",
        "result",
        "response",
        "artifact",
        "snippet",
        "edit",
        "file",
        "solution",
    ];
    let (inner, rest) = line.strip_prefix('<')?.split_once('>')?;
    let tag = inner.split_whitespace().next()?;
    TAGS.contains(&tag).then_some((tag, rest))
}

/// Lines before the code that name its language or its file. Data and scripts may mean such a line.
fn without_heading(
    lines: Vec<String>,
    known: &HashSet<&str>,
    around: &Surroundings,
    intent: Intent,
) -> Vec<String> {
    if NAMING.iter().any(|name| around.language.contains(name)) {
        return lines;
    }
    let is_language = |line: &str| {
        is_same_language(&line.to_lowercase(), &around.language) || line == "Copy code" || line == "Copy"
    };
    let is_file = |line: &str| {
        let said = words_of_comment(line, &around.language).unwrap_or(line).trim();
        let said = ["File:", "file:", "Filename:", "filename:", "Path:", "path:"]
            .iter()
            .find_map(|start| said.strip_prefix(start))
            .unwrap_or(said);
        let said = said.trim();
        let is_its_ending = |ending: &str| is_same_language(ending, &around.language);
        !intent.names_the_file && is_file_name(said) && said.rsplit('.').next().is_some_and(is_its_ending)
    };
    let is_heading = |line: &&String| {
        let line = line.trim();
        line.is_empty() || !known.contains(line) && (is_language(line) || is_file(line))
    };
    let count = lines.iter().take_while(is_heading).count();
    let is_worth_it = lines.iter().take(count).any(|line| !line.trim().is_empty());
    let holds_more = lines.iter().skip(count).any(|line| is_telling(line));
    if is_worth_it && holds_more { lines.into_iter().skip(count).collect() } else { lines }
}

/// What is in the names of languages in which a line may be a file's name, or a command.
#[rustfmt::skip]
const NAMING: [&str; 20] = [
    "ignore", "cmake", "make", "yaml", "json", "toml", "ini", "csv", "properties", "shell", "bash", "zsh", "fish",
    "bat", "powershell", "docker", "conf", "requirements", "xml", "attributes",
];

/// Whether it reads as `src/total.py` and as nothing else.
fn is_file_name(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || "_-./\\@".contains(c);
    let Some((stem, ending)) = text.rsplit_once('.') else { return false };
    let is_ending = (1..=5).contains(&ending.len()) && ending.chars().all(|c| c.is_ascii_alphanumeric());
    // `a.b` may be a field.
    let is_path = stem.contains(['/', '\\']) || !stem.contains('.') && ENDINGS.contains(&ending);
    !stem.is_empty()
        && text.chars().all(is_part)
        && is_ending
        && is_path
        && ending.contains(|c: char| c.is_alphabetic())
}

/// `a &lt; b`, where that is the base's `a < b`.
fn without_entities(lines: Vec<String>, base: &Lines, known: &HashSet<&str>) -> Vec<String> {
    const ENTITIES: [(&str, &str); 6] =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&")];
    let has_one = |line: &str| ENTITIES.iter().any(|(entity, _)| line.contains(entity));
    if base.contents().any(has_one) || !lines.iter().any(|line| has_one(line)) {
        return lines;
    }
    let plain = |line: &String| {
        ENTITIES.iter().fold(line.clone(), |line, (entity, character)| line.replace(entity, character))
    };
    // In a string it may be what was asked for.
    let has_string = |line: &str| line.contains(['"', '\'', '`']);
    let was_there =
        |line: &String| has_one(line) && !has_string(&plain(line)) && known.contains(plain(line).trim());
    if lines.iter().any(was_there) { lines.iter().map(plain).collect() } else { lines }
}

/// Blanks that don't break, before code.
fn with_plain_blanks(lines: Vec<String>, base: &Lines) -> Vec<String> {
    if base.contents().any(|line| line.contains('\u{a0}')) {
        return lines;
    }
    let each = lines.into_iter().map(|line| {
        let rest = line.trim_start_matches([' ', '\t', '\u{a0}']);
        let indent = line.strip_suffix(rest).unwrap_or_default();
        if indent.contains('\u{a0}') { indent.replace('\u{a0}', " ") + rest } else { line }
    });
    each.collect()
}

/// A last paragraph that tells what was done, behind the code.
fn without_prose_behind(lines: Vec<String>, base: &Lines, language: &str) -> Vec<String> {
    let Some((_, last)) = ends(&lines) else { return lines };
    let is_prose = |line: &String| is_sentence(line);
    let start = lines.iter().take(last + 1).rposition(|line| line.trim().is_empty());
    let Some(start) = start.filter(|start| *start > 0) else { return lines };
    let is_all_prose = lines.iter().take(last + 1).skip(start + 1).all(is_prose);
    let code = lines.get(..start).unwrap_or_default();
    if !is_all_prose || base.contents().any(is_sentence) || may_end_in_a_string(code, language) {
        return lines;
    }
    lines.into_iter().take(start).collect()
}

/// Whether a string of several lines may be open at the end, in which prose is text.
fn may_end_in_a_string(lines: &[String], language: &str) -> bool {
    let count = |mark: &str| lines.iter().map(|line| line.matches(mark).count()).sum::<usize>();
    let (quotes, marks): (&[&str], &[&str]) = match language {
        "rust" => (&["\""], &[]),
        "c" | "cpp" | "objective-c" | "objective-cpp" => (&[], &["R\"("]),
        "javascript" | "javascriptreact" | "typescript" | "typescriptreact" | "go" => (&["`"], &[]),
        "python" | "java" | "kotlin" | "scala" | "swift" | "groovy" | "toml" | "julia" | "dart" => {
            (&["\"\"\"", "'''"], &[])
        }
        "json" | "jsonc" => (&[], &[]),
        "lua" | "luau" => (&[], &["[["]),
        "yaml" | "dockercompose" => (&["\"", "'"], &[": |", ": >", "- |", "- >"]),
        _ => (&["\"", "'", "`"], &["<<", "[[", "=begin", "=pod"]),
    };
    quotes.iter().any(|quote| count(quote) % 2 == 1) || marks.iter().any(|mark| count(mark) > 0)
}

/// The first and the last line that hold something.
fn ends(lines: &[String]) -> Option<(usize, usize)> {
    let holds = |line: &String| !line.trim().is_empty();
    Some((lines.iter().position(holds)?, lines.iter().rposition(holds)?))
}

fn between(lines: Vec<String>, first: usize, last: usize) -> Vec<String> {
    lines.into_iter().take(last).skip(first + 1).collect()
}
