//! The rows of the fault table: how each is made.

use super::{Break, Broken, after_first_word};
use crate::http2::peer::{Peer, RESET};
use aside_core::problem::ProblemKind;
use aside_tests::socks::{Socks, Terms};
use aside_tests::tls::{Authority, Shown};
use serde_json::{Value, json};
use std::net::TcpListener;

/// A row, as far as it is known before it is tried.
pub(super) struct Expected {
    pub(super) id: &'static str,
    /// For the docs.
    pub(super) what: &'static str,
    pub(super) kind: ProblemKind,
    /// Words of the problem.
    pub(super) says: &'static str,
    /// Whether the answer's first word came before the fault.
    pub(super) keeps_a_word: bool,
}

const fn row(id: &'static str, what: &'static str, kind: ProblemKind, says: &'static str) -> Expected {
    Expected { id, what, kind, says, keeps_a_word: false }
}

const fn after_a_word(
    id: &'static str,
    what: &'static str,
    kind: ProblemKind,
    says: &'static str,
) -> Expected {
    Expected { keeps_a_word: true, ..row(id, what, kind, says) }
}

use ProblemKind::{Certificate, Network, Provider, Setting, StreamEndedEarly};

pub(super) const ROWS: &[Expected] = &[
    row(
        "name_without_address",
        "The provider's name has no address",
        Network,
        "no address was found for the name",
    ),
    row("nobody_listens", "Nothing takes connections there", Network, "nothing answers at"),
    row(
        "connection_not_completed",
        "The connection is not completed in time",
        Network,
        "came about within 1 s",
    ),
    row("closed_without_answer", "The connection is closed without an answer", Network, "without an answer"),
    row("silent_from_the_start", "The question is taken and nothing comes", Network, "was silent for 1 s"),
    row("slow_head", "The answer's head comes byte by byte", Network, "was silent for 1 s"),
    after_a_word("silent_in_the_middle", "The answer stalls", Network, "was silent for 1 s"),
    after_a_word(
        "cut_in_the_middle",
        "The connection is closed in the middle of the answer",
        StreamEndedEarly,
        "ended before its end",
    ),
    after_a_word(
        "reset_in_the_middle",
        "The connection is reset in the middle of the answer",
        StreamEndedEarly,
        "ended before its end",
    ),
    after_a_word(
        "stream_reset_over_http2",
        "The provider resets the answer's stream over HTTP/2",
        StreamEndedEarly,
        "ended before its end",
    ),
    row("noise_instead_of_answer", "Noise comes in place of an answer", Provider, "is not HTTP"),
    after_a_word(
        "noise_in_the_middle",
        "Noise comes in the middle of the answer",
        StreamEndedEarly,
        "ended before its end",
    ),
    row(
        "not_compressed",
        "The answer says that it is compressed, and isn't",
        Provider,
        "sent compressed can't be read",
    ),
    row("never_ending_line", "One line comes that never ends", Provider, "larger than any answer"),
    after_a_word(
        "never_ending_events",
        "Small events come without an end",
        Provider,
        "larger than any answer",
    ),
    row("sign_in_page", "The network's sign-in page comes, with status 200", Network, "Welcome to the Hotel"),
    row(
        "sent_elsewhere",
        "The answer sends on to a sign-in page",
        Network,
        "sends on to http://portal.invalid)",
    ),
    row(
        "no_tls_there",
        "The address begins with `https`, and what is there speaks plain `http`",
        Network,
        "does not speak https",
    ),
    row(
        "https_alone",
        "The address begins with `http`, and what is there takes `https` alone",
        Setting,
        "answers over https alone",
    ),
    row("certificate_expired", "The certificate has expired", Certificate, "it has expired"),
    row(
        "certificate_of_another_name",
        "The certificate is for another name",
        Certificate,
        "it is for another name",
    ),
    row(
        "certificate_signed_by_itself",
        "The certificate is signed by itself",
        Certificate,
        "signed by itself",
    ),
    row(
        "certificate_of_unknown_authority",
        "The certificate's authority is unknown",
        Certificate,
        "its issuer is unknown",
    ),
    row(
        "client_certificate_wanted",
        "A client certificate is wanted, and none is set",
        Certificate,
        "wants a certificate of yours",
    ),
    row(
        "proxy_wants_password",
        "The proxy wants a name and a password",
        Network,
        "wants a name and a password",
    ),
    row("proxy_refuses", "The proxy refuses to connect", Network, "the proxy did not connect"),
    row(
        "proxy_not_there",
        "Nothing takes connections at the proxy's address",
        Network,
        "nothing answers at its",
    ),
    row("proxy_without_address", "The proxy's name has no address", Network, "for the proxy's name"),
    row(
        "proxy_to_http_not_there",
        "The same, on the way to a provider at plain `http`",
        Network,
        "the proxy did not connect: nothing answers at its",
    ),
    row(
        "proxy_silent",
        "The proxy takes the connection and says nothing",
        Network,
        "brought no connection to https://llm.invalid",
    ),
    row(
        "proxy_to_http_silent",
        "The same, on the way to a provider at plain `http`",
        Network,
        "or the proxy 127.0.0.1:",
    ),
    row(
        "proxy_without_tls",
        "The proxy's address begins with `https`, and what is there speaks plain `http`",
        Network,
        "does not speak https",
    ),
    row(
        "proxy_of_unknown_authority",
        "The certificate of a proxy at an `https` address is of an unknown authority",
        Network,
        "its issuer is unknown",
    ),
    row(
        "socks_proxy_wants_password",
        "A SOCKS proxy wants a name and a password",
        Network,
        "wants a name and a password",
    ),
    row("socks_proxy_refuses", "A SOCKS proxy refuses to connect", Network, "the proxy did not connect"),
    row(
        "socks_proxy_not_there",
        "Nothing takes connections at a SOCKS proxy's address",
        Network,
        "nothing answers at its",
    ),
];

/// A row at work.
pub(super) struct Row {
    pub(super) id: &'static str,
    pub(super) server: Option<Broken>,
    /// Its base URL while it is broken, and once it is mended.
    urls: [String; 2],
}

/// Rows that have their network's settings in common.
pub(super) struct Session {
    network: [Value; 2],
    pub(super) rows: Vec<Row>,
    /// What a mended address leads to, and the certificates' files.
    _held: Held,
}

#[derive(Default)]
struct Held {
    _servers: Vec<Broken>,
    _authorities: Vec<Authority>,
    _deaf: Option<TcpListener>,
}

impl Held {
    fn of(servers: Vec<Broken>, authorities: Vec<Authority>) -> Self {
        Self { _servers: servers, _authorities: authorities, _deaf: None }
    }
}

impl Session {
    pub(super) fn settings(&self, is_mended: bool) -> Value {
        let at = usize::from(is_mended);
        let provider = |row: &Row| (row.id.to_owned(), json!({"baseUrl": row.urls[at], "keyOptional": true}));
        let providers: serde_json::Map<String, Value> = self.rows.iter().map(provider).collect();
        json!({"model": format!("{}/test", self.rows[0].id), "network": self.network[at], "providers": providers})
    }
}

pub(super) fn sessions() -> Vec<Session> {
    let mut sessions = vec![plain(), silent(), unconnected(), secure()];
    sessions.extend(proxied());
    sessions.extend([
        socks("socks_proxy_wants_password", Some(Terms::Password("me", "secret"))),
        socks("socks_proxy_refuses", Some(Terms::Closed)),
        socks("socks_proxy_not_there", None),
    ]);
    sessions
}

fn broken(id: &'static str, how: Break) -> Row {
    at(id, Broken::start(how))
}

fn at(id: &'static str, server: Broken) -> Row {
    let url = server.base_url();
    Row { id, urls: [url.clone(), url], server: Some(server) }
}

/// A port at which nothing listens.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

fn plain() -> Session {
    let good = Broken::start(Break::Cut(0));
    good.mend();
    let elsewhere = |id, url: String| Row { id, server: None, urls: [url, good.base_url()] };
    let word = after_first_word();
    let rows = vec![
        // A label this long can't be asked for, so no name server is.
        elsewhere("name_without_address", format!("http://{}.invalid/v1", "a".repeat(64))),
        elsewhere("nobody_listens", format!("http://localhost:{}/v1", free_port())),
        broken("closed_without_answer", Break::Cut(0)),
        broken("cut_in_the_middle", Break::Cut(word)),
        broken("reset_in_the_middle", Break::Reset(word)),
        broken("noise_instead_of_answer", Break::Garbage(0)),
        broken("noise_in_the_middle", Break::Garbage(word)),
        broken("not_compressed", Break::NotCompressed),
        broken("never_ending_line", Break::Endless),
        broken("never_ending_events", Break::Events),
        broken("sign_in_page", Break::Portal),
        broken("sent_elsewhere", Break::Redirect),
        elsewhere("no_tls_there", good.base_url().replace("http:", "https:")),
        broken("https_alone", Break::HttpsAlone),
    ];
    Session { network: [json!({}), json!({})], rows, _held: Held::of(vec![good], vec![]) }
}

fn silent() -> Session {
    let network = json!({"idleTimeoutSeconds": 1});
    let rows = vec![
        broken("silent_from_the_start", Break::Stall(0)),
        broken("slow_head", Break::SlowHead),
        broken("silent_in_the_middle", Break::Stall(after_first_word())),
    ];
    Session { network: [network.clone(), network], rows, _held: Held::default() }
}

fn unconnected() -> Session {
    let good = Broken::start(Break::Cut(0));
    good.mend();
    // The system takes the connection, and nobody answers its first words.
    let deaf = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = deaf.local_addr().expect("a bound listener has an address").port();
    let network = json!({"connectTimeoutSeconds": 1});
    let urls = [format!("https://localhost:{port}/v1"), good.base_url()];
    let rows = vec![Row { id: "connection_not_completed", server: None, urls }];
    Session {
        network: [network.clone(), network],
        rows,
        _held: Held { _deaf: Some(deaf), ..Held::of(vec![good], vec![]) },
    }
}

fn secure() -> Session {
    let (known, unknown) = (Authority::new("known"), Authority::new("unknown"));
    let good = known.server(Shown::Good, false);
    let shows = |id, config| at(id, Broken::tls(Break::Handshake, config, good.clone()));
    let asks = known.server(Shown::Good, true);
    let mut rows = vec![
        shows("certificate_expired", known.server(Shown::Expired, false)),
        shows("certificate_of_another_name", known.server(Shown::OtherName, false)),
        shows("certificate_signed_by_itself", known.server(Shown::SelfSigned, false)),
        shows("certificate_of_unknown_authority", unknown.server(Shown::Good, false)),
        // Only the settings mend this one.
        at("client_certificate_wanted", Broken::tls(Break::Handshake, asks.clone(), asks)),
    ];
    let speaks_http2 = Peer::start(&known.server(Shown::Good, false));
    let over_http1 = Broken::tls(Break::Handshake, good.clone(), good);
    over_http1.mend();
    rows.push(Row {
        id: "stream_reset_over_http2",
        server: None,
        urls: [format!("{}/{RESET}", speaks_http2.base_url()), over_http1.base_url()],
    });
    let (certificate, key) = known.client();
    let network = [
        json!({"caFile": known.file()}),
        json!({"caFile": known.file(), "clientCertificateFile": certificate, "clientKeyFile": key}),
    ];
    Session { network, rows, _held: Held::of(vec![over_http1], vec![known, unknown]) }
}

/// Each has a proxy of its own, through which every address but this machine's is reached.
fn proxied() -> Vec<Session> {
    let session = |id, url: &str, how: Option<Break>, elsewhere: Option<String>| {
        let authority = Authority::new("known");
        let proxy = Broken::proxy(how.unwrap_or(Break::ProxyRefuses), authority.server(Shown::Good, false));
        let at = |address: &str| {
            let is_silent = how == Some(Break::Stall(0));
            let idle = if is_silent && url.starts_with("http:") { 1 } else { 60 };
            json!({
                "proxy": format!("http://{address}"), "caFile": authority.file(),
                "connectTimeoutSeconds": if is_silent { 1 } else { 60 }, "idleTimeoutSeconds": idle,
            })
        };
        let here = |port: u16| format!("127.0.0.1:{port}");
        let broken = if how.is_some() { proxy.port() } else { free_port() };
        let network = [at(&elsewhere.unwrap_or_else(|| here(broken))), at(&here(proxy.port()))];
        let rows = vec![Row { id, server: Some(proxy), urls: [url, url].map(str::to_owned) }];
        Session { network, rows, _held: Held::of(vec![], vec![authority]) }
    };
    let (secure, plain) = ("https://llm.invalid/v1", "http://llm.invalid/v1");
    vec![
        session("proxy_wants_password", secure, Some(Break::ProxyPassword), None),
        session("proxy_refuses", secure, Some(Break::ProxyRefuses), None),
        session("proxy_not_there", secure, None, None),
        session("proxy_without_address", secure, None, Some(format!("{}.invalid:3128", "a".repeat(64)))),
        session("proxy_to_http_not_there", plain, None, None),
        session("proxy_silent", secure, Some(Break::Stall(0)), None),
        session("proxy_to_http_silent", plain, Some(Break::Stall(0)), None),
        secure_proxy("proxy_without_tls", |port, _| port),
        secure_proxy("proxy_of_unknown_authority", |_, unknown| unknown),
    ]
}

/// A proxy that is spoken to over `https`: at the port of one that isn't, or whose authority nobody knows.
fn secure_proxy(id: &'static str, choose: fn(u16, u16) -> u16) -> Session {
    let (known, unknown) = (Authority::new("known"), Authority::new("unknown"));
    let shown = |authority: &Authority| authority.server(Shown::Good, false);
    let plain = Broken::proxy(Break::ProxyRefuses, shown(&known));
    plain.mend();
    let secure = Broken::tls(Break::Handshake, shown(&unknown), shown(&unknown));
    let port = choose(plain.port(), secure.port());
    let network = [format!("https://localhost:{port}"), format!("http://localhost:{}", plain.port())]
        .map(|proxy| json!({"proxy": proxy, "caFile": known.file()}));
    let url = "https://llm.invalid/v1".to_owned();
    let rows = vec![Row { id, server: None, urls: [url.clone(), url] }];
    Session { network, rows, _held: Held::of(vec![plain, secure], vec![known, unknown]) }
}

/// The same with a SOCKS proxy, which leads to the provider whatever it is asked for.
fn socks(id: &'static str, terms: Option<Terms>) -> Session {
    let authority = Authority::new("known");
    let config = authority.server(Shown::Good, false);
    let provider = Broken::tls(Break::Handshake, config.clone(), config);
    provider.mend();
    let through = |terms: Option<Terms>| {
        let port = terms.map_or_else(free_port, |terms| Socks::start(terms, provider.port()).port());
        json!({"proxy": format!("socks5h://127.0.0.1:{port}"), "caFile": authority.file()})
    };
    let network = [through(terms), through(Some(Terms::Open))];
    let url = "https://llm.invalid/v1".to_owned();
    let rows = vec![Row { id, server: None, urls: [url.clone(), url] }];
    Session { network, rows, _held: Held::of(vec![provider], vec![authority]) }
}
