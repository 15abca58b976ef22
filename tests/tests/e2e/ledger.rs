//! What left the machine, as the user sees it: in the editor and in the terminal; and what is kept on the disk.

use aside::protocol::{ChatSend, Mention, command};
use aside_tests::editor::Process;
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Runs a command that opens a document, and reads it.
#[track_caller]
pub(crate) fn opened(editor: &mut TestEditor, command: &str, arguments: Value) -> String {
    editor.request("workspace/executeCommand", json!({"command": command, "arguments": arguments}));
    let shown: Value = editor.next("window/showDocument");
    let uri = shown["uri"].as_str().expect("a uri");
    let path = PathBuf::from(uri.strip_prefix("file://").expect("a file"));
    std::fs::read_to_string(path).expect("the document")
}

/// What `aside WORDS` prints in this home, and whether it succeeds.
#[track_caller]
pub(crate) fn aside(home: &Path, words: &[&str]) -> (bool, String) {
    let inside = |name: &str| home.join(name).display().to_string();
    let env = [("ASIDE_DATA_DIR", "data"), ("ASIDE_STATE_DIR", "state"), ("ASIDE_CONFIG_DIR", "config")]
        .map(|(name, folder)| (name.to_owned(), inside(folder)));
    let mut process = Process::start(words, &env);
    let text = process.stdout();
    let done = process.wait_for_exit().success();
    (done, text + &process.stderr())
}

#[test]
fn a_secret_in_a_files_name_is_not_in_the_ledger_whether_it_is_sent_or_not() {
    let secret = ["ghp", "_q7Zt4Lw9Xc2Vb8Nm1Ks6Jd3Hf5Gr0Pt7YuQ"].concat();
    for mask in [true, false] {
        let model = FakeModel::start();
        let setup = model.setup().with_settings(&json!({"privacy": {"maskSecrets": mask}}));
        let mut editor = TestEditor::start(&setup);
        let uri = editor.open(&format!("key {secret}.txt"), "Hello.\n");
        editor.send_chat(&crate::support::question("what is it?", vec![Mention::File { uri: uri.clone() }]));
        let exchange = model.next();
        assert_eq!(String::from_utf8_lossy(&exchange.bytes).contains(&secret), !mask);
        exchange.openai_answer("A greeting.");
        editor.turn("preview", "1");
        let whole = editor.whole(&uri);
        editor.instruct("p", &uri, whole, "greet");
        model.next().openai_answer("```\nHi.\n```");
        editor.proposal_in("p", aside::protocol::ProposalState::Ready);
        let page = opened(&mut editor, command::LEDGER, json!([]));
        assert!(page.contains("key (secret).txt") && !page.contains(&secret), "{page}");
    }
}

#[test]
fn every_request_is_in_the_ledger_with_what_went_along_and_without_its_text() {
    // Spelled in two, so that nothing that looks for keys finds one here.
    let secret = ["ghp", "_q7Zt4Lw9Xc2Vb8Nm1Ks6Jd3Hf5Gr0Pt7YuQ"].concat();
    let begun = std::time::Instant::now();
    let model = FakeModel::start();
    let mut settings = model.settings();
    settings["providers"]["fake"]["keyEnv"] = json!("TEST_KEY");
    let setup = Setup { settings, ..Setup::default() }.with_env("TEST_KEY", "sk-canary");
    let mut editor = TestEditor::start(&setup);
    let text = format!("fn canary() {{}}\n\nconst KEY: &str = \"{secret}\";\n");
    let uri = editor.open("secret-folder/main.rs", &text);
    let (whole, line) = (editor.whole(&uri), editor.range_of(&uri, &secret));
    editor.send_chat(&ChatSend {
        mentions: vec![
            Mention::File { uri: uri.clone() },
            Mention::Selection { uri: uri.clone(), version: 1, range: line },
        ],
        ..crate::support::question("what does canary do?", vec![])
    });
    model.next().openai_answer("The canary does nothing.");
    editor.turn("preview", "1");
    editor.instruct("p", &uri, whole, "rename canary");
    model.next().openai_error(400, "bad", "no canary here", &[]);
    editor.proposal_in("p", aside::protocol::ProposalState::Failed);
    editor.send("c", "1", "canary?");
    let mut exchange = model.next();
    exchange.openai_text("half");
    let seen = editor.turn_until("c", "1", Default::default(), |turn| turn.text == "half");
    editor.cancel_turn("c", "1");
    editor.turn_until("c", "1", seen, |turn| turn.end.is_some());
    exchange.client_closed();

    let page = opened(&mut editor, command::LEDGER, json!([]));
    let rows: Vec<&str> = page.lines().filter(|line| line.contains(&model.origin())).collect();
    assert_eq!(rows.len(), 3, "{page}");
    for (row, words) in rows.iter().rev().zip([
        ["chat", "fake/test", "| answered |", "| selection main.rs:3, main.rs, 1 secret masked |"],
        ["instruction", "fake/test", "| refused with status 400 |", "main.rs:1-3, 1 secret masked |"],
        ["chat", "fake/test", "| stopped |", "|  |"],
    ]) {
        assert!(words.iter().all(|word| row.contains(word)), "{words:?} in {row}");
        assert!(row.contains("| environment variable TEST_KEY |") && row.contains(" ms |"), "{row}");
    }
    assert!(
        page.contains("## By day") && page.contains("| fake | 3 |") && page.contains("| chat | 2 |"),
        "{page}"
    );
    for kept in ["canary", "secret-folder", secret.as_str()] {
        assert!(!page.contains(kept), "{page}");
    }
    let (done, text) = aside(&editor.home(), &["ledger"]);
    assert!(
        done && text.lines().count() == 3 && text.contains("answered; with selection main.rs:3, main.rs, "),
        "{text}"
    );
    let (_, none) = aside(&editor.home(), &["ledger", "--since", "2999-01-01"]);
    assert_eq!(none, "No request of that time is in the ledger.\n");
    let (_, json) = aside(&editor.home(), &["ledger", "--since", "1d", "--json"]);
    let entries: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(entries.len(), 3);
    assert_eq!(entries[0]["end"]["outcome"], "answered");
    assert!(entries[0]["bytesOut"].as_u64() > Some(100) && entries[0]["end"]["bytesIn"].as_u64() > Some(10));
    let item = &entries[0]["items"][0];
    assert_eq!(item["range"]["start"], json!({"line": 2, "character": 19}), "{item}");
    let masked: Vec<Option<u64>> = entries.iter().map(|entry| entry["masked"].as_u64()).collect();
    assert_eq!(masked, [Some(1), Some(1), None], "{entries:?}");
    for entry in &entries {
        assert_eq!(entry["key"], "environment variable TEST_KEY");
        let took = entry["end"]["milliseconds"].as_u64().expect("how long it took");
        assert!(u128::from(took) <= begun.elapsed().as_millis(), "{entry}");
    }
    let (done, said) = aside(&editor.home(), &["ledger", "verify"]);
    assert!(done && said.starts_with("7 lines, each as it was written."), "{said}");
    let ledger = editor.home().join("state/ledger/00000001.ledger");
    let text = std::fs::read_to_string(&ledger).expect("the ledger");
    std::fs::write(&ledger, text.replacen("fake", "else", 1)).expect("it can be written");
    let (done, said) = aside(&editor.home(), &["ledger", "verify"]);
    assert!(!done && said.contains("00000001.ledger, line 2: this line, or one before it"), "{said}");
}

#[test]
fn a_list_of_models_is_in_the_ledger_as_well() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let asked = editor.send_request("aside/models", json!({"provider": "fake", "refresh": true}));
    model.next().answer(200, &[], &json!({"data": [{"id": "test"}]}).to_string());
    editor.reply(&asked).expect("a list");
    let (done, said) = aside(&editor.home(), &["ledger", "--json"]);
    assert!(done && said.lines().count() == 1, "{said}");
    let entry: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((&entry["feature"], &entry["provider"]), (&json!("models"), &json!("fake")), "{entry}");
}

#[test]
fn a_ledger_that_cannot_be_written_is_told_once_and_shown_from_memory() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    std::fs::create_dir_all(editor.home().join("state")).expect("a folder");
    std::fs::write(editor.home().join("state/ledger"), "in the way").expect("a file");
    for turn in ["1", "2"] {
        editor.send("c", turn, "hello");
        model.next().openai_answer("hi");
        editor.turn("c", turn);
    }
    let told: Value = editor.next("window/showMessage");
    assert!(
        told["message"].as_str().unwrap().contains("The ledger of what is sent can't be written"),
        "{told}"
    );
    std::fs::remove_file(editor.home().join("state/ledger")).expect("it is removed");
    let page = opened(&mut editor, command::LEDGER, json!([]));
    assert!(page.contains("| fake | 2 |"), "{page}");
    editor.send("c", "3", "hello");
    model.next().openai_answer("hi");
    editor.turn("c", "3");
    let page = opened(&mut editor, command::LEDGER, json!([]));
    assert!(page.contains("| fake | 3 |"), "{page}");
    let (done, said) = aside(&editor.home(), &["ledger"]);
    assert!(done && said.lines().count() == 3, "{said}");
}

#[test]
fn everything_that_is_kept_is_listed_private_and_can_be_deleted() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "hello");
    model.next().openai_answer("hi");
    editor.turn("c", "1");
    let page = opened(&mut editor, command::DATA, json!([]));
    for kind in ["chats", "ledger of requests", "what you were told and agreed to"] {
        assert!(page.contains(&format!("| {kind} |")), "{page}");
    }
    assert!(!page.contains("others can read it"), "{page}");
    let home = editor.home();
    let archive = home.join("mine.tar").display().to_string();
    let (done, said) = aside(&editor.home(), &["data", "export", &archive]);
    assert!(done && said.contains("No key is among them."), "{said}");
    let (done, said) = aside(&editor.home(), &["data", "delete"]);
    assert!(done && said.contains("Nothing was deleted"), "{said}");
    let (done, said) = aside(&editor.home(), &["data", "delete", "--yes"]);
    assert!(done && said.contains("Deleted."), "{said}");
    let (_, said) = aside(&editor.home(), &["ledger"]);
    assert_eq!(said, "No request is in the ledger.\n");
    let (done, said) = aside(&home, &["ledger", "verify"]);
    assert!(done && said.starts_with("The ledger has no line yet"), "{said}");
    let listed: Value = editor.request("aside/chat/list", Value::Null);
    assert_eq!(listed, json!([]));
    drop(editor);
}

#[test]
fn news_of_the_policy_is_told_once_with_a_button_that_opens_it() {
    let model = FakeModel::start();
    let home = tempfile::tempdir().expect("a folder");
    let state = home.path().join("state");
    std::fs::create_dir_all(&state).expect("a folder");
    std::fs::write(state.join("policy"), "1\n").expect("a file");
    let setup = Setup { button: true, ..model.setup() };
    let setup = setup.with_env("ASIDE_STATE_DIR", &state.display().to_string());
    let mut editor = TestEditor::start(&setup);
    let news: Value = editor.next("window/showMessageRequest");
    assert!(news["message"].as_str().unwrap().contains("PRIVACY.md"), "{news}");
    let shown: Value = editor.next("window/showDocument");
    assert!(shown["uri"].as_str().unwrap().contains("privacy"), "{shown}");
    drop(editor);
    let mut editor = TestEditor::start(&setup);
    let page = opened(&mut editor, command::PRIVACY, json!([]));
    assert!(page.starts_with("# Privacy\n"), "{page}");
    assert!(!editor.was_asked("window/showMessageRequest"));
}
