//! What is to be asked of which model, and its last station: the secrets in it are masked.
//!
//! A long text takes a while to search, so it is masked in the job that asks, never in the request that begins it.

use std::hash::RandomState;
use std::ops::Range;
use std::sync::Arc;

use aside_core::config::{Feature, ModelId, ProviderSettings, Settings};
use aside_core::ledger::{Act, Item};
use aside_core::problem::{Problem, ProblemKind};
use aside_core::prompt::Prompt;
use aside_core::provider::{self, ModelRequest, Usage};
use aside_core::redact::{self, Masks};
use ropey::Rope;

use super::standing::Basis;
use crate::http;
use crate::protocol::{ContextItem, OtherModel, PreviewResult};
use crate::words;

/// A model call before its secrets are masked: it can't be sent or shown.
pub(crate) struct Draft {
    pub(crate) model: ModelId,
    provider: ProviderSettings,
    basis: Basis,
    request: ModelRequest,
    /// The user's other models, to be asked in this order if this one gives no answer.
    pub(crate) fallbacks: Vec<OtherModel>,
    act: Act,
    /// Where the parts were cut out, which may tell of secrets in them.
    cuttings: Vec<Cutting>,
    /// What is to be edited, of all that goes along.
    edited: Option<Cutting>,
    /// `None` where the user switched it off.
    masking: Option<Masking>,
}

/// A part of a document that goes along.
#[derive(Clone)]
pub(crate) struct Cutting {
    pub(crate) text: Rope,
    /// In bytes.
    pub(crate) part: Range<usize>,
}

impl Cutting {
    fn size(&self) -> usize {
        self.part.end.min(self.text.len_bytes()).saturating_sub(self.part.start)
    }
}

/// A model call, resolved: to whom, and what. Made by [`Draft::masked`] alone, so that no request goes round the masks.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) model: ModelId,
    pub(crate) provider: ProviderSettings,
    pub(super) basis: Basis,
    pub(super) request: ModelRequest,
    pub(super) masks: Masks,
    /// What is edited and stands around that; `None` where the answer is words.
    edited: Option<String>,
    /// The user's other models, to be asked in this order if this one gives no answer.
    pub(crate) fallbacks: Vec<OtherModel>,
    /// What the ledger says of it.
    pub(crate) act: Act,
}

/// Makes the placeholders for secrets: the same for the same secret as long as the server runs, and for nobody to guess.
#[derive(Debug, Clone, Default)]
pub(crate) struct Masking(RandomState);

/// Finds the model for a feature, or the one named instead.
pub(crate) fn choose(
    settings: &Settings,
    feature: Feature,
    named: Option<&str>,
) -> Result<(ModelId, ProviderSettings), Problem> {
    let model = match named {
        Some(named) => ModelId::parse(named).ok_or_else(|| {
            Problem::new(
                ProblemKind::UnknownModel,
                format!("`{named}` is not a model"),
                "Write it as `provider/model`, for example `ollama/qwen3`.",
            )
        })?,
        None => settings.model_for(feature).clone(),
    };
    let provider = settings.provider_for(feature, &model)?;
    Ok((model, provider))
}

/// So many bytes are masked on the spot: another thread would take longer.
const SHORT: usize = 16 * 1024;

impl Draft {
    /// `documents` are those of which something goes along because no rule keeps them back.
    pub(crate) fn new(
        (model, provider): (ModelId, ProviderSettings),
        prompt: Prompt,
        act: Act,
        settings: &Arc<Settings>,
        documents: Vec<String>,
        cuttings: Vec<Cutting>,
        masking: &Masking,
    ) -> Self {
        let request = prompt.request(&model.model, &provider);
        let on: Vec<_> = settings.fallbacks.on.iter().map(|reason| reason.words().to_owned()).collect();
        let other = |(model, provider): (&ModelId, &ProviderSettings)| OtherModel {
            model: model.to_string(),
            origin: origin_of(provider),
            on: on.clone(),
        };
        let is_in_reach = |(_, provider): &(&ModelId, &ProviderSettings)| {
            provider.origin().is_none_or(|origin| settings.network.reaches(&origin))
        };
        let fallbacks = settings.fallbacks_of(&model).filter(is_in_reach).map(other).collect();
        let masking = settings.privacy.mask_secrets.then(|| masking.clone());
        let (settings, feature) = (Arc::clone(settings), act.feature.of_model());
        let basis = Basis { settings, feature, documents, is_masked: masking.is_some() };
        Self { model, provider, basis, request, fallbacks, act, cuttings, edited: None, masking }
    }

    /// The answer is for an edit of this part of a document, and what stands around it.
    pub(crate) fn editing(self, edited: Cutting) -> Self {
        Self { edited: Some(edited), ..self }
    }

    /// Where it goes, for a person.
    pub(crate) fn origin(&self) -> String {
        origin_of(&self.provider)
    }

    /// The last station of every prompt: its secrets are masked, if the user's settings say so. A long one stalls nothing
    /// else meanwhile.
    pub(crate) async fn masked(self) -> Prepared {
        if self.size() <= SHORT {
            return self.mask();
        }
        match tokio::task::spawn_blocking(move || self.mask()).await {
            Ok(prepared) => prepared,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The server is ending, and this task with it.
                Err(_) => std::future::pending().await,
            },
        }
    }

    fn size(&self) -> usize {
        let messages: usize = self.request.messages.iter().map(|message| message.text.len()).sum();
        let cuttings: usize = self.cuttings.iter().map(Cutting::size).sum();
        messages + cuttings
    }

    fn mask(self) -> Prepared {
        let Self { model, provider, basis, request, fallbacks, act, cuttings, edited, masking } = self;
        let edited = edited.map(|Cutting { text, part }| text.byte_slice(part).to_string());
        let (request, masks) = match masking {
            Some(masking) => {
                let near = |cutting: &Cutting| redact::near(&cutting.text, &cutting.part);
                let known: Vec<String> = cuttings.iter().flat_map(near).collect();
                let (request, masks) = redact::mask(request, &known, &masking.0);
                match &edited {
                    Some(edited) => (request, masks.editing(edited)),
                    None => (request, masks),
                }
            }
            None => (request, Masks::default()),
        };
        let items = act.items.into_iter().map(|item| Item { label: masks.hidden(&item.label), ..item });
        let act = Act { masked: masks.count() as u64, items: items.collect(), ..act };
        Prepared { model, provider, basis, request, masks, edited, fallbacks, act }
    }
}

impl Prepared {
    /// The same question for another model, as that one's provider is asked.
    pub(super) fn to_other(&self, model: ModelId, provider: ProviderSettings) -> Self {
        let prompt = Prompt { system: self.request.system.clone(), messages: self.request.messages.clone() };
        let request = prompt.request(&model.model, &provider);
        let act = Act { model: model.model.clone(), ..self.act.clone() };
        let (basis, masks, edited) = (self.basis.clone(), self.masks.clone(), self.edited.clone());
        Self { model, provider, basis, request, masks, edited, fallbacks: Vec::new(), act }
    }

    /// What so many tokens cost, where the user's settings name the model's prices.
    pub(crate) fn cost(&self, usage: &Usage) -> Option<String> {
        Some(self.provider.prices.get(&self.model.model)?.cost(usage))
    }

    /// What the user should know of a placeholder in an edit: it stands for nothing, or for what doesn't belong there.
    pub(crate) fn placeholder_left(&self, answer: &str) -> Option<String> {
        if let Some(name) = self.masks.left_in(answer) {
            return Some(format!(
                "The model wrote a secret that is not of this text into an address; `{name}` was left in its place."
            ));
        }
        let name = redact::invented(answer, &self.edited.as_deref().into_iter().collect::<Vec<_>>())?;
        Some(format!("The model wrote `{name}` as if it stood for a secret, but it stands for none."))
    }

    /// What a progress display begins with.
    pub(crate) fn asking(&self) -> String {
        match self.masked() {
            0 => format!("asking {}", self.model),
            masked => format!("asking {} ({})", self.model, words::masked_words(masked)),
        }
    }

    /// Estimated tokens of all that is said to the model.
    pub(crate) fn tokens(&self) -> u64 {
        self.request.tokens()
    }

    /// How many secrets are masked.
    pub(crate) fn masked(&self) -> usize {
        self.masks.count()
    }

    /// Where it goes, for a person: `https://api.openai.com`, or that it stays here.
    pub(crate) fn origin(&self) -> String {
        origin_of(&self.provider)
    }

    /// What would be sent, byte for byte.
    pub(crate) fn preview(&self, items: Vec<ContextItem>) -> PreviewResult {
        let request = self.provider.format.http().map(|format| provider::request(format, &self.request));
        let (mut path, mut headers, mut body) = (String::new(), Vec::new(), String::new());
        if let (Some(request), Some(origin)) = (request, self.provider.origin()) {
            path = request.path_at(&self.provider.base_url);
            headers = http::shown(&self.provider, &request, &origin);
            body = String::from_utf8_lossy(&request.body).into_owned();
        }
        PreviewResult {
            model: self.model.to_string(),
            origin: self.origin(),
            path,
            headers,
            body,
            tokens: self.tokens(),
            along: [
                words::along(&items, None, &self.origin(), self.masked()),
                words::fallbacks(&self.fallbacks).into_iter().collect(),
            ]
            .concat(),
            fallbacks: self.fallbacks.clone(),
            items,
            masked: self.masked(),
        }
    }
}

/// Where a provider is, for a person.
fn origin_of(provider: &ProviderSettings) -> String {
    provider.origin().map_or_else(|| "this program (nothing is sent)".to_owned(), |origin| origin.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aside_core::ledger;
    use aside_core::provider::Message;
    use futures_util::FutureExt;

    fn draft(text: String) -> Draft {
        let settings = Arc::new(Settings::default());
        let chosen = choose(&settings, Feature::Chat, Some("demo/demo")).unwrap();
        let prompt = Prompt { system: String::new(), messages: vec![Message::user(text)] };
        let act = Act::bare(ledger::Feature::Chat);
        Draft::new(chosen, prompt, act, &settings, Vec::new(), Vec::new(), &Masking::default())
    }

    #[tokio::test]
    async fn a_long_text_is_masked_while_everything_else_goes_on_and_a_short_one_at_once() {
        let key = ["ghp", "_q7Zt4Lw9Xc2Vb8Nm1Ks6Jd3Hf5Gr0Pt7YuQ"].concat();
        let short = draft(format!("key {key}")).masked().now_or_never().expect("at once");
        assert_eq!(short.masked(), 1);
        let mut long = Box::pin(draft(format!("key {key}\n{}", "a line\n".repeat(100_000))).masked());
        assert!((&mut long).now_or_never().is_none(), "everything else waits for it");
        assert_eq!(long.await.masked(), 1);
    }
}
