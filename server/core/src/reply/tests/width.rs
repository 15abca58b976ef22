//! The width of a level, where the answer has another than the document.

use super::*;

fn code(language: &str, base: &str) -> Surroundings {
    Surroundings { language: language.into(), indent: Indent::of(base, "", ""), ..around(base) }
}

const PYTHON: &str = "    def f(self):\n        if a:\n            return 1\n";

#[test]
fn an_answer_with_another_width_gets_the_documents() {
    check_around(
        &code("python", PYTHON),
        "```python\ndef f(self):\n  if a:\n    return 1\n  return 2\n```",
        "    def f(self):\n        if a:\n            return 1\n        return 2\n",
    );
    // With the depth of the selection, in its own width.
    check_around(
        &code("python", PYTHON),
        "```python\n  def f(self):\n    if a:\n      return 2\n```",
        "    def f(self):\n        if a:\n            return 2\n",
    );
    check_around(
        &code("javascript", "  f() {\n    if (a) {\n      b();\n    }\n  }\n"),
        "```js\nf() {\n    if (a) {\n        c();\n    }\n}\n```",
        "  f() {\n    if (a) {\n      c();\n    }\n  }\n",
    );
}

#[test]
fn the_lines_around_tell_the_width_where_the_selection_has_none() {
    let around =
        Surroundings { before: "function a() {\n    b();\n}\n\n".into(), ..code("javascript", "c();\n") };
    check_around(&around, "```js\nif (x) {\n  c();\n}\n```", "if (x) {\n    c();\n}\n");
    // Nothing tells it.
    check_around(&code("javascript", "c();\n"), "```js\nif (x) {\n  c();\n}\n```", "if (x) {\n  c();\n}\n");
}

#[test]
fn what_is_aligned_stays_aligned_and_a_text_of_several_lines_stays() {
    check_around(
        &code("python", PYTHON),
        "```python\ndef f(self):\n  if a:\n    return total(1,\n                 2)\n```",
        "    def f(self):\n        if a:\n            return total(1,\n                         2)\n",
    );
    check_around(
        &code("javascript", "function f() {\n    return `\n  a\n      b\n`;\n}\n"),
        "```js\nfunction g() {\n  return `\n  a\n      b\n`;\n}\n```",
        "function g() {\n    return `\n  a\n      b\n`;\n}\n",
    );
}

#[test]
fn a_line_that_went_makes_no_other_width() {
    check_around(
        &code("python", "class A(Protocol):\n    def read(self):\n        ...\n"),
        "```python\nclass A(Protocol):\n        ...\n```",
        "class A(Protocol):\n        ...\n",
    );
    // The answer keeps the lines that it found as they are.
    check_around(
        &code("rust", "fn a() {\n    b();\n    c();\n}\n"),
        "```rust\nfn a() {\n    b();\n    if x {\n      c();\n    }\n}\n```",
        "fn a() {\n    b();\n    if x {\n      c();\n    }\n}\n",
    );
}

#[test]
fn lines_that_the_answer_has_from_the_selection_tell_its_width() {
    for (language, base, answer, expected) in [
        // What goes on in the next line.
        (
            "javascript",
            "    def(\"Body\")\n        .bases(\"Node\")\n        .build(\"body\");\n",
            "def(\"Body\")\n  .bases(\"Node\")\n  .build(\"bodies\")\n  .check();\n",
            "    def(\"Body\")\n        .bases(\"Node\")\n        .build(\"bodies\")\n        .check();\n",
        ),
        // Behind a comment, and where each line changed a little.
        (
            "javascript",
            "if (n > 0) { // Before it\n  add(n)\n  n = 0\n}\n",
            "if (count > 0) { // Before it\n    add(count)\n    count = 0\n}\n",
            "if (count > 0) { // Before it\n  add(count)\n  count = 0\n}\n",
        ),
        // Behind a word in the middle of the line.
        (
            "lua",
            "local function size (s, i)\n  local e = #s + i\n  return e\nend\n",
            "local function size (s, i)\n    local e = #s + i\n    return e + 1\nend\n",
            "local function size (s, i)\n  local e = #s + i\n  return e + 1\nend\n",
        ),
        // No line opens anything, and none is as it was.
        (
            "cpp",
            "  if (a)\n    return b(a);\n",
            "  if (c)\n      return d(c);\n",
            "  if (c)\n    return d(c);\n",
        ),
    ] {
        check_around(&code(language, base), &format!("```{language}\n{answer}```"), expected);
    }
}

#[test]
fn arguments_tell_the_width_where_those_of_the_document_do() {
    let base = "        node = resolve(\n            current,\n            other,\n        )\n";
    check_around(
        &code("python", base),
        "```python\nnode = find(\n  first,\n  second,\n  third,\n)\n```",
        "        node = find(\n            first,\n            second,\n            third,\n        )\n",
    );
    // Twice as far in as a block is as far in as the document has them.
    let base = "  RawPrint(\n      \"a\",\n      \"b\");\n";
    let around = Surroundings { indent: Indent { tabs: false, width: 2 }, ..code("cpp", base) };
    check_around(&around, "```cpp\n  Print(\n      \"c\");\n```", "  Print(\n      \"c\");\n");
}

#[test]
fn another_width_that_is_not_certain_is_flagged() {
    let base = "def f(self):\n    g()\n";
    for (answer, warning) in [
        (
            "def f(self):\n  while a:\n    if b:\n       g()\n",
            Some("The answer is indented by 2 columns, and the document by 4."),
        ),
        ("def f(self):\n    while a:\n        g()\n", None),
        // Aligned, and as far in as the writer likes it.
        ("def f(self):\n    g(a,\n      b)\n    x = a \\\n      + b\n", None),
    ] {
        let answer = format!("```python\n{answer}```");
        let clean = whole(&code("python", base), &answer, &StopReason::End);
        assert_eq!(clean.map(|clean| clean.warning), Ok(warning.map(str::to_owned)), "{answer}");
    }
}

#[test]
fn a_part_of_a_text_tells_the_width_of_its_blocks_alone() {
    let width = |text: &str, before: &str| Indent::of(text, before, "").width;
    assert_eq!(width("    return a\n      .b()\n      .c();\n  }\n", ""), 2);
    assert_eq!(width("a {\n    /* b\n       c */\n    d;\n    /* e\n       f */\n}\n", ""), 4);
    // What goes on twice as far in as a block, where the lines around have blocks.
    let blocks = "f() {\n  if (a) {\n    b();\n  }\n}\n";
    assert_eq!(width("  Print(\n      a);\n", blocks), 2);
    assert_eq!(width("x\n", blocks), 2);
    assert_eq!(width("x\n", &format!("{blocks}{}", "x(\n    a);\n".repeat(12))), 2);
}

#[test]
fn a_preview_has_the_documents_width() {
    let mut reply = Reply::new(code("python", PYTHON));
    reply.push("```python\ndef f(self):\n  if a:\n    return 2\n");
    assert_eq!(reply.lines_so_far().concat(), "    def f(self):\n        if a:\n            return 2\n");
}

proptest! {
    #[test]
    fn an_answer_in_any_width_ends_as_the_document_has_it(
        levels in prop::collection::vec(0..3_usize, 2..10),
        pair in prop::sample::select(vec![(2, 4), (4, 2), (4, 8), (3, 4), (8, 4), (4, 3)]),
        outer in 0..3_usize,
        is_dedented: bool,
        endings in (prop::sample::select(vec!["\n", "\r\n"]), prop::sample::select(vec!["\n", "\r\n"])),
    ) {
        let text = |width: usize, outer: usize, name: &str| -> String {
            let mut text = format!("{}fn {name}() {{\n", " ".repeat(width * outer));
            let (mut depth, mut lines) = (1, 0);
            let mut line = |depth: usize, what: &str| text += &format!("{}{what}\n", " ".repeat(width * (outer + depth)));
            line(depth, "begin();");
            for level in &levels {
                while depth > level + 1 {
                    depth -= 1;
                    line(depth, "}");
                }
                while depth < level + 1 {
                    line(depth, &format!("if x{lines} {{"));
                    lines += 1;
                    depth += 1;
                }
                line(depth, &format!("call{lines}(a);"));
                lines += 1;
            }
            while depth > 0 {
                depth -= 1;
                line(depth, "}");
            }
            text
        };
        let (unit, width) = pair;
        let (ending, answers_ending) = endings;
        let text = |width: usize, outer: usize, name: &str, ending: &str| {
            text(width, outer, name).replace('\n', ending)
        };
        let around = code("rust", &text(width, outer, "a", ending));
        let outer_of_answer = if is_dedented { 0 } else { outer };
        let answer = format!("```rust\n{}```", text(unit, outer_of_answer, "b", answers_ending));
        let clean = whole(&around, &answer, &StopReason::End).map(|clean| clean.text);
        prop_assert_eq!(clean, Ok(text(width, outer, "b", ending)));
    }
}

#[test]
fn a_heredoc_stays_at_the_left_edge() {
    let shell = Surroundings {
        language: "shellscript".into(),
        before: "if true; then\n".into(),
        after: "fi\n".into(),
        ..around("    run\n    stop\n")
    };
    let text = "    run <<EOF\na b\nEOF\n    stop\n";
    check_around(&shell, &format!("```sh\n{text}```"), text);
    check_around(&shell, "```sh\nrun <<EOF\na b\nEOF\nstop\n```", text);
}
