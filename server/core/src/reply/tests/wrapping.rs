//! What stands around or over the code besides a fence.

use super::*;

const BASE: &str = "def total(items):\n    result = 0\n    for item in items:\n        if item.price > 0 and item.count < LIMIT:\n            result += item.price\n    return result\n";

fn fixed() -> String {
    BASE.replace("+= item.price", "+= item.price * item.count")
}

fn total() -> Surroundings {
    Surroundings {
        before: "import os\nimport sys\n\nLIMIT = 10\n\n\n".into(),
        after: "\n\ndef main():\n    print(total([]))\n\n\nif __name__ == '__main__':\n    main()\n".into(),
        language: "python".into(),
        instruction: "multiply by the count".into(),
        ..around(BASE)
    }
}

fn each_line(text: &str, change: impl Fn(usize, &str) -> String) -> String {
    text.lines().enumerate().map(|(n, line)| change(n + 7, line) + "\n").collect()
}

#[test]
fn code_in_every_wrapping_is_the_same_code() {
    let fixed = fixed();
    let escaped = fixed.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let block = |text: &str| format!("```python\n{text}```\n");
    for answer in [
        format!("\u{feff}{}", block(&fixed)),
        block(&format!("\u{feff}{fixed}")),
        block(&format!("# src/total.py\n{fixed}")),
        block(&format!("# file: total.py\n\n{fixed}")),
        block(&format!("total.py\n{fixed}")),
        block(&each_line(&fixed, |n, line| format!("{n}. {line}"))),
        block(&each_line(&fixed, |n, line| format!("L{n}: {line}"))),
        block(&escaped),
        format!("<pre><code>{escaped}</code></pre>"),
        format!("<code>\n{fixed}</code>\n"),
        format!("<artifact identifier=\"x\">\n{fixed}</artifact>"),
        format!("<replacement>\n{}</replacement>\n", block(&fixed)),
        each_line(&block(&fixed), |_, line| format!("> {line}")),
        block(&fixed.replace("    ", "\u{a0}\u{a0}\u{a0}\u{a0}")),
        block(&format!("{fixed}\nI multiplied the price by the count.\n")),
        format!("```python\n{fixed}\nThis multiplies the price by the count.\n"),
        format!("```python def total(items):\n{}```\n", fixed.replace("def total(items):\n", "")),
        format!("{fixed}```\n"),
        format!("```\n{}```\n", block(&fixed)),
        format!("```\npython\n{fixed}```\n"),
        format!("python\nCopy code\n{fixed}"),
        format!("<|fim_middle|>{fixed}"),
        block(&fixed.replace("item.count\n", "item.count<|cursor|>\n")),
        block(&each_line(&fixed, |_, line| format!("    {line}"))),
        block(&format!("{fixed}\n{fixed}")),
    ] {
        check_around(&total(), &answer, &fixed);
    }
}

#[test]
fn what_the_text_has_as_well_is_no_wrapping() {
    for (language, base, answer) in [
        ("html", "<p>a &lt; b</p>\n", "<p>a &lt; b &amp; c</p>\n"),
        ("html", "<p>old</p>\n", "<code>\nnew\n</code>\n"),
        ("javascript", "const less = \"<\";\n", "const less = \"&lt;\";\n"),
        ("javascript", "f(a);\n", "a.b.c\nf(a);\n"),
        ("python", "python\nx = 1\n", "python\nx = 2\n"),
        ("yaml", "- path: a.py\n", "src/b.py: 1\n- path: b.py\n"),
        ("markdown", "One two three.\n\nAnd the rest of it.\n", "One two.\n\nAnd all the rest of it.\n"),
        ("shellscript", "a\n", "cat <<EOF\nUsage: a\n\nOptions are the same as for that.\n"),
        ("python", "a = 1\n", "a = \"\"\"\nOne.\n\nAnd this is the second paragraph.\n"),
        ("markdown", "one\ntwo\n", "1. one\n2. two\n"),
        ("markdown", "one\ntwo\n", "> one\n> two\n"),
        ("python", "a()\n", "\"\"\"\nIt does this.\n\nAnd it does that too.\n\"\"\"\na()\n"),
    ] {
        let around = Surroundings { language: language.into(), ..around(base) };
        check_around(&around, &format!("````{language}\n{answer}````\n"), answer);
    }
    let named = Surroundings { instruction: "put the file name above it".into(), ..total() };
    let answer = format!("# total.py\n{BASE}");
    check_around(&named, &format!("```python\n{answer}```\n"), &answer);
}

#[test]
fn a_tag_is_no_wrapping_where_the_text_may_mean_it() {
    let answer = "<pre className=\"code\">{code}</pre>\n";
    for language in ["javascript", "htmldjango", "eruby", "twig", "heex", "javascript.jsx", "rust", "elixir"]
    {
        let around = Surroundings { language: language.into(), ..around("<pre>{code}</pre>\n") };
        check_around(&around, &format!("```\n{answer}```\n"), answer);
    }
    for answer in ["<pre>{code}</pre>\n", "<pre>\n{code}\n</pre>\n"] {
        for language in ["javascript", "htmldjango", "eruby"] {
            let around = Surroundings { language: language.into(), ..around("{code}\n") };
            check_around(&around, &format!("```\n{answer}```\n"), answer);
        }
        let asked = Surroundings { instruction: "wrap it in a pre".into(), ..around("{code}\n") };
        check_around(&asked, &format!("```\n{answer}```\n"), answer);
    }
}

#[test]
fn what_was_asked_for_is_not_taken_off() {
    let test = "assert(one());\nassert(two());\nassert(three());\n";
    for instruction in ["write this test twice", "duplicate this entry", "repeat it", "make a copy"] {
        let asked = Surroundings { instruction: instruction.into(), ..around(test) };
        check_around(&asked, &format!("```\n{test}{test}```\n"), &format!("{test}{test}"));
    }
    let asked = Surroundings { instruction: "escape the special characters".into(), ..around("a < b\nc\n") };
    check_around(&asked, "```\na &lt; b\nc\n```\n", "a &lt; b\nc\n");
    for language in ["html", "xml", "vue"] {
        let around = Surroundings { language: language.into(), ..around("a < b\nc\n") };
        check_around(&around, "```\na &lt; b\nc\n```\n", "a &lt; b\nc\n");
    }
}

#[test]
fn a_first_line_that_may_be_meant_is_no_heading() {
    for (language, line) in [
        ("ignore", "src/gen.py"),
        ("cmake", "main.cpp"),
        ("shellscript", "scripts/build.sh"),
        ("shellscript", "bash"),
        ("yaml", "# a.yaml"),
        ("python", "data/total.json"),
        ("rust", "// see.py"),
    ] {
        let around = Surroundings { language: language.into(), ..around("one_line\n") };
        let answer = format!("{line}\none_line\n");
        check_around(&around, &format!("```\n{answer}```\n"), &answer);
    }
}

#[test]
fn lines_that_are_there_twice_stay_twice() {
    let twice = "a(1)\nb(2)\nc(3)\na(1)\nb(2)\nc(3)\n";
    check(twice, &format!("```\n{twice}```\n"), twice);
    check("\n", "```\na(1)\na(1)\n```\n", "a(1)\na(1)\n");
}

#[test]
fn a_last_paragraph_of_words_is_a_part_of_a_text_with_words() {
    for (language, base, text) in [
        ("html", "<h1>A</h1>\nOne day it was gone.\n", "<h1>A</h1>\n\nThen it came back to us again.\n"),
        ("html", "<h1>A</h1>\n", "<h1>A</h1>\n\nThen it came back to us again.\n"),
        ("yaml", "text: |\n  It was here.\n", "text: |\n  It was here.\n\n  Then it went away from us.\n"),
        ("rst", "Title\n", "Title\n\nThis is all there is to say.\n"),
        ("typst", "= Title\n", "= Title\n\nThis is all there is to say.\n"),
        ("gherkin", "Feature: a\n", "Feature: a\n\nAs a user I want to see it.\n"),
        ("djot", "# Title\n", "# Title\n\nThis is all there is to say.\n"),
        ("unknown", "Title\n", "Title\n\nThis is all there is to say.\n"),
        ("csv", "a,b\n", "a,b\n\nThis is all there is to say.\n"),
    ] {
        let around = Surroundings { language: language.into(), ..around(base) };
        check_around(&around, &format!("```{language}\n{text}```\n"), text);
    }
}

#[test]
fn a_text_in_markdown_comes_out_of_its_wrappings() {
    let base = "# Use\n\nFirst build it.\n\nThen enjoy.\n";
    let text = "# Usage\n\nFirst build it.\n\nThen enjoy it.\n";
    let around = Surroundings { language: "markdown".into(), ..around(base) };
    let block = format!("```markdown\n{text}```\n");
    for answer in [
        each_line(&block, |_, line| format!("> {line}")),
        format!("```\n{block}```\n"),
        format!("<answer>\n{text}</answer>\n"),
        format!("<replacement>\n{block}</replacement>\n"),
        block.clone(),
    ] {
        check_around(&around, &answer, text);
    }
    let quote = each_line(text, |_, line| format!("> {line}"));
    check_around(&around, &quote, &quote);
    let html = format!("<pre>\n{text}</pre>\n");
    check_around(&around, &html, &html);
}

#[test]
fn code_on_the_line_of_its_fence_is_the_code() {
    let python = Surroundings { language: "python".into(), ..around("x = 1\n") };
    for answer in ["```x = 2```", "```python x = 2\n```", "```python x = 2```"] {
        check_around(&python, answer, "x = 2\n");
    }
}

#[test]
fn an_object_of_json_around_the_code_is_taken_off() {
    let python = Surroundings { language: "python".into(), ..around("x = 1\n") };
    check_around(&python, "{\"code\": \"x = 2\\ny = 3\"}", "x = 2\ny = 3\n");
    let answer = "```json\n{\n  \"explanation\": \"More.\",\n  \"code\": \"x = 2\"\n}\n```";
    check_around(&python, answer, "x = 2\n");
    // It is the text's own.
    let own = Surroundings { base: "x = {\"code\": \"a\"}\n".into(), ..python };
    check_around(&own, "```python\n{\"code\": \"b\"}\n```", "{\"code\": \"b\"}\n");
}

#[test]
fn quotes_around_an_answer_in_prose_are_taken_off() {
    let prose = |instruction: &str| Surroundings {
        language: "markdown".into(),
        instruction: instruction.into(),
        ..around("This is a mitsake.\n")
    };
    check_around(&prose("fix it"), "\"This is a mistake.\"", "This is a mistake.\n");
    check_around(&prose("put it in quotes"), "\"This is a mistake.\"", "\"This is a mistake.\"\n");
    check_around(&prose("fix it"), "\"This\" is a \"mistake\"", "\"This\" is a \"mistake\"\n");
    let part = Surroundings { selected: Some(10..17), ..prose("fix it") };
    check_around(&part, "“mistake”", "This is a mistake.\n");
}
