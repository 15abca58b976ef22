use super::super::Effort;
use super::super::cassette::{self, cassette};
use super::super::{HttpFormat, ModelRequest};
use super::request;
use insta::assert_snapshot;

macro_rules! draw {
    ($name:literal) => {
        cassette::draw(HttpFormat::BedrockConverse, cassette!("bedrock-converse", $name))
    };
}

#[test]
fn decodes_text_and_counts_the_cache_as_input() {
    assert_snapshot!(draw!("plain.bin"), @r#"
    text: "Hello, 日本語."
    stop: End
    usage: 2112 in (2000 cached, 100 written), 15 out (0 reasoning)
    "#);
}

#[test]
fn keeps_reasoning_apart() {
    assert_snapshot!(draw!("reasoning.bin"), @r#"
    reasoning: "Let me think."
    text: "42."
    stop: End
    usage: 2112 in (2000 cached, 100 written), 15 out (0 reasoning)
    "#);
}

#[test]
fn joins_a_character_cut_between_events_and_needs_no_count() {
    assert_snapshot!(draw!("half-emoji.bin"), @r#"
    text: "a 👩 b"
    stop: End
    "#);
}

#[test]
fn tells_why_the_answer_stopped() {
    assert_snapshot!(draw!("max-tokens.bin"), @r#"
    text: "Some"
    stop: Length
    "#);
    assert_snapshot!(draw!("guardrail.bin"), @r#"
    text: "Some"
    stop: Refused
    "#);
    assert_snapshot!(draw!("tool-use.bin"), @r#"
    call t1: read_file {}
    stop: ToolCalls
    "#);
}

#[test]
fn skips_events_and_headers_it_does_not_know() {
    assert_snapshot!(draw!("unknown-events.bin"), @r#"
    text: "Hi"
    stop: End
    "#);
}

#[test]
fn takes_a_whole_answer_for_a_stream() {
    assert_snapshot!(draw!("whole.json"), @r#"
    reasoning: "Hm."
    text: "Hello {[."
    usage: 3 in (0 cached), 4 out (0 reasoning)
    stop: End
    "#);
}

#[test]
fn keeps_what_came_before_a_cut() {
    assert_snapshot!(draw!("cut.bin"), @r#"
    text: "This stream br"
    failure EndedEarly: the stream broke off before its end
    "#);
}

#[test]
fn knows_an_exception_by_its_name() {
    assert_snapshot!(draw!("throttled.bin"), @r#"
    text: "Half"
    failure RateLimited: Too many tokens, please wait before trying again.
    "#);
    assert_snapshot!(draw!("overloaded.bin"), @"failure Overloaded: Bedrock is unable to process your request.");
    assert_snapshot!(draw!("stream-error.bin"), @"failure ServerError: The model ended unexpectedly.");
    assert_snapshot!(draw!("mute-exception.bin"), @"failure Provider: validationException");
    assert_snapshot!(draw!("error-code.bin"), @"failure ServerError: It broke.");
    assert_snapshot!(draw!("error-200.json"), @"failure Provider: The security token included in the request is invalid.");
}

#[test]
fn believes_no_damaged_event() {
    assert_snapshot!(draw!("damaged.bin"), @r#"
    text: "Half"
    failure Unreadable: an event of the stream is damaged: its checksum or its lengths are wrong
    "#);
}

#[test]
fn fails_rather_than_leave_out_a_piece_it_cannot_read() {
    assert_snapshot!(draw!("unknown-shape.bin"), @r#"
    text: "Half"
    failure Unreadable: a piece of the answer has an unknown shape
    "#);
}

#[test]
fn marks_what_the_next_turn_finds_in_the_cache_of_a_model_that_has_one() {
    let asked = cassette::conversation("eu.anthropic.claude-sonnet-4-5-20250929-v1:0");
    assert_snapshot!(cassette::draw_request(&request(&asked)), @r#"
    POST /model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream
    auth: Aws
    accept: application/vnd.amazon.eventstream

    {"messages":[{"role":"user","content":[{"text":"What is \"日本\"?"},{"cachePoint":{"type":"default"}}]},{"role":"assistant","content":[{"text":"Japan."}]},{"role":"user","content":[{"text":"And this?\n\nWell?"},{"cachePoint":{"type":"default"}}]}],"system":[{"text":"Be brief."},{"cachePoint":{"type":"default"}}]}
    "#);
}

#[test]
fn marks_nothing_for_other_models() {
    let asked = ModelRequest {
        max_output_tokens: Some(100),
        temperature: Some(0.5),
        effort: Some(Effort::Low),
        ..cassette::conversation("openai.gpt-oss-120b-1:0")
    };
    assert_snapshot!(cassette::draw_request(&request(&asked)), @r#"
    POST /model/openai.gpt-oss-120b-1%3A0/converse-stream
    auth: Aws
    accept: application/vnd.amazon.eventstream

    {"messages":[{"role":"user","content":[{"text":"What is \"日本\"?"}]},{"role":"assistant","content":[{"text":"Japan."}]},{"role":"user","content":[{"text":"And this?\n\nWell?"}]}],"system":[{"text":"Be brief."}],"inferenceConfig":{"maxTokens":100,"temperature":0.5},"additionalModelRequestFields":{"reasoning_effort":"low"}}
    "#);
}

#[test]
fn a_later_model_decides_by_itself_how_much_to_reason() {
    let effort = Some(Effort::High);
    let asked = ModelRequest { effort, ..cassette::conversation("eu.anthropic.claude-opus-4-6-v1:0") };
    let body: serde_json::Value = serde_json::from_slice(&request(&asked).body).unwrap();
    assert_eq!(body["inferenceConfig"], serde_json::Value::Null);
    let told = serde_json::json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}});
    assert_eq!(body["additionalModelRequestFields"], told);
}

#[test]
fn makes_room_for_reasoning() {
    let mut asked = ModelRequest {
        temperature: Some(0.5),
        effort: Some(Effort::Low),
        ..cassette::conversation("anthropic.claude-3-7-sonnet")
    };
    asked.messages.truncate(1);
    asked.system.clear();
    assert_snapshot!(String::from_utf8(request(&asked).body).unwrap(), @r#"{"messages":[{"role":"user","content":[{"text":"What is \"日本\"?"},{"cachePoint":{"type":"default"}}]}],"inferenceConfig":{"maxTokens":10240},"additionalModelRequestFields":{"thinking":{"budget_tokens":2048,"type":"enabled"}}}"#);
}

#[test]
fn pictures_go_before_the_words_about_them() {
    let asked = cassette::with_images("anthropic.claude-sonnet-4-20250514-v1:0");
    assert_snapshot!(String::from_utf8(request(&asked).body).unwrap(), @r#"{"messages":[{"role":"user","content":[{"image":{"format":"png","source":{"bytes":"iVBORw0KGgo="}}},{"text":"What is this?"},{"cachePoint":{"type":"default"}}]},{"role":"assistant","content":[{"text":"A crab."}]},{"role":"user","content":[{"image":{"format":"jpeg","source":{"bytes":"/9j/4AAQ"}}}]}]}"#);
}

#[test]
fn tool_calls_come_whole_and_once() {
    assert_snapshot!(draw!("calls.bin"), @r#"
    call t1: read_file {"path":"🦀"}
    call t2: list {}
    stop: ToolCalls
    "#);
    assert_snapshot!(draw!("whole-call.json"), @r#"
    call t1: read_file {"path":"a"}
    stop: ToolCalls
    "#);
}
