//! One request to the fake provider, and the test's hand on its answer.

use super::http::Request;
use crate::LIMIT;
use serde_json::Value;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// How an answer ended, for the connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// The connection can take another request.
    Whole,
    /// It is over.
    Closed,
}

/// A request, and its answer as far as it was sent.
#[derive(Debug)]
pub struct Exchange {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub bytes: Vec<u8>,
    /// The body as JSON; null if it is none.
    pub body: Value,
    stream: TcpStream,
    answered: Option<Sender<Answered>>,
    started: bool,
}

impl Exchange {
    pub(super) fn new(request: Request, stream: TcpStream) -> (Self, Receiver<Answered>) {
        let (answered, receiver) = channel();
        let exchange = Self {
            method: request.method,
            path: request.path,
            headers: request.headers,
            body: serde_json::from_slice(&request.body).unwrap_or_default(),
            bytes: request.body,
            stream,
            answered: Some(answered),
            started: false,
        };
        (exchange, receiver)
    }

    /// A header's value; the name is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The whole conversation as the model is given it, for a person to read.
    #[must_use]
    pub fn prompt(&self) -> String {
        super::shapes::prompt(&self.body)
    }

    /// Answers whole, with a status, headers and a body, by its length.
    #[track_caller]
    pub fn answer(mut self, status: u16, headers: &[(&str, &str)], body: &str) {
        let mut head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        self.write(format!("{head}\r\n{body}").as_bytes());
        self.end(Answered::Whole);
    }

    /// Starts a stream of server-sent events.
    #[track_caller]
    pub fn start(&mut self) {
        assert!(!self.started, "the answer was started already");
        self.started = true;
        self.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
        );
    }

    /// Sends bytes of the body as one piece; starts the stream if that wasn't done.
    #[track_caller]
    pub fn piece(&mut self, bytes: &[u8]) {
        if !self.started {
            self.start();
        }
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.write(&chunk);
    }

    /// Ends the body as HTTP wants it; the connection lives on.
    #[track_caller]
    pub fn finish(mut self) {
        assert!(self.started, "an answer has to start before it ends");
        self.write(b"0\r\n\r\n");
        self.end(Answered::Whole);
    }

    /// Closes the connection before the body's end.
    pub fn cut(mut self) {
        self.close();
    }

    /// Breaks the connection with a reset.
    pub fn reset(mut self) {
        let _ = socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        // Both halves that the connection's thread holds have to go for the reset to be sent.
        self.end(Answered::Closed);
    }

    /// Waits until the client has closed the connection.
    ///
    /// # Panics
    /// If it doesn't within the limit, or sends something instead.
    #[track_caller]
    pub fn client_closed(mut self) {
        let _ = self.stream.set_read_timeout(Some(LIMIT));
        match self.stream.read(&mut [0; 1]) {
            Ok(0) => {}
            Ok(_) => panic!("the client sent a further byte"),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the client did not close the connection in {LIMIT:?}: {error}"),
        }
        self.close();
    }

    /// Sends a piece again and again until the client has closed the connection: a model that never stops.
    /// Answers how many pieces went out.
    #[track_caller]
    pub fn never_stop(mut self, piece: &[u8]) -> usize {
        let until = Instant::now() + LIMIT;
        let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
        chunk.extend_from_slice(piece);
        chunk.extend_from_slice(b"\r\n");
        let _ = self.stream.set_write_timeout(Some(LIMIT));
        let mut sent = 0;
        while self.stream.write_all(&chunk).is_ok() {
            sent += 1;
            assert!(Instant::now() < until, "the client still reads after {LIMIT:?}");
        }
        self.close();
        sent
    }

    /// Gives the exchange up without an answer.
    pub(super) fn forget(&mut self) {
        self.close();
    }

    #[track_caller]
    fn write(&mut self, bytes: &[u8]) {
        if let Err(error) = self.stream.write_all(bytes) {
            self.close();
            panic!("the client closed the connection before the answer's end: {error}");
        }
    }

    fn close(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
        self.end(Answered::Closed);
    }

    fn end(&mut self, answered: Answered) {
        if let Some(sender) = self.answered.take() {
            let _ = sender.send(answered);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let open = self.answered.is_some();
        if open {
            self.close();
        }
        assert!(!open || std::thread::panicking(), "the test left {} {} unanswered", self.method, self.path);
    }
}
