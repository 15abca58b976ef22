use super::super::HttpFormat;
use super::super::cassette::{self, cassette};
use super::*;
use insta::assert_snapshot;

macro_rules! draw {
    ($name:literal) => {
        cassette::draw(HttpFormat::OpenaiChat, cassette!("openai-chat", $name))
    };
}

#[test]
fn decodes_text_and_usage() {
    assert_snapshot!(draw!("plain.sse"), @r#"
    text: "Hello, naïve 日本語 wörld."
    stop: End
    usage: 12 in (8 cached), 15 out (6 reasoning)
    "#);
}

#[test]
fn keeps_reasoning_apart() {
    assert_snapshot!(draw!("deepseek-reasoner.sse"), @r#"
    reasoning: "Let me think about it."
    text: "42."
    stop: End
    usage: 20 in (16 cached), 9 out (5 reasoning)
    "#);
    assert_snapshot!(draw!("openrouter.sse"), @r#"
    reasoning: "Hm."
    text: "Yes."
    stop: End
    usage: 14 in (0 cached), 9 out (4 reasoning)
    "#);
    assert_snapshot!(draw!("mistral-parts.sse"), @r#"
    reasoning: "Hm, yes."
    text: "It is so."
    stop: End
    usage: 7 in (0 cached), 8 out (0 reasoning)
    "#);
}

#[test]
fn takes_a_leading_think_tag_for_reasoning() {
    assert_snapshot!(draw!("think-tag.sse"), @r#"
    reasoning: "Is it 42? Is 1 < 2?\n"
    text: "It is `</think>`."
    stop: End
    "#);
    assert_snapshot!(draw!("think-short.sse"), @r#"
    reasoning: "é"
    text: "b"
    stop: Length
    "#);
}

#[test]
fn joins_a_character_cut_between_deltas() {
    assert_snapshot!(draw!("half-emoji.sse"), @r#"
    text: "a 👩\u{200d}💻 b �c �"
    stop: End
    "#);
    assert_snapshot!(draw!("half-emoji-short.sse"), @r#"
    text: "a👩"
    stop: End
    "#);
}

#[test]
fn knows_a_refusal() {
    assert_snapshot!(draw!("refusal.sse"), @r#"
    text: "I can't help with that."
    stop: Refused
    "#);
    assert_snapshot!(draw!("azure-filtered.sse"), @r#"
    text: "Once"
    stop: Refused
    "#);
}

#[test]
fn takes_an_end_without_a_done_event_or_without_a_reason() {
    assert_snapshot!(draw!("no-done.sse"), @r#"
    text: "Short."
    stop: Length
    usage: 3 in (0 cached), 2 out (0 reasoning)
    "#);
    assert_snapshot!(draw!("done-only.sse"), @r#"
    text: "No reason"
    stop: End
    "#);
}

#[test]
fn leaves_out_tool_calls_and_other_choices() {
    assert_snapshot!(draw!("tool-calls.sse"), @r#"
    call call_1: read_file {"path":"a"}
    stop: ToolCalls
    "#);
    assert_snapshot!(draw!("two-choices.sse"), @r#"
    text: "mine"
    stop: End
    "#);
}

#[test]
fn never_says_the_same_text_twice() {
    assert_snapshot!(draw!("delta-and-message.sse"), @r#"
    text: "One"
    usage: 5 in (0 cached), 1 out (0 reasoning)
    text: " two"
    usage: 5 in (0 cached), 2 out (0 reasoning)
    stop: End
    "#);
    let repeated = br#"data: {"choices":[{"delta":{"content":"One"}}]}

data: {"choices":[{"message":{"content":"One"},"finish_reason":"stop"}]}

"#;
    assert_snapshot!(cassette::draw(HttpFormat::OpenaiChat, repeated), @r#"
    text: "One"
    stop: End
    "#);
}

#[test]
fn takes_a_whole_completion_for_a_stream() {
    assert_snapshot!(draw!("whole.json"), @r#"
    reasoning: "Hm."
    text: "Brackets \"}}}}]]\" \\ 日本語."
    stop: End
    usage: 12 in (0 cached), 15 out (0 reasoning)
    "#);
    assert_snapshot!(draw!("message-in-stream.sse"), @r#"
    text: "All at once."
    stop: End
    "#);
}

#[test]
fn keeps_what_came_before_a_cut() {
    assert_snapshot!(draw!("cut.sse"), @r#"
    text: "This s"
    failure EndedEarly: the stream broke off before its end
    "#);
}

#[test]
fn keeps_what_was_held_back_before_a_cut() {
    let cut =
        |content: &str| format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{content}\"}}}}]}}\n\n");
    assert_snapshot!(cassette::draw(HttpFormat::OpenaiChat, cut("<thi").as_bytes()), @r#"
    text: "<thi"
    failure EndedEarly: the stream broke off before its end
    "#);
    assert_snapshot!(cassette::draw(HttpFormat::OpenaiChat, cut("<think>a</").as_bytes()), @r#"
    reasoning: "a</"
    failure EndedEarly: the stream broke off before its end
    "#);
    assert_snapshot!(cassette::draw(HttpFormat::OpenaiChat, cut("a\\ud83d").as_bytes()), @r#"
    text: "a�"
    failure EndedEarly: the stream broke off before its end
    "#);
}

#[test]
fn reads_an_error_in_mid_stream_in_every_shape() {
    assert_snapshot!(draw!("error-object.sse"), @r#"
    text: "Half"
    failure ServerError: The server had an error while processing your request.
    "#);
    assert_snapshot!(draw!("error-string.sse"), @r#"
    text: "Half"
    failure Provider: llama runner process no longer running
    "#);
    assert_snapshot!(draw!("error-event.sse"), @r#"failure RateLimited: Rate limit reached"#);
    assert_snapshot!(draw!("error-vllm.sse"), @r#"failure PromptTooLong: This model's maximum context length is 4096 tokens."#);
    assert_snapshot!(draw!("error-openrouter.sse"), @r#"
    text: "Half"
    failure ServerError: Provider returned error: upstream timed out
    "#);
    assert_snapshot!(draw!("error-in-choice.sse"), @r#"failure RateLimited: slow down"#);
    assert_snapshot!(draw!("error-minimax.sse"), @r#"failure NoCredit: insufficient balance"#);
    let nameless = br#"data: {"choices":[{"delta":{},"finish_reason":"error"}]}"#;
    assert_snapshot!(cassette::draw(HttpFormat::OpenaiChat, nameless), @r#"failure Provider: the answer ended with an error"#);
}

#[test]
fn reads_an_error_body_with_status_200() {
    assert_snapshot!(draw!("error-200.json"), @r#"failure UnknownModel: The model `gpt-9` does not exist"#);
}

#[test]
fn fails_rather_than_leave_out_a_piece_it_cannot_read() {
    assert_snapshot!(draw!("unknown-shape.sse"), @r#"
    text: "Half"
    failure Unreadable: a piece of the answer has an unknown shape
    "#);
    assert_snapshot!(draw!("broken-json.sse"), @r#"
    text: "Half"
    failure Unreadable: a piece of the answer is not valid JSON
    "#);
    assert_snapshot!(draw!("text-event.sse"), @r#"
    text: "Half"
    failure Unreadable: upstream connect error
    "#);
}

#[track_caller]
fn body(change: impl FnOnce(&mut ModelRequest)) -> String {
    let mut request = cassette::conversation("gpt-5");
    change(&mut request);
    String::from_utf8(super::request(&request).body).unwrap()
}

#[test]
fn asks_for_a_stream_with_usage() {
    assert_snapshot!(cassette::draw_request(&request(&cassette::conversation("gpt-5"))), @r#"
    POST /chat/completions
    auth: Bearer
    accept: text/event-stream
    accept-encoding: identity

    {"model":"gpt-5","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"What is \"日本\"?"},{"role":"assistant","content":"Japan."},{"role":"user","content":"And this?\n\nWell?"}],"stream":true,"stream_options":{"include_usage":true}}
    "#);
}

#[test]
fn leaves_out_a_blank_system_prompt() {
    let body = body(|request| request.system = " \n".to_owned());
    assert!(!body.contains("system"), "{body}");
}

#[test]
fn names_the_limit_as_the_model_knows_it() {
    for model in ["gpt-5", "gpt-4o-mini", "o3", "o4-mini", "chatgpt-4o-latest"] {
        assert_eq!(limit_field(model), "max_completion_tokens", "{model}");
    }
    for model in ["gpt-oss:20b", "openai/gpt-5", "llama3.2", "ollama", "olmo", "deepseek-chat", "o"] {
        assert_eq!(limit_field(model), "max_tokens", "{model}");
    }
}

#[test]
fn the_users_own_fields_win() {
    let extra = json!({"max_tokens": 7, "stream_options": null, "temperature": 1, "top_k": 3});
    let body = body(|request| {
        request.max_output_tokens = Some(100);
        request.temperature = Some(0.2);
        request.extra_body = extra.as_object().cloned().unwrap();
    });
    assert_snapshot!(body, @r#"{"model":"gpt-5","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"What is \"日本\"?"},{"role":"assistant","content":"Japan."},{"role":"user","content":"And this?\n\nWell?"}],"stream":true,"max_tokens":7,"temperature":1,"top_k":3}"#);
}

#[test]
fn says_how_much_to_reason() {
    let mut asked = cassette::conversation("gpt-5");
    asked.system.clear();
    asked.messages.truncate(1);
    asked.effort = Some(super::super::Effort::High);
    assert_snapshot!(String::from_utf8(request(&asked).body).unwrap(), @r#"{"model":"gpt-5","messages":[{"role":"user","content":"What is \"日本\"?"}],"stream":true,"stream_options":{"include_usage":true},"reasoning_effort":"high"}"#);
}

#[test]
fn pictures_go_before_the_words_about_them() {
    let asked = cassette::with_images("gpt-5");
    assert_snapshot!(String::from_utf8(request(&asked).body).unwrap(), @r#"{"model":"gpt-5","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}},{"type":"text","text":"What is this?"}]},{"role":"assistant","content":"A crab."},{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,/9j/4AAQ"}}]}],"stream":true,"stream_options":{"include_usage":true}}"#);
}
