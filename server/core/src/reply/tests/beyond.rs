//! An answer that repeats the text around the span, and changes that as well.

use super::*;

const HEAD: &str = "import os\nimport sys\n\nLIMIT = 10\n\n\n";
const BASE: &str = "def total(items):\n    result = 0\n    for item in items:\n        result += item.price\n    return result\n";
const TAIL: &str = "\n\ndef main():\n    print(total([]))\n\n\nif __name__ == '__main__':\n    main()\n";
const WARNING: &str = "The answer also changes text around the selection; that is left out.";

fn total() -> Surroundings {
    Surroundings { before: HEAD.into(), after: TAIL.into(), language: "python".into(), ..around(BASE) }
}

fn fixed() -> String {
    BASE.replace("+= item.price", "+= item.price * item.count")
}

#[test]
fn of_a_whole_file_with_other_changes_only_the_selection_is_taken_and_the_user_is_told() {
    let fixed = fixed();
    for answer in [
        format!("{}{fixed}{TAIL}", HEAD.replace("import sys\n", "import sys\nimport math\n")),
        format!("{HEAD}{fixed}{}", TAIL.replace("    main()", "    sys.exit(main())")),
        format!("# Fixed.\n{HEAD}{fixed}{TAIL}"),
        format!("{HEAD}{fixed}{}", TAIL.replace("print(total([]))", "print(total([1]))")),
        format!("{}{fixed}", HEAD.replace("import sys\n", "import re\nimport sys\n")),
    ] {
        let answer = format!("```python\n{answer}```\n");
        check_around(&total(), &answer, &fixed);
        let clean = whole(&total(), &answer, &StopReason::End).unwrap();
        assert_eq!(clean.warning.as_deref(), Some(WARNING), "{answer}");
    }
}

#[test]
fn a_whole_file_changed_where_the_selection_begins_is_a_problem() {
    let answer = format!("{}{}{TAIL}", HEAD.replace("LIMIT = 10", "MOST = 20"), fixed());
    check_problem_around(&total(), &format!("```python\n{answer}```\n"), ReplyProblem::Beyond);
}

#[test]
fn new_code_like_the_code_around_is_code() {
    let before = "def load_a():\n    data = read(\"a\")\n    check(data)\n    return data\n\n\n";
    let base = "def load_b():\n    data = read(\"b\")\n    return data\n";
    let around = Surroundings { before: before.into(), language: "python".into(), ..around(base) };
    for answer in [
        // One more like the one above; the same checks; what the one above does, in here.
        format!("{base}\n\ndef load_c():\n    data = read(\"c\")\n    check(data)\n    return data\n"),
        "def load_b():\n    data = read(\"b\")\n    check(data)\n    return data\n".to_owned(),
        "def load_b():\n    data = read(\"a\")\n    check(data)\n    data += read(\"b\")\n    return data\n"
            .to_owned(),
    ] {
        check_around(&around, &format!("```python\n{answer}```\n"), &answer);
        let clean = whole(&around, &format!("```python\n{answer}```\n"), &StopReason::End).unwrap();
        assert_eq!(clean.warning, None, "{answer}");
    }
    // Where nothing is replaced, all of it is new.
    let empty = Surroundings { base: "\n".into(), ..around };
    let new = "def load_c():\n    data = read(\"c\")\n    check(data)\n    return data\n";
    check_around(&empty, &format!("```python\n{new}```\n"), new);
}

#[test]
fn one_more_like_the_next_one_is_code() {
    let one = |name: &str| {
        format!("def {name}():\n    data = read(path)\n    check(data, strict)\n    return parse(data)\n")
    };
    let (base, next) = ("def first():\n    return 1\n", one("load_b"));
    let after = format!(
        "\n\n{next}\n\ndef last():\n    quit(0)\n\n\nif LAST:\n    last()\n    log(LAST)\n    stop(LAST)\n"
    );
    let around = Surroundings { after, language: "python".into(), ..around(base) };
    let answer = format!("{base}\n\n{}", one("load_c"));
    check_around(&around, &format!("```python\n{answer}```\n"), &answer);
    let before = format!("{HEAD}{}\n\ndef zero():\n    return sys.exit(0)\n\n\n", one("load_a"));
    let around = Surroundings { before, ..around };
    let answer = format!("{}\n\n{base}", one("load_c"));
    check_around(&around, &format!("```python\n{answer}```\n"), &answer);
}

#[test]
fn comments_like_those_around_are_comments() {
    let before = "impl Map {\n    /// The value of a key.\n    ///\n    /// # Errors\n    ///\n    /// If the file can't be read.\n    fn value(&self) -> Result<u8> {\n        self.read()\n    }\n\n";
    let after = "\n    /// The first key.\n    ///\n    /// # Errors\n    ///\n    /// If the file can't be read.\n    fn first(&self) -> Result<u8> {\n        self.keys().next()\n    }\n}\n";
    let base = "    fn last(&self) -> Result<u8> {\n        self.keys().last()\n    }\n";
    let around = Surroundings { before: before.into(), after: after.into(), ..around(base) };
    let doc =
        "    /// The last key.\n    ///\n    /// # Errors\n    ///\n    /// If the file can't be read.\n";
    for text in [
        format!("{doc}{base}"),
        format!("{doc}{}", base.replace("last()\n", "next_back()\n")),
        format!(
            "    /// The value of a key.\n    ///\n    /// # Errors\n    ///\n    /// If there is none.\n{base}"
        ),
        base.replace(
            "        self",
            "        // The value of a key.\n        // If the file can't be read.\n        self",
        ),
    ] {
        check_around(&around, &format!("```rust\n{text}```\n"), &text);
    }
}

#[test]
fn a_changed_comment_around_a_selected_line_of_it_is_not_written_twice() {
    let before = "/// Reads the file.\n/// Then it parses that.\n/// It may fail.\n";
    let after = "/// Returns the tree.\n/// It may be empty.\nfn read() {}\n";
    let around = Surroundings {
        before: before.into(),
        after: after.into(),
        ..around("/// Blank lines dont count.\n")
    };
    let new = "/// Blank lines don't count.\n";
    for answer in [
        format!("{}{new}{after}", before.replace("file", "whole file")),
        format!("{before}{new}{}", after.replace("may be", "is never")),
    ] {
        check_around(&around, &format!("```rust\n{answer}```\n"), new);
    }
}

#[test]
fn lines_that_the_text_around_has_as_well_are_not_cut_off() {
    let head = "    u8 kind;\n    u8 pad;\n    u16 number;\n    u32 length;\n";
    let other: String = (0..20).map(|n| format!("void step_{n}(void);\n")).collect();
    let before =
        format!("{other}typedef struct {{\n{head}    u16 x;\n}} request;\n#define SIZE 12\n#define NAME 1\n");
    let base = format!("typedef struct {{\n{head}    u16 x;\n    u16 y;\n}} reply;\n");
    let around = Surroundings { before, language: "c".into(), ..around(&base) };
    let text = base.replace("    u16 x", "#define SIZE 12\n#define NAME 1\n    u16 x");
    check_around(&around, &format!("```c\n{text}```\n"), &text);
}

#[test]
fn much_of_the_text_around_once_more_is_flagged() {
    let before: String = (1..=9).map(|n| format!("step_{n}()\n")).collect();
    let around = Surroundings { before: before.clone(), ..around("last_one(a)\n") };
    let answer = format!("last_one(a)\nnew()\n{before}");
    let clean = whole(&around, &format!("```\n{answer}```\n"), &StopReason::End).unwrap();
    assert_eq!(clean.text, answer);
    insta::assert_snapshot!(clean.warning.unwrap(), @"9 lines of the answer stand around the selection as well.");
}

#[test]
fn a_long_answer_that_shares_nothing_with_the_selection_is_taken_whole() {
    let long = |name: &str| (0..5_000).map(|n| format!("{name}_{n}(a, b)\n")).collect::<String>();
    let around = Surroundings { base: long("old"), ..total() };
    // Word by word these would be 25 million comparisons.
    let answer = format!("import os\nimport sys\nimport math\n{}", long("new"));
    check_whole(&around, &format!("```python\n{answer}```\n"), &answer);
}

#[track_caller]
fn check_whole(around: &Surroundings, answer: &str, expected: &str) {
    assert_eq!(whole(around, answer, &StopReason::End).map(|clean| clean.text).as_deref(), Ok(expected));
}
