//! Settings as people write them in a file: JSON with comments and commas too many, names with dots as in VS Code.

use serde_json::{Map, Value};

/// The prefix of our names among those of other programs.
const OURS: &str = "aside";

/// The settings in a file: the object under `aside`, VS Code's `aside.…` names, else the whole object.
pub fn written(text: &str) -> serde_json::Result<Value> {
    let mut value: Value = serde_json::from_str(&plain(text.trim_start_matches('\u{feff}')))?;
    if let Some(ours) = value.get_mut(OURS) {
        return Ok(ours.take());
    }
    let Value::Object(names) = value else { return Ok(value) };
    if !names.keys().any(|name| name.contains('.')) {
        return Ok(Value::Object(names));
    }
    let mut settings = Map::new();
    for (name, value) in names {
        if let Some(path) = name.strip_prefix(OURS).and_then(|rest| rest.strip_prefix('.')) {
            insert(&mut settings, path, value);
        }
    }
    Ok(Value::Object(settings))
}

/// `network.offline` is `offline` in `network`.
fn insert(settings: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((outer, inner)) = path.split_once('.') else {
        settings.insert(path.to_owned(), value);
        return;
    };
    let group = settings.entry(outer).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(group) = group {
        insert(group, inner, value);
    }
}

/// The same without comments and without a comma before a closing bracket. Lines stay where they are.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    // Where a comma stands that nothing came behind yet.
    let mut comma = None;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' => string(rest),
            '/' if rest.starts_with("//") => comment(rest, rest.find('\n')),
            '/' if rest.starts_with("/*") => comment(rest, rest.find("*/").map(|at| at + 2)),
            _ => c.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        rest = after;
        if c == '/' && length > 1 {
            plain.extend(piece.chars().filter(|c| *c == '\n'));
            continue;
        }
        match c {
            ',' => comma = Some(plain.len()),
            '}' | ']' => {
                if let Some(at) = comma.take() {
                    plain.replace_range(at..=at, " ");
                }
            }
            c if c.is_whitespace() => {}
            _ => comma = None,
        }
        plain.push_str(piece);
    }
    plain
}

/// How long the string is that begins here.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn comment(text: &str, end: Option<usize>) -> usize {
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(text: &str, expected: Value) {
        assert_eq!(written(text).unwrap(), expected);
    }

    #[test]
    fn takes_plain_settings_and_those_under_our_name() {
        check(r#"{"model": "a/b"}"#, json!({"model": "a/b"}));
        check("\u{feff}{\"aside\": {\"model\": \"a/b\"}, \"other\": 1}", json!({"model": "a/b"}));
    }

    #[test]
    fn takes_vs_codes_file_as_it_is() {
        let text = r#"{
            // my settings
            "editor.fontSize": 12,
            "aside.model": "openai/gpt", /* the model, "quoted" */
            "aside.network.offline": true, "aside.network.proxy": "http://p",
            "aside.providers": {"acme": {"baseUrl": "https://a.example/v1", "models": ["a", "b", ],},},
        }"#;
        let acme = json!({"baseUrl": "https://a.example/v1", "models": ["a", "b"]});
        check(
            text,
            json!({
                "model": "openai/gpt", "network": {"offline": true, "proxy": "http://p"}, "providers": {"acme": acme},
            }),
        );
        check(r#"{"editor.fontSize": 12}"#, json!({}));
    }

    #[test]
    fn leaves_strings_as_they_are() {
        check(r#"{"a": "x // y, } \" /* z */", "b": ",]"}"#, json!({"a": "x // y, } \" /* z */", "b": ",]"}));
    }

    #[test]
    fn what_is_no_json_is_an_error_at_its_own_line() {
        let error = written("// first\n{\n  \"a\": /* two\nlines */ nope}").unwrap_err();
        assert_eq!(error.line(), 4);
        for text in ["", "{", "{\"a", "{\"a\": 1,,}", "/* never ends"] {
            assert!(written(text).is_err(), "{text}");
        }
    }
}
