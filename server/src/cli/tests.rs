//! The commands for keys, with a keyring in memory.

use super::*;
use crate::keys::tests::{folders, keyring_alone, keyring_in_memory};
use clap::CommandFactory;

/// Runs `aside WORDS` with `input` piped in: what it says, or the problem after `error: `.
async fn said(words: &[&str], input: &str) -> String {
    keyring_in_memory();
    let arguments = Arguments::try_parse_from([&["aside"], words].concat()).unwrap();
    let mut out = Vec::new();
    let mut piped = input.as_bytes();
    let mut terminal = Terminal { out: &mut out, piped: Some(&mut piped) };
    match run(arguments.command.unwrap(), folders, &mut terminal).await {
        Ok(()) => String::from_utf8(out).unwrap(),
        Err(problem) => format!("error: {problem}"),
    }
}

#[test]
fn every_way_to_start_the_server_is_taken() {
    Arguments::command().debug_assert();
    let parse = |words: &[&str]| Arguments::try_parse_from(words).unwrap().command;
    assert_eq!(parse(&["aside"]), None);
    assert_eq!(parse(&["aside", "--stdio"]), None);
    assert_eq!(parse(&["aside", "serve"]), Some(Command::Serve));
    assert_eq!(parse(&["aside", "serve", "--stdio"]), Some(Command::Serve));
    assert!(Arguments::try_parse_from(["aside", "--tcp"]).is_err());
}

#[test]
fn a_key_is_no_argument() {
    assert!(Arguments::try_parse_from(["aside", "key", "set", "openai", "sk-canary"]).is_err());
}

#[tokio::test]
async fn a_key_is_saved_from_a_pipe_listed_unseen_and_removed() {
    let _alone = keyring_alone().await;
    let saved = said(&["key", "set", "openai"], "sk-canary\n").await;
    assert_eq!(
        saved,
        "Saved the key of openai in the keyring. It is sent to https://api.openai.com and nowhere else.\n"
    );
    let listed = said(&["key", "list"], "").await;
    assert!(
        listed.contains("openai       for https://api.openai.com\n") && !listed.contains("canary"),
        "{listed}"
    );
    let read = keyring::read("openai").unwrap().unwrap();
    assert_eq!(read.expose_for(read.origin()).unwrap(), "sk-canary");
    assert_eq!(said(&["key", "remove", "openai"], "").await, "Removed the key of openai from the keyring.\n");
    let again = said(&["key", "remove", "openai"], "").await;
    assert_eq!(again, "error: The keyring holds no key of `openai`. `aside key list` says which it holds.");
}

#[tokio::test]
async fn a_key_that_is_saved_where_nobody_looks_says_so() {
    keyring_in_memory();
    fn with_a_key_file(name: &str) -> Option<String> {
        let folder = std::env::temp_dir().join("aside-unit-tests-with-a-key-file");
        name.ends_with("_DIR").then(|| folder.display().to_string())
    }
    let file = PathBuf::from(with_a_key_file("ASIDE_CONFIG_DIR").unwrap()).join("settings.json");
    crate::paths::write_private(&file, br#"{"keys": {"file": "/my/keys", "identityFile": "/my/identity"}}"#)
        .unwrap();
    let command = Arguments::try_parse_from([
        "aside",
        "key",
        "set",
        "filed-cli",
        "--base-url",
        "https://filed.example",
    ])
    .unwrap()
    .command
    .unwrap();
    let (mut out, mut piped) = (Vec::new(), &b"sk-canary"[..]);
    run(command, with_a_key_file, &mut Terminal { out: &mut out, piped: Some(&mut piped) }).await.unwrap();
    let said = String::from_utf8(out).unwrap();
    assert!(said.contains("name a file of keys, /my/keys, and with that the keyring is not asked"), "{said}");
}

#[tokio::test]
async fn a_provider_of_ones_own_needs_its_address() {
    let said_without = said(&["key", "set", "acme-cli"], "sk-1").await;
    assert!(said_without.contains("`aside key set acme-cli --base-url https://…`"), "{said_without}");
    let bad = said(&["key", "set", "acme-cli", "--base-url", "acme.example"], "sk-1").await;
    assert!(bad.starts_with("error: The address can't be used"), "{bad}");
    for with_user in
        ["http://u:pass@acme.example/v1", "http://u@acme.example/v1", "http://:pass@acme.example/v1"]
    {
        let bad = said(&["key", "set", "acme-cli", "--base-url", with_user], "sk-1").await;
        assert!(bad.starts_with("error: The address can't be used") && !bad.contains("pass@"), "{bad}");
    }
    let saved = said(&["key", "set", "acme-cli", "--base-url", "http://acme.example/v1"], "sk-1").await;
    assert!(
        saved.contains("sent to http://acme.example and nowhere else") && saved.contains("keyOverHttp"),
        "{saved}"
    );
}

#[tokio::test]
async fn what_is_no_key_is_not_saved() {
    let _alone = keyring_alone().await;
    for bad in ["", "\n", "two words", "two\nlines"] {
        let said = said(&["key", "set", "groq"], bad).await;
        assert!(said.starts_with("error: The key can't be used"), "{said}");
    }
    assert!(keyring::read("groq").unwrap().is_none());
    assert!(said(&["key", "set", "demo"], "sk-1").await.contains("takes no key"));
    for id in ["", "two words", "a/b", "a\tb"] {
        let said = said(&["key", "set", id, "--base-url", "https://a.example"], "sk-1").await;
        assert!(said.contains("can't be a provider's id"), "{said}");
    }
}

#[tokio::test]
async fn a_keyring_that_fails_names_the_other_two_ways() {
    let _alone = keyring_alone().await;
    let entry = keyring_core::Entry::new("aside", "xai").unwrap();
    let mock: &keyring_core::mock::Cred = entry.as_any().downcast_ref().unwrap();
    mock.set_error(keyring_core::Error::NoStorageAccess("no collection".into()));
    let said = said(&["key", "set", "xai"], "sk-canary").await;
    assert_eq!(
        said,
        "error: The keyring is locked, or not set up yet (no collection). Save it in an encrypted file with \
         `aside key set xai --file FILE`, or set `providers.xai.keyCommand` to a command that prints the key, or put \
         the key into the environment variable XAI_API_KEY."
    );
}

#[tokio::test]
async fn a_provider_may_have_several_keys_by_name() {
    let _alone = keyring_alone().await;
    let saved = said(&["key", "set", "mistral", "--name", "work"], "sk-work").await;
    assert!(
        saved.contains("the key of mistral/work in the keyring") && saved.contains("keyName` is \"work\""),
        "{saved}"
    );
    assert!(keyring::read("mistral").unwrap().is_none());
    let listed = said(&["key", "list"], "").await;
    assert!(listed.contains("mistral/work for https://api.mistral.ai\n"), "{listed}");
    let removed = said(&["key", "remove", "mistral", "--name", "work"], "").await;
    assert_eq!(removed, "Removed the key of mistral/work from the keyring.\n");
    assert!(Arguments::try_parse_from(["aside", "key", "set", "mistral", "--name", "a/b"]).is_err());
}

#[tokio::test]
async fn a_key_file_takes_the_keyrings_place_where_the_user_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (keys, identity) = (path("keys"), path("identity"));
    let in_file = ["--file", &keys, "--identity", &identity];
    let key = |words: &[&str]| {
        [&["key"], words, &in_file].concat().iter().map(|w| (*w).to_owned()).collect::<Vec<_>>()
    };
    let run = async |words: &[&str], input: &str| {
        let words = key(words);
        said(&words.iter().map(String::as_str).collect::<Vec<_>>(), input).await
    };
    let saved = run(&["set", "openai"], "sk-canary").await;
    assert!(saved.starts_with("Made the identity file") && saved.contains("\"identityFile\""), "{saved}");
    run(&["set", "openai", "--name", "work"], "sk-canary-2").await;
    assert_eq!(
        run(&["list"], "").await,
        "openai       for https://api.openai.com\nopenai/work  for https://api.openai.com\n"
    );
    for file in [&keys, &identity] {
        assert!(!String::from_utf8_lossy(&std::fs::read(file).unwrap()).contains("canary"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    assert!(
        run(&["remove", "openai", "--name", "work"], "").await.starts_with("Removed the key of openai/work")
    );
    assert_eq!(run(&["list"], "").await, "openai       for https://api.openai.com\n");
    // What would lock itself up is not begun.
    let both = path("both");
    let said_both = said(&["key", "set", "groq", "--file", &both, "--identity", &both], "sk-canary").await;
    assert!(said_both.contains("can't be one file") && !folder.path().join("both").exists(), "{said_both}");
    // A link stays one.
    #[cfg(unix)]
    {
        let link = path("link");
        std::os::unix::fs::symlink(&keys, &link).unwrap();
        let linked = ["--file", &link, "--identity", &identity];
        said(&[&["key", "set", "mistral"], &linked[..]].concat(), "sk-canary-3").await;
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(run(&["list"], "").await.contains("mistral"));
    }
    std::fs::remove_file(&identity).unwrap();
    let lost = run(&["list"], "").await;
    assert!(lost.starts_with("error: The identity file") && lost.contains("No such file"), "{lost}");
    let words = said(&["key", "set", "groq", "--file", &path("other")], "sk-canary").await;
    assert!(words.contains("A passphrase is typed in a terminal"), "{words}");
    // Where the settings name what prints the passphrase, nobody has to type it.
    #[cfg(unix)]
    {
        let other = path("other");
        let command = ["--file", &other, "--passphrase-command", "sh", "-c", "echo a passphrase"];
        let saved = said(&[&["key", "set", "groq"], &command[..]].concat(), "sk-canary").await;
        assert!(saved.contains("\"passphraseCommand\":[\"sh\",\"-c\",\"echo a passphrase\"]"), "{saved}");
        let removed = said(&[&["key", "remove", "groq"], &command[..]].concat(), "").await;
        assert!(removed.starts_with("Removed the key of groq"), "{removed}");
    }
}

#[test]
fn a_key_file_may_be_named_from_the_home_as_in_the_settings() {
    let words = ["aside", "key", "set", "groq", "--file=~/keys", "--identity=~/identity"];
    let parsed = format!("{:?}", Arguments::try_parse_from(words).unwrap());
    let home = directories::BaseDirs::new().unwrap();
    assert!(parsed.contains(&format!("{:?}", home.home_dir().join("keys"))), "{parsed}");
}
