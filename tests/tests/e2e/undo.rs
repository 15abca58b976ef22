//! What is undone, redone, closed and reopened: proposals wait, and nothing that was typed is lost.

use aside::protocol::{ProposalEvent, ProposalState, method};
use aside_core::position::Range;
use aside_tests::{FakeModel, TestEditor};

const CODE: &str = "// head\nfn sum() {\n    let a = 1;\n    let b = 2;\n    print(a + b);\n}\n// tail\n";
const FUNCTION: &str = "fn sum() {\n    let a = 1;\n    let b = 2;\n    print(a + b);\n}\n";
const ANSWER: &str = "```rust\nfn sum() {\n    let first = 1;\n    let b = 2;\n    print(first + b);\n}\n```";

fn changed(text: &str) -> String {
    text.replace("let a", "let first").replace("(a +", "(first +")
}

/// How an editor tells of an undo or a redo.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// The text between the first and the last change, in one piece.
    OnePiece,
    /// The whole text.
    Whole,
    /// Change by change.
    Apart,
}

const WAYS: [Way; 3] = [Way::OnePiece, Way::Whole, Way::Apart];

/// The text becomes another, as by an undo or a redo.
#[track_caller]
fn becomes(editor: &mut TestEditor, uri: &str, text: &str, way: Way) {
    let now = editor.text(uri);
    match way {
        Way::Whole => editor.replace_all(uri, text),
        Way::OnePiece => {
            let (old, new): (Vec<&str>, Vec<&str>) =
                (now.split_inclusive('\n').collect(), text.split_inclusive('\n').collect());
            let first = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
            let most = old.len().min(new.len()) - first;
            let last = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
            let start = editor.range_of(uri, &old[first..old.len() - last].concat());
            editor.change(uri, start, &new[first..new.len() - last].concat());
        }
        Way::Apart => {
            let pairs = [("let a", "let first"), ("(a +", "(first +")];
            for (a, first) in pairs {
                if now.contains(a) { editor.replace(uri, a, first) } else { editor.replace(uri, first, a) }
            }
        }
    }
    assert_eq!(editor.text(uri), text);
}

/// An editor with a proposal that is ready.
fn ready() -> (FakeModel, TestEditor, String) {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("sum.rs", CODE);
    let range = editor.range_of(&uri, FUNCTION);
    editor.instruct("p", &uri, range, "call it first");
    model.next().openai_answer(ANSWER);
    editor.proposal_in("p", ProposalState::Ready);
    (model, editor, uri)
}

/// The same, accepted.
fn accepted() -> (FakeModel, TestEditor, String) {
    let (model, mut editor, uri) = ready();
    editor.accept("p", None).unwrap();
    editor.proposal_in("p", ProposalState::Accepted);
    assert_eq!(editor.text(&uri), changed(CODE));
    (model, editor, uri)
}

#[test]
fn after_an_undo_the_proposal_is_open_again() {
    for way in WAYS {
        let (_model, mut editor, uri) = accepted();
        becomes(&mut editor, &uri, CODE, way);
        let version = editor.version(&uri);
        let open = |event: &ProposalEvent| event.state == ProposalState::Ready && event.version == version;
        assert_eq!(editor.proposal("p", open).hunks.len(), 2, "{way:?}");
        editor.accept("p", None).unwrap();
        assert_eq!(editor.text(&uri), changed(CODE), "{way:?}");
        editor.proposal_in("p", ProposalState::Accepted);
    }
}

#[test]
fn undo_then_typing_then_redo_harm_nothing() {
    for way in WAYS {
        for (place, word) in [("// head", " typed"), ("// tail", "\ntyped();"), ("let b = 2;", " // typed")] {
            let (_model, mut editor, uri) = accepted();
            becomes(&mut editor, &uri, CODE, way);
            editor.type_after(&uri, place, word);
            let typed = CODE.replace(place, &format!("{place}{word}"));
            assert_eq!(editor.text(&uri), typed);
            becomes(&mut editor, &uri, &changed(&typed), way);
            let version = editor.version(&uri);
            let done = editor.proposal("p", |event| event.version == version);
            // What stands there already can't be written a second time.
            if done.state == ProposalState::Ready {
                editor.accept("p", None).unwrap();
                editor.proposal_in("p", ProposalState::Accepted);
            }
            assert_eq!(editor.text(&uri), changed(&typed), "{way:?} {place}");
            assert_eq!(editor.unread("workspace/applyEdit"), 0);
            editor.forget_unread(method::PROPOSAL_EVENT);
        }
    }
}

#[test]
fn typing_then_undo_then_redo_keep_an_open_proposal_right() {
    let (_model, mut editor, uri) = ready();
    for (place, word) in [("// head", " typed"), ("let b = 2;", " // typed")] {
        let typed = CODE.replace(place, &format!("{place}{word}"));
        becomes(&mut editor, &uri, &typed, Way::OnePiece);
        becomes(&mut editor, &uri, CODE, Way::OnePiece);
        becomes(&mut editor, &uri, &typed, Way::OnePiece);
        becomes(&mut editor, &uri, CODE, Way::OnePiece);
    }
    editor.accept("p", None).unwrap();
    assert_eq!(editor.text(&uri), changed(CODE));
    editor.proposal_in("p", ProposalState::Accepted);
}

#[test]
fn a_document_closed_while_the_model_writes_shows_its_proposal_when_it_is_open_again() {
    // As it was, and with lines that another program put in meanwhile.
    for text in [CODE.to_owned(), CODE.replace("// head", "// head\n// more\n// and more")] {
        let model = FakeModel::start();
        let mut editor = TestEditor::start(&model.setup());
        let uri = editor.open("sum.rs", CODE);
        let range = editor.range_of(&uri, FUNCTION);
        editor.instruct("p", &uri, range, "call it first");
        let mut exchange = model.next();
        exchange.openai_text("```rust\nfn sum() {\n    let first = 1;\n");
        editor.proposal("p", |event| !event.hunks.is_empty());
        editor.close(&uri);
        exchange.openai_text("    let b = 2;\n    print(first + b);\n}\n```");
        exchange.openai_done();
        assert_eq!(editor.open("sum.rs", &text), uri);
        let shown = editor.proposal_in("p", ProposalState::Ready);
        let start: Range = editor.range_of(&uri, "fn sum");
        assert_eq!((shown.version, shown.range.start), (editor.version(&uri), start.start));
        assert_eq!(shown.hunks.len(), 2);
        editor.accept("p", None).unwrap();
        assert_eq!(editor.text(&uri), changed(&text));
        editor.proposal_in("p", ProposalState::Accepted);
    }
}

#[test]
fn a_document_closed_with_its_proposal_open_shows_it_when_it_is_open_again() {
    let (_model, mut editor, uri) = ready();
    editor.close(&uri);
    // Nothing can be written into what isn't open.
    editor.accept("p", None).unwrap_err();
    editor.forget_unread(method::PROPOSAL_EVENT);
    editor.open("sum.rs", CODE);
    let shown = editor.proposal_in("p", ProposalState::Ready);
    assert_eq!(shown.hunks.len(), 2);
    editor.accept("p", None).unwrap();
    assert_eq!(editor.text(&uri), changed(CODE));
    editor.proposal_in("p", ProposalState::Accepted);
}

#[test]
fn several_proposals_in_one_document_are_each_their_own() {
    let text = format!("{CODE}{}", CODE.replace("sum", "twice"));
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("sum.rs", &text);
    let mut exchanges = Vec::new();
    for (name, function) in [("p", FUNCTION.to_owned()), ("q", FUNCTION.replace("sum", "twice"))] {
        let range = editor.range_of(&uri, &function);
        editor.instruct(name, &uri, range, "call it first");
        exchanges.push((name, model.next()));
    }
    // The second one is ready first, and accepted while the first is being written.
    let (_, second) = exchanges.pop().expect("two were asked");
    let (_, mut first) = exchanges.pop().expect("two were asked");
    first.openai_text("```rust\nfn sum() {\n    let first = 1;\n");
    second.openai_answer(&ANSWER.replace("sum", "twice"));
    editor.proposal_in("q", ProposalState::Ready);
    editor.accept("q", None).unwrap();
    editor.proposal_in("q", ProposalState::Accepted);
    assert_eq!(editor.text(&uri), format!("{CODE}{}", changed(&CODE.replace("sum", "twice"))));
    first.openai_text("    let b = 2;\n    print(first + b);\n}\n```");
    first.openai_done();
    editor.proposal_in("p", ProposalState::Ready);
    editor.accept("p", None).unwrap();
    assert_eq!(editor.text(&uri), format!("{}{}", changed(CODE), changed(&CODE.replace("sum", "twice"))));
    editor.proposal_in("p", ProposalState::Accepted);
    // The second one is told again where it is, for an undo.
    let version = editor.version(&uri);
    editor.proposal("q", |event| event.version == version);
}
