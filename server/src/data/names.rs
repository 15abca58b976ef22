//! Which files are Aside's: those of the very names that it makes, each in the folder where it makes it. Whatever else lies
//! there is the user's own.

use super::Kind;
use crate::paths::Paths;
use std::path::Path;

/// What the file is for.
pub(super) fn kind(paths: &Paths, path: &Path) -> Kind {
    let below = |root: &Path, kind: fn(&[&str]) -> Kind| {
        let inside = path.strip_prefix(root).ok()?;
        let parts = inside.iter().map(|part| part.to_str()).collect::<Option<Vec<_>>>()?;
        Some(kind(&parts)).filter(|kind| *kind != Kind::Other)
    };
    below(&paths.state, of_state)
        .or_else(|| below(&paths.data, of_data))
        .or_else(|| below(&paths.config, of_config))
        .unwrap_or(Kind::Other)
}

/// Whether it is the database, or what SQLite puts beside it.
pub(super) fn is_database(path: &Path, database: &Path) -> bool {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let is_beside = path.parent() == database.parent();
    is_beside && name(path).zip(name(database)).is_some_and(|(path, database)| is_of(&path, &database))
}

fn is_of(name: &str, database: &str) -> bool {
    name.strip_prefix(database).is_some_and(|end| matches!(end, "" | "-wal" | "-shm" | "-journal"))
}

fn of_state(inside: &[&str]) -> Kind {
    match inside {
        ["ledger", "lock"] => Kind::Ledger,
        ["ledger", name] if is_numbered(name, "", ".ledger") => Kind::Ledger,
        ["logs", "aside.log"] => Kind::Log,
        ["logs", name] if is_numbered(name, "aside.log.", "") => Kind::Log,
        ["answers", server, _, ..] if is_number(server) => Kind::Documents,
        ["telemetry", "lock"] => Kind::Telemetry,
        ["telemetry", name] if is_written(name, "days.json") => Kind::Telemetry,
        ["crashes", "new.txt" | "offered.txt"] => Kind::Crashes,
        [name] if is_written(name, "policy") || is_written(name, "consent") => Kind::Notices,
        [name] if is_written(name, "keys-changed") => Kind::Keys,
        [name] if is_copy(name) => Kind::Copies,
        _ => Kind::Other,
    }
}

/// `export-PID.sqlite`, or what SQLite puts beside it.
fn is_copy(name: &str) -> bool {
    let Some((process, end)) = name.strip_prefix("export-").and_then(|rest| rest.split_once(".sqlite"))
    else {
        return false;
    };
    is_number(process) && is_of(end, "")
}

fn of_data(inside: &[&str]) -> Kind {
    match inside {
        [name] if is_of(name, "aside.sqlite") => Kind::Chats,
        ["chats", name] if is_numbered(name, "chat-", ".aside.md") => Kind::Chats,
        _ => Kind::Other,
    }
}

fn of_config(inside: &[&str]) -> Kind {
    match inside {
        // So the README names them; a file of keys elsewhere, or of another name, is the user's.
        [name] if is_written(name, "keys") || is_written(name, "identity") => Kind::Keys,
        ["keys.lock" | "identity.lock"] => Kind::Keys,
        _ => Kind::Other,
    }
}

/// A file that is written whole, or what is left of it where that was cut short: its name with the number of a process.
fn is_written(name: &str, file: &str) -> bool {
    name == file || is_numbered(name, &format!("{file}."), "")
}

fn is_numbered(name: &str, start: &str, end: &str) -> bool {
    name.strip_prefix(start).and_then(|rest| rest.strip_suffix(end)).is_some_and(is_number)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
