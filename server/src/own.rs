//! The user's own settings file. Many editors lay what a folder says over the user's settings, and nobody tells the server:
//! where this file is there, it alone says where text goes and with which key.

use crate::{Server, telemetry};
use aside_core::config::{Settings, with_editor, written};
use aside_core::problem::{Problem, ProblemKind};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// What the settings that hold were made of.
#[derive(Debug, Default)]
pub(crate) struct Sources(Mutex<Last>);

#[derive(Debug, Default)]
struct Last {
    /// What the editor said last.
    editor: Option<Value>,
    file: Stamp,
}

/// The file's time and size as it was read; `None` where there was none.
type Stamp = Option<(SystemTime, u64)>;

/// Takes what the editor says of the settings, as far as it has a say.
pub(crate) fn configure(server: &Server, told: Option<Value>) {
    let mut last = server.sources.0.lock().unwrap_or_else(PoisonError::into_inner);
    last.editor = told;
    last.file = stamp(&server.env.settings);
    if let Some(resolved) = settings(&server.env.settings, last.editor.clone()) {
        hold(server, resolved);
    }
}

/// Reads the file again where it is another than it was: what the user does next goes by it.
pub(crate) fn refresh(server: &Arc<Server>) {
    let mut last = server.sources.0.lock().unwrap_or_else(PoisonError::into_inner);
    let found = stamp(&server.env.settings);
    if found == last.file {
        return;
    }
    last.file = found;
    hold(server, settings(&server.env.settings, last.editor.clone()).unwrap_or_default());
    let server = Arc::clone(server);
    tokio::spawn(async move { telemetry::ask_again(&server).await });
}

fn hold(server: &Server, resolved: (Settings, Vec<Problem>)) {
    let limits = resolved.0.providers.iter().map(|(id, provider)| (id.clone(), provider.limits)).collect();
    server.update(|session| session.configure(resolved));
    server.queues.limit(&limits);
    telemetry::withdraw(server);
}

fn stamp(file: &Path) -> Stamp {
    let about = file.metadata().or_else(|_| file.symlink_metadata()).ok()?;
    Some((about.modified().ok()?, about.len()))
}

/// The settings that hold, and what is wrong with them: those of the file with what the editor may say over them, or the
/// editor's where there is no file. `None` where neither says anything.
fn settings(file: &Path, editor: Option<Value>) -> Option<(Settings, Vec<Problem>)> {
    match read(file) {
        Ok(None) => editor.map(Settings::resolve),
        Ok(Some(own)) => {
            let (settings, ignored) = with_editor(own, editor.unwrap_or_default());
            let (settings, mut problems) = Settings::resolve(settings);
            problems.extend(ignored);
            Some((settings, problems))
        }
        // Nobody knows where the user wants text to go, so it goes nowhere.
        Err(problem) => {
            let (mut shut, _) = Settings::resolve(json!({"network": {"offline": true}}));
            shut.network.unread = Some("your settings file".to_owned());
            Some((shut, vec![problem]))
        }
    }
}

/// The file's settings, as people write them; `None` where there is no file.
fn read(file: &Path) -> Result<Option<Value>, Problem> {
    let unreadable = |why: String| {
        let title = format!("could not read your settings file {}", file.display());
        Problem::new(
            ProblemKind::Setting,
            title,
            "Mend it, or remove it; until then nothing but this machine is reached.",
        )
        .with_detail(why)
    };
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && file.is_symlink() => {
            return Err(unreadable("it is a link that leads nowhere".to_owned()));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error.to_string())),
    };
    let value = written(&text).map_err(|error| unreadable(error.to_string()))?;
    if value.is_object() { Ok(Some(value)) } else { Err(unreadable("it is no JSON object".to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_file_the_editors_settings_hold() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        assert_eq!(settings(&file, None), None);
        let (of_editor, problems) = settings(&file, Some(json!({"model": "ollama/a"}))).unwrap();
        assert_eq!((of_editor.model.to_string().as_str(), problems), ("ollama/a", vec![]));
    }

    #[test]
    fn the_file_is_read_as_people_write_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        for text in [
            "\u{feff}{\"model\": \"ollama/a\"}",
            "// mine\r\n{\"aside\": {\"model\": \"ollama/a\",},}\r\n",
            "{\"editor.fontSize\": 12, \"aside.model\": \"ollama/a\"}",
        ] {
            std::fs::write(&file, text).unwrap();
            let (own, problems) = settings(&file, Some(json!({"model": "ollama/b"}))).unwrap();
            assert_eq!((own.model.to_string().as_str(), problems.len()), ("ollama/a", 1), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_no_leave_for_the_editor() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        std::os::unix::fs::symlink(folder.path().join("gone"), &file).unwrap();
        let (shut, problems) = settings(&file, Some(json!({"model": "ollama/a"}))).unwrap();
        assert!(shut.network.offline && problems.len() == 1 && stamp(&file).is_some());
    }

    #[test]
    fn a_file_that_cannot_be_read_shuts_the_door() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        for broken in ["{", "[]", "1", "{\"aside\": 1}"] {
            std::fs::write(&file, broken).unwrap();
            let (shut, problems) = settings(&file, Some(json!({"model": "ollama/a"}))).unwrap();
            assert!(shut.network.offline && shut.model.provider == "demo" && problems.len() == 1, "{broken}");
        }
    }
}
