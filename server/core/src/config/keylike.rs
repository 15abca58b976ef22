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

#[cfg(test)]
mod tests {
    use super::*;

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
