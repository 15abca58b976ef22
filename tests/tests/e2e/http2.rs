//! HTTP/2: many questions over one connection, each of which can be stopped alone.

pub(crate) mod peer;

use aside::protocol::TurnEvent;
use aside_tests::broken::TEXT;
use aside_tests::tls::{Authority, Shown};
use aside_tests::{Setup, TestEditor};
use peer::{GO_AWAY, HOLD, Peer, WAIT};
use serde_json::json;

const DONE: Option<TurnEvent> = Some(TurnEvent::Done { cut: false });

/// An editor whose user has chosen a provider that speaks HTTP/2 alone. The authority's file lives as long as it does.
fn start() -> (TestEditor, Peer, Authority) {
    let authority = Authority::new("known");
    let peer = Peer::start(&authority.server(Shown::Good, false));
    let settings = json!({
        "model": "far/test",
        "network": {"caFile": authority.file()},
        "providers": {"far": {"baseUrl": peer.base_url(), "keyEnv": "TEST_KEY"}},
    });
    let setup = Setup { settings, ..Setup::default() }.with_env("TEST_KEY", "sk-canary");
    (TestEditor::start(&setup), peer, authority)
}

#[test]
fn a_question_that_is_stopped_resets_its_stream_and_leaves_the_others() {
    let (mut editor, peer, _authority) = start();
    editor.send("a", "1", HOLD);
    let held = editor.turn_until("a", "1", Default::default(), |turn| !turn.text.is_empty());
    editor.send("b", "1", WAIT);
    let waiting = editor.turn_until("b", "1", Default::default(), |turn| !turn.text.is_empty());
    assert_eq!((held.text.as_str(), waiting.text.as_str()), ("Hello, ", "Hello, "), "it comes as it is sent");
    editor.cancel_turn("a", "1");
    let held = editor.turn_until("a", "1", held, |turn| turn.end.is_some());
    assert_eq!((held.text.as_str(), held.end), ("Hello, ", Some(TurnEvent::Cancelled)));
    // The other one's provider waited for that.
    let whole = editor.turn_until("b", "1", waiting, |turn| turn.end.is_some());
    assert_eq!((whole.text.as_str(), whole.end), (TEXT, DONE));
    assert_eq!(peer.resets(), [h2::Reason::CANCEL]);
    assert_eq!(peer.connections(), 1);
    let expected = format!("POST {}/chat/completions Bearer sk-canary", peer.base_url());
    assert_eq!(peer.requests(), [expected.clone(), expected]);
}

#[test]
fn a_connection_that_takes_no_more_questions_finishes_its_answer_and_the_next_one_has_another() {
    let (mut editor, peer, _authority) = start();
    for (turn, question) in [("1", GO_AWAY), ("2", "hello")] {
        editor.send("c", turn, question);
        let turn = editor.turn("c", turn);
        assert_eq!((turn.text.as_str(), turn.end), (TEXT, DONE));
    }
    assert_eq!(peer.connections(), 2);
}
