//! Documents that open beside the code: answers, diffs, the ledger. Each server has a folder for them, private to the
//! user and gone with it. That of a server which was killed goes when the next one starts. Where the disk can't be used
//! a folder among the system's temporary files takes its place, so that an answer that was paid for is shown all the same.

use std::fs::{File, TryLockError};
use std::io::Result;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::paths;

/// Held by the server that a folder belongs to; the system lets go of it however that ends.
const LOCK: &str = "lock";

/// A server's folder. It is made with the first document.
pub(crate) struct Opened {
    folder: PathBuf,
    places: Mutex<Places>,
}

/// Where documents were written so far.
#[derive(Default)]
struct Places {
    lock: Option<File>,
    /// Among the system's temporary files.
    elsewhere: Option<PathBuf>,
}

impl Opened {
    /// Names the folder of this process in `all`; nothing is made yet.
    pub(crate) fn new(all: &Path) -> Self {
        Self { folder: all.join(std::process::id().to_string()), places: Mutex::default() }
    }

    /// Writes a document, over an earlier one of its name.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let mut places = self.places();
        self.write_in_folder(&mut places, name, text)
            // The first error is the one to tell.
            .or_else(|error| write_elsewhere(&mut places, name, text).map_err(|_| error))
    }

    fn write_in_folder(&self, places: &mut Places, name: &str, text: &str) -> Result<PathBuf> {
        // The folder may have been removed, as by `aside data delete`.
        if places.lock.is_none() || !self.folder.join(LOCK).exists() {
            places.lock = Some(hold(&self.folder)?);
        }
        let file = self.folder.join(name);
        paths::write_private(&file, text.as_bytes())?;
        Ok(file)
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the documents: the server is about to end.
    pub(crate) fn remove(&self) {
        let places = std::mem::take(&mut *self.places());
        // Not every system removes a file that is open.
        drop(places.lock);
        // There is nobody left to tell where it can't be removed; it is private to the user.
        drop(std::fs::remove_dir_all(&self.folder));
        drop(places.elsewhere.map(std::fs::remove_dir_all));
    }

    /// Removes what servers left that were killed.
    pub(crate) fn remove_orphans(&self) {
        let all = self.folder.parent().and_then(|all| std::fs::read_dir(all).ok());
        for folder in all.into_iter().flatten().flatten().map(|entry| entry.path()) {
            if folder != self.folder && is_orphan(&folder) && std::fs::remove_dir_all(&folder).is_err() {
                tracing::debug!("the documents of a server that was killed can't be removed");
            }
        }
    }
}

fn write_elsewhere(places: &mut Places, name: &str, text: &str) -> Result<PathBuf> {
    let folder = match places.elsewhere.take() {
        Some(folder) => folder,
        None => {
            let name = format!("aside-{}", uuid::Uuid::now_v7().simple());
            let new = std::env::temp_dir().join(name);
            paths::make_new_private(&new)?;
            new
        }
    };
    let file = places.elsewhere.insert(folder).join(name);
    paths::write_private(&file, text.as_bytes())?;
    Ok(file)
}

fn hold(folder: &Path) -> Result<File> {
    paths::make_private(folder)?;
    let lock = paths::append_private(&folder.join(LOCK))?;
    lock.lock()?;
    Ok(lock)
}

/// A folder without a lock is one that is being made, or somebody else's.
fn is_orphan(folder: &Path) -> bool {
    let Ok(lock) = paths::open(&folder.join(LOCK)) else { return false };
    match lock.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(all: &Path, name: &str) -> Opened {
        Opened { folder: all.join(name), places: Mutex::default() }
    }

    #[test]
    fn what_a_killed_server_left_goes_and_what_a_living_one_has_stays() {
        let root = tempfile::tempdir().unwrap();
        let all = root.path().join("answers");
        let (living, killed, next) = (of(&all, "1"), of(&all, "2"), of(&all, "3"));
        next.remove_orphans();
        let kept = living.write("a.md", "a").unwrap();
        let left = killed.write("b.md", "b").unwrap();
        std::fs::create_dir(all.join("4")).unwrap();
        drop(killed);
        next.remove_orphans();
        assert!(kept.exists() && !left.exists() && !all.join("2").exists() && all.join("4").exists());
        living.remove();
        assert!(!all.join("1").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_removed_while_its_server_lives_is_made_again_and_is_its_own() {
        let root = tempfile::tempdir().unwrap();
        let all = root.path().join("answers");
        let (living, next) = (of(&all, "1"), of(&all, "2"));
        living.write("a.md", "a").unwrap();
        std::fs::remove_dir_all(&all).unwrap();
        let again = living.write("b.md", "b").unwrap();
        next.remove_orphans();
        assert!(again.exists() && all.join("1").join(LOCK).exists());
        living.remove();
        assert!(!all.join("1").exists());
    }

    #[test]
    fn a_document_is_written_over_an_earlier_one_of_its_name() {
        let root = tempfile::tempdir().unwrap();
        let opened = Opened::new(&root.path().join("answers"));
        opened.write("a.md", "longer").unwrap();
        let file = opened.write("a.md", "b").unwrap();
        assert_eq!(std::fs::read_to_string(file).unwrap(), "b");
    }
}
