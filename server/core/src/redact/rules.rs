//! Rules that are data: a pattern, the words without which a text has none, and what has to be true of what is found.

use super::{Found, assignments::IN_OTHER_LANGUAGES, chance, places, shapes::RULES};
use aho_corasick::AhoCorasick;
use regex::bytes::Regex;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

/// One shape.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    pub id: &'static str,
    /// Whose secret it is, for a person.
    pub what: &'static str,
    /// A text without one of these has none, and the pattern isn't even compiled.
    hints: &'static [&'static str],
    /// The secret is the group.
    pattern: &'static str,
    judge: Judge,
}

/// What else has to be true of what has the shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judge {
    Nothing,
    /// It stands for no other.
    Meant,
    /// It looks like a password, which needn't be made by chance.
    Password,
    /// It does, and no word does.
    Odd,
    /// It looks made by chance.
    Random,
    /// It does, and has a digit.
    RandomWithDigit,
}

pub(super) const fn rule(
    id: &'static str,
    what: &'static str,
    hints: &'static [&'static str],
    pattern: &'static str,
) -> Rule {
    Rule { id, what, hints, pattern, judge: Judge::Nothing }
}

impl Rule {
    pub(super) const fn judged(self, judge: Judge) -> Self {
        Self { judge, ..self }
    }

    fn compile(&self) -> Regex {
        let pattern = self.pattern.replace("VALUE", places::VALUE).replace("OTHERS", IN_OTHER_LANGUAGES);
        let pattern =
            pattern.replacen(r"\b(", &format!("{START}("), usize::from(pattern.starts_with(r"\b(")));
        Regex::new(&format!("(?-u){pattern}")).expect("a test compiles every pattern")
    }

    fn is_meant(&self, secret: &str) -> bool {
        let is_random = || chance::is_random(secret) && !chance::stands_for_one(secret);
        match self.judge {
            Judge::Nothing => true,
            Judge::Meant => !chance::stands_for_one(secret),
            Judge::Password => chance::is_password_value(secret),
            Judge::Odd => chance::is_password_value(secret) && chance::has_odd_sign_or_turns(secret),
            Judge::Random => is_random(),
            Judge::RandomWithDigit => is_random() && secret.bytes().any(|b| b.is_ascii_digit()),
        }
    }
}

/// Before a secret: the start of a word, or a sign that is written with letters, in a string (`\n`) or in an address (`%3D`).
const START: &str = r"(?:\b|_|\\[nrtbfv0]|%[0-9A-Fa-f]{2})";

/// The body's lines are found by [`private_key_lines`].
pub(super) const PRIVATE_KEY: &str =
    r"-----(BEGIN|END)[ A-Z0-9]{0,30}(?:PRIVATE KEY(?: BLOCK)?|OpenVPN Static key V1)-----";

/// Compiled at their first use: each costs some time and memory.
static COMPILED: [OnceLock<Regex>; COUNT] = [const { OnceLock::new() }; COUNT];
const COUNT: usize = RULES.len() + places::PLACES.len();

/// Every hint of every rule, found in one go through a text, and which rule each belongs to.
static HINTS: LazyLock<(AhoCorasick, Vec<usize>)> = LazyLock::new(|| {
    let of_rule = |(index, rule): (usize, &'static Rule)| rule.hints.iter().map(move |hint| (*hint, index));
    let (hints, rules): (Vec<&str>, Vec<usize>) = rules().enumerate().flat_map(of_rule).unzip();
    (AhoCorasick::new(hints).expect("a test finds every hint"), rules)
});

fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().chain(places::PLACES)
}

/// Which rules have a hint in a text.
fn hinted(text: &str) -> [bool; COUNT] {
    let (hints, rules) = &*HINTS;
    let mut hinted = [false; COUNT];
    for hint in hints.find_overlapping_iter(text) {
        if let Some(rule) = rules.get(hint.pattern().as_usize()).and_then(|rule| hinted.get_mut(*rule)) {
            *rule = true;
        }
    }
    hinted
}

pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let patterns = rules().zip(&COMPILED).zip(hinted(text));
    for ((rule, pattern), _) in patterns.filter(|(_, hinted)| *hinted) {
        for captures in pattern.get_or_init(|| rule.compile()).captures_iter(text.as_bytes()) {
            let (Some(all), Some(group)) = (captures.get(0), captures.get(1)) else { continue };
            let ranges = match rule.id {
                "private-key" => private_key_lines(text, all.range(), group.as_bytes() == b"BEGIN"),
                _ => vec![unquoted(text, whole_characters(text, group.range()))],
            };
            let meant = |range: &Range<usize>| rule.is_meant(text.get(range.clone()).unwrap_or_default());
            found.extend(ranges.into_iter().filter(meant).map(|range| Found { range, rule: rule.id }));
        }
    }
    found
}

/// What is between quotes that a pattern took along.
fn unquoted(text: &str, range: Range<usize>) -> Range<usize> {
    let value = text.get(range.clone()).unwrap_or_default();
    let is_quoted = |sign: &char| value.len() >= 2 && value.starts_with(*sign) && value.ends_with(*sign);
    if ['"', '\'', '`'].iter().any(is_quoted) { range.start + 1..range.end - 1 } else { range }
}

/// A pattern counts bytes and may end inside of a character.
pub(super) fn whole_characters(text: &str, mut range: Range<usize>) -> Range<usize> {
    while !text.is_char_boundary(range.end) {
        range.end += 1;
    }
    range
}

/// The lines of a private key, beside its first or its last line, of which the other may have been cut off.
fn private_key_lines(text: &str, marker: Range<usize>, begins: bool) -> Vec<Range<usize>> {
    if begins {
        let rest = text.get(marker.end..).unwrap_or_default();
        match rest.find("-----END") {
            Some(end) if end <= LONGEST_KEY => runs(text, marker.end..marker.end + end),
            Some(_) | None => bare_lines(text, marker.end, rest.lines().skip(1)),
        }
    } else {
        let before = text.get(..marker.start).unwrap_or_default();
        bare_lines(text, 0, before.lines().rev())
    }
}

/// No private key is longer.
const LONGEST_KEY: usize = 32 * 1024;
/// A key's last line may be short; what is shorter says nothing.
const SHORTEST_LINE: usize = 8;

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Every run of base64. A line may end as it is written inside of a JSON text, with a backslash and a letter.
fn runs(text: &str, body: Range<usize>) -> Vec<Range<usize>> {
    let bytes = text.as_bytes().get(body.clone()).unwrap_or_default();
    let (mut found, mut from, mut at) = (Vec::new(), 0, 0);
    while at <= bytes.len() {
        let here = bytes.get(at).copied();
        if !here.is_some_and(is_base64) {
            if at >= from + SHORTEST_LINE {
                found.push(body.start + from..body.start + at);
            }
            at += usize::from(here == Some(b'\\'));
            from = at + 1;
        }
        at += 1;
    }
    found
}

/// Lines from one on that hold base64 and nothing else but blanks, as long as there are such.
fn bare_lines<'t>(text: &str, start: usize, lines: impl Iterator<Item = &'t str>) -> Vec<Range<usize>> {
    let bare = |line: &&str| line.len() >= SHORTEST_LINE && line.bytes().all(is_base64);
    let base = text.as_ptr() as usize;
    let place = |line: &str| line.as_ptr() as usize - base;
    let lines = lines.map(str::trim).skip_while(|line| line.is_empty()).take_while(bare);
    lines.map(|line| place(line)..place(line) + line.len()).filter(|range| range.start >= start).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_names_one_group() {
        for rule in rules() {
            assert_eq!(rule.compile().captures_len(), 2, "{}", rule.id);
        }
    }

    #[test]
    fn every_hint_is_found_among_others() {
        for (index, rule) in rules().enumerate() {
            for hint in rule.hints {
                assert!(hinted(&format!("is{hint}{hint}it"))[index], "{hint}");
            }
        }
        assert_eq!(hinted("nothing"), [false; COUNT]);
    }

    #[test]
    fn no_two_rules_have_one_id() {
        let mut ids: Vec<_> = rules().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), COUNT);
    }
}
