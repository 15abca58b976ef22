//! The operating system's keyring: one entry per account (a provider, or one of its named keys), which holds the origin and the key.
//!
//! The calls block, and may wait for a person (an unlock dialog), so each runs on a thread of its own with a time limit.

use super::Secret;
use aside_core::config::Origin;
use aside_core::problem::{Problem, ProblemKind};
use keyring_core::{Entry, Error};
use secrecy::zeroize::Zeroize;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// The entries' service name.
const SERVICE: &str = "aside";

/// Why the keyring can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// There is none that answers.
    Missing(String),
    /// It is locked, or it has no collection yet, and nobody unlocks or makes one.
    Locked(String),
    /// It did not answer in time.
    Slow(Duration),
    /// It answered with an error of its own.
    Failed(String),
    /// It holds an entry that `aside key set` did not write.
    Foreign,
}

impl Unusable {
    /// For the user; `next` names what else can be done.
    pub(crate) fn problem(&self, next: impl Into<String>) -> Problem {
        let (title, detail) = match self {
            Self::Missing(words) => ("no keyring is running here".to_owned(), words.as_str()),
            Self::Locked(words) => ("the keyring is locked, or not set up yet".to_owned(), words.as_str()),
            Self::Slow(limit) => (format!("the keyring did not answer within {} s", limit.as_secs()), ""),
            Self::Failed(words) => ("the keyring answered with an error".to_owned(), words.as_str()),
            Self::Foreign => ("the keyring's entry was not written by `aside key set`".to_owned(), ""),
        };
        Problem::new(ProblemKind::Keyring, title, next).with_detail(detail)
    }
}

/// The key saved for an account, whatever its origin.
pub(crate) fn read(account: &str) -> Result<Option<Secret>, Unusable> {
    match entry(account)?.get_password() {
        Ok(text) => decode(text).map(Some),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(unusable(&error)),
    }
}

/// Saves a key for its origin, over an earlier one of the same provider, and reads it back.
pub(crate) fn save(account: &str, secret: &Secret) -> Result<(), Unusable> {
    let Ok(key) = secret.expose_for(secret.origin()) else { return Err(Unusable::Foreign) };
    let mut text = format!("{} {key}", secret.origin());
    let saved = entry(account).and_then(|entry| entry.set_password(&text).map_err(|error| unusable(&error)));
    text.zeroize();
    saved?;
    let back = read(account)?;
    let same = back.is_some_and(|back| back.expose_for(secret.origin()).is_ok_and(|text| text == key));
    if same { Ok(()) } else { Err(Unusable::Failed("what was saved could not be read back".to_owned())) }
}

/// Removes a account's key; `false` if there was none.
pub(crate) fn remove(account: &str) -> Result<bool, Unusable> {
    match entry(account)?.delete_credential() {
        Ok(()) => Ok(true),
        Err(Error::NoEntry) => Ok(false),
        Err(error) => Err(unusable(&error)),
    }
}

/// The accounts that have an entry, and none where the keyring is of a kind that can't be searched.
pub(crate) fn accounts() -> Result<BTreeSet<String>, Unusable> {
    reach()?;
    match Entry::search(&HashMap::from([("service", SERVICE)])) {
        Ok(found) => Ok(found.iter().filter_map(user_of).collect()),
        // Windows' can't be, or knows no such thing as a service.
        Err(Error::NotSupportedByStore(_) | Error::Invalid(..)) => Ok(BTreeSet::new()),
        Err(error) => Err(unusable(&error)),
    }
}

/// Runs a blocking call with a time limit. The thread is left behind if it doesn't return: it must not keep the
/// process from its end.
pub(crate) async fn within<T: Send + 'static>(
    limit: Duration,
    call: impl FnOnce() -> Result<T, Unusable> + Send + 'static,
) -> Result<T, Unusable> {
    let (done, answer) = tokio::sync::oneshot::channel();
    let started =
        std::thread::Builder::new().name("keyring".to_owned()).spawn(move || done.send(call()).is_ok());
    if let Err(error) = started {
        return Err(Unusable::Failed(error.to_string()));
    }
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Unusable::Failed("the keyring's library gave up".to_owned())),
        Err(_) => Err(Unusable::Slow(limit)),
    }
}

fn user_of(entry: &Entry) -> Option<String> {
    entry.get_specifiers().map(|(_, user)| user).or_else(|| entry.get_attributes().ok()?.remove("username"))
}

fn entry(account: &str) -> Result<Entry, Unusable> {
    reach()?;
    Entry::new(SERVICE, account).map_err(|error| unusable(&error))
}

/// Connects to the platform's keyring at the first call.
fn reach() -> Result<(), Unusable> {
    if keyring_core::get_default_store().is_some() {
        return Ok(());
    }
    match keyring::Entry::store_status() {
        Ok(()) => Ok(()),
        Err(error) => Err(Unusable::Missing(words(error))),
    }
}

/// `ORIGIN KEY`, as [`save`] writes it.
fn decode(mut text: String) -> Result<Secret, Unusable> {
    let parts =
        text.split_once(' ').and_then(|(origin, key)| Some((Origin::parse(origin).ok()?, key.to_owned())));
    text.zeroize();
    let (origin, key) = parts.ok_or(Unusable::Foreign)?;
    Secret::new(key, origin).map_err(|_| Unusable::Foreign)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's enum is non-exhaustive")]
fn unusable(error: &Error) -> Unusable {
    match error {
        Error::NoDefaultStore => Unusable::Missing(String::new()),
        Error::NoStorageAccess(inner) => Unusable::Locked(inner.to_string()),
        // These hold what was read.
        Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::Ambiguous(_) => Unusable::Foreign,
        other => Unusable::Failed(words(other)),
    }
}

fn words(error: &Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("Platform failure: ").unwrap_or(&text);
    text.strip_prefix("zbus error: ").unwrap_or(text).to_owned()
}
