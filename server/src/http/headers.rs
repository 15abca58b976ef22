//! A request's headers: ours, the format's, the key, the user's own. Each wins over those before.

use super::{internal, no_address, now, signed};
use crate::keys::Secret;
use crate::protocol::Header;
use aside_core::config::{Origin, ProviderSettings};
use aside_core::problem::{Problem, ProblemKind};
use aside_core::provider::aws::{self, AccessKey};
use aside_core::provider::{Auth, HttpRequest};
use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::zeroize::Zeroizing;
use std::collections::BTreeMap;

/// A header's value before the key is known.
enum Value<'a> {
    Plain(&'a str),
    /// The key, after these words.
    Key(&'static str),
    /// A signature made with the key, or the key itself where it is of the other kind.
    Aws,
    /// Out of the user's settings: it may hold a key.
    Own(&'a str),
}

fn parts<'a>(provider: &'a ProviderSettings, request: &'a HttpRequest) -> Vec<(&'a str, Value<'a>)> {
    // A compressed stream waits for a full block before its first word.
    let mut parts = vec![("accept-encoding", Value::Plain("identity"))];
    if !request.body.is_empty() {
        parts.push(("content-type", Value::Plain("application/json")));
    }
    parts.extend(request.headers.iter().map(|(name, value)| (name.as_str(), Value::Plain(value.as_str()))));
    match request.auth {
        Auth::None => {}
        Auth::Bearer => parts.push(("authorization", Value::Key("Bearer "))),
        Auth::Aws => parts.push(("authorization", Value::Aws)),
        Auth::Header(name) => parts.push((name, Value::Key(""))),
    }
    parts.extend(provider.headers.iter().map(|(name, value)| (name.as_str(), Value::Own(value.as_str()))));
    parts
}

/// The headers as they are sent. The key goes to the provider's own origin, or it is no key for it.
pub(super) fn sent(
    method: &Method,
    url: &str,
    provider: &ProviderSettings,
    request: &HttpRequest,
    key: Option<&Secret>,
) -> Result<HeaderMap, Problem> {
    let origin = &provider.origin().ok_or_else(|| no_address(provider))?;
    let key = key.map(|key| key.expose_for(origin)).transpose()?;
    let mut headers = HeaderMap::new();
    for (name, value) in parts(provider, request) {
        match (value, key) {
            (Value::Plain(value) | Value::Own(value), _) => insert(&mut headers, name, value)?,
            (Value::Key(before), Some(key)) => {
                insert(&mut headers, name, &Zeroizing::new(format!("{before}{key}")))?;
            }
            (Value::Aws, Some(key)) => match AccessKey::parse(key) {
                Some(key) => {
                    for (name, value) in signature(key, method, url, provider, request)? {
                        insert(&mut headers, &name, &value)?;
                    }
                }
                None => insert(&mut headers, name, &Zeroizing::new(format!("Bearer {key}")))?,
            },
            (Value::Key(_) | Value::Aws, None) => {}
        }
    }
    Ok(headers)
}

/// The headers that sign a request with an access key of AWS's.
fn signature(
    key: AccessKey<'_>,
    method: &Method,
    url: &str,
    provider: &ProviderSettings,
    request: &HttpRequest,
) -> Result<Vec<(String, String)>, Problem> {
    let id = &provider.id;
    let url = url::Url::parse(url).map_err(|_| no_address(provider))?;
    let host = url.host_str().unwrap_or_default();
    let region = provider.region.as_deref().or_else(|| aws::region(host)).ok_or_else(|| {
        let title = format!("the region to sign requests to `{id}` for can't be told from its address");
        Problem::new(ProblemKind::Setting, title, format!("Set `providers.{id}.region`."))
    })?;
    let signable = signed::Request {
        method: method.as_str(),
        url: url.as_str(),
        headers: &[("content-type", "application/json")],
        body: &request.body,
        region,
        service: "bedrock",
    };
    // Nothing of a request can't be signed but an address, which was one.
    signed::headers(key, &signable, now()).map_err(|_| internal())
}

/// The same for a person, with what the connection adds, and without what is secret.
pub(crate) fn shown(provider: &ProviderSettings, request: &HttpRequest, origin: &Origin) -> Vec<Header> {
    let authority = origin.to_string();
    let host = authority.split_once("://").map_or("", |(_, host)| host);
    let length = request.body.len().to_string();
    let added = [
        ("accept", Value::Plain("*/*")),
        ("content-length", Value::Plain(&length)),
        ("host", Value::Plain(host)),
        ("user-agent", Value::Plain(super::clients::USER_AGENT)),
    ];
    let mut headers = BTreeMap::new();
    for (name, value) in added.into_iter().chain(parts(provider, request)) {
        let name = name.to_lowercase();
        let (value, from) = match value {
            Value::Plain(value) => (Some(value.to_owned()), None),
            Value::Key(_) | Value::Aws => {
                (None, Some(format!("the key of `{}`, where there is one", provider.id)))
            }
            Value::Own(_) => (None, Some(format!("`providers.{}.headers` of your settings", provider.id))),
        };
        headers.insert(name.clone(), Header { name, value, from });
    }
    headers.into_values().collect()
}

/// Values are marked as sensitive, and zeroed when the last of them is dropped: any of them may hold a key.
fn insert(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), Problem> {
    let bytes = Bytes::from_owner(Zeroizing::new(value.as_bytes().to_vec()));
    let parsed = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_maybe_shared(bytes));
    let (Ok(parsed_name), Ok(mut parsed), true) = (parsed.0, parsed.1, value.is_ascii()) else {
        let title = format!("the header `{name}` can't be sent");
        return Err(Problem::new(
            ProblemKind::Setting,
            title,
            "Look at `headers` of the provider in the settings.",
        ));
    };
    parsed.set_sensitive(true);
    headers.insert(parsed_name, parsed);
    Ok(())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::keys::tests::zeroed::Hidden;
    use aside_core::config::Settings;
    use serde_json::json;

    #[test]
    fn a_key_is_gone_from_memory_once_the_headers_were_dropped() {
        let settings = json!({"providers": {"acme": {"baseUrl": "https://acme.example/v1"}}});
        let provider = Settings::resolve(settings).0.providers.remove("acme").unwrap();
        let hidden = Hidden::new(11);
        for auth in [Auth::Bearer, Auth::Header("x-api-key")] {
            let key = Secret::new(hidden.shown(), provider.origin().unwrap()).unwrap();
            let request = HttpRequest { path: "/x".to_owned(), headers: Vec::new(), body: Vec::new(), auth };
            let headers =
                sent(&Method::POST, "https://acme.example/v1/x", &provider, &request, Some(&key)).unwrap();
            drop(key);
            // As the client has them, and each of its tries.
            let again = headers.clone();
            assert_eq!(hidden.copies(), 1, "it is found while it is there");
            drop((headers, again));
            assert_eq!(hidden.copies(), 0);
        }
    }
}
