//! A part of a line was selected, and the model gives the part alone.

use super::*;

fn selected(base: &str, part: &str) -> Surroundings {
    let at = base.find(part).unwrap();
    Surroundings { selected: Some(at..at + part.len()), ..around(base) }
}

fn warning(around: &Surroundings, answer: &str) -> Option<String> {
    whole(around, answer, &StopReason::End).unwrap().warning
}

#[test]
fn one_name_or_number_for_another_goes_where_it_was() {
    for (base, part, answer, expected) in [
        ("    let x = 1;\n", "1", "```rust\n10\n```", "    let x = 10;\n"),
        ("    let x = 1;\n", "x", "`total`", "    let total = 1;\n"),
        ("a(one);\nb(two, one);\n", "two", "```\nthree\n```", "a(one);\nb(three, one);\n"),
        ("a(one);\r\nb(two);\r\n", "two", "```\nthree\n```", "a(one);\r\nb(three);\r\n"),
        ("let s = \"👩‍💻\".one();", "one", "two", "let s = \"👩‍💻\".two();"),
    ] {
        check_around(&selected(base, part), answer, expected);
        assert_eq!(warning(&selected(base, part), answer), None, "{answer}");
    }
}

#[test]
fn whole_lines_are_whole_lines() {
    for (base, part, answer) in [
        ("    let x = 1;\n", "1", "    let x = 10;\n"),
        ("    let x = 1;\n", "let x", "    const X: u8 = 1;\n"),
        ("    x\n", "x", "    y\n"),
        ("f(a, b);\n", "a", "f(c, b);\ng(c);\n"),
    ] {
        check_around(&selected(base, part), &format!("```rust\n{answer}```"), answer);
        assert_eq!(warning(&selected(base, part), &format!("```rust\n{answer}```")), None, "{answer}");
    }
}

#[test]
fn a_rest_of_the_line_that_goes_is_flagged() {
    let around = selected("    let x = total(a, b);\n", "total(a, b)");
    check_around(&around, "```rust\na + b\n```", "    a + b\n");
    insta::assert_snapshot!(
        warning(&around, "```rust\na + b\n```").unwrap(),
        @"What stands around the selected part goes: `let x =`."
    );
    let asked = Surroundings { instruction: "drop the binding".into(), ..around };
    assert_eq!(warning(&asked, "```rust\na + b\n```"), None);
}
