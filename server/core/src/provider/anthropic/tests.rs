use super::super::HttpFormat;
use super::super::cassette::{self, cassette};
use super::*;
use insta::assert_snapshot;
use serde_json::json;

macro_rules! draw {
    ($name:literal) => {
        cassette::draw(HttpFormat::AnthropicMessages, cassette!("anthropic-messages", $name))
    };
}

#[test]
fn decodes_text_and_counts_the_cache_as_input() {
    assert_snapshot!(draw!("plain.sse"), @r#"
    usage: 2112 in (2000 cached, 100 written), 1 out (0 reasoning)
    text: "Hello, 日本語."
    usage: 2112 in (2000 cached, 100 written), 15 out (0 reasoning)
    stop: End
    "#);
}

#[test]
fn keeps_reasoning_apart() {
    assert_snapshot!(draw!("thinking.sse"), @r#"
    usage: 5 in (0 cached), 1 out (0 reasoning)
    reasoning: "Let me think about it."
    text: "The answer is 42."
    usage: 5 in (0 cached), 20 out (0 reasoning)
    stop: End
    "#);
}

#[test]
fn joins_a_character_cut_between_deltas() {
    assert_snapshot!(draw!("half-emoji.sse"), @r#"
    usage: 1 in (0 cached), 1 out (0 reasoning)
    text: "a 👩 b"
    usage: 1 in (0 cached), 3 out (0 reasoning)
    stop: End
    "#);
    assert_snapshot!(draw!("short.sse"), @r#"
    text: "é👩"
    stop: End
    "#);
}

#[test]
fn needs_no_message_start_no_event_names_and_no_message_stop() {
    assert_snapshot!(draw!("no-start.sse"), @r#"
    text: "Late"
    usage: 4 in (0 cached), 2 out (0 reasoning)
    stop: End
    "#);
    assert_snapshot!(draw!("gateway.sse"), @r#"
    usage: 1 in (0 cached), 1 out (0 reasoning)
    text: "Hi"
    usage: 1 in (0 cached), 2 out (0 reasoning)
    stop: End
    "#);
    assert_snapshot!(draw!("no-stop-event.sse"), @r#"
    text: "Hi"
    usage: 0 in (0 cached), 2 out (0 reasoning)
    stop: End
    "#);
}

#[test]
fn skips_events_and_deltas_it_does_not_know() {
    assert_snapshot!(draw!("unknown-events.sse"), @r#"
    usage: 1 in (0 cached), 1 out (0 reasoning)
    text: "Prefix"
    usage: 1 in (0 cached), 2 out (0 reasoning)
    stop: End
    "#);
}

#[test]
fn tells_why_the_answer_stopped() {
    assert_snapshot!(draw!("max-tokens.sse"), @r#"
    text: "Some"
    usage: 0 in (0 cached), 2 out (0 reasoning)
    stop: Length
    "#);
    assert_snapshot!(draw!("context-window.sse"), @r#"
    text: "Some"
    usage: 0 in (0 cached), 2 out (0 reasoning)
    stop: Length
    "#);
    assert_snapshot!(draw!("refusal.sse"), @r#"
    text: "Some"
    usage: 0 in (0 cached), 2 out (0 reasoning)
    stop: Refused
    "#);
    assert_snapshot!(draw!("tool-use.sse"), @r#"
    text: "Some"
    usage: 0 in (0 cached), 2 out (0 reasoning)
    stop: ToolCalls
    "#);
    assert_snapshot!(draw!("pause-turn.sse"), @r#"
    text: "Some"
    usage: 0 in (0 cached), 2 out (0 reasoning)
    stop: Other("pause_turn")
    "#);
}

#[test]
fn takes_a_whole_message_for_a_stream() {
    assert_snapshot!(draw!("whole.json"), @r#"
    reasoning: "Hm."
    text: "Hello {[."
    usage: 15 in (3 cached), 15 out (0 reasoning)
    stop: End
    "#);
}

#[test]
fn keeps_what_came_before_a_cut() {
    assert_snapshot!(draw!("cut.sse"), @r#"
    usage: 1 in (0 cached), 1 out (0 reasoning)
    text: "This stream br"
    failure EndedEarly: the stream broke off before its end
    "#);
}

#[test]
fn keeps_half_a_character_before_a_cut() {
    let cut = br#"data: {"type":"content_block_delta","delta":{"thinking":"a\ud83d"}}"#;
    assert_snapshot!(cassette::draw(HttpFormat::AnthropicMessages, cut), @r#"
    reasoning: "a�"
    failure EndedEarly: the stream broke off before its end
    "#);
}

#[test]
fn reads_an_error_in_mid_stream() {
    assert_snapshot!(draw!("error-overloaded.sse"), @r#"
    usage: 1 in (0 cached), 1 out (0 reasoning)
    text: "Half"
    failure Overloaded: Overloaded
    "#);
    assert_snapshot!(draw!("error-untyped.sse"), @r#"failure ServerError: Internal server error"#);
}

#[test]
fn reads_an_error_body_with_status_200() {
    assert_snapshot!(draw!("error-200.json"), @r#"failure KeyRefused: invalid x-api-key"#);
}

#[test]
fn fails_rather_than_leave_out_a_piece_it_cannot_read() {
    assert_snapshot!(draw!("unknown-shape.sse"), @r#"
    text: "Half"
    failure Unreadable: a piece of the answer has an unknown shape
    "#);
}

#[test]
fn marks_what_the_next_turn_finds_in_the_cache() {
    assert_snapshot!(cassette::draw_request(&request(&cassette::conversation("claude-sonnet-4-5"))), @r#"
    POST /v1/messages
    auth: Header("x-api-key")
    accept: text/event-stream
    accept-encoding: identity
    anthropic-version: 2023-06-01

    {"model":"claude-sonnet-4-5","max_tokens":8192,"stream":true,"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"What is \"日本\"?","cache_control":{"type":"ephemeral"}}]},{"role":"assistant","content":"Japan."},{"role":"user","content":[{"type":"text","text":"And this?\n\nWell?","cache_control":{"type":"ephemeral"}}]}]}
    "#);
}

#[test]
fn a_turn_begins_with_the_bytes_that_the_turn_before_marked() {
    let unmarked = |request: &ModelRequest| {
        let body: Value = serde_json::from_slice(&super::request(request).body).unwrap();
        let texts = body["messages"].as_array().unwrap().iter();
        texts
            .map(|message| match &message["content"] {
                Value::Array(blocks) => (blocks[0]["text"].clone(), true),
                text => (text.clone(), false),
            })
            .collect::<Vec<_>>()
    };
    let second = cassette::conversation("claude-sonnet-4-5");
    let mut first = second.clone();
    first.messages.truncate(1);
    let (first, second) = (unmarked(&first), unmarked(&second));
    assert_eq!(first.last(), second.first(), "marked in both");
    assert!(second.last().unwrap().1, "marked for the next");
}

#[test]
fn never_marks_more_than_is_allowed() {
    let mut request = cassette::conversation("claude-sonnet-4-5");
    for _ in 0..5 {
        request.messages.extend(request.messages.clone());
    }
    let body = String::from_utf8(super::request(&request).body).unwrap();
    assert_eq!(body.matches("cache_control").count(), 3);
}

#[test]
fn the_users_own_fields_win() {
    let mut request = cassette::conversation("claude-sonnet-4-5");
    request.system.clear();
    request.messages.truncate(1);
    request.max_output_tokens = Some(100);
    request.temperature = Some(0.5);
    let extra =
        json!({"max_tokens": 7, "temperature": null, "thinking": {"budget_tokens": 2048, "type": "enabled"}});
    request.extra_body = extra.as_object().cloned().unwrap();
    assert_snapshot!(String::from_utf8(super::request(&request).body).unwrap(), @r#"{"model":"claude-sonnet-4-5","stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"What is \"日本\"?","cache_control":{"type":"ephemeral"}}]}],"max_tokens":7,"thinking":{"budget_tokens":2048,"type":"enabled"}}"#);
}

#[test]
fn says_how_much_to_reason_in_the_models_own_way() {
    let body = |model, effort| {
        let mut asked = cassette::conversation(model);
        asked.system.clear();
        asked.messages.truncate(1);
        asked.temperature = Some(0.5);
        asked.effort = Some(effort);
        let body: Value = serde_json::from_slice(&request(&asked).body).unwrap();
        ["max_tokens", "temperature", "thinking", "output_config"]
            .map(|name| body[name].to_string())
            .join(" ")
    };
    assert_snapshot!(body("claude-sonnet-4-5", Effort::Low), @r#"10240 null {"budget_tokens":2048,"type":"enabled"} null"#);
    assert_snapshot!(body("claude-opus-4-6", Effort::Minimal), @r#"8192 null {"type":"adaptive"} {"effort":"low"}"#);
    assert_snapshot!(body("glm-4.6", Effort::High), @r#"32768 null {"budget_tokens":24576,"type":"enabled"} null"#);
}

#[test]
fn pictures_go_before_the_words_about_them() {
    let asked = cassette::with_images("claude-sonnet-4-5");
    assert_snapshot!(String::from_utf8(request(&asked).body).unwrap(), @r#"{"model":"claude-sonnet-4-5","max_tokens":8192,"stream":true,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}},{"type":"text","text":"What is this?","cache_control":{"type":"ephemeral"}}]},{"role":"assistant","content":"A crab."},{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"/9j/4AAQ"}}]}]}"#);
}

#[test]
fn tool_calls_come_whole_and_once() {
    assert_snapshot!(draw!("calls.sse"), @r#"
    call t1: read_file {"path":"🦀"}
    call t2: list {}
    stop: ToolCalls
    "#);
    assert_snapshot!(draw!("whole-call.json"), @r#"
    call t1: read_file {"path":"a"}
    stop: ToolCalls
    "#);
}
