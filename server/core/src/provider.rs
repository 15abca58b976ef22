//! Model providers as data: what a request holds, what an answer's stream yields.
//!
//! A wire format is one file below with `request()` and an incremental `Decoder` from bytes to the same
//! [`ModelEvent`]s. Nothing here opens a connection or knows a key.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a provider is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WireFormat {
    /// OpenAI chat completions, which Ollama, llama.cpp, LM Studio, vLLM, OpenRouter and most vendors speak.
    OpenaiChat,
    /// Anthropic messages.
    AnthropicMessages,
    /// The built-in offline provider.
    Demo,
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
    /// Extra body fields out of the user's settings; they win over ours.
    pub extra_body: serde_json::Map<String, serde_json::Value>,
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
    /// Tokens of reasoning, where the provider tells them apart.
    pub reasoning: u64,
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
    /// Tokens so far; a later one replaces an earlier one.
    Usage(Usage),
    /// The answer's end. At most one, and nothing but usage after it.
    Stop(StopReason),
}
