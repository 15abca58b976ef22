//! Ways out that go through a proxy of the user's. What goes wrong there is in `faults`.

use aside_tests::broken::{Break, Broken, TEXT};
use aside_tests::socks::{Socks, Terms};
use aside_tests::tls::{Authority, Shown};
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

/// A proxy that lets everybody through, and the authority of the providers behind it.
fn http_proxy() -> (Broken, Authority) {
    let authority = Authority::new("known");
    let proxy = Broken::proxy(Break::ProxyRefuses, authority.server(Shown::Good, false));
    proxy.mend();
    (proxy, authority)
}

#[test]
fn the_proxy_of_the_environment_is_asked_to_connect() {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let (proxy, authority) = http_proxy();
        let url = format!("http://me:se%3Acret@127.0.0.1:{}", proxy.port());
        let network = json!({"caFile": authority.file()});
        let mut editor = start("https://llm.invalid/v1", &network, &[(name, &url)]);
        editor.send("c", "1", "hello");
        assert_eq!(editor.turn("c", "1").text, TEXT, "{name}");
        editor.forget_unread("window/showMessage");
        let heads = proxy.requests();
        assert!(heads[0].starts_with("CONNECT llm.invalid:443 HTTP/1.1\r\n"), "{name}: {heads:?}");
        // "me:se:cret", for the proxy alone: what comes next is said inside TLS, to the provider.
        let password = |head: &String| head.to_lowercase().contains("proxy-authorization: basic ");
        assert!(heads[0].contains("bWU6c2U6Y3JldA=="), "{name}: {heads:?}");
        assert_eq!(heads.iter().filter(|head| password(head)).count(), 1, "{name}: {heads:?}");
    }
}

#[test]
fn what_is_named_as_the_proxy_and_is_none_is_said_and_nothing_goes_there_without() {
    let model = FakeModel::start();
    // The system takes it for this machine's, Aside doesn't: without a proxy it would be reached.
    let far = format!("http://[::ffff:0.0.0.0]:{}/v1", model.port());
    let variable = "the environment variable HTTP_PROXY is no proxy's address";
    for (network, env, says) in [
        (json!({}), vec![("HTTP_PROXY", "http://me:pass^canary@127.0.0.1:1")], variable),
        (json!({}), vec![("HTTP_PROXY", "127.0.0.1:1/"), ("ALL_PROXY", "http://127.0.0.1:1")], variable),
        (json!({"proxy": "ftp://canary@p"}), vec![], "the setting `network.proxy` can't be read"),
    ] {
        let mut editor = start(&far, &network, &env);
        editor.send("c", "1", "hello");
        let problem = editor.turn("c", "1").problem().clone();
        assert!(problem.title.starts_with(says), "{problem:?}");
        assert!(!problem.to_string().contains("network.offline"), "{problem:?}");
        assert!(!problem.to_string().contains("canary") && !editor.log().contains("canary"), "{problem:?}");
        // Where the text would go is said once, so not before something goes there.
        if env.is_empty() {
            editor.forget_unread("window/showMessage");
        }
    }
    assert_eq!(model.connections(), 0);
}

/// The provider is at an address that Aside doesn't take for this machine's, but the system does.
#[cfg(unix)]
#[test]
fn each_kind_of_proxy_has_exceptions_of_its_own() {
    let model = FakeModel::start();
    let (proxy, _) = http_proxy();
    let (far, url) = (
        format!("http://[::ffff:0.0.0.0]:{}/v1", model.port()),
        format!("http://127.0.0.1:{}", proxy.port()),
    );
    let through = |network: Value, env: &[(&str, &str)]| {
        let before = (proxy.connections(), model.connections());
        let mut editor = start(&far, &network, env);
        editor.send("c", "1", "hello");
        assert_eq!(editor.turn("c", "1").text, TEXT, "the proxy answers");
        editor.forget_unread("window/showMessage");
        assert!(proxy.connections() > before.0 && model.connections() == before.1, "{network} {env:?}");
    };
    let beside = |network: Value, env: &[(&str, &str)]| {
        let before = proxy.connections();
        check(&mut start(&far, &network, env), &model);
        assert_eq!(proxy.connections(), before, "{network} {env:?}");
    };
    let of_environment = ("HTTP_PROXY", url.as_str());
    let no_proxy = ("NO_PROXY", "llm.example.com, ::ffff:0.0.0.0");
    through(json!({}), &[of_environment]);
    beside(json!({}), &[of_environment, no_proxy]);
    through(json!({"proxy": url}), &[]);
    // A variable that another program needs doesn't undo what the user wrote in the settings.
    through(json!({"proxy": url}), &[no_proxy]);
    beside(json!({"proxy": url, "noProxy": ["llm.example.com", "::ffff:0.0.0.0"]}), &[]);
}
