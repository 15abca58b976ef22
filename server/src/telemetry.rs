//! Telemetry by consent: events are counted in the day's totals, and a day that is over is told when the user next uses
//! Aside. Without consent nothing is counted, kept or told; what waits is deleted when it is withdrawn.

use crate::paths::{self, Paths};
use crate::{Server, crash, ledger, views};
use aside_core::config::Settings;
use aside_core::counted::counted;
use aside_core::ledger::Act;
use aside_core::problem::{Problem, ProblemKind};
use aside_core::provider::{Auth, HttpRequest};
use aside_core::usage::{
    self, Consent, Day, Event, Feature, Outcome, Queue, Report, Standing, System, Took, otlp, otlp_path,
};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// More than an endpoint has to say.
const MOST_ANSWER: usize = 64 * 1024;

/// What this server counted and has not written down yet, and who may write.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    counted: Mutex<Vec<Event>>,
    /// Held while the files are read and written, so that nothing is written after a withdrawal.
    disk: Mutex<()>,
    /// The user was asked in this session.
    asked: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A feature under way. Dropped without an end, it was stopped, or met a bug.
pub(crate) struct UnderWay {
    server: Arc<Server>,
    /// `None` for what isn't counted.
    feature: Option<Feature>,
    began: Instant,
    outcome: Outcome,
    problem: Option<ProblemKind>,
}

impl UnderWay {
    pub(crate) fn new(server: &Arc<Server>, feature: Option<Feature>) -> Self {
        let outcome = Outcome::Stopped;
        Self { server: Arc::clone(server), feature, began: Instant::now(), outcome, problem: None }
    }

    /// How it ended.
    pub(crate) fn ended(&mut self, problem: Option<&Problem>) {
        self.problem = problem.map(|problem| problem.kind);
        self.outcome = if problem.is_some() { Outcome::Failed } else { Outcome::Done };
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            (self.outcome, self.problem) = (Outcome::Failed, Some(ProblemKind::Internal));
        }
        let Some(feature) = self.feature else { return };
        let took = Took::of(self.began.elapsed().as_secs_f64());
        let mut events = vec![Event::Used { feature, outcome: self.outcome, took }];
        events.extend(self.problem.map(|problem| Event::Failed { feature, problem }));
        events.extend(crash::take_places().into_iter().map(|place| Event::Panicked { place }));
        count(&self.server, events);
    }
}

/// Counts what the user consented to, and tells what is due.
fn count(server: &Arc<Server>, mut events: Vec<Event>) {
    let consent = consent(server);
    events.retain(|event| consent.allows(event));
    if events.is_empty() {
        return;
    }
    lock(&server.telemetry.counted).extend(events);
    // At the server's end there is nobody to run it, and the end itself keeps it.
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        let server = Arc::clone(server);
        runtime.spawn(async move {
            for day in keep(&server).await {
                tell(&server, day).await;
            }
        });
    }
}

/// What the user consents to at this moment.
fn consent(server: &Server) -> Consent {
    let switched = switched(server);
    if switched.is_none() || !usage::is_agreed(agreed(&server.env.paths).as_deref()) {
        return Consent::default();
    }
    switched
}

fn switched(server: &Server) -> Consent {
    let session = server.session();
    usage::switched(&session.settings().telemetry, session.telemetry_level(), server.env.do_not_track)
}

/// The note of what the user agreed to; `None` where there is none. One that can't be read is none of ours.
fn agreed(paths: &Paths) -> Option<String> {
    match paths::read_text(&paths.consent()) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(_) => Some(String::new()),
    }
}

/// Writes down what was counted, and gives the days that are over.
async fn keep(server: &Arc<Server>) -> Vec<Day> {
    let kept = server.blocking(|server| {
        let _writing = lock(&server.telemetry.disk);
        let counted = std::mem::take(&mut *lock(&server.telemetry.counted));
        let consent = consent(server);
        let editor = server.session().client().editor;
        let version = usage::version(env!("CARGO_PKG_VERSION"));
        let now = ledger::now();
        if consent.is_none() {
            return Ok(Vec::new());
        }
        let consented = server.env.paths.consent();
        if !consented.exists() {
            paths::write_private(&consented, format!("{}\n", usage::SCHEMA).as_bytes())?;
        }
        Ok(change(&server.env.paths, |queue| {
            for event in counted.into_iter().filter(|event| consent.allows(event)) {
                queue.add(now, version, editor, event);
            }
            queue.take_finished(now)
        })?)
    });
    kept.await.unwrap_or_else(|_| {
        tracing::warn!("telemetry that the user consented to can't be kept");
        Vec::new()
    })
}

/// At the server's end: writes down what was counted, and leaves what is over for the next server to tell. A day that is
/// on its way at this moment may be lost, and is never told twice.
pub(crate) async fn keep_for_later(server: &Arc<Server>) {
    if consent(server).is_none() {
        return;
    }
    let days = keep(server).await;
    if days.is_empty() {
        return;
    }
    put_back(server, days).await;
}

async fn put_back(server: &Arc<Server>, days: Vec<Day>) {
    let put_back = server.blocking(move |server| {
        let _writing = lock(&server.telemetry.disk);
        let consent = consent(server);
        let days = days.into_iter().filter_map(|mut day| {
            day.retain(consent);
            (!day.is_empty()).then_some(day)
        });
        change(&server.env.paths, |queue| days.for_each(|day| queue.put_back(day)))?;
        Ok(())
    });
    if put_back.await.is_err() {
        tracing::warn!("telemetry that could not be sent can't be kept");
    }
}

/// Changes what waits; nothing is left on the disk where nothing waits. Safe with several servers at once.
fn change<T>(paths: &Paths, change: impl FnOnce(&mut Queue) -> T) -> io::Result<T> {
    let folder = paths.telemetry();
    paths::make_private(&folder)?;
    let locked = paths::append_private(&folder.join(LOCK))?;
    locked.lock()?;
    let mut queue = read(paths)?;
    let result = change(&mut queue);
    if queue.is_empty() {
        std::fs::remove_dir_all(&folder)?;
    } else {
        paths::write_private(&folder.join(DAYS), serde_json::to_string(&queue)?.as_bytes())?;
    }
    drop::<File>(locked);
    Ok(result)
}

const DAYS: &str = "days.json";
const LOCK: &str = "lock";

fn read(paths: &Paths) -> io::Result<Queue> {
    match paths::read_text(&paths.telemetry().join(DAYS)) {
        Ok(text) => Ok(Queue::read(&text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Queue::default()),
        Err(error) => Err(error),
    }
}

/// What waits, as it is told of each day.
pub(crate) fn reports(paths: &Paths) -> Result<Vec<Report>, Problem> {
    let queue = read(paths).map_err(|error| views::unread(&error.into()))?;
    Ok(queue.reports(System::of(std::env::consts::OS)))
}

/// What is exported of the days: an array of what is told of each.
pub(crate) fn exported(reports: &[Report]) -> Result<String, Problem> {
    let text = serde_json::to_string_pretty(reports).map_err(|_| crate::bug())?;
    Ok(format!("{text}\n"))
}

/// Writes what waits into a file that is not there yet; says what was done. Blocks.
pub(crate) fn export(paths: &Paths, file: &Path) -> Result<String, Problem> {
    let reports = reports(paths)?;
    let text = exported(&reports)?;
    let made = paths::create_private(file).and_then(|mut made| {
        let written = made.write_all(text.as_bytes());
        if written.is_err() {
            // The first error is the one to tell.
            let _ = std::fs::remove_file(file);
        }
        written
    });
    made.map_err(|error| {
        let next = match error.kind() {
            ErrorKind::AlreadyExists => "Name a file that isn't there yet.",
            _ => "Name another place, or mend this one.",
        };
        let title = format!("the telemetry can't be written into {}", file.display());
        Problem::new(ProblemKind::Setting, title, next).with_detail(error.to_string())
    })?;
    Ok(format!("{} written into {}.", counted(reports.len() as u64, "day"), file.display()))
}

/// Deletes what waits; says what was done. Blocks.
pub(crate) fn delete_and_say(paths: &Paths) -> Result<&'static str, Problem> {
    match delete(paths) {
        Ok(true) => {
            Ok("Deleted. To withdraw your consent, switch `telemetry.usage` and `telemetry.errors` off.")
        }
        Ok(false) => Ok(NOTHING_WAITS),
        Err(error) => Err(not_deleted(paths.telemetry()).with_detail(error.to_string())),
    }
}

/// The same in an editor: what this server has counted and not written down yet goes as well.
pub(crate) fn delete_here(server: &Server) -> Result<&'static str, Problem> {
    let _writing = lock(&server.telemetry.disk);
    lock(&server.telemetry.counted).clear();
    delete_and_say(&server.env.paths)
}

pub(crate) const NOTHING_WAITS: &str = "Nothing waits to be told.";

/// Deletes what waits; whether anything did.
fn delete(paths: &Paths) -> io::Result<bool> {
    match std::fs::remove_dir_all(paths.telemetry()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The settings or the editor's switch are others: what the user doesn't consent to any more is deleted before anything
/// else is done.
pub(crate) fn withdraw(server: &Server) {
    let consent = switched(server);
    if consent.is_whole() {
        return;
    }
    let _writing = lock(&server.telemetry.disk);
    lock(&server.telemetry.counted).retain(|event| consent.allows(event));
    let paths = &server.env.paths;
    let deleted = match paths.telemetry().exists() {
        false => Ok(()),
        true if consent.is_none() => delete(paths).map(|_| ()),
        true => change(paths, |queue| queue.retain(consent)),
    };
    if deleted.is_err() {
        tracing::error!("telemetry that the user withdrew from can't be deleted");
        server.update(|session| session.report_once(not_deleted(paths.telemetry())));
    }
}

fn not_deleted(folder: PathBuf) -> Problem {
    let next = format!("Nothing of it is sent. Delete the folder {}.", folder.display());
    Problem::new(ProblemKind::Setting, "what telemetry had counted can't be deleted", next)
}

/// Tells of a day that is over: the editor, and the endpoint where one is set.
async fn tell(server: &Arc<Server>, mut day: Day) {
    day.retain(consent(server));
    if day.is_empty() {
        return;
    }
    let report = day.report(System::of(std::env::consts::OS));
    if !day.told
        && let Ok(event) = serde_json::to_value(&report)
    {
        server.client.telemetry(event).await;
        day.told = true;
    }
    let settings = Arc::clone(server.session().settings());
    if !is_taken(server, &settings, otlp(&report).to_string()).await {
        put_back(server, vec![day]).await;
    }
}

/// Whether there is no need to send it again: it was taken, or refused for good, or there is no endpoint.
async fn is_taken(server: &Server, settings: &Settings, body: String) -> bool {
    let Some(endpoint) = settings.telemetry.endpoint() else { return true };
    let path = otlp_path(&endpoint.base_url).to_owned();
    let request = HttpRequest { path, headers: Vec::new(), body: body.into_bytes(), auth: Auth::None };
    let act = Act::bare(aside_core::ledger::Feature::Telemetry);
    server.env.http.ledger().limit(settings.ledger);
    match server.env.http.post(&settings.network, &endpoint, &request, None, act).await {
        Ok(mut answer) => {
            // OTLP specification 1.9, "Failures": those are worth another try.
            let again = matches!(answer.status(), 429 | 502 | 503 | 504);
            answer.body(MOST_ANSWER).await;
            !again
        }
        Err(_) => {
            tracing::debug!("the endpoint for telemetry can't be reached");
            false
        }
    }
}

/// Asks again, once in a session, where what may be told has grown since the user agreed. Until then nothing is counted or told.
pub(crate) async fn ask_again(server: &Arc<Server>) {
    let is_agreed = usage::is_agreed(agreed(&server.env.paths).as_deref());
    if switched(server).is_none() || is_agreed || server.telemetry.asked.swap(true, Ordering::Relaxed) {
        return;
    }
    let question = "Aside: what telemetry may hold has grown since you agreed to it (PRIVACY.md lists all of it). \
        Until you agree, nothing is counted or sent.";
    if server.client.ask(question, AGREE).await {
        let written = server.blocking(|server| {
            Ok(paths::write_private(&server.env.paths.consent(), format!("{}\n", usage::SCHEMA).as_bytes()))
        });
        let unwritten = |error| crate::actions::unwritten("that you agreed can't be written down", &error);
        if let Err(problem) = written.await.and_then(|written| written.map_err(unwritten)) {
            server.client.report(&problem).await;
        }
    }
}

/// The button.
const AGREE: &str = "Agree";

/// How things stand and what waits, as a document. Blocks.
pub(crate) fn document(server: &Server) -> Result<String, Problem> {
    let settings = Arc::clone(server.session().settings());
    let standing = Standing {
        settings: &settings.telemetry,
        do_not_track: server.env.do_not_track,
        agreed: usage::is_agreed(agreed(&server.env.paths).as_deref()),
        consent: consent(server),
    };
    Ok(usage::markdown(Some(&standing), &reports(&server.env.paths)?))
}
