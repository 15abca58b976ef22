//! The lines before the providers: a question waits here for its turn, and leaves by being dropped.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aside_core::line::{Limits, Line, Standing, Ticket};
use tokio::sync::watch;
use tokio::time::Instant;

/// One line per provider.
pub(crate) struct Queues {
    lines: Mutex<HashMap<String, Arc<Shared>>>,
    last: AtomicU64,
    since: Instant,
}

struct Shared {
    line: Mutex<Line>,
    /// As the settings are by now: they hold for those who wait as well.
    limits: Mutex<Limits>,
    /// Somebody went or left.
    moved: watch::Sender<()>,
}

impl Default for Queues {
    fn default() -> Self {
        Self { lines: Mutex::default(), last: AtomicU64::new(0), since: Instant::now() }
    }
}

impl Queues {
    /// Takes the limits of the settings, by provider. One that is named no more has none.
    pub(crate) fn limit(&self, limits: &HashMap<String, Limits>) {
        for (provider, shared) in lock(&self.lines).iter() {
            shared.limit(limits.get(provider).copied().unwrap_or_default());
        }
    }

    /// Joins the line before a provider, at its end.
    pub(crate) fn join(&self, provider: &str, limits: Limits) -> Place {
        let shared = {
            let mut lines = lock(&self.lines);
            let new = || {
                let (line, limits) = (Mutex::default(), Mutex::new(limits));
                Arc::new(Shared { line, limits, moved: watch::Sender::new(()) })
            };
            Arc::clone(lines.entry(provider.to_owned()).or_insert_with(new))
        };
        let ticket = self.last.fetch_add(1, Ordering::Relaxed);
        shared.limit(limits);
        lock(&shared.line).join(ticket);
        let moved = shared.moved.subscribe();
        Place { shared, ticket, moved, since: self.since, told: None }
    }
}

impl Shared {
    fn limit(&self, limits: Limits) {
        if std::mem::replace(&mut *lock(&self.limits), limits) != limits {
            self.moved.send_replace(());
        }
    }
}

/// A question's place in a line, then its right to be asked; dropping it makes room for the next.
pub(crate) struct Place {
    shared: Arc<Shared>,
    ticket: Ticket,
    moved: watch::Receiver<()>,
    since: Instant,
    /// The place that was told last.
    told: Option<u32>,
}

impl Place {
    /// Waits until the place is another than the one told before, and gives it; `None` once it is this question's turn.
    /// A dropped wait loses nothing.
    pub(crate) async fn next(&mut self) -> Option<u32> {
        loop {
            self.moved.mark_unchanged();
            let limits = *lock(&self.shared.limits);
            let standing = lock(&self.shared.line).stand(self.ticket, limits, self.since.elapsed());
            match standing {
                Standing::Goes => {
                    self.shared.moved.send_replace(());
                    return None;
                }
                Standing::Waits { place, .. } if self.told != Some(place) => {
                    self.told = Some(place);
                    return Some(place);
                }
                Standing::Waits { until, .. } => {
                    let time = async {
                        match until {
                            Some(until) => tokio::time::sleep_until(self.since + until).await,
                            None => std::future::pending().await,
                        }
                    };
                    tokio::select! {
                        () = time => {}
                        // The sender lives in what this holds, so the only news is that somebody moved.
                        _ = self.moved.changed() => {}
                    }
                }
            }
        }
    }

    /// Whether a place was told since it joined.
    pub(crate) fn was_told(&self) -> bool {
        self.told.is_some()
    }

    /// Waits again, for the same question: before those that came later.
    pub(crate) fn again(&mut self) {
        self.told = None;
        lock(&self.shared.line).join(self.ticket);
        self.shared.moved.send_replace(());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.shared.line).leave(self.ticket);
        self.shared.moved.send_replace(());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    const ONE_AT_ONCE: Limits = Limits { at_once: Some(1), a_minute: None };

    #[tokio::test]
    async fn a_question_hears_of_every_place_until_its_turn() {
        let queues = Queues::default();
        let [mut first, mut second, mut third] = [(); 3].map(|()| queues.join("acme", ONE_AT_ONCE));
        let mut elsewhere = queues.join("other", ONE_AT_ONCE);
        assert_eq!((first.next().await, elsewhere.next().await), (None, None));
        assert_eq!((second.next().await, third.next().await), (Some(1), Some(2)));
        assert_eq!(third.next().now_or_never(), None, "there is nothing new to tell");
        drop(first);
        assert_eq!((second.next().await, third.next().await), (None, Some(1)));
        drop(second);
        assert_eq!(third.next().await, None);
    }

    #[tokio::test]
    async fn a_limit_that_is_changed_meanwhile_holds_for_those_who_wait() {
        let queues = Queues::default();
        let [mut first, mut second, mut third] = [(); 3].map(|()| queues.join("acme", ONE_AT_ONCE));
        assert_eq!((first.next().await, second.next().await, third.next().await), (None, Some(1), Some(2)));
        let waiting = tokio::spawn(async move { (second.next().await, second) });
        tokio::task::yield_now().await;
        queues.limit(&HashMap::from([("acme".to_owned(), Limits { at_once: Some(2), a_minute: None })]));
        let (place, _second) = waiting.await.unwrap();
        assert_eq!((place, third.next().await), (None, Some(1)));
        queues.limit(&HashMap::new());
        assert_eq!(third.next().await, None);
    }

    #[tokio::test]
    async fn one_that_gives_up_makes_room() {
        let queues = Queues::default();
        let [mut first, mut second, mut third] = [(); 3].map(|()| queues.join("acme", ONE_AT_ONCE));
        assert_eq!((first.next().await, second.next().await, third.next().await), (None, Some(1), Some(2)));
        let waiting = tokio::spawn(async move { third.next().await });
        drop(second);
        assert_eq!(waiting.await.unwrap(), Some(1));
    }

    #[tokio::test]
    async fn one_that_is_asked_again_goes_before_those_who_came_later() {
        let queues = Queues::default();
        let [mut first, mut second] = [(); 2].map(|()| queues.join("acme", ONE_AT_ONCE));
        assert_eq!((first.next().await, second.next().await), (None, Some(1)));
        first.again();
        assert_eq!((second.next().await, first.next().await), (Some(2), None));
    }
}
