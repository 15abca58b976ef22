//! The server in this process, with the real framework: what becomes of a bug of ours, and of an editor that does nothing.

use super::*;
use crate::keys::{Keys, tests::keyring_in_memory};
use crate::{http, ledger, store};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};

/// The surroundings of a server in which looking for a key is a bug that panics.
fn broken(folder: &std::path::Path) -> Env {
    keyring_in_memory();
    Env {
        keys: Keys::new(|_| panic!("canary: the user's text")),
        http: http::Http::new(ledger::Ledger::new(folder.join("ledger"))),
        opened: crate::opened::Opened::new(&folder.join("answers")),
        crashes: folder.join("crashes"),
        pages: folder.join("chats"),
        settings: "/no/settings.json".into(),
        store: store::Store::new(folder.join("aside.sqlite")),
        ended: CancellationToken::new(),
        patience: crate::Patience::default(),
        paths: crate::paths::Paths {
            config: folder.join("config"),
            data: folder.to_owned(),
            state: folder.to_owned(),
        },
        do_not_track: false,
    }
}

struct Editor {
    input: DuplexStream,
    output: BufReader<DuplexStream>,
    last_id: u64,
    /// Notifications that came while an answer was waited for.
    unread: Vec<Value>,
}

impl Editor {
    fn connect(env: Env) -> (Self, tokio::task::JoinHandle<u8>) {
        let ((input, theirs_in), (theirs_out, output)) =
            (tokio::io::duplex(1 << 16), tokio::io::duplex(1 << 16));
        let server = tokio::spawn(serve(Box::new(theirs_in), Box::new(theirs_out), env));
        (Self { input, output: BufReader::new(output), last_id: 0, unread: Vec::new() }, server)
    }

    async fn start(env: Env) -> (Self, tokio::task::JoinHandle<u8>) {
        let (mut editor, server) = Self::connect(env);
        let acme = json!({"baseUrl": "http://127.0.0.1:9/v1", "keyEnv": "ACME_KEY", "keyOptional": false});
        let settings = json!({"model": "acme/large", "providers": {"acme": acme}});
        let features = json!({"proposals": true, "chat": true});
        editor.initialize(json!({"aside": features, "settings": settings})).await;
        (editor, server)
    }

    /// An editor without an extension, a server without a patience to speak of, and the built-in model.
    async fn start_plain(folder: &std::path::Path) -> (Self, tokio::task::JoinHandle<u8>) {
        Self::start_impatient(folder, json!({})).await
    }

    /// The same with an extension that can do this.
    async fn start_impatient(
        folder: &std::path::Path,
        features: Value,
    ) -> (Self, tokio::task::JoinHandle<u8>) {
        let soon = Duration::from_millis(1);
        Self::start_patient(folder, features, crate::Patience { silence: soon, answer: soon }).await
    }

    async fn start_patient(
        folder: &std::path::Path,
        features: Value,
        patience: crate::Patience,
    ) -> (Self, tokio::task::JoinHandle<u8>) {
        let env = Env { patience, keys: Keys::new(|_| None), ..broken(folder) };
        let (mut editor, server) = Self::connect(env);
        editor.initialize(json!({"aside": features, "settings": {"model": "demo/demo"}})).await;
        (editor, server)
    }

    async fn initialize(&mut self, options: Value) {
        let params = json!({"processId": null, "capabilities": {}, "initializationOptions": options});
        self.ask("initialize", params).await;
        self.tell("initialized", json!({})).await;
    }

    async fn open(&mut self, uri: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": "rust", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document})).await;
    }

    /// The next message to the user with these words.
    async fn told(&mut self, words: &str) -> String {
        loop {
            let told = self.next("window/showMessage").await;
            let message = told["message"].as_str().unwrap();
            if message.contains(words) {
                return message.to_owned();
            }
        }
    }

    /// Runs the code action with these words, once there is one.
    async fn choose(&mut self, uri: &str, words: &str) {
        let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 2, "character": 0}});
        let document = json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []}});
        let mut item = None;
        for _ in 0..10_000 {
            let mut offered = self.ask("textDocument/codeAction", document.clone()).await["result"].take();
            let all = offered.as_array_mut().unwrap();
            if let Some(at) = all.iter().position(|item| item["title"].as_str().unwrap().contains(words)) {
                item = Some(all.swap_remove(at));
                break;
            }
        }
        let item = item.unwrap_or_else(|| panic!("{words} is not offered: {:?}", self.unread));
        let run = json!({"command": item["command"], "arguments": item["arguments"]});
        let reply = self.ask("workspace/executeCommand", run).await;
        assert!(reply.get("error").is_none(), "{reply}");
    }

    async fn write(&mut self, message: Value) {
        let text = message.to_string();
        let framed = format!("Content-Length: {}\r\n\r\n{text}", text.len());
        self.input.write_all(framed.as_bytes()).await.unwrap();
    }

    async fn tell(&mut self, method: &str, params: Value) {
        self.write(json!({"jsonrpc": "2.0", "method": method, "params": params})).await;
    }

    /// The whole answer.
    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.write(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await;
        loop {
            let message = self.read().await;
            if message["id"] == json!(id) && message.get("method").is_none() {
                return message;
            }
            self.unread.push(message);
        }
    }

    async fn next(&mut self, method: &str) -> Value {
        if let Some(at) = self.unread.iter().position(|message| message["method"] == method) {
            return self.unread.remove(at)["params"].take();
        }
        loop {
            let mut message = self.read().await;
            if message["method"] == method {
                return message["params"].take();
            }
            self.unread.push(message);
        }
    }

    /// The next request with this method, by its id.
    async fn next_request(&mut self, method: &str) -> Value {
        loop {
            let at = self.unread.iter().position(|message| message["method"] == method);
            match at {
                Some(at) => return self.unread.remove(at)["id"].take(),
                None => {
                    let message = self.read().await;
                    self.unread.push(message);
                }
            }
        }
    }

    /// The next event of a proposal in this state.
    async fn in_state(&mut self, state: &str) -> Value {
        loop {
            let event = self.next("aside/proposal/event").await;
            if event["state"] == state {
                return event;
            }
        }
    }

    async fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).await.unwrap() > 0, "the server ended");
            match line.trim_end().strip_prefix("Content-Length: ") {
                Some(said) => length = said.parse().unwrap(),
                None if line == "\r\n" => break,
                None => {}
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).await.unwrap();
        assert!(!body.windows(6).any(|window| window == b"canary"), "a panic's text is told");
        serde_json::from_slice(&body).unwrap()
    }

    /// The events of a turn up to its final one, by kind.
    async fn turn(&mut self, turn: &str) -> (Vec<String>, Value) {
        let mut kinds = Vec::new();
        loop {
            let event = self.next("aside/chat/event").await;
            assert_eq!(event["turn"], turn);
            kinds.push(event["event"]["kind"].as_str().unwrap().to_owned());
            if matches!(kinds.last().map(String::as_str), Some("done" | "failed" | "cancelled")) {
                return (kinds, event["event"]["problem"].clone());
            }
        }
    }
}

#[tokio::test]
async fn a_panic_in_a_job_is_one_problem_and_the_server_lives() {
    let folder = tempfile::tempdir().unwrap();
    let (mut editor, server) = Editor::start(broken(folder.path())).await;
    for turn in ["1", "2"] {
        let send = json!({"chat": "c", "turn": turn, "text": "hello", "mentions": []});
        assert_eq!(editor.ask("aside/chat/send", send).await["result"], Value::Null);
        let (kinds, problem) = editor.turn(turn).await;
        assert_eq!(kinds, ["context", "failed"]);
        assert_eq!(problem["kind"], "internal");
    }

    editor.open("file:///a.rs", "fn a() {}\n").await;
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}});
    let start = json!({
        "proposal": "p", "uri": "file:///a.rs", "version": 1, "range": range, "instruction": "rename", "mentions": [],
    });
    assert_eq!(editor.ask("aside/inline/start", start).await["result"], Value::Null);
    loop {
        let event = editor.next("aside/proposal/event").await;
        if event["state"] != "working" {
            assert_eq!((&event["state"], &event["problem"]["kind"]), (&json!("failed"), &json!("internal")));
            break;
        }
    }

    let explain =
        json!({"action": "explain", "uri": "file:///a.rs", "version": 1, "range": range, "diagnostics": []});
    let run = json!({"command": "aside.run", "arguments": [explain]});
    assert_eq!(editor.ask("workspace/executeCommand", run).await["result"], Value::Null);
    let told = editor.next("window/showMessage").await;
    assert!(told["message"].as_str().unwrap().contains("Something went wrong inside Aside"), "{told}");

    assert_eq!(editor.ask("shutdown", Value::Null).await["result"], Value::Null);
    editor.tell("exit", Value::Null).await;
    assert_eq!(server.await.unwrap(), 0);
}

#[tokio::test]
async fn a_panic_in_a_request_is_one_error_reply_and_the_server_lives() {
    let folder = tempfile::tempdir().unwrap();
    let (mut editor, server) = Editor::start(broken(folder.path())).await;
    for _ in 0..2 {
        let reply = editor.ask("aside/models", json!({"provider": "acme"})).await;
        assert_eq!(reply["error"]["code"], -32603, "{reply}");
    }
    assert!(editor.ask("aside/models", json!({})).await["result"].is_object());
    drop(editor);
    assert_eq!(server.await.unwrap(), 1);
}

#[tokio::test]
async fn ends_when_it_is_told_to_though_nobody_reads() {
    let folder = tempfile::tempdir().unwrap();
    let env = broken(folder.path());
    let ended = env.ended.clone();
    let (_editor, server) = Editor::start(env).await;
    ended.cancel();
    assert_eq!(server.await.unwrap(), 1);
}

#[tokio::test]
async fn an_answer_for_an_editor_that_neither_writes_it_nor_says_so_opens_in_a_document_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (mut editor, _server) = Editor::start_plain(folder.path()).await;
    let uri = "file:///chat.aside.md";
    editor.open(uri, "Why?\n").await;
    for _ in 0..2 {
        editor.choose(uri, "Aside: Send").await;
        editor.next("workspace/applyEdit").await;
        let told = editor.told("could not be written").await;
        assert!(told.contains("chat.aside.md"), "{told}");
        let told = editor.told("it is in ").await;
        let file = told.split("it is in ").nth(1).unwrap();
        assert!(!std::fs::read_to_string(file).unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_proposal_is_open_again_when_an_editor_neither_applies_it_nor_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (mut editor, _server) = Editor::start_plain(folder.path()).await;
    let uri = "file:///a.rs";
    editor.open(uri, "fn a() {\n    1\n}\n").await;
    editor.choose(uri, "Document this").await;
    for _ in 0..2 {
        editor.choose(uri, "Accept").await;
        editor.next("workspace/applyEdit").await;
        editor.told("did not apply").await;
    }
    editor.choose(uri, "Reject").await;
}

#[tokio::test]
async fn a_proposal_is_open_again_when_an_extension_takes_its_edit_and_applies_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut editor, _server) = Editor::start_impatient(folder.path(), json!({"proposals": true})).await;
    let uri = "file:///a.rs";
    editor.open(uri, "fn a() {\n    1\n}\n").await;
    editor.choose(uri, "Document this").await;
    let ready = editor.in_state("ready").await;
    for _ in 0..2 {
        let accept = json!({"proposal": ready["proposal"]});
        let given = editor.ask("aside/proposal/accept", accept).await["result"].take();
        assert!(given["edit"].is_object(), "{given}");
        editor.told("did not apply").await;
        editor.in_state("ready").await;
    }
}

#[tokio::test]
async fn what_an_editor_does_not_take_back_is_left_to_the_user_who_can_accept_again() {
    let folder = tempfile::tempdir().unwrap();
    let patience = crate::Patience { silence: Duration::from_millis(1), ..crate::Patience::default() };
    let (mut editor, _server) =
        Editor::start_patient(folder.path(), json!({"proposals": true}), patience).await;
    let uri = "file:///a.rs";
    editor.open(uri, "// head\nfn a() {\n    1\n}\n").await;
    let range = json!({"start": {"line": 1, "character": 0}, "end": {"line": 4, "character": 0}});
    let start = json!({
        "proposal": "p", "uri": uri, "version": 1, "range": range, "instruction": "add a comment", "mentions": [],
    });
    assert_eq!(editor.ask("aside/inline/start", start).await["result"], Value::Null);
    editor.in_state("ready").await;
    let accept = json!({"proposal": "p"});
    let given = editor.ask("aside/proposal/accept", accept.clone()).await["result"].take();
    let edits = given["edit"]["documentChanges"][0]["edits"].as_array().unwrap().clone();
    // It typed a line at the top and has not told of it when it applies the edits.
    let typed = json!({"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "text": "x\n"});
    let made = edits.iter().rev().map(|edit| json!({"range": edit["range"], "text": edit["newText"]}));
    let changes = std::iter::once(typed).chain(made).collect::<Vec<_>>();
    let document = json!({"uri": uri, "version": 2});
    editor.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes})).await;

    let asked = editor.next_request("workspace/applyEdit").await;
    let refused = editor.ask("aside/proposal/accept", accept.clone()).await["result"].take();
    assert_eq!(refused["edit"], Value::Null, "{refused}");
    assert!(refused["problem"]["title"].as_str().unwrap().contains("is being taken back"), "{refused}");

    editor.write(json!({"jsonrpc": "2.0", "id": asked, "result": {"applied": true}})).await;
    let told = editor.told("take it back with undo").await;
    assert!(told.contains("wrong place"), "{told}");
    let given = editor.ask("aside/proposal/accept", accept).await["result"].take();
    assert!(given["edit"].is_object(), "{given}");
}

#[tokio::test]
async fn an_answer_whose_page_stays_closed_opens_in_a_document_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (mut editor, _server) = Editor::start_plain(folder.path()).await;
    let uri = "file:///chat.aside.md";
    editor.open(uri, "Why?\n").await;
    editor.choose(uri, "Aside: Send").await;
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}})).await;
    let told = editor.told("it is in ").await;
    let file = told.split("it is in ").nth(1).unwrap();
    assert!(!std::fs::read_to_string(file).unwrap().is_empty());
}
