//! Lines around the span that the model says again.

use super::*;

fn between(before: &str, base: &str, after: &str) -> Surroundings {
    Surroundings { before: before.into(), after: after.into(), ..around(base) }
}

#[test]
fn the_line_before_the_span_is_not_written_twice() {
    check_around(
        &between("fn main() {\n", "    one();\n", "}\n"),
        "```rust\nfn main() {\n    two();\n```",
        "    two();\n",
    );
}

#[test]
fn the_line_after_the_span_is_not_written_twice() {
    check_around(
        &between("", "let a = 1;\n", "let b = 2;\n\nlet c = 3;\n"),
        "```rust\nlet a = 10;\nlet b = 2;\n```",
        "let a = 10;\n",
    );
}

#[test]
fn the_whole_function_around_the_span_is_not_written_twice() {
    check_around(
        &between("use x;\n\nfn main() {\n    zero();\n", "    one();\n", "    last();\n}\n"),
        "```rust\nfn main() {\n    zero();\n    two();\n    last();\n}\n```",
        "    two();\n",
    );
}

#[test]
fn a_closing_bracket_that_the_span_does_not_open_is_not_written_twice() {
    check_around(
        &between("fn main() {\n", "    one();\n", "}\n"),
        "```rust\n    two();\n}\n```",
        "    two();\n",
    );
    check_around(&between("fn main() {\n", "    one();\n", "}\n"), "```rust\ntwo();\n}\n```", "    two();\n");
}

#[test]
fn an_end_further_out_than_the_span_is_not_written_twice() {
    let lua =
        |base: &str| Surroundings { language: "lua".into(), ..between("function f()\n", base, "end\n") };
    check_around(&lua("    one()\n"), "```lua\n    two()\nend\n```", "    two()\n");
    check_around(
        &lua("    one()\n"),
        "```lua\n    if x then\n        one()\n    end\n```",
        "    if x then\n        one()\n    end\n",
    );
}

#[test]
fn a_bracket_that_the_answer_opens_stays() {
    check_around(
        &between("fn main() {\n", "    one();\n", "}\n"),
        "```rust\n    if x {\n        one();\n    }\n```",
        "    if x {\n        one();\n    }\n",
    );
}

#[test]
fn a_line_that_the_span_has_as_well_stays() {
    check_around(
        &between("x();\n", "x();\ny();\n", "y();\n"),
        "```\nx();\nz();\ny();\n```",
        "x();\nz();\ny();\n",
    );
}

#[test]
fn a_return_in_an_inner_block_is_not_the_one_after_the_span() {
    let python = Surroundings {
        language: "python".into(),
        ..between("def f(a):\n    if a:\n", "        log(a)\n", "    return compute(a)\n")
    };
    check_around(
        &python,
        "```python\n        log(a)\n        return compute(a)\n```",
        "        log(a)\n        return compute(a)\n",
    );
}

#[test]
fn an_answer_that_is_only_the_line_before_stays() {
    check_around(&between("let a = 1;\n", "\n", ""), "```\nlet a = 1;\n```", "let a = 1;\n");
}

#[test]
fn a_preview_leaves_repeated_lines_out() {
    let around = between("fn main() {\n    zero();\n", "    one();\n", "}\n");
    let mut reply = Reply::new(around);
    reply.push("```rust\nfn main() {\n    zero();\n    two();\n    three();\n");
    assert_eq!(reply.lines_so_far().concat(), "    two();\n    three();\n");
}

#[test]
fn the_closer_of_the_block_around_is_dropped_though_the_selection_ends_with_one() {
    let method = Surroundings {
        before: "impl Sum {\n".into(),
        after: "}\n".into(),
        ..around("    fn a() {\n        x();\n    }\n")
    };
    let expected = "    fn a() {\n        y();\n    }\n";
    check_around(&method, &format!("```rust\n{expected}}}\n```"), expected);
    check_around(&method, &format!("```rust\n{expected}```"), expected);
    let unclosed = Surroundings {
        before: "mod m {\n".into(),
        after: "}\n".into(),
        ..around("    fn a() {\n        if b {\n        }\n")
    };
    let closed = "    fn a() {\n        if b {\n        }\n    }\n";
    check_around(&unclosed, &format!("```rust\n{closed}```"), closed);
}

#[test]
fn a_line_that_was_moved_to_the_edge_is_not_taken_for_the_one_beside_it() {
    for text in ["x();\ny();\n", "y();\nz();\nx();\n"] {
        check_around(&between("x();\n", "y();\nx();\n", "\n"), &format!("```\n{text}```"), text);
    }
    check_around(&between("\n", "x();\ny();\n", "x();\nz();\n"), "```\ny();\nx();\n```", "y();\nx();\n");
    check_around(
        &between("\n", "a(1);\nb(2);\nc(3);\n", "a(1);\nb(2);\n"),
        "```\nc(3);\na(1);\nb(2);\n```",
        "c(3);\na(1);\nb(2);\n",
    );
}

#[test]
fn a_line_that_is_to_be_there_once_more_stays() {
    let list = |instruction: &str| Surroundings {
        language: "markdown".into(),
        instruction: instruction.into(),
        ..between("- apple\n", "- pear\n", "- plum\n- cherry\n")
    };
    for instruction in
        ["add another apple before it", "insert the item above again", "noch einen Apfel davor"]
    {
        check_around(&list(instruction), "```\n- apple\n- pear\n```", "- apple\n- pear\n");
    }
    check_around(&list("one more plum, please"), "```\n- pear\n- plum\n```", "- pear\n- plum\n");
    // What changes the selection repeats the line around it by mistake.
    check_around(
        &list("split it in two"),
        "```\n- apple\n- red pear\n- green pear\n```",
        "- red pear\n- green pear\n",
    );
}

#[test]
fn the_whole_text_around_is_not_written_twice_though_a_line_of_the_span_stands_there_as_well() {
    let before = "fn a() {\n    let x = load(p);\n    use_it(x);\n}\n";
    let base = "fn b() {\n    let x = load(p);\n    drop(x);\n}\n";
    let after = "#[cfg(test)]\nmod tests {\n    mod inner;\n}\n";
    let new = base.replace("load(p)", "load(path)");
    let around = between(before, base, after);
    for answer in [
        format!("{before}{new}{after}"),
        format!("    use_it(x);\n}}\n{new}{after}"),
        format!("}}\n{new}#[cfg(test)]\nmod tests {{\n"),
        format!("{before}{new}"),
    ] {
        check_around(&around, &format!("```rust\n{answer}```"), &new);
    }
}

#[test]
fn brackets_around_the_span_are_not_written_twice() {
    let base = "  \"a\": {\n    \"b\": 1\n  }\n";
    let new = base.replace('1', "2");
    let json = Surroundings {
        language: "json".into(),
        indent: Indent { tabs: false, width: 2 },
        ..between("{\n", base, "}\n")
    };
    check_around(&json, &format!("```json\n{{\n{new}}}\n```"), &new);
    check_around(&json, &format!("{{\n{new}}}\n"), &new);
    let around = between("f(\n", "    one,\n    two,\n", ");\n");
    check_around(&around, "```rust\n    eins,\n    two,\n```", "    eins,\n    two,\n");
    let around = between("x = (\n", "    [\n        one,\n    ],\n", ")\n");
    check_around(&around, "```rust\n    [\n        eins,\n    ],\n```", "    [\n        eins,\n    ],\n");
    // What was asked for, or stands as deep as the selection.
    let asked =
        Surroundings { instruction: "wrap it in braces".into(), ..between("{\n", "    a();\n", "}\n") };
    check_around(&asked, "```rust\n{\n    a();\n}\n```", "    {\n        a();\n    }\n");
    let around = Surroundings { instruction: "limit its scope".into(), ..asked };
    check_around(&around, "```rust\n    {\n        a();\n    }\n```", "    {\n        a();\n    }\n");
}

#[test]
fn a_repeated_line_that_the_selection_has_as_well_is_a_repetition_where_nothing_was_moved() {
    let base = "int b() {\n    int result = two();\n    return result;\n}\n";
    let new = base.replace("result", "sum");
    let around =
        Surroundings { language: "c".into(), ..between("int a() {\n    return result;\n}\n\n", base, "\n") };
    check_around(&around, &format!("```c\n    return result;\n}}\n\n{new}```"), &new);
}

#[test]
fn the_end_of_a_condition_around_the_span_is_not_written_twice() {
    let around = Surroundings {
        language: "c".into(),
        ..between("#ifndef A_H\n#define A_H\n\n", "int a(void);\n", "\n#endif\n")
    };
    check_around(&around, "```c\nint b(void);\n\n#endif\n```", "int b(void);\n");
    let text = "#ifdef B\nint b(void);\n#endif\n";
    check_around(&around, &format!("```c\n{text}```"), text);
}

#[test]
fn the_end_of_the_block_before_the_span_is_not_written_twice() {
    let base = "    fn get(&self) -> bool {\n        self.b\n    }\n";
    let new = base.replace("self.b", "self.c");
    let around = between(
        "impl A {\n    fn new() -> Self {\n        if a {\n        }\n    }\n\n",
        base,
        "}\n\n#[derive(Debug)]\nstruct B;\n",
    );
    check_around(&around, &format!("```rust\n        }}\n    }}\n\n{new}}}\n\n#[derive(Debug)]\n```"), &new);
    check_around(&around, &format!("```rust\n    }}\n\n{new}```"), &new);
    let base = "def f(a):\n    return a\n";
    let new = base.replace("return a", "return b");
    let around = Surroundings {
        language: "python".into(),
        ..between("class E(Exception):\n    pass\n\n\n", base, "\n")
    };
    check_around(&around, &format!("```python\n    pass\n\n\n{new}```"), &new);
}

#[test]
fn the_fence_that_ends_the_block_around_the_span_is_not_written_twice() {
    let base = "fn a() {\n    x();\n}\n";
    let new = base.replace("x()", "y()");
    let around =
        Surroundings { language: "markdown".into(), ..between("# Use\n\n```rust\n", base, "```\n\nEnd.\n") };
    check_around(&around, &format!("````markdown\n{new}```\n````"), &new);
    check_around(&around, &format!("````markdown\n```rust\n{new}```\n````"), &new);
    check_around(&around, &format!("```rust\n{new}```"), &new);
    let worker =
        Surroundings { ..between("fn a() {\n    b {\n    }\n    loop {\n", "        x();\n", "    }\n}\n") };
    check_around(&worker, "```rust\n    }\n    loop {\n        y();\n    }\n}\n```", "        y();\n");
}

#[test]
fn an_end_that_the_answer_does_not_open_is_the_one_behind_the_selection() {
    let place = |language: &str, before: &str, base: &str| Surroundings {
        language: language.into(),
        before: before.into(),
        after: "end\n".into(),
        ..around(base)
    };
    let method = place("ruby", "class A\n", "  def f\n    1\n  end\n");
    check_around(&method, "```ruby\ndef f\n  2\nend\nend\n```", "  def f\n    2\n  end\n");
    check_around(&method, "```ruby\ndef f\n  2\nend\n```", "  def f\n    2\n  end\n");
    let body = place("ruby", "def f\n", "  x = 1\n");
    check_around(&body, "```ruby\nx = 2\nend\n```", "  x = 2\n");
    check_around(&body, "```ruby\nif a\nend\n```", "  if a\n  end\n");
    let block = place("lua", "function g()\n", "  if a then\n    b()\n  end\n");
    check_around(&block, "```lua\n  if a then\n    c()\n  end\nend\n```", "  if a then\n    c()\n  end\n");
}
