//! Models by feature, fallbacks and prices, as a user writes them.

use crate::config::{FallbackReason, Feature, ModelId, Settings};
use crate::problem::ProblemKind;
use crate::provider::{Effort, Usage};
use serde_json::{Value, json};

fn said(value: Value) -> (Settings, Vec<String>) {
    let (settings, problems) = Settings::resolve(value);
    (settings, problems.into_iter().map(|problem| problem.title).collect())
}

#[track_caller]
fn check(value: Value) -> Settings {
    let (settings, problems) = said(value);
    assert!(problems.is_empty(), "{problems:?}");
    settings
}

#[test]
fn a_feature_s_model_has_parameters_of_its_own() {
    let settings = check(json!({
        "model": "openai/gpt-5",
        "models": {
            "chat": {"temperature": 0.2, "reasoningEffort": "high"},
            "inline": {"model": "ollama/qwen3", "maxOutputTokens": 50, "body": {"top_k": 1, "seed": 2}},
            "actions": "ollama/qwen3"
        },
        "providers": {
            "openai": {"temperature": 1, "maxOutputTokens": 900},
            "ollama": {"body": {"top_k": 3, "keep_alive": "1h"}}
        }
    }));
    let asked = |feature| settings.provider_for(feature, settings.model_for(feature)).unwrap();
    let chat = asked(Feature::Chat);
    assert_eq!(
        (chat.id.as_str(), chat.temperature, chat.max_output_tokens),
        ("openai", Some(0.2), Some(900))
    );
    assert_eq!(chat.effort, Some(Effort::High));
    let inline = asked(Feature::Inline);
    assert_eq!(inline.max_output_tokens, Some(50));
    assert_eq!(Value::from(inline.body), json!({"keep_alive": "1h", "seed": 2, "top_k": 1}));
    assert_eq!(Value::from(asked(Feature::Actions).body), json!({"top_k": 3, "keep_alive": "1h"}));
}

#[test]
fn a_model_chosen_for_once_is_asked_as_its_provider_s_settings_say() {
    let settings = check(json!({"models": {"chat": {"model": "openai/gpt-5", "temperature": 0.2}}}));
    let other = ModelId::parse("ollama/qwen3").unwrap();
    assert_eq!(settings.provider_for(Feature::Chat, &other).unwrap().temperature, None);
    assert_eq!(
        settings.provider_for(Feature::Inline, settings.model_for(Feature::Chat)).unwrap().temperature,
        None
    );
}

#[test]
fn a_bad_parameter_costs_only_itself() {
    let (settings, problems) = said(json!({
        "models": {"chat": {"model": "openai/gpt-5", "temperature": 3, "maxOutputTokens": 0, "body": [1], "tempo": 1}}
    }));
    assert_eq!(settings.model_for(Feature::Chat).to_string(), "openai/gpt-5");
    problems.iter().for_each(|problem| assert!(problem.starts_with("setting models.chat."), "{problem}"));
    assert_eq!(problems.len(), 4, "{problems:?}");
}

#[test]
fn a_model_that_can_not_be_read_is_nobody_s_in_an_object_too() {
    for broken in [json!({"model": 3}), json!({"model": "gpt"}), json!({"modle": "openai/gpt"}), json!(3)] {
        let (settings, problems) = said(json!({"model": "openai/gpt-5", "models": {"chat": broken}}));
        assert_eq!(problems.len(), 1, "{problems:?}");
        let model = settings.model_for(Feature::Chat);
        assert!(settings.provider_for(Feature::Chat, model).is_err(), "{model}");
        assert_eq!(model.to_string(), "no model", "what was written may be a key");
    }
}

#[test]
fn fallbacks_are_for_the_named_problems_alone() {
    let settings = check(json!({
        "fallbacks": {"models": ["ollama/qwen3", "openai/gpt-5"], "on": ["overloaded", "rateLimited"]}
    }));
    let models: Vec<String> = settings.fallbacks.models.iter().map(ToString::to_string).collect();
    assert_eq!(models, ["ollama/qwen3", "openai/gpt-5"]);
    let on = |kind| FallbackReason::of(kind).is_some_and(|reason| settings.fallbacks.on.contains(&reason));
    assert!(on(ProblemKind::Overloaded) && on(ProblemKind::RateLimited));
    assert!(!on(ProblemKind::KeyRefused) && !on(ProblemKind::NoKey) && !on(ProblemKind::Setting));
}

#[test]
fn fallbacks_that_can_not_be_read_are_not_used() {
    let (settings, problems) = said(json!({"fallbacks": {"models": ["ollama/qwen3"]}}));
    assert!(settings.fallbacks.on.is_empty() && problems.len() == 1, "{problems:?}");
    let (settings, problems) =
        said(json!({"fallbacks": {"models": ["ollama/qwen3"], "on": ["overloaded", "always"]}}));
    assert!(settings.fallbacks.on.is_empty() && problems.len() == 1, "{problems:?}");
    let (settings, problems) =
        said(json!({"fallbacks": {"models": ["ollama/qwen3", "olama/x", "gpt"], "on": ["overloaded"]}}));
    assert_eq!((settings.fallbacks.models.len(), problems.len()), (2, 2), "{problems:?}");
}

#[test]
fn prices_are_the_user_s_own() {
    let (settings, problems) = said(json!({"providers": {"openai": {"currency": "EUR", "prices": {
        "gpt-5": {"input": 1, "output": 10},
        "half": {"input": 1},
        "negative": {"input": -1, "output": 1}
    }}}}));
    let openai = &settings.providers["openai"];
    assert_eq!(openai.prices.keys().collect::<Vec<_>>(), ["gpt-5"]);
    assert_eq!(problems.len(), 2, "{problems:?}");
    let usage = Usage { input: 1_000_000, cached: 500_000, written: 0, output: 100_000, reasoning: 0 };
    assert_eq!(openai.prices["gpt-5"].cost(&usage), "2.00 EUR");
    let own = json!({"providers": {"anthropic": {"prices": {
        "claude": {"input": 4, "output": 20, "cached": 0.4, "cacheWrite": 5},
        "negative": {"input": 4, "output": 20, "cacheWrite": -5},
    }}}});
    let (settings, problems) = said(own);
    let anthropic = &settings.providers["anthropic"];
    assert_eq!((anthropic.prices.len(), problems.len()), (1, 1), "{problems:?}");
    let usage = Usage { written: 400_000, ..usage };
    // 100,000 plain ones, 500,000 out of the cache, 400,000 into it, 100,000 of the answer.
    assert_eq!(anthropic.prices["claude"].cost(&usage), "4.60 USD");
}
