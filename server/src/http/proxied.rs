//! What goes wrong at a proxy, in words.

use super::fault::{find, innermost};
use crate::keys::Lookup;
use aside_core::config::{Network, Origin};
use std::error::Error;
use std::io;
use std::net::IpAddr;

const NOTHING_ANSWERS: &str = "nothing answers at its address";
const NO_ADDRESS: &str = "no address was found for the proxy's name";
pub(super) const WANTS_PASSWORD: &str = "the proxy wants a name and a password";
const REFUSES_PASSWORD: &str = "the proxy does not take the name and the password";
/// A SOCKS proxy's address leads nowhere; the library keeps the reason to itself.
const NOT_THERE: &str = "SOCKS error: failed to create underlying connection";
/// A SOCKS proxy says that it wants a password by taking no other way in.
const NO_OTHER_WAY_IN: &[&str] =
    &["does not support user/pass authentication", "implements authentication incorrectly"];

/// The library's errors about a proxy have no types of their own.
pub(super) fn refused(error: &reqwest::Error) -> Option<String> {
    let mut words = Vec::new();
    let mut cause = error.source();
    while let Some(this) = cause {
        words.push(this.to_string());
        cause = this.source();
    }
    let says = |phrase: &str| words.iter().any(|words| words.contains(phrase));
    if says("proxy authorization required") || NO_OTHER_WAY_IN.iter().any(|no| says(no)) {
        return Some(WANTS_PASSWORD.to_owned());
    }
    if says("credentials not accepted") {
        return Some(REFUSES_PASSWORD.to_owned());
    }
    let is_tunnel = words.iter().any(|words| words.starts_with("tunnel error"));
    if is_tunnel && error.is_dns() {
        return Some(NO_ADDRESS.to_owned());
    }
    let is_proxys = is_tunnel || says("socks") || says("SOCKS");
    let why = match words.last()?.as_str() {
        NOT_THERE => NOTHING_ANSWERS,
        "tunnel error: unsuccessful" => "it refuses to",
        _ if is_refused(error) => NOTHING_ANSWERS,
        why => ["SOCKS error: ", "tunnel error: "]
            .iter()
            .find_map(|start| why.strip_prefix(start))
            .unwrap_or(why),
    };
    is_proxys.then(|| format!("the proxy did not connect: {why}"))
}

/// Whether a request is handed to a proxy as it is, which is done on the way to plain `http`. Who decides is the library;
/// this is for the words about a failure.
pub(super) fn is_forwarded(network: &Network, origin: &Origin, environment: Lookup) -> bool {
    let any =
        |names: [&str; 2]| names.iter().find_map(|name| environment(name).filter(|value| !value.is_empty()));
    if origin.scheme != "http" || origin.is_loopback() {
        return false;
    }
    if network.proxy.as_deref().is_some_and(|url| !url.starts_with("socks")) {
        return !excepts(network.no_proxy.iter().map(String::as_str), &origin.host);
    }
    let url = any(["HTTP_PROXY", "http_proxy"]).or_else(|| any(["ALL_PROXY", "all_proxy"]));
    let no_proxy = any(["NO_PROXY", "no_proxy"]).unwrap_or_default();
    network.proxy.is_none()
        && url.is_some_and(|url| !url.starts_with("socks"))
        && !excepts(no_proxy.split(','), &origin.host)
}

fn excepts<'a>(list: impl IntoIterator<Item = &'a str>, host: &str) -> bool {
    let is_address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    list.into_iter().map(str::trim).any(|entry| {
        let name = entry.trim_start_matches('.');
        let is_below = host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        // What a network holds only the library knows.
        entry == "*" || (!name.is_empty() && is_below) || (entry.contains('/') && is_address)
    })
}

/// No connection to the proxy itself.
pub(super) fn unreached(network: &Network, error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no connection to the proxy came about within {} s", network.connect_timeout_seconds);
    }
    if error.is_dns() {
        return NO_ADDRESS.to_owned();
    }
    if find::<rustls::Error>(error).is_some() {
        return format!("no secure connection to the proxy: {}", innermost(error));
    }
    let why = if is_refused(error) { NOTHING_ANSWERS.to_owned() } else { innermost(error) };
    format!("the proxy did not connect: {why}")
}

fn is_refused(error: &reqwest::Error) -> bool {
    find::<io::Error>(error).is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aside_core::config::Settings;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(url: &str, network: Value, environment: Lookup, expected: bool) {
        let network = Settings::resolve(json!({"network": network})).0.network;
        assert_eq!(
            is_forwarded(&network, &Origin::parse(url).unwrap(), environment),
            expected,
            "{url} {network:?}"
        );
    }

    #[test]
    fn plain_http_is_handed_to_a_proxy_unless_it_is_excepted() {
        let none: Lookup = |_| None;
        let own = json!({"proxy": "http://p:1", "noProxy": ["a.example", "10.0.0.0/8"]});
        check("http://b.example", own.clone(), none, true);
        check("http://not-a.example", own.clone(), none, true);
        for beside in [
            "https://b.example",
            "http://a.example",
            "http://b.a.example",
            "http://10.1.2.3",
            "http://localhost",
        ] {
            check(beside, own.clone(), none, false);
        }
        check("http://b.example", json!({"proxy": "socks5://p:1"}), none, false);
        check("http://b.example", json!({}), none, false);
        let of_environment: Lookup = |name| match name {
            "http_proxy" => Some("p:1".to_owned()),
            "NO_PROXY" => Some(".a.example, c.example".to_owned()),
            _ => None,
        };
        check("http://b.example", json!({}), of_environment, true);
        check("http://b.a.example", json!({}), of_environment, false);
        check("http://c.example", json!({"proxy": "http://p:1"}), of_environment, true);
        check(
            "http://b.example",
            json!({}),
            |name| (name == "ALL_PROXY").then(|| "socks5h://p:1".to_owned()),
            false,
        );
    }
}
