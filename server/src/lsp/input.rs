//! The editor's messages, so that what can't be read costs only itself.
//!
//! The framework ends at the first message that it can't read. So each is looked at here first: half a character is
//! mended, and a message that nobody can read becomes a request that is answered with an error and nothing else.
//! The end of the input is everybody's.

use std::io::Result;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::sync::CancellationToken;

mod readable;
#[cfg(test)]
mod tests;

pub(super) use readable::UNREADABLE;
use readable::readable;

/// A header longer than this is none.
const LONGEST_HEADER: usize = 4096;

/// A message longer than this is none: it would be waited for in vain, and everything after it taken for a part of it.
const LONGEST_MESSAGE: usize = 1 << 30;

/// So many bytes are asked for at once.
const PIECE: usize = 1 << 16;

/// Yields messages that the framework can read, framed as it wants them.
pub(super) struct Input<I> {
    input: I,
    ended: CancellationToken,
    /// What is read next.
    piece: Vec<u8>,
    frames: Frames,
    /// What is to be handed on: a header and a message.
    ready: [Bytes; 2],
}

impl<I> Input<I> {
    /// `ended` is cancelled at the input's end.
    pub(super) fn new(input: I, ended: CancellationToken) -> Self {
        let ready = [Bytes::new(), Bytes::new()];
        Self { input, ended, piece: vec![0; PIECE], frames: Frames::default(), ready }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Input<I> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        loop {
            if let Some(ready) = this.ready.iter_mut().find(|ready| !ready.is_empty()) {
                let taken = ready.split_to(ready.len().min(buffer.remaining()));
                buffer.put_slice(&taken);
                return Poll::Ready(Ok(()));
            }
            if let Some(message) = this.frames.next() {
                let message = readable(message);
                this.ready = [format!("Content-Length: {}\r\n\r\n", message.len()).into(), message];
                continue;
            }
            let mut piece = ReadBuf::new(&mut this.piece);
            let read = ready!(Pin::new(&mut this.input).poll_read(cx, &mut piece));
            if read.is_err() || piece.filled().is_empty() {
                this.ended.cancel();
                return Poll::Ready(read);
            }
            this.frames.push(piece.filled());
        }
    }
}

/// Cuts what was read into messages.
#[derive(Default)]
struct Frames {
    raw: BytesMut,
    /// The length of the message that begins here, if its header was read.
    length: Option<usize>,
}

impl Frames {
    fn push(&mut self, piece: &[u8]) {
        self.raw.extend_from_slice(piece);
    }

    /// The next whole message. A header that can't be read is an empty one.
    fn next(&mut self) -> Option<Bytes> {
        let length = match self.length {
            Some(length) => length,
            None => match self.header()? {
                Some(length) => *self.length.insert(length),
                None => return Some(Bytes::new()),
            },
        };
        if self.raw.len() < length {
            return None;
        }
        self.length = None;
        let message = self.raw.split_to(length).freeze();
        if self.raw.is_empty() {
            // A large message's memory goes with it.
            self.raw = BytesMut::new();
        }
        Some(message)
    }

    /// Takes the next header: the message's length, if it names one.
    fn header(&mut self) -> Option<Option<usize>> {
        let end = self.raw.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let Some(end) = end else {
            if self.raw.len() < LONGEST_HEADER {
                return None;
            }
            self.raw.clear();
            return Some(None);
        };
        let header = String::from_utf8_lossy(&self.raw.split_to(end)).to_ascii_lowercase();
        self.raw.advance(4);
        // After a message of a wrong length the next header stands behind the rest of that message.
        let length = header.rsplit_once("content-length:").map(|(_, length)| length);
        let length: Option<usize> = length.and_then(|length| length.lines().next()?.trim().parse().ok());
        Some(length.filter(|length| *length <= LONGEST_MESSAGE))
    }
}
