//! `Socks`: a SOCKS proxy of version 5 on loopback (RFC 1928 and 1929). Whatever address it is asked for, it leads to one
//! server of the test's.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What the proxy asks of those who come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terms {
    Open,
    /// This name and this password.
    Password(&'static str, &'static str),
    /// It lets nobody through.
    Closed,
}

/// The proxy. Its threads end with the process.
#[derive(Debug)]
pub struct Socks {
    address: SocketAddr,
    terms: Arc<Mutex<Terms>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Socks {
    /// One that leads to a port of this machine.
    ///
    /// # Panics
    /// If there is no port to listen at.
    #[must_use]
    pub fn start(terms: Terms, to: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (terms, asked) = (Arc::new(Mutex::new(terms)), Arc::new(Mutex::new(Vec::new())));
        let served = (Arc::clone(&terms), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (terms, asked) = (*lock(&served.0), Arc::clone(&served.1));
                std::thread::spawn(move || serve(stream, terms, &asked, to));
            }
        });
        Self { address, terms, asked }
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// From here on it lets everybody through.
    pub fn open(&self) {
        *lock(&self.terms) = Terms::Open;
    }

    /// The addresses that it was asked for, as `HOST:PORT`.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        lock(&self.asked).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A client that goes away in the middle, or breaks the rules, is left.
fn serve(mut client: TcpStream, terms: Terms, asked: &Mutex<Vec<String>>, to: u16) {
    let _ = talk(&mut client, terms, asked, to);
}

const VERSION: u8 = 5;
const NO_PASSWORD: u8 = 0;
const PASSWORD: u8 = 2;
const NONE_ACCEPTABLE: u8 = 0xff;
const NOT_ALLOWED: u8 = 2;

fn talk(client: &mut TcpStream, terms: Terms, asked: &Mutex<Vec<String>>, to: u16) -> std::io::Result<()> {
    let [_, count] = take::<2>(client)?;
    let mut methods = vec![0; count.into()];
    client.read_exact(&mut methods)?;
    let method = match terms {
        Terms::Password(..) => PASSWORD,
        // A client that has a password may offer nothing else, though none is wanted.
        Terms::Open | Terms::Closed if methods.contains(&NO_PASSWORD) => NO_PASSWORD,
        Terms::Open | Terms::Closed => PASSWORD,
    };
    if !methods.contains(&method) {
        return client.write_all(&[VERSION, NONE_ACCEPTABLE]);
    }
    client.write_all(&[VERSION, method])?;
    if method == PASSWORD {
        let [_, length] = take::<2>(client)?;
        let name = text(client, length)?;
        let [length] = take::<1>(client)?;
        let password = text(client, length)?;
        let is_right = match terms {
            Terms::Password(right, secret) => name == right && password == secret,
            Terms::Open | Terms::Closed => true,
        };
        client.write_all(&[1, u8::from(!is_right)])?;
        if !is_right {
            return Ok(());
        }
    }
    let [_, _, _, kind] = take::<4>(client)?;
    let host = match kind {
        1 => Ipv4Addr::from(take::<4>(client)?).to_string(),
        _ => {
            let [length] = take::<1>(client)?;
            text(client, length)?
        }
    };
    let port = u16::from_be_bytes(take::<2>(client)?);
    lock(asked).push(format!("{host}:{port}"));
    let answer = |status: u8| [VERSION, status, 0, 1, 0, 0, 0, 0, 0, 0];
    if terms == Terms::Closed {
        return client.write_all(&answer(NOT_ALLOWED));
    }
    #[expect(clippy::disallowed_methods, reason = "a proxy opens connections")]
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, to))?;
    client.write_all(&answer(0))?;
    let (mut from_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(std::net::Shutdown::Both);
    });
    let _ = std::io::copy(client, &mut &server);
    server.shutdown(std::net::Shutdown::Both)
}

fn take<const N: usize>(stream: &mut TcpStream) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn text(stream: &mut TcpStream, length: u8) -> std::io::Result<String> {
    let mut bytes = vec![0; length.into()];
    stream.read_exact(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
