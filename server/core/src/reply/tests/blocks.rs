//! Fenced blocks: one, several, nested, unclosed; and think text around them.

use super::*;

fn markdown(base: &str) -> Surroundings {
    Surroundings { language: "markdown".into(), ..around(base) }
}

#[test]
fn a_longer_fence_holds_a_shorter_one() {
    let base = "# Use\n\n```\nrun\n```\n";
    check_around(
        &markdown(base),
        "````markdown\n# Usage\n\n```\nrun\n```\n````",
        "# Usage\n\n```\nrun\n```\n",
    );
}

#[test]
fn a_fence_with_a_language_inside_a_fence_of_the_same_length_is_nested() {
    let base = "# Use\n\n```sh\nrun\n```\n";
    check_around(
        &markdown(base),
        "```markdown\n# Usage\n\n```sh\nrun\n```\n```",
        "# Usage\n\n```sh\nrun\n```\n",
    );
}

#[test]
fn a_bare_fence_inside_a_fence_of_the_same_length_belongs_to_the_document() {
    let base = "# Use\n\n```\nrun\n```\nend\n";
    let answer = "Here:\n```markdown\n# Usage\n\n```\nrun\n```\nend\n```\nDone.";
    check_around(&markdown(base), answer, "# Usage\n\n```\nrun\n```\nend\n");
}

#[test]
fn a_bare_fence_that_the_document_gets_by_the_answer_belongs_to_it() {
    let base = "## Usage\n\nRun make.\n\nThen enjoy.\n";
    let text = "## Usage\n\nRun it:\n\n```\nmake\n```\n\nThen enjoy.\n";
    for answer in [
        format!("```markdown\n{text}```"),
        format!("```md\n{text}```\n"),
        format!("```\n{text}```"),
        format!("Here is the section:\n\n```markdown\n{text}```"),
    ] {
        check_around(&markdown(base), &answer, text);
    }
    let both = "```sh\nmake\n```\n\nor\n\n```\nninja\n```\n";
    check_around(&markdown(base), &format!("```markdown\n{both}```"), both);
}

#[test]
fn two_versions_of_a_text_are_two_blocks() {
    let base = "Run make.\n";
    let answer = "```\nRun make now.\n```\n\nOr:\n\n```\nMake it.\n```";
    check_problem_around(&markdown(base), answer, ReplyProblem::Pieces { blocks: 2 });
}

#[test]
fn a_document_with_fences_may_come_without_one_around_it() {
    let base = "# Use\n\nFirst build it.\n\n```sh\nrun\n```\n\nThen enjoy.\n";
    let answer = "# Usage\n\nFirst build it.\n\n```sh\nrun --fast\n```\n\nThen enjoy.\n";
    check_around(&markdown(base), answer, answer);
}

#[test]
fn a_document_may_get_its_first_fence_without_one_around_it() {
    let base = "# Use\n\nFirst build it.\n\nThen enjoy.\n";
    let answer = "# Use\n\nFirst build it.\n\n```sh\nrun --fast\n```\n\nThen enjoy.\n";
    check_around(&markdown(base), answer, answer);
}

#[test]
fn a_short_document_with_headings_may_come_without_a_fence_around_it() {
    let base = "# Use\n\n```py\na = 1\n```\n\nend\n";
    let answer = "# Usage\n\n```py\na = 2\n```\n\nend\n";
    check_around(&markdown(base), answer, answer);
}

#[test]
fn a_selection_that_is_a_fenced_block_stays_one() {
    let base = "```sh\nrun\n```\n";
    let faster = base.replace("run", "run --fast");
    for answer in
        [faster.clone(), format!("Here it is:\n\n{faster}"), format!("````markdown\n{faster}````\n")]
    {
        check_around(&markdown(base), &answer, &faster);
    }
    check_around(&markdown("```\nrun\n```\n"), "```\nwalk\n```\n", "```\nwalk\n```\n");
}

#[test]
fn a_documentation_comment_with_fences_is_code() {
    let base = "/// Adds.\nfn add() {}\n";
    let answer = "```rust\n/// Adds.\n///\n/// ```\n/// add();\n/// ```\nfn add() {}\n```";
    check(base, answer, "/// Adds.\n///\n/// ```\n/// add();\n/// ```\nfn add() {}\n");
}

#[test]
fn the_block_like_the_selection_is_meant_not_the_usage_after_it() {
    let answer = "```rust\nfn sum(a: i32, b: i32) -> i32 {\n    a + b\n}\n```\nYou can call it:\n```rust\nlet x = sum(1, 2);\nlet y = sum(3, 4);\n```";
    check(ADD, answer, "fn sum(a: i32, b: i32) -> i32 {\n    a + b\n}\n");
}

#[test]
fn the_block_in_the_documents_language_is_meant_not_the_command_before_it() {
    let answer = "First install it:\n```bash\ncargo add itertools\n```\nThen:\n```rust\nuse itertools::Itertools;\n```";
    check("use std::iter;\n", answer, "use itertools::Itertools;\n");
}

#[test]
fn a_quote_of_the_original_is_not_the_answer() {
    let answer =
        format!("Original:\n```rust\n{ADD}```\nUpdated:\n```rust\nfn add(a: u8) -> u8 {{\n    a\n}}\n```");
    check(ADD, &answer, "fn add(a: u8) -> u8 {\n    a\n}\n");
}

#[test]
fn an_answer_in_pieces_is_a_problem() {
    let base = "use a::x;\nuse a::y;\n\nfn one() { x() }\nfn two() { y() }\n";
    let answer = "The imports:\n```rust\nuse a::x;\nuse a::y;\nuse a::z;\n```\nThe functions:\n```rust\nfn one() { x() }\nfn two() { y() }\nfn three() { z() }\n```";
    check_problem(base, answer, ReplyProblem::Pieces { blocks: 2 });
}

#[test]
fn two_new_blocks_of_which_neither_is_the_whole_are_pieces() {
    let answer = "The function:\n```rust\nfn f() {}\n```\nAnd the type:\n```rust\nstruct S;\n```";
    check_problem("\n", answer, ReplyProblem::Pieces { blocks: 2 });
}

#[test]
fn of_two_versions_the_first_is_taken() {
    let answer = format!("One way:\n```rust\n{ADD}// one\n```\nAnother way:\n```rust\n{ADD}// two\n```");
    check(ADD, &answer, &format!("{ADD}// one\n"));
}

#[test]
fn a_fence_that_is_never_closed_ends_with_the_answer() {
    check("a();\n", "```rust\nb();\n", "b();\n");
}

#[test]
fn a_closing_fence_behind_the_last_line_is_a_fence() {
    check("a();\n", "```rust\nb();```", "b();\n");
}

#[test]
fn an_indented_fence_is_a_fence() {
    check(
        "if x {\n    a();\n}\n",
        "1. Do:\n   ```rust\n   if x {\n       b();\n   }\n   ```",
        "if x {\n    b();\n}\n",
    );
}

#[test]
fn tildes_are_a_fence() {
    check("a();\n", "~~~rust\nb();\n~~~", "b();\n");
}

#[test]
fn think_text_is_dropped() {
    check("a();\n", "<think>\nMaybe:\n```rust\nwrong();\n```\n</think>\n\n```rust\nb();\n```", "b();\n");
    check("a();\n", "<think>short</think>```rust\nb();\n```", "b();\n");
    check("a();\n", "Let me see.\n<thinking>\nwrong();\n</thinking>\n```rust\nb();\n```", "b();\n");
}

#[test]
fn think_text_without_its_opening_tag_is_dropped() {
    check("a();\n", "The user wants\n```rust\nwrong();\n```\n</think>\n\n```rust\nb();\n```", "b();\n");
}

#[test]
fn an_answer_that_is_all_think_text_is_empty() {
    check_problem("a();\n", "<think>\nI wonder", ReplyProblem::Empty);
}

#[test]
fn a_think_tag_of_the_documents_own_stays() {
    let html = Surroundings { language: "html".into(), ..around("<think>\nold\n</think>\n") };
    check_around(&html, "<think>\nnew\n</think>\n", "<think>\nnew\n</think>\n");
}

#[test]
fn an_empty_answer_is_a_problem() {
    for answer in ["", "\n\n", "```rust\n```", "```\n\n```"] {
        check_problem("a();\n", answer, ReplyProblem::Empty);
    }
}

#[test]
fn an_empty_block_deletes_if_the_user_asked_for_that() {
    let asked = Surroundings { instruction: "delete this".into(), ..around("a();\nb();\n") };
    check_around(&asked, "```rust\n```", "");
    check_problem_around(&asked, "", ReplyProblem::Empty);
}

#[test]
fn an_answer_cut_at_the_output_limit_is_a_problem() {
    let cut = |answer: &str| whole(&around(ADD), answer, &StopReason::Length).map(|clean| clean.text);
    assert_eq!(cut("```rust\nfn add(a: i32"), Err(ReplyProblem::Cut));
    assert_eq!(cut("fn add(a: i32, b: i32) -> i32 {\n"), Err(ReplyProblem::Cut));
    assert_eq!(cut("```rust\nfn add() {}\n```\nThis func"), Ok("fn add() {}\n".into()));
}

#[test]
fn a_refused_answer_is_a_message() {
    let refused = whole(&around(ADD), "I must not.", &StopReason::Refused);
    assert_eq!(refused, Err(ReplyProblem::Declined { words: "I must not.".into() }));
}

#[test]
fn an_answer_that_loses_most_of_the_selection_is_flagged() {
    let base: String = (1..=12).map(|n| format!("call({n});\n")).collect();
    let warning = |instruction: &str, answer: &str| {
        let asked = Surroundings { instruction: instruction.into(), ..around(&base) };
        whole(&asked, answer, &StopReason::End).unwrap().warning
    };
    let short = "```rust\ncall(1);\n```";
    insta::assert_snapshot!(
        warning("use better names", short).unwrap(),
        @"Most of the selection goes, and the instruction didn't ask for that: 1 line stays of 12."
    );
    assert_eq!(warning("remove all but the first", short), None);
    assert_eq!(warning("use better names", &format!("```rust\n{base}```")), None);
}

#[test]
fn a_single_line_that_loses_most_of_what_is_in_it_is_flagged() {
    let line = "let all = [\"one\", \"two\", \"three\", \"four\", \"five\", \"six\", \"seven\"];\n";
    let warning = |answer: &str| {
        whole(&around(line), &format!("```rust\n{answer}```"), &StopReason::End).unwrap().warning
    };
    insta::assert_snapshot!(
        warning("let all = [];\n").unwrap(),
        @"Most of the selection goes, and the instruction didn't ask for that: 10 characters stay of 57."
    );
    assert_eq!(warning(&line.replace("seven", "eight")), None);
    assert_eq!(warning(&line.replace(", \"six\", \"seven\"", "")), None);
}

#[test]
fn a_block_around_blocks_that_is_never_closed_is_taken_whole() {
    for base in ["# Use\n\nRun make.\n\nThen enjoy.\n", "# Use\n\n```\nmake\n```\n\nThen enjoy.\n"] {
        for text in [
            "# Usage\n\nRun it:\n\n```\nmake all\n```\n\nThen enjoy it.\n",
            "# Usage\n\n```sh\nmake all\n```\n\nThen enjoy it.\n",
            "# Usage\n\n```\nmake\n```\n\nor\n\n```\nninja\n```\n\nThen enjoy it.\n",
            "# Usage\n\n```sh\nmake\n```\n\nor\n\n```\nninja\n```\n\nThen enjoy it.\n",
            "# Usage\n\nRun it:\n\n```\nmake all\n```\n",
        ] {
            for answer in
                [format!("```markdown\n{text}"), format!("Here is the new section:\n\n```md\n{text}")]
            {
                check_around(&markdown(base), &answer, text);
            }
            check_around(&markdown(base), &format!("```markdown\n{text}```\n"), text);
            check_around(&markdown(base), &format!("````markdown\n{text}"), text);
            check_around(&markdown(base), text, text);
        }
    }
}

#[test]
fn a_part_that_is_quoted_and_then_written_anew_is_exchanged() {
    let base = "fn a() {\n    x();\n    z();\n}\n";
    for answer in [
        "Change this:\n```rust\nx();\n```\nto this:\n```rust\ny();\n```",
        "Replace\n\n```rust\n    x();\n```\n\nwith\n\n```rust\n    y();\n```\n\nThat's it.",
    ] {
        check(base, answer, &base.replace("x()", "y()"));
    }
    let twice = "fn a() {\n    x();\n    x();\n}\n";
    let answer = "Change this:\n```rust\nx();\n```\nto this:\n```rust\ny();\n```";
    let result = whole(&around(twice), answer, &StopReason::End);
    assert!(!matches!(&result, Ok(clean) if clean.text.contains("y()")), "{result:?}");
}

#[test]
fn a_preview_shows_no_block_that_is_not_the_text() {
    let shown = |language: &str, base: &str, answer: &str| {
        let mut reply = Reply::new(Surroundings { language: language.into(), ..around(base) });
        reply.push(answer);
        reply.lines_so_far().concat()
    };
    assert_eq!(shown("rust", "a();\n", "```diff\n b();\n-a();\n+c();\n```\n"), "");
    assert_eq!(shown("markdown", "Text.\n", "Text.\n\n```rust\nfn main() {}\n```\n"), "");
    assert_eq!(
        shown("markdown", "Text.\n", "```markdown\nA text.\n\nAnd more.\n```\n"),
        "A text.\n\nAnd more.\n"
    );
}

#[test]
fn an_answer_that_ends_inside_its_block_and_lacks_lines_is_flagged() {
    let base = "def f():\n    a = 1\n    b = 2\n    return a\n\ndef g():\n    return 2\n";
    let python = Surroundings { language: "python".into(), ..around(base) };
    let warning =
        |around: &Surroundings, answer: &str| whole(around, answer, &StopReason::End).unwrap().warning;
    insta::assert_snapshot!(
        warning(&python, "```python\ndef f():\n    a = 11\n    b").unwrap(),
        @"The answer may be cut: its block is never closed, and 3 lines of yours are missing at its end.",
    );
    insta::assert_snapshot!(
        warning(&python, "```python\ndef f():\n    a = 11\n    b = 2\n    return a\n\ndef g():\n").unwrap(),
        @"The answer may be cut: its block is never closed, and 1 line of yours is missing at its end.",
    );
    // Some servers stop at the closing fence and leave it out.
    for text in [base.to_owned(), base.replace("return", "yield"), base.replace("return 2", "pass") + "\n"] {
        assert_eq!(warning(&python, &format!("```python\n{text}")), None);
    }
    let lacking = "def f():\n    a = 1\n    b = 2\n    return a\n";
    let closed = warning(&python, &format!("```python\n{lacking}```"));
    assert!(!closed.is_some_and(|warning| warning.contains("never closed")));
    let behind = warning(&python, &format!("```python\n{}```", lacking.trim_end()));
    assert!(!behind.is_some_and(|warning| warning.contains("never closed")));
    let asked = Surroundings { instruction: "remove g".into(), ..python };
    assert_eq!(warning(&asked, &format!("```python\n{lacking}")), None);
}

#[test]
fn lines_here_and_there_that_go_with_nothing_in_their_place_are_flagged() {
    let lines = |is_kept: fn(&usize) -> bool| -> String {
        (0..20).filter(is_kept).map(|n| format!("call_{n}(a);\n")).collect()
    };
    let base = lines(|_| true);
    let warning = |instruction: &str, answer: &str| {
        let asked = Surroundings { instruction: instruction.into(), ..around(&base) };
        whole(&asked, &format!("```rust\n{answer}```"), &StopReason::End).unwrap().warning
    };
    let less = lines(|n| n % 3 != 1);
    insta::assert_snapshot!(
        warning("use better names", &less).unwrap(),
        @"7 lines of 20 go with nothing in their place, and the instruction didn't ask for that."
    );
    assert_eq!(warning("remove every third", &less), None);
    assert_eq!(warning("use better names", &lines(|n| n % 8 != 1)), None);
    assert_eq!(warning("use better names", &base.replace("call", "run")), None);
    // Something came for them.
    let others: String = (0..11).map(|n| format!("other_{n}(b);\n")).collect();
    assert_eq!(warning("use the others", &others), None);
}
