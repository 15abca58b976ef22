//! What went wrong, said for the person who can act on it.
//!
//! A [`Problem`] has a short title, a next step and a retry rule. Everything that isn't one is a bug and never
//! reaches a user as more than one plain line.

use crate::plain::steers;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The closed set of causes, named by what the user can do about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ProblemKind {
    /// No key was found for a provider that wants one.
    NoKey,
    /// The provider refused the key (401, 403).
    KeyRefused,
    /// The provider doesn't know the model, or the setting names none.
    UnknownModel,
    /// Too many requests or tokens; `retry_after` says how long to wait where the provider said so.
    RateLimited,
    /// The provider is overloaded (503, 529).
    Overloaded,
    /// The prompt is longer than the model takes.
    PromptTooLong,
    /// The provider could not be reached, or went silent.
    Network,
    /// The provider's certificate isn't trusted.
    Certificate,
    /// The stream ended before its end.
    StreamEndedEarly,
    /// The provider answered with an error of its own.
    Provider,
    /// The model declined, or answered in prose where code was wanted.
    Declined,
    /// The model answered nothing.
    EmptyAnswer,
    /// The answer leaves out code ("rest unchanged") and can't be applied.
    Elided,
    /// The text was changed where the proposal wants to change it.
    Conflict,
    /// The editor did not apply the edit as asked; what it did was undone.
    Misapplied,
    /// A rule keeps the file back that something was selected in; the user may send it once.
    Blocked,
    /// A setting is wrong.
    Setting,
    /// The OS keyring can't be used.
    Keyring,
    /// The request named something that isn't there (a closed document, an unknown proposal).
    NotFound,
    /// A bug of ours; the log has the details.
    Internal,
}

/// A cause the user can act on. `title` is a lower-case fragment that fits after "could not …: ".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The cause.
    pub kind: ProblemKind,
    /// What happened, as a short lower-case fragment.
    pub title: String,
    /// What to do next, as a full sentence.
    pub next: String,
    /// The provider's or the system's own words, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Seconds to wait before trying again, where they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl Problem {
    /// A problem without detail and without a time to wait.
    pub fn new(kind: ProblemKind, title: impl Into<String>, next: impl Into<String>) -> Self {
        Self { kind, title: title.into(), next: next.into(), detail: None, retry_after: None }
    }

    /// The same problem with the provider's or the system's own words.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        // A provider's words may hold anything, and are shown in terminals too.
        let harmless = |c: char| if steers(c) && c != '\n' { ' ' } else { c };
        let detail: String = detail.into().chars().map(harmless).collect();
        self.detail = (!detail.trim().is_empty()).then_some(detail);
        self
    }

    /// The same problem after a part of an answer, which is kept.
    #[must_use]
    pub fn after_a_part(self) -> Self {
        Self { next: format!("What came so far is kept. {}", self.next), ..self }
    }

    /// The same problem with the seconds to wait.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: Option<u64>) -> Self {
        self.retry_after = seconds;
        self
    }
}

/// `Title (detail). Next step.`: one line for a message box.
impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut title = self.title.chars();
        if let Some(first) = title.next() {
            write!(f, "{}{}", first.to_uppercase(), title.as_str())?;
        }
        if let Some(detail) = &self.detail {
            write!(f, " ({})", detail.trim().trim_end_matches('.'))?;
        }
        write!(f, ". {}", self.next)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_providers_words_steer_no_terminal() {
        let problem = Problem::new(ProblemKind::Provider, "it broke", "Try again.")
            .with_detail("no \u{1b}[31mred\u{7} light\u{9b}2J\r\nsecond\u{202e}line\0");
        assert_eq!(problem.detail.as_deref(), Some("no  [31mred  light 2J \nsecond line "));
        assert_eq!(Problem::new(ProblemKind::Provider, "it broke", "").with_detail("\0\u{7f}").detail, None);
    }
}
