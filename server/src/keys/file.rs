//! Keys in an encrypted file, for a machine without a keyring, where the user chose one.
//!
//! Unsealed, a line is `ACCOUNT ORIGIN KEY`. The file is opened at a key's first use, by the identity file or by what
//! the user's own command prints. Who changes it holds the lock beside it; who reads it finds one whole state or another.

use super::Secret;
use super::command::{self, Purpose};
use super::sealed::{self, Broken, Opener};
use crate::paths;
use aside_core::config::{KeyFile, Origin};
use aside_core::problem::{Problem, ProblemKind};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PASSPHRASE: Purpose = Purpose { name: "passphrase command", setting: "keys.passphraseCommand" };

/// The keys of a file, by account.
pub type Saved = BTreeMap<String, Secret>;

/// The keys that the file holds.
pub(super) async fn all(file: &KeyFile, limit: Duration) -> Result<Saved, Problem> {
    let path = paths::of_setting(&file.path).ok_or_else(|| {
        unusable("`keys.file` names no file that can be used").with_detail("it is not an absolute path")
    })?;
    let sealed = read(&path)?;
    let opener = match (&file.identity, &file.passphrase_command) {
        (Some(identity), _) => identity_of(&of_setting(identity, "identityFile")?)?,
        (None, Some(words)) => passphrase_of(words, limit).await?,
        (None, None) => return Err(locked(&sealed)),
    };
    // To make the key of a passphrase takes half a second.
    let opened = tokio::task::spawn_blocking(move || open(&path, &sealed, &opener)).await;
    opened.map_err(|_| crate::bug())?
}

/// What the user's own command prints opens the file.
pub async fn passphrase_of(words: &[String], limit: Duration) -> Result<Opener, Problem> {
    let printed = command::run(PASSPHRASE, words, limit).await?;
    Ok(Opener::Passphrase(SecretString::from(command::first_line(&printed))))
}

/// All keys of a file.
pub fn open(path: &Path, sealed: &[u8], opener: &Opener) -> Result<Saved, Problem> {
    let text = sealed::open(sealed, opener).map_err(|why| unopened(path, why))?;
    let line = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let (account, origin, key) = (words.next()?, words.next()?, words.next()?);
        Some((account.to_owned(), Secret::new(key.to_owned(), Origin::parse(origin).ok()?).ok()?))
    };
    text.lines().map(line).collect::<Option<Saved>>().ok_or_else(|| unopened(path, Broken::Form))
}

/// Writes the file anew, for this user alone: the old one is there until the new one is whole.
pub fn save(path: &Path, saved: &Saved, opener: &Opener) -> Result<(), Problem> {
    let mut text = Zeroizing::new(String::with_capacity(64 * 1024));
    for (account, secret) in saved {
        let key = secret.expose_for(secret.origin())?;
        text.push_str(&format!("{account} {} ", secret.origin()));
        text.push_str(key);
        text.push('\n');
    }
    let sealed = sealed::seal(&text, opener);
    // Where a link stands in its place, what that leads to is written anew.
    let place = path.canonicalize();
    paths::write_private(place.as_deref().unwrap_or(path), &sealed).map_err(|error| {
        unusable(format!("could not write the key file {}", path.display())).with_detail(error.to_string())
    })
}

/// Waits until no other process changes the file, and keeps them from it. The lock's own file stays: to remove it would
/// let in two at once.
pub fn lock(path: &Path) -> Result<std::fs::File, Problem> {
    let unlocked = |error: io::Error| {
        unusable(format!("could not lock the key file {}", path.display())).with_detail(error.to_string())
    };
    // A link and what it leads to have one lock.
    let mut beside = path.canonicalize().unwrap_or_else(|_| path.to_owned()).into_os_string();
    beside.push(".lock");
    let beside = PathBuf::from(beside);
    if let Some(folder) = beside.parent() {
        paths::make_private(folder).map_err(unlocked)?;
    }
    let file = paths::append_private(&beside).map_err(unlocked)?;
    file.lock().map_err(unlocked)?;
    Ok(file)
}

/// The file's bytes as they are.
pub fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    std::fs::read(path).map_err(|error| {
        unusable(format!("could not read the key file {}", path.display())).with_detail(error.to_string())
    })
}

/// The identity in a file of the user's, which must be theirs alone.
pub fn identity_of(path: &Path) -> Result<Opener, Problem> {
    let unusable =
        |why: &str| unusable(format!("the identity file {} can't be used", path.display())).with_detail(why);
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|error| unusable(&error.to_string()))?);
    if is_open_to_others(path) {
        return Err(unusable("others can read it; `chmod 600` closes it to them"));
    }
    sealed::identity(&text).map(Opener::Identity).ok_or_else(|| unusable("it is none that Aside made"))
}

/// Makes an identity file, unless it is there: also where two make one at once for two key files.
pub fn make_identity(path: &Path) -> Result<bool, Problem> {
    if path.exists() {
        return Ok(false);
    }
    let _alone = lock(path)?;
    if path.exists() {
        return Ok(false);
    }
    let identity = sealed::new_identity().map_err(|why| unopened(path, why))?;
    let text = Zeroizing::new([identity.expose_secret(), "\n"].concat());
    paths::write_private(path, text.as_bytes()).map(|()| true).map_err(|error| {
        unusable(format!("could not write the identity file {}", path.display()))
            .with_detail(error.to_string())
    })
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

/// Windows has folders of a user's own, and no such bits.
#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

fn of_setting(path: &str, setting: &str) -> Result<PathBuf, Problem> {
    paths::of_setting(path).ok_or_else(|| unusable(format!("`keys.{setting}` is not an absolute path")))
}

fn unopened(path: &Path, why: Broken) -> Problem {
    unusable(format!("could not open the key file {}", path.display())).with_detail(why.words())
}

fn unusable(title: impl Into<String>) -> Problem {
    let next = "Look at `keys` in the settings; `aside key set PROVIDER --file FILE` makes such a file.";
    Problem::new(ProblemKind::Keyring, title, next)
}

fn locked(sealed: &[u8]) -> Problem {
    let (title, next) = if sealed::wants_passphrase(sealed) {
        (
            "the key file wants a passphrase",
            "Set `keys.passphraseCommand` to a command that prints it, for instance one of your password manager.",
        )
    } else {
        ("the key file wants its identity file", "Name that in `keys.identityFile`.")
    };
    Problem::new(ProblemKind::Keyring, title, next)
}
