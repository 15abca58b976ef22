//! Which model is asked: by feature, with its own parameters, instead of one that failed; what it costs; what there is
//! to choose from; and what is said the first time.

use aside::protocol::{
    ChatName, ChatTranscript, Mention, ModelsParams, ModelsResult, OtherModel, Preview, PreviewResult,
    ProposalState, TurnEvent, method,
};
use aside_core::problem::ProblemKind;
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};

const NOW: &[(&str, &str)] = &[("retry-after", "0")];
const CODE: &str = "let a = 1;\n";

/// Two providers, `first` and `second`; the second is asked for what `on` names.
fn two(first: &FakeModel, second: &FakeModel, on: &Value) -> Setup {
    let provider = |model: &FakeModel| json!({"baseUrl": model.origin(), "keyOptional": true});
    Setup {
        settings: json!({
            "model": "first/big",
            "providers": {"first": provider(first), "second": provider(second)},
            "fallbacks": {"models": ["first/big", "second/small"], "on": on},
        }),
        ..Setup::default()
    }
}

#[track_caller]
fn message(editor: &mut TestEditor) -> String {
    editor.next::<Value>("window/showMessage")["message"].as_str().unwrap().to_owned()
}

#[track_caller]
fn overloaded(model: &FakeModel) {
    for _ in 0..3 {
        model.next().openai_error(529, "overloaded", "too busy", NOW);
    }
}

#[test]
fn another_model_is_asked_for_a_named_problem_and_the_user_hears_it_first() {
    let (first, second) = (FakeModel::start(), FakeModel::start());
    let mut editor = TestEditor::start(&two(&first, &second, &json!(["overloaded"])));
    editor.send("c", "1", "hello");
    overloaded(&first);
    let exchange = second.next();
    let told = message(&mut editor);
    assert!(told.contains("first/big gave no answer") && told.contains(&second.origin()), "{told}");
    assert_eq!(exchange.body["model"], "small");
    assert!(exchange.prompt().contains("hello"), "{}", exchange.prompt());
    exchange.openai_answer("hi");
    let turn = editor.turn("c", "1");
    assert_eq!((turn.text.as_str(), turn.end), ("hi", Some(TurnEvent::Done { cut: false })));
    let [(to, origin, problem)] = turn.fallbacks.as_slice() else { panic!("{:?}", turn.fallbacks) };
    assert_eq!(
        (to.as_str(), origin, problem.kind),
        ("second/small", &second.origin(), ProblemKind::Overloaded)
    );
    let chat: Value = editor.ask(method::CHAT_EXPORT, json!({"chat": "c"}));
    assert!(chat["markdown"].as_str().unwrap().contains("## second/small"), "{chat}");
}

#[test]
fn another_model_gets_no_secret_either() {
    let (first, second) = (FakeModel::start(), FakeModel::start());
    let mut editor = TestEditor::start(&two(&first, &second, &json!(["overloaded"])));
    // Spelled in two, so that nothing that looks for keys finds one here.
    let key = ["ghp", "_q7Zt4Lw9Xc2Vb8Nm1Ks6Jd3Hf5Gr0Pt7YuQ"].concat();
    editor.send("c", "1", &format!("is {key} a key?"));
    overloaded(&first);
    let exchange = second.next();
    message(&mut editor);
    let prompt = exchange.prompt();
    assert!(!prompt.contains(&key) && prompt.contains("a key?"), "{prompt}");
    exchange.openai_answer("yes");
    assert_eq!(editor.turn("c", "1").masked, 1);
}

#[test]
fn before_it_is_sent_it_is_said_which_models_may_be_asked_next() {
    let (first, second) = (FakeModel::start(), FakeModel::start());
    let on = vec!["it is overloaded".to_owned(), "it can't be reached".to_owned()];
    let other = OtherModel { model: "second/small".into(), origin: second.origin(), on };
    for (on, expected) in [(json!(["overloaded", "network"]), vec![other]), (json!([]), vec![])] {
        let mut editor = TestEditor::start(&two(&first, &second, &on));
        if expected.is_empty() {
            assert!(message(&mut editor).contains("fallbacks.on"));
        }
        let shown: PreviewResult =
            editor.ask(method::PREVIEW, Preview::Turn(crate::support::question("hello", vec![])));
        assert_eq!(shown.fallbacks, expected);
        editor.send("c", "1", "hello");
        first.next().openai_answer("hi");
        let turn = editor.turn("c", "1");
        assert_eq!(turn.may_ask, expected);
        let words = [shown.along, turn.said.unwrap().above];
        let says = words.map(|lines| lines.iter().any(|line| line.contains("asked next: second/small at ")));
        assert_eq!(says, [!expected.is_empty(); 2]);
        let uri = editor.open("a.rs", CODE);
        let range = editor.whole(&uri);
        editor.instruct("p", &uri, range, "make it b");
        first.next().openai_answer("```\nlet b = 1;\n```");
        let proposal = editor.proposal_in("p", ProposalState::Ready);
        assert_eq!(proposal.fallbacks, expected);
        assert_eq!(proposal.instead, Vec::<String>::new());
    }
}

#[test]
fn no_other_model_hears_of_a_problem_that_the_user_did_not_name() {
    let (first, second) = (FakeModel::start(), FakeModel::start());
    let mut editor = TestEditor::start(&two(&first, &second, &json!(["overloaded", "rateLimited"])));
    editor.send("c", "1", "hello");
    first.next().openai_error(401, "invalid_api_key", "no", &[]);
    assert_eq!(editor.turn("c", "1").problem().kind, ProblemKind::KeyRefused);
    second.expect_no_request();
}

#[test]
fn a_model_that_gave_no_answer_is_not_asked_again_in_another_s_place() {
    let (first, second) = (FakeModel::start(), FakeModel::start());
    let mut setup = two(&first, &second, &json!(["provider"]));
    setup.settings["fallbacks"]["models"] = json!(["second/small", "first/big"]);
    let mut editor = TestEditor::start(&setup);
    editor.send("c", "1", "hello");
    first.next().openai_error(400, "billing", "no credit", &[]);
    second.next().openai_error(400, "billing", "no credit", &[]);
    let turn = editor.turn("c", "1");
    assert!(message(&mut editor).contains("second/small is asked instead"));
    assert!(turn.problem().title.contains("second"), "{:?}", turn.problem());
    let [other] = turn.may_ask.as_slice() else { panic!("{:?}", turn.may_ask) };
    assert_eq!(other.model, "second/small");
    first.expect_no_request();
}

#[test]
fn another_model_that_can_not_be_asked_is_skipped_aloud() {
    let (first, second, third) = (FakeModel::start(), FakeModel::start(), FakeModel::start());
    let mut setup = two(&first, &third, &json!(["overloaded"]));
    setup.settings["providers"]["keyless"] = json!({"baseUrl": second.origin(), "keyOptional": false});
    setup.settings["providers"]["away"] = json!({"baseUrl": "https://away.example/v1", "keyOptional": true});
    setup.settings["network"] = json!({"offline": true});
    let with = |models: Value| {
        let mut setup = setup.clone();
        setup.settings["fallbacks"]["models"] = models;
        setup
    };
    let mut editor =
        TestEditor::start(&with(json!(["keyless/a", "nobody/b", "away/c", "first/big", "second/small"])));
    assert!(message(&mut editor).contains("no provider called `nobody`"));
    editor.send("c", "1", "hello");
    overloaded(&first);
    third.next().openai_answer("hi");
    let told = message(&mut editor);
    for part in [
        "first/big gave no answer (first is overloaded); ",
        "keyless/a can't be asked (there is no key for `keyless`",
        "nobody/b can't be asked (no provider called `nobody` is set up)",
        "away/c can't be asked (the setting `network.offline` keeps https://away.example out of reach)",
        "; second/small is asked instead, at ",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let turn = editor.turn("c", "1");
    assert_eq!((turn.text.as_str(), turn.fallbacks.len()), ("hi", 1));
    // It is told again when the chat is opened again.
    let transcript: ChatTranscript = editor.ask(method::CHAT_OPEN, ChatName { chat: "c".into() });
    let again = transcript.messages.iter().flat_map(|message| &message.events);
    let skipped = again.filter_map(|event| match event {
        TurnEvent::Fallback { skipped, .. } => Some(skipped.iter().map(|one| one.model.as_str()).collect()),
        _ => None,
    });
    assert_eq!(skipped.collect::<Vec<Vec<_>>>(), [["keyless/a", "nobody/b", "away/c"]]);

    // Where none is left, what went wrong first is the problem, and why nobody else is asked.
    let mut editor = TestEditor::start(&with(json!(["keyless/a"])));
    editor.send("c", "1", "hello");
    overloaded(&first);
    let turn = editor.turn("c", "1");
    let (kind, said) = (turn.problem().kind, turn.problem().to_string());
    assert_eq!((kind, turn.fallbacks.len()), (ProblemKind::Overloaded, 0));
    assert!(said.contains("No other model is asked: keyless/a can't be asked (there is no key"), "{said}");
    second.expect_no_request();
}

#[test]
fn an_answer_that_has_begun_is_never_finished_by_another_model() {
    let (first, second) = (FakeModel::start(), FakeModel::start());
    let mut editor = TestEditor::start(&two(&first, &second, &json!(["streamEndedEarly", "network"])));
    editor.send("c", "1", "hello");
    let mut exchange = first.next();
    exchange.openai_text("Half an ");
    exchange.cut();
    let turn = editor.turn("c", "1");
    assert_eq!((turn.text.as_str(), turn.fallbacks.len()), ("Half an ", 0));
    turn.problem();
    second.expect_no_request();
}

#[test]
fn a_proposal_and_an_answer_in_words_fall_back_aloud_as_well() {
    let (first, second) = (FakeModel::start(), FakeModel::start());
    let mut editor = TestEditor::start(&two(&first, &second, &json!(["provider"])));
    let uri = editor.open("a.rs", CODE);
    let range = editor.whole(&uri);
    editor.instruct("p", &uri, range, "make it b");
    first.next().openai_error(400, "billing", "no credit", &[]);
    second.next().openai_answer("```\nlet b = 1;\n```");
    let proposal = editor.proposal_in("p", ProposalState::Ready);
    assert_eq!((proposal.model.as_str(), &proposal.origin), ("second/small", &second.origin()));
    // It is told as long as the proposal is shown, wherever that is.
    let told = format!("Asked instead: second/small, at {}", second.origin());
    let [instead] = proposal.instead.as_slice() else { panic!("{:?}", proposal.instead) };
    assert!(instead.starts_with("first/big gave no answer: ") && instead.ends_with(&told), "{instead}");
    assert!(proposal.about.contains(instead), "{}", proposal.about);
    let show = json!({"command": "aside.show", "arguments": [{"proposal": "p"}]});
    editor.request("workspace/executeCommand", show);
    let diff = editor.next::<Value>("window/showDocument")["uri"].as_str().unwrap().to_owned();
    let diff = std::fs::read_to_string(diff.strip_prefix("file://").unwrap()).unwrap();
    assert!(diff.contains(instead.as_str()), "{diff}");
    assert!(message(&mut editor).contains("second/small is asked instead"));

    let action = editor.code_action(&uri, range, "Explain");
    editor.run(&action);
    let progress = editor.progress_begins();
    first.next().openai_error(400, "billing", "no credit", &[]);
    second.next().openai_answer("It is one.");
    editor.progress_ends(progress);
    assert!(message(&mut editor).contains("second/small is asked instead"));
    let shown = editor.next::<Value>("window/showDocument")["uri"].as_str().unwrap().to_owned();
    let text = std::fs::read_to_string(shown.strip_prefix("file://").unwrap()).unwrap();
    assert!(text.ends_with("It is one.\n\n*second/small: 11 tokens in, 7 out.*\n"), "{text}");
}

#[test]
fn each_feature_s_model_is_asked_with_its_own_parameters() {
    let model = FakeModel::start();
    let more = json!({"models": {
        "chat": {"temperature": 0.25, "maxOutputTokens": 99},
        "inline": {"model": "fake/other", "body": {"top_k": 4}},
    }});
    let mut editor = TestEditor::start(&model.setup().with_settings(&more));
    editor.send("c", "1", "hello");
    let exchange = model.next();
    let field = |name: &str| exchange.body[name].clone();
    assert_eq!(
        (field("model"), field("temperature"), field("max_tokens")),
        (json!("test"), json!(0.25), json!(99))
    );
    exchange.openai_answer("hi");
    editor.turn("c", "1");

    let uri = editor.open("a.rs", CODE);
    let range = editor.whole(&uri);
    editor.instruct("p", &uri, range, "make it b");
    let exchange = model.next();
    let field = |name: &str| exchange.body[name].clone();
    assert_eq!(
        (field("model"), field("temperature"), field("top_k")),
        (json!("other"), Value::Null, json!(4))
    );
    exchange.openai_answer("```\nlet b = 1;\n```");
    editor.proposal_in("p", ProposalState::Ready);
}

#[test]
fn tokens_are_the_provider_s_and_the_cost_is_made_of_the_user_s_prices() {
    let model = FakeModel::start();
    let mut settings = model.settings();
    settings["providers"]["fake"]["prices"] = json!({"test": {"input": 1000, "output": 2000}});
    settings["providers"]["fake"]["currency"] = json!("EUR");
    let mut editor = TestEditor::start(&Setup { settings, ..Setup::default() });
    editor.send("c", "1", "hello");
    model.next().openai_answer("hi");
    // 11 tokens in and 7 out.
    assert_eq!(editor.turn("c", "1").cost.as_deref(), Some("0.0250 EUR"));
    let uri = editor.open("a.rs", CODE);
    let range = editor.whole(&uri);
    editor.instruct("p", &uri, range, "make it b");
    model.next().openai_answer("```\nlet b = 1;\n```");
    assert_eq!(editor.proposal_in("p", ProposalState::Ready).cost.as_deref(), Some("0.0250 EUR"));
}

#[test]
fn what_comes_out_of_the_cache_and_what_goes_into_it_have_prices_of_their_own() {
    let model = FakeModel::start();
    let mut settings = model.settings_for("anthropic-messages");
    settings["providers"]["fake"]["prices"] =
        json!({"test": {"input": 1000, "output": 2000, "cached": 100, "cacheWrite": 1250}});
    let mut editor = TestEditor::start(&Setup { settings, ..Setup::default() });
    editor.send("c", "1", "hello");
    let mut exchange = model.next();
    exchange.piece(include_bytes!("../../cassettes/anthropic-messages/plain.sse"));
    exchange.finish();
    let turn = editor.turn("c", "1");
    // 12 tokens in, 2,000 more out of the cache, 100 into it, and 15 out.
    assert_eq!(turn.usage.unwrap().input, 2112);
    assert_eq!(turn.cost.as_deref(), Some("0.3670 USD"));
}

#[test]
fn the_first_use_of_a_provider_is_told_once_for_good() {
    let (folder, model) = (tempfile::tempdir().unwrap(), FakeModel::start());
    // Stands in as a proxy, so that the provider is none of this machine.
    let settings = json!({
        "model": "openai/test",
        "providers": {"openai": {"baseUrl": "http://llm.example.com/v1", "keyOptional": true}},
        "network": {"proxy": model.origin()},
    });
    let setup = Setup { settings, ..Setup::default() }
        .with_env("ASIDE_DATA_DIR", &folder.path().display().to_string());
    for session in 0..2 {
        let mut editor = TestEditor::start(&setup);
        for turn in ["1", "2"] {
            editor.send("c", turn, "hello");
            let exchange = model.next();
            if session == 0 && turn == "1" {
                let told = message(&mut editor);
                assert!(
                    told.contains("`openai` at http://llm.example.com") && told.contains("policy"),
                    "{told}"
                );
            }
            exchange.openai_answer("hi");
            assert!(editor.turn("c", turn).end.is_some());
        }
    }
}

#[test]
fn a_provider_that_was_never_asked_is_not_told_of() {
    let model = FakeModel::start();
    let settings = json!({
        "model": "openai/test",
        "providers": {"openai": {"baseUrl": "http://llm.example.com/v1", "keyEnv": "NO_SUCH_KEY"}},
        "network": {"proxy": model.origin()},
    });
    let mut editor = TestEditor::start(&Setup { settings, ..Setup::default() });
    editor.send("c", "1", "hello");
    assert_eq!(editor.turn("c", "1").problem().kind, ProblemKind::NoKey);
}

#[track_caller]
fn listed(editor: &mut TestEditor, params: ModelsParams) -> Vec<String> {
    let result: ModelsResult = editor.ask(method::MODELS, params);
    assert_eq!(result.problem, None);
    result.models.into_iter().map(|model| model.id).collect()
}

#[test]
fn a_provider_is_asked_for_its_models_once_a_session_and_when_the_user_says_so() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    let ask = |refresh| ModelsParams { provider: Some("fake".to_owned()), refresh, local: false };
    for (refresh, body) in
        [(false, r#"{"data":[{"id":"a"}]}"#), (true, r#"{"data":[{"id":"a"},{"id":"b"}]}"#)]
    {
        let pending = editor.send_request(method::MODELS, ask(refresh));
        model.next().answer(200, &[], body);
        let count = editor.reply(&pending).unwrap()["models"].as_array().unwrap().len();
        assert_eq!(listed(&mut editor, ask(false)).len(), count, "kept");
    }
}

#[test]
fn a_provider_that_has_no_list_of_models_is_told_by_what_may_be_wrong() {
    let model = FakeModel::start();
    let mut editor = TestEditor::start(&model.setup());
    for status in [404, 405] {
        let ask = ModelsParams { provider: Some("fake".to_owned()), refresh: false, local: false };
        let pending = editor.send_request(method::MODELS, ask);
        model.next().answer(status, &[], "");
        let result: ModelsResult = serde_json::from_value(editor.reply(&pending).unwrap()).unwrap();
        assert!(result.models.is_empty(), "{result:?}");
        let said = result.problem.expect("a problem").to_string();
        for words in ["has no list of models", "`providers.fake.models`", "`providers.fake.baseUrl`"] {
            assert!(said.contains(words), "{said}");
        }
    }
}

#[test]
fn providers_of_this_machine_are_found_when_the_user_opens_the_picker_and_never_before() {
    let (ollama, llama, away) = (FakeModel::start(), FakeModel::start(), "http://127.0.0.1:9");
    let settings = json!({"providers": {
        "ollama": {"baseUrl": ollama.origin()},
        "llamacpp": {"baseUrl": llama.origin()},
        "lmstudio": {"baseUrl": away},
    }});
    let mut editor =
        TestEditor::start(&Setup { settings, ..Setup::default() }.with_env("OLLAMA_API_KEY", "key-canary"));
    assert_eq!(listed(&mut editor, ModelsParams::default()), ["demo/demo"]);
    let asked = ModelsParams { local: true, ..ModelsParams::default() };
    let pending = editor.send_request(method::MODELS, asked);
    let exchange = ollama.next();
    assert_eq!(exchange.header("authorization"), None);
    let names = exchange.path.clone();
    exchange.answer(200, &[], r#"{"data":[{"id":"qwen3"}],"models":[{"name":"qwen3"}]}"#);
    llama.next().answer(200, &[], r#"{"data":[{"id":"tiny.gguf"}]}"#);
    let answer = editor.reply(&pending).unwrap();
    let ids: Vec<&str> =
        answer["models"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["demo/demo", "ollama/qwen3", "llamacpp/tiny.gguf"], "{names}");
}

/// The text blocks of a body in the Anthropic format, in order, each with whether the cache is marked at its end.
fn blocks(body: &Value) -> Vec<(String, bool)> {
    let system = body["system"].as_array().cloned().unwrap_or_default();
    let messages =
        body["messages"].as_array().unwrap().iter().flat_map(|message| match &message["content"] {
            Value::Array(blocks) => blocks.clone(),
            text => vec![json!({"text": text})],
        });
    let block =
        |block: Value| (block["text"].as_str().unwrap().to_owned(), block["cache_control"].is_object());
    system.into_iter().chain(messages).map(block).collect()
}

#[test]
fn a_second_turn_reuses_what_the_first_one_put_into_the_provider_s_cache() {
    let model = FakeModel::start();
    let mut editor =
        TestEditor::start(&Setup { settings: model.settings_for("anthropic-messages"), ..Setup::default() });
    let uri = editor.open("a.rs", CODE);
    let mut bodies = Vec::new();
    for turn in ["1", "2", "3"] {
        let mentions = if turn == "1" { vec![Mention::File { uri: uri.clone() }] } else { Vec::new() };
        let send =
            json!({"chat": "c", "turn": turn, "text": format!("question {turn}"), "mentions": mentions});
        editor.request(method::CHAT_SEND, send);
        let exchange = model.next();
        bodies.push(blocks(&exchange.body));
        exchange.anthropic_answer("Hm.");
        editor.turn("c", turn);
    }
    for pair in bodies.windows(2) {
        let [first, second] = pair else { panic!("two bodies") };
        let texts =
            |blocks: &[(String, bool)]| blocks.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>();
        assert!(texts(second).starts_with(&texts(first)), "the same bytes come first: {pair:#?}");
        assert!(first.last().unwrap().1 && second[first.len() - 1].1, "and both mark their end: {pair:#?}");
    }
}
