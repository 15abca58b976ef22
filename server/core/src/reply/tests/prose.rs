//! Answers without a fence, and answers that are no answer.

use super::*;

#[test]
fn code_without_a_fence_is_taken() {
    check(
        ADD,
        "fn sum(a: i32, b: i32) -> i32 {\n    a + b\n}",
        "fn sum(a: i32, b: i32) -> i32 {\n    a + b\n}\n",
    );
}

#[test]
fn an_explanation_around_unfenced_code_is_dropped() {
    let answer =
        "Here is the function:\n\nfn sum(a: i32) -> i32 {\n    a + b\n}\n\nThis renames the function to sum.";
    check(ADD, answer, "fn sum(a: i32) -> i32 {\n    a + b\n}\n");
}

#[test]
fn one_word_for_one_word_is_taken() {
    check("foo\n", "bar", "bar\n");
}

#[test]
fn the_mark_that_ends_a_models_turn_is_dropped() {
    for answer in
        ["```\nb();\n```<|im_end|>", "```\nb();\n<|eot_id|>", "b();</s>", "b();\n</s>\n", "b();<|end|></s>"]
    {
        check("a();\n", answer, "b();\n");
    }
}

#[test]
fn a_mark_that_belongs_to_the_text_stays() {
    check(
        "end = \"<|im_end|>\nx<|im_end|>\n",
        "```\nend = \"<|im_end|>\ny<|im_end|>\n```",
        "end = \"<|im_end|>\ny<|im_end|>\n",
    );
    let html = Surroundings { language: "html".into(), ..around("<p>old</p>\n") };
    check_around(&html, "```html\n<p><s>old</s>\n</p>\n```", "<p><s>old</s>\n</p>\n");
    check_around(&html, "```html\n<s>\n<p>old</p>\n</s>\n```", "<s>\n<p>old</p>\n</s>\n");
}

#[test]
fn a_refusal_is_a_message() {
    let words = "I'm sorry, but I can't help with that.";
    check_problem(ADD, words, ReplyProblem::Declined { words: words.into() });
    check_problem(ADD, &format!("```\n{words}\n```"), ReplyProblem::Declined { words: words.into() });
}

#[test]
fn a_question_back_is_a_message() {
    let words = "Which function do you mean? There are two in this file.";
    check_problem(ADD, words, ReplyProblem::Declined { words: words.into() });
}

#[test]
fn words_that_are_no_sentence_are_a_message() {
    check_problem(ADD, "no idea", ReplyProblem::Declined { words: "no idea".into() });
}

#[test]
fn a_refusal_in_prose_text_is_a_message() {
    let words = "I cannot rewrite this text.";
    let prose = Surroundings { language: "markdown".into(), ..around("Some text.\n") };
    check_problem_around(&prose, words, ReplyProblem::Declined { words: words.into() });
}

#[test]
fn prose_for_prose_is_taken_without_its_introduction() {
    let prose = Surroundings { language: "markdown".into(), ..around("Some text hear.\n") };
    check_around(&prose, "Here is the corrected text:\n\nSome text here.", "Some text here.\n");
}

#[test]
fn a_text_of_prose_that_leads_up_to_a_block_is_the_text() {
    let prose = Surroundings { language: "markdown".into(), ..around("The program prints hello.\n") };
    for info in ["text", "sh", ""] {
        let text = format!("The program prints:\n\n```{info}\nhello\n```\n");
        check_around(&prose, &text, &text);
        let fenced = format!("Here is the rewritten text:\n\n```{info}\nIt prints it.\n```\n");
        check_around(&prose, &fenced, "It prints it.\n");
    }
}

#[test]
fn a_line_that_leads_up_to_a_list_is_the_text() {
    let prose = Surroundings { language: "markdown".into(), ..around("Install it, then run it.\n") };
    for lead in ["Here are the steps to install it:", "Sure, it is easy.", "Below 20 degrees:"] {
        let text = format!("{lead}\n\n1. Build it.\n2. Run it.\n");
        check_around(&prose, &text, &text);
    }
    for lead in ["Sure! Here is the updated text:", "Here you go:", "Certainly!"] {
        check_around(&prose, &format!("{lead}\n\nBuild it, then run it."), "Build it, then run it.\n");
    }
}

#[test]
fn a_long_refusal_is_shortened() {
    let words = "I can't do that. ".repeat(50);
    let Err(ReplyProblem::Declined { words }) = whole(&around(ADD), &words, &StopReason::End) else {
        panic!()
    };
    assert!(words.ends_with('…') && words.chars().count() <= 301, "{words}");
}

#[test]
fn every_problem_reads_well() {
    let problems = [
        ReplyProblem::Empty,
        ReplyProblem::Declined { words: "No.".into() },
        ReplyProblem::Elided { remark: "// ...".into() },
        ReplyProblem::Pieces { blocks: 2 },
        ReplyProblem::Patch,
        ReplyProblem::Beyond,
        ReplyProblem::Cut,
    ];
    let text: Vec<String> = problems.iter().map(|problem| problem.to_problem().to_string()).collect();
    insta::assert_snapshot!(text.join("\n"), @r"
    The model answered nothing. Try again, or say more in the instruction.
    The model answered in words (No). Nothing was changed. Say it in other words, or ask in the chat.
    The answer leaves code out (`// ...`). Nothing was changed. Select less text, or try again.
    The answer comes in 2 pieces. Nothing was changed. Select less text, or try again.
    The answer is a patch that does not fit the text. Nothing was changed. Select less text, or try again.
    The answer goes beyond the selection. Nothing was changed. Select all of what is to change, or try again.
    The answer was cut at the output limit. Nothing was changed. Select less text, or raise the provider's `maxOutputTokens`.
    ");
}

#[test]
fn a_text_that_begins_as_a_refusal_does_is_a_text() {
    for (language, base, text) in [
        (
            "markdown",
            "Dear Anna,\n\nI can come on Monday.\n\nYours, Bea\n",
            "Unfortunately, I can't come on Monday.\n\nYours, Bea\n",
        ),
        ("markdown", "We can't ship it.\n", "Unfortunately, we can't ship it this week.\n"),
        ("markdown", "Sorry we were late with it.\n", "Sorry, we were late with it.\n"),
        ("plaintext", "We regret the delay of your order.\n", "I'm sorry about the delay of your order.\n"),
        ("git-commit", "Fix it\n", "Could you review this?\n"),
        ("html", "<p>We can't find it.</p>\n", "Sorry, we can't find it.\n"),
        ("yaml", "Sorry, it failed.\n", "Sorry, it failed again.\n"),
        ("properties", "Unfortunately it failed.\n", "Unfortunately, it failed at once.\n"),
    ] {
        let around = Surroundings { language: language.into(), ..around(base) };
        check_around(&around, &format!("```{language}\n{text}```"), text);
        check_around(&around, &format!("```\n{text}```"), text);
    }
    for (base, text) in [
        ("We can't ship it.\n", "Unfortunately, we can't ship it this week.\n"),
        ("I can not come on Monday, Anna.\n", "I cannot come on Monday, Anna.\n"),
        ("Sorry we were late with it.\n", "Sorry, we were late with it.\n"),
    ] {
        let around = Surroundings { language: "markdown".into(), ..around(base) };
        check_around(&around, text, text);
    }
}

#[test]
fn a_refusal_of_prose_is_a_message_in_a_fence_as_well() {
    let prose = Surroundings { language: "markdown".into(), ..around("Some text about bombs.\n") };
    for words in [
        "I'm sorry, but I can't help with that.",
        "I cannot assist with this request.",
        "Unfortunately, I'm unable to rewrite this text.",
        "Sorry, I can't do that.",
        "As an AI language model, I can't say.",
    ] {
        for answer in [words.to_owned(), format!("```\n{words}\n```"), format!("```markdown\n{words}\n```")] {
            check_problem_around(&prose, &answer, ReplyProblem::Declined { words: words.into() });
        }
    }
}

#[test]
fn an_explanation_with_names_of_code_in_it_is_dropped() {
    for words in [
        "I renamed add to sum_of_two everywhere.",
        "The function `add(a, b)` is now `sum(a, b)`.",
        "This uses i32::checked_add in place of the operator.",
    ] {
        let answer = format!("Here is the function:\n\nfn sum(a: i32) -> i32 {{\n    a + b\n}}\n\n{words}\n");
        check(ADD, &answer, "fn sum(a: i32) -> i32 {\n    a + b\n}\n");
        let answer = format!("```rust\nfn sum(a: i32) -> i32 {{\n    a + 'b'\n}}\n\n{words}\n```");
        check(ADD, &answer, "fn sum(a: i32) -> i32 {\n    a + 'b'\n}\n");
    }
}

#[test]
fn a_language_that_is_written_in_sentences_keeps_them() {
    for (language, base, text) in [
        (
            "cucumber",
            "Scenario: a\n  Given it\n",
            "Scenario: a\n  Given a user who is logged in\n  Then the user sees the page of the shop\n",
        ),
        (
            "cobol",
            "MOVE A TO B.\nDISPLAY TOTAL-OF-ALL UPON CONSOLE.\n",
            "MOVE WS-TOTAL TO WS-OUT.\nDISPLAY TOTAL-OF-ALL UPON CONSOLE.\n",
        ),
        ("inform7", "The den is a room.\n", "The den is a room.\nThe lamp is in the den. It is lit.\n"),
    ] {
        let around = Surroundings { language: language.into(), ..around(base) };
        check_around(&around, text, text);
        check_around(&around, &format!("```\n{text}```"), text);
    }
}

#[test]
fn a_comment_or_a_patch_without_a_fence_is_no_prose() {
    let c = |base: &str| Surroundings { language: "c".into(), ..around(base) };
    let base = "/*\n * The validation key, as a string.\n */\n";
    let text = base.replace("string", "text");
    check_around(&c(base), &text, &text);
    let patch = "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n /*\n- * The validation key, as a string.\n+ * The validation key, as a text.\n  */\n";
    check_around(&c(base), patch, &text);
}

#[test]
fn a_report_behind_prose_that_was_introduced_is_dropped() {
    let prose = |base: &str| Surroundings { language: "markdown".into(), ..around(base) };
    let base = "Some text hear.\n\nAnd more.\n";
    let text = "Some text here.\n\nAnd more.\n";
    for report in [
        "I fixed the spelling of \"hear\".",
        "Let me know if you'd like anything else!",
        "**Changes:**\n- \"hear\" is \"here\"",
        "I corrected a word.\n\nFeel free to ask for more.",
    ] {
        check_around(&prose(base), &format!("Here is the corrected text:\n\n{text}\n{report}\n"), text);
        // Without an introduction it may be the text.
        let all = format!("{text}\n{report}\n");
        check_around(&prose(base), &all, &all);
    }
    let letter = "I was there.\n\nI saw it.\n";
    check_around(
        &prose("I was ther.\n\nI saw it.\n"),
        &format!("Here is the corrected text:\n\n{letter}"),
        letter,
    );
}

#[test]
fn words_in_a_block_of_a_language_of_code_are_a_message() {
    let words = "The constant `a` is never used.";
    for answer in [format!("```\n{words}\n```"), format!("```text\n{words}\n```")] {
        check_problem(ADD, &answer, ReplyProblem::Declined { words: words.into() });
    }
    let comment = "// The constant `a` is never used.\n";
    check("a();\n", &format!("```\n{comment}```"), comment);
}

#[test]
fn words_for_nothing_are_nothing() {
    check_problem("a();\nb();\n", "(empty)", ReplyProblem::Empty);
    let asked = Surroundings { instruction: "delete both".into(), ..around("a();\nb();\n") };
    check_around(&asked, "```\n[empty]\n```", "");
}

#[test]
fn code_that_a_single_sentence_tells_is_the_code() {
    let python = Surroundings { language: "python".into(), ..around("x = 1\n") };
    for answer in [
        "Replace it with `x = 2`.",
        "Change this to `x = 2` so that it fits.",
        "Use `x = 2`",
        "Replace it with x = 2",
        "Replace it with: x = 2.",
        "Replace x = 1 with x = 2.",
        "Change the line to x = 2",
    ] {
        check_around(&python, answer, "x = 2\n");
    }
    for words in ["Replace it with a constant.", "Change this to whatever you like"] {
        check_problem_around(&python, words, ReplyProblem::Declined { words: words.into() });
    }
}

#[test]
fn a_part_of_the_line_that_a_sentence_names_is_exchanged() {
    let script = Surroundings { language: "javascript".into(), ..around("var count = items.length;\n") };
    check_around(&script, "Replace `var` with `let`.", "let count = items.length;\n");
}
