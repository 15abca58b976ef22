//! A disk that is full, read-only or not there: it is said once, chat goes on, and nothing is lost that comes later.

use aside::protocol::{ChatName, ChatSearch, ChatSummary, ChatTranscript, TurnEvent, method};
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};
use std::path::Path;

fn with_folders(model: &FakeModel, data: &Path, state: &Path) -> Setup {
    let place = |path: &Path| path.display().to_string();
    model.setup().with_env("ASIDE_DATA_DIR", &place(data)).with_env("ASIDE_STATE_DIR", &place(state))
}

#[track_caller]
fn answered(editor: &mut TestEditor, model: &FakeModel, turn: &str, question: &str, answer: &str) {
    editor.send("c", turn, question);
    let mut exchange = model.next();
    exchange.openai_text(answer);
    exchange.openai_done();
    let turn = editor.turn("c", turn);
    assert_eq!((turn.text.as_str(), turn.end), (answer, Some(TurnEvent::Done { cut: false })));
}

#[track_caller]
fn texts(editor: &mut TestEditor) -> Vec<String> {
    let transcript: ChatTranscript = editor.ask(method::CHAT_OPEN, ChatName { chat: "c".into() });
    transcript.messages.into_iter().map(|message| message.text).collect()
}

/// The only messages that the user is shown, in any order.
#[track_caller]
fn told(editor: &mut TestEditor, what: &[&str]) {
    let mut messages: Vec<String> = what
        .iter()
        .map(|_| editor.next::<Value>("window/showMessage")["message"].as_str().unwrap().to_owned())
        .collect();
    messages.sort();
    for (message, what) in messages.iter().zip(what) {
        assert!(message.contains(what) && message.contains("in memory"), "{message}");
    }
}

const CHATS: &str = "Chats can't be kept on disk";
const LEDGER: &str = "The ledger of what is sent can't be written";

#[test]
fn what_was_said_while_the_disk_could_not_be_used_is_kept_once_it_can() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let data = folder.path().join("data");
    std::fs::write(&data, "a file in the folder's place").unwrap();
    let setup = with_folders(&model, &data, &folder.path().join("state"));
    let mut editor = TestEditor::start(&setup);
    answered(&mut editor, &model, "1", "one", "first");
    told(&mut editor, &[CHATS]);
    answered(&mut editor, &model, "2", "two", "second");
    let listed: Vec<ChatSummary> = editor.ask(method::CHAT_LIST, Value::Null);
    assert_eq!((listed[0].chat.as_str(), listed[0].turns), ("c", 2));
    let found: Vec<ChatSummary> = editor.ask(method::CHAT_SEARCH, ChatSearch { text: "second".into() });
    assert_eq!(found.len(), 1);
    assert_eq!(texts(&mut editor), ["one", "first", "two", "second"]);

    std::fs::remove_file(&data).unwrap();
    answered(&mut editor, &model, "3", "three", "third");
    drop(editor);
    let mut editor = TestEditor::start(&setup);
    assert_eq!(texts(&mut editor), ["one", "first", "two", "second", "three", "third"]);
}

#[cfg(unix)]
#[test]
fn a_disk_that_gets_full_is_told_once_and_what_was_kept_before_stays() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let data = folder.path().join("data");
    let setup = with_folders(&model, &data, &folder.path().join("state"));
    let mut editor = TestEditor::start(&Setup { largest_file: Some(300), ..setup.clone() });
    answered(&mut editor, &model, "1", "one", "first");
    assert_eq!(texts(&mut editor), ["one", "first"]);
    let long = "more than fits ".repeat(40_000);
    answered(&mut editor, &model, "2", "two", &long);
    told(&mut editor, &[CHATS]);
    answered(&mut editor, &model, "3", "three", "third");
    assert_eq!(texts(&mut editor), ["one", "first", "two", &long, "three", "third"]);
    drop(editor);
    let mut editor = TestEditor::start(&setup);
    assert_eq!(texts(&mut editor)[..2], ["one", "first"]);
}

#[test]
fn a_home_in_which_nothing_can_be_made_costs_no_answer() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let file = folder.path().join("file");
    std::fs::write(&file, "a file in the folder's place").unwrap();
    let mut editor = TestEditor::start(&with_folders(&model, &file.join("data"), &file.join("state")));
    answered(&mut editor, &model, "1", "one", "first");
    told(&mut editor, &[CHATS, LEDGER]);
    let uri = editor.open("main.rs", "fn main() {}\n");
    let range = editor.whole(&uri);
    editor.instruct("p", &uri, range, "rename it");
    model.next().openai_answer("```rust\nfn other() {}\n```");
    editor.proposal_in("p", aside::protocol::ProposalState::Ready);
    editor.request("aside/models", json!({}));
    answered(&mut editor, &model, "2", "two", "second");
}

#[cfg(unix)]
#[test]
fn where_the_disk_cannot_be_used_documents_are_shown_all_the_same_and_gone_with_the_server() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let (state, temporary) = (folder.path().join("state"), folder.path().join("tmp"));
    std::fs::create_dir(&state).unwrap();
    std::fs::create_dir(&temporary).unwrap();
    std::fs::write(state.join("answers"), "a file in the folder's place").unwrap();
    let setup = with_folders(&model, &folder.path().join("data"), &state);
    let mut editor = TestEditor::start(&setup.with_env("TMPDIR", &temporary.display().to_string()));
    answered(&mut editor, &model, "1", "one", "first");
    let page = crate::ledger::opened(&mut editor, "aside.ledger", json!([]));
    assert!(page.contains(&model.origin()), "{page}");
    let made: Vec<_> = std::fs::read_dir(&temporary).unwrap().flatten().map(|entry| entry.path()).collect();
    assert_eq!(std::fs::metadata(&made[0]).unwrap().permissions().mode() & 0o777, 0o700, "{made:?}");
    drop(editor);
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0);
}

#[test]
fn a_document_that_cannot_be_written_is_told_as_such() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let file = folder.path().join("file");
    std::fs::write(&file, "a file in the folder's place").unwrap();
    let setup = with_folders(&model, &file.join("data"), &file.join("state"));
    let mut editor = TestEditor::start(&setup.with_env("TMPDIR", &file.display().to_string()));
    for (command, title) in
        [("aside.privacy", "The document can't be written"), ("aside.newChat", "The new chat's file")]
    {
        editor.request("workspace/executeCommand", json!({"command": command, "arguments": []}));
        let told: Value = editor.next("window/showMessage");
        let told = told["message"].as_str().unwrap();
        assert!(told.contains(title) && told.contains("aside doctor"), "{told}");
    }
}
