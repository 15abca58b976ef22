//! A day of use, as a script: chats, instructions, code actions, documents, every kind of failure, a restart.

pub(crate) mod more;

use aside::protocol::{ChatSend, Mention, Preview, ProposalState, TurnEvent, command, method};
use aside_tests::model::Exchange;
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::Path;

/// What stands where in the day.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    pub(crate) key: String,
    pub(crate) command_key: String,
    pub(crate) header: String,
    /// A part of the provider's address.
    pub(crate) address: String,
    pub(crate) standing: String,
    pub(crate) folder: String,
    pub(crate) file_name: String,
    pub(crate) file: String,
    pub(crate) prompt: String,
    pub(crate) instruction: String,
    pub(crate) diagnostic: String,
    pub(crate) answer: String,
    pub(crate) code: String,
    pub(crate) error: String,
    pub(crate) title: String,
    pub(crate) setting: String,
    pub(crate) user: String,
    pub(crate) host: String,
    /// In a file that a rule keeps back.
    pub(crate) blocked: String,
    /// What looks like a key, in the words and in a file.
    pub(crate) secret: String,
    pub(crate) passphrase: String,
    pub(crate) file_key: String,
}

/// Spelled in two, so that nothing that looks for keys finds one here.
pub(crate) fn secret() -> String {
    ["ghp", "_q7Zt4Lw9Xc2Vb8Nm1Ks6Jd3Hf5Gr0Pt7YuQ"].concat()
}

/// The user's settings and surroundings, with everything kept below `home`.
pub(crate) fn setup(model: &FakeModel, words: &Words, home: &Path, level: &str) -> Setup {
    let inside = |name: &str| home.join(name).display().to_string();
    for folder in [words.user.as_str(), "tmp"] {
        std::fs::create_dir_all(home.join(folder)).expect("a folder");
    }
    let base = format!("{}/{}", model.origin(), words.address);
    let provider = |more: Value| {
        let mut provider = json!({"baseUrl": base, "headers": {"x-team": words.header}});
        for (name, value) in more.as_object().expect("an object") {
            provider[name] = value.clone();
        }
        provider
    };
    let settings = json!({
        "model": "fake/test",
        "instructions": words.standing,
        // Counted all day; this day is not over, so nobody is told yet.
        "telemetry": {"usage": true, "errors": true, "endpoint": "http://127.0.0.1:2"},
        "fallbacks": {"models": ["second/test"], "on": ["unknownModel"]},
        "providers": {
            "fake": provider(json!({"keyEnv": "FAKE_KEY"})),
            "commanded": provider(json!({"keyCommand": more::command(home, "", &words.command_key)})),
            "filed": provider(json!({})),
            "second": provider(json!({"keyOptional": true})),
            // Not this machine's own address, as far as Aside knows.
            "warmed": {"baseUrl": format!("http://[::ffff:0.0.0.0]:{}/{}", model.port(), words.address), "keyOptional": true},
            // Nothing listens there.
            "dead": {"baseUrl": format!("http://127.0.0.1:1/{}", words.address), "keyOptional": true},
        },
    });
    Setup { settings, ..Setup::default() }
        .with_env("FAKE_KEY", &words.key)
        .with_env("USER", &words.user)
        .with_env("HOSTNAME", &words.host)
        .with_env("HOME", &inside(&words.user))
        .with_env("TMPDIR", &inside("tmp"))
        .with_env("ASIDE_CONFIG_DIR", &inside("config"))
        .with_env("ASIDE_DATA_DIR", &inside("data"))
        .with_env("ASIDE_STATE_DIR", &inside("state"))
        .with_env("ASIDE_LOG", level)
}

/// The provider of the day, which remembers what it was sent.
struct Provider<'m> {
    model: &'m FakeModel,
    bodies: RefCell<Vec<Vec<u8>>>,
}

impl Provider<'_> {
    #[track_caller]
    fn next(&self) -> Exchange {
        let exchange = self.model.next();
        self.bodies.borrow_mut().push(exchange.bytes.clone());
        exchange
    }
}

/// The whole day. Everything asked for is answered, and nothing else comes to the provider; gives back the bodies of
/// all requests.
pub(crate) fn live(model: &FakeModel, setup: &Setup, words: &Words) -> Vec<Vec<u8>> {
    leave_report(setup);
    let (_, state) = setup.env.iter().find(|(name, _)| name == "ASIDE_STATE_DIR").expect("the day's own");
    let keys = more::save_key(model, words, Path::new(state).parent().expect("the home"));
    let model = &Provider { model, bodies: RefCell::default() };
    let mut editor = TestEditor::start(setup);
    editor.next::<Value>("window/showMessageRequest");
    let uri = open(&mut editor, words);
    chats(model, &mut editor, words, &uri);
    failures(model, &mut editor, words, &uri);
    instructions(model, &mut editor, words, &uri);
    actions(model, &mut editor, words, &uri);
    more::blocked(model, &mut editor, words);
    more::masked(model, &mut editor, words);
    more::warmed(model, &mut editor, words);
    more::fallback(model, &mut editor, words, &uri);
    documents(&mut editor, words, &uri);
    lists(model, &mut editor, words);
    rubbish(&mut editor, setup, words, &uri);
    editor.close(&uri);
    drop(editor);
    let mut editor = TestEditor::start(setup);
    editor.send("kept", "2", &words.prompt);
    answer(model.next(), &words.answer);
    editor.turn("kept", "2");
    drop(editor);
    more::page(model, setup, words);
    more::key_file(model, setup, words, &keys);
    more::command_line(model, setup, words);
    model.model.expect_no_request();
    model.bodies.take()
}

/// The next day, long after one that was lived: what was counted is told to the collector of the settings. Gives back
/// the request.
pub(crate) fn tell(model: &FakeModel, collector: &FakeModel, setup: &Setup, words: &Words) -> Vec<u8> {
    let (_, state) = setup.env.iter().find(|(name, _)| name == "ASIDE_STATE_DIR").expect("the day's own");
    let days = Path::new(state).join("telemetry/days.json");
    let counted = std::fs::read_to_string(&days).expect("the day was counted");
    let mut queue: Value = serde_json::from_str(&counted).expect("JSON");
    queue["days"][0]["day"] = json!(20_000);
    std::fs::write(&days, queue.to_string()).expect("it can be written");
    let mut editor = TestEditor::start(setup);
    editor.send("kept", "3", &words.prompt);
    answer(model.next(), &words.answer);
    editor.turn("kept", "3");
    let told = collector.next();
    let request = [told.path.as_bytes(), format!("{:?}", told.headers).as_bytes(), &told.bytes].concat();
    told.answer(200, &[], "{}");
    editor.next::<Value>("telemetry/event");
    request
}

/// What a bug left yesterday: it is offered, and not sent.
fn leave_report(setup: &Setup) {
    let (_, state) = setup.env.iter().find(|(name, _)| name == "ASIDE_STATE_DIR").expect("the day's own");
    let report = b"aside 0.1.0 on linux x86_64: panicked at server/src/chat.rs:1\n";
    aside::paths::write_private(&Path::new(state).join("crashes/new.txt"), report)
        .expect("it can be written");
}

/// Answers in one piece, so that what is planted in it is whole in whatever is done with a piece.
fn answer(mut exchange: Exchange, text: &str) {
    exchange.openai_text(text);
    exchange.openai_done();
}

fn open(editor: &mut TestEditor, words: &Words) -> String {
    let text = format!("fn main() {{\n    work();\n}}\n// {}\n", words.file);
    let uri = editor.open(&format!("{}/{}.rs", words.folder, words.file_name), &text);
    editor.type_after(&uri, "work", "er");
    uri
}

fn chats(model: &Provider<'_>, editor: &mut TestEditor, words: &Words, uri: &str) {
    let diagnostic = aside::protocol::Diagnostic {
        range: editor.range_of(uri, "worker"),
        severity: Some(1),
        source: None,
        message: words.diagnostic.clone(),
    };
    let mentions = vec![
        Mention::File { uri: uri.into() },
        Mention::Problems { uri: uri.into(), items: vec![diagnostic] },
    ];
    let send = ChatSend { mentions, ..question("kept", "1", &words.prompt, "fake/test") };
    editor.send_chat(&send);
    // Asked again after the wait that the provider names.
    model.next().openai_error(429, "rate_limit_exceeded", &words.error, &[("retry-after", "0")]);
    answer(model.next(), &words.answer);
    editor.turn("kept", "1");
    editor.send_chat(&question("commanded", "1", &words.prompt, "commanded/test"));
    answer(model.next(), &words.answer);
    editor.turn("commanded", "1");
    editor.request(method::CHAT_RENAME, json!({"chat": "kept", "title": words.title}));
    editor.request(method::CHAT_FORK, json!({"chat": "kept", "fork": "other"}));
    editor.request(method::CHAT_SEARCH, json!({"text": words.prompt}));
    editor.request(method::CHAT_EXPORT, json!({"chat": "kept"}));
    editor.request(method::CHAT_OPEN, json!({"chat": "other"}));
    editor.request(method::CHAT_DELETE, json!({"chat": "other"}));
    editor.request(method::CHAT_LIST, Value::Null);
    editor.send("stopped", "1", &words.prompt);
    let mut exchange = model.next();
    exchange.openai_text(&words.answer);
    let seen = editor.turn_until("stopped", "1", Default::default(), |turn| turn.text == words.answer);
    editor.cancel_turn("stopped", "1");
    editor.turn_until("stopped", "1", seen, |turn| turn.end == Some(TurnEvent::Cancelled));
    exchange.client_closed();
}

/// Whatever can go wrong between here and an answer.
fn failures(model: &Provider<'_>, editor: &mut TestEditor, words: &Words, uri: &str) {
    let page = format!("<!doctype html><html><head><title>{}</title></head></html>", words.error);
    let elsewhere =
        format!("http://elsewhere.example/{}", words.error.replace(|c: char| !c.is_ascii_alphanumeric(), ""));
    for kind in ["refused", "unknown", "page", "moved", "rubbish", "cut", "reset", "inside"] {
        let mentions = vec![Mention::File { uri: uri.into() }];
        editor.send_chat(&ChatSend { mentions, ..question(kind, "1", &words.prompt, "fake/test") });
        let mut exchange = model.next();
        match kind {
            "refused" => {
                // The provider quotes the key and the prompt.
                let said = format!("{}: {} may not ask {}", words.error, words.key, words.prompt);
                exchange.openai_error(401, "invalid_api_key", &said, &[]);
            }
            "unknown" => exchange.openai_error(400, "bad_request", &words.error, &[]),
            "page" => exchange.answer(200, &[("content-type", "text/html")], &page),
            "moved" => exchange.answer(302, &[("location", &elsewhere)], ""),
            "rubbish" => exchange.answer(200, &[], &format!("{{{}", words.error)),
            "cut" => {
                exchange.openai_text(&words.answer);
                exchange.cut();
            }
            "reset" => {
                exchange.openai_text(&words.answer);
                exchange.reset();
            }
            _ => {
                let error = json!({"error": {"message": words.error, "code": 400}});
                exchange.piece(format!("data: {error}\n\n").as_bytes());
                exchange.finish();
            }
        }
        ended_or_stopped(editor, kind);
    }
    editor.send_chat(&question("dead", "1", &words.prompt, "dead/test"));
    ended_or_stopped(editor, "dead");
    let nobody = editor.try_request(method::CHAT_SEND, question("nobody", "1", &words.prompt, "nobody/test"));
    assert!(nobody.is_err());
}

/// The turn failed, or waits to be tried again and is stopped.
fn ended_or_stopped(editor: &mut TestEditor, chat: &str) {
    let until = |turn: &aside_tests::editor::Turn| !turn.waits.is_empty() || turn.end.is_some();
    let turn = editor.turn_until(chat, "1", Default::default(), until);
    if turn.end.is_none() {
        editor.cancel_turn(chat, "1");
        editor.turn_until(chat, "1", turn, |turn| turn.end.is_some());
    } else {
        assert!(matches!(turn.end, Some(TurnEvent::Failed { .. })), "{chat}: {turn:?}");
    }
}

fn question(chat: &str, turn: &str, text: &str, model: &str) -> ChatSend {
    ChatSend {
        chat: chat.into(),
        turn: turn.into(),
        text: text.into(),
        mentions: vec![],
        about: None,
        missing: vec![],
        model: Some(model.into()),
        again: false,
        allow: vec![],
    }
}

fn instructions(model: &Provider<'_>, editor: &mut TestEditor, words: &Words, uri: &str) {
    let line = editor.range_of(uri, "    worker();\n");
    editor.instruct("accepted", uri, line, &words.instruction);
    answer(model.next(), &format!("    worker(); // {}\n", words.code));
    editor.proposal_in("accepted", ProposalState::Ready);
    editor.accept("accepted", None).expect("it is accepted");
    editor.proposal_in("accepted", ProposalState::Accepted);
    let whole = editor.whole(uri);
    for (name, state) in [("failed", ProposalState::Failed), ("rejected", ProposalState::Ready)] {
        editor.instruct(name, uri, whole, &words.instruction);
        match state {
            ProposalState::Failed => model.next().openai_error(400, "bad_request", &words.error, &[]),
            _ => answer(model.next(), &format!("fn main() {{\n    {}();\n}}\n", "worked")),
        }
        editor.proposal_in(name, state);
        editor.request(method::PROPOSAL_REJECT, json!({"proposal": name}));
        editor.proposal_in(name, ProposalState::Rejected);
    }
}

fn actions(model: &Provider<'_>, editor: &mut TestEditor, words: &Words, uri: &str) {
    let range = editor.range_of(uri, "worker");
    let action = editor.code_action(uri, range, "Explain");
    editor.run(&action);
    answer(model.next(), &words.answer);
    let progress = editor.progress_begins();
    editor.progress_ends(progress);
    editor.next::<Value>("window/showDocument");
}

/// The documents about the user's own data.
fn documents(editor: &mut TestEditor, words: &Words, uri: &str) {
    let mentions = vec![Mention::File { uri: uri.into() }];
    let send = ChatSend { mentions, ..question("preview", "1", &words.prompt, "fake/test") };
    editor.request(method::PREVIEW, Preview::Turn(send.clone()));
    for (name, arguments) in [
        (command::LEDGER, json!([])),
        (command::DATA, json!([])),
        (command::PRIVACY, json!([])),
        (command::TELEMETRY, json!([])),
        (command::DOCTOR, json!([])),
        (command::PREVIEW, json!([Preview::Turn(send)])),
    ] {
        editor.request("workspace/executeCommand", json!({"command": name, "arguments": arguments}));
        editor.next::<Value>("window/showDocument");
    }
}

fn lists(model: &Provider<'_>, editor: &mut TestEditor, words: &Words) {
    let asked = editor.send_request(method::MODELS, json!({"provider": "fake", "refresh": true}));
    model.next().answer(200, &[], &json!({"data": [{"id": "test"}]}).to_string());
    editor.reply(&asked).expect("a list");
    let asked = editor.send_request(method::MODELS, json!({"provider": "fake", "refresh": true}));
    model.next().answer(400, &[], &words.error);
    editor.reply(&asked).expect("a list with a problem");
}

/// Messages and settings that can't be read.
fn rubbish(editor: &mut TestEditor, setup: &Setup, words: &Words, uri: &str) {
    assert!(editor.try_request(method::CHAT_SEND, json!({"text": words.prompt, "chat": 3})).is_err());
    let broken =
        json!({"textDocument": {"uri": uri, "version": 99}, "contentChanges": [{"range": words.file}]});
    editor.notify("textDocument/didChange", broken);
    editor.next::<Value>("window/showMessage");
    let mut settings = json!({"model": "fake/test", "providers": {"fake": {"baseUrl": words.setting}}});
    // Without it, what was counted would be deleted.
    settings["telemetry"] = setup.settings["telemetry"].clone();
    settings[&words.setting] = json!(words.setting);
    editor.set_settings(&settings);
    for problem in ["not a usable URL", "there is no such setting"] {
        editor.expect::<Value>("window/showMessage", |message| {
            message["message"].as_str().is_some_and(|text| text.contains(problem))
        });
    }
    editor.forget_unread("window/showMessage");
}
