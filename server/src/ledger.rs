//! The ledger on disk: a few files of lines, only ever added to, safe with several servers at once and after a crash.
//!
//! A thread of its own writes, so that neither a slow disk nor a dropped connection waits. What can't be written is kept
//! in memory, told once, and written as soon as the disk can be used again.

mod files;

use crate::keys::Lookup;
use crate::paths::Paths;
use aside_core::config::Origin;
use aside_core::ledger::{self, Act, Ended, Limits, Outcome, Reading, Record, Sent};
use aside_core::problem::{Problem, ProblemKind};
use files::Files;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::oneshot;

/// At most so many records wait in memory for a disk that can't be used; the oldest go first, and it is said.
const MOST_WAITING: usize = 4_096;

/// The ledger of this process. Nothing is opened before the first request.
#[derive(Debug, Clone)]
pub(crate) struct Ledger(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// `None` keeps everything in memory.
    folder: Option<PathBuf>,
    writer: OnceLock<Sender<Message>>,
    state: Arc<State>,
}

/// What the writer's thread shares with the others.
#[derive(Debug)]
struct State {
    limits: Mutex<Limits>,
    /// Why the disk can't be used, until it is taken to be told.
    trouble: Mutex<Option<Problem>>,
}

enum Message {
    /// The second is answered when the record is on disk, or known not to come there.
    Write(Record, Option<oneshot::Sender<()>>),
    /// Asks for what is not on disk; what was said before is done by then.
    Waiting(SyncSender<Vec<Record>>),
}

impl Ledger {
    /// The ledger in this folder.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self::with(Some(folder))
    }

    /// A ledger that is gone with its process, where there is no place to keep one.
    #[cfg(test)]
    pub(crate) fn in_memory() -> Self {
        Self::with(None)
    }

    /// The ledger of this user, for the command line.
    pub(crate) fn of_user(environment: Lookup) -> Self {
        Self::with(Paths::find(environment).ok().map(|paths| paths.ledger()))
    }

    fn with(folder: Option<PathBuf>) -> Self {
        let state = Arc::new(State { limits: Mutex::default(), trouble: Mutex::default() });
        Self(Arc::new(Shared { folder, writer: OnceLock::new(), state }))
    }

    /// How much is kept from here on.
    pub(crate) fn limit(&self, limits: Limits) {
        *lock(&self.0.state.limits) = limits;
    }

    /// Writes a request down, before it is sent. The entry writes its end when it is dropped.
    pub(crate) async fn begin(
        &self,
        origin: &Origin,
        provider: &str,
        act: Act,
        bytes_out: u64,
        key: Option<String>,
    ) -> Entry {
        let id = uuid::Uuid::now_v7().simple().to_string();
        let entry = Entry {
            ledger: self.clone(),
            id: id.clone(),
            started: Instant::now(),
            bytes_in: 0,
            outcome: Outcome::Stopped,
        };
        let (origin, provider) = (origin.to_string(), provider.to_owned());
        let sent = Record::Sent(Sent { id, time: now(), origin, provider, act, bytes_out, key });
        let (written, done) = oneshot::channel();
        self.say(Message::Write(sent, Some(written)));
        // An error means that the writer is gone, which it has told.
        let _ = done.await;
        entry
    }

    /// Why the disk can't be used, once for each time that it happened.
    pub(crate) fn take_trouble(&self) -> Option<Problem> {
        lock(&self.0.state.trouble).take()
    }

    /// Everything that is known: what is on disk, and what could not be written. Blocks.
    pub(crate) fn read(&self) -> Reading {
        let waiting = self.0.waiting();
        let on_disk = self.0.folder.as_deref().map_or_else(|| Ok(ledger::read(&[])), read);
        let mut reading = on_disk.unwrap_or_else(|error| {
            let unread = Some(format!("{error:#}"));
            Reading { unread, ..ledger::read(&[]) }
        });
        reading.add(waiting);
        reading
    }

    /// Waits until everything said so far is written, for a while. Blocks.
    pub(crate) fn flush(&self) {
        self.0.waiting();
    }

    fn say(&self, message: Message) {
        let writer = self.0.writer.get_or_init(|| {
            let (sender, receiver) = channel();
            let (files, state) = (self.0.folder.clone().map(Files::new), Arc::clone(&self.0.state));
            let writer = Writer { files, waiting: VecDeque::new(), lost: 0, state };
            let thread = std::thread::Builder::new().name("ledger".to_owned());
            if let Err(error) = thread.spawn(move || writer.run(&receiver)) {
                *lock(&self.0.state.trouble) = Some(trouble(&error.into()));
            }
            sender
        });
        // It fails only where the thread could not be started, which was told.
        let _ = writer.send(message);
    }
}

impl Shared {
    /// What could not be written. Everything said before is written by then, unless the disk takes too long.
    fn waiting(&self) -> Vec<Record> {
        let Some(writer) = self.writer.get() else { return Vec::new() };
        let (answer, answered) = sync_channel(1);
        let asked = writer.send(Message::Waiting(answer));
        asked.ok().and_then(|()| answered.recv_timeout(WAIT).ok()).unwrap_or_default()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.waiting();
    }
}

fn lock<T>(place: &Mutex<T>) -> MutexGuard<'_, T> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long a reader, or the program's end, waits for the disk.
const WAIT: Duration = Duration::from_secs(2);

/// The ledger in this folder, as it is on disk.
pub(crate) fn read(folder: &Path) -> anyhow::Result<Reading> {
    let (segments, last) = files::segments(folder)?;
    Ok(ledger::read_to(&segments, last.as_ref()))
}

#[expect(clippy::disallowed_methods, reason = "an entry's time is taken where it is written")]
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A request under way. Its end is written when it is dropped.
#[derive(Debug)]
pub(crate) struct Entry {
    ledger: Ledger,
    id: String,
    started: Instant,
    bytes_in: u64,
    outcome: Outcome,
}

impl Entry {
    pub(crate) fn received(&mut self, bytes: usize) {
        self.bytes_in += bytes as u64;
    }

    /// What came of it, unless something else is said later.
    pub(crate) fn went(&mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let milliseconds = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (id, outcome, bytes_in) = (std::mem::take(&mut self.id), self.outcome, self.bytes_in);
        let ended = Ended { id, time: now(), outcome, bytes_in, milliseconds };
        self.ledger.say(Message::Write(Record::Ended(ended), None));
    }
}

/// The thread that writes.
struct Writer {
    files: Option<Files>,
    /// What could not be written, the oldest first.
    waiting: VecDeque<Record>,
    /// So many records were too many to wait.
    lost: u64,
    state: Arc<State>,
}

impl Writer {
    /// Until nobody can say anything more.
    fn run(mut self, messages: &Receiver<Message>) {
        for message in messages {
            match message {
                Message::Write(record, done) => {
                    self.write(record);
                    // An error means that the request was stopped meanwhile.
                    let _ = done.map(|done| done.send(()));
                }
                Message::Waiting(answer) => {
                    // An error means that the reader has gone on without it.
                    let _ = answer.send(self.waiting.iter().cloned().collect());
                }
            }
        }
    }

    fn write(&mut self, record: Record) {
        if self.waiting.len() == MOST_WAITING {
            self.waiting.pop_front();
            self.lost += 1;
        }
        self.waiting.push_back(record);
        let Some(files) = &mut self.files else { return };
        let limits = *lock(&self.state.limits);
        match files.append(self.waiting.make_contiguous(), self.lost, limits, now()) {
            Ok(()) => {
                self.waiting.clear();
                self.lost = 0;
            }
            Err(error) => *lock(&self.state.trouble) = Some(trouble(&error)),
        }
    }
}

fn trouble(error: &anyhow::Error) -> Problem {
    Problem::new(
        ProblemKind::Setting,
        "the ledger of what is sent can't be written",
        "It goes on in memory and can be seen in the editor; free some space or mend the folder's permissions, and it \
         is written down.",
    )
    .with_detail(format!("{error:#}"))
}

#[cfg(test)]
mod tests;
