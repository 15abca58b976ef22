//! Whole answers as models write them, each to the same instruction.

use super::*;

const BASE: &str = "function total(items) {\n  let sum = 0;\n  for (const item of items) {\n    sum += item.price;\n  }\n  return sum;\n}\n";

fn fixed() -> String {
    BASE.replace("item.price", "item.price * item.count")
}

fn total() -> Surroundings {
    Surroundings {
        before: "import { tax } from \"./tax\";\n\n".into(),
        after: "\nexport default total;\n".into(),
        indent: Indent { tabs: false, width: 2 },
        language: "javascript".into(),
        instruction: "multiply by the count".into(),
        ..around(BASE)
    }
}

#[test]
fn the_same_code_in_every_wrapping_is_the_same_text() {
    let fixed = fixed();
    let block = format!("```javascript\n{fixed}```\n");
    for answer in [
        block.clone(),
        fixed.clone(),
        fixed.trim_end().to_owned(),
        format!("```\n{fixed}```"),
        format!("```js\n{fixed}```\n"),
        format!("```javascript title=\"src/total.js\"\n{fixed}```\n"),
        format!("```js:src/total.js\n{fixed}```\n"),
        format!("```javascript\n\n{fixed}\n```\n"),
        format!("~~~js\n{fixed}~~~\n"),
        format!("```javascript\n{fixed}"),
        format!("  ```js\n{}  ```\n", fixed.lines().map(|line| format!("  {line}\n")).collect::<String>()),
        format!("Here is the updated function:\n\n{block}"),
        format!("Sure! Here's the code with the count:\n\n{fixed}\nThis multiplies each price by its count."),
        format!("### Updated code\n\n{block}\n### Explanation\n\n- `item.count` is now used.\n- Nothing else changed.\n"),
        format!("**src/total.js**\n\n{block}\n**Changes:**\n1. The price is multiplied.\n2. That's all.\n\nLet me know if you need anything else!"),
        format!("<think>\nThe user wants the count. Like this:\n```js\nsum += 1;\n```\n</think>\n\n{block}"),
        format!("<think></think>\n{block}"),
        format!("The user wants the count.\n</think>\n\n{block}"),
        format!("Original:\n\n```javascript\n{BASE}```\n\nUpdated:\n\n{block}"),
        format!("{block}\nUsage:\n\n```javascript\nconsole.log(total([{{ price: 1, count: 2 }}]));\n```\n"),
        format!("{block}\nTo run it:\n\n```bash\nnode total.js\n```\n"),
        format!("{block}\n{block}"),
        format!("```javascript\nimport {{ tax }} from \"./tax\";\n\n{fixed}\nexport default total;\n```\n"),
        "```diff\n function total(items) {\n   let sum = 0;\n   for (const item of items) {\n-    sum += item.price;\n+    sum += item.price * item.count;\n   }\n   return sum;\n }\n```\n".to_owned(),
        "```diff\n--- a/total.js\n+++ b/total.js\n@@ -3,3 +3,3 @@\n   for (const item of items) {\n-    sum += item.price;\n+    sum += item.price * item.count;\n   }\n```\n".to_owned(),
        format!("```javascript\n{}```\n", fixed.lines().enumerate().map(|(n, line)| format!("{} | {line}\n", n + 3)).collect::<String>()),
        format!("```javascript\n{}```\n", fixed.replace('\n', "\r\n")),
        format!("```javascript\n{}```\n", fixed.replace('\n', "  \n")),
        format!("```javascript\n{}```\n", fixed.replace("  ", "\t")),
        format!("```javascript\n{}```\n", fixed.lines().map(|line| format!("    {line}\n")).collect::<String>()),
        format!("{block}<|im_end|>"),
        "```javascript\nfunction total(items) {\n  let sum = 0;\n  for (const item of items) {\n    sum += item.price * item.count;\n  }\n  // ... rest of the function unchanged\n}\n```".to_owned(),
        "```javascript\nfunction total(items) {\n  // ...\n  for (const item of items) {\n    sum += item.price * item.count;\n  }\n  // ...\n}\n```".to_owned(),
        "```javascript\n// ... existing code ...\n  for (const item of items) {\n    sum += item.price * item.count;\n  }\n  // ... existing code ...\n```".to_owned(),
    ] {
        check_around(&total(), &answer, &fixed);
    }
}

#[test]
fn the_same_code_goes_into_every_kind_of_document() {
    let fixed = fixed();
    let deep = |text: &str, by: &str| text.lines().map(|line| format!("{by}{line}\n")).collect::<String>();
    let tabs = |text: &str| text.replace("  ", "\t");
    let answers = [
        format!("```javascript\n{fixed}```\n"),
        format!("Here you go:\n```js\n{}\n```\n", fixed.trim_end()),
        format!("```js\n{}```\n", deep(&fixed, "  ")),
    ];
    for answer in answers {
        let crlf = Surroundings { base: BASE.replace('\n', "\r\n"), line_ending: "\r\n", ..total() };
        check_around(&crlf, &answer, &fixed.replace('\n', "\r\n"));
        let unended = Surroundings { base: BASE.trim_end().into(), after: String::new(), ..total() };
        check_around(&unended, &answer, fixed.trim_end());
        let indented = Surroundings { base: deep(BASE, "  "), before: "class A {\n".into(), ..total() };
        check_around(&indented, &answer, &deep(&fixed, "  "));
        let indent = Indent { tabs: true, width: 4 };
        let tabbed = Surroundings { base: tabs(BASE), indent, ..total() };
        check_around(&tabbed, &answer, &tabs(&fixed));
        let both =
            Surroundings { base: deep(&tabs(BASE), "\t"), before: "class A {\n".into(), indent, ..total() };
        check_around(&both, &answer, &deep(&tabs(&fixed), "\t"));
    }
}

#[test]
fn words_instead_of_code_are_a_message() {
    for words in [
        "I'm sorry, but I can't help with that.",
        "I can’t assist with this request.",
        "Sorry, I cannot do that.",
        "It looks like the code already multiplies by the count, so no changes are needed.",
        "No changes are needed.",
        "Could you tell me what `count` is?",
        "The code you provided looks incomplete. Please share the full file so that I can help.",
        "To multiply by the count, change `item.price` to `item.price * item.count` in the loop.",
    ] {
        let answer = whole(&total(), words, &StopReason::End);
        assert!(matches!(answer, Err(ReplyProblem::Declined { .. })), "{words}: {answer:?}");
        same_at_every_size(&total(), words);
    }
}

#[test]
fn nothing_is_a_problem_and_no_deletion() {
    for answer in [
        "",
        "\n",
        " \n\t\n",
        "```\n```",
        "```javascript\n\n```\n",
        "<think>\nHm.\n</think>\n",
        "<think>\nHm, the",
    ] {
        check_problem_around(&total(), answer, ReplyProblem::Empty);
    }
}

#[test]
fn one_line_is_one_line() {
    let line = Surroundings { base: "    sum += item.price;\n".into(), ..total() };
    for answer in [
        "```javascript\nsum += item.price * item.count;\n```",
        "sum += item.price * item.count;",
        "    sum += item.price * item.count;\n",
        "`sum += item.price * item.count;`",
        "Replace it with:\n\n```js\n    sum += item.price * item.count;\n```\n",
    ] {
        check_around(&line, answer, "    sum += item.price * item.count;\n");
    }
}

#[test]
fn a_literal_in_backticks_is_code() {
    let line = Surroundings { base: "    \"a\" + b\n".into(), ..total() };
    check_around(&line, "    `a${b}`\n", "    `a${b}`\n");
    check_around(&line, "```js\n`a${b}`\n```", "    `a${b}`\n");
    let rust = Surroundings { base: "    a + b\n".into(), language: "rust".into(), ..total() };
    check_around(&rust, "`b + a`", "    b + a\n");
}

#[test]
fn a_function_added_at_a_blank_line_is_set_apart_as_the_others_are() {
    let place = |before: &str, after: &str| Surroundings {
        before: before.into(),
        after: after.into(),
        ..around("\n")
    };
    let answer = "```rust\nfn c() {\n    x();\n}\n```";
    let function = "fn c() {\n    x();\n}\n";
    let two = "fn a() {\n}\n\nfn b() {\n}\n";
    check_around(&place(two, "fn d() {\n}\n"), answer, &format!("\n{function}\n"));
    check_around(&place(two, "\nfn d() {\n}\n"), answer, &format!("\n{function}"));
    check_around(&place(&format!("{two}\n"), "fn d() {\n}\n"), answer, &format!("{function}\n"));
    check_around(&place(two, ""), answer, &format!("\n{function}"));
    check_around(&place(&format!("{two}\n#[test]\n"), "\nfn d() {\n}\n"), answer, function);
    check_around(&place("fn a() {\n}\n", "fn d() {\n}\n"), answer, function);
}

#[test]
fn the_end_of_a_block_in_place_of_code_is_nothing() {
    let line = |language: &str, base: &str| Surroundings { language: language.into(), ..around(base) };
    for (language, base, answer) in [
        ("rust", "    a();\n", "}"),
        ("rust", "    a();\n", "```rust\n    }\n}\n```"),
        ("javascript", "f({\n  a: 1,\n});\n", "```js\n});\n```"),
        ("lua", "  a()\n", "```lua\nend\n```"),
        ("html", "  <p>a</p>\n", "```html\n</div>\n```"),
    ] {
        check_problem_around(&line(language, base), answer, ReplyProblem::Empty);
    }
    // It was one, comes at a blank line, or is what is left of what was to go.
    check_around(&line("rust", "    }\n"), "```rust\n    };\n```", "    };\n");
    check_around(&line("rust", "\n"), "```rust\n}\n```", "}\n");
    let asked = Surroundings { instruction: "delete the call".into(), ..line("rust", "    a();\n}\n") };
    check_around(&asked, "```rust\n}\n```", "}\n");
}
