//! OpenAI responses, which the provider is told not to keep.
//!
//! Reference: <https://platform.openai.com/docs/api-reference/responses-streaming>.

use super::answer::Answer;
use super::failure::{self, Failure};
use super::sent::{self, Sent, SentContent};
use super::text::{Content, Text};
use super::{
    Auth, Format, HttpRequest, Image, ModelEvent, ModelRequest, Role, StopReason, ToolCall, Turn, Usage,
    field,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) fn request(request: &ModelRequest) -> HttpRequest {
    let turns = super::turns(&request.messages);
    let input: Vec<Sent<'_, SentPart<'_>>> = turns
        .iter()
        .map(|turn| match turn.role {
            Role::User => Sent { role: "user", content: content(turn) },
            Role::Assistant => Sent { role: "assistant", content: SentContent::Text(&turn.text) },
        })
        .collect();
    let mut fields = vec![field("model", &request.model), field("stream", &true), field("store", &false)];
    if !request.system.trim().is_empty() {
        fields.push(field("instructions", &request.system));
    }
    fields.push(field("input", &input));
    if let Some(limit) = request.max_output_tokens {
        fields.push(field("max_output_tokens", &limit));
    }
    if let Some(temperature) = request.temperature {
        fields.push(field("temperature", &temperature));
    }
    if let Some(effort) = request.effort {
        fields.push(field("reasoning", &Reasoning { effort: effort.word(), summary: "auto" }));
    }
    HttpRequest {
        path: "/responses".to_owned(),
        headers: super::stream_headers(),
        body: super::body(&fields, &request.extra_body),
        auth: Auth::Bearer,
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum SentPart<'r> {
    InputImage { image_url: String },
    InputText { text: &'r str },
}

fn content<'r>(turn: &'r Turn<'_>) -> SentContent<'r, SentPart<'r>> {
    let image = |image: &Image| SentPart::InputImage { image_url: image.url() };
    sent::content(turn, image, |text| SentPart::InputText { text })
}

#[derive(Serialize)]
struct Reasoning {
    effort: &'static str,
    summary: &'static str,
}

/// One event of a stream.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    r#type: Option<Text<'a>>,
    #[serde(borrow)]
    delta: Option<Text<'a>>,
    /// The text of an event that ends a part.
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    item: Option<Item<'a>>,
    #[serde(borrow)]
    response: Option<Response<'a>>,
}

/// A response: whole, or as the last event repeats it.
#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    output: Option<Vec<Item<'a>>>,
    usage: Option<Value>,
    incomplete_details: Option<Value>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    r#type: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<Content<'a>>,
    #[serde(borrow)]
    summary: Option<Content<'a>>,
    /// Of a call.
    #[serde(borrow)]
    call_id: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    arguments: Option<Text<'a>>,
    /// What a custom tool has in place of arguments.
    #[serde(borrow)]
    input: Option<Text<'a>>,
}

impl Item<'_> {
    fn is(&self, kind: impl Fn(&str) -> bool) -> bool {
        self.r#type.as_ref().is_some_and(|found| kind(found.as_str()))
    }
}

/// Decodes the events of one answer. The text may come in deltas, at the end of a part, or in the last event alone.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    answer: Answer,
    has_reasoning: bool,
    /// The next piece of reasoning begins a paragraph.
    after_part: bool,
    calls_tools: bool,
    /// The calls that were handed on, by their provider's name.
    called: Vec<String>,
    done: bool,
}

impl Format for Decoder {
    fn event(&mut self, name: &str, data: &str, out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
        if self.done {
            return Ok(());
        }
        // Gateways add the terminal event of chat completions.
        if data.trim_ascii() == "[DONE]" {
            self.done = self.answer.is_stopped();
            return Ok(());
        }
        match serde_json::from_str::<Event<'_>>(data) {
            Ok(event) => self.typed(name, &event, data, out),
            Err(_) => failure_of(name, data),
        }
    }

    fn whole(&mut self, body: &str, out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
        match serde_json::from_str::<Response<'_>>(body) {
            Ok(response) if response.status.is_some() && response.output.is_some() => {
                self.finished("completed", &response, out)
            }
            _ => {
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
    fn typed(
        &mut self,
        name: &str,
        event: &Event<'_>,
        data: &str,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Failure> {
        let delta = event.delta.as_ref();
        match (event.r#type.as_ref().map_or(name, Text::as_str), delta) {
            ("response.output_text.delta", Some(delta)) => self.answer.text(delta, out),
            ("response.refusal.delta", Some(delta)) => self.answer.refusal(delta, out),
            ("response.reasoning_summary_text.delta" | "response.reasoning_text.delta", Some(delta)) => {
                self.reasoning(delta, out);
            }
            ("response.reasoning_summary_part.done" | "response.reasoning_text.done", _) => {
                self.after_part = self.has_reasoning;
            }
            ("response.output_text.done", _) => {
                let text = event.text.as_ref().filter(|_| !self.answer.has_text());
                text.into_iter().for_each(|text| self.answer.text(text, out));
            }
            ("response.output_item.added", _) => {
                self.calls_tools |= event.item.as_ref().is_some_and(|item| item.is(is_tool_call));
            }
            ("response.output_item.done", _) => {
                event.item.iter().filter(|item| item.is(is_tool_call)).for_each(|item| self.call(item, out));
            }
            ("response.completed" | "response.incomplete" | "response.failed" | "response.cancelled", _) => {
                return match &event.response {
                    Some(response) => self.finished(name.trim_start_matches("response."), response, out),
                    None => failure_of(name, data),
                };
            }
            // An error, or an event that is of no interest.
            _ => return failure_of(name, data),
        }
        Ok(())
    }

    /// A call that is whole, once: the last event repeats it.
    fn call(&mut self, item: &Item<'_>, out: &mut Vec<ModelEvent>) {
        self.calls_tools = true;
        let id = Text::name(item.call_id.as_ref());
        if self.called.contains(&id) {
            return;
        }
        self.called.push(id.clone());
        let arguments = Text::name(item.arguments.as_ref().or(item.input.as_ref()));
        self.answer.call(ToolCall { id, name: Text::name(item.name.as_ref()), arguments }, out);
    }

    fn reasoning(&mut self, text: &Text<'_>, out: &mut Vec<ModelEvent>) {
        if std::mem::take(&mut self.after_part) {
            self.answer.reasoning(&Text::from("\n\n"), out);
        }
        self.has_reasoning |= !text.is_empty();
        self.answer.reasoning(text, out);
    }

    /// The response as it ended; so, where it doesn't say itself how.
    fn finished(
        &mut self,
        ended: &str,
        response: &Response<'_>,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Failure> {
        if let Some(error) = response.error.as_ref().filter(|error| failure::is_something(error)) {
            return Err(failure::in_stream(&json!({ "error": error })).unwrap_or_else(unnamed_error));
        }
        self.output(response.output.as_deref().unwrap_or_default(), out);
        if let Some(usage) = &response.usage {
            self.answer.usage(usage_of(usage), out);
        }
        let reason = match response.status.as_ref().map_or(ended, Text::as_str) {
            "completed" if self.calls_tools => StopReason::ToolCalls,
            "completed" => StopReason::End,
            "incomplete" => incomplete(response.incomplete_details.as_ref()),
            "failed" => return Err(unnamed_error()),
            other => StopReason::Other(other.to_owned()),
        };
        self.answer.stop(reason, out);
        self.done = true;
        Ok(())
    }

    /// What the response holds, as far as it did not come in pieces.
    fn output(&mut self, items: &[Item<'_>], out: &mut Vec<ModelEvent>) {
        let (had_text, had_reasoning) = (self.answer.has_text(), self.has_reasoning);
        for item in items {
            match item.r#type.as_ref().map(Text::as_str) {
                Some("message") if !had_text => {
                    item.content.iter().for_each(|content| self.answer.content(content, out));
                }
                Some("reasoning") if !had_reasoning => {
                    let thought = item.summary.as_ref().filter(|summary| !summary.is_empty());
                    let thought = thought.or(item.content.as_ref());
                    thought.into_iter().for_each(|thought| self.answer.thought(thought, out));
                }
                Some(kind) if is_tool_call(kind) => self.call(item, out),
                Some(_) | None => {}
            }
        }
    }
}

/// A call that waits for us; the provider runs its own tools (web search and such) itself.
fn is_tool_call(kind: &str) -> bool {
    matches!(kind, "function_call" | "custom_tool_call")
}

fn unnamed_error() -> Failure {
    Failure::provider("the answer ended with an error")
}

/// What an event that is no piece of an answer means: an error, nothing, or a broken stream.
fn failure_of(name: &str, data: &str) -> Result<(), Failure> {
    let Ok(value) = serde_json::from_str::<Value>(data) else {
        return Err(failure::not_json(name, data));
    };
    let kind = value.get("type").and_then(Value::as_str).unwrap_or(name);
    let error = value.get("error").is_some_and(failure::is_something);
    match failure::in_stream(&value) {
        Some(failure) if error || kind == "error" || kind.is_empty() => Err(failure),
        _ if kind == "error" => Err(failure::not_json("error", data)),
        // A piece of the answer in a shape that can't be read must not be left out without a word.
        _ if is_piece(kind) => Err(Failure::unreadable("a piece of the answer has an unknown shape")),
        _ => Ok(()),
    }
}

fn is_piece(kind: &str) -> bool {
    matches!(
        kind,
        "response.output_text.delta"
            | "response.refusal.delta"
            | "response.completed"
            | "response.incomplete"
            | "response.failed"
            | "response.cancelled"
    )
}

fn incomplete(details: Option<&Value>) -> StopReason {
    match details.and_then(|details| details.get("reason")).and_then(Value::as_str) {
        None | Some("max_output_tokens") => StopReason::Length,
        Some("content_filter") => StopReason::Refused,
        Some(other) => StopReason::Other(other.to_owned()),
    }
}

fn usage_of(usage: &Value) -> Usage {
    let count = |path: &str| usage.pointer(path).and_then(Value::as_u64).unwrap_or_default();
    Usage {
        input: count("/input_tokens"),
        output: count("/output_tokens"),
        cached: count("/input_tokens_details/cached_tokens"),
        written: 0,
        reasoning: count("/output_tokens_details/reasoning_tokens"),
    }
}

#[cfg(test)]
mod tests;
