//! `FakeModel`: a model provider on loopback, in the test's hand.
//!
//! The test takes each request as an [`Exchange`], and sends every byte of its answer itself: pieces, errors, stalls
//! and cuts. It fails when it is dropped with a request that the test did not take or did not answer.

mod exchange;
mod http;
mod shapes;
#[cfg(test)]
mod tests;

pub use exchange::Exchange;
pub use shapes::openai_delta;

use crate::{LIMIT, Setup};
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

#[derive(Debug)]
pub struct FakeModel {
    address: SocketAddr,
    requests: Mutex<Receiver<Exchange>>,
    connections: Arc<AtomicUsize>,
}

impl FakeModel {
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("a bound listener has an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let (sender, requests) = channel();
        let count = Arc::clone(&connections);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let sender = sender.clone();
                std::thread::spawn(move || serve(&stream, &sender));
            }
        });
        Self { address, requests: Mutex::new(requests), connections }
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Settings with this provider as `fake`, in the OpenAI chat format, and `fake/test` as the model.
    #[must_use]
    pub fn settings(&self) -> Value {
        self.settings_for("openai-chat")
    }

    /// Settings with this provider as `fake` in a wire format, and `fake/test` as the model.
    #[must_use]
    pub fn settings_for(&self, format: &str) -> Value {
        // Where a base URL ends is the format's custom.
        let path = if format == "openai-chat" { "/v1" } else { "" };
        let provider = json!({"format": format, "baseUrl": self.origin() + path, "keyOptional": true});
        json!({"model": "fake/test", "providers": {"fake": provider}})
    }

    /// An editor whose user has chosen this provider.
    #[must_use]
    pub fn setup(&self) -> Setup {
        Setup { settings: self.settings(), ..Setup::default() }
    }

    /// The next request.
    ///
    /// # Panics
    /// If none comes within the limit.
    #[must_use]
    #[track_caller]
    pub fn next(&self) -> Exchange {
        let requests = self.requests.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        requests
            .recv_timeout(LIMIT)
            .unwrap_or_else(|_| panic!("no request came to the provider in {LIMIT:?}"))
    }

    /// Connections that were opened, in all.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Requests that came and that the test has not taken are taken, and none is allowed.
    #[track_caller]
    pub fn expect_no_request(&self) {
        let requests = self.requests.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Ok(mut exchange) = requests.try_recv() {
            exchange.forget();
            panic!("a request that nobody asked for: {exchange:#?}");
        }
    }
}

impl Drop for FakeModel {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.expect_no_request();
        }
    }
}

/// Hands each request of a connection to the test, and reads the next one when the test has answered.
fn serve(stream: &TcpStream, requests: &Sender<Exchange>) {
    // Pieces go out as they are written.
    let _ = stream.set_nodelay(true);
    let Ok(mut reader) = stream.try_clone().map(std::io::BufReader::new) else { return };
    while let Ok(Some(request)) = http::read_request(&mut reader) {
        let Ok(writer) = stream.try_clone() else { return };
        let (exchange, answered) = Exchange::new(request, writer);
        if let Err(unsent) = requests.send(exchange) {
            let mut exchange = unsent.0;
            exchange.forget();
            return;
        }
        if answered.recv() != Ok(exchange::Answered::Whole) {
            return;
        }
    }
}
