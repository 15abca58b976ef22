//! The models to choose from.

use aside_core::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `aside/models`: the models to choose from. Without a provider: those the settings name, offline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ModelsParams {
    /// Ask this provider for its list. What it listed is kept for the session.
    pub provider: Option<String>,
    /// Ask the provider anew.
    pub refresh: bool,
    /// Without a provider: look for providers on this machine as well (Ollama, LM Studio, llama.cpp), without a key.
    pub local: bool,
}

/// The answer to `aside/models`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelsResult {
    pub models: Vec<ModelName>,
    /// Why a list is missing, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// One model to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelName {
    /// `provider/model`, as the settings take it.
    pub id: String,
    /// The roles that use it: `chat`, `inline`, `actions`.
    pub roles: Vec<String>,
}
