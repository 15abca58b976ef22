//! `Broken`: a provider on loopback that answers well, until its answers are broken in a way that the test names, and
//! well again once it is mended. It takes questions in the OpenAI chat format, lists of models and proxied requests.

use crate::model::openai_delta;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The text of a whole answer.
pub const TEXT: &str = "Hello, wörld 👋, said the model.";

/// How an answer is broken. Bytes are counted from the answer's first one, its head included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The connection is closed after so many bytes.
    Cut(usize),
    /// The connection is reset after so many bytes.
    Reset(usize),
    /// Nothing more comes after so many bytes, and the connection stays open.
    Stall(usize),
    /// Noise comes after so many bytes.
    Garbage(usize),
    /// The head comes one byte at a time, slower than anyone waits.
    SlowHead,
    /// A page to sign in at comes instead of the answer.
    Portal,
    /// The answer sends the request on to such a page.
    Redirect,
    /// What a server says that takes encrypted connections alone.
    HttpsAlone,
    /// The answer says that it is compressed, and isn't.
    NotCompressed,
    /// One line that never ends.
    Endless,
    /// The answer's first word, and then small events without an end.
    Events,
    /// The certificate or the handshake is what is broken, see [`Broken::tls`].
    Handshake,
    /// A proxy that wants a name and a password.
    ProxyPassword,
    /// A proxy that refuses to connect.
    ProxyRefuses,
}

/// The server. Its threads end with the process.
#[derive(Debug)]
pub struct Broken {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    is_mended: AtomicBool,
    how: Mutex<Break>,
    tls: Tls,
    requests: Mutex<Vec<String>>,
    connections: AtomicUsize,
}

impl Broken {
    #[must_use]
    pub fn start(how: Break) -> Self {
        Self::listen(how, Tls::None)
    }

    /// Behind TLS: so while the handshake is what is broken, and so otherwise.
    #[must_use]
    pub fn tls(how: Break, broken: Arc<ServerConfig>, good: Arc<ServerConfig>) -> Self {
        Self::listen(how, Tls::Front([broken, good]))
    }

    /// A proxy, which is every provider behind it as well.
    #[must_use]
    pub fn proxy(how: Break, behind: Arc<ServerConfig>) -> Self {
        Self::listen(how, Tls::Behind(behind))
    }

    fn listen(how: Break, tls: Tls) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("a bound listener has an address");
        let state = Arc::new(State {
            is_mended: AtomicBool::new(false),
            how: Mutex::new(how),
            tls,
            requests: Mutex::default(),
            connections: AtomicUsize::new(0),
        });
        let serving = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&serving);
                state.connections.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || state.serve(stream));
            }
        });
        Self { address, state }
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The base URL of a provider that is here.
    #[must_use]
    pub fn base_url(&self) -> String {
        let scheme = if matches!(self.state.tls, Tls::Front(_)) { "https" } else { "http" };
        format!("{scheme}://localhost:{}/v1", self.port())
    }

    /// From here on it answers well.
    pub fn mend(&self) {
        self.state.is_mended.store(true, Ordering::SeqCst);
    }

    /// From here on its answers are broken so.
    pub fn break_so(&self, how: Break) {
        *self.state.how.lock().unwrap_or_else(PoisonError::into_inner) = how;
        self.state.is_mended.store(false, Ordering::SeqCst);
    }

    /// The heads of the requests that came so far.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.state.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    #[must_use]
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

/// Where TLS is spoken.
#[derive(Debug)]
enum Tls {
    None,
    /// From the start: so while the handshake is what is broken, and so otherwise.
    Front([Arc<ServerConfig>; 2]),
    /// Behind a proxy's connection.
    Behind(Arc<ServerConfig>),
}

/// The good answer to a question, without what HTTP makes of it.
#[must_use]
pub fn whole_body() -> Vec<u8> {
    let mut body = Vec::new();
    for piece in TEXT.split_inclusive(' ') {
        body.extend(openai_delta(&json!({"content": piece})).into_bytes());
    }
    body.extend(b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
    body.extend(b"data: [DONE]\n\n");
    body
}

/// The bytes of the good answer to a question.
#[must_use]
pub fn whole_answer() -> Vec<u8> {
    let mut answer =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for chunk in whole_body().chunks(40) {
        answer.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        answer.extend(chunk);
        answer.extend(b"\r\n");
    }
    answer.extend(b"0\r\n\r\n");
    answer
}

/// Where the good answer is when its first word has come.
#[must_use]
pub fn after_first_word() -> usize {
    let answer = whole_answer();
    let second = b"data: ";
    let starts: Vec<usize> = (0..answer.len()).filter(|at| answer[*at..].starts_with(second)).collect();
    starts.get(1).copied().unwrap_or(answer.len())
}

fn list() -> Vec<u8> {
    let body = format!("{{\"data\":[{{\"id\":\"test\"}}]}}{}", " ".repeat(400));
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

const NOTHING: &[u8] = b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n";
const PAGE: &str = "<!doctype html><html><head><title>Welcome to the Hotel</title></head></html>";

impl State {
    fn how(&self) -> Option<Break> {
        let how = *self.how.lock().unwrap_or_else(PoisonError::into_inner);
        (!self.is_mended.load(Ordering::SeqCst)).then_some(how)
    }

    fn serve(&self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        match &self.tls {
            Tls::Front([broken, good]) => {
                let is_broken = self.how() == Some(Break::Handshake);
                self.talk_securely(&stream, if is_broken { broken } else { good });
            }
            Tls::None | Tls::Behind(_) => {
                if let Ok(wire) = stream.try_clone() {
                    self.talk(wire, &stream);
                }
            }
        }
    }

    fn talk_securely(&self, stream: &TcpStream, config: &Arc<ServerConfig>) {
        if let (Ok(inner), Ok(connection)) = (stream.try_clone(), ServerConnection::new(Arc::clone(config))) {
            self.talk(StreamOwned::new(connection, inner), stream);
        }
    }

    /// Answers request after request, until one answer breaks.
    fn talk(&self, wire: impl Read + Write, stream: &TcpStream) {
        let mut wire = BufReader::new(wire);
        loop {
            let head = match read_head(&mut wire) {
                Ok(Some(head)) => head,
                Ok(None) => return,
                // What comes is no HTTP, as where TLS was wanted.
                Err(_) => {
                    let _ =
                        wire.get_mut().write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
                    return;
                }
            };
            self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(head.clone());
            if head.starts_with("CONNECT ") && self.how().is_none() {
                if wire.get_mut().write_all(b"HTTP/1.1 200 Connected\r\n\r\n").is_ok()
                    && let Tls::Behind(config) = &self.tls
                {
                    self.talk_securely(stream, config);
                }
                return;
            }
            let answer = match head.split(' ').next() {
                Some("GET") => list(),
                Some("HEAD") => NOTHING.to_vec(),
                _ => whole_answer(),
            };
            let how = self.how().map(|how| named_in(&head).unwrap_or(how));
            if !self.answer(wire.get_mut(), how, &answer, stream) {
                return;
            }
        }
    }

    /// Whether the connection can take another request.
    fn answer(&self, wire: &mut impl Write, how: Option<Break>, answer: &[u8], stream: &TcpStream) -> bool {
        let send =
            |wire: &mut dyn Write, bytes: &[u8]| wire.write_all(bytes).and_then(|()| wire.flush()).is_ok();
        let up_to = |at: usize| answer.get(..at).unwrap_or(answer);
        match how {
            None | Some(Break::Handshake) => return send(wire, answer),
            Some(Break::Cut(at)) => {
                send(wire, up_to(at));
            }
            Some(Break::Reset(at)) => {
                send(wire, up_to(at));
                let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
            }
            Some(Break::Stall(at)) => {
                send(wire, up_to(at));
                self.hold(stream);
            }
            Some(Break::Garbage(at)) => {
                send(wire, up_to(at));
                send(wire, &[0xfe; 64]);
            }
            Some(Break::SlowHead) => {
                // Slowness is what is tested here; nothing waits for it.
                for byte in answer {
                    if !send(wire, &[*byte]) || self.how().is_none() {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(200));
                }
            }
            Some(Break::Portal) => {
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n",
                    PAGE.len()
                );
                return send(wire, format!("{head}{PAGE}").as_bytes());
            }
            Some(Break::HttpsAlone) => {
                return send(
                    wire,
                    b"HTTP/1.1 400 Bad Request\r\ncontent-length: 48\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
                );
            }
            Some(Break::NotCompressed) => {
                send(wire, b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\ndata: {\"choices\":[]}\n\n");
            }
            Some(Break::Redirect) => {
                return send(
                    wire,
                    b"HTTP/1.1 302 Found\r\nlocation: http://portal.invalid/login?token=canary\r\ncontent-length: 0\r\n\r\n",
                );
            }
            Some(Break::Endless) => {
                send(wire, b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: ");
                while self.how().is_some() && send(wire, &[b'x'; 64 * 1024]) {}
            }
            Some(Break::Events) => {
                let first = openai_delta(&json!({"content": TEXT.split_inclusive(' ').next()}));
                let small = openai_delta(&json!({"content": "", "unknown": "x".repeat(1024)}));
                send(wire, b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n");
                send(wire, first.as_bytes());
                let several = small.repeat(64);
                while self.how().is_some() && send(wire, several.as_bytes()) {}
            }
            Some(Break::ProxyPassword) => {
                send(
                    wire,
                    b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n",
                );
            }
            Some(Break::ProxyRefuses) => {
                send(wire, b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
            }
        }
        false
    }

    /// Keeps the connection open until it is closed on the other side.
    fn hold(&self, stream: &TcpStream) {
        let Ok(mut stream) = stream.try_clone() else { return };
        let mut rest = [0; 256];
        while stream.read(&mut rest).is_ok_and(|count| count > 0) {}
    }
}

/// A cut at the place that the request's path names, as in `/v1/cut/17/chat/completions`.
fn named_in(head: &str) -> Option<Break> {
    let (_, rest) = head.lines().next()?.split_once("/cut/")?;
    rest.split('/').next()?.parse().ok().map(Break::Cut)
}

/// The head of the next request, whose body is read as well; `None` at the connection's end.
fn read_head(wire: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if wire.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        head.push_str(&line);
        if line.trim().is_empty() {
            break;
        }
    }
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let mut body = vec![0; length.and_then(|(_, length)| length.trim().parse().ok()).unwrap_or(0)];
    wire.read_exact(&mut body)?;
    Ok(Some(head))
}
