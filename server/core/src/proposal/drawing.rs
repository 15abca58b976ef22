//! Draws a proposal as text, for people and for tests.

use super::Proposal;
use crate::diff;
use ropey::Rope;
use std::fmt::Write;

impl Proposal {
    /// The proposal's lines in `text`, the document as it is: `- ` before what would go, `+ ` before what would come,
    /// and `! ` before both where they are in conflict.
    pub fn draw(&self, text: &Rope) -> String {
        let mut drawn = String::new();
        let mut at = self.span().start;
        for hunk in self.hunks() {
            draw_lines(&mut drawn, "  ", &slice(text, at, hunk.span.start));
            let (removed, added) = if hunk.is_conflict() { ("! - ", "! + ") } else { ("- ", "+ ") };
            draw_lines(&mut drawn, removed, &hunk.removed(text));
            draw_lines(&mut drawn, added, hunk.added());
            at = hunk.span.end;
        }
        draw_lines(&mut drawn, "  ", &slice(text, at, self.span().end));
        drawn
    }
}

fn slice(text: &Rope, start: usize, end: usize) -> String {
    text.get_byte_slice(start..end.max(start)).map(|text| text.to_string()).unwrap_or_default()
}

fn draw_lines(drawn: &mut String, mark: &str, text: &str) {
    for line in diff::lines(text) {
        // Writing to a string can't fail.
        let _ = writeln!(drawn, "{mark}{}", diff::without_ending(line));
    }
}
