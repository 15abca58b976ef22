//! Secrets in what somebody else says: some providers repeat the key that they refuse, in an address, in JSON, on a web
//! page, in base64. Found in any of these spellings, spelled twice over, and cut at the text's end.

use std::ops::Range;

/// A shorter secret can't be told from a word.
const SHORTEST: usize = 8;
/// What is spelled anew more often than that, nobody reads.
const DEEPEST: usize = 3;
/// More than the longest way to write a character has.
const LONGEST_SPELLING: usize = 10;

/// The text with `…` in place of each secret.
pub fn blanked(text: &str, secrets: &[&str]) -> String {
    let mut found = Vec::new();
    let mut read = Read::plain(text);
    for _ in 0..=DEEPEST {
        for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST) {
            read.find(secret, &mut found);
        }
        match read.unspelled() {
            Some(meant) => read = meant,
            None => break,
        }
    }
    without(text, found)
}

/// A text as it is read, each character with the bytes that spell it.
struct Read {
    chars: Vec<char>,
    places: Vec<Range<usize>>,
}

impl Read {
    fn plain(text: &str) -> Self {
        let (chars, places) = text.char_indices().map(|(at, c)| (c, at..at + c.len_utf8())).unzip();
        Self { chars, places }
    }

    /// With what is spelled as something else read as that; `None` where nothing is.
    fn unspelled(&self) -> Option<Self> {
        let (mut chars, mut places) = (Vec::new(), Vec::new());
        let mut at = 0;
        while let (Some(c), Some(place)) = (self.chars.get(at), self.places.get(at)) {
            let (c, length) = self.chars.get(at..).and_then(spelled).unwrap_or((*c, 1));
            let end = self.places.get(at + length - 1).map_or(place.end, |last| last.end);
            chars.push(c);
            places.push(place.start..end);
            at += length;
        }
        (chars.len() < self.chars.len()).then_some(Self { chars, places })
    }

    /// Adds the bytes of each place where the secret is.
    fn find(&self, secret: &str, found: &mut Vec<Range<usize>>) {
        let in_hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        for needle in [secret, &in_hex] {
            let needle: Vec<char> = needle.chars().collect();
            found.extend(occurrences(&self.chars, &needle, same_letter).filter_map(|at| self.bytes(at)));
        }
        // Before the secret in what is encoded may stand anything, so it begins at any of three bits.
        for skipped in 0..3 {
            let needle: Vec<char> = base64(secret.as_bytes().get(skipped..).unwrap_or_default());
            let whole = |at| self.bytes(self.run_around(at));
            found.extend(occurrences(&self.chars, &needle, same_digit).filter_map(whole));
        }
    }

    /// The whole encoded text that this is a part of.
    fn run_around(&self, at: Range<usize>) -> Range<usize> {
        let is_part = |c: &&char| is_base64(**c);
        // Filling stands at an encoded text's end alone.
        let is_inside = |c: &&char| is_part(c) && **c != '=';
        let before =
            self.chars.get(..at.start).unwrap_or_default().iter().rev().take_while(is_inside).count();
        let after = self.chars.get(at.end..).unwrap_or_default().iter().take_while(is_part).count();
        at.start - before..at.end + after
    }

    fn bytes(&self, at: Range<usize>) -> Option<Range<usize>> {
        let places = self.places.get(at)?;
        Some(places.first()?.start..places.last()?.end)
    }
}

/// Where the needle is, or at least the beginning of it at the end of a text that was cut there.
fn occurrences<'a>(
    chars: &'a [char],
    needle: &'a [char],
    same: fn(char, char) -> bool,
) -> impl Iterator<Item = Range<usize>> + 'a {
    let end = if chars.last() == Some(&'…') { chars.len() - 1 } else { chars.len() };
    let shortest = SHORTEST.min(needle.len()).max(1);
    (0..chars.len()).filter_map(move |start| {
        let rest = chars.get(start..)?;
        let length = rest.iter().zip(needle).take_while(|(a, b)| same(**a, **b)).count();
        let is_cut = length >= shortest && is_broken_off(chars.get(start + length..end)?);
        (length >= shortest && (length == needle.len() || is_cut)).then(|| start..start + length)
    })
}

/// Nothing, or the beginning of a character's spelling.
fn is_broken_off(rest: &[char]) -> bool {
    rest.is_empty() || (rest.len() < LONGEST_SPELLING && rest.first().is_some_and(|c| "%\\&".contains(*c)))
}

fn same_letter(a: char, b: char) -> bool {
    a.eq_ignore_ascii_case(&b)
}

/// In either alphabet of base64.
fn same_digit(a: char, b: char) -> bool {
    let usual = |c| match c {
        '-' => '+',
        '_' => '/',
        c => c,
    };
    usual(a) == usual(b)
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/-_=".contains(c)
}

/// RFC 4648, section 4, of as many whole groups of three bytes as there are.
fn base64(bytes: &[u8]) -> Vec<char> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    let digit = |bits: u32| DIGITS.get((bits & 63) as usize).map_or('=', |digit| char::from(*digit));
    let digits = |bits: u32| [18, 12, 6, 0].map(|shift| digit(bits >> shift));
    bytes.chunks_exact(3).map(group).flat_map(digits).collect()
}

/// The character that the beginning spells in more than one, and in how many: `%2F`, `\/`, `\u002f`, `\x2f`, `&#47;`, `&amp;`.
fn spelled(chars: &[char]) -> Option<(char, usize)> {
    match chars {
        ['%', high, low, ..] => Some((of_hex(&[*high, *low])?, 3)),
        ['\\', 'u', a, b, c, d, ..] => Some((of_hex(&[*a, *b, *c, *d])?, 6)),
        ['\\', 'x', high, low, ..] => Some((of_hex(&[*high, *low])?, 4)),
        ['\\', c, ..] if c.is_ascii_punctuation() => Some((*c, 2)),
        ['&', rest @ ..] => {
            let length = rest.iter().take(LONGEST_SPELLING).position(|c| *c == ';')?;
            Some((of_name(rest.get(..length)?)?, length + 2))
        }
        _ => None,
    }
}

/// The secrets are of ASCII alone.
fn of_hex(digits: &[char]) -> Option<char> {
    let number = digits.iter().try_fold(0, |number, digit| Some(number * 16 + digit.to_digit(16)?))?;
    u8::try_from(number).ok().filter(u8::is_ascii).map(char::from)
}

fn of_name(name: &[char]) -> Option<char> {
    match name {
        ['#', 'x' | 'X', digits @ ..] if (1..=6).contains(&digits.len()) => of_hex(digits),
        ['#', digits @ ..] => {
            let number: u8 = digits.iter().collect::<String>().parse().ok()?;
            number.is_ascii().then_some(char::from(number))
        }
        name => match name.iter().collect::<String>().as_str() {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        },
    }
}

fn without(text: &str, mut found: Vec<Range<usize>>) -> String {
    found.sort_by_key(|range| range.start);
    let (mut told, mut end) = (String::with_capacity(text.len()), 0);
    for range in found {
        if range.start >= end {
            told.push_str(text.get(end..range.start).unwrap_or_default());
            told.push('…');
        }
        end = end.max(range.end);
    }
    let rest = text.get(end..).unwrap_or_default();
    // What a cut left of a character's spelling goes as well, and one mark is enough.
    let is_left = rest.strip_suffix('…').is_some_and(|left| is_broken_off(&left.chars().collect::<Vec<_>>()));
    told.push_str(if end > 0 && is_left { "" } else { rest });
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "correct/horse+battery\"<&";

    #[track_caller]
    fn check(said: &str, told: &str) {
        assert_eq!(blanked(said, &[SECRET]), told, "{said}");
    }

    fn spelled_by(spell: impl Fn(char) -> String) -> String {
        SECRET.chars().map(spell).collect()
    }

    #[test]
    fn a_secret_is_not_repeated_however_it_is_spelled() {
        let percent =
            |c: char| if c.is_alphanumeric() { c.to_string() } else { format!("%{:02X}", c as u32) };
        let upper = spelled_by(percent);
        let json = serde_json::to_string(SECRET).unwrap();
        let page = SECRET.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        for spelling in [
            SECRET.to_owned(),
            SECRET.to_uppercase(),
            upper.to_lowercase(),
            upper.replace('%', "%25"),
            spelled_by(|c| format!("%{:02x}", c as u32)),
            json.trim_matches('"').to_owned(),
            json.trim_matches('"').replace('/', "\\/"),
            serde_json::to_string(&json).unwrap().trim_matches(['"', '\\']).to_owned(),
            spelled_by(|c| format!("\\u{:04x}", c as u32)),
            spelled_by(|c| format!("\\x{:02X}", c as u32)),
            spelled_by(|c| format!("&#{};", c as u32)),
            spelled_by(|c| format!("&#x{:X};", c as u32)),
            page.replace('&', "&amp;"),
            page,
            spelled_by(|c| format!("{:02x}", c as u32)),
            spelled_by(|c| format!("{:02X}", c as u32)),
            upper,
        ] {
            check(&format!("no, not {spelling}, nor another"), "no, not …, nor another");
            check(&format!("{spelling} and {spelling}"), "… and …");
        }
    }

    #[test]
    fn what_is_encoded_goes_whole_whatever_stands_around_the_secret_in_it() {
        for before in ["", "a", "me:", "user"] {
            let whole: String = base64(format!("{before}{SECRET}padding").as_bytes()).into_iter().collect();
            check(&format!("Basic {whole}== was refused"), "Basic … was refused");
            check(&format!("?key={}&x", whole.replace('+', "-").replace('/', "_")), "?key=…&x");
            check(&whole.replace('/', "%2f").replace('+', "\\u002B"), "…");
        }
    }

    #[test]
    fn a_text_that_was_cut_within_it_tells_no_more_of_it() {
        check("no, not correct/horse…", "no, not …");
        check("no, not correct%2fhorse%2…", "no, not …");
        check("no, not correct%2fhorse%2b", "no, not …");
        check("no, not correct/horse", "no, not …");
        let encoded: String = base64(SECRET.as_bytes()).into_iter().take(13).collect();
        check(&format!("no, not {encoded}…"), "no, not …");
        check("no, not correct", "no, not correct");
        check("correct/horses are here", "correct/horses are here");
        check("100%…", "100%…");
    }

    #[test]
    fn words_and_short_secrets_stay() {
        assert_eq!(blanked("the key is wrong", &["key", "", "wrong"]), "the key is wrong");
        check("50% of a&b; \\o/ &#x; %zz é 👩‍💻", "50% of a&b; \\o/ &#x; %zz é 👩‍💻");
    }

    proptest! {
        #[test]
        fn nothing_but_the_secret_is_taken_from_any_text(before in ".{0,12}", after in ".{0,12}") {
            let told = blanked(&format!("{before} {SECRET} {after}"), &[SECRET]);
            prop_assert_eq!(told, format!("{before} … {after}"));
            prop_assert_eq!(blanked(&before, &[SECRET]), before);
        }
    }
}
