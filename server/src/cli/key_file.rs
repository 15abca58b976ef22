//! The commands for keys, on an encrypted file in place of the keyring.

use super::Terminal;
use crate::keys::file::{self, Saved};
use crate::keys::sealed::Opener;
use crate::keys::{Secret, account};
use crate::paths;
use aside_core::config::KeyFile;
use aside_core::problem::{Problem, ProblemKind};
use clap::Args;
use secrecy::SecretString;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the user's own command may take: it may ask for a fingerprint, or to be unlocked.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// Which key, and where it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct KeyPlace {
    /// One of several keys of the provider, for instance `work`; the setting `providers.ID.keyName` chooses it.
    #[arg(long, value_name = "NAME", value_parser = one_word)]
    pub name: Option<String>,
    #[command(flatten)]
    pub file: FileArguments,
}

/// The file, and what opens it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct FileArguments {
    /// An encrypted file in place of the keyring, for a machine without one; the setting `keys.file` names it.
    #[arg(long, value_name = "FILE", value_parser = named)]
    pub file: Option<PathBuf>,
    /// What opens the file, and is made if it isn't there; a passphrase is asked for otherwise.
    #[arg(long, value_name = "FILE", value_parser = named, requires = "file")]
    pub identity: Option<PathBuf>,
    /// A program that prints the file's passphrase, and its arguments; the last of the options.
    #[arg(long, value_name = "COMMAND", requires = "file", conflicts_with = "identity", num_args = 1.., allow_hyphen_values = true)]
    pub passphrase_command: Option<Vec<String>>,
}

impl KeyPlace {
    pub(super) fn account(&self, provider: &str) -> String {
        account(provider, self.name.as_deref())
    }
}

/// What was opened, and can be written back.
struct Opened<'a> {
    path: &'a Path,
    opener: Opener,
    saved: Saved,
}

impl FileArguments {
    /// Adds a key to the file, over an earlier one, and makes the file if it isn't there.
    pub(super) async fn set(
        &self,
        path: &Path,
        account: String,
        secret: Secret,
        terminal: &mut Terminal<'_>,
    ) -> Result<(), Problem> {
        if self.identity.as_deref().is_some_and(|identity| whole(identity) == whole(path)) {
            let title = "the key file and its identity can't be one file";
            return Err(Problem::new(ProblemKind::Setting, title, "Name another with `--identity`."));
        }
        let typed = self.typed(path, terminal)?;
        let _alone = file::lock(path)?;
        let mut opened = match path.exists() {
            true => self.open(path, typed).await?,
            false => Opened { path, opener: self.new_opener(typed, terminal).await?, saved: Saved::new() },
        };
        opened.saved.insert(account, secret);
        file::save(path, &opened.saved, &opened.opener)
    }

    /// One line per key of the file.
    pub(super) async fn list(
        &self,
        path: &Path,
        terminal: &mut Terminal<'_>,
    ) -> Result<Vec<String>, Problem> {
        file::read(path)?;
        let typed = self.typed(path, terminal)?;
        let opened = self.open(path, typed).await?;
        Ok(opened.saved.iter().map(|(account, secret)| super::listed(account, secret)).collect())
    }

    /// Whether the file held the key, which it then holds no more.
    pub(super) async fn remove(
        &self,
        path: &Path,
        account: &str,
        terminal: &mut Terminal<'_>,
    ) -> Result<bool, Problem> {
        // One that isn't there is said before a passphrase is asked for, and gets no lock.
        file::read(path)?;
        let typed = self.typed(path, terminal)?;
        let _alone = file::lock(path)?;
        let mut opened = self.open(path, typed).await?;
        let was_there = opened.saved.remove(account).is_some();
        if was_there {
            file::save(opened.path, &opened.saved, &opened.opener)?;
        }
        Ok(was_there)
    }

    /// The passphrase, where it is typed: before the file is locked, since a person takes their time.
    fn typed(&self, path: &Path, terminal: &mut Terminal<'_>) -> Result<Option<Opener>, Problem> {
        if self.identity.is_some() || self.passphrase_command.is_some() {
            return Ok(None);
        }
        let is_new = !path.exists();
        let what = if is_new { "A passphrase for" } else { "Passphrase of" };
        let words = terminal.passphrase(&format!("{what} {}: ", path.display()))?;
        if is_new && (*terminal.passphrase("The same again: ")? != *words || words.is_empty()) {
            let title = "the passphrase was not the same twice, or is empty";
            return Err(Problem::new(ProblemKind::NoKey, title, "Nothing was saved; try again."));
        }
        Ok(Some(Opener::Passphrase(SecretString::from(words.as_str()))))
    }

    async fn open<'a>(&self, path: &'a Path, typed: Option<Opener>) -> Result<Opened<'a>, Problem> {
        let sealed = file::read(path)?;
        let opener = self.opener(typed).await?;
        let saved = file::open(path, &sealed, &opener)?;
        Ok(Opened { path, opener, saved })
    }

    async fn opener(&self, typed: Option<Opener>) -> Result<Opener, Problem> {
        match (&self.identity, &self.passphrase_command, typed) {
            (Some(identity), _, _) => file::identity_of(identity),
            (None, Some(words), _) => file::passphrase_of(words, COMMAND_LIMIT).await,
            (None, None, Some(typed)) => Ok(typed),
            (None, None, None) => Err(crate::bug()),
        }
    }

    /// What opens a file that is made.
    async fn new_opener(
        &self,
        typed: Option<Opener>,
        terminal: &mut Terminal<'_>,
    ) -> Result<Opener, Problem> {
        if let Some(identity) = &self.identity
            && file::make_identity(identity)?
        {
            terminal.say(format!("Made the identity file {}: it opens the key file.", identity.display()));
        }
        self.opener(typed).await
    }

    /// The file as a setting would name it.
    pub(super) fn key_file(&self) -> Option<KeyFile> {
        let path = whole(self.file.as_deref()?);
        let passphrase_command = self.passphrase_command.clone();
        Some(KeyFile { path, identity: self.identity.as_deref().map(whole), passphrase_command })
    }

    /// How an editor's settings name the file.
    pub(super) fn settings(&self, path: &Path) -> String {
        let file = whole(path);
        let keys = match &self.identity {
            Some(identity) => serde_json::json!({"file": file, "identityFile": whole(identity)}),
            None => {
                let words = self.passphrase_command.clone().unwrap_or_else(|| vec!["…".to_owned()]);
                serde_json::json!({"file": file, "passphraseCommand": words})
            }
        };
        format!("\"keys\": {keys}")
    }
}

fn whole(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// As a setting may name it: `~/` is the user's home, also where no shell has said so.
fn named(path: &str) -> Result<PathBuf, Infallible> {
    Ok(paths::of_setting(path).unwrap_or_else(|| PathBuf::from(path)))
}

fn one_word(name: &str) -> Result<String, &'static str> {
    let usable = !name.is_empty() && !name.contains(|c: char| c == '/' || c.is_whitespace());
    usable.then(|| name.to_owned()).ok_or("a key's name is one word without `/`")
}
