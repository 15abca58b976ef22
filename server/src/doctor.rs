//! `aside doctor`: what is set up, in plain words. It asks before it connects to anything.

mod editors;
mod local;

use crate::Server;
use crate::cli::Terminal;
use crate::http::Http;
use crate::keys::keyring::{self, Unusable};
use crate::keys::{Key, Keys, Lookup, environment};
use crate::ledger::Ledger;
use crate::models;
use crate::paths::Paths;
use aside_core::config::{BUILTIN, Feature, KeyFile, ModelId, ProviderSettings, Settings, builtin, written};
use aside_core::ledger::Feature as Purpose;
use aside_core::problem::{Problem, ProblemKind};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A person may have to unlock the keyring first.
const KEYRING_LIMIT: Duration = Duration::from_secs(60);

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) settings: Option<PathBuf>,
    /// Connect without asking.
    pub(crate) yes: bool,
}

/// Says it all. Fails only where the given settings can't be read: what is missing is no failure.
pub(crate) async fn run(
    request: &Request,
    environment: Lookup,
    terminal: &mut Terminal<'_>,
) -> Result<(), Problem> {
    terminal.say(format!("Aside {}", env!("CARGO_PKG_VERSION")));
    let settings = settings(request.settings.as_deref(), environment, terminal)?;
    let keyring = keyring_state(&settings, terminal).await;
    let keys = Keys::new(environment);
    let found = providers(&settings, &keys, keyring, terminal).await;
    let ledger = Ledger::of_user(environment);
    connections(&settings, &found, request.yes, ledger, terminal).await;
    local::say(&settings, request.yes, Ledger::of_user(environment), terminal).await;
    editors::say(environment, terminal).await;
    files(environment, terminal);
    Ok(())
}

fn heading(terminal: &mut Terminal<'_>, text: &str) {
    terminal.say("");
    terminal.say(text);
}

fn settings(
    file: Option<&Path>,
    environment: Lookup,
    terminal: &mut Terminal<'_>,
) -> Result<Settings, Problem> {
    heading(terminal, "Settings");
    let own = own_file(environment);
    let (settings, problems) = match file.or(own.as_deref()) {
        Some(file) => {
            terminal.say(format!("  from {}", file.display()));
            Settings::resolve(read(file)?)
        }
        None => {
            terminal.say("  the built-in ones: yours are known to your editor alone.");
            terminal.say("  `aside doctor --settings FILE.json` looks at a copy of them.");
            (Settings::default(), Vec::new())
        }
    };
    say_settings(&settings, &problems, terminal);
    Ok(settings)
}

fn say_settings(settings: &Settings, problems: &[Problem], terminal: &mut Terminal<'_>) {
    for problem in problems {
        terminal.say(format!("  ! {problem}"));
    }
    for (what, feature) in
        [("chat", Feature::Chat), ("instruction", Feature::Inline), ("action", Feature::Actions)]
    {
        let model = settings.model_for(feature);
        let usable = !model.provider.is_empty();
        terminal.say(format!(
            "  {what:12} {}",
            if usable { model.to_string() } else { "none that can be used".to_owned() }
        ));
    }
    for (index, model) in settings.fallbacks.models.iter().enumerate() {
        let what = if index == 0 { "instead" } else { "" };
        terminal.say(format!("  {what:12} {model}"));
    }
    if !settings.fallbacks.models.is_empty() {
        let on: Vec<_> = settings.fallbacks.on.iter().map(|reason| reason.words()).collect();
        let when = if on.is_empty() { "never: `fallbacks.on` is empty".to_owned() } else { on.join(", or ") };
        terminal.say(format!("  {:12} asked where one above gives no answer because {when}", ""));
    }
    match &settings.network.unread {
        Some(unread) => {
            terminal.say(format!("  ! {unread} can't be read: nothing but this machine is reached."));
        }
        None if settings.network.offline => {
            terminal.say("  offline: nothing but this machine is reached.");
        }
        None => {}
    }
}

/// The same for an editor, with the settings that it told, and without connecting to anything.
pub(crate) async fn document(server: &Server) -> String {
    let (settings, problems) = server.session().settings_and_problems();
    let (mut out, mut piped) = (Vec::new(), std::io::empty());
    let mut terminal = Terminal { out: &mut out, piped: Some(&mut piped) };
    let terminal = &mut terminal;
    heading(terminal, "Settings");
    say_settings(&settings, &problems, terminal);
    let keyring = keyring_state(&settings, terminal).await;
    providers(&settings, &server.env.keys, keyring, terminal).await;
    editors::say(environment, terminal).await;
    files(environment, terminal);
    let said = String::from_utf8_lossy(&out).into_owned();
    format!(
        "# Aside {}\n\nNothing was connected to. `aside doctor` in a terminal asks the providers too, once you said yes.\n\n\
         ```text{said}```\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// The user's own settings file, where there is one.
fn own_file(environment: Lookup) -> Option<PathBuf> {
    Paths::find(environment).ok().map(|paths| paths.settings()).filter(|file| file.exists())
}

/// The settings of a file, else of the user's own, or the built-in ones; what is wrong with them is said.
pub(crate) fn settings_of(
    file: Option<&Path>,
    environment: Lookup,
    terminal: &mut Terminal<'_>,
) -> Result<Settings, Problem> {
    let own = own_file(environment);
    let Some(file) = file.or(own.as_deref()) else { return Ok(Settings::default()) };
    let (settings, problems) = Settings::resolve(read(file)?);
    for problem in problems {
        terminal.say(format!("! {problem}"));
    }
    Ok(settings)
}

/// The file of keys that the user's own settings name, where they are in a file that the command line can read.
pub(crate) fn key_file(environment: Lookup) -> Option<KeyFile> {
    let (settings, _) = Settings::resolve(read(&own_file(environment)?).ok()?);
    settings.providers.into_values().find_map(|provider| provider.key_file)
}

/// The settings object, a file that holds it under `aside`, or VS Code's own `settings.json`.
fn read(file: &Path) -> Result<Value, Problem> {
    let unreadable = |why: String| {
        let title = format!("could not read the settings in {}", file.display());
        Problem::new(ProblemKind::Setting, title, "Give a file with one JSON object.").with_detail(why)
    };
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
    written(&text).map_err(|error| unreadable(error.to_string()))
}

/// Whether asking it for many keys makes sense.
async fn keyring_state(settings: &Settings, terminal: &mut Terminal<'_>) -> bool {
    heading(terminal, "Keyring");
    if let Some(file) = settings.providers.values().find_map(|provider| provider.key_file.as_ref()) {
        terminal.say(format!("  not asked: your settings name a file of keys, {}.", file.path));
        return true;
    }
    // One that is locked may say of what is not there that it isn't.
    let look = || keyring::read("doctor").and_then(|_| keyring::accounts());
    let read = keyring::within(KEYRING_LIMIT, look).await;
    match &read {
        Ok(_) | Err(Unusable::Foreign) => terminal.say("  is there and answers."),
        Err(why) => {
            let next = "`keyCommand` and environment variables work without it.";
            terminal.say(format!("  ! {}", why.problem(next)));
        }
    }
    !matches!(read, Err(Unusable::Locked(_) | Unusable::Slow(_) | Unusable::Failed(_)))
}

/// A provider that matters here, and its key.
struct Found<'a> {
    provider: &'a ProviderSettings,
    key: Result<Option<Key>, Problem>,
}

/// Says where each key comes from, and returns the providers that a model names.
async fn providers<'a>(
    settings: &'a Settings,
    keys: &Keys,
    keyring: bool,
    terminal: &mut Terminal<'_>,
) -> Vec<Found<'a>> {
    heading(terminal, "Providers");
    let mut in_use = Vec::new();
    let mut without = 0;
    let usual = Settings::default().providers;
    let trouble = keys.trouble_of_file(settings).await;
    if let Some(trouble) = &trouble {
        terminal.say(format!("  ! {trouble}"));
    }
    for (id, provider) in shown_order(settings) {
        let named = named(settings).iter().any(|model| model.provider == *id);
        let changed = usual.get(id).is_none_or(|usual| !is_same_but_for_file(usual, provider));
        if (!keyring || trouble.is_some()) && !named && !changed {
            continue;
        }
        let is_in_file = provider.origin().is_some() && provider.key_command.is_none();
        if let Some(trouble) = trouble.as_ref().filter(|_| is_in_file) {
            // It is said above, and what opens the file is not asked again.
            terminal.say(format!("  {id:12} {}, its key is out of reach", provider.base_url));
            in_use.extend(named.then(|| Found { provider, key: Err(trouble.clone()) }));
            continue;
        }
        let key = keys.find(provider).await;
        let odd = key.as_ref().is_err_and(|problem| problem.kind != ProblemKind::NoKey);
        if named || odd || changed || matches!(key, Ok(Some(_))) {
            terminal.say(format!("  {}", line(provider, &key)));
        } else if !provider.key_optional {
            without += 1;
        }
        if named {
            in_use.push(Found { provider, key });
        }
    }
    if without > 0 {
        terminal.say(format!("  {without} others have no key; `aside models` lists them."));
    }
    for model in named(settings) {
        if let Err(problem) = settings.provider_of(&model) {
            terminal.say(format!("  ! {problem}"));
        }
    }
    in_use
}

/// Whether nothing of it is set, but where all keys are.
fn is_same_but_for_file(usual: &ProviderSettings, provider: &ProviderSettings) -> bool {
    *provider == ProviderSettings { key_file: provider.key_file.clone(), ..usual.clone() }
}

/// The built-in ones first, as they are listed.
fn shown_order(settings: &Settings) -> impl Iterator<Item = (&String, &ProviderSettings)> {
    let built_in = BUILTIN.iter().filter_map(|entry| settings.providers.get_key_value(entry.id));
    built_in.chain(settings.providers.iter().filter(|(id, _)| builtin(id).is_none()))
}

/// The models of the three features and those that may be asked instead, each once.
fn named(settings: &Settings) -> Vec<ModelId> {
    let mut models: Vec<ModelId> = Vec::new();
    let of_features =
        [Feature::Chat, Feature::Inline, Feature::Actions].map(|feature| settings.model_for(feature));
    for model in of_features.into_iter().chain(&settings.fallbacks.models) {
        if !models.contains(model) {
            models.push(model.clone());
        }
    }
    models
}

fn line(provider: &ProviderSettings, key: &Result<Option<Key>, Problem>) -> String {
    let id = &provider.id;
    let Some(origin) = provider.origin() else { return format!("{id:12} built in, offline, needs no key") };
    let key = match key {
        Ok(Some(key)) => format!("key from the {}", key.source),
        Ok(None) => "asked without a key".to_owned(),
        Err(problem) => return format!("{id:12} {}\n  ! {problem}", provider.base_url),
    };
    let open = if origin.is_exposed() { ", in plain http: others on the way can read it" } else { "" };
    format!("{id:12} {}, {key}{open}", provider.base_url)
}

async fn connections(
    settings: &Settings,
    found: &[Found<'_>],
    yes: bool,
    ledger: Ledger,
    terminal: &mut Terminal<'_>,
) {
    let http = Http::new(ledger);
    let asked: Vec<_> = found.iter().filter_map(|found| Some((found, found.provider.origin()?))).collect();
    if asked.is_empty() {
        return;
    }
    heading(terminal, "Connections");
    for (Found { provider, key }, origin) in asked {
        let Ok(key) = key else {
            terminal.say(format!("  {:12} not asked, since there is no key", provider.id));
            continue;
        };
        let with = if key.is_some() { ", with your key" } else { "" };
        if !yes && !terminal.confirm(&format!("  Ask {origin} for its list of models{with}?")) {
            terminal.say(format!("  {:12} not asked (`--yes` asks)", provider.id));
            continue;
        }
        match models::ask(&http, &settings.network, provider, key.as_ref(), Purpose::Doctor).await {
            Ok(Some(names)) => {
                terminal.say(format!("  {:12} {}", provider.id, answer(settings, provider, &names)));
            }
            Ok(None) => {
                terminal.say(format!(
                    "  {:12} answers, but has no list of models at {}",
                    provider.id, provider.base_url
                ));
                terminal.say(format!(
                    "    If questions fail as well, correct `providers.{}.baseUrl`: most end in `/v1`.",
                    provider.id
                ));
            }
            Err(fault) if fault.not_permitted().is_some() => {
                let (id, words) = (&provider.id, fault.not_permitted().unwrap_or_default());
                terminal.say(format!(
                    "  {id:12} answers and knows the key, which may not list the models ({words})"
                ));
                terminal.say(format!(
                    "    Questions may work all the same: `aside key check {id} --model NAME` asks one."
                ));
            }
            Err(fault) => {
                let means = fault.explain();
                let problem = fault.problem(&provider.id, &first_model(settings, provider));
                terminal.say(format!("  ! {problem}"));
                if let Some(means) = means {
                    terminal.say(format!("    {means}"));
                }
            }
        }
    }
}

/// What the list says about the models in use.
fn answer(settings: &Settings, provider: &ProviderSettings, names: &[String]) -> String {
    let mut text = format!("answers, its models: {}", names.len());
    for model in named(settings).iter().filter(|model| model.provider == provider.id) {
        let is = if names.contains(&model.model) { "is" } else { "is not" };
        text.push_str(&format!("; `{}` {is} among them", model.model));
    }
    text
}

/// A model of this provider's that is in use.
fn first_model(settings: &Settings, provider: &ProviderSettings) -> String {
    let first = named(settings).into_iter().find(|model| model.provider == provider.id);
    first.map_or(String::new(), |model| model.model)
}

fn files(environment: Lookup, terminal: &mut Terminal<'_>) {
    heading(terminal, "Files");
    let paths = match Paths::find(environment) {
        Ok(paths) => paths,
        Err(problem) => return terminal.say(format!("  ! {problem}")),
    };
    let log = paths.log();
    for (what, path) in [("log", log.as_path()), ("data", paths.data.as_path())] {
        let there = if path.exists() { "" } else { " (not made yet)" };
        terminal.say(format!("  {what:12} {}{there}", path.display()));
    }
}

#[cfg(test)]
mod tests;
