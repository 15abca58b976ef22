//! A bare client: it writes, and reads each message with the time at which it came.

use aside_tests::editor::wire;
use aside_tests::{FakeModel, LIMIT};
use serde_json::{Value, json};
use std::io::{BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Aside,
    Floor,
}

pub(crate) struct Client {
    process: Child,
    input: ChildStdin,
    messages: Receiver<(Instant, Value)>,
    next_id: u64,
    /// From its start to the answer to `initialize`.
    pub(crate) start: Duration,
    _home: TempDir,
}

impl Client {
    pub(crate) fn start(subject: Subject, model: &FakeModel) -> Self {
        let home = TempDir::new().expect("a temporary directory");
        let (program, argument): (PathBuf, &str) = match subject {
            Subject::Aside => (aside_tests::editor::binary(), "--stdio"),
            Subject::Floor => (std::env::current_exe().expect("an executable"), "floor"),
        };
        let begun = Instant::now();
        let mut process = Command::new(program)
            .arg(argument)
            .env_clear()
            .envs(
                ["HOME", "ASIDE_CONFIG_DIR", "ASIDE_DATA_DIR", "ASIDE_STATE_DIR"]
                    .map(|name| (name, home.path())),
            )
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let input = process.stdin.take().expect("a pipe");
        let mut output = BufReader::new(process.stdout.take().expect("a pipe"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Ok(Some(message)) = wire::read(&mut output) {
                if sender.send((Instant::now(), message)).is_err() {
                    return;
                }
            }
        });
        let mut client = Self { process, input, messages, next_id: 1, start: Duration::ZERO, _home: home };
        let params = json!({
            "processId": null,
            "capabilities": {
                "general": {"positionEncodings": ["utf-8"]},
                "textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": [""]}}}},
            },
            "initializationOptions": {"settings": model.settings(), "aside": {"chat": true}},
        });
        let (answered, _) = client.request("initialize", &params);
        client.start = answered - begun;
        client.notify("initialized", &json!({}));
        client
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn notify(&mut self, method: &str, params: &Value) {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request whose answer is dropped as it comes.
    pub(crate) fn notify_as_request(&mut self, method: &str, params: &Value) {
        self.next_id += 1;
        self.write(&json!({"jsonrpc": "2.0", "id": self.next_id - 1, "method": method, "params": params}));
    }

    /// Waits for the answer, which came at the time given; what comes before it is dropped.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> (Instant, Value) {
        let id = self.next_id;
        self.next_id += 1;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let (at, message) = self.next();
            if message["id"] == id && message.get("method").is_none() {
                assert!(message.get("error").is_none(), "{message}");
                return (at, message["result"].clone());
            }
        }
    }

    /// The same, timed from before it was written.
    pub(crate) fn timed(&mut self, method: &str, params: &Value) -> Duration {
        let begun = Instant::now();
        self.request(method, params).0 - begun
    }

    pub(crate) fn send(&mut self, chat: usize) {
        let params = json!({"chat": chat.to_string(), "turn": "1", "text": "hello"});
        self.request("aside/chat/send", &params);
    }

    /// The next event of a chat of that kind, and when it came; others are dropped.
    pub(crate) fn event(&mut self, kind: &str) -> (Instant, Value) {
        loop {
            let (at, message) = self.next();
            if message["params"]["event"]["kind"] == kind {
                return (at, message["params"].clone());
            }
        }
    }

    pub(crate) fn next(&mut self) -> (Instant, Value) {
        self.messages.recv_timeout(LIMIT * 4).expect("the server says something")
    }

    fn write(&mut self, message: &Value) {
        self.input.write_all(&wire::frame(message)).expect("the server reads");
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
