//! How the server starts, ends, and bears what it can't read.

use aside::protocol::{ChatName, ChatTranscript, TurnEvent, method};
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};

#[test]
fn ends_with_code_0_after_shutdown_and_exit() {
    let mut editor = TestEditor::start(&Setup::default());
    assert_eq!(editor.request("shutdown", Value::Null), Value::Null);
    editor.notify("exit", Value::Null);
    assert_eq!(editor.wait_for_exit().code(), Some(0));
}

#[test]
fn ends_with_code_1_on_exit_without_shutdown() {
    let mut editor = TestEditor::start(&Setup::default());
    editor.notify("exit", Value::Null);
    assert_eq!(editor.wait_for_exit().code(), Some(1));
}

#[test]
fn ends_when_its_input_ends_and_closes_the_providers_connection() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "hello");
    let mut exchange = model.next();
    exchange.openai_text("one");
    editor.turn_until("c", "1", Default::default(), |turn| turn.text == "one");
    editor.close_input();
    editor.wait_for_exit();
    exchange.client_closed();
}

#[test]
fn ends_when_the_editor_dies_and_its_pipes_stay_open() {
    let mut parent = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    let setup = Setup { process_id: Some(parent.id()), ..Setup::default() };
    let mut editor = TestEditor::start(&setup);
    // The server has seen the process alive once it answers.
    editor.request("aside/models", json!({}));
    parent.kill().unwrap();
    parent.wait().unwrap();
    editor.wait_for_exit();
}

#[test]
fn lives_on_for_an_editor_without_a_process_of_its_own() {
    let mut editor = TestEditor::start(&Setup { process_id: None, ..Setup::default() });
    editor.request("aside/models", json!({}));
    for none in [-1, 0, i64::from(i32::MAX)] {
        let mut editor = TestEditor::uninitialized(&Setup::default());
        editor.request("initialize", json!({"processId": none, "capabilities": {}}));
        editor.request("aside/models", json!({}));
    }
}

/// An answer of which half has come, in an editor that ends as `end` says: what is kept of it.
#[track_caller]
fn kept_when(end: impl FnOnce(&mut TestEditor, &mut std::process::Child)) -> Vec<String> {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let mut parent = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    let setup = Setup { process_id: Some(parent.id()), ..model.setup() };
    let setup = setup.with_env("ASIDE_DATA_DIR", &folder.path().display().to_string());
    let mut editor = TestEditor::start(&setup);
    editor.send("c", "1", "Tell me a story");
    let mut exchange = model.next();
    exchange.openai_text("Once upon");
    editor.turn_until("c", "1", Default::default(), |turn| turn.text == "Once upon");
    end(&mut editor, &mut parent);
    editor.wait_for_exit();
    exchange.client_closed();
    drop(editor);
    drop(parent.kill());
    parent.wait().unwrap();
    let mut editor = TestEditor::start(&Setup { process_id: None, ..setup });
    let transcript: ChatTranscript = editor.ask(method::CHAT_OPEN, ChatName { chat: "c".into() });
    transcript.messages.into_iter().map(|message| message.text).collect()
}

#[test]
fn however_it_ends_the_question_and_what_came_of_its_answer_are_kept() {
    let whole = ["Tell me a story", "Once upon"];
    assert_eq!(kept_when(|editor, _| editor.close_input()), whole, "the end of input");
    assert_eq!(kept_when(|_, parent| parent.kill().unwrap()), whole, "the editor's death");
    assert_eq!(kept_when(|editor, _| editor.notify("exit", Value::Null)), whole, "exit without shutdown");
    #[cfg(unix)]
    for signal in ["TERM", "HUP", "INT"] {
        let send = |editor: &mut TestEditor, _: &mut std::process::Child| {
            let id = editor.process_id().to_string();
            assert!(std::process::Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        };
        assert_eq!(kept_when(send), whole, "{signal}");
    }
}

#[test]
fn documents_that_a_killed_server_left_are_gone_with_the_next_start() {
    let state = tempfile::tempdir().unwrap();
    let setup = Setup::default().with_env("ASIDE_STATE_DIR", state.path().to_str().unwrap());
    let (mut killed, mut living) = (TestEditor::start(&setup), TestEditor::start(&setup));
    let open = |editor: &mut TestEditor| {
        editor.request("workspace/executeCommand", json!({"command": "aside.privacy"}));
        let shown: Value = editor.next("window/showDocument");
        std::path::PathBuf::from(shown["uri"].as_str().unwrap().strip_prefix("file://").unwrap())
    };
    let (left, kept) = (open(&mut killed), open(&mut living));
    killed.kill();
    assert!(left.exists());
    drop(killed);
    let mut next = TestEditor::start(&setup);
    let third = open(&mut next);
    assert_eq!((left.exists(), kept.exists(), third.exists()), (false, true, true));
    drop((living, next));
    assert!(!kept.exists() && !third.exists());
}

#[test]
fn a_goodbye_right_after_the_start_is_nothing_to_warn_of() {
    for answers in [true, false] {
        let mut editor = TestEditor::uninitialized(&Setup::default());
        editor.answers(|editor| editor.configuration = answers);
        let configuration = json!({"workspace": {"configuration": true}});
        editor.request("initialize", json!({"processId": null, "capabilities": configuration}));
        editor.notify("initialized", json!({}));
        let shutdown = editor.send_request_before("shutdown", Value::Null, ("exit", Value::Null));
        editor.reply(&shutdown).unwrap();
        assert_eq!(editor.wait_for_exit().code(), Some(0));
    }
}

#[test]
fn takes_what_editors_send_where_nothing_is_to_be_said() {
    for params in [Value::Null, json!({})] {
        let mut editor = TestEditor::uninitialized(&Setup::default());
        editor.request("initialize", json!({"processId": null, "capabilities": {}}));
        editor.notify("initialized", &params);
        editor.request("shutdown", &params);
        editor.notify("exit", Value::Null);
        assert_eq!(editor.wait_for_exit().code(), Some(0));
    }
}

#[test]
fn answers_a_message_that_is_no_json_with_a_parse_error_and_lives() {
    let mut editor = TestEditor::start(&Setup::default());
    editor.send_text("{\"jsonrpc\": \"2.0\", \"id\": 7, \"method\":");
    assert_eq!(editor.error_to_nothing()["code"], -32700);
    editor.request("aside/models", json!({}));
}

#[test]
fn answers_an_unknown_method_and_wrong_params_with_their_errors_and_lives() {
    let mut editor = TestEditor::start(&Setup::default());
    for (method, params, code) in [
        ("aside/nothing", json!({}), -32601),
        ("aside/chat/send", json!({"chat": 5}), -32602),
        ("workspace/executeCommand", json!({"command": "aside.accept", "arguments": [{}]}), -32602),
    ] {
        let error = editor.try_request(method, params).unwrap_err();
        assert_eq!(error.code, code, "{method}: {error:?}");
    }
    editor.request("aside/models", json!({}));
}

#[test]
fn ignores_notifications_that_it_does_not_know() {
    let mut editor = TestEditor::start(&Setup::default());
    editor.notify("$/setTrace", json!({"value": "off"}));
    editor.notify("$/nothing", json!({}));
    editor.notify("textDocument/didSave", json!({"textDocument": {"uri": "file:///a"}}));
    editor.request("aside/models", json!({}));
}

#[test]
fn refuses_requests_before_it_is_initialized() {
    let mut editor = TestEditor::uninitialized(&Setup::default());
    let error = editor.try_request("aside/models", json!({})).unwrap_err();
    assert_eq!(error.code, -32002);
}

#[test]
fn says_what_it_can_do() {
    let editor = TestEditor::start(&Setup::default());
    let capabilities = &editor.initialized["capabilities"];
    assert_eq!(editor.initialized["serverInfo"]["name"], "aside");
    assert!(capabilities["experimental"]["aside"].is_object(), "{capabilities:#}");
    assert_eq!(capabilities["textDocumentSync"]["change"], 2);
    for command in ["aside.run", "aside.accept", "aside.reject", "aside.retry", "aside.show", "aside.cancel"]
    {
        let commands = capabilities["executeCommandProvider"]["commands"].as_array().unwrap();
        assert!(commands.contains(&json!(command)), "{command}");
    }
}

#[test]
fn connects_to_nothing_before_the_user_asks() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("main.rs", "fn main() {}\n");
    editor.type_after(&uri, "fn main() {", " let x = 1;");
    let range = editor.whole(&uri);
    editor.code_actions(&uri, range, &json!([]));
    editor.request("aside/models", json!({}));
    assert_eq!(model.connections(), 0);
}

#[test]
fn a_slow_answer_holds_up_nothing_else() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("main.rs", "fn main() {}\n");
    let mut exchanges = vec![];
    for n in 0..8 {
        editor.send(&format!("chat {n}"), "1", "hello");
        exchanges.push(model.next());
    }
    // Eight requests are out and none is answered: more than the framework has slots for.
    let range = editor.whole(&uri);
    assert!(!editor.code_actions(&uri, range, &json!([])).is_empty());
    for exchange in exchanges {
        exchange.openai_answer("hi");
    }
    for n in 0..8 {
        let turn = editor.turn(&format!("chat {n}"), "1");
        assert_eq!((turn.text.as_str(), &turn.end), ("hi", &Some(TurnEvent::Done { cut: false })));
    }
}

#[test]
fn what_an_editor_did_not_read_is_still_sent_when_it_does() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "count");
    let mut exchange = model.next();
    let mut expected = String::new();
    for n in 0..5_000 {
        let piece = format!("{n} ");
        exchange.openai_text(&piece);
        expected += &piece;
    }
    exchange.openai_done();
    assert_eq!(editor.turn("c", "1").text, expected);
}

#[test]
fn what_a_bug_left_is_offered_once_at_the_next_start() {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().join("crashes");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("new.txt"), "aside 0.1.0 on linux x86_64: panicked at server/src/chat.rs:1\n")
        .unwrap();
    let setup = Setup::default().with_env("ASIDE_STATE_DIR", state.path().to_str().unwrap());
    let mut first = TestEditor::start(&setup);
    let asked: Value = first.next("window/showMessageRequest");
    assert!(asked["message"].as_str().unwrap().contains("it is not sent"), "{asked}");
    assert_eq!(asked["actions"][0]["title"], "Show");
    drop(first);
    assert!(folder.join("offered.txt").exists() && !folder.join("new.txt").exists());
    drop(TestEditor::start(&setup));
}
