//! Whether the framework can read a message, and what is handed on in place of one that it can't.

use std::fmt;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use tower_lsp::jsonrpc::{Error, Id, Request, Response};

/// Stands for a message that can't be read; its `params` is the error's code.
pub(in crate::lsp) const UNREADABLE: &str = "$/aside/unreadable";

/// The message itself, or one that stands for it.
pub(super) fn readable(message: Bytes) -> Bytes {
    match parse(&message) {
        Ok(()) => message,
        Err(code) => match whole_characters(&message).filter(|mended| parse(mended).is_ok()) {
            Some(mended) => mended.into(),
            None => {
                format!(r#"{{"jsonrpc":"2.0","id":null,"method":"{UNREADABLE}","params":[{code}]}}"#).into()
            }
        },
    }
}

/// A message as the framework reads it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Message {
    Response(#[expect(dead_code, reason = "only whether it can be read counts")] Response),
    Request(#[expect(dead_code, reason = "only whether it can be read counts")] Request),
}

/// Whether the framework can read a message; the error is JSON-RPC's code.
fn parse(message: &[u8]) -> Result<(), i64> {
    // Nearly every message is plain, and one that holds a whole document above all.
    if is_plain(message) {
        return Ok(());
    }
    match serde_json::from_slice::<Message>(message) {
        Ok(Message::Response(_) | Message::Request(_)) => Ok(()),
        Err(error) if error.is_data() => Err(Error::invalid_request().code.code()),
        Err(_) => Err(Error::parse_error().code.code()),
    }
}

/// A request or a notification with nothing unusual about it: read through, in a fraction of the time, and not kept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    jsonrpc: String,
    #[expect(dead_code, reason = "only whether it can be read counts")]
    method: String,
    #[expect(dead_code, reason = "only whether it can be read counts")]
    #[serde(default)]
    params: Option<Any>,
    #[expect(dead_code, reason = "only whether it can be read counts")]
    #[serde(default)]
    id: Option<Id>,
}

fn is_plain(message: &[u8]) -> bool {
    serde_json::from_slice::<Plain>(message).is_ok_and(|plain| plain.jsonrpc == "2.0")
}

/// Any value, read through with all its strings and numbers: a value that is skipped may hold half a character or a
/// number beyond all bounds.
struct Any;

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Any {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        while elements.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self, A::Error> {
        while fields.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

/// JSON with each half of a character (an escaped surrogate without its other half, as an editor written in JavaScript
/// sends it) replaced by U+FFFD, which is as long in UTF-16. `None` if there is none.
fn whole_characters(json: &[u8]) -> Option<Vec<u8>> {
    let mut mended = json.to_vec();
    let mut is_mended = false;
    let mut at = 0;
    while let Some(escape) = json.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == b'\\')) {
        at += escape;
        at += match (surrogate(json, at), surrogate(json, at + 6)) {
            (Some(Half::High), Some(Half::Low)) => 12,
            (Some(Half::High | Half::Low), _) => {
                if let Some(half) = mended.get_mut(at..at + 6) {
                    half.copy_from_slice(b"\\ufffd");
                    is_mended = true;
                }
                6
            }
            (None, _) => 2,
        };
    }
    is_mended.then_some(mended)
}

enum Half {
    High,
    Low,
}

/// The surrogate that is escaped at `at`.
fn surrogate(json: &[u8], at: usize) -> Option<Half> {
    let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
    match u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()? {
        0xd800..=0xdbff => Some(Half::High),
        0xdc00..=0xdfff => Some(Half::Low),
        0..=0xd7ff | 0xe000..=u16::MAX => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OPENED: &str = r#"{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a.rs","languageId":"rust","version":-1,"text":"\ud83d\ude00 \"é\"\r\n"}}}"#;
    const ASKED: &str = r#"{"id":"a","params":[1.5e3,null,true,[],{}],"method":"m","jsonrpc":"2.0"}"#;
    const ENDED: &str = r#"{"jsonrpc":"2.0","id":7,"method":"shutdown","params":null}"#;
    const ANSWER: &str = r#"{"jsonrpc":"2.0","id":7,"result":null}"#;
    /// A request's fields without their names, which the framework takes as well.
    const LISTED: &str = r#"["2.0","m",{"a":[1]},7]"#;

    #[test]
    fn what_editors_send_is_plain() {
        for message in [OPENED, ASKED, ENDED] {
            assert!(is_plain(message.as_bytes()), "{message}");
        }
        assert!(!is_plain(ANSWER.as_bytes()));
    }

    proptest! {
        #[test]
        fn what_is_plain_is_read_by_the_framework_too(
            message in prop::sample::select(vec![OPENED, ASKED, ENDED, ANSWER, LISTED]),
            changes in prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, "[-{}\\[\\]\",:\\\\u0-9d8.eEt ]{0,3}"), 0..4),
        ) {
            let mut message: Vec<char> = message.chars().collect();
            for (at, length, with) in changes {
                let at = at.index(message.len() + 1);
                let end = (at + length).min(message.len());
                message.splice(at..end, with.chars());
            }
            let message: String = message.into_iter().collect();
            if is_plain(message.as_bytes()) {
                prop_assert!(serde_json::from_str::<Message>(&message).is_ok(), "{}", message);
            }
        }
    }
}
