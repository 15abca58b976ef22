//! Chat: from a question to the events of its turn.

use std::sync::Arc;
use std::time::SystemTime;

use aside_core::config::Feature;
use aside_core::conversation::Conversation;
use aside_core::problem::{Problem, ProblemKind};
use aside_core::provider::{ModelEvent, StopReason};
use tokio::time::Instant;

use crate::jobs::JobName;
use crate::model::{Call, Fallback, Prepared, Step};
use crate::protocol::{
    ChatFork, ChatMarkdown, ChatName, ChatRename, ChatSearch, ChatSend, ChatSummary, ChatTranscript,
    PreviewResult, TurnEvent,
};
use crate::store::Kept;
use crate::{FRAME, Server};

/// Begins a turn and asks in the background.
pub(crate) async fn send(server: &Arc<Server>, params: ChatSend) -> Result<(), Problem> {
    restore(server, &params.chat).await?;
    let question = server.update(|session| session.begin_turn(&params))?;
    let turn = Turn { server: Arc::clone(server), chat: params.chat.clone(), turn: params.turn };
    let (failing, asked) = (turn.clone(), turn.clone());
    // The question is kept before its answer comes, whatever becomes of the server meanwhile.
    tokio::spawn(async move { asked.keep().await });
    server.jobs.start(
        JobName::Turn { chat: params.chat },
        async move { turn.answer(question.context, question.call).await },
        async move {
            failing.tell(TurnEvent::Failed { problem: crate::bug() }).await;
            failing.keep().await;
        },
    );
    Ok(())
}

/// Stops a turn: closes its connection, then tells that it ended.
pub(crate) async fn cancel(server: &Arc<Server>, chat: &str, turn: &str) {
    if server.session().conversation(chat).is_ok_and(|conversation| conversation.running() == Some(turn)) {
        server.jobs.cancel(&JobName::Turn { chat: chat.to_owned() }).await;
        let turn = Turn { server: Arc::clone(server), chat: chat.to_owned(), turn: turn.to_owned() };
        turn.tell(TurnEvent::Cancelled).await;
        tokio::spawn(async move { turn.keep().await });
    }
}

/// Stops every turn, and keeps what came of it: the server is about to end.
pub(crate) async fn stop_all(server: &Arc<Server>) {
    let running = server.session().running_chats();
    for chat in running {
        server.jobs.cancel(&JobName::Turn { chat: chat.clone() }).await;
        server.session().stop_chat(&chat);
        keep(server, &chat).await;
    }
}

/// What a turn would send.
pub(crate) fn preview(server: &Server, send: &ChatSend) -> Result<PreviewResult, Problem> {
    let question = server.session().question(send, Feature::Chat)?;
    Ok(question.call.preview(question.items()))
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
    async fn answer(self, context: TurnEvent, call: Prepared) {
        self.tell(context).await;
        let ended = self.stream(call).await;
        let problem = match &ended {
            TurnEvent::Failed { problem } => Some(problem.clone()),
            _ => None,
        };
        self.server.update(|session| session.call_went(problem));
        self.tell(ended).await;
        self.keep().await;
    }

    /// Streams the answer, the first piece at once and then at most one event a frame; returns the final event.
    async fn stream(&self, call: Prepared) -> TurnEvent {
        let mut call = Call::new(&self.server, call);
        let mut frame = Frame::default();
        let mut cut = false;
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
                Ok(Some(Step::Event(ModelEvent::Text(text)))) => frame.push(Kind::Text, &text),
                Ok(Some(Step::Event(ModelEvent::Reasoning(text)))) => frame.push(Kind::Reasoning, &text),
                Ok(Some(Step::Event(ModelEvent::Usage(usage)))) => {
                    self.flush(&mut frame).await;
                    self.tell(TurnEvent::Usage { usage, cost: call.cost(&usage) }).await;
                }
                // No tool is offered, so that no call means anything.
                Ok(Some(Step::Event(ModelEvent::ToolCall(_)))) => {}
                Ok(Some(Step::Event(ModelEvent::Stop(reason)))) => cut = reason == StopReason::Length,
                Ok(Some(Step::Waiting { seconds, problem })) => {
                    self.tell(TurnEvent::Waiting { seconds, problem }).await;
                }
                Ok(Some(Step::Fallback(fallback))) => {
                    fallback.tell(&self.server).await;
                    self.tell((*fallback).into()).await;
                }
                Ok(None) => {
                    self.flush(&mut frame).await;
                    return TurnEvent::Done { cut };
                }
                Err(problem) => {
                    self.flush(&mut frame).await;
                    return TurnEvent::Failed { problem };
                }
            }
            if frame.is_due() {
                self.flush(&mut frame).await;
            }
        }
    }

    async fn flush(&self, frame: &mut Frame) {
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

    async fn keep(&self) {
        keep(&self.server, &self.chat).await;
    }
}

impl From<Fallback> for TurnEvent {
    fn from(fallback: Fallback) -> Self {
        let Fallback { from, to, origin, problem } = fallback;
        Self::Fallback { from: from.to_string(), to: to.to_string(), origin, problem }
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

/// Chats, newest first: the kept ones and those of this session.
pub(crate) async fn list(server: &Arc<Server>) -> Result<Vec<ChatSummary>, Problem> {
    found(server, "").await
}

pub(crate) async fn search(server: &Arc<Server>, params: ChatSearch) -> Result<Vec<ChatSummary>, Problem> {
    found(server, &params.text).await
}

async fn found(server: &Arc<Server>, words: &str) -> Result<Vec<ChatSummary>, Problem> {
    let kept = server.blocking(|server| server.env.store.list()).await?;
    let mut found = Vec::new();
    for kept in kept {
        if words.is_empty() || read(&kept)?.matches(words) {
            found.push(ChatSummary {
                chat: kept.chat,
                title: kept.title,
                turns: kept.turns,
                updated: kept.updated,
            });
        }
    }
    Ok(found)
}

pub(crate) async fn open(server: &Arc<Server>, params: ChatName) -> Result<ChatTranscript, Problem> {
    restore(server, &params.chat).await?;
    server.session().transcript(&params.chat)
}

pub(crate) async fn export(server: &Arc<Server>, params: ChatName) -> Result<ChatMarkdown, Problem> {
    restore(server, &params.chat).await?;
    server.session().chat_markdown(&params.chat)
}

pub(crate) async fn rename(server: &Arc<Server>, params: ChatRename) -> Result<(), Problem> {
    restore(server, &params.chat).await?;
    server.session().rename_chat(&params.chat, &params.title)?;
    keep(server, &params.chat).await;
    Ok(())
}

pub(crate) async fn fork(server: &Arc<Server>, params: ChatFork) -> Result<(), Problem> {
    restore(server, &params.chat).await?;
    restore(server, &params.fork).await?;
    server.session().fork_chat(&params.chat, &params.fork, params.turn.as_deref())?;
    keep(server, &params.fork).await;
    Ok(())
}

/// Forgets a chat here and on disk, stopping it first.
pub(crate) async fn delete(server: &Arc<Server>, params: ChatName) -> Result<(), Problem> {
    let running =
        server.session().conversation(&params.chat).ok().and_then(|c| c.running().map(str::to_owned));
    if let Some(turn) = running {
        cancel(server, &params.chat, &turn).await;
    }
    server.session().forget_chat(&params.chat);
    server.blocking(move |server| server.env.store.delete(&params.chat)).await?;
    Ok(())
}

/// Reads a kept chat into the session, unless it is there.
async fn restore(server: &Arc<Server>, chat: &str) -> Result<(), Problem> {
    if server.session().has_chat(chat) {
        return Ok(());
    }
    let name = chat.to_owned();
    match server.blocking(move |server| server.env.store.load(&name)).await {
        Ok(Some(kept)) => {
            let conversation = read(&kept)?;
            server.session().restore_chat(chat, conversation);
        }
        Ok(None) => {}
        // Chat goes on in memory where the disk can't be used.
        Err(problem) => server.update(|session| session.report_once(problem)),
    }
    Ok(())
}

/// A kept chat that can't be read is left as it is, never written over.
fn read(kept: &Kept) -> Result<Conversation, Problem> {
    serde_json::from_str(&kept.body).map_err(|_| {
        Problem::new(
            ProblemKind::NotFound,
            format!("the kept chat `{}` can't be read by this version of Aside", kept.title),
            "Update Aside, or delete the chat and start a new one.",
        )
    })
}

/// Keeps a chat as it stands when this runs. Where the disk can't be used it is told once, and chat goes on.
async fn keep(server: &Arc<Server>, chat: &str) {
    let chat = chat.to_owned();
    let updated = now();
    let kept = server
        .blocking(move |server| {
            let kept = match server.session().conversation(&chat) {
                Ok(conversation) => Kept {
                    title: conversation.title(),
                    turns: conversation.turns().len(),
                    updated,
                    body: serde_json::to_string(conversation)?,
                    chat,
                },
                Err(_) => return Ok(()),
            };
            server.env.store.save(&kept)
        })
        .await;
    if let Err(problem) = kept {
        server.update(|session| session.report_once(problem));
    }
}

#[expect(clippy::disallowed_methods, reason = "a chat's time is taken where the shell keeps it")]
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The store's error, for the user.
pub(crate) fn disk_problem(error: &anyhow::Error) -> Problem {
    Problem::new(
        ProblemKind::Setting,
        "chats can't be kept on disk",
        "Chat goes on in memory; free some space or mend the folder's permissions, and later turns are kept.",
    )
    .with_detail(format!("{error:#}"))
}
