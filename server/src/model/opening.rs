//! From a request to the beginning of its answer: the key, what is said before a first use, and the key that was saved
//! in place of one that is refused.

use std::sync::Arc;

use aside_core::config::{Network, ProviderSettings};
use aside_core::ledger::Act;
use aside_core::provider::HttpRequest;

use crate::Server;
use crate::first_use;
use crate::http::{Fault, Response};
use crate::keys::Key;

/// Sends the request with the provider's key. One that is refused was perhaps replaced: if another is found by now, the
/// same is asked with that one, once.
pub(super) async fn open(
    server: &Arc<Server>,
    network: &Network,
    provider: &ProviderSettings,
    request: &HttpRequest,
    act: Act,
) -> Result<Response, Fault> {
    let key = server.env.keys.find(provider).await?;
    found(server, key.as_ref());
    // What is said once is not said of a question that stays here.
    server.env.http.is_open(network, provider)?;
    first_use::introduce(server, provider).await;
    let asked = ask(server, network, provider, request, key.as_ref(), act.clone()).await;
    let Err(Fault::Failure(failure)) = &asked else { return asked };
    let refused = key.filter(|_| failure.cause.is_about_key());
    let Some(refused) = refused else { return asked };
    match server.env.keys.newer(provider, &refused).await {
        Ok(None) => asked,
        Ok(Some(newer)) => {
            found(server, Some(&newer));
            ask(server, network, provider, request, Some(&newer), act).await
        }
        Err(why) => Err(failure.clone().and_then_no_key(&why).into()),
    }
}

/// The editor shows where the key came from.
fn found(server: &Server, key: Option<&Key>) {
    let source = key.map(|key| key.source.to_string());
    server.update(|session| session.key_found(source));
}

async fn ask(
    server: &Server,
    network: &Network,
    provider: &ProviderSettings,
    request: &HttpRequest,
    key: Option<&Key>,
    act: Act,
) -> Result<Response, Fault> {
    let asked = server.env.http.post(network, provider, request, key, act).await;
    if let Some(trouble) = server.env.http.ledger().take_trouble() {
        server.update(|session| session.report_once(trouble));
    }
    let response = asked?;
    if response.is_success() { Ok(response) } else { Err(response.failure().await.into()) }
}
