//! The models to choose from: what the settings name, and what providers list when the user asks.

use std::sync::Arc;
use std::time::Duration;

use aside_core::config::{Feature, Network, ProviderSettings, Settings};
use aside_core::ledger::{self, Act};
use aside_core::problem::{Problem, ProblemKind};
use aside_core::provider::{Failure, failure, models};
use futures_util::future::join_all;

use crate::Server;
use crate::http::{Fault, Http};
use crate::keys::Key;
use crate::protocol::{ModelName, ModelsParams, ModelsResult};

/// No list of models is longer, in bytes.
const LONGEST: usize = 8 << 20;

/// The providers that are looked for on this machine, at their usual ports or where the settings have them.
pub(crate) const LOCAL: [&str; 3] = ["ollama", "lmstudio", "llamacpp"];
/// A server of this machine answers at once, or it isn't one.
const LOCAL_LIMIT: Duration = Duration::from_secs(2);

/// The models to choose from: of the settings, of one provider, of this machine.
pub(crate) async fn list(server: &Arc<Server>, params: ModelsParams) -> ModelsResult {
    let settings = Arc::clone(server.session().settings());
    if let Some(id) = &params.provider {
        return match of_provider(server, &settings, id, params.refresh).await {
            Ok(models) => ModelsResult { models: names(id, &models).collect(), problem: None },
            Err(problem) => ModelsResult { models: Vec::new(), problem: Some(problem) },
        };
    }
    let mut models = named(&settings);
    if params.local {
        for (provider, listed) in local(&server.env.http, &settings, ledger::Feature::Models).await {
            let listed = names(&provider.id, &listed);
            models.extend(
                listed.filter(|found| models.iter().all(|known| known.id != found.id)).collect::<Vec<_>>(),
            );
        }
    }
    ModelsResult { models, problem: None }
}

fn names(provider: &str, models: &[String]) -> impl Iterator<Item = ModelName> {
    models.iter().map(move |model| ModelName { id: format!("{provider}/{model}"), roles: Vec::new() })
}

/// What one provider lists. It is asked once a session, unless the user wants to know anew.
async fn of_provider(
    server: &Server,
    settings: &Settings,
    id: &str,
    refresh: bool,
) -> Result<Vec<String>, Problem> {
    let provider = settings.providers.get(id).ok_or_else(|| {
        let title = format!("there is no provider named `{id}`");
        Problem::new(ProblemKind::UnknownModel, title, "Add it under `providers` in the settings.")
    })?;
    if provider.format.http().is_none() {
        return Ok(vec!["demo".to_owned()]);
    }
    let kept = server.session().listed_models(provider).filter(|_| !refresh).cloned();
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let key = server.env.keys.find(provider).await?;
    let list = async |key: Option<&Key>| {
        ask(&server.env.http, &settings.network, provider, key, ledger::Feature::Models).await
    };
    let mut asked = list(key.as_ref()).await;
    if let (Err(Fault::Failure(failure)), Some(refused)) = (&asked, &key)
        && failure.cause.is_about_key()
    {
        match server.env.keys.newer(provider, refused).await {
            Ok(Some(newer)) => asked = list(Some(&newer)).await,
            Ok(None) => {}
            Err(why) => asked = Err(failure.clone().and_then_no_key(&why).into()),
        }
    }
    if asked.as_ref().is_err_and(|fault| fault.not_permitted().is_some()) && !provider.models.is_empty() {
        return Ok(provider.models.clone());
    }
    let listed = asked.map_err(|fault| unlisted(fault, id))?;
    let why = match &listed {
        None => Some(no_list_there(provider)),
        Some(listed) if listed.is_empty() => Some(none_listed(id)),
        Some(_) => None,
    };
    let listed = match (listed, why) {
        (Some(listed), None) => listed,
        (_, Some(why)) if provider.models.is_empty() => return Err(why),
        // Where the provider tells none, the user's own are what there is to choose from.
        (Some(_) | None, _) => return Ok(provider.models.clone()),
    };
    server.session().models_listed(provider, &listed);
    Ok(listed)
}

/// The providers that run on this machine, and their models. No key goes along; one that wants a key is not told.
pub(crate) async fn local<'s>(
    http: &Http,
    settings: &'s Settings,
    feature: ledger::Feature,
) -> Vec<(&'s ProviderSettings, Vec<String>)> {
    let here = LOCAL.iter().filter_map(|id| settings.providers.get(*id));
    let here = here.filter(|provider| provider.origin().is_some_and(|origin| origin.is_loopback()));
    // At once: some systems take seconds to say that nobody listens.
    let asked = here.map(|provider| async move {
        let asking = ask(http, &settings.network, provider, None, feature);
        match tokio::time::timeout(LOCAL_LIMIT, asking).await {
            Ok(Ok(Some(models))) => Some((provider, models)),
            // Nobody listens there, or somebody else does.
            Ok(Ok(None) | Err(_)) | Err(_) => None,
        }
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// The models' names, as the provider orders them; `None` where it has no such list, as some servers do.
pub(crate) async fn ask(
    http: &Http,
    network: &Network,
    provider: &ProviderSettings,
    key: Option<&Key>,
    feature: ledger::Feature,
) -> Result<Option<Vec<String>>, Fault> {
    let Some(request) = provider.format.http().and_then(models::request) else { return Ok(None) };
    let answer = http.get(network, provider, &request, key, Act::bare(feature)).await?;
    if matches!(answer.status(), 404 | 405) {
        return Ok(None);
    }
    if !answer.is_success() {
        return Err(answer.failure().await.into());
    }
    let read = |body: &[u8]| models::read(body).map(Some).ok_or_else(|| no_list(body));
    Ok(answer.whole(LONGEST, read).await?)
}

/// Why there is no list: a key that may not see it may be good for questions.
pub(crate) fn unlisted(fault: Fault, id: &str) -> Problem {
    match fault.not_permitted() {
        Some(words) => Problem::new(
            ProblemKind::KeyRefused,
            format!("{id} knows the key, which may not list the models"),
            format!(
                "Questions may work all the same: name the models that you use in `providers.{id}.models`."
            ),
        )
        .with_detail(words),
        None => fault.problem(id, ""),
    }
}

/// The provider answers and has nothing to choose from.
pub(crate) fn none_listed(id: &str) -> Problem {
    Problem::new(
        ProblemKind::UnknownModel,
        format!("{id} lists no model"),
        format!("Load one there, or name the ones that you use in `providers.{id}.models`."),
    )
}

/// The provider has no list where lists are: some have none, and another address may be meant.
fn no_list_there(provider: &ProviderSettings) -> Problem {
    let (id, models) =
        (&provider.id, format!("name the ones that you use in `providers.{}.models`", provider.id));
    let next = match provider.format.http().and_then(models::request) {
        Some(request) => format!(
            "Some have none: {models}. If questions find nothing there either, correct `providers.{id}.baseUrl`; the list was \
             asked for at {}{}.",
            provider.base_url,
            request.path.split('?').next().unwrap_or_default()
        ),
        None => format!("Services of this kind tell none: {models}."),
    };
    Problem::new(ProblemKind::UnknownModel, format!("{id} has no list of models"), next)
}

fn no_list(body: &[u8]) -> Failure {
    match failure::is_page(String::from_utf8_lossy(body).trim_start()) {
        true => failure::page(body),
        false => Failure::unreadable("the answer is not a list of models"),
    }
}

/// The models that the settings name, each with the roles that use it.
fn named(settings: &Settings) -> Vec<ModelName> {
    let mut models: Vec<ModelName> = Vec::new();
    let mut add = |id: String, role: Option<&str>| {
        let role = role.map(str::to_owned);
        match models.iter_mut().find(|model| model.id == id) {
            Some(model) => model.roles.extend(role),
            None => models.push(ModelName { id, roles: role.into_iter().collect() }),
        }
    };
    for (feature, role) in
        [(Feature::Chat, "chat"), (Feature::Inline, "inline"), (Feature::Actions, "actions")]
    {
        let model = settings.model_for(feature);
        // One that can't be read is nobody's, and can't be chosen.
        if !model.provider.is_empty() {
            add(model.to_string(), Some(role));
        }
    }
    for provider in settings.providers.values() {
        for model in &provider.models {
            add(format!("{}/{model}", provider.id), None);
        }
    }
    add("demo/demo".to_owned(), None);
    models
}
