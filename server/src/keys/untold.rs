//! What no failure may repeat: the key that went along, and what is secret of the headers in the user's settings.

use super::Secret;
use aside_core::config::{ProviderSettings, may_be_repeated};
use aside_core::provider::Failure;
use aside_core::provider::aws::AccessKey;
use aside_core::repeated;
use secrecy::{ExposeSecret, SecretString};

/// What stands in the name of a header whose value is secret, whatever it looks like.
const SECRET_NAMES: &[&str] =
    &["auth", "key", "token", "secret", "cookie", "pass", "credential", "sign", "session"];

/// The secrets of one request.
#[derive(Debug)]
pub(crate) struct Untold {
    key: Option<Secret>,
    headers: Vec<SecretString>,
}

impl Untold {
    /// Those of a request to the provider with this key.
    pub(crate) fn new(provider: &ProviderSettings, key: Option<&Secret>) -> Self {
        // A scheme such as `Bearer` stands before the secret.
        let words = |(name, value): (&String, &String)| {
            let is_secret = says_secret(name);
            let words = value.split_whitespace().filter(move |word| is_secret || !may_be_repeated(word));
            words.map(SecretString::from).collect::<Vec<_>>()
        };
        Self { key: key.cloned(), headers: provider.headers.iter().flat_map(words).collect() }
    }

    /// What a provider said, without them.
    pub(crate) fn blanked(&self, failure: Failure) -> Failure {
        let secrets = self.secrets();
        let message = repeated::blanked(&failure.message, &secrets);
        let code = failure.code.as_deref().map(|code| repeated::blanked(code, &secrets));
        Failure { message, code, ..failure }
    }

    fn secrets(&self) -> Vec<&str> {
        let key = self.key.as_ref().and_then(|key| key.expose_for(key.origin()).ok());
        // Amazon's errors repeat parts of what was signed.
        let parts = key.and_then(AccessKey::parse).map(|parts| [Some(parts.secret), parts.token]);
        let headers = self.headers.iter().map(SecretString::expose_secret);
        key.into_iter().chain(parts.into_iter().flatten().flatten()).chain(headers).collect()
    }
}

fn says_secret(header: &str) -> bool {
    let name = header.to_lowercase();
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aside_core::config::Settings;
    use serde_json::json;

    fn untold(headers: serde_json::Value, key: Option<&str>) -> Untold {
        let acme = json!({"baseUrl": "https://acme.example/v1", "headers": headers});
        let provider =
            Settings::resolve(json!({"providers": {"acme": acme}})).0.providers.remove("acme").unwrap();
        let secret = |key: &str| Secret::new(key.to_owned(), provider.origin().unwrap()).unwrap();
        Untold::new(&provider, key.map(secret).as_ref())
    }

    #[track_caller]
    fn check(untold: &Untold, said: &str, told: &str) {
        let failure = untold.blanked(Failure { code: Some(said.to_owned()), ..Failure::unreadable(said) });
        assert_eq!((failure.message.as_str(), failure.code.as_deref()), (told, Some(told)));
    }

    #[test]
    fn a_failure_is_told_without_the_key_and_its_parts() {
        check(&untold(json!({}), Some("correct/horse")), "not correct%2fhorse", "not …");
        let of_aws = untold(json!({}), Some("AKIAEXAMPLE:wJalrXUtnFEMI/K7MDENG:IQoJb3JpZ2luX2Vj"));
        check(
            &of_aws,
            "x-amz-security-token:IQoJb3JpZ2luX2Vj of AKIAEXAMPLE.",
            "x-amz-security-token:… of AKIAEXAMPLE.",
        );
        check(&of_aws, "the secret wJalrXUtnFEMI/K7MDENG", "the secret …");
        check(&untold(json!({}), None), "no key at all", "no key at all");
    }

    #[test]
    fn a_failure_is_told_without_what_is_secret_of_the_users_headers() {
        let headers = json!({
            "Authorization": "Bearer open-sesame", "x-api-key": "swordfish-1", "X-Team": "Tr0ub4dor-and-3", "X-Beta": "prompt-caching",
        });
        let untold = untold(headers, None);
        let said = "Bearer open-sesame, swordfish-1 and Tr0ub4dor-and-3 don't go with prompt-caching";
        check(&untold, said, "Bearer …, … and … don't go with prompt-caching");
        assert!(!format!("{untold:?}").contains("sesame"));
    }
}
