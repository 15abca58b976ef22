//! How a `TestEditor` starts: what its user has set, and what it says it can do.

use aside::protocol::ClientFeatures;
use serde_json::{Value, json};

/// How a `TestEditor` starts.
#[derive(Debug, Clone)]
pub struct Setup {
    /// `general.positionEncodings`; empty leaves it out, as an old client does.
    pub encodings: Vec<&'static str>,
    /// The `aside` section of the user's settings.
    pub settings: Value,
    /// What an extension says of itself; `None` for an editor without one.
    pub features: Option<ClientFeatures>,
    /// The folder that the server is started in; cargo's own otherwise.
    pub folder: Option<std::path::PathBuf>,
    /// Environment variables of the server.
    pub env: Vec<(String, String)>,
    /// `initialize.processId`.
    pub process_id: Option<u32>,
    /// The version that a document is opened with (Neovim: 0).
    pub first_version: i32,
    /// What the server is started with: a program that watches it, and its arguments.
    pub under: Vec<String>,
    /// Whether the editor has `workspace/configuration`, or only `initializationOptions`.
    pub configuration: bool,
    /// No file of the server's may grow past so many KiB, as on a disk that is full; where there is such a limit (Unix).
    pub largest_file: Option<u32>,
    /// The editor's own switch for telemetry, where it has one.
    pub telemetry: Option<&'static str>,
    /// Whether the editor shows code lenses, and asks for them again when told.
    pub lenses: bool,
    /// Whether the user presses the first button of a message, from the first one on.
    pub button: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            encodings: vec!["utf-8", "utf-16"],
            settings: json!({}),
            features: Some(ClientFeatures { proposals: true, chat: true, status: true, words: true }),
            folder: None,
            env: vec![],
            process_id: Some(std::process::id()),
            first_version: 1,
            configuration: true,
            under: vec![],
            largest_file: None,
            telemetry: None,
            lenses: false,
            button: false,
        }
    }
}

impl Setup {
    /// An editor that knows nothing of Aside's own messages.
    #[must_use]
    pub fn without_extension(mut self) -> Self {
        self.features = None;
        self
    }

    /// The same with further settings, which replace those of the same name.
    #[must_use]
    pub fn with_settings(mut self, more: &Value) -> Self {
        for (name, value) in more.as_object().expect("settings are an object") {
            self.settings[name] = value.clone();
        }
        self
    }

    #[must_use]
    pub fn in_folder(mut self, folder: &std::path::Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    #[must_use]
    pub fn with_encodings(mut self, encodings: &[&'static str]) -> Self {
        self.encodings = encodings.to_vec();
        self
    }

    /// The params of `initialize`.
    pub(super) fn initialize_params(&self) -> Value {
        let mut capabilities = json!({
            "workspace": {
                "applyEdit": true,
                "workspaceEdit": {"documentChanges": true},
                "configuration": self.configuration,
                "didChangeConfiguration": {"dynamicRegistration": true},
            },
            "textDocument": {"codeAction": {
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "refactor", "source"]}},
                "dataSupport": true,
            }},
            "window": {"workDoneProgress": true, "showDocument": {"support": true}},
        });
        if self.lenses {
            capabilities["textDocument"]["codeLens"] = json!({});
            capabilities["workspace"]["codeLens"] = json!({"refreshSupport": true});
        }
        if !self.encodings.is_empty() {
            capabilities["general"] = json!({"positionEncodings": self.encodings});
        }
        let mut options = json!({"settings": self.settings});
        if let Some(features) = &self.features {
            options["aside"] = json!(features);
        }
        if let Some(level) = self.telemetry {
            options["aside"]["telemetry"] = json!(level);
        }
        json!({
            "processId": self.process_id,
            "clientInfo": {"name": "TestEditor", "version": "1"},
            "rootUri": "file:///project",
            "capabilities": capabilities,
            "initializationOptions": options,
        })
    }
}
