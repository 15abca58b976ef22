//! The one rule for asking a provider again: few times, only as long as nothing of an answer was seen, and no
//! longer than a person waits.

use crate::provider::{Cause, Failure};
use std::time::Duration;

/// At most so many times a request is sent again.
pub const MAX_RETRIES: u32 = 2;
/// A longer wait is the user's to decide.
pub const MAX_WAIT: Duration = Duration::from_secs(60);
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// What a provider's own "wait 0 s" is taken for.
const MIN_WAIT: Duration = Duration::from_millis(250);

/// How far a model call has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retry {
    /// How often the request was sent again.
    pub retries: u32,
    /// Whether a part of an answer was handed on.
    pub answered: bool,
}

impl Retry {
    /// How long to wait before the request is sent again; `None` if it must not be.
    ///
    /// `jitter` in 0..=1 spreads many clients: it adds up to a quarter, and never makes a wait shorter than the
    /// provider asked for.
    pub fn next(self, failure: &Failure, jitter: f64) -> Option<Duration> {
        if self.answered || self.retries >= MAX_RETRIES || !may_pass(failure.cause) {
            return None;
        }
        let backoff = FIRST_WAIT * 3_u32.pow(self.retries);
        let wait = failure.retry_after.map_or(backoff, |asked| asked.max(MIN_WAIT));
        (wait <= MAX_WAIT).then(|| wait.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 4.0))
    }
}

/// Whether the same request can succeed a little later.
fn may_pass(cause: Cause) -> bool {
    match cause {
        Cause::RateLimited
        | Cause::Overloaded
        | Cause::ServerError
        | Cause::Unreachable
        | Cause::NoAddress
        | Cause::NotListening
        | Cause::Silent
        | Cause::EndedEarly => true,
        Cause::KeyRefused
        | Cause::NotPermitted
        | Cause::NoCredit
        | Cause::UnknownModel
        | Cause::WrongAddress
        | Cause::PromptTooLong
        | Cause::Provider
        | Cause::Unreadable
        | Cause::Page
        | Cause::Proxy
        | Cause::NotSecure
        | Cause::OnlySecure
        | Cause::ClientCertificate
        | Cause::CertificateTime
        | Cause::CertificateName
        | Cause::Redirected
        | Cause::TooLarge
        | Cause::Certificate => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::failure;

    fn answered(status: u16, retry_after: Option<u64>) -> Failure {
        failure::read(status, retry_after.map(Duration::from_secs), b"")
    }

    #[track_caller]
    fn check(retry: Retry, failure: &Failure, seconds: Option<f64>) {
        assert_eq!(retry.next(failure, 0.0), seconds.map(Duration::from_secs_f64));
    }

    const FIRST: Retry = Retry { retries: 0, answered: false };
    const SECOND: Retry = Retry { retries: 1, answered: false };

    #[test]
    fn waits_longer_the_second_time_and_gives_up_at_the_third() {
        for status in [429, 500, 502, 503, 504, 529] {
            check(FIRST, &answered(status, None), Some(1.0));
            check(SECOND, &answered(status, None), Some(3.0));
            check(Retry { retries: 2, answered: false }, &answered(status, None), None);
        }
        check(FIRST, &Failure::unreachable("connection refused"), Some(1.0));
        check(FIRST, &Failure::ended_early("no bytes"), Some(1.0));
    }

    #[test]
    fn waits_as_long_as_the_provider_asks_but_no_longer_than_a_person_would() {
        check(SECOND, &answered(429, Some(20)), Some(20.0));
        check(FIRST, &answered(503, Some(60)), Some(60.0));
        check(FIRST, &answered(429, Some(61)), None);
        check(FIRST, &answered(429, Some(0)), Some(0.25));
    }

    #[test]
    fn never_asks_again_once_a_part_of_the_answer_was_seen() {
        check(Retry { retries: 0, answered: true }, &answered(503, None), None);
        check(Retry { retries: 0, answered: true }, &Failure::ended_early("cut"), None);
    }

    #[test]
    fn never_asks_again_what_waiting_does_not_mend() {
        for status in [400, 401, 402, 403, 404, 413, 422, 501] {
            check(FIRST, &answered(status, Some(1)), None);
        }
        let no_credit = failure::read(429, None, br#"{"error":{"code":"insufficient_quota"}}"#);
        check(FIRST, &no_credit, None);
        check(FIRST, &Failure::connection(Cause::Certificate, "unknown issuer"), None);
        check(FIRST, &Failure::unreadable("no JSON"), None);
    }

    #[test]
    fn jitter_adds_up_to_a_quarter() {
        let failure = answered(429, Some(8));
        assert_eq!(FIRST.next(&failure, 0.5), Some(Duration::from_secs(9)));
        assert_eq!(FIRST.next(&failure, 7.0), Some(Duration::from_secs(10)));
        assert_eq!(FIRST.next(&failure, -1.0), Some(Duration::from_secs(8)));
    }
}
