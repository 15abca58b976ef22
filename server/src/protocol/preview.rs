//! What would be sent, before it is.

use super::{ChatSend, ContextItem, InlineStart, OtherModel, RunAction};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `aside/preview`: what a turn, an instruction or a code action would send. Nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Preview {
    Turn(ChatSend),
    Inline(InlineStart),
    Action(RunAction),
}

/// The answer to `aside/preview`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewResult {
    /// `provider/model` that it would go to.
    pub model: String,
    /// Where it would go, e.g. `https://api.openai.com`.
    pub origin: String,
    /// The request's path, from the origin on.
    pub path: String,
    /// The headers.
    pub headers: Vec<Header>,
    /// The body, byte for byte.
    pub body: String,
    pub items: Vec<ContextItem>,
    /// Estimated tokens of all that is said to the model, your words included.
    pub tokens: u64,
    /// How many secrets the body holds placeholders for.
    pub masked: usize,
    /// The user's other models that are asked, in this order, if this one gives no answer for a reason that the user
    /// named; each time it is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<OtherModel>,
    /// What goes along and to whom, and what is left out, as lines of words.
    pub along: Vec<String>,
}

/// A header of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// In lower case.
    pub name: String,
    /// `None` where it is secret: your key, or a header out of your settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where its value comes from, where that isn't Aside itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}
