//! Connections are kept warm, and every one that was opened is closed again.

use aside::protocol::method;
use aside_core::problem::ProblemKind;
use aside_tests::broken::{Break, Broken, TEXT};
use aside_tests::tls::{Authority, Shown};
use aside_tests::{FakeModel, LIMIT, Setup, TestEditor};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

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

/// An editor whose user has chosen a provider behind TLS.
fn secure(server: &Broken, authority: &Authority, network: &Value) -> Setup {
    let mut network = network.clone();
    network["caFile"] = json!(authority.file());
    let provider =
        json!({"baseUrl": server.base_url(), "keyEnv": "TEST_KEY", "headers": {"x-team": "canary"}});
    let settings = json!({"model": "far/test", "network": network, "providers": {"far": provider}});
    Setup { settings, ..Setup::default() }.with_env("TEST_KEY", "sk-canary")
}

fn behind_tls() -> (Broken, Authority) {
    let authority = Authority::new("known");
    let config = authority.server(Shown::Good, false);
    let server = Broken::tls(Break::Handshake, config.clone(), config);
    server.mend();
    (server, authority)
}

/// Waits until the ledger on disk holds the words.
#[track_caller]
fn wait_for_ledger(editor: &TestEditor, words: &str) {
    let until = Instant::now() + LIMIT;
    let read = || {
        let files = std::fs::read_dir(editor.home().join("state/ledger")).into_iter().flatten().flatten();
        files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect::<String>()
    };
    while !read().contains(words) {
        assert!(Instant::now() < until, "{words} is not in the ledger:\n{}", read());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(read().contains("\"feature\":\"warming\""), "{}", read());
}

#[test]
fn turning_to_aside_opens_the_connection_once_and_sends_nothing_of_the_users() {
    let (server, authority) = behind_tls();
    let mut editor = TestEditor::start(&secure(&server, &authority, &json!({})));
    let uri = editor.open("a.rs", "fn a() {}\n");
    editor.type_after(&uri, "fn a", "canary");
    assert_eq!(server.connections(), 0, "opening and editing open no connection");
    for feature in ["chat", "inline", "chat"] {
        editor.notify(method::WARM, json!({"feature": feature}));
    }
    wait_for_ledger(&editor, "answered");
    editor.send("c", "1", "hello");
    assert_eq!(editor.turn("c", "1").text, TEXT);
    let requests = server.requests();
    let first: Vec<&str> = requests.iter().filter_map(|head| head.lines().next()).collect();
    assert_eq!(first, ["HEAD / HTTP/1.1", "POST /v1/chat/completions HTTP/1.1"]);
    assert!(!requests[0].contains("canary") && !requests[0].contains("authorization"), "{}", requests[0]);
    assert!(requests[1].contains("sk-canary"));
    assert_eq!(server.connections(), 1, "the question goes over the connection that was opened");
    editor.forget_unread("window/showMessage");
}

#[test]
fn looking_at_what_would_be_sent_opens_no_connection() {
    let (server, authority) = behind_tls();
    let mut editor = TestEditor::start(&secure(&server, &authority, &json!({})));
    let uri = editor.open("a.rs", "fn a() {}\n");
    let shown = crate::support::preview_file(&mut editor, &uri);
    assert!(shown.body.contains("fn a()"), "{}", shown.body);
    assert_eq!(server.connections(), 0);
}

#[test]
fn warming_can_be_switched_off() {
    let (server, authority) = behind_tls();
    for network in [json!({"warm": false}), json!({"warm": "no"})] {
        let mut editor = TestEditor::start(&secure(&server, &authority, &network));
        editor.notify(method::WARM, json!({"feature": "chat"}));
        editor.send("c", "1", "hello");
        editor.turn("c", "1");
        editor.forget_unread("window/showMessage");
    }
    assert!(server.requests().iter().all(|head| head.starts_with("POST ")), "{:?}", server.requests());
}

#[test]
fn a_server_of_this_machine_is_not_warmed_since_that_saves_nothing() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.notify(method::WARM, json!({"feature": "inline"}));
    editor.send("c", "1", "hello");
    model.next().openai_answer("hi");
    editor.turn("c", "1");
}

#[test]
fn the_machines_own_authorities_are_trusted() {
    let (server, authority) = behind_tls();
    let setup = secure(&server, &authority, &json!({}));
    let mut settings = setup.settings.clone();
    settings["network"] = json!({});
    let setup = Setup { settings, ..setup }.with_env("SSL_CERT_FILE", authority.file().to_str().unwrap());
    let mut editor = TestEditor::start(&setup);
    editor.send("c", "1", "hello");
    assert_eq!(editor.turn("c", "1").text, TEXT);
    editor.forget_unread("window/showMessage");
}

#[test]
fn a_client_certificate_with_another_one_s_key_is_told_by_the_settings_that_name_them() {
    let (server, authority) = behind_tls();
    let ((certificate, _), other) = (authority.client(), Authority::new("other"));
    let network = json!({"clientCertificateFile": certificate, "clientKeyFile": other.client().1});
    let mut editor = TestEditor::start(&secure(&server, &authority, &network));
    editor.send("c", "1", "hello");
    let turn = editor.turn("c", "1");
    let (kind, said) = (turn.problem().kind, turn.problem().to_string());
    assert_eq!(kind, ProblemKind::Setting, "{said}");
    for setting in ["`network.clientCertificateFile`", "`network.clientKeyFile`"] {
        assert!(said.contains(setting), "{said}");
    }
    editor.forget_unread("window/showMessage");
}

/// Linux leaves who comes beyond a full queue without an answer.
#[cfg(target_os = "linux")]
#[test]
fn a_connection_that_nobody_takes_is_given_up_in_the_users_time() {
    use socket2::{Domain, Socket, Type};
    let full = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    full.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    full.listen(0).unwrap();
    let address = full.local_addr().unwrap().as_socket().unwrap();
    // Those who wait in it.
    let waiting: Vec<Socket> = (0..8)
        .map(|_| {
            let waits = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            waits.set_nonblocking(true).unwrap();
            // Under way is all that it gets.
            let _ = waits.connect(&address.into());
            waits
        })
        .collect();
    let settings = json!({
        "model": "full/test",
        "providers": {"full": {"baseUrl": format!("http://{address}/v1"), "keyOptional": true}},
        "network": {"connectTimeoutSeconds": 1},
    });
    let mut editor = TestEditor::start(&Setup { settings, ..Setup::default() });
    editor.send("c", "1", "hello");
    let turn = editor.turn("c", "1");
    assert!(turn.problem().to_string().contains("came about within 1 s"), "{:?}", turn.problem());
    assert_eq!(turn.waits.len(), 2, "it is tried twice more");
    drop((full, waiting));
}
