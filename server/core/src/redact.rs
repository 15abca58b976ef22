//! Secrets in what is sent: found, replaced by placeholders, and put back where they come back.
//!
//! What [`find`] takes for a secret is replaced wherever it stands in a request, so that the provider never sees it.
//! A false alarm costs nothing but the model's understanding of one word: what comes back is what was there. In an
//! address a secret isn't put back, unless it is one of the text that is edited: who opens an address tells it.

mod address;
mod assignments;
mod blocks;
mod chance;
mod places;
mod restore;
mod rules;
mod shapes;

pub use blocks::WHAT as BLOCKS;
pub use places::PLACES;
pub use restore::Restorer;
pub use rules::Rule;
pub use shapes::RULES;

use crate::provider::{ModelRequest, Role};
use memchr::memmem::Finder;
use ropey::Rope;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

/// How every placeholder starts. One word, so that no model has a reason to escape or split it.
pub const PREFIX: &str = "AsideSecret";
/// Behind the prefix: so many lower-case hexadecimal digits.
const DIGITS: usize = 12;
/// A placeholder's length.
const LENGTH: usize = PREFIX.len() + DIGITS;

/// What stands where a secret was in what is kept.
const HIDDEN: &str = "(secret)";

/// What a model is told where something was masked.
const NOTE: &str = "\
Words that start with `AsideSecret` stand for secrets that are kept from you. Where one belongs in your answer, \
write it exactly as it is, character by character.
";

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// In bytes.
    pub range: Range<usize>,
    /// The id of the rule that found it.
    pub rule: &'static str,
}

/// The secrets of a text, in order; none touches another.
pub fn find(text: &str) -> Vec<Found> {
    let mut found = rules::find(text);
    found.extend(assignments::find(text));
    found.extend(blocks::find(text));
    // The surest rule comes first among those that start at one place.
    found.sort_by_key(|found| (found.range.start, usize::MAX - found.range.end));
    let mut disjoint: Vec<Found> = Vec::with_capacity(found.len());
    for next in found {
        match disjoint.last_mut() {
            Some(last) if next.range.start < last.range.end => {
                last.range.end = last.range.end.max(next.range.end);
            }
            Some(_) | None => disjoint.push(next),
        }
    }
    disjoint
}

/// The secrets that stand in or near a part of a document, which may have been cut in the middle of one.
pub fn near(text: &Rope, part: &Range<usize>) -> Vec<String> {
    let around = around(text, part);
    let text = text.byte_slice(around).to_string();
    find(&text).into_iter().filter_map(|found| text.get(found.range).map(str::to_owned)).collect()
}

/// The part, wide enough that no secret is cut by its ends. Only what is near them is searched.
pub fn whole(text: &Rope, part: &Range<usize>) -> Range<usize> {
    let is_short = part.len() <= 2 * NEAR_BYTES;
    let ends = match is_short {
        true => vec![part.clone()],
        false => vec![part.start..part.start, part.end..part.end],
    };
    let mut whole = part.clone();
    for end in ends {
        let around = around(text, &end);
        let start = around.start;
        for found in find(&text.byte_slice(around).to_string()) {
            let secret = found.range.start + start..found.range.end + start;
            if secret.start < whole.start && whole.start < secret.end {
                whole.start = secret.start;
            }
            if secret.start < whole.end && whole.end < secret.end {
                whole.end = secret.end;
            }
        }
    }
    whole
}

/// No secret that is known by its surroundings is longer.
const NEAR_BYTES: usize = 16 * 1024;

/// Whole lines around a part, as far as they are of a usual length.
fn around(text: &Rope, part: &Range<usize>) -> Range<usize> {
    let length = text.len_bytes();
    let line = |at: usize| text.byte_to_line(at.min(length));
    let whole = |at: usize| text.char_to_byte(text.byte_to_char(at.min(length)));
    let start = text.line_to_byte(line(part.start.saturating_sub(NEAR_BYTES)));
    let end = text.line_to_byte((line(part.end.saturating_add(NEAR_BYTES)) + 1).min(text.len_lines()));
    start.max(whole(part.start.saturating_sub(FAR_BYTES)))..end.min(whole(part.end.saturating_add(FAR_BYTES)))
}

/// A line that goes on for longer, as in a program made small, is not looked at to its end.
const FAR_BYTES: usize = 4 * NEAR_BYTES;

/// The placeholders of one request, and what each stands for.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Masks {
    secrets: Arc<BTreeMap<String, String>>,
    /// Those that the edited text holds, by their placeholders.
    held_by_text: Arc<BTreeSet<String>>,
}

/// Tells how many there are, never what they are.
impl std::fmt::Debug for Masks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Masks({})", self.count())
    }
}

impl Masks {
    /// How many different secrets were masked.
    pub fn count(&self) -> usize {
        self.secrets.len()
    }

    /// For an edit of `text`: what it holds itself is put back in addresses as well. Its user sees the edit before it is
    /// made, and what a model could write to make an address of it, it could write without knowing it.
    pub fn editing(self, text: &str) -> Self {
        let is_held = |(_, secret): &(&String, &String)| text.contains(secret.as_str());
        let held = self.secrets.iter().filter(is_held).map(|(name, _)| name.clone()).collect();
        Self { held_by_text: Arc::new(held), ..self }
    }

    /// Puts the secrets back into one stream of text.
    pub fn restorer(&self) -> Restorer {
        Restorer::new(Arc::clone(&self.secrets), Arc::clone(&self.held_by_text))
    }

    /// A text without these secrets, nor any that is found in it: for what is kept.
    pub fn hidden(&self, text: &str) -> String {
        let mut secrets: BTreeSet<&str> = self.secrets.values().map(String::as_str).collect();
        secrets.extend(find(text).into_iter().filter_map(|found| text.get(found.range)));
        let places = cover(text, &secrets);
        places.into_iter().rev().fold(text.to_owned(), |mut text, place| {
            text.replace_range(place, HIDDEN);
            text
        })
    }

    /// The first placeholder that was left in a text since it stands in an address.
    pub fn left_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        placeholders_in(text).find(|name| self.secrets.contains_key(*name))
    }

    /// Puts the secrets back into a whole text.
    pub fn restore(&self, text: &str) -> String {
        let mut restorer = self.restorer();
        restorer.push(text) + &restorer.finish()
    }
}

/// The request with every secret masked: those found in it, and those known from where its parts were taken.
///
/// A secret has the same placeholder as long as the `hasher` is the same, which nobody but this program may know: a
/// short password could be guessed from it.
pub fn mask(mut request: ModelRequest, known: &[String], hasher: &impl BuildHasher) -> (ModelRequest, Masks) {
    let texts: Vec<&str> = texts(&request).collect();
    let mut secrets: BTreeSet<&str> = known.iter().map(String::as_str).collect();
    for text in &texts {
        secrets.extend(find(text).into_iter().filter_map(|found| text.get(found.range)));
    }
    secrets.remove("");
    if secrets.is_empty() {
        return (request, Masks::default());
    }
    let covered: Vec<Vec<Range<usize>>> = texts.iter().map(|text| cover(text, &secrets)).collect();
    // In an answer it is one that was left in an address, and stands for the same again.
    let mut taken: BTreeSet<String> = words(&request).flat_map(placeholders_in).map(str::to_owned).collect();
    let mut placeholders: BTreeMap<&str, String> = BTreeMap::new();
    for (text, ranges) in texts.iter().zip(&covered) {
        for secret in ranges.iter().filter_map(|range| text.get(range.clone())) {
            if !placeholders.contains_key(secret) {
                let name = placeholder(secret, hasher, |name| taken.contains(name));
                taken.insert(name.clone());
                placeholders.insert(secret, name);
            }
        }
    }
    let masked: Vec<String> =
        texts.iter().zip(&covered).map(|(text, ranges)| replace(text, ranges, &placeholders)).collect();
    let secrets = placeholders.into_iter().map(|(secret, name)| (name, secret.to_owned())).collect();
    let masks = Masks { secrets: Arc::new(secrets), held_by_text: Arc::default() };
    let mut masked = masked.into_iter();
    request.system = masked.next().unwrap_or_default();
    for (message, text) in request.messages.iter_mut().zip(masked) {
        message.text = text;
    }
    if masks.count() > 0 {
        let between = if request.system.is_empty() { "" } else { "\n" };
        request.system = format!("{}{between}{NOTE}", request.system);
    }
    (request, masks)
}

fn texts(request: &ModelRequest) -> impl Iterator<Item = &str> {
    let messages = request.messages.iter().map(|message| message.text.as_str());
    std::iter::once(request.system.as_str()).chain(messages)
}

/// What is the user's own.
fn words(request: &ModelRequest) -> impl Iterator<Item = &str> {
    let asked = request.messages.iter().filter(|message| message.role == Role::User);
    std::iter::once(request.system.as_str()).chain(asked.map(|message| message.text.as_str()))
}

/// Where any of the secrets stands; those that overlap are one.
fn cover(text: &str, secrets: &BTreeSet<&str>) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for secret in secrets {
        let finder = Finder::new(secret.as_bytes());
        let mut from = 0;
        // An occurrence may overlap the one before.
        while let Some(at) = text.as_bytes().get(from..).and_then(|rest| finder.find(rest)) {
            ranges.push(from + at..from + at + secret.len());
            from += at + 1;
        }
    }
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for next in ranges {
        match merged.last_mut() {
            Some(last) if next.start < last.end => last.end = last.end.max(next.end),
            Some(_) | None => merged.push(next),
        }
    }
    merged
}

fn placeholder(secret: &str, hasher: &impl BuildHasher, taken: impl Fn(&str) -> bool) -> String {
    let name = |round: u64| {
        let hash = hasher.hash_one((secret, round)) >> (64 - 4 * DIGITS);
        format!("{PREFIX}{hash:0DIGITS$x}")
    };
    (0..).map(name).find(|name| !taken(name)).unwrap_or_default()
}

fn replace(text: &str, ranges: &[Range<usize>], placeholders: &BTreeMap<&str, String>) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut from = 0;
    for range in ranges {
        masked.push_str(text.get(from..range.start).unwrap_or_default());
        let secret = text.get(range.clone()).unwrap_or_default();
        masked.push_str(placeholders.get(secret).map_or("", String::as_str));
        from = range.end;
    }
    masked.push_str(text.get(from..).unwrap_or_default());
    masked
}

/// The first placeholder in a model's text that stands for nothing: the model made it up. One that was in what it was
/// shown is the user's own word.
pub fn invented<'a>(text: &'a str, shown: &[&str]) -> Option<&'a str> {
    placeholders_in(text).find(|name| !shown.iter().any(|shown| shown.contains(name)))
}

/// The words of a text that look like placeholders.
fn placeholders_in(text: &str) -> impl Iterator<Item = &str> {
    let words = text.match_indices(PREFIX).filter_map(|(at, _)| text.get(at..at + LENGTH));
    words.filter(|word| is_placeholder(word))
}

fn is_placeholder(word: &str) -> bool {
    let digits = word.strip_prefix(PREFIX).unwrap_or_default();
    digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests;
