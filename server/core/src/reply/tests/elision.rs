//! Remarks in place of code.

use super::*;

const LONG: &str = "fn main() {\n    let a = 1;\n    one(a);\n    two(a);\n\n    three(a);\n    last();\n}\n";

fn elided(remark: &str) -> ReplyProblem {
    ReplyProblem::Elided { remark: remark.into() }
}

#[test]
fn an_elided_middle_is_put_back() {
    for remark in [
        "// ... rest unchanged",
        "// ...",
        "// ... existing code ...",
        "/* unchanged */",
        "// rest of the function remains the same",
        "// (rest of the code unchanged)",
        "...",
        "// … unchanged …",
        "// [rest of the code here]",
        "// Rest of the code...",
        "{/* ... existing code ... */}",
    ] {
        let answer = format!(
            "```rust\nfn main() {{\n    let a = 2;\n    one(a);\n    {remark}\n    last();\n    more();\n}}\n```"
        );
        let expected = "fn main() {\n    let a = 2;\n    one(a);\n    two(a);\n\n    three(a);\n    last();\n    more();\n}\n";
        assert_eq!(
            whole(&around(LONG), &answer, &StopReason::End).map(|clean| clean.text).as_deref(),
            Ok(expected),
            "{remark}"
        );
        same_at_every_size(&around(LONG), &answer);
    }
}

#[test]
fn an_elided_middle_in_other_languages_is_put_back() {
    for (language, remark) in [
        ("python", "# ... existing code ..."),
        ("python", "# rest unchanged"),
        ("lua", "-- ... rest of the code ..."),
        ("html", "<!-- ... unchanged ... -->"),
        ("latex", "% ... rest unchanged ..."),
        ("clojure", ";; ... rest unchanged"),
        ("markdown", "[... rest unchanged ...]"),
    ] {
        let around = Surroundings {
            language: language.into(),
            ..around("alpha one\nbeta two\ngamma three\ndelta four\n")
        };
        let answer = format!("```\nalpha zero\nbeta two\n{remark}\n```");
        let result = whole(&around, &answer, &StopReason::End).map(|clean| clean.text);
        assert_eq!(result.as_deref(), Ok("alpha zero\nbeta two\ngamma three\ndelta four\n"), "{language}");
    }
}

#[test]
fn an_elided_end_is_put_back() {
    check(
        LONG,
        "```rust\nfn main() {\n    let b = 1;\n    one(a);\n    // ... rest unchanged\n}\n```",
        &LONG.replace("let a", "let b"),
    );
}

#[test]
fn an_elided_start_is_put_back() {
    check(
        LONG,
        "```rust\n// ... existing code ...\n    three(a, b);\n    last();\n}\n```",
        &LONG.replace("three(a)", "three(a, b)"),
    );
}

#[test]
fn two_elided_parts_are_put_back() {
    let answer = "```rust\nfn main(x: u8) {\n    // ...\n    two(a);\n\n    drei(a);\n    // ...\n}\n```";
    check_problem(LONG, answer, elided("// ..."));
    let answer =
        "```rust\nfn main() {\n    // ...\n    two(a);\n    new();\n\n    three(a);\n    // ...\n}\n```";
    check(
        LONG,
        answer,
        "fn main() {\n    let a = 1;\n    one(a);\n    two(a);\n    new();\n\n    three(a);\n    last();\n}\n",
    );
}

#[test]
fn an_elision_behind_new_code_is_a_problem() {
    // Whether `new();` replaces `let a = 1;` or comes before it is not said.
    let answer = "```rust\nfn main() {\n    new();\n    // ... rest unchanged\n}\n```";
    check_problem(LONG, answer, elided("// ... rest unchanged"));
}

#[test]
fn a_new_block_before_an_elision_is_not_taken_for_an_old_one() {
    let base = "fn main() {\n    a();\n    for z in q {\n        b();\n    }\n    c();\n}\n";
    let answer = "```rust\nfn main() {\n    if x {\n        y();\n    }\n    // ... rest unchanged\n}\n```";
    check_problem(base, answer, elided("// ... rest unchanged"));
}

#[test]
fn a_start_that_is_the_documents_own_is_known_by_its_place() {
    let base = "a();\nb();\na();\nc();\nlast();\n";
    check(base, "```rust\na();\n// ...\nlast();\n```", base);
}

#[test]
fn a_changed_line_before_an_elision_is_known_by_its_words() {
    let base = "first();\nlet x = compute(a, b);\nset(x, compute(a, b));\nlast();\n";
    let answer = "```rust\nfirst();\nlet y = compute(a, b);\n// ...\nlast();\n```";
    check(base, answer, &base.replace("let x", "let y"));
}

#[test]
fn an_elision_that_would_lose_many_lines_before_it_is_a_problem() {
    let base: String = (1..=12).map(|n| format!("call{n}();\n")).collect();
    check_problem(&base, "```rust\nnew();\ncall10();\n// ...\n```", elided("// ..."));
}

#[test]
fn an_elision_between_lines_that_stand_in_several_places_is_a_problem() {
    let base = "fn a() {\n    x();\n    y();\n}\nfn b() {\n    x();\n    z();\n}\n";
    check_problem(base, "```rust\n    x();\n    // ...\n```", elided("// ..."));
}

#[test]
fn a_whole_answer_that_is_a_remark_is_a_problem() {
    check_problem(LONG, "```rust\n// ... rest unchanged\n```", elided("// ... rest unchanged"));
}

#[test]
fn a_remark_inside_of_a_line_is_a_problem() {
    check_problem(LONG, "```rust\nfn main() { /* ... */ }\n```", elided("fn main() { /* ... */ }"));
    check_problem(LONG, "```rust\nfn main() { ... }\n```", elided("fn main() { ... }"));
    check_problem(
        LONG,
        "```rust\nfn main() { // ... existing code ...\n}\n```",
        elided("fn main() { // ... existing code ..."),
    );
}

#[test]
fn a_remark_that_the_document_holds_itself_is_text() {
    let base = "fn main() {\n    // ...\n    one();\n}\n";
    check(
        base,
        "```rust\nfn main() {\n    // ...\n    two();\n}\n```",
        "fn main() {\n    // ...\n    two();\n}\n",
    );
}

#[test]
fn an_ordinary_comment_is_no_remark() {
    for comment in [
        "// Returns the rest of the list.",
        "// return the original value unchanged",
        "// Other threads may hold the lock.",
        "// same as above, but faster",
        "// code is the exit status",
        "// code follows",
        "let url = \"https://...\";",
        "url: \"https://...\",",
        "#[...]",
        "# Remaining arguments",
        "// TODO: more tests here",
    ] {
        check("a();\n", &format!("```rust\n{comment}\nb();\n```"), &format!("{comment}\nb();\n"));
    }
}

#[test]
fn an_ellipsis_that_is_python_is_code() {
    let python = Surroundings { language: "python".into(), ..around("def f(): pass\n") };
    check_around(&python, "```python\ndef f():\n    ...\n```", "def f():\n    ...\n");
}

#[test]
fn spread_syntax_is_code() {
    check("x = a\n", "```\nx = { ...a, b }\ny = [...a]\n```", "x = { ...a, b }\ny = [...a]\n");
}

#[test]
fn a_preview_stops_before_a_remark() {
    let mut reply = Reply::new(around(LONG));
    reply.push("```rust\nfn main() {\n    let a = 2;\n    // ... rest unchanged\n    last();\n}\n```\n");
    assert_eq!(reply.lines_so_far().concat(), "fn main() {\n    let a = 2;\n");
}

#[test]
fn a_remark_in_a_comment_of_which_most_is_left_out_stands_for_it() {
    let base = "/*\n * The clock.\n * It ticks.\n * It stops.\n * It is late.\n * It is early.\n * Nobody knows.\n */\nint x;\n";
    let c = |base: &str| Surroundings { language: "c".into(), ..around(base) };
    let changed = base.replace("clock", "old clock");
    for remark in ["// ... rest unchanged ...", " * ...", " * ... rest unchanged"] {
        let answer = format!("```c\n/*\n * The old clock.\n * It ticks.\n{remark}\n */\nint x;\n```");
        check_around(&c(base), &answer, &changed);
        let answer = format!("```c\n/*\n * A clock of old.\n{remark}\n```");
        let result = whole(&c(base), &answer, &StopReason::End);
        assert!(matches!(result, Err(ReplyProblem::Elided { .. })), "{result:?}");
    }
    let doc = "/// Adds.\n/// It is quick.\n/// It never fails.\n/// It has no state.\nfn add() {}\n";
    check_problem(
        doc,
        "```rust\n/// Sums.\n/// rest unchanged\nfn add() {}\n```",
        ReplyProblem::Elided { remark: "/// rest unchanged".into() },
    );
    let text = "/// Adds.\n/// It is as quick as:\n/// ...\nfn add() {}\n";
    check("/// Adds.\n/// It is quick.\nfn add() {}\n", &format!("```rust\n{text}```"), text);
}

#[test]
fn existing_tests_that_a_remark_stands_for_before_a_new_one_are_never_dropped() {
    let base = "mod tests {\n    #[test]\n    fn one() {\n        a();\n    }\n\n    #[test]\n    fn two() {\n        b();\n    }\n}\n";
    let answer = "```rust\nmod tests {\n    // ... existing tests ...\n\n    #[test]\n    fn three() {\n        c();\n    }\n}\n```";
    match whole(&around(base), answer, &StopReason::End) {
        Ok(clean) => {
            assert!(["one", "two", "three"].iter().all(|name| clean.text.contains(name)), "{clean:?}");
        }
        Err(problem) => assert!(matches!(problem, ReplyProblem::Elided { .. }), "{problem:?}"),
    }
}
