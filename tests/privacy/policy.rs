//! PRIVACY.md against the program: every promise has a test that exists, and every setting, file and destination that it
//! names exists, and the other way round.

use crate::canary::files;
use crate::{canaries, day};
use aside_core::ledger::Feature;
use aside_tests::FakeModel;
use std::collections::BTreeSet;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository")
}

fn policy() -> String {
    std::fs::read_to_string(root().join("PRIVACY.md")).expect("the policy")
}

/// What stands in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The text below a heading, up to the next.
fn section<'a>(policy: &'a str, heading: &str) -> &'a str {
    let (_, after) = policy.split_once(&format!("## {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    after.split("\n## ").next().unwrap_or_default()
}

#[test]
fn every_promise_has_a_number_and_tests_that_exist() {
    let policy = policy();
    let sources: String = ["server", "tests"]
        .iter()
        .flat_map(|folder| files(&root().join(folder)))
        .filter(|(path, _)| path.extension().is_some_and(|ending| ending == "rs"))
        .map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned())
        .collect();
    let rows: Vec<&str> =
        section(&policy, "The promises").lines().filter(|line| line.starts_with("| P")).collect();
    assert!(rows.len() > 10, "{rows:?}");
    for (n, row) in rows.iter().enumerate() {
        assert!(row.starts_with(&format!("| P{} | ", n + 1)), "the numbers go on by one: {row}");
        let (_, tests) = row.trim_end_matches(" |").rsplit_once(" | ").expect("three columns");
        let tests = quoted(tests);
        assert!(!tests.is_empty(), "no test: {row}");
        for test in tests {
            assert!(sources.contains(&format!("fn {test}()")), "there is no test {test}");
        }
    }
}

#[test]
fn every_setting_that_it_names_exists_and_every_one_about_data_is_named() {
    let policy = policy();
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the readme");
    let settings: BTreeSet<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name))
        .filter(|name| !name.contains('/'))
        .collect();
    assert!(settings.contains("network.offline"), "{settings:?}");
    let groups: BTreeSet<&str> = settings.iter().filter_map(|name| Some(name.split_once('.')?.0)).collect();
    let is_setting = |name: &&str| {
        name.split_once('.').is_some_and(|(group, rest)| {
            groups.contains(group) && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
        })
    };
    let named: BTreeSet<&str> = quoted(&policy).into_iter().filter(is_setting).collect();
    assert!(named.len() > 2, "{named:?}");
    let unknown: Vec<&&str> = named.difference(&settings).collect();
    assert!(unknown.is_empty(), "there are no such settings: {unknown:?}");
    let about_data =
        |name: &&&str| ["ledger.", "privacy.", "telemetry."].iter().any(|group| name.starts_with(group));
    let silent: Vec<&&str> =
        settings.iter().filter(about_data).filter(|name| !policy.contains(**name)).collect();
    assert!(silent.is_empty(), "they are not named: {silent:?}");
}

/// Every kind of request is in the table of destinations; a new kind does not compile here.
#[test]
fn every_destination_is_named() {
    use Feature::{Action, Chat, Doctor, Instruction, KeyCheck, Models, Telemetry, Warming};
    let policy = policy();
    let table = section(&policy, "Where your data goes");
    for feature in [Chat, Instruction, Action, Models, KeyCheck, Doctor, Warming, Telemetry] {
        let words = match feature {
            Chat => "you send a turn",
            Instruction => "you run an instruction",
            Action => "code action",
            Models => "list of models",
            KeyCheck => "`aside key check`",
            Doctor => "`aside doctor`",
            Warming => "you begin to write a question",
            Telemetry => "telemetry, which needs your consent",
        };
        assert!(table.contains(words), "{feature:?} is not in the table: {words}");
    }
}

#[test]
fn every_file_of_a_day_is_named_in_the_policy() {
    let home = tempfile::tempdir().expect("a folder");
    let words = canaries::words();
    let model = FakeModel::start();
    day::live(&model, &day::setup(&model, &words, home.path(), "info"), &words);
    let policy = policy();
    let table = section(&policy, "What is kept on your machine");
    let mut seen = BTreeSet::new();
    for (path, _) in files(home.path()) {
        let name = path.strip_prefix(home.path()).expect("below the home").display().to_string();
        let usual =
            name.replacen("data/", "~/.local/share/aside/", 1).replacen("state/", "~/.local/state/aside/", 1);
        if !usual.starts_with('~') {
            // The script's own.
            assert!(canaries::OWN.contains(&name.as_str()), "{name}");
            continue;
        }
        let named = quoted(table).into_iter().find(|place| usual.starts_with(place));
        seen.insert(named.unwrap_or_else(|| panic!("{usual} is not named")));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = path.metadata().expect("it is there").permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{name}");
        }
    }
    assert!(seen.len() > 3, "{seen:?}");
}
