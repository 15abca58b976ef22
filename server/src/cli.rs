//! The command line: what it takes, and the commands for keys.
//!
//! A key is typed unseen or comes on standard input, never as an argument: arguments can be read by others.

mod ask;
mod key_file;
mod own;

use crate::keys::keyring::{self, Unusable};
use crate::keys::{Lookup, Secret};
use crate::{demo, doctor};
use aside_core::config::{BUILTIN, Origin, builtin, is_provider_id, parse_base_url};
use aside_core::plain::plain;
use aside_core::problem::{Problem, ProblemKind};
use clap::{Parser, Subcommand};
use key_file::{FileArguments, KeyPlace};
use secrecy::zeroize::Zeroizing;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

/// A person may have to unlock the keyring first.
const KEYRING_LIMIT: Duration = Duration::from_secs(60);
/// More than a key has, to say so.
const MOST_INPUT: u64 = 64 * 1024;

/// A private conversation with your own language model, beside your code.
///
/// Without a command it is the language server, which your editor starts and talks to over standard input and output.
#[derive(Debug, Parser)]
#[command(name = "aside", version)]
pub(crate) struct Arguments {
    /// Taken for editors that add it; there is no other way to talk to the server.
    #[arg(long, global = true, hide = true)]
    pub stdio: bool,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(crate) enum Command {
    /// Be the language server (the default).
    Serve,
    /// Save, list, check or remove the keys of your providers, in the system's keyring or a file.
    #[command(subcommand)]
    Key(KeyCommand),
    /// List the providers that are known, or ask one for its models.
    Models {
        /// The provider's id, for instance `openai`.
        provider: Option<String>,
        /// A copy of your editor's settings for Aside, as JSON.
        #[arg(long, value_name = "FILE")]
        settings: Option<PathBuf>,
    },
    /// Show what left this machine: each request, to whom, what for. No text is kept.
    Ledger {
        #[command(subcommand)]
        command: Option<LedgerCommand>,
        /// Only what was sent since then: a day (`2026-11-26`), or so long ago (`7d`, `12h`).
        #[arg(long, value_name = "WHEN")]
        since: Option<String>,
        /// As JSON, one request a line.
        #[arg(long)]
        json: bool,
    },
    /// List, delete or pack up what Aside keeps on this machine.
    Data {
        #[command(subcommand)]
        command: Option<DataCommand>,
    },
    /// Show what waits to be told of your use of Aside: nothing, unless you switched telemetry on.
    Telemetry {
        #[command(subcommand)]
        command: Option<TelemetryCommand>,
    },
    /// Show the main job in the terminal, on the real server.
    Demo(demo::Options),
    /// Say what is set up, where each key comes from, and what is missing.
    Doctor {
        /// A copy of your editor's settings for Aside, as JSON.
        #[arg(long, value_name = "FILE")]
        settings: Option<PathBuf>,
        /// Ask the providers for their models without asking you first.
        #[arg(long)]
        yes: bool,
    },
}

/// What to do with the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Say whether every line is as it was written.
    Verify,
}

/// What to do with telemetry that waits.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(crate) enum TelemetryCommand {
    /// Show it in words and as the bytes that would be sent (the default).
    Show,
    /// Write the bytes into a new file.
    Export {
        /// The file to make.
        file: PathBuf,
    },
    /// Delete it. Consent is withdrawn in your settings.
    Delete,
}

/// What to do with what is kept.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(crate) enum DataCommand {
    /// Delete chats, ledger, logs and whatever else Aside knows of your work.
    Delete {
        /// Every file of Aside's: keys in a file and what you agreed to as well. Close your editors first.
        #[arg(long)]
        all: bool,
        /// Without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Pack everything but keys into a new `tar` file.
    Export {
        /// The file to make.
        file: PathBuf,
    },
}

/// What to do with keys.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(crate) enum KeyCommand {
    /// Save a provider's key. It is asked for, or read from standard input where that is no terminal.
    Set {
        /// The provider's id, for instance `openai`.
        provider: String,
        /// Where the key may go; needed for a provider that is not built in or not at its usual address.
        #[arg(long, value_name = "URL")]
        base_url: Option<String>,
        #[command(flatten)]
        place: KeyPlace,
    },
    /// Say which providers have a saved key, and where it may go. No key is shown.
    List {
        #[command(flatten)]
        file: FileArguments,
    },
    /// Ask a provider whether it takes its key, and say what it answered.
    Check {
        /// The provider's id.
        provider: String,
        /// Ask this model for one word, where the provider lists its models to anyone.
        #[arg(long, value_name = "NAME")]
        model: Option<String>,
        /// A copy of your editor's settings for Aside, as JSON.
        #[arg(long, value_name = "FILE")]
        settings: Option<PathBuf>,
        #[command(flatten)]
        place: KeyPlace,
    },
    /// Remove a provider's key.
    Remove {
        /// The provider's id.
        provider: String,
        #[command(flatten)]
        place: KeyPlace,
    },
}

/// The person in front of a command, or the pipe in their place.
pub(crate) struct Terminal<'a> {
    pub out: &'a mut (dyn Write + Send),
    /// What comes on standard input, where that is no terminal.
    pub piped: Option<&'a mut (dyn Read + Send)>,
}

/// Runs one of the commands that are not the server. A [`Problem`] is for standard error.
pub(crate) async fn run(
    command: Command,
    environment: Lookup,
    terminal: &mut Terminal<'_>,
) -> Result<(), Problem> {
    match command {
        // The caller serves; see `main.rs`.
        Command::Serve | Command::Demo(_) => Ok(()),
        Command::Key(KeyCommand::Set { provider, base_url, place }) => {
            set(provider, base_url.as_deref(), &place, environment, terminal).await
        }
        Command::Key(KeyCommand::List { file }) => list(&file, terminal).await,
        Command::Key(KeyCommand::Remove { provider, place }) => {
            remove(provider, &place, environment, terminal).await
        }
        Command::Key(KeyCommand::Check { provider, model, settings, place }) => {
            let asked = ask::Request { provider: &provider, settings: settings.as_deref(), place: &place };
            ask::check(&asked, model.as_deref(), environment, terminal).await
        }
        Command::Models { provider, settings } => {
            ask::models(provider.as_deref(), settings.as_deref(), environment, terminal).await
        }
        Command::Ledger { command: None, since, json } => {
            own::ledger(since.as_deref(), json, environment, terminal)
        }
        Command::Ledger { command: Some(LedgerCommand::Verify), .. } => own::verify(environment, terminal),
        Command::Telemetry { command: None | Some(TelemetryCommand::Show) } => {
            own::telemetry(environment, terminal)
        }
        Command::Telemetry { command: Some(TelemetryCommand::Export { file }) } => {
            own::export_telemetry(&file, environment, terminal)
        }
        Command::Telemetry { command: Some(TelemetryCommand::Delete) } => {
            own::delete_telemetry(environment, terminal)
        }
        Command::Data { command: None } => own::data(environment, terminal),
        Command::Data { command: Some(DataCommand::Delete { all, yes }) } => {
            own::delete(all, yes, environment, terminal)
        }
        Command::Data { command: Some(DataCommand::Export { file }) } => {
            own::export(&file, environment, terminal).await
        }
        Command::Doctor { settings, yes } => {
            doctor::run(&doctor::Request { settings, yes }, environment, terminal).await
        }
    }
}

impl Terminal<'_> {
    /// One line for the person, without what a terminal would obey: names of files and models are others'. A closed pipe
    /// is no reason to fail.
    pub(crate) fn say(&mut self, line: impl AsRef<str>) {
        let _ = writeln!(self.out, "{}", plain(line.as_ref()));
    }

    /// Asks for a yes. Where nobody can answer it is a no.
    pub(crate) fn confirm(&mut self, question: &str) -> bool {
        if self.piped.is_some() {
            return false;
        }
        let mut answer = String::new();
        let _ = write!(self.out, "{question} [y/N] ").and_then(|()| self.out.flush());
        io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
    }

    /// What is typed unseen, or all that is piped.
    fn secret(&mut self, prompt: &str) -> io::Result<Zeroizing<String>> {
        match &mut self.piped {
            Some(piped) => {
                let mut text = Zeroizing::new(String::with_capacity(4096));
                piped.take(MOST_INPUT).read_to_string(&mut text)?;
                Ok(text)
            }
            None => rpassword::prompt_password(prompt).map(Zeroizing::new),
        }
    }

    /// A passphrase, typed unseen. What is piped is the key.
    fn passphrase(&mut self, prompt: &str) -> Result<Zeroizing<String>, Problem> {
        if self.piped.is_some() {
            let title = "a passphrase is typed in a terminal";
            let next = "Use `--identity FILE` in place of a passphrase where there is none.";
            return Err(Problem::new(ProblemKind::NoKey, title, next));
        }
        rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|error| unread(&error))
    }
}

async fn set(
    provider: String,
    base_url: Option<&str>,
    place: &KeyPlace,
    environment: Lookup,
    terminal: &mut Terminal<'_>,
) -> Result<(), Problem> {
    let origin = origin(&provider, base_url)?;
    let text = terminal.secret(&format!("Key of {provider} for {origin} (it is not shown): "));
    let text = text.map_err(|error| unread(&error))?;
    let secret = Secret::new(text.to_string(), origin.clone())?;
    let account = place.account(&provider);
    let where_to = match &place.file.file {
        Some(path) => {
            place.file.set(path, account.clone(), secret, terminal).await?;
            path.display().to_string()
        }
        None => {
            let id = account.clone();
            let saved = keyring::within(KEYRING_LIMIT, move || keyring::save(&id, &secret)).await;
            saved.map_err(|why| why.problem(other_ways(&provider)))?;
            mark_changed(environment, terminal);
            "the keyring".to_owned()
        }
    };
    terminal
        .say(format!("Saved the key of {account} in {where_to}. It is sent to {origin} and nowhere else."));
    if let Some(path) = &place.file.file {
        terminal
            .say(format!("Your editor's settings for Aside name the file: {}", place.file.settings(path)));
    }
    if let Some(file) = doctor::key_file(environment).filter(|_| place.file.file.is_none()) {
        terminal.say(format!(
            "! Your settings name a file of keys, {}, and with that the keyring is not asked: save the key there with `--file`.",
            file.path
        ));
    }
    if let Some(name) = &place.name {
        terminal.say(format!("It is used where `providers.{provider}.keyName` is \"{name}\"."));
    }
    if origin.is_exposed() {
        terminal.say(format!(
            "That is plain http: set `providers.{provider}.keyOverHttp` to true if you want that."
        ));
    }
    Ok(())
}

/// Where the key may go.
fn origin(provider: &str, base_url: Option<&str>) -> Result<Origin, Problem> {
    if provider == "demo" {
        return Err(Problem::new(ProblemKind::Setting, "the demo takes no key", "It works as it is."));
    }
    if !is_provider_id(provider) {
        let title = format!("`{provider}` can't be a provider's id");
        return Err(Problem::new(
            ProblemKind::Setting,
            title,
            "It is one word without `/`, for instance `openai`.",
        ));
    }
    let usual = builtin(provider).filter(|entry| entry.example.is_none()).map(|entry| entry.base_url);
    let Some(url) = base_url.or(usual) else {
        return Err(Problem::new(
            ProblemKind::Setting,
            format!("`{provider}` is not built in, so its address is not known"),
            format!("Say where the key may go: `aside key set {provider} --base-url https://…`."),
        ));
    };
    let parsed = parse_base_url(url).and_then(|url| Origin::parse(&url));
    parsed.map_err(|why| {
        let next = "Give it as in `--base-url https://llm.example.com/v1`.";
        Problem::new(ProblemKind::Setting, "the address can't be used", next).with_detail(why)
    })
}

async fn list(file: &FileArguments, terminal: &mut Terminal<'_>) -> Result<(), Problem> {
    let lines = match &file.file {
        Some(path) => file.list(path, terminal).await?,
        None => {
            let lines = keyring::within(KEYRING_LIMIT, saved_keys).await;
            let others = "Without it, `keyCommand`, a key file and environment variables still work.";
            lines.map_err(|why| why.problem(others))?
        }
    };
    if lines.is_empty() {
        terminal.say("No key is saved. Save one with `aside key set PROVIDER`.");
    }
    for line in lines {
        terminal.say(line);
    }
    Ok(())
}

fn listed(account: &str, secret: &Secret) -> String {
    format!("{account:12} for {}", secret.origin())
}

/// One line per saved key. Not every keyring can be searched, so the built-in providers are tried by name.
fn saved_keys() -> Result<Vec<String>, Unusable> {
    let mut accounts = keyring::accounts()?;
    accounts.extend(BUILTIN.iter().map(|entry| entry.id.to_owned()));
    let mut lines = Vec::new();
    for account in accounts {
        match keyring::read(&account) {
            Ok(None) => {}
            Ok(Some(secret)) => lines.push(listed(&account, &secret)),
            Err(Unusable::Foreign) => {
                lines.push(format!("{account:12} not written by `aside key set`, not used"));
            }
            Err(why) => return Err(why),
        }
    }
    Ok(lines)
}

async fn remove(
    provider: String,
    place: &KeyPlace,
    environment: Lookup,
    terminal: &mut Terminal<'_>,
) -> Result<(), Problem> {
    let account = place.account(&provider);
    let (removed, from) = match &place.file.file {
        Some(path) => (place.file.remove(path, &account, terminal).await?, path.display().to_string()),
        None => {
            let id = account.clone();
            let removed = keyring::within(KEYRING_LIMIT, move || keyring::remove(&id)).await;
            let removed =
                removed.map_err(|why| why.problem("Start or unlock the keyring, then try again."))?;
            mark_changed(environment, terminal);
            (removed, "the keyring".to_owned())
        }
    };
    if removed {
        terminal.say(format!("Removed the key of {account} from {from}."));
        return Ok(());
    }
    let title = format!("{from} holds no key of `{account}`");
    Err(Problem::new(ProblemKind::NoKey, title, "`aside key list` says which it holds."))
}

/// Servers that run ask the keyring again.
fn mark_changed(environment: Lookup, terminal: &mut Terminal<'_>) {
    if let Err(error) = crate::keys::mark_changed(environment) {
        terminal.say(format!(
            "An editor that runs has to be restarted to notice: it could not be told ({error})."
        ));
    }
}

fn unread(error: &io::Error) -> Problem {
    Problem::new(ProblemKind::NoKey, "could not read the key", "Type it, or pipe it in.")
        .with_detail(error.to_string())
}

/// What else can be done where there is no keyring.
fn other_ways(provider: &str) -> String {
    let variable = builtin(provider).and_then(|entry| entry.key_env).map_or_else(
        || format!("name an environment variable in `providers.{provider}.keyEnv`"),
        |name| format!("put the key into the environment variable {name}"),
    );
    format!(
        "Save it in an encrypted file with `aside key set {provider} --file FILE`, or set \
         `providers.{provider}.keyCommand` to a command that prints the key, or {variable}."
    )
}

#[cfg(test)]
mod tests;
