//! One HTTP client per way out, built at its first use and again when the network settings change.

use super::internal;
use aside_core::config::{Network, Origin};
use aside_core::problem::{Problem, ProblemKind};
use reqwest::{Certificate, Client, ClientBuilder, NoProxy, Proxy, redirect};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

const USER_AGENT: &str = concat!("aside/", env!("CARGO_PKG_VERSION"));
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
    builder.build().map_err(|error| unbuilt(&error))
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

/// No proxy of the environment's, and no name server asked for `localhost`.
fn local(builder: ClientBuilder) -> ClientBuilder {
    let here = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
    builder.no_proxy().resolve_to_addrs("localhost", &here)
}

/// The proxy of the settings, else the environment's, which the library reads. `NO_PROXY` holds for both.
fn proxied(builder: ClientBuilder, network: &Network) -> Result<ClientBuilder, Problem> {
    let Some(url) = &network.proxy else { return Ok(builder) };
    let proxy = Proxy::all(url).map_err(|_| {
        Problem::new(
            ProblemKind::Setting,
            "the proxy's URL can't be used",
            "Mend `network.proxy` in the settings.",
        )
    })?;
    Ok(builder.proxy(proxy.no_proxy(NoProxy::from_env())))
}

fn with_certificates(builder: ClientBuilder, network: &Network) -> Result<ClientBuilder, Problem> {
    let Some(path) = &network.ca_file else { return Ok(builder) };
    let unusable = |why: String| {
        let next = "Set `network.caFile` to a PEM file of certificate authorities.";
        Problem::new(ProblemKind::Setting, "could not read the file of certificate authorities", next)
            .with_detail(why)
    };
    let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let certificates =
        Certificate::from_pem_bundle(&pem).map_err(|_| unusable("it is not in PEM form".to_owned()))?;
    if certificates.is_empty() {
        return Err(unusable("it holds no certificate".to_owned()));
    }
    Ok(builder.tls_certs_merge(certificates))
}

/// The one thing that goes wrong in building is a machine without certificate authorities.
fn unbuilt(error: &reqwest::Error) -> Problem {
    let words = super::fault::innermost(error);
    if words.contains("CA certificates") {
        let next = "Install the package `ca-certificates`, or name a PEM file in `network.caFile`.";
        return Problem::new(ProblemKind::Certificate, "this machine has no certificate authorities", next);
    }
    internal().with_detail(words)
}
