//! The custom messages: their names, their types and what each field means.
//!
//! `PROTOCOL.md` is generated from this file. No message holds a key. Every message that touches text names the
//! document, its version and a range. The client names its chats, turns and proposals, so that no event can come
//! before its name is known.

mod preview;

pub use preview::{Header, Preview, PreviewResult};

use aside_core::position::Range;
use aside_core::problem::Problem;
use aside_core::provider::Usage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod chat;
mod here;
mod kept;
mod models;
mod telemetry;
mod warm;

pub use chat::{ChatEvent, ChatSend, ContextItem, OtherModel, TurnEvent};
pub use here::{About, ProposalNear, ProposalSpot, Said, Step};
pub use kept::{
    ChatFork, ChatMarkdown, ChatMessage, ChatName, ChatRename, ChatSearch, ChatSummary, ChatTranscript,
};
pub use models::{ModelName, ModelsParams, ModelsResult};
pub use telemetry::{TelemetryExport, TelemetryLevel};
pub use warm::{Warm, WarmFeature};

/// Method names, as they stand on the wire.
pub mod method {
    pub const CHAT_SEND: &str = "aside/chat/send";
    pub const CHAT_EVENT: &str = "aside/chat/event";
    pub const CHAT_LIST: &str = "aside/chat/list";
    pub const CHAT_OPEN: &str = "aside/chat/open";
    pub const CHAT_RENAME: &str = "aside/chat/rename";
    pub const CHAT_DELETE: &str = "aside/chat/delete";
    pub const CHAT_SEARCH: &str = "aside/chat/search";
    pub const CHAT_EXPORT: &str = "aside/chat/export";
    pub const CHAT_FORK: &str = "aside/chat/fork";
    pub const INLINE_START: &str = "aside/inline/start";
    pub const PROPOSAL_EVENT: &str = "aside/proposal/event";
    pub const PROPOSAL_ACCEPT: &str = "aside/proposal/accept";
    pub const PROPOSAL_REJECT: &str = "aside/proposal/reject";
    pub const PROPOSAL_RETRY: &str = "aside/proposal/retry";
    pub const PROPOSAL_NEAR: &str = "aside/proposal/near";
    pub const CANCEL: &str = "aside/cancel";
    pub const WARM: &str = "aside/warm";
    pub const TELEMETRY_LEVEL: &str = "aside/telemetry/level";
    pub const STATUS: &str = "aside/status";
    pub const MODELS: &str = "aside/models";
    pub const PREVIEW: &str = "aside/preview";
}

/// What an extension says of itself in `initializationOptions.aside`: which events it draws.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientFeatures {
    /// It draws `aside/proposal/event`, and applies the edit that `aside/proposal/accept` answers.
    pub proposals: bool,
    /// It shows `aside/chat/event`.
    pub chat: bool,
    /// It shows `aside/status`.
    pub status: bool,
    /// It shows a turn by the words in [`ChatEvent::said`], and takes no other meaning from the events.
    pub words: bool,
}

/// What a turn or an instruction is about, beside its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Mention {
    /// A range of an open document.
    Selection { uri: String, version: i32, range: Range },
    /// A whole open document.
    File { uri: String },
    /// Every open document, as far as the token budget goes.
    OpenFiles,
    /// Diagnostics of any server, as the editor shows them.
    Problems { uri: String, items: Vec<Diagnostic> },
}

/// A diagnostic as the editor shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    pub range: Range,
    /// 1 error, 2 warning, 3 information, 4 hint (LSP `DiagnosticSeverity`).
    #[serde(default)]
    pub severity: Option<u8>,
    #[serde(default)]
    pub source: Option<String>,
    pub message: String,
}

/// `aside/inline/start`: carry out an instruction on a range. Acknowledged at once with `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InlineStart {
    /// The proposal, named by the client.
    pub proposal: String,
    pub uri: String,
    /// The document's version that `range` is about; another is refused as stale.
    pub version: i32,
    pub range: Range,
    pub instruction: String,
    #[serde(default)]
    pub mentions: Vec<Mention>,
    /// `provider/model` for this instruction; the setting otherwise.
    #[serde(default)]
    pub model: Option<String>,
    /// Uris of files that a rule keeps back and that may go along this once. Without it a selection in one is refused
    /// with a problem of the kind `blocked`.
    #[serde(default)]
    pub allow: Vec<String>,
}

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ProposalState {
    /// The model is writing; hunks settle top down.
    Working,
    /// Every hunk is known and can be accepted.
    Ready,
    /// An accepted edit is on its way to the document.
    Applying,
    /// Everything was accepted and seen in the document. Final until an undo opens it again.
    Accepted,
    /// The user rejected it. Final.
    Rejected,
    /// The user's typing and the model's text can't both stand; nothing was written.
    Conflict,
    /// It ended with a problem. Final but for a retry.
    Failed,
    /// The user stopped it. Final but for a retry.
    Cancelled,
}

/// `aside/proposal/event`: a proposal as it now stands. It replaces what was said before, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposalEvent {
    pub proposal: String,
    /// Counts from 0 without a gap.
    pub seq: u64,
    pub uri: String,
    /// The document's version that every range here is about.
    pub version: i32,
    pub state: ProposalState,
    pub instruction: String,
    /// How far it is, in a few words: `writing…`, `2 changes`.
    pub title: String,
    /// What was asked and of whom, what went along, in a line of words.
    pub about: String,
    /// `provider/model` that works on it; another one after a fallback.
    pub model: String,
    /// Where the question went, e.g. `https://api.openai.com`.
    pub origin: String,
    /// The user's other models that are asked, in this order, if this one gives no answer for a reason that the user
    /// named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<OtherModel>,
    /// Which models gave no answer, and which were asked in their place, in words; `about` says it too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instead: Vec<String>,
    /// What went along with it.
    pub items: Vec<ContextItem>,
    /// How many secrets were replaced by placeholders.
    pub masked: usize,
    /// The lines that the proposal is about.
    pub range: Range,
    pub hunks: Vec<ProposalHunk>,
    /// What the user should know before accepting (e.g. that most of the selection goes).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// Its place in the line before the provider, whose limits hold it up; the first is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// What the tokens cost by the user's own prices, for a person to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
}

/// One change of a proposal: whole lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposalHunk {
    /// Stable while the proposal lives.
    pub id: u32,
    /// The lines it replaces, from the start of a line to the start of a line (or the document's end).
    pub range: Range,
    /// The text that stands there now.
    pub removed: String,
    /// The text that would stand there.
    pub added: String,
    /// The user's typing and the model's text can't both stand here.
    pub conflict: bool,
}

/// `aside/proposal/accept`: take all open hunks, or the ones named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposalAccept {
    pub proposal: String,
    #[serde(default)]
    pub hunks: Option<Vec<u32>>,
    /// For a hunk in conflict: which side to take. Without it a conflict is refused.
    #[serde(default)]
    pub take: Option<Side>,
}

/// A side of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// Keep what stands in the document.
    Mine,
    /// Take the model's text.
    Model,
}

/// The answer to `aside/proposal/accept`: either an edit for the named version, or the problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposalEdit {
    /// A versioned LSP `WorkspaceEdit` for one document. The client applies it at once if the document's version is
    /// still the one named, and asks again otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// `aside/proposal/reject`: drop it (or stop it, if the model is still writing).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposalReject {
    pub proposal: String,
    /// Only these hunks; all of it otherwise.
    #[serde(default)]
    pub hunks: Option<Vec<u32>>,
}

/// `aside/proposal/retry`: ask again, on the text as it now stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposalRetry {
    pub proposal: String,
    /// A further word, added to the instruction.
    #[serde(default)]
    pub instruction: Option<String>,
}

/// `aside/cancel`: stop a turn or a proposal. Once it is acknowledged not one byte is read from the provider and no
/// further text comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Cancel {
    Turn {
        chat: String,
        turn: String,
    },
    Proposal {
        proposal: String,
    },
    /// Everything under way.
    All,
    /// The answer that is written into a page.
    Page {
        uri: String,
    },
}

/// `aside/status`: what a status item shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// `provider/model` for chats.
    pub chat: String,
    /// `provider/model` for instructions.
    pub inline: String,
    /// `provider/model` for code actions.
    pub actions: String,
    /// Where the chat provider's key comes from; never the key. `None` until the first use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_source: Option<String>,
    /// Model calls under way.
    pub busy: usize,
    /// The last problem, until the next success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// Commands of `workspace/executeCommand`, which every LSP client can run. Each takes one object as its argument.
pub mod command {
    /// [`super::RunAction`]: carry out a code action.
    pub const RUN: &str = "aside.run";
    /// [`super::ProposalAccept`].
    pub const ACCEPT: &str = "aside.accept";
    /// [`super::ProposalReject`].
    pub const REJECT: &str = "aside.reject";
    /// [`super::ProposalRetry`].
    pub const RETRY: &str = "aside.retry";
    /// [`super::ProposalName`]: opens the proposal as a unified diff.
    pub const SHOW: &str = "aside.show";
    /// [`super::Cancel`].
    pub const CANCEL: &str = "aside.cancel";
    /// [`super::PageSend`]: answers a question of a page.
    pub const SEND: &str = "aside.send";
    /// No argument: opens a new page to chat in.
    pub const NEW_CHAT: &str = "aside.newChat";
    /// No argument: opens what is set up and where each key comes from. Nothing is connected to.
    pub const DOCTOR: &str = "aside.doctor";
    /// No argument: opens what left this machine as a document.
    pub const LEDGER: &str = "aside.ledger";
    /// No argument: opens a list of everything that is kept on this machine.
    pub const DATA: &str = "aside.data";
    /// No argument: opens `PRIVACY.md`.
    pub const PRIVACY: &str = "aside.privacy";
    /// No argument: opens what telemetry holds, and whether it is on.
    pub const TELEMETRY: &str = "aside.telemetry";
    /// [`super::TelemetryExport`], or no argument: what telemetry holds, as it would be told.
    pub const TELEMETRY_EXPORT: &str = "aside.telemetryExport";
    /// No argument: deletes what telemetry holds.
    pub const TELEMETRY_DELETE: &str = "aside.telemetryDelete";
    /// [`super::Preview`]: opens what would be sent as a document. Nothing is sent.
    pub const PREVIEW: &str = "aside.preview";
    /// All of them, as the server announces them.
    pub const ALL: &[&str] = &[
        RUN,
        ACCEPT,
        REJECT,
        RETRY,
        SHOW,
        CANCEL,
        SEND,
        NEW_CHAT,
        DOCTOR,
        LEDGER,
        DATA,
        PRIVACY,
        TELEMETRY,
        TELEMETRY_EXPORT,
        TELEMETRY_DELETE,
        PREVIEW,
    ];
}

/// `aside.run`: the code action to carry out, where it was offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunAction {
    /// The action's id: `explain`, `fix`, `improve`, `document`, `test`, `explain-file`, `review-file`, or `user:N`.
    pub action: String,
    pub uri: String,
    pub version: i32,
    pub range: Range,
    #[serde(default)]
    pub diagnostics: Vec<Diagnostic>,
    /// The server's name for where it offered the action: the place is found again after the user typed above it.
    #[serde(default)]
    pub offer: Option<u64>,
    /// The file may be sent this once, though a rule keeps it back.
    #[serde(default)]
    pub allow: bool,
}

/// `aside.send`: the question of a page (`*.aside.md`) to be answered there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PageSend {
    pub uri: String,
    /// The server's name for where it offered to send; without it the page's last question is meant.
    #[serde(default)]
    pub offer: Option<u64>,
    /// Uris of files that a rule keeps back and that may go along this once.
    #[serde(default)]
    pub allow: Vec<String>,
}

/// `aside.show`: names a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposalName {
    pub proposal: String,
}
