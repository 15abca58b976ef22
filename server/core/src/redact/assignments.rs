//! Secrets that no shape tells: what is assigned to a name such as `password` or `apiKey` and looks made by chance.

use super::Found;
use super::chance::{
    has_odd_sign, has_odd_sign_or_turns, is_code, is_no_name, is_password_value, is_random, is_secret,
    is_surely_random, stands_for_one,
};
use memchr::memmem;
use regex::bytes::{Captures, Regex};
use std::ops::Range;
use std::sync::LazyLock;

pub(super) const RULE: &str = "assignment";

/// What others call a password.
pub(super) const IN_OTHER_LANGUAGES: &str = "kennwort|contrase(?:ñ|n)a|senha|mot[ _-]?de[ _-]?passe|\
    wachtwoord|hasło|lösenord|парол|Парол|ПАРОЛ|密码|密碼|パスワード|비밀번호";

/// A text without one of these has none of them.
pub(super) const IN_OTHER_LANGUAGES_HINTS: &[&str] = &[
    "asswort",
    "ennwort",
    "ontrase",
    "enha",
    " passe",
    "depasse",
    "_passe",
    "DePasse",
    "achtwoord",
    "hasło",
    "lösenord",
    "арол",
    "АРОЛ",
    "密",
    "パスワード",
    "비밀번호",
];

/// A name, what stands between, and a value in quotes or without.
fn assignment(names: &str) -> Regex {
    let kind = r"(?:\s{0,4}:\s{0,4}(?:&\s?)?(?:'static\s)?[A-Za-z][A-Za-z0-9_:<>\[\]?. ]{0,40}?)?";
    let blank = "(?:\\s|\u{a0}|\u{202f})";
    let between = format!("{blank}{{0,8}}(?::=|=>|->|=|:|,|>|：|＝|(?P<opened>[({{])){blank}{{0,8}}");
    let value = r#"(?:[bBrRfFuU@]{0,2}#{0,2}(?:"(?P<double>(?:[^"\\\r\n]|\\.){6,512})"|'(?P<single>(?:[^'\\\r\n]|\\.){6,512})'|`(?P<tick>[^`\r\n]{6,512})`)|\\{1,7}["'](?P<escaped>[^"'\\\r\n]{6,512})\\{1,7}["']|(?P<bare>[^\s"'`,;(){}<>\[\]]{8,512}))"#;
    let pattern = format!(
        r#"(?i-u)(?P<word>{names})(?P<rest>[A-Za-z0-9_\-.]{{0,40}})(?P<close>\\?["'`]?\]?\)?){kind}{between}{value}"#
    );
    Regex::new(&pattern).expect("a test compiles it")
}

/// The names of secrets.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    let keys = "(?:api|access|secret|private|encrypt(?:ion)?|signing|signature|master|auth|session|service|account|storage|\
        shared|app|application|client|consumer|webhook|deploy|license|admin|root|user|db|database|cipher|hmac|jwt|crypto)";
    let others = r"secret|token|passw(?:or)?d|passwd|passphrase|passwort|\bpwd|[_-]pwd|\bpw\b|[_-]pw\b|\bpass\b|[_-]pass\b|\bpsk\b|credentials?|salt\b";
    assignment(&format!(r"{keys}[_\-. ]?key|{others}"))
});

/// Keys that are called after what they are for.
static KEYS: LazyLock<Regex> = LazyLock::new(|| assignment("(?-i:[_-]key|[_-]KEY|Key)"));

/// Names of passwords in other languages.
static OTHERS: LazyLock<Regex> = LazyLock::new(|| assignment(&format!("(?:{IN_OTHER_LANGUAGES})(?:ь|Ь)?")));

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
    let mut found = assigned(text, &NAMED);
    found.extend(assigned(text, &KEYS));
    if IN_OTHER_LANGUAGES_HINTS.iter().any(|hint| memmem::find(bytes, hint.as_bytes()).is_some()) {
        found.extend(assigned(text, &OTHERS));
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

fn assigned(text: &str, pattern: &Regex) -> Vec<Found> {
    let mut found = Vec::new();
    let mut from = 0;
    // A value may hold the next name, so the search goes on behind the name.
    while let Some(captures) = pattern.captures_at(text.as_bytes(), from) {
        let Some(word) = captures.name("word") else { break };
        from = word.end();
        let name = part(text, &captures, "rest");
        if is_about_one(&format!("{}{name}", part_of(text, word.range()))) {
            continue;
        }
        let kind = Kind::of(text, &word.range());
        let quoted =
            ["double", "single", "tick", "escaped"].into_iter().find_map(|group| captures.name(group));
        let opened = captures.name("opened").is_some();
        let is_meant = |value: &str| kind.may_be(value) && (!opened || is_argument(value, name));
        let bare = captures.name("bare").map(|value| without_sentence(text, value.range()));
        let range = match (quoted, bare) {
            (Some(value), _) if is_meant(part_of(text, value.range())) => value.range(),
            (None, Some(value)) if !opened && is_bare(text, word.start(), &value, kind) => value,
            (Some(_) | None, _) => continue,
        };
        found.push(Found { range, rule: RULE });
    }
    found
}

/// The value without what follows it in a script that has no blanks, or with signs of typography.
fn without_sentence(text: &str, value: Range<usize>) -> Range<usize> {
    let value = super::rules::whole_characters(text, value);
    let end = part_of(text, value.clone()).find(|c: char| c >= '\u{2000}').filter(|at| *at > 0);
    value.start..end.map_or(value.end, |at| value.start + at)
}

/// Whether what stands in `name(…)` and `name{…}` is what the name says, and not what is done with it.
fn is_argument(value: &str, rest_of_name: &str) -> bool {
    !is_code(value) && !rest_of_name.contains('.') && !value.contains(['/', '*'])
}

fn part<'t>(text: &'t str, captures: &Captures, group: &str) -> &'t str {
    captures.name(group).map_or("", |found| part_of(text, found.range()))
}

fn part_of(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

/// What a name announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It may be short and plain.
    Password,
    Key,
    /// A key that is called after somebody's service.
    OtherKey,
    /// A key that opens nothing: of a table, a map, a cache.
    Nothing,
}

impl Kind {
    fn of(text: &str, name: &Range<usize>) -> Self {
        let word = part_of(text, name.clone()).trim_start_matches(['_', '-']);
        match word {
            "key" | "KEY" | "Key" if is_key_of_somebody(text, name.start) => Self::OtherKey,
            "key" | "KEY" | "Key" => Self::Nothing,
            word if is_password(word) => Self::Password,
            _ => Self::Key,
        }
    }

    fn may_be(self, value: &str) -> bool {
        match self {
            Self::Password => is_secret(value, true),
            Self::Key => is_secret(value, false),
            Self::OtherKey => is_secret(value, false) && is_surely_random(value),
            Self::Nothing => false,
        }
    }
}

/// `STRIPE_KEY`, `mapsKey`; not `primary_key`, `cacheKey`, `MONKEY`.
fn is_key_of_somebody(text: &str, key: usize) -> bool {
    const OPEN_NOTHING: &[&str] = &[
        "public",
        "pub",
        "primary",
        "foreign",
        "sort",
        "partition",
        "range",
        "hash",
        "cache",
        "object",
        "index",
        "query",
        "map",
        "dict",
        "unique",
        "composite",
        "lookup",
        "group",
        "parent",
        "child",
        "row",
        "column",
        "record",
        "message",
        "translation",
        "locale",
        "event",
        "state",
        "store",
        "local",
        "react",
        "item",
        "data",
        "json",
        "field",
        "property",
        "attribute",
        "attr",
        "config",
        "setting",
        "settings",
        "route",
        "path",
        "file",
        "bucket",
        "idempotency",
        "dedup",
        "publishable",
        "anon",
        "host",
        "known",
        "hot",
        "short",
        "id",
        "tag",
        "node",
        "tree",
        "list",
        "shard",
        "entity",
        "etag",
        "checksum",
        "digest",
        "commit",
        "integrity",
        "content",
        "memo",
        "dependency",
        "lock",
        "build",
        "test",
    ];
    let before = text.get(..key).unwrap_or_default();
    let start = before.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    let word = before.get(start..).unwrap_or_default();
    // Of `orderCacheKey` the last hump.
    let is_hump = |(_, c): &(usize, char)| c.is_ascii_uppercase();
    let all_capitals = !word.bytes().any(|b| b.is_ascii_lowercase());
    let hump = word.char_indices().rev().find(is_hump).filter(|_| !all_capitals).map_or(0, |(at, _)| at);
    let last = word.get(hump..).unwrap_or_default().to_ascii_lowercase();
    !last.is_empty() && !OPEN_NOTHING.contains(&last.as_str())
}

pub(super) fn is_password(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    !["key", "secret", "token", "credential", "salt"].iter().any(|name| word.contains(name))
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
        "address",
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

/// A value without quotes is one where a line is nothing but a name and the value, as in settings, or an element is, or
/// where it stands among words as nothing but a secret would.
fn is_bare(text: &str, name: usize, value: &Range<usize>, kind: Kind) -> bool {
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
    let in_element =
        text.get(..value.start).is_some_and(|before| before.ends_with('>')) && after.starts_with("</");
    let secret = part_of(text, value.clone());
    ((alone || in_element) && kind.may_be(secret) && has_odd_sign_or_turns(secret))
        || is_among_words(text, value, kind)
}

/// A value made by chance right behind `NAME=`, as before a command in a shell or in a sentence about it; one that nobody
/// would call anything else behind `name = ` and `name: `; a password behind `password:` as well.
fn is_among_words(text: &str, value: &Range<usize>, kind: Kind) -> bool {
    let before = text.get(..value.start).unwrap_or_default();
    let secret = part_of(text, value.clone());
    let after = text.get(value.end..).and_then(|after| after.chars().next());
    let is_sign = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | ')' | '<');
    // Of a query another rule finds where it ends.
    let is_query = secret.split_once('&').is_some_and(|(_, next)| next.contains('='));
    if !after.is_none_or(|c| is_sign(c) || c >= '\u{2000}')
        || secret.starts_with('=')
        || is_query
        || stands_for_one(secret)
    {
        return false;
    }
    let password = kind == Kind::Password;
    let tight = before.strip_suffix('=').is_some_and(|name| name.ends_with(char::is_alphanumeric))
        || (password && before.trim_end_matches(' ').ends_with(':'));
    let loose = before.trim_end().ends_with(['=', ':', '：', '＝']);
    let name = before.trim_end_matches('=').rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
    let variable = name.is_some_and(|name| !name.is_empty() && name.bytes().all(|b| !b.is_ascii_lowercase()));
    let chosen = password && is_password_value(secret);
    let surely = is_surely_random(secret);
    let has_digit = secret.bytes().any(|b| b.is_ascii_digit());
    match kind {
        Kind::Nothing => false,
        Kind::OtherKey => tight && secret.len() >= 16 && surely,
        Kind::Password | Kind::Key => {
            let (short, long) = if password { (8, 10) } else { (12, 16) };
            (tight && secret.len() >= short && is_random(secret))
                || (tight && chosen && variable)
                || (loose && secret.len() >= long && surely)
                || (loose && chosen && has_digit && has_odd_sign(secret))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_about_a_secret_holds_none() {
        for name in ["tokenUrl", "tokenAddress", "passwordField", "secret_name", "api_key_ids"] {
            assert!(is_about_one(name), "{name}");
        }
        for name in ["token", "apiKey", "CLIENT_SECRET", "password"] {
            assert!(!is_about_one(name), "{name}");
        }
    }
}
