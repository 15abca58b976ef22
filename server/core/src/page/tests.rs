use super::*;

fn question(turn: &Turn) -> &str {
    &turn.question
}

const PAGE: &str = "# Chat\n\n## You\n\nWhat is this? #main.rs\n\n*With main.rs, to https://x.example.*\n\n\
                    ## ollama/qwen3\n\nA program.\n\n## Its parts\n\nOne.\n\n## You\n\nand that?\n";

#[test]
fn questions_and_answers_are_told_apart_by_their_headings() {
    let turns = turns(PAGE);
    assert_eq!(turns.iter().map(question).collect::<Vec<_>>(), ["What is this? #main.rs", "and that?"]);
    let first = turns.first().unwrap();
    assert_eq!(
        (first.answer.as_str(), first.model.as_str()),
        ("A program.\n\n## Its parts\n\nOne.", "ollama/qwen3")
    );
    assert_eq!(PAGE.get(..first.end).unwrap().lines().last(), Some("One."));
    assert_eq!(turns.get(1).unwrap().answer, "");
}

#[test]
fn line_endings_blanks_and_case_change_nothing() {
    let other = PAGE.replace("## You", "## you  ").replace('\n', "\r\n");
    let plain = |text: &str| {
        turns(text).iter().map(|turn| (turn.question.clone(), turn.answer.clone())).collect::<Vec<_>>()
    };
    assert_eq!(plain(&other), plain(PAGE));
}

#[test]
fn text_without_a_heading_is_a_question_but_for_its_title() {
    let check = |text: &str, expected: &[&str]| {
        assert_eq!(turns(text).iter().map(question).collect::<Vec<_>>(), expected, "{text:?}");
    };
    check("# Title\n\nHello?", &["Hello?"]);
    check("Hello?\n\n## demo/demo\n\nYes.\n", &["Hello?"]);
    check("notes of mine\n\n## You\n\nHello?", &["Hello?"]);
    check("", &[""]);
    check(NEW, &[""]);
}

#[test]
fn a_line_of_a_new_chat_is_there_to_write_on() {
    assert_eq!(NEW.lines().nth(NEW_LINE as usize), Some(""));
    assert_eq!(turn_at(&turns(NEW), NEW.len()), Some(0));
}

#[test]
fn several_answers_to_a_question_count_as_the_last_with_words() {
    let text =
        "## You\n\nq\n\n## a/b\n\none\n\n## a/b\n\ntwo\n\n## a/c\n\n*The answer ended with a problem: x.*\n";
    let turns = turns(text);
    let turn = turns.first().unwrap();
    assert_eq!((turns.len(), turn.answer.as_str(), turn.model.as_str()), (1, "two", "a/b"));
}

#[test]
fn a_place_is_in_the_turn_that_starts_above_it() {
    let turns = turns(PAGE);
    let at = |needle: &str| turn_at(&turns, PAGE.find(needle).unwrap());
    assert_eq!((at("# Chat"), at("What"), at("One."), at("and that")), (None, Some(0), Some(0), Some(1)));
}

#[test]
fn what_a_question_names_is_found_with_its_lines() {
    let named = named("Is #main.rs right? (#src/a_b.rs:3-9) #x:4, #open. # no ## no a#no #main.rs");
    let found: Vec<_> = named.iter().map(|named| (named.path.as_str(), named.lines.clone())).collect();
    assert_eq!(found, [("main.rs", None), ("src/a_b.rs", Some(2..9)), ("x", Some(3..4)), ("open", None)]);
}

#[test]
fn a_name_means_the_end_of_a_path() {
    let means = |path: &str, uri: &str| means(&Named { path: path.into(), lines: None }, uri);
    assert!(means("a.rs", "file:///p/src/a.rs") && means("src/a.rs", "file:///p/src/a.rs"));
    assert!(means("a b.rs", "file:///p/a%20b.rs") && means("./a.rs", "file:///p/a.rs"));
    assert!(means("/p/a.rs", "file:///p/a.rs") && means("src\\a.rs", "file:///C:/src/a.rs"));
    assert!(!means("a.rs", "file:///p/aa.rs") && !means("p/b.rs", "file:///p/a.rs"));
}

#[test]
fn a_page_is_known_by_its_ending() {
    assert!(is_page("file:///a/b.aside.md") && is_page("file:///B.Aside.MD") && !is_page("file:///aside.md"));
    assert!(!is_page("x") && !is_page("file:///é.md"));
}

#[test]
fn an_answers_line_is_never_taken_for_a_heading_of_a_turn() {
    assert_eq!(guarded("## You\n"), " ## You\n");
    assert_eq!(guarded("## src/main.rs"), " ## src/main.rs");
    assert_eq!(guarded("## You see\n"), "## You see\n");
}

#[test]
fn a_heading_in_a_fenced_block_of_a_question_is_a_part_of_it() {
    for fence in ["```", "~~~~", "  ```"] {
        let block = format!("Why?\n\n{fence}md\n## You\n\n## a/b\n\nx\n{fence}\n\nso");
        for (text, answer) in [
            (format!("## You\n\n{block}\n"), ""),
            (format!("## You\n\n{block}\n\n*With x.*\n\n## demo/demo\n\nYes.\n"), "Yes."),
            (format!("{block}\n\n## demo/demo\n\nYes.\n"), "Yes."),
        ] {
            let turns = turns(&text);
            let all: Vec<_> =
                turns.iter().map(|turn| (turn.question.as_str(), turn.answer.as_str())).collect();
            assert_eq!(all, [(block.as_str(), answer)], "{text}");
        }
    }
}

#[test]
fn a_fence_that_is_left_open_hides_no_turn() {
    for text in [
        "## You\n\n```rust\na\n\n*With x.*\n\n## demo/demo\n\n```\nb\n```\n\n## You\n\nand?\n",
        "## You\n\na\n\n## demo/demo\n\n```rust\nb\n\n## You\n\nand?\n\n```\nc\n```\n",
        "## You\n\n```rust\na\n\n## demo/demo\n\nb\n\n## You\n\nand?\n",
    ] {
        let turns = turns(text);
        assert_eq!(turns.len(), 2, "{text}");
        assert!(question(turns.get(1).unwrap()).starts_with("and?"), "{text}");
    }
}

#[test]
fn a_files_name_over_a_part_of_a_question_is_no_model() {
    let all = turns("## You\n\nLook:\n\n## src/main.rs\n\nmain()\n\n## ollama/qwen3.2\n\nYes.\n");
    assert_eq!(all.iter().map(question).collect::<Vec<_>>(), ["Look:\n\n## src/main.rs\n\nmain()"]);
    assert_eq!(all.first().unwrap().model, "ollama/qwen3.2");
}

#[test]
fn a_heading_with_a_slash_in_an_answer_is_a_part_of_it() {
    let answer = "It has two parts.\n\n## client/server\n\nThe one asks.\n\n## src/main.rs\n\nThe other.";
    let text = format!(
        "## You\n\nHow?\n\n*With x.*\n\n## a/b\n\n{answer}\n\n*With x.*\n\n## c/d\n\n## You\n\nand?\n"
    );
    let turns = turns(&text);
    let all: Vec<_> = turns.iter().map(|turn| (turn.answer.as_str(), turn.model.as_str())).collect();
    assert_eq!(all, [(answer, "a/b"), ("", "")]);
}

#[test]
fn a_line_like_a_note_is_a_part_of_the_text_that_goes_on_below_it() {
    let question = "What is this?\n\n*With love.*\n\n```md\n*With x.*\n```";
    let answer = "A page:\n\n```md\n*With x.*\n```\n\n*The answer is 42.*\n\nEnd.";
    let text = format!(
        "## You\n\n{question}\n\n*With x.*\n*Without y.*\n\n## a/b\n\n*The answer is from a/b: c/d gave none.*\n\n{answer}\n\n*You stopped it.*\n"
    );
    let turns = turns(&text);
    let all: Vec<_> = turns.iter().map(|turn| (turn.question.as_str(), turn.answer.as_str())).collect();
    assert_eq!(all, [(question, answer)]);
}

#[test]
fn a_heading_with_a_slash_in_a_question_is_a_part_of_it_once_it_is_answered() {
    let question = "How does it work?\n\n## client/server\n\nThe one asks.\n\n## input/output\n\nSo?";
    let text = format!("## You\n\n{question}\n\n*With x.*\n\n## a/b\n\nWell.\n\n## You\n\nand?\n");
    let all = turns(&text);
    assert_eq!(all.iter().map(|turn| turn.question.as_str()).collect::<Vec<_>>(), [question, "and?"]);
    // Of a chat that was exported, the question that is asked again has its first answer all the same.
    let all = turns("## You\n\nq\n\n## a/b\n\none\n\n*With x.*\n\n## a/b\n\ntwo\n");
    assert_eq!(all.iter().map(|turn| turn.question.as_str()).collect::<Vec<_>>(), ["q"]);
}
