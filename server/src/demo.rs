//! `aside demo`: the main job in a terminal, on the real server.
//!
//! It does what an editor does, so it shows nothing that the server didn't answer.

#![expect(clippy::indexing_slicing, reason = "a JSON value without the field indexed is null, not a panic")]

mod editor;
mod screen;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use aside_core::config::{ModelId, Origin, Settings};
use aside_core::position::{Position, Range};
use serde_json::{Value, json};

use crate::paths;
use crate::protocol::{ProposalEvent, ProposalState, TurnEvent, method};
use editor::Editor;
use screen::Screen;

const SAMPLE: &str = include_str!("demo/basket.py");
/// The function that the demo is about, as lines of the sample.
const FUNCTION: std::ops::Range<u32> = 12..17;

/// What the demo runs on.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub(crate) struct Options {
    /// `provider/model` to ask instead of the built-in one, e.g. `openai/gpt-5-mini` or `ollama/qwen3`.
    #[arg(long, value_name = "PROVIDER/MODEL", default_value = "demo/demo", global = true)]
    model: String,
    /// The provider's base URL, e.g. `http://localhost:8080/v1`.
    #[arg(long, value_name = "URL", global = true)]
    base_url: Option<String>,
    #[command(subcommand)]
    place: Option<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Subcommand)]
enum Place {
    /// Open Neovim on the sample, with the extension of this checkout.
    Nvim,
}

impl Options {
    fn settings(&self) -> Value {
        let mut settings = json!({"model": self.model});
        if let (Some(url), Some((provider, _))) = (&self.base_url, self.model.split_once('/')) {
            settings["providers"] = json!({provider: {"baseUrl": url, "keyOptional": true}});
        }
        settings
    }

    /// What was typed makes sense, before anything is shown.
    fn check(&self) -> Result<()> {
        let Some(model) = ModelId::parse(&self.model) else {
            bail!("`--model` is written as `provider/model`, for example `ollama/qwen3`");
        };
        let Some(url) = &self.base_url else {
            let (settings, _) = Settings::resolve(self.settings());
            let known = settings.provider_of(&model).is_ok();
            ensure!(known, "`{}` is not built in; say where it is with `--base-url URL`", model.provider);
            return Ok(());
        };
        ensure!(
            model.provider != "demo",
            "`--base-url` needs `--model PROVIDER/MODEL`: what to ask for there"
        );
        match Origin::parse(url) {
            Ok(_) => Ok(()),
            Err(why) => bail!("`--base-url` can't be used: {why}; it looks like `http://localhost:8080/v1`"),
        }
    }
}

/// Runs the demo; an error is what could not be shown.
pub(crate) fn run(options: &Options) -> Result<()> {
    options.check()?;
    let folder = sample_folder()?;
    let file = folder.join("basket.py");
    std::fs::write(&file, SAMPLE).with_context(|| format!("could not write {}", file.display()))?;
    match options.place {
        Some(Place::Nvim) => open_neovim(options, &file),
        None => show(options, &file),
    }
}

fn sample_folder() -> Result<PathBuf> {
    new_folder(&std::env::temp_dir().join(format!("aside-demo-{}", std::process::id())))
}

/// A folder of this name and perhaps a number, for this user alone: one that is there may be somebody else's.
fn new_folder(wanted: &Path) -> Result<PathBuf> {
    let mut folder = wanted.to_owned();
    for number in 0..100 {
        match paths::make_new_private(&folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let mut name = wanted.as_os_str().to_owned();
                name.push(format!("{number:02}"));
                folder = name.into();
            }
            made => {
                made.with_context(|| format!("could not make {}", folder.display()))?;
                return Ok(folder);
            }
        }
    }
    bail!("could not make {}: there are too many such folders", wanted.display())
}

fn show(options: &Options, file: &Path) -> Result<()> {
    let uri =
        url::Url::from_file_path(file).map_err(|()| anyhow::anyhow!("could not name {}", file.display()))?;
    let mut screen = Screen::new();
    screen.title(&format!("Aside {}: the main job on {}", env!("CARGO_PKG_VERSION"), options.model))?;
    let mut editor = Editor::start(&options.settings(), file, uri.as_str(), "python", SAMPLE)?;
    screen.line(&format!("The server runs; {} is open.", file.display()))?;

    chat(&mut editor, &mut screen)?;
    instruction(&mut editor, &mut screen)?;
    code_action(&mut editor, &mut screen)?;

    editor.stop()?;
    screen.title("That was the real server over stdio. In Neovim:")?;
    screen.line(&neovim_lines(options))?;
    // What stays is on the screen. A folder that can't be removed is the system's to tidy up.
    drop(file.parent().map(std::fs::remove_dir_all));
    Ok(())
}

/// Streams one chat turn about the file.
fn chat(editor: &mut Editor, screen: &mut Screen) -> Result<()> {
    let question = "What is in this file?";
    screen.title(&format!("1. Chat: {question}"))?;
    let mentions = json!([{"kind": "file", "uri": editor.document.uri}]);
    editor.request(
        method::CHAT_SEND,
        json!({"chat": "demo", "turn": "1", "text": question, "mentions": mentions}),
    )?;
    loop {
        let event = editor.next(method::CHAT_EVENT)?;
        match serde_json::from_value(event["event"].clone())? {
            TurnEvent::Context { model, origin, items, .. } => {
                let labels: Vec<_> = items.iter().map(|item| item.label.as_str()).collect();
                screen.dim(&format!("goes along: {} -> {model}, {origin}", labels.join(", ")))?;
            }
            TurnEvent::Text { text } => screen.text(&text)?,
            TurnEvent::Reasoning { text } => screen.dim(&text)?,
            TurnEvent::Queued { place } => screen.dim(&format!("in line, place {place}"))?,
            TurnEvent::Waiting { seconds, problem } => {
                screen.dim(&format!("{}; asking again in {seconds} s", problem.title))?;
            }
            TurnEvent::Fallback { to, origin, problem, .. } => {
                screen.dim(&format!("{problem} {to} is asked instead, at {origin}."))?;
            }
            TurnEvent::Usage { usage, cost } => {
                screen.line("")?;
                screen.dim(&usage.to_words(cost.as_deref()))?;
            }
            TurnEvent::Done { .. } => return Ok(()),
            TurnEvent::Failed { problem } => bail!("{problem}"),
            TurnEvent::Cancelled => bail!("the turn was cancelled"),
        }
    }
}

/// Carries out an instruction while "the user" types above it, then accepts the proposal.
fn instruction(editor: &mut Editor, screen: &mut Screen) -> Result<()> {
    let instruction = "rename sum to subtotal";
    screen.title(&format!("2. An instruction on a selection: {instruction}"))?;
    let version = editor.document.version;
    editor.request(
        method::INLINE_START,
        json!({
            "proposal": "demo", "uri": editor.document.uri, "version": version,
            "range": lines(FUNCTION), "instruction": instruction,
        }),
    )?;
    let typed = "# Typed while the model was writing.\n";
    editor.change(&[(lines(2..2), typed.to_owned())])?;
    let proposal = settled(editor)?;
    screen.proposal(&proposal)?;
    screen.dim("The user typed a line above it meanwhile. Accepting all of it:")?;
    accept(editor, &proposal.proposal)?;
    let after = editor.document.text.to_string();
    ensure!(after.contains(typed), "what the user typed is gone");
    ensure!(after != SAMPLE.replacen("\n\n", &format!("\n\n{typed}"), 1), "nothing was changed");
    screen.code(&after, 1..19)?;
    Ok(())
}

/// Lists the code actions on a diagnostic and carries one out.
fn code_action(editor: &mut Editor, screen: &mut Screen) -> Result<()> {
    screen.title("3. Code actions on a diagnostic")?;
    let line = editor.document.text.lines().position(|line| line.to_string().starts_with("def receipt"));
    let line = u32::try_from(line.context("the sample has changed too much")?)?;
    let range = lines(line..line + 1);
    let diagnostic = json!({
        "range": range, "severity": 2, "source": "demo-lint", "message": "missing docstring in function `receipt`",
    });
    let params = json!({
        "textDocument": {"uri": editor.document.uri}, "range": range, "context": {"diagnostics": [diagnostic]},
    });
    let offered = editor.request("textDocument/codeAction", params)?;
    let offered = offered.as_array().context("no code actions")?.clone();
    for action in &offered {
        screen.line(&format!("   - {}", action["title"].as_str().unwrap_or_default()))?;
    }
    let fix = offered
        .iter()
        .find(|action| action["kind"].as_str().is_some_and(|kind| kind.starts_with("quickfix")))
        .context("no fix was offered")?;
    screen.dim(&format!("running: {}", fix["title"].as_str().unwrap_or_default()))?;
    let command = json!({"command": fix["command"]["command"], "arguments": fix["command"]["arguments"]});
    editor.request("workspace/executeCommand", command)?;
    let proposal = settled(editor)?;
    screen.proposal(&proposal)?;
    accept(editor, &proposal.proposal)?;
    screen.line("Accepted.")
}

/// Waits until every hunk of the only proposal is known.
fn settled(editor: &mut Editor) -> Result<ProposalEvent> {
    loop {
        let event = proposal_event(editor)?;
        if event.state == ProposalState::Ready && event.version == editor.document.version {
            return Ok(event);
        }
    }
}

/// Accepts a proposal and waits until the server has seen the edit in the document.
fn accept(editor: &mut Editor, name: &str) -> Result<()> {
    let answer = editor.request(method::PROPOSAL_ACCEPT, json!({"proposal": name}))?;
    if let Some(problem) = answer["problem"]["title"].as_str() {
        bail!("{problem}");
    }
    editor.apply(&answer["edit"])?;
    while proposal_event(editor)?.state != ProposalState::Accepted {}
    Ok(())
}

/// The next event of a proposal that may still be accepted, or was.
fn proposal_event(editor: &mut Editor) -> Result<ProposalEvent> {
    let event: ProposalEvent = serde_json::from_value(editor.next(method::PROPOSAL_EVENT)?)?;
    match event.state {
        ProposalState::Working | ProposalState::Applying | ProposalState::Ready | ProposalState::Accepted => {
            Ok(event)
        }
        ProposalState::Rejected
        | ProposalState::Conflict
        | ProposalState::Failed
        | ProposalState::Cancelled => match event.problem {
            Some(problem) => bail!("{problem}"),
            None => bail!("the proposal ended before it could be accepted"),
        },
    }
}

fn lines(lines: std::ops::Range<u32>) -> Range {
    let start = |line| Position { line, character: 0 };
    Range { start: start(lines.start), end: start(lines.end) }
}

/// The extension of this checkout, where the program was built from one.
fn extension() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("editors").join("nvim")
}

fn program() -> String {
    std::env::current_exe().map_or_else(|_| "aside".to_owned(), |path| path.display().to_string())
}

/// What goes into `init.lua`, with the model that was asked.
fn neovim_lines(options: &Options) -> String {
    let settings = match (&options.base_url, options.model.split_once('/')) {
        _ if options.model == "demo/demo" => String::new(),
        (Some(url), Some((provider, _))) => format!(
            ",\n     settings = {{ model = '{}', providers = {{ ['{provider}'] = {{ baseUrl = '{url}', keyOptional = true }} }} }}",
            options.model
        ),
        _ => format!(", settings = {{ model = '{}' }}", options.model),
    };
    format!(
        "   vim.opt.rtp:prepend('{}')\n   require('aside').setup({{ cmd = {{ '{}' }}{settings} }})\n\n   \
         then `:Aside` to chat, `:'<,'>AsideDo {{instruction}}` on a selection, and `:help aside`.",
        extension().display(),
        program(),
    )
}

fn open_neovim(options: &Options, file: &Path) -> Result<()> {
    let settings = serde_json::to_string(&options.settings())?;
    let setup = format!(
        "lua vim.opt.rtp:prepend([[{}]]); require('aside').setup({{ cmd = {{ [[{}]] }}, \
         settings = vim.json.decode([==[{settings}]==]) }}); vim.cmd('runtime plugin/aside.lua')",
        extension().display(),
        program(),
    );
    let status =
        Command::new("nvim").args(["--clean", "--cmd", &setup]).arg(file).status().map_err(|error| {
            anyhow::anyhow!(
                "could not start `nvim` ({error}). Install Neovim 0.10 or newer, or put it on the PATH."
            )
        })?;
    ensure!(status.success(), "Neovim ended with {status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(model: &str, base_url: Option<&str>, expected: &str) {
        let base_url = base_url.map(str::to_owned);
        let options = Options { model: model.to_owned(), base_url, place: None };
        let said = options.check().err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{said}");
    }

    #[cfg(unix)]
    #[test]
    fn the_sample_goes_into_no_folder_that_was_there_and_into_none_that_others_can_read() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let wanted = root.path().join("demo");
        std::fs::create_dir(&wanted).unwrap();
        let made = new_folder(&wanted).unwrap();
        assert_ne!(made, wanted);
        assert_eq!(std::fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn what_was_typed_wrong_is_said_before_anything_is_shown() {
        check("demo/demo", None, "");
        check("openai/gpt", None, "");
        check("local/any", Some("http://localhost:8080/v1"), "");
        check("nonsense", None, "provider/model");
        check("local/any", None, "--base-url URL");
        check("demo/demo", Some("http://localhost:8080/v1"), "--model PROVIDER/MODEL");
        check("local/any", Some("nonsense"), "http://localhost:8080/v1");
    }

    #[test]
    fn the_lines_for_neovim_are_those_of_the_model_that_was_asked() {
        let lines = |model: &str, base_url: Option<&str>| {
            let base_url = base_url.map(str::to_owned);
            neovim_lines(&Options { model: model.to_owned(), base_url, place: None })
        };
        assert!(!lines("demo/demo", None).contains("settings"));
        assert!(lines("ollama/qwen3", None).contains("settings = { model = 'ollama/qwen3' } })\n"));
        let own = lines("local/any", Some("http://localhost:8080/v1"));
        assert!(
            own.contains("['local'] = { baseUrl = 'http://localhost:8080/v1', keyOptional = true }"),
            "{own}"
        );
    }
}
