//! The settings: each defined once, as it comes over the wire ([`Options`]) and as it is used ([`Settings`]).
//!
//! A bad option costs only itself and is said in words. Where ignoring it could send text to another place than the
//! user meant, what hangs on it stops working instead: see `resolve.rs`.

mod builtin;
mod keylike;
mod near;
mod options;
mod origin;
mod price;
mod read;
mod resolve;
mod schema;
mod workspace;
mod written;

pub use builtin::{BUILTIN, Builtin, NOT_HERE, builtin, catalogue, introduction};
pub use keylike::may_be_repeated;
pub use options::{
    ActionOptions, ActionResult, ContextOptions, FallbackReason, FallbacksOptions, KeysOptions,
    LedgerOptions, ModelOptions, ModelsOptions, NetworkOptions, Options, PriceOptions, PrivacyOptions,
    ProviderOptions, TelemetryOptions,
};
pub use origin::Origin;
pub use price::Prices;
pub use resolve::{is_provider_id, parse_base_url};
pub use schema::{schema, table};
pub use workspace::{OF_A_WORKSPACE, with_editor};
pub use written::written;

use crate::ledger::Limits;
use crate::problem::{Problem, ProblemKind};
use crate::provider::{Effort, WireFormat};
use std::collections::BTreeMap;

/// A model and the provider it is asked at, written `provider/model` (the model may hold slashes).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelId {
    pub provider: String,
    pub model: String,
}

/// As it is written; one that could not be read is not repeated, it may be a key.
impl std::fmt::Display for ModelId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.provider.as_str() {
            "" => f.write_str("no model"),
            provider => write!(f, "{provider}/{}", self.model),
        }
    }
}

impl ModelId {
    /// Reads `provider/model`; `None` where one of them is missing.
    pub fn parse(text: &str) -> Option<Self> {
        let (provider, model) = text.trim().split_once('/')?;
        let found = !provider.is_empty() && !model.is_empty();
        found.then(|| Self { provider: provider.to_owned(), model: model.to_owned() })
    }
}

/// What a model call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feature {
    Chat,
    Inline,
    Actions,
}

/// A provider, resolved: the built-in entry with the user's own over it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderSettings {
    pub id: String,
    pub format: WireFormat,
    /// Without a trailing slash, e.g. `https://api.openai.com/v1`. Empty for `demo`.
    pub base_url: String,
    /// The environment variable that may hold the key.
    pub key_env: Option<String>,
    /// A command that prints the key: the program and its arguments, run without a shell.
    pub key_command: Option<Vec<String>>,
    /// Which of several saved keys is used.
    pub key_name: Option<String>,
    /// The encrypted file that takes the keyring's place.
    pub key_file: Option<KeyFile>,
    /// How many questions it may be asked at once, and in a minute.
    pub limits: crate::line::Limits,
    /// Whether a request without a key makes sense (a local server, a gateway with its own header).
    pub key_optional: bool,
    /// Whether the key may go over plain `http` to another machine.
    pub key_over_http: bool,
    /// Extra request headers.
    pub headers: BTreeMap<String, String>,
    /// Extra body fields; they win over ours.
    pub body: serde_json::Map<String, serde_json::Value>,
    /// Models the user wants in the picker.
    pub models: Vec<String>,
    pub max_output_tokens: Option<u32>,
    pub temperature: Option<f64>,
    /// How much its models reason before they answer.
    pub effort: Option<Effort>,
    /// The dated version of Azure's API; its current one otherwise.
    pub api_version: Option<String>,
    /// The region that requests are signed for, where the address doesn't name it.
    pub region: Option<String>,
    /// What its models cost, by model, where the user says it.
    pub prices: BTreeMap<String, Prices>,
}

/// What a feature's model is asked with, beside what its provider's settings say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters {
    pub max_output_tokens: Option<u32>,
    pub temperature: Option<f64>,
    pub effort: Option<Effort>,
    /// Extra body fields; they win over the provider's.
    pub body: serde_json::Map<String, serde_json::Value>,
}

/// The model of one feature.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureModel {
    /// `None` where it is [`Settings::model`].
    pub model: Option<ModelId>,
    pub parameters: Parameters,
}

/// The models that are asked in place of one that failed, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fallbacks {
    pub models: Vec<ModelId>,
    /// The user names for which problems; for no other is another company told.
    pub on: Vec<FallbackReason>,
}

impl Network {
    /// Whether a place may be reached: offline, only this machine is.
    pub fn reaches(&self, origin: &Origin) -> bool {
        !self.offline || origin.is_loopback()
    }
}

impl Fallbacks {
    /// Those that may be asked in place of a model: not itself again, though it stands among them, and none where the
    /// user named no problem.
    pub fn in_place_of<'a>(&'a self, model: &'a ModelId) -> impl Iterator<Item = &'a ModelId> {
        self.models.iter().filter(move |other| !self.on.is_empty() && *other != model)
    }
}

impl ProviderSettings {
    /// Whether a request that was made for the other is one for this: it goes to the same place with the same key, and
    /// says the same.
    pub fn is_asked_as(&self, other: &Self) -> bool {
        let request = |of: &Self| Self {
            limits: crate::line::Limits::default(),
            models: Vec::new(),
            prices: BTreeMap::new(),
            ..of.clone()
        };
        request(self) == request(other)
    }

    /// One of which nothing is set but where it is, and that wants no key.
    fn at(id: &str, format: WireFormat, base_url: &str) -> Self {
        Self {
            id: id.to_owned(),
            format,
            base_url: base_url.to_owned(),
            key_env: None,
            key_command: None,
            key_name: None,
            key_file: None,
            limits: crate::line::Limits::default(),
            key_optional: true,
            key_over_http: false,
            headers: BTreeMap::new(),
            body: serde_json::Map::new(),
            models: Vec::new(),
            max_output_tokens: None,
            temperature: None,
            effort: None,
            api_version: None,
            region: None,
            prices: BTreeMap::new(),
        }
    }

    /// Where requests go; `None` for `demo`, which goes nowhere.
    pub fn origin(&self) -> Option<Origin> {
        Origin::parse(&self.base_url).ok()
    }
}

/// An encrypted file of keys, and what opens it. Paths are absolute or begin with `~/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyFile {
    pub path: String,
    pub identity: Option<String>,
    /// Prints the passphrase: the program and its arguments, run without a shell.
    pub passphrase_command: Option<Vec<String>>,
}

/// A code action of the user's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAction {
    pub title: String,
    pub instruction: String,
    /// LSP language ids; empty means all.
    pub languages: Vec<String>,
    /// LSP code action kind, e.g. `refactor.rewrite`.
    pub kind: String,
    pub result: ActionResult,
}

/// How the network is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// A proxy's URL; the environment's `HTTPS_PROXY` and its kin otherwise. Never used for loopback.
    pub proxy: Option<String>,
    /// What is reached without that proxy: hosts, addresses and networks.
    pub no_proxy: Vec<String>,
    /// A PEM file of further certificate authorities.
    pub ca_file: Option<String>,
    /// A PEM file with the certificate that is shown where one is asked for.
    pub client_certificate_file: Option<String>,
    /// A PEM file with its private key; in the certificate's own file otherwise.
    pub client_key_file: Option<String>,
    pub connect_timeout_seconds: u64,
    /// How long a stream may be silent.
    pub idle_timeout_seconds: u64,
    /// The connection is opened when the user turns to Aside.
    pub warm: bool,
    /// Only loopback is reached.
    pub offline: bool,
    /// What can't be read, where that is why: as in "the setting `network.proxy`".
    pub unread: Option<String>,
}

/// Telemetry's switches; all off unless the user's own settings say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Telemetry {
    pub usage: bool,
    pub errors: bool,
    /// The base of its address, without a trailing slash.
    pub endpoint: Option<String>,
}

impl Telemetry {
    /// The endpoint as something that can be sent to.
    pub fn endpoint(&self) -> Option<ProviderSettings> {
        Some(ProviderSettings::at("telemetry", WireFormat::OpenaiChat, self.endpoint.as_deref()?))
    }
}

/// What is kept back from every provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Privacy {
    pub mask_secrets: bool,
    /// Globs of files that are never sent; `None` where the setting can't be read, and no file is sent at all.
    pub exclude: Option<Vec<String>>,
}

/// The settings, resolved: every value is usable as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub model: ModelId,
    pub chat: FeatureModel,
    pub inline: FeatureModel,
    pub actions_by: FeatureModel,
    pub fallbacks: Fallbacks,
    /// By id; holds the built-in providers as well.
    pub providers: BTreeMap<String, ProviderSettings>,
    pub actions: Vec<UserAction>,
    /// The user's standing instruction, part of every system prompt.
    pub instructions: String,
    pub network: Network,
    pub telemetry: Telemetry,
    /// At most so many tokens of context go along with a question.
    pub context_max_tokens: u64,
    /// How much of the ledger is kept.
    pub ledger: Limits,
    pub privacy: Privacy,
    /// What is wrong with the providers that the user set up and that can't be used for it.
    unusable: BTreeMap<String, Problem>,
}

impl Settings {
    /// The model for a feature.
    pub fn model_for(&self, feature: Feature) -> &ModelId {
        self.of(feature).model.as_ref().unwrap_or(&self.model)
    }

    fn of(&self, feature: Feature) -> &FeatureModel {
        match feature {
            Feature::Chat => &self.chat,
            Feature::Inline => &self.inline,
            Feature::Actions => &self.actions_by,
        }
    }

    /// The provider of a model as a feature asks it: with the feature's own parameters, if it is the feature's model.
    /// Another model that was chosen for once is asked as its provider's settings say.
    pub fn provider_for(&self, feature: Feature, model: &ModelId) -> Result<ProviderSettings, Problem> {
        let mut provider = self.provider_of(model)?.clone();
        if model == self.model_for(feature) {
            let Parameters { max_output_tokens, temperature, effort, body } = &self.of(feature).parameters;
            provider.max_output_tokens = max_output_tokens.or(provider.max_output_tokens);
            provider.temperature = temperature.or(provider.temperature);
            provider.effort = effort.or(provider.effort);
            provider.body.extend(body.clone());
        }
        Ok(provider)
    }

    /// The models, with their providers, that are asked in this order in place of one that gives no answer for a reason
    /// that the user named.
    pub fn fallbacks_of<'a>(
        &'a self,
        model: &'a ModelId,
    ) -> impl Iterator<Item = (&'a ModelId, &'a ProviderSettings)> {
        let others = self.fallbacks.in_place_of(model);
        others.filter_map(|other| Some((other, self.provider_of(other).ok()?)))
    }

    /// The provider of a model. A model may name one that isn't set up, or whose settings can't be used: it is never
    /// replaced by another, since text would go to another company.
    pub fn provider_of(&self, model: &ModelId) -> Result<&ProviderSettings, Problem> {
        self.providers.get(&model.provider).ok_or_else(|| {
            let (title, next) = if model.provider.is_empty() {
                (
                    "the model is not set as `provider/model`".to_owned(),
                    "Mend `model`, or what `models` has for this feature, in the settings.".to_owned(),
                )
            } else if let Some(why) = self.unusable.get(&model.provider) {
                return why.clone();
            } else {
                let id = &model.provider;
                let title = format!("no provider called `{id}` is set up");
                (title, format!(
                    "Mend the setting `model` (`aside models` lists what is built in), or set yours up under `providers.{id}`."
                ))
            };
            Problem::new(ProblemKind::Setting, title, next)
        })
    }
}
