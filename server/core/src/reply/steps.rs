//! How much further in a line stands than the one that it is under: what tells the width of a level.

use super::line::{Lines, depth, is_near};
use super::restore::align;
use super::{remark, texts};

/// A line that is the first under another one, further in than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step<'a> {
    pub(super) above: &'a str,
    /// Indices of the two lines.
    over: usize,
    at: usize,
    pub(super) by: usize,
    pub(super) kind: Kind,
}

/// What begins with the line above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What is a level further in.
    Block,
    /// A list of arguments, which some styles indent twice.
    Arguments,
    /// Something of the same line goes on, right under where it began.
    Aligned,
    /// Something goes on, as far in as the writer likes it.
    Other,
}

/// The steps of a text, outside of texts of several lines and without its comments.
pub(super) fn steps<'a>(lines: &[&'a str], language: &str) -> Vec<Step<'a>> {
    let mut steps = Vec::new();
    let mut open: Vec<(usize, &str, bool)> = Vec::new();
    let outside = texts::outside(lines.iter().copied(), language);
    for (at, line) in lines.iter().copied().enumerate() {
        let is_told =
            outside.get(at) == Some(&true) && !line.trim().is_empty() && !remark::is_comment(line, language);
        if !is_told {
            continue;
        }
        open.retain(|(_, above, _)| depth(above) < depth(line));
        if let Some((over, above, is_over)) = open.last_mut()
            && !std::mem::replace(is_over, true)
        {
            let by = depth(line) - depth(above);
            steps.push(Step { above, over: *over, at, by, kind: Kind::of(above, by, language) });
        }
        open.push((at, line, false));
    }
    steps
}

impl Kind {
    fn of(above: &str, by: usize, language: &str) -> Self {
        let above = above.trim();
        let code = without_comment(above, language);
        match () {
            () if is_aligned(above, by) => Self::Aligned,
            () if opens_a_block(code, language) => Self::Block,
            () if code.ends_with('(') => Self::Arguments,
            () => Self::Other,
        }
    }
}

/// The answer's lines that are the base's.
#[derive(Debug)]
pub(super) struct Pairs<'a> {
    base: Vec<&'a str>,
    partners: Vec<Option<usize>>,
}

impl<'a> Pairs<'a> {
    pub(super) fn of(lines: &[&str], base: &Lines<'a>) -> Self {
        let base: Vec<&str> = base.contents().collect();
        let partners = partners(&base, lines);
        Self { base, partners }
    }

    fn partner(&self, index: usize) -> Option<usize> {
        self.partners.get(index).copied().flatten()
    }

    /// The widths that an answer may have, in a document that has `width`: of each two lines of which one is right under
    /// the other in both.
    pub(super) fn units(&self, answer: &[Step], width: usize) -> Vec<usize> {
        let over = over(&self.base);
        let told = |step: &Step| {
            let (above, below) = (self.partner(step.over)?, self.partner(step.at)?);
            let is_right_under = over.get(below).copied().flatten() == Some(above);
            let by = self.by(above, below).filter(|_| is_right_under)?;
            let is_aligned = is_aligned(self.base.get(above)?.trim(), by);
            let levels = by.checked_div(width).filter(|levels| *levels > 0 && by.is_multiple_of(width))?;
            let is_told = step.kind != Kind::Aligned && !is_aligned && step.by.is_multiple_of(levels);
            is_told.then(|| step.by / levels)
        };
        answer.iter().filter_map(told).collect()
    }

    /// Whether some line stands as far in behind another as in the base, whatever stood between them there.
    pub(super) fn keep(&self, answer: &[Step]) -> bool {
        let is_kept = |step: &Step| {
            let by = self.by(self.partner(step.over)?, self.partner(step.at)?)?;
            Some(by == step.by && step.kind != Kind::Aligned)
        };
        answer.iter().filter_map(is_kept).any(|is_kept| is_kept)
    }

    /// How much further in one line of the base stands than another.
    fn by(&self, above: usize, below: usize) -> Option<usize> {
        let (above, below) = (self.base.get(above)?, self.base.get(below)?);
        depth(below).checked_sub(depth(above)).filter(|by| *by > 0)
    }
}

/// For each line the one that it is under.
fn over(lines: &[&str]) -> Vec<Option<usize>> {
    let mut open: Vec<usize> = Vec::new();
    let over = |(at, line): (usize, &&str)| {
        if line.trim().is_empty() {
            return None;
        }
        open.retain(|above| lines.get(*above).is_some_and(|above| depth(above) < depth(line)));
        let over = open.last().copied();
        open.push(at);
        over
    };
    lines.iter().enumerate().map(over).collect()
}

/// For each line of an answer the base's line that it is, however far in that stands, or came from: where as many lines
/// came as went, one that is much like it.
fn partners(base: &[&str], lines: &[&str]) -> Vec<Option<usize>> {
    let trimmed: Vec<&str> = base.iter().map(|line| line.trim()).collect();
    let written: Vec<String> = lines.iter().map(|line| line.trim().to_owned()).collect();
    let mut partners = align(&trimmed, &written);
    let told = |texts: &[&str], range: std::ops::Range<usize>| -> Vec<usize> {
        range.filter(|index| texts.get(*index).is_some_and(|text| !text.is_empty())).collect()
    };
    let written: Vec<&str> = written.iter().map(String::as_str).collect();
    let known: Vec<(usize, usize)> =
        partners.iter().enumerate().filter_map(|(at, partner)| Some((at, (*partner)?))).collect();
    let ends = known.iter().copied().chain([(written.len(), trimmed.len())]);
    let (mut from, mut base_from) = (0, 0);
    for (to, base_to) in ends {
        let (new, old) = (told(&written, from..to), told(&trimmed, base_from..base_to));
        if new.len() == old.len() {
            for (at, known) in new.into_iter().zip(old) {
                let pair = written.get(at).zip(trimmed.get(known));
                if pair.is_some_and(|(line, known)| is_near(line, known) || shape(line) == shape(known))
                    && let Some(partner) = partners.get_mut(at)
                {
                    *partner = Some(known);
                }
            }
        }
        (from, base_from) = (to + 1, base_to + 1);
    }
    partners
}

/// A line with its words left out.
fn shape(line: &str) -> String {
    let mut shape = String::new();
    for c in line.chars() {
        let c = if c.is_alphanumeric() || c == '_' { 'w' } else { c };
        if c != 'w' || !shape.ends_with('w') {
            shape.push(c);
        }
    }
    shape
}

/// A line without the comment at its end, where what stands before that opens something.
fn without_comment<'a>(line: &'a str, language: &str) -> &'a str {
    let starts = remark::leaders(language).iter().chain(&["/*"]);
    let codes =
        starts.filter_map(|start| line.split_once(&format!(" {start}"))).map(|(code, _)| code.trim_end());
    codes.min_by_key(|code| code.len()).unwrap_or(line)
}

/// Whether so many columns further in stands what goes on behind a bracket in the line above, or in an item of a list.
pub(super) fn is_aligned(above: &str, by: usize) -> bool {
    if above.starts_with("- ") && by == above.len() - above.trim_start_matches(['-', ' ']).len() {
        return true;
    }
    let mut open: Vec<usize> = Vec::new();
    for (at, c) in above.chars().enumerate() {
        match c {
            '(' | '[' | '{' => open.push(at + 1),
            ')' | ']' | '}' => _ = open.pop(),
            _ => (),
        }
    }
    open.last().is_some_and(|at| *at == by && *at < above.chars().count())
}

/// Whether what is a level further in comes next.
fn opens_a_block(line: &str, language: &str) -> bool {
    const BY_WORDS: [&str; 8] = ["lua", "luau", "ruby", "shellscript", "elixir", "julia", "crystal", "fish"];
    let line = line.trim_end();
    match language {
        _ if BY_WORDS.contains(&language) => {
            let first = line.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let last = line.rsplit(|c: char| !c.is_alphanumeric() && c != ')').next().unwrap_or_default();
            BLOCKS.contains(&first) || BLOCKS.contains(&last) || line.ends_with('{')
        }
        "python" | "nim" | "gdscript" | "starlark" => line.ends_with(':'),
        _ if language.starts_with("yaml") => line.ends_with(':'),
        _ => {
            line.ends_with('{')
                || line.ends_with('[')
                || line.trim_start().starts_with('<') && line.ends_with('>')
        }
    }
}

/// Words that begin or end the line over a block.
#[rustfmt::skip]
const BLOCKS: [&str; 22] = [
    "then", "do", "def", "defp", "class", "module", "function", "if", "else", "elsif", "elseif", "elif", "for", "while",
    "until", "unless", "case", "when", "begin", "rescue", "repeat", "struct",
];
