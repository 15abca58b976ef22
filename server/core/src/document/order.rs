//! Changes that arrive in another order than the editor made them, put into its order by their versions.
//!
//! Helix 25.01 tells of each change from a task of its own, so that keys typed at once may overtake each other.

use std::collections::VecDeque;

use ropey::Rope;

use super::{Document, Edit};
use crate::position::{self, Encoding, Range};

#[cfg(test)]
mod tests;

/// So many messages back, a late one still finds its place; a task that is overtaken is so by a few.
const REMEMBERED: usize = 64;

/// Bytes of a message that is not remembered, and nothing before it: editors that send the whole text each time would
/// have us keep all of them.
const LARGE: usize = 64 << 10;

/// One change of a message: the whole text without a range.
pub type Change = (Option<Range>, String);

/// The last messages about a document, in the order of their versions.
#[derive(Debug, Clone, Default)]
pub(super) struct Recent(VecDeque<Message>);

#[derive(Debug, Clone)]
struct Message {
    version: i32,
    /// The version of the text that it changes.
    after: i32,
    before: Rope,
    changes: Vec<Change>,
}

/// What to do with a message that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// Its changes are the next to apply.
    Next,
    /// Later ones were applied before it: this is the text as it is with all of them, in the editor's order.
    Late(String),
    /// It is older than anything remembered: the text is not what the editor has.
    Lost,
}

impl Document {
    /// Remembers a message of changes that is not applied yet, and tells what to do with it. The version and the text
    /// are the caller's to set.
    pub fn receive(&mut self, version: i32, changes: &[Change], encoding: Encoding) -> Arrival {
        let message = |after, before| Message { version, after, before, changes: changes.to_vec() };
        let recent = &mut self.recent.0;
        if version >= self.version {
            if changes.iter().map(|(_, text)| text.len()).sum::<usize>() > LARGE {
                recent.clear();
                return Arrival::Next;
            }
            if recent.len() == REMEMBERED {
                recent.pop_front();
            }
            recent.push_back(message(self.version, self.text.clone()));
            return Arrival::Next;
        }
        let place = recent.partition_point(|message| message.version <= version);
        let Some(next) = recent.get_mut(place).filter(|next| next.after < version) else {
            return Arrival::Lost;
        };
        let (after, before) = (std::mem::replace(&mut next.after, version), next.before.clone());
        let mut text = before.clone();
        recent.insert(place, message(after, before));
        for message in recent.iter_mut().skip(place) {
            message.before = text.clone();
            for (range, added) in &message.changes {
                let range = range
                    .map_or(0..text.len_bytes(), |range| position::to_byte_range(&text, range, encoding));
                Edit::new(range, added.as_str()).apply(&mut text);
            }
        }
        Arrival::Late(text.to_string())
    }
}
