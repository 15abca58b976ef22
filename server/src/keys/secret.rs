//! A key that can't be printed, serialized or sent to another place than its own.
//!
//! Its bytes are zeroed when they are dropped, and so is what we make of them: a header's value, a line of the key file.
//! Not ours to zero are the library's buffers that a request passes through on its way to the socket, those of the
//! keyring's and the signature's libraries, and the process's own environment.

use aside_core::config::Origin;
use aside_core::problem::{Problem, ProblemKind};
use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::Arc;

/// Longer than any vendor's key, and what Windows can keep.
const LONGEST: usize = 2_400;

/// A key for one origin. Its bytes are zeroed when the last clone is dropped.
#[derive(Clone)]
pub struct Secret {
    value: Arc<SecretString>,
    origin: Origin,
}

impl Secret {
    /// Takes the key, without the white space around it. It must be something that a header can hold.
    pub fn new(mut text: String, origin: Origin) -> Result<Self, Problem> {
        let value = parse(&text).map(SecretString::from);
        text.zeroize();
        Ok(Self { value: Arc::new(value?), origin })
    }

    /// Where the key may go.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The key itself, if `origin` is its own.
    pub fn expose_for(&self, origin: &Origin) -> Result<&str, Problem> {
        if *origin == self.origin {
            return Ok(self.value.expose_secret());
        }
        Err(Problem::new(
            ProblemKind::NoKey,
            format!("the key is for {} and is not sent to {origin}", self.origin),
            "Save a key for the new address with `aside key set`.",
        ))
    }
}

/// The same key for the same origin.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.origin == other.origin && self.value.expose_secret() == other.value.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

fn parse(text: &str) -> Result<&str, Problem> {
    let text = text.trim();
    let what = if text.is_empty() {
        "it is empty"
    } else if text.len() > LONGEST {
        "it is longer than any key"
    } else if text.starts_with(['"', '\'', '`', '{', '[', '<']) {
        "it begins with a quotation mark or a bracket, as no key does"
    } else if !text.bytes().all(|b| b.is_ascii_graphic()) {
        "it holds a space, a line break or another character that no key has"
    } else {
        return Ok(text);
    };
    Err(Problem::new(
        ProblemKind::NoKey,
        format!("the key can't be used: {what}"),
        "Give the key alone, on one line.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Origin {
        Origin::parse(url).unwrap()
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new("sk-canary".to_owned(), origin("https://a.example")).unwrap();
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "Secret(…) Some(Secret(…))");
    }

    /// That it does so is seen in `keys::tests::zeroed`, on Linux; this is true everywhere.
    #[test]
    fn a_secret_is_of_a_kind_that_is_zeroed_when_it_is_dropped() {
        fn check<T: secrecy::zeroize::ZeroizeOnDrop + ?Sized>(_: &T) {}
        check(&*Secret::new("sk-canary".to_owned(), origin("https://a.example")).unwrap().value);
    }

    #[test]
    fn a_secret_is_exposed_to_its_own_origin_only() {
        let secret = Secret::new(" sk-canary\n".to_owned(), origin("https://a.example/v1")).unwrap();
        assert_eq!(secret.expose_for(&origin("https://a.example:443/other")).unwrap(), "sk-canary");
        for other in
            ["http://a.example", "https://a.example:8443", "https://b.example", "https://a.example.b.example"]
        {
            let problem = secret.expose_for(&origin(other)).unwrap_err();
            assert!(!problem.to_string().contains("sk-canary"));
            assert!(problem.title.contains("https://a.example"), "{problem}");
        }
    }

    #[test]
    fn what_no_header_can_hold_is_no_key_and_is_not_repeated() {
        for bad in [
            "",
            " \n",
            "\"sk-canary\"",
            "'sk-canary'",
            "{\"key\":\"sk-canary\"}",
            "<sk-canary>",
            "sk canary",
            "sk-canary\nsecond",
            "sk-canärý",
            &"k".repeat(2_401),
        ] {
            let problem = Secret::new(bad.to_owned(), origin("https://a.example")).unwrap_err();
            assert_eq!(problem.kind, ProblemKind::NoKey);
            assert!(
                !problem.to_string().contains("can\u{e4}") && !problem.to_string().contains("sk"),
                "{problem}"
            );
        }
    }
}
