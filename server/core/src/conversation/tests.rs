//! A chat, turn by turn.

use super::*;

fn chat(turns: &[(&str, &str, &str)]) -> Conversation {
    let mut chat = Conversation::default();
    for (id, question, answer) in turns {
        chat.begin(id, question, Vec::new(), "demo/demo").unwrap();
        assert!(chat.append(id, answer));
        assert!(chat.end(id, TurnState::Done { cut: false }));
    }
    chat
}

fn ids(chat: &Conversation) -> String {
    chat.turns().iter().map(|turn| turn.id.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_second_turn_is_refused_while_one_is_running() {
    let mut chat = chat(&[("1", "a", "b")]);
    chat.begin("2", "c", Vec::new(), "demo/demo").unwrap();
    assert_eq!(chat.begin("3", "d", Vec::new(), "demo/demo"), Err(Busy));
    assert!(chat.end("2", TurnState::Cancelled));
    assert_eq!(chat.begin("3", "d", Vec::new(), "demo/demo"), Ok(()));
}

#[test]
fn an_earlier_turns_name_replaces_it_and_drops_what_came_after() {
    let mut chat = chat(&[("1", "a", "b"), ("2", "c", "d"), ("3", "e", "f")]);
    chat.begin("2", "new", Vec::new(), "demo/demo").unwrap();
    assert_eq!(ids(&chat), "1 2");
    assert_eq!(chat.turns().last().unwrap().question, "new");
    assert_eq!(chat.running(), Some("2"));
}

#[test]
fn a_turn_that_ended_takes_no_more_text() {
    let mut chat = chat(&[("1", "a", "b")]);
    assert!(!chat.append("1", "late"));
    assert!(!chat.end("1", TurnState::Failed));
    assert!(!chat.append("unknown", "x"));
    assert_eq!(chat.turns()[0].answer, "b");
    assert_eq!(chat.turns()[0].state, TurnState::Done { cut: false });
}

fn shown(history: &History) -> String {
    history.messages.iter().map(|message| message.text.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_history_is_every_answered_turn_before_this_one() {
    let mut chat = chat(&[("1", "a", "b"), ("2", "c", ""), ("3", "e", "f"), ("4", "g", "h")]);
    assert_eq!(shown(&chat.history("4", 100, &|_| None)), "a b e f");
    assert_eq!(shown(&chat.history("new", 100, &|_| None)), "a b e f g h");
    chat.begin("5", "i", Vec::new(), "demo/demo").unwrap();
    chat.append("5", "half");
    assert_eq!(shown(&chat.history("5", 100, &|_| None)), "a b e f g h");
}

#[test]
fn the_oldest_turns_are_left_out_first_and_it_is_said() {
    let long = "x".repeat(350);
    let chat = chat(&[("1", &long, "b"), ("2", &long, "d"), ("3", "e", &long)]);
    let history = chat.history("4", 210, &|_| None);
    assert_eq!(history.messages.len(), 4);
    assert!(history.tokens <= 210);
    let [item] = &history.items[..] else { panic!("{history:?}") };
    assert_eq!((item.label.as_str(), item.tokens), ("1 earlier turn", 101));
    assert!(item.left_out.is_some());
    assert_eq!(chat.history("4", 10_000, &|_| None).items, []);
}

#[test]
fn the_history_holds_the_context_as_it_was_sent() {
    let mut chat = Conversation::default();
    let block = Block {
        label: "main.rs".into(),
        language: "rust".into(),
        text: "fn main() {}\n".into(),
        ..Block::default()
    };
    chat.begin("1", "Why?", vec![block], "demo/demo").unwrap();
    chat.append("1", "So.");
    chat.end("1", TurnState::Done { cut: false });
    insta::assert_snapshot!(chat.history("2", 1_000, &|_| None).messages[0].text, @"
    Context: main.rs:
    ```rust
    fn main() {}
    ```

    Question:
    Why?
    ");
}

#[test]
fn the_context_of_earlier_questions_is_named_where_it_goes_along_again() {
    let block = |label: &str| Block {
        label: label.into(),
        language: "rust".into(),
        text: "x".repeat(35),
        ..Block::default()
    };
    let mut chat = Conversation::default();
    for (id, blocks) in [("1", vec![block("a.rs"), block("b.rs")]), ("2", vec![block("a.rs")]), ("3", vec![])]
    {
        chat.begin(id, "Why?", blocks, "demo/demo").unwrap();
        chat.append(id, "So.");
        chat.end(id, TurnState::Done { cut: false });
    }
    let said = |history: &History| {
        let one = |item: &Item| format!("{} {} {}", item.label, item.tokens, item.goes_along);
        history.items.iter().map(one).collect::<Vec<_>>()
    };
    let both = ["a.rs from an earlier question 20 true", "b.rs from an earlier question 10 true"];
    assert_eq!(said(&chat.history("4", 1_000, &|_| None)), both);
    assert_eq!(said(&chat.history("2", 1_000, &|_| None))[0], "a.rs from an earlier question 10 true");
    let cut = said(&chat.history("4", 20, &|_| None));
    assert!(cut.len() == 1 && cut[0].starts_with("2 earlier turns "), "{cut:?}");
}

#[test]
fn the_first_question_gives_the_title_until_the_user_does() {
    let mut chat =
        chat(&[("1", "\n  Why is the sky blue, and why does it turn red in the evening?\nTell me.", "b")]);
    assert_eq!(chat.title(), "Why is the sky blue, and why does it turn red in the…");
    chat.rename(" Sky ");
    assert_eq!(chat.title(), "Sky");
    chat.rename("");
    assert!(chat.title().starts_with("Why"));
    assert_eq!(Conversation::default().title(), "");
    let word = self::chat(&[("1", &"é".repeat(100), "b")]);
    assert_eq!(word.title().chars().count(), 61);
}

#[test]
fn a_fork_holds_the_turns_up_to_one() {
    let mut chat = chat(&[("1", "a", "b"), ("2", "c", "d")]);
    assert_eq!(ids(&chat.fork(Some("1")).unwrap()), "1");
    assert_eq!(chat.fork(Some("9")), Err(UnknownTurn));
    chat.begin("3", "e", Vec::new(), "demo/demo").unwrap();
    let fork = chat.fork(None).unwrap();
    assert_eq!((ids(&fork).as_str(), fork.running()), ("1 2 3", None));
    assert_eq!(chat.running(), Some("3"));
}

#[test]
fn a_chat_is_found_by_all_its_words_in_any_case() {
    let chat = chat(&[("1", "Why is the Sky blue?", "Rayleigh scattering.")]);
    assert!(chat.matches("rayleigh SKY"));
    assert!(chat.matches(""));
    assert!(!chat.matches("sky red"));
}

#[test]
fn a_chat_is_exported_as_markdown() {
    let mut chat = Conversation::default();
    let block = Block {
        label: "selection main.rs:1-3".into(),
        language: "rust".into(),
        text: "secret".into(),
        ..Block::default()
    };
    chat.begin("1", "Why?", vec![block], "openai/gpt").unwrap();
    chat.append("1", "Because:\n\n```rust\nx\n```\n");
    chat.end("1", TurnState::Done { cut: false });
    chat.begin("2", "And?", Vec::new(), "demo/demo").unwrap();
    chat.end("2", TurnState::Cancelled);
    insta::assert_snapshot!(chat.export(), @"
    # Why?

    ## You

    Why?

    *With selection main.rs:1-3.*

    ## openai/gpt

    Because:

    ```rust
    x
    ```

    ## You

    And?

    ## demo/demo

    *The answer was stopped.*
    ");
}

#[test]
fn an_exported_answer_has_no_line_that_a_page_takes_for_a_turn() {
    let mut chat = Conversation::default();
    chat.begin("1", "How?", Vec::new(), "openai/gpt").unwrap();
    chat.append("1", "So:\n\n## You\n\n## openai/gpt\n\nAnd so on.");
    chat.end("1", TurnState::Done { cut: false });
    let turns = page::turns(&chat.export()).len();
    assert_eq!(turns, 1);
}
