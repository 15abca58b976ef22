//! Proposals of the session: begun, carried over every change, accepted, verified.
//!
//! What a proposal is and decides is the core's; this is the book that is kept of them.

use std::collections::BTreeMap;
use std::ops::Range;

use aside_core::config::Feature;
use aside_core::context::{self, Note};
use aside_core::document::{self, Document, Edit};
use aside_core::problem::{Problem, ProblemKind};
use aside_core::prompt::{self, Attempt, Inline};
use aside_core::proposal::{self, AcceptError, News, Proposal, Request, State};
use aside_core::provider::Usage;
use aside_core::reply::{self, Clean, Surroundings};
use ropey::Rope;
use serde_json::Value;

use super::Session;
use super::chats::{context_item, file_name};
use crate::actions::changes;
use crate::convert::{self, TextEdit};
use crate::model::{self, Prepared};
use crate::protocol::{
    ContextItem, Mention, ProposalAccept, ProposalEvent, ProposalHunk, ProposalReject, ProposalState,
    RunAction, Side,
};

/// So many proposals that have ended are kept, for a retry or an undo.
const ENDED: usize = 32;

/// The proposals of the session, by name.
#[derive(Default)]
pub(crate) struct Proposals {
    all: BTreeMap<String, Tracked>,
}

/// Edits that take back what an editor misapplied, for it to apply at once.
pub(crate) struct Mending {
    pub(crate) edit: Value,
    pub(crate) problem: Problem,
}

/// What is asked about which text.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) uri: String,
    /// What the user selected, in bytes of the document.
    pub(crate) selection: Range<usize>,
    pub(crate) instruction: String,
    pub(crate) notes: Vec<Note>,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) feature: Feature,
    pub(crate) model: Option<String>,
}

/// A proposal's model call, ready to start.
pub(crate) struct Begun {
    pub(crate) call: Prepared,
    pub(crate) surroundings: Surroundings,
}

/// An instruction made into a prompt.
pub(crate) struct Asked {
    pub(crate) call: Prepared,
    pub(crate) items: Vec<ContextItem>,
    surroundings: Surroundings,
    span: Range<usize>,
}

/// A proposal that something can still be done with, as a menu needs it.
pub(crate) struct Open {
    pub(crate) proposal: String,
    pub(crate) state: ProposalState,
    /// The open hunks' ids.
    pub(crate) hunks: Vec<u32>,
    /// Which of them, by index, are where the menu was opened.
    pub(crate) here: Vec<usize>,
}

/// A proposal and what is kept beside it.
struct Tracked {
    proposal: Proposal,
    ask: Ask,
    /// Earlier answers, for a retry.
    attempts: Vec<Attempt>,
    /// The text that the model gave.
    answer: String,
    origin: String,
    /// What went along, as it is told.
    items: Vec<ContextItem>,
    next_seq: u64,
    /// Something the editor shows has changed.
    due: bool,
    warning: Option<String>,
    /// Why nothing came yet.
    waiting: Option<Problem>,
    usage: Option<Usage>,
    /// The editor was asked to apply an edit and hasn't answered.
    unanswered: bool,
    /// The progress display that stands for it.
    token: Option<String>,
}

impl Session {
    /// Where an action was offered, as the document now stands.
    pub(crate) fn place(&self, run: &RunAction) -> Result<Range<usize>, Problem> {
        match run.offer.and_then(|offer| self.offered(offer)) {
            Some(place) => place,
            None => self.span(&run.uri, run.version, run.range),
        }
    }

    /// An instruction made into a prompt, without beginning anything.
    pub(crate) fn prepare(&self, ask: &Ask, attempts: &[Attempt]) -> Result<Asked, Problem> {
        let settings = self.settings();
        let (model, provider) = model::choose(settings, ask.feature, ask.model.as_deref())?;
        let document = self.document(&ask.uri)?;
        let text = &document.text;
        let span = document::whole_lines(text, ask.selection.clone());
        let base = text.byte_slice(span.clone()).to_string();
        let (before, after) = prompt::around(text, &span);
        let asked_tokens = context::tokens(ask.instruction.len() + base.len() + before.len() + after.len());
        let context =
            context::gather(&self.sources(&ask.mentions)?, asked_tokens, settings.context_max_tokens);
        let selected = selected(&ask.selection, &span);
        let prompt = prompt::inline(&Inline {
            file_name: &file_name(&ask.uri),
            language: &document.language,
            before: &before,
            span: &base,
            after: &after,
            first_line: u32::try_from(text.byte_to_line(span.start)).unwrap_or(u32::MAX),
            selected: selected.as_ref(),
            instruction: &ask.instruction,
            notes: &ask.notes,
            blocks: &context.blocks,
            standing: &settings.instructions,
            attempts,
        });
        let sent = span.start - before.len()..span.end + after.len();
        let mut items = vec![self.sent_item(document, &sent, prompt.tokens().saturating_sub(context.tokens))];
        items.extend(context.items.into_iter().map(context_item));
        let further = attempts.iter().map(|attempt| attempt.further.as_str());
        let instruction =
            std::iter::once(ask.instruction.as_str()).chain(further).collect::<Vec<_>>().join("\n");
        let surroundings = Surroundings {
            base,
            before,
            after,
            indent: indent(document.indent(span.clone())),
            line_ending: document.line_ending().as_str(),
            language: document.language.clone(),
            instruction,
        };
        let request = prompt.request(&model.model, &provider);
        Ok(Asked { call: Prepared { model, provider, request }, items, surroundings, span })
    }

    /// The lines of the document that go along with an instruction.
    fn sent_item(&self, document: &Document, sent: &Range<usize>, tokens: u64) -> ContextItem {
        let range = convert::range(&document.text, sent, self.client.encoding);
        let last = range.end.line.max(range.start.line + 1);
        ContextItem {
            label: format!("{}:{}-{last}", file_name(&document.uri), range.start.line + 1),
            uri: Some(document.uri.clone()),
            range: Some(range),
            tokens,
            left_out: None,
        }
    }

    /// Begins a proposal. A name that is in use by one that hasn't ended is refused.
    pub(crate) fn begin_proposal(&mut self, name: &str, ask: Ask) -> Result<Begun, Problem> {
        if self.proposals.all.get(name).is_some_and(|tracked| !tracked.has_ended()) {
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
        let proposal = Proposal::new(request, &document.text, asked.span);
        let before = self.proposals.all.remove(name);
        let tracked = Tracked {
            proposal,
            ask,
            attempts,
            answer: String::new(),
            origin: asked.call.origin(),
            items: asked.items,
            next_seq: before.map_or(0, |before| before.next_seq),
            due: true,
            warning: None,
            waiting: None,
            usage: None,
            unanswered: false,
            token: None,
        };
        self.proposals.all.insert(name.to_owned(), tracked);
        Ok(Begun { call: asked.call, surroundings: asked.surroundings })
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
            tracked.warning = clean.warning.clone().or_else(|| tracked.proposal.warning().map(str::to_owned));
            Ok(tracked.summary())
        })
    }

    pub(crate) fn fail_proposal(&mut self, name: &str, problem: Problem) {
        self.with_proposal(name, |tracked| {
            tracked.waiting = None;
            tracked.proposal.fail(problem);
        });
    }

    /// Tells why nothing came yet.
    pub(crate) fn proposal_waits(&mut self, name: &str, problem: Problem) {
        self.with_proposal(name, |tracked| tracked.waiting = Some(problem));
    }

    pub(crate) fn proposal_usage(&mut self, name: &str, usage: Usage) {
        self.with_proposal(name, |tracked| tracked.usage = Some(usage));
    }

    /// The model is stopped. Gives the progress display to end.
    pub(crate) fn cancel_proposal(&mut self, name: &str) -> Option<String> {
        let tracked = self.proposals.all.get_mut(name)?;
        if tracked.proposal.state() != State::Working {
            return None;
        }
        tracked.due = true;
        tracked.proposal.cancel();
        tracked.token.take()
    }

    /// Drops a proposal or some of its hunks.
    pub(crate) fn reject(&mut self, params: &ProposalReject) -> Result<(), Problem> {
        self.proposals.find(&params.proposal)?;
        self.with_proposal(&params.proposal, |tracked| tracked.proposal.reject(params.hunks.as_deref()));
        Ok(())
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

fn indent(indent: document::Indent) -> reply::Indent {
    match indent {
        document::Indent::Tabs => reply::Indent { tabs: true, ..reply::Indent::default() },
        document::Indent::Spaces(width) => reply::Indent { tabs: false, width },
    }
}

/// The selection as bytes of the span, where it is less than the span's text.
fn selected(selection: &Range<usize>, span: &Range<usize>) -> Option<Range<usize>> {
    let whole = selection.is_empty() || (selection.start <= span.start && selection.end >= span.end);
    (!whole).then(|| selection.start.max(span.start) - span.start..selection.end.min(span.end) - span.start)
}

impl Session {
    /// Accepts a proposal or some of its hunks: the edit for the document as it now stands, or nothing to write.
    pub(crate) fn accept(&mut self, params: &ProposalAccept) -> Result<Option<Value>, Problem> {
        let encoding = self.client.encoding;
        let tracked = self.proposals.find_mut(&params.proposal)?;
        let document = self.documents.get(&tracked.ask.uri).ok_or_else(super::not_open)?;
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
        Ok((!edits.is_empty()).then(|| self.workspace_edit(document, &edits)))
    }

    fn workspace_edit(&self, document: &Document, edits: &[Edit]) -> Value {
        let client = &self.client;
        // An extension checks the version itself, so it is always told.
        let versioned = client.versioned_edits || client.features.proposals;
        let edits: Vec<_> =
            edits.iter().map(|edit| TextEdit::new(edit, &document.text, client.encoding)).collect();
        convert::workspace_edit(&document.uri, versioned.then_some(document.version), &edits)
    }

    /// The editor is being asked to apply an accepted edit.
    pub(crate) fn edit_asked(&mut self, name: &str) {
        self.with_proposal(name, |tracked| tracked.unanswered = true);
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

    /// A request about a document came, so the editor has sent all that it changed before: an accepted edit that was
    /// not seen by then was not applied, whatever the editor said.
    pub(crate) fn settle(&mut self, uri: &str) {
        let mut all = self.proposals.all.values_mut();
        let unseen = all.any(|tracked| {
            let settled = tracked.ask.uri == uri && !tracked.unanswered && tracked.proposal.settle();
            tracked.due |= settled;
            settled
        });
        if unseen {
            self.report(not_applied());
        }
    }

    /// What can be done with the proposals that touch a place.
    pub(crate) fn open_proposals(&self, uri: &str, place: &Range<usize>) -> Vec<Open> {
        let touches = |span: &Range<usize>| span.start <= place.end && place.start <= span.end;
        let here = |(name, tracked): (&String, &Tracked)| Open {
            proposal: name.clone(),
            state: state(tracked.proposal.state()),
            hunks: tracked.proposal.hunks().map(|hunk| hunk.id).collect(),
            here: tracked
                .proposal
                .hunks()
                .enumerate()
                .filter(|(_, h)| touches(&h.span))
                .map(|(at, _)| at)
                .collect(),
        };
        let of_document = self.proposals.all.iter().filter(|(_, tracked)| tracked.ask.uri == uri);
        of_document.filter(|(_, tracked)| touches(&tracked.proposal.span())).map(here).collect()
    }

    /// A proposal as a diff in Markdown.
    pub(crate) fn proposal_markdown(&self, name: &str) -> Result<String, Problem> {
        let tracked = self.proposals.find(name)?;
        let document = self.document(&tracked.ask.uri)?;
        Ok(tracked.to_markdown(document))
    }

    /// The events that are due, each proposal as it now stands. One whose document is closed waits.
    pub(super) fn due_proposals(&mut self) -> Vec<ProposalEvent> {
        let mut events = Vec::new();
        for (name, tracked) in self.proposals.all.iter_mut().filter(|(_, tracked)| tracked.due) {
            if let Some(document) = self.documents.get(&tracked.ask.uri) {
                events.push(tracked.event(name, document, self.client.encoding));
            }
        }
        events
    }

    /// Edits that take back what the editor misapplied.
    pub(super) fn due_mending(&mut self) -> Vec<Mending> {
        let mut found = Vec::new();
        for tracked in self.proposals.all.values_mut() {
            if let (Some(edits), Some(document)) =
                (tracked.proposal.take_undo(), self.documents.get(&tracked.ask.uri))
            {
                found.push((document, edits));
            }
        }
        let problem = || {
            Problem::new(
                ProblemKind::Misapplied,
                "the editor put the accepted text in the wrong place",
                "It is being taken back; accept again once the text has settled.",
            )
        };
        found
            .into_iter()
            .map(|(document, edits)| Mending {
                edit: self.workspace_edit(document, &edits),
                problem: problem(),
            })
            .collect()
    }
}

impl Proposals {
    fn find(&self, name: &str) -> Result<&Tracked, Problem> {
        self.all.get(name).ok_or_else(unknown)
    }

    fn find_mut(&mut self, name: &str) -> Result<&mut Tracked, Problem> {
        self.all.get_mut(name).ok_or_else(unknown)
    }

    /// A document changed by `edit` from `before` to what it is.
    pub(super) fn changed(&mut self, edit: &Edit, before: &Rope, document: &Document) {
        for tracked in self.all.values_mut().filter(|tracked| tracked.ask.uri == document.uri) {
            match tracked.proposal.carry(edit, before, &document.text) {
                // Its ranges may be others, and events name the version that they are about.
                News::Moved | News::Changed | News::Applied | News::Misplaced => {
                    tracked.due |= tracked.is_shown();
                }
            }
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
        self.all.values().any(|tracked| tracked.ask.uri == uri && tracked.is_shown())
    }

    /// Forgets the proposals that ended first, beyond what is kept.
    fn forget_old(&mut self) {
        let ended: Vec<String> = self
            .all
            .iter()
            .filter(|(_, tracked)| tracked.has_ended())
            .map(|(name, _)| name.clone())
            .collect();
        for name in ended.iter().take(ended.len().saturating_sub(ENDED)) {
            self.all.remove(name);
        }
    }
}

impl Tracked {
    /// Nothing more happens to it, but for a retry or an undo.
    fn has_ended(&self) -> bool {
        match self.proposal.state() {
            State::Accepted | State::Rejected | State::Failed | State::Cancelled => true,
            State::Working | State::Ready | State::Applying | State::Conflict => false,
        }
    }

    /// The editor shows it, or would after an undo.
    fn is_shown(&self) -> bool {
        match self.proposal.state() {
            State::Rejected | State::Failed | State::Cancelled => false,
            State::Working | State::Ready | State::Applying | State::Conflict | State::Accepted => true,
        }
    }

    /// What a user without an extension is told once the answer is whole.
    fn summary(&self) -> String {
        let file = file_name(&self.ask.uri);
        if self.proposal.state() == State::Conflict {
            return format!("{file}: you typed where the model did; choose a side among the code actions");
        }
        let warning = self.warning.as_deref().map(|warning| format!(" Note: {warning}.")).unwrap_or_default();
        let count = changes(self.proposal.hunks().count());
        format!("{file}: {count} ready; accept, show or reject among the code actions there.{warning}")
    }

    fn event(
        &mut self,
        name: &str,
        document: &Document,
        encoding: aside_core::position::Encoding,
    ) -> ProposalEvent {
        let range = |span: &Range<usize>| convert::range(&document.text, span, encoding);
        let hunk = |hunk: &proposal::Hunk| ProposalHunk {
            id: hunk.id,
            range: range(&hunk.span),
            removed: hunk.removed(&document.text),
            added: hunk.added().to_owned(),
            conflict: hunk.is_conflict(),
        };
        let event = ProposalEvent {
            proposal: name.to_owned(),
            seq: self.next_seq,
            uri: document.uri.clone(),
            version: document.version,
            state: state(self.proposal.state()),
            instruction: self.proposal.instruction().to_owned(),
            model: self.proposal.model().to_owned(),
            origin: self.origin.clone(),
            items: self.items.clone(),
            range: range(&self.proposal.span()),
            hunks: self.proposal.hunks().map(hunk).collect(),
            warning: self.warning.clone(),
            problem: self.proposal.problem().or(self.waiting.as_ref()).cloned(),
            usage: self.usage,
        };
        self.next_seq += 1;
        self.due = false;
        event
    }

    fn to_markdown(&self, document: &Document) -> String {
        let mut text = format!("# {}\n\n{}\n", file_name(&document.uri), self.proposal.instruction());
        if let Some(warning) = &self.warning {
            text.push_str(&format!("\n**Note:** {warning}.\n"));
        }
        for hunk in self.proposal.hunks() {
            let line = document.text.byte_to_line(hunk.span.start) + 1;
            let removed = hunk.removed(&document.text);
            let fence = fence(&[&removed, hunk.added()]);
            let conflict = if hunk.is_conflict() { ", in conflict with what you typed" } else { "" };
            text.push_str(&format!("\nLine {line}{conflict}:\n\n{fence}diff\n"));
            let lines = |sign: char, lines: &str| {
                lines.lines().map(|line| format!("{sign}{line}\n")).collect::<String>()
            };
            text.push_str(&lines('-', &removed));
            text.push_str(&lines('+', hunk.added()));
            text.push_str(&format!("{fence}\n"));
        }
        text
    }
}

/// A fence that no line of the texts can close.
fn fence(texts: &[&str]) -> String {
    let longest =
        texts.iter().flat_map(|text| text.split(|c| c != '`')).map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}

fn state(state: State) -> ProposalState {
    match state {
        State::Working => ProposalState::Working,
        State::Ready => ProposalState::Ready,
        State::Applying => ProposalState::Applying,
        State::Accepted => ProposalState::Accepted,
        State::Rejected => ProposalState::Rejected,
        State::Conflict => ProposalState::Conflict,
        State::Failed => ProposalState::Failed,
        State::Cancelled => ProposalState::Cancelled,
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

fn not_applied() -> Problem {
    Problem::new(
        ProblemKind::Conflict,
        "the editor did not apply the accepted text",
        "Nothing was changed and the proposal is open again; accept it once more.",
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
