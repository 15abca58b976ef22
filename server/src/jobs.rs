//! Background work by name: started, cancelled, and never able to take the server down.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use tokio::task::JoinHandle;

/// What a job is for. One job at a time has a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum JobName {
    /// A chat's turn.
    Turn { chat: String },
    /// The model call of a proposal.
    Proposal(String),
    /// An answer that opens as a document of its own, by its progress token.
    Answer(String),
}

/// The jobs under way.
#[derive(Default)]
pub(crate) struct Jobs {
    running: Mutex<HashMap<JobName, JoinHandle<()>>>,
}

impl Jobs {
    /// Runs `work` in the background, replacing a job of the same name. `panicked` runs if it panics.
    pub(crate) fn start<W, P>(&self, name: JobName, work: W, panicked: P)
    where
        W: Future<Output = ()> + Send + 'static,
        P: Future<Output = ()> + Send + 'static,
    {
        let task = tokio::spawn(async move {
            if AssertUnwindSafe(work).catch_unwind().await.is_err() {
                panicked.await;
            }
        });
        let mut running = self.lock();
        running.retain(|_, task| !task.is_finished());
        if let Some(old) = running.insert(name, task) {
            old.abort();
        }
    }

    /// Stops a job. When this returns, everything the job held is dropped: its connection is closed.
    pub(crate) async fn cancel(&self, name: &JobName) -> bool {
        let Some(task) = self.lock().remove(name) else { return false };
        let was_running = !task.is_finished();
        task.abort();
        // The only error is the cancellation asked for: a panic is caught inside the task.
        drop(task.await);
        was_running
    }

    /// Stops every job without waiting.
    pub(crate) fn abort_all(&self) {
        for (_, task) in self.lock().drain() {
            task.abort();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<JobName, JoinHandle<()>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
