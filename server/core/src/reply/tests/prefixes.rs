//! Line numbers and diff signs before every line.

use super::*;

#[test]
fn line_numbers_are_taken_off() {
    check(
        ADD,
        "```rust\n1 | fn sum(a: i32, b: i32) -> i32 {\n2 |     a + b\n3 | }\n```",
        "fn sum(a: i32, b: i32) -> i32 {\n    a + b\n}\n",
    );
    check(
        ADD,
        "```rust\n12: fn sum(a: i32, b: i32) -> i32 {\n13:     a + b\n14: }\n```",
        "fn sum(a: i32, b: i32) -> i32 {\n    a + b\n}\n",
    );
}

#[test]
fn a_gutter_of_more_than_one_blank_goes_whole() {
    let python = |base: &str| Surroundings { language: "python".into(), ..around(base) };
    let base = python("def a(x):\n    y = x + 1\n    return y\n");
    let expected = "def a(x):\n    z = x + 1\n    return z\n";
    check_around(&base, "```python\n3  def a(x):\n4      z = x + 1\n5      return z\n```", expected);
    check_around(&base, "```python\n10  def a(x):\n11      z = x + 1\n12      return z\n```", expected);
    check_around(&base, "```python\n 9   def a(x):\n10       z = x + 1\n11       return z\n```", expected);
    check_around(&base, "```python\n3 def a(x):\n4     z = x + 1\n5     return z\n```", expected);
    let deep = python("    y = x + 1\n\n    return y\n");
    let expected = "    z = x + 1\n\n    return y\n";
    check_around(&deep, "```python\n4      z = x + 1\n5\n6      return y\n```", expected);
    check_around(&deep, "```python\n4  z = x + 1\n5\n6  return y\n```", expected);
}

#[test]
fn numbers_that_are_the_text_stay() {
    let yaml = Surroundings { language: "yaml".into(), ..around("1: one\n2: two\n") };
    check_around(&yaml, "```yaml\n1: uno\n2: dos\n```", "1: uno\n2: dos\n");
    check(
        "let x = [\n    1,\n];\n",
        "```\nlet x = [\n    1,\n    2,\n];\n```",
        "let x = [\n    1,\n    2,\n];\n",
    );
    check("a\n", "```\n1\n2\n```", "1\n2\n");
    check("1\n2\n", "```\n3\n4\n```", "3\n4\n");
}

#[test]
fn a_diff_in_the_text_is_text() {
    let notes = Surroundings { language: "plaintext".into(), ..around("note\n@@ -1 +1 @@\n- old\n") };
    check_around(&notes, "```\nnote\n@@ -1 +1 @@\n- old\n```", "note\n@@ -1 +1 @@\n- old\n");
    check_around(&notes, "```\na note\n@@ -1 +1 @@\n- old\n```", "a note\n@@ -1 +1 @@\n- old\n");
}

#[test]
fn a_diff_is_applied() {
    check(
        ADD,
        "```diff\n-fn add(a: i32, b: i32) -> i32 {\n+fn sum(a: i32, b: i32) -> i32 {\n     a + b\n }\n```",
        "fn sum(a: i32, b: i32) -> i32 {\n    a + b\n}\n",
    );
}

#[test]
fn a_patch_of_a_part_is_applied_where_it_fits() {
    let base = "one();\ntwo();\nthree();\nfour();\n";
    let answer = "```diff\n--- a/x.rs\n+++ b/x.rs\n@@ -2,2 +2,2 @@\n two();\n-three();\n+drei();\n```";
    check(base, answer, "one();\ntwo();\ndrei();\nfour();\n");
}

#[test]
fn a_patch_that_does_not_fit_is_a_problem() {
    let answer = "```diff\n@@ -1,1 +1,1 @@\n-nothing();\n+something();\n```";
    check_problem("one();\ntwo();\n", answer, ReplyProblem::Patch);
    // Two places would do.
    let answer = "```diff\n@@ -1,1 +1,1 @@\n-one();\n+two();\n```";
    check_problem("one();\nx();\none();\n", answer, ReplyProblem::Patch);
}

#[test]
fn plus_signs_before_every_line_are_taken_off() {
    check("a();\n", "```rust\n+b();\n+c();\n```", "b();\nc();\n");
}

#[test]
fn a_list_is_not_a_diff() {
    let list = Surroundings { language: "markdown".into(), ..around("- one\n- two\n") };
    check_around(&list, "```markdown\n- uno\n- dos\n- tres\n```", "- uno\n- dos\n- tres\n");
    let yaml = Surroundings { language: "yaml".into(), ..around("- a: 1\n  b: 2\n") };
    check_around(&yaml, "```yaml\n- a: 1\n  b: 3\n- c: 4\n```", "- a: 1\n  b: 3\n- c: 4\n");
}

#[test]
fn a_list_made_of_lines_is_not_a_diff() {
    for language in ["markdown", "yaml", "plaintext", "rust", "pug", "csv"] {
        for (base, answer) in [
            ("apple\npear\nplum\n", "- apple\n- pear\n- plum\n"),
            ("apple\npear\nplum\n", "+ apple\n+ pear\n+ plum\n"),
            ("apple\npear\nplum\n", "+ apple\n+ pear\n- plum\n"),
            ("apple\npear\nplum\n", "-apple\n-pear\n"),
            ("name: a\nvalue: 1\n", "- name: a\n  value: 1\n"),
            ("a\nb\n", "+491\n+492\n"),
        ] {
            let around = Surroundings { language: language.into(), ..around(base) };
            check_around(&around, &format!("```{language}\n{answer}```"), answer);
            check_around(&around, &format!("```\n{answer}```"), answer);
        }
    }
    let around = Surroundings { language: "markdown".into(), ..around("apple\npear\n") };
    check_around(&around, "```diff\n- apple\n- pear\n```", "- apple\n- pear\n");
}

#[test]
fn a_diff_that_says_so_may_only_take_away() {
    check("one();\ntwo();\n", "```diff\n one();\n-two();\n```", "one();\n");
    check("one();\ntwo();\n", "```\n@@ -1,2 +1 @@\n one();\n-two();\n```", "one();\n");
}

#[test]
fn a_diff_that_takes_all_away_is_a_problem_where_nobody_asked_for_that() {
    let answer = "```diff\n-one();\n-two();\n```";
    check_problem("one();\ntwo();\n", answer, ReplyProblem::Empty);
    let asked = Surroundings { instruction: "delete this".into(), ..around("one();\ntwo();\n") };
    check_around(&asked, answer, "");
}

#[test]
fn lines_that_begin_with_a_sign_in_the_text_are_no_diff() {
    check("\n\tfn t\n+ b\n", "```\n\tfn t\n+ b\n```", "\n\tfn t\n+ b\n");
    check("- a\n\n+ ", "```\n- a\n\n+ \n```", "- a\n\n+ ");
    let list = Surroundings { language: "markdown".into(), ..around("+ one\n+ two\n") };
    check_around(&list, "```markdown\n+ one\n+ 2\n```", "+ one\n+ 2\n");
}

#[test]
fn blocks_to_search_and_replace_are_applied() {
    let base = "fn f() {\n    one();\n    two();\n    three();\n}\n";
    let expected = base.replace("two()", "zwei()");
    let block = "<<<<<<< SEARCH\n    two();\n=======\n    zwei();\n>>>>>>> REPLACE\n";
    for answer in [
        block.to_owned(),
        format!("```rust\n{block}```\n"),
        format!("src/f.rs\n```rust\n{block}```\nDone."),
        // The blanks before the lines were lost.
        block.replace("    ", ""),
    ] {
        check(base, &answer, &expected);
    }
    let both =
        format!("```\n{block}```\nAnd:\n```\n{}```\n", block.replace("two", "three").replace("zwei", "drei"));
    check(base, &both, &expected.replace("three()", "drei()"));
}

#[test]
fn blocks_to_search_and_replace_that_do_not_fit_are_a_problem() {
    let base = "one();\ntwo();\none();\n";
    for (old, new) in [("three();", "drei();"), ("one();", "eins();"), ("", "new();")] {
        let answer = format!("<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n");
        check_problem(base, &answer, ReplyProblem::Patch);
    }
    for conflict in [
        "<<<<<<< HEAD\na();\n=======\nb();\n>>>>>>> other\n",
        "<<<<<<< SEARCH\ntwo();\n=======\nzwei();\n",
        "<<<<<<< a\ntwo();\n||||||| b\nx();\n=======\nzwei();\n>>>>>>> c\n",
    ] {
        check_problem(base, &format!("```\n{conflict}```\n"), ReplyProblem::Patch);
    }
}

#[test]
fn a_conflict_of_the_texts_own_is_text() {
    let base = "<<<<<<< HEAD\na();\n=======\nb();\n>>>>>>> other\nc();\n";
    check(base, &format!("```\n{}```\n", base.replace("c()", "d()")), &base.replace("c()", "d()"));
    check(base, "```\na();\nb();\nc();\n```\n", "a();\nb();\nc();\n");
}

#[test]
fn a_patch_in_another_envelope_is_applied() {
    let base = "fn f() {\n    one();\n    two();\n}\n";
    let expected = base.replace("two()", "zwei()");
    let changed = "-    two();\n+    zwei();\n";
    for answer in [
        format!(
            "*** Begin Patch\n*** Update File: f.rs\n@@ fn f() {{\n     one();\n{changed}*** End Patch\n"
        ),
        format!(
            "diff --git a/f.rs b/f.rs\nindex 1..2 100644\n--- a/f.rs\n+++ b/f.rs\n@@ -3 +3 @@ fn f() {{\n{changed}"
        ),
        // Lines that stay came without the blank of a diff.
        format!("@@ -2,2 +2,2 @@\n    one();\n{changed}"),
    ] {
        check(base, &format!("```diff\n{answer}```\n"), &expected);
        check(base, &answer, &expected);
    }
}

#[test]
fn numbers_that_the_answer_brings_are_text_where_they_may_be() {
    for (language, base, text) in [
        ("yaml", "apple\npear\n", "1: apple\n2: pear\n"),
        ("yaml", "- apple\n- pear\n", "1: apple\n2: pear\n"),
        ("json", "\"apple\",\n\"pear\"\n", "1: \"apple\",\n2: \"pear\"\n"),
        ("python", "\"apple\",\n\"pear\",\n", "1: \"apple\",\n2: \"pear\",\n"),
        ("javascript", "apple,\npear,\n", "1: apple,\n2: pear,\n"),
        ("markdown", "apple\npear\n", "1: apple\n2: pear\n"),
        ("plaintext", "apple\npear\n", "1 apple\n2 pear\n"),
        ("plaintext", "apple\npear\n", "1 | apple\n2 | pear\n"),
        ("csv", "apple\npear\n", "1\tapple\n2\tpear\n"),
        ("tsv", "apple\npear\n", "1\tapple\n2\tpear\n"),
        ("basic", "PRINT A\nGOTO 10\n", "10 PRINT A\n20 GOTO 10\n"),
    ] {
        let asked =
            Surroundings { language: language.into(), instruction: "number them".into(), ..around(base) };
        check_around(&asked, &format!("```{language}\n{text}```"), text);
        if !["javascript", "python"].contains(&language) {
            let around = Surroundings { instruction: "make a map of it".into(), ..asked };
            check_around(&around, &format!("```{language}\n{text}```"), text);
        }
    }
}

#[test]
fn line_numbers_of_a_file_are_taken_off_though_every_line_changed() {
    check(
        "    {\n        One::new(a)\n    }\n",
        "```rust\n82:     {\n83:         Two::new(b)\n84:     }\n```",
        "    {\n        Two::new(b)\n    }\n",
    );
    check("f(a)\ng(b)\n", "```\n0: h(c),\n1: i(d),\n```", "0: h(c),\n1: i(d),\n");
}

#[test]
fn signs_on_the_changed_lines_alone_are_a_diff() {
    let base = "fn a() {\n    x();\n}\n";
    check(base, "```rust\nfn a() {\n-    x();\n+    y();\n}\n```", &base.replace("x()", "y()"));
    check(base, "```\nfn a() {\n    x();\n+    y();\n}\n```", "fn a() {\n    x();\n+    y();\n}\n");
    check("a\n-b\nc\n", "```\na\n-b\nd\n```", "a\n-b\nd\n");
}

#[test]
fn a_patch_whose_lines_lost_their_indentation_is_applied_with_the_documents() {
    let base = "    fn a() {\n        b();\n        c();\n    }\n";
    let expected = "    fn a() {\n        d();\n        c();\n    }\n";
    check(base, "```diff\n@@ -1,4 +1,4 @@\nfn a() {\n-b();\n+d();\nc();\n}\n```", expected);
    check(base, "```diff\n@@ -1,4 +1,4 @@\n fn a() {\n-    b();\n+    d();\n     c();\n }\n```", expected);
    check(
        base,
        "```diff\n@@ -1,2 +1,3 @@\n fn a() {\n+x();\n b();\n```",
        &base.replace("b()", "x();\n        b()"),
    );
}

#[test]
fn the_number_of_a_hunk_tells_which_of_equal_places_is_meant() {
    let base = "a();\nb();\nc();\na();\nb();\nd();\n";
    let expected = "a();\nb();\nc();\na();\nx();\nd();\n";
    check(base, "```diff\n@@ -4,2 +4,2 @@\n a();\n-b();\n+x();\n```", expected);
    let place = Surroundings { before: "q();\n".repeat(10), ..around(base) };
    check_around(&place, "```diff\n@@ -14,2 +14,2 @@\n a();\n-b();\n+x();\n```", expected);
    check_problem(base, "```diff\n@@ -9,2 +9,2 @@\n a();\n-b();\n+x();\n```", ReplyProblem::Patch);
}
