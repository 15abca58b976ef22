//! Each wire format end to end, through the real binary, at servers that this project did not write: aimock, which
//! mimics many vendors, and llama.cpp's server with a model of a few kilobytes.
//!
//! `tests/run providers` installs them.

mod aimock;
mod llama;
mod server;
mod tiny_model;

use aside_tests::{Setup, TestEditor};
use serde_json::{Value, json};

/// What the servers are asked with.
const KEY: &str = "key-canary-1234";

/// An editor with one provider, its key in the environment, and `more` in the provider's settings.
fn editor(format: &str, base_url: &str, model: &str, more: &Value) -> TestEditor {
    let mut provider = json!({"format": format, "baseUrl": base_url, "keyEnv": "TEST_KEY"});
    for (name, value) in more.as_object().into_iter().flatten() {
        provider[name] = value.clone();
    }
    let settings = json!({"model": format!("foreign/{model}"), "providers": {"foreign": provider}});
    TestEditor::start(&Setup { settings, ..Setup::default() }.with_env("TEST_KEY", KEY))
}
