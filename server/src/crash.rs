//! What a panic leaves on disk: version, system and place, nothing of the user's. It is offered at the next start, and
//! never sent by itself.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use aside_core::usage::Place;

use crate::{Server, actions, paths};

/// Where reports go once they are wanted; the panic hook is the process's own.
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Where this process met bugs, until they are counted.
static PLACES: Mutex<Vec<Place>> = Mutex::new(Vec::new());
/// A panic says nothing new after so many.
const MOST_PLACES: usize = 64;

/// What wasn't offered yet, and what was.
const NEW: &str = "new.txt";
const OFFERED: &str = "offered.txt";
/// A server that panics again and again doesn't fill the disk.
const MOST_BYTES: u64 = 16 * 1024;

/// From here on a panic leaves a report in `folder`, which is made for the first one.
pub(crate) fn keep_in(folder: PathBuf) {
    // A second start, as in tests, keeps the first folder.
    let _ = FOLDER.set(folder);
}

/// Writes a report, if one is wanted. A disk that can't be written must not make a panic of a panic.
pub(crate) fn leave(place: &str) {
    if let Some(place) = Place::parse(place)
        && let Ok(mut places) = PLACES.lock()
        && places.len() < MOST_PLACES
    {
        places.push(place);
    }
    if let Some(folder) = FOLDER.get() {
        let _ = write(folder, place);
    }
}

/// Takes the places of the panics so far.
pub(crate) fn take_places() -> Vec<Place> {
    PLACES.lock().map(|mut places| std::mem::take(&mut *places)).unwrap_or_default()
}

fn write(folder: &Path, place: &str) -> io::Result<()> {
    paths::make_private(folder)?;
    let mut file = paths::append_private(&folder.join(NEW))?;
    if file.metadata()?.len() < MOST_BYTES {
        file.write_all(report(place).as_bytes())?;
    }
    Ok(())
}

fn report(place: &str) -> String {
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    format!("aside {} on {system} {machine}: panicked at {place}\n", env!("CARGO_PKG_VERSION"))
}

/// Takes what wasn't offered yet; of several servers that start, one gets it.
fn take(folder: &Path) -> Option<String> {
    let offered = folder.join(OFFERED);
    fs::rename(folder.join(NEW), &offered).ok()?;
    paths::read_text(&offered).ok()
}

/// Offers what an earlier server left, if anything.
pub(crate) async fn offer(server: &Arc<Server>) {
    let folder = server.env.crashes.clone();
    let Ok(Some(report)) = server.blocking(move |_| Ok(take(&folder))).await else { return };
    let question = "Aside: a bug was met last time. A report with the place in Aside's code, and nothing of yours, is \
        on this machine; it is not sent.";
    if server.client.ask(question, "Show").await {
        let text = format!("# What Aside met last time\n\n```\n{report}```\n\n{HOW}");
        if let Err(problem) = actions::show_markdown(server, "crash.md", text).await {
            server.client.report(&problem).await;
        }
    }
}

const HOW: &str =
    "Nothing of this was sent. If you want it mended, put these lines into an issue of the project.\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_bounded_private_and_taken_once() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("crashes");
        assert_eq!(take(&folder), None);
        for _ in 0..2000 {
            write(&folder, "server/src/chat.rs:12").unwrap();
        }
        let size = fs::metadata(folder.join(NEW)).unwrap().len();
        assert!(size < MOST_BYTES + 200, "{size}");
        let report = take(&folder).unwrap();
        assert!(
            report.starts_with("aside 0.") && report.contains(": panicked at server/src/chat.rs:12\n"),
            "{report}"
        );
        assert_eq!(take(&folder), None);
    }
}
