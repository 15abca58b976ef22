use super::super::HttpFormat::{
    AnthropicMessages, BedrockConverse, Gemini, OllamaChat, OpenaiChat, OpenaiResponses,
};
use super::super::cassette::{self, cassette, check_order};
use super::super::{Cause, StopReason};
use super::*;
use proptest::prelude::*;

/// One of each decoder.
const ALL: [HttpFormat; 6] =
    [OpenaiChat, AnthropicMessages, OpenaiResponses, Gemini, OllamaChat, BedrockConverse];

/// The cause and the words of a body that is no answer, in every format.
#[track_caller]
fn check(body: &[u8], cause: Cause, words: &str) {
    for format in ALL {
        assert_eq!(cassette::draw(format, body), format!("failure {cause:?}: {words}"), "{format:?}");
    }
}

#[test]
fn says_that_an_answer_had_no_bytes() {
    check(b"", Cause::EndedEarly, "the provider answered without a single byte");
    check(b"\r\n\n ", Cause::EndedEarly, "the provider answered without a single byte");
    check(b": keep-alive\n\n", Cause::EndedEarly, "the stream ended without an event");
    check(b"data: {}", Cause::EndedEarly, "the stream broke off before its end");
    check(b"data:\n\n", Cause::EndedEarly, "the stream broke off before its end");
}

#[test]
fn says_that_a_page_came_and_names_it() {
    check(cassette!("errors", "captive-portal.html"), Cause::Page, "Sign in to CafeNet");
    check(b"<html>no title", Cause::Page, "<html>no title");
}

#[test]
fn repeats_a_text_that_is_no_stream() {
    check(b"404 page not found\n", Cause::Unreadable, "404 page not found");
    // As where a frame of Amazon's says that it is larger than any is.
    let frame = b"\x7f\xff\xff\xff\0\0\0\x10\x12\x34\x56\x78secret";
    check(frame, Cause::Unreadable, "what came is neither a stream of events nor text");
}

#[test]
fn reads_json_that_is_no_answer() {
    check(b"{}", Cause::Unreadable, "a JSON body that holds no answer");
    check(b"[1, [2]]", Cause::Unreadable, "a JSON body that holds no answer");
    check(b"{\"error\": {\"message\": \"a", Cause::EndedEarly, "the answer broke off inside a JSON body");
    check(b"[{\"error\":{\"code\":503,\"message\":\"busy\"}}]", Cause::Overloaded, "busy");
    check(b"{\"detail\":\"Not Found\"} and more", Cause::Provider, "Not Found");
}

#[test]
fn half_a_character_in_an_error_leaves_its_kind_and_its_words() {
    check(b"{\"error\":{\"code\":503,\"message\":\"busy \\ud83d\"}}", Cause::Overloaded, "busy \u{fffd}");
    check(
        b"data: {\"error\":{\"code\":503,\"message\":\"\\udc69 busy\"}}\n\n",
        Cause::Overloaded,
        "\u{fffd} busy",
    );
}

#[test]
fn half_a_character_in_the_arguments_of_a_call_ends_no_answer() {
    let gemini = r#"data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":"x\ud83d"}}}]},"finishReason":"STOP"}]}"#;
    let ollama = r#"{"message":{"tool_calls":[{"function":{"name":"f","arguments":{"a":"x\ud83d"}}}]},"done":true,"done_reason":"stop"}"#;
    let anthropic = r#"{"type":"message","content":[{"type":"tool_use","id":"1","name":"f","input":{"a":"x\ud83d"}}],"stop_reason":"tool_use"}"#;
    for (format, answer) in [(Gemini, gemini), (OllamaChat, ollama), (AnthropicMessages, anthropic)] {
        let mut out = Vec::new();
        assert_eq!(cassette::run(format, &[answer.as_bytes(), b"\n\n"], &mut out), Ok(()), "{format:?}");
        let calls = out.iter().filter_map(|event| match event {
            ModelEvent::ToolCall(call) => Some(call.arguments.as_str()),
            _ => None,
        });
        assert_eq!(calls.collect::<Vec<_>>(), ["{\"a\":\"x\u{fffd}\"}"], "{format:?}");
    }
}

#[test]
fn gives_a_page_up_once_its_beginning_is_read() {
    let mut decoder = Decoder::new(OpenaiChat);
    let mut out = Vec::new();
    assert_eq!(decoder.feed(b"<html><title>Busy</title>", &mut out), Ok(()));
    let failure = decoder.feed(&b" ".repeat(20_000), &mut out).unwrap_err();
    assert_eq!((failure.cause, failure.message.as_str()), (Cause::Page, "Busy"));
}

#[test]
fn refuses_an_endless_event_and_an_endless_body() {
    for beginning in ["data: ", "{\""] {
        let mut decoder = Decoder::new(OpenaiChat);
        let mut out = Vec::new();
        decoder.feed(beginning.as_bytes(), &mut out).unwrap();
        let megabyte = "x".repeat(1024 * 1024);
        let failure = (0..20).find_map(|_| decoder.feed(megabyte.as_bytes(), &mut out).err()).unwrap();
        assert_eq!(failure.cause, Cause::TooLarge);
        assert!(decoder.feed(b"\n\n", &mut out).is_ok(), "yields nothing more");
        assert!(decoder.finish(&mut out).is_err());
        assert_eq!(out, []);
    }
}

#[test]
fn is_done_at_the_terminal_event_and_reads_nothing_after_it() {
    let terminals = [
        (OpenaiChat, "data: [DONE]\n\n", "data: {\"choices\":[{\"delta\":{\"content\":\"late\"}}]}\n\n"),
        (
            AnthropicMessages,
            "data: {\"type\":\"message_stop\"}\n\n",
            "data: {\"type\":\"error\",\"error\":{}}\n\n",
        ),
    ];
    for (format, terminal, late) in terminals {
        let mut decoder = Decoder::new(format);
        let mut out = Vec::new();
        assert!(!decoder.is_done());
        decoder.feed(terminal.as_bytes(), &mut out).unwrap();
        assert!(decoder.is_done());
        decoder.feed(late.as_bytes(), &mut out).unwrap();
        decoder.finish(&mut out).unwrap();
        assert_eq!(out, [ModelEvent::Stop(StopReason::End)]);
    }
}

#[test]
fn an_answer_with_its_reason_is_whole_though_the_connection_breaks() {
    let answer = b"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"cho";
    let mut out = Vec::new();
    assert_eq!(cassette::run(OpenaiChat, &[answer], &mut out), Ok(()));
    assert_eq!(out, [ModelEvent::Stop(StopReason::End)]);
}

#[test]
fn hands_on_what_came_before_a_failure_in_the_same_chunk() {
    for (sent, text) in [("a", "a"), ("<thi", "<thi"), ("a\\ud83d", "a\u{fffd}")] {
        let piece = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{sent}\"}}}}]}}\n\n");
        let mut out = Vec::new();
        let answer = format!("{piece}data: {{\"error\":\"x\"}}\n\n");
        assert!(Decoder::new(OpenaiChat).feed(answer.as_bytes(), &mut out).is_err());
        assert_eq!(out, [ModelEvent::Text(text.to_owned())]);
    }
}

/// Pieces of what providers send, in any order and nesting.
fn noise() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "data: ",
        "event: error\n",
        "\n\n",
        "\r\n",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "null",
        "0",
        "-1e9",
        "true",
        "\"choices\":[{",
        "\"delta\":{",
        "\"message\":",
        "\"content\":",
        "\"text\":",
        "\"\"",
        "\"a\"",
        "\"\\ud83d\"",
        "\"\\udc69\"",
        "\"<think>\"",
        "\"error\":",
        "\"usage\":{",
        "\"type\":",
        "\"content_block_delta\"",
        "\"message_delta\"",
        "\"stop_reason\":",
        "\"finish_reason\":",
        "\"stop\"",
        "[DONE]",
        "<title>",
        "\\",
        "\u{feff}",
        "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n",
        "data: {\"type\":\"message_stop\"}\n\n",
        "data: {\"choices\":[{\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":3}}\n\n",
        "data: {\"type\":\"content_block_delta\",\"delta\":{\"thinking\":\"\\ud83d\"}}\n\n",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let names = prop::sample::select(vec![
        "choices",
        "delta",
        "message",
        "content",
        "error",
        "usage",
        "type",
        "text",
        "index",
        "finish_reason",
        "code",
        "reasoning",
        "content_block",
        "stop_reason",
        "prompt_tokens",
        "detail",
        "metadata",
        "base_resp",
    ]);
    let words = prop::sample::select(vec![
        "message",
        "content_block_delta",
        "message_start",
        "error",
        "text",
        "",
        "429",
    ]);
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        words.prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::btree_map(names.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn decode(format: HttpFormat, chunks: &[&[u8]]) -> (Vec<ModelEvent>, Option<Failure>) {
    let mut out = Vec::new();
    let failure = cassette::run(format, chunks, &mut out).err();
    check_order(&out);
    (out, failure)
}

proptest! {
    #[test]
    fn noise_never_panics_and_means_the_same_however_it_is_cut(noise in noise(), size in 1..40_usize) {
        for format in ALL {
            let chunks: Vec<&[u8]> = noise.as_bytes().chunks(size).collect();
            prop_assert_eq!(decode(format, &chunks), decode(format, &[noise.as_bytes()]));
        }
    }

    #[test]
    fn any_json_is_an_answer_or_a_failure(values in prop::collection::vec(any_json(), 1..4)) {
        for format in ALL {
            let events: String = values.iter().map(|value| format!("data: {value}\n\n")).collect();
            for body in [events, values[0].to_string()] {
                let (out, failure) = decode(format, &[body.as_bytes()]);
                let stopped = out.iter().any(|event| matches!(event, ModelEvent::Stop(_)));
                prop_assert!(stopped || failure.is_some(), "neither an end nor a failure");
            }
        }
    }
}
