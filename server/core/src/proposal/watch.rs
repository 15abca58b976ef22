//! After an accept: what the client made of the edits that it was given, and where undo and redo lead. Nothing of it
//! rests on what the client says; the document's changes tell.

use super::{Hunk, Proposal, State, hunks};
use crate::applied::mending::{Due, Mending};
use crate::applied::{Landing, MAX_STATES, Pending, Seen};
use crate::document::Edit;
use crate::position::Encoding;
use ropey::Rope;

/// How many texts of undo and redo are kept in mind.
const MAX_CHECKPOINTS: usize = 8;

/// Accepted edits that the client wrote elsewhere.
#[derive(Debug, Clone)]
pub(super) struct Misplaced {
    pub(super) landing: Landing,
    /// What takes them back.
    pub(super) mending: Mending,
}

impl Proposal {
    /// The client has had its time to apply what was accepted. Tells if some of it was not seen in the document: then
    /// it is open again, whatever the client says.
    pub fn settle(&mut self) -> bool {
        if let Some(mending) = &mut self.mending {
            mending.settle();
        }
        let is_unseen = self.state == State::Applying;
        if is_unseen {
            self.state = self.standing();
        }
        is_unseen
    }

    /// Another proposal's edits are about to be sent for the same document, and could be mistaken for this one's: what was
    /// accepted and not seen by now isn't looked out for any more. It is open again; if it comes after all it is text
    /// like what the user types.
    pub fn stop_watching(&mut self) {
        self.forget_client();
        self.mending = None;
        self.settle();
    }

    /// To be asked when all changes of a notification are carried, and no earlier: whether the client wrote what was
    /// accepted elsewhere, and what is to be done about it. The proposal is open again either way.
    pub fn mend(&mut self, text: &Rope, encoding: Encoding) -> Option<Due> {
        if let Some(Misplaced { landing, mending }) = self.misplaced.take() {
            if let Some(hunks) = self.snapshots.get(landing.state).cloned() {
                self.checkpoint(&landing.was, hunks);
            }
            self.mending = Some(mending);
            self.forget_client();
            if self.is_live() {
                self.state = self.standing();
            }
        } else if self.state != State::Applying && !self.is_asked() {
            self.forget_client();
        }
        let due = self.mending.as_mut()?.next(text, encoding);
        self.mending = self.mending.take().filter(|mending| !mending.is_over());
        due
    }

    /// What the client misplaced is on its way back; another accept would leave it to the user.
    pub fn is_mending(&self) -> bool {
        self.mending.as_ref().is_some_and(|mending| !mending.is_over())
    }

    /// How often the client was asked to take something back.
    pub fn mending_round(&self) -> usize {
        self.mending.as_ref().map_or(0, Mending::round)
    }

    /// Nothing came of what the client was asked to take back in `round`. Tells if it is left to the user now.
    pub fn give_up_mending(&mut self, round: usize) -> bool {
        let is_left = self.mending.as_mut().is_some_and(|mending| mending.give_up(round));
        self.mending.take_if(|_| is_left);
        is_left
    }

    /// The client answered that it applied what takes something back, or refused it.
    pub fn mending_answered(&mut self, applied: bool) {
        if let Some(mending) = &mut self.mending {
            mending.answered(applied);
        }
    }

    pub(super) fn forget_client(&mut self) {
        self.hunks.list_mut().iter_mut().for_each(Hunk::unask);
        self.pending = None;
        self.snapshots.clear();
        self.owners.clear();
        self.misplaced = None;
    }

    pub(super) fn watch(&mut self, edit: &Edit, after: &Rope) -> Option<Seen> {
        let seen = self.pending.as_mut()?.see(edit, after);
        if matches!(seen, None | Some(Seen::Idle)) && self.snapshots.len() < MAX_STATES {
            self.snapshots.push(self.hunks.list().to_vec());
        }
        seen
    }

    /// What the client had before it wrote something that it was asked for, if the one change from `before` to `after`
    /// tells of that and of its typing before.
    pub(super) fn told_together(&mut self, before: &Rope, after: &Rope) -> Option<Landing> {
        self.watched().find_map(|pending| pending.told_together(before, after))
    }

    /// The text as it is was worked out from one that is to come, with `landing` in it.
    pub(super) fn expect(&mut self, landing: &Landing) {
        self.watched().for_each(|pending| pending.expect(landing.clone()));
    }

    fn watched(&mut self) -> impl Iterator<Item = &mut Pending> {
        let mending = self.mending.as_mut().and_then(Mending::pending_mut);
        self.pending.iter_mut().chain(mending)
    }

    /// All that was accepted was written where it belongs.
    pub(super) fn land(&mut self, landing: &Landing, after: &Rope) {
        let snapshot = self.snapshots.get(landing.state).cloned().unwrap_or_default();
        let owners = std::mem::take(&mut self.owners);
        self.forget_client();
        if let Some(landed) = hunks::land(&snapshot, &owners, &landing.edits, after) {
            self.checkpoint(&landing.was, snapshot);
            self.checkpoint(after, landed.clone());
            self.hunks.replace(landed);
        }
        self.state = self.standing();
    }

    fn checkpoint(&mut self, text: &Rope, hunks: Vec<Hunk>) {
        if self.checkpoints.len() == MAX_CHECKPOINTS {
            self.checkpoints.pop_front();
        }
        self.checkpoints.push_back((text.clone(), hunks));
    }

    /// Puts the hunks back if an undo or a redo led to a text that is known.
    pub(super) fn go_back(&mut self, after: &Rope) -> bool {
        if self.state == State::Applying || !self.is_live() {
            return false;
        }
        let Some((_, hunks)) = self.checkpoints.iter().rev().find(|(text, _)| text == after) else {
            return false;
        };
        let hunks = hunks.clone();
        self.hunks.replace(hunks);
        self.hunks.list_mut().iter_mut().for_each(Hunk::unask);
        true
    }
}
