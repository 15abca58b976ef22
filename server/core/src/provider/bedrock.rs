//! Amazon Bedrock's converse stream.
//!
//! The base URL is a region's, such as `https://bedrock-runtime.eu-central-1.amazonaws.com`. Reference:
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html>.

use super::answer::Answer;
use super::anthropic;
use super::calls::Piece;
use super::failure::{self, Failure};
use super::text::Text;
use super::{
    Auth, Effort, Format, HttpRequest, Image, ModelEvent, ModelRequest, Role, StopReason, ToolCall, Turn,
    Usage, field, segment,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) fn request(request: &ModelRequest) -> HttpRequest {
    let turns = super::turns(&request.messages);
    let caches = caches(&request.model);
    let users: Vec<usize> =
        turns.iter().enumerate().filter(|(_, turn)| turn.role == Role::User).map(|(at, _)| at).collect();
    let marked: Vec<usize> = users.into_iter().rev().take(if caches { 2 } else { 0 }).collect();
    let messages: Vec<Sent<'_>> = turns
        .iter()
        .enumerate()
        .map(|(at, turn)| Sent {
            role: match turn.role {
                Role::User => "user",
                Role::Assistant => "assistant",
            },
            content: content(turn, marked.contains(&at)),
        })
        .collect();
    let mut fields = vec![field("messages", &messages)];
    if !request.system.trim().is_empty() {
        fields.push(field("system", &blocks(&request.system, caches)));
    }
    let inference = inference(request);
    if inference != Inference::default() {
        fields.push(field("inferenceConfig", &inference));
    }
    if let Some(more) = request.effort.and_then(|effort| effort_fields(&request.model, effort)) {
        fields.push(field("additionalModelRequestFields", &more));
    }
    HttpRequest {
        path: format!("/model/{}/converse-stream", segment(&request.model)),
        headers: vec![("accept".to_owned(), "application/vnd.amazon.eventstream".to_owned())],
        body: super::body(&fields, &request.extra_body),
        auth: Auth::Aws,
    }
}

#[derive(Serialize)]
struct Sent<'r> {
    role: &'static str,
    content: Vec<SentBlock<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum SentBlock<'r> {
    Image {
        /// `png`, `jpeg`, `gif` or `webp`.
        format: &'r str,
        source: ImageSource<'r>,
    },
    Text(&'r str),
    /// The prompt is cached up to here.
    CachePoint {
        r#type: &'static str,
    },
}

#[derive(Serialize, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Inference {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
}

#[derive(Serialize)]
struct ImageSource<'r> {
    bytes: &'r str,
}

fn content<'r>(turn: &'r Turn<'_>, marked: bool) -> Vec<SentBlock<'r>> {
    let kind = |image: &'r Image| image.media_type.rsplit('/').next().unwrap_or_default();
    let images = turn
        .images
        .iter()
        .map(|image| SentBlock::Image { format: kind(image), source: ImageSource { bytes: &image.data } });
    let text = turn.has_text().then(|| blocks(&turn.text, marked));
    images.chain(text.into_iter().flatten()).collect()
}

fn blocks(text: &str, marked: bool) -> Vec<SentBlock<'_>> {
    let mark = marked.then_some(SentBlock::CachePoint { r#type: "default" });
    std::iter::once(SentBlock::Text(text)).chain(mark).collect()
}

/// The service refuses marks for models without a cache. These have one; others are asked without.
fn caches(model: &str) -> bool {
    const CACHING: [&str; 5] =
        ["claude-sonnet-", "claude-opus-", "claude-haiku-", "claude-3-7-", "amazon.nova-"];
    CACHING.iter().any(|name| model.contains(name))
}

/// A model that reasons takes no temperature of its own.
fn inference(request: &ModelRequest) -> Inference {
    let reasons = request.effort.filter(|_| request.model.contains("anthropic."));
    let budget = reasons.and_then(|effort| anthropic::budget(&request.model, effort));
    let room = budget.map(|budget| budget.saturating_add(request.max_output_tokens.unwrap_or(8192)));
    Inference {
        max_tokens: room.or(request.max_output_tokens),
        temperature: request.temperature.filter(|_| reasons.is_none()),
    }
}

/// The service itself has no word for effort; each vendor's models have their own.
fn effort_fields(model: &str, effort: Effort) -> Option<Value> {
    if model.contains("anthropic.") {
        return Some(anthropic::effort_fields(model, effort));
    }
    model.contains("openai.").then(|| json!({"reasoning_effort": effort.word()}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    content_block_index: Option<u64>,
    /// Of a block that begins.
    #[serde(borrow)]
    start: Option<Start<'a>>,
    #[serde(borrow)]
    delta: Option<Delta<'a>>,
    #[serde(borrow)]
    stop_reason: Option<Text<'a>>,
    usage: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delta<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    reasoning_content: Option<Thought<'a>>,
    #[serde(borrow)]
    tool_use: Option<Input<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Start<'a> {
    #[serde(borrow)]
    tool_use: Option<Call<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call<'a> {
    #[serde(borrow)]
    tool_use_id: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    /// Of a whole answer; in a stream it comes in deltas.
    input: Option<Value>,
}

/// A piece of a call's arguments.
#[derive(Deserialize)]
struct Input<'a> {
    #[serde(borrow)]
    input: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Thought<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
}

impl<'a> Call<'a> {
    fn begun(&'a self, number: Option<u64>) -> Piece<'a> {
        Piece { number, id: self.tool_use_id.as_ref(), name: self.name.as_ref(), arguments: None }
    }

    fn whole(&self) -> ToolCall {
        let arguments = self.input.as_ref().map_or("{}".to_owned(), Value::to_string);
        ToolCall {
            id: Text::name(self.tool_use_id.as_ref()),
            name: Text::name(self.name.as_ref()),
            arguments,
        }
    }
}

/// An answer that did not come as a stream.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole<'a> {
    #[serde(borrow)]
    output: Output<'a>,
    #[serde(borrow)]
    stop_reason: Text<'a>,
    usage: Option<Value>,
}

#[derive(Deserialize)]
struct Output<'a> {
    #[serde(borrow)]
    message: Message<'a>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Vec<Block<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    reasoning_content: Option<WholeThought<'a>>,
    #[serde(borrow)]
    tool_use: Option<Call<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WholeThought<'a> {
    #[serde(borrow)]
    reasoning_text: Option<Thought<'a>>,
}

/// Decodes the events of one answer. The count of tokens comes after the stop reason.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    answer: Answer,
    done: bool,
}

impl Format for Decoder {
    fn event(&mut self, name: &str, data: &str, out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
        if self.done {
            return Ok(());
        }
        match (name, serde_json::from_str::<Event<'_>>(data)) {
            ("contentBlockDelta" | "messageStop" | "metadata", Ok(event)) => self.piece(&event, out),
            ("contentBlockStart", Ok(event)) => {
                if let Some(call) = event.start.as_ref().and_then(|start| start.tool_use.as_ref()) {
                    self.answer.call_piece(call.begun(event.content_block_index));
                }
            }
            ("messageStart" | "contentBlockStart" | "contentBlockStop", _) => {}
            _ => return failure_of(name, data),
        }
        self.done = name == "metadata" && self.answer.is_stopped();
        Ok(())
    }

    fn whole(&mut self, body: &str, out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
        let Ok(whole) = serde_json::from_str::<Whole<'_>>(body) else {
            failure_of("", body)?;
            return Err(Failure::unreadable("a JSON body that holds no answer"));
        };
        for block in &whole.output.message.content {
            let thought =
                block.reasoning_content.as_ref().and_then(|thought| thought.reasoning_text.as_ref());
            self.texts(block.text.as_ref(), thought, out);
            if let Some(call) = &block.tool_use {
                self.answer.call(call.whole(), out);
            }
        }
        if let Some(usage) = &whole.usage {
            self.answer.usage(usage_of(usage), out);
        }
        self.answer.stop(stop_reason(whole.stop_reason.as_str()), out);
        self.done = true;
        Ok(())
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
    fn piece(&mut self, event: &Event<'_>, out: &mut Vec<ModelEvent>) {
        if let Some(delta) = &event.delta {
            self.texts(delta.text.as_ref(), delta.reasoning_content.as_ref(), out);
            let arguments = delta.tool_use.as_ref().and_then(|call| call.input.as_ref());
            if arguments.is_some() {
                let number = event.content_block_index;
                self.answer.call_piece(Piece { number, arguments, ..Piece::default() });
            }
        }
        if let Some(usage) = &event.usage {
            self.answer.usage(usage_of(usage), out);
        }
        if let Some(reason) = &event.stop_reason {
            self.answer.stop(stop_reason(reason.as_str()), out);
        }
    }

    fn texts(&mut self, text: Option<&Text<'_>>, thought: Option<&Thought<'_>>, out: &mut Vec<ModelEvent>) {
        if let Some(thought) = thought.and_then(|thought| thought.text.as_ref()) {
            self.answer.reasoning(thought, out);
        }
        if let Some(text) = text {
            self.answer.text(text, out);
        }
    }
}

/// What an event that is no piece of an answer means: an error, nothing, or a broken stream.
fn failure_of(name: &str, data: &str) -> Result<(), Failure> {
    let is_exception = name.ends_with("Exception");
    let Ok(value) = serde_json::from_str::<Value>(data) else {
        return Err(failure::not_json(name, data));
    };
    match failure::in_stream(&value) {
        // The name says more than the words do.
        Some(failure) if is_exception => Err(failure.named(name)),
        Some(failure) if name.is_empty() || name == "error" => Err(failure),
        _ if is_exception => Err(Failure::provider(name).named(name)),
        // A piece of the answer in a shape that can't be read must not be left out without a word.
        _ if matches!(name, "contentBlockDelta" | "messageStop") => {
            Err(Failure::unreadable("a piece of the answer has an unknown shape"))
        }
        _ => Ok(()),
    }
}

fn stop_reason(reason: &str) -> StopReason {
    match reason {
        "end_turn" | "stop_sequence" => StopReason::End,
        "max_tokens" | "model_context_window_exceeded" => StopReason::Length,
        "guardrail_intervened" | "content_filtered" => StopReason::Refused,
        "tool_use" => StopReason::ToolCalls,
        other => StopReason::Other(other.to_owned()),
    }
}

/// The service counts what it read from the cache and wrote to it beside `inputTokens`.
fn usage_of(usage: &Value) -> Usage {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or_default();
    let (cached, written) = (count("cacheReadInputTokens"), count("cacheWriteInputTokens"));
    Usage {
        input: count("inputTokens") + cached + written,
        output: count("outputTokens"),
        cached,
        written,
        reasoning: 0,
    }
}

#[cfg(test)]
mod tests;
