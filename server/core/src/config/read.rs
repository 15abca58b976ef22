//! From JSON to [`Options`]: what can't be read is taken out and said, the rest is kept.

use super::Options;
use super::keylike::may_be_repeated;
use super::near::nearest;
use crate::problem::{Problem, ProblemKind};
use serde_json::Value;
use serde_path_to_error::Segment;

/// One setting that can't be used, in words. Holds no text of the user's that may be a key put in the wrong place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    /// Dotted, e.g. `providers.acme.baseUrl` or `actions[2].title`. Empty for the settings as a whole.
    pub(super) path: String,
    /// What is wrong, as a fragment.
    pub(super) what: String,
    /// For an unknown name: the path that was probably meant.
    pub(super) meant: Option<String>,
}

impl Complaint {
    pub(super) fn new(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { path: path.into(), what: what.into(), meant: None }
    }

    /// Whether the setting at `path` isn't what the user meant it to be, because of this.
    pub(super) fn spoils(&self, path: &str) -> bool {
        let covers = |mine: &str| {
            let rest = path.strip_prefix(mine);
            mine.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        covers(&self.path) || self.meant.as_deref().is_some_and(covers)
    }

    pub(super) fn problem(self) -> Problem {
        let name =
            if self.path.is_empty() { "settings".to_owned() } else { format!("setting {}", self.path) };
        let next = match self.meant {
            Some(meant) => format!("Did you mean `{meant}`?"),
            None => "Mend it in your settings for Aside; the other settings hold.".to_owned(),
        };
        Problem::new(ProblemKind::Setting, format!("{name}: {}", self.what), next)
    }
}

/// Reads what can be read. `null` anywhere is as good as left out, and so is an empty list where an object is
/// expected: that is how Lua writes an empty table.
pub(super) fn read(mut value: Value) -> (Options, Vec<Complaint>) {
    let mut complaints = Vec::new();
    drop_lists_for_objects(&mut value, &mut complaints);
    loop {
        let error = match serde_path_to_error::deserialize::<_, Options>(&value) {
            Ok(options) => return (options, complaints),
            Err(error) => error,
        };
        let place = steps(error.path().iter());
        let path = blame(&place);
        let inside = if path.len() < place.len() { "in the list, " } else { "" };
        complaints.push(complaint(find(&value, &place), path, inside, &error.inner().to_string()));
        if !remove(&mut value, path) {
            return (Options::default(), complaints);
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

fn steps<'a>(segments: impl Iterator<Item = &'a Segment>) -> Vec<Step> {
    segments
        .map_while(|segment| match segment {
            Segment::Map { key } => Some(Step::Key(key.clone())),
            Segment::Seq { index } => Some(Step::Index(*index)),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// The option that an error costs: the innermost named one, or one whole action. Part of a list is never dropped
/// silently, a command must run as it was written or not at all.
fn blame(place: &[Step]) -> &[Step] {
    match place {
        [Step::Key(key), Step::Index(_)] if key == "actions" => place,
        [outer @ .., Step::Index(_)] => blame(outer),
        [] | [.., Step::Key(_)] => place,
    }
}

fn find<'a>(value: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.get(index),
    })
}

/// Takes the option out; an element is emptied instead, so that its neighbours keep their numbers.
fn remove(value: &mut Value, path: &[Step]) -> bool {
    let Some((last, parents)) = path.split_last() else { return false };
    let parent = parents.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    });
    match (parent, last) {
        (Some(Value::Object(fields)), Step::Key(key)) => fields.remove(key).is_some(),
        (Some(Value::Array(items)), Step::Index(index)) => {
            items.get_mut(*index).is_some_and(|item| !std::mem::replace(item, empty()).is_null())
        }
        _ => false,
    }
}

fn empty() -> Value {
    Value::Object(serde_json::Map::new())
}

fn display(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.extend([".", key]),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

/// serde's message in the user's words. What serde quotes of the value is left out.
fn complaint(found: Option<&Value>, path: &[Step], inside: &str, message: &str) -> Complaint {
    let name = display(path);
    let expected = message.split_once(", expected ").map_or("", |(_, expected)| expected);
    let known = expected.split('`').skip(1).step_by(2);
    if message.starts_with("unknown field") {
        let last = path.last().map_or("", |step| match step {
            Step::Key(key) => key,
            Step::Index(_) => "",
        });
        let meant = nearest(last, known).map(|near| match name.rsplit_once('.') {
            Some((parent, _)) => format!("{parent}.{near}"),
            None => near.to_owned(),
        });
        let what = match KEYS.contains(&last.to_lowercase().replace('_', "").as_str()) {
            true => {
                "there is no such setting; a key is saved with `aside key set`, or printed by `keyCommand`"
            }
            false => "there is no such setting",
        };
        return Complaint { meant, ..Complaint::new(name, what) };
    }
    // Nobody puts a key where one of a few words is expected, or a number.
    let is_harmless =
        message.starts_with("unknown variant") || HARMLESS.contains(&expected) || is_model(path);
    let said = if is_harmless { found_words } else { kind };
    let near = found.and_then(Value::as_str).and_then(|text| nearest(text, known));
    let hint = near.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
    let found = found.map_or("nothing".to_owned(), said) + &hint;
    let expected = if is_model(path) { MODEL } else { words(expected) };
    Complaint::new(name, format!("{inside}expected {expected}, found {found}"))
}

/// Where people look for a place to put a key.
const KEYS: [&str; 5] = ["apikey", "key", "token", "accesstoken", "secret"];

/// serde's names for what nobody takes for the place of a key.
const HARMLESS: [&str; 4] = ["a boolean", "u32", "u64", "f64"];

/// What a model is written like.
pub(super) const MODEL: &str = "a model as `provider/model`, for instance `ollama/qwen3`";

fn is_model(path: &[Step]) -> bool {
    let model = Step::Key("model".to_owned());
    match path {
        [one] => *one == model,
        [Step::Key(models), _, last] => models == "models" && *last == model,
        _ => false,
    }
}

/// What a value is; a text is quoted unless it may be a key.
pub(super) fn found_words(value: &Value) -> String {
    match value.as_str().filter(|text| may_be_repeated(text)) {
        Some(text) => format!("the text `{text}`"),
        None => kind(value),
    }
}

/// What a value is, without the user's text.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(_) => "a text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// serde's name for what it expected, in the user's words.
fn words(expected: &str) -> &str {
    match expected {
        "u32" => "a whole number from 0 to 4294967295",
        "u64" => "a whole number from 0 on",
        "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "string or map" => "a text",
        "a sequence" => "a list, as in `[\"one\", \"two\"]`",
        "a map" => "an object",
        "" => "something else",
        other if other.starts_with("struct ") => "an object",
        other => other,
    }
}

/// The settings that hold others, each with one of those.
const GROUPS: [(&str, &str); 9] = [
    ("models", "chat"),
    ("fallbacks", "models"),
    ("providers", "ollama"),
    ("network", "proxy"),
    ("telemetry", "usage"),
    ("context", "maxTokens"),
    ("ledger", "maxAgeDays"),
    ("keys", "file"),
    ("privacy", "exclude"),
];

/// serde reads a list into a struct, field after field; here that is a mistake.
fn drop_lists_for_objects(value: &mut Value, complaints: &mut Vec<Complaint>) {
    if !expect_object(value, "", complaints) {
        return;
    }
    for (key, one_of_it) in GROUPS {
        if let Some(group) = value.get_mut(key) {
            expect(&format!("an object with settings such as `{one_of_it}`"), group, key, complaints);
        }
    }
    for feature in ["chat", "inline", "actions"] {
        let path = format!("models.{feature}");
        match value.pointer_mut(&format!("/models/{feature}")) {
            None => {}
            Some(model) if model.is_string() => *model = serde_json::json!({ "model": model }),
            Some(model) => {
                let expected = format!("{MODEL}, or an object with it as `model`");
                expect(&expected, model, &path, complaints);
                if let Some(body) = model.get_mut("body") {
                    expect_object(body, &format!("{path}.body"), complaints);
                }
            }
        }
    }
    for (id, provider) in value.get_mut("providers").and_then(Value::as_object_mut).into_iter().flatten() {
        let expected = "an object, for instance `{\"baseUrl\": \"https://llm.example.com/v1\"}`";
        expect(expected, provider, &format!("providers.{id}"), complaints);
        for key in ["headers", "body", "prices"] {
            if let Some(group) = provider.get_mut(key) {
                expect_object(group, &format!("providers.{id}.{key}"), complaints);
            }
        }
        for (model, price) in provider.get_mut("prices").and_then(Value::as_object_mut).into_iter().flatten()
        {
            expect_object(price, &format!("providers.{id}.prices.{model}"), complaints);
        }
    }
    for (index, action) in
        value.get_mut("actions").and_then(Value::as_array_mut).into_iter().flatten().enumerate()
    {
        let expected = "an object with `title` and `instruction`";
        expect(expected, action, &format!("actions[{index}]"), complaints);
    }
}

fn expect_object(value: &mut Value, path: &str, complaints: &mut Vec<Complaint>) -> bool {
    expect("an object", value, path, complaints)
}

/// Empties what is no object, and says so unless it is as good as left out.
fn expect(expected: &str, value: &mut Value, path: &str, complaints: &mut Vec<Complaint>) -> bool {
    if value.is_object() {
        return true;
    }
    let left_out = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    if !left_out {
        complaints.push(Complaint::new(path, format!("expected {expected}, found {}", kind(value))));
    }
    *value = empty();
    false
}
