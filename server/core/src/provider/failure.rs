//! What went wrong in a model call, read out of whatever the provider answered.
//!
//! A [`Failure`] keeps the provider's own words; [`problem()`] says it for the person who can act on it, and
//! [`crate::retry`] decides whether to ask again.

mod classify;
mod explain;
mod problem;
mod wait;

pub use classify::without_key;
pub use explain::explain;
pub use problem::problem;
pub use wait::wait;

use super::text::without_halves;
use crate::plain::plain;
use crate::problem::Problem;
use crate::sse::Splitter;
use serde_json::Value;
use std::time::Duration;

/// At most so many characters of a provider's words are kept.
const MAX_WORDS: usize = 400;

/// The closed set of causes a model call fails for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The key is wrong, or may not do this (401, 403).
    KeyRefused,
    /// The key is known and was given no permission for this: it may be good for other things.
    NotPermitted,
    /// The account has no credit or its quota is used up: waiting doesn't mend it.
    NoCredit,
    /// The provider doesn't know the model.
    UnknownModel,
    /// The base URL leads somewhere, but not to a model (404, 405 about no model).
    WrongAddress,
    /// Too many requests or tokens in a time (429).
    RateLimited,
    /// The provider has too much to do, or is loading the model (503, 529).
    Overloaded,
    /// The prompt is longer than the model or the account takes.
    PromptTooLong,
    /// The provider's own trouble (408, 500, 502, 504).
    ServerError,
    /// Another error, in the provider's words.
    Provider,
    /// The answer ended before its end, or held no byte.
    EndedEarly,
    /// The answer is in no form that its wire format has.
    Unreadable,
    /// A web page came where an answer should: a sign-in page of the network, or a wrong address.
    Page,
    /// No connection, or it broke.
    Unreachable,
    /// The name has no address.
    NoAddress,
    /// Nothing takes connections there.
    NotListening,
    /// Nothing came for longer than the user's limit.
    Silent,
    /// The proxy refuses to connect, or wants a password.
    Proxy,
    /// What is there doesn't speak `https`.
    NotSecure,
    /// What is there speaks `https` alone, and was asked without.
    OnlySecure,
    /// The provider's certificate isn't trusted.
    Certificate,
    /// The provider's certificate has expired, or isn't valid yet.
    CertificateTime,
    /// The provider's certificate is for another name.
    CertificateName,
    /// The answer sends on to another address, which is not followed.
    Redirected,
    /// The provider asks for a certificate of this machine's, or refuses the one that it has.
    ClientCertificate,
    /// The answer is larger than any answer is.
    TooLarge,
}

impl Cause {
    /// Whether another key may do better.
    pub fn is_about_key(self) -> bool {
        matches!(self, Self::KeyRefused | Self::NotPermitted)
    }
}

/// Why a model call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub cause: Cause,
    /// The HTTP status, or the one that an error inside a stream names.
    pub status: Option<u16>,
    /// The provider's code or type of the error.
    pub code: Option<String>,
    /// The provider's own words, or ours where it had none: one line, never empty.
    pub message: String,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
    /// What mends it, where whoever sent the request knows better.
    pub next: Option<String>,
}

impl Failure {
    /// The stream or the body ended too early.
    pub fn ended_early(message: impl Into<String>) -> Self {
        Self::new(Cause::EndedEarly, message)
    }

    /// What came can't be read.
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self::new(Cause::Unreadable, message)
    }

    /// The provider can't be reached, the connection broke, or it went silent.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self::new(Cause::Unreachable, message)
    }

    /// No answer, for one of the reasons that a connection has.
    pub fn connection(cause: Cause, message: impl Into<String>) -> Self {
        Self::new(cause, message)
    }

    /// An error of the provider's that has no more to it than these words.
    pub(super) fn provider(message: impl Into<String>) -> Self {
        Self::new(Cause::Provider, message)
    }

    /// The same words under a name that the provider gave the error, which decides the cause.
    pub(super) fn named(self, name: &str) -> Self {
        let cause = classify::cause(self.status, &[Some(name)], &self.message);
        Self { cause, code: Some(name.to_owned()), ..self }
    }

    /// The same where no other key was found in place of the refused one, for this reason: both are told.
    #[must_use]
    pub fn and_then_no_key(self, why: &Problem) -> Self {
        let detail =
            why.detail.as_deref().map(|detail| format!(" ({})", detail.trim().trim_end_matches('.')));
        let detail = detail.unwrap_or_default();
        let next = format!("Looked for again, there was no other: {}{detail}. {}", why.title, why.next);
        Self { next: Some(next), ..self }
    }

    fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self { cause, status: None, code: None, message: message.into(), retry_after: None, next: None }
    }
}

/// An answer whose status isn't 2xx. `retry_after` is what [`wait()`] makes of its headers.
pub fn read(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    let words = json_of(text).and_then(|value| Words::of(&value));
    let failure = match words {
        Some(words) => words.into_failure(Some(status)),
        None if is_page(text) => from_page(text, status),
        None if text.is_empty() => from_text(format!("status {status} without a word"), status),
        None => from_text(one_line(text), status),
    };
    Failure { retry_after: retry_after.or(failure.retry_after), ..failure }
}

/// An error object that came inside a stream or a body of status 200; `None` if `value` is none.
pub(super) fn in_stream(value: &Value) -> Option<Failure> {
    Words::of(value).map(|words| words.into_failure(None))
}

/// The failure that a web page with status 200 is.
pub fn page(body: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(body);
    Failure::new(Cause::Page, title(&text).unwrap_or_else(|| one_line(&text)))
}

/// The failure that a body of status 200 is which began like a stream and held no event.
pub(super) fn no_stream(beginning: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(beginning);
    if beginning.starts_with(b":") || text.trim_ascii().is_empty() {
        return Failure::ended_early("the stream ended without an event");
    }
    // Of bytes that are no text nothing is told.
    if text.contains(|c: char| c.is_control() && !c.is_whitespace()) {
        return Failure::unreadable("what came is neither a stream of events nor text");
    }
    Failure::unreadable(one_line(&text))
}

/// The failure that an event is which isn't JSON, or an `error` event without an error object.
pub(super) fn not_json(name: &str, data: &str) -> Failure {
    // What looks like a broken piece of an answer is not repeated: it may hold the answer's text.
    let is_piece = name != "error" && data.trim_start().starts_with(['{', '[']);
    let failure = if is_piece { String::new() } else { one_line(data) };
    match name {
        _ if is_piece => Failure::unreadable("a piece of the answer is not valid JSON"),
        "error" => Words { message: Some(failure), ..Words::default() }.into_failure(None),
        _ => Failure::unreadable(failure),
    }
}

/// What an error object says, whatever its shape.
#[derive(Debug, Default)]
struct Words {
    message: Option<String>,
    /// The `code` or else the `type`, and both of them to recognize the cause by.
    code: Option<String>,
    kind: Option<String>,
    status: Option<u16>,
    wait: Option<Duration>,
}

impl Words {
    /// Reads `{"error": {…}}`, `{"error": "…"}`, `{"message" | "detail" | "msg": …}` and a list of these.
    fn of(value: &Value) -> Option<Words> {
        match value {
            Value::Array(list) => list.first().and_then(Words::of),
            Value::Object(_) => match value.get("error").filter(|error| is_something(error)) {
                Some(Value::String(message)) => {
                    Some(Words { message: Some(message.clone()), ..Words::beside(value) })
                }
                Some(error) => Some(Words::beside(error)),
                // MiniMax's errors lie in `base_resp`; its good answers have an empty message there.
                None => Some(Words::beside(value.get("base_resp").unwrap_or(value)))
                    .filter(|words| words.message.is_some()),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }

    fn beside(error: &Value) -> Words {
        let field = |name: &str| error.get(name).filter(|value| is_something(value));
        let text = |name| field(name).and_then(Value::as_str).map(str::to_owned);
        let status = ["status", "status_code", "code"].iter().find_map(|name| status_of(field(name)?));
        let message = ["message", "detail", "msg", "error_msg", "status_msg"]
            .iter()
            .find_map(|name| message_of(field(name)?));
        // A gateway's own message says nothing; what the provider behind it said is here.
        let raw = error.pointer("/metadata/raw").and_then(Value::as_str);
        Words {
            message: match (message, raw) {
                (Some(message), Some(raw)) => Some(format!("{message}: {raw}")),
                (message, raw) => message.or(raw.map(str::to_owned)),
            },
            code: text("code").or_else(|| text("error_code")),
            kind: text("type").or_else(|| text("status")),
            status,
            wait: retry_delay(error),
        }
    }

    fn into_failure(self, status: Option<u16>) -> Failure {
        let status = status.or(self.status);
        let message = self.message.map(|message| one_line(&message)).filter(|message| !message.is_empty());
        let code = self.code.or_else(|| self.kind.clone());
        let message =
            message.or_else(|| code.clone()).unwrap_or_else(|| "an error without a word".to_owned());
        let names = [code.as_deref(), self.kind.as_deref()];
        let cause = classify::cause(status, &names, &message);
        let message = if cause.is_about_key() { without_key(&message) } else { message };
        Failure { cause, status, code, message, retry_after: self.wait, next: None }
    }
}

/// Google's wait stands among the details, as in `"retryDelay": "34.07s"`.
fn retry_delay(error: &Value) -> Option<Duration> {
    let details = error.get("details")?.as_array()?;
    let delay = details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
    Duration::try_from_secs_f64(delay.strip_suffix('s')?.parse().ok()?).ok()
}

/// Whether a field says anything: servers send `"error": null` and `"error": ""` beside good answers.
pub(super) fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::String(text) => !text.trim().is_empty(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => true,
    }
}

fn message_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        // FastAPI's list of what was wrong with a body, and servers that nest one more level.
        Value::Array(list) => list.first().and_then(message_of),
        Value::Object(_) => ["message", "msg", "detail"].iter().find_map(|name| message_of(value.get(name)?)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn status_of(value: &Value) -> Option<u16> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    u16::try_from(number).ok().filter(|status| (400..600).contains(status))
}

/// The JSON value that a body is, or that its first event holds.
fn json_of(text: &str) -> Option<Value> {
    if !text.starts_with("event:") && !text.starts_with("data:") {
        return value_of(text);
    }
    let mut splitter = Splitter::new(super::MAX_EVENT_BYTES);
    let mut rest = text.as_bytes();
    if let Some(event) = splitter.next(&mut rest).ok()? {
        return value_of(&event.data);
    }
    value_of(&splitter.finish()?.data)
}

fn value_of(json: &str) -> Option<Value> {
    serde_json::from_str(json).ok().or_else(|| serde_json::from_str(&without_halves(json)?).ok())
}

fn from_text(message: String, status: u16) -> Failure {
    Words { message: Some(message), ..Words::default() }.into_failure(Some(status))
}

/// A page with an error status: a gateway that has trouble, or something that isn't the provider at all.
fn from_page(text: &str, status: u16) -> Failure {
    let title = title(text).unwrap_or_else(|| format!("status {status} and a web page"));
    let cause = match classify::cause(Some(status), &[], "") {
        Cause::KeyRefused | Cause::NotPermitted | Cause::Provider if classify::wants_https(text) => {
            Cause::OnlySecure
        }
        Cause::KeyRefused | Cause::NotPermitted | Cause::Provider => Cause::Page,
        cause => cause,
    };
    Failure { status: Some(status), ..Failure::new(cause, title) }
}

pub fn is_page(text: &str) -> bool {
    text.starts_with('<')
}

/// A page's title.
fn title(page: &str) -> Option<String> {
    // ASCII case only, so that places in one are places in the other.
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower.get(start..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    Some(one_line(page.get(start..end)?)).filter(|title| !title.is_empty())
}

/// The words on one line, shortened.
fn one_line(text: &str) -> String {
    let text = plain(text);
    let words: Vec<&str> = text.split_whitespace().take(MAX_WORDS).collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_WORDS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests;
