//! The chain: each line's hash covers the hash of the line before it.

use super::Record;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};

/// A line's SHA-256, as 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash(String);

impl Hash {
    /// Before the first line of all.
    pub fn none() -> Self {
        Self("0".repeat(64))
    }

    /// The hash of a line's JSON that follows the line with this hash.
    pub(super) fn follow(&self, json: &str) -> Self {
        let mut sha = Sha256::new();
        sha.update(self.0.as_bytes());
        sha.update(json.as_bytes());
        let mut text = String::with_capacity(64);
        for byte in sha.finalize() {
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        (text.len() == 64 && digits).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.0
    }
}

impl TryFrom<String> for Hash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a hash")
    }
}

impl Record {
    /// The record as a line, with its end, after the line with the hash `previous`; and its own hash.
    pub fn to_line(&self, previous: &Hash) -> (String, Hash) {
        let json = serde_json::to_string(self).expect("texts, numbers and lists are always JSON");
        let hash = previous.follow(&json);
        (format!("{hash} {json}\n"), hash)
    }
}
