//! Files that a rule keeps back are not sent, by no way, unless the user allows it once.

use crate::support::{problem_of, question};
use aside::protocol::{
    ChatSend, ContextItem, InlineStart, Mention, Preview, PreviewResult, ProposalState, method,
};
use aside_core::problem::ProblemKind;
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};

const SECRET: &str = "MODE=canary\n";
const RULE: &str = "`.env` in Aside's list of secret files";

/// An editor with a plain and a secret file open.
fn editor(model: &FakeModel) -> (TestEditor, String, String) {
    let mut editor = TestEditor::start(&model.setup());
    let plain = editor.open("a.rs", "fn a() {}\n");
    let secret = editor.open(".env", SECRET);
    (editor, plain, secret)
}

fn item<'t>(items: &'t [ContextItem], label: &str) -> &'t ContextItem {
    items.iter().find(|item| item.label == label).unwrap_or_else(|| panic!("no {label} in {items:#?}"))
}

#[test]
fn a_mentioned_file_a_problem_and_an_open_file_are_shown_as_blocked_and_not_sent() {
    let model = FakeModel::start();
    let (mut editor, plain, secret) = editor(&model);
    let problem = serde_json::from_value(json!({
        "range": editor.whole(&secret), "message": "canary is no mode",
    }));
    let problems = Mention::Problems { uri: secret.clone(), items: vec![problem.unwrap()] };
    let ways = [vec![Mention::File { uri: secret }], vec![Mention::OpenFiles], vec![problems]];
    for (n, mut mentions) in ways.into_iter().enumerate() {
        mentions.push(Mention::File { uri: plain.clone() });
        let mut send = question("what is this?", mentions);
        send.turn = n.to_string();
        send.chat = n.to_string();
        editor.send_chat(&send);
        let exchange = model.next();
        let body = String::from_utf8_lossy(&exchange.bytes).into_owned();
        assert!(!body.contains("canary") && body.contains("fn a()"), "{body}");
        exchange.openai_answer("ok");
        let turn = editor.turn(&n.to_string(), &n.to_string());
        let blocked = item(&turn.items, ".env");
        assert_eq!(blocked.blocked.as_deref(), Some(RULE));
        assert_eq!(blocked.left_out.as_deref(), Some(&*format!("kept back by {RULE}")));
        assert_eq!(item(&turn.items, "a.rs").blocked, None);
    }
}

#[test]
fn a_selection_in_a_blocked_file_asks_first_in_a_chat_and_for_an_instruction() {
    let model = FakeModel::start();
    let (mut editor, _, secret) = editor(&model);
    let (version, range) = (editor.version(&secret), editor.whole(&secret));
    let mut send: ChatSend =
        question("what?", vec![Mention::Selection { uri: secret.clone(), version, range }]);
    let mut start = InlineStart {
        proposal: "p".into(),
        uri: secret.clone(),
        version,
        range,
        instruction: "sort".into(),
        mentions: vec![],
        model: None,
        allow: vec![],
    };
    for refused in [
        editor.try_request(method::CHAT_SEND, &send),
        editor.try_request(method::INLINE_START, &start),
        editor.try_request(method::PREVIEW, Preview::Inline(start.clone())),
    ] {
        let problem = problem_of(&refused.unwrap_err());
        assert_eq!(problem.kind, ProblemKind::Blocked);
        // Said at the beginning of a sentence, a file's name stays as it is.
        assert!(problem.to_string().starts_with(&format!("`.env` is kept back by {RULE}.")), "{problem}");
    }
    assert_eq!(model.connections(), 0);
    send.allow = vec![secret.clone()];
    start.allow = vec![secret];
    let preview: PreviewResult = editor.ask(method::PREVIEW, Preview::Turn(send.clone()));
    assert!(preview.body.contains("canary"), "{}", preview.body);
    editor.send_chat(&send);
    let exchange = model.next();
    assert!(exchange.prompt().contains("canary"));
    exchange.openai_answer("ok");
    editor.turn("preview", "1");
    editor.request(method::INLINE_START, &start);
    model.next().openai_answer("```\nMODE=other\n```");
    editor.proposal_in("p", ProposalState::Ready);
    // Allowed once is not allowed twice.
    send.turn = "2".into();
    send.allow = vec![];
    editor.try_request(method::CHAT_SEND, &send).unwrap_err();
}

#[test]
fn to_allow_one_file_allows_no_other() {
    let model = FakeModel::start();
    let (mut editor, _, secret) = editor(&model);
    let other = editor.open("b.env", "OTHER=canary\n");
    let mentions = vec![Mention::File { uri: secret.clone() }, Mention::File { uri: other }];
    let send = ChatSend { allow: vec![secret], ..question("what?", mentions) };
    let preview: PreviewResult = editor.ask(method::PREVIEW, Preview::Turn(send));
    assert!(preview.body.contains("MODE") && !preview.body.contains("OTHER"), "{}", preview.body);
}

#[test]
fn a_code_action_in_a_blocked_file_asks_in_a_message_of_any_editor() {
    let model = FakeModel::start();
    for (press, action) in [(false, "Improve this"), (true, "Improve this"), (true, "Explain this")] {
        let mut editor = TestEditor::start(&model.setup().without_extension());
        let secret = editor.open(".env", SECRET);
        editor.answers(|answers| answers.button = press);
        let whole = editor.whole(&secret);
        let found = editor.code_action(&secret, whole, action);
        editor.run(&found);
        let asked: Value = editor.next("window/showMessageRequest");
        let message = asked["message"].as_str().unwrap();
        assert!(message.contains(RULE) && message.ends_with("Send it this once?"), "{message}");
        if press {
            let progress = editor.progress_begins();
            let exchange = model.next();
            assert!(exchange.prompt().contains("canary"));
            exchange.openai_answer("```\nMODE=other\n```");
            editor.progress_ends(progress);
            match action {
                "Improve this" => drop(editor.next::<Value>("window/showMessage")),
                _ => drop(editor.next::<Value>("window/showDocument")),
            }
        }
    }
    model.expect_no_request();
}

#[test]
fn a_page_takes_a_blocked_file_along_only_by_an_action_that_names_it() {
    let model = FakeModel::start();
    for named in ["#.env", "#.env:1", "#open"] {
        let mut editor = TestEditor::start(&model.setup().without_extension());
        editor.open("a.rs", "fn a() {}\n");
        editor.open(".env", SECRET);
        let uri = editor.open("chat.aside.md", &format!("What is in {named}, and in #a.rs?\n"));
        let mut send = |action: &str, answer: &str, goes_along: bool| {
            let range = editor.range_of(&uri, "What is");
            let offered = editor.code_actions(&uri, range, &json!([]));
            let action = offered.iter().find(|offered| offered["title"] == action).unwrap();
            assert_eq!(editor.run(action), Value::Null);
            let progress = editor.progress_begins();
            let exchange = model.next();
            let prompt = exchange.prompt();
            assert_eq!(prompt.contains("canary"), goes_along, "{named}: {prompt}");
            assert!(prompt.contains("fn a()"), "{named}: {prompt}");
            exchange.openai_answer(answer);
            editor.progress_ends(progress);
            editor.wait_for(&uri, |text| text.contains(&format!("{answer}\n\n## You\n")));
            editor.forget_unread("workspace/applyEdit");
            editor.text(&uri)
        };
        let without = format!("; without .env, kept back by {RULE}; to ");
        let text = send("Aside: Send", "First.", false);
        assert_eq!(text.matches(&without).count(), 1, "{text}");
        let text = send("Aside: Ask again, with .env this once", "Second.", true);
        assert_eq!(text.matches(&without).count(), 1, "{text}");
        let range = editor.range_of(&uri, "");
        editor.change(&uri, range, "And?");
        // Allowed once is not allowed twice.
        let offered = editor.code_actions(&uri, range, &json!([]));
        assert_eq!(offered[0]["title"], "Aside: Send");
        assert_eq!(offered[1]["title"], "Aside: Send, with .env this once");
    }
}

#[test]
fn an_ignore_file_written_while_the_editor_is_open_counts_from_then_on() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.md");
    let uri = editor.open_at(&path, "canary\n");
    let send = question("what?", vec![Mention::File { uri }]);
    let before: PreviewResult = editor.ask(method::PREVIEW, Preview::Turn(send.clone()));
    assert!(before.body.contains("canary"));
    std::fs::write(folder.path().join(".cursorignore"), "plan.*\n").unwrap();
    let after: PreviewResult = editor.ask(method::PREVIEW, Preview::Turn(send));
    assert!(!after.body.contains("canary"));
    assert_eq!(item(&after.items, "plan.md").blocked.as_deref(), Some("`plan.*` in .cursorignore"));
}

#[test]
fn an_unreadable_exclude_setting_keeps_every_file_back() {
    let model = FakeModel::start();
    let setup = model.setup().with_settings(&json!({"privacy": {"exclude": "*.rs"}}));
    let mut editor = TestEditor::start(&setup);
    drop(editor.next::<Value>("window/showMessage"));
    let uri = editor.open("a.rs", "canary\n");
    let send = question("what?", vec![Mention::File { uri }]);
    let preview: PreviewResult = editor.ask(method::PREVIEW, Preview::Turn(send));
    assert!(!preview.body.contains("canary"), "{}", preview.body);
}

#[test]
fn a_file_that_is_kept_back_after_it_was_sent_goes_along_with_no_later_question() {
    let model = FakeModel::start();
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let env = vec![("ASIDE_DATA_DIR".to_owned(), data.path().display().to_string())];
    let setup = Setup { env, ..model.setup() };
    let mut editor = TestEditor::start(&setup);
    let uri = editor.open_at(&folder.path().join("private/plan.md"), "canary\n");
    let ask = |editor: &mut TestEditor, turn: &str, mentions: Vec<Mention>, allow: Vec<String>| {
        let send = ChatSend { turn: turn.into(), allow, ..question("what?", mentions) };
        let shown: PreviewResult = editor.ask(method::PREVIEW, Preview::Turn(send.clone()));
        editor.send_chat(&send);
        let exchange = model.next();
        let body = String::from_utf8_lossy(&exchange.bytes).into_owned();
        assert_eq!(shown.body, body);
        exchange.openai_answer("I see.");
        (body, editor.turn("preview", turn).items)
    };
    let (first, _) = ask(&mut editor, "1", vec![Mention::File { uri: uri.clone() }], vec![]);
    assert!(first.contains("canary"));
    let again = "plan.md from an earlier question";
    let (second, items) = ask(&mut editor, "2", vec![], vec![]);
    assert!(second.contains("canary") && item(&items, again).blocked.is_none(), "{items:?}");

    std::fs::write(folder.path().join(".asideignore"), "private/\n").unwrap();
    // The second time from what is on disk.
    for turn in ["3", "4"] {
        let (body, items) = ask(&mut editor, turn, vec![], vec![]);
        assert!(!body.contains("canary") && body.matches("I see.").count() > 1, "{body}");
        let blocked = item(&items, again);
        assert_eq!(blocked.blocked.as_deref(), Some("`private/` in .asideignore"));
        assert_eq!((blocked.uri.as_ref(), blocked.tokens), (Some(&uri), 0));
        drop(editor);
        editor = TestEditor::start(&setup);
        editor.request(method::CHAT_OPEN, json!({"chat": "preview"}));
    }
    // Allowed once is once. The same turn again is held to the rule as well.
    assert!(ask(&mut editor, "5", vec![], vec![uri]).0.contains("canary"));
    assert!(!ask(&mut editor, "6", vec![], vec![]).0.contains("canary"));
    let send = ChatSend { again: true, ..question("what?", vec![]) };
    let preview: PreviewResult = editor.ask(method::PREVIEW, Preview::Turn(send));
    assert!(!preview.body.contains("canary"), "{}", preview.body);
}

#[test]
fn a_file_that_is_moved_to_where_a_rule_keeps_it_back_goes_along_with_no_later_question() {
    let model = FakeModel::start();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".asideignore"), "private/\n").unwrap();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open_at(&folder.path().join("plans/one.md"), "canary\n");
    let ask = |editor: &mut TestEditor, turn: &str, mentions: Vec<Mention>| {
        editor.send_chat(&ChatSend { turn: turn.into(), ..question("what?", mentions) });
        let exchange = model.next();
        let has_it = String::from_utf8_lossy(&exchange.bytes).contains("canary");
        exchange.openai_answer("I see.");
        editor.turn("preview", turn);
        has_it
    };
    assert!(ask(&mut editor, "1", vec![Mention::File { uri: uri.clone() }]));
    let moved = |from: &str, to: &str| {
        let folder = uri.trim_end_matches("/plans/one.md");
        json!({"files": [{"oldUri": format!("{folder}/{from}"), "newUri": format!("{folder}/{to}")}]})
    };
    editor.notify("workspace/didRenameFiles", moved("plans", "open"));
    assert!(ask(&mut editor, "2", vec![]));
    editor.notify("workspace/didRenameFiles", moved("open/one.md", "private/one.md"));
    assert!(!ask(&mut editor, "3", vec![]));
}

#[test]
fn what_the_user_allowed_stays_part_of_its_chat() {
    let model = FakeModel::start();
    let (mut editor, _, secret) = editor(&model);
    let mentions = vec![Mention::File { uri: secret.clone() }];
    editor.send_chat(&ChatSend { allow: vec![secret], ..question("what?", mentions) });
    let exchange = model.next();
    assert!(exchange.prompt().contains("canary"));
    exchange.openai_answer("ok");
    editor.turn("preview", "1");
    editor.send_chat(&ChatSend { turn: "2".into(), ..question("and?", vec![]) });
    let exchange = model.next();
    assert!(String::from_utf8_lossy(&exchange.bytes).contains("canary"));
    exchange.openai_answer("ok");
    editor.turn("preview", "2");
}

#[test]
fn a_glob_that_the_user_adds_counts_from_then_on() {
    let model = FakeModel::start();
    let (mut editor, plain, _) = editor(&model);
    let send = question("what?", vec![Mention::File { uri: plain }]);
    let before: PreviewResult = editor.ask(method::PREVIEW, Preview::Turn(send.clone()));
    assert!(before.body.contains("fn a()"), "{}", before.body);
    let mut settings = model.settings();
    settings["privacy"] = json!({"exclude": ["*.rs"]});
    editor.set_settings(&settings);
    let after: PreviewResult = editor.ask(method::PREVIEW, Preview::Turn(send));
    assert!(!after.body.contains("fn a()"), "{}", after.body);
    let rule = "`*.rs` in the setting `privacy.exclude`";
    assert_eq!(item(&after.items, "a.rs").blocked.as_deref(), Some(rule));
}

#[test]
fn what_an_instruction_mentions_is_held_to_the_rules_as_well() {
    let model = FakeModel::start();
    let (mut editor, plain, secret) = editor(&model);
    let start = InlineStart {
        proposal: "p".into(),
        version: editor.version(&plain),
        range: editor.whole(&plain),
        uri: plain,
        instruction: "use the mode".into(),
        mentions: vec![Mention::File { uri: secret }],
        model: None,
        allow: vec![],
    };
    let preview: PreviewResult = editor.ask(method::PREVIEW, Preview::Inline(start));
    assert!(preview.body.contains("fn a()") && !preview.body.contains("canary"), "{}", preview.body);
    assert_eq!(item(&preview.items, ".env").blocked.as_deref(), Some(RULE));
}
