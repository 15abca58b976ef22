//! Keys: from the place the user chose to the provider's header, and nowhere else.

use aside::protocol::method;
use aside_core::problem::ProblemKind;
use aside_tests::editor::Process;
use aside_tests::{Exchange, FakeModel, Setup, TestEditor};
use serde_json::{Value, json};
use std::path::Path;

const KEY: &str = "sk-canary-3141592653589793";

fn with_key(model: &FakeModel, from: &Value) -> Setup {
    let mut settings = model.settings();
    let provider = &mut settings["providers"]["fake"];
    provider["keyOptional"] = json!(false);
    for (name, value) in from.as_object().unwrap() {
        provider[name] = value.clone();
    }
    Setup { settings, ..Setup::default() }
}

/// The key is in nothing that was said or kept.
#[track_caller]
fn check_secret(editor: &mut TestEditor) {
    assert!(!editor.transcript().contains(KEY), "the key is in a message");
    search(&editor.home());
}

fn search(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            search(&path);
        } else {
            let bytes = std::fs::read(&path).unwrap_or_default();
            assert!(
                !bytes.windows(KEY.len()).any(|w| w == KEY.as_bytes()),
                "the key is in {}",
                path.display()
            );
        }
    }
}

#[test]
fn a_key_from_the_environment_is_sent_as_the_format_wants_it() {
    for (format, header, value) in [
        ("openai-chat", "authorization", format!("Bearer {KEY}")),
        ("anthropic-messages", "x-api-key", KEY.into()),
    ] {
        let model = FakeModel::start();
        let mut setup = with_key(&model, &json!({"keyEnv": "TEST_KEY", "format": format}));
        setup = setup.with_env("TEST_KEY", KEY);
        let mut editor = TestEditor::start(&setup);
        editor.send("c", "1", "hello");
        let exchange = model.next();
        assert_eq!(exchange.header(header), Some(value.as_str()));
        assert!(!String::from_utf8_lossy(&exchange.bytes).contains(KEY));
        match format {
            "openai-chat" => exchange.openai_answer("hi"),
            _ => exchange.anthropic_answer("hi"),
        }
        editor.turn("c", "1");
        let status = editor.wait_for_status(|status| status.key_source.is_some());
        assert!(status.key_source.unwrap().contains("TEST_KEY"));
        check_secret(&mut editor);
    }
}

#[test]
fn a_command_comes_before_the_environment() {
    let model = FakeModel::start();
    let setup = with_key(&model, &json!({"keyCommand": ["printf", KEY], "keyEnv": "TEST_KEY"}));
    let mut editor = TestEditor::start(&setup.with_env("TEST_KEY", "another"));
    editor.send("c", "1", "hello");
    let exchange = model.next();
    assert_eq!(exchange.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    exchange.openai_answer("hi");
    editor.turn("c", "1");
    check_secret(&mut editor);
}

#[test]
fn a_command_that_fails_is_a_problem_and_nothing_is_sent() {
    let model = FakeModel::start();
    let setup = with_key(&model, &json!({"keyCommand": ["false"], "keyEnv": "TEST_KEY"}));
    let mut editor = TestEditor::start(&setup.with_env("TEST_KEY", KEY));
    editor.send("c", "1", "hello");
    let turn = editor.turn("c", "1");
    assert!(!turn.problem().next.is_empty());
    assert_eq!(model.connections(), 0);
}

#[test]
fn a_key_that_was_refused_is_in_no_message_and_no_log() {
    let model = FakeModel::start();
    let setup = with_key(&model, &json!({"keyEnv": "TEST_KEY"})).with_env("TEST_KEY", KEY);
    let mut editor = TestEditor::start(&setup);
    editor.send("c", "1", "hello");
    // Some providers repeat the key that they refuse.
    model.next().openai_error(401, "invalid_api_key", &format!("Incorrect API key provided: {KEY}"), &[]);
    let turn = editor.turn("c", "1");
    assert_eq!(turn.problem().kind, ProblemKind::KeyRefused);
    check_secret(&mut editor);
}

#[test]
fn a_key_that_looks_like_words_is_not_repeated_either() {
    let model = FakeModel::start();
    let setup =
        with_key(&model, &json!({"keyEnv": "TEST_KEY"})).with_env("TEST_KEY", "correct-horse-battery");
    let mut editor = TestEditor::start(&setup);
    for (turn, status) in [("1", 401), ("2", 400)] {
        editor.send("c", turn, "hello");
        model.next().openai_error(status, "bad", "no, not correct-horse-battery", &[]);
        let problem = editor.turn("c", turn).problem().to_string();
        assert!(problem.contains("no, not …") && !problem.contains("horse"), "{problem}");
    }
    // Within an answer as well.
    for body in [
        r#"data: {"error": {"message": "no, not correct-horse-battery"}}"#,
        r#"{"error": "no, not correct-horse-battery"}"#,
        "data: no, not correct-horse-battery",
    ] {
        editor.send("c", "3", "hello");
        model.next().answer(200, &[("content-type", "text/event-stream")], &format!("{body}\n\n"));
        let problem = editor.turn("c", "3").problem().to_string();
        assert!(problem.contains("no, not …") && !problem.contains("horse"), "{body}: {problem}");
    }
    let asked = editor.send_request("aside/models", json!({"provider": "fake", "refresh": true}));
    model.next().answer(200, &[], "<title>no, not correct-horse-battery</title>");
    let list = editor.reply(&asked).expect("an answer").to_string();
    assert!(list.contains("no, not …") && !list.contains("horse"), "{list}");
}

#[test]
fn a_secret_in_the_users_own_headers_is_not_repeated_in_any_spelling() {
    let model = FakeModel::start();
    let headers = json!({"X-Api-Key": "open/sesame+twice", "Authorization": "Basic bWU6aHVzaC1odXNo"});
    let mut editor = TestEditor::start(&with_key(&model, &json!({"keyOptional": true, "headers": headers})));
    for said in
        ["open/sesame+twice", "open%2fsesame%2btwice", "b3Blbi9zZXNhbWUrdHdpY2U=", "Basic bWU6aHVzaC1odXNo"]
    {
        editor.send("c", "1", "hello");
        model.next().openai_error(400, "bad", &format!("no, not {said}, please"), &[]);
        let problem = editor.turn("c", "1").problem().to_string();
        assert!(problem.contains("…, please") && !problem.contains(said), "{problem}");
    }
}

#[test]
fn a_key_does_not_follow_a_redirect() {
    let (model, elsewhere) = (FakeModel::start(), FakeModel::start());
    let setup = with_key(&model, &json!({"keyEnv": "TEST_KEY"})).with_env("TEST_KEY", KEY);
    let mut editor = TestEditor::start(&setup);
    editor.send("c", "1", "hello");
    let target = format!("{}/v1/chat/completions", elsewhere.origin());
    model.next().answer(307, &[("location", &target)], "");
    let said = editor.turn("c", "1").problem().to_string();
    assert!(said.contains(&format!("sends on to {})", elsewhere.origin())), "{said}");
    assert_eq!(elsewhere.connections(), 0);
    // Within the same place it is the path that is wrong.
    editor.send("c", "2", "hello");
    let target = format!("/v2/{KEY}/chat/completions?token=canary");
    model.next().answer(308, &[("location", &target)], "");
    let said = editor.turn("c", "2").problem().to_string();
    assert!(said.contains("sends on to /v2/…/chat/completions)") && !said.contains("canary"), "{said}");
}

#[test]
fn neither_text_nor_answer_is_in_the_log() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let uri = editor.open("secret_file_name.rs", "let canary_in_text = 1;\n");
    let range = editor.whole(&uri);
    editor.instruct("p", &uri, range, "canary_in_instruction");
    model.next().openai_answer("```rust\nlet canary_in_answer = 1;\n```");
    editor.proposal_in("p", aside::protocol::ProposalState::Ready);
    editor.send("c", "1", "canary_in_question");
    model.next().openai_error(400, "x", "canary_in_error", &[]);
    editor.turn("c", "1").problem();
    editor.request("shutdown", Value::Null);
    let log = editor.log();
    for canary in ["canary", "secret_file_name", "/project"] {
        assert!(!log.contains(canary), "{canary} is in the log:\n{log}");
    }
    editor.notify("exit", Value::Null);
    editor.wait_for_exit();
}

#[cfg(unix)]
#[test]
fn a_key_that_is_saved_or_changed_meanwhile_is_used_by_the_next_question() {
    let model = FakeModel::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let calls = folder.path().join("calls");
    let script = format!("echo >> {}; cat {}", calls.display(), file.display());
    let mut editor = TestEditor::start(&with_key(&model, &json!({"keyCommand": ["sh", "-c", script]})));
    editor.send("c", "1", "hello");
    assert_eq!(editor.turn("c", "1").problem().kind, ProblemKind::NoKey);

    std::fs::write(&file, KEY).unwrap();
    for turn in ["2", "3"] {
        editor.send("c", turn, "hello");
        let exchange = model.next();
        assert_eq!(exchange.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
        exchange.openai_answer("hi");
        editor.turn("c", turn);
    }
    assert_eq!(std::fs::read_to_string(&calls).unwrap().lines().count(), 2, "a found key is read once");

    // The same question is asked again with the key that took the refused one's place.
    std::fs::write(&file, "sk-the-new-one-27182818").unwrap();
    editor.send("c", "4", "hello");
    model.next().openai_error(401, "invalid_api_key", "no", &[]);
    let exchange = model.next();
    assert_eq!(exchange.header("authorization"), Some("Bearer sk-the-new-one-27182818"));
    assert!(exchange.prompt().contains("hello"));
    exchange.openai_answer("hi");
    assert_eq!(editor.turn("c", "4").text, "hi");

    // Where that fails, it is told beside what the provider said.
    let words = format!(
        "echo >> {}; test -e {0}.locked && {{ echo the vault is locked >&2; exit 3; }}; cat {}",
        calls.display(),
        file.display()
    );
    let mut locked = TestEditor::start(&with_key(&model, &json!({"keyCommand": ["sh", "-c", words]})));
    locked.send("c", "1", "hello");
    let exchange = model.next();
    std::fs::write(format!("{}.locked", calls.display()), "").unwrap();
    exchange.openai_error(401, "invalid_api_key", "not this one", &[]);
    let problem = locked.turn("c", "1").problem().clone();
    let said = problem.to_string();
    assert_eq!(problem.kind, ProblemKind::KeyRefused);
    assert!(said.contains("(not this one)") && said.contains("(the vault is locked)"), "{said}");

    // It is looked for once: one that is refused as well is the problem, and the next question looks again.
    editor.send("c", "5", "hello");
    model.next().openai_error(401, "invalid_api_key", "no", &[]);
    assert_eq!(editor.turn("c", "5").problem().kind, ProblemKind::KeyRefused);
    std::fs::write(&file, KEY).unwrap();
    editor.send("c", "6", "hello");
    let exchange = model.next();
    assert_eq!(exchange.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    exchange.openai_answer("hi");
    editor.turn("c", "6");
}

/// `aside key set fake --file …`, as the user types it while an editor runs.
#[test]
fn a_key_that_is_refused_within_an_answer_is_exchanged_for_the_new_one_too() {
    let refusals = [
        ("openai-chat", "data: {\"error\":{\"code\":\"invalid_api_key\",\"message\":\"no\"}}\n\n"),
        (
            "anthropic-messages",
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"no\"}}\n\n",
        ),
    ];
    for (format, refusal) in refusals {
        let model = FakeModel::start();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, KEY).unwrap();
        let mut settings = model.settings_for(format);
        settings["providers"]["fake"]["keyCommand"] = json!(["cat", file]);
        let mut editor = TestEditor::start(&Setup { settings, ..Setup::default() });
        let refuse = |mut exchange: Exchange| {
            exchange.piece(refusal.as_bytes());
            exchange.finish();
        };
        // It is the same: the provider is not asked again.
        editor.send("c", "1", "hello");
        refuse(model.next());
        assert_eq!(editor.turn("c", "1").problem().kind, ProblemKind::KeyRefused);
        editor.send("c", "2", "hello");
        let exchange = model.next();
        std::fs::write(&file, "sk-the-new-one-27182818").unwrap();
        refuse(exchange);
        let exchange = model.next();
        let key = exchange.header("authorization").or_else(|| exchange.header("x-api-key"));
        assert!(key.is_some_and(|key| key.ends_with("sk-the-new-one-27182818")), "{format}: {key:?}");
        // Once: a new one that is refused as well is the problem.
        std::fs::write(&file, KEY).unwrap();
        refuse(exchange);
        assert_eq!(editor.turn("c", "2").problem().kind, ProblemKind::KeyRefused);
        model.expect_no_request();
    }
}

fn save_in_file(model: &FakeModel, folder: &Path, key: &str) {
    let (file, identity) = (folder.join("keys"), folder.join("identity"));
    let place = ["--file", file.to_str().unwrap(), "--identity", identity.to_str().unwrap()];
    let origin = model.origin();
    let words = [&["key", "set", "fake", "--base-url", &origin], &place[..]].concat();
    let mut process = Process::start(&words, &[]);
    process.write_input(format!("{key}\n").as_bytes());
    assert!(process.wait_for_exit().success(), "{}", process.stderr());
}

/// `aside key WORDS` on the files of a folder, all at once.
fn at_once(folder: &Path, all: &[Vec<String>]) -> Vec<String> {
    let (file, identity) = (folder.join("keys"), folder.join("identity"));
    let place = ["--file", file.to_str().unwrap(), "--identity", identity.to_str().unwrap()];
    let start = |words: &Vec<String>| {
        let words: Vec<&str> = words.iter().map(String::as_str).chain(place).collect();
        Process::start(&[&["key"], &words[..]].concat(), &[])
    };
    let mut started: Vec<Process> = all.iter().map(start).collect();
    for (process, words) in started.iter_mut().zip(all) {
        // The other commands read nothing, and may have ended.
        if words.iter().any(|word| word == "set") {
            process.write_input(format!("{KEY}\n").as_bytes());
        }
    }
    let ended = |mut process: Process| {
        assert!(process.wait_for_exit().success(), "{}", process.stderr());
        process.stdout()
    };
    started.into_iter().map(ended).collect()
}

#[test]
fn keys_saved_and_removed_at_once_in_one_file_are_all_kept() {
    let folder = tempfile::tempdir().unwrap();
    let words =
        |command: &str, n: usize| [command, "openai", "--name", &format!("k{n}")].map(str::to_owned).to_vec();
    let list = || at_once(folder.path(), &[vec!["list".to_owned()]]).concat();
    // Neither the key file nor its identity is there yet.
    at_once(folder.path(), &(0..8).map(|n| words("set", n)).collect::<Vec<_>>());
    let first = list();
    assert_eq!(first.lines().count(), 8, "{first}");
    let mixed = (0..4).map(|n| words("remove", n)).chain((8..12).map(|n| words("set", n)));
    at_once(folder.path(), &mixed.collect::<Vec<_>>());
    let then = list();
    let kept = |n: usize| then.contains(&format!("openai/k{n} "));
    assert_eq!((0..12).filter(|n| kept(*n)).collect::<Vec<_>>(), (4..12).collect::<Vec<_>>(), "{then}");
}

#[test]
fn a_key_saved_in_the_key_file_while_the_server_runs_is_used_by_the_next_question() {
    let model = FakeModel::start();
    let folder = tempfile::tempdir().unwrap();
    save_in_file(&model, folder.path(), KEY);
    let mut setup = with_key(&model, &json!({}));
    setup.settings["keys"] =
        json!({"file": folder.path().join("keys"), "identityFile": folder.path().join("identity")});
    let mut editor = TestEditor::start(&setup);
    for (turn, key) in [("1", KEY), ("2", "sk-the-new-one-27182818")] {
        save_in_file(&model, folder.path(), key);
        editor.send("c", turn, "hello");
        let exchange = model.next();
        assert_eq!(exchange.header("authorization"), Some(format!("Bearer {key}").as_str()));
        exchange.openai_answer("hi");
        editor.turn("c", turn);
    }
    check_secret(&mut editor);
}

#[test]
fn the_list_of_models_is_asked_for_with_the_new_key_as_well() {
    let model = FakeModel::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "sk-the-old-one-31415926").unwrap();
    let command = json!({"keyCommand": ["cat", file]});
    let mut editor = TestEditor::start(&with_key(&model, &command));
    editor.send("c", "1", "hello");
    model.next().openai_answer("hi");
    editor.turn("c", "1");
    std::fs::write(&file, KEY).unwrap();
    let pending = editor.send_request("aside/models", json!({"provider": "fake"}));
    model.next().openai_error(401, "invalid_api_key", "no", &[]);
    let exchange = model.next();
    assert_eq!(exchange.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    exchange.answer(200, &[], r#"{"data":[{"id":"a"}]}"#);
    assert_eq!(editor.reply(&pending).unwrap()["models"][0]["id"], "fake/a");
}

#[test]
fn a_variable_that_is_not_there_is_a_problem_and_a_key_in_its_place_is_never_repeated() {
    for place in [json!({"keyEnv": KEY}), json!({"keyCommand": [KEY]}), json!({"keyCommand": KEY})] {
        let model = FakeModel::start();
        let mut editor = TestEditor::start(&with_key(&model, &place));
        let told: Value = editor.next("window/showMessage");
        assert!(told["message"].as_str().unwrap().contains("providers.fake.key"), "{told}");
        let question = json!({"chat": "c", "turn": "1", "text": "hello"});
        let refused = editor.try_request(method::CHAT_SEND, question).unwrap_err();
        assert!(refused.message.contains("providers.fake.key"), "{refused:?}");
        assert!(!refused.message.contains(KEY), "{refused:?}");
        assert_eq!(model.connections(), 0);
        check_secret(&mut editor);
    }
}

#[test]
fn without_a_keyring_saving_a_key_names_the_two_other_ways() {
    let mut process = Process::start(&["key", "set", "openai"], &[]);
    process.write_input(format!("{KEY}\n").as_bytes());
    let status = process.wait_for_exit();
    let said = process.stderr() + &process.stdout();
    assert!(!status.success());
    assert!(said.contains("keyCommand") && said.contains("OPENAI_API_KEY"), "{said}");
    assert!(!said.contains(KEY), "{said}");
}
