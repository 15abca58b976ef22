//! One HTTP client per way out, built at its first use and again when the network settings change.

use super::fault::find;
use super::internal;
use aside_core::config::{Network, Origin};
use aside_core::problem::{Problem, ProblemKind};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, Client, ClientBuilder, Identity, NoProxy, Proxy, redirect};
use secrecy::zeroize::Zeroizing;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

pub(super) const USER_AGENT: &str = concat!("aside/", env!("CARGO_PKG_VERSION"));
/// A connection that went away under a long answer is noticed by a ping, in HTTP/2, or a probe.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// More connections than that are closed as soon as their answers end.
const MOST_IDLE: usize = 16;

/// A way out. It decides about the proxy and whether certificates are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Local,
    LocalTls,
    Remote,
    RemoteTls,
}

impl Route {
    pub(super) fn to(origin: &Origin) -> Self {
        match (origin.is_loopback(), origin.scheme == "https") {
            (true, false) => Self::Local,
            (true, true) => Self::LocalTls,
            (false, false) => Self::Remote,
            (false, true) => Self::RemoteTls,
        }
    }
}

/// The clients of one set of network settings.
#[derive(Debug, Default)]
pub(super) struct Clients {
    network: Option<Network>,
    made: Vec<(Route, Client)>,
}

impl Clients {
    pub(super) fn find(&self, network: &Network, route: Route) -> Option<Client> {
        if self.network.as_ref() != Some(network) {
            return None;
        }
        self.made.iter().find(|(of, _)| *of == route).map(|(_, client)| client.clone())
    }

    /// Keeps a client, unless another question was faster: all share one, and its connections.
    pub(super) fn keep(&mut self, network: &Network, route: Route, client: Client) -> Client {
        if let Some(kept) = self.find(network, route) {
            return kept;
        }
        if self.network.as_ref() != Some(network) {
            *self = Self { network: Some(network.clone()), made: Vec::new() };
        }
        self.made.push((route, client.clone()));
        client
    }
}

/// Builds a client. Reads the machine's certificates, and the user's, where the way needs them.
pub(super) fn build(network: &Network, route: Route) -> Result<Client, Problem> {
    let builder = match route {
        Route::Local => local(plain(network)).tls_certs_only([]),
        Route::LocalTls => local(with_certificates(plain(network), network)?),
        Route::Remote => proxied(plain(network), network)?.tls_certs_only([]),
        Route::RemoteTls => proxied(with_certificates(plain(network), network)?, network)?,
    };
    // Ring compiles in a third of the time of the library's own choice, and is a smaller program. It is installed for
    // the process, once; an error means that it was.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder.build().map_err(|error| unbuilt(&error, network))
}

#[expect(clippy::disallowed_methods, reason = "this is the module that opens connections")]
fn plain(network: &Network) -> ClientBuilder {
    Client::builder()
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(Duration::from_secs(network.connect_timeout_seconds))
        .read_timeout(Duration::from_secs(network.idle_timeout_seconds))
        .tcp_nodelay(true)
        .tcp_keepalive(KEEP_ALIVE)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .http2_keep_alive_timeout(KEEP_ALIVE)
        .pool_max_idle_per_host(MOST_IDLE)
}

/// No proxy of the environment's, and no name server asked.
fn local(builder: ClientBuilder) -> ClientBuilder {
    builder.no_proxy().dns_resolver(Here)
}

/// `localhost` and the names below it are here, whatever a name server makes of them.
struct Here;

impl Resolve for Here {
    fn resolve(&self, _: Name) -> Resolving {
        let here = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
        let here: Addrs = Box::new(here.into_iter());
        Box::pin(std::future::ready(Ok(here)))
    }
}

/// The proxy of the settings, but for what they except; else the environment's with its `NO_PROXY`, which the library reads.
/// What the user wrote here is never undone by a variable that some other program wants.
fn proxied(builder: ClientBuilder, network: &Network) -> Result<ClientBuilder, Problem> {
    let Some(url) = &network.proxy else { return Ok(builder) };
    let proxy = Proxy::all(url).map_err(|_| {
        Problem::new(
            ProblemKind::Setting,
            "the proxy's URL can't be used",
            "Mend `network.proxy` in the settings.",
        )
    })?;
    Ok(builder.proxy(proxy.no_proxy(NoProxy::from_string(&network.no_proxy.join(",")))))
}

/// The authorities to trust beside the machine's, and the certificate to show.
fn with_certificates(builder: ClientBuilder, network: &Network) -> Result<ClientBuilder, Problem> {
    let builder = match &network.ca_file {
        Some(path) => builder.tls_certs_merge(authorities(path)?),
        None => builder,
    };
    match &network.client_certificate_file {
        Some(path) => Ok(builder.identity(identity(path, network.client_key_file.as_deref())?)),
        None => Ok(builder),
    }
}

fn authorities(path: &str) -> Result<Vec<Certificate>, Problem> {
    let unusable =
        |why: &str| unusable("the file of certificate authorities", "caFile", "certificate authorities", why);
    let pem = read(path).map_err(|why| unusable(&why))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|_| unusable("it is not in PEM form"))?;
    if certificates.is_empty() {
        return Err(unusable("it holds no certificate"));
    }
    Ok(certificates)
}

/// The certificate and its key, in one file or two.
fn identity(certificate: &str, key: Option<&str>) -> Result<Identity, Problem> {
    let of_certificate = "a certificate and its private key";
    let unusable =
        |why: &str| unusable("the client certificate", "clientCertificateFile", of_certificate, why);
    let mut pem = Zeroizing::new(read(certificate).map_err(|why| unusable(&why))?);
    if let Some(key) = key {
        let key = read(key).map_err(|why| {
            self::unusable("the client certificate's key", "clientKeyFile", "a private key", &why)
        });
        pem.push(b'\n');
        pem.extend_from_slice(&Zeroizing::new(key?));
    }
    Identity::from_pem(&pem).map_err(|_| unusable("it holds no certificate with its unencrypted private key"))
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    let path = crate::paths::of_setting(path).ok_or("it is not an absolute path")?;
    std::fs::read(path).map_err(|error| error.to_string())
}

fn unusable(what: &str, setting: &str, of: &str, why: &str) -> Problem {
    let next = format!("Set `network.{setting}` to a PEM file of {of}.");
    Problem::new(ProblemKind::Setting, format!("could not read {what}"), next).with_detail(why)
}

/// What goes wrong in building is a machine without certificate authorities, or a key that is another certificate's.
fn unbuilt(error: &reqwest::Error, network: &Network) -> Problem {
    let words = super::fault::innermost(error);
    if find::<rustls::Error>(error).is_some() && network.client_certificate_file.is_some() {
        let title = "the client certificate and its private key can't be used together";
        let next = "Set `network.clientCertificateFile` and `network.clientKeyFile` to a certificate and the key that is its own.";
        return Problem::new(ProblemKind::Setting, title, next).with_detail(words);
    }
    if words.contains("CA certificates") {
        let next = "Install the package `ca-certificates`, or name a PEM file in `network.caFile`.";
        return Problem::new(ProblemKind::Certificate, "this machine has no certificate authorities", next);
    }
    internal().with_detail(words)
}
