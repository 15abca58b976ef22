//! What the editor says, read leniently into core types, and what we answer, as LSP shapes.
//!
//! Only the fields used here are read: an editor that sends an unknown enum value elsewhere is still understood.

use aside_core::context::Note;
use aside_core::document::Edit;
use aside_core::position::{self, Encoding, Range};
use aside_core::usage::{Editor, Level};
use ropey::Rope;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_lsp::gen_lsp_types as lsp;

use crate::protocol::{ClientFeatures, Diagnostic};

/// `textDocument/didOpen`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DidOpen {
    pub(crate) text_document: TextDocument,
}

/// A document as it is opened.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TextDocument {
    pub(crate) uri: String,
    #[serde(default)]
    pub(crate) language_id: String,
    #[serde(default)]
    pub(crate) version: i32,
    pub(crate) text: String,
}

/// `textDocument/didChange`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DidChange {
    pub(crate) text_document: DocumentVersion,
    pub(crate) content_changes: Vec<ContentChange>,
}

/// A document's name and, where the editor says it, its version.
#[derive(Debug, Deserialize)]
pub(crate) struct DocumentVersion {
    pub(crate) uri: String,
    #[serde(default)]
    pub(crate) version: Option<i32>,
}

/// One change; the whole text without a range.
#[derive(Debug, Deserialize)]
pub(crate) struct ContentChange {
    #[serde(default)]
    pub(crate) range: Option<Range>,
    pub(crate) text: String,
}

/// `textDocument/didClose`, and any other notification about one document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AboutDocument {
    pub(crate) text_document: DocumentVersion,
}

/// `textDocument/codeAction`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CodeActionParams {
    pub(crate) text_document: DocumentVersion,
    pub(crate) range: Range,
    pub(crate) context: CodeActionContext,
}

/// What the editor wants actions for.
#[derive(Debug, Deserialize)]
pub(crate) struct CodeActionContext {
    /// As the editor sent them: an action carries them back untouched.
    #[serde(default)]
    pub(crate) diagnostics: Vec<Value>,
    #[serde(default)]
    pub(crate) only: Option<Vec<String>>,
}

/// `workspace/executeCommand`.
#[derive(Debug, Deserialize)]
pub(crate) struct ExecuteCommand {
    pub(crate) command: String,
    #[serde(default)]
    pub(crate) arguments: Vec<Value>,
}

/// `workspace/didRenameFiles`.
#[derive(Debug, Deserialize)]
pub(crate) struct DidRename {
    pub(crate) files: Vec<Renamed>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Renamed {
    pub(crate) old_uri: String,
    pub(crate) new_uri: String,
}

/// What the server keeps of `initialize`.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClientInfo {
    pub(crate) encoding: Encoding,
    pub(crate) features: ClientFeatures,
    pub(crate) workspace_configuration: bool,
    pub(crate) watches_settings: bool,
    pub(crate) shows_documents: bool,
    pub(crate) shows_progress: bool,
    pub(crate) versioned_edits: bool,
    pub(crate) code_action_literals: bool,
    pub(crate) shows_lenses: bool,
    pub(crate) refreshes_lenses: bool,
    pub(crate) editor: Editor,
    /// The editor's own switch for telemetry.
    pub(crate) telemetry: Level,
    /// The settings in `initializationOptions`, if there are any.
    pub(crate) settings: Option<Value>,
}

impl ClientInfo {
    pub(crate) fn new(params: &lsp::InitializeParams) -> Self {
        let capabilities = &params.capabilities;
        let workspace = capabilities.workspace.as_ref();
        let window = capabilities.window.as_ref();
        let options = params.initialization_options.as_ref();
        let name = params.client_info.as_ref().map_or("", |info| info.name.as_str());
        Self {
            encoding: encoding(capabilities),
            features: options
                .and_then(|options| options.get("aside"))
                .and_then(|aside| serde_json::from_value(aside.clone()).ok())
                .unwrap_or_default(),
            workspace_configuration: workspace.and_then(|w| w.configuration).unwrap_or_default(),
            watches_settings: workspace
                .and_then(|w| w.did_change_configuration.as_ref()?.dynamic_registration)
                .unwrap_or_default(),
            shows_documents: window.and_then(|w| w.show_document.as_ref()).is_some_and(|s| s.support),
            shows_progress: window.and_then(|w| w.work_done_progress).unwrap_or_default(),
            versioned_edits: workspace
                .and_then(|w| w.workspace_edit.as_ref()?.document_changes)
                .unwrap_or_default(),
            code_action_literals: capabilities
                .text_document
                .as_ref()
                .and_then(|t| t.code_action.as_ref()?.code_action_literal_support.as_ref())
                .is_some(),
            shows_lenses: capabilities.text_document.as_ref().is_some_and(|t| t.code_lens.is_some()),
            refreshes_lenses: workspace
                .and_then(|w| w.code_lens.as_ref()?.refresh_support)
                .unwrap_or_default(),
            editor: Editor::of(name),
            telemetry: Level::read(options.and_then(|options| options.pointer("/aside/telemetry"))),
            settings: options.and_then(|options| options.get("settings")).cloned(),
        }
    }
}

/// The first of UTF-8, UTF-32 and UTF-16 that the editor offers; UTF-16 if it offers none (LSP 3.17).
fn encoding(capabilities: &lsp::ClientCapabilities) -> Encoding {
    let offered = capabilities.general.as_ref().and_then(|general| general.position_encodings.as_deref());
    let offers = |kind| offered.is_some_and(|offered| offered.contains(&kind));
    if offers(lsp::PositionEncodingKind::UTF8) {
        Encoding::Utf8
    } else if offers(lsp::PositionEncodingKind::UTF32) {
        Encoding::Utf32
    } else {
        Encoding::Utf16
    }
}

/// The capabilities the server answers.
pub(crate) fn server_capabilities(client: &ClientInfo, kinds: &[&str]) -> Value {
    use crate::protocol::command;
    // An extension that shows chats has a command of this name of its own.
    let commands = command::ALL.iter().filter(|name| !(client.features.chat && **name == command::NEW_CHAT));
    let commands: Vec<_> = commands.collect();
    let lenses = client.shows_lenses.then(|| json!({"resolveProvider": false}));
    json!({
        "codeLensProvider": lenses,
        "positionEncoding": match client.encoding {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
            Encoding::Utf32 => "utf-32",
        },
        "textDocumentSync": {"openClose": true, "change": 2},
        // A rule that names a file's new name keeps what went along of it back.
        "workspace": {"fileOperations": {"didRename": {"filters": [{"pattern": {"glob": "**"}}]}}},
        "codeActionProvider": {"codeActionKinds": kinds},
        "executeCommandProvider": {"commands": commands},
        "experimental": {"aside": {"version": 1}},
    })
}

/// Edits of one document at one version, as a `WorkspaceEdit`.
pub(crate) fn workspace_edit(uri: &str, version: Option<i32>, edits: &[TextEdit]) -> Value {
    match version {
        Some(version) => json!({
            "documentChanges": [{"textDocument": {"uri": uri, "version": version}, "edits": edits}],
        }),
        None => json!({"changes": {uri: edits}}),
    }
}

/// An LSP `TextEdit`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TextEdit {
    range: Range,
    new_text: String,
}

impl TextEdit {
    pub(crate) fn new(edit: &Edit, text: &Rope, encoding: Encoding) -> Self {
        Self { range: range(text, &edit.range, encoding), new_text: edit.text.clone() }
    }
}

/// A byte range as the editor counts it.
pub(crate) fn range(text: &Rope, bytes: &std::ops::Range<usize>, encoding: Encoding) -> Range {
    Range {
        start: position::from_byte(text, bytes.start, encoding),
        end: position::from_byte(text, bytes.end, encoding),
    }
}

/// An editor's range as bytes; ends before it starts never.
pub(crate) fn bytes(text: &Rope, range: Range, encoding: Encoding) -> std::ops::Range<usize> {
    let start = position::to_byte(text, range.start, encoding);
    start..position::to_byte(text, range.end, encoding).max(start)
}

/// An editor's diagnostic, leniently: `message` may be a string or `MarkupContent` (LSP 3.18).
pub(crate) fn diagnostic(value: &Value) -> Option<Diagnostic> {
    let message = value.get("message")?;
    let message = message.as_str().or_else(|| message.get("value")?.as_str())?.to_owned();
    Some(Diagnostic {
        range: serde_json::from_value(value.get("range")?.clone()).ok()?,
        severity: value.get("severity").and_then(Value::as_u64).and_then(|s| u8::try_from(s).ok()),
        source: value.get("source").and_then(Value::as_str).map(str::to_owned),
        message,
    })
}

/// A diagnostic as the core's prompts take it.
pub(crate) fn note(diagnostic: &Diagnostic) -> Note {
    Note {
        range: diagnostic.range,
        severity: diagnostic.severity,
        source: diagnostic.source.clone(),
        message: diagnostic.message.clone(),
    }
}
