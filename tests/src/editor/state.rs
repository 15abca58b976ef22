//! What the reading thread and the test share: messages not yet read, documents, and how the editor behaves.

use super::document::Document;
use crate::LIMIT;
use aside::protocol::Status;
use aside_core::position::Encoding;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::mpsc::Sender;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Instant;

/// How the editor answers `workspace/applyEdit`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ApplyEdit {
    /// Applies it, sends the change, then says so.
    #[default]
    Honest,
    /// Applies it, says so, and sends the change only then.
    ChangeAfterAnswer,
    /// Says that it wasn't applied, which is true.
    Refuse,
    /// Says that it was applied, and does nothing (Neovim with a stale version).
    Lie,
    /// Applies it over text that it has not sent yet (eglot).
    OverUnsent,
    /// Its user has just typed this at the top when it applies it by its positions; both are sent then.
    OverTyped(&'static str),
    /// Turns `\r\n` into `\n` in what it applies (Neovim).
    UnixLines,
    /// Never answers, never applies.
    Silent,
    /// Applies it, and never answers (Vim with ALE).
    Mute,
}

/// How the editor answers the requests beside `workspace/applyEdit` of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answers {
    /// Whether it answers `workspace/configuration`.
    pub configuration: bool,
    /// Whether it shows documents when asked.
    pub show_document: bool,
    /// Whether its user presses the first button of a message.
    pub button: bool,
}

impl Default for Answers {
    fn default() -> Self {
        Self { configuration: true, show_document: true, button: false }
    }
}

#[derive(Debug)]
pub(super) struct State {
    /// Notifications, and requests a user would notice, in order; a test has to read them all.
    pub(super) inbox: VecDeque<Value>,
    /// Requests under way, with their method.
    pub(super) pending: HashMap<u64, &'static str>,
    /// Answers that came, by the request's id.
    pub(super) replies: HashMap<u64, Value>,
    pub(super) documents: BTreeMap<String, Document>,
    /// Every `aside/status` that came; a state, so it need not be read.
    pub(super) statuses: Vec<Status>,
    /// The lines of the editor's log; they need not be read.
    pub(super) logged: Vec<String>,
    /// Methods of all requests the server made.
    pub(super) asked: Vec<String>,
    pub(super) encoding: Encoding,
    /// The `aside` section of the editor's settings.
    pub(super) settings: Value,
    pub(super) answers: Answers,
    /// How the next `workspace/applyEdit`s are answered; honestly once it is empty.
    pub(super) next_edits: VecDeque<ApplyEdit>,
    /// Changes are kept back instead of sent.
    pub(super) hold: bool,
    /// Every message that came, as text: what is searched for secrets.
    pub(super) transcript: String,
    /// What the server did that it may never do.
    pub(super) faults: Vec<String>,
    /// The server's output ended.
    pub(super) closed: bool,
    /// To the thread that writes to the server; `None` once its input was closed.
    pub(super) writer: Option<Sender<Vec<u8>>>,
}

impl State {
    pub(super) fn send(&self, message: &Value) {
        self.send_bytes(super::wire::frame(message));
    }

    /// Bytes for a server that ended are dropped, as a pipe does.
    pub(super) fn send_bytes(&self, bytes: Vec<u8>) {
        if let Some(writer) = &self.writer {
            let _ = writer.send(bytes);
        }
    }
}

#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    pub(super) fn new(state: State) -> Self {
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// A test that panicked elsewhere leaves the state as it is, so poison means nothing here.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) fn notify(&self) {
        self.changed.notify_all();
    }

    /// Waits until `take` answers something.
    ///
    /// # Panics
    /// At the time limit, when the server ended, and when it did what it may never do.
    #[track_caller]
    pub(super) fn wait<T>(&self, what: &str, mut take: impl FnMut(&mut State) -> Option<T>) -> T {
        let until = Instant::now() + LIMIT;
        let mut state = self.lock();
        loop {
            assert!(state.faults.is_empty(), "the server did wrong: {:#?}", state.faults);
            if let Some(value) = take(&mut state) {
                return value;
            }
            let unread = || state.inbox.iter().map(|m| format!("\n  {m}")).collect::<String>();
            assert!(!state.closed, "the server ended while the test waited for {what}; unread:{}", unread());
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "nothing came in {LIMIT:?}: {what}; unread:{}", unread());
            state =
                self.changed.wait_timeout(state, left).unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }
}
