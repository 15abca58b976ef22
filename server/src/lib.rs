//! The shell around the core: the language server, the command line, the network and the disk.

mod actions;
mod chat;
mod cli;
mod client;
mod convert;
mod crash;
mod data;
mod demo;
mod doctor;
mod exclude;
mod first_use;
mod http;
mod inline;
mod jobs;
pub mod keys;
mod ledger;
mod log;
mod lsp;
mod mentions;
mod menu;
mod model;
mod models;
mod opened;
mod own;
mod page;
pub mod paths;
mod privacy;
mod program;
pub mod protocol;
mod queue;
mod session;
mod stdio;
mod store;
mod telemetry;
mod views;
mod words;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aside_core::problem::{Problem, ProblemKind};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::jobs::Jobs;
use crate::session::Session;

pub use program::main;

/// What the server takes from its surroundings.
pub(crate) struct Env {
    /// Where keys come from.
    pub(crate) keys: keys::Keys,
    /// The connections.
    pub(crate) http: http::Http,
    /// The documents that open beside the code.
    pub(crate) opened: opened::Opened,
    /// Where new chats in Markdown are put.
    pub(crate) pages: std::path::PathBuf,
    /// The user's own settings file; most have none.
    pub(crate) settings: std::path::PathBuf,
    /// Where a panic of an earlier server left its report.
    pub(crate) crashes: std::path::PathBuf,
    /// The chats on disk.
    pub(crate) store: store::Store,
    /// Ends the server, as the end of its input does.
    pub(crate) ended: CancellationToken,
    /// How long the editor may take.
    pub(crate) patience: Patience,
    /// The folders of all that is kept.
    pub(crate) paths: paths::Paths,
    /// `DO_NOT_TRACK` is set.
    pub(crate) do_not_track: bool,
}

/// How long is waited for what the editor was asked to apply.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// An edit that it says it applied, and that nothing was heard of for so long, is not there. It is longer than
    /// anybody types without a pause, which is when eglot tells of what changed.
    pub(crate) silence: std::time::Duration,
    /// An edit that it neither answered nor told of for so long is given up. It is longer than a prompt stands that
    /// keeps an editor from doing anything else.
    pub(crate) answer: std::time::Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { silence: std::time::Duration::from_secs(5), answer: std::time::Duration::from_secs(30) }
    }
}

impl Env {
    /// The user's own folders and environment. Nothing is opened or made yet.
    pub(crate) fn new(paths: &paths::Paths, environment: keys::Lookup) -> Self {
        Self {
            keys: keys::Keys::new(environment),
            http: http::Http::new(ledger::Ledger::new(paths.ledger())),
            crashes: paths.crashes(),
            opened: opened::Opened::new(&paths.answers()),
            pages: paths.pages(),
            settings: paths.settings(),
            store: store::Store::new(paths.chats()),
            ended: CancellationToken::new(),
            patience: Patience::default(),
            paths: paths.clone(),
            do_not_track: environment("DO_NOT_TRACK").is_some(),
        }
    }
}

/// Everything a handler or a job can reach.
pub(crate) struct Server {
    session: Mutex<Session>,
    pub(crate) client: Client,
    pub(crate) jobs: Jobs,
    pub(crate) env: Env,
    /// Held while a turn starts, which may wait for the disk: what comes next, a cancel say, finds it started.
    pub(crate) starting: tokio::sync::Mutex<()>,
    pub(crate) queues: queue::Queues,
    /// What came of the answers under way is about to be kept.
    pub(crate) keeping: AtomicBool,
    /// Something the editor shows has changed; the publisher tells it, at most once a frame.
    changed: Notify,
    /// Whether the policy's version was noted in this session.
    policy_noted: AtomicBool,
    /// Whether the policy says something new since the user used Aside last.
    has_news: AtomicBool,
    /// Held while events are taken and sent, so that they leave in the order of their numbers.
    outbox: tokio::sync::Mutex<()>,
    telemetry: telemetry::Telemetry,
    sources: own::Sources,
}

impl Server {
    fn new(client: Client, env: Env) -> Arc<Self> {
        Arc::new(Self {
            session: Mutex::default(),
            client,
            jobs: Jobs::default(),
            env,
            starting: tokio::sync::Mutex::default(),
            queues: queue::Queues::default(),
            keeping: AtomicBool::new(false),
            changed: Notify::new(),
            policy_noted: AtomicBool::new(false),
            has_news: AtomicBool::new(false),
            outbox: tokio::sync::Mutex::new(()),
            telemetry: telemetry::Telemetry::default(),
            sources: own::Sources::default(),
        })
    }

    /// The session, for one synchronous step. A panic elsewhere doesn't lose it.
    pub(crate) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the session, and lets the publisher tell the editor what came of it.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut Session) -> T) -> T {
        let result = change(&mut self.session());
        self.changed.notify_one();
        result
    }

    /// Runs what blocks (the disk) where blocking is allowed. Its error is the disk's.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let server = Arc::clone(self);
        match tokio::task::spawn_blocking(move || work(&server)).await {
            Ok(result) => result.map_err(|error| chat::disk_problem(&error)),
            Err(_) => Err(bug()),
        }
    }

    /// Sends every event that is due.
    pub(crate) async fn publish(self: &Arc<Self>) {
        let _sending = self.outbox.lock().await;
        let due = self.session().take_due();
        for event in due.proposals {
            self.client.proposal_event(event).await;
        }
        if let Some(status) = due.status {
            self.client.status(status).await;
        }
        for problem in due.problems {
            self.client.report(&problem).await;
        }
        for line in due.log {
            self.client.log(line).await;
        }
        if due.lenses {
            let client = self.client.clone();
            tokio::spawn(async move { client.refresh_lenses().await });
        }
        for mending in due.mending {
            if let Ok(edit) = serde_json::from_value(mending.edit) {
                tokio::spawn(actions::take_back(Arc::clone(self), mending.proposal, mending.round, edit));
            }
        }
    }

    /// Publishes what changes, the first at once and then at most once a frame.
    async fn publisher(self: Arc<Self>) {
        loop {
            self.changed.notified().await;
            self.publish().await;
            tokio::time::sleep(FRAME).await;
        }
    }
}

/// What a screen shows at once: no stream sends more than one event in this time.
pub(crate) const FRAME: std::time::Duration = std::time::Duration::from_millis(16);

/// A bug of ours, as the user sees it.
pub(crate) fn bug() -> Problem {
    Problem::new(
        ProblemKind::Internal,
        "something went wrong inside Aside",
        "Please report it with the log file that `aside doctor` names; your text is safe.",
    )
}
