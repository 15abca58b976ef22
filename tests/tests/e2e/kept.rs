//! Chats that are kept on disk: across restarts, with several servers at once, and where the disk can't be used.

use crate::support::refused;
use aside::protocol::{
    ChatFork, ChatMarkdown, ChatName, ChatRename, ChatSearch, ChatSummary, ChatTranscript, method,
};
use aside_core::problem::ProblemKind;
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};
use std::path::Path;

fn keeping_in(folder: &Path, model: &FakeModel) -> Setup {
    let env = vec![("ASIDE_DATA_DIR".to_owned(), folder.display().to_string())];
    Setup { env, ..model.setup() }
}

#[track_caller]
fn answered(
    editor: &mut TestEditor,
    model: &FakeModel,
    chat: &str,
    turn: &str,
    question: &str,
    answer: &str,
) {
    editor.send(chat, turn, question);
    let mut exchange = model.next();
    exchange.openai_text(answer);
    exchange.openai_done();
    assert!(editor.turn(chat, turn).end.is_some());
}

fn names(chats: &[ChatSummary]) -> Vec<&str> {
    chats.iter().map(|chat| chat.chat.as_str()).collect()
}

fn name(chat: &str) -> ChatName {
    ChatName { chat: chat.to_owned() }
}

#[track_caller]
fn texts(editor: &mut TestEditor, chat: &str) -> Vec<String> {
    let transcript: ChatTranscript = editor.ask(method::CHAT_OPEN, name(chat));
    assert_eq!(transcript.running, None);
    transcript.messages.into_iter().map(|message| message.text).collect()
}

#[track_caller]
fn list(editor: &mut TestEditor) -> Vec<ChatSummary> {
    editor.ask(method::CHAT_LIST, Value::Null)
}

#[test]
fn a_chat_is_there_again_after_a_restart_and_goes_on() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let mut editor = TestEditor::start(&setup);
    answered(&mut editor, &model, "c", "1", "What is a monad?", "A burrito.");
    drop(editor);

    let mut editor = TestEditor::start(&setup);
    assert_eq!(names(&list(&mut editor)), ["c"]);
    assert_eq!(texts(&mut editor, "c"), ["What is a monad?", "A burrito."]);
    editor.send("c", "2", "Really?");
    let mut exchange = model.next();
    let sent: Vec<_> =
        exchange.body["messages"].as_array().unwrap().iter().map(|m| m["content"].clone()).collect();
    assert!(sent.ends_with(&[json!("What is a monad?"), json!("A burrito."), json!("Really?")]), "{sent:?}");
    exchange.openai_text("No.");
    exchange.openai_done();
    assert!(editor.turn("c", "2").end.is_some());
}

#[test]
fn a_chat_that_is_not_opened_first_goes_on_all_the_same() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let mut editor = TestEditor::start(&setup);
    answered(&mut editor, &model, "c", "1", "one", "first");
    drop(editor);
    let mut editor = TestEditor::start(&setup);
    answered(&mut editor, &model, "c", "2", "two", "second");
    assert_eq!(texts(&mut editor, "c"), ["one", "first", "two", "second"]);
}

#[test]
fn an_answer_under_way_when_the_editor_closes_is_kept_as_far_as_it_came() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let mut editor = TestEditor::start(&setup);
    editor.send("c", "1", "Tell me a story");
    let mut exchange = model.next();
    exchange.openai_text("Once upon");
    editor.turn_until("c", "1", Default::default(), |turn| turn.text == "Once upon");
    drop(editor);
    exchange.client_closed();
    let mut editor = TestEditor::start(&setup);
    assert_eq!(texts(&mut editor, "c"), ["Tell me a story", "Once upon"]);
}

#[test]
fn chats_are_named_searched_exported_forked_and_deleted() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let mut editor = TestEditor::start(&keeping_in(folder.path(), &model));
    answered(&mut editor, &model, "a", "1", "About apples", "They are red.");
    answered(&mut editor, &model, "a", "2", "All of them?", "Some are green.");
    answered(&mut editor, &model, "b", "1", "About pears", "They are green.");

    editor.request(method::CHAT_RENAME, ChatRename { chat: "a".into(), title: "Fruit".into() });
    let found: Vec<ChatSummary> = editor.ask(method::CHAT_SEARCH, ChatSearch { text: "GREEN apples".into() });
    assert_eq!(
        found.iter().map(|chat| (chat.title.as_str(), chat.turns)).collect::<Vec<_>>(),
        [("Fruit", 2)]
    );

    let exported: ChatMarkdown = editor.ask(method::CHAT_EXPORT, name("b"));
    assert!(
        exported.markdown.starts_with("# About pears\n\n## You\n\nAbout pears\n"),
        "{}",
        exported.markdown
    );

    let fork = ChatFork { chat: "a".into(), fork: "f".into(), turn: Some("1".into()) };
    editor.request(method::CHAT_FORK, fork);
    assert_eq!(texts(&mut editor, "f"), ["About apples", "They are red."]);

    editor.request(method::CHAT_DELETE, name("a"));
    let mut left = names(&list(&mut editor)).into_iter().map(str::to_owned).collect::<Vec<_>>();
    left.sort();
    assert_eq!(left, ["b", "f"]);
    refused(&mut editor, method::CHAT_OPEN, name("a"), ProblemKind::NotFound);
}

#[test]
fn two_servers_keep_their_chats_in_one_place() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let (mut one, mut two) = (TestEditor::start(&setup), TestEditor::start(&setup));
    answered(&mut one, &model, "one", "1", "a", "b");
    answered(&mut two, &model, "two", "1", "c", "d");
    assert_eq!(texts(&mut one, "two"), ["c", "d"]);
    assert_eq!(texts(&mut two, "one"), ["a", "b"]);
}

#[test]
fn where_the_disk_cannot_be_used_it_is_told_once_and_chat_goes_on() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&keeping_in(Path::new("/proc/no-such-place"), &model));
    answered(&mut editor, &model, "c", "1", "one", "first");
    answered(&mut editor, &model, "c", "2", "two", "second");
    let told: Value = editor.next("window/showMessage");
    let message = told["message"].as_str().unwrap();
    assert!(message.contains("Chats can't be kept on disk") && message.contains("in memory"), "{message}");
    assert_eq!(texts(&mut editor, "c"), ["one", "first", "two", "second"]);
}
