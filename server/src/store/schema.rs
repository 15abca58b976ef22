//! The file's form by version: how it is made, opened, and brought up to date.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rusqlite::{Connection, TransactionBehavior};

use crate::paths;

/// The steps from one version to the next (`PRAGMA user_version`).
const MIGRATIONS: &[&str] = &[
    "CREATE TABLE chat (
        chat TEXT PRIMARY KEY, title TEXT NOT NULL, turns INTEGER NOT NULL, updated INTEGER NOT NULL, body TEXT NOT NULL
    ) STRICT",
    // Providers whose first use was told, and where they were.
    "CREATE TABLE met (provider TEXT NOT NULL, origin TEXT NOT NULL, PRIMARY KEY (provider, origin)) STRICT",
    // A chat in rows of turns. Numbers are never used again (AUTOINCREMENT), so that a server which knows a deleted
    // chat's number can't write into another. A body that is no JSON stays as it is, as one turn.
    "ALTER TABLE chat RENAME TO old;
    CREATE TABLE chat (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, named TEXT, title TEXT NOT NULL,
        updated INTEGER NOT NULL, revision INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE turn (number INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
    CREATE INDEX turn_of_chat ON turn (chat);
    INSERT INTO chat (name, named, title, updated, revision)
        SELECT chat, CASE WHEN json_valid(body) THEN json_extract(body, '$.title') END, title, updated, 1
        FROM old ORDER BY updated, rowid;
    INSERT INTO turn (chat, body)
        SELECT chat.id, turn.value FROM old JOIN chat ON chat.name = old.chat,
            json_each(CASE WHEN json_valid(old.body) THEN old.body ELSE '{}' END, '$.turns') AS turn
        ORDER BY chat.id, turn.id;
    INSERT INTO turn (chat, body)
        SELECT chat.id, old.body FROM old JOIN chat ON chat.name = old.chat WHERE NOT json_valid(old.body);
    DROP TABLE old",
];

/// A new file counts from the microsecond on: a server that still knows the numbers of one which was removed finds none of
/// them here.
const FIRST_NUMBERS: &str = "
    DELETE FROM sqlite_sequence;
    INSERT INTO sqlite_sequence (name, seq)
        SELECT name, CAST(unixepoch('subsec') * 1000000 AS INTEGER) + abs(random() % 1000)
        FROM sqlite_schema WHERE name IN ('chat', 'turn')";

pub(super) fn open(file: &Path) -> Result<Connection> {
    make_file(file).with_context(|| format!("could not make {}", file.display()))?;
    let connect = || -> Result<Connection> {
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
pub(super) fn make_file(file: &Path) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        paths::make_private(folder)?;
    }
    paths::append_private(file).map(drop)
}

fn version(connection: &Connection) -> rusqlite::Result<usize> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map(super::natural)
}

fn migrate(connection: &mut Connection) -> Result<()> {
    if version(connection)? == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = version(&transaction)?;
    if done > MIGRATIONS.len() {
        bail!("a newer version of Aside made it");
    }
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    if done == 0 {
        transaction.execute_batch(FIRST_NUMBERS)?;
    }
    transaction.pragma_update(None, "user_version", super::int(MIGRATIONS.len()))?;
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{State, Store};
    use aside_core::conversation::TurnState;
    use rusqlite::params;

    /// A file as the first version made it.
    fn first_version(file: &Path, chats: &[(&str, &str)]) {
        let connection = Connection::open(file).unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        for (at, (name, body)) in chats.iter().enumerate() {
            let row = params![name, format!("Title of {name}"), 1, super::super::int(at), body];
            connection.execute("INSERT INTO chat VALUES (?1, ?2, ?3, ?4, ?5)", row).unwrap();
        }
        connection.pragma_update(None, "user_version", 1).unwrap();
    }

    const TURNS: &str = r#"{"title":"Mine","turns":[
        {"id":"1","question":"Say \"é\u00fc\" 👩‍💻\n","blocks":[],"model":"demo/demo","answer":"no","state":{"state":"done","cut":false}},
        {"id":"2","question":"b","blocks":[{"label":"a.rs","language":"rust","text":"x\n"}],"model":"m","answer":"half","state":{"state":"running"}}]}"#;

    #[test]
    fn a_file_of_the_first_version_is_taken_over_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("aside.sqlite");
        first_version(
            &file,
            &[("old", TURNS), ("broken", "{\"turns\":"), ("empty", r#"{"title":null,"turns":[]}"#)],
        );
        let store = Store::new(file.clone());
        let listed = store.exclusively(|disk| disk.list()).unwrap();
        let listed: Vec<_> =
            listed.iter().map(|chat| (chat.chat.as_str(), chat.title.as_str(), chat.turns)).collect();
        assert_eq!(
            listed,
            [("empty", "Title of empty", 0), ("broken", "Title of broken", 1), ("old", "Mine", 2)]
        );

        let State::Changed(found) = store.exclusively(|disk| disk.look("old", None)).unwrap() else {
            panic!()
        };
        let turns: Vec<_> = found.turns.into_iter().map(|(_, turn)| turn.unwrap()).collect();
        assert_eq!(turns[0].question, "Say \"éü\" 👩‍💻\n");
        assert_eq!(turns[0].state, TurnState::Done { cut: false });
        assert_eq!((turns[1].blocks[0].text.as_str(), turns[1].state), ("x\n", TurnState::Running));
        let State::Changed(found) = store.exclusively(|disk| disk.look("broken", None)).unwrap() else {
            panic!()
        };
        assert!(matches!(found.turns[..], [(_, None)]));
        let connection = Connection::open(&file).unwrap();
        let body: String = connection
            .query_row("SELECT body FROM turn JOIN chat ON id = chat WHERE name = 'broken'", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(body, "{\"turns\":", "what can't be read is left as it is");
    }

    #[test]
    fn a_file_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("aside.sqlite");
        first_version(&file, &[]);
        Connection::open(&file).unwrap().pragma_update(None, "user_version", 1000).unwrap();
        let error = format!("{:#}", Store::new(file).exclusively(|disk| disk.list()).unwrap_err());
        assert!(error.contains("a newer version of Aside made it"), "{error}");
    }
}
