//! Accepting: the edit that is asked for, what the editor makes of it, and what is taken back.

use aside_core::applied::mending::Due;
use aside_core::document::{Document, Edit};
use aside_core::problem::{Problem, ProblemKind};
use aside_core::proposal::{self, AcceptError, State};
use serde_json::Value;

use super::{Mending, Tracked};
use crate::convert::{self, TextEdit};
use crate::protocol::{ProposalAccept, ProposalEvent, Side};
use crate::session::{Session, not_open};

impl Session {
    /// Accepts a proposal or some of its hunks: the edit for the document as it now stands, or nothing to write.
    pub(crate) fn accept(&mut self, params: &ProposalAccept) -> Result<Option<Value>, Problem> {
        let encoding = self.client.encoding;
        if self.proposals.is_mending(&self.proposals.find(&params.proposal)?.ask.uri) {
            // Else the text would be written into what is about to go.
            return Err(on_its_way_back());
        }
        let tracked = self.proposals.find_mut(&params.proposal)?;
        if tracked.unanswered && tracked.proposal.state() == State::Applying {
            // A second edit like the first would write the same text twice.
            return Err(on_its_way());
        }
        let uri = tracked.ask.uri.clone();
        let document = self.documents.get(&tracked.ask.uri).ok_or_else(not_open)?;
        let take = params.take.map(|side| match side {
            Side::Mine => proposal::Side::Mine,
            Side::Model => proposal::Side::Model,
        });
        let edits = tracked
            .proposal
            .accept(&document.text, params.hunks.as_deref(), take, encoding)
            .map_err(|error| not_accepted(&error))?;
        tracked.due = true;
        tracked.unanswered = false;
        if edits.is_empty() {
            return Ok(None);
        }
        let is_other = |(name, tracked): &(&String, &mut Tracked)| {
            **name != params.proposal && tracked.ask.uri == uri && tracked.proposal.state() != State::Working
        };
        for (_, other) in self.proposals.all.iter_mut().filter(is_other) {
            other.due = true;
            other.proposal.stop_watching();
        }
        let edit = self.workspace_edit(document, &edits);
        Ok(Some(edit))
    }

    pub(in crate::session) fn workspace_edit(&self, document: &Document, edits: &[Edit]) -> Value {
        let client = &self.client;
        // An extension checks the version itself, so it is always told.
        let versioned = client.versioned_edits || client.features.proposals;
        let edits: Vec<_> =
            edits.iter().map(|edit| TextEdit::new(edit, &document.text, client.encoding)).collect();
        convert::workspace_edit(&document.uri, versioned.then_some(document.version), &edits)
    }

    /// The editor is being asked to apply an accepted edit, which has a number from now on.
    pub(crate) fn edit_asked(&mut self, name: &str) -> u64 {
        let number = self.edit_given(name);
        self.with_proposal(name, |tracked| tracked.unanswered = true);
        number
    }

    /// The editor was given an accepted edit, and will not say what it made of it. The edit has a number from now on.
    pub(crate) fn edit_given(&mut self, name: &str) -> u64 {
        let number = self.next_number();
        self.with_proposal(name, |tracked| tracked.asked = number);
        number
    }

    /// The editor answered. What it says it refused is open again; what it says it applied is believed once seen.
    pub(crate) fn edit_answered(&mut self, name: &str, applied: bool) {
        let refused = self.with_proposal(name, |tracked| {
            tracked.unanswered = false;
            !applied && tracked.proposal.settle()
        });
        if refused == Some(true) {
            self.report(not_applied());
        }
    }

    /// Nothing was seen for long of an edit that the editor says it applied, or for longer of one that it says nothing of.
    pub(crate) fn edit_is_silent(&mut self, name: &str, number: u64) {
        let Some(tracked) = self.proposals.all.get_mut(name).filter(|tracked| tracked.asked == number) else {
            return;
        };
        tracked.unanswered = false;
        if tracked.proposal.settle() {
            tracked.due = true;
            self.report(not_applied());
        }
    }

    /// A request about a document came, so the editor has sent all that it changed before: an accepted edit that was
    /// not seen by then was not applied, whatever the editor said.
    pub(crate) fn settle(&mut self, uri: &str) {
        let mut unseen = false;
        for tracked in self.proposals.all.values_mut().filter(|tracked| tracked.ask.uri == uri) {
            let settled = !tracked.unanswered && tracked.proposal.settle();
            tracked.due |= settled;
            unseen |= settled;
        }
        if unseen {
            self.report(not_applied());
        }
        self.pages.settle(uri);
    }

    /// The events that are due, each proposal as it now stands. One whose document is closed waits.
    pub(in crate::session) fn due_proposals(&mut self) -> Vec<ProposalEvent> {
        let mut events = Vec::new();
        for (name, tracked) in self.proposals.all.iter_mut().filter(|(_, tracked)| tracked.due) {
            if let Some(document) = self.documents.get(&tracked.ask.uri) {
                events.push(tracked.event(name, document, self.client.encoding));
            }
        }
        events
    }

    /// Edits that take back what the editor misapplied.
    pub(in crate::session) fn due_mending(&mut self) -> Vec<Mending> {
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for (name, tracked) in &mut self.proposals.all {
            let Some(document) = self.documents.get(&tracked.ask.uri) else { continue };
            let Some(due) = tracked.proposal.mend(&document.text, self.client.encoding) else { continue };
            tracked.due = true;
            let edits = match due {
                Due::Edits(edits) => {
                    problems
                        .push(misplaced("It is being taken back; accept again once the text has settled."));
                    edits
                }
                Due::Again(edits) => edits,
                Due::Left => {
                    problems.push(misplaced(TAKE_BACK));
                    continue;
                }
            };
            found.push((name.clone(), tracked.proposal.mending_round(), document, edits));
        }
        let mending = found.into_iter().map(|(proposal, round, document, edits)| Mending {
            edit: self.workspace_edit(document, &edits),
            proposal,
            round,
        });
        let mending = mending.collect();
        problems.into_iter().for_each(|problem| self.report(problem));
        mending
    }

    /// The editor answered the edit that takes something back.
    pub(crate) fn mending_answered(&mut self, name: &str, applied: bool) {
        if let Some(tracked) = self.proposals.all.get_mut(name) {
            tracked.proposal.mending_answered(applied);
        }
    }

    /// Nothing was seen for long of the edit that was to take something back.
    pub(crate) fn mending_is_silent(&mut self, name: &str, round: usize) {
        let tracked = self.proposals.all.get_mut(name);
        if tracked.is_some_and(|tracked| tracked.proposal.give_up_mending(round)) {
            self.report(misplaced(TAKE_BACK));
        }
    }
}

/// What the user can do about text that no edit of ours takes back.
const TAKE_BACK: &str = "You or the editor have changed it since, so take it back with undo.";

fn misplaced(next: &str) -> Problem {
    Problem::new(ProblemKind::Misapplied, "the editor put the accepted text in the wrong place", next)
}

fn on_its_way() -> Problem {
    Problem::new(
        ProblemKind::Conflict,
        "the accepted text is on its way to the editor",
        "Wait until the editor has applied it, or reject or retry the proposal.",
    )
}

fn on_its_way_back() -> Problem {
    Problem::new(
        ProblemKind::Conflict,
        "text that the editor put in the wrong place is being taken back",
        "Accept again in a moment, once the text has settled.",
    )
}

fn not_applied() -> Problem {
    Problem::new(
        ProblemKind::Conflict,
        "the editor did not apply the accepted text as it was asked to",
        "The proposal is open again. If the text was changed all the same, take that back with undo; then accept once more.",
    )
}

fn not_accepted(error: &AcceptError) -> Problem {
    match error {
        AcceptError::NotReady(_) => {
            Problem::new(ProblemKind::Conflict, error.to_string(), "Wait until the model is done, or retry.")
        }
        AcceptError::Conflict(_) => Problem::new(
            ProblemKind::Conflict,
            error.to_string(),
            "Choose your text or the model's, or retry on the text as it is now.",
        ),
        AcceptError::Unknown(_) => {
            Problem::new(ProblemKind::NotFound, error.to_string(), "Look at the proposal again.")
        }
        AcceptError::Diverged => crate::bug(),
    }
}
