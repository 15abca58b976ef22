//! Text that follows from the code: the custom messages, the settings table, the settings' schema.
//!
//! Each test rewrites its file where it is out of date, and fails once.

mod protocol;

use aside_core::config::{BUILTIN, Builtin};
use std::path::{Path, PathBuf};

#[test]
fn protocol_md_follows_the_messages() {
    check("server/PROTOCOL.md", |_| protocol::page());
}

#[test]
fn the_schema_of_the_settings_follows_them() {
    let schema = aside_core::config::schema();
    check("editors/settings.schema.json", |_| format!("{schema:#}\n"));
}

#[test]
fn the_settings_table_of_the_readme_follows_the_settings() {
    check("README.md", |old| between(old, "settings", &aside_core::config::table()));
}

#[test]
fn the_lists_of_the_policy_follow_the_events_and_the_catalogue() {
    check("PRIVACY.md", |old| {
        let old = between(old, "telemetry", &aside_core::usage::table());
        between(&old, "policies", &policies())
    });
}

/// The providers that are built in, each with the link to its privacy policy.
fn policies() -> String {
    let with: Vec<String> =
        BUILTIN.iter().filter_map(|entry| Some(format!("[{}]({})", entry.name, entry.privacy?))).collect();
    let without = |is_here: bool| -> String {
        let silent = BUILTIN.iter().filter(|entry| entry.privacy.is_none());
        // One of this machine wants no key; where each user has an address of their own, whoever runs it has the policy.
        let is_yours = |entry: &Builtin| entry.key_env.is_none() || entry.example.is_some();
        let names = silent.filter(|entry| is_yours(entry) == is_here).map(|entry| entry.name);
        names.collect::<Vec<_>>().join(", ")
    };
    format!(
        "{}.\n\nNo policy is known to us of: {}. On this machine, or where you say: {}.\n",
        with.join(",\n"),
        without(false),
        without(true)
    )
}

#[test]
fn every_settings_example_of_the_readme_is_taken_as_it_stands() {
    let text = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    let examples: Vec<&str> =
        text.split("```json\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect();
    assert!(examples.len() >= 3, "{examples:?}");
    for example in examples {
        let value = serde_json::from_str(example).unwrap_or_else(|error| panic!("{error}: {example}"));
        let (_, problems) = aside_core::config::Settings::resolve(value);
        assert!(problems.is_empty(), "{problems:?}: {example}");
    }
}

#[test]
fn the_list_of_providers_follows_the_catalogue() {
    check("server/PROVIDERS.md", |_| {
        format!("{PROVIDERS}{}\n{}", aside_core::config::NOT_HERE, aside_core::config::catalogue())
    });
}

#[test]
fn the_page_about_masking_follows_the_rules_and_the_measure() {
    check("server/SECRETS.md", |_| crate::secrets::page());
}

const PROVIDERS: &str = "# Providers that Aside knows

Generated from `server/core/providers.toml`; nothing is fetched to know it. Choose a model of one with
`\"model\": \"PROVIDER/MODEL\"`, save its key with `aside key set PROVIDER`, see its models with `aside models PROVIDER`.
A setting under `providers.PROVIDER` changes an entry, and a provider that isn't here is four lines of settings.
Where no privacy policy is linked, none is known to us: look for it at the vendor's before you send anything.

";

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the repository").to_owned()
}

#[track_caller]
fn check(path: &str, generate: impl FnOnce(&str) -> String) {
    let file = root().join(path);
    let old = std::fs::read_to_string(&file).unwrap_or_default();
    let new = generate(&old);
    if old != new {
        std::fs::write(&file, new).expect("the repository can be written");
        panic!("{path} was out of date and has been rewritten: look at it, and commit it");
    }
}

/// The text with what is between `<!-- generated:NAME -->` and `<!-- /generated -->` replaced.
#[track_caller]
fn between(text: &str, name: &str, new: &str) -> String {
    let (start, end) = (format!("<!-- generated:{name} -->\n"), "<!-- /generated -->");
    let parts = text.split_once(&start).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let (before, after) = parts.unwrap_or_else(|| panic!("no {start:?} … {end:?}"));
    format!("{before}{start}{new}{end}{after}")
}
