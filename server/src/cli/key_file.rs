//! The commands for keys, on an encrypted file in place of the keyring.

use super::Terminal;
use crate::keys::file::{self, Saved};
use crate::keys::sealed::Opener;
use crate::keys::{Secret, account};
use aside_core::config::KeyFile;
use aside_core::problem::{Problem, ProblemKind};
use clap::Args;
use std::path::{Path, PathBuf};

/// Which key, and where it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct KeyPlace {
    /// One of several keys of the provider, for instance `work`; the setting `providers.ID.keyName` chooses it.
    #[arg(long, value_name = "NAME", value_parser = one_word)]
    pub name: Option<String>,
    #[command(flatten)]
    pub file: FileArguments,
}

/// The file, and what opens it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct FileArguments {
    /// An encrypted file in place of the keyring, for a machine without one; the setting `keys.file` names it.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// What opens the file, and is made if it isn't there; a passphrase is asked for otherwise.
    #[arg(long, value_name = "FILE", requires = "file")]
    pub identity: Option<PathBuf>,
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
    pub(super) fn set(
        &self,
        path: &Path,
        account: String,
        secret: Secret,
        terminal: &mut Terminal<'_>,
    ) -> Result<(), Problem> {
        let mut opened = if path.exists() { self.open(path, terminal)? } else { self.make(path, terminal)? };
        opened.saved.insert(account, secret);
        file::save(path, &opened.saved, &opened.opener)
    }

    /// One line per key of the file.
    pub(super) fn list(&self, path: &Path, terminal: &mut Terminal<'_>) -> Result<Vec<String>, Problem> {
        let opened = self.open(path, terminal)?;
        Ok(opened.saved.iter().map(|(account, secret)| super::listed(account, secret)).collect())
    }

    /// Whether the file held the key, which it then holds no more.
    pub(super) fn remove(
        &self,
        path: &Path,
        account: &str,
        terminal: &mut Terminal<'_>,
    ) -> Result<bool, Problem> {
        let mut opened = self.open(path, terminal)?;
        let was_there = opened.saved.remove(account).is_some();
        file::save(opened.path, &opened.saved, &opened.opener)?;
        Ok(was_there)
    }

    fn open<'a>(&self, path: &'a Path, terminal: &mut Terminal<'_>) -> Result<Opened<'a>, Problem> {
        let sealed = file::read(path)?;
        let opener = match &self.identity {
            Some(identity) => file::identity_of(identity)?,
            None => Opener::Passphrase(terminal.passphrase(&format!("Passphrase of {}: ", path.display()))?),
        };
        let saved = file::open(path, &sealed, &opener)?;
        Ok(Opened { path, opener, saved })
    }

    fn make<'a>(&self, path: &'a Path, terminal: &mut Terminal<'_>) -> Result<Opened<'a>, Problem> {
        let opener = match &self.identity {
            Some(identity) => {
                if file::make_identity(identity)? {
                    terminal.say(format!(
                        "Made the identity file {}: it opens the key file.",
                        identity.display()
                    ));
                }
                file::identity_of(identity)?
            }
            None => {
                let words = terminal.passphrase(&format!("A passphrase for {}: ", path.display()))?;
                if *terminal.passphrase("The same again: ")? != *words || words.is_empty() {
                    let title = "the passphrase was not the same twice, or is empty";
                    return Err(Problem::new(ProblemKind::NoKey, title, "Nothing was saved; try again."));
                }
                Opener::Passphrase(words)
            }
        };
        Ok(Opened { path, opener, saved: Saved::new() })
    }

    /// The file as a setting would name it.
    pub(super) fn key_file(&self) -> Option<KeyFile> {
        let path = whole(self.file.as_deref()?);
        Some(KeyFile { path, identity: self.identity.as_deref().map(whole), passphrase_command: None })
    }

    /// How an editor's settings name the file.
    pub(super) fn settings(&self, path: &Path) -> String {
        let file = whole(path);
        let keys = match &self.identity {
            Some(identity) => serde_json::json!({"file": file, "identityFile": whole(identity)}),
            None => serde_json::json!({"file": file, "passphraseCommand": ["…"]}),
        };
        format!("\"keys\": {keys}")
    }
}

fn whole(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

fn one_word(name: &str) -> Result<String, &'static str> {
    let usable = !name.is_empty() && !name.contains(|c: char| c == '/' || c.is_whitespace());
    usable.then(|| name.to_owned()).ok_or("a key's name is one word without `/`")
}
