use super::super::Effort;
use super::super::cassette::{self, cassette};
use super::super::{HttpFormat, ModelRequest};
use super::request;
use insta::assert_snapshot;

macro_rules! draw {
    ($name:literal) => {
        cassette::draw(HttpFormat::OpenaiResponses, cassette!("openai-responses", $name))
    };
}

#[test]
fn decodes_text_and_counts_what_was_cached() {
    assert_snapshot!(draw!("plain.sse"), @r#"
    text: "Hello, 日本語."
    usage: 12 in (8 cached), 15 out (5 reasoning)
    stop: End
    "#);
}

#[test]
fn keeps_reasoning_apart_a_paragraph_for_each_part() {
    assert_snapshot!(draw!("reasoning.sse"), @r#"
    reasoning: "Let me think.\n\nDone."
    text: "42."
    usage: 12 in (8 cached), 15 out (5 reasoning)
    stop: End
    "#);
}

#[test]
fn needs_no_event_names_and_bears_a_stray_done() {
    assert_snapshot!(draw!("no-names.sse"), @r#"
    text: "Hi"
    usage: 12 in (8 cached), 15 out (5 reasoning)
    stop: End
    "#);
    assert_snapshot!(draw!("stray-done.sse"), @r#"
    text: "Hi"
    stop: End
    "#);
}

#[test]
fn joins_a_character_cut_between_deltas() {
    assert_snapshot!(draw!("half-emoji.sse"), @r#"
    text: "a 👩 b"
    stop: End
    "#);
}

#[test]
fn tells_why_the_answer_stopped() {
    assert_snapshot!(draw!("max-tokens.sse"), @r#"
    text: "Some"
    stop: Length
    "#);
    // The event's own name says it where the response does not.
    assert_snapshot!(draw!("incomplete-mute.sse"), @r#"
    text: "Some"
    stop: Length
    "#);
    assert_snapshot!(draw!("filtered.sse"), @r#"
    text: "Some"
    stop: Refused
    "#);
    assert_snapshot!(draw!("refusal.sse"), @r#"
    text: "I can't."
    stop: Refused
    "#);
    assert_snapshot!(draw!("tool-call.sse"), @r#"
    call call_1: read_file {}
    stop: ToolCalls
    "#);
}

#[test]
fn takes_the_text_from_where_it_first_comes() {
    assert_snapshot!(draw!("end-of-part.sse"), @r#"
    text: "Whole part"
    stop: End
    "#);
    assert_snapshot!(draw!("last-event-only.sse"), @r#"
    reasoning: "Hm."
    text: "All of it."
    usage: 12 in (8 cached), 15 out (5 reasoning)
    stop: End
    "#);
}

#[test]
fn skips_events_and_items_it_does_not_know() {
    assert_snapshot!(draw!("unknown-events.sse"), @r#"
    text: "Hi"
    stop: End
    "#);
}

#[test]
fn takes_a_whole_response_for_a_stream() {
    assert_snapshot!(draw!("whole.json"), @r#"
    reasoning: "Hm."
    text: "Hello {[."
    usage: 12 in (0 cached), 4 out (0 reasoning)
    stop: End
    "#);
}

#[test]
fn keeps_what_came_before_a_cut() {
    assert_snapshot!(draw!("cut.sse"), @r#"
    text: "This stream br"
    failure EndedEarly: the stream broke off before its end
    "#);
}

#[test]
fn reads_an_error_wherever_it_stands() {
    assert_snapshot!(draw!("error-event.sse"), @r#"
    text: "Half"
    failure RateLimited: Rate limit reached
    "#);
    assert_snapshot!(draw!("error-nested.sse"), @"failure ServerError: An error occurred");
    assert_snapshot!(draw!("failed.sse"), @r#"
    text: "Half"
    failure ServerError: The model failed to generate a response.
    "#);
    assert_snapshot!(draw!("failed-mute.sse"), @"failure Provider: the answer ended with an error");
    assert_snapshot!(draw!("error-200.json"), @"failure KeyRefused: Incorrect API key provided");
}

#[test]
fn fails_rather_than_leave_out_a_piece_it_cannot_read() {
    assert_snapshot!(draw!("unknown-shape.sse"), @r#"
    text: "Half"
    failure Unreadable: a piece of the answer has an unknown shape
    "#);
}

#[test]
fn asks_the_provider_to_keep_nothing() {
    assert_snapshot!(cassette::draw_request(&request(&cassette::conversation("gpt-5"))), @r#"
    POST /responses
    auth: Bearer
    accept: text/event-stream
    accept-encoding: identity

    {"model":"gpt-5","stream":true,"store":false,"instructions":"Be brief.","input":[{"role":"user","content":"What is \"日本\"?"},{"role":"assistant","content":"Japan."},{"role":"user","content":"And this?\n\nWell?"}]}
    "#);
}

#[test]
fn says_how_much_to_reason_and_the_users_own_fields_win() {
    let mut asked = ModelRequest {
        max_output_tokens: Some(100),
        temperature: Some(0.5),
        effort: Some(Effort::Low),
        ..cassette::conversation("gpt-5")
    };
    asked.extra_body.insert("temperature".to_owned(), serde_json::Value::Null);
    asked.messages.truncate(1);
    assert_snapshot!(String::from_utf8(request(&asked).body).unwrap(), @r#"{"model":"gpt-5","stream":true,"store":false,"instructions":"Be brief.","input":[{"role":"user","content":"What is \"日本\"?"}],"max_output_tokens":100,"reasoning":{"effort":"low","summary":"auto"}}"#);
}

#[test]
fn pictures_go_before_the_words_about_them() {
    let asked = cassette::with_images("gpt-5");
    assert_snapshot!(String::from_utf8(request(&asked).body).unwrap(), @r#"{"model":"gpt-5","stream":true,"store":false,"input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo="},{"type":"input_text","text":"What is this?"}]},{"role":"assistant","content":"A crab."},{"role":"user","content":[{"type":"input_image","image_url":"data:image/jpeg;base64,/9j/4AAQ"}]}]}"#);
}

#[test]
fn tool_calls_come_whole_and_once() {
    assert_snapshot!(draw!("calls.sse"), @r#"
    call call_1: read_file {"path":"a"}
    call call_2: shell ls
    stop: ToolCalls
    "#);
}
