//! Splits a byte stream into server-sent events.
//!
//! Follows WHATWG HTML, "Interpreting an event stream", without `id` and `retry`, which only matter to a client
//! that reconnects. Knows nothing of JSON.

use memchr::memchr2;
use std::borrow::Cow;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// One event; borrows from the chunk where it lies in one chunk, else from the splitter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'e> {
    /// The `event:` field; empty where there was none (the spec's `message`).
    pub name: &'e str,
    /// The `data:` lines, joined by `\n`. Bytes that aren't UTF-8 are U+FFFD.
    pub data: Cow<'e, str>,
}

/// An event or a line is longer than the splitter's limit. Nothing can be read after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one event of the stream is larger than {limit} bytes")]
pub struct TooLarge {
    pub limit: usize,
}

/// Splits a stream that comes in chunks of any size. Holds at most about twice its limit.
#[derive(Debug)]
pub struct Splitter {
    limit: usize,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// The data lines of the event under way that can't be borrowed from a chunk.
    data: Vec<u8>,
    /// Whether the event under way has a data line, be it empty.
    has_data: bool,
    name: String,
    /// The last event was handed out: its buffers are free.
    dispatched: bool,
    /// The last byte was a CR: a LF that follows belongs to it.
    after_cr: bool,
    /// No line was read yet: a byte order mark may lead the first one.
    at_start: bool,
    too_large: bool,
}

#[derive(Clone, Copy)]
enum Field<'l> {
    /// The blank line.
    End,
    Name(&'l [u8]),
    Data(&'l [u8]),
    /// A comment, or a field that means nothing here.
    Other,
}

impl Splitter {
    /// A splitter that refuses a line, or an event's data, of more than `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            data: Vec::new(),
            has_data: false,
            name: String::new(),
            dispatched: false,
            after_cr: false,
            at_start: true,
            too_large: false,
        }
    }

    /// The next whole event out of `rest`, which shrinks; `None` when all of `rest` was read.
    pub fn next<'e, 'chunk: 'e>(
        &'e mut self,
        rest: &mut &'chunk [u8],
    ) -> Result<Option<Event<'e>>, TooLarge> {
        self.free();
        // The event's only data line, while it lies in this chunk.
        let mut lying: Option<&'chunk [u8]> = None;
        while let Some(line) = self.next_line(rest)? {
            let ended = match line {
                Cow::Borrowed(line) => match field(line) {
                    Field::Data(value) if !self.has_data => {
                        self.has_data = true;
                        lying = Some(value);
                        false
                    }
                    field => self.take(field, &mut lying)?,
                },
                Cow::Owned(line) => self.take(field(&line), &mut lying)?,
            };
            if ended {
                self.dispatched = true;
                let data = lossy(lying.unwrap_or(&self.data));
                return Ok(Some(Event { name: &self.name, data }));
            }
        }
        self.spill(&mut lying);
        Ok(None)
    }

    /// The event that the stream's end cut off before its blank line, if it has data.
    ///
    /// The spec discards it; providers are known to leave out the last blank line.
    pub fn finish(&mut self) -> Option<Event<'_>> {
        self.free();
        if self.too_large {
            return None;
        }
        let mut line = std::mem::take(&mut self.line);
        self.strip_mark(&mut line);
        if !line.is_empty() {
            self.take(field(&line), &mut None).ok()?;
        }
        if !self.has_data {
            return None;
        }
        self.dispatched = true;
        Some(Event { name: &self.name, data: lossy(&self.data) })
    }

    fn free(&mut self) {
        if self.dispatched {
            self.dispatched = false;
            self.has_data = false;
            self.data.clear();
            self.name.clear();
        }
    }

    /// Takes a line without its end off `rest`, or keeps all of `rest` as the beginning of one.
    fn next_line<'chunk>(&mut self, rest: &mut &'chunk [u8]) -> Result<Option<Cow<'chunk, [u8]>>, TooLarge> {
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            *rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        let Some((line, end, after)) = split_line(rest) else {
            self.check(self.line.len() + rest.len())?;
            self.line.extend_from_slice(rest);
            *rest = &[];
            return Ok(None);
        };
        self.check(self.line.len() + line.len())?;
        *rest = after;
        if end == b'\r' {
            match after {
                [] => self.after_cr = true,
                [b'\n', after @ ..] => *rest = after,
                [..] => {}
            }
        }
        if !self.line.is_empty() {
            let mut whole = std::mem::take(&mut self.line);
            whole.extend_from_slice(line);
            self.strip_mark(&mut whole);
            return Ok(Some(Cow::Owned(whole)));
        }
        let at_start = std::mem::take(&mut self.at_start);
        let line = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| at_start).unwrap_or(line);
        Ok(Some(Cow::Borrowed(line)))
    }

    fn strip_mark(&mut self, line: &mut Vec<u8>) {
        if std::mem::take(&mut self.at_start) && line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
    }

    /// Whether the event is whole with this field.
    fn take(&mut self, field: Field<'_>, lying: &mut Option<&[u8]>) -> Result<bool, TooLarge> {
        match field {
            Field::End if self.has_data => return Ok(true),
            Field::End => self.name.clear(),
            Field::Name(name) => {
                self.name.clear();
                self.name.push_str(&lossy(name));
            }
            Field::Data(value) => {
                self.spill(lying);
                self.check(self.data.len() + 1 + value.len())?;
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            Field::Other => {}
        }
        Ok(false)
    }

    /// Keeps a borrowed data line, because the event goes on past it.
    fn spill(&mut self, lying: &mut Option<&[u8]>) {
        if let Some(data) = lying.take() {
            self.data.extend_from_slice(data);
        }
    }

    fn check(&mut self, size: usize) -> Result<(), TooLarge> {
        if self.too_large || size > self.limit {
            self.too_large = true;
            self.line = Vec::new();
            self.data = Vec::new();
            return Err(TooLarge { limit: self.limit });
        }
        Ok(())
    }
}

/// Like [`String::from_utf8_lossy`], but valid text is checked by machine words: a fifth of a token's decoding.
fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The first line, its end, and what comes after it.
fn split_line(bytes: &[u8]) -> Option<(&[u8], u8, &[u8])> {
    let (line, from_end) = bytes.split_at_checked(memchr2(b'\r', b'\n', bytes)?)?;
    let (end, after) = from_end.split_first()?;
    Some((line, *end, after))
}

fn field(line: &[u8]) -> Field<'_> {
    if line.is_empty() {
        return Field::End;
    }
    if let Some(value) = value_of(line, b"data") {
        return Field::Data(value);
    }
    value_of(line, b"event").map_or(Field::Other, Field::Name)
}

/// What follows `name:` and one space; a line of the name alone has an empty value.
fn value_of<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    match line.strip_prefix(name)? {
        [] => Some(&[]),
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        [..] => None,
    }
}

#[cfg(test)]
mod tests;
