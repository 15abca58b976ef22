//! The commands that ask a provider: for its models, and whether it takes a key.

use super::Terminal;
use super::key_file::KeyPlace;
use crate::http::{Fault, Http};
use crate::keys::{Key, Keys, Lookup};
use crate::ledger::Ledger;
use crate::{doctor, models};
use aside_core::config::{BUILTIN, ModelId, ProviderSettings, Settings};
use aside_core::counted::counted;
use aside_core::ledger::{Act, Feature};
use aside_core::problem::{Problem, ProblemKind};
use aside_core::prompt::Prompt;
use aside_core::provider::{self, Decoder, Message, ModelEvent};
use std::path::Path;

/// Room for a word, and for a model that reasons before it.
const FEW_TOKENS: u32 = 256;

/// One provider of the user's, and the ways to it.
struct Asked {
    http: Http,
    settings: Settings,
    provider: ProviderSettings,
    /// What it is asked for.
    feature: Feature,
}

impl Asked {
    fn new(
        id: &str,
        file: Option<&Path>,
        environment: Lookup,
        feature: Feature,
        terminal: &mut Terminal<'_>,
    ) -> Result<Self, Problem> {
        let settings = doctor::settings_of(file, environment, terminal)?;
        let model = ModelId { provider: id.to_owned(), model: String::new() };
        let provider = settings.provider_of(&model)?.clone();
        if provider.origin().is_none() {
            let title = format!("`{id}` is built in and asks nobody");
            return Err(Problem::new(ProblemKind::Setting, title, "It works as it is."));
        }
        let http = Http::new(Ledger::of_user(environment));
        Ok(Self { http, settings, provider, feature })
    }

    async fn models(&self, key: Option<&Key>) -> Result<Option<Vec<String>>, Fault> {
        models::ask(&self.http, &self.settings.network, &self.provider, key, self.feature).await
    }

    fn problem(&self, fault: Fault, model: &str) -> Problem {
        fault.problem(&self.provider.id, model)
    }
}

/// The providers that can be chosen, or the models of one of them.
pub(super) async fn models(
    provider: Option<&str>,
    file: Option<&Path>,
    environment: Lookup,
    terminal: &mut Terminal<'_>,
) -> Result<(), Problem> {
    let Some(id) = provider else {
        for entry in BUILTIN {
            terminal.say(format!("{:18} {}", entry.id, entry.name));
        }
        return Ok(());
    };
    let asked = Asked::new(id, file, environment, Feature::Models, terminal)?;
    let key = Keys::new(environment).find(&asked.provider).await?;
    match asked.models(key.as_ref()).await.map_err(|fault| models::unlisted(fault, id))? {
        Some(names) if names.is_empty() => return Err(models::none_listed(id)),
        Some(names) => names.iter().for_each(|name| terminal.say(format!("{id}/{name}"))),
        None => terminal.say(format!("{id} has no list of models; its documentation names them.")),
    }
    Ok(())
}

/// Which provider is asked, with which of its keys.
pub(super) struct Request<'a> {
    pub(super) provider: &'a str,
    pub(super) settings: Option<&'a Path>,
    pub(super) place: &'a KeyPlace,
}

/// Says where the provider's key comes from, and what the provider answers to it.
pub(super) async fn check(
    request: &Request<'_>,
    model: Option<&str>,
    environment: Lookup,
    terminal: &mut Terminal<'_>,
) -> Result<(), Problem> {
    let mut asked = Asked::new(request.provider, request.settings, environment, Feature::KeyCheck, terminal)?;
    if let Some(name) = &request.place.name {
        asked.provider.key_name = Some(name.clone());
    }
    if let Some(file) = request.place.file.key_file() {
        asked.provider.key_file = Some(file);
    }
    let key = Keys::new(environment).find(&asked.provider).await?;
    let source = key.as_ref().map_or("no key".to_owned(), |key| format!("the key from the {}", key.source));
    terminal.say(format!("Asking {} with {source}.", asked.provider.base_url));
    let said = match model {
        Some(model) => answer(&asked, model, key.as_ref()).await?,
        None => list(&asked, key.as_ref()).await?,
    };
    terminal.say(said);
    Ok(())
}

/// What the list of models says about the key. Some providers give it to anyone.
async fn list(asked: &Asked, key: Option<&Key>) -> Result<String, Problem> {
    let id = &asked.provider.id;
    let try_it = format!("`aside key check {id} --model NAME` asks a model for one word, with the key.");
    let names = match asked.models(key).await {
        Ok(names) => names,
        Err(fault) => match fault.not_permitted() {
            Some(words) => {
                return Ok(format!("{id} knows it, but not for a list of its models ({words}). {try_it}"));
            }
            None => return Err(asked.problem(fault, "")),
        },
    };
    let Some(names) = names else { return Ok(format!("It has no list of models. {try_it}")) };
    let models = counted(names.len() as u64, "model");
    if key.is_none() {
        return Ok(format!("It answers without a key and lists {models}."));
    }
    if asked.models(None).await.is_ok() {
        return Ok(format!("It lists {models}, but to anyone: that says nothing about the key. {try_it}"));
    }
    Ok(format!("It is taken: the list holds {models}."))
}

/// A model's answer to a very short question.
async fn answer(asked: &Asked, model: &str, key: Option<&Key>) -> Result<String, Problem> {
    let Some(format) = asked.provider.format.http() else { return Ok(String::new()) };
    let question = Message::user("Answer with the word ok.");
    let prompt = Prompt { system: String::new(), messages: vec![question] };
    let mut request = prompt.request(model, &asked.provider);
    request.max_output_tokens = request.max_output_tokens.or(Some(FEW_TOKENS));
    let request = provider::request(format, &request);
    let act = Act { model: model.to_owned(), ..Act::bare(asked.feature) };
    let asking = async {
        let mut response =
            asked.http.post(&asked.settings.network, &asked.provider, &request, key, act).await?;
        if !response.is_success() {
            return Err(Fault::from(response.failure().await));
        }
        let (mut decoder, mut events) = (Decoder::new(format), Vec::new());
        // A server may leave the connection open after the answer's end.
        while !decoder.is_done()
            && let Some(bytes) = response.chunk().await?
        {
            decoder.feed(&bytes, &mut events).map_err(|failure| response.told(failure))?;
        }
        decoder.finish(&mut events).map_err(|failure| response.told(failure))?;
        Ok(events)
    };
    let events = asking.await.map_err(|fault| asked.problem(fault, model))?;
    Ok(format!("It is taken: `{model}` answered \"{}\".", text(&events).trim()))
}

fn text(events: &[ModelEvent]) -> String {
    let piece = |event: &ModelEvent| match event {
        ModelEvent::Text(text) => Some(text.clone()),
        ModelEvent::Reasoning(_) | ModelEvent::ToolCall(_) | ModelEvent::Usage(_) | ModelEvent::Stop(_) => {
            None
        }
    };
    events.iter().filter_map(piece).collect()
}

#[cfg(test)]
mod tests;
