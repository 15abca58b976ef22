//! The depth and the style of the selection.

use super::*;

fn tabs(base: &str) -> Surroundings {
    Surroundings { indent: Indent { tabs: true, width: 4 }, ..around(base) }
}

#[test]
fn a_dedented_answer_gets_the_depth_of_the_selection() {
    check(
        "        if a {\n            b();\n        }\n",
        "```rust\nif a {\n    c();\n}\n```",
        "        if a {\n            c();\n        }\n",
    );
}

#[test]
fn a_dedented_answer_that_wraps_the_selection_gets_its_depth() {
    check(
        "    a();\n    b();\n",
        "```rust\nif x {\n    a();\n    b();\n}\n```",
        "    if x {\n        a();\n        b();\n    }\n",
    );
}

#[test]
fn an_answer_with_the_right_depth_stays() {
    check(
        "    a();\n    b();\n",
        "```rust\n    if x {\n        a();\n    }\n```",
        "    if x {\n        a();\n    }\n",
    );
}

#[test]
fn a_first_line_without_its_indentation_gets_it() {
    check(
        "    a();\n    b();\n    c();\n",
        "```rust\na();\n    b();\n    d();\n```",
        "    a();\n    b();\n    d();\n",
    );
}

#[test]
fn a_selection_that_starts_deep_keeps_its_depth() {
    check(
        "        a();\n    }\n",
        "```rust\n        x();\n        a();\n    }\n```",
        "        x();\n        a();\n    }\n",
    );
    check("        a();\n    }\n", "```rust\n    x();\n}\n```", "        x();\n    }\n");
}

#[test]
fn python_keeps_its_blocks_when_the_answer_is_dedented() {
    let python = Surroundings { language: "python".into(), ..around("    def f(self):\n        return 1\n") };
    check_around(
        &python,
        "```python\ndef f(self):\n    x = 1\n    return x\n```",
        "    def f(self):\n        x = 1\n        return x\n",
    );
}

#[test]
fn spaces_become_tabs_in_a_document_with_tabs() {
    check_around(
        &tabs("\tif a {\n\t\tb();\n\t}\n"),
        "```go\n    if a {\n        c();\n    }\n```",
        "\tif a {\n\t\tc();\n\t}\n",
    );
    check_around(
        &tabs("\tif a {\n\t\tb();\n\t}\n"),
        "```go\nif a {\n  c();\n  if d {\n    e();\n  }\n}\n```",
        "\tif a {\n\t\tc();\n\t\tif d {\n\t\t\te();\n\t\t}\n\t}\n",
    );
}

#[test]
fn tabs_become_spaces_in_a_document_with_spaces() {
    let two =
        Surroundings { indent: Indent { tabs: false, width: 2 }, ..around("  if a {\n    b();\n  }\n") };
    check_around(&two, "```\n\tif a {\n\t\tc();\n\t}\n```", "  if a {\n    c();\n  }\n");
}

#[test]
fn a_block_comment_keeps_its_stars_in_line() {
    check_around(
        &tabs("\tint a;\n"),
        "```c\n/**\n * The count.\n */\nint a;\n```",
        "\t/**\n\t * The count.\n\t */\n\tint a;\n",
    );
}

#[test]
fn a_line_of_the_document_in_the_other_style_stays_as_it_is() {
    check_around(
        &tabs("\ta();\n    b();\n\tc();\n"),
        "```\n\ta();\n    b();\n\td();\n```",
        "\ta();\n    b();\n\td();\n",
    );
}

#[test]
fn an_answer_that_is_too_deep_moves_out() {
    check("a();\nb();\n", "```rust\n    a();\n    c();\n```", "a();\nc();\n");
}

#[test]
fn text_put_on_an_empty_line_gets_the_depth_of_its_place() {
    let place = Surroundings {
        before: "fn main() {\n    a();\n".into(),
        after: "    b();\n}\n".into(),
        ..around("\n")
    };
    check_around(&place, "```rust\nif x {\n    y();\n}\n```", "    if x {\n        y();\n    }\n");
    let place = Surroundings { before: "fn main() {\n".into(), after: "}\n".into(), ..around("\n") };
    check_around(&place, "```rust\n    a();\n```", "    a();\n");
    let place = Surroundings { before: "    return x\n".into(), after: "def g():\n".into(), ..around("\n") };
    check_around(&place, "```python\ndef h():\n    pass\n```", "def h():\n    pass\n");
}

#[test]
fn an_instruction_about_indentation_is_left_alone() {
    let asked = Surroundings { instruction: "move it out of the block".into(), ..around("    a();\n") };
    check_around(&asked, "```rust\na();\n```", "a();\n");
}

#[test]
fn the_style_of_a_document_is_seen() {
    let detect = |text: &str| Indent::detect(text.lines(), Indent::default());
    assert_eq!(detect("a\n\tb\n\t\tc\n"), Indent { tabs: true, width: 4 });
    assert_eq!(detect("a:\n  b:\n    c\n  d\n"), Indent { tabs: false, width: 2 });
    assert_eq!(detect("/**\n * x\n */\nf() {\n    a();\n}\n"), Indent { tabs: false, width: 4 });
    assert_eq!(detect("a\nb\n"), Indent::default());
}

#[test]
fn a_preview_has_the_depth_of_the_selection() {
    let mut reply = Reply::new(around("    a();\n    b();\n"));
    reply.push("```rust\nif x {\n    a();\n");
    assert_eq!(reply.lines_so_far().concat(), "    if x {\n        a();\n");
    let mut reply = Reply::new(around("    a(\"\nb\n\");\n    c();\n"));
    reply.push("```rust\na(\"\nb\n\");\nd();\n");
    assert_eq!(reply.lines_so_far().concat(), "    a(\"\nb\n\");\n    d();\n");
}

#[test]
fn tabs_and_spaces_that_are_mixed_stay_as_the_answer_has_them() {
    // A tab for eight columns, as in old sources; and spaces that align what goes on from the line before.
    let gnu = "    if (a)\n      {\n\tb ();\n\tc (d,\n\t   e);\n      }\n";
    let around = |base: &str| Surroundings {
        language: "c".into(),
        indent: Indent::of(base, "", ""),
        before: "static void\nf (int a)\n{\n    int x;\n\tint y;\n".into(),
        ..around(base)
    };
    for base in [gnu, "\tb ();\n\tc (d,\n\t   e);\n", "\tb ();\n", "      {\n"] {
        for text in [
            base.replace("b ()", "bb ()"),
            base.replace(" e);", " ee);"),
            format!("{base}\tc (d,\n\t       e);\n"),
            format!("{base}    c (d,\n       e);\n"),
        ] {
            check_around(&around(base), &format!("```c\n{text}```"), &text);
        }
    }
    // All of it in spaces, where the selection has tabs.
    check_around(
        &around("\tb ();\n"),
        "```c\n    if (x) {\n        b ();\n    }\n```",
        "\tif (x) {\n\t\tb ();\n\t}\n",
    );
}

#[test]
fn of_the_lines_around_the_nearest_tell_the_style() {
    let spaces = "fn a() {\n    b();\n}\n".repeat(20);
    let tabs = "fn a() {\n\tb();\n}\n".repeat(5);
    assert!(Indent::of("\n", &format!("{spaces}{tabs}"), &tabs).tabs);
    assert!(!Indent::of("\n", &format!("{tabs}{spaces}"), &tabs).tabs);
    assert!(!Indent::of("  x\n", &tabs, &tabs).tabs);
    assert!(Indent::of("\n", &format!("{tabs}{}", "a\n".repeat(40)), "").tabs);
}

#[test]
fn an_item_that_moves_below_another_takes_its_own_with_it() {
    let base = "- one\n- two\n  - a\n  - b\n- three\n";
    let item = "- two\n  - a\n  - b\n";
    let list = |language: &str, instruction: &str| Surroundings {
        language: language.into(),
        instruction: instruction.into(),
        indent: Indent { tabs: false, width: 2 },
        before: "- one\n".into(),
        after: "- three\n".into(),
        ..around(item)
    };
    let moved = "  - two\n    - a\n    - b\n";
    for instruction in [
        "make it a sub-item of one",
        "put this below the item above",
        "make these children of the item above",
    ] {
        check_around(&list("markdown", instruction), &format!("```markdown\n{moved}```"), moved);
        check_around(&list("yaml", instruction), &format!("```yaml\n{moved}```"), moved);
    }
    let back = Surroundings { base: moved.into(), ..list("markdown", "move it one level up") };
    check_around(&back, &format!("```markdown\n{item}```"), item);
    assert!(base.contains(item));
}

#[test]
fn a_mixture_gets_its_tabs_back_where_the_answer_lost_its_depth() {
    let base = "\t{\n\t  int c = get (s);\n\t  if (c == EOF)\n\t    return 0;\n\t}\n";
    let around = Surroundings { language: "c".into(), indent: Indent::of(base, "", ""), ..around(base) };
    let answer = "{\n  int c = get_one (s);\n  if (c == EOF)\n    return 0;\n}\n";
    check_around(&around, &format!("```c\n{answer}```"), &base.replace("get", "get_one"));
}

#[test]
fn text_put_below_a_line_that_opens_a_block_stands_inside_of_it() {
    let place = |language: &str, before: &str, after: &str| Surroundings {
        language: language.into(),
        before: before.into(),
        after: after.into(),
        ..around("\n")
    };
    check_around(&place("rust", "fn main() {\n", "}\n"), "```rust\na();\n```", "    a();\n");
    check_around(&place("python", "def f():\n", ""), "```python\nreturn 1\n```", "    return 1\n");
    check_around(&place("c", "switch (a) {\n", "}\n"), "```c\ncase 1:\n    b();\n```", "case 1:\n    b();\n");
    check_around(&place("yaml", "a:\n", "b: 1\n"), "```yaml\n- c\n```", "- c\n");
}

#[test]
fn a_text_without_depth_stays_where_it_is_when_the_answer_is_dedented() {
    let check = |language: &str, base: &str, answer: &str, expected: &str| {
        let around = Surroundings { language: language.into(), ..around(base) };
        check_around(&around, &format!("```{language}\n{answer}```"), expected);
    };
    check(
        "python",
        "    def f(self):\n        q = \"\"\"\nSELECT 1\n\"\"\"\n        return run(q)\n",
        "def f(self):\n    q = \"\"\"\nSELECT 1\n\"\"\"\n    return go(q)\n",
        "    def f(self):\n        q = \"\"\"\nSELECT 1\n\"\"\"\n        return go(q)\n",
    );
    check(
        "go",
        "\tq := `\nSELECT 1\n`\n\trun(q)\n",
        "q := `\nSELECT 1\n`\ngo2(q)\n",
        "\tq := `\nSELECT 1\n`\n\tgo2(q)\n",
    );
    check(
        "go",
        "\t\tq := `\n\tSELECT 1\n`\n\t\trun(q)\n\t\tend()\n",
        "q := `\n\tSELECT 1\n`\ngo2(q)\nend()\n",
        "\t\tq := `\n\tSELECT 1\n`\n\t\tgo2(q)\n\t\tend()\n",
    );
    check(
        "shellscript",
        "    cat <<EOF\nhello\nEOF\n    a\n",
        "cat <<EOF\nhello\nEOF\nb\n",
        "    cat <<EOF\nhello\nEOF\n    b\n",
    );
    check(
        "c",
        "    a();\n#ifdef X\n    b();\n#endif\n    c();\n",
        "a();\n#ifdef X\nb();\n#endif\nd();\n",
        "    a();\n#ifdef X\n    b();\n#endif\n    d();\n",
    );
    check(
        "rust",
        "    let q = r#\"\nSELECT 1\n\"#;\n    run(q);\n",
        "if x {\n    let q = r#\"\nSELECT 1\n\"#;\n    run(q);\n}\n",
        "    if x {\n        let q = r#\"\nSELECT 1\n\"#;\n        run(q);\n    }\n",
    );
    // What stands around the base moves its lines in, however little those were.
    check(
        "rust",
        "            a();\n        b();\n    c();\n",
        "if x {\n    a();\n    b();\n    c();\n}\n",
        "            if x {\n                a();\n                b();\n                c();\n            }\n",
    );
}

#[test]
fn what_comes_into_a_text_without_depth_stays_where_it_is() {
    let check = |language: &str, base: &str, answer: &str, expected: &str| {
        let around = Surroundings { language: language.into(), ..around(base) };
        check_around(&around, &format!("```{language}\n{answer}```"), expected);
    };
    check(
        "shellscript",
        "    cat <<EOF\nhello\nEOF\n    a\n",
        "cat <<EOF\nworld\n  and all\nEOF\na\n",
        "    cat <<EOF\nworld\n  and all\nEOF\n    a\n",
    );
    check(
        "php",
        "    $x = <<<EOT\nhello\nthere\nEOT;\n",
        "$x = <<<EOT\nhello\nworld\nEOT;\n",
        "    $x = <<<EOT\nhello\nworld\nEOT;\n",
    );
    check(
        "python",
        "    q = f(\"\"\"\nSELECT 1\n\"\"\")\n    return q\n",
        "q = f(\"\"\"\nSELECT 2\n\"\"\")\nreturn q\n",
        "    q = f(\"\"\"\nSELECT 2\n\"\"\")\n    return q\n",
    );
    // Code that was a comment at the edge is none.
    check(
        "python",
        "    x = 1\n# y = 2\n# z = 3\n    return x\n",
        "x = 1\ny = 2\n# z = 3\nreturn x\n",
        "    x = 1\n    y = 2\n# z = 3\n    return x\n",
    );
}
