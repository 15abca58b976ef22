//! PRIVACY.md against the program: every promise has a test that exists, and every setting, file and destination that it
//! names exists, and the other way round.

use crate::canary::files;
use crate::{canaries, day};
use aside::paths::Paths;
use aside_core::config::BUILTIN;
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
    let groups = ["keys.", "ledger.", "network.", "privacy.", "telemetry."];
    // How long to wait says nothing about data.
    let about_time = ["network.connectTimeoutSeconds", "network.idleTimeoutSeconds"];
    let about_data =
        |name: &&&str| groups.iter().any(|group| name.starts_with(group)) && !about_time.contains(*name);
    let silent: Vec<&&str> =
        settings.iter().filter(about_data).filter(|name| !policy.contains(**name)).collect();
    assert!(silent.is_empty(), "they are not named: {silent:?}");
}

/// Every kind of request is in the table of destinations, and every row of it is of such a kind; a new kind does not
/// compile here.
#[test]
fn every_destination_is_named_and_every_one_that_is_named_exists() {
    use Feature::{Action, Chat, Doctor, Instruction, KeyCheck, Models, Telemetry, Warming};
    let policy = policy();
    let rows: Vec<&str> = rows(section(&policy, "Where your data goes")).collect();
    let words =
        [Chat, Instruction, Action, Models, KeyCheck, Doctor, Warming, Telemetry].map(
            |feature| match feature {
                Chat => "you send a turn",
                Instruction => "you run an instruction",
                Action => "code action",
                Models => "list of models",
                KeyCheck => "`aside key check`",
                Doctor => "`aside doctor`",
                Warming => "you begin to write a question",
                Telemetry => "telemetry, which needs your consent",
            },
        );
    for words in words {
        assert!(rows.iter().any(|row| row.contains(words)), "not in the table: {words}");
    }
    for row in &rows {
        assert!(words.iter().any(|words| row.contains(words)), "no request is for this: {row}");
    }
}

/// The rows of a section's table, below its heading.
fn rows(section: &str) -> impl Iterator<Item = &str> {
    section.lines().filter(|line| line.starts_with("| ")).skip(1)
}

/// The table of what is kept has every place that `Paths` knows, and no other.
#[test]
fn every_place_where_something_is_kept_is_named_and_every_one_that_is_named_exists() {
    let paths = Paths {
        config: "~/.config/aside".into(),
        data: "~/.local/share/aside".into(),
        state: "~/.local/state/aside".into(),
    };
    let log = paths.log().parent().expect("a folder").to_owned();
    let kept = [
        ("answers", paths.answers()),
        ("chats", paths.chats()),
        ("consent", paths.consent()),
        ("crashes", paths.crashes()),
        ("export_copy", paths.state.join("export-PID.sqlite")),
        ("keys_changed", paths.keys_changed()),
        ("ledger", paths.ledger()),
        ("log", log),
        ("pages", paths.pages()),
        ("policy", paths.policy()),
        ("telemetry", paths.telemetry()),
    ];
    let source = std::fs::read_to_string(root().join("server/src/paths.rs")).expect("the source");
    let methods: BTreeSet<&str> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub fn ")?.strip_suffix("(&self) -> PathBuf {"))
        // The user writes it, and Aside only reads it.
        .filter(|name| *name != "settings")
        .collect();
    assert_eq!(
        methods,
        kept.iter().map(|(name, _)| *name).collect(),
        "what is new is a row of the policy's table"
    );
    let policy = policy();
    let named: BTreeSet<&str> = quoted(section(&policy, "What is kept on your machine"))
        .into_iter()
        .filter(|text| text.starts_with("~/"))
        .map(|text| text.trim_end_matches('/'))
        .collect();
    let real = kept.map(|(_, path)| path.display().to_string().replace('\\', "/"));
    assert_eq!(named, real.iter().map(String::as_str).collect());
}

#[test]
fn what_a_policy_has_to_say_has_a_section_each() {
    let policy = policy();
    for heading in [
        "What may be collected with your consent",
        "What never is",
        "Where your data goes",
        "The providers and their own policies",
        "Changes",
        "Contact",
    ] {
        assert!(section(&policy, heading).trim().len() > 60, "{heading} says nothing");
    }
    let providers = section(&policy, "The providers and their own policies");
    for entry in BUILTIN {
        let link = entry.privacy.map_or(entry.name.to_owned(), |link| format!("[{}]({link})", entry.name));
        assert!(providers.contains(&link), "{link}");
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
