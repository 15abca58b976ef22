//! Kept chats: listed, opened, renamed, forked, exported, deleted.

use aside_core::provider::Role;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Said, TurnEvent};

/// One chat in `aside/chat/list` and `aside/chat/search`, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatSummary {
    pub chat: String,
    pub title: String,
    pub turns: usize,
    /// Seconds since 1970, UTC, of the last turn.
    pub updated: u64,
}

/// `aside/chat/open`, `delete`, `export`: names a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatName {
    pub chat: String,
}

/// `aside/chat/rename`: gives a chat a title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatRename {
    pub chat: String,
    pub title: String,
}

/// `aside/chat/search`: chats whose title or messages hold the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatSearch {
    pub text: String,
}

/// `aside/chat/fork`: a new chat that holds the turns up to and with `turn` (all without it).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatFork {
    pub chat: String,
    /// The new chat's name, given by the client.
    pub fork: String,
    #[serde(default)]
    pub turn: Option<String>,
}

/// A chat's transcript, the answer to `aside/chat/open`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatTranscript {
    pub chat: String,
    pub title: String,
    pub messages: Vec<ChatMessage>,
    /// The turn under way, if there is one; its further events follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<String>,
}

/// One message of a transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessage {
    pub turn: String,
    pub role: Role,
    pub text: String,
    /// Of an answer: what else happened in its turn, to be taken as those of `aside/chat/event` are. Its text is not
    /// among them; its end is, unless it is running. A chat of an earlier version has the end alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<TurnEvent>,
    /// Of an answer: what is to be said about its turn, for a client that asked for `words`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
}

/// The answer to `aside/chat/export`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatMarkdown {
    pub markdown: String,
}
