//! How the network is reached: what can't be read of it never opens another way.

use super::super::Network;
use super::super::options::NetworkOptions;
use super::{Resolver, filled};
use std::net::IpAddr;
use std::ops::RangeInclusive;
use url::Url;

const SECONDS: RangeInclusive<u64> = 1..=86_400;

impl Resolver {
    pub(super) fn network(&mut self, own: &NetworkOptions) -> Network {
        let wrong_proxy = filled(own.proxy.as_deref()).is_some_and(|proxy| parse_proxy(proxy).is_none());
        if wrong_proxy {
            let what = "expected a URL such as `http://proxy.example.com:3128` (odd characters of a password as `%40`); until \
                        then nothing but this machine is reached";
            self.complain("network.proxy", what);
        }
        let proxy = filled(own.proxy.as_deref()).and_then(parse_proxy);
        let no_proxy = self.no_proxy(own.no_proxy.as_deref().unwrap_or_default());
        if !no_proxy.is_empty() && filled(own.proxy.as_deref()).is_none() {
            let what = "it is for `network.proxy`, which is not set; for a proxy of the environment set `NO_PROXY` there";
            self.complain("network.noProxy", what);
        }
        let client_certificate_file =
            self.path("network.clientCertificateFile", own.client_certificate_file.as_deref());
        let client_key_file = self.path("network.clientKeyFile", own.client_key_file.as_deref());
        if client_key_file.is_some() && filled(own.client_certificate_file.as_deref()).is_none() {
            let what = "it is the key of `network.clientCertificateFile`, which is not set";
            self.complain("network.clientKeyFile", what);
        }
        let unread = ["network.proxy", "network.offline"].into_iter().find(|path| self.is_spoiled(path));
        let is_wanted = own.offline.unwrap_or(false);
        Network {
            offline: is_wanted || unread.is_some(),
            unread: unread.filter(|_| !is_wanted).map(|path| format!("the setting `{path}`")),
            warm: own.warm.unwrap_or(true) && !self.is_spoiled("network.warm"),
            proxy,
            no_proxy,
            ca_file: self.path("network.caFile", own.ca_file.as_deref()),
            client_certificate_file,
            client_key_file,
            connect_timeout_seconds: self.seconds(
                "network.connectTimeoutSeconds",
                own.connect_timeout_seconds,
                10,
            ),
            idle_timeout_seconds: self.seconds("network.idleTimeoutSeconds", own.idle_timeout_seconds, 300),
        }
    }

    /// One that can't be read names nothing: what it was meant to name goes through the proxy.
    fn no_proxy(&mut self, own: &[String]) -> Vec<String> {
        let mut usable = Vec::new();
        for (index, host) in own.iter().map(|host| host.trim()).enumerate() {
            if is_excepted(host) {
                usable.push(host.to_owned());
            } else {
                let what = "expected a host such as `llm.example.com`, without scheme, port and `*`";
                self.complain(format!("network.noProxy[{index}]"), what);
            }
        }
        usable
    }

    fn seconds(&mut self, path: &str, value: Option<u64>, default: u64) -> u64 {
        self.in_range(path, value, SECONDS, default)
    }
}

/// With its scheme; `http` where none is given, as in `proxy.example.com:3128`.
fn parse_proxy(text: &str) -> Option<String> {
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    // The rest of a password would be taken for a path, and its beginning for the proxy's name and port.
    if rest.split_once(['/', '\\', '?', '#']).is_some_and(|(_, behind)| behind.contains('@')) {
        return None;
    }
    let mut url = Url::parse(&text).ok()?;
    let known = matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h");
    // A proxy has no path; some are copied with one.
    url.set_path("");
    url.set_query(None);
    url.set_fragment(None);
    (known && url.host_str().is_some_and(|host| !host.is_empty()))
        .then(|| url.as_str().trim_end_matches('/').to_owned())
}

/// A host, an address, a network, or all (`*`).
fn is_excepted(host: &str) -> bool {
    let address = host.split('/').next().unwrap_or_default();
    let is_name = !host.is_empty() && !host.contains(|c: char| ",:*/".contains(c) || c.is_whitespace());
    is_name || host == "*" || address.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use crate::config::resolve::tests::said;
    use serde_json::json;

    #[test]
    fn a_proxy_has_no_path() {
        for (own, proxy) in [
            ("p.example:3128", "http://p.example:3128"),
            ("http://me:a^b@p.example:1/x^y?z#w", "http://me:a%5Eb@p.example:1"),
            ("socks5h://p.example:1080/", "socks5h://p.example:1080"),
            ("http://me@corp:b@p.example:1", "http://me%40corp:b@p.example:1"),
            ("socks5://me@corp:b@p.example:1", "socks5://me%40corp:b@p.example:1"),
        ] {
            let (settings, lines) = said(json!({"network": {"proxy": own}}));
            assert_eq!((settings.network.proxy.as_deref(), lines.as_str()), (Some(proxy), ""));
        }
    }

    #[test]
    fn what_shuts_the_network_is_named() {
        let unread = |network| said(json!({ "network": network })).0.network.unread;
        assert_eq!(unread(json!({"proxy": "ftp://p"})).as_deref(), Some("the setting `network.proxy`"));
        for torn in [
            "http://me:12#b@p:1",
            "http://me:12/b@p:1",
            "socks5://me:12?b@p:1",
            "http://me:12\\b@p:1",
            "http://p:99999",
        ] {
            assert_eq!(
                unread(json!({"proxy": torn})).as_deref(),
                Some("the setting `network.proxy`"),
                "{torn}"
            );
        }
        assert_eq!(unread(json!({"offline": "yes"})).as_deref(), Some("the setting `network.offline`"));
        assert_eq!(unread(json!({"offline": true, "proxy": "ftp://p"})), None);
        assert_eq!(unread(json!({})), None);
    }

    #[test]
    fn headers_that_say_how_a_request_is_sent_are_refused_by_name() {
        let names = ["Content-Length", "transfer-encoding", "HOST", "connection", "te", "accept-encoding"];
        for name in names {
            let headers = json!({name: "1", "x-team": "a"});
            let (settings, lines) =
                said(json!({"providers": {"acme": {"baseUrl": "https://a.example", "headers": headers}}}));
            assert_eq!(settings.providers["acme"].headers.keys().collect::<Vec<_>>(), ["x-team"]);
            assert!(
                lines.contains(&format!("providers.acme.headers.{name}: this header belongs")),
                "{lines}"
            );
        }
    }

    #[test]
    fn what_is_reached_without_the_proxy_is_hosts_and_addresses_beside_a_proxy() {
        let hosts = json!(["llm.acme.example", " .acme.example", "10.0.0.0/8", "fd00::1", "*"]);
        let (settings, lines) = said(json!({"network": {"proxy": "p:1", "noProxy": hosts}}));
        assert_eq!((settings.network.no_proxy.len(), lines.as_str()), (5, ""));
        for wrong in ["https://a.example", "a.example:80", "*.a.example", "a, b", ""] {
            let (settings, lines) = said(json!({"network": {"proxy": "p:1", "noProxy": ["a", wrong]}}));
            assert_eq!(settings.network.no_proxy, ["a"]);
            assert!(lines.contains("network.noProxy[1]: expected a host"), "{lines}");
        }
        let (_, lines) = said(json!({"network": {"noProxy": ["a"]}}));
        assert!(lines.contains("network.noProxy: it is for `network.proxy`, which is not set"), "{lines}");
    }
}
