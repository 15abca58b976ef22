//! The log: what the program did, without anything of the user's. A few small files, for this user alone.
//!
//! Only our own messages are kept: those of libraries can hold what was sent. `ASIDE_LOG` sets the level.

use crate::{crash, paths};
use std::fs::File;
use std::io::{self, Write};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// A file that would grow past this gives way to a new one.
const MOST_BYTES: u64 = 1 << 20;
/// `aside.log.1` is younger than `aside.log.2`.
const OLD_FILES: u32 = 2;

/// Starts logging to `path`, and past it in `path.1` and so on. Nothing is made before the first line.
///
/// `level` is the value of `ASIDE_LOG`: `off`, `error`, `warn`, `info` (also for anything else), `debug` or `trace`.
pub(crate) fn start(path: PathBuf, level: Option<&str>) {
    let level = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let writer = Mutex::new(Rotated { path, most_bytes: MOST_BYTES, open: None });
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer);
    let ours = Targets::new().with_target("aside", level);
    // A second start, as in tests, keeps the first log.
    let _ = tracing_subscriber::registry().with(layer).with(ours).try_init();
}

/// From here on a panic is one line here and on standard error: the version and the place, never the message, which may
/// quote the user's text.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or("an unknown place".to_owned(), place);
        let version = env!("CARGO_PKG_VERSION");
        tracing::error!(version, place, "a bug: panicked");
        crash::leave(&place);
        // Standard error may be gone with the editor.
        let _ = writeln!(io::stderr(), "aside {version}: a bug at {place}");
    }));
}

/// `server/src/chat.rs:12`, or `some-crate-1.0.0/src/lib.rs:7`: never the folders of the machine it was built on.
fn place(location: &Location<'_>) -> String {
    format!("{}:{}", source(location.file()), location.line())
}

fn source(file: &str) -> String {
    let file = file.replace('\\', "/");
    let within = |marker: &str| file.split_once(marker).map(|(_, rest)| rest);
    let crates = within("/registry/src/").and_then(|rest| rest.split_once('/')).map(|(_, rest)| rest);
    match crates.or_else(|| within("/rustc/").and_then(|rest| rest.split_once('/')).map(|(_, rest)| rest)) {
        Some(known) => known.to_owned(),
        None if Path::new(&file).is_relative() && !file.contains(':') => file,
        None => "an unknown place".to_owned(),
    }
}

/// A file that is opened at its first line, and gives way to a new one when it is full.
#[derive(Debug)]
struct Rotated {
    path: PathBuf,
    most_bytes: u64,
    open: Option<(File, u64)>,
}

impl Rotated {
    fn file(&mut self, coming: u64) -> io::Result<&mut (File, u64)> {
        if self.open.as_ref().is_some_and(|(_, size)| *size > 0 && size + coming > self.most_bytes) {
            self.open = None;
            self.make_room();
        }
        // It was removed while it was open, as by `aside data delete`.
        if self.open.is_some() && !self.path.exists() {
            self.open = None;
        }
        match &mut self.open {
            Some(open) => Ok(open),
            closed @ None => {
                if let Some(folder) = self.path.parent() {
                    paths::make_private(folder)?;
                }
                let file = paths::append_private(&self.path)?;
                let size = file.metadata()?.len();
                Ok(closed.insert((file, size)))
            }
        }
    }

    /// Another server may do the same at once: then one of the renames finds nothing, and that is fine.
    fn make_room(&self) {
        for number in (1..=OLD_FILES).rev() {
            let younger = if number == 1 { self.path.clone() } else { self.numbered(number - 1) };
            let _ = std::fs::rename(younger, self.numbered(number));
        }
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    }
}

/// A line that can't be written is lost: a full disk must not stop the work.
impl Write for Rotated {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Ok((file, size)) = self.file(line.len() as u64)
            && file.write_all(line).is_ok()
        {
            *size += line.len() as u64;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_gives_way_and_the_oldest_goes() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("logs/aside.log");
        let mut log = Rotated { path: path.clone(), most_bytes: 10, open: None };
        assert!(!path.exists());
        for line in ["one 45678\n", "two\n", "three\n", "four 5678\n", "five\n"] {
            log.write_all(line.as_bytes()).unwrap();
        }
        let read =
            |name: &str| std::fs::read_to_string(root.path().join("logs").join(name)).unwrap_or_default();
        assert_eq!(
            [read("aside.log"), read("aside.log.1"), read("aside.log.2"), read("aside.log.3")],
            ["five\n", "four 5678\n", "two\nthree\n", ""]
        );
        let mut again = Rotated { path, most_bytes: 10, open: None };
        again.write_all(b"six\n").unwrap();
        assert_eq!(read("aside.log"), "five\nsix\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_log_that_is_removed_while_it_is_written_begins_anew() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("logs/aside.log");
        let mut log = Rotated { path: path.clone(), most_bytes: 100, open: None };
        log.write_all(b"one\n").unwrap();
        std::fs::remove_dir_all(root.path().join("logs")).unwrap();
        log.write_all(b"two\n").unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "two\n");
    }

    #[test]
    fn a_log_that_cannot_be_written_stops_nothing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut log = Rotated { path: file.path().join("under/a/file"), most_bytes: 10, open: None };
        log.write_all(b"line\n").unwrap();
    }

    #[test]
    fn a_place_never_names_the_folders_of_a_machine() {
        assert_eq!(source("server/src/chat.rs"), "server/src/chat.rs");
        assert_eq!(source("server\\src\\chat.rs"), "server/src/chat.rs");
        assert_eq!(
            source("/home/me/.cargo/registry/src/index-1/url-2.5.8/src/lib.rs"),
            "url-2.5.8/src/lib.rs"
        );
        assert_eq!(source("/rustc/5980/library/core/src/str.rs"), "library/core/src/str.rs");
        assert_eq!(source("/home/me/work/x.rs"), "an unknown place");
        assert_eq!(source("C:\\Users\\me\\x.rs"), "an unknown place");
    }
    /// Runs itself again in another process, since a panic hook and a log are a process's own.
    #[test]
    fn a_panic_is_told_by_its_place_and_never_by_its_message() {
        if let Some(path) = std::env::var_os("LOG_OF_A_PANIC") {
            crash::keep_in(Path::new(&path).with_file_name("crashes"));
            start(path.into(), None);
            report_panics();
            tracing::info!("ours");
            tracing::error!(target: "some_library", "canary");
            panic!("canary");
        }
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("aside.log");
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "log::tests::a_panic_is_told_by_its_place_and_never_by_its_message",
            "--nocapture",
        ]);
        let output = command.env("LOG_OF_A_PANIC", &path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let log = std::fs::read_to_string(&path).unwrap();
        let report = std::fs::read_to_string(root.path().join("crashes/new.txt")).unwrap();
        assert!(
            report.contains(": panicked at server/src/log.rs:") && !report.contains("canary"),
            "{report}"
        );
        assert!(said.contains("a bug at server/src/log.rs:"), "{said}");
        assert!(log.contains("ours") && log.contains("server/src/log.rs:"), "{log}");
        assert!(!said.contains("canary") && !log.contains("canary"), "{said}{log}");
    }
}
