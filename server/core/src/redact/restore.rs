//! Putting secrets back into text that comes in pieces, cut anywhere.

use super::{LENGTH, PREFIX, is_placeholder};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One stream of text on its way back. It holds back what may be the start of a placeholder, and nothing else.
#[derive(Clone)]
pub struct Restorer {
    secrets: Arc<BTreeMap<String, String>>,
    held: String,
}

impl Restorer {
    pub(super) fn new(secrets: Arc<BTreeMap<String, String>>) -> Self {
        Self { secrets, held: String::new() }
    }

    /// Takes the next piece; gives what is certain.
    pub fn push(&mut self, piece: &str) -> String {
        if self.secrets.is_empty() {
            return piece.to_owned();
        }
        self.held.push_str(piece);
        let text = std::mem::take(&mut self.held);
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find(FIRST) {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            match from.get(..LENGTH).filter(|word| is_placeholder(word)) {
                Some(word) => {
                    // One that stands for nothing is the model's or the user's own word.
                    out.push_str(self.secrets.get(word).map_or(word, String::as_str));
                    rest = from.get(LENGTH..).unwrap_or_default();
                }
                None if may_become_one(from) => {
                    self.held = from.to_owned();
                    return out;
                }
                None => {
                    out.push(FIRST);
                    rest = from.strip_prefix(FIRST).unwrap_or_default();
                }
            }
        }
        out.push_str(rest);
        out
    }

    /// The end of the stream: what was held back is no placeholder.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
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
