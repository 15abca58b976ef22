//! What a user may write, and what is made of it.

use super::*;
use serde_json::json;

/// Resolves, and returns the problems as lines for eyes.
pub(super) fn said(value: Value) -> (Settings, String) {
    let (settings, problems) = Settings::resolve(value);
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    (settings, lines.join("\n"))
}

#[track_caller]
fn check(value: Value, problems: &str) -> Settings {
    let (settings, lines) = said(value);
    assert_eq!(lines, problems);
    settings
}

const MEND: &str = "Mend it in your settings for Aside; the other settings hold.";

#[test]
fn what_the_user_left_alone_is_as_if_it_had_been_resolved() {
    let mut resolver = Resolver { complaints: Vec::new() };
    for entry in BUILTIN.iter().filter(|entry| entry.example.is_none()) {
        let resolved = resolver.provider(entry.id, Some(entry), ProviderOptions::default());
        assert_eq!(resolved, Some((entry.id.to_owned(), entry.settings())));
    }
}

#[test]
fn nothing_written_is_the_demo_with_every_provider_at_hand() {
    for nothing in [json!(null), json!({}), json!([]), json!({"model": "", "models": null, "network": []})] {
        let settings = check(nothing, "");
        assert_eq!(settings, Settings::default());
        assert_eq!(settings.model_for(super::super::Feature::Chat).to_string(), "demo/demo");
        let ready = BUILTIN.iter().filter(|entry| entry.example.is_none());
        assert_eq!(settings.providers.len(), ready.count());
        assert!(!settings.network.offline && !settings.telemetry.usage && !settings.telemetry.errors);
        let demo = settings.provider_of(&settings.model).unwrap();
        assert_eq!((demo.format, demo.base_url.as_str(), demo.key_optional), (WireFormat::Demo, "", true));
    }
}

#[test]
fn everything_written_is_taken() {
    let settings = check(
        json!({
            "model": "acme/vendor/large",
            "models": {"chat": "openai/gpt-5", "inline": "ollama/qwen3", "actions": ""},
            "providers": {
                "acme": {
                    "format": "anthropic-messages", "baseUrl": " https://llm.acme.example/api/ ", "keyEnv": "ACME_KEY",
                    "keyCommand": ["pass", "show", "acme"], "keyOptional": true, "keyOverHttp": true,
                    "headers": {"X-Team": "blue"}, "body": {"top_k": 3}, "models": ["vendor/large"],
                    "maxOutputTokens": 900, "temperature": 0.5
                },
                "openai": {"temperature": 1}
            },
            "actions": [{"title": "Polish", "instruction": "Polish it.", "languages": ["rust"], "kind": "refactor",
                         "result": "chat"}],
            "instructions": "Answer in German.",
            "network": {"proxy": "proxy.acme.example:3128", "caFile": "/etc/ca.pem", "connectTimeoutSeconds": 3,
                        "idleTimeoutSeconds": 60, "offline": true},
            "telemetry": {"usage": true, "errors": true, "endpoint": "https://otel.acme.example"},
            "context": {"maxTokens": 4000}
        }),
        "",
    );
    assert_eq!(settings.model, ModelId { provider: "acme".to_owned(), model: "vendor/large".to_owned() });
    assert_eq!(settings.inline.model.as_ref().map(ToString::to_string).as_deref(), Some("ollama/qwen3"));
    assert_eq!(settings.actions_by.model, None);
    let acme = settings.provider_of(&settings.model).unwrap();
    assert_eq!(
        (acme.format, acme.base_url.as_str()),
        (WireFormat::AnthropicMessages, "https://llm.acme.example/api")
    );
    assert_eq!(acme.key_command.as_deref().map(<[String]>::len), Some(3));
    assert_eq!(settings.providers["openai"].temperature, Some(1.0));
    assert_eq!(settings.providers["openai"].key_env.as_deref(), Some("OPENAI_API_KEY"));
    assert_eq!(settings.actions[0].result, ActionResult::Chat);
    assert_eq!(settings.network.proxy.as_deref(), Some("http://proxy.acme.example:3128"));
    assert!(settings.network.offline && settings.telemetry.usage);
    assert_eq!(settings.context_max_tokens, 4000);
}

#[test]
fn a_bad_option_costs_only_itself_and_is_said_by_its_dotted_name() {
    let (settings, lines) = said(json!({
        "instructions": 3,
        "providers": {"acme": {"baseUrl": "https://acme.example", "temperature": 9, "maxOutputTokens": -1, "format": "openai",
                               "headers": {"Bad Name": "x", "Good": "y"}},
                      "other": {"baseUrl": "https://other.example", "keyCommand": ["pass", 1]}},
        "actions": [7, {"title": "Keep", "instruction": "Do."}, {"title": 1, "instruction": "Do."}, {"title": "Half"}],
        "network": {"connectTimeoutSeconds": 0, "idleTimeoutSeconds": 1.5},
        "context": "much",
        "modell": "openai/gpt-5",
        "colour": "blue"
    }));
    insta::assert_snapshot!(lines, @"
    Setting context: expected an object with settings such as `maxTokens`, found a text. Mend it in your settings for Aside; the other settings hold.
    Setting actions[0]: expected an object with `title` and `instruction`, found 7. Mend it in your settings for Aside; the other settings hold.
    Setting actions[2].title: expected a text, found 1. Mend it in your settings for Aside; the other settings hold.
    Setting colour: there is no such setting. Mend it in your settings for Aside; the other settings hold.
    Setting instructions: expected a text, found 3. Mend it in your settings for Aside; the other settings hold.
    Setting modell: there is no such setting. Did you mean `model`?
    Setting network.idleTimeoutSeconds: expected a whole number from 0 on, found 1.5. Mend it in your settings for Aside; the other settings hold.
    Setting providers.acme.format: expected one of `openai-chat`, `openai-responses`, `anthropic-messages`, `gemini`, `vertex`, `ollama-chat`, `azure-openai`, `bedrock-converse`, `demo`, found the text `openai`. Mend it in your settings for Aside; the other settings hold.
    Setting providers.acme.maxOutputTokens: expected a whole number from 0 to 4294967295, found -1. Mend it in your settings for Aside; the other settings hold.
    Setting providers.other.keyCommand: in the list, expected a text, found 1. Mend it in your settings for Aside; the other settings hold.
    Setting providers.acme.headers.Bad Name: a header's name is letters, digits and `-` alone; it is not sent. Mend it in your settings for Aside; the other settings hold.
    Setting providers.acme.temperature: expected a number from 0 to 2, found 9. Mend it in your settings for Aside; the other settings hold.
    Setting actions[3].instruction: it is required, the action is left out. Mend it in your settings for Aside; the other settings hold.
    Setting network.connectTimeoutSeconds: expected a number from 1 to 86400, found 0. Mend it in your settings for Aside; the other settings hold.
    ");
    let acme = &settings.providers["acme"];
    assert_eq!((acme.temperature, acme.format), (None, WireFormat::OpenaiChat));
    assert_eq!(acme.headers.keys().map(String::as_str).collect::<Vec<_>>(), ["Good"]);
    assert_eq!(settings.actions.iter().map(|a| a.title.as_str()).collect::<Vec<_>>(), ["Keep"]);
    assert_eq!((settings.network.connect_timeout_seconds, settings.network.idle_timeout_seconds), (10, 300));
    assert_eq!(settings.context_max_tokens, 16_000);
}

#[test]
fn a_bad_value_is_quoted_and_what_is_allowed_is_named() {
    let (_, lines) = said(json!({
        "model": "qwen3",
        "models": {"chat": 5, "inline": {"model": true, "reasoningEffort": "hi"}, "actions": ["ollama/qwen3"]},
        "fallbacks": {"models": [7], "on": ["overload"]},
        "providers": {"acme": {"baseUrl": "acme.example/v1", "temperature": "hot", "maxOutputTokens": "5000",
                               "keyOptional": "yes", "keyCommand": "hunter2", "headers": {"X": "ü"}},
                      "other": "https://llm.example"},
        "actions": [{"title": "a", "instruction": "b", "result": "text"}, "c"],
        "network": {"connectTimeoutSeconds": 100_000, "warm": "on"},
        "ledger": [7, 1],
        "context": {"maxTokens": 0},
        "telemetry": "on"
    }));
    insta::assert_snapshot!(lines.replace(&format!(" {MEND}"), ""), @r#"
    Setting telemetry: expected an object with settings such as `usage`, found a text.
    Setting ledger: expected an object with settings such as `maxAgeDays`, found a list.
    Setting models.chat: expected a model as `provider/model`, for instance `ollama/qwen3`, or an object with it as `model`, found 5.
    Setting models.actions: expected a model as `provider/model`, for instance `ollama/qwen3`, or an object with it as `model`, found a list.
    Setting providers.other: expected an object, for instance `{"baseUrl": "https://llm.example.com/v1"}`, found a text.
    Setting actions[1]: expected an object with `title` and `instruction`, found a text.
    Setting actions[0].result: expected `edit` or `chat`, found the text `text`.
    Setting fallbacks.models: in the list, expected a text, found 7.
    Setting fallbacks.on: in the list, expected one of `rateLimited`, `overloaded`, `network`, `certificate`, `provider`, `streamEndedEarly`, `unknownModel`, `promptTooLong`, `noKey`, `keyRefused`, found the text `overload` (did you mean `overloaded`?).
    Setting models.inline.model: expected a model as `provider/model`, for instance `ollama/qwen3`, found true.
    Setting models.inline.reasoningEffort: expected one of `minimal`, `low`, `medium`, `high`, found the text `hi`.
    Setting network.warm: expected true or false, found the text `on`.
    Setting providers.acme.keyCommand: expected a list, as in `["one", "two"]`, found a text.
    Setting providers.acme.keyOptional: expected true or false, found the text `yes`.
    Setting providers.acme.maxOutputTokens: expected a whole number from 0 to 4294967295, found the text `5000`.
    Setting providers.acme.temperature: expected a number, found the text `hot`.
    Setting providers.acme.baseUrl: not a usable URL: it does not begin with `https://` or `http://`.
    Setting model: expected a model as `provider/model`, for instance `ollama/qwen3`, found the text `qwen3`.
    Setting network.connectTimeoutSeconds: expected a number from 1 to 86400, found 100000.
    Setting context.maxTokens: expected a number from 1 on, found 0.
    "#);
}

#[test]
fn no_problem_repeats_what_the_user_wrote() {
    let key = "sk-canary";
    let (_, lines) = said(json!({
        "model": key, "models": key, "instructions": [key], "actions": [key], "telemetry": {"usage": key},
        "providers": {"a": {"baseUrl": key, "keyCommand": key, "keyEnv": [key], "format": key,
                            "headers": {"X": "sk-canary\n"}}, "b": key},
        "network": {"proxy": format!("gopher://{key}"), "offline": key}, "context": {"maxTokens": key}
    }));
    assert!(lines.lines().count() >= 10, "{lines}");
    assert!(!lines.contains(key), "{lines}");
}

#[test]
fn a_model_is_never_replaced_by_one_of_another_provider() {
    let settings = check(
        json!({"model": "openai/gpt-5", "models": {"chat": "olama/qwen3"}}),
        &format!(
            "Setting models.chat: no provider called `olama` is set up (did you mean `ollama`?). {MEND}"
        ),
    );
    assert!(settings.provider_of(settings.chat.model.as_ref().unwrap()).is_err());
    for broken in [json!("qwen3"), json!(3), json!("ollama/"), json!(["ollama/qwen3"])] {
        let (settings, lines) = said(json!({"model": "openai/gpt-5", "models": {"chat": broken}}));
        assert_eq!(lines.lines().count(), 1, "{lines}");
        assert!(settings.provider_of(settings.chat.model.as_ref().unwrap()).is_err(), "{lines}");
    }
    let (settings, _) = said(json!({"modle": "ollama/qwen3"}));
    assert!(settings.provider_of(&settings.model).is_err());
}

#[test]
fn a_provider_without_a_usable_address_is_not_set_up() {
    for (own, what) in [
        (
            json!({"baseUrl": "gateway.example"}),
            "baseUrl: not a usable URL: it does not begin with `https://` or `http://`",
        ),
        (
            json!({"baseUrl": "ftp://gateway.example"}),
            "baseUrl: not a usable URL: `ftp` is neither http nor https",
        ),
        (json!({"baseUrl": "https://me:pw@gateway.example"}), "baseUrl: a key does not belong into the URL"),
        (json!({"baseUrl": "https://gateway.example/?a=b"}), "baseUrl: expected a URL without `?` and `#`"),
        (
            json!({"baseUrl": "https://gateway.example/v1/chat/completions/"}),
            "baseUrl: leave out `/chat/completions` at its end, which Aside appends",
        ),
        (json!({"baseUrl": 3}), "baseUrl: expected a text, found 3"),
        (json!({"baseURL": "https://gateway.example"}), "baseURL: there is no such setting"),
        (
            json!("https://gateway.example"),
            "expected an object, for instance `{\"baseUrl\": \"https://llm.example.com/v1\"}`, found",
        ),
    ] {
        let (settings, lines) = said(json!({"model": "openai/gpt-5", "providers": {"openai": own}}));
        assert!(lines.contains("Setting providers.openai") && lines.contains(what), "{lines}");
        assert_eq!(lines.lines().count(), 1, "{lines}");
        // A question says the same, and not that there is no such provider.
        let why = settings.provider_of(&settings.model).unwrap_err().to_string();
        assert_eq!(why, lines.trim_end());
        assert!(settings.providers.contains_key("demo") && settings.providers.contains_key("groq"));
    }
}

#[test]
fn a_key_variable_stays_with_the_providers_own_host() {
    let settings = check(
        json!({"providers": {
            "openai": {"baseUrl": "https://gateway.example/v1"},
            "groq": {"baseUrl": "https://gateway.example/v1", "keyEnv": "GROQ_API_KEY"},
            "mistral": {"baseUrl": "https://api.mistral.ai/v2"},
            "xai": {"keyEnv": ""},
            "acme": {"baseUrl": "http://127.0.0.1:9/v1"}
        }}),
        "",
    );
    let of = |id: &str| (settings.providers[id].key_env.as_deref(), settings.providers[id].key_optional);
    assert_eq!(of("openai"), (None, false));
    assert_eq!(of("groq"), (Some("GROQ_API_KEY"), false));
    assert_eq!(of("mistral"), (Some("MISTRAL_API_KEY"), false));
    assert_eq!(of("xai"), (None, false));
    assert_eq!(of("acme"), (None, true));
}

#[test]
fn consent_and_the_offline_switch_fail_closed() {
    for broken in [
        json!({"offline": "yes"}),
        json!({"offline": 0}),
        json!({"ofline": true}),
        json!("offline"),
        json!(["offline"]),
        json!({"proxy": "gopher://x"}),
        json!({"proxy": 3128}),
    ] {
        let (settings, lines) = said(json!({"network": broken}));
        assert!(settings.network.offline, "{lines}");
        assert_eq!(lines.lines().count(), 1, "{lines}");
    }
    for broken in [
        json!({"usage": true, "errors": "no"}),
        json!({"usage": true, "error": false}),
        json!([true, true]),
        json!({"usage": true, "endpoint": "nowhere"}),
        json!({"usage": "true"}),
        json!(true),
    ] {
        let (settings, lines) = said(json!({"telemetry": broken}));
        assert_eq!(settings.telemetry, Telemetry::default(), "{lines}");
        assert_eq!(lines.lines().count(), 1, "{lines}");
    }
    let (settings, lines) = said(json!("everything"));
    assert!(settings.network.offline && settings.provider_of(&settings.model).is_err(), "{lines}");
}

#[test]
fn what_is_of_no_use_without_another_setting_says_which() {
    let alone = "which is not set";
    let (_, lines) = said(json!({"network": {"clientKeyFile": "/k.pem"}}));
    assert!(
        lines.contains("network.clientKeyFile: it is the key of `network.clientCertificateFile`")
            && lines.contains(alone),
        "{lines}"
    );
    for opener in [json!({"identityFile": "/i"}), json!({"passphraseCommand": ["pass"]})] {
        let (settings, lines) = said(json!({"keys": opener}));
        assert!(lines.contains("keys.file: it is needed beside what opens it"), "{lines}");
        // No key is taken from another place than the user meant.
        assert_eq!(settings.providers["openai"].key_file.as_ref().map(|file| file.path.as_str()), Some(""));
    }
    let (_, lines) = said(json!({"providers": {"openai": {"apiKey": "sk-canary-1234567"}}}));
    assert!(lines.contains("a key is saved with `aside key set`") && !lines.contains("canary"), "{lines}");
}

#[test]
fn a_file_is_named_so_that_it_is_the_same_in_every_folder() {
    for setting in ["caFile", "clientCertificateFile", "clientKeyFile"] {
        for path in ["/etc/a.pem", "~/a.pem", "C:\\a.pem", "C:/a.pem", "\\\\host\\a.pem"] {
            check(json!({"network": {"clientCertificateFile": "/c.pem", setting: path}}), "");
        }
        for path in ["a.pem", "./a.pem", "certs/a.pem", "~a/a.pem", "${workspaceFolder}/a.pem"] {
            check(
                json!({"network": {setting: path}}),
                &format!(
                    "Setting network.{setting}: expected an absolute path, or one that begins with `~/`. {MEND}"
                ),
            );
        }
    }
}

#[test]
fn a_key_is_never_looked_for_in_another_place_than_the_user_meant() {
    let file = |value: Value| said(json!({"keys": value})).0.providers["openai"].key_file.clone();
    assert_eq!(file(json!({})), None);
    let whole = json!({"file": "~/keys", "identityFile": "/id", "passphraseCommand": ["pass", "aside"]});
    let found = file(whole).unwrap();
    assert_eq!((found.path.as_str(), found.identity.as_deref()), ("~/keys", Some("/id")));
    assert_eq!(found.passphrase_command.map(|command| command.len()), Some(2));
    for bad in [json!({"file": "keys"}), json!({"file": 1}), json!("keys"), json!({"fiel": "/keys"})] {
        assert_eq!(file(bad.clone()).unwrap().path, "", "{bad}");
    }
    for bad in [json!("my key"), json!("a/b"), json!(1)] {
        let (settings, problems) = said(json!({"providers": {"openai": {"keyName": bad}}}));
        assert!(problems.contains("providers.openai.keyName"), "{problems}");
        assert!(!settings.providers.contains_key("openai"));
    }
    for (name, bad) in [
        ("keyCommand", json!("pass show work")),
        ("keyCommand", json!([1])),
        ("keyCommand", json!([""])),
        ("keyCommand", json!(["sk-proj-0123456789abcdefghij0123456789"])),
        ("keyComand", json!(["pass", "show", "work"])),
        ("keyEnv", json!(["WORK_KEY"])),
        ("keyEnv", json!(1)),
        ("keyEnv", json!("WORK KEY")),
    ] {
        let mut own = json!({"baseUrl": "https://api.openai.com/v1", "keyEnv": "OPENAI_API_KEY"});
        own[name] = bad.clone();
        let (settings, problems) = said(json!({"model": "openai/x", "providers": {"openai": own}}));
        let why = settings.provider_of(&settings.model).map(|_| "it is used").unwrap_err().to_string();
        let setting = format!("providers.openai.{name}");
        assert!(why.contains(&setting) && problems.contains(&setting), "{bad}: {why} {problems}");
    }
    for left_alone in [json!([]), json!(null)] {
        check(json!({"providers": {"openai": {"keyCommand": left_alone}}}), "");
    }
}
