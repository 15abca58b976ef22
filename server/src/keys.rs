//! Where a provider's key comes from: the user's command, else the keyring, or the encrypted file that the user chose
//! in its place, else an environment variable.
//!
//! A key is found once and kept for the session, until [`Keys::forget`]; one that is missing is looked for again by the
//! next question. It belongs to one origin and is refused to any other. Nothing is asked before the first question is.

mod command;
pub mod file;
pub mod keyring;
pub mod sealed;
mod secret;

pub use secret::Secret;

use aside_core::config::{KeyFile, Origin, ProviderSettings};
use aside_core::problem::{Problem, ProblemKind};
use aside_core::provider::{WireFormat, aws};
use keyring::Unusable;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;

/// Reads one environment variable.
pub type Lookup = fn(&str) -> Option<String>;

/// The process's own environment.
#[expect(clippy::disallowed_methods, reason = "keys are read from the environment here")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
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
}

/// The session's keys.
pub struct Keys {
    environment: Lookup,
    command_limit: Duration,
    keyring_limit: Duration,
    /// One cell per place to look, so that questions asked at once look once.
    found: Mutex<HashMap<Place, Cell>>,
}

type Cell = Arc<OnceCell<Option<Key>>>;

/// What decides which key is found: other settings look again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    provider: String,
    name: Option<String>,
    file: Option<KeyFile>,
    origin: Origin,
    command: Option<Vec<String>>,
    variable: Option<String>,
}

impl Keys {
    /// Looks nowhere yet.
    pub fn new(environment: Lookup) -> Self {
        Self {
            environment,
            command_limit: Duration::from_secs(30),
            keyring_limit: Duration::from_secs(15),
            found: Mutex::default(),
        }
    }

    /// The provider's key, for its own origin. `None` where it has none and may be asked without, and for the demo.
    pub async fn find(&self, provider: &ProviderSettings) -> Result<Option<Key>, Problem> {
        let Some(origin) = provider.origin() else { return Ok(None) };
        let cell = self.cell(Place {
            provider: provider.id.clone(),
            name: provider.key_name.clone(),
            file: provider.key_file.clone(),
            origin: origin.clone(),
            command: provider.key_command.clone(),
            variable: provider.key_env.clone(),
        });
        let key = cell.get_or_try_init(|| self.look(provider, &origin)).await?;
        match key {
            Some(_) if origin.is_exposed() && !provider.key_over_http => Err(exposed(provider, &origin)),
            Some(key) => Ok(Some(key.clone())),
            None if provider.key_optional => Ok(None),
            None => {
                // The user saves one now, and the next question finds it.
                self.forget(&provider.id);
                Err(no_key(provider))
            }
        }
    }

    /// Forgets a provider's key, so that the next question looks again: after the provider refused it.
    pub fn forget(&self, provider: &str) {
        self.cells().retain(|place, _| place.provider != provider);
    }

    fn cell(&self, place: Place) -> Cell {
        Arc::clone(self.cells().entry(place).or_default())
    }

    fn cells(&self) -> std::sync::MutexGuard<'_, HashMap<Place, Cell>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn look(&self, provider: &ProviderSettings, origin: &Origin) -> Result<Option<Key>, Problem> {
        if let Some(words) = &provider.key_command {
            let text = command::run(command::KEY, words, self.command_limit).await?;
            // What Amazon's own tools print is more than the key.
            let exported = Some(&text).filter(|_| provider.format == WireFormat::BedrockConverse);
            let key = exported.and_then(|text| aws::exported(text)).unwrap_or_else(|| text.to_string());
            return Ok(Some(Key { secret: Secret::new(key, origin.clone())?, source: KeySource::Command }));
        }
        if let Some(file) = &provider.key_file {
            return match file::find(file, provider, self.command_limit).await? {
                Some(secret) => Ok(Some(own(Key { secret, source: KeySource::File }, provider, origin)?)),
                None => self.variable(provider, origin),
            };
        }
        let account = account(&provider.id, provider.key_name.as_deref());
        let saved = keyring::within(self.keyring_limit, move || keyring::read(&account)).await;
        let why = match saved {
            Ok(Some(secret)) => {
                return own(Key { secret, source: KeySource::Keyring }, provider, origin).map(Some);
            }
            Ok(None) => return self.variable(provider, origin),
            Err(why) => why,
        };
        let variable = self.variable(provider, origin)?;
        match why {
            Unusable::Missing(words) if variable.is_none() && !provider.key_optional => {
                Err(no_key(provider).with_detail(words))
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
        Ok(Some(Key { secret: Secret::new(text, origin.clone())?, source }))
    }
}

/// The access key that Amazon's own tools find in the environment.
fn access_key(read: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (id, secret) = (read("AWS_ACCESS_KEY_ID")?, read("AWS_SECRET_ACCESS_KEY")?);
    let token = read("AWS_SESSION_TOKEN");
    Some(aws::one_line(id.trim(), secret.trim(), token.as_deref().map(str::trim)))
}

/// What a saved key is found by: the provider, and its name where a provider has several.
pub fn account(provider: &str, name: Option<&str>) -> String {
    name.map_or_else(|| provider.to_owned(), |name| format!("{provider}/{name}"))
}

/// No key, and the ways to give one.
fn no_key(provider: &ProviderSettings) -> Problem {
    let id = &provider.id;
    if let Some(name) = &provider.key_name {
        return Problem::new(
            ProblemKind::NoKey,
            format!("there is no key named `{name}` for `{id}`"),
            format!("Save it with `aside key set {id} --name {name}`, or correct `providers.{id}.keyName`."),
        );
    }
    let variable = match &provider.key_env {
        Some(name) => format!("the environment variable {name}"),
        None => format!("`providers.{id}.keyEnv` to the name of an environment variable"),
    };
    Problem::new(
        ProblemKind::NoKey,
        format!("there is no key for `{id}`"),
        format!("Save one with `aside key set {id}`, or set `providers.{id}.keyCommand`, or {variable}."),
    )
}

fn unlock_or_command(provider: &ProviderSettings) -> String {
    let id = &provider.id;
    format!(
        "Unlock the keyring and try again, or set `providers.{id}.keyCommand` to a command that prints the key."
    )
}

fn save_or_command(provider: &ProviderSettings) -> String {
    let id = &provider.id;
    format!(
        "Save the key with `aside key set {id}`, or set `providers.{id}.keyCommand` to a command that prints it."
    )
}

/// A saved key, if it was saved for this origin.
fn own(key: Key, provider: &ProviderSettings, origin: &Origin) -> Result<Key, Problem> {
    let allowed = key.secret.expose_for(origin).map(|_| ());
    allowed.map_err(|problem| for_another_origin(problem, provider, origin))?;
    Ok(key)
}

fn for_another_origin(problem: Problem, provider: &ProviderSettings, origin: &Origin) -> Problem {
    let next = format!("Save a key for it with `aside key set {} --base-url {origin}`.", provider.id);
    Problem { next, ..problem }
}

fn exposed(provider: &ProviderSettings, origin: &Origin) -> Problem {
    Problem::new(
        ProblemKind::Setting,
        format!("the key would go to {origin} in plain http, for anyone on the way to read"),
        format!(
            "Use https in `providers.{0}.baseUrl`, or set `providers.{0}.keyOverHttp` to true.",
            provider.id
        ),
    )
}

#[cfg(test)]
pub(crate) mod tests;
