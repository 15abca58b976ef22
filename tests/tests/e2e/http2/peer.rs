//! A provider behind TLS that speaks HTTP/2 alone, in the OpenAI chat format. What it does with a question is what the
//! question says.

use aside_tests::broken::whole_body;
use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Ping, PingPong, Reason, RecvStream, SendStream};
use http::{Request, Response};
use rustls::ServerConfig;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// Its first word comes; it goes on once another question was reset, and ends as it should.
pub(crate) const WAIT: &str = "wait for the other";
/// Its first word comes, and nothing more.
pub(crate) const HOLD: &str = "hold";
/// Its first word comes, then the stream is reset. A path may say it as well.
pub(crate) const RESET: &str = "reset";
/// The connection is closed to new questions, in the middle of the answer, which still comes.
pub(crate) const GO_AWAY: &str = "go away";

/// The server. Its thread ends with the process.
pub(crate) struct Peer {
    port: u16,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    /// `METHOD URI authorization`.
    requests: Mutex<Vec<String>>,
    /// Why the client reset streams.
    resets: Mutex<Vec<Reason>>,
    reset: Notify,
}

impl Peer {
    pub(crate) fn start(config: &ServerConfig) -> Self {
        let mut config = config.clone();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::<Seen>::default();
        let serving = Arc::clone(&seen);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    serving.connections.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(serve(stream, acceptor.clone(), Arc::clone(&serving)));
                }
            });
        });
        Self { port, seen }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("https://localhost:{}/v1", self.port)
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        lock(&self.seen.requests).clone()
    }

    pub(crate) fn resets(&self) -> Vec<Reason> {
        lock(&self.seen.resets).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A client that goes away is left: what it saw of that is the test's to say.
async fn serve(stream: TcpStream, acceptor: TlsAcceptor, seen: Arc<Seen>) {
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    let pings = connection.ping_pong().expect("it is taken once");
    let line = Arc::new(Line { leave: Notify::new(), pings: tokio::sync::Mutex::new(pings) });
    loop {
        tokio::select! {
            () = line.leave.notified() => connection.graceful_shutdown(),
            next = connection.accept() => {
                let Some(Ok((request, respond))) = next else { return };
                let (seen, line) = (Arc::clone(&seen), Arc::clone(&line));
                tokio::spawn(async move { answer(request, respond, &seen, &line).await });
            }
        }
    }
}

/// A connection, for those who answer on it.
struct Line {
    leave: Notify,
    pings: tokio::sync::Mutex<PingPong>,
}

impl Line {
    /// Waits until what was sent has left: the client answers a ping that was sent with it.
    async fn flushed(&self) -> Option<()> {
        self.pings.lock().await.ping(Ping::opaque()).await.ok().map(drop)
    }
}

async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    seen: &Seen,
    line: &Line,
) -> Option<()> {
    let key = request.headers().get("authorization").and_then(|key| key.to_str().ok()).unwrap_or_default();
    lock(&seen.requests).push(format!("{} {} {key}", request.method(), request.uri()));
    let path = request.uri().path().to_owned();
    let is_list = request.method() == http::Method::GET;
    let mut body = request.into_body();
    let mut question = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece.ok()?;
        body.flow_control().release_capacity(piece.len()).ok()?;
        question.extend(piece);
    }
    let question = String::from_utf8_lossy(&question).into_owned();
    if is_list {
        // The doctor's question.
        let mut stream = respond.send_response(Response::new(()), false).ok()?;
        line.flushed().await?;
        stream.send_reset(Reason::INTERNAL_ERROR);
        return None;
    }
    let head = Response::builder().header("content-type", "text/event-stream").body(()).ok()?;
    let mut stream = respond.send_response(head, false).ok()?;
    let (first, rest) = pieces();
    stream.send_data(first, false).ok()?;
    if question.contains(RESET) || path.contains(RESET) {
        // The reset overtakes what has not left.
        line.flushed().await?;
        stream.send_reset(Reason::INTERNAL_ERROR);
        return None;
    }
    if question.contains(HOLD) {
        return held(&mut stream, seen).await;
    }
    if question.contains(GO_AWAY) {
        line.leave.notify_one();
        line.flushed().await?;
    }
    if question.contains(WAIT) {
        while lock(&seen.resets).is_empty() {
            seen.reset.notified().await;
        }
    }
    stream.send_data(rest, true).ok()
}

/// Waits for the client to reset the stream.
async fn held(stream: &mut SendStream<Bytes>, seen: &Seen) -> Option<()> {
    let reason = std::future::poll_fn(|cx| stream.poll_reset(cx)).await.ok()?;
    lock(&seen.resets).push(reason);
    seen.reset.notify_one();
    None
}

/// The good answer's body, cut after its first word.
fn pieces() -> (Bytes, Bytes) {
    let mut first = Bytes::from(whole_body());
    let end = first.windows(2).position(|two| two == b"\n\n").map_or(0, |at| at + 2);
    let rest = first.split_off(end);
    (first, rest)
}
