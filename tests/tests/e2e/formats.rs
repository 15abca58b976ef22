//! Each wire format through the real binary: the address, the key's header, and an answer in its own shape.

use aside::protocol::TurnEvent;
use aside_tests::{FakeModel, Setup, TestEditor};
use serde_json::{Value, json};

const KEY: &str = "key-canary-1234";

/// One turn at a provider that answers with a cassette.
#[track_caller]
fn check(format: &str, path: &str, header: (&str, &str), answer: &[u8], body: (&str, Value)) {
    let model = FakeModel::start();
    let provider = json!({"format": format, "baseUrl": model.origin(), "keyEnv": "TEST_KEY"});
    let settings = json!({"model": "fake/test", "providers": {"fake": provider}});
    let setup = Setup { settings, ..Setup::default() }.with_env("TEST_KEY", KEY);
    let mut editor = TestEditor::start(&setup);
    editor.send("c", "1", "hello");
    let mut exchange = model.next();
    assert_eq!(exchange.path, path);
    assert_eq!(exchange.header(header.0), Some(header.1));
    assert_eq!(exchange.body.pointer(body.0), Some(&body.1));
    exchange.piece(answer);
    exchange.finish();
    let turn = editor.turn("c", "1");
    assert_eq!((turn.text.as_str(), turn.end), ("Hello, 日本語.", Some(TurnEvent::Done { cut: false })));
    let usage = turn.usage.unwrap();
    assert!(usage.input >= 12 && usage.output >= 15, "{usage:?}");
}

const BEARER: (&str, &str) = ("authorization", "Bearer key-canary-1234");

macro_rules! cassette {
    ($name:literal) => {
        include_bytes!(concat!("../../cassettes/", $name))
    };
}

#[test]
fn openai_responses_are_asked_for_and_not_kept() {
    let answer = cassette!("openai-responses/plain.sse");
    check("openai-responses", "/responses", BEARER, answer, ("/store", json!(false)));
}

#[test]
fn gemini_is_asked_with_its_own_header() {
    let (path, answer) = ("/models/test:streamGenerateContent?alt=sse", cassette!("gemini/plain.sse"));
    check("gemini", path, ("x-goog-api-key", KEY), answer, ("/contents/0/role", json!("user")));
}

#[test]
fn vertex_is_asked_with_an_access_token() {
    let path = "/publishers/google/models/test:streamGenerateContent?alt=sse";
    check("vertex", path, BEARER, cassette!("gemini/plain.sse"), ("/contents/0/role", json!("user")));
}

#[test]
fn ollama_answers_in_lines() {
    let answer = cassette!("ollama-chat/plain.ndjson");
    check("ollama-chat", "/api/chat", BEARER, answer, ("/stream", json!(true)));
}

#[test]
fn the_users_parameters_headers_and_fields_reach_the_wire_in_every_format() {
    let plain = |temperature, limit, effort| {
        vec![(temperature, json!(0.25)), (limit, json!(99)), (effort, json!("low"))]
    };
    // The two that are OpenAI's chat, and the two that are Google's, differ only in their address.
    let of_chat = || plain("/temperature", "/max_tokens", "/reasoning_effort");
    let of_google = || {
        plain(
            "/generationConfig/temperature",
            "/generationConfig/maxOutputTokens",
            "/generationConfig/thinkingConfig/thinkingLevel",
        )
    };
    let (anthropic, gemini) = ("claude-sonnet-4-6", "gemini-3-pro");
    for (format, model, system, expected) in [
        ("openai-chat", "test", "/messages/0/content", of_chat()),
        ("azure-openai", "test", "/messages/0/content", of_chat()),
        (
            "openai-responses",
            "test",
            "/instructions",
            plain("/temperature", "/max_output_tokens", "/reasoning/effort"),
        ),
        // Anthropic's API takes no temperature of a model that reasons.
        (
            "anthropic-messages",
            anthropic,
            "/system/0/text",
            vec![("/max_tokens", json!(99)), ("/output_config/effort", json!("low"))],
        ),
        ("gemini", gemini, "/systemInstruction/parts/0/text", of_google()),
        ("vertex", gemini, "/systemInstruction/parts/0/text", of_google()),
        (
            "ollama-chat",
            "test",
            "/messages/0/content",
            plain("/options/temperature", "/options/num_predict", "/think"),
        ),
        (
            "bedrock-converse",
            "openai.gpt-oss-120b-1:0",
            "/system/0/text",
            plain(
                "/inferenceConfig/temperature",
                "/inferenceConfig/maxTokens",
                "/additionalModelRequestFields/reasoning_effort",
            ),
        ),
    ] {
        let server = FakeModel::start();
        let provider = json!({
            "format": format, "baseUrl": server.origin(), "keyOptional": true, "region": "eu-central-1",
            "temperature": 0.25, "maxOutputTokens": 99, "reasoningEffort": "low",
            "headers": {"X-Team": "blue"}, "body": {"x_own": {"deep": [1]}},
        });
        let settings = json!({
            "model": format!("fake/{model}"),
            "providers": {"fake": provider},
            "instructions": "Answer in rhymes.",
        });
        let mut editor = TestEditor::start(&Setup { settings, ..Setup::default() });
        editor.send("c", "1", "hello");
        let exchange = server.next();
        let system_text = exchange.body.pointer(system).and_then(Value::as_str).unwrap_or_default();
        assert!(system_text.contains("Answer in rhymes."), "{format}: {}", exchange.body);
        for (place, value) in expected {
            assert_eq!(exchange.body.pointer(place), Some(&value), "{format}{place}: {}", exchange.body);
        }
        assert_eq!(exchange.header("x-team"), Some("blue"), "{format}");
        assert_eq!(exchange.body.pointer("/x_own/deep/0"), Some(&json!(1)), "{format}");
        exchange.answer(400, &[], "{}");
        editor.turn("c", "1").problem();
    }
}

/// One turn at Bedrock with an access key; the headers that it was signed with.
#[track_caller]
fn signed(more: &[(&str, &str)], provider: &Value) -> (Option<String>, Option<String>) {
    let model = FakeModel::start();
    let mut settings =
        json!({"format": "bedrock-converse", "baseUrl": model.origin(), "region": "eu-central-1"});
    for (name, value) in provider.as_object().unwrap() {
        settings[name] = value.clone();
    }
    let settings = json!({"model": "fake/test", "providers": {"fake": settings}});
    let setup = more
        .iter()
        .fold(Setup { settings, ..Setup::default() }, |setup, (name, value)| setup.with_env(name, value));
    let mut editor = TestEditor::start(&setup);
    editor.send("c", "1", "hello");
    let mut exchange = model.next();
    let header = |name| exchange.header(name).map(str::to_owned);
    let found = (header("authorization"), header("x-amz-security-token"));
    assert!(header("x-amz-date").is_some_and(|date| date.ends_with('Z') && date.len() == 16));
    exchange.piece(cassette!("bedrock-converse/plain.bin"));
    exchange.finish();
    assert_eq!(editor.turn("c", "1").end, Some(TurnEvent::Done { cut: false }));
    found
}

#[test]
fn bedrock_is_asked_with_a_signature_where_the_key_is_an_access_key() {
    let (authorization, token) =
        signed(&[("TEST_KEY", "AKIDEXAMPLE:secret")], &json!({"keyEnv": "TEST_KEY"}));
    let authorization = authorization.unwrap();
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{authorization}");
    assert!(
        authorization
            .contains("/eu-central-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date,")
    );
    assert!(!authorization.contains("secret"), "{authorization}");
    assert_eq!(token, None);
}

#[test]
fn bedrock_takes_the_access_key_that_amazons_own_tools_print_or_find() {
    let printed = json!({"Version": 1, "AccessKeyId": "ASIAPRINTED", "SecretAccessKey": "secret", "SessionToken": "token=="});
    // On one line or on many.
    for printed in [printed.to_string(), format!("{printed:#}\n")] {
        let (authorization, token) = signed(&[], &json!({"keyCommand": ["printf", "%s", printed]}));
        assert!(authorization.unwrap().contains("Credential=ASIAPRINTED/"));
        assert_eq!(token.as_deref(), Some("token=="));
    }
    let found = [("AWS_ACCESS_KEY_ID", "AKIDFOUND"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    let (authorization, _) = signed(&found, &json!({"keyEnv": "AWS_BEARER_TOKEN_BEDROCK"}));
    assert!(authorization.unwrap().contains("Credential=AKIDFOUND/"));
}

#[test]
fn bedrock_answers_in_binary_frames() {
    let (path, answer) = ("/model/test/converse-stream", cassette!("bedrock-converse/plain.bin"));
    check("bedrock-converse", path, BEARER, answer, ("/messages/0/role", json!("user")));
}
