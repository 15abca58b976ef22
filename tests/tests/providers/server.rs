//! A server that this project did not write, as a process of the test's own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use aside_tests::LIMIT;
use serde_json::Value;

/// What `tests/run providers` installs, and says by a variable.
pub(crate) fn installed(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable);
    path.unwrap_or_else(|| {
        panic!("{variable} is not set: `tests/run providers` installs what these tests need")
    })
    .into()
}

/// Ends with the test.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    key: &'static str,
}

impl Server {
    /// Starts `command`, which is to listen on the port that is given to it, and waits until `path` answers.
    pub(crate) fn start(key: &'static str, path: &str, command: impl FnOnce(u16) -> Command) -> Self {
        // The port is free again once the listener is gone; nobody else on this machine asks for it so soon.
        let address =
            TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let mut command = command(address.port());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut server = Self { child, address, key };
        let until = Instant::now() + LIMIT;
        while server.try_get(path).is_none_or(|(status, _)| status != 200) {
            assert!(Instant::now() < until, "{command:?} did not answer in {LIMIT:?}");
            assert!(matches!(server.child.try_wait(), Ok(None)), "{command:?} ended by itself");
            std::thread::yield_now();
        }
        server
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it answers to a GET, as JSON.
    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, body) = self.try_get(path).unwrap_or_else(|| panic!("no answer to {path}"));
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path} is no JSON ({error}): {body}"))
    }

    /// Connections to it that are open at their other end.
    pub(crate) fn connections(&self) -> usize {
        let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux lists its connections");
        let (peer, established) = (format!(":{:04X}", self.address.port()), "01");
        let rows = table.lines().map(|row| row.split_whitespace().skip(2).take(2).collect::<Vec<_>>());
        rows.filter(|row| matches!(row[..], [to, state] if to.ends_with(&peer) && state == established))
            .count()
    }

    fn try_get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        let key = self.key;
        write!(stream, "GET {path} HTTP/1.0\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\r\n")
            .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again until it is so, at most for the time that anything is waited for.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < until, "it never came to that in {LIMIT:?}: {what}");
        std::thread::yield_now();
    }
}
