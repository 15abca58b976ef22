//! The commands for keys, with a keyring in memory.

use super::*;
use crate::keys::tests::{keyring_alone, keyring_in_memory};
use clap::CommandFactory;

/// Runs `aside WORDS` with `input` piped in: what it says, or the problem after `error: `.
async fn said(words: &[&str], input: &str) -> String {
    keyring_in_memory();
    let arguments = Arguments::try_parse_from([&["aside"], words].concat()).unwrap();
    let mut out = Vec::new();
    let mut piped = input.as_bytes();
    let mut terminal = Terminal { out: &mut out, piped: Some(&mut piped) };
    match run(arguments.command.unwrap(), |_| None, &mut terminal).await {
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
async fn a_provider_of_ones_own_needs_its_address() {
    let said_without = said(&["key", "set", "acme-cli"], "sk-1").await;
    assert!(said_without.contains("`aside key set acme-cli --base-url https://…`"), "{said_without}");
    let bad = said(&["key", "set", "acme-cli", "--base-url", "acme.example"], "sk-1").await;
    assert!(bad.starts_with("error: The address can't be used"), "{bad}");
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
        "error: The keyring is locked, or not set up yet (no collection). Set `providers.xai.keyCommand` to a command \
         that prints the key, or put the key into the environment variable XAI_API_KEY."
    );
}
