//! What an answer's body is, seen from its first byte: events, JSON values, binary frames, or a page.
//!
//! The `content-type` is no help: providers and what stands before them send events as `text/plain` and JSON as
//! `text/event-stream`.

use super::MAX_EVENT_BYTES;
use super::failure::{Cause, Failure};
use super::frames::Frames;
use crate::sse::Splitter;

/// At most so much of a page or of a text is kept to find its words.
const MAX_PAGE_BYTES: usize = 16 * 1024;

#[derive(Debug)]
pub(super) enum Body {
    /// Nothing has come but white space.
    Blank,
    Events(Events),
    Json(Json),
    Frames(Frames),
    Page(Vec<u8>),
}

/// A stream of events, and how it began as long as no event was in it.
#[derive(Debug)]
pub(super) struct Events {
    pub(super) splitter: Splitter,
    pub(super) beginning: Vec<u8>,
    pub(super) has_event: bool,
}

impl Body {
    /// Takes what comes before the body proper off `rest`, and decides what it is.
    pub(super) fn sniff(&mut self, rest: &mut &[u8]) {
        if !matches!(self, Body::Blank) {
            return;
        }
        let lead = |byte: &u8| byte.is_ascii_whitespace() || "\u{feff}".as_bytes().contains(byte);
        while let [first, after @ ..] = *rest
            && lead(first)
        {
            *rest = after;
        }
        *self = match rest.first() {
            None => Body::Blank,
            Some(b'{' | b'[') => Body::Json(Json::default()),
            // The first byte of a length that is less than 16 MB.
            Some(0) => Body::Frames(Frames::default()),
            Some(b'<') => Body::Page(Vec::new()),
            Some(_) => Body::Events(Events {
                splitter: Splitter::new(MAX_EVENT_BYTES),
                beginning: Vec::new(),
                has_event: false,
            }),
        };
    }
}

impl Events {
    /// Keeps the beginning of a stream that may turn out to be none.
    pub(super) fn note(&mut self, chunk: &[u8]) {
        if !self.has_event {
            keep(&mut self.beginning, chunk);
        }
    }
}

/// Adds to `kept` up to the limit; `false` when that is reached.
pub(super) fn keep(kept: &mut Vec<u8>, chunk: &[u8]) -> bool {
    let room = MAX_PAGE_BYTES.saturating_sub(kept.len());
    kept.extend(chunk.iter().take(room));
    kept.len() < MAX_PAGE_BYTES
}

/// JSON objects or lists that come in chunks, one after another. A value is known to be whole without parsing it again
/// and again.
#[derive(Debug, Default)]
pub(super) struct Json {
    bytes: Vec<u8>,
    depth: u32,
    in_string: bool,
    escaped: bool,
}

impl Json {
    /// The next value's text once it is whole; `rest` is what follows it.
    pub(super) fn next(&mut self, rest: &mut &[u8]) -> Result<Option<String>, Failure> {
        if !self.is_inside() {
            *rest = rest.trim_ascii_start();
        }
        for (at, byte) in rest.iter().enumerate() {
            if !self.is_inside() && at == 0 && !matches!(byte, b'{' | b'[') {
                return Err(Failure::unreadable("a piece of the answer is not valid JSON"));
            }
            if self.ends_with(*byte) {
                let (end, after) = rest.split_at_checked(at + 1).unwrap_or((rest, &[]));
                self.push(end)?;
                *rest = after;
                return Ok(Some(String::from_utf8_lossy(&std::mem::take(&mut self.bytes)).into_owned()));
            }
        }
        self.push(rest)?;
        *rest = &[];
        Ok(None)
    }

    /// Whether a value has begun and not ended.
    pub(super) fn is_inside(&self) -> bool {
        self.depth > 0
    }

    fn push(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        if self.bytes.len() + chunk.len() > MAX_EVENT_BYTES {
            return Err(Failure::connection(Cause::TooLarge, "the answer is larger than this program reads"));
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    /// Whether the value is whole with this byte.
    fn ends_with(&mut self, byte: u8) -> bool {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_string => self.escaped = true,
            b'"' => self.in_string = !self.in_string,
            _ if self.in_string => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}
