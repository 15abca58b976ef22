//! aimock, in each wire format: streaming, reasoning, usage, stop reasons, errors in the format's own shape, and a
//! cancel that it sees as a closed connection.

use crate::server::{Server, installed, wait_until};
use crate::{KEY, editor};
use aside::protocol::TurnEvent;
use aside_core::problem::ProblemKind;
use aside_tests::TestEditor;
use aside_tests::editor::Turn;
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// A wire format as it is spoken here.
struct Spoken {
    format: &'static str,
    path: &'static str,
    model: &'static str,
    /// Whether aimock sends a fixture's tokens and its stop reason in it.
    tells: bool,
}

fn aimock() -> Server {
    let program = installed("ASIDE_TEST_AIMOCK");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/providers/aimock.json");
    Server::start(KEY, "/health", |port| {
        let mut command = Command::new("node");
        command.arg(program).args([
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
            "--strict",
            "--log-level",
            "silent",
        ]);
        command.arg("-f").arg(fixtures).env("AIMOCK_API_KEYS", KEY);
        command
    })
}

#[track_caller]
fn asked(editor: &mut TestEditor, words: &str) -> Turn {
    editor.send(words, "1", words);
    editor.turn(words, "1")
}

#[track_caller]
fn check(spoken: &Spoken) {
    let server = aimock();
    let more = if spoken.format == "azure-openai" { json!({"apiVersion": "2024-10-21"}) } else { json!({}) };
    let mut editor =
        editor(spoken.format, &format!("{}{}", server.origin(), spoken.path), spoken.model, &more);
    let done = |cut| Some(TurnEvent::Done { cut });

    let hello = asked(&mut editor, "hello");
    assert_eq!(hello.text, "Hello from another's server. It says the same in every format.");
    assert_eq!(hello.end, done(false));
    let usage = hello.usage.map(|usage| (usage.input, usage.output));
    assert_eq!(usage, spoken.tells.then_some((12, 15)));

    let letters = asked(&mut editor, "letters");
    assert_eq!((letters.text.as_str(), letters.end), ("naïve 日本語 👩‍💻 ok", done(false)));

    let thought = asked(&mut editor, "think");
    assert_eq!((thought.text.as_str(), thought.end), ("The answer is 42.", done(false)));
    assert_eq!(thought.reasoning, "Let me think about it.");

    // No tool was offered, so that the call means nothing here: the answer is empty, but no broken one.
    let call = asked(&mut editor, "tool");
    assert_eq!((call.text.as_str(), call.problem().kind), ("", ProblemKind::EmptyAnswer));

    let cut = asked(&mut editor, "cut short");
    assert_eq!((cut.text.as_str(), cut.end), ("cut by the limit", done(spoken.tells)));

    let broken = asked(&mut editor, "broken");
    assert!(
        "This stream breaks off long before it has come".starts_with(&broken.text) && !broken.text.is_empty(),
        "{broken:?}"
    );
    assert_eq!(broken.problem().kind, ProblemKind::StreamEndedEarly, "{:?}", broken.problem());

    for (words, kind) in [
        ("refused", ProblemKind::KeyRefused),
        ("limited", ProblemKind::RateLimited),
        ("too long", ProblemKind::PromptTooLong),
    ] {
        let failed = asked(&mut editor, words);
        assert_eq!(failed.problem().kind, kind, "{:?}", failed.problem());
    }

    editor.send("slow", "1", "slow");
    let begun = editor.turn_until("slow", "1", Turn::default(), |turn| turn.text.contains("One"));
    wait_until("the connections of answers that ended are closed", || server.connections() == 1);
    editor.cancel_turn("slow", "1");
    let ended = editor.turn_until("slow", "1", begun, |turn| turn.end.is_some());
    assert_eq!(ended.end, Some(TurnEvent::Cancelled));
    wait_until("the connection is closed", || server.connections() == 0);
}

#[test]
fn openai_chat_completions() {
    check(&Spoken { format: "openai-chat", path: "/v1", model: "gpt-5", tells: true });
}

#[test]
fn openai_responses() {
    check(&Spoken { format: "openai-responses", path: "/v1", model: "gpt-5", tells: true });
}

#[test]
fn anthropic_messages() {
    let model = "claude-sonnet-4-5";
    check(&Spoken { format: "anthropic-messages", path: "", model, tells: true });
}

#[test]
fn gemini() {
    check(&Spoken { format: "gemini", path: "/v1beta", model: "gemini-2.5-flash", tells: true });
}

#[test]
fn vertex() {
    let path = "/v1/projects/acme/locations/europe-west1";
    check(&Spoken { format: "vertex", path, model: "gemini-2.5-flash", tells: true });
}

#[test]
fn ollama_chat() {
    check(&Spoken { format: "ollama-chat", path: "", model: "qwen3", tells: false });
}

#[test]
fn azure_openai_at_a_dated_address() {
    check(&Spoken { format: "azure-openai", path: "", model: "gpt", tells: true });
}

#[test]
fn bedrock_converse() {
    let model = "anthropic.claude-sonnet-4-20250514-v1:0";
    check(&Spoken { format: "bedrock-converse", path: "", model, tells: true });
}
