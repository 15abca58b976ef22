//! Changes that arrive in another order than the editor made them, put into its order by their versions.
//!
//! Helix 25.01 tells of each change from a task of its own, so that keys typed at once may overtake each other. Neovim
//! 0.10 begins to count anew where another server is attached while the user types. Only a number that an editor left
//! out can come late; any other lower one is counted anew, and its changes come next (LSP 3.17 knows neither).

use std::collections::VecDeque;
use std::ops::Range;

use ropey::Rope;

use super::{Document, Edit};
use crate::position::{self, Encoding};

#[cfg(test)]
mod contract;
#[cfg(test)]
mod tests;

/// So many messages back, a late one still finds its place; a task that is overtaken is so by a few.
const REMEMBERED: usize = 64;

/// How many messages may be missing at once: an editor that counts in larger steps leaves numbers out for good.
const MISSING: usize = 8;

/// Bytes of a message that is not remembered, and nothing before it: editors that send the whole text each time would
/// have us keep all of them.
const LARGE: usize = 64 << 10;

/// One change of a message: the whole text without a range.
pub type Change = (Option<position::Range>, String);

/// The last messages about a document, in the order of their versions.
#[derive(Debug, Clone, Default)]
pub(super) struct Recent {
    messages: VecDeque<Message>,
    /// Versions that have not come, and whose place is no longer remembered.
    forgotten: VecDeque<i32>,
}

impl Recent {
    /// Whether so few versions have not come that they may be under way.
    fn counts_by_one(&self) -> bool {
        self.messages.iter().map(|message| message.missing().len()).sum::<usize>() <= MISSING
    }

    /// Forgets all but the last `left` messages, not that some have not come.
    fn forget_all_but(&mut self, left: usize) {
        let gone = ..self.messages.len().saturating_sub(left);
        // With each letter typed; what is missing is rare.
        let is_any_missing = self.messages.range(gone).any(|message| !message.missing().is_empty());
        if is_any_missing && self.counts_by_one() {
            self.forgotten.extend(self.messages.range(gone).flat_map(Message::missing));
            self.forgotten.drain(..self.forgotten.len().saturating_sub(MISSING));
        }
        self.messages.drain(gone);
    }
}

#[derive(Debug, Clone)]
struct Message {
    version: i32,
    /// The version of the text that it changes.
    after: i32,
    before: Rope,
    changes: Vec<Change>,
}

impl Message {
    /// The versions between the text that it changes and its own.
    fn missing(&self) -> Range<i32> {
        self.after.saturating_add(1)..self.version
    }
}

/// What to do with a message that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// Its changes are the next to apply, and its version is then the text's.
    Next,
    /// Later ones were applied before it: this is the text as it is with all of them, in the editor's order.
    Late(String),
    /// Its place is no longer remembered: the text is not what the editor has.
    Lost,
}

impl Document {
    /// Remembers a message of changes that is not applied yet, and tells what to do with it. The version and the text
    /// are the caller's to set; the version of one that is late is not the text's.
    pub fn receive(&mut self, version: i32, changes: &[Change], encoding: Encoding) -> Arrival {
        let message = |after, before| Message { version, after, before, changes: changes.to_vec() };
        let recent = &mut self.recent;
        if version >= self.version {
            recent.messages.push_back(message(self.version, self.text.clone()));
            let is_large = changes.iter().map(|(_, text)| text.len()).sum::<usize>() > LARGE;
            recent.forget_all_but(if is_large { 0 } else { REMEMBERED });
            return Arrival::Next;
        }
        if recent.forgotten.contains(&version) {
            return Arrival::Lost;
        }
        let place = recent.messages.partition_point(|message| message.version <= version);
        let may_be_late = recent.counts_by_one();
        let gap =
            recent.messages.get_mut(place).filter(|next| may_be_late && next.missing().contains(&version));
        let Some(next) = gap else {
            *recent = Recent::default();
            return Arrival::Next;
        };
        let (after, before) = (std::mem::replace(&mut next.after, version), next.before.clone());
        let mut text = before.clone();
        recent.messages.insert(place, message(after, before));
        for message in recent.messages.iter_mut().skip(place) {
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
