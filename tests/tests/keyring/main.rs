//! Keys in a real Secret Service: saved, read back, used for one origin; and every way in which there is none.

mod session;

use aside_core::problem::ProblemKind;
use aside_tests::editor::Process;
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::json;
use session::Session;

const KEY: &str = "sk-canary-2718281828";

/// Settings in which the provider wants a key.
fn setup(model: &FakeModel, session: &Session) -> Setup {
    let mut settings = model.settings();
    settings["providers"]["fake"]["keyOptional"] = json!(false);
    Setup { settings, env: session.env(), ..Setup::default() }
}

#[track_caller]
fn save(session: &Session, provider: &str, url: &str) {
    let (saved, said) = session.aside(&["key", "set", provider, "--base-url", url], &format!("{KEY}\n"));
    assert!(saved, "{said}");
    assert!(!said.contains(KEY), "{said}");
}

/// It failed, and the two other ways to give a key are named.
#[track_caller]
fn check_refused(session: &Session) {
    let (saved, said) = session.aside(&["key", "set", "openai"], KEY);
    assert!(!saved, "{said}");
    assert!(said.contains("keyCommand") && said.contains("OPENAI_API_KEY"), "{said}");
    assert!(!said.contains(KEY), "{said}");
}

#[test]
fn a_key_is_saved_listed_and_removed() {
    let session = Session::unlocked("pw");
    save(&session, "openai", "https://api.openai.com/v1");
    let (_, listed) = session.aside(&["key", "list"], "");
    assert!(listed.contains("openai") && listed.contains("https://api.openai.com"), "{listed}");
    assert!(!listed.contains(KEY), "{listed}");
    assert!(session.aside(&["key", "remove", "openai"], "").0);
    let (_, listed) = session.aside(&["key", "list"], "");
    assert!(!listed.contains("api.openai.com"), "{listed}");
    assert!(!session.aside(&["key", "remove", "openai"], "").0, "there is none any more");
}

#[test]
fn a_saved_key_goes_to_its_origin() {
    let session = Session::unlocked("pw");
    let model = FakeModel::start();
    save(&session, "fake", &model.origin());
    let mut editor = TestEditor::start(&setup(&model, &session));
    editor.send("c", "1", "hello");
    let exchange = model.next();
    assert_eq!(exchange.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    exchange.openai_answer("hi");
    editor.turn("c", "1");
    let status = editor.wait_for_status(|status| status.key_source.is_some());
    assert_eq!(status.key_source.as_deref(), Some("keyring"));
    assert!(!editor.transcript().contains(KEY) && !editor.log().contains(KEY));
}

/// One turn, and the key that it was asked with.
#[track_caller]
fn key_of_turn(editor: &mut TestEditor, model: &FakeModel, turn: &str) -> String {
    editor.send("c", turn, "hello");
    let exchange = model.next();
    let key = exchange.header("authorization").unwrap_or_default().replace("Bearer ", "");
    exchange.openai_answer("hi");
    assert_eq!(editor.turn("c", turn).text, "hi");
    key
}

#[test]
fn the_keyring_is_asked_once_a_session() {
    let session = Session::unlocked("pw");
    let model = FakeModel::start();
    save(&session, "fake", &model.origin());
    let mut editor = TestEditor::start(&setup(&model, &session));
    assert_eq!(key_of_turn(&mut editor, &model, "1"), KEY);
    // From here on it would never answer.
    session.freeze();
    for turn in ["2", "3"] {
        assert_eq!(key_of_turn(&mut editor, &model, turn), KEY);
    }
}

#[test]
fn a_key_saved_while_the_server_runs_is_used_by_the_next_question() {
    let session = Session::unlocked("pw");
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&setup(&model, &session));
    editor.send("c", "0", "hello");
    assert_eq!(editor.turn("c", "0").problem().kind, ProblemKind::NoKey);
    for (turn, key) in [("1", KEY), ("2", "sk-the-new-one-27182818")] {
        let saved = session.aside(&["key", "set", "fake", "--base-url", &model.origin()], key);
        assert!(saved.0, "{}", saved.1);
        assert_eq!(key_of_turn(&mut editor, &model, turn), key);
    }
    assert!(session.aside(&["key", "remove", "fake"], "").0);
    editor.send("c", "3", "hello");
    assert_eq!(editor.turn("c", "3").problem().kind, ProblemKind::NoKey);
}

#[test]
fn a_question_whose_key_is_refused_is_asked_again_with_the_key_that_took_its_place() {
    let session = Session::unlocked("pw");
    let model = FakeModel::start();
    save(&session, "fake", &model.origin());
    let mut editor = TestEditor::start(&setup(&model, &session));
    assert_eq!(key_of_turn(&mut editor, &model, "1"), KEY);
    // Another user of the same keyring changes it: nothing tells this server.
    let mut elsewhere =
        Process::start(&["key", "set", "fake", "--base-url", &model.origin()], &session.env_of_another());
    elsewhere.write_input(b"sk-the-new-one-27182818");
    assert!(elsewhere.wait_for_exit().success(), "{}", elsewhere.stderr());
    editor.send("c", "2", "hello");
    let exchange = model.next();
    assert_eq!(exchange.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    exchange.openai_error(401, "invalid_api_key", "it was revoked", &[]);
    let exchange = model.next();
    assert_eq!(exchange.header("authorization"), Some("Bearer sk-the-new-one-27182818"));
    exchange.openai_answer("hi");
    assert_eq!(editor.turn("c", "2").text, "hi");
}

#[test]
fn a_key_that_is_known_stays_known_where_another_is_saved_and_the_keyring_locked() {
    let mut session = Session::unlocked("pw");
    let model = FakeModel::start();
    save(&session, "fake", &model.origin());
    let mut editor = TestEditor::start(&setup(&model, &session));
    assert_eq!(key_of_turn(&mut editor, &model, "1"), KEY);
    save(&session, "openai", "https://api.openai.com/v1");
    session.lock();
    for turn in ["2", "3"] {
        assert_eq!(key_of_turn(&mut editor, &model, turn), KEY);
    }
}

#[test]
fn a_saved_key_goes_to_no_other_origin() {
    let session = Session::unlocked("pw");
    let model = FakeModel::start();
    save(&session, "fake", "https://another.example/v1");
    let mut editor = TestEditor::start(&setup(&model, &session));
    editor.send("c", "1", "hello");
    let turn = editor.turn("c", "1");
    assert!(turn.problem().to_string().contains("another.example"), "{:?}", turn.problem());
    assert_eq!(model.connections(), 0);
}

#[test]
fn a_key_survives_a_restart_of_the_keyring() {
    let mut session = Session::unlocked("pw");
    save(&session, "openai", "https://api.openai.com/v1");
    session.unlock("pw");
    let (_, listed) = session.aside(&["key", "list"], "");
    assert!(listed.contains("https://api.openai.com"), "{listed}");
}

#[test]
fn without_a_keyring_a_key_is_not_saved_and_the_other_ways_are_named() {
    check_refused(&Session::without_keyring());
}

#[test]
fn a_locked_keyring_is_a_clear_error() {
    let mut session = Session::unlocked("pw");
    let model = FakeModel::start();
    save(&session, "fake", &model.origin());
    session.lock();
    check_refused(&session);
    let (listed, said) = session.aside(&["key", "list"], "");
    assert!(!listed && said.contains("locked"), "{said}");
    let (_, said) = session.aside(&["doctor"], "");
    assert!(said.contains("The keyring is locked") && !said.contains("is there and answers"), "{said}");
    let mut editor = TestEditor::start(&setup(&model, &session));
    editor.send("c", "1", "hello");
    let turn = editor.turn("c", "1");
    assert_eq!(turn.problem().kind, ProblemKind::Keyring, "{:?}", turn.problem());
    assert_eq!(model.connections(), 0);
}

#[test]
fn a_keyring_that_does_not_answer_holds_nothing_up_for_ever() {
    let session = Session::unlocked("pw");
    let model = FakeModel::start();
    session.freeze();
    let mut editor = TestEditor::start(&setup(&model, &session));
    editor.send("c", "1", "hello");
    let turn = editor.turn("c", "1");
    assert_eq!(turn.problem().kind, ProblemKind::Keyring, "{:?}", turn.problem());
    assert_eq!(model.connections(), 0);
}

#[test]
fn an_entry_of_another_program_is_not_taken_for_a_key() {
    let session = Session::unlocked("pw");
    let model = FakeModel::start();
    session.write("fake", "just-some-text");
    let mut editor = TestEditor::start(&setup(&model, &session));
    editor.send("c", "1", "hello");
    let turn = editor.turn("c", "1");
    assert!(turn.problem().to_string().contains("aside key set fake"), "{:?}", turn.problem());
    assert_eq!(model.connections(), 0);
}
