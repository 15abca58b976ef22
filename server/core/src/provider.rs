//! Model providers as data: what a request holds, what an answer's stream yields.
//!
//! A wire format is one file below with `request()` and an incremental `Decoder` from bytes to the same
//! [`ModelEvent`]s. Nothing here opens a connection or knows a key.

mod answer;
mod anthropic;
pub mod aws;
mod azure;
mod bedrock;
mod body;
mod calls;
#[cfg(test)]
mod cassette;
mod decoder;
pub mod demo;
pub mod failure;
mod frames;
mod gemini;
pub mod models;
mod ollama;
mod openai;
mod responses;
mod sent;
mod text;
mod think;

pub use decoder::Decoder;
pub use failure::{Cause, Failure};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How a provider is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WireFormat {
    /// OpenAI chat completions, which llama.cpp, LM Studio, vLLM, OpenRouter and most vendors speak.
    OpenaiChat,
    /// OpenAI responses. The provider is told not to keep them.
    OpenaiResponses,
    /// Anthropic messages.
    AnthropicMessages,
    /// Google Gemini, with an API key.
    Gemini,
    /// Gemini on Google Cloud's Vertex AI, with an access token.
    Vertex,
    /// Ollama's own.
    OllamaChat,
    /// OpenAI chat completions at an Azure resource.
    AzureOpenai,
    /// Amazon Bedrock's converse stream, with a Bedrock API key or an access key.
    BedrockConverse,
    /// The built-in offline provider.
    Demo,
}

impl WireFormat {
    /// How the format is spoken over HTTP; `None` for the built-in provider, which opens no connection.
    pub fn http(self) -> Option<HttpFormat> {
        match self {
            WireFormat::OpenaiChat => Some(HttpFormat::OpenaiChat),
            WireFormat::OpenaiResponses => Some(HttpFormat::OpenaiResponses),
            WireFormat::AnthropicMessages => Some(HttpFormat::AnthropicMessages),
            WireFormat::Gemini => Some(HttpFormat::Gemini),
            WireFormat::Vertex => Some(HttpFormat::Vertex),
            WireFormat::OllamaChat => Some(HttpFormat::OllamaChat),
            WireFormat::AzureOpenai => Some(HttpFormat::AzureOpenai),
            WireFormat::BedrockConverse => Some(HttpFormat::BedrockConverse),
            WireFormat::Demo => None,
        }
    }
}

/// The wire formats that have a request and a stream to decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HttpFormat {
    OpenaiChat,
    OpenaiResponses,
    AnthropicMessages,
    Gemini,
    Vertex,
    OllamaChat,
    AzureOpenai,
    BedrockConverse,
}

/// How much a model reasons before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Effort {
    /// As little as the model can.
    Minimal,
    /// A little.
    Low,
    /// As most models do by themselves.
    Medium,
    /// As long as it takes.
    High,
}

impl Effort {
    /// As the formats that take a word spell it.
    fn word(self) -> &'static str {
        match self {
            Effort::Minimal => "minimal",
            Effort::Low => "low",
            Effort::Medium => "medium",
            Effort::High => "high",
        }
    }

    /// Tokens of reasoning, for the formats that take a number.
    fn budget(self) -> u32 {
        match self {
            Effort::Minimal => 1024,
            Effort::Low => 2048,
            Effort::Medium => 8192,
            Effort::High => 24_576,
        }
    }
}

/// Who said a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    User,
    Assistant,
}

/// One message of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub text: String,
    /// Pictures that go along with a user's message.
    pub images: Vec<Image>,
}

impl Message {
    /// The user's words.
    pub fn user(text: impl Into<String>) -> Self {
        Self { role: Role::User, text: text.into(), images: Vec::new() }
    }

    /// A model's answer.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self { role: Role::Assistant, text: text.into(), images: Vec::new() }
    }
}

/// A picture, as every format takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// `image/png`, `image/jpeg`, `image/gif` or `image/webp`: the kinds that all take.
    pub media_type: String,
    /// The file's bytes in Base64 (RFC 4648, section 4).
    pub data: String,
}

impl Image {
    /// As a URL that holds the picture itself.
    fn url(&self) -> String {
        format!("data:{};base64,{}", self.media_type, self.data)
    }
}

/// A model's wish that a tool be called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolCall {
    /// The provider's name for this call; empty where it gives none.
    pub id: String,
    /// The tool's name. Never empty.
    pub name: String,
    /// JSON, as far as the model kept to it.
    pub arguments: String,
}

/// What is asked of a model, in no wire format yet.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelRequest {
    /// The model's name as the provider knows it (without the provider's id).
    pub model: String,
    /// The system prompt; may be empty.
    pub system: String,
    /// The conversation, oldest first; the last message is the user's.
    pub messages: Vec<Message>,
    /// At most so many tokens of answer.
    pub max_output_tokens: Option<u32>,
    /// Sampling temperature; `None` leaves it to the provider.
    pub temperature: Option<f64>,
    /// How much to reason; `None` leaves it to the provider.
    pub effort: Option<Effort>,
    /// The dated version of Azure's API; `None` for its current one.
    pub api_version: Option<String>,
    /// Extra body fields out of the user's settings; they win over ours.
    pub extra_body: serde_json::Map<String, serde_json::Value>,
}

impl ModelRequest {
    /// Estimated tokens of all that is said to the model.
    pub fn tokens(&self) -> u64 {
        let bytes: usize = self.messages.iter().map(|message| message.text.len()).sum();
        crate::context::tokens(self.system.len() + bytes)
    }
}

/// Where the key goes in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// No key is sent.
    None,
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// The named header holds the key as it is.
    Header(&'static str),
    /// `Authorization: Bearer KEY`; an access key of AWS's signs the request instead (see [`aws`]).
    Aws,
}

/// One HTTP POST, complete but for the origin and the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// Appended to the provider's base URL, e.g. `/chat/completions`.
    pub path: String,
    /// Headers beside `content-type: application/json`, without the key.
    pub headers: Vec<(String, String)>,
    /// The JSON body, byte for byte as it is sent.
    pub body: Vec<u8>,
    /// Where the key goes.
    pub auth: Auth,
}

impl HttpRequest {
    /// The path on the wire, for a provider at this base URL.
    pub fn path_at(&self, base_url: &str) -> String {
        let url = format!("{base_url}{}", self.path);
        let (_, after_scheme) = url.split_once("://").unwrap_or_default();
        after_scheme.split_once('/').map_or("/".to_owned(), |(_, path)| format!("/{path}"))
    }
}

/// Tokens as the provider counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Tokens of the prompt, cached ones included.
    pub input: u64,
    /// Tokens of the answer, reasoning included.
    pub output: u64,
    /// Tokens of the prompt that came out of the provider's cache.
    pub cached: u64,
    /// Tokens of the prompt that the provider put into its cache, where it tells them apart.
    #[serde(default)]
    pub written: u64,
    /// Tokens of reasoning, where the provider tells them apart.
    pub reasoning: u64,
}

impl Usage {
    /// For a person, with what it cost where that is known.
    pub fn to_words(&self, cost: Option<&str>) -> String {
        let cached = if self.cached > 0 { format!(" ({} cached)", self.cached) } else { String::new() };
        let cost = cost.map(|cost| format!(", {cost}")).unwrap_or_default();
        format!("{} tokens in{cached}, {} out{cost}", self.input, self.output)
    }
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// The model was done.
    End,
    /// The answer reached the output limit.
    Length,
    /// The provider or the model refused (content filter, `refusal`).
    Refused,
    /// The model wants a tool called.
    ToolCalls,
    /// Another reason, in the provider's words.
    Other(String),
}

/// What a provider's stream means, whatever its wire format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelEvent {
    /// A piece of the answer. Never empty.
    Text(String),
    /// A piece of reasoning, kept apart from the answer. Never empty.
    Reasoning(String),
    /// A tool that the model wants called, whole.
    ToolCall(ToolCall),
    /// Tokens so far; a later one replaces an earlier one.
    Usage(Usage),
    /// The answer's end. At most one, and nothing but usage after it.
    Stop(StopReason),
}

/// The HTTP request that asks `request` in a wire format, with the answer streamed.
///
/// `request.extra_body` replaces our fields by name; a `null` there takes a field away.
pub fn request(format: HttpFormat, request: &ModelRequest) -> HttpRequest {
    match format {
        HttpFormat::OpenaiChat => openai::request(request),
        HttpFormat::OpenaiResponses => responses::request(request),
        HttpFormat::AnthropicMessages => anthropic::request(request),
        HttpFormat::Gemini => gemini::request(request, gemini::Service::Gemini),
        HttpFormat::Vertex => gemini::request(request, gemini::Service::Vertex),
        HttpFormat::OllamaChat => ollama::request(request),
        HttpFormat::AzureOpenai => azure::request(request),
        HttpFormat::BedrockConverse => bedrock::request(request),
    }
}

/// What a wire format makes of the pieces of one answer.
trait Format: std::fmt::Debug + Send {
    /// One event of a stream. The name is empty where it has none.
    fn event(&mut self, name: &str, data: &str, out: &mut Vec<ModelEvent>) -> Result<(), Failure>;

    /// One JSON value that stands in the body without an event around it: a whole answer, or an error.
    fn whole(&mut self, body: &str, out: &mut Vec<ModelEvent>) -> Result<(), Failure>;

    /// Nothing more comes. Hands on what was held back; whether the answer was whole.
    fn end(&mut self, out: &mut Vec<ModelEvent>) -> bool;

    /// Whether what follows is of no interest.
    fn is_done(&self) -> bool;
}

/// What one side says before the other answers.
struct Turn<'r> {
    role: Role,
    text: Cow<'r, str>,
    images: Vec<&'r Image>,
}

impl Turn<'_> {
    /// Whether there is a text to send beside the pictures.
    fn has_text(&self) -> bool {
        !self.text.trim().is_empty()
    }
}

/// The messages as they are sent: providers refuse blank ones, and many chat templates two in a row by one side.
fn turns(messages: &[Message]) -> Vec<Turn<'_>> {
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(messages.len());
    let is_blank = |message: &&Message| message.text.trim().is_empty() && message.images.is_empty();
    for message in messages.iter().filter(|message| !is_blank(message)) {
        match turns.last_mut() {
            Some(turn) if turn.role == message.role => {
                let text = turn.text.to_mut();
                text.push_str("\n\n");
                text.push_str(&message.text);
                turn.images.extend(&message.images);
            }
            _ => turns.push(Turn {
                role: message.role,
                text: Cow::Borrowed(&message.text),
                images: message.images.iter().collect(),
            }),
        }
    }
    turns
}

/// A field of a request body: its name, and its value as JSON.
type Field = (&'static str, String);

fn field(name: &'static str, value: &impl Serialize) -> Field {
    (name, json(value))
}

fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("text, numbers, lists and maps with text keys are always JSON")
}

/// A request body in the order of `fields`, with the user's own after them, which replace ours.
///
/// Written out rather than built as a map, so that the bytes are the same whatever order a map has.
fn body(fields: &[Field], extra: &serde_json::Map<String, serde_json::Value>) -> Vec<u8> {
    let ours = fields.iter().filter(|(name, _)| !extra.contains_key(*name));
    let ours = ours.map(|(name, value)| format!("{}:{value}", json(name)));
    let users = extra.iter().filter(|(_, value)| !value.is_null());
    let users = users.map(|(name, value)| format!("{}:{}", json(name), json(value)));
    let all: Vec<String> = ours.chain(users).collect();
    format!("{{{}}}", all.join(",")).into_bytes()
}

/// A model's name as one segment of a path, RFC 3986 §3.3.
fn segment(name: &str) -> percent_encoding::PercentEncode<'_> {
    const RESERVED: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(name, RESERVED)
}

/// Headers of every streamed request. An intermediary that compresses a stream holds it back.
fn stream_headers() -> Vec<(String, String)> {
    [("accept", "text/event-stream"), ("accept-encoding", "identity")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

/// The limit on one event and on one whole JSON answer, in bytes: far above what providers send.
const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;
