//! The rows: each a number of one subject, to be set beside the other's.

use crate::client::{Client, Subject};
use crate::process::{memory, processor};
use aside_tests::model::{Exchange, FakeModel, openai_delta};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) target: &'static str,
    pub(crate) measure: fn(Subject) -> f64,
}

pub(crate) const ROWS: &[Row] = &[
    row("start to initialize answered, median", "ms", "at most 2", |s| {
        median((0..20).map(|_| milliseconds(Client::start(s, &FakeModel::start()).start)).collect())
    }),
    row("memory, idle", "MiB", "at most 8 MiB", |s| idle(s).0),
    row("processor time of the first second", "ms", "at most 10 ms", |s| idle(s).1),
    row("change in a file of 1 MB, processor time", "us", "at most 10 us", |s| change(s, 1)),
    row("change in a file of 10 MB, processor time", "us", "at most 1.5 x that", |s| change(s, 10)),
    row("code action, median", "us", "at most 2", |s| {
        let (mut client, _model) = opened(s);
        median((0..1000).map(|_| microseconds(code_action(&mut client))).collect())
    }),
    row("code action under 8 streams, p99", "us", "at most 3", |s| under_streams(s, false)),
    row("key typed, then code action, an answer coming, p99", "us", "at most 3", |s| under_streams(s, true)),
    row("the user's act to the provider, warm, median", "us", "at most 2", to_provider),
    row("the provider's first byte to the editor, median", "us", "at most 2", to_editor),
    row("token at 1,000 a second, processor time", "us", "at most 1.5", per_token),
    row("100,000 tokens at full speed", "k/s", "at least 0.5", full_speed),
    row("256 streams at once, memory", "MiB", "at most 2", |s| at_once(s, 256)),
    row("1,000 streams at once, memory", "MiB", "at most 2", |s| at_once(s, 1000)),
    row("cancel to the connection closed, median", "us", "at most 2", cancelled),
    row("memory that 9,000 requests after 1,000 add", "MiB", "at most 0.5 MiB", growth),
    row("connections for 100 requests", "", "1", |s| {
        let model = FakeModel::start();
        let mut client = Client::start(s, &model);
        (0..100).for_each(|n| ask(&mut client, &model, n));
        model.connections() as f64
    }),
];

const fn row(
    name: &'static str,
    unit: &'static str,
    target: &'static str,
    measure: fn(Subject) -> f64,
) -> Row {
    Row { name, unit, target, measure }
}

/// The size of the binary in MB.
pub(crate) fn binary_size() -> f64 {
    let size = aside_tests::editor::binary().metadata().map(|meta| meta.len()).unwrap_or_default();
    size as f64 / 1e6
}

const URI: &str = "file:///project/main.rs";

fn opened(subject: Subject) -> (Client, FakeModel) {
    let model = FakeModel::start();
    let mut client = Client::start(subject, &model);
    open(&mut client, "fn main() {\n    let a = 1;\n}\n");
    (client, model)
}

pub(crate) fn open(client: &mut Client, text: &str) {
    let document = json!({"uri": URI, "languageId": "rust", "version": 1, "text": text});
    client.notify("textDocument/didOpen", &json!({"textDocument": document}));
}

fn range(line: u32) -> Value {
    json!({"start": {"line": line, "character": 0}, "end": {"line": line, "character": 0}})
}

fn type_at(client: &mut Client, line: u32, version: u32) {
    let change = json!({"range": range(line), "text": "x"});
    let document = json!({"uri": URI, "version": version});
    client.notify("textDocument/didChange", &json!({"textDocument": document, "contentChanges": [change]}));
}

pub(crate) fn code_action(client: &mut Client) -> Duration {
    let params = json!({"textDocument": {"uri": URI}, "range": range(1), "context": {"diagnostics": []}});
    client.timed("textDocument/codeAction", &params)
}

/// Memory and processor time, a second after the start.
fn idle(subject: Subject) -> (f64, f64) {
    let client = Client::start(subject, &FakeModel::start());
    std::thread::sleep(Duration::from_secs(1));
    (memory(client.id()), milliseconds(processor(client.id())))
}

fn change(subject: Subject, megabytes: usize) -> f64 {
    let model = FakeModel::start();
    let mut client = Client::start(subject, &model);
    let line = "    let some_name = another_name(1, 2, 3);\n";
    let lines = megabytes * 1_000_000 / line.len();
    open(&mut client, &line.repeat(lines));
    code_action(&mut client);
    let before = processor(client.id());
    for n in 0..1000_u32 {
        type_at(&mut client, n * 7919 % u32::try_from(lines).expect("a line number"), n + 2);
    }
    code_action(&mut client);
    microseconds(processor(client.id()) - before) / 1000.0
}

/// Latency of code actions while answers are coming.
fn under_streams(subject: Subject, typing: bool) -> f64 {
    let (mut client, model) = opened(subject);
    let count = if typing { 1 } else { 8 };
    let providers: Vec<_> = (0..count)
        .map(|n| {
            client.send(n);
            let exchange = model.next();
            std::thread::spawn(move || trickle(exchange, 2000))
        })
        .collect();
    let mut taken = vec![];
    for n in 0..500 {
        if typing {
            type_at(&mut client, 1, n + 2);
        }
        taken.push(microseconds(code_action(&mut client)));
        std::thread::sleep(Duration::from_millis(2));
    }
    providers.into_iter().for_each(|provider| provider.join().expect("a provider"));
    percentile(taken, 99)
}

/// Writes a token a millisecond.
pub(crate) fn trickle(mut exchange: Exchange, tokens: u32) {
    let begun = Instant::now();
    for n in 0..tokens {
        exchange.openai_text(" token");
        let due = begun + Duration::from_millis(1) * n;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    exchange.openai_done();
}

fn ask(client: &mut Client, model: &FakeModel, chat: usize) {
    client.send(chat);
    model.next().openai_answer("hi");
    client.event("done");
}

fn to_provider(subject: Subject) -> f64 {
    let model = FakeModel::start();
    let mut client = Client::start(subject, &model);
    ask(&mut client, &model, 0);
    let once = |n: usize| {
        let begun = Instant::now();
        let params = json!({"chat": n.to_string(), "turn": "1", "text": "hello"});
        client.notify_as_request("aside/chat/send", &params);
        let exchange = model.next();
        let taken = begun.elapsed();
        exchange.openai_answer("hi");
        client.event("done");
        microseconds(taken)
    };
    median((1..200).map(once).collect())
}

fn to_editor(subject: Subject) -> f64 {
    let model = FakeModel::start();
    let mut client = Client::start(subject, &model);
    let once = |n: usize| {
        client.send(n);
        let mut exchange = model.next();
        exchange.start();
        std::thread::sleep(Duration::from_millis(2));
        let begun = Instant::now();
        exchange.openai_text("one");
        let (came, _) = client.event("text");
        exchange.openai_done();
        client.event("done");
        microseconds(came - begun)
    };
    median((0..200).map(once).collect())
}

fn per_token(subject: Subject) -> f64 {
    let model = FakeModel::start();
    let mut client = Client::start(subject, &model);
    ask(&mut client, &model, 0);
    client.send(1);
    let exchange = model.next();
    let before = processor(client.id());
    let provider = std::thread::spawn(move || trickle(exchange, 3000));
    client.event("done");
    provider.join().expect("a provider");
    microseconds(processor(client.id()) - before) / 3000.0
}

fn full_speed(subject: Subject) -> f64 {
    let model = FakeModel::start();
    let mut client = Client::start(subject, &model);
    ask(&mut client, &model, 0);
    client.send(1);
    let mut exchange = model.next();
    let many = openai_delta(&json!({"content": " token"})).repeat(100);
    let begun = Instant::now();
    let provider = std::thread::spawn(move || {
        (0..1000).for_each(|_| exchange.piece(many.as_bytes()));
        exchange.openai_done();
    });
    let (done, _) = client.event("done");
    provider.join().expect("a provider");
    100.0 / (done - begun).as_secs_f64()
}

/// Memory while so many answers are half written; all of them are finished afterwards.
fn at_once(subject: Subject, count: usize) -> f64 {
    let model = FakeModel::start();
    let mut client = Client::start(subject, &model);
    (0..count).for_each(|n| client.send(n));
    let mut exchanges: Vec<Exchange> = (0..count).map(|_| model.next()).collect();
    exchanges.iter_mut().for_each(|exchange| exchange.openai_text("half"));
    (0..count).for_each(|_| drop(client.event("text")));
    let used = memory(client.id());
    exchanges.into_iter().for_each(Exchange::openai_done);
    (0..count).for_each(|_| drop(client.event("done")));
    used
}

fn cancelled(subject: Subject) -> f64 {
    let model = FakeModel::start();
    let mut client = Client::start(subject, &model);
    let once = |n: usize| {
        client.send(n);
        let mut exchange = model.next();
        exchange.openai_text("one");
        client.event("text");
        let begun = Instant::now();
        let params = json!({"kind": "turn", "chat": n.to_string(), "turn": "1"});
        client.notify_as_request("aside/cancel", &params);
        exchange.client_closed();
        microseconds(begun.elapsed())
    };
    median((0..100).map(once).collect())
}

fn growth(subject: Subject) -> f64 {
    let model = FakeModel::start();
    let mut client = Client::start(subject, &model);
    // One chat, its one turn asked again: what is kept of it doesn't grow.
    (0..1000).for_each(|_| ask(&mut client, &model, 0));
    let before = memory(client.id());
    (0..9000).for_each(|_| ask(&mut client, &model, 0));
    (memory(client.id()) - before).max(0.01)
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(values: Vec<f64>) -> f64 {
    percentile(values, 50)
}

pub(crate) fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) * percent / 100]
}
