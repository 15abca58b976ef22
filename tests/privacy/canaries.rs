//! Planted words, searched for in everything that Aside leaves behind: at every level of the log, after every kind of use
//! and failure.

use crate::canary::{files, holds};
use crate::day::{self, Words, live, tell};
use aside_tests::{FakeModel, Setup};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// A planted word: where it was planted, and its text.
#[derive(Debug, Clone)]
struct Canary {
    planted: &'static str,
    text: String,
    /// Beginnings of the names of files, below the home, that may hold it.
    allowed: &'static [&'static str],
}

const CHATS: &[&str] = &["data/aside.sqlite"];
const NOWHERE: &[&str] = &[];
/// Files of the user's own in the day's home, beside what Aside keeps.
pub(crate) const OWN: &[&str] =
    &["arguments", "environment", "passphrase-arguments", "passphrase-environment", "key-file"];

/// Texts that each form of writing changes, but for those that a header or a path must hold.
pub(crate) fn words() -> Words {
    let odd = |name: &str| format!("q\"7{name}ä/9%{name}+Zk");
    Words {
        key: "sk-canary-of-the-key-8c1f0a77d2e94b".to_owned(),
        command_key: "sk-canary-of-the-command-51b7e09c".to_owned(),
        header: "canary-of-the-header-3e7f41".to_owned(),
        address: "canary-of-the-address-77ab20".to_owned(),
        standing: odd("standing"),
        folder: "canary-of-the-folder-90f3".to_owned(),
        file_name: "canary-of-the-file-name-2b6d".to_owned(),
        file: odd("file"),
        prompt: odd("prompt"),
        instruction: odd("instruction"),
        diagnostic: odd("diagnostic"),
        answer: odd("answer"),
        code: odd("code"),
        error: odd("error"),
        title: odd("title"),
        setting: odd("setting"),
        user: "canary-of-the-user-4d2c".to_owned(),
        host: "canary-of-the-host-6e19".to_owned(),
        blocked: odd("blocked"),
        secret: day::secret(),
        passphrase: "canary-of-the-passphrase-a1c7".to_owned(),
        file_key: "sk-canary-of-the-file-e5d03b".to_owned(),
    }
}

/// Where each may be kept.
fn canaries(words: &Words) -> Vec<Canary> {
    let canary = |planted, text: &String, allowed| Canary { planted, text: text.clone(), allowed };
    vec![
        canary("the key", &words.key, NOWHERE),
        canary("the key of a command", &words.command_key, NOWHERE),
        canary("a header", &words.header, NOWHERE),
        canary("the provider's address", &words.address, NOWHERE),
        canary("the standing instruction", &words.standing, NOWHERE),
        // So that a rule made later keeps the file out of later questions.
        canary("the folder", &words.folder, CHATS),
        canary("the file's name", &words.file_name, &["data/aside.sqlite", "state/ledger"]),
        canary("the file", &words.file, CHATS),
        canary("the prompt", &words.prompt, CHATS),
        canary("the instruction", &words.instruction, NOWHERE),
        canary("the diagnostic", &words.diagnostic, CHATS),
        canary("the answer", &words.answer, CHATS),
        canary("the proposed code", &words.code, NOWHERE),
        canary("the provider's error", &words.error, NOWHERE),
        canary("the chat's title", &words.title, CHATS),
        canary("a wrong setting", &words.setting, NOWHERE),
        canary("the user's name", &words.user, NOWHERE),
        canary("the host's name", &words.host, NOWHERE),
        // It was allowed once.
        canary("the blocked file", &words.blocked, CHATS),
        canary("a secret that was masked", &words.secret, CHATS),
        canary("the passphrase of the key file", &words.passphrase, NOWHERE),
        canary("the key of the key file", &words.file_key, NOWHERE),
    ]
}

/// The day's setup on a machine of the planted name, where the system lets a process have one of its own.
fn setup(model: &FakeModel, words: &Words, home: &Path, level: &str) -> Setup {
    let script = "hostname \"$0\" && exec \"$@\"";
    let ways = [&["unshare", "--uts"][..], &["unshare", "--uts", "--map-root-user"]];
    let named = ways.map(|way| [way, &["sh", "-c", script, &words.host]].concat());
    let works = |way: &&Vec<&str>| {
        Command::new(way[0])
            .args(&way[1..])
            .arg("hostname")
            .output()
            .is_ok_and(|said| said.stdout.starts_with(words.host.as_bytes()))
    };
    let under =
        named.iter().find(works).map_or(vec![], |way| way.iter().map(|&word| word.to_owned()).collect());
    Setup { under, ..day::setup(model, words, home, level) }
}

#[track_caller]
fn check(home: &Path, canaries: &[Canary]) {
    let kept = files(home);
    // What the commands of the script wrote is the test's own.
    let kept: Vec<_> = kept
        .iter()
        .map(|(path, bytes)| (path.strip_prefix(home).expect("below the home").display().to_string(), bytes))
        .filter(|(name, _)| name == "key-file" || !OWN.contains(&name.as_str()))
        .collect();
    for canary in canaries {
        let found: Vec<&str> = kept
            .iter()
            .filter(|(name, bytes)| holds(bytes, &canary.text) || holds(name.as_bytes(), &canary.text))
            .map(|(name, _)| name.as_str())
            .collect();
        for name in &found {
            let allowed = canary.allowed.iter().any(|begin| name.starts_with(begin));
            assert!(allowed, "{} is in {name}", canary.planted);
        }
        // What is kept on purpose is found, or the search is no search.
        for begin in canary.allowed {
            assert!(found.iter().any(|name| name.starts_with(begin)), "{} is not in {begin}", canary.planted);
        }
    }
    let log: usize =
        kept.iter().filter(|(name, _)| name.starts_with("state/logs")).map(|(_, bytes)| bytes.len()).sum();
    assert!(log > 0, "there is a log to search: the script breaks a message on purpose");
}

#[test]
fn nothing_planted_is_left_behind_at_any_level_of_the_log() {
    for level in ["error", "warn", "info", "debug", "trace"] {
        let home = tempfile::tempdir().expect("a folder");
        let words = words();
        let model = FakeModel::start();
        live(&model, &setup(&model, &words, home.path(), level), &words);
        check(home.path(), &canaries(&words));
    }
}

/// With consent and an endpoint: what waits, and what is told a day later.
#[test]
fn nothing_planted_is_counted_or_told() {
    let home = tempfile::tempdir().expect("a folder");
    let words = words();
    let (model, collector) = (FakeModel::start(), FakeModel::start());
    let telemetry = json!({"telemetry": {"usage": true, "errors": true, "endpoint": collector.origin()}});
    let setup = setup(&model, &words, home.path(), "trace").with_settings(&telemetry);
    live(&model, &setup, &words);
    assert!(home.path().join("state/telemetry/days.json").exists());
    check(home.path(), &canaries(&words));
    let told = tell(&model, &collector, &setup, &words);
    assert!(holds(&told, "streamEndedEarly"), "{}", String::from_utf8_lossy(&told));
    for canary in canaries(&words) {
        assert!(!holds(&told, &canary.text), "{} is told", canary.planted);
    }
    check(home.path(), &canaries(&words));
}

#[test]
fn what_is_sent_names_no_folder_no_user_and_no_key() {
    let home = tempfile::tempdir().expect("a folder");
    let words = words();
    let model = FakeModel::start();
    let bodies = live(&model, &setup(&model, &words, home.path(), "info"), &words);
    let was_sent = |text: &str| bodies.iter().any(|body| holds(body, text));
    assert!(was_sent(&words.prompt) && was_sent(&words.file_name), "the search finds what was sent");
    let home = home.path().display().to_string();
    let keys = [&words.key, &words.command_key, &words.file_key, &words.passphrase, &words.secret];
    let unsaid = [&words.folder, &words.user, &words.host, &words.title, &home];
    for unsaid in unsaid.iter().chain(&keys) {
        assert!(!was_sent(unsaid), "{unsaid} was sent");
    }
    let with_blocked = bodies.iter().filter(|body| holds(body, &words.blocked)).count();
    assert_eq!(with_blocked, 1, "it was allowed once");
}

/// The commands' own arguments are the user's words, and their environment is the server's.
#[cfg(target_os = "linux")]
#[test]
fn a_child_is_told_nothing_but_what_the_user_wrote() {
    let home = tempfile::tempdir().expect("a folder");
    let words = words();
    let model = FakeModel::start();
    let setup = setup(&model, &words, home.path(), "info");
    live(&model, &setup, &words);
    let of_key = &setup.settings["providers"]["commanded"]["keyCommand"];
    let of_passphrase = day::more::command(home.path(), "passphrase-", &words.passphrase);
    for (child, written) in [("", of_key), ("passphrase-", &of_passphrase)] {
        let read = |name: &str| std::fs::read(home.path().join(format!("{child}{name}"))).expect("it ran");
        let arguments = String::from_utf8(read("arguments")).expect("text");
        let given: Vec<&str> = arguments.trim_end_matches('\0').split('\0').collect();
        let written = written.as_array().expect("a command").iter().filter_map(Value::as_str);
        assert_eq!(given, written.collect::<Vec<_>>());
        let environment = read("environment");
        let surroundings = ["the key", "the user's name", "the host's name"];
        for canary in canaries(&words).iter().filter(|canary| !surroundings.contains(&canary.planted)) {
            assert!(
                !holds(&environment, &canary.text),
                "{} is in the environment of a child",
                canary.planted
            );
        }
    }
}
