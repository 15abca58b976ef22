//! What several modules ask of the server.

use aside::protocol::{ChatSend, Mention, Preview, PreviewResult, method};
use aside_core::problem::{Problem, ProblemKind};
use aside_core::prompt::frame;
use aside_tests::TestEditor;
use aside_tests::editor::RpcError;
use proptest::test_runner::Config;
use serde_json::Value;

/// A question with mentions, as the first turn of a chat named `preview`.
pub(crate) fn question(text: &str, mentions: Vec<Mention>) -> ChatSend {
    ChatSend {
        chat: "preview".into(),
        turn: "1".into(),
        text: text.into(),
        mentions,
        about: None,
        missing: Vec::new(),
        again: false,
        allow: vec![],
        model: None,
    }
}

/// What a chat turn about the whole document would send.
#[track_caller]
pub(crate) fn preview_file(editor: &mut TestEditor, uri: &str) -> PreviewResult {
    let mentions = vec![Mention::File { uri: uri.into() }];
    editor.ask(method::PREVIEW, Preview::Turn(question("what is this?", mentions)))
}

/// The document's text as the server has it, out of the very bytes that it would send. In a prompt every line
/// ends with `\n`.
#[track_caller]
pub(crate) fn server_text(editor: &mut TestEditor, uri: &str) -> String {
    let preview = preview_file(editor, uri);
    let body: Value = serde_json::from_str(&preview.body).expect("a body is JSON");
    let messages = body["messages"].as_array().expect("a body has messages");
    let question = messages.last().and_then(|m| m["content"].as_str()).expect("the last message is a text");
    let frame = frame::parse(question);
    frame.sections.first().unwrap_or_else(|| panic!("no document in {question}")).text.clone()
}

/// The text as a prompt has it.
pub(crate) fn as_prompt(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").lines().map(|line| format!("{line}\n")).collect()
}

/// The problem that a request was refused with.
#[track_caller]
pub(crate) fn problem_of(error: &RpcError) -> Problem {
    serde_json::from_value(error.data.clone()).unwrap_or_else(|e| panic!("no problem in {error:?}: {e}"))
}

/// Asks, and expects to be refused for this cause.
#[track_caller]
pub(crate) fn refused(
    editor: &mut TestEditor,
    method: &'static str,
    params: impl serde::Serialize,
    kind: ProblemKind,
) {
    let error = editor.try_request(method, params).expect_err("the request is refused");
    assert_eq!(problem_of(&error).kind, kind, "{error:?}");
}

/// So many random cases, the failing ones of which are not kept in a file: a found failure becomes a test of its own.
pub(crate) fn cases(count: u32) -> Config {
    Config { failure_persistence: None, ..Config::with_cases(count) }
}
