//! An answer with the block around the selection: `class A { … }` around the one method that was selected.
//!
//! The block is there already. It is taken off, and where that isn't certain nothing is written: it would stand inside of
//! itself.

use super::Surroundings;
use super::comma;
use super::definition::defined;
use super::intent::Intent;
use super::line::{Lines, depth, is_near, is_telling};
use super::remark::{Remark, remark};
use std::collections::HashSet;

/// The answer without the lines that begin and end the blocks around the span.
pub(super) fn without_blocks(
    lines: Vec<String>,
    base: &Lines,
    around: &Surroundings,
    intent: Intent,
) -> Vec<String> {
    if intent.wraps {
        return lines;
    }
    let blocks = blocks_around(base, around);
    // An answer may begin with any of them, and then has all that are further in.
    let peeled = (1..=blocks.len()).rev().find_map(|count| {
        let blocks = blocks.get(blocks.len() - count..)?;
        blocks.iter().try_fold(lines.clone(), |lines, block| inner(&lines, block, around))
    });
    let Some(peeled) = peeled.map(|peeled| without_remarks(peeled, base, &around.language)) else {
        return lines;
    };
    let is_same = told(&peeled).eq(base.contents().map(str::trim).filter(|line| !line.is_empty()));
    let is_by_depth =
        blocks.last().and_then(|block| block.head.last()).is_some_and(|head| head.ends_with(':'));
    let is_sure = blocks.last().is_some_and(|block| block.is_sure(around))
        || is_by_depth && ends_as_after(&lines, around);
    let is_its_own = begins_with(base, &lines);
    if is_its_own || is_same && !blocks.last().is_some_and(Block::is_definition) || !is_sure {
        return lines;
    }
    with_comma(peeled, base, around)
}

/// Whether what is defined around the span is defined once more inside of it.
pub(super) fn nests(lines: &[String], base: &Lines, around: &Surroundings, intent: Intent) -> bool {
    let blocks = if intent.wraps || intent.repeats { Vec::new() } else { blocks_around(base, around) };
    blocks.iter().flat_map(|block| &block.head).any(|head| {
        let is_it = |line: &str| {
            line == *head
                || defined(line) == defined(head) && is_near(without_modifiers(line), without_modifiers(head))
        };
        defined(head).is_some() && !base.contents().any(|line| is_it(line.trim())) && told(lines).any(is_it)
    })
}

/// Whether what the answer brings besides the span is defined beside it as well, in the same words.
pub(super) fn defines_again(lines: &[String], base: &Lines, around: &Surroundings) -> bool {
    let full = |text| Lines::of(text).contents().filter(|line: &&str| !line.trim().is_empty());
    let least = base.contents().filter(|line| !line.trim().is_empty()).map(depth).min().unwrap_or(0);
    let before: Vec<&str> = full(around.before.as_str()).collect();
    // What stands further out begins or ends the block.
    let above = before.into_iter().rev().take_while(|line| depth(line) >= least);
    let below = full(around.after.as_str()).take_while(|line| depth(line) >= least);
    let beside = above.chain(below).filter(|line| depth(line) == least).map(str::trim);
    let beside: HashSet<&str> = beside.filter(|line| defined(line).is_some()).collect();
    let is_known = |line: &str| base.contents().any(|base| base.trim() == line);
    told(lines).any(|line| beside.contains(line) && !is_known(line))
}

/// The lines that begin a block around the span, without blanks around them.
#[derive(Debug)]
struct Block<'a> {
    head: Vec<&'a str>,
}

impl Block<'_> {
    fn is_definition(&self) -> bool {
        self.head.iter().any(|line| defined(line).is_some())
    }

    /// Whether the same block is never wanted inside of itself. A container of markup may be, and one that is asked for.
    fn is_sure(&self, around: &Surroundings) -> bool {
        const CONTAINERS: [&str; 5] = ["<div>", "<span>", "<section>", "<>", "<g>"];
        let words = |text: &str| -> Vec<String> {
            let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            parts.map(str::to_lowercase).collect()
        };
        let asked = words(&around.instruction);
        let is_asked_for =
            || self.head.iter().any(|line| words(line).iter().any(|word| asked.contains(word)));
        let is_known = around.language.starts_with("json") || self.head.iter().any(|line| is_telling(line));
        self.is_definition()
            || is_known && !self.head.iter().any(|line| CONTAINERS.contains(line)) && !is_asked_for()
    }
}

/// The blocks around the span, by their indentation, the outermost first.
fn blocks_around<'a>(base: &Lines, around: &'a Surroundings) -> Vec<Block<'a>> {
    let least = base.contents().filter(|line| !line.trim().is_empty()).map(depth).min();
    let mut least = least.unwrap_or(0);
    let before: Vec<&str> =
        Lines::of(&around.before).contents().filter(|line| !line.trim().is_empty()).collect();
    let mut blocks: Vec<Block> = Vec::new();
    for (index, line) in before.iter().enumerate().rev() {
        if depth(line) >= least {
            continue;
        }
        least = depth(line);
        let above = index.checked_sub(1).and_then(|index| before.get(index));
        // The bracket may have a line of its own.
        let above = above.filter(|above| line.trim() == "{" && depth(above) == least);
        blocks.push(Block { head: above.into_iter().chain([line]).map(|line| line.trim()).collect() });
        if least == 0 {
            break;
        }
    }
    blocks.reverse();
    blocks
}

/// What stands inside of the block, where all of the answer is that block.
fn inner(lines: &[String], block: &Block, around: &Surroundings) -> Option<Vec<String>> {
    let full: Vec<usize> = (0..lines.len())
        .filter(|index| lines.get(*index).is_some_and(|line| !line.trim().is_empty()))
        .collect();
    let line = |index: &usize| lines.get(*index).map_or("", String::as_str);
    let (head, rest) = full.split_at_checked(block.head.len())?;
    let outer = depth(line(head.first()?));
    // An entry of JSON can't be an object without a name.
    let is_object = |index: &usize, head: &str| {
        around.language.starts_with("json") && line(index).trim() == "{" && head.ends_with('{')
    };
    let begins_so = head
        .iter()
        .zip(&block.head)
        .all(|(index, head)| is_same_head(line(index).trim(), head) || is_object(index, head));
    let has_end = !block.head.last()?.ends_with(':');
    // What goes on behind the block: `except`, say.
    let behind = rest.iter().position(|index| depth(line(index)) <= outer).filter(|_| !has_end);
    let (rest, behind) = rest.split_at_checked(behind.unwrap_or(rest.len()))?;
    if !starts_with(&around.after, behind.iter().map(|index| line(index).trim())) {
        return None;
    }
    let (first, last) = (rest.first()?, rest.last()?);
    let is_end = depth(line(last)) == outer && is_closer(line(last).trim());
    let inside = if has_end { rest.get(..rest.len() - 1)? } else { rest };
    let is_all = !inside.is_empty() && inside.iter().all(|index| depth(line(index)) > outer);
    let end = if has_end { *last } else { behind.first().copied().unwrap_or(lines.len()) };
    (begins_so && is_all && (is_end || !has_end)).then(|| lines.get(*first..end).map(<[String]>::to_vec))?
}

/// Whether two lines begin the same block: a model writes `public class A {` for the document's `class A {`.
fn is_same_head(line: &str, head: &str) -> bool {
    line == head || defined(head).is_some() && without_modifiers(line) == without_modifiers(head)
}

/// A line without the words that tell who may use what it defines.
fn without_modifiers(line: &str) -> &str {
    const MODIFIERS: [&str; 10] = [
        "public ",
        "private ",
        "protected ",
        "internal ",
        "export ",
        "default ",
        "final ",
        "abstract ",
        "sealed ",
        "pub ",
    ];
    let rest = MODIFIERS.iter().find_map(|modifier| line.strip_prefix(modifier));
    rest.map_or(line, without_modifiers)
}

/// Whether the text after the span begins so, but for blanks.
fn starts_with<'a>(after: &str, lines: impl Iterator<Item = &'a str>) -> bool {
    let mut after = Lines::of(after).contents().map(str::trim).filter(|line| !line.is_empty());
    lines.into_iter().all(|line| after.next() == Some(line))
}

/// Whether the answer ends as the text after the span begins, with a line that says something.
fn ends_as_after(lines: &[String], around: &Surroundings) -> bool {
    let told: Vec<&str> = told(lines).collect();
    let mut starts = 1..told.len();
    starts.any(|start| {
        let end = told.get(start..).unwrap_or_default();
        end.iter().any(|line| is_telling(line)) && starts_with(&around.after, end.iter().copied())
    })
}

/// What was peeled, without the remarks that stand for the rest of the block: before and behind all of the span.
fn without_remarks(lines: Vec<String>, base: &Lines, language: &str) -> Vec<String> {
    let known: HashSet<&str> = base.contents().map(str::trim).collect();
    let is_rest = |line: &String| {
        let is_remark = matches!(remark(line, language), Some(Remark::Dots | Remark::Placeholder));
        line.trim().is_empty() || is_remark && !known.contains(line.trim())
    };
    let start = lines.iter().take_while(|line| is_rest(line)).count();
    let end = lines.iter().rposition(|line| !is_rest(line)).map_or(0, |last| last + 1);
    let inner = lines.get(start..end).unwrap_or_default();
    let own: Vec<&str> = base.contents().map(str::trim).filter(|line| !line.is_empty()).collect();
    let new: Vec<&str> = told(inner).collect();
    let is_all = own.first().is_some_and(|line| is_telling(line))
        && (new.first(), new.last()) == (own.first(), own.last());
    if is_all { inner.to_vec() } else { lines }
}

fn is_closer(line: &str) -> bool {
    !is_telling(line) || line.starts_with("</")
}

/// Whether the span begins as the answer does.
fn begins_with(base: &Lines, lines: &[String]) -> bool {
    let first = base.contents().map(str::trim).find(|line| !line.is_empty());
    first.is_some_and(|first| told(lines).next() == Some(first))
}

/// In an object of its own the last entry of JSON has no comma.
fn with_comma(mut lines: Vec<String>, base: &Lines, around: &Surroundings) -> Vec<String> {
    let had_one = base.contents().filter(|line| !line.trim().is_empty()).last();
    let had_one = had_one.is_some_and(|line| line.trim_end().ends_with(','));
    let last = lines.iter_mut().rfind(|line| !line.trim().is_empty());
    if let Some(last) = last.filter(|last| had_one && !last.trim_end().ends_with(','))
        && around.language.starts_with("json")
    {
        comma::put_behind(last);
    }
    lines
}

fn told(lines: &[String]) -> impl Iterator<Item = &str> {
    lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty())
}
