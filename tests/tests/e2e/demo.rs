//! `aside demo`, as somebody who has just built it runs it.

use crate::ledger::aside;
use aside_tests::FakeModel;
use aside_tests::model::Exchange;

const RENAMED: &str = "\
def total(items):
    subtotal = 0
    for item in items:
        subtotal = subtotal + item.price * item.count
    return subtotal
";

/// What the demo prints on a provider that does this, and whether it succeeds.
fn demo_on(provider: &[fn(Exchange)]) -> (bool, String) {
    let model = FakeModel::start();
    let home = tempfile::TempDir::new().unwrap();
    let url = model.origin() + "/v1";
    let words = ["demo", "--model", "local/any", "--base-url", &url];
    std::thread::scope(|scope| {
        let shown = scope.spawn(|| aside(home.path(), &words));
        provider.iter().for_each(|answer| answer(model.next()));
        shown.join().unwrap()
    })
}

fn answers_the_question(exchange: Exchange) {
    exchange.openai_answer("A small shop.");
}

fn renames(exchange: Exchange) {
    exchange.openai_answer(RENAMED);
}

fn refuses(exchange: Exchange) {
    exchange.openai_error(400, "bad_request", "this model takes no questions today", &[]);
}

#[track_caller]
fn check(shown: &str, expected: &[&str]) {
    for words in expected {
        assert!(shown.contains(words), "`{words}` is not in:\n{shown}");
    }
}

#[test]
fn the_demo_chats_edits_while_the_user_types_runs_an_action_and_says_how_to_go_on() {
    let home = tempfile::TempDir::new().unwrap();
    let (done, shown) = aside(home.path(), &["demo"]);
    assert!(done, "{shown}");
    check(
        &shown,
        &[
            "What is in this file?",
            "goes along: basket.py",
            "Typed while the model was writing",
            "subtotal = subtotal + item.price * item.count",
            "demo-lint",
            "Accepted.",
            "vim.opt.rtp:prepend",
            "require('aside').setup",
        ],
    );
}

#[test]
fn the_demo_is_the_same_on_a_provider_that_answers_at_once() {
    let documents: fn(Exchange) = |exchange| {
        exchange.openai_answer("def receipt(items):\n    \"\"\"Say what is paid for.\"\"\"\n");
    };
    let (done, shown) = demo_on(&[answers_the_question, renames, documents]);
    assert!(done, "{shown}");
    check(&shown, &["A small shop.", "Say what is paid for.", "Accepted.", "model = 'local/any'"]);
}

#[test]
fn the_demo_ends_with_the_providers_words_wherever_it_refuses() {
    let before: [fn(Exchange); 2] = [answers_the_question, renames];
    for answered in 0..=before.len() {
        let provider: Vec<_> =
            before.iter().take(answered).copied().chain([refuses as fn(Exchange)]).collect();
        let (done, shown) = demo_on(&provider);
        assert!(!done, "{shown}");
        check(&shown, &["this model takes no questions today"]);
    }
}
