//! Against small servers on this machine, which do exactly what a test says.

use super::*;
use crate::keys::{KeySource, Secret};
use aside_core::config::Settings;
use aside_core::provider::{Auth, Cause};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What the server does once it has said its bytes.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    Next,
    Close,
    Hold,
}

/// What the server saw.
#[derive(Debug, PartialEq)]
enum Seen {
    Connected,
    Request(String),
    Closed,
}

struct Server {
    port: u16,
    seen: UnboundedReceiver<Seen>,
}

impl Server {
    /// Answers every request with the same bytes.
    async fn start(answer: impl Into<Vec<u8>>, then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, seen) = unbounded_channel();
        let answer = answer.into();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tell.send(Seen::Connected).ok();
                tokio::spawn(talk(stream, answer.clone(), then, tell.clone()));
            }
        });
        Self { port, seen }
    }

    /// Everything seen so far.
    fn log(&mut self) -> Vec<Seen> {
        std::iter::from_fn(|| self.seen.try_recv().ok()).collect()
    }

    async fn request(&mut self) -> String {
        loop {
            if let Seen::Request(text) = self.seen.recv().await.unwrap() {
                return text;
            }
        }
    }
}

async fn talk(mut stream: TcpStream, answer: Vec<u8>, then: Then, tell: UnboundedSender<Seen>) {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let n = stream.read(&mut buffer).await.unwrap_or(0);
        if n == 0 {
            tell.send(Seen::Closed).ok();
            return;
        }
        if buffer[0] == TLS_HANDSHAKE {
            stream.write_all(&answer).await.ok();
            return;
        }
        text.push_str(&String::from_utf8_lossy(&buffer[..n]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() < length.map_or(0, |length| length.parse().unwrap()) {
            continue;
        }
        tell.send(Seen::Request(std::mem::take(&mut text))).ok();
        stream.write_all(&answer).await.ok();
        if then == Then::Close {
            return;
        }
    }
}

/// The first byte of a client that wants TLS.
const TLS_HANDSHAKE: u8 = 0x16;
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const ENDLESS: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";

fn settings(value: Value) -> Settings {
    let (settings, problems) = Settings::resolve(value);
    assert_eq!(problems, []);
    settings
}

fn at(url: &str) -> ProviderSettings {
    let mut settings = settings(json!({"providers": {"acme": {"baseUrl": url}}}));
    settings.providers.remove("acme").unwrap()
}

fn network(value: Value) -> Network {
    settings(Value::Object([("network".to_owned(), value)].into_iter().collect())).network
}

fn here(port: u16) -> ProviderSettings {
    at(&format!("http://127.0.0.1:{port}/v1"))
}

fn as_it_is(body: &[u8]) -> Result<Vec<u8>, Failure> {
    Ok(body.to_vec())
}

fn question() -> HttpRequest {
    HttpRequest {
        path: "/chat".to_owned(),
        headers: vec![("x-format".to_owned(), "one".to_owned())],
        body: b"{}".to_vec(),
        auth: Auth::Bearer,
    }
}

async fn ask(http: &Http, network: &Network, provider: &ProviderSettings) -> Result<Response, Fault> {
    http.post(network, provider, &question(), None, act()).await
}

fn http() -> Http {
    Http::new(Ledger::in_memory())
}

fn act() -> Act {
    Act::bare(aside_core::ledger::Feature::Chat)
}

fn key(text: String, origin: Origin) -> Key {
    Key { secret: Secret::new(text, origin).unwrap(), source: KeySource::Keyring, until: None }
}

/// The problem's line, and whether the retry rule may try again.
async fn refusal(network: &Network, provider: &ProviderSettings) -> String {
    ask(&http(), network, provider).await.unwrap_err().problem("acme", "large").to_string()
}

#[tokio::test]
async fn a_request_is_sent_as_the_format_and_the_user_say() {
    let mut server = Server::start(OK, Then::Next).await;
    let mut provider = here(server.port);
    provider.headers =
        [("X-Format".to_owned(), "mine".to_owned()), ("X-Team".to_owned(), "blue".to_owned())].into();
    let key = key("sk-1".to_owned(), provider.origin().unwrap());
    let mut answer =
        http().post(&network(json!({})), &provider, &question(), Some(&key), act()).await.unwrap();
    assert_eq!((answer.status(), answer.is_success(), answer.body(99).await), (200, true, b"ok".to_vec()));
    let sent = server.request().await;
    let mut lines: Vec<&str> = sent.lines().collect();
    lines.sort_unstable();
    let host = format!("host: 127.0.0.1:{}", server.port);
    let version = concat!("user-agent: aside/", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        lines,
        [
            "",
            "POST /v1/chat HTTP/1.1",
            "accept-encoding: identity",
            "accept: */*",
            "authorization: Bearer sk-1",
            "content-length: 2",
            "content-type: application/json",
            host.as_str(),
            version,
            "x-format: mine",
            "x-team: blue",
            "{}",
        ]
    );
}

#[tokio::test]
async fn a_hundred_questions_need_one_connection() {
    let mut server = Server::start(OK, Then::Next).await;
    let (http, network, provider) = (http(), network(json!({})), here(server.port));
    for _ in 0..100 {
        assert_eq!(ask(&http, &network, &provider).await.unwrap().body(9).await, b"ok");
    }
    let connections = server.log().iter().filter(|seen| **seen == Seen::Connected).count();
    assert_eq!(connections, 1);
}

#[tokio::test]
async fn an_answer_read_to_its_last_word_gives_its_connection_back() {
    let ended = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let mut server = Server::start(ended, Then::Next).await;
    let (http, network, provider) = (http(), network(json!({})), here(server.port));
    for _ in 0..3 {
        let mut answer = ask(&http, &network, &provider).await.unwrap();
        assert_eq!(answer.chunk().await.unwrap().unwrap(), "hello");
        answer.finish().await;
    }
    assert_eq!(server.log().iter().filter(|seen| **seen == Seen::Connected).count(), 1);
}

#[tokio::test]
async fn dropping_an_answer_closes_its_connection() {
    let mut server = Server::start(ENDLESS, Then::Hold).await;
    let mut answer = ask(&http(), &network(json!({})), &here(server.port)).await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "hello");
    server.request().await;
    drop(answer);
    assert_eq!(server.seen.recv().await, Some(Seen::Closed));
}

#[tokio::test]
async fn dropping_a_question_closes_its_connection() {
    let mut server = Server::start("", Then::Hold).await;
    let asking =
        tokio::spawn(async move { ask(&http(), &network(json!({})), &here(server.port)).await.is_ok() });
    loop {
        match server.seen.recv().await.unwrap() {
            Seen::Connected => {}
            Seen::Request(_) => asking.abort(),
            Seen::Closed => break,
        }
    }
    assert!(asking.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn this_machine_is_reached_without_a_proxy_and_while_offline() {
    let mut server = Server::start(OK, Then::Next).await;
    let network = network(json!({"proxy": "http://127.0.0.1:9", "offline": true}));
    for host in ["127.0.0.1", "localhost"] {
        let provider = at(&format!("http://{host}:{}/v1", server.port));
        assert!(ask(&http(), &network, &provider).await.unwrap().is_success());
        server.request().await;
    }
}

/// Runs a test of this module again, in an environment of its own.
#[track_caller]
fn again(test: &str, environment: &[(&str, &str)]) {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("http::tests::{test}")]).envs(environment.iter().copied());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("1 passed"), "{said}");
}

#[test]
fn this_machine_needs_neither_the_environments_proxy_nor_certificate_authorities() {
    let proxy = "http://127.0.0.1:9";
    let environment = [
        ("HTTP_PROXY", proxy),
        ("http_proxy", proxy),
        ("ALL_PROXY", proxy),
        ("SSL_CERT_FILE", "/no/file"),
        ("SSL_CERT_DIR", "/no/folder"),
    ];
    again("this_machine_is_reached_without_a_proxy_and_while_offline", &environment);
    again("a_hundred_questions_need_one_connection", &environment);
}

#[tokio::test]
async fn other_places_go_through_the_proxy() {
    let mut proxy = Server::start(OK, Then::Next).await;
    let network = network(json!({"proxy": format!("http://127.0.0.1:{}", proxy.port)}));
    assert!(ask(&http(), &network, &at("http://llm.invalid/v1")).await.unwrap().is_success());
    assert!(proxy.request().await.starts_with("POST http://llm.invalid/v1/chat HTTP/1.1"));
    let refused = Server::start("HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n", Then::Close).await;
    let network = self::network(json!({"proxy": format!("http://127.0.0.1:{}", refused.port)}));
    let said = refusal(&network, &at("https://llm.invalid/v1")).await;
    assert!(said.contains("the proxy wants a name and a password"), "{said}");
}

#[tokio::test]
async fn offline_nothing_is_sent_elsewhere() {
    let mut proxy = Server::start(OK, Then::Next).await;
    let network = network(json!({"offline": true, "proxy": format!("http://127.0.0.1:{}", proxy.port)}));
    let said = refusal(&network, &at("https://llm.invalid/v1")).await;
    assert_eq!(
        said,
        "The setting `network.offline` keeps https://llm.invalid out of reach. \
         Choose a model on this machine, or switch `network.offline` off."
    );
    http().warm(&network, &at("http://llm.invalid/v1"), act()).await;
    assert_eq!(proxy.log(), []);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut elsewhere = Server::start(OK, Then::Next).await;
    let answer = format!(
        "HTTP/1.1 307 Go\r\nlocation: http://127.0.0.1:{}/?token=canary\r\ncontent-length: 0\r\n\r\n",
        elsewhere.port
    );
    let server = Server::start(answer, Then::Next).await;
    let said = refusal(&network(json!({})), &here(server.port)).await;
    assert!(
        said.contains(&format!("sends on to http://127.0.0.1:{})", elsewhere.port))
            && said.contains("not followed"),
        "{said}"
    );
    assert!(!said.contains("canary"), "{said}");
    assert_eq!(elsewhere.log(), []);
}

#[tokio::test]
async fn a_key_for_another_place_is_not_sent() {
    let mut server = Server::start(OK, Then::Next).await;
    let key = key("sk-canary".to_owned(), Origin::parse("http://127.0.0.1:1").unwrap());
    let refused = http().post(&network(json!({})), &here(server.port), &question(), Some(&key), act()).await;
    let Fault::Problem(problem) = refused.unwrap_err() else { panic!("may not be tried again") };
    assert_eq!(problem.kind, ProblemKind::NoKey);
    assert_eq!(server.log(), []);
}

#[tokio::test]
async fn what_cannot_be_reached_is_said_in_words() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let plain = network(json!({}));
    let said = refusal(&plain, &here(free)).await;
    assert!(said.contains(&format!("nothing answers at http://127.0.0.1:{free}")), "{said}");
    // A label this long can't be asked for, so no name server is.
    let said = refusal(&plain, &at(&format!("http://{}.invalid/v1", "a".repeat(64)))).await;
    assert!(said.contains("no address was found for the name aaaa"), "{said}");
    let server = Server::start("", Then::Close).await;
    let said = refusal(&plain, &here(server.port)).await;
    assert!(said.contains("closed the connection without an answer"), "{said}");
    let server = Server::start("HTTP/1.1 400 No\r\n\r\n", Then::Close).await;
    let said = refusal(&plain, &at(&format!("https://127.0.0.1:{}/v1", server.port))).await;
    assert!(said.contains("does not speak https"), "{said}");
    let said = refusal(&network(json!({"caFile": "/no/such/file"})), &at("https://127.0.0.1:1/v1")).await;
    assert!(said.contains("ould not read the file of certificate authorities (No such file"), "{said}");
    let demo = Settings::default().providers.remove("demo").unwrap();
    assert!(refusal(&plain, &demo).await.contains("has no address"));
}

#[tokio::test]
async fn silence_ends_at_its_limit_before_and_inside_an_answer() {
    let network = network(json!({"idleTimeoutSeconds": 1}));
    let silent = Server::start("", Then::Hold).await;
    let said = refusal(&network, &here(silent.port)).await;
    assert!(said.contains("was silent for 1 s"), "{said}");
    let stalling = Server::start(ENDLESS, Then::Hold).await;
    let mut answer = ask(&http(), &network, &here(stalling.port)).await.unwrap();
    answer.chunk().await.unwrap();
    let failure = answer.chunk().await.unwrap_err();
    assert_eq!(failure.cause, Cause::Silent);
    assert!(failure.message.ends_with("was silent for 1 s"), "{}", failure.message);
}

#[tokio::test]
async fn a_cut_answer_ended_early() {
    let server = Server::start(ENDLESS, Then::Close).await;
    let mut answer = ask(&http(), &network(json!({})), &here(server.port)).await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "hello");
    assert_eq!(answer.chunk().await.unwrap_err().cause, Cause::EndedEarly);
}

#[tokio::test]
async fn an_error_is_read_up_to_a_limit() {
    let body = "x".repeat(1 << 20);
    let head = format!("HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: {}\r\n\r\n", body.len());
    let server = Server::start(format!("{head}{body}"), Then::Next).await;
    let (http, network, provider) = (http(), network(json!({})), here(server.port));
    let answer = ask(&http, &network, &provider).await.unwrap();
    assert!(!answer.is_success());
    let failure = answer.failure().await;
    assert_eq!((failure.cause, failure.retry_after), (Cause::RateLimited, Some(Duration::from_secs(7))));
    assert_eq!(ask(&http, &network, &provider).await.unwrap().body(1000).await.len(), 1000);
}

#[tokio::test]
async fn changed_network_settings_hold_for_the_next_question() {
    let mut server = Server::start(OK, Then::Next).await;
    let (http, provider) = (http(), here(server.port));
    for seconds in [7, 7, 8] {
        let network = network(json!({"connectTimeoutSeconds": seconds}));
        assert_eq!(ask(&http, &network, &provider).await.unwrap().body(9).await, b"ok");
    }
    assert_eq!(server.log().iter().filter(|seen| **seen == Seen::Connected).count(), 2);
}

/// What the ledger says came of the only request.
fn outcome(http: &Http) -> (Outcome, u64) {
    let reading = http.ledger().read();
    assert_eq!(reading.entries.len(), 1, "{reading:?}");
    let end = reading.entries[0].end.clone().unwrap();
    (end.outcome, end.bytes_in)
}

#[tokio::test]
async fn a_request_is_in_the_ledger_before_its_connection_is_opened() {
    let home = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = home.path().to_owned();
    let seen = std::thread::spawn(move || {
        let _connected = listener.accept().unwrap();
        crate::ledger::read(&folder).unwrap().entries
    });
    let http = Http::new(Ledger::new(home.path().to_owned()));
    let failed = ask(&http, &network(json!({})), &here(port)).await;
    assert!(failed.is_err());
    let seen = seen.join().unwrap();
    assert_eq!((seen.len(), &seen[0].end), (1, &None));
    assert_eq!(seen[0].sent.origin, format!("http://127.0.0.1:{port}"));
    assert_eq!(outcome(&http), (Outcome::Failed { cause: ProblemKind::Network }, 0));
}

#[tokio::test]
async fn the_ledger_says_what_came_of_each_request() {
    let network = network(json!({}));
    let server = Server::start(OK, Then::Next).await;
    let (read, refused, stopped, unread) = (http(), http(), http(), http());
    assert_eq!(ask(&read, &network, &here(server.port)).await.unwrap().body(99).await, b"ok");
    assert_eq!(outcome(&read), (Outcome::Answered { status: 200 }, 2));

    let error = "HTTP/1.1 529 Busy\r\ncontent-length: 4\r\n\r\nbusy";
    let server = Server::start(error, Then::Next).await;
    ask(&refused, &network, &here(server.port)).await.unwrap().failure().await;
    assert_eq!(outcome(&refused), (Outcome::Refused { status: 529 }, 4));

    let server = Server::start(ENDLESS, Then::Hold).await;
    let mut answer = ask(&stopped, &network, &here(server.port)).await.unwrap();
    answer.chunk().await.unwrap();
    drop(answer);
    assert_eq!(outcome(&stopped), (Outcome::Stopped, 5));

    let server = Server::start(ENDLESS, Then::Close).await;
    let mut answer = ask(&unread, &network, &here(server.port)).await.unwrap();
    while let Ok(Some(_)) = answer.chunk().await {}
    drop(answer);
    let cause = ProblemKind::StreamEndedEarly;
    assert_eq!(outcome(&unread), (Outcome::Failed { cause }, 5));
}

#[tokio::test]
async fn what_is_not_sent_is_not_in_the_ledger() {
    let http = http();
    let shut = network(json!({"offline": true}));
    assert!(ask(&http, &shut, &at("https://api.example")).await.is_err());
    let elsewhere = key("sk-1".to_owned(), Origin::parse("https://b.example").unwrap());
    let server = Server::start(OK, Then::Next).await;
    let sent = http.post(&network(json!({})), &here(server.port), &question(), Some(&elsewhere), act()).await;
    assert!(sent.is_err());
    assert_eq!(http.ledger().read().entries, []);
}

#[tokio::test]
async fn a_list_may_come_compressed_and_a_stream_never() {
    // `gzip` of this body.
    let body = r#"{"data":[{"id":"zipped"}]}"#;
    let zipped: &[u8] = &[
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 74, 73, 44, 73, 84, 178, 138, 174, 86, 202, 76, 81, 178,
        82, 170, 202, 44, 40, 72, 77, 81, 170, 141, 173, 5, 0, 163, 13, 64, 95, 26, 0, 0, 0,
    ];
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", zipped.len());
    let mut server = Server::start([head.as_bytes(), zipped].concat(), Then::Next).await;
    let (http, network, provider) = (http(), network(json!({})), here(server.port));
    let list = HttpRequest { body: Vec::new(), ..question() };
    let answer = http.get(&network, &provider, &list, None, act()).await.unwrap();
    assert_eq!(answer.whole(999, as_it_is).await.unwrap(), body.as_bytes());
    assert!(server.request().await.contains("accept-encoding: gzip\r\n"));
    ask(&http, &network, &provider).await.unwrap();
    assert!(server.request().await.contains("accept-encoding: identity\r\n"));
}

#[tokio::test]
async fn what_is_no_compressed_answer_and_says_it_is_is_not_asked_for_again() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 10\r\n\r\ndata: {}\n\n";
    let server = Server::start(answer, Then::Next).await;
    let answer = ask(&http(), &network(json!({})), &here(server.port)).await.unwrap();
    let failure = answer.whole(99, as_it_is).await.unwrap_err();
    assert_eq!(failure.cause, Cause::Unreadable, "{failure:?}");
    assert!(failure.message.contains("sent compressed can't be read: "), "{failure:?}");
}

#[tokio::test]
async fn no_answer_is_read_beyond_what_memory_bears() {
    let body = "x".repeat(3 << 20);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    let server = Server::start(format!("{head}{body}"), Then::Next).await;
    let (http, network, provider) = (http(), network(json!({})), here(server.port));
    let failure = ask(&http, &network, &provider).await.unwrap().whole(1 << 20, as_it_is).await.unwrap_err();
    assert_eq!((failure.cause, failure.message.ends_with("sent more than 1 MiB")), (Cause::TooLarge, true));
}

#[tokio::test]
async fn a_proxys_own_refusal_is_not_taken_for_the_providers() {
    let proxy = Server::start("HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n", Then::Close).await;
    let network = network(json!({"proxy": format!("http://127.0.0.1:{}", proxy.port)}));
    let said = refusal(&network, &at("http://llm.invalid/v1")).await;
    assert!(said.contains("wants a name and a password") && said.contains("NAME:PASSWORD@"), "{said}");
}
