//! The same door for a day in a real Neovim with its extension: the editor, the server and every child are watched.

use crate::{address_of, addresses, check_network, unlisted};
use aside_tests::FakeModel;
use aside_tests::editor::binary;
use serde_json::json;
use std::path::Path;
use std::process::{Command, Stdio};

/// Answers what the script asks, in its order.
fn answer(model: &FakeModel) {
    model.next().openai_answer("the first answer");
    model.next().openai_error(400, "bad_request", "the provider said no", &[]);
    let mut exchange = model.next();
    exchange.openai_text("the beginning");
    exchange.client_closed();
    model.next().openai_answer("local two = 1\n");
    model.next().openai_error(400, "bad_request", "not an instruction", &[]);
    model.next().answer(200, &[], &json!({"data": [{"id": "listed"}]}).to_string());
    model.next().openai_answer("the last answer");
}

#[test]
fn a_day_in_neovim_tries_no_address_but_those_of_the_settings() {
    check_network();
    let nvim =
        std::env::var("ASIDE_TEST_NEOVIM").expect("`tests/run privacy` installs a Neovim and names it");
    let home = tempfile::tempdir().expect("a folder");
    let log = home.path().join("strace.log");
    std::fs::write(home.path().join("main.lua"), "local one = 1\n").expect("a file");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let model = FakeModel::start();
    let mut editor = Command::new("strace");
    editor
        .args(["-f", "-qq", "-s", "300", "-e", "trace=network", "-o"])
        .args([&log, Path::new(&nvim)])
        .args(["--clean", "-n", "--headless", "-l"])
        .args([root.join("tests/privacy/day.lua"), root.join("editors/nvim"), binary()])
        .arg(model.settings().to_string())
        .current_dir(home.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", home.path().join("no-bus").display()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let editor = editor.spawn().expect("strace runs");
    std::thread::scope(|scope| {
        let answers = scope.spawn(|| answer(&model));
        let said = editor.wait_with_output().expect("it ends");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        answers.join().expect("the script asks for every answer");
    });
    let tried = addresses(&std::fs::read_to_string(&log).expect("strace writes"));
    // Neovim asks for its user's name, first the cache of this machine.
    let names = "unix /var/run/nscd/socket".to_owned();
    let other = unlisted(&tried, &[address_of(&model), names], home.path());
    assert!(other.is_empty(), "{other:?}");
    assert!(tried.contains(&address_of(&model)), "{tried:?}");
}
