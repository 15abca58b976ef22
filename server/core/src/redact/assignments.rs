//! Secrets that no shape tells: what is assigned to a name such as `password` or `apiKey` and looks made by chance.

use super::Found;
use super::chance::{
    has_odd_sign_or_turns, is_code, is_no_name, is_password_value, is_random, is_secret, stands_for_one,
};
use regex::bytes::{Captures, Regex};
use std::ops::Range;
use std::sync::LazyLock;

pub(super) const RULE: &str = "assignment";

/// A name, what stands between, and a value in quotes or without.
static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
    let keys = "(?:api|access|secret|private|encrypt(?:ion)?|signing|signature|master|auth|session|service|account|storage|\
        shared|app|application|client|consumer|webhook|deploy|license|admin|root|user|db|database|cipher|hmac|jwt|crypto)";
    let name = format!(
        r#"(?P<word>{keys}[_\-. ]?key|secret|token|passw(?:or)?d|passwd|passphrase|passwort|\bpwd|[_-]pwd|\bpw\b|[_-]pw\b|\bpass\b|[_-]pass\b|\bpsk\b|credentials?|salt\b)"#
    );
    let kind = r"(?:\s{0,4}:\s{0,4}(?:&\s?)?(?:'static\s)?[A-Za-z][A-Za-z0-9_:<>\[\]?. ]{0,40}?)?";
    let between = r#"\s{0,8}(?::=|=>|->|=|:|,|>)\s{0,8}"#;
    let value = r#"(?:[bBrRfFuU@]{0,2}#{0,2}(?:"(?P<double>(?:[^"\\\r\n]|\\.){6,512})"|'(?P<single>(?:[^'\\\r\n]|\\.){6,512})'|`(?P<tick>[^`\r\n]{6,512})`)|\\{1,7}["'](?P<escaped>[^"'\\\r\n]{6,512})\\{1,7}["']|(?P<bare>[^\s"'`,;(){}<>\[\]]{8,512}))"#;
    let pattern = format!(
        r#"(?i-u){name}(?P<rest>[A-Za-z0-9_\-.]{{0,40}})(?P<close>\\?["'`]?\]?\)?){kind}{between}{value}"#
    );
    Regex::new(&pattern).expect("a test compiles it")
});

/// A line that is nothing but a name and a value, as in settings: the value may hold any sign.
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?im-u)^[ \t]*(?:(?:export|set|-|ENV|ARG|\#)[ \t]+)?[A-Za-z0-9_.\-]{0,60}(?P<word>secret|token|passw(?:or)?d|passphrase|pwd|[_.-]pass|^pass|[_.-]key)(?P<rest>[A-Za-z0-9_.\-]{0,40})(?:=|:[ \t]{1,4})(?P<bare>[^\s"'`][^\s]{5,511})[ \t]*(?:\#.*)?\r?$"#,
    )
    .expect("a test compiles it")
});

/// Command-line options and SQL, where nothing but a blank stands between.
static SPACED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?i-u)(?:--?[a-z\-]{0,30}(?:password|passwd|secret|token|api-?key|access-?key)|\bidentified by|\bwith password|\bpassword)[ =]{1,2}["']?(?P<bare>[^\s"'`,;(){}<>\[\]]{6,512})"#,
    )
    .expect("a test compiles it")
});

pub(super) fn find(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut from = 0;
    // A value may hold the next name, so the search goes on behind the name.
    while let Some(captures) = ASSIGNMENT.captures_at(bytes, from) {
        let Some(word) = captures.name("word") else { break };
        from = word.end();
        let name = format!("{}{}", part(text, &captures, "word"), part(text, &captures, "rest"));
        if is_about_one(&name) {
            continue;
        }
        let password = is_password(part(text, &captures, "word"));
        let quoted =
            ["double", "single", "tick", "escaped"].into_iter().find_map(|group| captures.name(group));
        let range = match (quoted, captures.name("bare")) {
            (Some(value), _) if is_secret(part_of(text, value.range()), password) => value.range(),
            (None, Some(value)) if is_bare(text, word.start(), &value.range(), password) => value.range(),
            (Some(_) | None, _) => continue,
        };
        found.push(Found { range, rule: RULE });
    }
    for captures in LINE.captures_iter(bytes) {
        let Some(value) = captures.name("bare") else { continue };
        let range = super::rules::whole_characters(text, value.range());
        let secret = part_of(text, range.clone());
        let name = format!("{}{}", part(text, &captures, "word"), part(text, &captures, "rest"));
        let is_one = is_secret(secret, is_password(part(text, &captures, "word")));
        if is_one && !is_about_one(&name) && !is_code(secret) && is_no_name(secret) {
            found.push(Found { range, rule: RULE });
        }
    }
    for captures in SPACED.captures_iter(bytes) {
        let Some(value) = captures.name("bare") else { continue };
        let secret = part_of(text, value.range());
        if is_secret(secret, true) && has_odd_sign_or_turns(secret) {
            found.push(Found { range: value.range(), rule: RULE });
        }
    }
    found
}

fn part<'t>(text: &'t str, captures: &Captures, group: &str) -> &'t str {
    captures.name(group).map_or("", |found| part_of(text, found.range()))
}

fn part_of(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

pub(super) fn is_password(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    ["pass", "pwd", "pw", "psk"].iter().any(|name| word.contains(name))
}

/// Names that are about a secret and don't hold one.
pub(super) fn is_about_one(name: &str) -> bool {
    const ENDS: &[&str] = &[
        "field",
        "label",
        "placeholder",
        "name",
        "type",
        "hint",
        "error",
        "policy",
        "length",
        "len",
        "url",
        "uri",
        "path",
        "file",
        "filename",
        "dir",
        "regex",
        "pattern",
        "input",
        "selector",
        "header",
        "prefix",
        "suffix",
        "count",
        "limit",
        "expiry",
        "expires",
        "expiration",
        "ttl",
        "endpoint",
        "id",
        "ids",
        "ref",
        "arn",
        "version",
        "format",
        "algorithm",
        "scope",
        "scopes",
        "kind",
        "message",
        "text",
        "title",
        "description",
        "button",
        "form",
        "page",
        "size",
        "min",
        "max",
        "index",
        "at",
        "env",
        "var",
        "variable",
        "class",
        "set",
        "provider",
    ];
    let name = name.to_ascii_lowercase();
    ENDS.iter().any(|end| {
        let rest =
            name.strip_suffix(end).or_else(|| name.strip_suffix('s').and_then(|n| n.strip_suffix(end)));
        rest.is_some_and(|rest| !rest.is_empty())
    })
}

/// A value without quotes is one where a line is nothing but a name and the value, as in settings, or where it stands
/// among words as nothing but a secret would.
fn is_bare(text: &str, name: usize, value: &Range<usize>, password: bool) -> bool {
    let line_start = text.get(..name).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let before = text.get(line_start..name).unwrap_or_default().trim_start();
    let before = ["export ", "set ", "- ", "ENV ", "ARG ", "<", "//", "#"]
        .iter()
        .find_map(|word| before.strip_prefix(word))
        .unwrap_or(before)
        .trim_start();
    let after = text.get(value.end..).unwrap_or_default();
    let after = after.lines().next().unwrap_or_default().trim();
    let alone = before.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:/$\"'".contains(&b))
        && (after.is_empty() || after.starts_with('#') || after.starts_with("</"));
    let secret = part_of(text, value.clone());
    (alone && is_secret(secret, password) && has_odd_sign_or_turns(secret))
        || is_among_words(text, value, password)
}

/// A value made by chance right behind `NAME=`, as before a command in a shell or in a sentence about it; a password
/// behind `password:` as well.
fn is_among_words(text: &str, value: &Range<usize>, password: bool) -> bool {
    let before = text.get(..value.start).unwrap_or_default();
    let assigned = before.strip_suffix('=').is_some_and(|name| name.ends_with(char::is_alphanumeric))
        || (password && before.trim_end_matches(' ').ends_with(':'));
    let ends =
        text.get(value.end..).is_some_and(|after| after.chars().next().is_none_or(char::is_whitespace));
    let secret = part_of(text, value.clone());
    let long = secret.len() >= if password { 8 } else { 12 };
    let name = before.trim_end_matches('=').rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
    let variable = name.is_some_and(|name| !name.is_empty() && name.bytes().all(|b| !b.is_ascii_lowercase()));
    let made_by_chance = !stands_for_one(secret) && is_random(secret);
    assigned && ends && long && (made_by_chance || (password && variable && is_password_value(secret)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_about_a_secret_holds_none() {
        for name in ["tokenUrl", "passwordField", "secret_name", "api_key_ids"] {
            assert!(is_about_one(name), "{name}");
        }
        for name in ["token", "apiKey", "CLIENT_SECRET", "password"] {
            assert!(!is_about_one(name), "{name}");
        }
    }
}
