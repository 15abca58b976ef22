//! From a request to the beginning of its answer: the key, what is said before a first use, and the key that was saved
//! in place of one that is refused. Before each step that tells or sends something, the settings are asked again.

use std::sync::Arc;

use aside_core::ledger::Act;
use aside_core::provider::{Failure, HttpRequest};

use super::standing::Standing;
use crate::Server;
use crate::first_use;
use crate::http::{Fault, Response};
use crate::keys::Key;

/// An answer that has begun.
pub(super) struct Opened {
    pub(super) response: Response,
    /// The key it was asked with, unless that took the place of another that was refused.
    pub(super) key: Option<Key>,
}

/// A question on its way.
pub(super) struct Sending {
    pub(super) server: Arc<Server>,
    pub(super) standing: Standing,
    pub(super) request: HttpRequest,
    pub(super) act: Act,
}

impl Sending {
    /// Sends the request with the provider's key. One that is refused was perhaps replaced: if another is found by now,
    /// the same is asked with that one, once.
    pub(super) async fn open(self) -> Result<Opened, Fault> {
        let (server, provider) = (&self.server, &self.standing.provider);
        self.standing.check(server)?;
        let key = server.env.keys.find(provider).await?;
        found(server, key.as_ref());
        // What is said once is not said of a question that stays here.
        server.env.http.is_open(&self.standing.check(server)?.network, provider)?;
        first_use::introduce(server, provider).await;
        let failure = match self.ask(key.as_ref()).await {
            Ok(response) => return Ok(Opened { response, key }),
            Err(Fault::Failure(failure)) => failure,
            Err(Fault::Problem(problem)) => return Err(problem.into()),
        };
        match key.filter(|_| failure.cause.is_about_key()) {
            Some(refused) => self.renewed(&refused, failure).await,
            None => Err(failure.into()),
        }
    }

    /// The same with another key than the one that was refused, if one is found by now; otherwise the failure.
    pub(super) async fn renewed(self, refused: &Key, failure: Failure) -> Result<Opened, Fault> {
        self.standing.check(&self.server)?;
        match self.server.env.keys.newer(&self.standing.provider, refused).await {
            Ok(None) => Err(failure.into()),
            Ok(Some(newer)) => {
                found(&self.server, Some(&newer));
                Ok(Opened { response: self.ask(Some(&newer)).await?, key: None })
            }
            Err(why) => Err(failure.and_then_no_key(&why).into()),
        }
    }

    async fn ask(&self, key: Option<&Key>) -> Result<Response, Fault> {
        let Self { server, standing, request, act } = self;
        let now = standing.check(server)?;
        let asked = server.env.http.post(&now.network, &standing.provider, request, key, act.clone()).await;
        if let Some(trouble) = server.env.http.ledger().take_trouble() {
            server.update(|session| session.report_once(trouble));
        }
        let response = asked?;
        if response.is_success() { Ok(response) } else { Err(response.failure().await.into()) }
    }
}

/// The editor shows where the key came from.
fn found(server: &Server, key: Option<&Key>) {
    let source = key.map(|key| key.source.to_string());
    server.update(|session| session.key_found(source));
}
