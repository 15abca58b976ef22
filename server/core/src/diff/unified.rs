//! A unified diff, as `diff -u` writes it and `patch` reads it.

use super::{has_ending, lines};
use crate::document::Edit;
use ropey::Rope;
use std::ops::Range;

/// So many lines around a change are shown.
const CONTEXT: usize = 3;

/// The changes of whole lines of `text`, from the top down and without overlap, as a diff of the file `name`.
pub fn unified(name: &str, text: &Rope, changes: &[Edit]) -> String {
    let name = name.replace(['\n', '\r', '\t'], " ");
    let mut diff = format!("--- a/{name}\n+++ b/{name}\n");
    let changes: Vec<Change> = changes.iter().map(|edit| Change::new(edit, text)).collect();
    // How many lines more the new text has, above a change.
    let mut shift = 0_isize;
    for group in changes.chunk_by(|one, next| next.lines.start <= one.lines.end + 2 * CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let from = first.lines.start.saturating_sub(CONTEXT);
        let to = (last.lines.end + CONTEXT).min(content_lines(text)).max(last.lines.end);
        let grows: isize = group.iter().map(Change::grows).sum();
        let old = to - from;
        let new = old.saturating_add_signed(grows);
        let start = |from: usize, count: usize| if count == 0 { from } else { from + 1 };
        let new_from = from.saturating_add_signed(shift);
        diff.push_str(&format!("@@ -{},{old} +{},{new} @@\n", start(from, old), start(new_from, new)));
        let mut at = from;
        for change in group {
            diff.extend(pieces(text, at..change.lines.start).map(|line| written(' ', &line)));
            diff.extend(pieces(text, change.lines.clone()).map(|line| written('-', &line)));
            diff.extend(change.added.iter().map(|line| written('+', line)));
            at = change.lines.end;
        }
        diff.extend(pieces(text, at..to).map(|line| written(' ', &line)));
        shift += grows;
    }
    diff
}

struct Change<'a> {
    /// The lines that go.
    lines: Range<usize>,
    added: Vec<&'a str>,
}

impl<'a> Change<'a> {
    fn new(edit: &'a Edit, text: &Rope) -> Self {
        let line = |byte: usize| {
            let line = text.byte_to_line(byte);
            // Behind a last line that has no ending.
            if text.line_to_byte(line) == byte { line } else { line + 1 }
        };
        let start = text.byte_to_line(edit.range.start);
        Self { lines: start..line(edit.range.end).max(start), added: lines(&edit.text) }
    }

    fn grows(&self) -> isize {
        self.added.len().cast_signed() - self.lines.len().cast_signed()
    }
}

fn pieces(text: &Rope, lines: Range<usize>) -> impl Iterator<Item = String> {
    lines.filter_map(|line| text.get_line(line)).map(|line| line.to_string())
}

fn written(sign: char, line: &str) -> String {
    let end = if has_ending(line) { "" } else { "\n\\ No newline at end of file\n" };
    format!("{sign}{line}{end}")
}

fn content_lines(text: &Rope) -> usize {
    let lines = text.len_lines();
    let is_empty = text.line_to_byte(lines.saturating_sub(1)) == text.len_bytes();
    if is_empty { lines.saturating_sub(1) } else { lines }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::hunks;
    use proptest::prelude::*;

    fn diff(before: &str, after: &str) -> String {
        let changes: Vec<Edit> = hunks(before, after)
            .into_iter()
            .map(|hunk| Edit::new(hunk.before, after.get(hunk.after).unwrap()))
            .collect();
        unified("a.rs", &Rope::from_str(before), &changes)
    }

    /// What `patch` makes of it: every line that is kept or goes has to be there.
    fn patched(before: &str, diff: &str) -> String {
        let old = lines(before);
        let (mut at, mut new) = (0, String::new());
        let unended = diff.replace("\n\\ No newline at end of file\n", "\u{0}");
        for line in unended.split_inclusive(['\n', '\u{0}']).skip(2) {
            let mut signed = line.chars();
            let sign = signed.next().unwrap();
            let text = signed.as_str().replace('\u{0}', "");
            match sign {
                '@' => {
                    let numbers: Vec<usize> =
                        line.split(['-', ',', ' ']).filter_map(|n| n.parse().ok()).collect();
                    let start = if numbers[1] == 0 { numbers[0] } else { numbers[0] - 1 };
                    new.extend(old[at..start].iter().copied());
                    at = start;
                }
                '+' => new.push_str(&text),
                sign => {
                    assert_eq!(old[at], text);
                    at += 1;
                    new.push_str(if sign == ' ' { &text } else { "" });
                }
            }
        }
        new.extend(old[at..].iter().copied());
        new
    }

    #[test]
    fn a_change_stands_between_three_lines_on_each_side() {
        insta::assert_snapshot!(diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"), @r"
        --- a/a.rs
        +++ b/a.rs
        @@ -2,7 +2,7 @@
         2
         3
         4
        -5
        +five
         6
         7
         8
        ");
    }

    #[test]
    fn a_last_line_without_an_ending_is_marked() {
        insta::assert_snapshot!(diff("1\n2", "1\n2\n"), @r"
        --- a/a.rs
        +++ b/a.rs
        @@ -1,2 +1,2 @@
         1
        -2
        \ No newline at end of file
        +2
        ");
    }

    #[test]
    fn an_empty_text_gets_its_first_lines() {
        insta::assert_snapshot!(diff("", "1\n"), @r"
        --- a/a.rs
        +++ b/a.rs
        @@ -0,0 +1,1 @@
        +1
        ");
    }

    proptest! {
        #[test]
        fn patching_gives_the_text_after(
            before in "([ab]\n){0,24}[ab]?",
            after in "([ab]\n){0,24}[ab]?",
        ) {
            prop_assert_eq!(patched(&before, &diff(&before, &after)), after);
        }
    }
}
