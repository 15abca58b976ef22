//! Whether a text looks like a key: one that was put in the wrong place is never repeated.

/// How keys begin.
const PREFIXES: &[&str] = &[
    "sk-",
    "sk_",
    "pk-",
    "gsk_",
    "AIza",
    "xai-",
    "hf_",
    "ghp_",
    "github_pat_",
    "pplx-",
    "nvapi-",
    "r8_",
    "fw_",
];

/// One long word with digits in it, as no program, variable or setting is named.
pub(super) fn looks_like_key(text: &str) -> bool {
    let text = text.trim();
    if PREFIXES.iter().any(|prefix| text.starts_with(prefix) && text.len() >= prefix.len() + 8) {
        return true;
    }
    let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+=".contains(c));
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(char::is_ascii_alphabetic).count();
    // `MY_OPENAI_KEY_NUMBER_123` is a variable.
    let is_variable = text.contains('_') && !text.contains(|c: char| c.is_ascii_lowercase());
    is_word && text.len() >= 20 && digits >= 3 && letters >= 1 && !is_variable
}

/// Whether a text can be quoted to the user who wrote it where something else was expected: a short word that is no
/// secret by its looks.
pub fn may_be_repeated(text: &str) -> bool {
    let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/".contains(c));
    let is_short = (1..=30).contains(&text.len());
    let begins_like_a_key = PREFIXES.iter().any(|prefix| text.starts_with(prefix));
    is_word && is_short && !begins_like_a_key && !looks_like_key(text) && !mixes_like_a_password(text)
}

/// Small letters, capitals and digits in one word, as in `hunter2X`.
fn mixes_like_a_password(text: &str) -> bool {
    let has = |is: fn(&char) -> bool| text.chars().any(|c| is(&c));
    has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase) && has(char::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_words_and_no_secrets() {
        for word in ["yes", "openai", "5000", "qwen3", "ollama/", "gpt-4.1", "openai_chat", "Overloaded"] {
            assert!(may_be_repeated(word), "{word}");
        }
        let long = "0123456789abcdef0123456789abcdef";
        for secret in ["sk-canary", "pass show openai", "", "Tr0ub4dor", "me:pw@host", long, "AIzaX", "ü"] {
            assert!(!may_be_repeated(secret), "{secret}");
        }
    }

    #[test]
    fn tells_keys_from_names_of_programs_and_variables() {
        for key in [
            "sk-proj-abcdefgh",
            "sk-ant-api03-Zm9vYmFy_x",
            "AIzaSyA-1234567890abcdefghijklmnopqrstu",
            "gsk_abcdefgh1",
            "0123456789abcdef0123456789abcdef",
            " 7Fh2kQ9xLm3ZpR8tVw1Y \n",
        ] {
            assert!(looks_like_key(key), "{key}");
        }
        for name in [
            "OPENAI_API_KEY",
            "MY_COMPANY_OPENAI_KEY_2024_PROD",
            "pass",
            "op",
            "/usr/local/bin/print-key-7f3a2b1c9d8e",
            "secret-tool",
            "my-company-key-helper",
            "sk-tool",
            "",
        ] {
            assert!(!looks_like_key(name), "{name}");
        }
    }
}
