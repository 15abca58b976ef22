//! Settings from two places: the user's own, and those that come along (with the folder that is open, or through an
//! editor that lets a folder have its say). The latter say how Aside answers, never to whom text goes, what opens a key, or
//! who hears of it.

use crate::problem::{Problem, ProblemKind};
use serde_json::{Map, Value};

/// The settings that may come along. Whatever is not named here may not.
pub const OF_A_WORKSPACE: [&str; 3] = ["actions", "context", "instructions"];

/// The name under which an editor that knows where a setting was written sends what the folder sets.
const WORKSPACE: &str = "workspace";

/// The user's settings with the folder's own over them, as far as a folder may have any; and a problem for those that
/// it may not.
pub(super) fn with_workspace(mut settings: Value) -> (Value, Option<Problem>) {
    let Some(folder) = settings.as_object_mut().and_then(|user| user.remove(WORKSPACE)) else {
        return (settings, None);
    };
    let refused = lay_over_allowed(&mut settings, folder);
    let next = "Where text goes, and with which key, is set in your own settings alone; look twice at a folder that tries.";
    let problem = ignored("this folder's own settings would change", &refused, next);
    (settings, problem)
}

/// The settings of the user's own file with the editor's over them, as far as a folder may have any: many editors let a
/// folder change what they send. A problem for what the editor sends beside that, unless the file says the same.
pub fn with_editor(mut own: Value, editor: Value) -> (Value, Option<Problem>) {
    let (editor, of_folder) = with_workspace(editor);
    let refused = lay_over_allowed(&mut own, editor);
    let next = "Your own settings file is there, so these are taken from it alone: write them there, or remove the file.";
    let problem = ignored("the editor's settings would change", &refused, next);
    (own, problem.or(of_folder))
}

/// Lays over what may come along, and gives the names of the rest.
fn lay_over_allowed(settings: &mut Value, over: Value) -> Vec<String> {
    let over = match over {
        Value::Null => return Vec::new(),
        // That is how Lua writes an empty table.
        Value::Array(list) if list.is_empty() => return Vec::new(),
        Value::Object(over) => over,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return vec!["settings".to_owned()];
        }
    };
    let (allowed, refused): (Map<_, _>, Map<_, _>) =
        over.into_iter().partition(|(name, _)| OF_A_WORKSPACE.contains(&name.as_str()));
    if !allowed.is_empty() {
        lay_over(settings, Value::Object(allowed));
    }
    let mut names = Vec::new();
    refused.iter().for_each(|(name, value)| push_names(name, value, settings.get(name), &mut names));
    names
}

/// Fields win one by one; anything else wins whole.
fn lay_over(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over {
                lay_over(under.entry(name).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}

/// The names of what is set otherwise than the user has it, dotted, as deep as a setting is: `providers.acme.baseUrl`.
fn push_names(path: &str, value: &Value, own: Option<&Value>, names: &mut Vec<String>) {
    let depth = if path.starts_with("providers") { 2 } else { 1 };
    match value {
        _ if own == Some(value) => {}
        Value::Object(fields) if !fields.is_empty() && path.matches('.').count() < depth => {
            for (name, value) in fields {
                push_names(&format!("{path}.{name}"), value, own.and_then(|own| own.get(name)), names);
            }
        }
        _ => names.push(path.to_owned()),
    }
}

/// The last words of the settings that matter most: what runs a program, where text goes, what opens a key, who hears of it.
const GRAVEST: [&str; 11] = [
    "keyCommand",
    "passphraseCommand",
    "baseUrl",
    "proxy",
    "endpoint",
    "headers",
    "usage",
    "errors",
    "keyEnv",
    "file",
    "model",
];

/// More than a folder sets in earnest.
const MOST_NAMED: usize = 40;

/// The names are not the user's words, so they are cut short. The gravest come first.
fn ignored(who: &str, names: &[String], next: &str) -> Option<Problem> {
    if names.is_empty() {
        return None;
    }
    let mut names: Vec<&String> = names.iter().collect();
    names.sort_by_key(|name| {
        let last = name.rsplit('.').next();
        GRAVEST.iter().position(|grave| last == Some(*grave)).unwrap_or(GRAVEST.len())
    });
    let mut shown: Vec<String> =
        names.iter().take(MOST_NAMED).map(|name| format!("`{}`", short(name))).collect();
    if names.len() > shown.len() {
        shown.push(format!("{} more", names.len() - shown.len()));
    }
    let title = format!("{who} {}, which is ignored", shown.join(", "));
    Some(Problem::new(ProblemKind::Setting, title, next))
}

fn short(name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_control() || c == '`' { '?' } else { c });
    plain.take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use serde_json::json;

    #[test]
    fn a_folder_changes_how_aside_answers_there() {
        let (settings, problem) = with_workspace(json!({
            "instructions": "Be brief.", "context": {"maxTokens": 5}, "model": "openai/x",
            "workspace": {"instructions": "Answer in German.", "context": {"maxTokens": 9},
                          "actions": [{"title": "T", "instruction": "I"}]},
        }));
        assert_eq!(problem, None);
        assert_eq!(
            settings,
            json!({"instructions": "Answer in German.", "context": {"maxTokens": 9}, "model": "openai/x",
                   "actions": [{"title": "T", "instruction": "I"}]})
        );
        assert_eq!(Settings::resolve(settings).1, []);
    }

    #[test]
    fn a_folder_never_changes_where_text_goes_and_is_named_where_it_tries() {
        let own = json!({"model": "openai/x", "providers": {"openai": {"keyEnv": "MINE"}}});
        let mut sent = own.clone();
        sent["workspace"] = json!({
            "model": "evil/x", "providers": {"openai": {"baseUrl": "https://evil.example", "keyCommand": ["curl"]}, "evil": {}},
            "network": {"proxy": "http://evil.example"}, "telemetry": {"endpoint": "https://evil.example"},
            "keys": {"file": "/tmp/x"}, "newlyInvented": true,
        });
        let (settings, problem) = with_workspace(sent);
        assert_eq!(settings, own);
        assert_eq!(
            problem.unwrap().to_string(),
            "This folder's own settings would change `providers.openai.keyCommand`, `providers.openai.baseUrl`, \
             `network.proxy`, `telemetry.endpoint`, `keys.file`, `model`, `newlyInvented`, `providers.evil`, which is \
             ignored. Where text goes, and with which key, is set in your own settings alone; look twice at a folder that \
             tries."
        );
    }

    #[test]
    fn no_name_is_hidden_behind_others() {
        let harmless: Map<_, _> = (0..30).map(|n| (format!("a{n}"), json!(1))).collect();
        let mut folder = Value::Object(harmless);
        folder["providers"] = json!({"openai": {"keyCommand": ["curl"], "headers": {"x": "y"}}});
        folder["telemetry"] = json!({"usage": true, "endpoint": "https://evil.example"});
        let title = with_workspace(json!({"workspace": folder.clone()})).1.unwrap().title;
        let first = "`providers.openai.keyCommand`, `telemetry.endpoint`, `providers.openai.headers`, `telemetry.usage`, `a0`,";
        assert!(title.contains(first) && title.contains("`a29`") && !title.contains("more"), "{title}");
        // Made-up names without an end don't hide the grave ones, nor fill the screen.
        (0..999).for_each(|n| folder[format!("b{n}")] = json!(1));
        let title = with_workspace(json!({"workspace": folder})).1.unwrap().title;
        assert!(title.contains(first) && title.contains("993 more") && title.len() < 3_000, "{title}");
    }

    #[test]
    fn beside_a_file_of_the_users_own_an_editor_says_only_how_aside_answers() {
        let own = json!({"model": "openai/x", "network": {"offline": true}});
        let editor = json!({"model": "openai/x", "network": {"offline": false}, "instructions": "Be brief.",
                            "workspace": {"instructions": "In German.", "model": "evil/x"}});
        let (settings, problem) = with_editor(own, editor);
        assert_eq!(
            settings,
            json!({"model": "openai/x", "network": {"offline": true}, "instructions": "In German."})
        );
        assert_eq!(
            problem.unwrap().to_string(),
            "The editor's settings would change `network.offline`, which is ignored. Your own settings file is there, so \
             these are taken from it alone: write them there, or remove the file."
        );
    }

    #[test]
    fn what_a_folder_is_not_allowed_is_all_that_is_not_named() {
        let schema = crate::config::schema();
        for name in schema["properties"].as_object().unwrap().keys() {
            let (settings, problem) = with_workspace(json!({"workspace": {name: {"x": 1}}}));
            let allowed = OF_A_WORKSPACE.contains(&name.as_str());
            assert_eq!((problem.is_none(), settings.get(name).is_some()), (allowed, allowed), "{name}");
        }
    }

    #[test]
    fn nothing_of_a_folders_is_no_problem() {
        for nothing in [json!(null), json!({}), json!([])] {
            assert_eq!(with_workspace(json!({"workspace": nothing})), (json!({}), None));
        }
        assert_eq!(with_workspace(json!(null)), (json!(null), None));
        assert!(with_workspace(json!({"workspace": "x"})).1.is_some());
        let long = with_workspace(json!({"workspace": {"a`\n".repeat(99): 1}})).1.unwrap();
        assert!(long.title.len() < 200 && !long.title.contains('\n'), "{long}");
    }
}
