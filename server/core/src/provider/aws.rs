//! Access keys of AWS, as one line and as the vendor's tools print them, and the region in a host's name. The shell signs
//! with them.

use crate::ledger;

/// An access key: written `ID:SECRET`, and `ID:SECRET:TOKEN` if it is a temporary one. No other key holds a colon.
#[derive(Clone, Copy)]
pub struct AccessKey<'k> {
    pub id: &'k str,
    pub secret: &'k str,
    pub token: Option<&'k str>,
}

impl<'k> AccessKey<'k> {
    /// `None` for a key that is sent as it is.
    pub fn parse(key: &'k str) -> Option<Self> {
        let (id, rest) = key.split_once(':')?;
        let (secret, token) =
            rest.split_once(':').map_or((rest, None), |(secret, token)| (secret, Some(token)));
        let filled = !id.is_empty() && !secret.is_empty() && token != Some("");
        filled.then_some(Self { id, secret, token })
    }
}

/// An access key in the one line that [`AccessKey::parse`] reads.
pub fn one_line(id: &str, secret: &str, token: Option<&str>) -> String {
    // Of its whole length from the start: nothing of it is left behind by growing.
    let (before, token) = token.map_or(("", ""), |token| (":", token));
    [id, ":", secret, before, token].concat()
}

/// What the vendor's tools print (`aws configure export-credentials`, a `credential_process`).
#[derive(Clone, PartialEq, Eq)]
pub struct Exported {
    /// In the one line that [`AccessKey::parse`] reads.
    pub key: String,
    /// The second since 1970 at which it runs out, if it does.
    pub until: Option<u64>,
}

/// Reads what the vendor's tools print; `None` for any other text.
pub fn exported(text: &str) -> Option<Exported> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Printed<'t> {
        access_key_id: &'t str,
        secret_access_key: &'t str,
        session_token: Option<&'t str>,
        expiration: Option<&'t str>,
    }
    let printed: Printed<'_> = serde_json::from_str(text).ok()?;
    let token = printed.session_token.filter(|token| !token.is_empty());
    let key = one_line(printed.access_key_id, printed.secret_access_key, token);
    Some(Exported { key, until: printed.expiration.and_then(ledger::second) })
}

/// The region that a host of the vendor's is in: the label after the service's.
pub fn region(host: &str) -> Option<&str> {
    let mut labels = host.split('.').skip_while(|label| !label.starts_with("bedrock"));
    labels.nth(1).filter(|region| region.contains('-'))
}

#[cfg(test)]
mod tests;
