//! The floor: a server that does the least that the job needs. One rope per document, one connection pool, typed
//! decoding, a frame of 16 ms. It knows no settings but the address, keeps nothing, and survives nothing.

use futures_util::StreamExt;
use ropey::Rope;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::sync::mpsc::{Sender, channel};
use tokio::task::JoinHandle;
use tokio::time::Instant;

const FRAME: Duration = Duration::from_millis(16);

pub(crate) fn run() {
    // The client wants one, though it speaks to nobody by TLS.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(serve());
    std::process::exit(0);
}

#[derive(Default)]
struct Floor {
    documents: HashMap<String, Rope>,
    jobs: HashMap<String, JoinHandle<()>>,
    base_url: String,
    http: Option<reqwest::Client>,
}

async fn serve() {
    let (out, mut messages) = channel::<String>(64);
    tokio::spawn(async move {
        let mut stdout = tokio::io::stdout();
        while let Some(message) = messages.recv().await {
            let framed = format!("Content-Length: {}\r\n\r\n{message}", message.len());
            stdout.write_all(framed.as_bytes()).await.expect("the client reads");
            stdout.flush().await.expect("the client reads");
        }
    });
    let mut input = BufReader::new(tokio::io::stdin());
    let mut floor = Floor::default();
    while let Some(message) = read(&mut input).await {
        if message["method"] == "exit" {
            return;
        }
        let result = floor.take(&message, &out).await;
        if let Some(id) = message.get("id") {
            let answer = json!({"jsonrpc": "2.0", "id": id, "result": result});
            out.send(answer.to_string()).await.expect("the writer lives");
        }
    }
}

async fn read(input: &mut BufReader<tokio::io::Stdin>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end().strip_prefix("Content-Length: ") {
            Some(number) => length = number.parse().ok()?,
            None => break,
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).await.ok()?;
    serde_json::from_slice(&body).ok()
}

impl Floor {
    async fn take(&mut self, message: &Value, out: &Sender<String>) -> Value {
        let params = &message["params"];
        let uri = params["textDocument"]["uri"].as_str().unwrap_or_default();
        match message["method"].as_str().unwrap_or_default() {
            "initialize" => {
                let settings = &params["initializationOptions"]["settings"];
                let url = settings["providers"]["fake"]["baseUrl"].as_str().unwrap_or_default();
                url.clone_into(&mut self.base_url);
                json!({"capabilities": {"positionEncoding": "utf-8", "textDocumentSync": 2, "codeActionProvider": true}})
            }
            "textDocument/didOpen" => {
                let text = params["textDocument"]["text"].as_str().unwrap_or_default();
                self.documents.insert(uri.to_owned(), Rope::from_str(text));
                Value::Null
            }
            "textDocument/didChange" => {
                let text = self.documents.get_mut(uri).expect("an open document");
                for change in params["contentChanges"].as_array().into_iter().flatten() {
                    apply(text, change);
                }
                Value::Null
            }
            "textDocument/codeAction" => actions(params),
            "aside/chat/send" => {
                self.ask(params, out);
                Value::Null
            }
            "aside/cancel" => {
                if let Some(job) = self.jobs.remove(params["chat"].as_str().unwrap_or_default()) {
                    job.abort();
                    drop(job.await);
                }
                Value::Null
            }
            _ => Value::Null,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the floor has no `http.rs`")]
    fn ask(&mut self, params: &Value, out: &Sender<String>) {
        let http = self.http.get_or_insert_with(|| {
            reqwest::Client::builder().no_proxy().tcp_nodelay(true).build().expect("a client")
        });
        let body = json!({"model": "test", "stream": true, "messages": [{"role": "user", "content": params["text"]}]});
        let request = http
            .post(format!("{}/chat/completions", self.base_url))
            .header("content-type", "application/json")
            .body(body.to_string());
        let (chat, turn) = (params["chat"].clone(), params["turn"].clone());
        let name = chat.as_str().unwrap_or_default().to_owned();
        let job = tokio::spawn(stream(request, chat, turn, out.clone()));
        self.jobs.retain(|_, job| !job.is_finished());
        self.jobs.insert(name, job);
    }
}

fn apply(text: &mut Rope, change: &Value) {
    let at = |place: &Value| {
        let number =
            |name: &str| usize::try_from(place[name].as_u64().unwrap_or_default()).unwrap_or_default();
        text.byte_to_char(text.line_to_byte(number("line")) + number("character"))
    };
    let (start, end) = (at(&change["range"]["start"]), at(&change["range"]["end"]));
    text.remove(start..end);
    text.insert(start, change["text"].as_str().unwrap_or_default());
}

fn actions(params: &Value) -> Value {
    let action = |title: &str| {
        let argument =
            json!({"action": title, "uri": params["textDocument"]["uri"], "range": params["range"]});
        json!({"title": title, "kind": "refactor.rewrite", "command": {"title": title, "command": "run", "arguments": [argument]}})
    };
    json!(["Explain", "Improve", "Document", "Test"].map(action))
}

#[derive(Deserialize)]
struct Chunk {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
}

#[derive(Deserialize, Default)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
}

async fn stream(request: reqwest::RequestBuilder, chat: Value, turn: Value, out: Sender<String>) {
    let mut body = request.send().await.expect("the provider answers").bytes_stream();
    let (mut seq, mut text, mut rest) = (0, String::new(), Vec::new());
    let mut sent: Option<Instant> = None;
    let mut tell = async |event: Value| {
        let params = json!({"chat": chat, "turn": turn, "seq": seq, "event": event});
        seq += 1;
        let message = json!({"jsonrpc": "2.0", "method": "aside/chat/event", "params": params});
        out.send(message.to_string()).await.expect("the writer lives");
    };
    loop {
        let due = sent.map(|sent| sent + FRAME).filter(|_| !text.is_empty());
        let bytes = tokio::select! {
            biased;
            () = async { tokio::time::sleep_until(due.unwrap_or_else(Instant::now)).await }, if due.is_some() => {
                tell(json!({"kind": "text", "text": std::mem::take(&mut text)})).await;
                sent = Some(Instant::now());
                continue;
            }
            bytes = body.next() => bytes,
        };
        let Some(Ok(bytes)) = bytes else { break };
        rest.extend_from_slice(&bytes);
        decode(&mut rest, &mut text);
        if !text.is_empty() && sent.is_none_or(|sent| sent.elapsed() >= FRAME) {
            tell(json!({"kind": "text", "text": std::mem::take(&mut text)})).await;
            sent = Some(Instant::now());
        }
    }
    if !text.is_empty() {
        tell(json!({"kind": "text", "text": text})).await;
    }
    tell(json!({"kind": "done", "cut": false})).await;
}

/// Takes whole events off the front.
fn decode(rest: &mut Vec<u8>, text: &mut String) {
    let mut start = 0;
    while let Some(length) = rest[start..].iter().position(|byte| *byte == b'\n') {
        let line = &rest[start..start + length];
        start += length + 1;
        let chunk = line.strip_prefix(b"data: ").and_then(|data| serde_json::from_slice::<Chunk>(data).ok());
        for choice in chunk.into_iter().flat_map(|chunk| chunk.choices) {
            text.push_str(&choice.delta.content.unwrap_or_default());
        }
    }
    rest.drain(..start);
}
