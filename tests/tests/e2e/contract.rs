//! The edit contract with editors that are late, refuse, lie or garble: the user's text survives them all.

use aside::protocol::{ProposalReject, ProposalState, method};
use aside_core::position::{Position, Range};
use aside_tests::editor::ApplyEdit;
use aside_tests::{FakeModel, TestEditor};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};

const CODE: &str = "// head\nfn sum(a: i32, b: i32) -> i32 {\n    a - b\n    // as it says\n}\n// tail\n";
const FUNCTION: &str = "fn sum(a: i32, b: i32) -> i32 {\n    a - b\n    // as it says\n}\n";
const ANSWER: &str = "```rust\nfn sum(a: i32, b: i32) -> i32 {\n    a + b\n    // as it says\n}\n```";

/// An editor without an extension, its proposal ready.
fn ready(code: &str) -> (FakeModel, TestEditor, String) {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup().without_extension());
    let uri = editor.open("sum.rs", code);
    let function = if code.contains("\r\n") { FUNCTION.replace('\n', "\r\n") } else { FUNCTION.to_owned() };
    let range = editor.range_of(&uri, &function);
    let action = editor.code_action(&uri, range, "Improve this");
    editor.run(&action);
    let progress = editor.progress_begins();
    model.next().openai_answer(ANSWER);
    editor.progress_ends(progress);
    editor.next::<Value>("window/showMessage");
    (model, editor, uri)
}

/// Accepts, with an editor that behaves so.
#[track_caller]
fn accept(editor: &mut TestEditor, uri: &str, behaviour: ApplyEdit) {
    let all = editor.whole(uri);
    let action = editor.code_action(uri, all, "Accept");
    editor.apply_edits_like(&[behaviour]);
    editor.run(&action);
    editor.next::<Value>("workspace/applyEdit");
}

#[track_caller]
fn told(editor: &mut TestEditor) -> String {
    editor.next::<Value>("window/showMessage")["message"].as_str().unwrap().to_owned()
}

#[track_caller]
fn offers(editor: &mut TestEditor, uri: &str, words: &str) -> bool {
    let all = editor.whole(uri);
    let actions = editor.code_actions(uri, all, &json!([]));
    actions.iter().any(|action| action["title"].as_str().is_some_and(|title| title.contains(words)))
}

#[test]
fn an_honest_editor_has_the_edit_and_nothing_is_left_to_accept() {
    for behaviour in [ApplyEdit::Honest, ApplyEdit::ChangeAfterAnswer] {
        let (_model, mut editor, uri) = ready(CODE);
        accept(&mut editor, &uri, behaviour);
        editor.wait_for_text(&uri, &CODE.replace("a - b", "a + b"));
        assert!(!offers(&mut editor, &uri, "Accept"), "{behaviour:?}");
    }
}

#[test]
fn an_editor_that_refuses_is_told_and_can_accept_again() {
    let (_model, mut editor, uri) = ready(CODE);
    accept(&mut editor, &uri, ApplyEdit::Refuse);
    told(&mut editor);
    assert_eq!(editor.text(&uri), CODE);
    accept(&mut editor, &uri, ApplyEdit::Honest);
    editor.wait_for_text(&uri, &CODE.replace("a - b", "a + b"));
}

#[test]
fn an_editor_that_lies_about_applying_is_not_believed() {
    let (_model, mut editor, uri) = ready(CODE);
    accept(&mut editor, &uri, ApplyEdit::Lie);
    // The user goes on typing; the change shows that the edit is not there.
    editor.type_after(&uri, "// head", "!");
    let expected = CODE.replace("head", "head!");
    assert_eq!(editor.text(&uri), expected);
    // The server judges at the first request that it reads after the editor's answer, which may overtake it.
    let asked = (0..1000).find(|_| {
        assert!(offers(&mut editor, &uri, "Accept"), "the proposal is still there");
        editor.unread("window/showMessage") > 0
    });
    assert!(asked.is_some(), "the user is never told");
    let told = told(&mut editor);
    assert!(told.contains("did not apply"), "{told}");
    accept(&mut editor, &uri, ApplyEdit::Honest);
    editor.wait_for_text(&uri, &expected.replace("a - b", "a + b"));
}

#[test]
fn an_editor_that_lies_while_its_user_waits_is_found_out_too() {
    let (_model, mut editor, uri) = ready(CODE);
    accept(&mut editor, &uri, ApplyEdit::Lie);
    let told = told(&mut editor);
    assert!(told.contains("did not apply"), "{told}");
    accept(&mut editor, &uri, ApplyEdit::Honest);
    editor.wait_for_text(&uri, &CODE.replace("a - b", "a + b"));
}

#[test]
fn an_edit_over_unsent_typing_keeps_what_the_user_typed() {
    let (_model, mut editor, uri) = ready(CODE);
    let all = editor.whole(&uri);
    let action = editor.code_action(&uri, all, "Accept");
    editor.hold_changes(true);
    editor.type_after(&uri, "// head", "\n// typed and not sent");
    editor.apply_edits_like(&[ApplyEdit::OverUnsent]);
    editor.run(&action);
    editor.next::<Value>("workspace/applyEdit");
    editor.next::<Value>("workspace/applyEdit");
    editor.wait_for_text(&uri, &CODE.replace("head", "head\n// typed and not sent"));
    told(&mut editor);
}

#[test]
fn an_editor_that_is_late_again_when_it_takes_an_edit_back_loses_nothing() {
    let (_model, mut editor, uri) = ready(CODE);
    let all = editor.whole(&uri);
    let action = editor.code_action(&uri, all, "Accept");
    editor.apply_edits_like(&[
        ApplyEdit::OverTyped("// the first one\n"),
        ApplyEdit::OverTyped("// two\n// three\n"),
    ]);
    editor.run(&action);
    editor.wait_for_text(&uri, &format!("// two\n// three\n// the first one\n{CODE}"));
    assert!(told(&mut editor).contains("wrong place"));
    editor.forget_unread("workspace/applyEdit");
    accept(&mut editor, &uri, ApplyEdit::Honest);
    editor.wait_for_text(
        &uri,
        &format!("// two\n// three\n// the first one\n{}", CODE.replace("a - b", "a + b")),
    );
}

#[test]
fn an_editor_that_refuses_to_take_an_edit_back_is_asked_again_for_the_text_that_it_has_by_then() {
    let (_model, mut editor, uri) = ready(CODE);
    let all = editor.whole(&uri);
    let action = editor.code_action(&uri, all, "Accept");
    editor.apply_edits_like(&[ApplyEdit::OverTyped("// the first one\n"), ApplyEdit::Refuse]);
    editor.run(&action);
    editor.next::<Value>("workspace/applyEdit");
    editor.next::<Value>("workspace/applyEdit");
    assert!(told(&mut editor).contains("wrong place"));
    // The server has read the answer to it before what is typed next.
    editor.request("aside/models", json!({}));
    editor.type_after(&uri, "// tail", "!");
    editor.next::<Value>("workspace/applyEdit");
    editor.wait_for_text(&uri, &format!("// the first one\n{}", CODE.replace("tail", "tail!")));
}

#[test]
fn nothing_is_accepted_into_a_text_in_which_something_is_being_taken_back() {
    let (_model, mut editor, uri) = ready(CODE);
    let all = editor.whole(&uri);
    let action = editor.code_action(&uri, all, "Accept");
    editor.apply_edits_like(&[ApplyEdit::OverTyped("// the first one\n"), ApplyEdit::Silent]);
    editor.run(&action);
    editor.next::<Value>("workspace/applyEdit");
    editor.next::<Value>("workspace/applyEdit");
    assert!(told(&mut editor).contains("wrong place"));
    let before = editor.text(&uri);
    let run = json!({"command": action["command"]["command"], "arguments": action["command"]["arguments"]});
    let refused = editor.try_request("workspace/executeCommand", run).unwrap_err();
    assert!(refused.message.contains("is being taken back"), "{refused:?}");
    assert_eq!(editor.text(&uri), before);
}

#[test]
fn what_was_offered_for_an_answer_accepts_nothing_of_the_one_after_a_retry() {
    let (model, mut editor, uri) = ready(CODE);
    let all = editor.whole(&uri);
    let offered = editor.code_action(&uri, all, "Accept");
    let retry = editor.code_action(&uri, all, "Retry");
    editor.run(&retry);
    let progress = editor.progress_begins();
    model.next().openai_answer("```rust\nfn sum(a: i32, b: i32) -> i32 {\n    0\n}\n```");
    editor.progress_ends(progress);
    editor.next::<Value>("window/showMessage");
    let refused = editor.try_request("workspace/executeCommand", &offered["command"]).unwrap_err();
    assert!(refused.message.contains("Look at the proposal again"), "{refused:?}");
    assert_eq!(editor.text(&uri), CODE);
    accept(&mut editor, &uri, ApplyEdit::Honest);
    editor.wait_for(&uri, |text| text.contains("    0\n"));
}

#[test]
fn an_editor_that_turns_line_endings_loses_nothing() {
    let crlf = CODE.replace('\n', "\r\n");
    let (_model, mut editor, uri) = ready(&crlf);
    accept(&mut editor, &uri, ApplyEdit::UnixLines);
    editor.wait_for(&uri, |text| text.replace('\r', "") == CODE.replace("a - b", "a + b"));
    assert!(!offers(&mut editor, &uri, "Accept"));
}

#[test]
fn an_editor_that_never_answers_holds_nothing_up() {
    let (_model, mut editor, uri) = ready(CODE);
    accept(&mut editor, &uri, ApplyEdit::Silent);
    editor.type_after(&uri, "// tail", "!");
    assert_eq!(editor.text(&uri), CODE.replace("tail", "tail!"));
    assert!(offers(&mut editor, &uri, "Explain"));
}

#[test]
fn versions_may_start_anywhere_and_be_counted_anew() {
    for first_version in [0, -5, 1_000_000] {
        let model = FakeModel::start();
        let setup = aside_tests::Setup { first_version, ..model.setup() };
        let mut editor = TestEditor::start(&setup);
        for (name, before, after) in [("p", "a - b", "a + b"), ("q", "a + b", "a * b")] {
            let uri = editor.open("sum.rs", &CODE.replace("a - b", before));
            let range = editor.range_of(&uri, &FUNCTION.replace("a - b", before));
            editor.instruct(name, &uri, range, "change it");
            model.next().openai_answer(&ANSWER.replace("a + b", after));
            editor.proposal_in(name, ProposalState::Ready);
            editor.accept(name, None).unwrap();
            assert_eq!(editor.text(&uri), CODE.replace("a - b", after));
            editor.proposal_in(name, ProposalState::Accepted);
            editor.close(&uri);
        }
        // What was accepted is told again when its document is reopened.
        editor.forget_unread(method::PROPOSAL_EVENT);
    }
}

/// Where (a fraction of the text), and what is typed there.
fn typing() -> impl Strategy<Value = Vec<(f64, String)>> {
    prop::collection::vec((0.0..=1.0, "[a👍é\t\n ]{1,4}"), 0..5)
}

/// Whatever is typed anywhere while the model writes and after: once the proposal has been accepted or is in conflict,
/// every character the user typed is there, in order, and the text outside of the span is untouched.
#[test]
fn the_users_text_survives_any_typing() {
    for encoding in ["utf-8", "utf-16", "utf-32"] {
        for end in ["\n", "\r\n"] {
            let model = FakeModel::start();
            let editor = TestEditor::start(&model.setup().with_encodings(&[encoding]));
            let (editor, count) = (RefCell::new(editor), Cell::new(0));
            proptest!(crate::support::cases(12), |(before in typing(), after in typing())| {
                let mut editor = editor.borrow_mut();
                count.set(count.get() + 1);
                let name = count.get().to_string();
                let uri = editor.open(&format!("{name}.rs"), &CODE.replace('\n', end));
                let range = editor.range_of(&uri, &FUNCTION.replace('\n', end));
                editor.instruct(&name, &uri, range, "add");
                let exchange = model.next();
                type_all(&mut editor, &uri, &before, end);
                exchange.openai_answer(ANSWER);
                editor.proposal(&name, |event| event.state != ProposalState::Working);
                type_all(&mut editor, &uri, &after, end);
                let typed = editor.text(&uri);
                let accepted = editor.accept(&name, None).is_ok();
                let text = editor.text(&uri);
                if accepted {
                    editor.proposal_in(&name, ProposalState::Accepted);
                    prop_assert_eq!(only_typed(&text), only_typed(&typed), "{:?} became {:?}", typed, text);
                } else {
                    prop_assert_eq!(&text, &typed);
                    let reject = ProposalReject { proposal: name.clone(), hunks: None };
                    editor.request(method::PROPOSAL_REJECT, reject);
                    editor.proposal_in(&name, ProposalState::Rejected);
                }
                editor.close(&uri);
            });
        }
    }
}

/// What only the user can have typed.
fn only_typed(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '👍' | 'é' | '\t')).collect()
}

fn type_all(editor: &mut TestEditor, uri: &str, typing: &[(f64, String)], end: &str) {
    for (at, new) in typing {
        let text = editor.text(uri);
        let places: Vec<usize> = text
            .char_indices()
            .map(|(i, _)| i)
            .chain([text.len()])
            .filter(|i| !text[*i..].starts_with('\n'))
            .collect();
        let offset = places[((places.len() - 1) as f64 * at) as usize];
        let place: Position = aside_tests::editor::position(&text, offset, editor.encoding());
        editor.change(uri, Range { start: place, end: place }, &new.replace('\n', end));
    }
}
