//! An ellipsis that is code, and one that isn't.

use super::*;

fn python(base: &str) -> Surroundings {
    Surroundings { language: "python".into(), ..around(base) }
}

const CLASS: &str = "class A:\n    def one(self):\n        self.x = 1\n        self.save()\n\n    def two(self):\n        self.y = 2\n        self.log()\n";

#[test]
fn a_body_that_is_an_ellipsis_is_code_in_python() {
    for (base, answer) in [
        ("def f(): pass\n", "def f():\n    ...\n"),
        ("def f():\n    pass\n", "def f():\n    ...\n"),
        ("def f():\n    pass\n", "def f():\n    \"\"\"Does it.\"\"\"\n    ...\n"),
        ("pass\n", "...\n"),
        (
            "x = 1\n",
            "class P(Protocol):\n    def f(self) -> int:\n        ...\n\n    def g(self) -> int:\n        ...\n",
        ),
        (
            "def f():\n    pass\n",
            "def f():\n    \"\"\"\n    >>> for a in f():\n    ...     print(a)\n    ...\n    1\n    >>> f()\n    ...\n    \"\"\"\n    pass\n",
        ),
        ("def f():\n    pass\n", "def f():\n    # Nothing yet.\n    ...\n"),
        ("def f():\n    pass\n", "def f():  # noqa: E704\n    ...\n"),
        ("def f():\n    pass\n", "def f(\n    a,\n    b,\n) -> None:\n    ...\n\n\nx = 1\n"),
        ("a()\n", "try:\n    a()\nexcept E:\n    ...\nelse:\n    ...\nfinally:\n    b()\n"),
        ("a()\n", "class E(Exception):\n    ...\n\n\na()\n"),
        ("def f():\n    ...\n    # later\n", "def f():\n    ...\n    # sooner\n"),
    ] {
        check_around(&python(base), &format!("```python\n{answer}```"), answer);
    }
}

#[test]
fn a_body_that_the_text_has_more_of_is_left_out_in_python() {
    let answer = "```python\nclass A:\n    def one(self):\n        ...\n\n    def two(self):\n        self.y = 3\n        self.log()\n```";
    check_around(&python(CLASS), answer, &CLASS.replace("y = 2", "y = 3"));
}

#[test]
fn an_ellipsis_among_statements_is_left_out_code_in_python() {
    let base = "def run():\n    one()\n    two()\n    three()\n    four()\n";
    let answer = "```python\ndef run():\n    one()\n    ...\n    vier()\n```";
    check_problem_around(&python(base), answer, ReplyProblem::Elided { remark: "...".into() });
    let answer = "```python\ndef run(now):\n    one()\n    ...\n    four()\n```";
    check_around(&python(base), answer, &base.replace("run()", "run(now)"));
}

#[test]
fn the_stubs_of_a_function_that_is_there_are_code_in_python() {
    let base = "def get(key):\n    value = find(key)\n    return value\n";
    let stubs = "@overload\ndef get(key: str) -> str: ...\n@overload\ndef get(key: int) -> int: ...\n";
    for text in [
        format!("{stubs}{base}"),
        format!("{stubs}def get(key: str | int) -> str | int:\n    return find(key)\n"),
    ] {
        check_around(&python(base), &format!("```python\n{text}```"), &text);
    }
    let problem = ReplyProblem::Elided { remark: "def get(key: str) -> str: ...".into() };
    check_problem_around(&python(base), &format!("```python\n{stubs}```"), problem);
}

#[test]
fn stubs_that_were_asked_for_are_written() {
    let around = Surroundings { instruction: "make a stub of it".into(), ..python(CLASS) };
    let stub = "class A:\n    def one(self):\n        ...\n\n    def two(self):\n        ...\n";
    check_around(&around, &format!("```python\n{stub}```"), stub);
}

#[test]
fn variadic_parameters_and_patterns_are_code() {
    for (language, text) in [
        ("c", "int say(\n    const char *format,\n    ...\n);\n"),
        ("r", "say <- function(\n  x,\n  ...\n) {\n"),
        ("r", "say <- function(\n  x,\n  ...,\n  y\n) {\n"),
        ("lua", "return {\n  ...\n}\n"),
        ("nix", "{\n  pkgs,\n  ...\n}:\npkgs.hello\n"),
    ] {
        let around = Surroundings { language: language.into(), ..around("old = 1\n") };
        check_around(&around, &format!("```\n{text}```"), text);
    }
    check_problem(
        "a();\nb();\n",
        "```rust\nf(\n    x,\n    ...\n)\n```",
        ReplyProblem::Elided { remark: "...".into() },
    );
}

#[test]
fn the_mark_that_ends_a_document_in_yaml_is_text() {
    let yaml = |base: &str| Surroundings { language: "yaml".into(), ..around(base) };
    let base = "---\na: 1\nb: 2\n";
    for text in ["---\na: 1\nb: 2\n...\n", "---\na: 1\nb: 3\n...\n", "---\na: 1\nb: 2\n...\n---\nc: 3\n"] {
        check_around(&yaml(base), &format!("```yaml\n{text}```"), text);
    }
    let both = "a: 1\nb: 2\n---\nc: 3\n";
    let marked = both.replace("---", "...\n---");
    check_around(&yaml(both), &format!("```yaml\n{marked}```"), &marked);
    check_around(&yaml(&marked), &format!("```yaml\n{both}```"), both);
    // Where lines are missing it stands for them.
    check_around(
        &yaml("a: 1\nb: 2\nc: 3\nd: 4\n"),
        "```yaml\na: 1\nb: 2\n...\n```",
        "a: 1\nb: 2\nc: 3\nd: 4\n",
    );
    check_around(
        &yaml("a: 1\nb: 2\nc: 3\nd: 4\n"),
        "```yaml\nz: 0\na: 1\n...\nd: 4\n```",
        "z: 0\na: 1\nb: 2\nc: 3\nd: 4\n",
    );
}
