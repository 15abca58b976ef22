//! The message of an editor whose own switch for telemetry was turned.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `aside/telemetry/level`: the editor's own switch for telemetry. An editor that has one says it at the start as well, in
/// `initializationOptions.aside.telemetry`. It can only forbid: the user's settings have to allow it too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TelemetryLevel {
    /// `all`, or `error` for errors alone; whatever else it says, nothing is told.
    #[serde(default)]
    pub level: serde_json::Value,
}
