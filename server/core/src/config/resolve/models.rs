//! Which model is asked for what, what it is asked with, who is asked instead, and what it costs.

use super::super::options::{FallbacksOptions, ModelOptions, PriceOptions};
use super::super::read::{MODEL, found_words};
use super::super::{Fallbacks, FeatureModel, Parameters, Prices};
use super::*;

impl Resolver {
    /// A text that is no model stays one that nobody answers for.
    pub(super) fn model(&mut self, path: &str, text: Option<&str>, providers: &Providers) -> Option<ModelId> {
        let Some(text) = filled(text) else { return self.is_spoiled(path).then(|| no_model("")) };
        let Some(model) = ModelId::parse(text) else {
            let found = found_words(&Value::from(text));
            self.complain(path, format!("expected {MODEL}, found {found}"));
            return Some(no_model(text));
        };
        let provider = &model.provider;
        if !providers.contains_key(provider) && !self.is_touched(&format!("providers.{provider}")) {
            let hint = match builtin(provider).and_then(|entry| entry.example) {
                Some(example) => format!(" (set `providers.{provider}.baseUrl` to your `{example}`)"),
                None => nearest(provider, providers.keys().map(String::as_str))
                    .map_or(String::new(), |near| format!(" (did you mean `{near}`?)")),
            };
            self.complain(path, format!("no provider called `{provider}` is set up{hint}"));
        }
        Some(model)
    }

    pub(super) fn feature_model(
        &mut self,
        path: &str,
        own: Option<ModelOptions>,
        providers: &Providers,
    ) -> FeatureModel {
        let own = own.unwrap_or_default();
        let only_model = own == ModelOptions { model: own.model.clone(), ..ModelOptions::default() };
        let model_path = if only_model { path.to_owned() } else { format!("{path}.model") };
        let spoiled = self.is_spoiled(&format!("{path}.model")).then(|| no_model(""));
        FeatureModel {
            model: self.model(&model_path, own.model.as_deref(), providers).or(spoiled),
            parameters: Parameters {
                max_output_tokens: self
                    .at_least_one(&format!("{path}.maxOutputTokens"), own.max_output_tokens),
                temperature: self.temperature(path, own.temperature),
                effort: own.reasoning_effort,
                body: own.body.unwrap_or_default(),
            },
        }
    }

    /// A text that is no model is left out, and so is all of it where the reasons are not known.
    pub(super) fn fallbacks(&mut self, own: &FallbacksOptions, providers: &Providers) -> Fallbacks {
        let on = own.on.clone().unwrap_or_default();
        let named = own.models.as_deref().unwrap_or_default();
        if !named.is_empty() && on.is_empty() && !self.is_spoiled("fallbacks.on") {
            self.complain(
                "fallbacks.on",
                "name the problems for which another model is asked; until then none is",
            );
        }
        let mut models = Vec::new();
        for (index, text) in named.iter().enumerate() {
            let model = self.model(&format!("fallbacks.models[{index}]"), Some(text), providers);
            // One whose provider isn't set up stays, to be skipped aloud.
            models.extend(model.filter(|model| !model.provider.is_empty()));
        }
        Fallbacks { models, on }
    }

    pub(super) fn prices(
        &mut self,
        provider: &str,
        own: BTreeMap<String, PriceOptions>,
        currency: Option<&str>,
    ) -> BTreeMap<String, Prices> {
        let currency = filled(currency).unwrap_or("USD");
        let mut prices = BTreeMap::new();
        for (model, price) in own {
            let path = format!("{provider}.prices.{model}");
            let usable = |price: &f64| price.is_finite() && *price >= 0.0;
            let told = [price.input, price.output, price.cached, price.cache_write];
            match (price.input, price.output) {
                (Some(input), Some(output)) if told.iter().flatten().all(usable) => {
                    let or_input = |price: Option<f64>| price.unwrap_or(input);
                    let (cached, cache_write) = (or_input(price.cached), or_input(price.cache_write));
                    let currency = currency.to_owned();
                    prices.insert(model, Prices { input, output, cached, cache_write, currency });
                }
                _ if self.is_touched(&path) => {}
                _ => self.complain(path, "expected `input` and `output` per million tokens, from 0 on"),
            }
        }
        prices
    }
}

#[cfg(test)]
mod tests;
