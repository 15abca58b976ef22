//! What a user reads when a model call fails, and what is tried again.

use crate::support::question;
use aside::protocol::{ChatSend, TurnEvent, method};
use aside_core::problem::ProblemKind;
use aside_tests::{FakeModel, TestEditor};
use serde_json::json;

const NOW: &[(&str, &str)] = &[("retry-after", "0")];

struct Case {
    status: u16,
    code: &'static str,
    message: &'static str,
    kind: ProblemKind,
    /// How often it is asked.
    requests: usize,
}

#[test]
fn every_error_is_named_by_what_the_user_can_do() {
    use ProblemKind::{KeyRefused, Overloaded, PromptTooLong, Provider, RateLimited, UnknownModel};
    let case = |status, code, message, kind, requests| Case { status, code, message, kind, requests };
    let cases = [
        case(401, "invalid_api_key", "Incorrect API key provided", KeyRefused, 1),
        case(403, "permission_denied", "You are not allowed to sample from this model", KeyRefused, 1),
        case(404, "model_not_found", "The model `test` does not exist", UnknownModel, 1),
        case(400, "context_length_exceeded", "maximum context length is 8192 tokens", PromptTooLong, 1),
        case(400, "invalid_request_error", "Unsupported parameter: 'seed'", Provider, 1),
        case(429, "rate_limit_exceeded", "Rate limit reached for requests", RateLimited, 3),
        case(503, "overloaded", "The server is overloaded", Overloaded, 3),
        case(529, "overloaded_error", "Overloaded", Overloaded, 3),
        case(500, "server_error", "An internal error occurred", Provider, 3),
    ];
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    for (n, case) in cases.iter().enumerate() {
        let chat = n.to_string();
        editor.send(&chat, "1", "hello");
        for _ in 0..case.requests {
            model.next().openai_error(case.status, case.code, case.message, NOW);
        }
        let turn = editor.turn(&chat, "1");
        let problem = turn.problem();
        assert_eq!(problem.kind, case.kind, "{} {}: {problem:?}", case.status, case.code);
        assert_eq!(turn.waits.len(), case.requests - 1, "{} {}", case.status, case.code);
        let detail = problem.detail.as_deref().unwrap_or_default();
        assert!(detail.contains(case.message), "the provider's own words: {problem:?}");
        assert!(!problem.next.is_empty() && problem.next.ends_with('.'), "{problem:?}");
        model.expect_no_request();
    }
}

#[test]
fn what_went_wrong_is_in_the_editors_log_without_a_word_of_the_text() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "a canary?");
    model.next().openai_error(429, "rate_limit_exceeded", "no canary now", NOW);
    model.next().openai_error(400, "invalid_request_error", "a canary is no parameter", NOW);
    let refused = editor.turn("c", "1").problem().title.clone();
    let lines = editor.log_with(&refused);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("fake/test: ") && lines[0].contains("; it is asked again in "), "{lines:?}");
    assert_eq!(lines[1], format!("fake/test: {refused}"));
    assert!(!lines.concat().contains("canary"), "{lines:?}");
}

#[test]
fn a_retry_that_succeeds_is_an_ordinary_answer() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "hello");
    model.next().openai_error(429, "rate_limit_exceeded", "slow down", NOW);
    model.next().openai_answer("hi");
    let turn = editor.turn("c", "1");
    assert_eq!((turn.text.as_str(), turn.end), ("hi", Some(TurnEvent::Done { cut: false })));
    assert_eq!(turn.waits.len(), 1);
    assert_eq!(turn.waits[0].kind, ProblemKind::RateLimited);
}

#[test]
fn a_wait_longer_than_a_person_takes_is_the_users_to_decide() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "hello");
    model.next().openai_error(429, "rate_limit_exceeded", "slow down", &[("retry-after", "7200")]);
    let turn = editor.turn("c", "1");
    assert_eq!(turn.problem().retry_after, Some(7200));
    assert!(turn.problem().next.contains("2 hours"), "{:?}", turn.problem());
}

#[test]
fn stopping_ends_a_wait_before_a_retry() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "hello");
    model.next().openai_error(503, "overloaded", "busy", &[("retry-after", "50")]);
    let turn = editor.turn_until("c", "1", Default::default(), |turn| turn.waits.len() == 1);
    editor.cancel_turn("c", "1");
    let turn = editor.turn_until("c", "1", turn, |turn| turn.end.is_some());
    assert_eq!(turn.end, Some(TurnEvent::Cancelled));
}

#[test]
fn a_stream_that_ends_early_keeps_what_came_and_is_not_asked_again() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    for (n, reset) in [false, true].into_iter().enumerate() {
        let turn = n.to_string();
        editor.send("c", &turn, "hello");
        let mut exchange = model.next();
        exchange.openai_text("half an ans");
        let seen = editor.turn_until("c", &turn, Default::default(), |turn| turn.text == "half an ans");
        if reset {
            exchange.reset();
        } else {
            exchange.cut();
        }
        let seen = editor.turn_until("c", &turn, seen, |turn| turn.end.is_some());
        let kind = seen.problem().kind;
        assert!(matches!(kind, ProblemKind::StreamEndedEarly | ProblemKind::Network), "{seen:?}");
        model.expect_no_request();
        let transcript: aside::protocol::ChatTranscript = editor.ask(method::CHAT_OPEN, json!({"chat": "c"}));
        assert_eq!(transcript.messages.last().unwrap().text, "half an ans");
    }
}

#[test]
fn a_stream_that_goes_silent_ends_with_a_problem() {
    let model = FakeModel::start();
    let setup = model.setup().with_settings(&json!({"network": {"idleTimeoutSeconds": 1}}));
    let mut editor = TestEditor::start(&setup);
    editor.send("c", "1", "hello");
    let mut exchange = model.next();
    exchange.openai_text("one");
    let turn = editor.turn("c", "1");
    assert_eq!((turn.text.as_str(), turn.problem().kind), ("one", ProblemKind::Network));
    exchange.client_closed();
}

#[test]
fn an_error_inside_a_stream_is_the_providers_and_keeps_what_came() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "hello");
    let mut exchange = model.next();
    exchange.openai_text("one");
    exchange.piece(b"data: {\"error\": {\"message\": \"the model crashed\", \"code\": 500}}\n\n");
    exchange.finish();
    let turn = editor.turn("c", "1");
    assert_eq!(turn.text, "one");
    assert!(turn.problem().to_string().contains("the model crashed"), "{:?}", turn.problem());
}

#[test]
fn a_web_page_instead_of_an_answer_is_a_problem_of_the_network() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "hello");
    let page = "<!doctype html><html><head><title>Welcome to the Hotel</title></head></html>";
    model.next().answer(200, &[("content-type", "text/html")], page);
    let turn = editor.turn("c", "1");
    assert_eq!(turn.problem().kind, ProblemKind::Network);
    assert!(turn.problem().to_string().contains("Welcome to the Hotel"), "{:?}", turn.problem());
}

#[test]
fn a_model_that_is_not_configured_is_a_problem_at_once() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    for (name, kind) in [("nobody/test", ProblemKind::Setting), ("noslash", ProblemKind::UnknownModel)] {
        let send = ChatSend { model: Some(name.into()), ..question("hello", vec![]) };
        crate::support::refused(&mut editor, method::CHAT_SEND, send, kind);
    }
}

#[test]
fn a_key_that_is_missing_is_a_problem_that_names_how_to_save_one() {
    let model = FakeModel::start();
    let mut settings = model.settings();
    settings["providers"]["fake"]["keyOptional"] = json!(false);
    let setup = aside_tests::Setup { settings, ..Default::default() };
    let mut editor = TestEditor::start(&setup);
    editor.send("c", "1", "hello");
    let turn = editor.turn("c", "1");
    let problem = turn.problem();
    assert!(matches!(problem.kind, ProblemKind::NoKey | ProblemKind::Keyring), "{problem:?}");
    assert!(problem.next.contains("aside key set fake"), "{problem:?}");
    assert_eq!(model.connections(), 0);
}

#[test]
fn the_status_shows_who_is_asked_and_the_last_problem() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "hello");
    let exchange = model.next();
    editor.wait_for_status(|status| status.busy == 1 && status.chat == "fake/test");
    exchange.openai_error(401, "invalid_api_key", "no", &[]);
    editor.turn("c", "1");
    editor.wait_for_status(|status| status.busy == 0 && status.problem.is_some());
    editor.send("c", "2", "hello");
    model.next().openai_answer("hi");
    editor.turn("c", "2");
    editor.wait_for_status(|status| status.busy == 0 && status.problem.is_none());
}

#[test]
fn any_editor_opens_what_is_set_up_in_plain_words_and_nothing_is_connected_to() {
    let model = FakeModel::start();
    let mut editor =
        TestEditor::start(&model.setup().without_extension().with_settings(&json!({"colour": 1})));
    let told: serde_json::Value = editor.next("window/showMessage");
    assert!(told["message"].as_str().unwrap().contains("colour"), "{told}");
    editor.request("workspace/executeCommand", json!({"command": "aside.doctor", "arguments": []}));
    let shown: serde_json::Value = editor.next("window/showDocument");
    let path = shown["uri"].as_str().unwrap().trim_start_matches("file://").to_owned();
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains("chat         fake/test") && text.contains("asked without a key"), "{text}");
    assert!(text.contains("Setting colour: there is no such setting."), "{text}");
    assert_eq!(model.connections(), 0);
}
