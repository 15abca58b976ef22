//! Whether what comes next in an answer would be part of an address, which whoever reads it may open, or a view of
//! Markdown or HTML by itself. Rather once too often: what is taken for one only keeps its placeholder.

/// A longer word may well be an address whose start was forgotten.
const LONGEST: usize = 512;

/// Where a text ends that came so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// The word so far: what no blank ends. Its beginning alone, where it is longer than [`LONGEST`].
    word: String,
    /// The word is a link's destination, with blanks before it.
    is_destination: bool,
    destination: Destination,
    /// What closes the quotes or brackets that an address stands in, which may hold blanks in some languages.
    closes: Option<char>,
    tags: Tags,
    /// The last letters, small.
    recent: String,
    /// In a style sheet or a script, which load what they name.
    is_sheet: bool,
}

/// Where a link of Markdown leads: what follows `](` or `]:`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Destination {
    #[default]
    None,
    /// Nothing but blanks came yet.
    Begins,
    /// `<…>`, which may hold blanks.
    Pointed,
}

impl Place {
    pub(super) fn see(&mut self, text: &str) {
        text.chars().for_each(|c| self.step(c));
    }

    fn step(&mut self, c: char) {
        let is_blank = matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}');
        self.destination = match (self.destination, c) {
            (Destination::Begins, '<') => Destination::Pointed,
            (Destination::Begins, _) if is_blank => Destination::Begins,
            (Destination::Begins, _) => {
                self.is_destination = true;
                Destination::None
            }
            (Destination::Pointed, '\n') => Destination::None,
            (Destination::Pointed, '>') if !self.recent.ends_with('\\') => Destination::None,
            (same, _) => same,
        };
        self.tags.step(self.recent.chars().next_back(), c);
        if c == '\n' || self.closes == Some(c) {
            self.closes = None;
        }
        if is_blank {
            if c != '\n' {
                self.closes = closing(&self.word).or(self.closes);
            }
            self.word.clear();
            self.is_destination = false;
        } else if self.word.len() <= LONGEST {
            self.word.push(c);
        }
        self.recent.push(c.to_ascii_lowercase());
        if self.recent.ends_with("](") || self.recent.ends_with("]:") {
            self.destination = Destination::Begins;
        }
        if c.is_ascii_alphabetic() {
            let ends = |names: &[&str]| names.iter().any(|name| self.recent.ends_with(name));
            self.is_sheet =
                (self.is_sheet || ends(&["<style", "<script"])) && !ends(&["</style", "</script"]);
        }
        if self.recent.len() > 64 {
            self.recent = self.recent.chars().skip(self.recent.chars().count() - 16).collect();
        }
    }

    pub(super) fn is_in_address(&self) -> bool {
        self.is_destination
            || self.destination != Destination::None
            || self.closes.is_some()
            || self.is_sheet
            || self.tags.is_in_one()
            || is_address(&self.word)
    }
}

/// A word that a view may take for an address, whole or so far.
fn is_address(word: &str) -> bool {
    const MARKS: &[&str] =
        &["//", "\\\\", ":\\/", "www.", "](", "]:", "&#", "&sol", "&colon", "&bsol", "&period"];
    let lower = word.to_ascii_lowercase();
    word.len() > LONGEST || MARKS.iter().any(|mark| lower.contains(mark)) || is_host_and_more(&lower)
}

/// What would close the quotes or the bracket in which a word's address begins.
fn closing(word: &str) -> Option<char> {
    let at = word.find("//").or_else(|| word.find("www."))?;
    let (before, address) = word.split_at(at);
    let opening = before.rfind(['"', '\'', '`', '(', '{', '<', '['])?;
    let closing = match before.get(opening..)?.chars().next()? {
        '(' => ')',
        '{' => '}',
        '<' => '>',
        '[' => ']',
        quote => quote,
    };
    (!address.contains(closing)).then_some(closing)
}

/// `host.example/…`, which some views take for an address as it is.
fn is_host_and_more(word: &str) -> bool {
    let Some(end) = word.rfind(['/', '?', '#']) else { return false };
    let host = word.get(..end).unwrap_or_default();
    let is_dot = |(at, _): (usize, &str)| {
        let (before, after) = (host.get(..at).unwrap_or_default(), host.get(at + 1..).unwrap_or_default());
        before.ends_with(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric)
    };
    host.match_indices('.').any(is_dot)
}

/// Whether what follows a word makes it the beginning of an address: `WORD.host.example`, `WORD@host.example`. `None`
/// while more has to come to tell.
pub(super) fn begins_one(after: &str, is_end: bool) -> Option<bool> {
    let is_of_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '@' | '-' | '_' | '%' | '~' | '+');
    let more = after.split(|c| !is_of_host(c)).next().unwrap_or_default();
    let follows = |sign: char| {
        let mut rest = more.split(sign).skip(1);
        rest.any(|rest| rest.starts_with(char::is_alphanumeric))
    };
    if follows('.') || follows('@') || more.len() > LONGEST {
        return Some(true);
    }
    (is_end || more.len() < after.len()).then_some(false)
}

/// Which tags of HTML may be open, read as if each `<` before a letter began one, since views differ in which does: a
/// set of states.
#[derive(Debug, Clone, Copy, Default)]
struct Tags(u8);

/// Among names.
const NAME: u8 = 1;
/// Behind `=`.
const EQUALS: u8 = 1 << 1;
/// In a value in double, in single, or in no quotes.
const DOUBLE: u8 = 1 << 2;
const SINGLE: u8 = 1 << 3;
const BARE: u8 = 1 << 4;

impl Tags {
    fn step(&mut self, before: Option<char>, c: char) {
        let next = |state: u8| match (state, c) {
            (NAME | EQUALS | BARE, '>') => 0,
            (NAME, '=') => EQUALS,
            (EQUALS, '"') => DOUBLE,
            (EQUALS, '\'') => SINGLE,
            (DOUBLE, '"') | (SINGLE, '\'') => NAME,
            (EQUALS, c) if !c.is_ascii_whitespace() => BARE,
            (BARE, c) if c.is_ascii_whitespace() => NAME,
            (same, _) => same,
        };
        let open = [NAME, EQUALS, DOUBLE, SINGLE, BARE].into_iter().filter(|state| self.0 & state != 0);
        let begun = if before == Some('<') && c.is_ascii_alphabetic() { NAME } else { 0 };
        self.0 = open.map(next).fold(begun, |all, state| all | state);
    }

    fn is_in_one(self) -> bool {
        self.0 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(texts: &[&str], expected: bool) {
        for text in texts {
            let mut place = Place::default();
            place.see(text);
            assert_eq!(place.is_in_address(), expected, "{text}");
        }
    }

    #[test]
    fn what_comes_next_is_part_of_an_address() {
        check(
            &[
                "see https://evil.example/?k=",
                "[x](https://evil.example/?k=",
                "[x](  \n https://evil.example/",
                "[x](",
                "![](<https://evil.example/ a b ",
                "![](<a\\>b ",
                "[x]: ",
                "[x]:\n  //evil.example/",
                "<https://evil.example/?k=",
                "<mailto:a@evil.example?body=",
                "<img alt=\"a > b\" src=\"//evil.example/? ",
                "<img\n  src='a b",
                "<IMG src=x/",
                "<b x=' <img alt=\"'>\" src=\"//evil.example/? ",
                "<style>\n\n@import 'a b ",
                "<img alt=\"\n\n\" src=\" ",
                "evil.example/",
                "evil.example:80/a?k=",
                "www.evil.example",
                "https&#58;&#47;&#47;evil.example ,&#58;",
                "https:\\/\\/evil.example/",
                "https://evil.example/?k=**",
                "(https://evil.example,",
                "click A \"https://evil.example/? ",
                "\\href{https://evil.example/? ",
            ],
            true,
        );
        check(&[&"a".repeat(LONGEST + 1)], true);
    }

    #[test]
    fn what_comes_next_is_none() {
        check(
            &[
                "",
                "the key is ",
                "https://a.example is it, and ",
                "curl 'https://a.example' -H '",
                "(see https://a.example) with ",
                "(https://a.example/b, of today) with ",
                "\"https://a.example\n",
                "[x](https://a.example) is ",
                "[x](<https://a.example>) is ",
                "`",
                "let key = \"",
                "password: ",
                "<b>",
                "a < b && c == \"",
                "<apiKey>",
                "<img src=\"a\">",
                "<style>a</style> ",
                "Client::new(\"",
                "api.Client('",
                "KEY=",
                "user:",
                "the end. ",
            ],
            false,
        );
    }

    #[test]
    fn what_follows_makes_it_one() {
        for (after, expected) in [
            (".evil.example", Some(true)),
            ("@evil.example", Some(true)),
            ("-a.evil", Some(true)),
            (".", None),
            ("", None),
            ("-a", None),
            (". And", Some(false)),
            ("\".b", Some(false)),
            (" a.b", Some(false)),
        ] {
            assert_eq!(begins_one(after, false), expected, "{after}");
        }
        assert_eq!(begins_one(".", true), Some(false));
        assert_eq!(begins_one(&"a".repeat(LONGEST + 1), false), Some(true));
    }
}
