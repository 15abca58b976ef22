//! Which part of an answer is the replacement.

use super::fences::{self, Block};
use super::line::{Lines, is_telling};
use super::{ReplyProblem, Surroundings, prose};
use std::collections::HashSet;

/// The lines that the model means as the replacement: a fenced block, or an unfenced answer that isn't prose.
pub(super) fn meant(lines: &[String], around: &Surroundings) -> Result<Vec<String>, ReplyProblem> {
    let base = Lines::of(&around.base);
    if lines.iter().all(|line| line.trim().is_empty()) {
        return Err(ReplyProblem::Empty);
    }
    let blocks = fences::blocks(lines);
    if blocks.is_empty() || is_unwrapped(lines, &blocks, &base, around) {
        return prose::unfenced(lines, &base, around);
    }
    let nests = prose::is_prose_language(&around.language) || fences::has_fence(base.contents());
    if nests && blocks.len() > 1 && has_bare_inner_fence(&blocks, &base) {
        return fences::widest(lines).ok_or_else(|| fences::pieces(&blocks));
    }
    let block = pick(blocks, &base, around)?;
    if !prose::is_prose_language(&around.language) && prose::is_refusal(&block.lines) {
        return Err(prose::declined(&block.lines));
    }
    Ok(block.lines)
}

/// A text that holds fences itself may come without one around it.
fn is_unwrapped(lines: &[String], blocks: &[Block], base: &Lines, around: &Surroundings) -> bool {
    if !fences::has_fence(base.contents()) {
        return false;
    }
    let first = blocks.first().map_or("", |block| block.info.as_str());
    if is_markdown(first) || is_same_language(first, &around.language) {
        return false;
    }
    let known: HashSet<&str> = base.contents().map(str::trim).filter(|line| is_telling(line)).collect();
    fences::outside(lines).iter().any(|line| known.contains(line.trim()))
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

fn is_markdown(info: &str) -> bool {
    ["markdown", "md", "mdx", "text", "txt", "plaintext"].contains(&info)
}

/// The best block: the one most like the base text, by its language, its lines and the words before it.
fn pick(blocks: Vec<Block>, base: &Lines, around: &Surroundings) -> Result<Block, ReplyProblem> {
    let known: HashSet<&str> = base.contents().map(str::trim).filter(|line| is_telling(line)).collect();
    let shared = |block: &Block| -> HashSet<String> {
        block
            .lines
            .iter()
            .map(|line| line.trim())
            .filter(|line| known.contains(line))
            .map(str::to_owned)
            .collect()
    };
    let is_quote = |block: &Block| {
        block
            .lines
            .iter()
            .map(|line| line.trim())
            .filter(|line| !line.is_empty())
            .eq(base.contents().map(str::trim).filter(|line| !line.is_empty()))
    };
    let several = blocks.iter().filter(|block| !is_quote(block)).count();
    let mut best: Option<(i64, Block)> = None;
    let count = blocks.len();
    let mut all_shared = Vec::new();
    for block in blocks {
        let here = shared(&block);
        let mut score = rank(&block, around) + (here.len() as i64) * 4 / (known.len().max(1) as i64);
        if several > 0 && is_quote(&block) {
            score -= 10;
        }
        if !is_quote(&block) {
            all_shared.push(here);
        }
        if best.as_ref().is_none_or(|(top, _)| score > *top) {
            best = Some((score, block));
        }
    }
    let (_, best) = best.ok_or(ReplyProblem::Empty)?;
    let kept = shared(&best);
    let elsewhere = all_shared.iter().any(|other| other.difference(&kept).count() >= 2);
    if elsewhere && !is_quote(&best) {
        return Err(ReplyProblem::Pieces { blocks: count });
    }
    Ok(best)
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
        "for example",
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
