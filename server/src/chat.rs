//! Chat: from a question to the events of its turn.

mod kept;

pub(crate) use kept::{delete, disk_problem, export, fork, list, open, rename, search, unreadable};

use std::sync::Arc;

use aside_core::config::Feature;
use aside_core::problem::{Problem, ProblemKind};
use aside_core::provider::{ModelEvent, StopReason};
use aside_core::usage;
use tokio::time::Instant;

use crate::jobs::JobName;
use crate::model::{Call, Fallback, Prepared, Step};
use crate::protocol::{ChatSend, PreviewResult, TurnEvent};
use crate::session::Question;
use crate::telemetry::UnderWay;
use crate::{FRAME, Server, mentions};

/// Begins a turn and asks in the background.
pub(crate) async fn send(server: &Arc<Server>, params: ChatSend) -> Result<(), Problem> {
    let params = mentions::spell_out(params);
    check_asks_something(&params.text)?;
    check_named(&[&params.chat, &params.turn])?;
    // The text that is meant is the one from before what is typed from here on.
    let mentioned = server.session().mentioned(&params.mentions, &params.allow)?;
    let starting = server.starting.lock().await;
    kept::refresh(server, &params.chat).await?;
    let question = server.update(|session| session.begin_turn(&params, &mentioned))?;
    let turn = Turn { server: Arc::clone(server), chat: params.chat.clone(), turn: params.turn };
    let (failing, asked) = (turn.clone(), turn.clone());
    server.jobs.start(
        JobName::Turn { chat: params.chat },
        turn.answer(question),
        failing.end(TurnEvent::Failed { problem: crate::bug() }),
    );
    // The question is kept before its answer comes, whatever becomes of the server meanwhile.
    tokio::spawn(asked.keep());
    drop(starting);
    Ok(())
}

/// Stops a turn: closes its connection, keeps what came, then tells that it ended.
pub(crate) async fn cancel(server: &Arc<Server>, chat: &str, turn: &str) {
    // A turn whose chat is still being read starts first.
    let starting = server.starting.lock().await;
    stop(server, chat, turn).await;
    drop(starting);
}

async fn stop(server: &Arc<Server>, chat: &str, turn: &str) {
    if server.session().conversation(chat).is_ok_and(|conversation| conversation.running() == Some(turn)) {
        server.jobs.cancel(&JobName::Turn { chat: chat.to_owned() }).await;
        let turn = Turn { server: Arc::clone(server), chat: chat.to_owned(), turn: turn.to_owned() };
        turn.end(TurnEvent::Cancelled).await;
    }
}

/// Stops every turn, and keeps what came of it: the server is about to end.
pub(crate) async fn stop_all(server: &Arc<Server>) {
    let unfinished = server.session().unfinished_chats();
    for chat in unfinished {
        server.jobs.cancel(&JobName::Turn { chat: chat.clone() }).await;
        server.session().stop_chat(&chat);
        kept::keep(server, &chat).await;
    }
}

/// What a turn would send, with what other editors have added to the chat.
pub(crate) async fn preview(server: &Arc<Server>, send: ChatSend) -> Result<PreviewResult, Problem> {
    let send = mentions::spell_out(send);
    let mentioned = server.session().mentioned(&send.mentions, &send.allow)?;
    kept::refresh(server, &send.chat).await?;
    let question = server.session().question_in_chat(&send, Feature::Chat, &mentioned)?;
    Ok(question.call.masked().await.preview(question.along.items))
}

/// Whether an answer in words ended at the output limit; a problem where it is no answer.
pub(crate) fn is_cut(stop: &StopReason, has_text: bool) -> Result<bool, Problem> {
    let problem = |kind, title: &str, next: &str| Err(Problem::new(kind, title, next));
    match stop {
        StopReason::Length if has_text => Ok(true),
        StopReason::Length => problem(
            ProblemKind::EmptyAnswer,
            "the answer reached the output limit before its first word",
            "Raise the provider's `maxOutputTokens`, or lower its `reasoningEffort`.",
        ),
        StopReason::Refused if has_text => problem(
            ProblemKind::Declined,
            "the model or its provider broke the answer off as not allowed",
            "Ask in other words, or choose another model.",
        ),
        StopReason::Refused => problem(
            ProblemKind::Declined,
            "the model or its provider refused to answer this",
            "Ask in other words, or choose another model.",
        ),
        StopReason::End | StopReason::ToolCalls | StopReason::Other(_) if has_text => Ok(false),
        StopReason::End | StopReason::ToolCalls | StopReason::Other(_) => problem(
            ProblemKind::EmptyAnswer,
            "the model answered nothing",
            "Ask again, or choose another model.",
        ),
    }
}

fn failed(problem: Problem, has_text: bool) -> TurnEvent {
    TurnEvent::Failed { problem: if has_text { problem.after_a_part() } else { problem } }
}

/// Without a name it would be taken for a question that belongs to no chat, as a code action's.
fn check_named(names: &[&str]) -> Result<(), Problem> {
    let nameless =
        || Problem::new(ProblemKind::NotFound, "the chat or the turn has no name", "Start a new chat.");
    if names.iter().any(|name| name.is_empty()) { Err(nameless()) } else { Ok(()) }
}

/// Refuses a question without a word: it would cost tokens and help nobody.
pub(crate) fn check_asks_something(text: &str) -> Result<(), Problem> {
    let nothing = || {
        Problem::new(
            ProblemKind::NotFound,
            "there is nothing to ask",
            "Write what you want to know, or what is to be done.",
        )
    };
    if text.trim().is_empty() { Err(nothing()) } else { Ok(()) }
}

/// A turn under way.
#[derive(Clone)]
struct Turn {
    server: Arc<Server>,
    chat: String,
    turn: String,
}

impl Turn {
    /// Asks the model and tells what comes, until the turn's final event.
    async fn answer(self, question: Question) {
        let mut under_way = UnderWay::new(&self.server, Some(usage::Feature::Chat));
        let call = question.call.masked().await;
        self.tell(question.along.event(&call)).await;
        let ended = self.stream(call).await;
        let problem = match &ended {
            TurnEvent::Failed { problem } => Some(problem.clone()),
            _ => None,
        };
        under_way.ended(problem.as_ref());
        self.server.update(|session| session.call_went(problem));
        self.end(ended).await;
    }

    /// Streams the answer, the first piece at once and then at most one event a frame; returns the final event.
    async fn stream(&self, call: Prepared) -> TurnEvent {
        let mut call = Call::new(&self.server, call);
        let mut frame = Frame::default();
        let mut stop = StopReason::End;
        let mut has_text = false;
        loop {
            let step = tokio::select! {
                biased;
                step = call.next() => step,
                () = frame.due() => {
                    self.flush(&mut frame).await;
                    continue;
                }
            };
            match step {
                Ok(Some(Step::Event(ModelEvent::Text(text)))) => {
                    has_text |= !text.trim().is_empty();
                    frame.push(Kind::Text, &text);
                }
                Ok(Some(Step::Event(ModelEvent::Reasoning(text)))) => frame.push(Kind::Reasoning, &text),
                Ok(Some(Step::Event(ModelEvent::Usage(usage)))) => {
                    self.flush(&mut frame).await;
                    self.tell(TurnEvent::Usage { usage, cost: call.cost(&usage) }).await;
                }
                // No tool is offered, so that no call means anything.
                Ok(Some(Step::Event(ModelEvent::ToolCall(_)))) => {}
                Ok(Some(Step::Event(ModelEvent::Stop(reason)))) => stop = reason,
                Ok(Some(Step::Queued { place, .. })) => self.tell(TurnEvent::Queued { place }).await,
                Ok(Some(Step::Waiting { seconds, problem })) => {
                    self.tell(TurnEvent::Waiting { seconds, problem }).await;
                }
                Ok(Some(Step::Fallback(fallback))) => {
                    fallback.tell(&self.server).await;
                    self.tell((*fallback).into()).await;
                }
                Ok(None) => {
                    self.flush(&mut frame).await;
                    return match is_cut(&stop, has_text) {
                        Ok(cut) => TurnEvent::Done { cut },
                        Err(problem) => failed(problem, has_text),
                    };
                }
                Err(problem) => {
                    self.flush(&mut frame).await;
                    return failed(problem, has_text);
                }
            }
            if frame.is_due() {
                self.flush(&mut frame).await;
            }
        }
    }

    async fn flush(&self, frame: &mut Frame) {
        kept::keep_soon(&self.server);
        for (kind, text) in frame.take() {
            self.tell(match kind {
                Kind::Text => TurnEvent::Text { text },
                Kind::Reasoning => TurnEvent::Reasoning { text },
            })
            .await;
        }
    }

    /// Tells one event, unless the turn has ended.
    async fn tell(&self, event: TurnEvent) {
        let event = self.server.session().turn_event(&self.chat, &self.turn, event);
        if let Some(event) = event {
            self.server.client.chat_event(event).await;
        }
    }

    /// Ends the turn by its final event, which is told once all of the turn is kept.
    async fn end(self, event: TurnEvent) {
        if self.server.session().turn_is_to_end(&self.chat, &self.turn, &event) {
            // A cancel drops what waits for the disk, not what writes.
            drop(tokio::spawn(self.clone().keep()).await);
        }
        self.tell(event).await;
    }

    async fn keep(self) {
        kept::keep(&self.server, &self.chat).await;
    }
}

impl From<Fallback> for TurnEvent {
    fn from(fallback: Fallback) -> Self {
        let Fallback { from, to, origin, problem, skipped } = fallback;
        Self::Fallback { from: from.to_string(), to: to.to_string(), origin, problem, skipped }
    }
}

/// What kind of text a piece is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Reasoning,
}

/// Text that waits for the next frame. What comes after a quiet frame doesn't wait.
#[derive(Default)]
struct Frame {
    pending: Vec<(Kind, String)>,
    sent: Option<Instant>,
}

impl Frame {
    fn push(&mut self, kind: Kind, text: &str) {
        match self.pending.last_mut() {
            Some((last, pending)) if *last == kind => pending.push_str(text),
            _ => self.pending.push((kind, text.to_owned())),
        }
    }

    fn is_due(&self) -> bool {
        !self.pending.is_empty() && self.sent.is_none_or(|sent| sent.elapsed() >= FRAME)
    }

    /// Waits until the pending text is due; forever while there is none.
    async fn due(&self) {
        match self.sent {
            _ if self.pending.is_empty() => std::future::pending().await,
            Some(sent) => tokio::time::sleep_until(sent + FRAME).await,
            None => {}
        }
    }

    fn take(&mut self) -> Vec<(Kind, String)> {
        self.sent = Some(Instant::now());
        std::mem::take(&mut self.pending)
    }
}
