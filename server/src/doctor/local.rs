//! Providers that run on this machine. They are looked for only when the user says so.

use crate::cli::Terminal;
use crate::http::Http;
use crate::ledger::Ledger;
use crate::models;
use aside_core::config::Settings;
use aside_core::ledger::Feature;

/// Says which of them answer, and with how many models.
pub(super) async fn say(settings: &Settings, yes: bool, ledger: Ledger, terminal: &mut Terminal<'_>) {
    super::heading(terminal, "This machine");
    let all = models::LOCAL.join(", ");
    if !yes && !terminal.confirm(&format!("  Look for providers here ({all})?")) {
        return terminal.say(format!("  not looked for: {all} (`--yes` looks)"));
    }
    let found = models::local(&Http::new(ledger), settings, Feature::Doctor).await;
    for (provider, names) in &found {
        let count = names.len();
        let first = names.first().map(|name| format!(", for instance `{}/{name}`", provider.id));
        terminal.say(format!(
            "  {:12} {}, its models: {count}{}",
            provider.id,
            provider.base_url,
            first.unwrap_or_default()
        ));
    }
    if found.is_empty() {
        terminal.say(format!("  none of {all} answers at its usual port."));
    }
}
