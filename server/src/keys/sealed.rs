//! A text sealed under a passphrase or an identity: the form of the key file.
//!
//! Three lines: the form's name and how the key is made, the nonce, the sealed text (ChaCha20-Poly1305, RFC 8439). A
//! passphrase becomes the key by scrypt (RFC 7914); an identity is a random key in a file of its own.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::zeroize::Zeroizing;
use std::fmt::Write;

const FORM: &str = "aside-keys-1";
const IDENTITY: &str = "ASIDE-IDENTITY-1-";
const KEY: usize = 32;
const SALT: usize = 16;
/// scrypt's cost: 32 MiB, three times over, about half a second.
const LOG_N: u8 = 15;
const R: u32 = 8;
const P: u32 = 3;
/// A file that asks for more than this (1 GiB) is not one of ours.
const MOST_LOG_N: u8 = 20;

/// What opens a sealed text.
pub enum Opener {
    Passphrase(Zeroizing<String>),
    Identity(Identity),
}

/// A random key.
pub struct Identity(Zeroizing<[u8; KEY]>);

/// Why a text can't be opened or sealed. Each is a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    Form,
    WantsPassphrase,
    WantsIdentity,
    WrongOpener,
    NoRandomness,
}

impl Broken {
    pub fn words(self) -> &'static str {
        match self {
            Self::Form => "it is no file that `aside key set --file` wrote, or it is damaged",
            Self::WantsPassphrase => "a passphrase opens it, and there is none",
            Self::WantsIdentity => "an identity file opens it, and there is none",
            Self::WrongOpener => "the passphrase or the identity is not the file's, or the file is damaged",
            Self::NoRandomness => "this machine gives no random numbers",
        }
    }
}

impl Identity {
    pub fn new() -> Result<Self, Broken> {
        let mut key = Zeroizing::new([0; KEY]);
        SystemRandom::new().fill(key.as_mut()).map_err(|_| Broken::NoRandomness)?;
        Ok(Self(key))
    }

    /// The line that [`Identity::parse`] reads.
    pub fn line(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{IDENTITY}{}\n", *hex(self.0.as_ref())))
    }

    /// Reads an identity file: one line that holds the identity, and comments that begin with `#`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let key = Zeroizing::new(unhex(lines.next()?.strip_prefix(IDENTITY)?)?);
        let key = Zeroizing::new(<[u8; KEY]>::try_from(key.as_slice()).ok()?);
        lines.next().is_none().then_some(Self(key))
    }
}

/// Seals a text; each time to other bytes.
pub fn seal(text: &str, opener: &Opener) -> Result<String, Broken> {
    let random = SystemRandom::new();
    let (mut salt, mut nonce) = ([0; SALT], [0; NONCE_LEN]);
    random.fill(&mut salt).and_then(|()| random.fill(&mut nonce)).map_err(|_| Broken::NoRandomness)?;
    let (head, key) = match opener {
        Opener::Identity(Identity(key)) => (format!("{FORM} identity"), key.clone()),
        Opener::Passphrase(words) => {
            let head = format!("{FORM} scrypt {LOG_N} {R} {P} {}", *hex(&salt));
            (head, derive(words, &salt, LOG_N, R, P)?)
        }
    };
    let mut bytes = text.as_bytes().to_vec();
    let nonce_words = hex(&nonce);
    cipher(&key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(head.as_bytes()), &mut bytes)
        .map_err(|_| Broken::Form)?;
    Ok(format!("{head}\n{}\n{}\n", *nonce_words, *hex(&bytes)))
}

/// The text that was sealed.
pub fn open(sealed: &str, opener: &Opener) -> Result<Zeroizing<String>, Broken> {
    let mut lines = sealed.lines();
    let (Some(head), Some(nonce), Some(bytes), None) =
        (lines.next(), lines.next(), lines.next(), lines.next())
    else {
        return Err(Broken::Form);
    };
    let key = key_of(head, opener)?;
    let nonce = unhex(nonce).and_then(|nonce| Nonce::try_assume_unique_for_key(&nonce).ok());
    let mut bytes = Zeroizing::new(unhex(bytes).ok_or(Broken::Form)?);
    let text = cipher(&key)?
        .open_in_place(nonce.ok_or(Broken::Form)?, Aad::from(head.as_bytes()), &mut bytes)
        .map_err(|_| Broken::WrongOpener)?;
    Ok(Zeroizing::new(std::str::from_utf8(text).map_err(|_| Broken::Form)?.to_owned()))
}

/// Whether a passphrase opens it, by its first line.
pub fn wants_passphrase(sealed: &str) -> bool {
    sealed.starts_with(&format!("{FORM} scrypt "))
}

fn key_of(head: &str, opener: &Opener) -> Result<Zeroizing<[u8; KEY]>, Broken> {
    let words: Vec<&str> = head.split(' ').collect();
    match (words.as_slice(), opener) {
        ([FORM, "identity"], Opener::Identity(Identity(key))) => Ok(key.clone()),
        ([FORM, "identity"], Opener::Passphrase(_)) => Err(Broken::WantsIdentity),
        ([FORM, "scrypt", ..], Opener::Identity(_)) => Err(Broken::WantsPassphrase),
        ([FORM, "scrypt", log_n, r, p, salt], Opener::Passphrase(words)) => {
            let (Ok(log_n), Ok(r), Ok(p), Some(salt)) = (log_n.parse(), r.parse(), p.parse(), unhex(salt))
            else {
                return Err(Broken::Form);
            };
            if log_n > MOST_LOG_N || r > R || p > 16 {
                return Err(Broken::Form);
            }
            derive(words, &salt, log_n, r, p)
        }
        _ => Err(Broken::Form),
    }
}

fn derive(passphrase: &str, salt: &[u8], log_n: u8, r: u32, p: u32) -> Result<Zeroizing<[u8; KEY]>, Broken> {
    let params = scrypt::Params::new(log_n, r, p).map_err(|_| Broken::Form)?;
    let mut key = Zeroizing::new([0; KEY]);
    scrypt::scrypt(passphrase.as_bytes(), salt, &params, key.as_mut()).map_err(|_| Broken::Form)?;
    Ok(key)
}

fn cipher(key: &[u8; KEY]) -> Result<LessSafeKey, Broken> {
    UnboundKey::new(&CHACHA20_POLY1305, key).map(LessSafeKey::new).map_err(|_| Broken::Form)
}

fn hex(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    for byte in bytes {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase(words: &str) -> Opener {
        Opener::Passphrase(Zeroizing::new(words.to_owned()))
    }

    #[test]
    fn what_is_sealed_is_opened_by_the_same_and_by_nothing_else() {
        let text = "openai https://api.openai.com sk-canary\n";
        let identity = Identity::new().unwrap();
        let same = Identity::parse(&format!("# mine\n\n{}", *identity.line())).unwrap();
        let sealed = seal(text, &Opener::Identity(identity)).unwrap();
        assert!(!sealed.contains("canary") && !wants_passphrase(&sealed), "{sealed}");
        assert_eq!(open(&sealed, &Opener::Identity(same)).unwrap().as_str(), text);
        let other = Opener::Identity(Identity::new().unwrap());
        assert_eq!(open(&sealed, &other), Err(Broken::WrongOpener));
        assert_eq!(open(&sealed, &passphrase("a")), Err(Broken::WantsIdentity));

        let sealed = seal(text, &passphrase("correct horse")).unwrap();
        assert!(!sealed.contains("canary") && wants_passphrase(&sealed), "{sealed}");
        assert_eq!(open(&sealed, &passphrase("correct horse")).unwrap().as_str(), text);
        assert_eq!(open(&sealed, &passphrase("correct Horse")), Err(Broken::WrongOpener));
        assert_eq!(open(&sealed, &other), Err(Broken::WantsPassphrase));
        assert_ne!(sealed, seal(text, &passphrase("correct horse")).unwrap());
    }

    #[test]
    fn a_damaged_file_is_never_half_read() {
        let identity = Opener::Identity(Identity::new().unwrap());
        let sealed = seal("a https://a.example k\n", &identity).unwrap();
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] ^= 1;
            let damaged = String::from_utf8(bytes).unwrap();
            assert!(open(&damaged, &identity).is_err(), "byte {at}");
            // The line's end is no part of it.
            let cut = sealed.get(..at).unwrap();
            assert!(cut.len() == sealed.len() - 1 || open(cut, &identity).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_forms_key_is_scrypts_as_the_standard_has_it() {
        // RFC 7914, section 12.
        let mut key = [0; 64];
        scrypt::scrypt(b"password", b"NaCl", &scrypt::Params::new(10, 8, 16).unwrap(), &mut key).unwrap();
        assert!(hex(&key).starts_with("fdbabe1c9d3472007856e7190d01e9fe"), "{:?}", hex(&key));
        assert_eq!(derive("p", b"s", MOST_LOG_N + 40, 8, 1), Err(Broken::Form));
    }
}
