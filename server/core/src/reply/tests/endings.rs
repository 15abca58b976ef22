//! Line endings, the final newline, blank lines at the edges and blanks at line ends.

use super::*;

#[test]
fn line_endings_are_the_documents() {
    check("a();\r\nb();\r\n", "```\na();\nc();\n```", "a();\r\nc();\r\n");
    check("a();\nb();\n", "```\r\na();\r\nc();\r\n```\r\n", "a();\nc();\n");
}

#[test]
fn a_stray_carriage_return_never_gets_into_the_document() {
    check("a();\r\nb();\r\n", "```\r\na();\rx();\r\r\nb();\n```", "a();\r\nx();\r\nb();\r\n");
    check("a();\nb();\n", "a();\rx();\rb();\r", "a();\nx();\nb();\n");
}

#[test]
fn a_line_with_another_ending_keeps_it() {
    let mixed = Surroundings { line_ending: "\r\n", ..around("a();\nb();\r\nc();\r\n") };
    check_around(&mixed, "```\na();\nx();\nc();\n```", "a();\nx();\r\nc();\r\n");
}

#[test]
fn a_document_with_old_line_endings_keeps_them() {
    let old = Surroundings { line_ending: "\r", ..around("a();\rb();\r") };
    check_around(&old, "```\na();\nx();\nb();\n```", "a();\rx();\rb();\r");
}

#[test]
fn the_final_newline_is_the_documents() {
    check("a();", "```\nb();\n```", "b();");
    check("a();\r\nb();", "```\na();\nc();\n```", "a();\r\nc();");
    check("a();\n", "b();", "b();\n");
}

#[test]
fn blank_lines_at_the_edges_are_the_documents() {
    check("\na();\n\n", "```\nb();\n```", "\nb();\n\n");
    check("a();\n", "```\n\nb();\n\n```", "b();\n");
}

#[test]
fn no_blanks_are_added_at_line_ends() {
    check("a();\n", "```\nb();  \n    \nc();\t\n```", "b();\n\nc();\n");
}

#[test]
fn blanks_that_were_there_stay() {
    check("a();  \n    \nb();\n", "```\na();\n\nc();\n```", "a();  \n    \nc();\n");
}

#[test]
fn a_hard_line_break_in_markdown_stays() {
    let markdown = Surroundings { language: "markdown".into(), ..around("one\n") };
    check_around(&markdown, "```markdown\nuno  \ndos\n```", "uno  \ndos\n");
}

#[test]
fn an_instruction_about_blanks_is_left_alone() {
    let asked = Surroundings { instruction: "remove trailing whitespace".into(), ..around("a();  \n\n\n") };
    check_around(&asked, "```\na();\n```", "a();\n");
}

#[test]
fn the_mark_that_a_file_begins_with_stays() {
    check("\u{feff}a();\nb();\n", "```\na();\nc();\n```", "\u{feff}a();\nc();\n");
    check("\u{feff}a();\nb();\n", "```\n\u{feff}a();\nc();\n```", "\u{feff}a();\nc();\n");
}

#[test]
fn emoji_and_combining_characters_survive() {
    check("let s = \"a\";\n", "```\nlet s = \"👩‍👩‍👧 e\u{301}\";\n```", "let s = \"👩‍👩‍👧 e\u{301}\";\n");
}

#[test]
fn a_hard_line_break_that_the_answer_brings_is_the_answers() {
    for language in ["markdown", "quarto"] {
        let around = |base: &str| Surroundings { language: language.into(), ..around(base) };
        check_around(&around("one\ntwo\n"), "```markdown\none  \ntwo\n```", "one  \ntwo\n");
        check_around(&around("one\ntwo\n"), "one  \ntwo\n", "one  \ntwo\n");
        check_around(&around("one  \ntwo\n"), "```markdown\none\ntwo!\n```", "one  \ntwo!\n");
        check_around(
            &around("one  \r\ntwo\r\n"),
            "```markdown\none  \ntwo  \nthree\n```",
            "one  \r\ntwo  \r\nthree\r\n",
        );
        // Blanks on an empty line or one alone break nothing.
        check_around(&around("one\n\ntwo\n"), "```markdown\none \n  \ntwo\n```", "one\n\ntwo\n");
    }
    check("a();\nb();\n", "```\na();  \nb();\n```", "a();\nb();\n");
}
