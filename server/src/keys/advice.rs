//! What a person can do about a key: one that is missing, refused, run out or for another place.

use super::KeySource;
use aside_core::config::{KeyFile, Origin, ProviderSettings, builtin};
use aside_core::problem::{Problem, ProblemKind};

/// What mends a key that the provider refused, by where it was found.
pub(crate) fn after_refusal(provider: &ProviderSettings, source: Option<&KeySource>) -> String {
    let (id, save) = (&provider.id, set_command(provider));
    match source {
        None => format!("It was asked without a key: save one with `{save}`."),
        Some(source @ (KeySource::Keyring | KeySource::File)) => {
            format!("It came from the {source}: save a valid one with `{save}`.")
        }
        Some(KeySource::Command) => {
            format!("It was printed by `providers.{id}.keyCommand`: look at what that prints.")
        }
        Some(KeySource::Environment(name)) => format!(
            "It came from the environment variable {name}: correct that and restart your editor, or save a key with `{save}`."
        ),
    }
}

/// The command that saves a key where this provider's is looked for.
fn set_command(provider: &ProviderSettings) -> String {
    let ProviderSettings { id, key_name, key_file, .. } = provider;
    let mut command = format!("aside key set {id}");
    let home = builtin(id).and_then(|entry| Origin::parse(entry.base_url).ok());
    if let Some(origin) = provider.origin().filter(|origin| home.as_ref() != Some(origin)) {
        command.push_str(&format!(" --base-url {origin}"));
    }
    if let Some(name) = key_name {
        command.push_str(&format!(" --name {name}"));
    }
    command + &key_file.as_ref().map(in_file).unwrap_or_default()
}

/// The command printed what is of no use any more, as a session of the vendor's that was signed in to yesterday.
pub(super) fn run_out(provider: &ProviderSettings) -> Problem {
    Problem::new(
        ProblemKind::NoKey,
        format!("the key that the key command of `{}` prints has run out", provider.id),
        "Sign in again, for instance with `aws sso login`; if you are, look at this machine's clock.",
    )
}

/// No key, and the ways to give one.
pub(super) fn no_key(provider: &ProviderSettings, is_keyring_there: bool) -> Problem {
    let id = &provider.id;
    let save = set_command(provider);
    let (and_no_keyring, in_a_file) = match is_keyring_there || provider.key_file.is_some() {
        true => ("", ""),
        false => (", and no keyring is running here", " --file FILE"),
    };
    if let Some(name) = &provider.key_name {
        return Problem::new(
            ProblemKind::NoKey,
            format!("there is no key named `{name}` for `{id}`{and_no_keyring}"),
            format!("Save it with `{save}{in_a_file}`, or correct `providers.{id}.keyName`."),
        );
    }
    let variable = match &provider.key_env {
        Some(name) => format!("the environment variable {name}"),
        None => format!("`providers.{id}.keyEnv` to the name of an environment variable"),
    };
    Problem::new(
        ProblemKind::NoKey,
        format!("there is no key for `{id}`{and_no_keyring}"),
        format!("Save one with `{save}{in_a_file}`, or set `providers.{id}.keyCommand`, or {variable}."),
    )
}

/// How `aside key set` names the file that the settings name.
fn in_file(file: &KeyFile) -> String {
    let KeyFile { path, identity, passphrase_command } = file;
    let opener = match (identity, passphrase_command) {
        (Some(identity), _) => format!(" --identity {identity}"),
        // Its words are not repeated: they may hold the passphrase.
        (None, Some(_)) => " --passphrase-command …".to_owned(),
        (None, None) => String::new(),
    };
    format!(" --file {path}{opener}")
}

pub(super) fn unlock_or_command(provider: &ProviderSettings) -> String {
    let id = &provider.id;
    format!(
        "Unlock the keyring and try again, or set `providers.{id}.keyCommand` to a command that prints the key."
    )
}

pub(super) fn save_or_command(provider: &ProviderSettings) -> String {
    let id = &provider.id;
    let save = set_command(provider);
    format!("Save the key with `{save}`, or set `providers.{id}.keyCommand` to a command that prints it.")
}

pub(super) fn for_another_origin(problem: Problem, provider: &ProviderSettings) -> Problem {
    let next = format!("Save a key for it with `{}`.", set_command(provider));
    Problem { next, ..problem }
}

pub(super) fn exposed(provider: &ProviderSettings, origin: &Origin) -> Problem {
    Problem::new(
        ProblemKind::Setting,
        format!("the key would go to {origin} in plain http, for anyone on the way to read"),
        format!(
            "Use https in `providers.{0}.baseUrl`, or set `providers.{0}.keyOverHttp` to true.",
            provider.id
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use aside_core::config::Settings;
    use serde_json::json;

    #[test]
    fn the_words_of_a_passphrase_command_are_not_repeated() {
        let keys = json!({"file": "/k", "passphraseCommand": ["echo", "canary"]});
        let mut providers = Settings::resolve(json!({"keys": keys})).0.providers;
        let said = no_key(&providers.remove("openai").unwrap(), true).to_string();
        assert!(said.contains("`aside key set openai --file /k --passphrase-command …`"), "{said}");
    }

    #[track_caller]
    fn check(source: Option<KeySource>, expected: &str) {
        let settings = json!({"providers": {"openai": {"keyName": "work"}}, "keys": {"file": "/k", "identityFile": "/i"}});
        let provider = Settings::resolve(settings).0.providers.remove("openai").unwrap();
        assert_eq!(after_refusal(&provider, source.as_ref()), expected);
    }

    #[test]
    fn what_mends_a_refused_key_is_said_by_where_it_came_from() {
        let save = "`aside key set openai --name work --file /k --identity /i`";
        check(None, &format!("It was asked without a key: save one with {save}."));
        check(Some(KeySource::File), &format!("It came from the key file: save a valid one with {save}."));
        check(
            Some(KeySource::Command),
            "It was printed by `providers.openai.keyCommand`: look at what that prints.",
        );
        check(
            Some(KeySource::Environment("X".to_owned())),
            &format!(
                "It came from the environment variable X: correct that and restart your editor, or save a key with {save}."
            ),
        );
    }
}
