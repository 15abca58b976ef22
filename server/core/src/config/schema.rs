//! What is generated from [`Options`]: the JSON schema for editors, and the settings table of the docs.

use super::Options;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::Value;

/// The settings' JSON schema (draft-07), without references, so that an editor can take any part of it.
pub fn schema() -> Value {
    let mut settings = SchemaSettings::draft07();
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<Options>();
    RecursiveTransform(tidy).transform(&mut schema);
    schema.to_value()
}

/// Leaving a setting out is how it is unset, so `null` isn't offered; and a description is one paragraph.
fn tidy(schema: &mut schemars::Schema) {
    let Some(fields) = schema.as_object_mut() else { return };
    fields.remove("format");
    if fields.get("default").is_some_and(Value::is_null) {
        fields.remove("default");
    }
    if let Some(Value::Array(types)) = fields.get("type") {
        let named: Vec<Value> = types.iter().filter(|name| *name != "null").cloned().collect();
        if let [only] = named.as_slice() {
            let only = only.clone();
            fields.insert("type".to_owned(), only);
        }
    }
    let null = serde_json::json!({ "type": "null" });
    if let Some(Value::Array(choices)) = fields.get_mut("anyOf") {
        choices.retain(|choice| *choice != null);
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            fields.remove("anyOf");
            for (name, value) in only {
                fields.entry(name).or_insert(value);
            }
        }
    }
    if let Some(Value::String(text)) = fields.get_mut("description") {
        *text = text.replace('\n', " ");
    }
}

/// The settings as a Markdown table, one row each, by dotted name.
pub fn table() -> String {
    let mut rows = String::from("| Setting | Type | Default | What it is |\n|---|---|---|---|\n");
    push_rows(&mut rows, "", &schema());
    rows
}

fn push_rows(rows: &mut String, path: &str, schema: &Value) {
    let parent = path;
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = if parent.is_empty() { name.clone() } else { format!("{parent}.{name}") };
        if field.get("properties").is_some() {
            push_rows(rows, &path, field);
        } else if let Some(object) = object_choice(field) {
            rows.push_str(&row(&path, field));
            // Each feature's model has the same parameters: they are told once.
            let mut inner = String::new();
            push_rows(&mut inner, &format!("{parent}.FEATURE"), object);
            if !rows.contains(&inner) {
                rows.push_str(&inner);
            }
        } else if let Some(entry) = holding_objects(field, "additionalProperties") {
            let key = if name == "prices" { "MODEL" } else { "ID" };
            push_rows(rows, &format!("{path}.{key}"), entry);
        } else if let Some(item) = holding_objects(field, "items") {
            push_rows(rows, &format!("{path}[]"), item);
        } else {
            rows.push_str(&row(&path, field));
        }
    }
}

fn holding_objects<'a>(field: &'a Value, key: &str) -> Option<&'a Value> {
    field.get(key).filter(|inner| inner.get("properties").is_some())
}

/// The object of a setting that may be one or a plain value.
fn object_choice(field: &Value) -> Option<&Value> {
    field.get("anyOf")?.as_array()?.iter().find(|choice| choice.get("properties").is_some())
}

fn row(path: &str, field: &Value) -> String {
    let default = match field.get("default") {
        Some(Value::String(text)) if text.is_empty() => String::new(),
        Some(Value::Array(items)) if items.is_empty() => String::new(),
        Some(default) => format!("`{default}`"),
        None => String::new(),
    };
    let what = field.get("description").and_then(Value::as_str).unwrap_or_default().replace('|', "\\|");
    format!("| `{path}` | {} | {default} | {what} |\n", type_of(field))
}

fn type_of(field: &Value) -> String {
    if object_choice(field).is_some() {
        return "string or object".to_owned();
    }
    if let Some(choices) = choices(field) {
        return choices.join(", ");
    }
    let inner = |key: &str| field.get(key).filter(|inner| inner.is_object()).map(type_of);
    match field.get("type").and_then(Value::as_str) {
        Some("array") => match field.get("items").and_then(choices) {
            Some(choices) => format!("list of {}", choices.join(", ")),
            None => inner("items").map_or("list".to_owned(), |item| format!("list of {item}s")),
        },
        Some("object") => {
            inner("additionalProperties").map_or("object".to_owned(), |item| format!("object of {item}s"))
        }
        Some("boolean") => "true or false".to_owned(),
        Some("integer") => "whole number".to_owned(),
        Some(other) => other.to_owned(),
        None => "any".to_owned(),
    }
}

/// The values of a closed set.
fn choices(field: &Value) -> Option<Vec<String>> {
    let one_of = field.get("oneOf").or_else(|| field.get("anyOf"))?.as_array()?;
    let shown = |value: &Value| format!("`{value}`");
    Some(
        one_of
            .iter()
            .flat_map(|choice| match (choice.get("const"), choice.get("enum")) {
                (Some(value), _) => vec![shown(value)],
                (None, Some(Value::Array(values))) => values.iter().map(shown).collect(),
                (None, _) => Vec::new(),
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    /// The defaults that the schema tells, as one settings object.
    fn defaults(schema: &Value) -> Value {
        let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let told = fields.filter_map(|(name, field)| {
            let value = if field.get("properties").is_some() {
                defaults(field)
            } else {
                field.get("default").cloned()?
            };
            Some((name.clone(), value))
        });
        Value::Object(told.collect())
    }

    #[test]
    fn the_defaults_it_tells_are_the_defaults() {
        let told = defaults(&schema());
        assert_eq!(told.get("network").and_then(|n| n.get("idleTimeoutSeconds")), Some(&Value::from(300)));
        assert_eq!(Settings::resolve(told), (Settings::default(), Vec::new()));
    }

    #[test]
    fn the_schema_stands_alone_and_offers_no_null() {
        let text = schema().to_string();
        assert!(text.contains("http://json-schema.org/draft-07/schema#"), "{text}");
        assert!(!text.contains("$ref") && !text.contains("null"), "{text}");
        assert!(text.contains(r#""additionalProperties":false"#), "{text}");
    }

    #[test]
    fn every_setting_has_a_row_with_its_words() {
        let table = table();
        for line in table.lines() {
            assert!(!line.ends_with("|  |"), "{line}");
        }
        for row in [
            "| `model` | string | `\"demo/demo\"` | The model to ask,",
            "| `network.offline` | true or false | `false` | Reach nothing but this machine. |",
            "| `providers.ID.keyCommand` | list of strings |  | A command that prints the key,",
            "| `actions[].result` | `\"edit\"`, `\"chat\"` | `\"edit\"` | Whether",
            "| `providers.ID.headers` | object of strings |",
            "| `providers.ID.prices.MODEL.input` | number |",
            "| `models.chat` | string or object |",
            "| `models.FEATURE.temperature` | number |",
            "| `fallbacks.on` | list of `\"rateLimited\"`, ",
        ] {
            assert!(
                table.contains(row),
                "{row}
{table}"
            );
        }
    }
}
