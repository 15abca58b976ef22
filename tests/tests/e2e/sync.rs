//! The server's text is the editor's, in every encoding, after any typing.

use crate::support::{as_prompt, problem_of, server_text};
use aside::protocol::{Mention, Preview, method};
use aside_core::position::{Position, Range};
use aside_core::problem::ProblemKind;
use aside_tests::editor::position;
use aside_tests::{FakeModel, Setup, TestEditor};
use proptest::prelude::*;
use std::cell::RefCell;

const TEXT: &str = "fn a👩‍💻b() {\r\n\tlet e\u{301} = \"ü\";\r\n}\r\n\r\nlast 👍";

fn editor(encodings: &[&'static str]) -> (FakeModel, TestEditor) {
    let model = FakeModel::start();
    let setup = model.setup().with_encodings(encodings);
    let editor = TestEditor::start(&setup);
    (model, editor)
}

#[track_caller]
fn check(editor: &mut TestEditor, uri: &str) {
    assert_eq!(server_text(editor, uri), as_prompt(&editor.text(uri)));
}

#[test]
fn negotiates_utf_8_where_it_is_offered_and_utf_16_where_nothing_is() {
    for (offered, chosen) in [
        (&["utf-16", "utf-8"][..], "utf-8"),
        (&["utf-16"], "utf-16"),
        (&["utf-32"], "utf-32"),
        (&[], "utf-16"),
    ] {
        let (_model, editor) = editor(offered);
        let said = &editor.initialized["capabilities"]["positionEncoding"];
        assert_eq!(said, chosen, "offered {offered:?}");
    }
}

#[test]
fn follows_typing_among_emoji_tabs_combining_characters_and_crlf() {
    for encoding in ["utf-8", "utf-16", "utf-32"] {
        let (_model, mut editor) = editor(&[encoding]);
        let uri = editor.open("a.rs", TEXT);
        check(&mut editor, &uri);
        editor.type_after(&uri, "👩‍💻", "é👍x");
        check(&mut editor, &uri);
        editor.replace(&uri, "e\u{301} = \"ü\"", "y = 1");
        check(&mut editor, &uri);
        editor.replace(&uri, "}\r\n\r\n", "}\n");
        check(&mut editor, &uri);
        editor.type_after(&uri, "last 👍", "\r\nend\n");
        check(&mut editor, &uri);
        editor.replace(&uri, "end\n", "");
        check(&mut editor, &uri);
        let all = editor.whole(&uri);
        editor.change(&uri, all, "");
        check(&mut editor, &uri);
        editor.type_after(&uri, "", "new");
        check(&mut editor, &uri);
    }
}

#[test]
fn takes_a_whole_text_and_several_changes_in_one_message() {
    let (_model, mut editor) = editor(&["utf-16"]);
    let uri = editor.open("a.rs", TEXT);
    editor.replace_all(&uri, "one two three");
    check(&mut editor, &uri);
    editor.hold_changes(true);
    editor.replace(&uri, "one", "👍👍");
    editor.replace(&uri, "two", "2\r\n");
    editor.type_after(&uri, "three", "!\n\n");
    editor.hold_changes(false);
    check(&mut editor, &uri);
}

#[test]
fn a_thousand_changes_in_a_burst_are_all_in_the_next_answer() {
    let (_model, mut editor) = editor(&["utf-8"]);
    let uri = editor.open("a.txt", "start:");
    for n in 0..1000 {
        let end = editor.range_of(&uri, "");
        editor.change(&uri, end, &format!("{n} "));
    }
    check(&mut editor, &uri);
}

#[test]
fn a_position_past_the_end_of_a_line_is_its_end() {
    // LSP 3.17, `Position.character`: "defaults back to the line length".
    let (_model, mut editor) = editor(&["utf-16"]);
    let uri = editor.open("a.txt", "ab\r\ncd");
    let at = |line, character| Position { line, character };
    for (start, end, expected) in
        [((0, 99), (0, 99), "abX\r\ncd"), ((1, 99), (9, 9), "ab\r\ncdX"), ((0, 1), (1, 99), "aX")]
    {
        let range = Range { start: at(start.0, start.1), end: at(end.0, end.1) };
        let change = serde_json::json!({
            "textDocument": {"uri": uri, "version": 2},
            "contentChanges": [{"text": "ab\r\ncd"}, {"range": range, "text": "X"}],
        });
        editor.notify("textDocument/didChange", change);
        assert_eq!(server_text(&mut editor, &uri), as_prompt(expected));
    }
}

#[test]
fn a_closed_document_is_gone_and_can_be_opened_anew() {
    let (_model, mut editor) = editor(&["utf-8"]);
    let uri = editor.open("a.rs", "old");
    editor.close(&uri);
    let mentions = vec![Mention::File { uri: uri.clone() }];
    let turn = Preview::Turn(crate::support::question("?", mentions));
    let error = editor.try_request(method::PREVIEW, turn).unwrap_err();
    assert_eq!(problem_of(&error).kind, ProblemKind::NotFound);
    editor.open("a.rs", "new");
    assert_eq!(server_text(&mut editor, &uri), "new\n");
}

#[test]
fn a_change_to_a_document_that_is_not_open_harms_nothing() {
    let (_model, mut editor) = editor(&["utf-8"]);
    let uri = editor.open("a.rs", "here");
    editor.notify(
        "textDocument/didChange",
        serde_json::json!({"textDocument": {"uri": "file:///b", "version": 3}, "contentChanges": [{"text": "x"}]}),
    );
    check(&mut editor, &uri);
}

/// Two places in the text, as fractions of it, and what replaces what is between them.
fn edits() -> impl Strategy<Value = Vec<(f64, f64, String)>> {
    prop::collection::vec((0.0..1.0, 0.0..0.2, "[a\u{301}👍é\t\r\n ]{0,5}"), 1..12)
}

#[test]
fn follows_any_typing_in_every_encoding() {
    for encoding in ["utf-8", "utf-16", "utf-32"] {
        let (_model, editor) = editor(&[encoding]);
        let (editor, count) = (RefCell::new(editor), RefCell::new(0));
        proptest!(crate::support::cases(24), |(edits in edits())| {
            let mut editor = editor.borrow_mut();
            *count.borrow_mut() += 1;
            let uri = editor.open(&format!("{}.rs", count.borrow()), TEXT);
            for (at, length, new) in edits {
                let range = range(&editor, &uri, at, length);
                editor.change(&uri, range, &new);
            }
            prop_assert_eq!(server_text(&mut editor, &uri), as_prompt(&editor.text(&uri)));
            editor.close(&uri);
        });
    }
}

/// A range between two characters of the text, never inside a `\r\n`.
fn range(editor: &TestEditor, uri: &str, at: f64, length: f64) -> Range {
    let text = editor.text(uri);
    let places: Vec<usize> = text
        .char_indices()
        .map(|(i, _)| i)
        .chain([text.len()])
        .filter(|i| !(text[..*i].ends_with('\r') && text[*i..].starts_with('\n')))
        .collect();
    let pick = |fraction: f64| places[((places.len() - 1) as f64 * fraction.min(1.0)) as usize];
    let encoding = editor.encoding();
    let place = |offset| position(&text, offset, encoding);
    Range { start: place(pick(at)), end: place(pick(at + length)) }
}

#[test]
fn a_document_with_a_change_that_could_not_be_read_is_not_worked_on() {
    let mut editor = TestEditor::start(&Setup::default());
    let uri = editor.open("a.rs", "one\ntwo\n");
    editor.expect_in_log("could not be read");
    let range =
        serde_json::json!({"start": {"line": 0, "character": 0}, "end": {"line": -1, "character": 0}});
    editor.notify(
        "textDocument/didChange",
        serde_json::json!({
            "textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"range": range, "text": "zero\n"}],
        }),
    );
    let told = editor.next::<serde_json::Value>("window/showMessage");
    assert!(told["message"].as_str().unwrap().contains("a.rs"), "{told}");
    let preview = serde_json::json!({
        "kind": "turn", "chat": "c", "turn": "1", "text": "?", "mentions": [{"kind": "file", "uri": uri}],
    });
    editor.try_request("aside/preview", preview).unwrap_err();
}

/// Types a letter at a place of the first line, as a message that the editor's own text knows nothing of.
fn type_late(editor: &mut TestEditor, uri: &str, version: i32, character: u32, letter: &str) {
    let place = Position { line: 0, character };
    editor.notify(
        "textDocument/didChange",
        serde_json::json!({
            "textDocument": {"uri": uri, "version": version},
            "contentChanges": [{"range": Range { start: place, end: place }, "text": letter}],
        }),
    );
}

#[test]
fn changes_that_overtake_each_other_on_their_way_are_put_in_order() {
    let (_model, mut editor) = editor(&["utf-16"]);
    let uri = editor.open("a.rs", "\nlast\n");
    for (version, character, letter) in [(2, 0, "n"), (5, 3, "e"), (3, 1, "o"), (6, 4, "!"), (4, 2, "n")] {
        type_late(&mut editor, &uri, version, character, letter);
    }
    assert_eq!(server_text(&mut editor, &uri), as_prompt("none!\nlast\n"));
    type_late(&mut editor, &uri, 7, 5, "?");
    assert_eq!(server_text(&mut editor, &uri), as_prompt("none!?\nlast\n"));
}

/// Neovim 0.10 says 0 once more where another server is attached while the user types.
#[test]
fn an_editor_that_counts_its_versions_anew_is_followed() {
    let (_model, mut editor) = editor(&["utf-16"]);
    let uri = editor.open("a.rs", "\n");
    for (character, version) in (0..).zip([7, 8, 0, 9, 10, 3, 4]) {
        type_late(&mut editor, &uri, version, character, &character.to_string());
    }
    assert_eq!(server_text(&mut editor, &uri), as_prompt("0123456\n"));
}

#[test]
fn a_document_with_a_change_that_comes_too_late_is_not_worked_on() {
    let mut editor = TestEditor::start(&Setup::default());
    let uri = editor.open("a.rs", "one\n");
    let missing = editor.version(&uri) + 1;
    for version in (missing + 1..).take(100) {
        type_late(&mut editor, &uri, version, 0, "x");
    }
    type_late(&mut editor, &uri, missing, 0, "x");
    let told = editor.next::<serde_json::Value>("window/showMessage");
    assert!(told["message"].as_str().unwrap().contains("a.rs"), "{told}");
    let preview = serde_json::json!({
        "kind": "turn", "chat": "c", "turn": "1", "text": "?", "mentions": [{"kind": "file", "uri": uri}],
    });
    editor.try_request("aside/preview", preview).unwrap_err();
}

#[test]
fn a_request_is_about_the_text_from_before_what_is_typed_right_after_it() {
    let mut editor = TestEditor::start(&Setup::default());
    let uri = editor.open("a.rs", "fn one() {}\n");
    let version = editor.version(&uri);
    let selection = Mention::Selection { uri: uri.clone(), version, range: editor.whole(&uri) };
    let preview = Preview::Turn(crate::support::question("?", vec![selection]));
    let typed = serde_json::json!({
        "textDocument": {"uri": uri, "version": version + 1},
        "contentChanges": [{"range": Range::default(), "text": "// typed\n"}],
    });
    let asked = editor.send_request_before(method::PREVIEW, preview, ("textDocument/didChange", typed));
    editor.reply(&asked).expect("the request's version is the one it came with");
}
