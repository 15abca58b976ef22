//! Splits a byte stream into Amazon's binary events (`application/vnd.amazon.eventstream`).
//!
//! A frame is its length, the length of its headers, a checksum of both, the headers, the payload, and a checksum of
//! all before. Reference: <https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html>.

use super::MAX_EVENT_BYTES;
use super::failure::{Cause, Failure};

/// The two lengths and their checksum.
const PRELUDE: usize = 12;
/// A frame without headers and payload.
const SMALLEST: usize = PRELUDE + 4;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    /// Its `:event-type`, or the `:exception-type` or `:error-code` of a failure.
    pub(super) name: String,
    /// JSON. Of an `:error-code` its `:error-message`, as JSON too.
    pub(super) payload: String,
}

/// Splits a stream that comes in chunks of any size. Holds at most one frame.
#[derive(Debug, Default)]
pub(super) struct Frames {
    held: Vec<u8>,
}

impl Frames {
    /// The next whole frame out of `rest`, which shrinks; `None` when all of `rest` was read.
    pub(super) fn next(&mut self, rest: &mut &[u8]) -> Result<Option<Frame>, Failure> {
        self.fill(PRELUDE, rest);
        let Some((total, headers)) = prelude(&self.held)? else { return Ok(None) };
        self.fill(total, rest);
        if self.held.len() < total {
            return Ok(None);
        }
        let frame = std::mem::take(&mut self.held);
        frame_of(&frame, headers).map(Some)
    }

    /// Takes off `rest` what is missing of `size` bytes.
    fn fill(&mut self, size: usize, rest: &mut &[u8]) {
        let missing = size.saturating_sub(self.held.len()).min(rest.len());
        let (taken, after) = rest.split_at(missing);
        self.held.extend_from_slice(taken);
        *rest = after;
    }
}

/// The length of the frame and of its headers, once they have come.
fn prelude(held: &[u8]) -> Result<Option<(usize, usize)>, Failure> {
    let Some((prelude, _)) = held.split_first_chunk::<PRELUDE>() else { return Ok(None) };
    let [a, b, c, d, e, f, g, h, sum @ ..] = *prelude;
    let lengths = [a, b, c, d, e, f, g, h];
    if crc32fast::hash(&lengths) != u32::from_be_bytes(sum) {
        return Err(damaged());
    }
    let (total, headers) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
    let (total, headers) = (total as usize, headers as usize);
    if total > MAX_EVENT_BYTES {
        let words = format!("one event of the stream is larger than {MAX_EVENT_BYTES} bytes");
        return Err(Failure::connection(Cause::TooLarge, words));
    }
    if headers.saturating_add(SMALLEST) > total {
        return Err(damaged());
    }
    Ok(Some((total, headers)))
}

fn frame_of(frame: &[u8], headers: usize) -> Result<Frame, Failure> {
    let (summed, sum) = frame.split_last_chunk::<4>().ok_or_else(damaged)?;
    if crc32fast::hash(summed) != u32::from_be_bytes(*sum) {
        return Err(damaged());
    }
    let (_, body) = summed.split_at_checked(PRELUDE).ok_or_else(damaged)?;
    let (headers, payload) = body.split_at_checked(headers).ok_or_else(damaged)?;
    let headers = texts(headers).ok_or_else(damaged)?;
    let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    let payload = String::from_utf8_lossy(payload).into_owned();
    Ok(match (header(":event-type").or(header(":exception-type")), header(":error-code")) {
        (Some(name), _) => Frame { name: name.clone(), payload },
        (None, Some(code)) => {
            let message = header(":error-message").cloned().unwrap_or_default();
            let payload = serde_json::json!({ "message": message }).to_string();
            Frame { name: format!("{code}Exception"), payload }
        }
        (None, None) => Frame { name: String::new(), payload },
    })
}

/// The headers that are texts.
fn texts(mut rest: &[u8]) -> Option<Vec<(String, String)>> {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let mut headers = Vec::new();
    while let Some((length, after)) = rest.split_first() {
        let (name, after) = after.split_at_checked(usize::from(*length))?;
        let (kind, after) = after.split_first()?;
        let (length, after) = match kind {
            // true, false; then numbers of one, two, four and eight bytes; a time; a UUID.
            0 | 1 => (0, after),
            2 => (1, after),
            3 => (2, after),
            4 => (4, after),
            5 | 8 => (8, after),
            9 => (16, after),
            6 | 7 => {
                let (length, after) = after.split_first_chunk::<2>()?;
                (usize::from(u16::from_be_bytes(*length)), after)
            }
            _ => return None,
        };
        let (value, after) = after.split_at_checked(length)?;
        if *kind == 7 {
            headers.push((text(name), text(value)));
        }
        rest = after;
    }
    Some(headers)
}

fn damaged() -> Failure {
    Failure::unreadable("an event of the stream is damaged: its checksum or its lengths are wrong")
}

/// For tests: a frame with a payload and headers that are texts.
#[cfg(test)]
pub(super) fn frame(headers: &[(&str, &str)], payload: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in headers {
        bytes.push(name.len() as u8);
        bytes.extend(name.as_bytes());
        bytes.push(7);
        bytes.extend((value.len() as u16).to_be_bytes());
        bytes.extend(value.as_bytes());
    }
    let total = (SMALLEST + bytes.len() + payload.len()) as u32;
    let mut frame = [total.to_be_bytes(), (bytes.len() as u32).to_be_bytes()].concat();
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(bytes);
    frame.extend(payload.as_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

#[cfg(test)]
mod tests;
