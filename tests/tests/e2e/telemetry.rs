//! Telemetry by consent: counted, shown, told once a day is over, withdrawn; and nothing of it without consent.

use crate::ledger::{aside, opened};
use aside::protocol::{ProposalState, command};
use aside_tests::editor::Turn;
use aside_tests::{FakeModel, LIMIT, Setup, TestEditor};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Instant;

const LEVEL: &str = "aside/telemetry/level";

/// A user with everything of Aside's in this folder, who set these switches.
fn setup(model: &FakeModel, home: &Path, telemetry: Value) -> Setup {
    let mut setup = model.setup().with_settings(&json!({"telemetry": telemetry}));
    for (name, folder) in
        [("ASIDE_STATE_DIR", "state"), ("ASIDE_DATA_DIR", "data"), ("ASIDE_CONFIG_DIR", "config")]
    {
        setup = setup.with_env(name, &home.join(folder).display().to_string());
    }
    setup
}

fn on() -> Value {
    json!({"usage": true, "errors": true})
}

/// One turn that is answered, or refused with this status.
#[track_caller]
fn turn(model: &FakeModel, editor: &mut TestEditor, turn: &str, status: Option<u16>) {
    editor.send("c", turn, "canary: what is this?");
    let exchange = model.next();
    match status {
        None => exchange.openai_answer("a canary"),
        Some(status) => exchange.openai_error(status, "bad", "canary", &[]),
    }
    editor.turn("c", turn);
}

/// The document of `aside.telemetry`, once it is such a one.
#[track_caller]
fn page(editor: &mut TestEditor, is_it: impl Fn(&str) -> bool) -> String {
    let until = Instant::now() + LIMIT;
    loop {
        let page = opened(editor, command::TELEMETRY, json!([]));
        if is_it(&page) {
            return page;
        }
        assert!(Instant::now() < until, "{page}");
    }
}

fn waits(page: &str) -> bool {
    page.contains("What waits, in words")
}

fn days(home: &Path) -> PathBuf {
    home.join("state/telemetry/days.json")
}

/// What waits, as `aside telemetry export` writes it.
#[track_caller]
fn waiting(home: &Path) -> Value {
    let file = home.join("export.json");
    let (done, said) = aside(home, &["telemetry", "export", &file.display().to_string()]);
    assert!(done, "{said}");
    let text = std::fs::read_to_string(&file).expect("the export");
    std::fs::remove_file(&file).expect("it is removed");
    serde_json::from_str(&text).expect("JSON")
}

/// Makes what was counted that of a day long over.
fn let_a_day_go_by(home: &Path) {
    let text = std::fs::read_to_string(days(home)).expect("something was counted");
    let mut queue: Value = serde_json::from_str(&text).expect("JSON");
    queue["days"][0]["day"] = json!(20_000);
    std::fs::write(days(home), queue.to_string()).expect("it can be written");
}

#[test]
fn without_consent_nothing_is_counted_kept_or_told() {
    let (model, collector) = (FakeModel::start(), FakeModel::start());
    let with = |usage: bool| json!({"usage": usage, "errors": usage, "endpoint": collector.origin()});
    // Nothing said at all is no consent either.
    let mut cases = vec![(json!({}), None, None), (with(false), None, None)];
    cases.extend(["1", "0", "no", ""].map(|value| (with(true), None, Some(value))));
    cases.extend(["off", "crash", "?"].map(|level| (with(true), Some(level), None)));
    for (settings, level, do_not_track) in cases {
        let home = tempfile::tempdir().expect("a folder");
        let mut setup = setup(&model, home.path(), settings.clone());
        if let Some(value) = do_not_track {
            setup = setup.with_env("DO_NOT_TRACK", value);
        }
        setup.telemetry = level;
        let mut editor = TestEditor::start(&setup);
        turn(&model, &mut editor, "1", None);
        turn(&model, &mut editor, "2", Some(400));
        let page = opened(&mut editor, command::TELEMETRY, json!([]));
        assert!(page.contains("Usage: off") && page.contains("Nothing waits to be told."), "{page}");
        drop(editor);
        let state = home.path().join("state");
        assert!(!state.join("telemetry").exists() && !state.join("consent").exists(), "{settings} {level:?}");
    }
    assert_eq!(collector.connections(), 0);
}

#[test]
fn what_is_counted_is_shown_in_words_and_as_bytes_and_holds_nothing_of_the_users() {
    let model = FakeModel::start();
    let home = tempfile::tempdir().expect("a folder");
    let mut editor = TestEditor::start(&setup(&model, home.path(), on()));
    turn(&model, &mut editor, "1", None);
    turn(&model, &mut editor, "2", Some(400));
    let uri = editor.open("canary/main.rs", "fn canary() {}\n");
    let whole = editor.whole(&uri);
    editor.instruct("p", &uri, whole, "rename canary");
    model.next().openai_error(400, "bad", "canary", &[]);
    editor.proposal_in("p", ProposalState::Failed);
    editor.send("c", "3", "canary?");
    let mut exchange = model.next();
    exchange.openai_text("half");
    let seen = editor.turn_until("c", "3", Turn::default(), |turn| turn.text == "half");
    editor.cancel_turn("c", "3");
    editor.turn_until("c", "3", seen, |turn| turn.end.is_some());
    exchange.client_closed();
    drop(editor);
    let events = waiting(home.path())[0]["events"].clone();
    let of =
        |event: &str| events.as_array().expect("events").iter().filter(|it| it["event"] == event).count();
    assert_eq!((of("used"), of("failed"), of("panicked")), (4, 2, 0), "{events}");
    for (feature, outcome) in
        [("chat", "done"), ("chat", "failed"), ("chat", "stopped"), ("instruction", "failed")]
    {
        let found = events
            .as_array()
            .expect("events")
            .iter()
            .any(|it| it["feature"] == feature && it["outcome"] == outcome && it["times"] == "1");
        assert!(found, "{feature} {outcome} in {events}");
    }
    let mut editor = TestEditor::start(&setup(&model, home.path(), on()));
    let page = opened(&mut editor, command::TELEMETRY, json!([]));
    for words in ["Usage: on", "an answer in a chat (chat) was done", "`provider`: once", "resourceMetrics"] {
        assert!(page.contains(words), "{words} in {page}");
    }
    let (done, said) = aside(home.path(), &["telemetry"]);
    assert!(done && said.contains("What waits, in words") && !said.contains("canary"), "{said}");
    for kept in [page, std::fs::read_to_string(days(home.path())).expect("the totals")] {
        assert!(!kept.contains("canary") && !kept.contains("127.0.0.1"), "{kept}");
    }
    #[cfg(unix)]
    for file in [days(home.path()), home.path().join("state/consent")] {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().expect("it is there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.display());
    }
    let (done, said) = aside(home.path(), &["telemetry", "delete"]);
    assert!(done && said.starts_with("Deleted."), "{said}");
    assert_eq!(waiting(home.path()), json!([]));
}

#[test]
fn a_day_that_is_over_is_told_to_the_editor_and_the_endpoint() {
    let (model, collector) = (FakeModel::start(), FakeModel::start());
    let home = tempfile::tempdir().expect("a folder");
    let mut settings = on();
    settings["endpoint"] = json!(collector.origin());
    let mut editor = TestEditor::start(&setup(&model, home.path(), settings));
    turn(&model, &mut editor, "1", None);
    page(&mut editor, waits);
    let_a_day_go_by(home.path());
    assert_eq!(collector.connections(), 0);
    turn(&model, &mut editor, "2", None);
    let told: Value = editor.next("telemetry/event");
    assert_eq!(
        (&told["day"], &told["events"][0]["feature"]),
        (&json!("2024-10-04"), &json!("chat")),
        "{told}"
    );
    assert_eq!(told["events"][0]["times"], "1");
    let request = collector.next();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/metrics"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("authorization"), None);
    let metric = &request.body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0];
    assert_eq!(metric["name"], "aside.used");
    assert_eq!(
        metric["sum"]["dataPoints"][0]["startTimeUnixNano"],
        (20_000_u64 * 86_400_000_000_000).to_string()
    );
    // It is asked to come again, so the day waits; the editor is not told twice.
    request.answer(503, &[], "");
    page(&mut editor, |page| page.contains("2024-10-04"));
    turn(&model, &mut editor, "3", None);
    collector.next().answer(200, &[("content-type", "application/json")], "{}");
    page(&mut editor, |page| waits(page) && !page.contains("2024-10-04"));
    let (_, ledger) = aside(home.path(), &["ledger"]);
    assert_eq!(ledger.lines().filter(|line| line.contains("telemetry")).count(), 2, "{ledger}");
    turn(&model, &mut editor, "4", None);
}

#[test]
fn withdrawal_deletes_what_waits_at_once() {
    let model = FakeModel::start();
    let home = tempfile::tempdir().expect("a folder");
    let mut editor = TestEditor::start(&setup(&model, home.path(), on()));
    let count = |editor: &mut TestEditor, name: &str| {
        turn(&model, editor, name, Some(400));
        page(editor, waits);
    };
    let answered = |editor: &mut TestEditor| drop(editor.request("aside/chat/list", Value::Null));
    count(&mut editor, "1");
    editor.notify(LEVEL, json!({"level": "error"}));
    answered(&mut editor);
    let left = std::fs::read_to_string(days(home.path())).expect("errors are left");
    assert!(left.contains("failed") && !left.contains("used"), "{left}");
    editor.notify(LEVEL, json!({"level": "off"}));
    answered(&mut editor);
    assert!(!home.path().join("state/telemetry").exists());
    editor.notify(LEVEL, json!({"level": "all"}));
    count(&mut editor, "2");
    let off = setup(&model, home.path(), json!({})).settings;
    editor.set_settings(&off);
    answered(&mut editor);
    assert!(!home.path().join("state/telemetry").exists());
    // That the user agreed once is no consent any more.
    assert!(home.path().join("state/consent").exists());
    turn(&model, &mut editor, "3", Some(400));
    drop(editor);
    assert!(!home.path().join("state/telemetry").exists());
}

/// What the user is told of a command.
#[track_caller]
fn told(editor: &mut TestEditor, command: &str, arguments: Value) -> String {
    editor.request("workspace/executeCommand", json!({"command": command, "arguments": arguments}));
    editor.next::<Value>("window/showMessage")["message"].as_str().expect("words").to_owned()
}

#[test]
fn what_waits_can_be_exported_and_deleted_in_any_editor() {
    let model = FakeModel::start();
    let home = tempfile::tempdir().expect("a folder");
    let mut editor = TestEditor::start(&setup(&model, home.path(), on()));
    for command in [command::TELEMETRY_EXPORT, command::TELEMETRY_DELETE] {
        assert_eq!(told(&mut editor, command, json!([])), "Aside: Nothing waits to be told.");
    }
    turn(&model, &mut editor, "1", None);
    page(&mut editor, waits);
    let file = home.path().join("mine.json");
    let export = json!([{"file": file}]);
    let said = told(&mut editor, command::TELEMETRY_EXPORT, export.clone());
    assert_eq!(said, format!("Aside: 1 day written into {}.", file.display()));
    let text = std::fs::read_to_string(&file).expect("the export");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(file.metadata().expect("it is there").permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), waiting(home.path()));
    // A file that is there may be the user's only copy of something.
    std::fs::write(&file, "mine").expect("it can be written");
    let said = told(&mut editor, command::TELEMETRY_EXPORT, export);
    assert!(said.contains("Name a file that isn't there yet."), "{said}");
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), "mine");
    let said = told(&mut editor, command::TELEMETRY_EXPORT, json!([{"file": "mine.json"}]));
    assert!(said.contains("by its whole path"), "{said}");
    // Without a file it is a document.
    assert_eq!(opened(&mut editor, command::TELEMETRY_EXPORT, json!([])), text);
    let said: Value = editor.next("window/showMessage");
    assert!(said["message"].as_str().expect("words").contains("to keep it"), "{said}");
    let said = told(&mut editor, command::TELEMETRY_DELETE, json!([]));
    assert!(said.starts_with("Aside: Deleted. To withdraw your consent"), "{said}");
    assert!(!home.path().join("state/telemetry").exists());
    drop(editor);
    assert_eq!(waiting(home.path()), json!([]));
}

#[test]
fn a_note_of_consent_that_cannot_be_read_is_no_consent() {
    let model = FakeModel::start();
    let home = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(home.path().join("state/consent")).expect("a folder in its place");
    let mut editor = TestEditor::start(&setup(&model, home.path(), on()));
    turn(&model, &mut editor, "1", None);
    editor.next::<Value>("window/showMessageRequest");
    drop(editor);
    assert!(!home.path().join("state/telemetry").exists());
}

#[test]
fn consent_to_less_is_asked_again_and_until_then_nothing_is_counted() {
    let model = FakeModel::start();
    let home = tempfile::tempdir().expect("a folder");
    let consent = home.path().join("state/consent");
    std::fs::create_dir_all(home.path().join("state")).expect("a folder");
    std::fs::write(&consent, "0\n").expect("a file");
    for agrees in [false, true] {
        let mut editor = TestEditor::start(&setup(&model, home.path(), json!({})));
        editor.answers(|answers| answers.button = agrees);
        editor.set_settings(&setup(&model, home.path(), on()).settings);
        let asked: Value = editor.next("window/showMessageRequest");
        assert!(asked["message"].as_str().unwrap().contains("telemetry"), "{asked}");
        if agrees {
            page(&mut editor, |page| page.contains("Usage: on"));
        }
        turn(&model, &mut editor, if agrees { "2" } else { "1" }, None);
        drop(editor);
        assert_eq!(days(home.path()).exists(), agrees);
    }
}
