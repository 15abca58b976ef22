//! The message of an editor whose own switch for telemetry was turned, and what the command to export it takes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// `aside/telemetry/level`: the editor's own switch for telemetry. An editor that has one says it at the start as well, in
/// `initializationOptions.aside.telemetry`. It can only forbid: the user's settings have to allow it too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TelemetryLevel {
    /// `all`, or `error` for errors alone; whatever else it says, nothing is told.
    #[serde(default)]
    pub level: serde_json::Value,
}

/// `aside.telemetryExport`: where to. Without this argument what waits opens as a document, for the user to save.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TelemetryExport {
    /// A file that is not there yet, by its whole path.
    pub file: PathBuf,
}
