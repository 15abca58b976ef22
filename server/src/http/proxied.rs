//! What goes wrong at a proxy, in words.

use super::fault::{certificate, find, innermost};
use crate::keys::Lookup;
use aside_core::config::{Network, Origin};
use aside_core::problem::{Problem, ProblemKind};
use hyper_util::client::proxy::matcher::Matcher;
use std::error::Error;
use std::io;

const NOTHING_ANSWERS: &str = "nothing answers at its address";
const NO_ADDRESS: &str = "no address was found for the proxy's name";
const WANTS_PASSWORD: &str = "the proxy wants a name and a password";
const REFUSES_PASSWORD: &str = "the proxy does not take the name and the password";
/// A SOCKS proxy's address leads nowhere; the library keeps the reason to itself.
const NOT_THERE: &str = "SOCKS error: failed to create underlying connection";
/// A SOCKS proxy says that it wants a password by taking no other way in.
const NO_OTHER_WAY_IN: &[&str] =
    &["does not support user/pass authentication", "implements authentication incorrectly"];

/// What is wrong where a proxy wants to know who asks: nothing was said, or what was said is wrong.
pub(super) fn about_password(proxy: Option<&Proxy>) -> &'static str {
    if proxy.is_some_and(|proxy| proxy.has_password) { REFUSES_PASSWORD } else { WANTS_PASSWORD }
}

/// The library's errors about a proxy have no types of their own.
pub(super) fn refused(error: &reqwest::Error, proxy: Option<&Proxy>) -> Option<String> {
    let mut words = Vec::new();
    let mut cause = error.source();
    while let Some(this) = cause {
        words.push(this.to_string());
        cause = this.source();
    }
    let says = |phrase: &str| words.iter().any(|words| words.contains(phrase));
    if says("proxy authorization required") || NO_OTHER_WAY_IN.iter().any(|no| says(no)) {
        return Some(about_password(proxy).to_owned());
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

/// The proxy on the way to a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    /// Its host and port, without a name and a password.
    pub(super) at: String,
    /// A request is handed to it as it is, which is done on the way to plain `http`; through others a connection is made.
    pub(super) is_forwarded: bool,
    /// A name, and perhaps a password, goes along.
    pub(super) has_password: bool,
    /// Where it is named.
    place: String,
}

impl Proxy {
    /// What to do if it lets nothing through.
    pub(super) fn mends(&self) -> String {
        let Self { place, .. } = self;
        let when =
            if place.contains("variable") { " A variable is read when your editor starts." } else { "" };
        format!(
            "Correct {place}, with its name and password as in `http://NAME:PASSWORD@proxy.example.com:3128` (odd characters \
             as `%40`).{when}"
        )
    }
}

impl std::fmt::Display for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the proxy {}", self.at)
    }
}

/// Where a proxy is named, and what is named there.
struct Named {
    place: String,
    url: String,
    /// What is reached without it.
    except: String,
}

/// What the library goes by: the setting, else the first of the variables that says something.
///
/// # Errors
/// If it can't be read what is reached without it: the library would take that for nothing.
fn named(network: &Network, origin: &Origin, environment: Lookup) -> Result<Option<Named>, Problem> {
    if origin.is_loopback() {
        return Ok(None);
    }
    if let Some(url) = &network.proxy {
        let place = "the setting `network.proxy`".to_owned();
        return Ok(Some(Named { place, url: url.clone(), except: network.no_proxy.join(",") }));
    }
    let first =
        |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((name, environment(name)?)));
    let own =
        if origin.scheme == "https" { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
    let says_something = |(_, url): &(&str, String)| !url.trim().is_empty();
    let found = first(own).filter(says_something);
    let found = found.or_else(|| first(["ALL_PROXY", "all_proxy"]).filter(says_something));
    let Some((name, url)) = found else { return Ok(None) };
    let (of_except, except) = first(["NO_PROXY", "no_proxy"]).unwrap_or_default();
    if is_unread(&except) {
        return Err(Problem::new(
            ProblemKind::Setting,
            format!(
                "the environment variable {of_except} is no text, and it can't be told what goes without the proxy"
            ),
            "Correct it, or set `network.proxy` and `network.noProxy`; a variable is read when your editor starts.",
        ));
    }
    Ok(Some(Named { place: format!("the environment variable {name}"), url, except }))
}

/// The proxy that a request to the origin goes through.
///
/// # Errors
/// If one is named that the library doesn't understand, and leaves out: the request would go there without it.
pub(super) fn on_the_way(
    network: &Network,
    origin: &Origin,
    environment: Lookup,
) -> Result<Option<Proxy>, Problem> {
    let Some(Named { place, url, except }) = named(network, origin, environment)? else { return Ok(None) };
    let Ok(uri) = origin.to_string().parse::<http::Uri>() else { return Ok(None) };
    let through = |url: &str| Matcher::builder().all(url).no(except.as_str()).build().intercept(&uri);
    if through("http://any.example:1").is_none() {
        return Ok(None);
    }
    let Some(proxy) = through(&url).filter(|_| is_clear(&url)) else { return Err(unusable(&place)) };
    // Where it runs for a web server, a proxy's variable may be a header of whoever asks, and the library heeds none.
    if network.proxy.is_none() && environment("REQUEST_METHOD").is_some() {
        return Err(unheeded(&place));
    }
    let is_socks = proxy.uri().scheme_str().is_some_and(|scheme| scheme.starts_with("socks"));
    let at = proxy.uri().authority().map(ToString::to_string).unwrap_or_default();
    let is_forwarded = origin.scheme == "http" && !is_socks;
    let has_password = proxy.basic_auth().is_some() || proxy.raw_auth().is_some();
    Ok(Some(Proxy { at, is_forwarded, has_password, place }))
}

/// Whether a variable holds what is no text, for which it has this letter here.
fn is_unread(value: &str) -> bool {
    value.contains(char::REPLACEMENT_CHARACTER)
}

/// Whether a proxy's address is read in one way only. The library would take what is no text for no proxy at all, the part
/// of a password behind an `@` for the proxy's name, and another port than one that is too large.
fn is_clear(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let port = host.rsplit(']').next().and_then(|behind| behind.split_once(':')).map_or("", |(_, port)| port);
    let is_port = port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0);
    !is_unread(url) && is_port && rest.matches('@').count() == usize::from(authority.contains('@'))
}

fn unheeded(place: &str) -> Problem {
    Problem::new(
        ProblemKind::Setting,
        format!("{place} can't be heeded beside REQUEST_METHOD, which is a web server's"),
        "Start your editor without the variable REQUEST_METHOD, or set `network.proxy`.",
    )
}

/// What is named may hold a password, and is not repeated.
fn unusable(place: &str) -> Problem {
    Problem::new(
        ProblemKind::Setting,
        format!("{place} is no proxy's address, and nothing is sent without the proxy"),
        "Correct it, as in `http://proxy.example.com:3128` (odd characters of a password as `%40`), or set `network.proxy`; \
         a variable is read when your editor starts.",
    )
}

/// No connection to the proxy itself.
pub(super) fn unreached(network: &Network, proxy: &Proxy, error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no connection to {proxy} came about within {} s", network.connect_timeout_seconds);
    }
    if error.is_dns() {
        return NO_ADDRESS.to_owned();
    }
    if let Some(why) = find::<rustls::Error>(error) {
        return insecure(proxy, why);
    }
    let why = if is_refused(error) { NOTHING_ANSWERS.to_owned() } else { innermost(error) };
    format!("the proxy did not connect: {why}")
}

/// No secure connection to the proxy itself, where it is to be spoken to over `https`.
pub(super) fn insecure(proxy: &Proxy, why: &rustls::Error) -> String {
    match why {
        rustls::Error::InvalidMessage(_) => format!("{proxy} does not speak https"),
        rustls::Error::InvalidCertificate(why) => {
            format!("the certificate of {proxy}: {}", certificate(why).1)
        }
        other => format!("no secure connection to {proxy}: {other}"),
    }
}

/// Whether it failed while the proxy was connected to, or asked to connect.
pub(super) fn is_in_tunnel(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(this) = cause {
        if this.to_string().starts_with("tunnel error") {
            return true;
        }
        cause = this.source();
    }
    false
}

fn is_refused(error: &reqwest::Error) -> bool {
    find::<io::Error>(error).is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aside_core::config::Settings;
    use serde_json::{Value, json};

    /// `direct`, the proxy (`→` where the request is handed to it), or where it is named that can't be used.
    #[track_caller]
    fn check(url: &str, network: &Value, environment: Lookup, expected: &str) {
        let network = Settings::resolve(json!({"network": network})).0.network;
        let way = match on_the_way(&network, &Origin::parse(url).unwrap(), environment) {
            Ok(None) => "direct".to_owned(),
            Ok(Some(Proxy { at, is_forwarded, .. })) => {
                format!("{}{at}", if is_forwarded { "→ " } else { "" })
            }
            Err(problem) => problem.title,
        };
        let is_named = way.starts_with(&format!("{expected} is no proxy's address"));
        assert!(way == expected || is_named, "{url}: {way}");
    }

    #[test]
    fn plain_http_is_handed_to_a_proxy_unless_it_is_excepted() {
        let none: Lookup = |_| None;
        let own = json!({"proxy": "http://me:secret@p:1", "noProxy": ["a.example", "10.0.0.0/8"]});
        check("http://b.example", &own, none, "→ p:1");
        check("http://not-a.example", &own, none, "→ p:1");
        check("http://11.1.2.3", &own, none, "→ p:1");
        check("https://b.example", &own, none, "p:1");
        for beside in ["http://a.example", "https://b.a.example", "http://10.1.2.3", "http://localhost"] {
            check(beside, &own, none, "direct");
        }
        check("http://b.example", &json!({"proxy": "socks5://p:1"}), none, "p:1");
        check("http://b.example", &json!({}), none, "direct");
        let of_environment: Lookup = |name| match name {
            "http_proxy" => Some("p:1".to_owned()),
            "NO_PROXY" => Some(".a.example, c.example".to_owned()),
            _ => None,
        };
        check("http://b.example", &json!({}), of_environment, "→ p:1");
        check("http://b.a.example", &json!({}), of_environment, "direct");
        check("http://c.example", &json!({"proxy": "http://p:1"}), of_environment, "→ p:1");
        let all: Lookup = |name| (name == "ALL_PROXY").then(|| "socks5h://p:1".to_owned());
        check("http://b.example", &json!({}), all, "p:1");
    }

    #[test]
    fn a_variable_that_is_no_proxy_lets_nothing_go_without_one() {
        let variable = "the environment variable HTTPS_PROXY";
        const LISTS: [Lookup; 13] = [
            |name| (name == "HTTPS_PROXY").then(|| "http://me@corp.example:s3cret@p:1".to_owned()),
            |name| (name == "HTTPS_PROXY").then(|| "socks5h://me@corp.example:s3cret@p:1".to_owned()),
            |name| (name == "HTTPS_PROXY").then(|| "http://me:s3/cret@p:1".to_owned()),
            |name| (name == "HTTPS_PROXY").then(|| "http://me:12#cret@p:1".to_owned()),
            |name| (name == "HTTPS_PROXY").then(|| "http://p:99999".to_owned()),
            |name| (name == "HTTPS_PROXY").then(|| "http://me:pass@[::1]:99999".to_owned()),
            // Bytes that are no text.
            |name| (name == "HTTPS_PROXY").then(|| "http://p:1/\u{fffd}".to_owned()),
            |name| (name == "HTTPS_PROXY").then(|| "\u{fffd}".to_owned()),
            |name| (name == "HTTPS_PROXY").then(|| "http://me:pass^word@p:1".to_owned()),
            |name| (name == "HTTPS_PROXY").then(|| "ftp://p:1".to_owned()),
            |name| (name == "HTTPS_PROXY").then(|| "p:1/".to_owned()),
            |name| (name == "HTTPS_PROXY").then(|| " http://p:1".to_owned()),
            // Another one, that is meant for other addresses, does not stand in.
            |name| match name {
                "HTTPS_PROXY" => Some("http://".to_owned()),
                "ALL_PROXY" => Some("http://other:1".to_owned()),
                _ => None,
            },
        ];
        for environment in LISTS {
            check("https://a.example", &json!({}), environment, variable);
            check("https://a.example", &json!({"proxy": "p:2"}), environment, "p:2");
            check("https://localhost", &json!({}), environment, "direct");
        }
        let usable: Lookup =
            |name| (name == "HTTPS_PROXY").then(|| "http://me%40a:b@[fd00::1]:8080/".to_owned());
        check("https://a.example", &json!({}), usable, "[fd00::1]:8080");
        let unread: Lookup = |name| match name {
            "HTTPS_PROXY" => Some("p:1".to_owned()),
            "NO_PROXY" => Some("a.example,\u{fffd}".to_owned()),
            _ => None,
        };
        let title =
            "the environment variable NO_PROXY is no text, and it can't be told what goes without the proxy";
        check("https://a.example", &json!({}), unread, title);
        check("https://a.example", &json!({"proxy": "p:2"}), unread, "p:2");
        check("http://a.example", &json!({}), LISTS[0], "direct");
        let excepted: Lookup = |name| match name {
            "HTTPS_PROXY" => Some("ftp://p:1".to_owned()),
            "NO_PROXY" => Some("a.example".to_owned()),
            _ => None,
        };
        check("https://a.example", &json!({}), excepted, "direct");
        check("https://b.example", &json!({}), excepted, variable);
        let of_a_web_server: Lookup = |name| match name {
            "HTTPS_PROXY" => Some("p:1".to_owned()),
            "REQUEST_METHOD" => Some("GET".to_owned()),
            _ => None,
        };
        let unheeded = format!("{variable} can't be heeded beside REQUEST_METHOD, which is a web server's");
        check("https://a.example", &json!({}), of_a_web_server, &unheeded);
        check("https://a.example", &json!({"proxy": "p:2"}), of_a_web_server, "p:2");
        let empty: Lookup = |name| match name {
            "https_proxy" => Some(String::new()),
            "ALL_PROXY" => Some("p:3".to_owned()),
            _ => None,
        };
        check("https://a.example", &json!({}), empty, "p:3");
    }
}
