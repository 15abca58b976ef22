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
