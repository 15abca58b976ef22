//! That nothing of a key is left in this process's memory once it was dropped: the memory itself is searched.

use super::*;
use secrecy::zeroize::Zeroizing;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// The key is only ever in memory where the code under test puts it: here it lies masked.
const MASK: u8 = 0x55;

/// A key that is nowhere yet.
pub(crate) struct Hidden(Vec<u8>);

impl Hidden {
    pub(crate) fn new(seed: u8) -> Self {
        Self((0..40_u8).map(|n| (b'a' + n.wrapping_mul(seed) % 26) ^ MASK).collect())
    }

    pub(crate) fn shown(&self) -> String {
        let mut key = Vec::with_capacity(self.0.len());
        key.extend(self.0.iter().map(|byte| byte ^ MASK));
        String::from_utf8(key).unwrap()
    }

    /// How often the key is in the memory that this process may write.
    pub(crate) fn copies(&self) -> usize {
        // Another search would have what it looks at in its window.
        static ALONE: Mutex<()> = Mutex::new(());
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = File::open("/proc/self/mem").unwrap();
        let mut window = vec![0; WINDOW];
        let own = window.as_ptr() as usize;
        // What is freed has its first bytes overwritten by the allocator: the second half tells.
        let half = &self.0[self.0.len() / 2..];
        let mut found = 0;
        for line in std::fs::read_to_string("/proc/self/maps").unwrap().lines() {
            let Some((from, to)) = region(line) else { continue };
            // A page more each time, so that a key that lies across two windows is in the first as a whole.
            for at in (from..to).step_by(WINDOW - PAGE) {
                let n = memory.read_at(&mut window[..(to - at).min(WINDOW)], at as u64).unwrap_or_default();
                let pages = n.div_ceil(PAGE).min(WINDOW / PAGE - 1);
                for page in (0..pages).map(|page| page * PAGE).filter(|page| is_used(&window[*page..])) {
                    let end = (page + PAGE + half.len() - 1).min(n);
                    let here = window[page..end].windows(half.len()).enumerate().filter(|(place, bytes)| {
                        bytes[0] ^ MASK == half[0]
                            && bytes.iter().zip(half).all(|(a, b)| a ^ MASK == *b)
                            && !(own..own + WINDOW).contains(&(at + page + place))
                    });
                    found += here.count();
                }
                window.fill(0);
            }
        }
        found
    }
}

/// So much is looked at together.
const WINDOW: usize = 1 << 20;
const PAGE: usize = 4096;

/// Most of what a process may write was never written.
fn is_used(page: &[u8]) -> bool {
    page[..PAGE] != [0; PAGE]
}

/// What a line of `/proc/self/maps` says, of memory that can be read and written.
fn region(line: &str) -> Option<(usize, usize)> {
    let (range, rest) = line.split_once(' ')?;
    let (from, to) = range.split_once('-')?;
    let number = |text| usize::from_str_radix(text, 16).ok();
    rest.starts_with("rw").then_some(())?;
    Some((number(from)?, number(to)?))
}

fn origin() -> Origin {
    Origin::parse("https://zeroed.example").unwrap()
}

#[test]
fn a_key_is_gone_from_memory_once_it_was_dropped() {
    let hidden = Hidden::new(3);
    let secret = Secret::new(hidden.shown(), origin()).unwrap();
    let clone = secret.clone();
    drop(secret);
    assert_eq!(hidden.copies(), 1, "it is found while it is there");
    drop(clone);
    assert_eq!(hidden.copies(), 0);
}

#[tokio::test]
async fn a_key_that_a_command_printed_is_gone_from_memory_once_it_was_dropped() {
    let hidden = Hidden::new(5);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let text = Zeroizing::new(hidden.shown());
    std::fs::write(&path, text.as_bytes()).unwrap();
    drop(text);
    let provider =
        provider("zeroed", json!({"baseUrl": "https://zeroed.example", "keyCommand": ["cat", path]}));
    let keys = keys();
    let key = keys.find(&provider).await.unwrap().unwrap();
    assert_eq!(hidden.copies(), 1, "it is found while it is there");
    drop(key);
    keys.forget("zeroed");
    assert_eq!(hidden.copies(), 0);
}

#[tokio::test]
async fn a_key_of_the_key_file_is_gone_from_memory_once_it_was_dropped() {
    let hidden = Hidden::new(7);
    let line = sealed::new_identity().unwrap();
    let opener = sealed::Opener::Identity(line.clone());
    let file = InFile::holding(hidden.shown(), &opener);
    paths::write_private(&file.path("identity"), line.expose_secret().as_bytes()).unwrap();
    assert_eq!(hidden.copies(), 0, "nothing is left of making the file");
    let provider = file.provider(&json!({"identityFile": file.path("identity")}), &json!({}));
    let keys = keys();
    let key = keys.find(&provider).await.unwrap().unwrap();
    assert_eq!(hidden.copies(), 1, "it is found while it is there");
    drop(key);
    keys.forget("filed");
    assert_eq!(hidden.copies(), 0);
}
