use super::super::cassette::{self, cassette};
use super::super::{Effort, Message};
use super::super::{HttpFormat, ModelRequest};
use super::request;
use insta::assert_snapshot;
use serde_json::Value;

macro_rules! draw {
    ($name:literal) => {
        cassette::draw(HttpFormat::OllamaChat, cassette!("ollama-chat", $name))
    };
}

#[test]
fn decodes_text_and_counts_tokens() {
    assert_snapshot!(draw!("plain.ndjson"), @r#"
    text: "Hello, 日本語."
    usage: 12 in (0 cached), 15 out (0 reasoning)
    stop: End
    "#);
}

#[test]
fn keeps_reasoning_apart_in_a_field_or_between_tags() {
    assert_snapshot!(draw!("thinking.ndjson"), @r#"
    reasoning: "Let me think."
    text: "42."
    usage: 12 in (0 cached), 15 out (0 reasoning)
    stop: End
    "#);
    assert_snapshot!(draw!("think-tag.ndjson"), @r#"
    reasoning: "Hm."
    text: "Hi"
    usage: 12 in (0 cached), 15 out (0 reasoning)
    stop: End
    "#);
}

#[test]
fn joins_a_character_cut_between_lines_and_needs_no_last_line_end() {
    assert_snapshot!(draw!("half-emoji.ndjson"), @r#"
    text: "a 👩 b"
    stop: End
    "#);
}

#[test]
fn tells_why_the_answer_stopped() {
    assert_snapshot!(draw!("length.ndjson"), @r#"
    text: "Some"
    stop: Length
    "#);
    assert_snapshot!(draw!("tool-call.ndjson"), @r#"
    call : read_file {"path":"a"}
    usage: 12 in (0 cached), 15 out (0 reasoning)
    stop: ToolCalls
    "#);
    assert_snapshot!(draw!("unload.ndjson"), @r#"stop: Other("unload")"#);
}

#[test]
fn takes_an_indented_body_and_events_for_lines() {
    assert_snapshot!(draw!("whole.json"), @r#"
    text: "Hello {[."
    usage: 12 in (0 cached), 15 out (0 reasoning)
    stop: End
    "#);
    assert_snapshot!(draw!("events.sse"), @r#"
    text: "Hi"
    stop: End
    "#);
}

#[test]
fn keeps_what_came_before_a_cut() {
    assert_snapshot!(draw!("cut.ndjson"), @r#"
    text: "This stream br"
    failure EndedEarly: the answer broke off inside a JSON body
    "#);
    assert_snapshot!(draw!("cut-between.ndjson"), @r#"
    text: "This stream br"
    failure EndedEarly: the stream broke off before its end
    "#);
}

#[test]
fn reads_an_error_first_and_in_mid_stream() {
    assert_snapshot!(draw!("error-first.ndjson"), @"failure Provider: model requires more system memory (9.1 GiB) than is available (4.0 GiB)");
    assert_snapshot!(draw!("error-mid-stream.ndjson"), @r#"
    text: "Half"
    failure Provider: an error was encountered while running the model: CUDA error
    "#);
}

#[test]
fn fails_rather_than_leave_out_a_piece_it_cannot_read() {
    assert_snapshot!(draw!("unknown-shape.ndjson"), @r#"
    text: "Half"
    failure Unreadable: a piece of the answer has an unknown shape
    "#);
    assert_snapshot!(draw!("not-json.ndjson"), @r#"
    text: "Half"
    failure Unreadable: a piece of the answer is not valid JSON
    "#);
}

#[test]
fn asks_for_a_stream_of_lines() {
    assert_snapshot!(cassette::draw_request(&request(&cassette::conversation("qwen3"))), @r#"
    POST /api/chat
    auth: Bearer
    accept: text/event-stream
    accept-encoding: identity

    {"model":"qwen3","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"What is \"日本\"?"},{"role":"assistant","content":"Japan."},{"role":"user","content":"And this?\n\nWell?"}],"stream":true}
    "#);
}

#[test]
fn asks_for_a_context_that_holds_a_long_prompt_and_the_answer() {
    let context = |bytes: usize, answer| {
        let mut asked = ModelRequest { max_output_tokens: answer, ..cassette::conversation("qwen3") };
        asked.messages = vec![Message::user("x".repeat(bytes))];
        let body: Value = serde_json::from_slice(&request(&asked).body).unwrap();
        body["options"]["num_ctx"].as_u64()
    };
    assert_eq!(context(6_000, None), None, "the usual one will do");
    assert_eq!(context(6_200, None), Some(8_192));
    assert_eq!(context(40_000, None), Some(16_384));
    assert_eq!(context(40_000, Some(8_000)), Some(32_768));
}

#[test]
fn says_how_much_to_reason_in_the_servers_three_words() {
    let think = |effort| {
        let asked = ModelRequest { effort: Some(effort), ..cassette::conversation("qwen3") };
        serde_json::from_slice::<Value>(&request(&asked).body).unwrap()["think"].clone()
    };
    assert_eq!([Effort::Minimal, Effort::Low, Effort::High].map(think), ["low", "low", "high"]);
}

#[test]
fn pictures_go_before_the_words_about_them() {
    let asked = cassette::with_images("qwen3");
    assert_snapshot!(String::from_utf8(request(&asked).body).unwrap(), @r#"{"model":"qwen3","messages":[{"role":"user","content":"What is this?","images":["iVBORw0KGgo="]},{"role":"assistant","content":"A crab."},{"role":"user","content":"","images":["/9j/4AAQ"]}],"stream":true}"#);
}

#[test]
fn temperature_and_the_most_tokens_are_options() {
    let asked = ModelRequest {
        temperature: Some(0.5),
        max_output_tokens: Some(100),
        ..cassette::conversation("qwen3")
    };
    let body: Value = serde_json::from_slice(&request(&asked).body).unwrap();
    assert_eq!(body["options"], serde_json::json!({"num_predict": 100, "temperature": 0.5}));
}
