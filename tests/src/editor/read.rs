//! Reading what the server said: by method, as a whole turn, as a proposal, as a progress.

use super::TestEditor;
use aside::protocol::{
    Cancel, ChatEvent, ChatSend, ContextItem, InlineStart, OtherModel, ProposalAccept, ProposalEdit,
    ProposalEvent, ProposalState, Said, TurnEvent, method,
};
use aside_core::position::Range;
use aside_core::problem::Problem;
use aside_core::provider::Usage;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A turn as a client sees it.
#[derive(Debug, Default)]
pub struct Turn {
    pub model: String,
    pub origin: String,
    pub items: Vec<ContextItem>,
    pub tokens: u64,
    pub budget: u64,
    pub masked: usize,
    /// The models that may be asked next.
    pub may_ask: Vec<OtherModel>,
    pub text: String,
    pub reasoning: String,
    pub usage: Option<Usage>,
    pub cost: Option<String>,
    /// Models that were asked instead, where they are, and why.
    pub fallbacks: Vec<(String, String, Problem)>,
    /// Its places in the line before the provider.
    pub places: Vec<u32>,
    /// The problems of requests that were tried again.
    pub waits: Vec<Problem>,
    /// What was last said about it, in words.
    pub said: Option<Said>,
    /// The final event, and no other one.
    pub end: Option<TurnEvent>,
    seq: u64,
}

impl Turn {
    /// The problem it failed with.
    #[track_caller]
    pub fn problem(&self) -> &Problem {
        match &self.end {
            Some(TurnEvent::Failed { problem }) => problem,
            other => panic!("the turn did not fail, it ended with {other:?}"),
        }
    }

    /// # Panics
    /// If the event breaks the protocol: a gap in `seq`, no context first, an event after the end.
    #[track_caller]
    fn take(&mut self, event: &ChatEvent) {
        assert_eq!(event.seq, self.seq, "seq has a gap at {event:?}");
        assert!(self.end.is_none(), "an event after the end: {event:?}");
        // One that can't start, or is stopped before it does, only ends.
        let first = matches!(
            event.event,
            TurnEvent::Context { .. } | TurnEvent::Failed { .. } | TurnEvent::Cancelled
        );
        assert!(self.seq > 0 || first, "the first event is not the context: {event:?}");
        self.seq += 1;
        self.said = event.said.clone().or(self.said.take());
        match event.event.clone() {
            TurnEvent::Context { model, origin, items, tokens, budget, masked, fallbacks } => {
                self.may_ask = fallbacks;
                (self.model, self.origin, self.items) = (model, origin, items);
                (self.tokens, self.budget, self.masked) = (tokens, budget, masked);
            }
            TurnEvent::Text { text } => self.text += &text,
            TurnEvent::Reasoning { text } => self.reasoning += &text,
            TurnEvent::Queued { place } => self.places.push(place),
            TurnEvent::Waiting { problem, .. } => self.waits.push(problem),
            TurnEvent::Usage { usage, cost } => (self.usage, self.cost) = (Some(usage), cost),
            TurnEvent::Fallback { to, origin, problem, .. } => self.fallbacks.push((to, origin, problem)),
            end @ (TurnEvent::Done { .. } | TurnEvent::Failed { .. } | TurnEvent::Cancelled) => {
                self.end = Some(end);
            }
        }
    }
}

/// A progress that the server made, from its begin to its end.
#[derive(Debug)]
pub struct Progress {
    pub token: Value,
    pub title: String,
    pub messages: Vec<String>,
    pub cancellable: bool,
}

impl TestEditor {
    /// The next message with this method, read.
    #[track_caller]
    pub fn next<T: DeserializeOwned>(&mut self, method: &str) -> T {
        self.expect(method, |_| true)
    }

    /// The first message with this method that the predicate takes; others stay unread.
    #[track_caller]
    pub fn expect<T: DeserializeOwned>(&mut self, method: &str, predicate: impl Fn(&T) -> bool) -> T {
        self.shared.wait(method, |state| {
            let read = |m: &Value| {
                let params = m["params"].clone();
                serde_json::from_value::<T>(params).unwrap_or_else(|e| panic!("{e} in {m}"))
            };
            let at = state.inbox.iter().position(|m| m["method"] == method && predicate(&read(m)))?;
            state.inbox.remove(at).map(|m| read(&m))
        })
    }

    /// The lines of the editor's log, once one of them holds these words.
    #[track_caller]
    pub fn log_with(&self, words: &str) -> Vec<String> {
        let has = |lines: &Vec<String>| lines.iter().any(|line| line.contains(words));
        self.shared.wait(words, |state| Some(&state.logged).filter(|lines| has(lines)).cloned())
    }

    /// How many messages with this method lie unread.
    #[must_use]
    pub fn unread(&self, method: &str) -> usize {
        self.shared.lock().inbox.iter().filter(|m| m["method"] == method).count()
    }

    /// Reads every message with this method that has come, whatever it says.
    pub fn forget_unread(&mut self, method: &str) {
        self.shared.lock().inbox.retain(|m| m["method"] != method);
    }

    /// The error the server answers to something that was no request.
    #[track_caller]
    pub fn error_to_nothing(&mut self) -> Value {
        self.shared.wait("an error without an id", |state| {
            let at = state.inbox.iter().position(|m| m["id"].is_null() && m.get("error").is_some())?;
            state.inbox.remove(at).map(|m| m["error"].clone())
        })
    }

    // --- chats

    /// Sends a question without mentions.
    #[track_caller]
    pub fn send(&mut self, chat: &str, turn: &str, text: &str) {
        self.send_chat(&ChatSend {
            chat: chat.into(),
            turn: turn.into(),
            text: text.into(),
            mentions: vec![],
            about: None,
            missing: vec![],
            again: false,
            allow: vec![],
            model: None,
        });
    }

    #[track_caller]
    pub fn send_chat(&mut self, send: &ChatSend) {
        assert_eq!(self.request(method::CHAT_SEND, send), Value::Null, "chat/send is acknowledged with null");
    }

    /// The next event of a turn.
    #[track_caller]
    pub fn chat_event(&mut self, chat: &str, turn: &str) -> ChatEvent {
        self.expect(method::CHAT_EVENT, |event: &ChatEvent| event.chat == chat && event.turn == turn)
    }

    /// All of a turn, to its end.
    #[track_caller]
    pub fn turn(&mut self, chat: &str, turn: &str) -> Turn {
        self.turn_until(chat, turn, Turn::default(), |turn| turn.end.is_some())
    }

    /// A turn, read on until the predicate holds.
    #[track_caller]
    pub fn turn_until(
        &mut self,
        chat: &str,
        turn: &str,
        so_far: Turn,
        until: impl Fn(&Turn) -> bool,
    ) -> Turn {
        let mut seen = so_far;
        while !until(&seen) {
            assert!(seen.end.is_none(), "the turn ended first: {seen:?}");
            seen.take(&self.chat_event(chat, turn));
        }
        seen
    }

    #[track_caller]
    pub fn cancel_turn(&mut self, chat: &str, turn: &str) {
        self.request(method::CANCEL, Cancel::Turn { chat: chat.into(), turn: turn.into() });
    }

    // --- proposals

    /// Starts an instruction on a range of the document as it stands.
    #[track_caller]
    pub fn instruct(&mut self, proposal: &str, uri: &str, range: Range, instruction: &str) {
        let start = InlineStart {
            proposal: proposal.into(),
            uri: uri.into(),
            version: self.version(uri),
            range,
            instruction: instruction.into(),
            mentions: vec![],
            model: None,
            allow: vec![],
        };
        assert_eq!(self.request(method::INLINE_START, start), Value::Null, "inline/start is acknowledged");
    }

    /// The proposal as it stands once the predicate holds; what came before is read as well.
    #[track_caller]
    pub fn proposal(&mut self, name: &str, until: impl Fn(&ProposalEvent) -> bool) -> ProposalEvent {
        loop {
            let event: ProposalEvent =
                self.expect(method::PROPOSAL_EVENT, |event: &ProposalEvent| event.proposal == name);
            if until(&event) {
                return event;
            }
            let ended = matches!(event.state, ProposalState::Failed | ProposalState::Cancelled);
            assert!(!ended, "the proposal ended: {event:#?}");
        }
    }

    /// The proposal once it is in that state.
    #[track_caller]
    pub fn proposal_in(&mut self, name: &str, state: ProposalState) -> ProposalEvent {
        self.proposal(name, |event| event.state == state)
    }

    /// Accepts as an extension does: applies the edit if its version still holds, else asks again.
    #[track_caller]
    pub fn accept(&mut self, proposal: &str, hunks: Option<Vec<u32>>) -> Result<(), Problem> {
        let accept = ProposalAccept { proposal: proposal.into(), hunks, take: None };
        loop {
            let answer: ProposalEdit = self.ask(method::PROPOSAL_ACCEPT, &accept);
            match (answer.edit, answer.problem) {
                (Some(edit), None) if self.apply(&edit) => return Ok(()),
                (Some(_), None) => {}
                (None, Some(problem)) => return Err(problem),
                both => panic!("either an edit or a problem, not {both:?}"),
            }
        }
    }

    // --- code actions

    /// The code actions offered on a range, with the diagnostics there.
    #[track_caller]
    pub fn code_actions(&mut self, uri: &str, range: Range, diagnostics: &Value) -> Vec<Value> {
        let params = json!({
            "textDocument": {"uri": uri},
            "range": range,
            "context": {"diagnostics": diagnostics},
        });
        self.ask::<Option<Vec<Value>>>("textDocument/codeAction", params).unwrap_or_default()
    }

    /// The one code action whose title holds the words.
    #[track_caller]
    pub fn code_action(&mut self, uri: &str, range: Range, words: &str) -> Value {
        let all = self.code_actions(uri, range, &json!([]));
        let mut found = all.iter().filter(|a| a["title"].as_str().is_some_and(|title| title.contains(words)));
        let titles = || all.iter().map(|a| a["title"].clone()).collect::<Vec<_>>();
        let action = found.next().unwrap_or_else(|| panic!("no action {words:?} among {:?}", titles()));
        assert!(found.next().is_none(), "several actions {words:?} among {:?}", titles());
        action.clone()
    }

    /// Runs a code action's command.
    #[track_caller]
    pub fn run(&mut self, action: &Value) -> Value {
        let command = &action["command"];
        let params = json!({"command": command["command"], "arguments": command["arguments"]});
        self.request("workspace/executeCommand", params)
    }

    // --- progress

    /// The token of the next progress that begins.
    #[track_caller]
    pub fn progress_begins(&mut self) -> Progress {
        let begin: Value = self.expect("$/progress", |p: &Value| p["value"]["kind"] == "begin");
        Progress {
            token: begin["token"].clone(),
            title: begin["value"]["title"].as_str().expect("a progress has a title").to_owned(),
            messages: begin["value"]["message"].as_str().map(str::to_owned).into_iter().collect(),
            cancellable: begin["value"]["cancellable"] == true,
        }
    }

    /// The progress, read to its end.
    #[track_caller]
    pub fn progress_ends(&mut self, mut progress: Progress) -> Progress {
        loop {
            let next: Value = self.expect("$/progress", |p: &Value| p["token"] == progress.token);
            progress.messages.extend(next["value"]["message"].as_str().map(str::to_owned));
            if next["value"]["kind"] == "end" {
                return progress;
            }
        }
    }

    /// The user's click on a progress's cancel button.
    pub fn cancel_progress(&mut self, progress: &Progress) {
        self.notify("window/workDoneProgress/cancel", json!({"token": progress.token}));
    }
}
