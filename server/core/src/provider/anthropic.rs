//! Anthropic messages.
//!
//! Reference: <https://docs.anthropic.com/en/api/messages-streaming>.

use super::answer::Answer;
use super::calls::Piece;
use super::failure::{self, Failure};
use super::text::Text;
use super::{
    Auth, Effort, Format, HttpRequest, Image, ModelEvent, ModelRequest, Role, StopReason, Turn, Usage, field,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The API wants a limit; this one leaves room for a long answer and every current model takes it.
const DEFAULT_MAX_TOKENS: u32 = 8192;

pub(super) fn request(request: &ModelRequest) -> HttpRequest {
    let turns = super::turns(&request.messages);
    let thinking = request.effort.map(|effort| Thinking::new(&request.model, effort));
    let mut fields = vec![
        field("model", &request.model),
        field("max_tokens", &max_tokens(request, thinking.as_ref())),
        field("stream", &true),
    ];
    // A model that reasons takes no temperature of its own.
    if let Some(temperature) = request.temperature.filter(|_| thinking.is_none()) {
        fields.push(field("temperature", &temperature));
    }
    if let Some(thinking) = &thinking {
        fields.push(field("thinking", thinking));
    }
    if let Some(effort) = request.effort.filter(|_| thinking.is_some_and(|thinking| thinking.is_adaptive())) {
        fields.push(field("output_config", &OutputConfig::new(effort)));
    }
    if !request.system.trim().is_empty() {
        fields.push(field("system", &[Marked::new(&request.system)]));
    }
    fields.push(field("messages", &messages(&turns)));
    let mut headers = super::stream_headers();
    headers.push(("anthropic-version".to_owned(), "2023-06-01".to_owned()));
    HttpRequest {
        path: "/v1/messages".to_owned(),
        headers,
        body: super::body(&fields, &request.extra_body),
        auth: Auth::Header("x-api-key"),
    }
}

/// The limit counts reasoning as well.
fn max_tokens(request: &ModelRequest, thinking: Option<&Thinking>) -> u32 {
    let budget = thinking.and_then(|thinking| thinking.budget_tokens).unwrap_or_default();
    request.max_output_tokens.unwrap_or(DEFAULT_MAX_TOKENS).saturating_add(budget)
}

#[derive(Serialize, Clone, Copy)]
struct Thinking {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_tokens: Option<u32>,
}

#[derive(Serialize)]
struct OutputConfig {
    effort: &'static str,
}

impl OutputConfig {
    fn new(effort: Effort) -> Self {
        Self { effort: if effort == Effort::Minimal { "low" } else { effort.word() } }
    }
}

/// What the vendor's models are told of effort where they are served by others.
pub(super) fn effort_fields(model: &str, effort: Effort) -> Value {
    let thinking = Thinking::new(model, effort);
    match thinking.is_adaptive() {
        true => json!({"thinking": thinking, "output_config": OutputConfig::new(effort)}),
        false => json!({"thinking": thinking}),
    }
}

/// The tokens of reasoning that a limit has to leave room for; `None` where the model decides by itself.
pub(super) fn budget(model: &str, effort: Effort) -> Option<u32> {
    Thinking::new(model, effort).budget_tokens
}

impl Thinking {
    /// Up to version 4.5 the vendor's models take a number of tokens, and so do other vendors' with this API; later
    /// ones decide by themselves and take a word.
    fn new(model: &str, effort: Effort) -> Self {
        const BY_NUMBER: [&str; 5] = ["claude-3", "-4-0", "-4-1", "-4-2025", "-4-5"];
        let by_number = !model.contains("claude") || BY_NUMBER.iter().any(|name| model.contains(name));
        if by_number {
            Self { r#type: "enabled", budget_tokens: Some(effort.budget()) }
        } else {
            Self { r#type: "adaptive", budget_tokens: None }
        }
    }

    fn is_adaptive(self) -> bool {
        self.budget_tokens.is_none()
    }
}

#[derive(Serialize)]
struct Sent<'r> {
    role: &'static str,
    content: SentContent<'r>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum SentContent<'r> {
    Plain(&'r str),
    Blocks(Vec<SentBlock<'r>>),
}

#[derive(Serialize)]
#[serde(untagged)]
enum SentBlock<'r> {
    Image(Picture<'r>),
    Text { r#type: &'static str, text: &'r str },
    Marked(Marked<'r>),
}

#[derive(Serialize)]
struct Picture<'r> {
    r#type: &'static str,
    source: PictureSource<'r>,
}

#[derive(Serialize)]
struct PictureSource<'r> {
    r#type: &'static str,
    media_type: &'r str,
    data: &'r str,
}

fn picture<'r>(image: &&'r Image) -> SentBlock<'r> {
    let source = PictureSource { r#type: "base64", media_type: &image.media_type, data: &image.data };
    SentBlock::Image(Picture { r#type: "image", source })
}

/// A user's message. A picture can't be marked here, so that one without words isn't.
fn content<'r>(turn: &'r Turn<'_>, marked: bool) -> SentContent<'r> {
    if !marked && turn.images.is_empty() {
        return SentContent::Plain(&turn.text);
    }
    let text = turn.has_text().then(|| match marked {
        true => SentBlock::Marked(Marked::new(&turn.text)),
        false => SentBlock::Text { r#type: "text", text: &turn.text },
    });
    SentContent::Blocks(turn.images.iter().map(picture).chain(text).collect())
}

/// A block of text up to which the prompt is cached.
#[derive(Serialize)]
struct Marked<'r> {
    r#type: &'static str,
    text: &'r str,
    cache_control: CacheControl,
}

#[derive(Serialize)]
struct CacheControl {
    r#type: &'static str,
}

impl<'r> Marked<'r> {
    fn new(text: &'r str) -> Self {
        Self { r#type: "text", text, cache_control: CacheControl { r#type: "ephemeral" } }
    }
}

/// The last user message is marked so that the next turn finds the prompt up to it in the cache, the one before it
/// because that is where this turn finds the last one's. With the system prompt's that is three marks of the four
/// that are allowed.
fn messages<'r>(turns: &'r [Turn<'_>]) -> Vec<Sent<'r>> {
    let users = turns.iter().enumerate().filter(|(_, turn)| turn.role == Role::User).map(|(at, _)| at);
    let marked: Vec<usize> = users.rev().take(2).collect();
    let sent = |(at, turn): (usize, &'r Turn<'_>)| match turn.role {
        Role::User => Sent { role: "user", content: content(turn, marked.contains(&at)) },
        Role::Assistant => Sent { role: "assistant", content: SentContent::Plain(&turn.text) },
    };
    turns.iter().enumerate().map(sent).collect()
}

/// One event of a stream, or a whole message.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    r#type: Option<Text<'a>>,
    index: Option<u64>,
    message: Option<Started>,
    #[serde(borrow)]
    content_block: Option<Block<'a>>,
    #[serde(borrow)]
    delta: Option<Delta<'a>>,
    usage: Option<Value>,
    /// Of a whole message.
    #[serde(borrow)]
    content: Option<Vec<Block<'a>>>,
    /// Of a whole message.
    #[serde(borrow)]
    stop_reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Started {
    usage: Option<Value>,
}

/// A block's or a delta's text, or a call of a tool of ours; what else there is (signatures, citations, the provider's
/// own tools) is of no interest.
#[derive(Deserialize)]
struct Block<'a> {
    #[serde(borrow)]
    r#type: Option<Text<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    thinking: Option<Text<'a>>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    /// Of a call in a whole message; in a stream it comes in deltas.
    input: Option<Value>,
}

impl Block<'_> {
    fn is_call(&self) -> bool {
        self.r#type.as_ref().is_some_and(|kind| kind.as_str() == "tool_use")
    }
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    thinking: Option<Text<'a>>,
    #[serde(borrow)]
    partial_json: Option<Text<'a>>,
    #[serde(borrow)]
    stop_reason: Option<Text<'a>>,
}

/// Decodes the events of one answer. None but the last is needed: an answer may lack its `message_start`.
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
        if self.done {
            return Ok(());
        }
        // Gateways add OpenAI's terminal event.
        if data.trim_ascii() == "[DONE]" {
            self.done = self.answer.is_stopped();
            return Ok(());
        }
        match serde_json::from_str::<Event<'_>>(data) {
            Ok(event) => self.typed(name, &event, data, out),
            Err(_) => failure_of(name, data),
        }
    }

    /// A plain body: a whole message, or an error.
    fn whole(&mut self, body: &str, out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
        self.event("", body, out)?;
        if !self.done {
            return Err(Failure::unreadable("a JSON body that holds no answer"));
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<ModelEvent>) -> bool {
        self.answer.flush(out);
        self.answer.is_stopped()
    }
}

impl Decoder {
    fn typed(
        &mut self,
        name: &str,
        event: &Event<'_>,
        data: &str,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Failure> {
        match event.r#type.as_ref().map_or(name, Text::as_str) {
            "content_block_delta" => self.delta(event.index, event.delta.as_ref(), out),
            "content_block_start" => {
                if let Some(block) = &event.content_block {
                    self.block(event.index, block, out);
                }
            }
            "message_start" => {
                self.usage(event.message.as_ref().and_then(|message| message.usage.as_ref()), out);
            }
            "message_delta" => {
                self.usage(event.usage.as_ref(), out);
                self.stop(event.delta.as_ref().and_then(|delta| delta.stop_reason.as_ref()), out);
            }
            "message_stop" => {
                self.answer.stop(StopReason::End, out);
                self.done = true;
            }
            "message" => {
                for (index, block) in (0..).zip(event.content.iter().flatten()) {
                    self.block(Some(index), block, out);
                    // In a stream the input comes later, and is empty here.
                    let input = block.input.as_ref().filter(|_| block.is_call()).map(ToString::to_string);
                    if let Some(input) = input {
                        self.input(Some(index), &Text::from(input.as_str()));
                    }
                }
                self.usage(event.usage.as_ref(), out);
                self.stop(event.stop_reason.as_ref(), out);
                self.answer.stop(StopReason::End, out);
                self.done = true;
            }
            "ping" | "content_block_stop" => {}
            // An error, or an event of a later version of the API.
            _ => return failure_of(name, data),
        }
        Ok(())
    }

    fn delta(&mut self, index: Option<u64>, delta: Option<&Delta<'_>>, out: &mut Vec<ModelEvent>) {
        let Some(delta) = delta else { return };
        self.texts(delta.text.as_ref(), delta.thinking.as_ref(), out);
        if let Some(piece) = &delta.partial_json {
            self.input(index, piece);
        }
    }

    fn block(&mut self, index: Option<u64>, block: &Block<'_>, out: &mut Vec<ModelEvent>) {
        self.texts(block.text.as_ref(), block.thinking.as_ref(), out);
        if block.is_call() {
            let (id, name) = (block.id.as_ref(), block.name.as_ref());
            self.answer.call_piece(Piece { number: index, id, name, arguments: None });
        }
    }

    fn input(&mut self, index: Option<u64>, piece: &Text<'_>) {
        self.answer.call_piece(Piece { number: index, arguments: Some(piece), ..Piece::default() });
    }

    fn texts(&mut self, text: Option<&Text<'_>>, thinking: Option<&Text<'_>>, out: &mut Vec<ModelEvent>) {
        if let Some(thinking) = thinking {
            self.answer.reasoning(thinking, out);
        }
        if let Some(text) = text {
            self.answer.text(text, out);
        }
    }

    fn usage(&mut self, usage: Option<&Value>, out: &mut Vec<ModelEvent>) {
        if let Some(usage) = usage {
            self.answer.usage(usage_of(usage), out);
        }
    }

    fn stop(&mut self, reason: Option<&Text<'_>>, out: &mut Vec<ModelEvent>) {
        if let Some(reason) = reason {
            self.answer.stop(stop_reason(reason.as_str()), out);
        }
    }
}

/// What an event that is no piece of an answer means: an error, nothing, or a broken stream.
fn failure_of(name: &str, data: &str) -> Result<(), Failure> {
    let Ok(value) = serde_json::from_str::<Value>(data) else {
        return Err(failure::not_json(name, data));
    };
    let kind = value.get("type").and_then(Value::as_str).unwrap_or(name);
    match failure::in_stream(&value) {
        Some(failure) => Err(failure),
        None if kind == "error" => Err(failure::not_json(name, data)),
        // A piece of the answer in a shape that can't be read must not be left out without a word.
        None if matches!(kind, "content_block_start" | "content_block_delta" | "message") => {
            Err(Failure::unreadable("a piece of the answer has an unknown shape"))
        }
        None => Ok(()),
    }
}

fn stop_reason(reason: &str) -> StopReason {
    match reason {
        "end_turn" | "stop_sequence" => StopReason::End,
        "max_tokens" | "model_context_window_exceeded" => StopReason::Length,
        "refusal" => StopReason::Refused,
        "tool_use" => StopReason::ToolCalls,
        other => StopReason::Other(other.to_owned()),
    }
}

/// The API counts what it read from the cache and wrote to it beside `input_tokens`.
fn usage_of(usage: &Value) -> Usage {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or_default();
    let (cached, written) = (count("cache_read_input_tokens"), count("cache_creation_input_tokens"));
    Usage {
        input: count("input_tokens") + cached + written,
        output: count("output_tokens"),
        cached,
        written,
        reasoning: 0,
    }
}

#[cfg(test)]
mod tests;
