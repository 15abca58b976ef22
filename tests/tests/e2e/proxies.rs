//! Ways out that go through a proxy of the user's. What goes wrong there is in `faults`.

use aside_tests::socks::{Socks, Terms};
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};

/// An editor whose user has chosen a provider that is reached through a proxy.
fn start(base_url: &str, network: &Value, env: &[(&str, &str)]) -> TestEditor {
    let provider = json!({"baseUrl": base_url, "keyOptional": true});
    let settings = json!({"model": "far/test", "network": network, "providers": {"far": provider}});
    let setup = env
        .iter()
        .fold(Setup { settings, ..Setup::default() }, |setup, (name, value)| setup.with_env(name, value));
    TestEditor::start(&setup)
}

/// One turn, whose answer comes in two pieces.
#[track_caller]
fn check(editor: &mut TestEditor, model: &FakeModel) {
    editor.send("c", "1", "hello");
    let mut exchange = model.next();
    exchange.openai_text("Hi");
    let turn = editor.turn_until("c", "1", Default::default(), |turn| turn.text == "Hi");
    exchange.openai_text(" there.");
    exchange.openai_done();
    assert_eq!(editor.turn_until("c", "1", turn, |turn| turn.end.is_some()).text, "Hi there.");
    editor.forget_unread("window/showMessage");
}

#[test]
fn a_socks_proxy_finds_the_address_and_hears_no_question_to_this_machine() {
    let model = FakeModel::start();
    let socks = Socks::start(Terms::Password("me", "se:cret"), model.port());
    let url = |scheme: &str| format!("{scheme}://me:se%3Acret@127.0.0.1:{}", socks.port());
    let far = "http://llm.example.com/v1";
    check(&mut start(far, &json!({"proxy": url("socks5h")}), &[]), &model);
    assert_eq!(socks.asked(), ["llm.example.com:80"]);
    // An address is one for the other kind as well, which asks a name server of this machine's for a name.
    check(&mut start("http://192.0.2.1:8080/v1", &json!({"proxy": url("socks5")}), &[]), &model);
    assert_eq!(socks.asked().last().unwrap(), "192.0.2.1:8080");
    check(&mut start(far, &json!({}), &[("ALL_PROXY", &url("socks5h"))]), &model);
    assert_eq!(socks.asked().len(), 3);
    check(&mut start(&model.origin(), &json!({"proxy": url("socks5h")}), &[]), &model);
    assert_eq!(socks.asked().len(), 3, "this machine is reached without it");
}

#[test]
fn a_wrong_password_is_said_and_never_repeated() {
    let model = FakeModel::start();
    let socks = Socks::start(Terms::Password("me", "right"), model.port());
    let network = json!({"proxy": format!("socks5h://me:wr0ng-canary@127.0.0.1:{}", socks.port())});
    let mut editor = start("http://llm.example.com/v1", &network, &[]);
    editor.send("c", "1", "hello");
    let said = editor.turn("c", "1").problem().to_string();
    assert!(said.contains("does not take the name and the password"), "{said}");
    assert!(!said.contains("canary") && !editor.log().contains("canary"), "{said}");
    editor.forget_unread("window/showMessage");
    assert_eq!(model.connections(), 0);
}
