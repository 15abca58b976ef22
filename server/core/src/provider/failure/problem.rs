//! A failure, said for the person who can act on it.

use super::{Cause, Failure};
use crate::problem::{Problem, ProblemKind};
use std::time::Duration;

/// The failure as a [`Problem`], naming the provider, the model, and the command or setting that mends it.
pub fn problem(failure: &Failure, provider: &str, model: &str) -> Problem {
    let (kind, title, next) = match failure.cause {
        Cause::KeyRefused => (
            ProblemKind::KeyRefused,
            format!("the key was refused by {provider}"),
            format!("Save a valid key with `aside key set {provider}`."),
        ),
        Cause::NotPermitted => (
            ProblemKind::KeyRefused,
            format!("{provider} takes the key, but not for this"),
            format!("Give the key the permission at {provider}, or save another with `aside key set {provider}`."),
        ),
        Cause::NoCredit => (
            ProblemKind::Provider,
            format!("the account at {provider} has no credit or quota left"),
            format!("Check the billing page of {provider}, or choose another provider with the setting `model`; waiting does not help."),
        ),
        Cause::UnknownModel => (
            ProblemKind::UnknownModel,
            format!("{provider} doesn't know the model `{model}`"),
            "Choose another model with the setting `model`, written `provider/model`.".to_owned(),
        ),
        Cause::WrongAddress => (
            ProblemKind::Setting,
            format!("{provider} has no such service at its address"),
            format!("Check the setting `providers.{provider}.baseUrl`, and the model `{model}` in the setting `model`."),
        ),
        Cause::RateLimited => (
            ProblemKind::RateLimited,
            format!("{provider} limits how much may be asked"),
            format!("{} and try again, or choose another model with the setting `model`.", wait(failure.retry_after)),
        ),
        Cause::Overloaded => (
            ProblemKind::Overloaded,
            format!("{provider} is overloaded"),
            format!("{} and try again, or choose another model with the setting `model`.", wait(failure.retry_after)),
        ),
        Cause::PromptTooLong => (
            ProblemKind::PromptTooLong,
            format!("the prompt is longer than `{model}` at {provider} takes"),
            "Select less, mention fewer files or start a new chat; the setting `context.maxTokens` limits what goes along.".to_owned(),
        ),
        Cause::ServerError => (
            ProblemKind::Provider,
            format!("{provider} had an error of its own"),
            "Try again; if it stays, look at the provider's status page.".to_owned(),
        ),
        Cause::Provider => (
            ProblemKind::Provider,
            format!("{provider} answered with an error"),
            format!("Its own words say what to change; the model was `{model}`."),
        ),
        Cause::EndedEarly => (
            ProblemKind::StreamEndedEarly,
            format!("the answer of {provider} ended before its end"),
            "Try again.".to_owned(),
        ),
        Cause::Unreadable => (
            ProblemKind::Provider,
            format!("what {provider} answered can't be read"),
            format!("Check the settings `providers.{provider}.format` and `providers.{provider}.baseUrl`."),
        ),
        Cause::Page => (
            ProblemKind::Network,
            format!("a web page came instead of an answer of {provider}"),
            format!("Sign in to the network if it wants that (open any page in a browser), and check `network.proxy` and `providers.{provider}.baseUrl`."),
        ),
        Cause::Unreachable => (
            ProblemKind::Network,
            format!("{provider} could not be reached"),
            format!("Check the connection and the settings `providers.{provider}.baseUrl` and `network.proxy`, then try again."),
        ),
        Cause::NoAddress => (
            ProblemKind::Network,
            format!("{provider} could not be found"),
            format!("Check the connection and the name in `providers.{provider}.baseUrl`; behind a proxy, set `network.proxy`."),
        ),
        Cause::NotListening => (
            ProblemKind::Network,
            format!("{provider} could not be reached"),
            format!("Start the server if it is yours, or correct `providers.{provider}.baseUrl`."),
        ),
        Cause::Silent => (
            ProblemKind::Network,
            format!("{provider} went silent"),
            "Try again; a larger `network.idleTimeoutSeconds` gives a model more time to think.".to_owned(),
        ),
        Cause::Proxy => (
            ProblemKind::Network,
            format!("the proxy does not let the question through to {provider}"),
            "Correct `network.proxy`, with its name and password as in `http://NAME:PASSWORD@proxy.example.com:3128`, or the variable HTTPS_PROXY or ALL_PROXY.".to_owned(),
        ),
        Cause::NotSecure => (
            ProblemKind::Network,
            format!("{provider} does not answer over https"),
            format!("Correct `providers.{provider}.baseUrl`: its port may be another, or its address begin with `http`."),
        ),
        Cause::OnlySecure => (
            ProblemKind::Setting,
            format!("{provider} answers over https alone"),
            format!("Let `providers.{provider}.baseUrl` begin with `https`."),
        ),
        Cause::ClientCertificate => (
            ProblemKind::Certificate,
            format!("{provider} wants a certificate of yours"),
            "Name the one that you were given in `network.clientCertificateFile`, and its key in `network.clientKeyFile`.".to_owned(),
        ),
        Cause::CertificateTime => (
            ProblemKind::Certificate,
            format!("the certificate of {provider} isn't valid today"),
            "Look at this machine's clock; if that is right, whoever runs the provider has to renew the certificate.".to_owned(),
        ),
        Cause::CertificateName => (
            ProblemKind::Certificate,
            format!("the certificate is not that of {provider}"),
            format!("Correct the name in `providers.{provider}.baseUrl`; if it is right, someone else answers in its place."),
        ),
        Cause::Redirected => (
            ProblemKind::Network,
            format!("{provider} sends the question on to another address, which is not followed"),
            format!("Sign in to the network if it wants that (open any page in a browser), or correct `providers.{provider}.baseUrl`."),
        ),
        Cause::TooLarge => (
            ProblemKind::Provider,
            format!("the answer of {provider} is larger than any answer is"),
            format!("Check `providers.{provider}.baseUrl`: what answers there may be no model."),
        ),
        Cause::Certificate => (
            ProblemKind::Certificate,
            format!("the certificate of {provider} isn't trusted"),
            "If your network has a certificate authority of its own, name its PEM file in the setting `network.caFile`.".to_owned(),
        ),
    };
    Problem::new(kind, title, failure.next.clone().unwrap_or(next))
        .with_detail(&failure.message)
        .with_retry_after(failure.retry_after.map(whole_seconds))
}

fn wait(retry_after: Option<Duration>) -> String {
    match retry_after.map(whole_seconds) {
        None | Some(0) => "Wait a moment".to_owned(),
        Some(1) => "Wait a second".to_owned(),
        Some(seconds @ ..120) => format!("Wait {seconds} seconds"),
        Some(seconds @ ..7200) => format!("Wait {} minutes", seconds.div_ceil(60)),
        Some(seconds) => format!("Wait {} hours", seconds.div_ceil(3600)),
    }
}

/// Rounded up: waiting less would be refused again.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
