//! The first use of a provider: the user is told, once and for good, where the text goes and whose policy holds.

use std::sync::Arc;

use aside_core::config::{ProviderSettings, introduction};

use crate::Server;

/// Tells it before anything is sent, unless it was told before, in this session or in an earlier one. Where the disk
/// can't be used, once a session.
pub(crate) async fn introduce(server: &Arc<Server>, provider: &ProviderSettings) {
    let (Some(words), Some(origin)) = (introduction(provider), provider.origin()) else { return };
    let (id, origin) = (provider.id.clone(), origin.to_string());
    if !server.session().meet(&id, &origin) {
        return;
    }
    let is_new = match server.blocking(move |server| server.env.store.meet(&id, &origin)).await {
        Ok(is_new) => is_new,
        Err(problem) => {
            server.update(|session| session.report_once(problem));
            true
        }
    };
    if is_new {
        server.client.tell(&format!("{words}. This is said once.")).await;
    }
}
