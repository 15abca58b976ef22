//! The ledger's files, as several processes write them, and as crashes and full disks leave them.

use super::files::Files;
use super::*;
use aside_core::ledger::{Feature, Limits};
use std::fs;
use tempfile::TempDir;

const DAY: u64 = 24 * 60 * 60;

fn origin() -> Origin {
    Origin::parse("https://api.example").unwrap()
}

async fn request(ledger: &Ledger, outcome: Outcome) {
    let mut entry = ledger.begin(&origin(), "acme", Act::bare(Feature::Chat), 7, None).await;
    entry.received(5);
    entry.went(outcome);
}

fn record(id: u64) -> Record {
    let ended =
        Ended { id: id.to_string(), time: id, outcome: Outcome::Stopped, bytes_in: 0, milliseconds: 0 };
    Record::Ended(ended)
}

fn sound(folder: &Path) -> Reading {
    let reading = read(folder).unwrap();
    assert_eq!((&reading.faults[..], reading.torn), (&[][..], 0));
    reading
}

fn names(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some());
    files.sort();
    files
}

#[tokio::test]
async fn a_request_is_on_disk_before_it_is_sent_and_its_end_after_it() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("state/ledger");
    let ledger = Ledger::new(folder.clone());
    assert!(!folder.exists());
    let mut entry =
        ledger.begin(&origin(), "acme", Act::bare(Feature::Models), 7, Some("keyring".to_owned())).await;
    let begun = sound(&folder);
    assert_eq!(begun.entries.len(), 1);
    assert_eq!((begun.entries[0].sent.bytes_out, &begun.entries[0].end), (7, &None));
    entry.received(5);
    drop(entry);
    let reading = ledger.read();
    let end = reading.entries[0].end.clone().unwrap();
    assert_eq!((reading.entries.len(), end.bytes_in, end.outcome), (1, 5, Outcome::Stopped));
}

#[tokio::test]
async fn what_was_said_is_written_before_the_ledger_is_gone() {
    let home = TempDir::new().unwrap();
    let ledger = Ledger::new(home.path().to_owned());
    for _ in 0..50 {
        request(&ledger, Outcome::Answered { status: 200 }).await;
    }
    drop(ledger);
    let reading = sound(home.path());
    assert_eq!(reading.entries.iter().filter(|entry| entry.end.is_some()).count(), 50);
}

#[test]
fn several_servers_write_one_chain() {
    let home = TempDir::new().unwrap();
    let servers: Vec<_> = (0..8)
        .map(|server| {
            let folder = home.path().to_owned();
            std::thread::spawn(move || {
                let mut files = Files::new(folder);
                for n in 0..50 {
                    files.append(&[record(server * 100 + n), record(n)], 0, Limits::default(), 1).unwrap();
                }
            })
        })
        .collect();
    servers.into_iter().for_each(|server| server.join().unwrap());
    // Each file begins with a line of its own.
    assert_eq!(sound(home.path()).lines, 8 * 50 * 2 + names(home.path()).len());
}

#[cfg(unix)]
#[test]
fn the_ledger_is_private_to_the_user() {
    use std::os::unix::fs::PermissionsExt;
    let home = TempDir::new().unwrap();
    let folder = home.path().join("ledger");
    Files::new(folder.clone()).append(&[record(1)], 0, Limits::default(), 1).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join("lock")), mode(&names(&folder)[0])), (0o700, 0o600, 0o600));
}

#[test]
fn a_line_that_a_crash_cut_anywhere_is_taken_away_and_said() {
    let whole = TempDir::new().unwrap();
    Files::new(whole.path().to_owned()).append(&[record(1), record(2)], 0, Limits::default(), 1).unwrap();
    let text = fs::read(&names(whole.path())[0]).unwrap();
    for cut in 0..text.len() {
        let home = TempDir::new().unwrap();
        fs::write(home.path().join("00000001.ledger"), &text[..cut]).unwrap();
        Files::new(home.path().to_owned()).append(&[record(3)], 0, Limits::default(), 9).unwrap();
        let kept = text[..cut].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let torn = (cut - kept) as u64;
        let gaps: Vec<_> = if torn > 0 { vec![(9, 0, torn)] } else { vec![] };
        assert_eq!(sound(home.path()).gaps, gaps, "cut at {cut}");
    }
}

#[test]
fn what_is_damaged_is_left_as_it_is_and_written_after() {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("00000007.ledger"), "no ledger\n").unwrap();
    let mut files = Files::new(home.path().to_owned());
    // Its age can't be told, and it isn't taken for old.
    for day in [0, 20_000, 20_200] {
        files.append(&[record(1)], 0, Limits::default(), day * DAY).unwrap();
        let faults = read(home.path()).unwrap().faults;
        assert!(faults[0].to_string().starts_with("00000007.ledger, line 1: "), "{faults:?}");
    }
    assert_eq!(names(home.path()).len(), 2);
}

#[test]
fn nothing_older_than_its_limit_is_kept_and_what_is_kept_is_whole() {
    let home = TempDir::new().unwrap();
    let mut files = Files::new(home.path().to_owned());
    let limits = Limits { max_age_days: 16, max_megabytes: 1 };
    for day in 0..100 {
        files.append(&[record(day)], 0, limits, day * DAY).unwrap();
        let text: String = files::segments(home.path()).unwrap().0.into_iter().map(|s| s.text).collect();
        let has = |day: u64| text.contains(&format!(r#""id":"{day}","#));
        assert!((0..day.saturating_sub(16)).all(|old| !has(old)), "on day {day}: {text}");
        assert!((day.saturating_sub(13)..=day).all(has), "on day {day}: {text}");
        sound(home.path());
    }
}

#[test]
fn it_never_takes_more_room_than_its_limit() {
    let home = TempDir::new().unwrap();
    let mut appending = Files::new(home.path().to_owned());
    let limits = Limits { max_age_days: 16, max_megabytes: 1 };
    let many: Vec<Record> = (0..200).map(record).collect();
    for _ in 0..100 {
        appending.append(&many, 0, limits, 1).unwrap();
        let size: u64 = names(home.path()).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
        assert!(size <= 1 << 20, "{size}");
    }
    assert!(sound(home.path()).lines > 3_000);
    assert!(!home.path().join("00000001.ledger").exists());
}

#[tokio::test]
async fn what_cannot_be_written_is_told_once_kept_in_memory_and_written_later() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("ledger");
    fs::write(&folder, "a file is in the way").unwrap();
    let ledger = Ledger::new(folder.clone());
    for _ in 0..3 {
        request(&ledger, Outcome::Answered { status: 200 }).await;
    }
    ledger.flush();
    let trouble = ledger.take_trouble().unwrap();
    assert!(trouble.to_string().starts_with("The ledger of what is sent can't be written"), "{trouble}");
    assert_eq!(ledger.take_trouble(), None);
    let reading = ledger.read();
    assert_eq!(reading.entries.len(), 3);
    let page = ledger::markdown(&reading);
    assert!(page.contains("- the files can't be read (could not read "), "{page}");
    fs::remove_file(&folder).unwrap();
    assert_eq!(ledger.read().entries.len(), 3);
    request(&ledger, Outcome::Refused { status: 500 }).await;
    ledger.flush();
    assert_eq!(sound(&folder).entries.len(), 4);
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_in_the_place_of_any_of_its_files_is_told_and_nothing_waits_for_it() {
    for name in ["lock", "00000001.ledger"] {
        let home = TempDir::new().unwrap();
        let pipe = home.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let ledger = Ledger::new(home.path().to_owned());
        request(&ledger, Outcome::Answered { status: 200 }).await;
        ledger.flush();
        let trouble = ledger.take_trouble().unwrap().to_string();
        assert!(trouble.starts_with("The ledger of what is sent can't be written"), "{trouble}");
        assert_eq!(ledger.read().entries.len(), 1, "{name}");
        fs::remove_file(&pipe).unwrap();
        request(&ledger, Outcome::Stopped).await;
        ledger.flush();
        assert_eq!(sound(home.path()).entries.len(), 2, "{name}");
    }
}

#[test]
fn lines_and_files_that_are_cut_off_at_the_end_are_noticed() {
    let limits = Limits { max_age_days: 16, max_megabytes: 1 };
    let home = TempDir::new().unwrap();
    let mut files = Files::new(home.path().to_owned());
    for day in [0, 0, 8, 8] {
        files.append(&[record(day)], 0, limits, day * DAY).unwrap();
    }
    sound(home.path());
    let paths = names(home.path());
    let (path, text) = (&paths[1], fs::read_to_string(&paths[1]).unwrap());
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    assert_eq!((paths.len(), ends.len()), (2, 3));
    let cut = |name: &str| {
        let faults = read(home.path()).unwrap().faults;
        assert_eq!(faults, [ledger::Fault::Cut], "{name}");
    };
    for end in &ends[..2] {
        fs::write(path, text.get(..*end).unwrap()).unwrap();
        cut("lines");
    }
    fs::remove_file(path).unwrap();
    cut("a file");
    fs::remove_file(&paths[0]).unwrap();
    cut("all");
    // What is written next is whole again, and a crash before its note is no fault.
    files.append(&[record(9)], 0, limits, 9 * DAY).unwrap();
    let noted = fs::read(home.path().join("lock")).unwrap();
    files.append(&[record(10)], 0, limits, 9 * DAY).unwrap();
    sound(home.path());
    fs::write(home.path().join("lock"), noted).unwrap();
    sound(home.path());
}

#[tokio::test]
async fn a_ledger_without_a_place_is_kept_in_memory_without_a_word() {
    let ledger = Ledger::in_memory();
    request(&ledger, Outcome::Answered { status: 200 }).await;
    assert_eq!(ledger.read().entries.len(), 1);
    assert_eq!(ledger.take_trouble(), None);
}
