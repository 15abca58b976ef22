//! Code lenses of proposals, where the editor shows them.

use aside::protocol::ClientFeatures;
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};

const CODE: &str = "fn one() {}\nfn two() {}\nfn three() {}\nfn four() {}\nfn five() {}\n";

/// Each lens as `line title`.
#[track_caller]
fn lenses(editor: &mut TestEditor, uri: &str) -> Vec<String> {
    let params = json!({"textDocument": {"uri": uri}});
    let all: Option<Vec<Value>> = editor.ask("textDocument/codeLens", params);
    let drawn = |lens: &Value| {
        format!("{} {}", lens["range"]["start"]["line"], lens["command"]["title"].as_str().unwrap())
    };
    all.unwrap_or_default().iter().map(drawn).collect()
}

fn setup(model: &FakeModel) -> Setup {
    Setup { lenses: true, ..model.setup().without_extension() }
}

#[track_caller]
fn propose(editor: &mut TestEditor, model: &FakeModel, uri: &str) {
    let range = editor.whole(uri);
    let action = editor.code_action(uri, range, "Improve this");
    editor.run(&action);
    let progress = editor.progress_begins();
    let exchange = model.next();
    assert_eq!(lenses(editor, uri), ["0 Aside: Cancel"]);
    exchange.openai_answer(&format!("```rust\n{}```", CODE.replace("two", "2").replace("five", "5")));
    editor.progress_ends(progress);
    editor.next::<Value>("window/showMessage");
}

#[test]
fn a_proposal_has_lenses_that_do_what_they_say() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&setup(&model));
    assert!(editor.initialized["capabilities"]["codeLensProvider"].is_object());
    let uri = editor.open("a.rs", CODE);
    propose(&mut editor, &model, &uri);
    assert_eq!(
        lenses(&mut editor, &uri),
        [
            "0 Aside: Accept (2 changes)",
            "1 Aside: Accept hunk 1 of 2",
            "4 Aside: Accept hunk 2 of 2",
            "0 Show the proposal",
            "0 Retry",
            "0 Reject"
        ]
    );
    editor.wait_until_asked("workspace/codeLens/refresh");
    let all: Vec<Value> = editor.ask("textDocument/codeLens", json!({"textDocument": {"uri": uri}}));
    editor.run(&all[2]);
    editor.next::<Value>("workspace/applyEdit");
    assert_eq!(editor.text(&uri), CODE.replace("five", "5"));
    assert_eq!(lenses(&mut editor, &uri).first().map(String::as_str), Some("0 Aside: Accept (1 change)"));
    let all: Vec<Value> = editor.ask("textDocument/codeLens", json!({"textDocument": {"uri": uri}}));
    editor.run(&all[3]);
    assert!(lenses(&mut editor, &uri).is_empty());
}

#[test]
fn an_extension_that_draws_proposals_gets_no_lenses_for_them() {
    let model = FakeModel::start();
    let features = Some(ClientFeatures { proposals: true, ..ClientFeatures::default() });
    let mut editor = TestEditor::start(&Setup { features, ..setup(&model) });
    let uri = editor.open("a.rs", CODE);
    let range = editor.whole(&uri);
    editor.instruct("p", &uri, range, "rename");
    model.next().openai_answer(&format!("```rust\n{}```", CODE.replace("two", "2")));
    editor.proposal_in("p", aside::protocol::ProposalState::Ready);
    assert!(lenses(&mut editor, &uri).is_empty());
    assert!(!editor.was_asked("workspace/codeLens/refresh"));
}

#[test]
fn an_editor_without_lenses_is_offered_none() {
    let model = FakeModel::start();
    let editor = TestEditor::start(&model.setup().without_extension());
    assert!(editor.initialized["capabilities"]["codeLensProvider"].is_null());
}
