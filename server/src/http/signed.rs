//! Signs a request with an access key of AWS's (Signature Version 4), by the vendor's own crate. Of the vendor's, that
//! one alone is used: what asks for credentials, or connects, is not.

use aside_core::provider::aws::AccessKey;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningError, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use std::time::SystemTime;

/// What is signed of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'r> {
    pub(super) method: &'r str,
    /// As it is sent: percent-encoded.
    pub(super) url: &'r str,
    /// Further headers.
    pub(super) headers: &'r [(&'r str, &'r str)],
    pub(super) body: &'r [u8],
    pub(super) region: &'r str,
    pub(super) service: &'r str,
}

/// The headers that make a request a signed one.
pub(super) fn headers(
    key: AccessKey<'_>,
    request: &Request<'_>,
    now: SystemTime,
) -> Result<Vec<(String, String)>, SigningError> {
    // It zeroes the secret when it is dropped.
    let key = Credentials::new(key.id, key.secret, key.token.map(str::to_owned), None, "aside").into();
    let parameters = SigningParams::builder()
        .identity(&key)
        .region(request.region)
        .name(request.service)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .expect("every one of them was given");
    let signable = SignableRequest::new(
        request.method,
        request.url,
        request.headers.iter().copied(),
        SignableBody::Bytes(request.body),
    )?;
    let (signed, _) = sign(signable, &parameters.into())?.into_parts();
    Ok(signed.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[cfg(test)]
mod tests;
