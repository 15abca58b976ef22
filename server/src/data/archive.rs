//! A `tar` file, written as POSIX has it (ustar): small enough to need no library.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::paths;

const BLOCK: usize = 512;

/// A `tar` file under way, under a name of its own until it is whole. What was not finished is removed.
#[derive(Debug)]
pub(super) struct Archive {
    file: File,
    /// Where it is until then; `None` once it is finished.
    beside: Option<PathBuf>,
    path: PathBuf,
}

impl Archive {
    /// Begins the file, for this user alone. One that is there is left alone.
    pub(super) fn create(path: &Path) -> Result<Self> {
        ensure!(!path.exists(), "there is a file of that name");
        let mut beside = path.to_owned().into_os_string();
        beside.push(format!(".{}", std::process::id()));
        let beside = PathBuf::from(beside);
        let file = paths::append_private(&beside)?;
        let archive = Self { file, beside: Some(beside), path: path.to_owned() };
        archive.file.set_len(0)?;
        Ok(archive)
    }

    /// Adds a file under a relative path, at most 100 bytes long.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.file.write_all(&header(name, bytes.len())?)?;
        self.file.write_all(bytes)?;
        self.file.write_all(&vec![0; bytes.len().next_multiple_of(BLOCK) - bytes.len()])?;
        Ok(())
    }

    /// Two empty blocks are the end. It gets its name, unless that was taken meanwhile.
    pub(super) fn finish(mut self) -> Result<()> {
        self.file.write_all(&[0; 2 * BLOCK])?;
        self.file.sync_all()?;
        ensure!(!self.path.exists(), "there is a file of that name by now");
        if let Some(beside) = &self.beside {
            fs::rename(beside, &self.path)?;
        }
        self.beside = None;
        Ok(())
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            // What broke it off is what is told.
            drop(fs::remove_file(beside));
        }
    }
}

/// IEEE Std 1003.1, `pax`, "ustar Interchange Format".
fn header(name: &str, size: usize) -> Result<Vec<u8>> {
    ensure!(name.len() <= 100, "the name {name} is too long for the archive");
    let mut header = Vec::with_capacity(BLOCK);
    header.extend(name.as_bytes());
    header.resize(100, 0);
    // Mode, owner, group, size, time.
    header.extend(b"0000600\x000000000\x000000000\x00");
    header.extend(format!("{size:011o}\0").as_bytes());
    header.extend(b"00000000000\0");
    // The sum is made as if it were blanks.
    header.extend(b"        ");
    header.push(b'0');
    header.resize(257, 0);
    header.extend(b"ustar\x0000");
    header.resize(BLOCK, 0);
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    let sum = format!("{sum:06o}\0 ");
    header.splice(148..156, sum.into_bytes());
    Ok(header)
}
