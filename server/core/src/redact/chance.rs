//! Whether a word looks made by chance, or like a password, and not like code, a name or what stands for one.

use super::PREFIX;
use std::collections::BTreeSet;

/// Whether a value looks like a password, and not like code that comes to one.
pub(super) fn is_password_value(value: &str) -> bool {
    is_secret(value, true) && !is_code(value)
}

/// A call, an element or a type.
pub(super) fn is_code(value: &str) -> bool {
    let value = value.trim_end_matches([';', ',', '{', ' ']);
    let is_name =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '!' | '?' | '>' | '-' | '$');
    let after = value.trim_start_matches(is_name);
    let is_called =
        after.len() < value.len() && after.starts_with(['(', '[', '<']) && value.ends_with([')', ']', '>']);
    is_called
        || value.contains("::")
        || value.contains("->")
        || value.contains("||")
        || value.contains("&&")
        || (value.contains('(') && value.contains(['"', '\'']))
}

/// Whether a value looks made by chance; a password may be shorter and plainer.
pub(super) fn is_secret(value: &str, password: bool) -> bool {
    if stands_for_one(value) {
        return false;
    }
    if password {
        let has = |class: fn(char) -> bool| value.chars().any(class);
        let odd = has_odd_sign(value);
        let digit = has(|c| c.is_ascii_digit());
        // Nobody is asked for a password in a script that takes more than a key for each sign.
        if has(|c| c >= '\u{2e80}') {
            return false;
        }
        // In a language's own script it may as well be a sentence.
        let ascii = value.bytes().filter(u8::is_ascii).count() * 2 >= value.len();
        let signs = if ascii { digit || odd || turns(value) >= 4 } else { digit && odd };
        return value.len() >= 6 && has(char::is_alphabetic) && signs && entropy(value) >= 2.3;
    }
    value.len() >= 12 && is_random(value)
}

/// Text that stands where a secret will, or that isn't one word.
pub(super) fn stands_for_one(value: &str) -> bool {
    const WORDS: &[&str] = &[
        "example",
        "changeme",
        "change-me",
        "change_me",
        "your",
        "xxxx",
        "****",
        "....",
        "dummy",
        "placeholder",
        "redacted",
        "insert",
        "replace",
        "todo",
        "${",
        "{{",
        "$(",
        "%(",
        "process.env",
        "os.environ",
        "secrets.",
        "getenv",
        "12345678",
        "abcdef",
        "undefined",
        "localhost",
    ];
    const WHOLE: &[&str] = &[
        "pass", "password", "passwd", "pwd", "secret", "token", "user", "username", "none", "null", "test",
        "foo", "bar",
    ];
    let lower = value.to_ascii_lowercase();
    value.is_empty()
        || is_reference(value)
        || lower.starts_with(['<', '{'])
        || (lower.contains('<') && lower.contains('>'))
        || lower.starts_with("./")
        || lower.starts_with("http")
        || value.contains(char::is_whitespace)
        || value.contains(PREFIX)
        || WORDS.iter().any(|word| lower.contains(word))
        || WHOLE.contains(&lower.as_str())
        || lower.bytes().collect::<BTreeSet<_>>().len() <= 2
}

/// A variable, a path or another thing that a value is read from. What is base64 may start as a path does.
fn is_reference(value: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "_-./:\\(){}[]%$&~,;<>'\" ".contains(c);
    let by_chance = value.len() >= 32 && turns(value) * 3 >= value.len() && entropy(value) >= 4.0;
    value.starts_with(['$', '%', '/', '&', '~']) && value.chars().all(plain) && !by_chance
        || value.starts_with("//")
        || value.starts_with("%(")
        || value.starts_with("&&")
}

/// Whether a word looks made by chance: many different characters, and letters and digits in no order.
pub(super) fn is_random(value: &str) -> bool {
    let letters = value.bytes().any(|b| b.is_ascii_alphabetic());
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let enough = if value.len() >= 20 { 3.0 } else { 2.8 };
    let hexadecimal = value.len() >= 32 && value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    letters
        && entropy(value) >= enough
        && (hexadecimal || (is_mixed(value) && (digits > 0 || value.len() >= 20)))
}

/// No name in camel case looks like it either.
pub(super) fn is_surely_random(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    is_random(value) && (turns(value) * 3 >= value.len() || digits >= 3)
}

/// More turns than names have, which take one every few letters.
fn is_mixed(value: &str) -> bool {
    let turns = turns(value);
    turns >= 4 && turns * 5 >= value.len()
}

/// A sign that no name and no path has.
pub(super) fn has_odd_sign(value: &str) -> bool {
    value.bytes().any(|b| b.is_ascii_punctuation() && !b"-_./:".contains(&b))
}

pub(super) fn has_odd_sign_or_turns(value: &str) -> bool {
    let odd = has_odd_sign(value);
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    // A call or a member of something is code.
    let code = value.contains("::") || value.contains("->");
    !code && (odd && digits > 0 || turns(value) >= 3 || digits >= 3)
}

/// Not what a variable would be called, which holds one.
pub(super) fn is_no_name(value: &str) -> bool {
    const PARTS: &[&str] =
        &["pass", "pwd", "word", "secret", "token", "user", "key", "value", "input", "field", "conf"];
    let lower = value.to_ascii_lowercase();
    has_odd_sign_or_turns(value)
        || (turns(value) >= 2
            && value.bytes().all(|b| b.is_ascii_alphanumeric())
            && !PARTS.iter().any(|part| lower.contains(part)))
}

/// How often small letters, capitals and digits take turns, a capital before small letters not counted.
fn turns(value: &str) -> usize {
    let class = |b: u8| match b {
        b'a'..=b'z' => Some(0),
        b'A'..=b'Z' => Some(1),
        b'0'..=b'9' => Some(2),
        _ => None,
    };
    let classes: Vec<Option<u8>> = value.bytes().map(class).collect();
    let pairs = classes.iter().zip(classes.iter().skip(1));
    pairs
        .filter(|(one, next)| match (one, next) {
            (Some(one), Some(next)) => one != next && (*one, *next) != (1, 0),
            (None, _) | (_, None) => false,
        })
        .count()
}

/// Bits per byte, after Shannon.
fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = value.len() as f64;
    let bits = |count: &u32| {
        let share = f64::from(*count) / length;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(bits).sum()
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_told_from_words() {
        for word in
            ["settings.API_V2_TOKEN", "my-app-tls-secret", "oauth2_access_token", "getRefreshTokenFromStore"]
        {
            assert!(!is_random(word), "{word}");
        }
        for chance in ["q7Zt4Lw9Xc2Vb8Nm", "0f9a4c1be27d3388a1c5e6f70912bd44", "Kd8_sP2-qWn5zRt1"] {
            assert!(is_random(chance), "{chance}");
        }
    }
}
