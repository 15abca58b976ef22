//! Ollama's own chat: one JSON object a line.
//!
//! Reference: <https://docs.ollama.com/api/chat>. Against its OpenAI form it knows the length of the context, tells
//! reasoning apart, and takes how much to reason.

use super::answer::Answer;
use super::failure::{self, Failure};
use super::text::Text;
use super::{Auth, Format, HttpRequest, ModelEvent, ModelRequest, Role, StopReason, ToolCall, Usage, field};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What many a server gives a model that was asked for nothing else. It cuts longer prompts without a word.
const USUAL_CONTEXT: usize = 4096;
/// Room for the answer, where the user names none.
const ANSWER_TOKENS: usize = 2048;
/// Fewer than there are in most texts, so that the count comes out too high rather than too low.
const BYTES_PER_TOKEN: usize = 3;

pub(super) fn request(request: &ModelRequest) -> HttpRequest {
    let turns = super::turns(&request.messages);
    let system = Some(Sent { role: "system", content: &request.system, images: Vec::new() });
    let system = system.filter(|system| !system.content.trim().is_empty());
    let turns = turns.iter().map(|turn| Sent {
        role: match turn.role {
            Role::User => "user",
            Role::Assistant => "assistant",
        },
        content: &turn.text,
        images: turn.images.iter().map(|image| image.data.as_str()).collect(),
    });
    let messages: Vec<Sent<'_>> = system.into_iter().chain(turns).collect();
    let options = Options {
        num_ctx: context(request, &messages),
        num_predict: request.max_output_tokens,
        temperature: request.temperature,
    };
    let mut fields =
        vec![field("model", &request.model), field("messages", &messages), field("stream", &true)];
    if let Some(effort) = request.effort {
        fields.push(field("think", &think(effort.word())));
    }
    if options != Options::default() {
        fields.push(field("options", &options));
    }
    HttpRequest {
        path: "/api/chat".to_owned(),
        headers: super::stream_headers(),
        body: super::body(&fields, &request.extra_body),
        auth: Auth::Bearer,
    }
}

#[derive(Serialize)]
struct Sent<'r> {
    role: &'static str,
    content: &'r str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<&'r str>,
}

#[derive(Serialize, Default, PartialEq)]
struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    num_ctx: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_predict: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
}

/// The server knows three words.
fn think(effort: &'static str) -> &'static str {
    if effort == "minimal" { "low" } else { effort }
}

/// How long the context must be, where the usual one may be too short. In few steps: each other length loads the
/// model again.
fn context(request: &ModelRequest, messages: &[Sent<'_>]) -> Option<usize> {
    let bytes: usize = messages.iter().map(|message| message.content.len()).sum();
    let answer = request.max_output_tokens.map_or(ANSWER_TOKENS, |tokens| tokens as usize);
    let tokens = bytes / BYTES_PER_TOKEN + answer;
    (tokens > USUAL_CONTEXT).then(|| tokens.next_power_of_two())
}

/// One line, or a whole answer.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    message: Option<Message<'a>>,
    done: Option<bool>,
    #[serde(borrow)]
    done_reason: Option<Text<'a>>,
    error: Option<Value>,
    prompt_eval_count: Option<Value>,
    eval_count: Option<Value>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(borrow)]
    thinking: Option<Text<'a>>,
    /// Servers that speak like Ollama.
    #[serde(borrow)]
    reasoning_content: Option<Text<'a>>,
    #[serde(borrow)]
    tool_calls: Option<Vec<Call<'a>>>,
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    function: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    /// An object.
    arguments: Option<Value>,
}

impl Call<'_> {
    fn whole(&self) -> ToolCall {
        let function = self.function.as_ref();
        let name = Text::name(function.and_then(|function| function.name.as_ref()));
        let arguments = function.and_then(|function| function.arguments.as_ref());
        let arguments = arguments.map_or("{}".to_owned(), Value::to_string);
        ToolCall { id: Text::name(self.id.as_ref()), name, arguments }
    }
}

/// Decodes the lines of one answer.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    answer: Answer,
    calls_tools: bool,
    done: bool,
}

impl Format for Decoder {
    /// Gateways send the lines as events.
    fn event(&mut self, name: &str, data: &str, out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
        if self.done || data.trim_ascii() == "[DONE]" {
            return Ok(());
        }
        match serde_json::from_str::<Line<'_>>(data) {
            Ok(line) if name != "error" => self.line(&line, data, out).map(drop),
            _ => failure_of(name, data),
        }
    }

    fn whole(&mut self, body: &str, out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
        match serde_json::from_str::<Line<'_>>(body) {
            Ok(line) if self.line(&line, body, out)? => Ok(()),
            Ok(_) => Err(Failure::unreadable("a JSON body that holds no answer")),
            Err(_) => {
                failure_of("", body)?;
                Err(Failure::unreadable("a JSON body that holds no answer"))
            }
        }
    }

    fn end(&mut self, out: &mut Vec<ModelEvent>) -> bool {
        self.answer.flush(out);
        self.answer.is_stopped()
    }

    fn is_done(&self) -> bool {
        self.done
    }
}

impl Decoder {
    /// Whether the line is a piece of an answer.
    fn line(&mut self, line: &Line<'_>, data: &str, out: &mut Vec<ModelEvent>) -> Result<bool, Failure> {
        let is_piece = line.message.is_some() || line.done.is_some();
        if line.error.as_ref().is_some_and(failure::is_something) || !is_piece {
            return failure_of("", data).map(|()| false);
        }
        if let Some(message) = &line.message {
            self.message(message, out);
        }
        let usage = usage_of(line);
        if usage != Usage::default() {
            self.answer.usage(usage, out);
        }
        if line.done == Some(true) {
            let reason = line.done_reason.as_ref().map_or("stop", Text::as_str);
            self.answer.stop(stop_reason(reason, self.calls_tools), out);
            self.done = true;
        }
        Ok(true)
    }

    fn message(&mut self, message: &Message<'_>, out: &mut Vec<ModelEvent>) {
        for call in message.tool_calls.iter().flatten() {
            self.calls_tools = true;
            self.answer.call(call.whole(), out);
        }
        if let Some(thought) = message.thinking.as_ref().or(message.reasoning_content.as_ref()) {
            self.answer.reasoning(thought, out);
        }
        if let Some(content) = &message.content {
            self.answer.text(content, out);
        }
    }
}

/// What a value that is no line of an answer means: an error, nothing, or a broken stream.
fn failure_of(name: &str, data: &str) -> Result<(), Failure> {
    let Ok(value) = serde_json::from_str::<Value>(data) else {
        return Err(failure::not_json(name, data));
    };
    match failure::in_stream(&value) {
        Some(failure) if value.get("message").is_none_or(|message| !message.is_object()) => Err(failure),
        _ if name == "error" => Err(failure::not_json(name, data)),
        // A piece of the answer in a shape that can't be read must not be left out without a word.
        _ if value.get("message").is_some_and(|message| !message.is_null()) => {
            Err(Failure::unreadable("a piece of the answer has an unknown shape"))
        }
        _ => Ok(()),
    }
}

fn stop_reason(reason: &str, calls_tools: bool) -> StopReason {
    match reason {
        _ if calls_tools => StopReason::ToolCalls,
        "" | "stop" => StopReason::End,
        "length" => StopReason::Length,
        other => StopReason::Other(other.to_owned()),
    }
}

fn usage_of(line: &Line<'_>) -> Usage {
    let count = |value: &Option<Value>| value.as_ref().and_then(Value::as_u64).unwrap_or_default();
    Usage {
        input: count(&line.prompt_eval_count),
        output: count(&line.eval_count),
        cached: 0,
        written: 0,
        reasoning: 0,
    }
}

#[cfg(test)]
mod tests;
