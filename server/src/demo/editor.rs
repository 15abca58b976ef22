//! The demo's editor: a very small LSP client around the real server's standard input and output.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use aside_core::document::Document;
use aside_core::position::{Encoding, Range};
use serde_json::{Value, json};

/// The server's process and the one document that is open.
pub(super) struct Editor {
    server: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    last_id: u64,
    /// Notifications read while a reply was waited for.
    unread: VecDeque<Value>,
    pub(super) document: Document,
}

impl Editor {
    /// Starts the server as an editor would and opens the document. Its chats are kept beside the file, so that the demo
    /// leaves none among the user's own.
    pub(super) fn start(
        settings: &Value,
        file: &Path,
        uri: &str,
        language: &str,
        text: &str,
    ) -> Result<Self> {
        let program = std::env::current_exe().context("could not find this program")?;
        let mut server = Command::new(program)
            .arg("--stdio")
            .env("ASIDE_DATA_DIR", file.with_file_name("data"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .context("could not start the server")?;
        let input = server.stdin.take().context("the server has no input")?;
        let output = BufReader::new(server.stdout.take().context("the server has no output")?);
        let document = Document::new(uri.to_owned(), language.to_owned(), 1, text);
        let mut editor = Self { server, input, output, last_id: 0, unread: VecDeque::new(), document };
        editor.request(
            "initialize",
            json!({
                "processId": std::process::id(),
                "rootUri": null,
                "capabilities": {
                    "general": {"positionEncodings": ["utf-8"]},
                    "textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}}},
                },
                "initializationOptions": {
                    "aside": {"proposals": true, "chat": true},
                    "settings": settings,
                },
            }),
        )?;
        editor.notify("initialized", json!({}))?;
        editor.notify(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": uri, "languageId": language, "version": 1, "text": text}}),
        )?;
        Ok(editor)
    }

    /// Types into the document, as a user would: here and at the server.
    pub(super) fn change(&mut self, changes: &[(Range, String)]) -> Result<()> {
        for (range, text) in changes {
            self.document.apply(Some(*range), text, Encoding::Utf8);
        }
        self.document.version += 1;
        let changes: Vec<_> =
            changes.iter().map(|(range, text)| json!({"range": range, "text": text})).collect();
        let params = json!({
            "textDocument": {"uri": self.document.uri, "version": self.document.version},
            "contentChanges": changes,
        });
        self.notify("textDocument/didChange", params)
    }

    /// Applies the text edits of a `WorkspaceEdit` for the document at once, the last one first.
    pub(super) fn apply(&mut self, edit: &Value) -> Result<()> {
        let edits = edit.pointer("/documentChanges/0/edits").and_then(Value::as_array).context("no edits")?;
        let mut edits = edits
            .iter()
            .map(|edit| {
                let range: Range = serde_json::from_value(edit["range"].clone())?;
                Ok((range, edit["newText"].as_str().unwrap_or_default().to_owned()))
            })
            .collect::<Result<Vec<_>>>()?;
        edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        self.change(&edits)
    }

    /// Sends a request and waits for its reply; what comes in between is kept.
    pub(super) fn request(&mut self, method: &str, params: Value) -> Result<Value> {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        loop {
            let mut message = self.receive()?;
            if message["id"] == id && message.get("method").is_none() {
                if let Some(error) = message["error"]["message"].as_str() {
                    bail!("{error}");
                }
                return Ok(message["result"].take());
            }
            self.unread.push_back(message);
        }
    }

    /// The next notification of the server named `method`; requests of the server are answered with null.
    pub(super) fn next(&mut self, method: &str) -> Result<Value> {
        loop {
            let message = match self.unread.pop_front() {
                Some(message) => message,
                None => self.receive()?,
            };
            if let Some(id) = message.get("id") {
                self.send(&json!({"jsonrpc": "2.0", "id": id, "result": null}))?;
            } else if message["method"] == method {
                return Ok(message["params"].clone());
            }
        }
    }

    /// Says goodbye properly and waits for the server to end.
    pub(super) fn stop(mut self) -> Result<()> {
        self.request("shutdown", Value::Null)?;
        self.notify("exit", Value::Null)?;
        let status = self.server.wait().context("could not wait for the server")?;
        if !status.success() {
            bail!("the server ended with {status}");
        }
        Ok(())
    }

    pub(super) fn notify(&mut self, method: &str, params: Value) -> Result<()> {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
    }

    fn send(&mut self, message: &Value) -> Result<()> {
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).context("the server is gone")?;
        self.input.flush().context("the server is gone")
    }

    fn receive(&mut self) -> Result<Value> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line)? == 0 {
                bail!("the server ended unexpectedly");
            }
            match line.trim().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse()?;
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body)?)
    }
}
