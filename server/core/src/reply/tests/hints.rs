//! Comments whose words are a remark where lines are missing, and a comment like any other where none is; and lines that
//! share a remark with code.

use super::*;

const BASE: &str = "alpha one\nbeta two\ngamma three\ndelta four\nepsilon five\nzeta six\n";

/// Where nothing is missing each of these is a comment.
const HINTS: &[&str] = &[
    "// rest of the arguments",
    "// other fields as before",
    "// other methods",
    "// existing state and effects",
    "// Existing logic for non-admin users",
    "// rest of visual updates",
    "// Helper functions (unchanged)",
    "// parse_args: same as before",
    "// Content remains the same",
    "// Function body stays as it was",
    "// keep as is",
    "// as before",
    "// continue as before",
    "// Same pattern for remaining cases",
    "// similar changes for the other methods",
    "// 12 more items",
    "// (and 12 more)",
    "// useEffect hooks...",
    "// imports...",
    "// (implementation)",
    "// your code here",
    "// other form fields would continue here - shortened for brevity",
    "// TODO: rest of the steps",
];

#[test]
fn words_where_lines_are_missing_stand_for_them() {
    for hint in HINTS {
        let answer = format!("```rust\nalpha eins\nbeta two\n    {hint}\nzeta six\n```\n");
        check(BASE, &answer, &BASE.replace("alpha one", "alpha eins"));
    }
}

#[test]
fn words_where_lines_are_missing_and_it_is_not_sure_which_are_a_problem() {
    for hint in HINTS {
        check_problem(
            BASE,
            &format!("```rust\nsomething new\n{hint}\n```\n"),
            ReplyProblem::Elided { remark: (*hint).into() },
        );
    }
}

#[test]
fn the_same_words_where_nothing_is_missing_are_a_comment() {
    for hint in HINTS {
        for text in [
            // Above a line that was there, between new lines, and above changed ones.
            BASE.replace("gamma", &format!("{hint}\ngamma")),
            BASE.replace("gamma three\n", &format!("gamma three\nnew = 1\n{hint}\nnew = 2\n")),
            BASE.replace("gamma three\ndelta four\n", &format!("gamma = 3\n{hint}\ndelta = 4\nnew = 5\n")),
        ] {
            check(BASE, &format!("```rust\n{text}```\n"), &text);
        }
        let new = format!("fn new() {{\n    {hint}\n    one();\n}}\n");
        check("\n", &format!("```rust\n{new}```\n"), &new);
    }
}

#[test]
fn a_comment_that_says_so_and_is_of_several_lines_is_a_comment() {
    let comment = "// Skips what is before the mark, and the\n// rest of the file.\n";
    let text = format!("{comment}{}", BASE.replace("beta two", "beta = 2"));
    check(BASE, &format!("```rust\n{text}```\n"), &text);
}

#[test]
fn prose_in_brackets_stands_for_missing_lines() {
    for remark in [
        "*(rest of the section unchanged)*",
        "[Rest of the document remains unchanged]",
        "... (rest of the document unchanged)",
        "…",
    ] {
        let around = Surroundings { language: "markdown".into(), ..around(BASE) };
        let answer = format!("alpha eins\nbeta two\n{remark}\nzeta six\n");
        check_around(&around, &answer, &BASE.replace("alpha one", "alpha eins"));
        let text = BASE.replace("gamma", &format!("{remark}\ngamma"));
        check_around(&around, &text, &text);
    }
}

#[test]
fn a_body_that_was_left_out_is_a_problem() {
    for (language, base, line) in [
        ("rust", "fn a() {\n    x();\n    y();\n}\n", "fn a(now: u8) { /* unchanged */ }"),
        ("rust", "fn a() {\n    x();\n    y();\n}\n", "fn a(now: u8) { /* same as before */ }"),
        ("rust", "fn a() {\n    x();\n    y();\n}\n", "fn a(now: u8) { // rest of the function"),
        ("rust", "fn a() {\n    x();\n    y();\n}\n", "let a = || { ... };"),
        ("rust", "fn a() {\n    x();\n    y();\n}\n", "a(...);"),
        ("javascript", "f(() => {\n  x();\n  y();\n});\n", "f(() => { /* existing logic */ });"),
        ("javascript", "f(() => {\n  x();\n  y();\n});\n", "export const f = (...) => {"),
        ("javascript", "f(() => {\n  x();\n  y();\n});\n", "const all = [...];"),
        ("css", ".a {\n  top: 0;\n  left: 0;\n}\n", ".b { /* existing styles */ }"),
        ("html", "<body>\n  <p>a</p>\n  <p>b</p>\n</body>\n", "<body class=\"x\">...</body>"),
        ("json", "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n", "{ \"new\": 1, \"a\": { ... } }"),
        ("python", "def a():\n    x()\n    y()\n", "def a(now): ...  # unchanged"),
        ("python", "def a():\n    x()\n    y()\n", "def a(now): ..."),
        ("python", "def a():\n    x()\n    y()\n", "def a(now): pass  # existing code"),
    ] {
        let around = Surroundings { language: language.into(), ..around(base) };
        let remark = ReplyProblem::Elided { remark: line.into() };
        check_problem_around(&around, &format!("```{language}\n{line}\n```\n"), remark);
    }
}

#[test]
fn a_body_that_never_was_longer_is_none() {
    for (language, base, line) in [
        ("python", "x = 1\n", "def a(now): ..."),
        ("html", "<button>Go</button>\n<p>a</p>\n<p>b</p>\n", "<button>...</button>\n<p>a</p>\n<p>b</p>"),
        ("javascript", "f(g);\n", "f(() => { /* the same as before */ });\ng();"),
    ] {
        let around = Surroundings { language: language.into(), ..around(base) };
        check_around(&around, &format!("```{language}\n{line}\n```\n"), &format!("{line}\n"));
    }
    let around = Surroundings {
        language: "python".into(),
        instruction: "turn it into a protocol".into(),
        ..around("def a():\n    x()\n    y()\n")
    };
    check_around(&around, "```python\ndef a(): ...\n```", "def a(): ...\n");
}

#[test]
fn a_comment_in_place_of_lines_is_flagged_whatever_it_says() {
    let warning = |instruction: &str, answer: &str| {
        let asked = Surroundings { instruction: instruction.into(), ..around(BASE) };
        whole(&asked, &format!("```rust\n{answer}```"), &StopReason::End).unwrap().warning
    };
    let swallowed = "alpha one\nbeta two\n// yada yada\nepsilon five\nzeta six\n";
    insta::assert_snapshot!(
        warning("rename alpha", swallowed).unwrap(),
        @"2 lines go where the answer says `// yada yada`, and the instruction didn't ask for that."
    );
    assert_eq!(warning("remove gamma and delta", swallowed), None);
    let replaced = "alpha one\nbeta two\n// Both at once.\ngamma_and_delta(34)\nepsilon five\nzeta six\n";
    assert_eq!(warning("use one call", replaced), None);
    assert_eq!(warning("comment it", &BASE.replace("gamma", "// The third.\ngamma")), None);
}

#[test]
fn a_comment_in_other_words_is_a_comment() {
    let base = "one();\n// Loading the files...\ntwo();\n// Other fields stay.\nthree();\n";
    for (old, new) in [
        ("// Loading the files...", "// Reading them..."),
        ("// Other fields stay.", "// The same for the rest"),
        ("// Other fields stay.", "// other fields as before"),
    ] {
        let text = base.replace(old, new);
        check(base, &format!("```rust\n{text}```\n"), &text);
    }
}

#[test]
fn what_is_commented_out_is_no_remark() {
    let html =
        Surroundings { language: "html".into(), instruction: "comment it out".into(), ..around("<p>\n") };
    check_around(&html, "<!-- <p> -->", "<!-- <p> -->\n");
    check("rest();\nsame();\n", "// rest();\n// same();", "// rest();\n// same();\n");
    check("skip(\nrest\n)\nend()\n", "// skip(\n// rest\n// )\nend()", "// skip(\n// rest\n// )\nend()\n");
}

#[test]
fn words_in_an_answer_that_leaves_nothing_out_are_a_comment() {
    for (language, comment) in [
        ("dockerfile", "# Add the rest of the code"),
        ("javascript", "// No change"),
        ("javascript", "// unchanged"),
        ("javascript", "// Omitted"),
        ("shellscript", "# No changes"),
        ("python", "# Rest of the file"),
        ("rust", "// Remaining body"),
        ("rust", "// Other fields stay the same"),
        ("go", "// The rest is the body."),
        ("yaml", "# unchanged"),
        ("json", "\"note\": \"No changes\","),
    ] {
        let around = Surroundings { language: language.into(), ..around(BASE) };
        for text in [
            format!("{comment}\n{BASE}"),
            BASE.replace("gamma", &format!("{comment}\ngamma")),
            BASE.replace("gamma", &format!("eta = 7\n{comment}\ntheta = 8\ngamma")),
            BASE.replace("zeta", &format!("{comment}\nzeta")),
        ] {
            check_around(&around, &format!("```\n{text}```"), &text);
        }
    }
}

#[test]
fn an_ellipsis_in_a_text_or_a_comment_is_text_where_nothing_is_left_out() {
    for (language, example) in [
        ("html", "<pre>\nfn main() { ... }\n</pre>"),
        ("rust", "/**\n fn main() { ... }\n*/"),
        ("rust", "/// fn main() { ... }"),
        ("rust", "let s = \"fn main() { ... }\";"),
        ("javascript", "run(7); // ...and the same here"),
        ("python", "s = \"\"\"\nfn main() { ... }\n\"\"\""),
    ] {
        let around = Surroundings { language: language.into(), ..around(BASE) };
        let text = BASE.replace("gamma", &format!("{example}\ngamma"));
        check_around(&around, &format!("```\n{text}```"), &text);
    }
    for line in ["fn new() { ... }", "fn new() { // ... existing code", "fn new() { /* ... */ }"] {
        let answer = BASE.replace("gamma", &format!("{line}\ngamma"));
        check_problem(BASE, &format!("```rust\n{answer}```"), ReplyProblem::Elided { remark: line.into() });
    }
}

#[test]
fn words_in_an_answer_that_changes_a_line_elsewhere_are_a_comment() {
    let lines: Vec<&str> = BASE.lines().collect();
    for (language, comment, is_sure) in [
        ("javascript", "// No change", true),
        ("javascript", "// unchanged", true),
        ("python", "# same as before", false),
        ("python", "# Rest of the file", true),
        ("rust", "// Other fields stay the same", false),
        ("rust", "// The rest of the code is the body.", true),
        ("rust", "// ...and the same here", false),
        ("rust", "// existing code below", true),
        ("yaml", "# unchanged", true),
        ("sql", "-- Rest unchanged", true),
    ] {
        for changed in 0..lines.len() {
            for new in [Some(format!("{} changed", lines[changed])), Some("entirely else".to_owned()), None] {
                for at in 0..lines.len() {
                    // Beside a line that went, or where the comment's words are sure, it may stand for that one; and
                    // sure words above all of it stand for nothing.
                    let is_near = at == changed || at == changed + 1;
                    let may_stand = match new.as_deref() {
                        None => is_near || is_sure,
                        Some("entirely else") => is_near,
                        Some(_) => false,
                    };
                    if may_stand || is_sure && at == 0 {
                        continue;
                    }
                    let mut text: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
                    match &new {
                        Some(new) => text[changed].clone_from(new),
                        None => text[changed].clear(),
                    }
                    text[at] = format!("{comment}\n{}", text[at]);
                    let text: String =
                        text.iter().filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect();
                    let around = Surroundings { language: language.into(), ..around(BASE) };
                    let result = whole(&around, &format!("```\n{text}```"), &StopReason::End);
                    assert_eq!(result.map(|clean| clean.text), Ok(text), "{language}");
                }
            }
        }
    }
}

#[test]
fn a_comment_in_any_words_alone_where_whole_blocks_are_missing_stands_for_them() {
    let class = "class A {\n  f() {\n    return one(1);\n  }\n\n  g() {\n    one();\n    two();\n  }\n\n  h() {\n    three();\n  }\n}\n";
    let js = |instruction: &str| Surroundings {
        language: "javascript".into(),
        instruction: instruction.into(),
        ..around(class)
    };
    for remark in [
        "// The other methods stay as they are",
        "// Keep the other methods as they are",
        "// Leave the rest alone",
        "// No further changes",
        "// Weitere Methoden unverändert",
        "// g(), h()",
    ] {
        let answer = |value: &str| {
            format!("```js\nclass A {{\n  f() {{\n    return {value};\n  }}\n\n  {remark}\n}}\n```")
        };
        let around = js("make f return 2");
        check_around(&around, &answer("one(2)"), &class.replace("one(1)", "one(2)"));
        check_problem_around(&around, &answer("2"), ReplyProblem::Elided { remark: remark.into() });
        let between = format!(
            "```js\nclass A {{\n  f() {{\n    return one(2);\n  }}\n\n  {remark}\n\n  h() {{\n    three();\n  }}\n}}\n```"
        );
        check_around(&around, &between, &class.replace("one(1)", "one(2)"));
        // Asked for, it is a comment.
        let text = "class A {\n  f() {\n    return 2;\n  }\n\n  // Gone.\n}\n";
        for instruction in ["remove g and h", "replace g and h with a comment"] {
            check_around(&js(instruction), &format!("```js\n{text}```"), text);
        }
    }
    let warning = whole(
        &js("make f return 2"),
        "```js\nclass A {\n  f() {\n    return one(2);\n  }\n\n  // g(), h()\n}\n```",
        &StopReason::End,
    );
    insta::assert_snapshot!(
        warning.unwrap().warning.unwrap(),
        @"The answer says `// g(), h()` where lines of the selection are missing; those stay."
    );
}

#[test]
fn a_comment_that_comes_with_code_or_above_it_is_a_comment() {
    let base = "fn a() {\n    one();\n    two();\n    three();\n    four();\n}\n";
    for text in [
        "fn a() {\n    one();\n    // All at once.\n    rest();\n}\n",
        "fn a() {\n    // The driver does it.\n    four();\n}\n",
        "fn a() {\n    one();\n    two();\n    // Done.\n}\n",
        "fn a() {\n    // one();\n    // two();\n    // three();\n    // four();\n}\n",
    ] {
        check(base, &format!("```rust\n{text}```"), text);
    }
}

#[test]
fn a_definition_that_goes_alone_is_flagged() {
    let base = "def f(x):\n    a = x\n    return a\n\ndef g(x):\n    b = x\n    return b\n";
    let warning = |instruction: &str, answer: &str| {
        let around =
            Surroundings { language: "python".into(), instruction: instruction.into(), ..around(base) };
        whole(&around, &format!("```python\n{answer}```"), &StopReason::End).unwrap().warning
    };
    let first = "def f(x: int) -> int:\n    a = x\n    return a\n";
    insta::assert_snapshot!(
        warning("add type hints", first).unwrap(),
        @"3 lines go with `def g(x):`, and the instruction didn't ask for that."
    );
    let changed = first.replace("return a", "return int(a)");
    assert!(warning("add type hints", &changed).is_some());
    assert_eq!(warning("remove g", first), None);
    assert_eq!(warning("rename g", &base.replace("def g", "def h")), None);
    let swapped = "def g(x: int):\n    b = x\n    return b\n\ndef f(x: int):\n    a = x\n    return a\n";
    assert_eq!(warning("add type hints and sort", swapped), None);
    let inlined = "def f(x):\n    return x\n\ndef g(x):\n    return x\n";
    assert_eq!(warning("use no the variables", inlined), None);
}
