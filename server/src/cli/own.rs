//! The commands about the user's own data: what left the machine, and what is kept on it.

use super::Terminal;
use crate::keys::Lookup;
use crate::paths::Paths;
use crate::{data, ledger, program, telemetry, views};
use aside_core::counted::counted;
use aside_core::ledger::{line, moment, since as parse_since};
use aside_core::problem::{Problem, ProblemKind};
use aside_core::usage;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Each request on a line, as text or as JSON.
pub(super) fn ledger(
    since: Option<&str>,
    json: bool,
    environment: Lookup,
    terminal: &mut Terminal<'_>,
) -> Result<(), Problem> {
    let from =
        since.map(|text| parse_since(text, ledger::now()).ok_or_else(|| no_moment(text))).transpose()?;
    let folder = Paths::find(environment)?.ledger();
    let mut reading = ledger::read(&folder).map_err(|error| views::unread(&error))?;
    reading.since(from.unwrap_or(0));
    for entry in &reading.entries {
        match json {
            true => terminal.say(serde_json::to_string(entry).map_err(|_| crate::bug())?),
            false => terminal.say(line(entry)),
        }
    }
    if !json && reading.entries.is_empty() {
        terminal.say(match since {
            None => "No request is in the ledger.",
            Some(_) => "No request of that time is in the ledger.",
        });
    }
    Ok(())
}

fn no_moment(text: &str) -> Problem {
    let title = format!("`{text}` is no time");
    Problem::new(
        ProblemKind::Setting,
        title,
        "Give a day like `2026-11-26`, or how long ago, like `7d` or `12h`.",
    )
}

/// Whether the ledger is whole. Who can write its files can write another that is: only who noted the hash can tell.
pub(super) fn verify(environment: Lookup, terminal: &mut Terminal<'_>) -> Result<(), Problem> {
    let folder = Paths::find(environment)?.ledger();
    let reading = ledger::read(&folder).map_err(|error| views::unread(&error))?;
    for (time, records, bytes) in &reading.gaps {
        terminal.say(format!(
            "{}: {} could not be written, {} of a line were cut off.",
            moment(*time),
            counted(*records, "record"),
            counted(*bytes, "byte"),
        ));
    }
    if reading.torn > 0 {
        terminal.say(format!("The last line was cut after {} bytes, as by a crash.", reading.torn));
    }
    if let Some(fault) = reading.faults.first() {
        for fault in &reading.faults {
            terminal.say(fault.to_string());
        }
        let title = "the ledger is not as it was written";
        return Err(Problem::new(ProblemKind::Setting, title, "What is wrong is named above.")
            .with_detail(fault.to_string()));
    }
    if reading.lines == 0 {
        terminal.say("The ledger has no line yet: its first one comes with the first request.");
        return Ok(());
    }
    terminal.say(format!(
        "{}, each as it was written. The last one's hash:",
        counted(reading.lines as u64, "line")
    ));
    terminal.say(reading.head.to_string());
    Ok(())
}

/// Every file, and the sums.
pub(super) fn data(environment: Lookup, terminal: &mut Terminal<'_>) -> Result<(), Problem> {
    let kept = data::list(&Paths::find(environment)?).map_err(|error| views::unread(&error))?;
    for file in &kept {
        let others = if file.exposed { "  ! others can read it" } else { "" };
        terminal.say(format!("{:>10}  {:33} {}{others}", file.bytes, file.kind.name(), file.path.display()));
    }
    if kept.is_empty() {
        terminal.say("Aside keeps no file on this machine. `aside doctor` says where each key is.");
        return Ok(());
    }
    let bytes: u64 = kept.iter().map(|file| file.bytes).sum();
    terminal.say(format!("{bytes:>10}  bytes in all. `aside doctor` says where each key is."));
    Ok(())
}

/// Deletes after asking.
pub(super) fn delete(
    all: bool,
    yes: bool,
    environment: Lookup,
    terminal: &mut Terminal<'_>,
) -> Result<(), Problem> {
    let what = match all {
        true => "every file of Aside's; close your editors first",
        false => "chats, ledger, logs and what else it knows of your work",
    };
    if !yes && !terminal.confirm(&format!("Delete {what}?")) {
        terminal.say("Nothing was deleted (`--yes` deletes without asking).");
        return Ok(());
    }
    let paths = Paths::find(environment)?;
    let removed = data::delete(&paths, all).map_err(|error| undone("deleted", &error))?;
    if removed.is_empty() {
        terminal.say("There was nothing to delete.");
        return Ok(());
    }
    for (kind, (files, bytes)) in data::sums(&removed) {
        terminal.say(format!("{:>10}  {} ({})", bytes, kind.name(), counted(files as u64, "file")));
    }
    if !all && paths.chats().exists() {
        terminal
            .say("The file of chats stays for editors that have it open. There is no chat in it any more.");
    }
    terminal.say("Deleted. Keys in your system's keyring stay: `aside key list`, `aside key remove`.");
    Ok(())
}

/// Packs everything but keys. A Ctrl-C leaves nothing of it behind.
pub(super) async fn export(
    file: &Path,
    environment: Lookup,
    terminal: &mut Terminal<'_>,
) -> Result<(), Problem> {
    let (paths, to, stop) = (Paths::find(environment)?, file.to_owned(), Arc::new(AtomicBool::new(false)));
    let stopped = Arc::clone(&stop);
    let mut exporting = tokio::task::spawn_blocking(move || data::export(&paths, &to, &stopped));
    let exported = tokio::select! {
        exported = &mut exporting => exported,
        heard = program::asked_to_end() => {
            // Where signals can't be heard they end the program by themselves.
            stop.store(heard.is_ok(), Ordering::Relaxed);
            exporting.await
        }
    };
    let exported = exported.map_err(|_| crate::bug())?;
    if stop.load(Ordering::Relaxed) && exported.is_err() {
        let title = "the export was broken off";
        return Err(Problem::new(ProblemKind::Setting, title, "Nothing of it is left."));
    }
    let exported = exported.map_err(|error| undone("exported", &error))?;
    terminal.say(format!(
        "{} written into {}. No key is among them.",
        counted(exported.files as u64, "file"),
        file.display()
    ));
    if !exported.unread.is_empty() {
        return Err(undone("exported", &anyhow::Error::msg(exported.unread.join("; "))));
    }
    Ok(())
}

/// What waits to be told, in words and as bytes.
pub(super) fn telemetry(environment: Lookup, terminal: &mut Terminal<'_>) -> Result<(), Problem> {
    let reports = telemetry::reports(&Paths::find(environment)?)?;
    terminal.say(usage::markdown(None, &reports).trim_end());
    Ok(())
}

/// Writes what waits into a new file, as an array of what is told of each day.
pub(super) fn export_telemetry(
    file: &Path,
    environment: Lookup,
    terminal: &mut Terminal<'_>,
) -> Result<(), Problem> {
    terminal.say(telemetry::export(&Paths::find(environment)?, file)?);
    Ok(())
}

/// Deletes what waits.
pub(super) fn delete_telemetry(environment: Lookup, terminal: &mut Terminal<'_>) -> Result<(), Problem> {
    terminal.say(telemetry::delete_and_say(&Paths::find(environment)?)?);
    Ok(())
}

fn undone(what: &str, error: &anyhow::Error) -> Problem {
    let title = format!("not everything was {what}");
    Problem::new(ProblemKind::Setting, title, "Mend what is named and try again.")
        .with_detail(format!("{error:#}"))
}
