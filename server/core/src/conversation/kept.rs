//! A chat as it is kept, turn by turn, so that several servers can go on with one chat.
//!
//! A kept turn has a number, which is what it is known by on disk. What was changed here is written, what others wrote
//! is taken in, and neither overwrites the other.

use super::{Conversation, Turn, TurnState};

/// What is known here of the chat on disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct OnDisk {
    /// The chat's number; none before it was kept or found.
    chat: Option<u64>,
    /// Its revision as it was last seen.
    revision: u64,
    /// The user gave it a title that isn't written yet.
    renamed: bool,
    /// Kept turns that the user replaced; they are still to be removed.
    dropped: Vec<u64>,
}

/// What is known here of a turn on disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Mark {
    number: Option<u64>,
    /// Goes up with each change made here.
    changed: u64,
    /// `changed` as it was last written.
    written: u64,
    /// Another server wrote it, and it was not shown here yet.
    unseen: bool,
    /// How a running turn is to end.
    ending: Option<TurnState>,
}

impl Mark {
    pub(super) fn change(&mut self) {
        self.changed += 1;
    }

    /// What ended as it was to end is no change.
    pub(super) fn end_as(&mut self, state: TurnState) {
        if self.ending != Some(state) {
            self.ending = Some(state);
            self.change();
        }
    }

    /// How a running turn that is stopped ends.
    pub(super) fn end_as_planned(&mut self) -> TurnState {
        let state = self.ending.unwrap_or(TurnState::Cancelled);
        self.end_as(state);
        state
    }

    pub(super) fn is_unseen(&self) -> bool {
        self.unseen
    }

    fn is_written(&self) -> bool {
        self.changed == self.written
    }
}

/// What is to be written of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The chat's number on disk, if it was kept or found before.
    pub chat: Option<u64>,
    /// The revision that these changes were made on.
    pub revision: u64,
    /// The title that is shown.
    pub title: String,
    /// The user's title, where it was changed.
    pub named: Option<Option<String>>,
    /// Numbers of turns that are to be removed.
    pub dropped: Vec<u64>,
    pub turns: Vec<Change>,
}

/// A turn that is to be written: over the one of its number, or as a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub number: Option<u64>,
    pub turn: Turn,
}

/// A chat as it was found on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub chat: u64,
    pub revision: u64,
    /// The user's title.
    pub named: Option<String>,
    /// By number; `None` for one that this version can't read.
    pub turns: Vec<(u64, Option<Turn>)>,
}

impl Conversation {
    /// The chat's number and revision on disk, as they were last seen.
    pub fn on_disk(&self) -> Option<(u64, u64)> {
        self.disk.chat.map(|chat| (chat, self.disk.revision))
    }

    /// What is to be written; `None` if everything is.
    pub fn changes(&self) -> Option<Changes> {
        let changed = self.turns.iter().filter(|turn| turn.mark.number.is_none() || !turn.mark.is_written());
        let turns: Vec<_> = changed
            .map(|turn| {
                let ending = turn.mark.ending.filter(|_| turn.state == TurnState::Running);
                let state = ending.unwrap_or(turn.state);
                Change { number: turn.mark.number, turn: Turn { state, ..turn.clone() } }
            })
            .collect();
        let disk = &self.disk;
        if turns.is_empty() && disk.dropped.is_empty() && !disk.renamed {
            return None;
        }
        Some(Changes {
            chat: disk.chat,
            revision: disk.revision,
            title: self.title(),
            named: disk.renamed.then(|| self.title.clone()),
            dropped: disk.dropped.clone(),
            turns,
        })
    }

    /// Changes were written; `numbers` are those of their turns. What was changed since is still to be written.
    pub fn written(&mut self, changes: &Changes, chat: u64, revision: u64, numbers: &[u64]) {
        self.disk.chat = Some(chat);
        self.disk.revision = revision;
        self.disk.dropped.retain(|number| !changes.dropped.contains(number));
        if changes.named.as_ref() == Some(&self.title) {
            self.disk.renamed = false;
        }
        for (change, &number) in changes.turns.iter().zip(numbers) {
            let earlier = change.number;
            let same = |turn: &&mut Turn| turn.id == change.turn.id && turn.mark.number == earlier;
            match self.turns.iter_mut().find(same) {
                Some(turn) => {
                    turn.mark.number = Some(number);
                    turn.mark.written = change.turn.mark.changed;
                }
                // The user replaced it meanwhile.
                None if !self.disk.dropped.contains(&number) => self.disk.dropped.push(number),
                None => {}
            }
        }
    }

    /// Takes in what others wrote. What was changed here and isn't written stays as it is here.
    pub fn take_in(&mut self, found: Found) {
        let is_first = self.disk.chat.is_none();
        self.disk.chat = Some(found.chat);
        self.disk.revision = found.revision;
        if !self.disk.renamed {
            self.title = found.named;
        }
        let numbers: Vec<u64> = found.turns.iter().map(|(number, _)| *number).collect();
        for turn in &mut self.turns {
            let gone = turn.mark.number.is_some_and(|number| !numbers.contains(&number));
            if gone && (!turn.mark.is_written() || turn.state == TurnState::Running) {
                // Another server dropped it, but it goes on here: it is kept anew.
                turn.mark.number = None;
            }
        }
        self.turns.retain(|turn| turn.mark.number.is_none_or(|number| numbers.contains(&number)));
        for (number, turn) in found.turns {
            let Some(turn) = turn.filter(|_| !self.disk.dropped.contains(&number)) else { continue };
            self.take_in_turn(number, turn, !is_first);
        }
        // New ones are last, in their own order.
        self.turns.sort_by_key(|turn| turn.mark.number.unwrap_or(u64::MAX));
    }

    fn take_in_turn(&mut self, number: u64, mut turn: Turn, unseen: bool) {
        if turn.state == TurnState::Running {
            // Not here: in another server, which keeps it when it ends, or in one that was killed.
            turn.state = TurnState::Cancelled;
        }
        match self.turns.iter_mut().find(|mine| mine.mark.number == Some(number)) {
            Some(mine) if mine.state == TurnState::Running || !mine.mark.is_written() => {}
            Some(mine) => {
                let mark = Mark { unseen, ..mine.mark.clone() };
                let taken = Turn { id: mine.id.clone(), mark: mine.mark.clone(), ..turn };
                if taken != *mine {
                    *mine = Turn { mark, ..taken };
                }
            }
            None => {
                // Two editors may give one name; the turn that is here already keeps it.
                if self.position(&turn.id).is_some() {
                    turn.id = format!("{}~{number}", turn.id);
                }
                turn.mark = Mark { number: Some(number), unseen, ..Mark::default() };
                self.turns.push(turn);
            }
        }
    }

    /// Everything was shown to the user.
    pub fn seen(&mut self) {
        for turn in &mut self.turns {
            turn.mark.unseen = false;
        }
    }

    /// Drops a turn and the ones after it for a new one. Those that the user has not seen stay.
    pub(super) fn replace_from(&mut self, at: usize) {
        let mut index = 0;
        let dropped = &mut self.disk.dropped;
        self.turns.retain(|turn| {
            index += 1;
            let stays = index <= at || (index > at + 1 && turn.mark.unseen);
            if !stays {
                dropped.extend(turn.mark.number);
            }
            stays
        });
    }

    pub(super) fn was_renamed(&mut self) {
        self.disk.renamed = true;
    }
}

#[cfg(test)]
mod tests;
