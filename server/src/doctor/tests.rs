//! What the doctor says, with everything of the machine's replaced.

use super::*;
use crate::keys::tests::keyring_alone;
use std::io::{Read, Write};
use std::net::TcpListener;

/// An environment in which no editor is found.
fn bare(name: &str) -> Option<String> {
    match name {
        "PATH" => Some("/no/such/folder".to_owned()),
        "ASIDE_STATE_DIR" => Some("/proc/no/state".to_owned()),
        "ASIDE_CONFIG_DIR" => Some("/no/config".to_owned()),
        "ASIDE_DATA_DIR" => Some("/no/data".to_owned()),
        "GROQ_API_KEY" => Some("gsk-canary".to_owned()),
        _ => None,
    }
}

async fn said(settings: Option<&str>, yes: bool) -> String {
    let _alone = keyring_alone().await;
    let file = settings.map(|text| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    });
    let path = file.as_ref().map(|file| file.path().to_owned());
    let (mut out, mut piped) = (Vec::new(), std::io::empty());
    let mut terminal = Terminal { out: &mut out, piped: Some(&mut piped) };
    let request = Request { settings: path.clone(), yes };
    let result = run(&request, bare, &mut terminal).await;
    let shown = path.map_or("no file".to_owned(), |path| path.display().to_string());
    let text = String::from_utf8(out).unwrap().replace(&shown, "FILE");
    match result {
        Ok(()) => text.replace(env!("CARGO_PKG_VERSION"), "VERSION"),
        Err(problem) => format!("error: {problem}"),
    }
}

/// Answers one request, and returns its text.
fn answer_once(status: &'static str, body: &'static str) -> (u16, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        let n = stream.read(&mut buffer).unwrap();
        let length = body.len();
        write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
            .unwrap();
        String::from_utf8_lossy(&buffer[..n]).into_owned()
    });
    (port, serving)
}

#[tokio::test]
async fn with_nothing_set_up_it_says_what_there_is() {
    insta::assert_snapshot!(said(None, false).await, @"
    Aside VERSION

    Settings
      the built-in ones: yours are known to your editor alone.
      `aside doctor --settings FILE.json` looks at a copy of them.
      chat         demo/demo
      instruction  demo/demo
      action       demo/demo

    Keyring
      is there and answers.

    Providers
      demo         built in, offline, needs no key
      groq         https://api.groq.com/openai/v1, key from the environment variable GROQ_API_KEY
      64 others have no key; `aside models` lists them.

    This machine
      not looked for: ollama, lmstudio, llamacpp (`--yes` looks)

    Editors
      none that is known was found on the PATH.

    Files
      log          /proc/no/state/logs/aside.log (not made yet)
      data         /no/data (not made yet)
    ");
}

#[tokio::test]
async fn it_says_what_is_wrong_and_asks_before_it_connects() {
    let said = said(
        Some(
            r#"{"aside": {"model": "acme/large", "models": {"chat": "olama/x", "inline": "groq/fast"}, "colour": 1,
                "providers": {"acme": {"baseUrl": "http://10.0.0.9/v1", "keyEnv": "GROQ_API_KEY"}}}}"#,
        ),
        false,
    );
    insta::assert_snapshot!(said.await, @"
    Aside VERSION

    Settings
      from FILE
      ! Setting colour: there is no such setting. Mend it in your settings for Aside; the other settings hold.
      ! Setting models.chat: no provider called `olama` is set up (did you mean `ollama`?). Mend it in your settings for Aside; the other settings hold.
      chat         olama/x
      instruction  groq/fast
      action       acme/large

    Keyring
      is there and answers.

    Providers
      groq         https://api.groq.com/openai/v1, key from the environment variable GROQ_API_KEY
      acme         http://10.0.0.9/v1
      ! The key would go to http://10.0.0.9 in plain http, for anyone on the way to read. Use https in `providers.acme.baseUrl`, or set `providers.acme.keyOverHttp` to true.
      64 others have no key; `aside models` lists them.
      ! No provider called `olama` is set up. Mend the setting `model` (`aside models` lists what is built in), or set yours up under `providers.olama`.

    Connections
      groq         not asked (`--yes` asks)
      acme         not asked, since there is no key

    This machine
      not looked for: ollama, lmstudio, llamacpp (`--yes` looks)

    Editors
      none that is known was found on the PATH.

    Files
      log          /proc/no/state/logs/aside.log (not made yet)
      data         /no/data (not made yet)
    ");
}

#[tokio::test]
async fn models_that_may_be_asked_instead_are_looked_at_as_well() {
    let (port, serving) = answer_once("200 OK", r#"{"data":[{"id":"a"}]}"#);
    let settings = format!(
        r#"{{"model": "demo/demo", "fallbacks": {{"models": ["acme/small", "nobody/x", "openai/y"], "on": ["overloaded", "network"]}},
            "providers": {{"acme": {{"baseUrl": "http://127.0.0.1:{port}/v1"}}}}}}"#
    );
    let said = said(Some(&settings), true).await;
    let listed = "  instead      acme/small\n               nobody/x\n               openai/y\n               \
        asked where one above gives no answer because it is overloaded, or it can't be reached\n";
    assert!(said.contains(listed), "{said}");
    assert!(
        said.contains("  ! There is no key for `openai`") || said.contains("openai       https"),
        "{said}"
    );
    assert!(said.contains("  ! No provider called `nobody` is set up."), "{said}");
    assert!(said.contains("  acme         answers, its models: 1; `small` is not among them\n"), "{said}");
    assert!(said.contains("  openai       not asked, since there is no key\n"), "{said}");
    serving.join().unwrap();
}

#[tokio::test]
async fn what_can_not_be_read_of_the_network_is_named() {
    let said = said(Some(r#"{"network": {"proxy": "ftp://p.example"}}"#), false).await;
    assert!(
        said.contains("  ! the setting `network.proxy` can't be read: nothing but this machine"),
        "{said}"
    );
    assert!(!said.contains("network.offline"), "{said}");
}

#[tokio::test]
async fn it_asks_the_provider_for_its_models() {
    let (port, serving) = answer_once("200 OK", r#"{"data":[{"id":"a"},{"id":"large"}]}"#);
    let settings = format!(
        r#"{{"model": "acme/large", "providers": {{"acme": {{"baseUrl": "http://127.0.0.1:{port}/v1"}}}}}}"#
    );
    let said = said(Some(&settings), true).await;
    assert!(said.contains("  acme         answers, its models: 2; `large` is among them\n"), "{said}");
    assert!(serving.join().unwrap().starts_with("GET /v1/models HTTP/1.1\r\n"));
}

#[tokio::test]
async fn it_says_what_the_provider_answers_to_a_wrong_key() {
    let (port, serving) = answer_once("401 No", r#"{"error":{"message":"bad key"}}"#);
    let settings = format!(
        r#"{{"model": "acme/large",
            "providers": {{"acme": {{"baseUrl": "http://127.0.0.1:{port}/v1", "keyEnv": "GROQ_API_KEY"}}}}}}"#
    );
    let said = said(Some(&settings), true).await;
    assert!(said.contains("! The key was refused by acme (bad key)."), "{said}");
    assert!(!said.contains("canary"), "{said}");
    assert!(serving.join().unwrap().contains("authorization: Bearer gsk-canary\r\n"));
}

#[tokio::test]
async fn a_key_that_may_not_list_the_models_is_told_as_one_that_may_do() {
    let (port, serving) =
        answer_once("403 No", r#"{"error":{"message":"Missing scopes: api.\u202emodel.read"}}"#);
    let settings = format!(
        r#"{{"model": "acme/large",
            "providers": {{"acme": {{"baseUrl": "http://127.0.0.1:{port}/v1", "keyEnv": "GROQ_API_KEY"}}}}}}"#
    );
    let said = said(Some(&settings), true).await;
    let line = "  acme         answers and knows the key, which may not list the models (Missing scopes: api.model.read)\n";
    assert!(said.contains(line) && !said.contains("refused"), "{said}");
    serving.join().unwrap();
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_said() {
    let said = said(Some("{"), false).await;
    assert!(said.starts_with("error: Could not read the settings in ") && said.contains(" (EOF"), "{said}");
}

#[tokio::test]
async fn what_is_wrong_with_the_key_file_is_said_once_and_for_what_is_used() {
    let settings = r#"{"model": "openai/x", "models": {"chat": "groq/x"}, "keys": {"file": "/no/keys"}}"#;
    let said = said(Some(settings), false).await;
    assert!(said.contains("not asked: your settings name a file of keys, /no/keys."), "{said}");
    let providers = said.split("Providers\n").nth(1).unwrap().split("\n\n").next().unwrap();
    assert_eq!(providers.matches("ould not read the key file").count(), 1, "{providers}");
    let ids: Vec<_> = providers.lines().filter(|line| line.contains("https://")).collect();
    assert_eq!(ids.len(), 2, "{providers}");
    assert!(!providers.contains("others have no key"), "{providers}");
}

#[tokio::test]
async fn a_server_without_a_list_of_models_answers_all_the_same() {
    let (port, serving) = answer_once("404 No", "<html>");
    let settings = format!(
        r#"{{"model": "acme/large", "providers": {{"acme": {{"baseUrl": "http://127.0.0.1:{port}"}}}}}}"#
    );
    let said = said(Some(&settings), true).await;
    let expected = format!(
        "  acme         answers, but has no list of models at http://127.0.0.1:{port}\n    \
         If questions fail as well, correct `providers.acme.baseUrl`: most end in `/v1`.\n"
    );
    assert!(said.contains(&expected), "{said}");
    serving.join().unwrap();
}

#[tokio::test]
async fn it_finds_the_providers_of_this_machine_without_a_key() {
    let (port, serving) = answer_once("200 OK", r#"{"models":[{"name":"qwen3:8b"}]}"#);
    // Where nobody listens.
    let nobody = "http://127.0.0.1:9";
    let settings = format!(
        r#"{{"providers": {{"ollama": {{"baseUrl": "http://127.0.0.1:{port}", "keyEnv": "GROQ_API_KEY"}},
            "lmstudio": {{"baseUrl": "{nobody}"}}, "llamacpp": {{"baseUrl": "{nobody}"}}}}}}"#
    );
    let said = said(Some(&settings), true).await;
    let line =
        format!("  ollama       http://127.0.0.1:{port}, its models: 1, for instance `ollama/qwen3:8b`\n");
    assert!(said.contains(&line) && !said.contains("lmstudio     http://127.0.0.1:9, its models"), "{said}");
    assert!(!serving.join().unwrap().contains("gsk-canary"));
}

#[tokio::test]
async fn takes_vs_codes_settings_as_they_are_and_shows_no_half_of_a_model() {
    let text =
        said(Some("{\n // mine\n \"editor.fontSize\": 12, \"aside.model\": \"groq/llama\",\n}"), false).await;
    assert!(text.contains("chat         groq/llama") && !text.contains('!'), "{text}");
    let text = said(Some("\"a text\""), false).await;
    assert!(text.contains("chat         none that can be used"), "{text}");
}
