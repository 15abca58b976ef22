//! Chats on disk: one SQLite file, private to the user, safe with several servers at once and after a crash.
//!
//! Opened at its first use. Every call blocks; the shell runs them where blocking is allowed.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, params};

use crate::paths;

/// A chat as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub chat: String,
    pub title: String,
    pub turns: usize,
    /// Seconds since 1970, UTC.
    pub updated: u64,
    /// The conversation, as JSON.
    pub body: String,
}

/// The file of chats.
pub struct Store {
    file: PathBuf,
    connection: Mutex<Option<Connection>>,
}

impl Store {
    /// Names the file; nothing is opened or made yet.
    pub fn new(file: PathBuf) -> Self {
        Self { file, connection: Mutex::new(None) }
    }

    /// Keeps a chat, replacing what was kept under its name.
    pub fn save(&self, kept: &Kept) -> Result<()> {
        self.with(|connection| {
            connection.execute(
                "INSERT INTO chat (chat, title, turns, updated, body) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (chat) DO UPDATE SET title = ?2, turns = ?3, updated = ?4, body = ?5",
                params![kept.chat, kept.title, int(kept.turns), int(kept.updated), kept.body],
            )
        })?;
        Ok(())
    }

    /// One chat, if it is kept.
    pub fn load(&self, chat: &str) -> Result<Option<Kept>> {
        self.with(|connection| {
            connection.query_row(&format!("{SELECT} WHERE chat = ?1"), [chat], kept).optional()
        })
    }

    /// All chats, newest first.
    pub fn list(&self) -> Result<Vec<Kept>> {
        self.with(|connection| {
            let mut statement = connection.prepare(&format!("{SELECT} ORDER BY updated DESC, chat"))?;
            statement.query_map([], kept)?.collect()
        })
    }

    /// Forgets a chat; tells whether it was there.
    pub fn delete(&self, chat: &str) -> Result<bool> {
        self.with(|connection| connection.execute("DELETE FROM chat WHERE chat = ?1", [chat])).map(|n| n > 0)
    }

    /// Notes that a provider is used; tells whether that is for the first time ever.
    pub fn meet(&self, provider: &str, origin: &str) -> Result<bool> {
        self.with(|connection| {
            connection
                .execute("INSERT OR IGNORE INTO met (provider, origin) VALUES (?1, ?2)", [provider, origin])
        })
        .map(|n| n > 0)
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match &mut *connection {
            Some(connection) => connection,
            none => none.insert(open(&self.file)?),
        };
        work(connection).with_context(|| format!("could not use {}", self.file.display()))
    }
}

const SELECT: &str = "SELECT chat, title, turns, updated, body FROM chat";

/// The schema by version; a file is brought up to date step by step (`PRAGMA user_version`).
const MIGRATIONS: &[&str] = &[
    "CREATE TABLE chat (
    chat TEXT PRIMARY KEY, title TEXT NOT NULL, turns INTEGER NOT NULL, updated INTEGER NOT NULL, body TEXT NOT NULL
) STRICT",
    // Providers whose first use was told, and where they were.
    "CREATE TABLE met (provider TEXT NOT NULL, origin TEXT NOT NULL, PRIMARY KEY (provider, origin)) STRICT",
];

fn open(file: &Path) -> Result<Connection> {
    make_file(file).with_context(|| format!("could not make {}", file.display()))?;
    let connect = || -> rusqlite::Result<Connection> {
        let mut connection = Connection::open(file)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        // What was deleted is gone from the file as well.
        connection.pragma_update(None, "secure_delete", true)?;
        migrate(&mut connection)?;
        Ok(connection)
    };
    connect().with_context(|| format!("could not open {}", file.display()))
}

/// The file exists before SQLite opens it, so that nobody else can read it from the first byte.
fn make_file(file: &Path) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        paths::make_private(folder)?;
    }
    paths::append_private(file).map(drop)
}

fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let done = transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map(natural)?;
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", int(MIGRATIONS.len().max(done)))?;
    transaction.commit()
}

/// SQLite's integers are signed.
fn int(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

fn natural<T: TryFrom<i64> + Default>(number: i64) -> T {
    T::try_from(number).unwrap_or_default()
}

fn kept(row: &rusqlite::Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept {
        chat: row.get(0)?,
        title: row.get(1)?,
        turns: natural(row.get(2)?),
        updated: natural(row.get(3)?),
        body: row.get(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(name: &str, updated: u64, text: &str) -> Kept {
        let body = serde_json::json!({"turns": [{"question": text}]}).to_string();
        Kept { chat: name.to_owned(), title: format!("About {name}"), turns: 1, updated, body }
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("data").join("aside.sqlite"));
        (folder, store)
    }

    #[test]
    fn a_chat_is_kept_replaced_listed_and_forgotten() {
        let (_folder, store) = store();
        store.save(&chat("a", 1, "first")).unwrap();
        store.save(&chat("b", 2, "other")).unwrap();
        store.save(&chat("a", 3, "second")).unwrap();
        assert_eq!(store.load("a").unwrap(), Some(chat("a", 3, "second")));
        assert_eq!(store.list().unwrap(), [chat("a", 3, "second"), chat("b", 2, "other")]);
        assert!(store.delete("a").unwrap());
        assert!(!store.delete("a").unwrap());
        assert_eq!(store.load("a").unwrap(), None);
    }

    #[test]
    fn two_servers_share_the_file() {
        let (_folder, one) = store();
        let two = Store::new(one.file.clone());
        one.save(&chat("a", 1, "one")).unwrap();
        two.save(&chat("b", 2, "two")).unwrap();
        assert_eq!(one.list().unwrap().len(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_private_to_the_user() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, store) = store();
        store.save(&chat("a", 1, "x")).unwrap();
        assert_eq!(std::fs::metadata(&store.file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_in_words() {
        let store = Store::new(PathBuf::from("/proc/aside/aside.sqlite"));
        let error = format!("{:#}", store.save(&chat("a", 1, "x")).unwrap_err());
        assert!(error.starts_with("could not make /proc/aside/aside.sqlite"), "{error}");
    }
}
