//! Where the user is, as a client tells it, and what it is told to show there: so that no client has to know what
//! words mean, which hunk is nearest, or what an event says.

use aside_core::position::Range;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Diagnostic;

/// What the words for mentions in a question stand for. The server takes the words out of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct About {
    /// The file that the user was last in.
    pub uri: Option<String>,
    /// The file's version that `selection` is about.
    pub version: i32,
    /// What was last selected in it.
    pub selection: Option<Range>,
    /// Its diagnostics, of any server.
    pub problems: Vec<Diagnostic>,
}

/// What is said about a turn, ready to be shown; it replaces what was said before, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Said {
    /// Beside the answer's heading: the model, how far it is, tokens.
    pub beside: String,
    /// Above the answer: what went along and to whom, what was left out, and the reasoning's end while that is all.
    pub above: Vec<String>,
    /// Below it: what went wrong, and the next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub below: Option<String>,
}

/// `aside/proposal/near`: which proposal, and which of its hunks, a key pressed on a line is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposalNear {
    pub uri: String,
    /// The document's version that `line` is about; another is refused as stale.
    pub version: i32,
    pub line: u32,
    /// Not the nearest, but the next one this way, around the document's end.
    #[serde(default)]
    pub step: Option<Step>,
}

/// Which way to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    Next,
    Previous,
}

/// The answer to `aside/proposal/near`: a hunk, or a proposal that has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposalSpot {
    pub proposal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hunk: Option<u32>,
    pub conflict: bool,
    /// Its first line.
    pub line: u32,
}
