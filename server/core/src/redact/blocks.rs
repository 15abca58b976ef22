//! Secrets that more than a name announces: cookies, blocks of YAML, Secrets of Kubernetes, commands that set secrets.

use super::Found;
use super::assignments::{is_about_one, is_password};
use super::chance::{is_random, is_secret, stands_for_one};
use memchr::memmem;
use regex::bytes::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// What of this has no shape of its own, for a person.
pub const WHAT: &[&str] = &[
    "sessions in `Cookie` headers",
    "block values of YAML",
    "all values of a Secret of Kubernetes",
    "all values of commands such as `fly secrets set`",
];

pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let holds = |hint: &str| memmem::find(text.as_bytes(), hint.as_bytes()).is_some();
    if holds("ookie") || holds("OOKIE") {
        found.extend(cookies(text).map(|range| Found { range, rule: "cookie" }));
    }
    if holds(": |") || holds(": >") {
        found.extend(yaml_blocks(text).into_iter().map(|range| Found { range, rule: "yaml-block" }));
    }
    if holds("Secret") {
        found.extend(kubernetes(text).into_iter().map(|range| Found { range, rule: "kubernetes" }));
    }
    if holds("secret") {
        found.extend(commands(text).map(|range| Found { range, rule: "secrets-command" }));
    }
    found
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a test compiles it")
}

static COOKIE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?i-u)\b(?:set-)?cookie["']?\s{0,2}[:=]\s{0,2}["'`]?(?P<pairs>[^\r\n"'`]{8,8192})"#)
});

/// Values of cookies that look made by chance.
fn cookies(text: &str) -> impl Iterator<Item = Range<usize>> {
    let headers = COOKIE.captures_iter(text.as_bytes()).filter_map(|header| header.name("pairs"));
    let pairs = headers.flat_map(|pairs| {
        let mut at = pairs.start();
        let pairs = text.get(pairs.range()).unwrap_or_default();
        pairs.split_inclusive(';').map(move |pair| {
            let start = at;
            at += pair.len();
            (start, pair.trim_end_matches(';').trim_end())
        })
    });
    pairs.filter_map(|(start, pair)| {
        let (name, value) = pair.split_once('=')?;
        let at = start + name.len() + 1;
        (value.len() >= 16 && is_random(value) && !stands_for_one(value)).then_some(at..at + value.len())
    })
}

static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?-u)\bsecrets?[ :](?:set|put|add|create|update|import)\b(?P<rest>[^\r\n|;]{0,4096})")
});
static GIVEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?-u)(?:[ ][A-Za-z_][A-Za-z0-9_-]{0,60}=|[ ](?:--body|--value|-b|-v)[ =]|<<<[ ]{0,2})(?:"(?P<double>[^"\r\n]{6,512})"|'(?P<single>[^'\r\n]{6,512})'|(?P<bare>[^\s"'`<>]{6,512}))"#,
    )
});

/// What is given to a command that says itself that it is secret.
fn commands(text: &str) -> impl Iterator<Item = Range<usize>> {
    let given = COMMAND.captures_iter(text.as_bytes()).filter_map(|command| command.name("rest"));
    let values = given.flat_map(|rest| {
        GIVEN.captures_iter(rest.as_bytes()).filter_map(move |given| {
            let value = ["double", "single", "bare"].into_iter().find_map(|group| given.name(group))?;
            Some(rest.start() + value.start()..rest.start() + value.end())
        })
    });
    values
        .map(|range| super::rules::whole_characters(text, range))
        .filter(|range| !stands_for_one(text.get(range.clone()).unwrap_or_default()))
}

/// A line, where it starts, and how far it is indented.
struct Line<'t> {
    at: usize,
    text: &'t str,
    indent: usize,
}

impl Line<'_> {
    /// Where its text is, without blanks.
    fn words(&self) -> Range<usize> {
        let start = self.at + self.text.len() - self.text.trim_start().len();
        start..start + self.text.trim().len()
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut at = 0;
    let mut found = Vec::new();
    for text in text.split_inclusive('\n') {
        let indent = text.len() - text.trim_start_matches([' ', '\t']).len();
        found.push(Line { at, text, indent });
        at += text.len();
    }
    found
}

/// The lines below one that belong to it.
fn below<'l, 't>(lines: &'l [Line<'t>], of: usize) -> impl Iterator<Item = &'l Line<'t>> {
    let indent = lines.get(of).map_or(0, |line| line.indent);
    let rest = lines.iter().skip(of + 1);
    rest.take_while(move |line| line.text.trim().is_empty() || line.indent > indent)
}

static BLOCK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"(?i-u)^[ \t-]*["']?(?P<before>[A-Za-z0-9_.-]{0,60}?)"#,
        r"(?P<word>secret|token|passw(?:or)?d|passphrase|pwd|pass|(?:api|access|private|secret)[_-]?key)",
        r#"(?P<rest>[A-Za-z0-9_.-]{0,40})["']?:[ \t]{1,4}[|>][0-9+-]{0,3}[ \t]*(?:\#.*)?\r?\n?$"#
    ))
});

/// Words that stand alone on a line below `password: |`.
fn yaml_blocks(text: &str) -> Vec<Range<usize>> {
    let lines = lines(text);
    let mut found = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        let Some(name) = BLOCK.captures(line.text.as_bytes()) else { continue };
        let part = |group: &str| {
            let range = name.name(group).map_or(0..0, |found| found.range());
            line.text.get(range).unwrap_or_default()
        };
        if is_about_one(&format!("{}{}", part("word"), part("rest"))) {
            continue;
        }
        let is_one = |range: &Range<usize>| {
            let word = text.get(range.clone()).unwrap_or_default();
            !word.starts_with('#') && is_secret(word, is_password(part("word")))
        };
        found.extend(below(&lines, n).map(Line::words).filter(is_one));
    }
    found
}

static KIND: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?-u)(?m)^[ \t-]*kind:[ \t]*["']?Secret["']?[ \t]*\r?$"#));
static JSON_KIND: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?-u)"kind"\s*:\s*"Secret""#));
static JSON_DATA: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?-u)"(?:data|stringData)"\s*:\s*\{(?P<pairs>[^{}]*)\}"#));
static JSON_VALUE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?-u):\s*"(?P<value>(?:[^"\\\r\n]|\\.)*)""#));

/// What is shorter says nothing, and would be masked wherever else it stands.
const SHORTEST: usize = 6;

/// The values of each Secret: in base64 they look like nothing.
fn kubernetes(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for document in text.split("\n---") {
        if KIND.is_match(document.as_bytes()) {
            found.extend(values(document).into_iter().map(|range| range.start + start..range.end + start));
        }
        start += document.len() + "\n---".len();
    }
    if JSON_KIND.is_match(text.as_bytes()) {
        let data = JSON_DATA.captures_iter(text.as_bytes()).filter_map(|data| data.name("pairs"));
        for pairs in data {
            let values = JSON_VALUE.captures_iter(pairs.as_bytes()).filter_map(|pair| pair.name("value"));
            found.extend(values.map(|value| pairs.start() + value.start()..pairs.start() + value.end()));
        }
    }
    let is_one = |range: &Range<usize>| {
        let value = text.get(range.clone()).unwrap_or_default();
        value.len() >= SHORTEST && !stands_for_one(value)
    };
    found.into_iter().filter(is_one).collect()
}

fn values(document: &str) -> Vec<Range<usize>> {
    let lines = lines(document);
    let is_data = |line: &Line| matches!(line.text.trim(), "data:" | "stringData:");
    let data = lines.iter().enumerate().filter(|(_, line)| is_data(line)).flat_map(|(n, _)| below(&lines, n));
    let value = |line: &Line| {
        let range = line.words();
        let text = document.get(range.clone()).unwrap_or_default();
        let Some((name, value)) = text.split_once(": ") else {
            // A line of a block.
            return (!text.ends_with(':')).then_some(range);
        };
        let value = value.trim();
        let start = range.end - value.len() - (text.len() - text.trim_end().len());
        let is_block = value.starts_with(['|', '>']);
        let quoted =
            value.len() >= 2 && ['"', '\''].iter().any(|q| value.starts_with(*q) && value.ends_with(*q));
        let by = usize::from(quoted);
        (!is_block && !name.is_empty()).then(|| start + by..start + value.len() - by)
    };
    data.filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = find(text).into_iter().filter_map(|found| text.get(found.range)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_block_of_yaml_is_searched_line_by_line() {
        for block in ["|", ">-", "|2", "| # why"] {
            check(&format!("db:\n  password: {block}\n    hunter2!x\n\n  user: app1\n"), &["hunter2!x"]);
        }
        check("password: |\r\n  hunter2!x\r\nname: b2\r\n", &["hunter2!x"]);
        check("- api_key: |\n    q7Zt4Lw9Xc2Vb8Nm\n", &["q7Zt4Lw9Xc2Vb8Nm"]);
        check("password: |\n  See the manual, page 12.\n", &[]);
        check("password_policy: |\n  at-least-8-signs-1-digit!\n", &[]);
        check("run: |\n  hunter2!x\n", &[]);
    }

    #[test]
    fn every_value_of_a_secret_of_kubernetes_is_one() {
        let secret = "kind: Secret\nmetadata:\n  name: database\ndata:\n  user: YWRtaW4=\n  pass: \"aHVudGVyMg==\"\nstringData:\n  a: |\n    correcthorse\n  b: true\ntype: Opaque\n";
        let values = ["YWRtaW4=", "aHVudGVyMg==", "correcthorse"];
        check(&format!("apiVersion: v1\n{secret}"), &values);
        check(&format!("kind: ConfigMap\ndata:\n  user: YWRtaW4=\n---\n{secret}---\nkind: Job\n"), &values);
        check(
            "kind: ConfigMap\ndata:\n  user: YWRtaW4=\n---\nkind: SealedSecret\ndata:\n  a: YWRtaW4=\n",
            &[],
        );
        check(r#"{"kind": "Secret", "data": {"user": "YWRtaW4=", "p": "aHVudGVyMg=="}}"#, &values[..2]);
    }

    #[test]
    fn a_session_in_a_cookie_is_one() {
        check("Cookie: lang=en; sid=q7Zt4Lw9Xc2Vb8Nm; theme=dark", &["q7Zt4Lw9Xc2Vb8Nm"]);
        check("cookie = \"consent=accepted_all_of_version_2\"", &[]);
    }
}
