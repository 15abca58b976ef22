//! Chats: streamed, many turns, what goes along, stopped.

use crate::support::{problem_of, question, refused};
use aside::protocol::{About, ChatName, ChatSend, ChatTranscript, Mention, TurnEvent, method};
use aside_core::position::{Position, Range};
use aside_core::problem::ProblemKind;
use aside_core::provider::Role;
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::json;

const DONE: Option<TurnEvent> = Some(TurnEvent::Done { cut: false });

#[test]
fn an_answer_is_seen_while_the_model_writes_it() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "hello");
    let mut exchange = model.next();
    let mut turn = Default::default();
    let mut expected = String::new();
    for piece in ["One", " piece ", "of 👩‍💻 text", "\n"] {
        exchange.openai_text(piece);
        expected += piece;
        turn = editor.turn_until("c", "1", turn, |turn| turn.text == expected);
    }
    exchange.openai_done();
    let turn = editor.turn_until("c", "1", turn, |turn| turn.end.is_some());
    assert_eq!((turn.text, turn.end), (expected, DONE));
    assert_eq!(turn.usage.map(|usage| (usage.input, usage.output)), Some((11, 7)));
}

#[test]
fn words_in_the_question_take_along_what_they_stand_for() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("a.rs", "fn one() {}\nfn two() {}\n");
    let range = Range { start: Position { line: 1, character: 0 }, end: Position { line: 1, character: 11 } };
    let about = About { uri: Some(uri), version: 1, selection: Some(range), problems: vec![] };
    editor
        .send_chat(&ChatSend { about: Some(about), ..question("what is #selection, any #problems", vec![]) });
    let exchange = model.next();
    let asked = exchange.body["messages"].to_string();
    assert!(asked.contains("fn two") && !asked.contains("fn one"), "{asked}");
    assert!(asked.contains("what is , any") && !asked.contains('#'), "{asked}");
    exchange.openai_answer("A function.");
    let turn = editor.turn("preview", "1");
    let left: Vec<_> =
        turn.items.iter().map(|item| (item.label.as_str(), item.left_out.as_deref())).collect();
    assert_eq!(left, [("selection a.rs:2", None), ("#problems", Some("the file has none"))]);
    let said = turn.said.expect("words were asked for");
    assert_eq!(said.beside, "fake/test · 11 tokens in, 7 out");
    assert!(said.above[0].starts_with("with selection a.rs:2 ("), "{said:?}");
    assert_eq!((said.above[1].as_str(), said.below), ("left out: #problems (the file has none)", None));
}

#[test]
fn an_anthropic_answer_is_seen_as_well() {
    let model = FakeModel::start();
    let setup = Setup { settings: model.settings_for("anthropic-messages"), ..Setup::default() };
    let mut editor = TestEditor::start(&setup);
    editor.send("c", "1", "hello");
    let exchange = model.next();
    assert_eq!(exchange.path, "/v1/messages");
    assert_eq!(exchange.body["stream"], true);
    exchange.anthropic_answer("Hello, 🌍");
    let turn = editor.turn("c", "1");
    assert_eq!((turn.text.as_str(), turn.end), ("Hello, 🌍", DONE));
    assert_eq!(turn.usage.map(|usage| (usage.input, usage.output)), Some((11, 7)));
}

#[test]
fn the_request_is_what_a_provider_expects() {
    let model = FakeModel::start();
    let mut settings = model.settings();
    settings["providers"]["fake"]["headers"] = json!({"x-team": "blue"});
    settings["providers"]["fake"]["body"] = json!({"seed": 5});
    settings["providers"]["fake"]["maxOutputTokens"] = json!(99);
    let mut editor = TestEditor::start(&Setup { settings, ..Setup::default() });
    editor.send("c", "1", "hello");
    let exchange = model.next();
    assert_eq!((exchange.method.as_str(), exchange.path.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(exchange.header("content-type"), Some("application/json"));
    assert_eq!(exchange.header("x-team"), Some("blue"));
    assert_eq!(exchange.header("authorization"), None, "no key was set");
    assert_eq!(exchange.body["model"], "test");
    assert_eq!(exchange.body["stream"], true);
    assert_eq!(exchange.body["seed"], 5);
    exchange.openai_answer("hi");
    editor.turn("c", "1");
}

#[test]
fn reasoning_is_kept_apart_from_the_answer() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "why?");
    let mut exchange = model.next();
    exchange.openai_reasoning("let me see");
    exchange.openai_text("<think>still thinking</think>");
    exchange.openai_text("Because.");
    exchange.openai_done();
    let turn = editor.turn("c", "1");
    assert_eq!(turn.text.trim(), "Because.");
    assert!(turn.reasoning.contains("let me see") && turn.reasoning.contains("still thinking"), "{turn:?}");
}

#[test]
fn a_later_turn_brings_the_earlier_ones_along() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    for (turn, asked, answer) in [("1", "first question", "first answer"), ("2", "second", "fine")] {
        editor.send("c", turn, asked);
        let exchange = model.next();
        if turn == "2" {
            let messages = exchange.body["messages"].as_array().unwrap();
            let said: Vec<_> =
                messages.iter().filter(|m| m["role"] != "system").map(|m| m["content"].clone()).collect();
            assert_eq!(said, ["first question", "first answer", "second"]);
        }
        exchange.openai_answer(answer);
        assert_eq!(editor.turn("c", turn).text, answer);
    }
    let transcript: ChatTranscript = editor.ask(method::CHAT_OPEN, ChatName { chat: "c".into() });
    let said: Vec<_> = transcript.messages.iter().map(|m| (m.role, m.text.as_str())).collect();
    let expected = [
        (Role::User, "first question"),
        (Role::Assistant, "first answer"),
        (Role::User, "second"),
        (Role::Assistant, "fine"),
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_turn_that_is_sent_again_replaces_what_came_after_it() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    for (turn, asked) in [("1", "first"), ("2", "second"), ("1", "first, better")] {
        editor.send("c", turn, asked);
        let exchange = model.next();
        if asked == "first, better" {
            assert!(!exchange.prompt().contains("second"), "{}", exchange.prompt());
        }
        exchange.openai_answer("ok");
        editor.turn("c", turn);
    }
    let transcript: ChatTranscript = editor.ask(method::CHAT_OPEN, ChatName { chat: "c".into() });
    assert_eq!(transcript.messages.len(), 2);
}

#[test]
fn what_goes_along_is_said_and_is_what_was_sent() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("src/main.rs", "fn main() {\n    go(👍);\n}\n");
    let other = editor.open("src/other.rs", "const OTHER: u8 = 1;\n");
    let range = editor.range_of(&uri, "go(👍);");
    let problem = json!({"range": range, "severity": 1, "source": "rustc", "message": "no such function"});
    let mentions = vec![
        Mention::Selection { uri: uri.clone(), version: editor.version(&uri), range },
        Mention::File { uri: uri.clone() },
        Mention::OpenFiles,
        Mention::Problems { uri: uri.clone(), items: vec![serde_json::from_value(problem).unwrap()] },
    ];
    editor.send_chat(&question("what is wrong?", mentions));
    let exchange = model.next();
    let prompt = exchange.prompt();
    for sent in ["go(👍);", "fn main() {", "const OTHER", "no such function", "rustc", "what is wrong?"] {
        assert!(prompt.contains(sent), "{sent:?} is not in {prompt}");
    }
    assert!(!prompt.contains("file:///") && !prompt.contains("/project"), "a path in {prompt}");
    // It is said before there is an answer.
    let said = editor.turn_until("preview", "1", Default::default(), |turn| !turn.items.is_empty());
    exchange.openai_answer("this");
    let turn = editor.turn_until("preview", "1", said, |turn| turn.end.is_some());
    assert_eq!((turn.model.as_str(), turn.origin), ("fake/test", model.origin()));
    let labels: Vec<_> = turn.items.iter().map(|item| item.label.as_str()).collect();
    assert_eq!(labels, ["selection main.rs:2", "1 problem in main.rs", "main.rs", "other.rs"]);
    assert!(turn.items.iter().all(|item| item.left_out.is_none()), "{:?}", turn.items);
    assert!(turn.items.iter().any(|item| item.uri.as_deref() == Some(other.as_str())));
    assert!(turn.tokens > 0 && turn.tokens < turn.budget, "{} of {}", turn.tokens, turn.budget);
}

#[test]
fn a_file_that_goes_along_again_with_a_later_question_is_said_again() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("src/main.rs", "fn main() {}\n");
    editor.send_chat(&question("what is it?", vec![Mention::File { uri }]));
    model.next().openai_answer("a program");
    editor.turn("preview", "1");
    editor.send_chat(&ChatSend { turn: "2".to_owned(), ..question("and?", Vec::new()) });
    let exchange = model.next();
    assert!(exchange.prompt().contains("fn main() {}"), "{}", exchange.prompt());
    exchange.openai_answer("it does nothing");
    let labels: Vec<_> = editor.turn("preview", "2").items.into_iter().map(|item| item.label).collect();
    assert_eq!(labels, ["main.rs from an earlier question"]);
}

#[test]
fn the_budget_is_kept_and_what_was_left_out_is_said() {
    let model = FakeModel::start();
    let budget = 2000;
    let setup = model.setup().with_settings(&json!({"context": {"maxTokens": budget}}));
    let mut editor = TestEditor::start(&setup);
    let line = |n: u32| format!("line number {n} of a rather long file\n");
    let uri = editor.open("long.txt", &(0..2000).map(line).collect::<String>());
    editor.open("other.txt", &(0..2000).map(line).collect::<String>());
    editor.send_chat(&question("what?", vec![Mention::File { uri }, Mention::OpenFiles]));
    let exchange = model.next();
    assert!(exchange.bytes.len() < 10_000, "{} bytes for {budget} tokens", exchange.bytes.len());
    assert!(exchange.prompt().contains("line number 0 ") && !exchange.prompt().contains("line number 1999 "));
    exchange.openai_answer("that");
    let turn = editor.turn("preview", "1");
    assert_eq!(turn.budget, budget);
    let left_out: Vec<_> = turn.items.iter().filter_map(|item| item.left_out.as_deref()).collect();
    assert_eq!(left_out.len(), 2, "{:?}", turn.items);
    assert!(left_out.iter().any(|why| why.contains("of 2000 lines")), "{left_out:?}");
}

#[test]
fn a_preview_is_what_is_sent_byte_for_byte() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("a.rs", "fn a() {}\n");
    let preview = crate::support::preview_file(&mut editor, &uri);
    assert_eq!(model.connections(), 0);
    editor.send_chat(&question("what is this?", vec![Mention::File { uri }]));
    let exchange = model.next();
    assert_eq!(String::from_utf8_lossy(&exchange.bytes), preview.body);
    assert_eq!((exchange.path.as_str(), &model.origin()), ("/v1/chat/completions", &preview.origin));
    exchange.openai_answer("a function");
    let turn = editor.turn("preview", "1");
    assert_eq!(turn.items, preview.items);
}

#[test]
fn a_chat_has_one_turn_at_a_time_and_many_chats_run_at_once() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("a", "1", "one");
    let first = model.next();
    let second = ChatSend { chat: "a".into(), turn: "2".into(), ..question("two", vec![]) };
    let error = editor.try_request(method::CHAT_SEND, &second).unwrap_err();
    assert!(!problem_of(&error).next.is_empty());
    editor.send("b", "1", "other");
    let other = model.next();
    other.openai_answer("b's");
    assert_eq!(editor.turn("b", "1").text, "b's");
    first.openai_answer("a's");
    assert_eq!(editor.turn("a", "1").text, "a's");
    editor.send_chat(&second);
    model.next().openai_answer("now");
    assert_eq!(editor.turn("a", "2").text, "now");
}

#[test]
fn stopping_closes_the_connection_of_a_provider_that_never_stops() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "go on for ever");
    let mut exchange = model.next();
    exchange.openai_text("start");
    let turn = editor.turn_until("c", "1", Default::default(), |turn| turn.text.contains("start"));
    let provider = std::thread::spawn(move || {
        exchange.never_stop(aside_tests::model::openai_delta(&json!({"content": " more"})).as_bytes())
    });
    let turn = editor.turn_until("c", "1", turn, |turn| turn.text.len() > 1000);
    editor.cancel_turn("c", "1");
    let turn = editor.turn_until("c", "1", turn, |turn| turn.end.is_some());
    assert_eq!(turn.end, Some(TurnEvent::Cancelled));
    provider.join().unwrap();
    // What came so far is kept, and the chat goes on.
    let transcript: ChatTranscript = editor.ask(method::CHAT_OPEN, ChatName { chat: "c".into() });
    assert_eq!(transcript.messages[1].text, turn.text);
    assert_eq!(transcript.running, None);
    editor.send("c", "2", "again");
    model.next().openai_answer("fine");
    assert_eq!(editor.turn("c", "2").end, DONE);
}

#[test]
fn stopping_works_before_the_first_byte_came() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "hello");
    let exchange = model.next();
    editor.cancel_turn("c", "1");
    assert_eq!(editor.turn("c", "1").end, Some(TurnEvent::Cancelled));
    exchange.client_closed();
}

#[test]
fn stopping_what_has_ended_does_nothing() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "hello");
    model.next().openai_answer("hi");
    editor.turn("c", "1");
    editor.cancel_turn("c", "1");
    let transcript: ChatTranscript = editor.ask(method::CHAT_OPEN, ChatName { chat: "c".into() });
    assert_eq!(transcript.messages[1].text, "hi");
}

#[test]
fn an_answer_at_the_output_limit_says_that_it_was_cut() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "hello");
    let mut exchange = model.next();
    exchange.openai_text("and so");
    exchange.openai_stop("length");
    assert_eq!(editor.turn("c", "1").end, Some(TurnEvent::Done { cut: true }));
}

#[test]
fn what_a_provider_does_wrong_does_not_end_the_answer() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "hello");
    let mut exchange = model.next();
    // A comment, a cut CRLF, `content: null`, an emoji as two lone surrogates in two deltas, an unknown event.
    let stream = concat!(
        ": keep-alive\n\n",
        "event: unknown\ndata: {\"x\":1}\n\n",
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\r\n\r\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"\\ud83d\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"\\udc69!\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    );
    for byte in stream.as_bytes() {
        exchange.piece(&[*byte]);
    }
    exchange.finish();
    let turn = editor.turn("c", "1");
    assert_eq!((turn.text.as_str(), turn.end), ("👩!", DONE));
}

#[test]
fn a_whole_answer_where_a_stream_was_asked_for_is_taken() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.send("c", "1", "hello");
    let body = json!({"choices": [{"message": {"role": "assistant", "content": "all at once"}, "finish_reason": "stop"}]});
    model.next().answer(200, &[("content-type", "application/json")], &body.to_string());
    let turn = editor.turn("c", "1");
    assert_eq!((turn.text.as_str(), turn.end), ("all at once", DONE));
}

#[test]
fn a_mention_of_what_is_not_open_or_is_stale_is_refused() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let closed = vec![Mention::File { uri: "file:///nowhere.rs".into() }];
    refused(&mut editor, method::CHAT_SEND, question("?", closed), ProblemKind::NotFound);
    let uri = editor.open("a.rs", "fn a() {}\n");
    let range = editor.range_of(&uri, "a()");
    let version = editor.version(&uri);
    editor.type_after(&uri, "fn ", "x");
    let stale = vec![Mention::Selection { uri, version, range }];
    refused(&mut editor, method::CHAT_SEND, question("?", stale), ProblemKind::Conflict);
}

#[test]
fn the_built_in_model_answers_with_nothing_configured() {
    let mut editor = TestEditor::start(&Setup::default());
    let uri = editor.open("main.py", "def area(w, h):\n    return w * h\n");
    editor.send_chat(&question("what is in this file?", vec![Mention::File { uri }]));
    let turn = editor.turn("preview", "1");
    assert_eq!((turn.model.as_str(), turn.end), ("demo/demo", DONE));
    assert!(turn.text.contains("area"), "it works on the real text: {}", turn.text);
}

#[test]
fn a_question_or_an_instruction_without_a_word_is_refused_and_not_sent() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("a.rs", "fn a() {}\n");
    let range = editor.whole(&uri);
    for nothing in ["", " \n\t "] {
        refused(&mut editor, method::CHAT_SEND, question(nothing, vec![]), ProblemKind::NotFound);
        let start = json!({"proposal": "p", "uri": uri, "version": 1, "range": range, "instruction": nothing, "mentions": []});
        refused(&mut editor, method::INLINE_START, start, ProblemKind::NotFound);
    }
    let nameless = |chat: &str, turn: &str| json!({"chat": chat, "turn": turn, "text": "a", "mentions": []});
    refused(&mut editor, method::CHAT_SEND, nameless("", "1"), ProblemKind::NotFound);
    refused(&mut editor, method::CHAT_SEND, nameless("c", ""), ProblemKind::NotFound);
    assert_eq!(model.connections(), 0);
    editor.send("c", "1", "a word");
    model.next().openai_answer("fine");
    assert_eq!(editor.turn("c", "1").end, DONE);
}

#[test]
fn what_came_so_far_is_said_to_be_kept_only_where_something_came() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    for (piece, is_kept) in [(Some("half"), true), (None, false)] {
        editor.send("c", "1", "hello");
        // What may pass is asked again, as long as nothing came.
        for _ in 0..if is_kept { 1 } else { 3 } {
            let mut exchange = model.next();
            exchange.start();
            if let Some(piece) = piece {
                exchange.openai_text(piece);
            }
            exchange.cut();
        }
        let problem = editor.turn("c", "1").problem().clone();
        assert_eq!(problem.kind, ProblemKind::StreamEndedEarly);
        assert_eq!(problem.next.contains("kept"), is_kept, "{problem}");
    }
}

#[test]
fn an_answer_without_a_word_or_one_that_was_refused_is_a_problem_with_a_next_step() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    for (text, reason, kind, next) in [
        ("", "stop", ProblemKind::EmptyAnswer, "Ask again"),
        ("", "length", ProblemKind::EmptyAnswer, "Raise the provider's `maxOutputTokens`"),
        ("", "content_filter", ProblemKind::Declined, "Ask in other words"),
        ("half", "content_filter", ProblemKind::Declined, "What came so far is kept"),
    ] {
        editor.send("c", "1", "hello");
        let mut exchange = model.next();
        let delta = json!({"choices": [{"delta": {"content": text}, "finish_reason": reason}]});
        exchange.piece(format!("data: {delta}\n\ndata: [DONE]\n\n").as_bytes());
        exchange.finish();
        let turn = editor.turn("c", "1");
        assert_eq!((turn.text.as_str(), turn.problem().kind), (text, kind));
        assert!(turn.problem().next.starts_with(next), "{turn:?}");
    }
}
