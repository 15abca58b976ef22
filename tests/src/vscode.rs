//! What the VS Code extension takes from the Rust side: the settings block of its `package.json`, out of the
//! settings' schema, and its `generated/protocol.ts`, out of the custom messages. The tests rewrite what is out of date, and
//! fail once.

use aside::protocol;
use aside_core::config;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// The extension's settings as VS Code wants them, by full name.
pub fn settings() -> Value {
    let mut found = Map::new();
    for (name, field) in fields(&config::schema()) {
        let scope = if config::OF_A_WORKSPACE.contains(&name.as_str()) { "window" } else { "machine" };
        push_settings(&mut found, &format!("aside.{name}"), field, scope);
    }
    json!({ "title": "Aside", "properties": found })
}

/// A group becomes one setting per field, so that each has its own place in the settings editor.
fn push_settings(found: &mut Map<String, Value>, name: &str, field: &Value, scope: &str) {
    if field.get("properties").is_some() {
        for (inner, field) in fields(field) {
            push_settings(found, &format!("{name}.{inner}"), field, scope);
        }
        return;
    }
    let mut setting = for_vscode(field);
    if let Some(setting) = setting.as_object_mut() {
        setting.insert("scope".to_owned(), json!(scope));
        // A setting without a default would get one of VS Code's own making, for instance 0 for a number.
        if !setting.contains_key("default") {
            let default = if setting.get("type") == Some(&json!("object")) { json!({}) } else { Value::Null };
            setting.insert("default".to_owned(), default);
        }
        if name == "aside.providers" {
            // Every provider has these fields; the known ones have words of their own as well.
            let entry = setting.remove("additionalProperties").unwrap_or_default();
            setting.insert("patternProperties".to_owned(), json!({ ".*": entry }));
            setting.insert("properties".to_owned(), builtin_providers());
        }
    }
    found.insert(name.to_owned(), setting);
}

fn fields(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// The providers that are known without being told, so that the editor completes their names.
fn builtin_providers() -> Value {
    let known = config::BUILTIN.iter().filter(|builtin| builtin.id != "demo").map(|builtin| {
        let privacy = builtin.privacy.map(|link| format!(", [privacy policy]({link})")).unwrap_or_default();
        let words = format!(
            "{}, at `{}`: [documentation]({}){privacy}.",
            builtin.name,
            builtin.example.unwrap_or(builtin.base_url),
            builtin.docs
        );
        (builtin.id.to_owned(), json!({ "markdownDescription": words }))
    });
    Value::Object(known.collect())
}

/// A schema in the words of VS Code's settings: descriptions are Markdown, a closed set is `enum`.
fn for_vscode(schema: &Value) -> Value {
    let Some(given) = schema.as_object() else { return schema.clone() };
    let mut made = Map::new();
    for (key, value) in given {
        match key.as_str() {
            "deprecated" => {
                let words = given.get("description").cloned().unwrap_or_default();
                made.insert("markdownDeprecationMessage".to_owned(), words)
            }
            "description" => made.insert("markdownDescription".to_owned(), value.clone()),
            "oneOf" => {
                let choices: Vec<&Value> = value.as_array().into_iter().flatten().collect();
                let values: Vec<_> = choices.iter().filter_map(|choice| choice.get("const")).collect();
                let words: Vec<_> = choices.iter().filter_map(|choice| choice.get("description")).collect();
                assert_eq!((values.len(), words.len()), (choices.len(), choices.len()), "{value}");
                made.insert("type".to_owned(), json!("string"));
                made.insert("enumDescriptions".to_owned(), json!(words));
                made.insert("enum".to_owned(), json!(values))
            }
            "properties" => {
                let inner = fields(schema).map(|(name, field)| (name.clone(), for_vscode(field)));
                made.insert(key.clone(), Value::Object(inner.collect()))
            }
            "anyOf" => {
                let choices = value.as_array().into_iter().flatten().map(for_vscode);
                made.insert(key.clone(), choices.collect())
            }
            "items" | "additionalProperties" => made.insert(key.clone(), for_vscode(value)),
            _ => made.insert(key.clone(), value.clone()),
        };
    }
    Value::Object(made)
}

/// `package.json` with its first settings block in place of the one that is there.
pub fn with_settings(package: &str) -> String {
    let start = package.find("\"configuration\": [").and_then(|at| Some(at + package[at..].find('{')?));
    let start = start.expect("package.json has a list of settings blocks");
    let mut blocks = serde_json::Deserializer::from_str(&package[start..]).into_iter::<Value>();
    blocks.next().expect("there is a block").expect("it is JSON");
    let rest = &package[start + blocks.byte_offset()..];
    let block = serde_json::to_string_pretty(&settings()).expect("a value is JSON");
    format!("{}{}{rest}", &package[..start], block.replace('\n', "\n      "))
}

/// The custom messages as TypeScript.
pub fn protocol_ts() -> String {
    let mut generator = SchemaSettings::draft07().into_generator();
    messages(&mut generator);
    let mut text = "// Generated from the server's `protocol.rs`: the custom messages.\n".to_owned();
    for (name, schema) in generator.take_definitions(true) {
        push_words(&mut text, "", &schema);
        match schema.get("properties").is_some() && schema.get("oneOf").is_none() {
            true => writeln!(text, "export interface {name} {}", object(&schema, "")),
            false => writeln!(text, "export type {name} = {};", typescript(&schema, "")),
        }
        .expect("writing to a string");
    }
    text
}

/// Names every message; the types within come along.
fn messages(generator: &mut SchemaGenerator) {
    macro_rules! name {
        ($($message:ident),*) => { $(generator.subschema_for::<protocol::$message>();)* };
    }
    name!(
        ChatSend,
        ChatEvent,
        ChatSummary,
        ChatName,
        ChatRename,
        ChatSearch,
        ChatFork,
        ChatTranscript,
        ChatMarkdown
    );
    name!(InlineStart, ProposalEvent, ProposalAccept, ProposalEdit, ProposalReject, ProposalRetry, Cancel);
    name!(ClientFeatures, Warm, Status, ModelsParams, ModelsResult, Preview, PreviewResult);
    name!(ProposalNear, ProposalSpot);
}

fn push_words(text: &mut String, indent: &str, schema: &Value) {
    if let Some(words) = schema.get("description").and_then(Value::as_str) {
        let lines: Vec<_> = words.lines().collect();
        let made = match lines.as_slice() {
            [one] => format!("{indent}/** {one} */\n"),
            many => {
                format!("{indent}/**\n{indent} * {}\n{indent} */\n", many.join(&format!("\n{indent} * ")))
            }
        };
        text.push_str(&made);
    }
}

fn object(schema: &Value, indent: &str) -> String {
    let required = schema.get("required").and_then(Value::as_array);
    let mut text = "{\n".to_owned();
    for (name, field) in fields(schema) {
        push_words(&mut text, &format!("{indent}  "), field);
        let sure = required.is_some_and(|names| names.iter().any(|known| known == name));
        let mark = if sure { "" } else { "?" };
        let kind = typescript(field, &format!("{indent}  "));
        writeln!(text, "{indent}  {name}{mark}: {kind};").expect("writing to a string");
    }
    text + indent + "}"
}

fn typescript(schema: &Value, indent: &str) -> String {
    let part = |key: &str| schema.get(key).and_then(Value::as_array);
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    if let Some(values) = part("enum") {
        return joined(values.iter().map(Value::to_string), " | ");
    }
    if let Some(choices) = part("oneOf").or_else(|| part("anyOf")) {
        return joined(
            choices.iter().map(|choice| typescript(choice, indent)).filter(|kind| kind != "null"),
            " | ",
        );
    }
    let mut parts = Vec::new();
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        parts.push(name.rsplit('/').next().unwrap_or(name).to_owned());
    }
    parts.extend(part("allOf").into_iter().flatten().map(|part| typescript(part, indent)));
    if schema.get("properties").is_some() {
        parts.push(object(schema, indent));
    }
    if !parts.is_empty() {
        return parts.join(" & ");
    }
    let kinds = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(kind)) => vec![kind.as_str()],
        _ => return "unknown".to_owned(),
    };
    joined(kinds.into_iter().map(|kind| plain(kind, schema, indent)), " | ")
}

/// A plain type. Leaving a field out is how it is `null`, so that is nothing.
fn plain(kind: &str, schema: &Value, indent: &str) -> String {
    match kind {
        "null" => String::new(),
        "integer" | "number" => "number".to_owned(),
        "array" => {
            let item = typescript(schema.get("items").unwrap_or(&Value::Null), indent);
            if item.contains(' ') { format!("({item})[]") } else { format!("{item}[]") }
        }
        other => other.to_owned(),
    }
}

fn joined(parts: impl Iterator<Item = String>, by: &str) -> String {
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    #[track_caller]
    fn check(file: &str, made: impl Fn(&str) -> String) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../editors/vscode").join(file);
        let there = fs::read_to_string(&path).unwrap_or_default();
        let made = made(&there);
        if there != made {
            fs::write(&path, made).unwrap();
            panic!("{file} was out of date and is rewritten; look at the change, and run this again");
        }
    }

    #[test]
    fn the_settings_in_package_json_are_those_of_the_server() {
        check("package.json", with_settings);
    }

    #[test]
    fn the_messages_in_protocol_ts_are_those_of_the_server() {
        check("generated/protocol.ts", |_| protocol_ts());
    }

    #[test]
    fn a_setting_that_is_no_longer_used_says_so_where_it_is_set() {
        let made = for_vscode(&json!({ "description": "Use `model`.", "deprecated": true }));
        assert_eq!(made.get("markdownDeprecationMessage"), Some(&json!("Use `model`.")));
    }

    #[test]
    fn what_chooses_where_text_goes_is_out_of_a_workspace_s_reach() {
        let settings = settings();
        for name in
            ["model", "models.chat", "providers", "network.proxy", "network.offline", "telemetry.usage"]
        {
            let scope = settings.pointer(&format!("/properties/aside.{name}/scope"));
            assert_eq!(scope, Some(&json!("machine")), "{name}");
        }
    }
}
