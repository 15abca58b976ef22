//! An answer with the block around the selection.

use super::*;

/// A selection marked by `«` and `»`, which stand on lines of their own.
fn marked(language: &str, text: &str) -> Surroundings {
    let (before, rest) = text.split_once("«\n").unwrap();
    let (base, after) = rest.split_once("»\n").unwrap();
    Surroundings { before: before.into(), after: after.into(), language: language.into(), ..around(base) }
}

#[test]
fn the_block_around_a_selected_member_is_taken_off() {
    for (language, text, answer, expected) in [
        (
            "javascript",
            "class A {\n«\n  f() {\n    return 1;\n  }\n»\n\n  g() {\n    return 2;\n  }\n}\n",
            "class A {\n  f() {\n    return 5;\n  }\n}\n",
            "  f() {\n    return 5;\n  }\n",
        ),
        (
            "java",
            "class A {\n    int f() {\n        return 1;\n    }\n\n«\n    int g() {\n        return 2;\n    }\n»\n}\n",
            "class A {\n    int g() {\n        return 5;\n    }\n}\n",
            "    int g() {\n        return 5;\n    }\n",
        ),
        (
            "csharp",
            "class A\n{\n    int e;\n\n«\n    int g()\n    {\n        return 2;\n    }\n»\n}\n",
            "class A\n{\n    int g()\n    {\n        return 5;\n    }\n}\n",
            "    int g()\n    {\n        return 5;\n    }\n",
        ),
        (
            "ruby",
            "class A\n«\n  def f\n    1\n  end\n»\n\n  def g\n    2\n  end\nend\n",
            "class A\n  def f\n    5\n  end\nend\n",
            "  def f\n    5\n  end\n",
        ),
        (
            "ruby",
            "class A\n  def f\n    1\n  end\n\n«\n  def g\n    2\n  end\n»\nend\n",
            "class A\n  def g\n    5\n  end\nend\n",
            "  def g\n    5\n  end\n",
        ),
        (
            "python",
            "class A:\n    def f(self):\n        return 1\n\n«\n    def g(self):\n        return 2\n»\n",
            "class A:\n    def g(self):\n        return 5\n",
            "    def g(self):\n        return 5\n",
        ),
        (
            "rust",
            "struct S;\nimpl S {\n«\n    fn f() {}\n»\n\n    fn g() {}\n}\n",
            "impl S {\n    fn f() { h() }\n}\n",
            "    fn f() { h() }\n",
        ),
        (
            "javascript",
            "function f() {\n  a();\n«\n  b();\n»\n  c();\n}\n",
            "function f() {\n  b2();\n}\n",
            "  b2();\n",
        ),
        (
            "javascript",
            "function f() {\n  a();\n«\n  b();\n»\n  c();\n}\n",
            "function f() {\n  a();\n  b2();\n  c();\n}\n",
            "  b2();\n",
        ),
        (
            "css",
            "@media print {\n«\n  a { color: red; }\n»\n  b { color: blue; }\n}\n",
            "@media print {\n  a { color: green; }\n}\n",
            "  a { color: green; }\n",
        ),
        (
            "html",
            "<ul>\n«\n  <li>a</li>\n»\n  <li>b</li>\n</ul>\n",
            "<ul>\n  <li><b>a</b></li>\n</ul>\n",
            "  <li><b>a</b></li>\n",
        ),
        (
            "json",
            "{\n  \"name\": \"x\",\n«\n  \"scripts\": {\n    \"a\": \"b\"\n  },\n»\n  \"v\": 1\n}\n",
            "{\n  \"scripts\": {\n    \"a\": \"b\",\n    \"c\": \"d\"\n  }\n}\n",
            "  \"scripts\": {\n    \"a\": \"b\",\n    \"c\": \"d\"\n  },\n",
        ),
        (
            "typescript",
            "namespace N {\n  class A {\n    e() {}\n\n«\n    f() {}\n»\n  }\n}\n",
            "namespace N {\n  class A {\n    f() { g(); }\n  }\n}\n",
            "    f() { g(); }\n",
        ),
    ] {
        let around = marked(language, text);
        check_around(&around, &format!("```{language}\n{answer}```\n"), expected);
    }
}

#[test]
fn a_block_inside_of_itself_is_a_problem() {
    let around = marked(
        "python",
        "import os\n\n\nclass A:\n    def f(self):\n        return 1\n\n«\n    def g(self):\n        return 2\n»\n",
    );
    for answer in [
        "import re\n\n\nclass A:\n    def g(self):\n        return 5\n",
        "class A:\n    def g(self):\n        return 5\n\n\nA().g()\n",
    ] {
        check_problem_around(&around, &format!("```python\n{answer}```\n"), ReplyProblem::Beyond);
    }
}

#[test]
fn a_block_like_the_one_around_that_the_answer_brings_stays() {
    let div = "<div>\n  <p>x</p>\n</div>\n";
    for (language, instruction, text, answer) in [
        ("html", "center it", "<div>\n  <i/>\n«\n  <p>x</p>\n»\n</div>\n", div),
        ("html", "use a list", "<ul>\n  <hr>\n«\n  <li>a</li>\n»\n</ul>\n", "<ul>\n  <li>a</li>\n</ul>\n"),
        (
            "html",
            "put it in a ul",
            "<ul>\n  <hr>\n«\n  <li>a</li>\n»\n</ul>\n",
            "<ul>\n  <li>b</li>\n</ul>\n",
        ),
        (
            "html",
            "more",
            "<ul>\n«\n  <ul>\n    <li>a</li>\n  </ul>\n»\n</ul>\n",
            "<ul>\n  <li>b</li>\n</ul>\n",
        ),
    ] {
        let around = Surroundings { instruction: instruction.into(), ..marked(language, text) };
        let expected: String = answer.lines().map(|line| format!("  {line}\n")).collect();
        check_around(&around, &format!("```html\n{answer}```\n"), &expected);
    }
}

#[test]
fn a_definition_around_in_other_words_is_not_written_into_itself() {
    let around = marked("javascript", "function f() {\n  a();\n«\n  b();\n»\n  c();\n}\n");
    let answer = "```js\nfunction f(x) {\n  a();\n  b(x);\n  c();\n}\n```";
    check_problem_around(&around, answer, ReplyProblem::Beyond);
    // A constructor has its class's name.
    let around = marked("java", "class A {\n«\n    int x;\n»\n}\n");
    let text = "    int x;\n\n    A(int x) {\n        this.x = x;\n    }\n";
    check_around(&around, &format!("```java\n{text}```"), text);
}

#[test]
fn another_member_of_the_block_around_is_not_written_twice() {
    let around = marked(
        "javascript",
        "class B {\n  e() {\n    return 3;\n  }\n}\n\nclass A {\n«\n  f() {\n    return 1;\n  }\n»\n\n  g() {\n    return 2;\n  }\n}\n",
    );
    let answer = "```js\nclass A {\n  f() {\n    return 5;\n  }\n\n  g() {\n    return 6;\n  }\n}\n```";
    check_problem_around(&around, answer, ReplyProblem::Beyond);
    let answer =
        "```js\nclass A {\n  e() {\n    return 4;\n  }\n\n  f() {\n    return this.e();\n  }\n}\n```";
    let expected = "  e() {\n    return 4;\n  }\n\n  f() {\n    return this.e();\n  }\n";
    check_around(&around, answer, expected);
}

#[test]
fn an_entry_of_json_in_an_object_of_its_own_is_an_entry() {
    let text = "{\n  \"a\": {\n    \"x\": 1,\n«\n    \"y\": 2,\n»\n    \"z\": 3\n  }\n}\n";
    let around = marked("json", text);
    for answer in ["{\n  \"y\": 5\n}\n", "{\n  \"a\": {\n    \"y\": 5\n  }\n}\n"] {
        check_around(&around, &format!("```json\n{answer}```"), "    \"y\": 5,\n");
    }
}

#[test]
fn a_block_around_the_selection_goes_with_what_comes_behind_it() {
    let place = Surroundings {
        before: "try:\n".into(),
        after: "except Missing:\n    give_up()\nmore()\n".into(),
        language: "python".into(),
        ..around("    a()\n    b()\n")
    };
    let answer = "```python\ntry:\n    a()\n    c()\nexcept Missing:\n    give_up()\n```";
    check_around(&place, answer, "    a()\n    c()\n");
    // Another one is what the answer brings.
    let answer = "```python\ntry:\n    a()\n    c()\nexcept Other:\n    pass\n```";
    check_around(&place, answer, "    try:\n        a()\n        c()\n    except Other:\n        pass\n");
}

#[test]
fn remarks_for_the_rest_of_the_block_around_go_with_it() {
    let method = "  foo() {\n    a();\n    b();\n  }\n";
    let place = Surroundings {
        before: "class A {\n  x() {}\n\n".into(),
        after: "\n  y() {}\n}\n".into(),
        language: "javascript".into(),
        ..around(method)
    };
    let answer = |inner: &str| format!("```javascript\nclass A {{\n  // ...\n{inner}  // ...\n}}\n```");
    let changed = method.replace("b()", "c()");
    check_around(&place, &answer(&changed), &changed);
    // It isn't sure that they stand for nothing of the selection.
    let part = "  bar() {\n    a();\n  }\n";
    check_problem_around(&place, &answer(part), ReplyProblem::Elided { remark: "// ...".into() });
}

#[test]
fn a_class_that_the_answer_made_up_around_the_selected_function_is_taken_off() {
    let own = "def total(items):\n    return 1\n";
    let place = |instruction: &str| Surroundings {
        language: "python".into(),
        instruction: instruction.into(),
        ..around(own)
    };
    let answer = "```python\nclass Cart:\n    # ... existing code ...\n\n    @cache\n    def total(items):\n        return 2\n\n    # ... rest of the class ...\n```";
    check_around(&place("return 2"), answer, "@cache\ndef total(items):\n    return 2\n");
    // What was wanted, or something else besides.
    let remark = || ReplyProblem::Elided { remark: "# ... existing code ...".into() };
    check_problem_around(&place("wrap it in a class"), answer, remark());
    let more = answer.replace("    @cache", "    def tax(self):\n        return 3\n\n    @cache");
    check_problem_around(&place("return 2"), &more, remark());
    let java =
        Surroundings { language: "java".into(), ..around("    int total() {\n        return 1;\n    }\n") };
    check_around(
        &java,
        "```java\npublic class Cart {\n    // ...\n    int total() {\n        return 2;\n    }\n}\n```",
        "    int total() {\n        return 2;\n    }\n",
    );
}

#[test]
fn a_class_around_the_answer_that_got_a_modifier_is_the_documents() {
    let java = Surroundings {
        language: "java".into(),
        before: "class A {\n".into(),
        after: "}\n".into(),
        ..around("    int f() {\n        return 1;\n    }\n")
    };
    let answer = "```java\npublic class A {\n    int f() {\n        return 2;\n    }\n}\n```";
    check_around(&java, answer, "    int f() {\n        return 2;\n    }\n");
}
