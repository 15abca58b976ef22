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
    /// The model call of a page, by its uri.
    Page(String),
    /// What writes an answer into a page.
    PageWriter(String),
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
        // In a box, since the task would hold it twice: as it came and as it runs.
        let work = Box::pin(AssertUnwindSafe(work).catch_unwind());
        let task = tokio::spawn(async move {
            if work.await.is_err() {
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

    /// The jobs under way.
    pub(crate) fn names(&self) -> Vec<JobName> {
        let running = self.lock();
        running.iter().filter(|(_, task)| !task.is_finished()).map(|(name, _)| name.clone()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    fn name() -> JobName {
        JobName::Proposal("p".to_owned())
    }

    #[tokio::test]
    async fn a_panic_runs_what_was_given_for_it_and_harms_no_other_job() {
        let jobs = Jobs::default();
        let (told, panicked) = oneshot::channel();
        jobs.start(name(), async { panic!("a bug") }, async { told.send(()).unwrap() });
        panicked.await.unwrap();
        let (told, done) = oneshot::channel();
        jobs.start(name(), async { told.send(()).unwrap() }, async {});
        done.await.unwrap();
    }

    #[tokio::test]
    async fn what_a_job_held_is_dropped_when_a_cancel_returns() {
        let jobs = Jobs::default();
        let (held, dropped) = oneshot::channel::<()>();
        let work = async move {
            let _held = held;
            std::future::pending::<()>().await;
        };
        jobs.start(name(), work, async {});
        tokio::task::yield_now().await;
        assert!(jobs.cancel(&name()).await);
        assert!(dropped.now_or_never().is_some(), "it is still held");
        assert!(!jobs.cancel(&name()).await);
    }

    #[tokio::test]
    async fn a_job_of_the_same_name_replaces_the_one_before() {
        let jobs = Jobs::default();
        let (held, dropped) = oneshot::channel::<()>();
        let work = async move {
            let _held = held;
            std::future::pending::<()>().await;
        };
        jobs.start(name(), work, async {});
        jobs.start(name(), std::future::pending(), async {});
        assert!(dropped.await.is_err());
    }
}
