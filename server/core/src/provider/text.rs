//! Text out of JSON that may hold half a character.
//!
//! JSON escapes can spell a lone surrogate, and providers were seen to cut one emoji into two of them, one in each
//! delta. `serde_json` refuses such a string as `str` and gives it as WTF-8 when asked for bytes.

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A JSON string: UTF-8, but a lone surrogate may stand in it as WTF-8 spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text<'a>(Cow<'a, [u8]>);

impl Text<'_> {
    /// The text where it is UTF-8; names and markers always are.
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("\u{fffd}")
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A name that may be missing; empty then.
    pub(super) fn name(text: Option<&Self>) -> String {
        text.map(Text::as_str).unwrap_or_default().to_owned()
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text.as_bytes()))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(bytes)))
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(bytes.to_vec())))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// A message's content: a string, or a list of parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content<'a> {
    Text(Text<'a>),
    Parts(Vec<Part<'a>>),
}

impl Content<'_> {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Content::Text(text) => text.is_empty(),
            Content::Parts(parts) => parts.is_empty(),
        }
    }
}

/// One part of a content list. Mistral's reasoning part has a content list of its own.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub(super) struct Part<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) thinking: Option<Content<'a>>,
    #[serde(borrow)]
    pub(super) refusal: Option<Text<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrParts;
        impl<'de> Visitor<'de> for TextOrParts {
            type Value = Content<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of parts")
            }
            fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Content<'de>, E> {
                Ok(Content::Text(Text(Cow::Borrowed(bytes))))
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Content<'de>, E> {
                Ok(Content::Text(Text(Cow::Owned(bytes.to_vec()))))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Content<'de>, A::Error> {
                let mut list = Vec::new();
                while let Some(part) = parts.next_element()? {
                    list.push(part);
                }
                Ok(Content::Parts(list))
            }
        }
        // `bytes` is how serde_json gives a string with lone surrogates; a list is a list to it all the same.
        deserializer.deserialize_bytes(TextOrParts)
    }
}

/// Joins characters that were cut in two between texts.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    /// The first half of a character whose second half has not come.
    high: Option<u16>,
}

impl Joiner {
    /// The text with the held half before it. A half at its end is held; one without its other half is U+FFFD.
    pub(super) fn join<'t>(&mut self, text: &'t Text<'_>) -> Cow<'t, str> {
        if self.high.is_none()
            && let Ok(text) = std::str::from_utf8(&text.0)
        {
            return Cow::Borrowed(text);
        }
        let mut joined = String::with_capacity(text.0.len() + 4);
        let mut rest: &[u8] = &text.0;
        while let Some((piece, after)) = next_piece(rest) {
            self.add(piece, &mut joined);
            rest = after;
        }
        Cow::Owned(joined)
    }

    /// What is left of a character whose second half never came.
    pub(super) fn finish(&mut self) -> Option<&'static str> {
        self.high.take().map(|_| "\u{fffd}")
    }

    fn add(&mut self, piece: Piece<'_>, joined: &mut String) {
        match (self.high.take(), piece) {
            (Some(high), Piece::Half(low)) if is_low(low) => {
                joined.extend(
                    char::decode_utf16([high, low]).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)),
                );
                return;
            }
            (Some(_), _) => joined.push(char::REPLACEMENT_CHARACTER),
            (None, _) => {}
        }
        match piece {
            Piece::Whole(text) => joined.push_str(text),
            Piece::Half(half) if is_low(half) => joined.push(char::REPLACEMENT_CHARACTER),
            Piece::Half(half) => self.high = Some(half),
            Piece::Invalid => joined.push(char::REPLACEMENT_CHARACTER),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Piece<'t> {
    Whole(&'t str),
    /// A surrogate.
    Half(u16),
    Invalid,
}

fn is_low(half: u16) -> bool {
    (0xDC00..=0xDFFF).contains(&half)
}

fn next_piece(bytes: &[u8]) -> Option<(Piece<'_>, &[u8])> {
    if let [0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, after @ ..] = bytes {
        let half = 0xD000 | (u16::from(second & 0x3F) << 6) | u16::from(third & 0x3F);
        return Some((Piece::Half(half), after));
    }
    let chunk = bytes.utf8_chunks().next()?;
    let (valid, invalid) = (chunk.valid(), chunk.invalid());
    if valid.is_empty() {
        return Some((Piece::Invalid, bytes.get(invalid.len()..)?));
    }
    Some((Piece::Whole(valid), bytes.get(valid.len()..)?))
}

/// JSON in which each half of a character that stands alone is U+FFFD: what no field of ours can hold as it is (the
/// arguments of a call, an error's words) is read then. `None` where there is no such half.
pub(super) fn without_halves(json: &str) -> Option<String> {
    let mut mended = String::with_capacity(json.len());
    let mut found = false;
    let mut rest = json;
    while let Some((before, after)) = rest.split_once('\\') {
        mended.push_str(before);
        match escaped_half(after) {
            Some((half, tail)) if is_low(half) || !tail.strip_prefix('\\').is_some_and(begins_low) => {
                found = true;
                mended.push_str("\\ufffd");
                rest = tail;
            }
            Some((_, tail)) => {
                let pair = after.len() - tail.len() + LOW_HALF;
                mended.push('\\');
                mended.push_str(after.get(..pair)?);
                rest = after.get(pair..)?;
            }
            None => {
                mended.push('\\');
                let mut chars = after.chars();
                mended.extend(chars.next());
                rest = chars.as_str();
            }
        }
    }
    mended.push_str(rest);
    found.then_some(mended)
}

/// `\uDC00`, in bytes.
const LOW_HALF: usize = 6;

/// The surrogate that what follows a backslash spells, and what follows that.
fn escaped_half(escape: &str) -> Option<(u16, &str)> {
    let (digits, tail) = escape.strip_prefix('u')?.split_at_checked(4)?;
    let number = u16::from_str_radix(digits, 16).ok()?;
    (0xD800..=0xDFFF).contains(&number).then_some((number, tail))
}

fn begins_low(escape: &str) -> bool {
    escaped_half(escape).is_some_and(|(half, _)| is_low(half))
}

#[cfg(test)]
mod tests;
