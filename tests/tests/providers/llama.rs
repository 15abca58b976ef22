//! llama.cpp's server, in the three formats that it speaks.

use crate::server::{Server, installed, wait_until};
use crate::tiny_model::{ANSWER, Then, gguf};
use crate::{KEY, editor};
use aside::protocol::{ModelsParams, ModelsResult, TurnEvent, method};
use aside_core::problem::ProblemKind;
use aside_tests::TestEditor;
use aside_tests::editor::Turn;
use serde_json::{Value, json};
use std::process::Command;

struct Llama {
    server: Server,
    _folder: tempfile::TempDir,
}

fn llama(then: Then) -> Llama {
    let program = installed("ASIDE_TEST_LLAMA");
    let context = match then {
        Then::End => "2048",
        // Takes minutes to be filled.
        Then::Again => "200000",
    };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let model = folder.path().join("tiny.gguf");
    std::fs::write(&model, gguf(then)).expect("the model is written");
    let server = Server::start(KEY, "/health", |port| {
        let mut command = Command::new(&program);
        command.args(["--host", "127.0.0.1", "--port", &port.to_string(), "--api-key", KEY]);
        command
            .args(["--ctx-size", context, "--parallel", "2", "--slots", "--threads", "1", "--alias", "tiny"])
            .arg("--model")
            .arg(model);
        command
    });
    Llama { server, _folder: folder }
}

const FORMATS: [(&str, &str); 3] =
    [("openai-chat", "/v1"), ("openai-responses", "/v1"), ("anthropic-messages", "")];

fn asking(llama: &Llama, (format, path): (&str, &str), more: &Value) -> TestEditor {
    editor(format, &format!("{}{path}", llama.server.origin()), "tiny", more)
}

#[test]
fn an_answer_streams_in_and_its_tokens_are_the_server_s() {
    let llama = llama(Then::End);
    for spoken in FORMATS {
        let mut editor = asking(&llama, spoken, &json!({}));
        editor.send("c", "1", "Say something.");
        let turn = editor.turn("c", "1");
        assert_eq!(
            (turn.text.trim(), turn.end),
            (ANSWER, Some(TurnEvent::Done { cut: false })),
            "{spoken:?}"
        );
        let usage = turn.usage.unwrap_or_else(|| panic!("no usage in {spoken:?}"));
        assert!(usage.input > 10 && (15..=17).contains(&usage.output), "{spoken:?}: {usage:?}");
    }
}

#[test]
fn the_limit_that_the_user_set_cuts_the_answer() {
    let llama = llama(Then::End);
    for spoken in FORMATS {
        let mut editor = asking(&llama, spoken, &json!({"maxOutputTokens": 3}));
        editor.send("c", "1", "Say something.");
        let turn = editor.turn("c", "1");
        assert_eq!(turn.text.trim(), "A tiny model", "{spoken:?}");
        // In the responses format this server says that a cut answer is complete.
        let cut = spoken.0 != "openai-responses";
        assert_eq!(turn.end, Some(TurnEvent::Done { cut }), "{spoken:?}");
    }
}

#[test]
fn cancelling_ends_the_work_on_the_server() {
    let llama = llama(Then::Again);
    let busy =
        || llama.server.get("/slots").as_array().unwrap().iter().any(|slot| slot["is_processing"] == true);
    for spoken in FORMATS {
        let mut editor = asking(&llama, spoken, &json!({"maxOutputTokens": 190_000}));
        editor.send("c", "1", "Say something.");
        let begun = editor.turn_until("c", "1", Turn::default(), |turn| turn.text.contains(ANSWER));
        assert!(begun.end.is_none() && busy(), "{spoken:?}");
        editor.cancel_turn("c", "1");
        wait_until("no slot is busy", || !busy());
        let ended = editor.turn_until("c", "1", begun, |turn| turn.end.is_some());
        assert_eq!(ended.end, Some(TurnEvent::Cancelled), "{spoken:?}");
    }
}

#[test]
fn its_errors_are_named_by_what_the_user_can_do() {
    let llama = llama(Then::End);
    for spoken in FORMATS {
        let mut editor = asking(&llama, spoken, &json!({}));
        editor.send("c", "1", &"many words ".repeat(4_000));
        let turn = editor.turn("c", "1");
        assert_eq!(turn.problem().kind, ProblemKind::PromptTooLong, "{spoken:?}: {:?}", turn.problem());

        let mut editor =
            asking(&llama, spoken, &json!({"headers": {"authorization": "Bearer no", "x-api-key": "no"}}));
        editor.send("c", "1", "Say something.");
        let turn = editor.turn("c", "1");
        assert_eq!(turn.problem().kind, ProblemKind::KeyRefused, "{spoken:?}: {:?}", turn.problem());
    }
}

#[test]
fn it_lists_its_model() {
    let llama = llama(Then::End);
    for spoken in FORMATS {
        let mut editor = asking(&llama, spoken, &json!({}));
        let params = ModelsParams { provider: Some("foreign".to_owned()), ..ModelsParams::default() };
        let listed: ModelsResult = editor.ask(method::MODELS, params);
        let ids: Vec<_> = listed.models.into_iter().map(|model| model.id).collect();
        assert_eq!((ids, listed.problem), (vec!["foreign/tiny".to_owned()], None), "{spoken:?}");
    }
}
