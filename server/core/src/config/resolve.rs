//! From [`super::Options`] to [`Settings`]: defaults, the built-in providers, and what only makes sense together.
//!
//! Where a setting decides to whom text goes, or whether anything is sent at all, a value that can't be used is never
//! replaced by a default: a model stays with a provider that isn't there, a provider without a usable address or key
//! setting is not set up, an unreadable `network.offline` or `network.proxy` means offline, and such a consent no.

mod models;
mod network;

use super::keylike::looks_like_key;
use super::near::nearest;
use super::options::{
    ActionOptions, KeysOptions, LedgerOptions, PrivacyOptions, ProviderOptions, TelemetryOptions,
};
use super::origin::parse_url;
use super::read::{Complaint, read};
use super::workspace::with_workspace;
use super::{
    ActionResult, BUILTIN, Builtin, KeyFile, ModelId, Origin, Privacy, ProviderSettings, Settings, Telemetry,
    UserAction, builtin,
};
use crate::ledger::Limits;
use crate::line;
use crate::problem::Problem;
use crate::provider::WireFormat;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

impl Settings {
    /// The settings that the user wrote, over the built-in ones, and a problem for each that can't be used.
    pub fn resolve(value: Value) -> (Self, Vec<Problem>) {
        let (value, ignored) = with_workspace(value);
        let (options, complaints) = read(value);
        let mut resolver = Resolver { complaints };
        let models = options.models.unwrap_or_default();
        let mut providers = resolver.providers(options.providers.unwrap_or_default());
        let key_file = resolver.key_file(options.keys.unwrap_or_default());
        for provider in providers.values_mut() {
            provider.key_file.clone_from(&key_file);
        }
        let model = resolver.model("model", options.model.as_deref(), &providers);
        let fallbacks = resolver.fallbacks(&options.fallbacks.unwrap_or_default(), &providers);
        let settings = Self {
            model: model.unwrap_or_else(demo),
            chat: resolver.feature_model("models.chat", models.chat, &providers),
            inline: resolver.feature_model("models.inline", models.inline, &providers),
            actions_by: resolver.feature_model("models.actions", models.actions, &providers),
            fallbacks,
            providers,
            actions: resolver.actions(options.actions.unwrap_or_default()),
            instructions: options.instructions.unwrap_or_default(),
            network: resolver.network(&options.network.unwrap_or_default()),
            telemetry: resolver.telemetry(&options.telemetry.unwrap_or_default()),
            context_max_tokens: resolver.in_range(
                "context.maxTokens",
                options.context.unwrap_or_default().max_tokens,
                1..=u64::MAX,
                16_000,
            ),
            ledger: resolver.ledger(&options.ledger.unwrap_or_default()),
            privacy: resolver.privacy(options.privacy.unwrap_or_default()),
            unusable: BTreeMap::new(),
        };
        let unusable = resolver.unusable(&settings.providers);
        let settings = Self { unusable, ..settings };
        (settings, resolver.complaints.into_iter().map(Complaint::problem).chain(ignored).collect())
    }
}

/// Nothing configured: the built-in providers, and the demo as the model.
impl Default for Settings {
    fn default() -> Self {
        Self::resolve(Value::Null).0
    }
}

fn demo() -> ModelId {
    ModelId { provider: "demo".to_owned(), model: "demo".to_owned() }
}

/// A model that no provider answers for.
fn no_model(text: &str) -> ModelId {
    ModelId { provider: String::new(), model: text.to_owned() }
}

/// Editors send an empty text for a setting that was left alone.
fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

struct Resolver {
    complaints: Vec<Complaint>,
}

impl Resolver {
    fn complain(&mut self, path: impl Into<String>, what: impl Into<String>) {
        self.complaints.push(Complaint::new(path, what));
    }

    fn is_spoiled(&self, path: &str) -> bool {
        self.complaints.iter().any(|complaint| complaint.spoils(path))
    }

    /// Whether something below `path` can't be used, or `path` itself.
    fn is_touched(&self, path: &str) -> bool {
        self.is_spoiled(path)
            || self.complaints.iter().any(|complaint| complaint.path.starts_with(&format!("{path}.")))
    }

    fn in_range(&mut self, path: &str, value: Option<u64>, range: RangeInclusive<u64>, default: u64) -> u64 {
        match value {
            Some(value) if range.contains(&value) => value,
            Some(value) => {
                let (from, to) = (range.start(), range.end());
                let expected =
                    if *to == u64::MAX { format!("from {from} on") } else { format!("from {from} to {to}") };
                self.complain(path, format!("expected a number {expected}, found {value}"));
                default
            }
            None => default,
        }
    }

    /// What is wrong with each provider that is not there for it.
    fn unusable(&self, providers: &Providers) -> BTreeMap<String, Problem> {
        let about = |complaint: &Complaint| {
            let id = complaint.path.strip_prefix("providers.")?.split('.').next()?.to_owned();
            (!providers.contains_key(&id)).then(|| (id, complaint.clone().problem()))
        };
        // Of several the first is told: the last of a map's equal keys stays.
        self.complaints.iter().rev().filter_map(about).collect()
    }

    fn providers(&mut self, mut options: BTreeMap<String, ProviderOptions>) -> Providers {
        let mut providers = Providers::new();
        for entry in BUILTIN {
            let own = options.remove(entry.id);
            if own.is_none() && self.complaints.is_empty() {
                // One that has no address of its own is there once the user has named it.
                providers.extend(entry.example.is_none().then(|| (entry.id.to_owned(), entry.settings())));
            } else if own.is_some() || entry.example.is_none() {
                providers.extend(self.provider(entry.id, Some(entry), own.unwrap_or_default()));
            }
        }
        for (id, own) in options {
            providers.extend(self.provider(&id, None, own));
        }
        providers
    }

    fn provider(
        &mut self,
        id: &str,
        builtin: Option<&Builtin>,
        own: ProviderOptions,
    ) -> Option<(String, ProviderSettings)> {
        let path = format!("providers.{id}");
        if !is_provider_id(id) {
            self.complain(path, "a provider's id is one word without `/`");
            return None;
        }
        let format = own.format.or(builtin.map(|entry| entry.format)).unwrap_or(WireFormat::OpenaiChat);
        let key_name = self.key_name(&path, own.key_name.as_deref())?;
        let base_url = self.base_url(&path, format, builtin, own.base_url.as_deref())?;
        let origin = Origin::parse(&base_url).ok();
        let at_home = builtin.filter(|entry| origin.as_ref().is_some_and(|origin| entry.is_home(origin)));
        let key_env = match own.key_env {
            Some(own) => self.key_env(&path, &own),
            None => at_home.and_then(|entry| entry.key_env).map(str::to_owned),
        };
        let key_optional =
            own.key_optional.unwrap_or_else(|| origin.as_ref().is_none_or(Origin::is_loopback));
        let settings = ProviderSettings {
            id: id.to_owned(),
            format,
            base_url,
            key_env,
            key_command: self.command(&format!("{path}.keyCommand"), own.key_command),
            key_name,
            key_file: None,
            limits: line::Limits {
                at_once: self.at_least_one(&format!("{path}.maxConcurrent"), own.max_concurrent),
                a_minute: self.at_least_one(&format!("{path}.requestsPerMinute"), own.requests_per_minute),
            },
            key_optional,
            key_over_http: own.key_over_http.unwrap_or(false),
            headers: self.headers(&path, own.headers.unwrap_or_default()),
            body: own.body.unwrap_or_default(),
            models: own.models.unwrap_or_default(),
            max_output_tokens: self.at_least_one(&format!("{path}.maxOutputTokens"), own.max_output_tokens),
            temperature: self.temperature(&path, own.temperature),
            effort: own.reasoning_effort,
            api_version: filled(own.api_version.as_deref()).map(str::to_owned),
            region: filled(own.region.as_deref()).map(str::to_owned),
            prices: self.prices(&path, own.prices.unwrap_or_default(), own.currency.as_deref()),
        };
        // Another key than the one that was meant may be another account's.
        let is_key_known =
            ["keyCommand", "keyEnv"].iter().all(|name| !self.is_spoiled(&format!("{path}.{name}")));
        is_key_known.then(|| (id.to_owned(), settings))
    }

    /// `None` where the provider can't be reached as the user meant it.
    fn base_url(
        &mut self,
        provider: &str,
        format: WireFormat,
        builtin: Option<&Builtin>,
        own: Option<&str>,
    ) -> Option<String> {
        let path = format!("{provider}.baseUrl");
        let own = filled(own);
        if format == WireFormat::Demo {
            if own.is_some() {
                self.complain(path, "the demo is built in and is reached nowhere");
            }
            return Some(String::new());
        }
        if self.is_spoiled(&path) {
            return None;
        }
        match (own, builtin) {
            (Some(own), _) => parse_base_url(own).map_err(|what| self.complain(path, what)).ok(),
            (None, Some(Builtin { example: Some(example), .. })) => {
                self.complain(path, format!("it is needed, and looks like `{example}`"));
                None
            }
            (None, Some(entry)) => Some(entry.base_url.to_owned()),
            (None, None) => {
                self.complain(path, "a provider of your own needs it");
                None
            }
        }
    }

    /// The variable's name. What it is not is never repeated: it may be the key itself.
    fn key_env(&mut self, provider: &str, own: &str) -> Option<String> {
        let name = filled(Some(own))?;
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || "_.()".contains(c));
        if is_name && !looks_like_key(name) {
            return Some(name.to_owned());
        }
        self.complain(
            format!("{provider}.keyEnv"),
            "expected the name of an environment variable, such as `ACME_API_KEY`; a key itself is saved with `aside key set`",
        );
        None
    }

    fn command(&mut self, path: &str, command: Option<Vec<String>>) -> Option<Vec<String>> {
        let command = command.filter(|command| !command.is_empty())?;
        if command.first().is_some_and(|program| looks_like_key(program)) {
            self.complain(
                path,
                "expected a program that prints the key; a key itself is saved with `aside key set`",
            );
            return None;
        }
        if command.first().is_some_and(|program| program.trim().is_empty()) {
            self.complain(path, "its first element is the program's name, here it is empty");
            return None;
        }
        Some(command)
    }

    /// The name of the key; `None` where it can't be used, since another key may be another account's.
    fn key_name(&mut self, provider: &str, own: Option<&str>) -> Option<Option<String>> {
        let path = format!("{provider}.keyName");
        let name = filled(own);
        if name.is_some_and(|name| name.contains(|c: char| c == '/' || c.is_whitespace())) {
            self.complain(path, "a key's name is one word without `/`");
            return None;
        }
        (!self.is_spoiled(&path)).then(|| name.map(str::to_owned))
    }

    /// Where something of it can't be used, the file can't either: no key is looked for in another place instead.
    fn key_file(&mut self, own: KeysOptions) -> Option<KeyFile> {
        let file = self.path("keys.file", own.file.as_deref());
        let identity = self.path("keys.identityFile", own.identity_file.as_deref());
        let passphrase_command = self.command("keys.passphraseCommand", own.passphrase_command);
        if file.is_none() && (identity.is_some() || passphrase_command.is_some()) && !self.is_touched("keys")
        {
            self.complain("keys.file", "it is needed beside what opens it");
        }
        if file.is_none() && !self.is_touched("keys") {
            return None;
        }
        Some(KeyFile { path: file.unwrap_or_default(), identity, passphrase_command })
    }

    /// A path that means the same file in every folder: what lies in an opened one must not be found by accident.
    fn path(&mut self, setting: &str, own: Option<&str>) -> Option<String> {
        let path = filled(own)?;
        if !path.starts_with("~/") && !is_absolute(path) {
            self.complain(setting, "expected an absolute path, or one that begins with `~/`");
            return None;
        }
        Some(path.to_owned())
    }

    fn headers(&mut self, provider: &str, headers: BTreeMap<String, String>) -> BTreeMap<String, String> {
        headers
            .into_iter()
            .filter(|(name, value)| {
                let wrong = if !is_header_name(name) {
                    Some("a header's name is letters, digits and `-` alone; it is not sent")
                } else if is_of_connection(name) {
                    Some("this header belongs to the connection, and Aside sets it itself where it is needed; it is not sent")
                } else if !is_header_value(value) {
                    Some("a header's value is one line of plain ASCII; it is not sent")
                } else {
                    None
                };
                if let Some(wrong) = wrong {
                    self.complain(format!("{provider}.headers.{name}"), wrong);
                }
                wrong.is_none()
            })
            .collect()
    }

    fn at_least_one(&mut self, path: &str, number: Option<u32>) -> Option<u32> {
        if number == Some(0) {
            self.complain(path, "expected a number from 1 on, found 0");
        }
        number.filter(|number| *number > 0)
    }

    fn temperature(&mut self, provider: &str, temperature: Option<f64>) -> Option<f64> {
        let usable = temperature.filter(|value| (0.0..=2.0).contains(value));
        if let (Some(value), None) = (temperature, usable) {
            self.complain(
                format!("{provider}.temperature"),
                format!("expected a number from 0 to 2, found {value}"),
            );
        }
        usable
    }

    fn actions(&mut self, options: Vec<ActionOptions>) -> Vec<UserAction> {
        options.into_iter().enumerate().filter_map(|(index, own)| self.action(index, &own)).collect()
    }

    fn action(&mut self, index: usize, own: &ActionOptions) -> Option<UserAction> {
        let title = self.required(&format!("actions[{index}].title"), own.title.as_deref());
        let instruction = self.required(&format!("actions[{index}].instruction"), own.instruction.as_deref());
        Some(UserAction {
            title: title?,
            instruction: instruction?,
            languages: own.languages.clone().unwrap_or_default(),
            kind: filled(own.kind.as_deref()).unwrap_or("refactor.rewrite").to_owned(),
            result: own.result.unwrap_or(ActionResult::Edit),
        })
    }

    fn required(&mut self, path: &str, text: Option<&str>) -> Option<String> {
        let text = filled(text).map(str::to_owned);
        if text.is_none() && !self.is_spoiled(path) {
            self.complain(path, "it is required, the action is left out");
        }
        text
    }

    fn ledger(&mut self, own: &LedgerOptions) -> Limits {
        let usual = Limits::default();
        Limits {
            max_age_days: self.in_range("ledger.maxAgeDays", own.max_age_days, 1..=3_650, usual.max_age_days),
            max_megabytes: self.in_range(
                "ledger.maxMegabytes",
                own.max_megabytes,
                1..=1_024,
                usual.max_megabytes,
            ),
        }
    }

    /// What can't be read keeps back more, never less.
    fn privacy(&mut self, options: PrivacyOptions) -> Privacy {
        let exclude = match options.exclude {
            None if self.is_spoiled("privacy.exclude") => None,
            exclude => Some(exclude.unwrap_or_default()),
        };
        Privacy { mask_secrets: options.mask_secrets.unwrap_or(true), exclude }
    }

    /// Consent is whole or it isn't given: one unreadable value below `telemetry` switches all of it off.
    fn telemetry(&mut self, own: &TelemetryOptions) -> Telemetry {
        let endpoint = filled(own.endpoint.as_deref());
        let endpoint = match endpoint.map(parse_base_url).transpose() {
            Ok(endpoint) => endpoint,
            Err(what) => {
                self.complain("telemetry.endpoint", what);
                None
            }
        };
        if self.is_touched("telemetry") {
            return Telemetry::default();
        }
        Telemetry { usage: own.usage.unwrap_or(false), errors: own.errors.unwrap_or(false), endpoint }
    }
}

type Providers = BTreeMap<String, ProviderSettings>;

/// Whether a provider may be called so: a model is written `provider/model`, and a saved key as a line of words.
pub fn is_provider_id(id: &str) -> bool {
    !id.is_empty() && !id.contains(|c: char| c == '/' || c.is_whitespace() || c.is_control())
}

/// A provider's address as it can be used, without the trailing slash. The error is a fragment.
pub fn parse_base_url(text: &str) -> Result<String, String> {
    let url = parse_url(text).map_err(|error| format!("not a usable URL: {error}"))?;
    Origin::of(&url).map_err(|error| format!("not a usable URL: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a key does not belong into the URL; save it with `aside key set`".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("expected a URL without `?` and `#`".to_owned());
    }
    let base = url.as_str().trim_end_matches('/');
    if let Some(end) = APPENDED.iter().find(|end| base.ends_with(**end)) {
        return Err(format!("leave out `{end}` at its end, which Aside appends"));
    }
    Ok(base.to_owned())
}

/// What stands in examples for other programs, that want the whole address of one service.
const APPENDED: &[&str] = &["/chat/completions", "/v1/responses", "/v1/messages", "/api/chat"];

/// On any platform: settings are shared between machines.
fn is_absolute(path: &str) -> bool {
    let mut start = path.chars();
    path.starts_with(['/', '\\'])
        || matches!(
            (start.next(), start.next(), start.next()),
            (Some('A'..='Z' | 'a'..='z'), Some(':'), Some('/' | '\\'))
        )
}

/// RFC 9110, section 5.6.2.
fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// What says how a request is sent, where its bytes end and who it is for (RFC 9110, sections 7.2 and 7.6; RFC 9112,
/// section 6): another value breaks the request or its answer, or is for the proxy's eyes alone.
fn is_of_connection(name: &str) -> bool {
    const OF_CONNECTION: &[&str] = &[
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    OF_CONNECTION.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// RFC 9110, section 5.5, kept to what every server takes.
fn is_header_value(value: &str) -> bool {
    value.bytes().all(|b| b == b'\t' || (b' '..=b'~').contains(&b))
}

#[cfg(test)]
mod tests;
