//! Which part of an answer is the replacement.

use super::fences::{self, Block};
use super::line::{Lines, is_telling};
use super::{ReplyProblem, Surroundings, patch, prose, wrapping};
use std::collections::HashSet;

/// The lines that the model means, and what its fence says they are.
pub(super) struct Meant {
    pub(super) lines: Vec<String>,
    pub(super) info: String,
}

impl Meant {
    fn bare(lines: Vec<String>) -> Self {
        Self { lines, info: String::new() }
    }
}

/// The lines that the model means as the replacement: a fenced block, or an unfenced answer that isn't prose.
pub(super) fn meant(lines: &[String], around: &Surroundings) -> Result<Meant, ReplyProblem> {
    let base = Lines::of(&around.base);
    if lines.iter().all(|line| line.trim().is_empty()) {
        return Err(ReplyProblem::Empty);
    }
    if let Some(code) = wrapping::on_one_line(lines, &base, &around.language) {
        return Ok(Meant::bare(vec![code.to_owned()]));
    }
    if let Some(code) = wrapping::in_json(lines, &base, &around.language) {
        return meant(&code, around);
    }
    if let Some(lines) = patch::searched(lines, &base)? {
        return Ok(Meant::bare(lines));
    }
    let unquoted = wrapping::unquoted(lines, &base, &around.language);
    let lines = unquoted.as_deref().unwrap_or(lines);
    let single = wrapping::without_outer_fence(lines, &base);
    let lines = single.as_deref().unwrap_or(lines);
    let blocks = fences::blocks(lines);
    if let [block] = blocks.as_slice()
        && super::line::is_blank(&block.lines)
        && let Some(code) = before_the_fence(lines, &base, around)
    {
        return Ok(Meant::bare(code));
    }
    if blocks.is_empty() || is_unwrapped(lines, &blocks, &base, around) {
        return prose::unfenced(lines, &base, around).map(Meant::bare);
    }
    if prose::is_prose_language(&around.language)
        && blocks.first().is_some_and(|block| may_wrap(block, &around.language))
        && let Some(lines) = fences::unclosed(lines)
    {
        return Ok(Meant::bare(lines));
    }
    let nests = prose::is_prose_language(&around.language) || fences::has_fence(base.contents());
    if nests && blocks.len() > 1 && has_bare_inner_fence(&blocks, &base) {
        return fences::widest(lines).map(Meant::bare).ok_or_else(|| fences::pieces(&blocks));
    }
    if prose::is_prose_language(&around.language)
        && blocks.first().is_some_and(|block| may_wrap(block, &around.language))
        && let Some(lines) = fences::balanced(lines)
    {
        return Ok(Meant::bare(lines));
    }
    if let Some(lines) = exchanged(&blocks, &base) {
        return Ok(Meant::bare(lines));
    }
    let block = pick(blocks, &base, around)?;
    if prose::is_refusal(&block.lines, &base, around, prose::Fenced::Yes) {
        return Err(prose::declined(&block.lines));
    }
    if prose::is_all_words(&block.lines, &base, &around.language) {
        return Err(prose::declined(&block.lines));
    }
    let known: HashSet<&str> = base.contents().map(str::trim).filter(|line| is_telling(line)).collect();
    // The code begins on the fence's line.
    let is_all = super::line::is_blank(&block.lines)
        && is_same_language(&block.info, &around.language)
        && block.note.contains(' ')
        && !block.note.starts_with('{');
    let first = Some(block.note).filter(|note| is_all || known.contains(note.as_str()));
    Ok(Meant { lines: first.into_iter().chain(block.lines).collect(), info: block.info })
}

/// The base with a part of it, which the first of two blocks quotes, exchanged for the second, where the words say so.
fn exchanged(blocks: &[Block], base: &Lines) -> Option<Vec<String>> {
    let [old, new] = blocks else { return None };
    let says = |block: &Block, words: &[&str]| {
        let lead = block.lead.to_lowercase();
        lead.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word))
    };
    let is_pair = says(old, &["change", "replace", "find", "from", "old", "original", "before", "current"])
        || says(new, &["to", "with", "by", "into", "becomes"]);
    let is_part = old.lines.iter().filter(|line| is_telling(line)).count() > 0 && !is_quote(old, base);
    (is_pair && is_part).then(|| patch::exchanged(&old.lines, &new.lines, base)).flatten()
}

/// The code before a fence that only closes: the opening one was part of what the model was asked to go on from.
fn before_the_fence(lines: &[String], base: &Lines, around: &Surroundings) -> Option<Vec<String>> {
    let code: Vec<String> = lines.iter().take_while(|line| fences::fence(line).is_none()).cloned().collect();
    prose::unfenced(&code, base, around).ok()
}

/// A text that holds fences itself may come without one around it. Prose may get its first fence by the answer, which
/// then has a language.
fn is_unwrapped(lines: &[String], blocks: &[Block], base: &Lines, around: &Surroundings) -> bool {
    let first = blocks.first().map_or("", |block| block.info.as_str());
    if let ([block], Some(info)) = (blocks, fences::info_of_block(base))
        && block.info == info
        && !is_markdown(&info)
        && !fences::has_fence(block.lines.iter().map(String::as_str))
    {
        // The selection is a fenced block itself, and so is the answer.
        return true;
    }
    if prose::is_prose_language(&around.language) && is_led_up_to(lines, blocks, base, around) {
        return true;
    }
    let gets_one = prose::is_prose_language(&around.language) && !first.is_empty();
    if !gets_one && !fences::has_fence(base.contents()) {
        return false;
    }
    if is_markdown(first) || is_same_language(first, &around.language) {
        return false;
    }
    let is_heading = |line: &str| line.starts_with('#') && line.trim_start_matches('#').starts_with(' ');
    if is_markdown(&around.language) && base.contents().any(is_heading) {
        let mut outside = fences::outside(lines).into_iter();
        if outside.any(is_heading) {
            return true;
        }
    }
    let known: HashSet<&str> = base.contents().map(str::trim).filter(|line| is_telling(line)).collect();
    fences::outside(lines).iter().any(|line| known.contains(line.trim()))
}

/// Whether a text of prose leads up to its first fence, with words that are not about the rewriting. A block that has
/// the base's lines, where the words before it have none, is the text itself.
fn is_led_up_to(lines: &[String], blocks: &[Block], base: &Lines, around: &Surroundings) -> bool {
    let Some(first) =
        blocks.first().filter(|first| first.info.is_empty() || !may_wrap(first, &around.language))
    else {
        return false;
    };
    let known: HashSet<&str> = base.contents().map(str::trim).filter(|line| is_telling(line)).collect();
    let is_known = |line: &String| known.contains(line.trim());
    let lead: Vec<&String> = lines
        .iter()
        .take_while(|line| fences::fence(line).is_none())
        .filter(|line| !line.trim().is_empty())
        .collect();
    let is_text = !lead.iter().all(|line| prose::is_about_the_rewriting(line));
    is_text
        && (lead.iter().any(|line| is_known(line))
            || first.info != "diff" && !blocks.iter().any(|block| block.lines.iter().any(is_known)))
}

/// Whether fences of the document's own seem to have closed the block around them: one of the blocks begins where
/// another ended early.
fn has_bare_inner_fence(blocks: &[Block], base: &Lines) -> bool {
    let own_bare =
        base.contents().filter(|line| fences::fence(line).is_some_and(|fence| fence.info.is_empty())).count();
    let own_info = base
        .contents()
        .filter(|line| fences::fence(line).is_some_and(|fence| !fence.info.is_empty()))
        .count();
    let first_wraps = blocks.first().is_some_and(|block| is_markdown(&block.info) || block.info.is_empty());
    first_wraps && own_bare > own_info
}

/// Whether a block's fence may stand around a whole text of prose, with fences of its own.
fn may_wrap(block: &Block, language: &str) -> bool {
    block.info.is_empty()
        || ["markdown", "md", "mdx"].contains(&block.info.as_str())
        || is_same_language(&block.info, language)
}

fn is_markdown(info: &str) -> bool {
    ["markdown", "md", "mdx", "text", "txt", "plaintext"].contains(&info)
}

/// The best block: by its language, the words before it, and the lines it shares with the base. A block that quotes
/// the base whole is passed over where there are others. Where the others hold what this one lacks, the answer is in
/// pieces.
fn pick(blocks: Vec<Block>, base: &Lines, around: &Surroundings) -> Result<Block, ReplyProblem> {
    let count = blocks.len();
    let known: HashSet<&str> = base.contents().map(str::trim).filter(|line| is_telling(line)).collect();
    let mut ranked: Vec<Ranked> = blocks.into_iter().map(|block| Ranked::of(block, &known, around)).collect();
    let is_other = |ranked: &Ranked| !is_quote(&ranked.block, base);
    if ranked.iter().any(is_other) {
        ranked.retain(is_other);
    }
    // The sort is stable: of equals the first is meant.
    ranked.sort_by_key(|ranked| std::cmp::Reverse(ranked.score));
    let mut ranked = ranked.into_iter();
    let best = ranked.next().ok_or(ReplyProblem::Empty)?;
    let is_whole = best.shared.len() * 2 >= known.len().max(1);
    for other in ranked {
        let lacks = other.shared.difference(&best.shared).count() >= 2;
        let is_equal = other.score == best.score && other.block.lines != best.block.lines;
        if lacks || (is_equal && !is_whole) {
            return Err(ReplyProblem::Pieces { blocks: count });
        }
    }
    Ok(best.block)
}

struct Ranked {
    block: Block,
    score: i64,
    /// The telling lines of the base that the block has as well.
    shared: HashSet<String>,
}

impl Ranked {
    fn of(block: Block, known: &HashSet<&str>, around: &Surroundings) -> Self {
        let lines = block.lines.iter().map(|line| line.trim()).filter(|line| known.contains(line));
        let shared: HashSet<String> = lines.map(str::to_owned).collect();
        // All the lines of the base weigh a little more than the right language.
        let likeness = shared.len() as i64 * 400 / known.len().max(1) as i64;
        let score = rank(&block, around) * 100 + likeness;
        Self { block, score, shared }
    }
}

fn is_quote(block: &Block, base: &Lines) -> bool {
    let told = |line: &&str| !line.is_empty();
    block.lines.iter().map(|line| line.trim()).filter(told).eq(base.contents().map(str::trim).filter(told))
}

/// What a block's language and the words before it say.
fn rank(block: &Block, around: &Surroundings) -> i64 {
    let mut score = 0;
    if is_same_language(&block.info, &around.language) {
        score += 3;
    } else if OUTPUT_INFOS.contains(&block.info.as_str()) {
        score -= 4;
    } else if !block.info.is_empty() && block.info != "diff" {
        score -= 2;
    }
    if block.lines.iter().all(|line| line.trim().is_empty()) {
        score -= 3;
    }
    let lead = block.lead.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lead.contains(word));
    if says(&["updated", "replac", "new version", "fixed", "changed to", "after:", "becomes", "final"]) {
        score += 2;
    }
    if says(&[
        "original",
        "before:",
        "instead of",
        "the old",
        "usage",
        "example",
        "you can",
        "to run",
        "test it",
    ]) {
        score -= 3;
    }
    score
}

const OUTPUT_INFOS: [&str; 12] = [
    "console",
    "output",
    "shell-session",
    "sh-session",
    "log",
    "text",
    "plaintext",
    "bash",
    "sh",
    "shell",
    "zsh",
    "powershell",
];

/// Whether a fence's info string names the document's language (LSP language ids against what models write).
pub(super) fn is_same_language(info: &str, language: &str) -> bool {
    if info.is_empty() {
        return false;
    }
    let language = language.to_lowercase();
    info == language
        || ALIASES.iter().any(|names| names.contains(&info) && names.contains(&language.as_str()))
}

const ALIASES: [&[&str]; 22] = [
    &["rust", "rs"],
    &["python", "py", "python3"],
    &["javascript", "js", "javascriptreact", "jsx", "mjs", "node"],
    &["typescript", "ts", "typescriptreact", "tsx"],
    &["javascriptreact", "jsx", "typescriptreact", "tsx"],
    &["cpp", "c++", "cc", "cxx", "hpp"],
    &["c", "h"],
    &["csharp", "cs", "c#"],
    &["go", "golang"],
    &["ruby", "rb"],
    &["shellscript", "sh", "bash", "shell", "zsh"],
    &["yaml", "yml", "dockercompose"],
    &["markdown", "md", "mdx"],
    &["kotlin", "kt"],
    &["haskell", "hs"],
    &["perl", "pl"],
    &["latex", "tex"],
    &["makefile", "make"],
    &["dockerfile", "docker"],
    &["objective-c", "objc"],
    &["powershell", "ps1", "pwsh"],
    &["vim", "viml", "vimscript"],
];
