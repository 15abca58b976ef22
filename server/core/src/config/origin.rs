//! Where a connection goes: scheme, host and port. Keys and the offline switch are decided by it.

use std::fmt;
use url::{Host, Url};

/// A web origin. Compare by `==`; two spellings of one origin are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// `http` or `https`.
    pub scheme: String,
    /// As a URL writes it: lower-case, punycode, an IPv6 address in brackets.
    pub host: String,
    pub port: u16,
}

impl Origin {
    /// The origin of an `http` or `https` URL. The error is a fragment that fits after "not a usable URL: ".
    pub fn parse(url: &str) -> Result<Self, String> {
        Self::of(&parse_url(url)?)
    }

    pub(super) fn of(url: &Url) -> Result<Self, String> {
        let scheme = url.scheme();
        if scheme != "http" && scheme != "https" {
            return Err(format!("`{scheme}` is neither http nor https"));
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err("it names no host".to_owned());
        };
        Ok(Self { scheme: scheme.to_owned(), host: host.to_owned(), port })
    }

    /// Whether the origin is this very machine: 127.0.0.0/8, `[::1]`, the addresses that stand for any of its own (`0.0.0.0`,
    /// `[::]`), `localhost` and the names below it (RFC 6761, section 6.3), for which no name server may be asked.
    pub fn is_loopback(&self) -> bool {
        match Host::parse(&self.host) {
            Ok(Host::Domain(name)) => {
                let name = name.strip_suffix('.').unwrap_or(&name);
                name == "localhost" || name.ends_with(".localhost")
            }
            Ok(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
            Ok(Host::Ipv6(address)) => {
                address.is_loopback()
                    || address.is_unspecified()
                    || address.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback())
            }
            Err(_) => false,
        }
    }

    /// Whether what is sent can be read on the way: plain `http` to another machine.
    pub fn is_exposed(&self) -> bool {
        self.scheme == "http" && !self.is_loopback()
    }
}

/// The error is a fragment, as that of [`Origin::parse`].
pub(super) fn parse_url(text: &str) -> Result<Url, String> {
    Url::parse(text.trim()).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => {
            "it does not begin with `https://` or `http://`".to_owned()
        }
        other => other.to_string(),
    })
}

/// `https://api.example.com`, with the port where it isn't the scheme's own.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        let usual = if self.scheme == "https" { 443 } else { 80 };
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, shown: &str, loopback: bool) {
        let origin = Origin::parse(url).unwrap();
        assert_eq!((origin.to_string().as_str(), origin.is_loopback()), (shown, loopback));
    }

    #[test]
    fn loopback_is_decided_by_the_parsed_host() {
        check("http://localhost:11434/v1", "http://localhost:11434", true);
        check("http://LOCALHOST:80/", "http://localhost", true);
        check("http://localhost./", "http://localhost.", true);
        check("http://127.9.8.7", "http://127.9.8.7", true);
        check("http://0x7f.1", "http://127.0.0.1", true);
        check("https://[::1]:8443/", "https://[::1]:8443", true);
        check("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]", true);
        check("http://a.localhost", "http://a.localhost", true);
        check("http://a.localhost.:1", "http://a.localhost.:1", true);
        check("http://notlocalhost", "http://notlocalhost", false);
        check("http://[::]:8000", "http://[::]:8000", true);
        check("http://localhost.example.com", "http://localhost.example.com", false);
        check("http://127.0.0.1.example.com", "http://127.0.0.1.example.com", false);
        check("http://localhost@example.com/", "http://example.com", false);
        check("http://example.com/localhost", "http://example.com", false);
        check("http://0.0.0.0:8000", "http://0.0.0.0:8000", true);
        check("http://10.0.0.1", "http://10.0.0.1", false);
    }

    #[test]
    fn two_spellings_of_one_origin_are_equal() {
        let plain = Origin::parse("https://api.example.com/v1").unwrap();
        assert_eq!(plain, Origin::parse("HTTPS://API.Example.com:443/other").unwrap());
        assert_ne!(plain, Origin::parse("http://api.example.com:443").unwrap());
        assert_ne!(plain, Origin::parse("https://api.example.com:444").unwrap());
    }

    #[test]
    fn what_is_no_web_address_has_no_origin() {
        for bad in ["", "api.example.com/v1", "file:///etc/passwd", "localhost:11434", "https://", "ftp://a"]
        {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }
}
