//! What goes wrong between here and a provider, in words. No address beyond the origin is repeated, and no key.

use super::proxied::{self, Proxy};
use aside_core::config::{Network, Origin};
use aside_core::problem::Problem;
use aside_core::provider::{Cause, Failure, failure};
use rustls::{AlertDescription, CertificateError};
use std::error::Error;
use std::io;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The network or the provider: it may be tried again, by the retry rule.
    Failure(Failure),
    /// The settings: trying again is no use.
    Problem(Problem),
}

impl Fault {
    /// The provider's words about a key that it takes, but not for this.
    pub(crate) fn not_permitted(&self) -> Option<&str> {
        match self {
            Self::Failure(failure) if failure.cause == Cause::NotPermitted => Some(&failure.message),
            Self::Failure(_) | Self::Problem(_) => None,
        }
    }

    /// What it means, for a person who wonders.
    pub(crate) fn explain(&self) -> Option<&'static str> {
        match self {
            Self::Failure(why) => Some(failure::explain(why.cause)),
            Self::Problem(_) => None,
        }
    }

    /// For the user.
    pub(crate) fn problem(self, provider: &str, model: &str) -> Problem {
        match self {
            Self::Failure(why) => failure::problem(&why, provider, model),
            Self::Problem(problem) => problem,
        }
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Where a request went, for the words about it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) origin: Origin,
    pub(super) network: Network,
    /// What the way there goes through.
    pub(super) proxy: Option<Proxy>,
}

impl Place {
    /// The request found no answer.
    pub(super) fn unreached(&self, error: &reqwest::Error) -> Failure {
        let Self { origin, network, proxy } = self;
        if let Some(proxy) = proxy {
            // To plain `http` a proxy is asked as the provider would be: what fails before that is the proxy.
            if error.is_connect() && proxy.is_forwarded {
                return self.at_proxy(proxied::unreached(network, proxy, error));
            }
            if let Some(why) = find::<rustls::Error>(error).filter(|_| proxied::is_in_tunnel(error)) {
                return self.at_proxy(proxied::insecure(proxy, why));
            }
            if error.is_timeout() && error.is_connect() {
                let seconds = network.connect_timeout_seconds;
                let words = format!("{proxy} brought no connection to {origin} about within {seconds} s");
                return self.at_proxy(words);
            }
        }
        if let Some(why) = find::<rustls::Error>(error) {
            return tls(origin, why);
        }
        let (cause, words) = if error.is_timeout() && error.is_connect() {
            let seconds = network.connect_timeout_seconds;
            (Cause::Unreachable, format!("no connection to {origin} came about within {seconds} s"))
        } else if error.is_timeout() {
            return self.silent();
        } else if let Some(why) = proxied::refused(error, proxy.as_ref()) {
            return self.at_proxy(why);
        } else if error.is_dns() {
            (Cause::NoAddress, format!("no address was found for the name {}", origin.host))
        } else if let Some(why) = find::<io::Error>(error) {
            io_words(origin, why)
        } else {
            unread_words(origin, &innermost(error))
        };
        Failure::connection(cause, words)
    }

    /// Nothing came for too long. Whether the provider or the proxy on the way is silent can't be told.
    fn silent(&self) -> Failure {
        let Self { origin, network, proxy } = self;
        let seconds = network.idle_timeout_seconds;
        let failure = |words| Failure::connection(Cause::Silent, words);
        match proxy {
            None => failure(format!("{origin} was silent for {seconds} s")),
            Some(proxy) => Failure {
                next: Some(format!("Try again; if it stays so, see whether {proxy} works.")),
                ..failure(format!("{origin}, or {proxy} before it, was silent for {seconds} s"))
            },
        }
    }

    /// The proxy answered in the provider's place.
    pub(super) fn stopped_by_proxy(&self) -> Failure {
        self.at_proxy(proxied::about_password(self.proxy.as_ref()))
    }

    /// The proxy lets nothing through; where it is named is known, but for the system's own.
    fn at_proxy(&self, words: impl Into<String>) -> Failure {
        let next = self.proxy.as_ref().map(Proxy::mends);
        Failure { next, ..Failure::connection(Cause::Proxy, words) }
    }

    /// The answer is larger than any is.
    pub(super) fn too_large(&self, most: usize) -> Failure {
        let megabytes = most >> 20;
        Failure::connection(Cause::TooLarge, format!("{} sent more than {megabytes} MiB", self.origin))
    }

    /// The answer broke off.
    pub(super) fn broken(&self, error: &reqwest::Error) -> Failure {
        if error.is_timeout() {
            return self.silent();
        }
        if let Some(why) = find::<rustls::Error>(error) {
            return tls(&self.origin, why);
        }
        let why = innermost(error);
        if is_undone(&why) {
            return Failure::unreadable(format!("what {} sent compressed can't be read: {why}", self.origin));
        }
        Failure::ended_early(format!("the connection to {} broke: {why}", self.origin))
    }
}

/// Whether an answer that says that it is compressed isn't, or not whole: the library has no type of its own for it.
fn is_undone(why: &str) -> bool {
    ["gzip", "deflate"].iter().any(|form| why.contains(form))
}

/// The words of the first cause, which name no address.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    if std::ptr::addr_eq(cause, error) { "no reason was given".to_owned() } else { cause.to_string() }
}

/// The first error of a kind among the causes. An `io::Error` hides what it was made from.
pub(super) fn find<T: Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut cause = error.source();
    while let Some(this) = cause {
        if let Some(found) = this.downcast_ref::<T>() {
            return Some(found);
        }
        let hidden = this.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = match hidden {
            Some(hidden) => Some(hidden as &(dyn Error + 'static)),
            None => this.source(),
        };
    }
    None
}

fn io_words(origin: &Origin, error: &io::Error) -> (Cause, String) {
    let words = match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            return (Cause::NotListening, format!("nothing answers at {origin}"));
        }
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            format!("{origin} closed the connection without an answer")
        }
        io::ErrorKind::UnexpectedEof => {
            format!("{origin} closed the connection in the middle of the handshake")
        }
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            format!("there is no way to {origin}")
        }
        _ => format!("{origin}: {error}"),
    };
    (Cause::Unreachable, words)
}

/// The library's errors about an answer have no types of their own.
fn unread_words(origin: &Origin, why: &str) -> (Cause, String) {
    // Over HTTP/2 the provider says that it gives up: "stream error received: …".
    match why.starts_with("connection") || why.contains("error received") {
        true => (Cause::Unreachable, format!("{origin} closed the connection without an answer")),
        false => (Cause::Unreadable, format!("what {origin} answered is not HTTP: {why}")),
    }
}

fn tls(origin: &Origin, error: &rustls::Error) -> Failure {
    match error {
        rustls::Error::InvalidCertificate(why) => {
            let (cause, words) = certificate(why);
            Failure::connection(cause, format!("{origin}: {words}"))
        }
        rustls::Error::InvalidMessage(_) => {
            Failure::connection(Cause::NotSecure, format!("{origin} does not speak https"))
        }
        rustls::Error::AlertReceived(alert) if is_about_client(*alert) => {
            Failure::connection(Cause::ClientCertificate, format!("{origin} refused the handshake"))
        }
        other => Failure::unreachable(format!("no secure connection to {origin}: {other}")),
    }
}

/// What servers say to a client without a certificate, or with one that they don't take (RFC 8446, section 6.2).
fn is_about_client(alert: AlertDescription) -> bool {
    [
        AlertDescription::CertificateRequired,
        AlertDescription::BadCertificate,
        AlertDescription::UnsupportedCertificate,
        AlertDescription::CertificateRevoked,
        AlertDescription::CertificateExpired,
        AlertDescription::CertificateUnknown,
        AlertDescription::UnknownCA,
        AlertDescription::AccessDenied,
    ]
    .contains(&alert)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's enum is non-exhaustive")]
pub(super) fn certificate(why: &CertificateError) -> (Cause, &'static str) {
    match why {
        CertificateError::UnknownIssuer => (Cause::Certificate, "its issuer is unknown to this machine"),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            (Cause::CertificateTime, "it has expired, or this machine's clock is wrong")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            (Cause::CertificateTime, "it is not valid yet, or this machine's clock is wrong")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            (Cause::CertificateName, "it is for another name")
        }
        CertificateError::Revoked => (Cause::Certificate, "it was revoked"),
        // The library tells this one apart by its text alone.
        CertificateError::Other(why) if why.to_string().contains("CaUsedAsEndEntity") => {
            (Cause::Certificate, "it is signed by itself alone")
        }
        _ => (Cause::Certificate, "it is not valid"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reset_before_its_answer_is_told_apart_from_what_is_no_http() {
        let origin = Origin::parse("https://a.example").unwrap();
        let said = |why| unread_words(&origin, why).0;
        assert_eq!(said("connection closed before message completed"), Cause::Unreachable);
        assert_eq!(said("stream error received: refused stream"), Cause::Unreachable);
        assert_eq!(said("connection error received: not a result of an error"), Cause::Unreachable);
        assert_eq!(said("invalid HTTP version parsed"), Cause::Unreadable);
    }

    #[test]
    fn a_certificate_problem_is_said_in_words() {
        let origin = Origin::parse("https://a.example").unwrap();
        let said = |why| tls(&origin, &rustls::Error::InvalidCertificate(why)).message;
        assert_eq!(
            said(CertificateError::UnknownIssuer),
            "https://a.example: its issuer is unknown to this machine"
        );
        assert!(said(CertificateError::Expired).contains("expired"));
        assert!(said(CertificateError::NotValidForName).contains("another name"));
        assert!(said(CertificateError::BadSignature).starts_with("https://a.example: "));
    }
}
