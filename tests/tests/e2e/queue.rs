//! The line before a provider whose limits the user set: who is asked, who waits in which place, and who gives up.

use aside::protocol::{Cancel, ProposalState, TurnEvent, method};
use aside_tests::editor::Turn;
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};

fn limited(model: &FakeModel, limits: &Value) -> Setup {
    let mut settings = model.settings();
    for (name, value) in limits.as_object().unwrap() {
        settings["providers"]["fake"][name] = value.clone();
    }
    Setup { settings, ..Setup::default() }
}

/// The turn, once it was told this place last.
#[track_caller]
fn in_place(editor: &mut TestEditor, chat: &str, so_far: Turn, place: u32) -> Turn {
    editor.turn_until(chat, "1", so_far, |turn| turn.places.last() == Some(&place))
}

#[test]
fn so_many_are_asked_at_once_and_each_other_sees_its_place_in_line() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&limited(&model, &json!({"maxConcurrent": 1})));
    editor.send("a", "1", "first");
    let first = model.next();
    editor.send("b", "1", "second");
    let second = in_place(&mut editor, "b", Turn::default(), 1);
    editor.send("c", "1", "third");
    let third = in_place(&mut editor, "c", Turn::default(), 2);
    editor.send("d", "1", "fourth");
    let fourth = in_place(&mut editor, "d", Turn::default(), 3);
    model.expect_no_request();

    // One gives up in the middle of the line, and the next moves up.
    editor.cancel_turn("c", "1");
    let third = editor.turn_until("c", "1", third, |turn| turn.end.is_some());
    assert_eq!((third.end, third.places), (Some(TurnEvent::Cancelled), vec![2]));
    let fourth = in_place(&mut editor, "d", fourth, 2);

    first.openai_answer("one");
    assert_eq!(editor.turn("a", "1").text, "one");
    let exchange = model.next();
    assert!(exchange.prompt().contains("second"));
    let second = in_place(&mut editor, "b", second, 0);
    let fourth = in_place(&mut editor, "d", fourth, 1);
    exchange.openai_answer("two");
    let second = editor.turn_until("b", "1", second, |turn| turn.end.is_some());
    assert_eq!((second.text.as_str(), second.places), ("two", vec![1, 0]));
    model.next().openai_answer("four");
    let fourth = editor.turn_until("d", "1", fourth, |turn| turn.end.is_some());
    assert_eq!((fourth.text.as_str(), fourth.places), ("four", vec![3, 2, 1, 0]));
}

#[test]
fn an_instruction_shows_its_place_and_can_be_stopped_there() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&limited(&model, &json!({"maxConcurrent": 1})));
    editor.send("a", "1", "first");
    let first = model.next();
    let uri = editor.open("a.rs", "fn a() {}\n");
    let range = editor.whole(&uri);
    for name in ["stopped", "patient"] {
        editor.instruct(name, &uri, range, "rename a to b");
        editor.proposal(name, |event| event.queued == Some(1) && event.state == ProposalState::Working);
        if name == "stopped" {
            editor.request(method::CANCEL, Cancel::Proposal { proposal: name.into() });
            let event = editor.proposal(name, |event| event.state == ProposalState::Cancelled);
            assert_eq!(event.queued, None);
        }
    }
    first.openai_answer("one");
    editor.turn("a", "1");
    let exchange = model.next();
    editor.proposal("patient", |event| event.queued.is_none() && event.state == ProposalState::Working);
    exchange.openai_answer("```rust\nfn b() {}\n```");
    editor.proposal_in("patient", ProposalState::Ready);
}

#[test]
fn an_editor_without_an_extension_sees_the_place_in_a_progress() {
    let model = FakeModel::start();
    let setup = limited(&model, &json!({"maxConcurrent": 1})).without_extension();
    let mut editor = TestEditor::start(&setup);
    let uri = editor.open("a.rs", "fn a() {}\n");
    let range = editor.whole(&uri);
    let action = editor.code_action(&uri, range, "Improve");
    editor.run(&action);
    let first = model.next();
    let progress = editor.progress_begins();
    let explain = editor.code_action(&uri, range, "Explain");
    editor.run(&explain);
    let mut waiting = editor.progress_begins();
    let report: Value = editor.expect("$/progress", |p: &Value| p["token"] == waiting.token);
    waiting.messages.extend(report["value"]["message"].as_str().map(str::to_owned));
    assert_eq!(waiting.messages.last().map(String::as_str), Some("in line for fake, place 1"));
    editor.cancel_progress(&waiting);
    editor.progress_ends(waiting);
    editor.cancel_progress(&progress);
    editor.progress_ends(progress);
    first.client_closed();
    model.expect_no_request();
}

#[test]
fn so_many_are_asked_in_a_minute() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&limited(&model, &json!({"requestsPerMinute": 2})));
    for chat in ["a", "b"] {
        editor.send(chat, "1", "hello");
        model.next().openai_answer("hi");
        assert_eq!(editor.turn(chat, "1").places, [0; 0]);
    }
    editor.send("c", "1", "hello");
    let turn = in_place(&mut editor, "c", Turn::default(), 1);
    model.expect_no_request();
    editor.cancel_turn("c", "1");
    editor.turn_until("c", "1", turn, |turn| turn.end == Some(TurnEvent::Cancelled));
}
