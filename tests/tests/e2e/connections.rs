//! Connections are kept warm, and every one that was opened is closed again.

use aside_tests::{FakeModel, TestEditor};

#[test]
fn a_hundred_requests_go_over_one_connection() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    for n in 0..100 {
        let chat = n.to_string();
        editor.send(&chat, "1", "hello");
        model.next().openai_answer("hi");
        editor.turn(&chat, "1");
    }
    assert_eq!(model.connections(), 1);
}

#[test]
fn an_error_answer_leaves_the_connection_usable() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    for n in 0..5 {
        let chat = n.to_string();
        editor.send(&chat, "1", "hello");
        model.next().openai_error(400, "invalid_request_error", "no", &[]);
        editor.turn(&chat, "1").problem();
    }
    assert_eq!(model.connections(), 1);
}

#[test]
fn many_streams_at_once_all_arrive_whole() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let count = 64;
    for n in 0..count {
        editor.send(&n.to_string(), "1", &format!("question {n}."));
    }
    let mut exchanges: Vec<_> = (0..count).map(|_| model.next()).collect();
    for piece in 0..10 {
        for exchange in &mut exchanges {
            exchange.openai_text(&format!("{piece} "));
        }
    }
    for mut exchange in exchanges {
        let asked = exchange.prompt();
        let (_, number) = asked.rsplit_once("question ").unwrap();
        let number = number.split('.').next().unwrap().to_owned();
        exchange.openai_text(&number);
        exchange.openai_done();
    }
    for n in 0..count {
        assert_eq!(editor.turn(&n.to_string(), "1").text, format!("0 1 2 3 4 5 6 7 8 9 {n}"));
    }
}
