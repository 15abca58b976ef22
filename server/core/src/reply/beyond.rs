//! An answer that repeats the text around the span and changes that as well: only the span's part is taken.

use super::line::{Lines, is_near, is_telling};
use super::remark::is_comment;
use super::{ReplyProblem, Surroundings};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// At most so many lines on each side are looked for.
const MOST_LINES: usize = 300;

/// At most so many lines are compared word by word.
const MOST_COMPARED: usize = 50;

/// So many lines of the text around the span, once more inside of it, are worth a look.
const MANY_REPEATED: usize = 6;

/// The answer's lines that are the span's.
pub(super) struct Within {
    pub(super) lines: Vec<String>,
    /// What the user should know before accepting.
    pub(super) warning: Option<String>,
}

/// Takes away what repeats the text around the span with changes of its own. Where it isn't certain where the span begins
/// or ends in it, that is a problem: it would be written twice.
pub(super) fn within(
    lines: Vec<String>,
    base: &Lines,
    around: &Surroundings,
) -> Result<Within, ReplyProblem> {
    let before = telling(around.before.as_str());
    let before: Vec<&str> = before.iter().skip(before.len().saturating_sub(MOST_LINES)).copied().collect();
    let after: Vec<&str> = telling(around.after.as_str()).into_iter().take(MOST_LINES).collect();
    let span: Vec<&str> = base.contents().map(str::trim).filter(|line| is_telling(line)).collect();
    if !may_repeat(&lines, &before, &span, &after) {
        return Ok(Within { lines, warning: None });
    }
    let whole = Whole::of(&lines, &before, &span, &after, &around.language);
    let start = whole.start(&before)?;
    let end = whole.end(&before, &after)?;
    let range = start.unwrap_or(0)..end.unwrap_or(lines.len());
    let is_all = range.len() == lines.len();
    let is_cut = !is_all && whole.cuts_the_span(&range);
    if is_cut && whole.repeats_most(&before, &after) {
        return Err(ReplyProblem::Beyond);
    }
    if is_all || is_cut || !whole.holds_the_span(range.clone()) {
        let warning = whole.repeats_much(before.len()..before.len() + span.len());
        return Ok(Within { lines, warning });
    }
    let kept = lines.get(range).unwrap_or_default().to_vec();
    let warning = "The answer also changes text around the selection; that is left out.".to_owned();
    Ok(Within { lines: kept, warning: Some(warning) })
}

/// Whether any of it could be a repetition: most answers are none, and are not looked at further.
fn may_repeat(lines: &[String], before: &[&str], span: &[&str], after: &[&str]) -> bool {
    let span: HashSet<&str> = span.iter().copied().collect();
    let outside: HashSet<&str> =
        before.iter().chain(after).copied().filter(|line| !span.contains(line)).collect();
    lines.iter().filter(|line| outside.contains(line.trim())).count() >= 2
}

/// An answer beside the text before the span, the span and the text after it. Only telling lines count.
struct Whole<'a> {
    lines: &'a [String],
    span: &'a [&'a str],
    known: HashSet<&'a str>,
    /// Lines that stand in the span alone.
    own: HashSet<&'a str>,
    /// For each line that counts: its index in the answer, and what it is.
    told: Vec<(usize, Told)>,
    language: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Which of the telling lines around or in the span it repeats.
    Old(usize),
    New,
}

impl<'a> Whole<'a> {
    fn of(
        lines: &'a [String],
        before: &[&'a str],
        span: &'a [&'a str],
        after: &[&'a str],
        language: &'a str,
    ) -> Self {
        let mut ids: HashMap<&str, u32> = HashMap::new();
        let mut id = |line| {
            let next = ids.len() as u32;
            *ids.entry(line).or_insert(next)
        };
        let outside: HashSet<&str> = before.iter().chain(after).copied().collect();
        let own = span.iter().copied().filter(|line| !outside.contains(line)).collect();
        let old: Vec<u32> = before.iter().chain(span).chain(after).map(|line| id(line)).collect();
        let counted = lines.iter().enumerate().filter(|(_, line)| is_telling(line));
        let (mut told, new): (Vec<(usize, Told)>, Vec<u32>) =
            counted.map(|(index, line)| ((index, Told::New), id(line.trim()))).unzip();
        for op in capture_diff_slices(Algorithm::Patience, &old, &new) {
            if let DiffOp::Equal { old_index, new_index, len } = op {
                for (offset, told) in told.iter_mut().skip(new_index).take(len).enumerate() {
                    told.1 = Told::Old(old_index + offset);
                }
            }
        }
        let known = span.iter().copied().collect();
        Self { lines, span, known, own, told, language }
    }

    /// Where the span begins in the answer, if the answer begins with text from before it.
    fn start(&self, before: &[&str]) -> Result<Option<usize>, ReplyProblem> {
        let is_before = |told: &Told| matches!(told, Told::Old(index) if *index < before.len());
        let Some(last) = self.told.iter().rposition(|(_, told)| is_before(told)) else { return Ok(None) };
        let part = self.told.get(..=last).unwrap_or_default();
        let repeated: Vec<&(usize, Told)> = part.iter().filter(|(_, told)| is_before(told)).collect();
        let begins_so = self.first_of_code(part.iter()).is_some_and(is_before);
        let is_much = self.outside_alone(&repeated) >= if begins_so { 2 } else { 5 };
        if !is_much || !self.is_repetition(part, repeated.len()) {
            return Ok(None);
        }
        let is_next = repeated.last().is_some_and(|(_, told)| *told == Told::Old(before.len() - 1));
        let at = part.last().map_or(0, |(index, _)| index + 1);
        let is_most = repeated.len() * 2 > before.len();
        if is_next { Ok(Some(at)) } else { self.unsure(at..self.lines.len(), begins_so, is_most) }
    }

    /// Where the span ends in the answer, if the answer ends with text from after it.
    fn end(&self, before: &[&str], after: &[&str]) -> Result<Option<usize>, ReplyProblem> {
        let from = before.len() + self.span.len();
        let is_after = |told: &Told| matches!(told, Told::Old(index) if *index >= from);
        let Some(first) = self.told.iter().position(|(_, told)| is_after(told)) else { return Ok(None) };
        let part = self.told.get(first..).unwrap_or_default();
        let repeated: Vec<&(usize, Told)> = part.iter().filter(|(_, told)| is_after(told)).collect();
        let ends_so = self.first_of_code(part.iter().rev()).is_some_and(is_after);
        let is_much = self.outside_alone(&repeated) >= if ends_so { 2 } else { 3 };
        if after.is_empty() || !is_much || !self.is_repetition(part, repeated.len()) {
            return Ok(None);
        }
        let is_next = repeated.first().is_some_and(|(_, told)| *told == Told::Old(from));
        let at = part.first().map_or(self.lines.len(), |(index, _)| *index);
        let is_most = repeated.len() * 2 > after.len();
        if is_next { Ok(Some(at)) } else { self.unsure(0..at, ends_so, is_most) }
    }

    /// How many of the lines don't stand in the span. New comments may be like those around; they count only where the
    /// span is comment itself.
    fn outside_alone(&self, repeated: &[&(usize, Told)]) -> usize {
        let line = |index: usize| self.lines.get(index).map_or("", |line| line.trim());
        let is_comment = |line: &str| is_comment(line, self.language);
        let comments_count = self.span.iter().all(|line| is_comment(line));
        let outside: HashSet<&str> = repeated
            .iter()
            .map(|(index, _)| line(*index))
            .filter(|line| !self.known.contains(line) && (comments_count || !is_comment(line)))
            .collect();
        outside.len()
    }

    fn first_of_code<'t>(&self, mut told: impl Iterator<Item = &'t (usize, Told)>) -> Option<&'t Told> {
        let is_code =
            |index: usize| self.lines.get(index).is_some_and(|line| !is_comment(line, self.language));
        told.find(|(index, told)| *told != Told::New || is_code(*index)).map(|(_, told)| told)
    }

    /// Whether a part of the answer is the text around the span, changed a little. New code may be like it.
    fn is_repetition(&self, part: &[(usize, Told)], repeated: usize) -> bool {
        let line = |index: &usize| self.lines.get(*index).map_or("", |line| line.trim());
        let holds_span = part.iter().any(|(index, _)| self.own.contains(line(index)));
        !self.span.is_empty() && !holds_span && repeated * 3 >= part.len() * 2
    }

    /// Says so if most of what the answer brings stands around the span.
    fn repeats_much(&self, span: Range<usize>) -> Option<String> {
        let is_span = |told: &Told| matches!(told, Told::Old(index) if span.contains(index));
        let brought: Vec<&(usize, Told)> = self.told.iter().filter(|(_, told)| !is_span(told)).collect();
        let repeated = brought.iter().filter(|(_, told)| *told != Told::New).count();
        let is_much = !self.span.is_empty() && repeated >= MANY_REPEATED && repeated * 2 > brought.len();
        is_much.then(|| format!("{repeated} lines of the answer stand around the selection as well."))
    }

    /// Where the span's border in the answer isn't certain: nothing is taken away, or it is a problem.
    fn unsure(
        &self,
        rest: Range<usize>,
        borders: bool,
        is_most: bool,
    ) -> Result<Option<usize>, ReplyProblem> {
        // A piece of the text around, changed, beside the whole span: it is what the answer adds.
        let is_added = !is_most && self.has_the_span_whole(rest.clone());
        if borders && !is_added && self.holds_the_span(rest) { Err(ReplyProblem::Beyond) } else { Ok(None) }
    }

    /// Whether the answer's lines begin or end with the span's as they were.
    fn has_the_span_whole(&self, range: Range<usize>) -> bool {
        let lines = self.lines.get(range).unwrap_or_default();
        let told: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|line| is_telling(line)).collect();
        told.starts_with(self.span) || told.ends_with(self.span)
    }

    /// Whether lines of the span stand in the answer outside of the range alone, and less than half of them, changed at
    /// most a little, inside of it.
    fn cuts_the_span(&self, range: &Range<usize>) -> bool {
        let inside = self.lines.get(range.clone()).unwrap_or_default();
        let kept: HashSet<&str> = inside.iter().map(|line| line.trim()).collect();
        let is_outside = |line: &str| self.known.contains(line) && !kept.contains(line);
        let is_kept = |span: &&&str| {
            kept.contains(**span) || kept.iter().take(MOST_COMPARED).any(|line| is_near(span, line))
        };
        self.lines.iter().any(|line| is_outside(line.trim()))
            && self.span.iter().filter(is_kept).count() * 2 < self.span.len()
    }

    /// Whether the answer has most of the text around the span.
    fn repeats_most(&self, before: &[&str], after: &[&str]) -> bool {
        let span = before.len()..before.len() + self.span.len();
        let is_around = |told: &Told| matches!(told, Told::Old(index) if !span.contains(index));
        let repeated = self.told.iter().filter(|(_, told)| is_around(told)).count();
        repeated * 2 > before.len() + after.len()
    }

    /// Whether some of the answer's lines are the span's, changed at most a little.
    fn holds_the_span(&self, range: Range<usize>) -> bool {
        let lines = self.lines.get(range).unwrap_or_default();
        let told = || lines.iter().map(|line| line.trim()).filter(|line| is_telling(line));
        let near = |line: &str| self.span.iter().take(MOST_COMPARED).any(|span| is_near(span, line));
        told().any(|line| self.known.contains(line)) || told().take(MOST_COMPARED).any(near)
    }
}

fn telling(text: &str) -> Vec<&str> {
    Lines::of(text).contents().map(str::trim).filter(|line| is_telling(line)).collect()
}
