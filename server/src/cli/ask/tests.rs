//! Asking a provider, with a keyring in memory and a scripted server.

use super::*;
use crate::cli::{Command, KeyCommand, run};
use crate::keys::tests::keyring_alone;
use std::io::{Read, Write};
use std::net::TcpListener;

/// Runs a command on a provider `fake`, whose server gives one answer to those who show the key, and one to others.
async fn said(
    command: impl FnOnce(String, Option<std::path::PathBuf>) -> Command,
    with_key: &'static str,
    others: &'static str,
) -> String {
    let _alone = keyring_alone().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut buffer = [0; 4096];
            let n = stream.read(&mut buffer).unwrap();
            let keyed = String::from_utf8_lossy(&buffer[..n]).contains("Bearer good-key");
            let (status, body) = (if keyed { with_key } else { others }).split_once(' ').unwrap();
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, r#"{{"providers":{{"fake":{{"baseUrl":"http://{address}","keyEnv":"FAKE_KEY"}}}}}}"#)
        .unwrap();
    let (mut out, mut piped) = (Vec::new(), std::io::empty());
    let mut terminal = Terminal { out: &mut out, piped: Some(&mut piped) };
    let environment = |name: &str| match name {
        "FAKE_KEY" => Some("good-key".to_owned()),
        // No ledger is written in the user's own home.
        folder if folder.ends_with("_DIR") => Some("/proc/no/home".to_owned()),
        _ => None,
    };
    let result =
        run(command("fake".to_owned(), Some(file.path().to_owned())), environment, &mut terminal).await;
    let text = String::from_utf8(out).unwrap();
    let text = match result {
        Ok(()) => text,
        Err(problem) => format!("{text}error: {problem}"),
    };
    text.replace(&address.to_string(), "ADDRESS")
}

fn check(model: Option<&'static str>) -> impl FnOnce(String, Option<std::path::PathBuf>) -> Command {
    move |provider, settings| {
        let model = model.map(str::to_owned);
        Command::Key(KeyCommand::Check { provider, model, settings, place: KeyPlace::default() })
    }
}

#[tokio::test]
async fn a_key_that_may_not_list_the_models_is_not_told_as_refused() {
    const SCOPES: &str = r#"403 {"error":{"message":"Missing scopes: api.model.read."}}"#;
    let said = said(check(None), SCOPES, "401 {}").await;
    assert!(
        said.contains("fake knows it, but not for a list of its models (Missing scopes: api.model.read.). `aside key check fake --model"),
        "{said}"
    );
}

#[tokio::test]
async fn models_that_the_key_may_not_list_are_told_so() {
    const SCOPES: &str = r#"403 {"error":{"message":"Missing scopes: api.model.read."}}"#;
    let models = |provider, settings| Command::Models { provider: Some(provider), settings };
    let said = said(models, SCOPES, "401 {}").await;
    assert!(
        said.contains("error: Fake knows the key, which may not list the models (Missing scopes: api.model.read). Questions may"),
        "{said}"
    );
}

#[tokio::test]
async fn an_empty_list_of_models_is_said() {
    let models = |provider, settings| Command::Models { provider: Some(provider), settings };
    let said = said(models, r#"200 {"data":[]}"#, "401 {}").await;
    assert!(said.contains("error: Fake lists no model. Load one there, or name"), "{said}");
}

const LIST: &str = r#"200 {"data":[{"id":"a"},{"id":"b"}]}"#;
const REFUSED: &str = r#"401 {"error":{"message":"Incorrect API key"}}"#;

#[tokio::test]
async fn lists_a_providers_models_by_the_names_that_settings_take() {
    let models = |provider, settings| Command::Models { provider: Some(provider), settings };
    assert_eq!(said(models, LIST, REFUSED).await, "fake/a\nfake/b\n");
    assert_eq!(
        said(models, "404 {}", "404 {}").await,
        "fake has no list of models; its documentation names them.\n"
    );
}

#[tokio::test]
async fn without_a_provider_it_lists_those_it_knows() {
    let text = said(|_, settings| Command::Models { provider: None, settings }, LIST, LIST).await;
    assert_eq!(text.lines().count(), BUILTIN.len());
}

#[tokio::test]
async fn a_list_that_only_the_key_opens_proves_the_key() {
    insta::assert_snapshot!(said(check(None), LIST, REFUSED).await, @"
    Asking http://ADDRESS with the key from the environment variable FAKE_KEY.
    It is taken: the list holds 2 models.
    ");
}

#[tokio::test]
async fn a_list_that_anyone_gets_proves_nothing() {
    insta::assert_snapshot!(said(check(None), LIST, LIST).await, @"
    Asking http://ADDRESS with the key from the environment variable FAKE_KEY.
    It lists 2 models, but to anyone: that says nothing about the key. `aside key check fake --model NAME` asks a model for one word, with the key.
    ");
}

#[tokio::test]
async fn a_refused_key_is_said_in_the_providers_words() {
    insta::assert_snapshot!(said(check(None), REFUSED, REFUSED).await, @"
    Asking http://ADDRESS with the key from the environment variable FAKE_KEY.
    error: The key was refused by fake (Incorrect API key). It came from the environment variable FAKE_KEY: correct that and restart your editor, or save a key with `aside key set fake --base-url http://ADDRESS`.
    ");
}

#[tokio::test]
async fn a_models_answer_proves_the_key() {
    let answer = r#"200 {"choices":[{"message":{"content":" ok\n"},"finish_reason":"stop"}]}"#;
    insta::assert_snapshot!(said(check(Some("a")), answer, REFUSED).await, @r#"
    Asking http://ADDRESS with the key from the environment variable FAKE_KEY.
    It is taken: `a` answered "ok".
    "#);
    let empty = r#"402 {"error":{"message":"Insufficient balance"}}"#;
    insta::assert_snapshot!(said(check(Some("a")), empty, REFUSED).await, @"
    Asking http://ADDRESS with the key from the environment variable FAKE_KEY.
    error: The account at fake has no credit or quota left (Insufficient balance). Check the billing page of fake, or choose another provider with the setting `model`; waiting does not help.
    ");
}
