//! The only connections: each to the origin of a provider in the user's settings, for an act of the user's.
//!
//! A client is built at its first use and kept warm. This machine is reached without a proxy and without certificate
//! authorities, every other place through the proxy of the settings or the environment; `network.offline` shuts the
//! gate to those. No redirect is followed. Each request is in the ledger before it is sent.

mod clients;
mod fault;
mod headers;
mod proxied;
mod signed;

pub(crate) use fault::Fault;
pub(crate) use headers::shown;

use crate::keys::{self, Key, Untold, environment};
use crate::ledger::{Entry, Ledger};
use aside_core::config::{Network, Origin, ProviderSettings};
use aside_core::ledger::{Act, Outcome};
use aside_core::problem::{Problem, ProblemKind};
use aside_core::provider::{Cause, Failure, HttpRequest, failure};
use bytes::Bytes;
use clients::{Clients, Route};
use fault::Place;
use reqwest::Method;
use reqwest::header::{ACCEPT_ENCODING, LOCATION};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the rest of a body may take that nobody streams: an error's, a list's.
const BODY_LIMIT: Duration = Duration::from_secs(30);
/// How long a finished answer may take to say its end.
const END_LIMIT: Duration = Duration::from_millis(100);
/// An answer of more bytes than that, decoded, is not read on: at 100 bytes a token, 670,000 tokens.
const MOST_BYTES: usize = 64 << 20;
/// How long warming may take: the user is writing meanwhile.
const WARM_LIMIT: Duration = Duration::from_secs(10);
/// An open connection that nobody uses lives at least that long, here and at most providers.
const COLD_AFTER: Duration = Duration::from_secs(60);

/// The door to the network. Costs nothing until it is used.
#[derive(Debug)]
pub(crate) struct Http {
    clients: Mutex<Clients>,
    /// When each origin was last spoken to: its connection is open for a while.
    spoken: Spoken,
    ledger: Ledger,
}

type Spoken = Arc<Mutex<HashMap<Origin, Instant>>>;

impl Http {
    /// A door whose every opening is written down in this ledger.
    pub(crate) fn new(ledger: Ledger) -> Self {
        Self { clients: Mutex::default(), spoken: Spoken::default(), ledger }
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Sends a request to the provider, and returns once its answer begins, whatever the status.
    ///
    /// The key goes along as the request says, if it is for the provider's origin. The user's own headers win.
    pub(crate) async fn post(
        &self,
        network: &Network,
        provider: &ProviderSettings,
        request: &HttpRequest,
        key: Option<&Key>,
        act: Act,
    ) -> Result<Response, Fault> {
        self.send(Method::POST, network, provider, request, key, act).await
    }

    /// The same for a question without a body, such as the list of models.
    pub(crate) async fn get(
        &self,
        network: &Network,
        provider: &ProviderSettings,
        request: &HttpRequest,
        key: Option<&Key>,
        act: Act,
    ) -> Result<Response, Fault> {
        self.send(Method::GET, network, provider, request, key, act).await
    }

    /// Opens the connection that a question of this feature needs, unless one is open or opening it saves nothing.
    ///
    /// A request for nothing does it: no text, no key and none of the user's headers go along, and the answer is dropped.
    pub(crate) async fn warm(&self, network: &Network, provider: &ProviderSettings, act: Act) {
        let Some(origin) = provider.origin() else { return };
        if !network.warm
            || gate(network, &origin).is_err()
            || Route::to(&origin) == Route::Local
            || !self.is_cold(&origin)
        {
            return;
        }
        let Ok(proxy) = proxied::on_the_way(network, &origin, environment) else { return };
        let Ok(client) = self.client(network, &origin).await else { return };
        let mut entry = self.ledger.begin(&origin, &provider.id, act, 0, None).await;
        let place = Place { origin, network: network.clone(), proxy };
        match client.head(format!("{}/", place.origin)).timeout(WARM_LIMIT).send().await {
            Ok(answer) => entry.went(Outcome::Answered { status: answer.status().as_u16() }),
            // The question itself will say what is wrong.
            Err(error) => {
                lock(&self.spoken).remove(&place.origin);
                entry.went(failed_for(&place.unreached(&error)));
            }
        }
    }

    /// Whether the user's settings let anything go to the provider.
    pub(crate) fn is_open(&self, network: &Network, provider: &ProviderSettings) -> Result<(), Problem> {
        match provider.origin() {
            Some(origin) => {
                gate(network, &origin)?;
                proxied::on_the_way(network, &origin, environment).map(|_| ())
            }
            None => Ok(()),
        }
    }

    /// Whether no connection can be open any more; from here on one is.
    fn is_cold(&self, origin: &Origin) -> bool {
        let now = Instant::now();
        let before = lock(&self.spoken).insert(origin.clone(), now);
        before.is_none_or(|before| now.duration_since(before) >= COLD_AFTER)
    }

    async fn send(
        &self,
        method: Method,
        network: &Network,
        provider: &ProviderSettings,
        request: &HttpRequest,
        key: Option<&Key>,
        act: Act,
    ) -> Result<Response, Fault> {
        let origin = provider.origin().ok_or_else(|| no_address(provider))?;
        gate(network, &origin)?;
        let proxy = proxied::on_the_way(network, &origin, environment)?;
        let url = format!("{}{}", provider.base_url, request.path);
        let mut headers = headers::sent(&method, &url, provider, request, key.map(|key| &key.secret))?;
        if method == Method::GET {
            // A list may come compressed, a stream never: it would wait for a full block before its first word.
            headers.remove(ACCEPT_ENCODING);
        }
        let client = self.client(network, &origin).await?;
        let source = key.map(|key| key.source.to_string());
        let mut entry =
            self.ledger.begin(&origin, &provider.id, act, request.body.len() as u64, source).await;
        let sending = client.request(method, url).headers(headers).body(request.body.clone());
        let place = Place { origin, network: network.clone(), proxy };
        let failed = match sending.send().await {
            Ok(inner) => {
                let status = inner.status().as_u16();
                let outcome = match inner.status().is_success() {
                    true => Outcome::Answered { status },
                    false => Outcome::Refused { status },
                };
                if !inner.status().is_success() {
                    entry.went(outcome);
                }
                if status == 407 {
                    return Err(place.stopped_by_proxy().into());
                }
                if sends_on(status) {
                    let untold = Untold::new(provider, key.map(|key| &key.secret));
                    return Err(untold.blanked(redirected(&inner, &place.origin)).into());
                }
                let spoken = Arc::clone(&self.spoken);
                let untold = Untold::new(provider, key.map(|key| &key.secret));
                let mends = keys::after_refusal(provider, key.map(|key| &key.source));
                return Ok(Response { inner, place, outcome, untold, mends, spoken, read: 0, entry });
            }
            Err(error) => place.unreached(&error),
        };
        entry.went(failed_for(&failed));
        Err(failed.into())
    }

    /// The client for this way, made in the background where that reads the machine's certificates.
    async fn client(&self, network: &Network, origin: &Origin) -> Result<reqwest::Client, Problem> {
        let route = Route::to(origin);
        if let Some(client) = self.clients().find(network, route) {
            return Ok(client);
        }
        let client = match route {
            Route::Local => clients::build(network, route)?,
            Route::LocalTls | Route::Remote | Route::RemoteTls => {
                let network = network.clone();
                let built = tokio::task::spawn_blocking(move || clients::build(&network, route));
                built.await.map_err(|_| internal())??
            }
        };
        Ok(self.clients().keep(network, route, client))
    }

    fn clients(&self) -> MutexGuard<'_, Clients> {
        lock(&self.clients)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An answer that has begun. Dropping it closes the connection, or the stream on a shared one.
#[derive(Debug)]
pub(crate) struct Response {
    inner: reqwest::Response,
    place: Place,
    /// What came of the request, once the whole answer is here.
    outcome: Outcome,
    /// What no failure may repeat.
    untold: Untold,
    /// What to do if the key is refused.
    mends: String,
    spoken: Spoken,
    /// Bytes of the answer so far.
    read: usize,
    /// Behind the answer, so that the connection closes first.
    entry: Entry,
}

impl Response {
    pub(crate) fn status(&self) -> u16 {
        self.inner.status().as_u16()
    }

    pub(crate) fn is_success(&self) -> bool {
        self.inner.status().is_success()
    }

    /// The next bytes as they come; `None` at the end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        match self.inner.chunk().await {
            Ok(Some(bytes)) => {
                self.entry.received(bytes.len());
                self.read = self.read.saturating_add(bytes.len());
                if self.read > MOST_BYTES {
                    let failure = self.place.too_large(MOST_BYTES);
                    self.entry.went(failed_for(&failure));
                    return Err(failure);
                }
                Ok(Some(bytes))
            }
            Ok(None) => {
                self.entry.went(self.outcome);
                Ok(None)
            }
            Err(error) => {
                let failure = self.place.broken(&error);
                self.entry.went(failed_for(&failure));
                Err(failure)
            }
        }
    }

    /// Waits a moment for the end of an answer that says nothing more, so that its connection can be used again.
    pub(crate) async fn finish(mut self) {
        let rest = async { while let Ok(Some(_)) = self.chunk().await {} };
        // An answer that goes on is dropped, and its connection with it.
        let _ = tokio::time::timeout(END_LIMIT, rest).await;
        lock(&self.spoken).insert(self.place.origin.clone(), Instant::now());
        self.entry.went(self.outcome);
    }

    /// The whole body, of at most `limit` bytes, as `read` understands it.
    pub(crate) async fn whole<T>(
        mut self,
        limit: usize,
        read: impl FnOnce(&[u8]) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > limit {
                return Err(self.place.too_large(limit));
            }
        }
        read(&body).map_err(|failure| self.untold.blanked(failure))
    }

    /// The body, cut at `limit` bytes, at an error and at `BODY_LIMIT`.
    pub(crate) async fn body(&mut self, limit: usize) -> Vec<u8> {
        let mut body = Vec::new();
        let reading = async {
            while let Ok(Some(chunk)) = self.chunk().await {
                body.extend(chunk.iter().take(limit.saturating_sub(body.len())));
                if body.len() >= limit {
                    break;
                }
            }
        };
        // What came in time is what there is.
        let _ = tokio::time::timeout(BODY_LIMIT, reading).await;
        self.entry.went(self.outcome);
        body
    }

    /// What an answer with an error status means.
    pub(crate) async fn failure(mut self) -> Failure {
        let status = self.status();
        let header = |name: &str| self.inner.headers().get(name)?.to_str().ok();
        let wait = failure::wait(header("retry-after"), header("retry-after-ms"), now());
        let body = self.body(64 * 1024).await;
        self.told(failure::read(status, wait, &body))
    }

    /// What went wrong within this answer as it may be told: some providers repeat the key.
    pub(crate) fn told(&self, failure: Failure) -> Failure {
        let is_refused = failure.cause == Cause::KeyRefused;
        let next = is_refused.then(|| self.mends.clone()).or(failure.next.clone());
        self.untold.blanked(Failure { next, ..failure })
    }
}

/// What came of a request that failed for this.
fn failed_for(failure: &Failure) -> Outcome {
    Outcome::Failed { cause: failure::problem(failure, "", "").kind }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a date in Retry-After and a signature count from the shell's clock"
)]
fn now() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

fn no_address(provider: &ProviderSettings) -> Problem {
    let id = &provider.id;
    let title = format!("the provider `{id}` has no address");
    Problem::new(ProblemKind::Setting, title, format!("Set `providers.{id}.baseUrl`."))
}

/// Only this machine is reached where the user wants that, and where what they want can't be read.
fn gate(network: &Network, origin: &Origin) -> Result<(), Problem> {
    if network.reaches(origin) {
        return Ok(());
    }
    Err(match &network.unread {
        Some(unread) => Problem::new(
            ProblemKind::Setting,
            format!("{unread} can't be read, so that {origin} is out of reach"),
            "Mend it; until then choose a model on this machine.",
        ),
        None => Problem::new(
            ProblemKind::Setting,
            format!("the setting `network.offline` keeps {origin} out of reach"),
            "Choose a model on this machine, or switch `network.offline` off.",
        ),
    })
}

/// Of those that begin with 3, `304` and others name no other place.
fn sends_on(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

fn redirected(answer: &reqwest::Response, origin: &Origin) -> Failure {
    let target = answer.headers().get(LOCATION).and_then(|target| target.to_str().ok());
    let target = target.and_then(|target| answer.url().join(target).ok());
    let elsewhere = target.as_ref().and_then(|target| Origin::parse(target.as_str()).ok());
    let to = match (&elsewhere, &target) {
        // Within the provider's own place the path is what is wrong. What comes behind it may hold a token.
        (Some(to), Some(target)) if to == origin => shortened(target.path()),
        // Of another place only the origin is repeated, for the same reason.
        (Some(to), _) => to.to_string(),
        (None, _) => "another address".to_owned(),
    };
    let status = answer.status().as_u16();
    Failure::connection(
        Cause::Redirected,
        format!("the answer of {origin}, status {status}, sends on to {to}"),
    )
}

fn shortened(path: &str) -> String {
    const LONGEST: usize = 100;
    match path.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", path.get(..end).unwrap_or_default()),
        None => path.to_owned(),
    }
}

fn internal() -> Problem {
    Problem::new(ProblemKind::Internal, "the connection could not be set up", "The log has the details.")
}

#[cfg(test)]
mod tests;
