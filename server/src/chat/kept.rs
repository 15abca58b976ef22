//! Chats on disk: kept as they go on, found again, and shared with other servers that have the same file.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use aside_core::conversation::Conversation;
use aside_core::problem::{Problem, ProblemKind};

use super::Turn;
use crate::Server;
use crate::jobs::JobName;
use crate::protocol::{
    ChatFork, ChatMarkdown, ChatName, ChatRename, ChatSearch, ChatSummary, ChatTranscript, TurnEvent,
};
use crate::store::{self, Listed, Saved, State};

/// What came of an answer is kept this often.
const KEPT_EVERY: Duration = Duration::from_secs(1);

/// So many chats are copied and kept in one piece.
const AT_ONCE: usize = 64;

/// Chats, newest first: the kept ones and those of this session.
pub(crate) async fn list(server: &Arc<Server>) -> Vec<ChatSummary> {
    found(server, String::new()).await
}

/// The chats whose title, questions and answers hold all the words. One that can't be read is told of, once.
pub(crate) async fn search(server: &Arc<Server>, params: ChatSearch) -> Vec<ChatSummary> {
    found(server, params.text).await
}

async fn found(server: &Arc<Server>, words: String) -> Vec<ChatSummary> {
    let searched = words.clone();
    let kept = server.blocking(move |server| on_disk(server, &searched)).await;
    let works = kept.is_ok();
    let (kept, problems) = kept.unwrap_or_else(|problem| (Vec::new(), vec![problem]));
    server.update(|session| problems.into_iter().for_each(|problem| session.report_once(problem)));
    let here = server.session().chats_here(&words, works, now());
    here.into_iter().chain(kept).map(summary).collect()
}

/// The chats on disk that hold the words, and what can't be read among them.
fn on_disk(server: &Server, words: &str) -> anyhow::Result<(Vec<Listed>, Vec<Problem>)> {
    server.env.store.exclusively(|disk| {
        let listed = disk.list()?;
        if words.trim().is_empty() {
            return Ok((listed, Vec::new()));
        }
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for chat in listed {
            let State::Changed(kept) = disk.look(&chat.chat, None)? else { continue };
            if kept.turns.iter().any(|(_, turn)| turn.is_none()) {
                problems.push(unreadable(&chat.title));
            }
            let mut conversation = Conversation::default();
            conversation.take_in(kept);
            if conversation.matches(words) {
                found.push(chat);
            }
        }
        Ok((found, problems))
    })
}

fn summary(chat: Listed) -> ChatSummary {
    ChatSummary { chat: chat.chat, title: chat.title, turns: chat.turns, updated: chat.updated }
}

pub(crate) async fn open(server: &Arc<Server>, params: ChatName) -> Result<ChatTranscript, Problem> {
    refresh(server, &params.chat).await?;
    server.session().transcript(&params.chat)
}

pub(crate) async fn export(server: &Arc<Server>, params: ChatName) -> Result<ChatMarkdown, Problem> {
    refresh(server, &params.chat).await?;
    server.session().chat_markdown(&params.chat)
}

pub(crate) async fn rename(server: &Arc<Server>, params: ChatRename) -> Result<(), Problem> {
    refresh(server, &params.chat).await?;
    server.session().rename_chat(&params.chat, &params.title)?;
    keep(server, &params.chat).await;
    Ok(())
}

pub(crate) async fn fork(server: &Arc<Server>, params: ChatFork) -> Result<(), Problem> {
    super::check_named(&[&params.fork])?;
    refresh(server, &params.chat).await?;
    refresh(server, &params.fork).await?;
    server.session().fork_chat(&params.chat, &params.fork, params.turn.as_deref())?;
    keep(server, &params.fork).await;
    Ok(())
}

/// Forgets a chat here and on disk, stopping it first.
pub(crate) async fn delete(server: &Arc<Server>, params: ChatName) -> Result<(), Problem> {
    let _starting = server.starting.lock().await;
    if let Some(turn) = running(server, &params.chat) {
        super::stop(server, &params.chat, &turn).await;
    }
    server.session().forget_chat(&params.chat);
    server
        .blocking(move |server| server.env.store.exclusively(|disk| disk.delete(&params.chat)))
        .await
        .map(drop)
}

/// Brings a chat up to date with what is on disk: others may have gone on with it, or deleted it.
pub(super) async fn refresh(server: &Arc<Server>, chat: &str) -> Result<(), Problem> {
    let name = chat.to_owned();
    let looked = server.blocking(move |server| {
        server.env.store.exclusively(|disk| {
            let known = server.session().chat_on_disk(&name);
            let state = disk.look(&name, known)?;
            Ok(match state {
                State::Unknown if server.session().is_lost(&name) => Err(deleted()),
                State::Unknown | State::Same => Ok(true),
                State::Gone => Ok(false),
                State::Changed(found) => server.session().found_chat(&name, found).map(|()| true),
            })
        })
    });
    match looked.await {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) => {
            lose(server, chat).await;
            Err(deleted())
        }
        Ok(Err(problem)) => Err(problem),
        // Chat goes on in memory where the disk can't be used.
        Err(problem) => {
            server.update(|session| session.report_once(problem));
            Ok(())
        }
    }
}

/// Keeps what is new in a chat when this runs. Where the disk can't be used it is told once, and chat goes on.
pub(super) async fn keep(server: &Arc<Server>, chat: &str) {
    keep_all(server, vec![chat.to_owned()]).await;
}

/// Keeps what came of all answers under way, before long and all at once: so little is lost if the server is killed.
pub(super) fn keep_soon(server: &Arc<Server>) {
    if server.keeping.swap(true, Ordering::Relaxed) {
        return;
    }
    let server = Arc::clone(server);
    tokio::spawn(async move {
        tokio::time::sleep(KEPT_EVERY).await;
        // What comes from here on is kept the next time.
        server.keeping.store(false, Ordering::Relaxed);
        let answering = server.session().answering_chats();
        for chats in answering.chunks(AT_ONCE) {
            keep_all(&server, chats.to_vec()).await;
        }
    });
}

async fn keep_all(server: &Arc<Server>, chats: Vec<String>) {
    match server.blocking(move |server| keep_now(server, chats)).await {
        Ok(gone) => {
            for chat in gone {
                if !lose(server, &chat).await {
                    server.update(|session| session.report(deleted()));
                }
            }
        }
        Err(problem) => server.update(|session| session.report_once(problem)),
    }
}

/// Those of the chats that are not there any more.
fn keep_now(server: &Server, chats: Vec<String>) -> anyhow::Result<Vec<String>> {
    server.env.store.exclusively(|disk| {
        let changed = |chat: String| {
            let changes = server.session().chat_changes(&chat)?;
            Some((chat, changes))
        };
        let changed: Vec<_> = chats.into_iter().filter_map(changed).collect();
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        let saved = disk.save(&changed, now())?;
        let mut gone = Vec::new();
        for ((name, changes), saved) in changed.into_iter().zip(saved) {
            match saved {
                Saved::Gone => gone.push(name),
                Saved::Written { chat, revision, numbers, found } => {
                    server.session().chat_written(&name, &changes, (chat, revision), &numbers, found);
                }
            }
        }
        Ok(gone)
    })
}

/// A chat was deleted by another server: it ends here as well. Whether a turn was running, which tells why it ended.
async fn lose(server: &Arc<Server>, chat: &str) -> bool {
    let running = running(server, chat);
    let was_running = running.is_some();
    if let Some(turn) = running {
        server.jobs.cancel(&JobName::Turn { chat: chat.to_owned() }).await;
        let turn = Turn { server: Arc::clone(server), chat: chat.to_owned(), turn };
        turn.tell(TurnEvent::Failed { problem: deleted() }).await;
    }
    server.session().lose_chat(chat);
    was_running
}

fn running(server: &Server, chat: &str) -> Option<String> {
    server.session().conversation(chat).ok().and_then(|chat| chat.running().map(str::to_owned))
}

fn deleted() -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        "the chat was deleted in another editor, or by `aside data delete`",
        "Start a new chat; nothing more of this one is kept.",
    )
}

/// A kept chat that can't be read is left as it is, never written over.
pub(crate) fn unreadable(title: &str) -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        format!("the kept chat `{title}` can't be read by this version of Aside"),
        "Update Aside, or delete the chat and start a new one.",
    )
}

#[expect(clippy::disallowed_methods, reason = "a chat's time is taken where the shell keeps it")]
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The store's error, for the user.
pub(crate) fn disk_problem(error: &anyhow::Error) -> Problem {
    let advice = match store::is_damaged(error) {
        true => {
            "Chat goes on in memory. The file of chats is damaged: move it away, or remove it by `aside data delete`; a new \
             one is made, and all of it is kept there."
        }
        false => {
            "Chat goes on in memory; free some space or mend the folder's permissions, and all of it is kept later."
        }
    };
    Problem::new(ProblemKind::Setting, "chats can't be kept on disk", advice)
        .with_detail(format!("{error:#}"))
}
