//! Others' text without what a terminal would obey: colours, jumps of the cursor, a new title, another direction.

/// The text with its line ends and tabs, and no other control character nor a sequence that one begins.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\n' | '\t' => plain.push(c),
            '\u{1b}' => skip_sequence(&mut rest),
            c if steers(c) => {}
            c => plain.push(c),
        }
    }
    plain
}

/// Whether a character shows nothing and changes how others are shown: a control character, or one of Unicode's that turn
/// the direction of writing (UAX #9, section 2), by which a text reads as another than it is.
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// ECMA-48, sections 5.4 and 5.6: `ESC [ … letter`, `ESC ] … BEL`, or one character.
fn skip_sequence(rest: &mut std::str::Chars<'_>) {
    let begun = rest.clone();
    let is_over = |kind: char, c: char| match kind {
        '[' => ('@'..='~').contains(&c),
        _ => c == '\u{7}' || c == '\u{1b}',
    };
    if let Some(kind @ ('[' | ']' | 'P' | '_' | '^')) = rest.next()
        && rest.by_ref().all(|c| c != '\n' && !is_over(kind, c))
    {
        // What has no end is no sequence, and is told.
        *rest = begun;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(plain(text), expected);
    }

    #[test]
    fn nothing_is_left_that_a_terminal_obeys() {
        check("\u{1b}[31mlocked\u{1b}[0m", "locked");
        check("a\u{1b}]0;title\u{7}b\u{1b}]8;;x\u{1b}\\c", "ab\\c");
        check("a\rb\u{8}c\u{0}\u{9b}31m\u{7f}", "abc31m");
        check("a\u{1b}", "a");
        check("gpt\u{202e}5-tpg\u{2066}!\u{2069}\u{200f}\u{2028}", "gpt5-tpg!");
        check("cut \u{1b}[3", "cut [3");
    }

    #[test]
    fn text_stays() {
        check("a\tb\nnaïve 日本語 👩‍💻 [31m]", "a\tb\nnaïve 日本語 👩‍💻 [31m]");
    }
}
