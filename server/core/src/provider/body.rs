//! What an answer's body is, seen from its first byte: events, one JSON value, or a page.
//!
//! The `content-type` is no help: providers and what stands before them send events as `text/plain` and JSON as
//! `text/event-stream`.

use super::MAX_EVENT_BYTES;
use super::failure::Failure;
use crate::sse::Splitter;

/// At most so much of a page or of a text is kept to find its words.
const MAX_PAGE_BYTES: usize = 16 * 1024;

#[derive(Debug)]
pub(super) enum Body {
    /// Nothing has come but white space.
    Blank,
    Events(Events),
    Json(Json),
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

/// One JSON object or list that comes in chunks. It is known to be whole without parsing it again and again.
#[derive(Debug, Default)]
pub(super) struct Json {
    bytes: Vec<u8>,
    depth: u32,
    in_string: bool,
    escaped: bool,
}

impl Json {
    /// The value's text once it is whole. What follows it is of no interest.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<Option<String>, Failure> {
        if self.bytes.len() + chunk.len() > MAX_EVENT_BYTES {
            return Err(Failure::unreadable("the answer is larger than this program reads"));
        }
        for (at, byte) in chunk.iter().enumerate() {
            if self.ends_with(*byte) {
                self.bytes.extend(chunk.iter().take(at + 1));
                return Ok(Some(String::from_utf8_lossy(&std::mem::take(&mut self.bytes)).into_owned()));
            }
        }
        self.bytes.extend_from_slice(chunk);
        Ok(None)
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
