//! Chats that are kept on disk: across restarts, with several servers at once, and where the disk can't be used.

use crate::support::{question, refused};
use aside::protocol::{
    ChatFork, ChatMarkdown, ChatName, ChatRename, ChatSearch, ChatSend, ChatSummary, ChatTranscript, Mention,
    Preview, PreviewResult, TurnEvent, method,
};
use aside_core::problem::{Problem, ProblemKind};
use aside_tests::editor::{Process, Turn};
use aside_tests::{FakeModel, LIMIT, Setup, TestEditor};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

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

/// Waits until another server has kept these texts of a chat.
#[track_caller]
fn wait_for_texts(editor: &mut TestEditor, chat: &str, expected: &[&str]) {
    let until = Instant::now() + LIMIT;
    loop {
        let is_there = list(editor).iter().any(|listed| listed.chat == chat);
        let now = if is_there { texts(editor, chat) } else { Vec::new() };
        if now == expected {
            return;
        }
        assert!(Instant::now() < until, "it stays at {now:?}");
    }
}

#[track_caller]
fn list(editor: &mut TestEditor) -> Vec<ChatSummary> {
    editor.ask(method::CHAT_LIST, Value::Null)
}

#[test]
fn what_became_of_a_turn_is_there_again_after_a_restart() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let mut setup = keeping_in(folder.path(), &model);
    setup.settings["providers"]["fake"]["prices"] = json!({"test": {"input": 1_000_000, "output": 0}});
    let mut editor = TestEditor::start(&setup);
    let uri = editor.open("deep/folder/a.rs", "fn a() {}\n");
    let mentions = vec![Mention::File { uri }];
    editor.send_chat(&ChatSend { chat: "c".into(), ..question("What is it?", mentions) });
    let mut exchange = model.next();
    exchange.openai_reasoning("let me see");
    exchange.openai_text("A function.");
    exchange.openai_done();
    let first = editor.turn("c", "1");
    editor.send("c", "2", "Sure?");
    model.next().openai_error(400, "billing", "no credit", &[]);
    let second = editor.turn("c", "2");
    assert!(first.cost.is_some() && !first.items.is_empty());
    drop(editor);

    let mut editor = TestEditor::start(&setup);
    let transcript: ChatTranscript = editor.ask(method::CHAT_OPEN, name("c"));
    let [_, one, _, two] = transcript.messages.as_slice() else { panic!("{transcript:?}") };
    let mut items = first.items.clone();
    items.iter_mut().for_each(|item| item.uri = None);
    let context = |turn: &Turn, items| TurnEvent::Context {
        model: "fake/test".into(),
        origin: model.origin(),
        items,
        tokens: turn.tokens,
        budget: turn.budget,
        masked: 0,
        fallbacks: vec![],
    };
    let usage = TurnEvent::Usage { usage: first.usage.unwrap(), cost: first.cost.clone() };
    let reasoning = TurnEvent::Reasoning { text: "let me see".into() };
    assert_eq!(one.events, [context(&first, items), reasoning, usage, TurnEvent::Done { cut: false }]);
    assert_eq!(one.said, first.said);
    let problem = Problem { detail: None, ..second.problem().clone() };
    assert!(second.problem().detail.is_some(), "a provider's own words are shown and not kept");
    assert_eq!(two.events.last(), Some(&TurnEvent::Failed { problem }));
    assert_eq!(two.said.as_ref().map(|said| &said.above), second.said.as_ref().map(|said| &said.above));
    assert!(!serde_json::to_string(&transcript).unwrap().contains("folder"), "a kept chat names no path");
}

#[test]
fn a_kept_question_is_asked_again_with_what_went_along() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let mut editor = TestEditor::start(&setup);
    let uri = editor.open("a.rs", "fn a_function() {}\n");
    let mentions = vec![Mention::File { uri }];
    let asked = ChatSend { chat: "c".into(), ..question("What is it?", mentions) };
    editor.send_chat(&asked);
    let exchange = model.next();
    let before = exchange.body["messages"].clone();
    exchange.openai_answer("A function.");
    let first = editor.turn("c", "1");
    drop(editor);

    let mut editor = TestEditor::start(&setup);
    texts(&mut editor, "c");
    let again = ChatSend { again: true, mentions: vec![], ..asked };
    let shown: PreviewResult = editor.ask(method::PREVIEW, Preview::Turn(again.clone()));
    editor.send_chat(&again);
    let exchange = model.next();
    assert_eq!(exchange.body["messages"], before);
    assert_eq!(exchange.bytes, shown.body.as_bytes());
    exchange.openai_answer("The same.");
    let turn = editor.turn("c", "1");
    let labels = |turn: &Turn| turn.items.iter().map(|item| item.label.clone()).collect::<Vec<_>>();
    assert_eq!((labels(&turn), turn.tokens), (labels(&first), first.tokens));
    assert_eq!(texts(&mut editor, "c"), ["What is it?", "The same."]);
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

#[cfg(unix)]
#[test]
fn after_all_data_was_deleted_a_running_server_says_so_and_keeps_what_is_new() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let mut editor = TestEditor::start(&setup);
    answered(&mut editor, &model, "c", "1", "one", "first");
    let mut delete = Process::start(&["data", "delete", "--all", "--yes"], &setup.env);
    assert!(delete.wait_for_exit().success());
    refused(&mut editor, method::CHAT_OPEN, name("c"), ProblemKind::NotFound);
    answered(&mut editor, &model, "new", "1", "two", "second");
    drop(editor);
    let mut editor = TestEditor::start(&setup);
    assert_eq!(names(&list(&mut editor)), ["new"]);
    assert_eq!(texts(&mut editor, "new"), ["two", "second"]);
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
fn a_chat_that_is_open_in_two_editors_loses_no_turn_and_shows_the_others() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let (mut one, mut two) = (TestEditor::start(&setup), TestEditor::start(&setup));
    answered(&mut one, &model, "c", "1", "first", "a");
    assert_eq!(texts(&mut two, "c"), ["first", "a"]);
    answered(&mut one, &model, "c", "2", "of one", "b");

    // It was not opened again: what goes along unseen is said, and a preview shows the very bytes.
    let send = json!({"kind": "turn", "chat": "c", "turn": "3", "text": "of two", "mentions": []});
    let preview: PreviewResult = two.ask(method::PREVIEW, send);
    two.send("c", "3", "of two");
    let mut exchange = model.next();
    let sent = String::from_utf8_lossy(&exchange.bytes).into_owned();
    assert!(sent.contains("of one") && sent.ends_with(&preview.body), "{sent}\n{}", preview.body);
    exchange.openai_text("c");
    exchange.openai_done();
    let turn = two.turn("c", "3");
    assert_eq!(turn.items[0].label, "1 turn from another editor");

    let all = ["first", "a", "of one", "b", "of two", "c"];
    assert_eq!(texts(&mut one, "c"), all);
    assert_eq!(texts(&mut two, "c"), all);
    drop((one, two));
    assert_eq!(texts(&mut TestEditor::start(&setup), "c"), all);
}

#[test]
fn two_editors_that_ask_in_one_chat_at_once_both_keep_their_answers() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let (mut one, mut two) = (TestEditor::start(&setup), TestEditor::start(&setup));
    answered(&mut one, &model, "c", "1", "first", "a");
    one.send("c", "2", "of one");
    let mut of_one = model.next();
    two.send("c", "2", "of two");
    let mut of_two = model.next();
    of_two.openai_text("for two");
    of_two.openai_done();
    assert!(two.turn("c", "2").end.is_some());
    of_one.openai_text("for one");
    of_one.openai_done();
    assert!(one.turn("c", "2").end.is_some());
    drop((one, two));
    let mut editor = TestEditor::start(&setup);
    let texts = texts(&mut editor, "c");
    let mut turns: Vec<_> = texts.chunks(2).collect();
    turns.sort();
    assert_eq!(turns, [["first", "a"], ["of one", "for one"], ["of two", "for two"]]);
}

#[test]
fn a_chat_that_was_deleted_in_one_editor_is_deleted_in_all() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let (mut one, mut two) = (TestEditor::start(&setup), TestEditor::start(&setup));
    answered(&mut one, &model, "c", "1", "first", "a");
    assert_eq!(texts(&mut two, "c"), ["first", "a"]);
    one.request(method::CHAT_DELETE, name("c"));

    assert_eq!(list(&mut two), []);
    let send = json!({"chat": "c", "turn": "2", "text": "and?", "mentions": []});
    refused(&mut two, method::CHAT_SEND, &send, ProblemKind::NotFound);
    refused(&mut two, method::CHAT_OPEN, name("c"), ProblemKind::NotFound);
    refused(&mut two, method::CHAT_SEND, &send, ProblemKind::NotFound);
    drop((one, two));
    assert_eq!(list(&mut TestEditor::start(&setup)), []);
}

#[test]
fn a_chat_that_is_deleted_during_an_answer_elsewhere_does_not_come_back() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let (mut one, mut two) = (TestEditor::start(&setup), TestEditor::start(&setup));
    answered(&mut one, &model, "c", "1", "first", "a");
    two.send("c", "2", "second");
    let mut exchange = model.next();
    exchange.openai_text("half");
    let half = two.turn_until("c", "2", Default::default(), |turn| turn.text == "half");
    one.request(method::CHAT_DELETE, name("c"));
    exchange.openai_text(" and half");
    let turn = two.turn_until("c", "2", half, |turn| turn.end.is_some());
    assert!(turn.problem().title.contains("deleted in another editor"), "{turn:?}");
    exchange.client_closed();
    assert_eq!(list(&mut one), []);
    refused(&mut two, method::CHAT_OPEN, name("c"), ProblemKind::NotFound);
    drop((one, two));
    assert_eq!(list(&mut TestEditor::start(&setup)), []);
}

#[test]
fn a_chat_that_is_deleted_elsewhere_while_it_waits_for_its_answer_does_not_come_back() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let (mut one, mut two) = (TestEditor::start(&setup), TestEditor::start(&setup));
    answered(&mut one, &model, "c", "1", "first", "a");
    two.send("c", "2", "second");
    let exchange = model.next();
    wait_for_texts(&mut one, "c", &["first", "a", "second", ""]);
    one.request(method::CHAT_DELETE, name("c"));
    exchange.openai_answer("whole");
    let turn = two.turn("c", "2");
    assert_eq!(turn.text, "whole");
    assert!(turn.problem().title.contains("deleted in another editor"), "{turn:?}");
    assert_eq!(list(&mut one), []);
    refused(&mut two, method::CHAT_OPEN, name("c"), ProblemKind::NotFound);
}

/// Keeps everybody else from writing to the chats, as a slow disk does, until it is dropped.
fn slow_disk(folder: &Path) -> rusqlite::Connection {
    let file = rusqlite::Connection::open(folder.join("aside.sqlite")).unwrap();
    file.execute_batch("BEGIN IMMEDIATE").unwrap();
    file
}

#[test]
fn an_answer_that_is_told_as_done_is_kept() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let (mut one, mut two) = (TestEditor::start(&setup), TestEditor::start(&setup));
    answered(&mut one, &model, "c", "1", "first", "a");
    let disk = slow_disk(folder.path());
    one.send("c", "2", "second");
    let exchange = model.next();
    one.wait_for_status(|status| status.busy == 1);
    exchange.openai_answer("b");
    one.wait_for_status(|status| status.busy == 0);
    drop(disk);
    assert_eq!(one.turn("c", "2").end, Some(TurnEvent::Done { cut: false }));
    assert_eq!(texts(&mut two, "c"), ["first", "a", "second", "b"]);
}

#[test]
fn an_answer_that_is_told_as_stopped_is_kept_as_far_as_it_came() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let (mut one, mut two) = (TestEditor::start(&setup), TestEditor::start(&setup));
    answered(&mut one, &model, "c", "1", "first", "a");
    let disk = slow_disk(folder.path());
    one.send("c", "2", "second");
    let mut exchange = model.next();
    exchange.openai_text("half");
    let half = one.turn_until("c", "2", Default::default(), |turn| turn.text == "half");
    let cancel = json!({"kind": "turn", "chat": "c", "turn": "2"});
    let cancelled = one.send_request(method::CANCEL, cancel);
    exchange.client_closed();
    drop(disk);
    one.reply(&cancelled).unwrap();
    let turn = one.turn_until("c", "2", half, |turn| turn.end.is_some());
    assert_eq!(turn.end, Some(TurnEvent::Cancelled));
    assert_eq!(texts(&mut two, "c"), ["first", "a", "second", "half"]);
}

#[test]
fn what_came_of_an_answer_outlives_a_server_that_is_killed() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let (mut one, mut two) = (TestEditor::start(&setup), TestEditor::start(&setup));
    one.send("c", "1", "Tell me a story");
    let mut exchange = model.next();
    exchange.openai_reasoning("Which one?");
    exchange.openai_text("Once upon");
    let turn = one.turn_until("c", "1", Default::default(), |turn| turn.text == "Once upon");
    wait_for_texts(&mut two, "c", &["Tell me a story", "Once upon"]);
    exchange.openai_text(" a time");
    one.turn_until("c", "1", turn, |turn| turn.text == "Once upon a time");
    wait_for_texts(&mut two, "c", &["Tell me a story", "Once upon a time"]);
    one.kill();
    exchange.client_closed();
    drop((one, two));
    let mut editor = TestEditor::start(&setup);
    assert_eq!(texts(&mut editor, "c"), ["Tell me a story", "Once upon a time"]);
}

#[test]
fn a_cancel_right_behind_a_question_stops_it_though_its_chat_is_still_being_read() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let mut editor = TestEditor::start(&setup);
    answered(&mut editor, &model, "c", "1", "first", "a");
    drop(editor);
    let mut editor = TestEditor::start(&setup);
    let send = json!({"chat": "c", "turn": "2", "text": "and?", "mentions": []});
    let sent = editor.send_request(method::CHAT_SEND, send);
    let cancelled = editor.send_request(method::CANCEL, json!({"kind": "turn", "chat": "c", "turn": "2"}));
    editor.reply(&cancelled).unwrap();
    editor.reply(&sent).unwrap();
    assert_eq!(editor.turn("c", "2").end, Some(TurnEvent::Cancelled));
}

#[test]
fn the_list_takes_any_params_and_holds_a_chat_from_its_first_question_on() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "hello");
    let exchange = model.next();
    for params in [Value::Null, json!({}), json!({"limit": 5})] {
        let listed: Vec<ChatSummary> = editor.ask(method::CHAT_LIST, params);
        assert_eq!(names(&listed), ["c"]);
    }
    exchange.openai_answer("hi");
    assert!(editor.turn("c", "1").end.is_some());
}

#[test]
fn a_kept_chat_that_cannot_be_read_costs_a_search_nothing_but_itself() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let setup = keeping_in(folder.path(), &model);
    let mut editor = TestEditor::start(&setup);
    answered(&mut editor, &model, "a", "1", "About apples", "red");
    answered(&mut editor, &model, "b", "1", "About pears", "green");
    drop(editor);
    let file = rusqlite::Connection::open(folder.path().join("aside.sqlite")).unwrap();
    file.execute(
        "UPDATE turn SET body = '{\"from\":\"the future\"}' WHERE number = (SELECT min(number) FROM turn)",
        [],
    )
    .unwrap();

    let mut editor = TestEditor::start(&setup);
    for _ in 0..2 {
        let found: Vec<ChatSummary> = editor.ask(method::CHAT_SEARCH, ChatSearch { text: "green".into() });
        assert_eq!(names(&found), ["b"]);
    }
    let told: Value = editor.next("window/showMessage");
    assert!(told["message"].as_str().unwrap().contains("`About apples` can't be read"), "{told}");
    refused(&mut editor, method::CHAT_OPEN, name("a"), ProblemKind::NotFound);
    assert_eq!(list(&mut editor).len(), 2);
    drop(editor);
    let body: String =
        file.query_row("SELECT body FROM turn ORDER BY number LIMIT 1", [], |row| row.get(0)).unwrap();
    assert_eq!(body, "{\"from\":\"the future\"}", "it is never written over");
}
