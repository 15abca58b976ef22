//! The settings as they come over the wire. What is written here is the user's documentation: the schema and the
//! settings table are made from it.

use crate::problem::ProblemKind;
use crate::provider::{Effort, WireFormat};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Aside's settings. Every one may be left out.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Options {
    /// The model to ask, as `provider/model`, for instance `anthropic/claude-sonnet-4-5` or `ollama/qwen3`.
    /// `demo/demo` is built in, works offline and says what it is.
    #[schemars(extend("default" = "demo/demo"))]
    pub model: Option<String>,
    /// A model of its own for one feature.
    pub models: Option<ModelsOptions>,
    /// Other models to ask when one fails. Your text then goes to their providers; each time it is said.
    pub fallbacks: Option<FallbacksOptions>,
    /// Providers by id: changes to a built-in one, or one of your own, for which `baseUrl` is enough.
    pub providers: Option<BTreeMap<String, ProviderOptions>>,
    /// Code actions of your own.
    #[schemars(extend("default" = []))]
    pub actions: Option<Vec<ActionOptions>>,
    /// A standing instruction that goes along with every question, for instance `Answer in German.`
    #[schemars(extend("default" = ""))]
    pub instructions: Option<String>,
    /// How the network is reached.
    pub network: Option<NetworkOptions>,
    /// What may be told about your use. All of it is off until you switch it on.
    pub telemetry: Option<TelemetryOptions>,
    /// What goes along with a question.
    pub context: Option<ContextOptions>,
    /// What is written down about each request.
    pub ledger: Option<LedgerOptions>,
    /// Keys in an encrypted file, for a machine without a keyring.
    pub keys: Option<KeysOptions>,
    /// What is kept back from every provider.
    pub privacy: Option<PrivacyOptions>,
}

/// Models by feature.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ModelsOptions {
    /// The model for chats; `model` where it is left out. With parameters of its own it is an object.
    pub chat: Option<ModelOptions>,
    /// The model for instructions on a selection; `model` where it is left out. With parameters of its own it is an
    /// object.
    pub inline: Option<ModelOptions>,
    /// The model for code actions; `model` where it is left out. With parameters of its own it is an object.
    pub actions: Option<ModelOptions>,
}

/// One feature's model: `provider/model`, or an object with parameters for this feature alone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(transform = or_text)]
pub struct ModelOptions {
    /// `provider/model`; the setting `model` where it is left out.
    pub model: Option<String>,
    /// At most so many tokens of answer. Default: as the provider's settings say.
    #[schemars(range(min = 1))]
    pub max_output_tokens: Option<u32>,
    /// The sampling temperature. Default: as the provider's settings say.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub temperature: Option<f64>,
    /// How much it reasons before it answers. Default: as the provider's settings say.
    pub reasoning_effort: Option<Effort>,
    /// Extra fields of the request body. They win over the provider's.
    pub body: Option<serde_json::Map<String, serde_json::Value>>,
}

/// A text stands for an object with nothing but `model`.
fn or_text(schema: &mut schemars::Schema) {
    let object = std::mem::take(schema);
    *schema = schemars::json_schema!({ "anyOf": [{ "type": "string" }, object] });
}

/// Other models to ask when one fails.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct FallbacksOptions {
    /// As `provider/model`, in the order in which they are asked.
    #[schemars(extend("default" = []))]
    pub models: Option<Vec<String>>,
    /// The problems for which they are asked, once asking again did not help and nothing of an answer has come.
    #[schemars(extend("default" = []))]
    pub on: Option<Vec<FallbackReason>>,
}

/// A problem for which another model may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FallbackReason {
    /// Too many requests or tokens.
    RateLimited,
    /// The provider is overloaded.
    Overloaded,
    /// The provider can't be reached, or went silent.
    Network,
    /// The provider's certificate isn't trusted.
    Certificate,
    /// The provider answered with an error, for instance that no credit is left.
    Provider,
    /// The answer ended before its first word.
    StreamEndedEarly,
    /// The provider doesn't know the model.
    UnknownModel,
    /// The prompt is longer than the model takes.
    PromptTooLong,
    /// There is no key.
    NoKey,
    /// The key was refused.
    KeyRefused,
}

impl FallbackReason {
    /// The reason that a problem is; `None` where another model would not help.
    pub fn of(kind: ProblemKind) -> Option<Self> {
        match kind {
            ProblemKind::RateLimited => Some(Self::RateLimited),
            ProblemKind::Overloaded => Some(Self::Overloaded),
            ProblemKind::Network => Some(Self::Network),
            ProblemKind::Certificate => Some(Self::Certificate),
            ProblemKind::Provider => Some(Self::Provider),
            ProblemKind::StreamEndedEarly => Some(Self::StreamEndedEarly),
            ProblemKind::UnknownModel => Some(Self::UnknownModel),
            ProblemKind::PromptTooLong => Some(Self::PromptTooLong),
            ProblemKind::NoKey => Some(Self::NoKey),
            ProblemKind::KeyRefused => Some(Self::KeyRefused),
            ProblemKind::Declined
            | ProblemKind::EmptyAnswer
            | ProblemKind::Elided
            | ProblemKind::Conflict
            | ProblemKind::Misapplied
            | ProblemKind::Blocked
            | ProblemKind::Setting
            | ProblemKind::Keyring
            | ProblemKind::NotFound
            | ProblemKind::Internal => None,
        }
    }
}

impl FallbackReason {
    /// What is the matter with the model that was asked first, after "if".
    pub fn words(self) -> &'static str {
        match self {
            Self::RateLimited => "it takes no more requests for now",
            Self::Overloaded => "it is overloaded",
            Self::Network => "it can't be reached",
            Self::Certificate => "its certificate isn't trusted",
            Self::Provider => "its provider answers with an error",
            Self::StreamEndedEarly => "its answer ends before the first word",
            Self::UnknownModel => "its provider doesn't know it",
            Self::PromptTooLong => "the prompt is too long for it",
            Self::NoKey => "there is no key for it",
            Self::KeyRefused => "its key is refused",
        }
    }
}

/// One provider.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProviderOptions {
    /// How the provider is spoken to. Default: the built-in entry's, else `openai-chat`.
    pub format: Option<WireFormat>,
    /// Where the provider is, for instance `https://gateway.example.com/v1`. A path like `/chat/completions` is
    /// appended. Every question, with what goes along, is sent there.
    pub base_url: Option<String>,
    /// The environment variable that may hold the key. Asked after `keyCommand` and the keyring. Default: the
    /// built-in entry's, as long as `baseUrl` stays on the provider's own host.
    pub key_env: Option<String>,
    /// A command that prints the key, as a list of program and arguments, for instance
    /// `["pass", "show", "openai"]`. It is run without a shell, in your home folder, and comes before the keyring.
    pub key_command: Option<Vec<String>>,
    /// Which of several saved keys is used, for instance `work` after `aside key set openai --name work`. A named key
    /// is never replaced by an environment variable.
    pub key_name: Option<String>,
    /// At most so many questions at once; the others wait in line. Each server counts its own editor's. Default: no
    /// limit.
    #[schemars(range(min = 1))]
    pub max_concurrent: Option<u32>,
    /// At most so many questions in a minute; the others wait in line. Default: no limit.
    #[schemars(range(min = 1))]
    pub requests_per_minute: Option<u32>,
    /// Whether to ask without a key where none is found. Default: true for a provider on this machine.
    pub key_optional: Option<bool>,
    /// Send the key over plain `http` to another machine, where anyone on the way can read it.
    #[schemars(extend("default" = false))]
    pub key_over_http: Option<bool>,
    /// Extra request headers, by name.
    pub headers: Option<BTreeMap<String, String>>,
    /// Extra fields of the request body, for instance `{"reasoning_effort": "low"}`. They win over Aside's own.
    pub body: Option<serde_json::Map<String, serde_json::Value>>,
    /// Models to offer in the picker.
    #[schemars(extend("default" = []))]
    pub models: Option<Vec<String>>,
    /// At most so many tokens of answer. Default: the provider's.
    #[schemars(range(min = 1))]
    pub max_output_tokens: Option<u32>,
    /// The sampling temperature. Default: the provider's.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub temperature: Option<f64>,
    /// How much a model that reasons does so before it answers. Default: the provider's.
    pub reasoning_effort: Option<Effort>,
    /// The dated version of Azure's API, for instance `2024-10-21`, which finds a deployment by its address. Default:
    /// the current one.
    pub api_version: Option<String>,
    /// The region that requests to Amazon Bedrock are signed for with an access key. Default: the one that `baseUrl`
    /// names.
    pub region: Option<String>,
    /// What its models cost, by model, to show a cost beside the tokens. Aside knows no prices of its own.
    pub prices: Option<BTreeMap<String, PriceOptions>>,
    /// The word that stands after an amount.
    #[schemars(extend("default" = "USD"))]
    pub currency: Option<String>,
}

/// What one model costs. Both `input` and `output` are needed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PriceOptions {
    /// Per million tokens of the prompt.
    #[schemars(range(min = 0.0))]
    pub input: Option<f64>,
    /// Per million tokens of the answer, reasoning included.
    #[schemars(range(min = 0.0))]
    pub output: Option<f64>,
    /// Per million tokens of the prompt that came out of the provider's cache. Default: as `input`.
    #[schemars(range(min = 0.0))]
    pub cached: Option<f64>,
    /// Per million tokens of the prompt that the provider put into its cache, which Anthropic counts apart. Default: as
    /// `input`.
    #[schemars(range(min = 0.0))]
    pub cache_write: Option<f64>,
}

/// One code action of the user's own.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ActionOptions {
    /// What the menu shows. Required.
    pub title: Option<String>,
    /// What the model is told to do with the selection. Required.
    pub instruction: Option<String>,
    /// The languages that it is offered in, by LSP language id; all where it is left out.
    #[schemars(extend("default" = []))]
    pub languages: Option<Vec<String>>,
    /// The LSP code action kind.
    #[schemars(extend("default" = "refactor.rewrite"))]
    pub kind: Option<String>,
    /// Whether the answer changes the selection, or is shown as text beside the code.
    #[schemars(extend("default" = "edit"))]
    pub result: Option<ActionResult>,
}

/// What a code action's answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ActionResult {
    /// A proposal on the range.
    Edit,
    /// Markdown, opened beside the code.
    Chat,
}

/// How the network is reached.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NetworkOptions {
    /// A proxy's URL (`http`, `https`, `socks5` or `socks5h`), for all but `noProxy`; the environment's `NO_PROXY` does not
    /// count then. Default: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` of the environment, else on macOS and
    /// Windows the system's. `NO_PROXY` takes what `noProxy` takes, with commas between: no port, no `*.example.com`, no
    /// brackets. A provider on this machine is always reached directly. Odd characters of a password are written as `%40`.
    pub proxy: Option<String>,
    /// What is reached without `proxy`: hosts (`example.com`, which takes its subdomains along), addresses and networks
    /// (`10.0.0.0/8`).
    #[schemars(extend("default" = []))]
    pub no_proxy: Option<Vec<String>>,
    /// A PEM file of further certificate authorities to trust. An absolute path, or one that begins with `~/`, as all
    /// files here.
    pub ca_file: Option<String>,
    /// A PEM file with the certificate that this machine shows where a provider or gateway asks for one, and with its
    /// private key, unless `clientKeyFile` holds that.
    pub client_certificate_file: Option<String>,
    /// A PEM file with the private key of `clientCertificateFile`.
    pub client_key_file: Option<String>,
    /// How long connecting may take.
    #[schemars(range(min = 1, max = 86_400), extend("default" = 10))]
    pub connect_timeout_seconds: Option<u64>,
    /// How long an answer may be silent. Some models think for minutes before their first word.
    #[schemars(range(min = 1, max = 86_400), extend("default" = 300))]
    pub idle_timeout_seconds: Option<u64>,
    /// Open the connection to the provider when you turn to Aside (open an instruction's input, type into a chat), which
    /// saves a moment when you send. Neither text nor key goes along.
    #[schemars(extend("default" = true))]
    pub warm: Option<bool>,
    /// Reach nothing but this machine.
    #[schemars(extend("default" = false))]
    pub offline: Option<bool>,
}

/// Telemetry by consent.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TelemetryOptions {
    /// Consent to tell which features are used and how often, as bare numbers: `PRIVACY.md` lists all of them, `aside
    /// telemetry` shows what waits. Your editor's own switch and `DO_NOT_TRACK` still forbid it.
    #[schemars(extend("default" = false))]
    pub usage: Option<bool>,
    /// Consent to tell which kinds of error happen, in the same way.
    #[schemars(extend("default" = false))]
    pub errors: Option<bool>,
    /// An OpenTelemetry collector to tell beside the editor, by OTLP over HTTP, for example `http://localhost:4318`.
    /// Default: none.
    pub endpoint: Option<String>,
}

/// What goes along with a question.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ContextOptions {
    /// At most so many tokens of files, diagnostics and earlier turns go along with a question.
    #[schemars(range(min = 1), extend("default" = 16_000))]
    pub max_tokens: Option<u64>,
}

/// What is written down about each request, on this machine.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LedgerOptions {
    /// Nothing older is kept in the ledger of requests.
    #[schemars(range(min = 1, max = 3_650), extend("default" = 90))]
    pub max_age_days: Option<u64>,
    /// The ledger never takes more room; the oldest goes first.
    #[schemars(range(min = 1, max = 1_024), extend("default" = 16))]
    pub max_megabytes: Option<u64>,
}

/// Keys in an encrypted file, instead of the keyring.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct KeysOptions {
    /// An encrypted file that takes the keyring's place, made by `aside key set PROVIDER --file FILE`. An absolute
    /// path, or one that begins with `~/`. Default: none, keys are in the keyring.
    pub file: Option<String>,
    /// The identity file that opens it, made by `aside key set PROVIDER --file FILE --identity FILE`.
    pub identity_file: Option<String>,
    /// A command that prints the file's passphrase, as a list of program and arguments, where no identity file opens it.
    pub passphrase_command: Option<Vec<String>>,
}

/// What is kept back.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PrivacyOptions {
    /// Replace what looks like a key, a token or a password by a placeholder before anything is sent, and put it back
    /// where it comes back in an answer.
    #[schemars(extend("default" = true))]
    pub mask_secrets: Option<bool>,
    /// Files that are never sent, as globs in the manner of `.gitignore`, beside what `.asideignore`, `.aiignore` and
    /// their kin name and the built-in list of secret files. `!` takes a file out of the built-in list.
    #[schemars(extend("default" = []))]
    pub exclude: Option<Vec<String>>,
}
