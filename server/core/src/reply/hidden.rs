//! Characters that a person can't see, or that make a line look otherwise than it is (CVE-2021-42574): a proposal that
//! brings one is flagged.

/// The warning, if `text` has a kind of such characters that `base` has none of.
pub(super) fn warning(text: &str, base: &str) -> Option<String> {
    let found = text.chars().find(|c| is_hidden(*c) && !base.contains(*c))?;
    let code = u32::from(found);
    Some(format!(
        "The answer brings a character that can't be seen and may make the text look otherwise than it is: U+{code:04X}."
    ))
}

/// Directions, zero widths that join nothing, and tags. The joiners of emoji and scripts are left alone.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{2060}'..='\u{2069}' | '\u{202a}'..='\u{202e}' | '\u{e0000}'..='\u{e001f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_turns_the_text_around_is_flagged() {
        let said = warning("if x != \"user\u{202e} \u{2066}// check\"", "if x != \"user\"");
        assert!(said.is_some_and(|said| said.ends_with("U+202E.")));
        assert!(warning("a\u{200b}b", "ab").is_some());
    }

    #[test]
    fn emoji_and_what_the_text_has_already_are_not() {
        assert_eq!(warning("👨\u{200d}👩\u{200d}👧 é", ""), None);
        assert_eq!(warning("x\u{202e}y", "\u{202e}"), None);
    }
}
