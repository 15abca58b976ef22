//! Settings: where they come from, live, and what a bad one costs.

use aside::protocol::{ModelsResult, method};
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};

/// Asks, and gives the model's name and the prompt that came.
#[track_caller]
fn ask(editor: &mut TestEditor, model: &FakeModel, turn: &str) -> (String, String) {
    editor.send("c", turn, "hello");
    let exchange = model.next();
    let name = exchange.body["model"].as_str().unwrap().to_owned();
    let prompt = exchange.prompt();
    exchange.openai_answer("ok");
    editor.turn("c", turn);
    (name, prompt)
}

#[track_caller]
fn next_message(editor: &mut TestEditor) -> String {
    editor.next::<Value>("window/showMessage")["message"].as_str().unwrap().to_owned()
}

#[test]
fn a_bad_option_costs_only_itself_and_is_told_once_in_words() {
    let model = FakeModel::start();
    let mut settings = model.settings();
    settings["context"] = json!({"maxTokens": "many"});
    settings["modle"] = json!("openai/x");
    settings["instructions"] = json!("Answer in German.");
    let mut editor = TestEditor::start(&Setup { settings: settings.clone(), ..Setup::default() });
    let messages = [next_message(&mut editor), next_message(&mut editor)].join("\n");
    assert!(messages.contains("context.maxTokens") && messages.contains("modle"), "{messages}");
    let (name, prompt) = ask(&mut editor, &model, "1");
    assert_eq!(name, "test");
    assert!(prompt.contains("Answer in German."), "{prompt}");
    // The same settings again: nothing new to tell.
    editor.set_settings(&settings);
    editor.request("aside/models", json!({}));
    assert_eq!(editor.unread("window/showMessage"), 0);
    // A new mistake is told, the old ones are not told again.
    settings["model"] = json!("no slash");
    editor.set_settings(&settings);
    let message = next_message(&mut editor);
    assert!(message.contains("model"), "{message}");
}

#[test]
fn a_change_of_the_settings_is_live() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    assert_eq!(ask(&mut editor, &model, "1").0, "test");
    let mut settings = model.settings();
    settings["model"] = json!("fake/other/with/slashes");
    editor.set_settings(&settings);
    assert_eq!(ask(&mut editor, &model, "2").0, "other/with/slashes");
}

#[test]
fn a_change_of_the_users_own_file_holds_from_the_next_question_on() {
    let (config, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    let file = config.path().join("settings.json");
    let with = |name: &str| {
        let mut settings = model.settings();
        settings["model"] = json!(name);
        settings
    };
    // As Windows' editor writes it.
    let write = |text: &str| std::fs::write(&file, format!("\u{feff}{text}")).unwrap();
    write(&with("fake/first").to_string());
    let setup = Setup { settings: with("fake/editors"), ..Setup::default() };
    let mut editor = TestEditor::start(&setup.with_env("ASIDE_CONFIG_DIR", config.path().to_str().unwrap()));
    assert!(next_message(&mut editor).contains("editor's settings would change `model`"));
    assert_eq!(ask(&mut editor, &model, "1").0, "first");
    write(&with("fake/the-second").to_string());
    assert_eq!(ask(&mut editor, &model, "2").0, "the-second");
    // A menu shows the actions that are set by then.
    let mut own = with("fake/third");
    own["actions"] = json!([{"title": "Make it rhyme", "instruction": "Make it rhyme."}]);
    write(&own.to_string());
    let uri = editor.open("a.rs", "fn a() {}\n");
    let range = editor.whole(&uri);
    editor.code_action(&uri, range, "Make it rhyme");
    // What can't be read shuts the door, until it was mended.
    write("{\"model\": ");
    editor.send("c", "3", "hello");
    assert!(next_message(&mut editor).contains("Could not read your settings file"));
    assert!(editor.turn("c", "3").text.contains("demo"));
    model.expect_no_request();
    write(&with("fake/mended-again").to_string());
    assert_eq!(ask(&mut editor, &model, "4").0, "mended-again");
    assert!(next_message(&mut editor).contains("editor's settings would change `model`"));
    std::fs::remove_file(&file).unwrap();
    assert_eq!(ask(&mut editor, &model, "5").0, "editors");
}

#[test]
fn an_editor_that_wants_to_be_asked_is_asked() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let mut settings = model.settings();
    settings["model"] = json!("fake/asked");
    editor.change_settings_silently(&settings);
    editor.notify("workspace/didChangeConfiguration", json!({"settings": null}));
    editor.wait_for_status(|status| status.chat == "fake/asked");
    assert_eq!(ask(&mut editor, &model, "1").0, "asked");
}

#[test]
fn an_editor_that_has_only_initialization_options_is_enough() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&Setup { configuration: false, ..model.setup() });
    assert_eq!(ask(&mut editor, &model, "1").0, "test");
    assert!(!editor.was_asked("workspace/configuration"));
}

#[test]
fn an_editor_that_never_answers_for_its_settings_holds_nothing_up() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    editor.answers(|answers| answers.configuration = false);
    editor.notify("workspace/didChangeConfiguration", json!({"settings": null}));
    assert_eq!(ask(&mut editor, &model, "1").0, "test");
}

#[test]
fn each_feature_may_have_its_own_model() {
    let model = FakeModel::start();
    let more = json!({"models": {"chat": "fake/talker", "inline": "fake/editor", "actions": "fake/actor"}});
    let mut editor = TestEditor::start(&model.setup().with_settings(&more));
    assert_eq!(ask(&mut editor, &model, "1").0, "talker");
    let models: ModelsResult = editor.ask(method::MODELS, json!({}));
    let roles = |id: &str| models.models.iter().find(|m| m.id == id).map(|m| m.roles.clone());
    assert_eq!(roles("fake/editor"), Some(vec!["inline".to_owned()]));
    assert_eq!(roles("demo/demo"), Some(vec![]));
    let uri = editor.open("a.rs", "fn a() {}\n");
    let range = editor.whole(&uri);
    editor.instruct("p", &uri, range, "rename a to b");
    let exchange = model.next();
    assert_eq!(exchange.body["model"], "editor");
    exchange.openai_answer("```rust\nfn b() {}\n```");
    editor.proposal_in("p", aside::protocol::ProposalState::Ready);
}

#[test]
fn a_provider_lists_its_models_when_it_is_asked() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let pending = editor.send_request(method::MODELS, json!({"provider": "fake"}));
    let exchange = model.next();
    assert_eq!((exchange.method.as_str(), exchange.path.as_str()), ("GET", "/v1/models"));
    exchange.answer(200, &[("content-type", "application/json")], r#"{"data":[{"id":"b"},{"id":"a/x"}]}"#);
    let models: ModelsResult = serde_json::from_value(editor.reply(&pending).unwrap()).unwrap();
    let ids: Vec<_> = models.models.iter().map(|m| m.id.as_str()).collect();
    assert!(ids.contains(&"fake/b") && ids.contains(&"fake/a/x"), "{ids:?}");
    assert_eq!(models.problem, None);
}

#[test]
fn offline_reaches_nothing_but_this_machine() {
    let model = FakeModel::start();
    let more = json!({
        "network": {"offline": true},
        "providers": {"fake": model.settings()["providers"]["fake"], "far": {"baseUrl": "https://far.example/v1", "keyOptional": true}},
        "model": "far/x",
    });
    let mut editor = TestEditor::start(&model.setup().with_settings(&more));
    editor.send("c", "1", "hello");
    let turn = editor.turn("c", "1");
    assert!(turn.problem().to_string().contains("offline"), "{:?}", turn.problem());
    editor.set_settings(
        &json!({"network": {"offline": true}, "providers": more["providers"], "model": "fake/test"}),
    );
    assert_eq!(ask(&mut editor, &model, "2").0, "test");
}

#[test]
fn a_model_that_cannot_be_read_is_named_with_what_is_allowed_and_is_nowhere_to_choose() {
    let model = FakeModel::start();
    let more = json!({"models": {"chat": 5, "inline": "qwen3"}});
    let mut editor = TestEditor::start(&model.setup().with_settings(&more));
    let messages = [next_message(&mut editor), next_message(&mut editor)].join("\n");
    for said in ["models.chat: expected a model as `provider/model`", "found 5", "found the text `qwen3`"] {
        assert!(messages.contains(said), "{messages}");
    }
    assert_eq!(editor.wait_for_status(|_| true).chat, "no model");
    let listed: ModelsResult = editor.ask(method::MODELS, json!({}));
    let ids: Vec<_> = listed.models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["fake/test", "demo/demo"]);
    let send = json!({"chat": "c", "turn": "1", "text": "hello", "mentions": []});
    let refused = editor.try_request(method::CHAT_SEND, send).unwrap_err();
    assert!(refused.message.contains("`models`"), "{refused:?}");
}
