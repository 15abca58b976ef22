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

#[test]
fn a_second_turn_is_refused_while_one_is_running() {
    let mut chat = chat(&[("1", "a", "b")]);
    chat.begin("2", "c", Vec::new(), "demo/demo").unwrap();
    assert_eq!(chat.begin("3", "d", Vec::new(), "demo/demo"), Err(Busy));
    assert!(chat.end("2", TurnState::Cancelled));
    assert_eq!(chat.begin("3", "d", Vec::new(), "demo/demo"), Ok(()));
}
