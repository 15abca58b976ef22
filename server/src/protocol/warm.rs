//! The message that a question is near.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `aside/warm`: the user turns to Aside (opens the input of an instruction, types into a chat), so a question is near. The
/// connection to its provider is opened, without text and without key; never send it for opening, editing or idling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Warm {
    pub feature: WarmFeature,
    /// `provider/model` where the user chose another than the setting's.
    #[serde(default)]
    pub model: Option<String>,
}

/// What the user turns to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum WarmFeature {
    Chat,
    Inline,
}
