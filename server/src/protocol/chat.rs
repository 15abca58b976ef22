//! A turn of a chat: how it is asked, and what happens in it.

use aside_core::conversation::Skipped;
use aside_core::position::Range;
use aside_core::problem::Problem;
use aside_core::provider::Usage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Mention, Said};

/// `aside/chat/send`: start a turn. Acknowledged at once with `null`; the answer comes as events.
/// One turn at a time in a chat; a second is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatSend {
    /// The chat, named by the client; a new name starts a chat.
    pub chat: String,
    /// The turn, named by the client, unique in the chat. Sending an earlier turn's name again replaces that turn
    /// and drops what came after it (an edited question, or a retry).
    pub turn: String,
    /// The user's words.
    pub text: String,
    #[serde(default)]
    pub mentions: Vec<Mention>,
    /// Given, the words `#selection`, `#file`, `#open` and `#problems` in the text are mentions as well.
    #[serde(default)]
    pub about: Option<About>,
    /// Words that stand for nothing here, and why.
    #[serde(skip)]
    pub missing: Vec<ContextItem>,
    /// `provider/model` for this turn; the setting otherwise.
    #[serde(default)]
    pub model: Option<String>,
    /// Asks an earlier turn's question again with what went along then, as it was, besides `mentions`: for a turn out
    /// of a transcript, whose mentions the client doesn't know.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// Uris of files that a rule keeps back and that may go along this once. Without it a selection in one is refused
    /// with a problem of the kind `blocked`.
    #[serde(default)]
    pub allow: Vec<String>,
}

/// `aside/chat/event`: one event of a turn. `seq` counts from 0 without a gap; `done` and `failed` are final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatEvent {
    pub chat: String,
    pub turn: String,
    pub seq: u64,
    pub event: TurnEvent,
    /// What is to be said about the turn, for a client that asked for `words`; left out while nothing new is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
}

/// What happens in a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum TurnEvent {
    /// What goes along with the question, to whom. The first event of every turn.
    Context {
        model: String,
        origin: String,
        items: Vec<ContextItem>,
        tokens: u64,
        budget: u64,
        /// How many secrets are replaced by placeholders.
        masked: usize,
        /// The user's other models that are asked, in this order, if this one gives no answer for a reason that the
        /// user named; each time it is said.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fallbacks: Vec<OtherModel>,
    },
    /// The next piece of the answer.
    Text { text: String },
    /// The next piece of the model's reasoning.
    Reasoning { text: String },
    /// The provider's limits hold the question up: it waits in this place of the line, the first is 1. At 0 it is asked.
    Queued { place: u32 },
    /// Nothing came yet, and the request is tried again in `seconds`, for the reason given.
    Waiting { seconds: u64, problem: Problem },
    /// The model gave no answer for the reason given, and another that the user named for that is asked instead: the
    /// question, with what goes along, is sent to `origin` next. `skipped` came before it and can't be asked. Shown in any
    /// case, a message says it as well.
    Fallback {
        from: String,
        to: String,
        origin: String,
        problem: Problem,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        skipped: Vec<Skipped>,
    },
    /// Tokens as the provider counted them; a later one replaces an earlier one. `cost` is what the user's own prices
    /// make of them, for a person to read.
    Usage {
        usage: Usage,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<String>,
    },
    /// The answer is complete. `cut` tells that it ended at the output limit.
    Done { cut: bool },
    /// The turn ended without its answer's end; what came so far is kept.
    Failed { problem: Problem },
    /// The user stopped it; what came so far is kept.
    Cancelled,
}

/// A model that may be asked next, and where the question would go then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OtherModel {
    pub model: String,
    pub origin: String,
    /// For which problems of the model before it, for a person: `it is overloaded`.
    #[serde(default)]
    pub on: Vec<String>,
}

/// One thing that goes along with a turn or an instruction, or that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContextItem {
    /// What it is, for a person: `selection main.rs:3-9`, `main.rs`, `2 problems`.
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// Estimated tokens it takes, or would have taken.
    pub tokens: u64,
    /// Why it was left out or cut, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    /// The rule that keeps the file back, if one does. Sent again with its uri in `allow`, it goes along once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
}
