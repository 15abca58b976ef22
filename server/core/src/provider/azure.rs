//! OpenAI chat completions at an Azure resource: other addresses, another header for the key, the same stream.
//!
//! The base URL is the resource's, such as `https://acme.openai.azure.com`, and the model is the deployment's name.
//! Reference: <https://learn.microsoft.com/azure/ai-foundry/openai/reference>.

use super::{Auth, HttpRequest, ModelRequest, openai, segment};

pub(super) fn request(request: &ModelRequest) -> HttpRequest {
    HttpRequest { path: path(request), auth: Auth::Header("api-key"), ..openai::request(request) }
}

/// A dated version of the API has the deployment in the address; the current one finds it in the body.
fn path(request: &ModelRequest) -> String {
    let deployment = segment(&request.model);
    match &request.api_version {
        Some(version) => {
            format!("/openai/deployments/{deployment}/chat/completions?api-version={}", segment(version))
        }
        None => "/openai/v1/chat/completions".to_owned(),
    }
}

#[cfg(test)]
mod tests;
