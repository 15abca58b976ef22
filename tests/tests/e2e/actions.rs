//! Code actions in an editor that knows nothing of Aside's own messages.

use aside_core::position::Range;
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};

const CODE: &str = "fn sum(a: i32, b: i32) -> i32 {\n    a - b\n}\n\nfn other() {}\n";
const FUNCTION: &str = "fn sum(a: i32, b: i32) -> i32 {\n    a - b\n}\n";
const ANSWER: &str = "```rust\nfn sum(a: i32, b: i32) -> i32 {\n    a + b\n}\n```";

fn editor(model: &FakeModel, more: &Value) -> (TestEditor, String, Range) {
    let setup = model.setup().without_extension().with_settings(more);
    let mut editor = TestEditor::start(&setup);
    let uri = editor.open("sum.rs", CODE);
    let range = editor.range_of(&uri, FUNCTION);
    (editor, uri, range)
}

#[track_caller]
fn titles(editor: &mut TestEditor, uri: &str, range: Range, diagnostics: &Value) -> Vec<String> {
    let all = editor.code_actions(uri, range, diagnostics);
    all.iter().map(|action| action["title"].as_str().unwrap().to_owned()).collect()
}

/// Runs an action and lets the model answer; the proposal is ready afterwards.
#[track_caller]
fn propose(editor: &mut TestEditor, model: &FakeModel, uri: &str, range: Range, action: &str, answer: &str) {
    let action = editor.code_action(uri, range, action);
    editor.run(&action);
    let progress = editor.progress_begins();
    model.next().openai_answer(answer);
    editor.progress_ends(progress);
    let told = message(editor);
    assert!(told.contains("sum.rs"), "{told}");
}

#[track_caller]
fn message(editor: &mut TestEditor) -> String {
    editor.next::<Value>("window/showMessage")["message"].as_str().unwrap().to_owned()
}

/// The Markdown that the editor was asked to show.
#[track_caller]
fn shown(editor: &mut TestEditor) -> String {
    let uri = editor.next::<Value>("window/showDocument")["uri"].as_str().unwrap().to_owned();
    let path = uri.strip_prefix("file://").unwrap();
    assert!([".md", ".diff"].iter().any(|end| path.ends_with(end)), "{uri}");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_built_in_actions_and_the_users_own_are_offered_where_they_fit() {
    let model = FakeModel::start();
    let own = json!({"actions": [
        {"title": "Make it shout", "instruction": "Write it in capitals.", "kind": "refactor.rewrite", "result": "edit"},
        {"title": "Only Python", "instruction": "x", "languages": ["python"]},
    ]});
    let (mut editor, uri, range) = editor(&model, &own);
    let offered = titles(&mut editor, &uri, range, &json!([]));
    assert_eq!(
        offered,
        [
            "Aside: Explain this",
            "Aside: Improve this",
            "Aside: Document this",
            "Aside: Write a test",
            "Make it shout",
            "Aside: New chat"
        ]
    );
    let problem = json!([{"range": range, "message": "wrong"}]);
    let offered = titles(&mut editor, &uri, range, &problem);
    assert_eq!(offered[0], "Aside: Fix this problem");
    let below = json!([{"range": {"start": {"line": 90, "character": 0}, "end": {"line": 90, "character": 1}}, "message": "wrong"}]);
    let offered = titles(&mut editor, &uri, range, &below);
    assert_eq!(offered[0], "Aside: Explain this", "a diagnostic elsewhere is no problem of this place");
    assert_eq!(model.connections(), 0);
}

#[test]
fn only_the_kinds_that_are_asked_for_are_offered() {
    let model = FakeModel::start();
    let (mut editor, uri, range) = editor(&model, &json!({}));
    for (only, count) in [("refactor", 2), ("quickfix", 0), ("source.organizeImports", 0), ("aside", 3)] {
        let params = json!({
            "textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": [], "only": [only]},
        });
        let found: Option<Vec<Value>> = editor.ask("textDocument/codeAction", params);
        assert_eq!(found.unwrap_or_default().len(), count, "{only}");
    }
}

#[test]
fn a_fix_is_asked_for_with_the_diagnostics_and_applied_by_an_accept_action() {
    let model = FakeModel::start();
    let (mut editor, uri, range) = editor(&model, &json!({}));
    let place = editor.range_of(&uri, "a - b");
    let problem = json!([{"range": place, "severity": 1, "source": "tests", "message": "sum subtracts", "data": {"x": 1}}]);
    let actions = editor.code_actions(&uri, range, &problem);
    assert_eq!(actions[0]["diagnostics"], problem, "they come back untouched");
    assert_eq!(editor.run(&actions[0]), Value::Null);
    let progress = editor.progress_begins();
    assert!(progress.cancellable, "{progress:?}");
    assert_eq!(progress.title, actions[0]["title"], "not the instruction that stands behind it");
    let exchange = model.next();
    let prompt = exchange.prompt();
    assert!(prompt.contains("sum subtracts") && prompt.contains("a - b"), "{prompt}");
    exchange.openai_answer(ANSWER);
    editor.progress_ends(progress);
    message(&mut editor);
    assert_eq!(editor.text(&uri), CODE, "nothing is applied unasked");
    let accept = editor.code_action(&uri, range, "Accept");
    editor.run(&accept);
    editor.next::<Value>("workspace/applyEdit");
    assert_eq!(editor.text(&uri), CODE.replace("a - b", "a + b"));
    assert!(!titles(&mut editor, &uri, range, &json!([])).iter().any(|title| title.contains("Accept")));
}

#[test]
fn the_users_own_action_is_asked_in_the_users_words() {
    let model = FakeModel::start();
    let own = json!({"actions": [{"title": "Make it shout", "instruction": "Write it in capitals.", "result": "edit"}]});
    let (mut editor, uri, range) = editor(&model, &own);
    let action = editor.code_action(&uri, range, "Make it shout");
    editor.run(&action);
    let progress = editor.progress_begins();
    let exchange = model.next();
    assert!(exchange.prompt().contains("Write it in capitals."), "{}", exchange.prompt());
    exchange.openai_answer(ANSWER);
    editor.progress_ends(progress);
    message(&mut editor);
}

#[test]
fn improve_and_document_make_proposals_that_can_be_shown_and_rejected() {
    let model = FakeModel::start();
    let (mut editor, uri, range) = editor(&model, &json!({}));
    for action in ["Improve this", "Document this"] {
        propose(&mut editor, &model, &uri, range, action, ANSWER);
        let show = editor.code_action(&uri, range, "Show the proposal");
        editor.run(&show);
        let drawn = shown(&mut editor);
        assert!(drawn.contains("--- a/sum.rs\n+++ b/sum.rs\n@@ -1,5 +1,5 @@\n"), "{drawn}");
        assert!(drawn.contains("-    a - b") && drawn.contains("+    a + b"), "{drawn}");
        let reject = editor.code_action(&uri, range, "Aside: Reject");
        editor.run(&reject);
        assert_eq!(editor.text(&uri), CODE);
        let offered = titles(&mut editor, &uri, range, &json!([]));
        assert!(!offered.iter().any(|title| title.contains("Accept")), "{offered:?}");
    }
}

#[test]
fn an_answer_that_deletes_most_of_the_text_is_flagged_before_it_is_accepted() {
    let model = FakeModel::start();
    let (mut editor, _, _) = editor(&model, &json!({}));
    let text: String = (0..40).map(|n| format!("step_{n}();\n")).collect();
    let uri = editor.open("steps.rs", &text);
    let all = editor.whole(&uri);
    let action = editor.code_action(&uri, all, "Improve this");
    editor.run(&action);
    let progress = editor.progress_begins();
    model.next().openai_answer("```rust\nstep_0();\nstep_1();\n```");
    editor.progress_ends(progress);
    let told = message(&mut editor);
    assert!(told.ends_with("didn't ask for that: 2 lines stay of 40."), "{told}");
    let show = editor.code_action(&uri, all, "Show the proposal");
    editor.run(&show);
    let drawn = shown(&mut editor);
    let note = drawn.lines().find(|line| line.starts_with("Note: ")).unwrap_or_default();
    assert!(note.ends_with("didn't ask for that: 2 lines stay of 40."), "{drawn}");
    assert_eq!(editor.text(&uri), text);
}

#[test]
fn an_answer_that_can_not_be_used_can_be_looked_at() {
    let model = FakeModel::start();
    let (mut editor, uri, range) = editor(&model, &json!({}));
    let action = editor.code_action(&uri, range, "Improve this");
    editor.run(&action);
    let progress = editor.progress_begins();
    let written = "Here it is:\n\n```rust\nstruct Sum {\n    // ... existing code ...\n}\n```\n";
    model.next().openai_answer(written);
    editor.progress_ends(progress);
    let told = message(&mut editor);
    assert!(told.contains("The answer leaves code out (`// ... existing code ...`)"), "{told}");
    let show = editor.code_action(&uri, range, "Show the proposal");
    editor.run(&show);
    let drawn = shown(&mut editor);
    assert!(drawn.contains("Nothing was changed: the answer leaves code out. The model wrote:"), "{drawn}");
    assert!(drawn.ends_with(written), "{drawn}");
    assert_eq!(editor.text(&uri), CODE);
    let dismiss = editor.code_action(&uri, range, "Dismiss");
    editor.run(&dismiss);
}

#[test]
fn an_accept_hunk_action_applies_the_hunk_at_the_range() {
    let model = FakeModel::start();
    let (mut editor, uri, _) = editor(&model, &json!({}));
    let all = editor.whole(&uri);
    let answer = CODE.replace("a - b", "a + b").replace("other", "another");
    propose(&mut editor, &model, &uri, all, "Improve this", &format!("```rust\n{answer}```"));
    let here = editor.range_of(&uri, "other() {}");
    let offered = titles(&mut editor, &uri, here, &json!([]));
    assert!(offered.contains(&"Aside: Accept hunk 2 of 2".to_owned()), "{offered:?}");
    assert!(!offered.contains(&"Aside: Accept hunk 1 of 2".to_owned()), "{offered:?}");
    let accept = editor.code_action(&uri, here, "Accept hunk");
    editor.run(&accept);
    editor.next::<Value>("workspace/applyEdit");
    assert_eq!(editor.text(&uri), CODE.replace("other", "another"));
    let rest = editor.code_action(&uri, all, "Accept");
    editor.run(&rest);
    editor.next::<Value>("workspace/applyEdit");
    assert_eq!(editor.text(&uri), answer);
}

#[test]
fn an_explanation_and_a_test_open_as_markdown() {
    let model = FakeModel::start();
    let (mut editor, uri, range) = editor(&model, &json!({}));
    for action in ["Explain this", "Write a test"] {
        let action = editor.code_action(&uri, range, action);
        assert_eq!(editor.run(&action), Value::Null);
        let progress = editor.progress_begins();
        let exchange = model.next();
        assert!(exchange.prompt().contains("a - b"), "{}", exchange.prompt());
        exchange.openai_answer("It **subtracts**.");
        let text = shown(&mut editor);
        editor.progress_ends(progress);
        assert!(text.contains("It **subtracts**."), "{text}");
    }
    assert_eq!(editor.text(&uri), CODE);
}

#[test]
fn an_editor_that_can_not_show_a_document_is_told_where_it_is() {
    let model = FakeModel::start();
    let (mut editor, uri, range) = editor(&model, &json!({}));
    editor.answers(|answers| answers.show_document = false);
    let action = editor.code_action(&uri, range, "Explain this");
    editor.run(&action);
    let progress = editor.progress_begins();
    model.next().openai_answer("It subtracts.");
    editor.progress_ends(progress);
    editor.next::<Value>("window/showDocument");
    let told = message(&mut editor);
    assert!(told.contains(".md"), "{told}");
}

#[test]
fn a_click_on_cancel_in_the_progress_stops_the_model() {
    let model = FakeModel::start();
    let (mut editor, uri, range) = editor(&model, &json!({}));
    for action in ["Improve this", "Explain this"] {
        let action = editor.code_action(&uri, range, action);
        editor.run(&action);
        let progress = editor.progress_begins();
        let mut exchange = model.next();
        exchange.openai_text("```rust\nfn sum");
        editor.cancel_progress(&progress);
        exchange.client_closed();
        editor.progress_ends(progress);
    }
    assert_eq!(editor.text(&uri), CODE);
}

#[test]
fn a_failure_ends_the_progress_and_is_told_once() {
    let model = FakeModel::start();
    let (mut editor, uri, range) = editor(&model, &json!({}));
    let action = editor.code_action(&uri, range, "Improve this");
    editor.run(&action);
    let progress = editor.progress_begins();
    model.next().openai_error(401, "invalid_api_key", "Incorrect API key", &[]);
    editor.progress_ends(progress);
    let told = message(&mut editor);
    assert!(told.contains("aside key set fake") && told.contains("Incorrect API key"), "{told}");
    let retry = editor.code_action(&uri, range, "Retry");
    editor.run(&retry);
    let progress = editor.progress_begins();
    model.next().openai_answer(ANSWER);
    editor.progress_ends(progress);
    message(&mut editor);
    let accept = editor.code_action(&uri, range, "Accept");
    editor.run(&accept);
    editor.next::<Value>("workspace/applyEdit");
    assert_eq!(editor.text(&uri), CODE.replace("a - b", "a + b"));
}

#[test]
fn an_action_is_carried_out_where_it_was_offered_after_typing_above_it() {
    let model = FakeModel::start();
    let (mut editor, uri, range) = editor(&model, &json!({}));
    let action = editor.code_action(&uri, range, "Improve this");
    let start = Range::default();
    editor.change(&uri, start, "// typed\n// while the menu was open\n");
    editor.run(&action);
    let progress = editor.progress_begins();
    model.next().openai_answer(ANSWER);
    editor.progress_ends(progress);
    message(&mut editor);
    let range = editor.range_of(&uri, FUNCTION);
    let accept = editor.code_action(&uri, range, "Accept");
    editor.run(&accept);
    editor.next::<Value>("workspace/applyEdit");
    let expected = CODE.replace("a - b", "a + b");
    assert_eq!(editor.text(&uri), format!("// typed\n// while the menu was open\n{expected}"));
}

#[test]
fn a_document_that_is_not_open_has_no_actions() {
    let mut editor = TestEditor::start(&Setup::default().without_extension());
    assert!(editor.code_actions("file:///nowhere.rs", Range::default(), &json!([])).is_empty());
}

#[test]
fn a_second_accept_before_the_first_was_answered_writes_nothing_twice() {
    let model = FakeModel::start();
    let (mut editor, uri, range) = editor(&model, &json!({}));
    propose(&mut editor, &model, &uri, range, "Improve this", ANSWER);
    editor.apply_edits_like(&[aside_tests::editor::ApplyEdit::Silent]);
    let accept = editor.code_action(&uri, range, "Accept");
    editor.run(&accept);
    editor.next::<Value>("workspace/applyEdit");
    let again = editor.try_request("workspace/executeCommand", &accept["command"]).unwrap_err();
    assert!(again.message.contains("on its way"), "{again:?}");
    assert!(again.message.contains("reject or retry"), "{again:?}");
}

#[test]
fn a_proposal_on_its_way_into_an_editor_that_does_nothing_can_be_retried_and_rejected() {
    let model = FakeModel::start();
    let (mut editor, uri, range) = editor(&model, &json!({}));
    propose(&mut editor, &model, &uri, range, "Improve this", ANSWER);
    editor.apply_edits_like(&[aside_tests::editor::ApplyEdit::Silent; 2]);
    let accept = |editor: &mut TestEditor| {
        let accept = editor.code_action(&uri, range, "Accept");
        editor.run(&accept);
        editor.next::<Value>("workspace/applyEdit");
    };
    accept(&mut editor);
    propose(&mut editor, &model, &uri, range, "Retry", ANSWER);
    accept(&mut editor);
    let reject = editor.code_action(&uri, range, "Reject");
    editor.run(&reject);
    propose(&mut editor, &model, &uri, range, "Improve this", ANSWER);
    accept(&mut editor);
    editor.wait_for_text(&uri, &CODE.replace("a - b", "a + b"));
}

#[test]
fn a_rejection_while_the_model_writes_stops_it_and_its_progress() {
    let model = FakeModel::start();
    let (mut editor, uri, range) = editor(&model, &json!({}));
    for hunks in [json!(null), json!([0])] {
        let action = editor.code_action(&uri, range, "Improve this");
        editor.run(&action);
        let progress = editor.progress_begins();
        let mut exchange = model.next();
        exchange.openai_text("```rust\nfn sum");
        let cancel = editor.code_action(&uri, range, "Cancel");
        let name = &cancel["command"]["arguments"][0]["proposal"];
        let reject = json!({"command": "aside.reject", "arguments": [{"proposal": name, "hunks": hunks}]});
        editor.request("workspace/executeCommand", reject);
        exchange.client_closed();
        editor.progress_ends(progress);
    }
}

#[test]
fn a_conflict_is_shown_and_either_side_can_be_taken() {
    let model = FakeModel::start();
    for (side, line) in [("Take the model's text", "a + b"), ("Keep my text", "a * b")] {
        let (mut editor, uri, range) = editor(&model, &json!({}));
        propose(&mut editor, &model, &uri, range, "Improve this", ANSWER);
        editor.replace(&uri, "a - b", "a * b");
        let offered = titles(&mut editor, &uri, range, &json!([]));
        for title in ["Aside: Take the model's text", "Aside: Keep my text", "Aside: Show the proposal"] {
            assert!(offered.iter().any(|offered| offered == title), "{offered:?}");
        }
        assert!(!offered.iter().any(|title| title.contains("Accept")), "{offered:?}");
        let show = editor.code_action(&uri, range, "Show the proposal");
        editor.run(&show);
        let drawn = shown(&mut editor);
        assert!(drawn.contains("a * b") && drawn.contains("a + b"), "{drawn}");

        let take = editor.code_action(&uri, range, side);
        editor.run(&take);
        if line == "a + b" {
            editor.next::<Value>("workspace/applyEdit");
        }
        assert_eq!(editor.text(&uri), CODE.replace("a - b", line));
        let offered = titles(&mut editor, &uri, range, &json!([]));
        assert!(
            !offered.iter().any(|title| title.contains("Take") || title.contains("Reject")),
            "{offered:?}"
        );
    }
}
