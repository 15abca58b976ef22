//! OpenAI chat completions, and what the many servers that speak it make of them.
//!
//! Reference: <https://platform.openai.com/docs/api-reference/chat>.

use super::answer::Answer;
use super::calls::Piece;
use super::failure::{self, Failure};
use super::sent::{self, Sent, SentContent};
use super::text::{Content, Text};
use super::{
    Auth, Format, HttpRequest, Image, ModelEvent, ModelRequest, Role, StopReason, Turn, Usage, field,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) fn request(request: &ModelRequest) -> HttpRequest {
    let extra = &request.extra_body;
    let turns = super::turns(&request.messages);
    let mut fields = vec![
        field("model", &request.model),
        field("messages", &messages(request, &turns)),
        field("stream", &true),
        field("stream_options", &StreamOptions { include_usage: true }),
    ];
    let users_limit = ["max_tokens", "max_completion_tokens"].iter().any(|name| extra.contains_key(*name));
    if let Some(limit) = request.max_output_tokens.filter(|_| !users_limit) {
        fields.push(field(limit_field(&request.model), &limit));
    }
    if let Some(temperature) = request.temperature {
        fields.push(field("temperature", &temperature));
    }
    if let Some(effort) = request.effort {
        fields.push(field("reasoning_effort", &effort.word()));
    }
    HttpRequest {
        path: "/chat/completions".to_owned(),
        headers: super::stream_headers(),
        body: super::body(&fields, extra),
        auth: Auth::Bearer,
    }
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum SentPart<'r> {
    ImageUrl { image_url: ImageUrl },
    Text { text: &'r str },
}

#[derive(Serialize)]
struct ImageUrl {
    url: String,
}

fn content<'r>(turn: &'r Turn<'_>) -> SentContent<'r, SentPart<'r>> {
    let image = |image: &Image| SentPart::ImageUrl { image_url: ImageUrl { url: image.url() } };
    sent::content(turn, image, |text| SentPart::Text { text })
}

fn messages<'r>(request: &'r ModelRequest, turns: &'r [Turn<'_>]) -> Vec<Sent<'r, SentPart<'r>>> {
    let system = Some(request.system.as_str()).filter(|system| !system.trim().is_empty());
    let system = system.map(|system| Sent { role: "system", content: SentContent::Text(system) });
    let turns = turns.iter().map(|turn| match turn.role {
        Role::User => Sent { role: "user", content: content(turn) },
        Role::Assistant => Sent { role: "assistant", content: content(turn) },
    });
    system.into_iter().chain(turns).collect()
}

/// OpenAI's own models refuse `max_tokens`; most other servers know nothing else.
fn limit_field(model: &str) -> &'static str {
    let is_o_series =
        model.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let is_gpt = model.starts_with("gpt-") && !model.starts_with("gpt-oss");
    if is_o_series || is_gpt || model.starts_with("chatgpt-") {
        "max_completion_tokens"
    } else {
        "max_tokens"
    }
}

/// One event of a stream, or a whole completion.
#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    choices: Option<Vec<Choice<'a>>>,
    usage: Option<Value>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    index: Option<Value>,
    #[serde(borrow)]
    delta: Option<Message<'a>>,
    /// Stands for `delta` in a whole completion; some servers send it beside the deltas as well.
    #[serde(borrow)]
    message: Option<Message<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Text<'a>>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Option<Content<'a>>,
    /// DeepSeek, vLLM and others.
    #[serde(borrow)]
    reasoning_content: Option<Content<'a>>,
    /// OpenRouter, Groq, Ollama, newer vLLM; the same text where both are there.
    #[serde(borrow)]
    reasoning: Option<Content<'a>>,
    #[serde(borrow)]
    refusal: Option<Text<'a>>,
    #[serde(borrow)]
    tool_calls: Option<Vec<Call<'a>>>,
    /// What `tool_calls` was before it.
    #[serde(borrow)]
    function_call: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Call<'a> {
    index: Option<u64>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    function: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    arguments: Option<Text<'a>>,
}

impl<'a> Function<'a> {
    fn piece(&'a self, number: Option<u64>, id: Option<&'a Text<'a>>) -> Piece<'a> {
        Piece { number, id, name: self.name.as_ref(), arguments: self.arguments.as_ref() }
    }
}

/// Decodes the events of one answer.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    answer: Answer,
    done: bool,
}

impl Format for Decoder {
    fn is_done(&self) -> bool {
        self.done
    }

    fn event(&mut self, name: &str, data: &str, out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
        if data.trim_ascii() == "[DONE]" {
            self.answer.stop(StopReason::End, out);
            self.done = true;
        }
        if self.done {
            return Ok(());
        }
        match serde_json::from_str(data) {
            Ok(chunk) if name != "error" => self.chunk(chunk, data, out),
            _ => failure_of(name, data),
        }
    }

    /// A plain body: a whole completion, or an error.
    fn whole(&mut self, body: &str, out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
        self.event("", body, out)?;
        if !self.answer.is_stopped() {
            return Err(Failure::unreadable("a JSON body that holds no answer"));
        }
        self.done = true;
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<ModelEvent>) -> bool {
        self.answer.flush(out);
        self.answer.is_stopped()
    }
}

impl Decoder {
    fn chunk(&mut self, chunk: Chunk<'_>, data: &str, out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
        let Chunk { choices, usage, error } = chunk;
        let choices = match (error.filter(failure::is_something), choices) {
            (Some(_), _) => return failure_of("error", data),
            (None, Some(choices)) => choices,
            (None, None) if usage.is_some() => Vec::new(),
            (None, None) => return failure_of("", data),
        };
        for choice in choices {
            self.choice(choice, out)?;
        }
        if let Some(usage) = usage {
            self.answer.usage(usage_of(&usage), out);
        }
        Ok(())
    }

    fn choice(&mut self, choice: Choice<'_>, out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
        if let Some(error) = choice.error.filter(failure::is_something) {
            return Err(failure::in_stream(&json!({ "error": error })).unwrap_or_else(unnamed_error));
        }
        if choice.index.and_then(|index| index.as_u64()).is_some_and(|index| index > 0) {
            return Ok(());
        }
        let whole = choice.message.filter(|_| !self.answer.has_text());
        if let Some(message) = choice.delta.or(whole) {
            self.message(&message, out);
        }
        match choice.finish_reason.as_ref().map(Text::as_str) {
            None | Some("") => {}
            Some("error") => return Err(unnamed_error()),
            Some(reason) => self.answer.stop(stop_reason(reason), out),
        }
        Ok(())
    }

    fn message(&mut self, message: &Message<'_>, out: &mut Vec<ModelEvent>) {
        if let Some(thought) = message.reasoning_content.as_ref().or(message.reasoning.as_ref()) {
            self.answer.thought(thought, out);
        }
        if let Some(content) = &message.content {
            self.answer.content(content, out);
        }
        if let Some(refusal) = &message.refusal {
            self.answer.refusal(refusal, out);
        }
        for call in message.tool_calls.iter().flatten() {
            if let Some(function) = &call.function {
                self.answer.call_piece(function.piece(call.index, call.id.as_ref()));
            }
        }
        if let Some(function) = &message.function_call {
            self.answer.call_piece(function.piece(None, None));
        }
    }
}

fn unnamed_error() -> Failure {
    Failure::provider("the answer ended with an error")
}

/// What an event that is no piece of an answer means: an error, nothing, or a broken stream.
fn failure_of(name: &str, data: &str) -> Result<(), Failure> {
    let Ok(value) = serde_json::from_str::<Value>(data) else {
        return Err(failure::not_json(name, data));
    };
    match failure::in_stream(&value) {
        Some(failure) => Err(failure),
        None if name == "error" => Err(failure::not_json(name, data)),
        // A piece of the answer in a shape that can't be read must not be left out without a word.
        None if value.get("choices").is_some_and(|choices| !choices.is_null()) => {
            Err(Failure::unreadable("a piece of the answer has an unknown shape"))
        }
        None => Ok(()),
    }
}

fn stop_reason(reason: &str) -> StopReason {
    match reason {
        "stop" | "end_turn" | "eos" | "eos_token" | "stop_sequence" => StopReason::End,
        "length" | "max_tokens" | "max_output_tokens" => StopReason::Length,
        "content_filter" | "refusal" | "sensitive" => StopReason::Refused,
        "tool_calls" | "function_call" | "tool_use" => StopReason::ToolCalls,
        other => StopReason::Other(other.to_owned()),
    }
}

fn usage_of(usage: &Value) -> Usage {
    let count = |path: &str| usage.pointer(path).and_then(as_count).unwrap_or_default();
    Usage {
        input: count("/prompt_tokens"),
        output: count("/completion_tokens"),
        // DeepSeek's own name is the second.
        cached: count("/prompt_tokens_details/cached_tokens").max(count("/prompt_cache_hit_tokens")),
        written: 0,
        reasoning: count("/completion_tokens_details/reasoning_tokens"),
    }
}

/// Some servers count in floats.
fn as_count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().map(|count| count as u64))
}

#[cfg(test)]
mod tests;
