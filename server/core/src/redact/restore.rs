//! Putting secrets back into text that comes in pieces, cut anywhere.

use super::address::{self, Place};
use super::{LENGTH, PREFIX, is_placeholder};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One stream of text on its way back. It holds back what may be the start of a placeholder, and what tells whether a
/// placeholder is part of an address; nothing else.
#[derive(Clone)]
pub struct Restorer {
    secrets: Arc<BTreeMap<String, String>>,
    /// The placeholders of what the edited text holds itself: put back in addresses as well.
    held_by_text: Arc<BTreeSet<String>>,
    place: Place,
    held: String,
}

impl Restorer {
    pub(super) fn new(secrets: Arc<BTreeMap<String, String>>, held_by_text: Arc<BTreeSet<String>>) -> Self {
        Self { secrets, held_by_text, place: Place::default(), held: String::new() }
    }

    /// Takes the next piece; gives what is certain.
    pub fn push(&mut self, piece: &str) -> String {
        if self.secrets.is_empty() {
            return piece.to_owned();
        }
        self.held.push_str(piece);
        self.take(false)
    }

    /// The end of the stream.
    pub fn finish(&mut self) -> String {
        self.take(true)
    }

    fn take(&mut self, is_end: bool) -> String {
        let text = std::mem::take(&mut self.held);
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find(FIRST) {
            let (before, from) = rest.split_at(at);
            self.give(before, &mut out);
            match from.get(..LENGTH).filter(|word| is_placeholder(word)) {
                Some(word) => {
                    let after = from.get(LENGTH..).unwrap_or_default();
                    let Some(meant) = self.meant(word, after, is_end) else {
                        self.held = from.to_owned();
                        return out;
                    };
                    self.give(&meant, &mut out);
                    rest = after;
                }
                None if !is_end && may_become_one(from) => {
                    self.held = from.to_owned();
                    return out;
                }
                None => {
                    let (first, after) = from.split_at(FIRST.len_utf8());
                    self.give(first, &mut out);
                    rest = after;
                }
            }
        }
        self.give(rest, &mut out);
        out
    }

    /// What belongs in a placeholder's place, once what comes `after` it tells. One that stands for nothing is the model's
    /// or the user's own word.
    fn meant(&self, word: &str, after: &str, is_end: bool) -> Option<String> {
        let secret = match self.secrets.get(word) {
            None => word,
            Some(secret) if self.held_by_text.contains(word) => secret,
            Some(_) if self.place.is_in_address() => word,
            Some(secret) => match address::begins_one(after, is_end)? {
                true => word,
                false => secret,
            },
        };
        Some(secret.to_owned())
    }

    fn give(&mut self, text: &str, out: &mut String) {
        self.place.see(text);
        out.push_str(text);
    }
}

/// Tells nothing of what it holds.
impl std::fmt::Debug for Restorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Restorer({})", self.secrets.len())
    }
}

/// The prefix's first letter, which is nowhere else in a placeholder.
const FIRST: char = 'A';

/// Whether a text is shorter than a placeholder and could be how one starts.
fn may_become_one(text: &str) -> bool {
    let is_start = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    text.len() < LENGTH && (PREFIX.starts_with(text) || text.strip_prefix(PREFIX).is_some_and(is_start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_starts_with_a_letter_that_comes_once() {
        assert!(PREFIX.starts_with(FIRST));
        assert_eq!(PREFIX.matches(FIRST).count(), 1);
    }
}
