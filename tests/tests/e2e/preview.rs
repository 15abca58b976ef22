//! What would be sent, byte for byte, compared with what is sent.

use crate::support::question;
use aside::protocol::{
    ChatSend, InlineStart, Mention, Preview, PreviewResult, ProposalState, RunAction, command, method,
};
use aside_tests::model::Exchange;
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};

const KEY: &str = "sk-canary-271828";
const HEADER: &str = "token-canary-1618";

/// A provider with a key, a header of the user's own and a path in its address.
fn setup(model: &FakeModel, format: &str) -> Setup {
    let provider = json!({
        "format": format, "baseUrl": format!("{}/gate/v1", model.origin()), "keyEnv": "TEST_KEY",
        "headers": {"X-Team": HEADER}, "body": {"seed": 7},
    });
    let settings = json!({"model": "fake/test", "providers": {"fake": provider}});
    Setup { settings, ..Setup::default() }.with_env("TEST_KEY", KEY)
}

/// What came is what was shown: the host, the path, each header but for what is secret, and every byte of the body.
#[track_caller]
fn check(model: &FakeModel, shown: &PreviewResult, came: &Exchange) {
    assert_eq!(shown.origin, model.origin());
    assert_eq!(shown.path, came.path);
    assert_eq!(shown.body.as_bytes(), came.bytes);
    let mut names: Vec<&str> = came.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(shown.headers.iter().map(|header| header.name.as_str()).collect::<Vec<_>>(), names);
    for header in &shown.headers {
        match &header.value {
            Some(value) => assert_eq!(came.header(&header.name), Some(value.as_str())),
            None => assert!(header.from.is_some(), "{header:?}"),
        }
    }
    let secret: Vec<&str> = shown
        .headers
        .iter()
        .filter(|header| header.value.is_none())
        .map(|header| header.name.as_str())
        .collect();
    assert_eq!(secret.len(), 2, "the key and the user's own header: {secret:?}");
    let text = serde_json::to_string(shown).expect("JSON");
    assert!(!text.contains(KEY) && !text.contains(HEADER), "{text}");
}

#[track_caller]
fn preview(editor: &mut TestEditor, model: &FakeModel, of: Preview) -> PreviewResult {
    let before = model.connections();
    let shown = editor.ask(method::PREVIEW, of);
    model.expect_no_request();
    assert_eq!(model.connections(), before, "nothing is sent for a preview");
    shown
}

#[test]
fn a_turn_is_sent_as_it_was_shown() {
    for format in ["openai-chat", "anthropic-messages"] {
        let model = FakeModel::start();
        let mut editor = TestEditor::start(&setup(&model, format));
        let uri = editor.open("main.rs", "fn main() {}\n// \u{1f600} `tick` \"quote\"\r\n");
        // The second goes along with the first.
        for turn in ["1", "2"] {
            let mentions = vec![Mention::File { uri: uri.clone() }];
            let send = ChatSend { turn: turn.into(), ..question("what is this?", mentions) };
            let shown = preview(&mut editor, &model, Preview::Turn(send.clone()));
            editor.send_chat(&send);
            let came = model.next();
            check(&model, &shown, &came);
            assert_eq!(shown.body.contains("a file of mine"), turn == "2", "{}", shown.body);
            match format {
                "openai-chat" => came.openai_answer("a file of mine"),
                _ => came.anthropic_answer("a file of mine"),
            }
            let asked = editor.turn("preview", turn);
            assert_eq!((asked.items, asked.tokens), (shown.items, shown.tokens));
        }
    }
}

#[test]
fn an_instruction_is_sent_as_it_was_shown() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&setup(&model, "openai-chat"));
    let uri = editor.open("main.rs", "fn main() {\n    work();\n}\n");
    let start = InlineStart {
        proposal: "p".into(),
        range: editor.range_of(&uri, "    work();\n"),
        version: editor.version(&uri),
        uri,
        instruction: "call it twice".into(),
        mentions: vec![],
        model: None,
        allow: vec![],
    };
    let shown = preview(&mut editor, &model, Preview::Inline(start.clone()));
    editor.request(method::INLINE_START, &start);
    let came = model.next();
    check(&model, &shown, &came);
    came.openai_answer("    work();\n    work();\n");
    assert_eq!(editor.proposal_in("p", ProposalState::Ready).items, shown.items);
}

#[test]
fn code_actions_are_sent_as_they_were_shown() {
    let diagnostics = json!([{
        "range": {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 8}},
        "severity": 1, "message": "no such function",
    }]);
    for words in ["Fix", "Explain"] {
        let model = FakeModel::start();
        let mut editor = TestEditor::start(&setup(&model, "openai-chat"));
        let uri = editor.open("main.rs", "fn main() {\n    work();\n}\n");
        let range = editor.range_of(&uri, "work");
        let actions = editor.code_actions(&uri, range, &diagnostics);
        let action =
            actions.iter().find(|action| action["title"].as_str().is_some_and(|t| t.contains(words)));
        let action = action.unwrap_or_else(|| panic!("no {words} in {actions:?}")).clone();
        let run: RunAction =
            serde_json::from_value(action["command"]["arguments"][0].clone()).expect("its argument");
        let shown = preview(&mut editor, &model, Preview::Action(run));
        editor.run(&action);
        let came = model.next();
        check(&model, &shown, &came);
        assert!(shown.body.contains("no such function"), "{}", shown.body);
        came.openai_error(400, "bad", "no", &[]);
        if words == "Fix" {
            editor.expect::<Value>("aside/proposal/event", |event| event["state"] == "failed");
        } else {
            let progress = editor.progress_begins();
            editor.progress_ends(progress);
            editor.next::<Value>("window/showMessage");
        }
        editor.forget_unread("aside/proposal/event");
    }
}

#[test]
fn any_editor_can_open_what_would_be_sent_as_a_document() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&setup(&model, "openai-chat").without_extension());
    let uri = editor.open("main.rs", "```\n````\n");
    let send = Preview::Turn(question("what is this?", vec![Mention::File { uri }]));
    let shown: PreviewResult = editor.ask(method::PREVIEW, &send);
    editor.request("workspace/executeCommand", json!({"command": command::PREVIEW, "arguments": [send]}));
    let document: Value = editor.next("window/showDocument");
    let path = document["uri"].as_str().unwrap().strip_prefix("file://").unwrap().to_owned();
    let page = std::fs::read_to_string(path).expect("the document");
    assert!(page.starts_with("# What would be sent\n\nNothing was sent."), "{page}");
    let size = format!("with {} bytes: about {} tokens, your words included", shown.body.len(), shown.tokens);
    assert!(page.contains(&size), "{page}");
    assert!(page.contains("`POST /gate/v1/chat/completions`") && page.contains("| main.rs |"), "{page}");
    // The fence is longer than what the file and the prompt's own fence have.
    assert!(page.contains(&format!("``````json\n{}\n``````\n", shown.body)), "{page}");
    assert!(!page.contains(KEY) && !page.contains(HEADER), "{page}");
    assert_eq!(model.connections(), 0);
}
