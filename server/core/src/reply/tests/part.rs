//! A part of a line was selected, and the model gives the part alone.

use super::*;

fn selected(base: &str, part: &str) -> Surroundings {
    let at = base.find(part).unwrap();
    Surroundings { selected: Some(at..at + part.len()), ..around(base) }
}

fn prose(base: &str, part: &str) -> Surroundings {
    Surroundings { language: "markdown".into(), ..selected(base, part) }
}

fn warning(around: &Surroundings, answer: &str) -> Option<String> {
    whole(around, answer, &StopReason::End).unwrap().warning
}

#[track_caller]
fn check_part(around: &Surroundings, answer: &str, expected: &str) {
    check_around(around, answer, expected);
    assert_eq!(warning(around, answer), None, "{answer}");
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
        check_part(&selected(base, part), answer, expected);
    }
}

#[test]
fn whole_lines_are_whole_lines() {
    for (base, part, answer) in [
        ("    let x = 1;\n", "1", "    let x = 10;\n"),
        ("    let x = 1;\n", "let x", "    const X: u8 = 1;\n"),
        ("    x\n", "x", "    y\n"),
        ("f(a, b);\n", "a", "f(c, b);\ng(c);\n"),
        ("    let x = total(a, b);\n", "total(a, b)", "    // The sum.\n    let x = a + b;\n"),
        ("let f = sum(a).max(limit);\n", "sum(a)", "let total = sum(a);\nlet f = total.max(limit);\n"),
    ] {
        check_part(&selected(base, part), &format!("```rust\n{answer}```"), answer);
    }
    let base = "The quick brown fox jumps over it.\n";
    check_part(
        &prose(base, "quick brown"),
        "The slow red fox jumps over it.",
        "The slow red fox jumps over it.\n",
    );
}

#[test]
fn several_words_go_where_the_part_was() {
    let base = "    let x = total(a, b);\n";
    for instruction in ["write it out", "simplify this", "remove the call"] {
        let around = Surroundings { instruction: instruction.into(), ..selected(base, "total(a, b)") };
        for answer in ["```rust\na + b\n```", "```rust\n    a + b\n```", "```rust\na + b;\n```", "`a + b`"] {
            check_part(&around, answer, "    let x = a + b;\n");
        }
    }
    // Words that the part has as well say nothing about the rest.
    check_part(
        &selected("let x = (a + b) * (a - b);\n", "a + b"),
        "```\nb.abs() + a.abs()\n```",
        "let x = (b.abs() + a.abs()) * (a - b);\n",
    );
    check_part(
        &selected("    run(|x| x + 1, last);\n", "|x| x + 1"),
        "```rust\n|x| {\n    log(x);\n    x + 1\n}\n```",
        "    run(|x| {\n        log(x);\n        x + 1\n    }, last);\n",
    );
    check_part(
        &selected("say(\"good morning\", who);\n", "good morning"),
        "```\n\"guten Morgen\"\n```",
        "say(\"guten Morgen\", who);\n",
    );
    check_part(
        &prose("One is here. Two is there now. Three comes last of all.\n", "Two is there now."),
        "Two stays over there.",
        "One is here. Two stays over there. Three comes last of all.\n",
    );
    check_part(&selected("say(\"one\");\n", "one"), "```\ntwo more\n```", "say(\"two more\");\n");
    check_part(&selected("total();\n", "total()"), "```\na + b\n```", "a + b;\n");
    check_part(&prose("- [ ] buy milk\n", "buy milk"), "buy oat milk", "- [ ] buy oat milk\n");
}

#[test]
fn where_the_answer_may_be_more_than_the_part_the_rest_stays_and_the_user_is_told() {
    let around = selected("    let x = total(a, b);\n", "total(a, b)");
    let answer = "```rust\n(a.add(b)\n```";
    check_around(&around, answer, "    let x = (a.add(b);\n");
    insta::assert_snapshot!(
        warning(&around, answer).unwrap(),
        @"Only the selected part is replaced; what stands around it on the line stays."
    );
}

#[test]
fn a_rest_of_the_line_that_goes_is_flagged() {
    let around = selected("    let x = total(a, b);\n", "total(a, b)");
    let answer = "```rust\nlet sum = a + b;\n```";
    check_around(&around, answer, "    let sum = a + b;\n");
    let answer = "```rust\nsum = x - let_go(of, x)\n```";
    let around = selected("    let x = total(a, b) - of;\n", "total(a, b)");
    check_around(&around, answer, "    sum = x - let_go(of, x)\n");
    insta::assert_snapshot!(
        warning(&around, answer).unwrap(),
        @"What stands around the selected part goes: `let x =`, `- of;`."
    );
    let around = selected("    let x = total(a, b);\n", "total(a, b)");
    insta::assert_snapshot!(
        warning(&around, "```rust\nconst SUM: u8 = a + b;\n```").unwrap(),
        @"What stands around the selected part goes: `let x =`."
    );
}

#[test]
fn a_part_that_is_to_go_goes_alone() {
    let asked =
        |base: &str, part: &str| Surroundings { instruction: "delete this".into(), ..selected(base, part) };
    check_part(&asked("f(a, b);\n", ", b"), "```rust\n```", "f(a);\n");
    check_part(&asked("f(a,\r\n  b);\r\ng();\r\n", ",\r\n  b"), "```rust\n\n```", "f(a);\r\ng();\r\n");
    check_part(&asked("f(a);\ng(b);\n", "f(a);\ng(b);"), "```rust\n```", "");
}

#[test]
fn a_part_is_not_previewed_as_whole_lines() {
    let mut reply = Reply::new(selected("f(|x| x + 1, last);\n", "|x| x + 1"));
    reply.push("```rust\n|x| {\n    log(x);\n    x + 1\n}\n```\n");
    assert!(reply.lines_so_far().is_empty());
}

#[test]
fn a_body_alone_goes_where_the_body_was() {
    let python = Surroundings { language: "python".into(), ..around("def f(x):\n    return x\n") };
    check_around(
        &python,
        "```python\n    log(x)\n    return x\n```",
        "def f(x):\n    log(x)\n    return x\n",
    );
    insta::assert_snapshot!(
        warning(&python, "```python\n    log(x)\n    return x\n```").unwrap(),
        @"The answer is the body alone; what stands around it stays: `def f(x):`."
    );
    check("fn a() {\n    x();\n}\n", "```rust\n    y();\n    z();\n```", "fn a() {\n    y();\n    z();\n}\n");
    // All of it, further in.
    check(
        "fn a() {\n    x();\n}\n",
        "```rust\n    fn a() {\n        y();\n    }\n```",
        "fn a() {\n    y();\n}\n",
    );
    let asked = Surroundings { instruction: "remove the if".into(), ..around("if a {\n    x();\n}\n") };
    check_around(&asked, "```rust\n    x();\n```", "x();\n");
}

#[test]
fn brackets_that_stand_around_the_part_are_not_doubled() {
    check_part(&selected("f(a, b);\n", "a, b"), "```\n(a, b, c)\n```", "f(a, b, c);\n");
    check_part(&selected("f(a, b);\n", "a, b"), "```\n(a + b) * (c)\n```", "f((a + b) * (c));\n");
    check_part(&selected("f(a);\n", "a"), "```\n(a, b)\n```", "f((a, b));\n");
}

#[test]
fn a_function_without_a_name_is_a_part_of_a_line() {
    check_part(
        &selected("    call(x, fn);\n", "fn"),
        "```js\nfunction () {\n    a();\n}\n```",
        "    call(x, function () {\n        a();\n    });\n",
    );
}
