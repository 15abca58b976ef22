//! Proposals of the session: begun, carried over every change, accepted, verified.
//!
//! What a proposal is and decides is the core's; this is the book that is kept of them.

mod accepting;
mod asking;
mod shown;

use std::collections::BTreeMap;

use aside_core::document::{Document, Edit};
use aside_core::problem::{Problem, ProblemKind};
use aside_core::prompt::Attempt;
use aside_core::proposal::{News, Proposal, Request, State};
use aside_core::provider::Usage;
use aside_core::reply::Clean;
use ropey::Rope;
use serde_json::Value;

use super::Session;
use crate::model::Fallback;
use crate::protocol::{ContextItem, OtherModel, ProposalReject};
pub(crate) use asking::{Ask, Begun};
pub(crate) use shown::Open;

/// So many proposals that have ended are kept, for a retry or an undo.
const ENDED: usize = 32;

/// The proposals of the session, by name.
#[derive(Default)]
pub(crate) struct Proposals {
    all: BTreeMap<String, Tracked>,
}

/// Edits that take back what an editor misapplied, for it to apply at once.
pub(crate) struct Mending {
    pub(crate) proposal: String,
    /// How often it was asked for.
    pub(crate) round: usize,
    pub(crate) edit: Value,
}

/// A proposal and what is kept beside it.
struct Tracked {
    /// Counts up with each proposal begun.
    number: u64,
    proposal: Proposal,
    ask: Ask,
    /// Earlier answers, for a retry.
    attempts: Vec<Attempt>,
    /// The text that the model gave.
    answer: String,
    /// What the model wrote, where it can't be used.
    unusable: Option<String>,
    /// `provider/model` that works on it, and where that is.
    model: String,
    origin: String,
    /// Who may be asked next, and that somebody was, as it is told.
    fallbacks: Vec<OtherModel>,
    instead: Vec<String>,
    /// What went along, as it is told.
    items: Vec<ContextItem>,
    /// How many secrets were masked.
    masked: usize,
    next_seq: u64,
    /// Something the editor shows has changed.
    due: bool,
    warning: Option<String>,
    /// Why nothing came yet.
    waiting: Option<Problem>,
    /// Its place in the line before the provider.
    queued: Option<u32>,
    usage: Option<Usage>,
    cost: Option<String>,
    /// The editor was asked to apply an edit and hasn't answered.
    unanswered: bool,
    /// The number of that edit.
    asked: u64,
    /// The progress display that stands for it.
    token: Option<String>,
}

impl Session {
    /// Begins a proposal. A name that is in use by one that hasn't ended is refused.
    pub(crate) fn begin_proposal(&mut self, name: &str, ask: Ask) -> Result<Begun, Problem> {
        if self.proposals.all.get(name).is_some_and(|tracked| tracked.is_drawn()) {
            return Err(Problem::new(
                ProblemKind::Conflict,
                "a proposal of that name is open",
                "Accept or reject it first.",
            ));
        }
        self.proposals.forget_old();
        self.begin(name, ask, Vec::new())
    }

    /// Begins a proposal again, on the text as it now stands.
    pub(crate) fn retry_proposal(&mut self, name: &str, further: &str) -> Result<Begun, Problem> {
        let tracked = self.proposals.find(name)?;
        let mut ask = tracked.ask.clone();
        ask.selection = tracked.proposal.span();
        let answer = tracked.answer.clone();
        let mut attempts = tracked.attempts.clone();
        attempts.push(Attempt { answer, further: further.to_owned() });
        self.begin(name, ask, attempts)
    }

    fn begin(&mut self, name: &str, ask: Ask, attempts: Vec<Attempt>) -> Result<Begun, Problem> {
        let asked = self.prepare(&ask, &attempts)?;
        let document = self.document(&ask.uri)?;
        let request = Request {
            id: name.to_owned(),
            uri: ask.uri.clone(),
            instruction: asked.surroundings.instruction.clone(),
            model: asked.call.model.to_string(),
        };
        let mut proposal = Proposal::new(request, &document.text, asked.span);
        let title = ask.title.clone();
        let before = self.proposals.all.remove(name);
        before.iter().for_each(|before| proposal.replaces(&before.proposal));
        let tracked = Tracked {
            number: self.next_number(),
            proposal,
            ask,
            attempts,
            answer: String::new(),
            unusable: None,
            model: asked.call.model.to_string(),
            origin: asked.call.origin(),
            fallbacks: asked.call.fallbacks.clone(),
            instead: Vec::new(),
            items: asked.items,
            masked: 0,
            next_seq: before.map_or(0, |before| before.next_seq),
            // An event says how many secrets were masked.
            due: false,
            warning: None,
            waiting: None,
            queued: None,
            usage: None,
            cost: None,
            unanswered: false,
            asked: 0,
            token: None,
        };
        self.proposals.all.insert(name.to_owned(), tracked);
        Ok(Begun { title, call: asked.call, surroundings: asked.surroundings })
    }

    /// Its model is being asked, with so many secrets masked.
    pub(crate) fn proposal_asks(&mut self, name: &str, masked: usize) {
        self.with_proposal(name, |tracked| tracked.masked = masked);
    }

    /// Shows the answer's complete lines so far while the model writes.
    pub(crate) fn preview_proposal(&mut self, name: &str, so_far: &str) {
        if let Some(tracked) = self.proposals.all.get_mut(name) {
            tracked.due |= tracked.proposal.preview(so_far) || tracked.waiting.take().is_some();
        }
    }

    /// The answer is whole. Gives what a user without an extension is told; `None` if nobody waits for it any more.
    pub(crate) fn finish_proposal(&mut self, name: &str, clean: &Clean) -> Option<Result<String, Problem>> {
        self.with_proposal(name, |tracked| {
            tracked.answer.clone_from(&clean.text);
            tracked.waiting = None;
            if !tracked.proposal.finish(&clean.text) {
                let problem = unchanged();
                tracked.proposal.fail(problem.clone());
                return Err(problem);
            }
            tracked.warning.clone_from(&clean.warning);
            Ok(tracked.summary())
        })
    }

    /// Keeps what the model wrote for the user to look at, as it can't be used.
    pub(crate) fn keep_unusable(&mut self, name: &str, written: String) {
        if let Some(tracked) = self.proposals.all.get_mut(name) {
            tracked.unusable = Some(written).filter(|written| !written.trim().is_empty());
        }
    }

    pub(crate) fn fail_proposal(&mut self, name: &str, problem: Problem) {
        self.with_proposal(name, |tracked| {
            (tracked.waiting, tracked.queued) = (None, None);
            tracked.proposal.fail(problem);
        });
    }

    /// Tells its place in the line; 0 is its turn.
    pub(crate) fn proposal_queued(&mut self, name: &str, place: u32) {
        self.with_proposal(name, |tracked| tracked.queued = (place > 0).then_some(place));
    }

    /// Tells why nothing came yet.
    pub(crate) fn proposal_waits(&mut self, name: &str, problem: Problem) {
        self.with_proposal(name, |tracked| tracked.waiting = Some(problem));
    }

    pub(crate) fn proposal_usage(&mut self, name: &str, usage: Usage, cost: Option<String>) {
        self.with_proposal(name, |tracked| (tracked.usage, tracked.cost) = (Some(usage), cost));
    }

    /// Another model goes on with it, elsewhere.
    pub(crate) fn proposal_goes_elsewhere(&mut self, name: &str, fallback: &Fallback) {
        self.with_proposal(name, |tracked| {
            tracked.model = fallback.to.to_string();
            tracked.origin.clone_from(&fallback.origin);
            tracked.instead.push(fallback.words());
            let at = tracked.fallbacks.iter().position(|other| other.model == tracked.model);
            tracked.fallbacks.drain(..at.map_or(0, |at| at + 1));
            tracked.waiting = Some(fallback.problem.clone());
        });
    }

    /// The model is stopped. Gives the progress display to end.
    pub(crate) fn cancel_proposal(&mut self, name: &str) -> Option<String> {
        let tracked = self.proposals.all.get_mut(name)?;
        if tracked.proposal.state() != State::Working {
            return None;
        }
        tracked.due = true;
        tracked.queued = None;
        tracked.proposal.cancel();
        tracked.token.take()
    }

    /// Drops a proposal or some of its hunks. Gives the progress display to end, if the model was still writing.
    pub(crate) fn reject(&mut self, params: &ProposalReject) -> Result<Option<String>, Problem> {
        self.proposals.find(&params.proposal)?;
        let token = self.with_proposal(&params.proposal, |tracked| {
            let is_working = tracked.proposal.state() == State::Working;
            tracked.proposal.reject(params.hunks.as_deref());
            if is_working { tracked.token.take() } else { None }
        });
        Ok(token.flatten())
    }

    /// Whether the model is still writing a proposal.
    pub(crate) fn is_working(&self, name: &str) -> bool {
        self.proposals.all.get(name).is_some_and(|tracked| tracked.proposal.state() == State::Working)
    }

    /// The progress display that stands for a proposal.
    pub(crate) fn progress_token(&mut self, name: &str) -> String {
        let token = format!("aside/{}", self.next_number());
        self.with_proposal(name, |tracked| tracked.token = Some(token.clone()));
        token
    }

    /// The proposal that a progress display stands for.
    pub(crate) fn proposal_of(&self, token: &str) -> Option<String> {
        let mut all = self.proposals.all.iter();
        all.find(|(_, tracked)| tracked.token.as_deref() == Some(token)).map(|(name, _)| name.clone())
    }

    fn with_proposal<T>(&mut self, name: &str, change: impl FnOnce(&mut Tracked) -> T) -> Option<T> {
        let tracked = self.proposals.all.get_mut(name)?;
        tracked.due = true;
        Some(change(tracked))
    }
}

impl Proposals {
    fn find(&self, name: &str) -> Result<&Tracked, Problem> {
        self.all.get(name).ok_or_else(unknown)
    }

    fn find_mut(&mut self, name: &str) -> Result<&mut Tracked, Problem> {
        self.all.get_mut(name).ok_or_else(unknown)
    }

    /// Something that the editor misplaced in a document is on its way back.
    fn is_mending(&self, uri: &str) -> bool {
        self.all.values().any(|tracked| tracked.ask.uri == uri && tracked.proposal.is_mending())
    }

    /// A document changed by `edit` from `before` to what it is.
    pub(super) fn changed(&mut self, edit: &Edit, before: &Rope, document: &Document) {
        for tracked in self.all.values_mut().filter(|tracked| tracked.ask.uri == document.uri) {
            tracked.due |= match tracked.proposal.carry(edit, before, &document.text) {
                // Its ranges may be others, and an event names the version that it is about.
                News::Moved => tracked.is_drawn(),
                News::Changed | News::Applied => true,
            };
        }
    }

    /// A closed document is open again, perhaps with another text.
    pub(super) fn reopened(&mut self, before: &Document, now: &Document) {
        let edit = Edit::tight(0..before.text.len_bytes(), &now.text.to_string(), &before.text);
        self.changed(&edit, &before.text, now);
        for tracked in self.all.values_mut().filter(|tracked| tracked.ask.uri == now.uri) {
            tracked.due = true;
        }
    }

    /// Whether a closed document's text is still needed.
    pub(super) fn waits_for(&self, uri: &str) -> bool {
        self.all.values().any(|tracked| tracked.ask.uri == uri && tracked.is_drawn())
    }

    /// Forgets the oldest proposals that ended, beyond what is kept.
    fn forget_old(&mut self) {
        let ended = self.all.iter().filter(|(_, tracked)| !tracked.is_drawn());
        let mut ended: Vec<_> = ended.map(|(name, tracked)| (tracked.number, name.clone())).collect();
        ended.sort_unstable();
        for (_, name) in ended.iter().take(ended.len().saturating_sub(ENDED)) {
            self.all.remove(name);
        }
    }
}

impl Tracked {
    /// It has a place in the document that the editor draws.
    fn is_drawn(&self) -> bool {
        match self.proposal.state() {
            State::Accepted | State::Rejected | State::Failed | State::Cancelled => false,
            State::Working | State::Ready | State::Applying | State::Conflict => true,
        }
    }
}

fn unknown() -> Problem {
    Problem::new(ProblemKind::NotFound, "there is no such proposal any more", "Ask again.")
}

fn unchanged() -> Problem {
    Problem::new(
        ProblemKind::EmptyAnswer,
        "the model left the text as it is",
        "Say more in the instruction, or try another model.",
    )
}
