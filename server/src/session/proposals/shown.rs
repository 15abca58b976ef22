//! What is shown of a proposal: its event, its place in a menu, and a diff.

use std::ops::Range;

use aside_core::diff::unified;
use aside_core::document::{Document, Edit};
use aside_core::position::Encoding;
use aside_core::problem::Problem;
use aside_core::proposal::{self, State};

use super::{Proposals, Tracked};
use crate::convert;
use crate::menu::changes;
use crate::protocol::{ProposalEvent, ProposalHunk, ProposalNear, ProposalSpot, ProposalState, Step};
use crate::session::Session;
use crate::session::chats::file_name;
use crate::words;

/// A proposal that something can still be done with, as a menu needs it.
pub(crate) struct Open {
    pub(crate) proposal: String,
    pub(crate) state: ProposalState,
    /// The open hunks' ids.
    pub(crate) hunks: Vec<u32>,
    /// Where each begins, in bytes.
    pub(crate) places: Vec<usize>,
    /// Which of them, by index, are where the menu was opened.
    pub(crate) here: Vec<usize>,
    /// Where the proposal begins, in bytes.
    pub(crate) start: usize,
    /// Whether there is an answer that could not be used, to be looked at.
    pub(crate) is_unusable: bool,
}

impl Session {
    /// What can be done with the proposals that touch a place.
    pub(crate) fn open_proposals(&self, uri: &str, place: &Range<usize>) -> Vec<Open> {
        let touches = |span: &Range<usize>| span.start <= place.end && place.start <= span.end;
        let here = |(name, tracked): (&String, &Tracked)| Open {
            proposal: name.clone(),
            state: state(tracked.proposal.state()),
            hunks: tracked.proposal.hunks().map(|hunk| hunk.id).collect(),
            places: tracked.proposal.hunks().map(|hunk| hunk.span.start).collect(),
            start: tracked.proposal.span().start,
            is_unusable: tracked.unusable.is_some(),
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

    /// The hunk, or the proposal without one, that is nearest to a line, or the next one from it.
    pub(crate) fn proposal_near(&self, near: &ProposalNear) -> Result<Option<ProposalSpot>, Problem> {
        let document = self.document(&near.uri)?;
        if document.version != near.version {
            return Err(crate::session::stale());
        }
        let lines = i64::try_from(document.text.len_lines()).unwrap_or(i64::MAX);
        let distance = |(spot, last): &(ProposalSpot, u32)| {
            let (first, last, line) = (i64::from(spot.line), i64::from(*last), i64::from(near.line));
            match near.step {
                None => (first - line).max(line - last).max(0),
                Some(Step::Next) => (first - line - 1).rem_euclid(lines),
                Some(Step::Previous) => (line - first - 1).rem_euclid(lines),
            }
        };
        let of_document = self.proposals.all.iter().filter(|(_, tracked)| tracked.ask.uri == near.uri);
        let spots = of_document.flat_map(|(name, tracked)| tracked.spots(name, document));
        Ok(spots.min_by_key(|spot| (distance(spot), spot.0.line)).map(|(spot, _)| spot))
    }

    /// A proposal as a unified diff, with the instruction above it; or the model's words that could not be made one.
    pub(crate) fn proposal_diff(&self, name: &str) -> Result<String, Problem> {
        let tracked = self.proposals.find(name)?;
        let document = self.document(&tracked.ask.uri)?;
        Ok(tracked.to_diff(document))
    }
}

impl Tracked {
    /// What a user without an extension is told once the answer is whole.
    pub(super) fn summary(&self) -> String {
        let file = file_name(&self.ask.uri);
        if self.proposal.state() == State::Conflict {
            return format!("{file}: you typed where the model did; choose a side among the code actions");
        }
        let warning =
            self.warning.as_deref().map(|warning| format!(" {}", note(warning))).unwrap_or_default();
        let count = changes(self.proposal.hunks().count());
        let usage = self.usage.map(|usage| format!(" ({})", usage.to_words(self.cost.as_deref())));
        let usage = usage.unwrap_or_default();
        let from =
            if self.instead.is_empty() { String::new() } else { format!(" from {} instead", self.model) };
        format!(
            "{file}: {count} ready{from}{usage}; accept, show or reject among the code actions there.{warning}"
        )
    }

    pub(super) fn event(&mut self, name: &str, document: &Document, encoding: Encoding) -> ProposalEvent {
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
            title: self.title(),
            about: self.about(),
            model: self.model.clone(),
            origin: self.origin.clone(),
            fallbacks: self.fallbacks.clone(),
            instead: self.instead.clone(),
            items: self.items.clone(),
            masked: self.masked,
            range: range(&self.proposal.span()),
            hunks: self.proposal.hunks().map(hunk).collect(),
            warning: self.warning.clone(),
            queued: self.queued,
            problem: self.proposal.problem().or(self.waiting.as_ref()).cloned(),
            usage: self.usage,
            cost: self.cost.clone(),
        };
        self.next_seq += 1;
        self.due = false;
        event
    }

    fn title(&self) -> String {
        match self.proposal.state() {
            State::Working => "writing…".to_owned(),
            State::Ready => changes(self.proposal.hunks().count()),
            State::Applying => "applying…".to_owned(),
            State::Accepted => "accepted".to_owned(),
            State::Rejected => "rejected".to_owned(),
            State::Conflict => "you and the model changed the same lines".to_owned(),
            State::Failed => "failed".to_owned(),
            State::Cancelled => "stopped".to_owned(),
        }
    }

    fn about(&self) -> String {
        let asked = words::shortened(self.proposal.instruction());
        let along = words::along(&self.items, None, &self.origin, self.masked).join(" · ");
        let usage = self.usage.map(|usage| words::usage(&usage, self.cost.as_deref()));
        // Another company has the text then, or may have it: that stands before the rest.
        let may_go = words::fallbacks(&self.fallbacks).filter(|_| self.proposal.state() == State::Working);
        let elsewhere = self.instead.iter().cloned().chain(may_go);
        let parts = [asked, self.model.clone()].into_iter().chain(elsewhere).chain([along]).chain(usage);
        parts.collect::<Vec<_>>().join(" · ")
    }

    /// Its hunks, or its place where it has none, each with its last line; none once it was accepted or rejected.
    fn spots(&self, name: &str, document: &Document) -> Vec<(ProposalSpot, u32)> {
        let spot = |hunk: Option<u32>, conflict: bool, span: &Range<usize>| {
            let line = |byte| u32::try_from(document.text.byte_to_line(byte)).unwrap_or(u32::MAX);
            let (first, last) = (line(span.start), line(span.end.saturating_sub(1).max(span.start)));
            (ProposalSpot { proposal: name.to_owned(), hunk, conflict, line: first }, last)
        };
        if matches!(self.proposal.state(), State::Accepted | State::Rejected) {
            return Vec::new();
        }
        let hunks = self.proposal.hunks().map(|hunk| spot(Some(hunk.id), hunk.is_conflict(), &hunk.span));
        let spots: Vec<_> = hunks.collect();
        if spots.is_empty() { vec![spot(None, false, &self.proposal.span())] } else { spots }
    }

    fn to_diff(&self, document: &Document) -> String {
        let file = file_name(&document.uri);
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut text = format!("{file}: {}\n", words(self.proposal.instruction()));
        for said in self.instead.iter().chain(&self.warning) {
            text.push_str(&note(&words(said)));
            text.push('\n');
        }
        if let Some(written) = &self.unusable {
            let why = self.proposal.problem().map_or("it could not be read", |problem| &problem.title);
            text.push_str(&format!("Nothing was changed: {why}. The model wrote:\n\n{written}"));
            return text;
        }
        for hunk in self.proposal.hunks().filter(|hunk| hunk.is_conflict()) {
            let line = document.text.byte_to_line(hunk.span.start) + 1;
            text.push_str(&format!("In conflict with what you typed: line {line}.\n"));
        }
        let changes: Vec<_> =
            self.proposal.hunks().map(|hunk| Edit::new(hunk.span.clone(), hunk.added())).collect();
        text.push('\n');
        text.push_str(&unified(&file, &document.text, &changes));
        text
    }
}

impl Proposals {
    /// What code lenses are about: each open proposal, its state and its hunks.
    pub(in crate::session) fn about(&self) -> Vec<String> {
        let about = |(name, tracked): (&String, &Tracked)| {
            let hunks: Vec<_> = tracked.proposal.hunks().map(|hunk| hunk.id.to_string()).collect();
            format!("{name} {} {}", tracked.proposal.state() as u8, hunks.join(" "))
        };
        self.all.iter().map(about).collect()
    }
}

/// What the user should know first, as one sentence, with a full stop or without one.
fn note(said: &str) -> String {
    format!("Note: {}.", said.trim_end_matches('.'))
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
