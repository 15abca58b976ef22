//! Chats on disk: one SQLite file, private to the user, safe with several servers at once and after a crash.
//!
//! A chat is kept turn by turn, so that servers with one chat add to it and never overwrite each other. Opened at its
//! first use. Every call blocks; the shell runs them where blocking is allowed.

mod schema;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use aside_core::conversation::{Change, Changes, Found, Turn};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params};

/// A chat as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub chat: String,
    pub title: String,
    pub turns: usize,
    /// Seconds since 1970, UTC.
    pub updated: u64,
}

/// What has become of a chat since it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// There is none of that name.
    Unknown,
    /// It is as it was.
    Same,
    /// It was deleted.
    Gone,
    /// Others went on with it, or it was not seen before.
    Changed(Found),
}

/// How writing ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Saved {
    /// The chat was deleted by another server: nothing was written.
    Gone,
    Written {
        chat: u64,
        revision: u64,
        /// The numbers of the turns that were written, in their order.
        numbers: Vec<u64>,
        /// The whole chat, where others had gone on with it.
        found: Option<Found>,
    },
}

/// The file of chats.
pub(crate) struct Store {
    file: PathBuf,
    connection: Mutex<Option<Open>>,
}

/// The file as it was opened.
struct Open {
    connection: Connection,
    identity: Identity,
}

impl Store {
    /// Names the file; nothing is opened or made yet.
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { file, connection: Mutex::new(None) }
    }

    /// Notes that a provider is used; tells whether that is for the first time ever.
    pub(crate) fn meet(&self, provider: &str, origin: &str) -> Result<bool> {
        self.exclusively(|disk| {
            let met = "INSERT OR IGNORE INTO met (provider, origin) VALUES (?1, ?2)";
            Ok(disk.0.execute(met, [provider, origin])? > 0)
        })
    }

    /// Copies everything into a new file, for this user alone, as it is at one moment.
    pub(crate) fn copy_to(&self, path: &Path) -> Result<()> {
        schema::make_file(path).with_context(|| format!("could not make {}", path.display()))?;
        let name = path.to_string_lossy().into_owned();
        self.exclusively(|disk| Ok(disk.0.execute("VACUUM INTO ?1", [name])?))?;
        Ok(())
    }

    /// Works on the file. This server does one such thing at a time: what is read in one, and what is known of it
    /// afterwards, has no gap for another.
    pub(crate) fn exclusively<T>(&self, work: impl FnOnce(&mut Disk<'_>) -> Result<T>) -> Result<T> {
        let mut open = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if open.as_ref().is_some_and(|open| identity(&self.file) != open.identity) {
            // It was removed while it was open, as by `aside data delete --all`: what is kept from here on is in a new one.
            *open = None;
        }
        let open = match &mut *open {
            Some(open) => open,
            none => {
                let connection = schema::open(&self.file)?;
                none.insert(Open { connection, identity: identity(&self.file) })
            }
        };
        work(&mut Disk(&mut open.connection))
            .with_context(|| format!("could not use {}", self.file.display()))
    }
}

/// What tells a file from another that took its place.
type Identity = Option<(u64, u64)>;

#[cfg(unix)]
fn identity(file: &Path) -> Identity {
    use std::os::unix::fs::MetadataExt;
    file.metadata().ok().map(|file| (file.dev(), file.ino()))
}

/// An open file can't be removed on Windows.
#[cfg(not(unix))]
fn identity(file: &Path) -> Identity {
    file.exists().then_some((0, 0))
}

/// Whether the file is no database, or one that is broken: to try again doesn't help.
pub(crate) fn is_damaged(error: &anyhow::Error) -> bool {
    let code = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code)
    };
    error
        .chain()
        .filter_map(code)
        .any(|code| matches!(code, ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

/// The open file.
pub(crate) struct Disk<'a>(&'a mut Connection);

impl Disk<'_> {
    /// Writes what was changed of each chat by its name, all in one piece.
    pub(crate) fn save(&mut self, chats: &[(String, Changes)], updated: u64) -> Result<Vec<Saved>> {
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let saved = chats.iter().map(|(name, changes)| save(&transaction, name, changes, updated));
        let saved = saved.collect::<Result<_>>()?;
        transaction.commit()?;
        Ok(saved)
    }

    /// What has become of a chat; `known` is its number and revision as they were last seen.
    pub(crate) fn look(&mut self, name: &str, known: Option<(u64, u64)>) -> Result<State> {
        let transaction = self.0.transaction()?;
        state(&transaction, name, known)
    }

    /// All chats, newest first.
    pub(crate) fn list(&mut self) -> Result<Vec<Listed>> {
        let mut statement = self.0.prepare(
            "SELECT name, coalesce(named, title), (SELECT count(*) FROM turn WHERE turn.chat = chat.id), updated
             FROM chat ORDER BY updated DESC, id DESC",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(Listed {
                chat: row.get(0)?,
                title: row.get(1)?,
                turns: natural(row.get(2)?),
                updated: natural(row.get(3)?),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Forgets a chat; tells whether it was there. What was deleted is gone from the files as well.
    pub(crate) fn delete(&mut self, name: &str) -> Result<bool> {
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction
            .execute("DELETE FROM turn WHERE chat IN (SELECT id FROM chat WHERE name = ?1)", [name])?;
        let deleted = transaction.execute("DELETE FROM chat WHERE name = ?1", [name])? > 0;
        transaction.commit()?;
        // Another server that reads just then puts it off to its own checkpoint; this is no failure.
        let emptied = self.0.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if emptied.is_err() {
            tracing::debug!("the write-ahead log is emptied later");
        }
        Ok(deleted)
    }
}

fn state(transaction: &Transaction<'_>, name: &str, known: Option<(u64, u64)>) -> Result<State> {
    let found: Option<(u64, u64)> = match known {
        Some((chat, _)) => transaction
            .prepare_cached("SELECT id, revision FROM chat WHERE id = ?1")?
            .query_row([int(chat)], pair)
            .optional()?,
        None => transaction
            .prepare_cached("SELECT id, revision FROM chat WHERE name = ?1")?
            .query_row([name], pair)
            .optional()?,
    };
    Ok(match (found, known) {
        (None, None) => State::Unknown,
        (None, Some(_)) => State::Gone,
        (found, known) if found == known => State::Same,
        (Some((chat, _)), _) => State::Changed(read(transaction, chat)?),
    })
}

fn pair(row: &rusqlite::Row<'_>) -> rusqlite::Result<(u64, u64)> {
    Ok((natural(row.get(0)?), natural(row.get(1)?)))
}

/// A chat whole. A turn that this version can't read is named all the same.
fn read(transaction: &Transaction<'_>, chat: u64) -> Result<Found> {
    let (named, revision) =
        transaction.query_row("SELECT named, revision FROM chat WHERE id = ?1", [int(chat)], |row| {
            Ok((row.get(0)?, natural(row.get(1)?)))
        })?;
    let mut statement =
        transaction.prepare_cached("SELECT number, body FROM turn WHERE chat = ?1 ORDER BY number")?;
    let turns = statement.query_map([int(chat)], |row| {
        let body: String = row.get(1)?;
        Ok((natural(row.get(0)?), serde_json::from_str::<Turn>(&body).ok()))
    })?;
    Ok(Found { chat, revision, named, turns: turns.collect::<rusqlite::Result<_>>()? })
}

fn save(transaction: &Transaction<'_>, name: &str, changes: &Changes, updated: u64) -> Result<Saved> {
    let known = changes.chat.map(|chat| (chat, changes.revision));
    let (chat, found) = match state(transaction, name, known)? {
        State::Gone => return Ok(Saved::Gone),
        State::Unknown => (insert(transaction, name, changes)?, None),
        State::Same => (changes.chat.unwrap_or_default(), None),
        State::Changed(found) => (found.chat, Some(())),
    };
    for number in &changes.dropped {
        transaction
            .execute("DELETE FROM turn WHERE number = ?1 AND chat = ?2", params![int(*number), int(chat)])?;
    }
    let numbers =
        changes.turns.iter().map(|change| write(transaction, chat, change)).collect::<Result<_>>()?;
    transaction.execute(
        "UPDATE chat SET title = ?2, updated = ?3, revision = revision + 1 WHERE id = ?1",
        params![int(chat), changes.title, int(updated)],
    )?;
    if let Some(named) = &changes.named {
        transaction.execute("UPDATE chat SET named = ?2 WHERE id = ?1", params![int(chat), named])?;
    }
    let found = found.map(|()| read(transaction, chat)).transpose()?;
    let revision = transaction
        .query_row("SELECT revision FROM chat WHERE id = ?1", [int(chat)], |row| row.get(0).map(natural))?;
    Ok(Saved::Written { chat, revision, numbers, found })
}

fn insert(transaction: &Transaction<'_>, name: &str, changes: &Changes) -> Result<u64> {
    transaction.execute(
        "INSERT INTO chat (name, title, updated, revision) VALUES (?1, ?2, 0, 0)",
        params![name, changes.title],
    )?;
    Ok(natural(transaction.last_insert_rowid()))
}

/// Writes a turn over the one of its number; as a new one where there is none, or none any more.
fn write(transaction: &Transaction<'_>, chat: u64, change: &Change) -> Result<u64> {
    let body = serde_json::to_string(&change.turn)?;
    if let Some(number) = change.number {
        let written = transaction.execute(
            "UPDATE turn SET body = ?3 WHERE number = ?1 AND chat = ?2",
            params![int(number), int(chat), body],
        )?;
        if written > 0 {
            return Ok(number);
        }
    }
    transaction.execute("INSERT INTO turn (chat, body) VALUES (?1, ?2)", params![int(chat), body])?;
    Ok(natural(transaction.last_insert_rowid()))
}

/// SQLite's integers are signed.
fn int(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

fn natural<T: TryFrom<i64> + Default>(number: i64) -> T {
    T::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests;
