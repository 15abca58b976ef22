//! Which editors are found on this machine, and their versions.

use crate::cli::Terminal;
use crate::keys::Lookup;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Some editors start slowly.
const LIMIT: Duration = Duration::from_secs(10);

/// Editors that can use the server, by program.
const EDITORS: &[(&str, &str)] = &[
    ("nvim", "Neovim"),
    ("vim", "Vim"),
    ("code", "VS Code"),
    ("codium", "VSCodium"),
    ("hx", "Helix"),
    ("helix", "Helix"),
    ("emacs", "Emacs"),
    ("kate", "Kate"),
    ("zed", "Zed"),
    ("zeditor", "Zed"),
    ("subl", "Sublime Text"),
];

pub(super) async fn say(environment: Lookup, terminal: &mut Terminal<'_>) {
    super::heading(terminal, "Editors");
    let mut any = false;
    for (program, name) in EDITORS {
        let Some(path) = find(program, environment) else { continue };
        any = true;
        let version = version(&path).await.unwrap_or_else(|| "does not say its version".to_owned());
        terminal.say(format!("  {name:12} {version} ({})", path.display()));
    }
    if !any {
        terminal.say("  none that is known was found on the PATH.");
    }
}

/// The program on the `PATH`.
fn find(program: &str, environment: Lookup) -> Option<PathBuf> {
    let path = environment("PATH")?;
    let names: &[String] = &if cfg!(windows) {
        vec![format!("{program}.exe"), format!("{program}.cmd")]
    } else {
        vec![program.to_owned()]
    };
    std::env::split_paths(&path)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .find(|p| p.is_file())
}

/// The first line that `--version` prints.
async fn version(path: &PathBuf) -> Option<String> {
    let mut command = Command::new(path);
    command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(LIMIT, command.output()).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next()?.trim();
    (output.status.success() && !line.is_empty()).then(|| line.chars().take(60).collect())
}
