//! The shapes of providers' answers, and prompts drawn for people.

use super::Exchange;
use serde_json::{Value, json};

impl Exchange {
    /// A piece of text in the OpenAI chat format.
    #[track_caller]
    pub fn openai_text(&mut self, text: &str) {
        self.piece(openai_delta(&json!({"content": text})).as_bytes());
    }

    /// A piece of reasoning in the OpenAI chat format, as DeepSeek, vLLM and others send it.
    #[track_caller]
    pub fn openai_reasoning(&mut self, text: &str) {
        self.piece(openai_delta(&json!({"reasoning_content": text})).as_bytes());
    }

    /// The stop reason, the usage and `[DONE]`.
    #[track_caller]
    pub fn openai_done(self) {
        self.openai_stop("stop");
    }

    /// A stop reason, the usage and `[DONE]`.
    #[track_caller]
    pub fn openai_stop(mut self, reason: &str) {
        let stop = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]});
        let usage = json!({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7}});
        self.piece(format!("data: {stop}\n\ndata: {usage}\n\ndata: [DONE]\n\n").as_bytes());
        self.finish();
    }

    /// A whole answer in the OpenAI chat format, in a few pieces.
    #[track_caller]
    pub fn openai_answer(mut self, text: &str) {
        let mut rest: Vec<char> = text.chars().collect();
        while !rest.is_empty() {
            let piece: String = rest.drain(..rest.len().min(7)).collect();
            self.openai_text(&piece);
        }
        self.openai_done();
    }

    /// A whole answer in the Anthropic format.
    #[track_caller]
    pub fn anthropic_answer(mut self, text: &str) {
        let events = [
            json!({"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 11, "output_tokens": 1}}}),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}),
            json!({"type": "content_block_stop", "index": 0}),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}}),
            json!({"type": "message_stop"}),
        ];
        for event in events {
            let name = event["type"].as_str().expect("an event has a type");
            self.piece(format!("event: {name}\ndata: {event}\n\n").as_bytes());
        }
        self.finish();
    }

    /// An error in the OpenAI format.
    #[track_caller]
    pub fn openai_error(self, status: u16, code: &str, message: &str, headers: &[(&str, &str)]) {
        let body = json!({"error": {"message": message, "type": code, "code": code}});
        let headers = [&[("content-type", "application/json")], headers].concat();
        self.answer(status, &headers, &body.to_string());
    }

    /// An error in the Anthropic format.
    #[track_caller]
    pub fn anthropic_error(self, status: u16, kind: &str, message: &str) {
        let body = json!({"type": "error", "error": {"type": kind, "message": message}});
        self.answer(status, &[("content-type", "application/json")], &body.to_string());
    }
}

/// One event with a delta in the OpenAI chat format.
#[must_use]
pub fn openai_delta(delta: &Value) -> String {
    let event = json!({"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
    format!("data: {event}\n\n")
}

/// The messages of a request body, each under its role.
pub(super) fn prompt(body: &Value) -> String {
    let system = body["system"].as_str().map(|text| format!("--- system\n{text}\n"));
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let drawn = messages.iter().map(|message| {
        format!("--- {}\n{}\n", message["role"].as_str().unwrap_or("?"), text_of(&message["content"]))
    });
    system.into_iter().chain(drawn).collect()
}

fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        other => other.to_string(),
    }
}
