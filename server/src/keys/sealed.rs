//! A text sealed under a passphrase or an identity: the form of the key file, which is that of `scrypt` (by Tarsnap's
//! author), so that `scrypt dec` opens it as well. An identity is a passphrase that nobody types: random, in a file.
//!
//! age's form would be better known and takes the program over its size: 94 crates, 28 CPU seconds of a release build and
//! 475 kB, where this one shares most of its crates with the tree.

use ring::rand::{SecureRandom, SystemRandom};
use scryptenc::{Decryptor, Encryptor, Error, Params, scrypt};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use std::fmt::Write;

const IDENTITY: &str = "ASIDE-IDENTITY-1-";
/// An identity's digits: as good as a key of 256 bits.
const DIGITS: usize = 64;
/// scrypt's cost for a passphrase: 128 MiB, about half a second.
const LOG_N: u8 = 17;
/// The cost for an identity, which is never guessed. No passphrase has so low a one.
const IDENTITY_LOG_N: u8 = 10;
const R: u32 = 8;
const P: u32 = 1;
/// A file that asks for more memory than this is not opened.
const MOST_MEMORY: u64 = 1 << 30;
const MOST_P: u32 = 16;

/// What opens a sealed text.
pub enum Opener {
    Passphrase(SecretString),
    Identity(SecretString),
}

/// Why a text can't be opened or sealed. Each is a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    Form,
    WantsPassphrase,
    WantsIdentity,
    WrongOpener,
    TooMuchWork,
    NoRandomness,
}

impl Broken {
    pub fn words(self) -> &'static str {
        match self {
            Self::Form => "it is no file that `aside key set --file` wrote, or it is damaged",
            Self::WantsPassphrase => "a passphrase opens it, and there is none",
            Self::WantsIdentity => "an identity file opens it, and there is none",
            Self::WrongOpener => "the passphrase or the identity is not the file's, or the file is damaged",
            Self::TooMuchWork => "to try a passphrase on it takes more memory than any file of Aside's does",
            Self::NoRandomness => "this machine gives no random numbers",
        }
    }
}

/// A new identity, as the line that [`identity`] reads.
pub fn new_identity() -> Result<SecretString, Broken> {
    let mut random = Zeroizing::new([0; DIGITS / 2]);
    SystemRandom::new().fill(random.as_mut()).map_err(|_| Broken::NoRandomness)?;
    // Of its whole length from the start: nothing of it is left behind by growing.
    let mut line = Zeroizing::new(String::with_capacity(IDENTITY.len() + DIGITS));
    line.push_str(IDENTITY);
    for byte in random.iter() {
        // Writing to a string can't fail.
        let _ = write!(line, "{byte:02x}");
    }
    Ok(SecretString::from(line.as_str()))
}

/// Reads an identity file: its one line, which as a whole is what opens the file. `None` for any other text.
pub fn identity(text: &str) -> Option<SecretString> {
    let line = text.trim();
    let digits = line.strip_prefix(IDENTITY)?;
    let is_whole = digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_whole.then(|| SecretString::from(line))
}

/// Seals a text; each time to other bytes.
pub fn seal(text: &str, opener: &Opener) -> Vec<u8> {
    let (words, log_n) = match opener {
        Opener::Passphrase(words) => (words, LOG_N),
        Opener::Identity(line) => (line, IDENTITY_LOG_N),
    };
    let cost = scrypt::Params::new(log_n, R, P, scrypt::Params::RECOMMENDED_LEN).expect("both are in bounds");
    Encryptor::with_params(&text, words.expose_secret(), cost).encrypt_to_vec()
}

/// The text that was sealed.
pub fn open(sealed: &[u8], opener: &Opener) -> Result<Zeroizing<String>, Broken> {
    let cost = Params::new(sealed).map_err(|why| unopened(&why))?;
    let memory = u64::from(cost.r()).saturating_mul(128).saturating_mul(cost.n());
    if memory > MOST_MEMORY || cost.p() > MOST_P {
        return Err(Broken::TooMuchWork);
    }
    let words = match (opener, is_for_identity(cost)) {
        (Opener::Passphrase(words), false) | (Opener::Identity(words), true) => words,
        (Opener::Passphrase(_), true) => return Err(Broken::WantsIdentity),
        (Opener::Identity(_), false) => return Err(Broken::WantsPassphrase),
    };
    let decryptor = Decryptor::new(&sealed, words.expose_secret()).map_err(|why| unopened(&why))?;
    let mut text = Zeroizing::new(vec![0; decryptor.out_len()]);
    decryptor.decrypt(text.as_mut_slice()).map_err(|why| unopened(&why))?;
    let text = std::str::from_utf8(&text).map_err(|_| Broken::Form)?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Whether a passphrase opens it.
pub fn wants_passphrase(sealed: &[u8]) -> bool {
    Params::new(sealed).is_ok_and(|cost| !is_for_identity(cost))
}

fn is_for_identity(cost: Params) -> bool {
    cost.log_n() <= IDENTITY_LOG_N
}

fn unopened(why: &Error) -> Broken {
    match why {
        Error::InvalidHeaderMac(_) | Error::InvalidMac(_) => Broken::WrongOpener,
        Error::InvalidLength
        | Error::InvalidMagicNumber
        | Error::UnknownVersion(_)
        | Error::InvalidParams(_)
        | Error::InvalidChecksum => Broken::Form,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "openai https://api.openai.com sk-canary\n";

    fn passphrase(words: &str) -> Opener {
        Opener::Passphrase(SecretString::from(words))
    }

    fn new() -> Opener {
        Opener::Identity(new_identity().unwrap())
    }

    #[test]
    fn what_is_sealed_is_opened_by_the_same_and_by_nothing_else() {
        let line = new_identity().unwrap();
        let same = identity(&format!("{}\n", line.expose_secret())).unwrap();
        let sealed = seal(TEXT, &Opener::Identity(line));
        assert!(!String::from_utf8_lossy(&sealed).contains("canary") && !wants_passphrase(&sealed));
        assert_eq!(open(&sealed, &Opener::Identity(same)).unwrap().as_str(), TEXT);
        assert_eq!(open(&sealed, &new()), Err(Broken::WrongOpener));
        assert_eq!(open(&sealed, &passphrase("a")), Err(Broken::WantsIdentity));

        let sealed = seal(TEXT, &passphrase("correct horse"));
        assert!(!String::from_utf8_lossy(&sealed).contains("canary") && wants_passphrase(&sealed));
        assert_eq!(open(&sealed, &passphrase("correct horse")).unwrap().as_str(), TEXT);
        assert_eq!(open(&sealed, &passphrase("correct Horse")), Err(Broken::WrongOpener));
        assert_eq!(open(&sealed, &new()), Err(Broken::WantsPassphrase));
        assert_ne!(sealed, seal(TEXT, &passphrase("correct horse")));
    }

    #[test]
    fn an_identity_is_one_line_and_no_two_are_the_same() {
        let line = new_identity().unwrap();
        assert_ne!(line.expose_secret(), new_identity().unwrap().expose_secret());
        let short = line.expose_secret().get(..80).unwrap();
        for none in ["", "# nothing\n", "AGE-SECRET-KEY-1", IDENTITY, short, &format!("{short}g")] {
            assert!(identity(none).is_none(), "{none}");
        }
    }

    #[test]
    fn a_damaged_file_is_never_half_read() {
        let identity = new();
        let sealed = seal("a https://a.example k\n", &identity);
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(open(&damaged, &identity).is_err(), "byte {at}");
            assert!(open(&sealed[..at], &identity).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_file_that_asks_for_more_work_than_any_does_is_not_tried() {
        let mut sealed = seal(TEXT, &new());
        // The cost stands behind the form's name and version; a sum of its own makes it whole.
        let sum = |sealed: &mut Vec<u8>| {
            let sum = ring::digest::digest(&ring::digest::SHA256, &sealed[..48]);
            sealed[48..64].copy_from_slice(&sum.as_ref()[..16]);
        };
        sealed[7] = 40;
        sum(&mut sealed);
        assert_eq!(open(&sealed, &passphrase("a")), Err(Broken::TooMuchWork));
        sealed[7] = 12;
        sealed[15] = 200;
        sum(&mut sealed);
        assert_eq!(open(&sealed, &passphrase("a")), Err(Broken::TooMuchWork));
    }

    /// Made by the form's own tool, `scrypt enc --passphrase file:identity` 1.3.1.
    #[test]
    fn what_the_forms_own_tool_sealed_is_opened() {
        let line = format!("{IDENTITY}{:064}", 7);
        let sealed = "\
            736372797074000a00000008000000014b32ee6d3f3e6d4acb87234da931a85c8b1d75a9a4b3ebddb8b735339c5723b9\
            4622027ab752406f6800ba65d23e137e6d0498ca4a1723b710af028107eaebc150e0a0f66bcecbe509b59135a6dd271b\
            8f29fe5dd6a4eeb8766fa9084d2ddcc84186612dc568f67c669566c9fb08a0650f8a5e275c950f5adb93f693a4c7d1ea\
            cc24c42feacf8031ab0b9daebe338ee7081e200f7411f40a2c5c4170";
        let byte = |at| u8::from_str_radix(sealed.get(at..at + 2).unwrap(), 16).unwrap();
        let sealed: Vec<u8> = (0..sealed.len()).step_by(2).map(byte).collect();
        let opened = open(&sealed, &Opener::Identity(identity(&line).unwrap())).unwrap();
        assert_eq!(opened.as_str(), "openai https://api.openai.com sk-0123456789\n");
    }
}
