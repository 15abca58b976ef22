//! A provider's list of models, asked when the user asks.

use crate::http::{Fault, Http};
use crate::keys::Key;
use aside_core::config::{Network, ProviderSettings};
use aside_core::provider::{Failure, models};

/// No list of models is longer, in bytes.
const LONGEST: usize = 8 << 20;

/// The models' names, as the provider orders them; `None` where it has no such list, as some servers do.
pub(crate) async fn ask(
    http: &Http,
    network: &Network,
    provider: &ProviderSettings,
    key: Option<&Key>,
) -> Result<Option<Vec<String>>, Fault> {
    let Some(request) = provider.format.http().and_then(models::request) else { return Ok(None) };
    let answer = http.get(network, provider, &request, key.map(|key| &key.secret)).await?;
    if matches!(answer.status(), 404 | 405) {
        return Ok(None);
    }
    if !answer.is_success() {
        return Err(answer.failure().await.into());
    }
    let unreadable = || Failure::unreadable("the answer is not a list of models").into();
    models::read(&answer.body(LONGEST).await).map(Some).ok_or_else(unreadable)
}
