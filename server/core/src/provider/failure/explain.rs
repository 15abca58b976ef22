//! What a cause means, for a person who wonders: more than a message has room for.

use super::Cause;

/// What happened and what it usually comes from, in one or two sentences.
pub fn explain(cause: Cause) -> &'static str {
    match cause {
        Cause::KeyRefused => {
            "The provider was reached and does not accept the key: it was revoked or cut short when it was copied, \
             belongs to another account, or may not use this model."
        }
        Cause::NotPermitted => {
            "The provider was reached and knows the key, which may be used for some things alone and not for this one."
        }
        Cause::NoCredit => {
            "The provider was reached and the key is right, but the account has nothing left to spend."
        }
        Cause::UnknownModel => {
            "The provider was reached and has no model of that name, or the account may not use it. \
             `aside models PROVIDER` lists those it has."
        }
        Cause::WrongAddress => {
            "Something answers at this address, but it is no service for models there: most often a part of the path, \
             such as `/v1`, is missing or too much."
        }
        Cause::RateLimited => {
            "The provider was reached and limits how much it is asked in a time. `requestsPerMinute` and `maxConcurrent` \
             of the provider let questions wait in line instead."
        }
        Cause::Overloaded => "The provider was reached and has more to do than it can; that passes.",
        Cause::PromptTooLong => {
            "The provider was reached; what was sent is longer than the model reads at once."
        }
        Cause::ServerError => {
            "The provider was reached and failed itself. Nothing on this machine mends that."
        }
        Cause::Provider => "The provider was reached and refused the request, in its own words.",
        Cause::EndedEarly => {
            "The connection was closed in the middle of the answer: the server stopped or was restarted, or something on \
             the way (a proxy, a gateway, a virus scanner) cuts long answers."
        }
        Cause::Unreadable => {
            "Something answers there, but not as this wire format does: the `format` is another, or something on the way \
             damages what it passes on."
        }
        Cause::Page => {
            "Something on the way answered in the provider's place with a web page, as the sign-in page of a hotel or a \
             train does, or the address is that of a web site."
        }
        Cause::Unreachable => {
            "No connection came about, or it was closed before an answer: the network is down, a firewall is in between, \
             or what is there speaks another protocol."
        }
        Cause::NoAddress => {
            "The name server knows no machine of that name: the name is misspelt, the network is down, or it is known \
             only inside another network (a VPN)."
        }
        Cause::NotListening => {
            "The machine is there and no program takes connections at that port: the server isn't running, or listens at \
             another port."
        }
        Cause::Silent => {
            "The request arrived and nothing came for longer than `network.idleTimeoutSeconds`: the model is still \
             loading or thinking, or something on the way holds the answer back."
        }
        Cause::Proxy => {
            "The way goes through a proxy, out of `network.proxy` or a variable such as HTTPS_PROXY, and the proxy did not \
             pass the question on: it isn't there, wants a password, or does not allow this host."
        }
        Cause::NotSecure => "The address begins with `https`, and what is there answers without encryption.",
        Cause::OnlySecure => {
            "The address begins with `http`, and what is there takes encrypted connections alone. What was sent went there \
             in the open."
        }
        Cause::Certificate => {
            "Nothing was sent, since nothing proves that it is the provider who is there. In a company this is often its \
             own gateway, whose authority belongs into `network.caFile`."
        }
        Cause::CertificateTime => {
            "Nothing was sent. A certificate holds for some months and has to be renewed in time; to a machine whose clock \
             is wrong every certificate looks like this."
        }
        Cause::CertificateName => {
            "Nothing was sent. Who answers there proves to be somebody, but not the one in the address: the address is \
             another, or a gateway stands in between."
        }
        Cause::Redirected => {
            "Text and key go to the address in the settings and nowhere else, so a redirect is never followed. The \
             sign-in page of a network begins like this, or the provider has moved."
        }
        Cause::ClientCertificate => {
            "The provider lets in only machines that show a certificate, and this one shows none or one that it does not \
             accept."
        }
        Cause::TooLarge => {
            "What came is larger than an answer can be, and was not read on, so that memory stays free."
        }
    }
}
