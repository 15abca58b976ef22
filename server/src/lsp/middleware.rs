//! The layer between the wire and the handlers that makes promises the framework doesn't.
//!
//! Document notifications are applied before the next message is parsed; a notification needs no slot; a request is
//! a task, so that a cancel is a drop and a panic is one error reply; the end of input stops everything.

use std::future::{Future, ready};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use futures_util::future::Either;
use tokio_util::task::AbortOnDropHandle;
use tower_lsp::ExitedError;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};
use tower_service::Service;

use super::input::UNREADABLE;
use crate::protocol::method;

type Reply = Result<Option<Response>, ExitedError>;
type Answer = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// Wraps the framework's service. `apply` sees every notification first, and gives back what it didn't take.
pub(super) struct Middleware<S, F> {
    inner: S,
    apply: F,
}

impl<S, F> Middleware<S, F> {
    pub(super) fn new(inner: S, apply: F) -> Self {
        Self { inner, apply }
    }
}

impl<S, F> Service<Request> for Middleware<S, F>
where
    S: Service<Request, Response = Option<Response>, Error = ExitedError, Future = Answer>,
    F: FnMut(Request) -> Option<Request>,
{
    type Response = Option<Response>;
    type Error = ExitedError;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Answer {
        let request = with_params(request);
        match request.id().cloned() {
            Some(_) if request.method() == UNREADABLE => {
                let code = request.params().and_then(|params| params.get(0)?.as_i64()).unwrap_or_default();
                let error = match ErrorCode::from(code) {
                    ErrorCode::InvalidRequest => Error::invalid_request(),
                    _ => Error::parse_error(),
                };
                Box::pin(ready(Ok(Some(Response::from_error(Id::Null, error)))))
            }
            Some(id) => {
                let mut answer = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
                // One poll here takes the handler to its first wait, before a later change of the document is applied.
                let first = Pin::new(&mut answer).poll(&mut Context::from_waker(Waker::noop()));
                let answer = match first {
                    Poll::Ready(reply) => Either::Left(ready(reply.ok())),
                    Poll::Pending => {
                        let task = AbortOnDropHandle::new(tokio::spawn(answer));
                        Either::Right(async move { task.await.ok()?.ok() })
                    }
                };
                // A panic's text may quote the user's text, so it is never part of the reply.
                let panicked = || Ok(Some(Response::from_error(id, Error::internal_error())));
                Box::pin(async move { answer.await.unwrap_or_else(panicked) })
            }
            None => {
                if let Some(request) = (self.apply)(request) {
                    let mut notified = self.inner.call(request);
                    // One poll here means that `$/cancelRequest` never waits for a slot behind what it cancels.
                    if notified.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
                        tokio::spawn(notified);
                    }
                }
                Box::pin(ready(Ok(None)))
            }
        }
    }
}

/// Editors differ in what they send where nothing is to be said: no `params`, `null` or `{}`. The framework takes only
/// the one that it expects.
fn with_params(request: Request) -> Request {
    let given = request.params().is_some_and(|params| !params.is_null());
    let wants = match request.method() {
        "shutdown" | method::CHAT_LIST => false,
        "initialized" => true,
        _ => return request,
    };
    if given == wants {
        return request;
    }
    let (method, id, _) = request.into_parts();
    let mut request = Request::build(method);
    if let Some(id) = id {
        request = request.id(id);
    }
    if wants {
        request = request.params(serde_json::json!({}));
    }
    request.finish()
}
