//! The list of a provider's models: how it is asked for, and read.

use super::{Auth, HttpFormat, HttpRequest};
use serde_json::Value;
use std::collections::HashSet;

/// The GET request that asks for the models; its body is empty. `None` where the service has no such list.
pub fn request(format: HttpFormat) -> Option<HttpRequest> {
    let none = Vec::new;
    let (path, headers, auth) = match format {
        HttpFormat::OpenaiChat | HttpFormat::OpenaiResponses => ("/models", none(), Auth::Bearer),
        HttpFormat::AnthropicMessages => {
            let version = ("anthropic-version".to_owned(), "2023-06-01".to_owned());
            ("/v1/models?limit=1000", vec![version], Auth::Header("x-api-key"))
        }
        HttpFormat::Gemini => ("/models?pageSize=1000", none(), Auth::Header("x-goog-api-key")),
        HttpFormat::OllamaChat => ("/api/tags", none(), Auth::Bearer),
        HttpFormat::AzureOpenai => ("/openai/v1/models", none(), Auth::Header("api-key")),
        // Vertex lists them for no project; Bedrock does at another host, where the key is not sent.
        HttpFormat::Vertex | HttpFormat::BedrockConverse => return None,
    };
    Some(HttpRequest { path: path.to_owned(), headers, body: Vec::new(), auth })
}

/// The models' names in an answer, in the provider's order; `None` if it is no list of models.
///
/// Most answer `{"data": [{"id": …}]}`, and some leave `data` out and answer the bare list. Gemini and Ollama answer
/// `{"models": [{"name": …}]}`.
pub fn read(body: &[u8]) -> Option<Vec<String>> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let list = value.get("data").or(value.get("models")).unwrap_or(&value).as_array()?;
    let mut seen = HashSet::new();
    Some(list.iter().filter_map(name).filter(|name| seen.insert(name.clone())).collect())
}

fn name(model: &Value) -> Option<String> {
    let name = model.get("id").or(model.get("name"))?.as_str()?;
    let name = name.strip_prefix("models/").unwrap_or(name);
    let can_be_named = !name.trim().is_empty() && !name.contains(crate::plain::steers);
    can_be_named.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: Option<&[&str]>) {
        let expected = expected.map(|names| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        assert_eq!(read(body.as_bytes()), expected, "{body}");
    }

    #[test]
    fn reads_the_names_in_order_and_skips_what_has_none() {
        check(
            r#"{"object":"list","data":[{"id":"b","object":"model"},{"id":"a"},{"object":"c"}]}"#,
            Some(&["b", "a"]),
        );
        check(r#"[{"id":"vendor/a:free"}]"#, Some(&["vendor/a:free"]));
        check(r#"{"data":[{"id":"b"},{"id":"a"},{"id":"b"}]}"#, Some(&["b", "a"]));
        check(r#"{"data":[]}"#, Some(&[]));
        check(
            r#"{"data":[{"id":""},{"id":5},{},{"id":"\u001b[31mred"},{"id":"a\u202eb"},{"id":"ok"}]}"#,
            Some(&["ok"]),
        );
        check(r#"{"models":[{"name":"models/gemini-2.5-flash"}]}"#, Some(&["gemini-2.5-flash"]));
        check(r#"{"models":[{"name":"qwen3:8b","model":"qwen3:8b","size":1}]}"#, Some(&["qwen3:8b"]));
    }

    #[test]
    fn what_is_no_list_of_models_is_none() {
        for body in ["", "<html>", "{}", r#"{"data":{}}"#, "3", r#"{"error":{"message":"no"}}"#] {
            check(body, None);
        }
    }

    #[test]
    fn each_format_asks_at_its_own_place() {
        let request = |format| {
            let asked = request(format).unwrap();
            assert!(asked.body.is_empty());
            (asked.path, asked.auth, asked.headers.len())
        };
        assert_eq!(request(HttpFormat::OpenaiChat), ("/models".to_owned(), Auth::Bearer, 0));
        let anthropic = request(HttpFormat::AnthropicMessages);
        assert_eq!(anthropic, ("/v1/models?limit=1000".to_owned(), Auth::Header("x-api-key"), 1));
        let gemini = request(HttpFormat::Gemini);
        assert_eq!(gemini, ("/models?pageSize=1000".to_owned(), Auth::Header("x-goog-api-key"), 0));
        assert_eq!(request(HttpFormat::OllamaChat), ("/api/tags".to_owned(), Auth::Bearer, 0));
    }
}
