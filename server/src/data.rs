//! What Aside keeps on disk: listed, deleted, exported. Nothing that isn't Aside's is touched.

mod archive;
mod names;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};

use crate::paths::Paths;
use crate::store::{self, Store};
use archive::Archive;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Chats,
    /// Copies of the chats that an export has left which was broken off.
    Copies,
    Ledger,
    Log,
    /// Opened in the editor, and removed when its server ends.
    Documents,
    /// Events that wait, of which the user has consented to.
    Telemetry,
    Crashes,
    /// What was told and agreed to, so that it isn't asked again.
    Notices,
    Keys,
    /// The settings that the user wrote, and what is not known to be ours: never deleted, never exported.
    Other,
}

impl Kind {
    /// For a person.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chats => "chats",
            Self::Copies => "copies of chats that an export left",
            Self::Ledger => "ledger of requests",
            Self::Log => "log",
            Self::Documents => "opened documents",
            Self::Telemetry => "telemetry that waits",
            Self::Crashes => "crash reports",
            Self::Notices => "what you were told and agreed to",
            Self::Keys => "keys, encrypted, and the time of the last change",
            Self::Other => "yours",
        }
    }

    /// Whether it holds something of what the user did.
    fn is_trace(self) -> bool {
        match self {
            Self::Chats
            | Self::Copies
            | Self::Ledger
            | Self::Log
            | Self::Documents
            | Self::Telemetry
            | Self::Crashes => true,
            Self::Notices | Self::Keys | Self::Other => false,
        }
    }
}

/// A file in Aside's folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) kind: Kind,
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    /// Whether others on this machine can read it.
    pub(crate) exposed: bool,
}

/// Every file in Aside's folders, by kind.
pub(crate) fn list(paths: &Paths) -> Result<Vec<Kept>> {
    let mut kept = Vec::new();
    for root in roots(paths) {
        for entry in entries(&root)? {
            walk(&entry.path(), paths, &mut kept)?;
        }
    }
    kept.sort_by(|a, b| (a.kind, &a.path).cmp(&(b.kind, &b.path)));
    Ok(kept)
}

/// The folders, each once: on some systems two of them are one.
fn roots(paths: &Paths) -> Vec<PathBuf> {
    let mut roots = vec![paths.config.clone(), paths.data.clone(), paths.state.clone()];
    roots.sort();
    roots.dedup();
    roots
}

fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect::<io::Result<_>>(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
    .with_context(|| format!("could not read {}", folder.display()))
}

/// A link is not followed: what it points to is elsewhere.
fn walk(path: &Path, paths: &Paths, kept: &mut Vec<Kept>) -> Result<()> {
    let about = match fs::symlink_metadata(path) {
        Ok(about) => about,
        // Another server has just removed it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("could not read {}", path.display())),
    };
    if about.is_dir() {
        for entry in entries(path)? {
            walk(&entry.path(), paths, kept)?;
        }
        return Ok(());
    }
    let exposed = is_exposed(&about);
    let kind = names::kind(paths, path);
    kept.push(Kept { kind, path: path.to_owned(), bytes: about.len(), exposed });
    Ok(())
}

#[cfg(unix)]
fn is_exposed(about: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o077 != 0 && !about.is_symlink()
}

/// Windows keeps a user's folders to themselves by their access lists.
#[cfg(not(unix))]
fn is_exposed(_: &fs::Metadata) -> bool {
    false
}

/// Closes to others what they can read of Aside's files, as a copy from elsewhere leaves them. The user's own stay.
pub(crate) fn close(paths: &Paths) -> Result<()> {
    let exposed = list(paths)?.into_iter().filter(|file| file.exposed && file.kind != Kind::Other);
    exposed
        .map(|file| {
            crate::paths::close(&file.path)
                .with_context(|| format!("could not close {}", file.path.display()))
        })
        .fold(Ok(()), Result::and)
}

/// So many files and bytes of each kind.
pub(crate) fn sums(kept: &[Kept]) -> BTreeMap<Kind, (usize, u64)> {
    let mut sums = BTreeMap::<Kind, (usize, u64)>::new();
    for file in kept {
        let (files, bytes) = sums.entry(file.kind).or_default();
        *files += 1;
        *bytes += file.bytes;
    }
    sums
}

/// The list as a document.
pub(crate) fn markdown(kept: &[Kept]) -> String {
    let mut page = "# What Aside keeps on this machine\n\n".to_owned();
    if kept.is_empty() {
        page.push_str("Nothing.\n");
        return page;
    }
    page.push_str("| What | Files | Bytes |\n|---|--:|--:|\n");
    for (kind, (files, bytes)) in sums(kept) {
        let _ = writeln!(page, "| {} | {files} | {bytes} |", kind.name());
    }
    page.push_str("\n## Every file\n\n| What | Bytes | Where |\n|---|--:|---|\n");
    for Kept { kind, path, bytes, exposed } in kept {
        let others = if *exposed { " (others can read it)" } else { "" };
        let _ = writeln!(page, "| {} | {bytes} | `{}`{others} |", kind.name(), path.display());
    }
    page.push_str(
        "\nKeys are not among them: `aside doctor` says where each is. `aside data delete` removes what Aside knows of your work, `aside data \
         delete --all` every file of it, `aside data export FILE` packs it up.\n",
    );
    page
}

/// Empties the chats, also for servers that have them open, and removes the rest of what the user did; with `all`, every
/// file that is Aside's. Tells what was removed. A file of chats that is damaged can't be emptied, and is removed. What
/// can't be done is told once the rest is gone.
pub(crate) fn delete(paths: &Paths, all: bool) -> Result<Vec<Kept>> {
    let removed: Vec<Kept> = list(paths)?
        .into_iter()
        .filter(|file| file.kind.is_trace() || (all && file.kind != Kind::Other))
        .collect();
    let database = paths.chats();
    let emptied = if database.exists() { empty(&Store::new(database.clone())) } else { Ok(()) };
    let whole = all || emptied.as_ref().is_err_and(store::is_damaged);
    let files = removed.iter().map(|file| file.path.as_path());
    let gone = remove_all(files.filter(|path| whole || !names::is_database(path, &database)));
    let folders = roots(paths).iter().try_for_each(|root| remove_empty_folders(root));
    if !whole {
        emptied?;
    }
    gone.and(folders).map(|()| removed)
}

fn empty(store: &Store) -> Result<()> {
    store.exclusively(|disk| {
        for chat in disk.list()? {
            disk.delete(&chat.chat)?;
        }
        Ok(())
    })
}

/// Removes what can be removed. Of several errors the first is told.
fn remove_all<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Result<()> {
    paths.into_iter().map(remove).fold(Ok(()), Result::and)
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
    .with_context(|| format!("could not remove {}", path.display()))
}

/// Removes the folder and those in it, as far as there is nothing in them.
fn remove_empty_folders(folder: &Path) -> Result<()> {
    for entry in entries(folder)? {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_empty_folders(&entry.path())?;
        }
    }
    match fs::remove_dir(folder) {
        Ok(()) => Ok(()),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => {
            Ok(())
        }
        Err(error) => Err(error).with_context(|| format!("could not remove {}", folder.display())),
    }
}

/// What became of an export.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Exported {
    /// So many are in the archive.
    pub(crate) files: usize,
    /// What could not be read and is not in it, for a person.
    pub(crate) unread: Vec<String>,
}

/// Packs up everything but keys, and what is not known to be Aside's, in one `tar` file for this user alone. Where that
/// fails, or is stopped, no half of it stays.
pub(crate) fn export(paths: &Paths, to: &Path, stop: &AtomicBool) -> Result<Exported> {
    for file in list(paths)?.iter().filter(|file| file.kind == Kind::Copies) {
        remove(&file.path)?;
    }
    let mut archive = Archive::create(to).with_context(|| format!("could not make {}", to.display()))?;
    let exported = pack(paths, &mut archive, stop)?;
    archive.finish().with_context(|| format!("could not make {}", to.display()))?;
    Ok(exported)
}

fn pack(paths: &Paths, archive: &mut Archive, stop: &AtomicBool) -> Result<Exported> {
    let database = paths.chats();
    let mut exported = Exported::default();
    if database.exists() {
        match copied(paths) {
            Ok(bytes) => {
                archive.add("chats.sqlite", &bytes)?;
                exported.files += 1;
            }
            Err(error) if store::is_damaged(&error) => exported.unread.push(format!("{error:#}")),
            Err(error) => return Err(error),
        }
    }
    let roots = roots(paths);
    for file in list(paths)? {
        ensure!(!stop.load(Ordering::Relaxed), "it was broken off");
        let is_left_out = matches!(file.kind, Kind::Copies | Kind::Keys | Kind::Other);
        if is_left_out || names::is_database(&file.path, &database) {
            continue;
        }
        let inside = roots.iter().find_map(|root| file.path.strip_prefix(root).ok()).unwrap_or(&file.path);
        let inside = inside.to_string_lossy().replace('\\', "/");
        match crate::paths::read(&file.path) {
            Ok(bytes) => {
                archive.add(&inside, &bytes)?;
                exported.files += 1;
            }
            Err(error) => exported.unread.push(format!("could not read {}: {error}", file.path.display())),
        }
    }
    ensure!(!stop.load(Ordering::Relaxed), "it was broken off");
    Ok(exported)
}

/// The chats in one piece, though servers may be writing. The copy that this takes is removed however it ends.
fn copied(paths: &Paths) -> Result<Vec<u8>> {
    let copy = paths.export_copy();
    let bytes = Store::new(paths.chats())
        .copy_to(&copy)
        .and_then(|()| fs::read(&copy).with_context(|| format!("could not read {}", copy.display())));
    let mut removed = Ok(());
    for end in ["-journal", ""] {
        let mut path = copy.clone().into_os_string();
        path.push(end);
        removed = removed.and(remove(Path::new(&path)));
    }
    let bytes = bytes?;
    removed.map(|()| bytes)
}

#[cfg(test)]
mod tests;
