//! Signs a request with an AWS access key (Signature Version 4).
//!
//! Written here on well-kept hashes, since the vendor's crate for it brings thirty others; the vendor's own test
//! vectors check it. Reference: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use super::segment;
use crate::ledger;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// An access key: written `ID:SECRET`, and `ID:SECRET:TOKEN` if it is a temporary one. No other key holds a colon.
#[derive(Clone, Copy)]
pub struct AccessKey<'k> {
    id: &'k str,
    secret: &'k str,
    token: Option<&'k str>,
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
    let token = token.map(|token| format!(":{token}")).unwrap_or_default();
    format!("{id}:{secret}{token}")
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

/// What is signed of a request.
#[derive(Debug, Clone, Copy)]
pub struct Request<'r> {
    pub method: &'r str,
    /// With the port, where the URL has one.
    pub host: &'r str,
    /// As it is sent: percent-encoded.
    pub path: &'r str,
    pub query: &'r str,
    /// Further headers, by their names in lower case.
    pub headers: &'r [(&'r str, &'r str)],
    pub body: &'r [u8],
    pub region: &'r str,
    pub service: &'r str,
}

/// The headers that make a request a signed one.
pub fn sign(key: AccessKey<'_>, request: &Request<'_>, now: SystemTime) -> Vec<(&'static str, String)> {
    let time = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let day = ledger::day(time).replace('-', "");
    // `2015-08-30 12:36:00` as `20150830T123600Z`.
    let moment = ledger::moment(time).replace(['-', ':'], "").replace(' ', "T") + "Z";

    let mut headers: Vec<(&str, &str)> = request.headers.to_vec();
    headers.extend([("host", request.host), ("x-amz-date", &moment)]);
    headers.extend(key.token.map(|token| ("x-amz-security-token", token)));
    headers.sort_unstable();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");

    let scope = format!("{day}/{}/{}/aws4_request", request.region, request.service);
    let canonical = canonical(request, &headers, &names);
    let to_sign = format!("AWS4-HMAC-SHA256\n{moment}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let first = format!("AWS4{}", key.secret).into_bytes();
    let parts = [day.as_str(), request.region, request.service, "aws4_request", &to_sign];
    let signature = hex(&parts.iter().fold(first, |key, part| hmac(&key, part.as_bytes())));

    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        key.id
    );
    let token = key.token.map(|token| ("x-amz-security-token", token.to_owned()));
    [("x-amz-date", moment), ("authorization", authorization)].into_iter().chain(token).collect()
}

fn canonical(request: &Request<'_>, headers: &[(&str, &str)], names: &str) -> String {
    // Every service but S3 counts the path as encoded once more.
    let path = request.path.split('/').map(|part| segment(part).to_string()).collect::<Vec<_>>().join("/");
    let mut query: Vec<String> = request
        .query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") })
        .collect();
    query.sort_unstable();
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}:{}\n", value.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect();
    let body = hex(&Sha256::digest(request.body));
    format!("{}\n{path}\n{}\n{headers}\n{names}\n{body}", request.method, query.join("&"))
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests;
