//! The user's own settings file. Many editors lay what a folder says over the user's settings, and nobody tells the server:
//! where this file is there, it alone says where text goes and with which key.

use aside_core::config::{Settings, with_editor};
use aside_core::problem::{Problem, ProblemKind};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::path::Path;

/// The settings that hold, and what is wrong with them: those of the file with what the editor may say over them, or the
/// editor's where there is no file. `None` where neither says anything.
pub(crate) fn settings(file: &Path, editor: Option<Value>) -> Option<(Settings, Vec<Problem>)> {
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
            let (shut, _) = Settings::resolve(json!({"network": {"offline": true}}));
            Some((shut, vec![problem]))
        }
    }
}

/// The file's settings, which may stand under `aside`; `None` where there is no file.
pub(crate) fn read(file: &Path) -> Result<Option<Value>, Problem> {
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
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error.to_string())),
    };
    let mut value: Value = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    let value = value.get_mut("aside").map(Value::take).unwrap_or(value);
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
