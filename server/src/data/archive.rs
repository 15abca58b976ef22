//! A `tar` file, written as POSIX has it (ustar): small enough to need no library.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::paths;

const BLOCK: usize = 512;

/// A `tar` file under way.
#[derive(Debug)]
pub(super) struct Archive(File);

impl Archive {
    /// Makes the file, for this user alone. One that is there is left alone.
    pub(super) fn create(path: &Path) -> Result<Self> {
        ensure!(!path.exists(), "there is a file of that name");
        Ok(Self(paths::append_private(path)?))
    }

    /// Adds a file under a relative path, at most 100 bytes long.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.0.write_all(&header(name, bytes.len())?)?;
        self.0.write_all(bytes)?;
        self.0.write_all(&vec![0; bytes.len().next_multiple_of(BLOCK) - bytes.len()])?;
        Ok(())
    }

    /// Two empty blocks are the end.
    pub(super) fn finish(mut self) -> Result<()> {
        self.0.write_all(&[0; 2 * BLOCK])?;
        self.0.sync_all()?;
        Ok(())
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
