//! Settings that change while a question waits: it goes by them as they are when it would be sent.

use aside::protocol::{Mention, method};
use aside_core::problem::{Problem, ProblemKind};
use aside_tests::editor::Turn;
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};

/// Two companies behind a proxy, which is this model; one question is asked at once.
fn settings(proxy: &FakeModel) -> Value {
    let company = |url: &str| json!({"baseUrl": url, "keyOptional": true, "maxConcurrent": 1});
    json!({
        "model": "acme/m",
        "providers": {"acme": company("http://llm.invalid/v1"), "other": company("http://other.invalid/v1")},
        "network": {"proxy": proxy.origin()},
    })
}

fn start(settings: Value) -> TestEditor {
    TestEditor::start(&Setup { settings, ..Setup::default() })
}

/// Changes the settings, and returns once the server has them.
fn set(editor: &mut TestEditor, settings: &Value) {
    editor.set_settings(settings);
    editor.request(method::MODELS, json!({}));
}

/// What the settings are changed to.
type Change = fn(&mut Value);

const CHANGES: [(Change, &str); 4] = [
    (|settings| settings["network"]["offline"] = json!(true), "`network.offline` keeps http://llm.invalid"),
    (
        |settings| settings["providers"]["acme"]["baseUrl"] = json!("http://moved.invalid/v1"),
        "the settings changed while the question waited: those of acme are others",
    ),
    (
        |settings| settings["providers"]["acme"]["keyEnv"] = json!("ANOTHER_KEY"),
        "the settings changed while the question waited: those of acme are others",
    ),
    (|settings| settings["providers"]["acme"] = json!({"baseUrl": 1}), "acme"),
];

#[track_caller]
fn is_told(problem: &Problem, words: &str) {
    assert!(problem.kind == ProblemKind::Setting && problem.title.contains(words), "{problem:?}");
}

#[test]
fn a_question_in_line_is_not_sent_against_settings_that_changed_meanwhile() {
    for (change, words) in CHANGES {
        let proxy = FakeModel::start();
        let mut changed = settings(&proxy);
        let mut editor = start(changed.clone());
        editor.send("a", "1", "first");
        let first = proxy.next();
        editor.send("b", "1", "second");
        let second = editor.turn_until("b", "1", Turn::default(), |turn| turn.places.last() == Some(&1));
        change(&mut changed);
        set(&mut editor, &changed);
        first.openai_answer("one");
        assert_eq!(editor.turn("a", "1").text, "one");
        let second = editor.turn_until("b", "1", second, |turn| turn.end.is_some());
        is_told(second.problem(), words);
        proxy.expect_no_request();
        editor.forget_unread("window/showMessage");
    }
}

#[test]
fn a_question_that_is_asked_again_is_not_sent_against_settings_that_changed_meanwhile() {
    for (change, words) in CHANGES {
        let proxy = FakeModel::start();
        let mut changed = settings(&proxy);
        let mut editor = start(changed.clone());
        editor.send("a", "1", "hello");
        proxy.next().openai_error(429, "rate_limit_exceeded", "slow down", &[("retry-after", "1")]);
        let turn = editor.turn_until("a", "1", Turn::default(), |turn| !turn.waits.is_empty());
        change(&mut changed);
        set(&mut editor, &changed);
        let turn = editor.turn_until("a", "1", turn, |turn| turn.end.is_some());
        is_told(turn.problem(), words);
        proxy.expect_no_request();
        editor.forget_unread("window/showMessage");
    }
}

#[test]
fn the_users_own_file_is_read_again_before_a_question_that_waited_is_sent() {
    let proxy = FakeModel::start();
    let config = tempfile::tempdir().unwrap();
    let file = config.path().join("settings.json");
    let mut own = settings(&proxy);
    std::fs::write(&file, own.to_string()).unwrap();
    let config = config.path().to_str().unwrap();
    let mut editor = TestEditor::start(&Setup::default().with_env("ASIDE_CONFIG_DIR", config));
    editor.send("a", "1", "first");
    let first = proxy.next();
    editor.send("b", "1", "second");
    let second = editor.turn_until("b", "1", Turn::default(), |turn| turn.places.last() == Some(&1));
    own["network"]["offline"] = json!(true);
    std::fs::write(&file, own.to_string()).unwrap();
    first.openai_answer("one");
    editor.turn("a", "1");
    let second = editor.turn_until("b", "1", second, |turn| turn.end.is_some());
    is_told(second.problem(), "`network.offline` keeps http://llm.invalid out of reach");
    proxy.expect_no_request();
    editor.forget_unread("window/showMessage");
}

#[test]
fn another_company_is_not_told_what_the_settings_keep_from_it_by_now() {
    let with_fallback = |proxy: &FakeModel| {
        let mut settings = settings(proxy);
        settings["fallbacks"] = json!({"models": ["other/x"], "on": ["rateLimited"]});
        settings
    };
    let changes: [Change; 3] = [
        |settings| settings["fallbacks"]["models"] = json!([]),
        |settings| settings["fallbacks"]["on"] = json!(["overloaded"]),
        |settings| settings["network"]["offline"] = json!(true),
    ];
    for change in changes {
        // While it waits for the line before the other company.
        let proxy = FakeModel::start();
        let mut changed = with_fallback(&proxy);
        let mut editor = start(changed.clone());
        editor.send("b", "1", "busy");
        editor.forget_unread("window/showMessage");
        proxy.next().openai_answer("free");
        editor.turn("b", "1");
        editor.send_chat(
            &serde_json::from_value(json!({"chat": "o", "turn": "1", "text": "first", "model": "other/x"}))
                .unwrap(),
        );
        let first = proxy.next();
        editor.send("a", "1", "hello");
        // Longer than anybody waits for: the other is asked at once.
        proxy.next().openai_error(429, "rate_limit_exceeded", "slow down", &[("retry-after", "3600")]);
        let turn = editor.turn_until("a", "1", Turn::default(), |turn| turn.places.last() == Some(&1));
        change(&mut changed);
        set(&mut editor, &changed);
        first.openai_answer("one");
        editor.turn("o", "1");
        let turn = editor.turn_until("a", "1", turn, |turn| turn.end.is_some());
        assert_eq!(turn.problem().kind, ProblemKind::Setting, "{turn:?}");
        proxy.expect_no_request();
        editor.forget_unread("window/showMessage");

        // While it waits to be asked again, before the other would be.
        let proxy = FakeModel::start();
        let mut changed = with_fallback(&proxy);
        let mut editor = start(changed.clone());
        editor.send("a", "1", "hello");
        let exchange = proxy.next();
        change(&mut changed);
        set(&mut editor, &changed);
        exchange.openai_error(429, "rate_limit_exceeded", "slow down", &[("retry-after", "3600")]);
        let turn = editor.turn("a", "1");
        assert!(turn.fallbacks.is_empty() && turn.end.is_some(), "{turn:?}");
        proxy.expect_no_request();
        editor.forget_unread("window/showMessage");
    }
}

#[test]
fn what_is_kept_back_by_now_does_not_go_along_with_a_question_that_waited() {
    let model = FakeModel::start();
    let mut settings = model.settings();
    settings["providers"]["fake"]["maxConcurrent"] = json!(1);
    let mut editor = start(settings.clone());
    let uri = editor.open("plan.txt", "PLAN\n");
    let about = |chat: &str| json!({"chat": chat, "turn": "1", "text": "why?", "mentions": [Mention::File { uri: uri.clone() }]});
    editor.send("a", "1", "first");
    let first = model.next();
    editor.send_chat(&serde_json::from_value(about("b")).unwrap());
    let second = editor.turn_until("b", "1", Turn::default(), |turn| turn.places.last() == Some(&1));
    let range = editor.whole(&uri);
    editor.instruct("p", &uri, range, "shorten");
    editor.proposal("p", |event| event.queued == Some(2));
    settings["privacy"] = json!({"exclude": ["plan.txt"]});
    set(&mut editor, &settings);
    first.openai_answer("one");
    editor.turn("a", "1");
    let words =
        "the settings changed while the question waited: `plan.txt`, which goes along, is kept back by";
    let second = editor.turn_until("b", "1", second, |turn| turn.end.is_some());
    is_told(second.problem(), words);
    let failed = editor.proposal("p", |event| event.problem.is_some());
    is_told(&failed.problem.unwrap(), words);
    model.expect_no_request();
}
