//! The ledger's files: one after the other, each begun where the one before it ends, the oldest given up by age and size.

use crate::paths;
use anyhow::{Context, Result};
use aside_core::ledger::{Hash, Limits, Record, Segment, tail};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const ENDING: &str = "ledger";
/// Held while lines are added. It has the hash of the last one.
const LOCK: &str = "lock";
/// What is kept is in at least so many files, so that what is given up at once is a part of it.
const PARTS: u64 = 8;
const DAY: u64 = 24 * 60 * 60;

#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    /// Where this process wrote last, so that it need not be read again.
    last: Option<Place>,
    /// The day on which what is too old was given up last.
    pruned: u64,
}

/// The end of the newest file.
#[derive(Debug, Clone)]
struct Place {
    number: u64,
    length: u64,
    head: Hash,
    /// When its first line was written.
    began: u64,
    /// Nothing can be added to it: it is not as we write it.
    damaged: bool,
}

impl Files {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, last: None, pruned: 0 }
    }

    /// Adds the records, all or none, and says that `lost` are missing before them. Only one process at a time does so.
    pub(super) fn append(&mut self, records: &[Record], lost: u64, limits: Limits, now: u64) -> Result<()> {
        let folder = &self.folder;
        if !folder.is_dir() {
            paths::make_private(folder).with_context(|| format!("could not make {}", folder.display()))?;
        }
        let locked = paths::change_private(&folder.join(LOCK)).and_then(|file| file.lock().map(|()| file));
        let mut locked = locked.with_context(|| format!("could not lock {}", folder.display()))?;
        let numbers = numbers(folder)?;
        let (place, torn) = self.place(&numbers)?;
        self.last = None;
        let gap = (lost > 0 || torn > 0).then_some(Record::Gap { time: now, bytes: torn, records: lost });
        let records: Vec<&Record> = gap.iter().chain(records).collect();
        let place = match place {
            Some(place) if !is_full(&place, limits, now) => self.extend(place, &records)?,
            full => self.begin(full.as_ref(), &records, now)?,
        };
        let old: Vec<u64> = numbers.into_iter().filter(|number| *number != place.number).collect();
        if place.began == now || self.pruned != now / DAY {
            self.pruned = now / DAY;
            if self.prune(&old, limits, now).is_err() {
                tracing::warn!("an old file of the ledger can't be removed");
            }
        }
        if note(&mut locked, &place.head).is_err() {
            tracing::warn!("the ledger's last line can't be noted");
        }
        self.last = Some(place);
        Ok(())
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(name(number))
    }

    /// The end of the newest file. Bytes of a cut line behind it are taken away and counted.
    fn place(&self, numbers: &[u64]) -> Result<(Option<Place>, u64)> {
        let mut torn = 0;
        for number in numbers.iter().rev() {
            let path = self.path(*number);
            let mut file =
                paths::open(&path).with_context(|| format!("could not read {}", path.display()))?;
            let length = file.metadata()?.len();
            if let Some(last) =
                self.last.as_ref().filter(|last| last.number == *number && last.length == length)
            {
                return Ok((Some(last.clone()), torn));
            }
            let (began, end) = (began(&mut file)?, end(&mut file, length)?);
            drop(file);
            match end {
                // A crash cut its very first line.
                End::NoLine => {
                    torn += length;
                    std::fs::remove_file(&path)?;
                }
                End::Whole(whole, head) if began.is_some() => {
                    if whole < length {
                        torn += length - whole;
                        paths::change_private(&path)?.set_len(whole)?;
                    }
                    let began = began.unwrap_or_default();
                    return Ok((
                        Some(Place { number: *number, length: whole, head, began, damaged: false }),
                        torn,
                    ));
                }
                // It stays for who wants to see it, and shows as a fault.
                End::Whole(..) | End::Damaged => {
                    let place =
                        Place { number: *number, length, head: Hash::none(), began: 0, damaged: true };
                    return Ok((Some(place), torn));
                }
            }
        }
        Ok((None, torn))
    }

    fn extend(&self, place: Place, records: &[&Record]) -> Result<Place> {
        let (text, head) = lines(records, &place.head);
        let path = self.path(place.number);
        let mut file = paths::append_private(&path)?;
        if let Err(error) = file.write_all(text.as_bytes()) {
            // Half a line is taken back; where even that fails, the next one to write does it.
            let _ = file.set_len(place.length);
            return Err(error).with_context(|| format!("could not write {}", path.display()));
        }
        Ok(Place { length: place.length + text.len() as u64, head, ..place })
    }

    fn begin(&self, before: Option<&Place>, records: &[&Record], now: u64) -> Result<Place> {
        let (number, previous) = match before {
            Some(place) => (place.number + 1, place.head.clone()),
            None => (1, Hash::none()),
        };
        let begin = Record::Begin { time: now, previous: previous.clone() };
        let records: Vec<&Record> = std::iter::once(&begin).chain(records.iter().copied()).collect();
        let (text, head) = lines(&records, &previous);
        let path = self.path(number);
        let mut file = paths::append_private(&path)?;
        if let Err(error) = file.write_all(text.as_bytes()) {
            let _ = std::fs::remove_file(&path);
            return Err(error).with_context(|| format!("could not write {}", path.display()));
        }
        Ok(Place { number, length: text.len() as u64, head, began: now, damaged: false })
    }

    /// Gives up the oldest files: those that hold something too old, and as many as are too much.
    fn prune(&self, numbers: &[u64], limits: Limits, now: u64) -> Result<()> {
        // The newest file is not among them; it may grow by what is added last.
        let most = limits.bytes() - 2 * (limits.bytes() / PARTS);
        let mut size = 0;
        for number in numbers.iter().rev() {
            let path = self.path(*number);
            let mut file = paths::open(&path)?;
            size += file.metadata()?.len();
            // What was damaged stays for who wants to see it, as long as there is room.
            let is_old = began(&mut file)?.is_some_and(|began| now.saturating_sub(began) > limits.seconds());
            drop(file);
            if size > most || is_old {
                std::fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

fn name(number: u64) -> String {
    format!("{number:08}.{ENDING}")
}

fn is_full(place: &Place, limits: Limits, now: u64) -> bool {
    place.damaged
        || place.length >= limits.bytes() / PARTS
        || now.saturating_sub(place.began) >= limits.seconds() / PARTS
}

/// Notes the last line's hash, so that it shows where lines are cut off behind it. A crash before that leaves the hash of an
/// earlier line, which shows nothing.
fn note(lock: &mut File, head: &Hash) -> std::io::Result<()> {
    let head = head.to_string();
    // Written over: ext4 writes a file that was emptied out to the disk as it is closed, which the request would wait for.
    lock.write_all(head.as_bytes())?;
    let length = head.len() as u64;
    if lock.metadata()?.len() == length { Ok(()) } else { lock.set_len(length) }
}

/// What was noted; `None` where nothing is, or nothing that can be read.
fn noted(lock: &mut File) -> Option<Hash> {
    let mut text = String::new();
    lock.take(65).read_to_string(&mut text).ok()?;
    Hash::parse(&text)
}

/// Every file, the oldest first, as text, and the hash of the last line that was written, as far as it was noted. What is
/// no UTF-8 shows as a fault.
pub(super) fn segments(folder: &Path) -> Result<(Vec<Segment>, Option<Hash>)> {
    let read = |number| {
        let name = name(number);
        let bytes = paths::read(&folder.join(&name)).with_context(|| format!("could not read {name}"))?;
        Ok(Segment { name, text: String::from_utf8_lossy(&bytes).into_owned() })
    };
    // Nobody writes meanwhile, as far as there is anything to read.
    let mut locked = paths::open(&folder.join(LOCK)).and_then(|file| file.lock_shared().map(|()| file));
    let segments = numbers(folder)?.into_iter().map(read).collect::<Result<_>>()?;
    let last = locked.as_mut().ok().and_then(noted);
    drop(locked);
    Ok((segments, last))
}

/// The numbers of the files there are, in order; none where there is no folder.
fn numbers(folder: &Path) -> Result<Vec<u64>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("could not read {}", folder.display())),
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == ENDING) {
            numbers.extend(path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok()));
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn lines(records: &[&Record], previous: &Hash) -> (String, Hash) {
    let mut text = String::new();
    let mut head = previous.clone();
    for record in records {
        let (line, hash) = record.to_line(&head);
        text.push_str(&line);
        head = hash;
    }
    (text, head)
}

/// When the first line was written; `None` where that can't be read.
fn began(file: &mut File) -> Result<Option<u64>> {
    file.seek(SeekFrom::Start(0))?;
    let mut first = Vec::new();
    file.take(4096).read_to_end(&mut first)?;
    let line = first.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let json = line.splitn(2, |byte| *byte == b' ').nth(1).unwrap_or_default();
    Ok(match serde_json::from_slice(json) {
        Ok(Record::Begin { time, .. }) => Some(time),
        Ok(Record::Sent(_) | Record::Ended(_) | Record::Gap { .. }) | Err(_) => None,
    })
}

/// How a file ends.
enum End {
    /// So many bytes of whole lines, the last with this hash.
    Whole(u64, Hash),
    NoLine,
    /// Its last line has no hash.
    Damaged,
}

/// Reads from the end, more and more.
fn end(file: &mut File, length: u64) -> Result<End> {
    let mut size = 4096;
    loop {
        let start = length.saturating_sub(size);
        file.seek(SeekFrom::Start(start))?;
        let mut text = Vec::new();
        file.take(size).read_to_end(&mut text)?;
        match tail(&text) {
            Some((whole, head)) => return Ok(End::Whole(start + whole as u64, head)),
            // The line may have begun before what was read.
            None if start > 0 => size *= 4,
            None if text.contains(&b'\n') => return Ok(End::Damaged),
            None => return Ok(End::NoLine),
        }
    }
}
