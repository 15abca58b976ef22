//! What is shown of a proposal: its event, its place in a menu, and a diff in Markdown.

use std::ops::Range;

use aside_core::document::Document;
use aside_core::position::Encoding;
use aside_core::problem::Problem;
use aside_core::proposal::{self, State};

use super::Tracked;
use crate::actions::changes;
use crate::convert;
use crate::protocol::{ProposalEvent, ProposalHunk, ProposalState};
use crate::session::Session;
use crate::session::chats::file_name;

/// A proposal that something can still be done with, as a menu needs it.
pub(crate) struct Open {
    pub(crate) proposal: String,
    pub(crate) state: ProposalState,
    /// The open hunks' ids.
    pub(crate) hunks: Vec<u32>,
    /// Which of them, by index, are where the menu was opened.
    pub(crate) here: Vec<usize>,
}

impl Session {
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
}

impl Tracked {
    /// What a user without an extension is told once the answer is whole.
    pub(super) fn summary(&self) -> String {
        let file = file_name(&self.ask.uri);
        if self.proposal.state() == State::Conflict {
            return format!("{file}: you typed where the model did; choose a side among the code actions");
        }
        let warning = self.warning.as_deref().map(|warning| format!(" Note: {warning}.")).unwrap_or_default();
        let count = changes(self.proposal.hunks().count());
        let usage = self.usage.map(|usage| format!(" ({})", usage.to_words(self.cost.as_deref())));
        let usage = usage.unwrap_or_default();
        format!("{file}: {count} ready{usage}; accept, show or reject among the code actions there.{warning}")
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
            model: self.model.clone(),
            origin: self.origin.clone(),
            items: self.items.clone(),
            masked: self.masked,
            range: range(&self.proposal.span()),
            hunks: self.proposal.hunks().map(hunk).collect(),
            warning: self.warning.clone(),
            problem: self.proposal.problem().or(self.waiting.as_ref()).cloned(),
            usage: self.usage,
            cost: self.cost.clone(),
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
