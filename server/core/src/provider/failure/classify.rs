//! Recognizes a cause by status, code and words. Providers agree on none of the three.

use super::Cause;

const NO_CREDIT: &[&str] = &[
    "insufficient_quota",
    "insufficient quota",
    "insufficient balance",
    "insufficient credit",
    "insufficient_credits",
    "credit balance is too low",
    "billing_hard_limit_reached",
    "billing_not_active",
    "requires more credits",
    "out of credits",
    "payment required",
];

const TOO_LONG: &[&str] = &[
    "context_length_exceeded",
    "exceed_context_size",
    "request_too_large",
    "string_above_max_length",
    "maximum context length",
    "maximum prompt length",
    "context length",
    "context window",
    "context size",
    "exceed context limit",
    "prompt is too long",
    "prompt too long",
    "input is too long",
    "input too long",
    "request too large",
    "too many input tokens",
    "input token count",
];

const UNKNOWN_MODEL: &[&str] = &[
    "model_not_found",
    "model_not_supported",
    "unknown_model",
    "invalid_model",
    "invalid model",
    "unknown model",
    "no such model",
    "model not exist",
    "model not found",
    "not a valid model",
];

const KEY_REFUSED: &[&str] =
    &["invalid_api_key", "authentication_error", "api key not valid", "invalid api key"];

/// What is said of a key that is known.
const NOT_PERMITTED: &[&str] =
    &["permission_error", "missing scope", "missing_scope", "insufficient_scope", "insufficient permissions"];

const RATE_LIMITED: &[&str] = &[
    "rate_limit",
    "rate limit",
    "resource_exhausted",
    "too many requests",
    "too_many_requests",
    "throttling",
];

const OVERLOADED: &[&str] = &[
    "overloaded",
    "at capacity",
    "model is loading",
    "loading model",
    "unavailable_error",
    "serviceunavailable",
    "modelnotready",
];

const SERVER_ERROR: &[&str] = &[
    "server_error",
    "api_error",
    "internal_error",
    "internal server error",
    "timeout_error",
    "internalserver",
    "modelstreamerror",
    "modeltimeout",
];

/// What servers say on a port where they wait for TLS: nginx, Go's, Apache.
const WANTS_HTTPS: &[&str] = &[
    "http request was sent to https port",
    "http request to an https server",
    "speaking plain http to an ssl-enabled server port",
];

/// Whether a server says that it was asked without encryption where it takes nothing else.
pub(super) fn wants_https(message: &str) -> bool {
    let said = message.to_lowercase();
    WANTS_HTTPS.iter().any(|phrase| said.contains(phrase))
}

/// The cause that `status`, the error's `names` (code and type) and its words point to.
///
/// Codes and words come before the status where providers are known to use the status for something else:
/// 429 for an empty account, 403 for an unknown model, 400 for nearly everything.
pub(super) fn cause(status: Option<u16>, names: &[Option<&str>], message: &str) -> Cause {
    let names = names.iter().flatten().copied().collect::<Vec<_>>().join(" ");
    let said = format!("{names} {message}").to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| said.contains(phrase));
    let about_model = said.contains("model");
    match status {
        Some(402) => Cause::NoCredit,
        _ if says(NO_CREDIT) => Cause::NoCredit,
        None | Some(400 | 401 | 403) if says(NOT_PERMITTED) && !says(UNKNOWN_MODEL) => Cause::NotPermitted,
        Some(401) => Cause::KeyRefused,
        Some(413) => Cause::PromptTooLong,
        Some(400 | 426) if wants_https(message) => Cause::OnlySecure,
        // "Internal error while counting the context length" is the provider's own trouble.
        Some(408 | 500..) => server_cause(status, says(OVERLOADED)),
        _ if says(TOO_LONG) => Cause::PromptTooLong,
        Some(429) => Cause::RateLimited,
        _ if says(UNKNOWN_MODEL) || (about_model && said.contains("does not exist")) => Cause::UnknownModel,
        Some(403) => Cause::KeyRefused,
        Some(404) if about_model => Cause::UnknownModel,
        Some(404 | 405) => Cause::WrongAddress,
        _ if says(KEY_REFUSED) => Cause::KeyRefused,
        _ if says(OVERLOADED) => Cause::Overloaded,
        _ if says(RATE_LIMITED) => Cause::RateLimited,
        None if says(SERVER_ERROR) => Cause::ServerError,
        _ => Cause::Provider,
    }
}

fn server_cause(status: Option<u16>, says_overloaded: bool) -> Cause {
    match status {
        Some(503 | 529) => Cause::Overloaded,
        _ if says_overloaded => Cause::Overloaded,
        Some(408 | 500 | 502 | 504) => Cause::ServerError,
        _ => Cause::Provider,
    }
}

/// The words without what may be the key itself: some providers, and some password managers, repeat it.
pub fn without_key(message: &str) -> String {
    let mut kept = String::with_capacity(message.len());
    let mut word = String::new();
    for c in message.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*' | '…') {
            word.push(c);
            continue;
        }
        kept.push_str(if may_be_key(&word) { "…" } else { &word });
        word.clear();
        kept.push(c);
    }
    kept.pop();
    kept
}

fn may_be_key(word: &str) -> bool {
    const BEGINNINGS: &[&str] = &["sk-", "sk_", "gsk_", "xai-", "pplx-", "AIza", "ghp_", "hf_"];
    word.chars().count() >= 8
        && (word.contains(|c: char| c.is_ascii_digit() || c == '*')
            || BEGINNINGS.iter().any(|beginning| word.starts_with(beginning)))
}
