//! Google's generateContent, at the Gemini API and at Vertex AI.
//!
//! Reference: <https://ai.google.dev/api/generate-content>. The base URL of Vertex AI ends with a project's place,
//! such as `https://europe-west1-aiplatform.googleapis.com/v1/projects/acme/locations/europe-west1`.

use super::answer::Answer;
use super::failure::{self, Failure};
use super::text::Text;
use super::{
    Auth, Effort, Format, HttpRequest, Image, ModelEvent, ModelRequest, Role, StopReason, ToolCall, Turn,
    Usage, field, segment,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who serves the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// With an API key.
    Gemini,
    /// With an access token of Google Cloud's.
    Vertex,
}

pub(super) fn request(request: &ModelRequest, service: Service) -> HttpRequest {
    let turns = super::turns(&request.messages);
    let contents: Vec<Sent<'_>> = turns
        .iter()
        .map(|turn| match turn.role {
            Role::User => Sent { role: Some("user"), parts: parts(turn) },
            Role::Assistant => Sent { role: Some("model"), parts: parts(turn) },
        })
        .collect();
    let mut fields = Vec::new();
    if !request.system.trim().is_empty() {
        let parts = vec![SentPart::Text(&request.system)];
        fields.push(field("systemInstruction", &Sent { role: None, parts }));
    }
    fields.push(field("contents", &contents));
    let generation = Generation {
        max_output_tokens: request.max_output_tokens,
        temperature: request.temperature,
        thinking_config: request.effort.map(|effort| thinking(&request.model, effort)),
    };
    if generation != Generation::default() {
        fields.push(field("generationConfig", &generation));
    }
    HttpRequest {
        path: format!("{}:streamGenerateContent?alt=sse", path(&request.model, service)),
        headers: super::stream_headers(),
        body: super::body(&fields, &request.extra_body),
        auth: match service {
            Service::Gemini => Auth::Header("x-goog-api-key"),
            Service::Vertex => Auth::Bearer,
        },
    }
}

/// A tuned model's name has its own collection in front.
fn path(model: &str, service: Service) -> String {
    let known = |collection: &str| collection.bytes().all(|byte| byte.is_ascii_alphabetic());
    let (collection, name) =
        model.split_once('/').filter(|(collection, _)| known(collection)).unwrap_or(("models", model));
    let (collection, name) = (segment(collection), segment(name));
    match service {
        Service::Gemini => format!("/{collection}/{name}"),
        Service::Vertex if collection.clone().eq(["models"]) => format!("/publishers/google/models/{name}"),
        Service::Vertex => format!("/{collection}/{name}"),
    }
}

#[derive(Serialize)]
struct Sent<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    parts: Vec<SentPart<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum SentPart<'r> {
    InlineData(InlineData<'r>),
    Text(&'r str),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InlineData<'r> {
    mime_type: &'r str,
    data: &'r str,
}

fn parts<'r>(turn: &'r Turn<'_>) -> Vec<SentPart<'r>> {
    let data = |image: &&'r Image| InlineData { mime_type: &image.media_type, data: &image.data };
    let text = turn.has_text().then_some(SentPart::Text(&turn.text));
    turn.images.iter().map(|image| SentPart::InlineData(data(image))).chain(text).collect()
}

#[derive(Serialize, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Generation {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<Thinking>,
}

#[derive(Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Thinking {
    include_thoughts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<&'static str>,
}

/// Up to version 2.5 the models take a number of tokens, later ones a word.
fn thinking(model: &str, effort: Effort) -> Thinking {
    let by_number = ["gemini-1", "gemini-2"].iter().any(|name| model.contains(name));
    Thinking {
        include_thoughts: true,
        thinking_budget: by_number.then(|| effort.budget()),
        thinking_level: (!by_number).then(|| effort.word()),
    }
}

/// One event of a stream, or a whole answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk<'a> {
    #[serde(borrow)]
    candidates: Option<Vec<Candidate<'a>>>,
    prompt_feedback: Option<Value>,
    usage_metadata: Option<Value>,
    error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    index: Option<Value>,
    #[serde(borrow)]
    content: Option<Parts<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(borrow)]
    parts: Option<Vec<Part<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    thought: Option<Value>,
    #[serde(borrow)]
    function_call: Option<Call<'a>>,
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    args: Option<Value>,
}

impl Call<'_> {
    fn whole(&self) -> ToolCall {
        let arguments = self.args.as_ref().map_or("{}".to_owned(), Value::to_string);
        ToolCall { id: Text::name(self.id.as_ref()), name: Text::name(self.name.as_ref()), arguments }
    }
}

/// Decodes the events of one answer.
///
/// The stream has no terminal event, and older models name a reason in every event: the last one counts, at the
/// stream's end.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    answer: Answer,
    reason: Option<StopReason>,
    calls_tools: bool,
    done: bool,
}

impl Format for Decoder {
    fn event(&mut self, name: &str, data: &str, out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
        // Gateways add OpenAI's terminal event.
        if data.trim_ascii() == "[DONE]" {
            self.done = self.end(out);
        }
        if self.done {
            return Ok(());
        }
        match serde_json::from_str(data) {
            Ok(chunk) => self.chunk(chunk, name, data, out),
            Err(_) => failure_of(name, data),
        }
    }

    /// Without `alt=sse` the service answers with a list of what would be events.
    fn whole(&mut self, body: &str, out: &mut Vec<ModelEvent>) -> Result<(), Failure> {
        match serde_json::from_str::<Vec<Chunk<'_>>>(body) {
            Ok(chunks) => chunks.into_iter().try_for_each(|chunk| self.chunk(chunk, "", body, out))?,
            Err(_) => self.event("", body, out)?,
        }
        self.done = self.end(out);
        if self.done { Ok(()) } else { Err(Failure::unreadable("a JSON body that holds no answer")) }
    }

    fn end(&mut self, out: &mut Vec<ModelEvent>) -> bool {
        match self.reason.take() {
            Some(StopReason::End) if self.calls_tools => self.answer.stop(StopReason::ToolCalls, out),
            Some(reason) => self.answer.stop(reason, out),
            None => self.answer.flush(out),
        }
        self.answer.is_stopped()
    }

    fn is_done(&self) -> bool {
        self.done
    }
}

impl Decoder {
    fn chunk(
        &mut self,
        chunk: Chunk<'_>,
        name: &str,
        data: &str,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Failure> {
        let Chunk { candidates, prompt_feedback, usage_metadata, error } = chunk;
        let is_piece = candidates.is_some() || prompt_feedback.is_some() || usage_metadata.is_some();
        if name == "error" || error.as_ref().is_some_and(failure::is_something) || !is_piece {
            return failure_of(name, data);
        }
        let first = |candidate: &Candidate<'_>| {
            candidate.index.as_ref().and_then(Value::as_u64).is_none_or(|index| index == 0)
        };
        for candidate in candidates.iter().flatten().filter(|candidate| first(candidate)) {
            self.candidate(candidate, out);
        }
        // A prompt that was refused has no candidates.
        if prompt_feedback.is_some_and(|feedback| feedback.get("blockReason").is_some()) {
            self.reason = Some(StopReason::Refused);
        }
        if let Some(usage) = usage_metadata {
            self.answer.usage(usage_of(&usage), out);
        }
        Ok(())
    }

    fn candidate(&mut self, candidate: &Candidate<'_>, out: &mut Vec<ModelEvent>) {
        let parts = candidate.content.as_ref().and_then(|content| content.parts.as_ref());
        for part in parts.into_iter().flatten() {
            if let Some(call) = &part.function_call {
                self.calls_tools = true;
                self.answer.call(call.whole(), out);
            }
            match (&part.text, &part.thought) {
                (Some(text), Some(Value::Bool(true))) => self.answer.reasoning(text, out),
                (Some(text), _) => self.answer.text(text, out),
                (None, _) => {}
            }
        }
        if let Some(reason) = candidate.finish_reason.as_ref().map(Text::as_str)
            && !matches!(reason, "" | "FINISH_REASON_UNSPECIFIED")
        {
            self.reason = Some(stop_reason(reason));
        }
    }
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
        None if value.get("candidates").is_some_and(|candidates| !candidates.is_null()) => {
            Err(Failure::unreadable("a piece of the answer has an unknown shape"))
        }
        None => Ok(()),
    }
}

fn stop_reason(reason: &str) -> StopReason {
    match reason {
        "STOP" => StopReason::End,
        "MAX_TOKENS" => StopReason::Length,
        "FUNCTION_CALL" | "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" => StopReason::ToolCalls,
        "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" => {
            StopReason::Refused
        }
        other => StopReason::Other(other.to_lowercase()),
    }
}

/// The service counts thoughts beside the answer.
fn usage_of(usage: &Value) -> Usage {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or_default();
    let reasoning = count("thoughtsTokenCount");
    Usage {
        input: count("promptTokenCount"),
        output: count("candidatesTokenCount") + reasoning,
        cached: count("cachedContentTokenCount"),
        written: 0,
        reasoning,
    }
}

#[cfg(test)]
mod tests;
