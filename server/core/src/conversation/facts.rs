//! What is known of a turn beside its words: what went along and to whom, reasoning, tokens, and what went wrong.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::context::{self, Context, Item};
use crate::problem::Problem;
use crate::provider::Usage;

use super::Turn;
use super::barred::{Barred, Shown};

/// Kept with the turn. A turn of an earlier version has none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Facts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reasoning: String,
    /// The models that gave no answer, and which were asked instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instead: Vec<Instead>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// What the tokens cost by the user's prices of that time, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
    /// Why it failed, without the provider's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// What went along with a question, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    /// `provider/model` that was asked first.
    pub model: String,
    pub origin: String,
    pub items: Vec<Item>,
    pub tokens: u64,
    pub budget: u64,
    /// How many secrets were replaced by placeholders.
    pub masked: usize,
}

/// Another model was asked instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instead {
    pub from: String,
    pub to: String,
    pub origin: String,
    pub problem: Problem,
    /// Those before it that can't be asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
}

/// A model that can't be asked, and why, as a short fragment. Nothing was sent to its provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Skipped {
    pub model: String,
    pub why: String,
}

impl std::fmt::Display for Skipped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} can't be asked ({})", self.model, self.why)
    }
}

/// Facts that this version can't read are left out: the words are worth more.
pub(super) fn readable<'de, D: Deserializer<'de>>(from: D) -> Result<Facts, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

impl Turn {
    /// What went along with it, to go along again as it was, but for what is barred by now.
    pub fn context(&self, barred: Barred<'_>) -> Context {
        let item = |block: &context::Block| Item::along(block.label.clone(), context::block_tokens(block));
        let shown = Shown::new(self, barred);
        // Another turn's part in it is reckoned anew.
        let known = self.facts.sent.as_ref().map(|sent| {
            let own = |item: &&Item| shown.blocks.iter().any(|block| block.label == item.label);
            sent.items.iter().filter(own).map(|item| Item { goes_along: true, ..item.clone() }).collect()
        });
        let mut items: Vec<Item> = known.unwrap_or_else(|| shown.blocks.iter().map(item).collect());
        items.extend(shown.barred);
        let blocks = shown.blocks.into_owned();
        Context { tokens: blocks.iter().map(context::block_tokens).sum(), blocks, items }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = r#"{"id":"1","question":"a","blocks":[{"label":"a.rs","language":"rust","text":"x\n"}],
        "model":"m","answer":"b","state":{"state":"failed"}FACTS}"#;

    fn read(facts: &str) -> Turn {
        serde_json::from_str(&OLD.replace("FACTS", facts)).expect("a turn")
    }

    #[test]
    fn a_turn_of_an_earlier_version_has_no_facts_and_can_be_asked_again() {
        let turn = read("");
        assert_eq!(turn.facts, Facts::default());
        let context = turn.context(&|_| None);
        let labels: Vec<_> = context.items.iter().map(|item| item.label.as_str()).collect();
        assert_eq!((labels, context.blocks), (vec!["a.rs"], turn.blocks));
    }

    #[test]
    fn facts_of_a_later_version_cost_no_word() {
        for facts in [r#","facts":{"problem":{"kind":"newer"}}"#, r#","facts":7"#, r#","facts":null"#] {
            let turn = read(facts);
            assert_eq!((turn.answer.as_str(), turn.facts), ("b", Facts::default()));
        }
    }

    #[test]
    fn facts_are_read_as_they_were_written_and_name_no_path() {
        let mut turn = read("");
        let uri = Some("file:///home/me/a.rs".to_owned());
        let items =
            turn.context(&|_| None).items.into_iter().map(|item| Item { uri: uri.clone(), ..item }).collect();
        turn.facts.reasoning = "hm".to_owned();
        let (model, origin) = ("m".to_owned(), "o".to_owned());
        turn.facts.sent = Some(Sent { model, origin, items, tokens: 1, budget: 2, masked: 3 });
        let text = serde_json::to_string(&turn).expect("JSON");
        assert!(!text.contains("/home/me"), "{text}");
        let mut again: Turn = serde_json::from_str(&text).expect("a turn");
        for item in again.facts.sent.iter_mut().flat_map(|sent| &mut sent.items) {
            item.uri.clone_from(&uri);
        }
        assert_eq!(again.facts, turn.facts);
    }
}
