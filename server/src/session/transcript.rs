//! A chat as it is opened again: what its events told is kept in its turns, and is told as the same events.

use aside_core::context::Item;
use aside_core::conversation::{Conversation, Facts, Instead, Sent, Turn, TurnState};
use aside_core::problem::{Problem, ProblemKind};
use aside_core::provider::Role;

use super::Session;
use super::chats::context_item;
use crate::protocol::{ChatMessage, ChatTranscript, ContextItem, TurnEvent};
use crate::words::Account;

impl Session {
    /// The chat as it is shown: from here on the user has seen it.
    pub(crate) fn transcript(&mut self, chat: &str) -> Result<ChatTranscript, Problem> {
        let words = self.client.features.words;
        let conversation = self.shown_chat(chat)?;
        Ok(ChatTranscript {
            chat: chat.to_owned(),
            title: conversation.title(),
            messages: conversation.turns().iter().flat_map(|turn| messages(turn, words)).collect(),
            running: conversation.running().map(str::to_owned),
        })
    }
}

/// Keeps what an event says of the running turn; `false` if it isn't running.
pub(super) fn note(conversation: &mut Conversation, turn: &str, event: &TurnEvent) -> bool {
    conversation.learn(turn, |facts| match event {
        TurnEvent::Context { model, origin, items, tokens, budget, masked, fallbacks: _ } => {
            let items = items.iter().cloned().map(kept_item).collect();
            let (model, origin) = (model.clone(), origin.clone());
            facts.sent =
                Some(Sent { model, origin, items, tokens: *tokens, budget: *budget, masked: *masked });
        }
        TurnEvent::Reasoning { text } => facts.reasoning.push_str(text),
        TurnEvent::Fallback { from, to, origin, problem, skipped } => facts.instead.push(Instead {
            from: from.clone(),
            to: to.clone(),
            origin: origin.clone(),
            problem: kept_problem(problem),
            skipped: skipped.clone(),
        }),
        TurnEvent::Usage { usage, cost } => (facts.usage, facts.cost) = (Some(*usage), cost.clone()),
        TurnEvent::Failed { problem } => facts.problem = Some(kept_problem(problem)),
        TurnEvent::Text { .. }
        | TurnEvent::Queued { .. }
        | TurnEvent::Waiting { .. }
        | TurnEvent::Done { .. }
        | TurnEvent::Cancelled => {}
    })
}

fn messages(turn: &Turn, words: bool) -> [ChatMessage; 2] {
    let message = |role, text: &str| ChatMessage {
        turn: turn.id.clone(),
        role,
        text: text.to_owned(),
        events: Vec::new(),
        said: None,
    };
    let events: Vec<TurnEvent> = before(&turn.facts).chain(end(turn)).collect();
    let said = words.then(|| said(turn, &events)).flatten();
    let answer = ChatMessage { events, said, ..message(Role::Assistant, &turn.answer) };
    [message(Role::User, &turn.question), answer]
}

/// What is said about a turn once all this happened.
fn said(turn: &Turn, events: &[TurnEvent]) -> Option<crate::protocol::Said> {
    let mut account = Account::default();
    let text = (!turn.answer.is_empty()).then(|| TurnEvent::Text { text: String::new() });
    let is_end = |event: &&TurnEvent| {
        matches!(event, TurnEvent::Done { .. } | TurnEvent::Failed { .. } | TurnEvent::Cancelled)
    };
    let (ends, before): (Vec<&TurnEvent>, Vec<&TurnEvent>) = events.iter().partition(is_end);
    before.into_iter().chain(&text).chain(ends).filter_map(|event| account.hear(event)).last()
}

/// What happened before the end, as the events told it.
fn before(facts: &Facts) -> impl Iterator<Item = TurnEvent> {
    let Facts { sent, reasoning, instead, usage, cost, problem: _ } = facts.clone();
    let context = sent.map(|Sent { model, origin, items, tokens, budget, masked }| TurnEvent::Context {
        model,
        origin,
        items: items.into_iter().map(context_item).collect(),
        tokens,
        budget,
        masked,
        fallbacks: Vec::new(),
    });
    let instead = instead.into_iter().map(|Instead { from, to, origin, problem, skipped }| {
        TurnEvent::Fallback { from, to, origin, problem, skipped }
    });
    let reasoning = (!reasoning.is_empty()).then_some(TurnEvent::Reasoning { text: reasoning });
    let usage = usage.map(|usage| TurnEvent::Usage { usage, cost });
    context.into_iter().chain(instead).chain(reasoning).chain(usage)
}

/// How it ended; nothing while it is running.
fn end(turn: &Turn) -> Option<TurnEvent> {
    match turn.state {
        TurnState::Running => None,
        TurnState::Done { cut } => Some(TurnEvent::Done { cut }),
        TurnState::Failed => {
            let problem = turn.facts.problem.clone().unwrap_or_else(unknown);
            Some(TurnEvent::Failed { problem })
        }
        TurnState::Cancelled => Some(TurnEvent::Cancelled),
    }
}

/// For a turn that an earlier version kept without its problem.
fn unknown() -> Problem {
    Problem::new(ProblemKind::Provider, "what went wrong was not kept", "Ask again.")
}

/// A provider's own words may repeat what was sent, or a key: they are shown and not kept.
fn kept_problem(problem: &Problem) -> Problem {
    Problem { detail: None, ..problem.clone() }
}

fn kept_item(item: ContextItem) -> Item {
    let ContextItem { label, uri, range, tokens, left_out, blocked } = item;
    let goes_along = left_out.is_none();
    Item { label, uri, range, tokens, left_out, goes_along, blocked }
}
