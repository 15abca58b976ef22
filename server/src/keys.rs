//! Where a provider's key comes from: the user's command, else the keyring, or the encrypted file that the user chose
//! in its place, else an environment variable. Nothing is asked before the first question is.
//!
//! A key belongs to one origin and is refused to any other. It is found once and kept for the session, and looked for
//! again when another may be there: one was saved, it ran out, the provider refused it, or there was none.

mod advice;
mod command;
pub mod file;
pub mod keyring;
pub mod sealed;
mod secret;
mod untold;

pub(crate) use advice::after_refusal;
pub use secret::Secret;
pub(crate) use untold::Untold;

use crate::paths::{self, Paths};
use advice::{exposed, for_another_origin, no_key, run_out, save_or_command, unlock_or_command};
use aside_core::config::{KeyFile, Origin, ProviderSettings, Settings};
use aside_core::problem::Problem;
use aside_core::provider::{WireFormat, aws};
use keyring::Unusable;
use secrecy::zeroize::Zeroizing;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::OnceCell;

/// Reads one environment variable.
pub type Lookup = fn(&str) -> Option<String>;

/// The process's own environment. What is no text there is no text here either, and not as if it weren't there: a proxy
/// that can't be read must not be taken for none.
pub fn environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

#[expect(clippy::disallowed_methods, reason = "keys that run out do so by the shell's clock")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// Where a key was found. Shown to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    Command,
    Keyring,
    File,
    /// The variable's name.
    Environment(String),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command => f.write_str("key command"),
            Self::Keyring => f.write_str("keyring"),
            Self::File => f.write_str("key file"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// A key and where it came from.
#[derive(Debug, Clone)]
pub struct Key {
    pub secret: Secret,
    pub source: KeySource,
    /// When it runs out, where that is known.
    pub until: Option<SystemTime>,
}

impl Key {
    fn lasting(secret: Secret, source: KeySource) -> Self {
        Self { secret, source, until: None }
    }

    /// Whether it will have run out by the time it arrives.
    fn is_over(&self, now: SystemTime) -> bool {
        self.until.is_some_and(|until| until <= now + LAST_MINUTE)
    }
}

/// A key is not used for the last minute that it is good for.
const LAST_MINUTE: Duration = Duration::from_secs(60);

/// The session's keys.
pub struct Keys {
    environment: Lookup,
    clock: fn() -> SystemTime,
    command_limit: Duration,
    keyring_limit: Duration,
    /// One cell per place to look, so that questions asked at once look once.
    found: Mutex<HashMap<Place, Cell>>,
    /// The key file as it was at this time, opened once for all providers.
    opened: Mutex<Option<OpenedFile>>,
}

type Cell = Arc<OnceCell<Option<Key>>>;
type OpenedFile = (KeyFile, Option<SystemTime>, Arc<OnceCell<file::Saved>>);

/// What decides which key is found: other settings look again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    provider: String,
    name: Option<String>,
    file: Option<KeyFile>,
    origin: Origin,
    command: Option<Vec<String>>,
    variable: Option<String>,
    /// When a key was last saved there.
    saved: Option<SystemTime>,
}

impl Keys {
    /// Looks nowhere yet.
    pub fn new(environment: Lookup) -> Self {
        Self {
            environment,
            clock: now,
            command_limit: Duration::from_secs(30),
            keyring_limit: Duration::from_secs(15),
            found: Mutex::default(),
            opened: Mutex::default(),
        }
    }

    /// The provider's key, for its own origin. `None` where it has none and may be asked without, and for the demo.
    pub async fn find(&self, provider: &ProviderSettings) -> Result<Option<Key>, Problem> {
        let Some(origin) = provider.origin() else { return Ok(None) };
        let place = Place {
            provider: provider.id.clone(),
            name: provider.key_name.clone(),
            file: provider.key_file.clone(),
            origin: origin.clone(),
            command: provider.key_command.clone(),
            variable: provider.key_env.clone(),
            saved: self.saved(provider),
        };
        let before = self.known(&place);
        let cell = self.cell(place);
        let key = cell.get_or_try_init(|| self.look(provider, &origin, before)).await?;
        match key {
            Some(_) if origin.is_exposed() && !provider.key_over_http => Err(exposed(provider, &origin)),
            Some(key) => Ok(Some(key.clone())),
            None if provider.key_optional => Ok(None),
            None => {
                // The user saves one now, and the next question finds it.
                self.drop_key(&provider.id);
                Err(no_key(provider, true))
            }
        }
    }

    /// What is wrong with the file of keys that the settings name, which is so for every provider.
    pub async fn trouble_of_file(&self, settings: &Settings) -> Option<Problem> {
        let file = settings.providers.values().find_map(|provider| provider.key_file.as_ref())?;
        self.open(file, |_| ()).await.err()
    }

    /// Another key than the one that the provider has just refused, where there is one by now. Questions that were
    /// refused at once look once.
    ///
    /// # Errors
    /// If there is none any more where the refused one was, as where the user's command fails.
    pub async fn newer(&self, provider: &ProviderSettings, refused: &Key) -> Result<Option<Key>, Problem> {
        let is_refused = |key: &Key| key.secret == refused.secret;
        self.cells().retain(|place, cell| {
            place.provider != provider.id
                || cell.get().is_none_or(|key| key.as_ref().is_some_and(|key| !is_refused(key)))
        });
        Ok(self.find(provider).await?.filter(|key| !is_refused(key)))
    }

    /// Forgets a provider's key, so that the next question looks again: after the provider refused it.
    pub fn forget(&self, provider: &str) {
        self.drop_key(provider);
        *self.opened() = None;
    }

    fn drop_key(&self, provider: &str) {
        self.cells().retain(|place, _| place.provider != provider);
    }

    /// The key that was found in the same place before a key was last saved there, which may have been another's.
    fn known(&self, place: &Place) -> Option<Key> {
        let cells = self.cells();
        let (_, cell) =
            cells.iter().find(|(known, _)| Place { saved: place.saved, ..(*known).clone() } == *place)?;
        cell.get()?.clone()
    }

    /// The one cell of the provider: what was found elsewhere, or before a key was saved, or has run out, is dropped.
    fn cell(&self, place: Place) -> Cell {
        let now = (self.clock)();
        let is_over =
            |cell: &Cell| cell.get().is_some_and(|key| key.as_ref().is_some_and(|key| key.is_over(now)));
        let mut cells = self.cells();
        cells.retain(|known, cell| known.provider != place.provider || (*known == place && !is_over(cell)));
        Arc::clone(cells.entry(place).or_default())
    }

    /// When a key was last saved where this provider's may be: the time of the key file, or of the mark that
    /// `aside key` leaves. It costs no question to the keyring.
    fn saved(&self, provider: &ProviderSettings) -> Option<SystemTime> {
        let path = match (&provider.key_command, &provider.key_file) {
            (Some(_), _) => return None,
            (None, Some(file)) => paths::of_setting(&file.path)?,
            (None, None) => Paths::find(self.environment).ok()?.keys_changed(),
        };
        modified(&path)
    }

    /// Looks into the key file, which is opened anew once it was written: its passphrase may have to be asked for.
    async fn open<T>(&self, file: &KeyFile, look: impl FnOnce(&file::Saved) -> T) -> Result<T, Problem> {
        let time = paths::of_setting(&file.path).and_then(|path| modified(&path));
        let cell = {
            let mut opened = self.opened();
            let same = opened.take().filter(|(of, at, _)| of == file && *at == time);
            Arc::clone(&opened.insert(same.unwrap_or_else(|| (file.clone(), time, Arc::default()))).2)
        };
        Ok(look(cell.get_or_try_init(|| file::all(file, self.command_limit)).await?))
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, Option<OpenedFile>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cells(&self) -> std::sync::MutexGuard<'_, HashMap<Place, Cell>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `before` is the key that was known until one was saved: where the keyring can't be asked any more, it is good still.
    async fn look(
        &self,
        provider: &ProviderSettings,
        origin: &Origin,
        before: Option<Key>,
    ) -> Result<Option<Key>, Problem> {
        if let Some(words) = &provider.key_command {
            let printed = command::run(command::KEY, words, self.command_limit).await?;
            let key = of_command(&printed, provider, origin)?;
            let is_over = key.until.is_some_and(|until| until <= (self.clock)());
            return if is_over { Err(run_out(provider)) } else { Ok(Some(key)) };
        }
        if let Some(file) = &provider.key_file {
            let account = account(&provider.id, provider.key_name.as_deref());
            return match self.open(file, |saved| saved.get(&account).cloned()).await? {
                Some(secret) => Ok(Some(own(Key::lasting(secret, KeySource::File), provider, origin)?)),
                None => self.variable(provider, origin),
            };
        }
        let account = account(&provider.id, provider.key_name.as_deref());
        let saved = keyring::within(self.keyring_limit, move || keyring::read(&account)).await;
        let why = match saved {
            Ok(Some(secret)) => {
                return own(Key::lasting(secret, KeySource::Keyring), provider, origin).map(Some);
            }
            Ok(None) => return self.variable(provider, origin),
            Err(why) => why,
        };
        if let (Unusable::Locked(_) | Unusable::Slow(_) | Unusable::Failed(_), Some(before)) = (&why, before)
        {
            return Ok(Some(before));
        }
        let variable = self.variable(provider, origin)?;
        match why {
            Unusable::Missing(_) if variable.is_none() && !provider.key_optional => {
                Err(no_key(provider, false))
            }
            Unusable::Missing(_) => Ok(variable),
            _ if variable.is_none() && provider.key_optional => Ok(None),
            // A key may be saved there, and a variable of some other tool must not stand in for it.
            Unusable::Foreign => Err(Unusable::Foreign.problem(save_or_command(provider))),
            why => Err(why.problem(unlock_or_command(provider))),
        }
    }

    fn variable(&self, provider: &ProviderSettings, origin: &Origin) -> Result<Option<Key>, Problem> {
        // A key that was named is that one: a variable may hold another account's.
        let Some(name) = provider.key_env.as_ref().filter(|_| provider.key_name.is_none()) else {
            return Ok(None);
        };
        let read = |name: &str| (self.environment)(name).filter(|text| !text.trim().is_empty());
        let of_aws = || (name == "AWS_BEARER_TOKEN_BEDROCK").then(|| access_key(read)).flatten();
        let found = read(name).map(|text| (text, name.as_str()));
        let Some((text, name)) = found.or_else(|| Some((of_aws()?, "AWS_ACCESS_KEY_ID"))) else {
            return Ok(None);
        };
        let source = KeySource::Environment(name.to_owned());
        Ok(Some(Key::lasting(secret(text, origin, &source)?, source)))
    }
}

fn modified(path: &std::path::Path) -> Option<SystemTime> {
    path.metadata().and_then(|file| file.modified()).ok()
}

/// The key in what the user's command printed: its first line, or what Amazon's own tools print.
fn of_command(printed: &str, provider: &ProviderSettings, origin: &Origin) -> Result<Key, Problem> {
    let exported = Some(printed).filter(|_| provider.format == WireFormat::BedrockConverse);
    let (key, until) = match exported.and_then(aws::exported) {
        Some(exported) => (exported.key, exported.until),
        None => (command::first_line(printed).to_owned(), None),
    };
    let until = until.map(|second| UNIX_EPOCH + Duration::from_secs(second));
    let secret = secret(key, origin, &KeySource::Command)?;
    Ok(Key { secret, source: KeySource::Command, until })
}

/// The secret that was found; where it is none, it is said where that lies.
fn secret(text: String, origin: &Origin, source: &KeySource) -> Result<Secret, Problem> {
    Secret::new(text, origin.clone()).map_err(|problem| Problem {
        title: problem.title.replacen("the key", &format!("the key from the {source}"), 1),
        ..problem
    })
}

/// The access key that Amazon's own tools find in the environment.
fn access_key(read: impl Fn(&str) -> Option<String>) -> Option<String> {
    let read = |name| read(name).map(Zeroizing::new);
    let (id, secret) = (read("AWS_ACCESS_KEY_ID")?, read("AWS_SECRET_ACCESS_KEY")?);
    let token = read("AWS_SESSION_TOKEN");
    Some(aws::one_line(id.trim(), secret.trim(), token.as_ref().map(|token| token.trim())))
}

/// Marks that a key was saved in the keyring or removed from it, so that a running server asks it again.
pub fn mark_changed(environment: Lookup) -> io::Result<()> {
    let path = Paths::find(environment).map(|paths| paths.keys_changed()).map_err(io::Error::other)?;
    paths::write_private(&path, b"")
}

/// What a saved key is found by: the provider, and its name where a provider has several.
pub fn account(provider: &str, name: Option<&str>) -> String {
    name.map_or_else(|| provider.to_owned(), |name| format!("{provider}/{name}"))
}

/// A saved key, if it was saved for this origin.
fn own(key: Key, provider: &ProviderSettings, origin: &Origin) -> Result<Key, Problem> {
    let allowed = key.secret.expose_for(origin).map(|_| ());
    allowed.map_err(|problem| for_another_origin(problem, provider))?;
    Ok(key)
}

#[cfg(test)]
pub(crate) mod tests;
