//! What is said to the editor, in the order it is said.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use aside_core::position::{Position, Range};
use aside_core::problem::Problem;
use futures_util::{Sink, Stream};
use serde_json::Value;
use tokio::sync::watch;
use tower_lsp::gen_lsp_types as lsp;
use tower_lsp::jsonrpc::{Request, Response};
use tower_lsp::{ClientSocket, Loopback};

use crate::protocol::{ChatEvent, ProposalEvent, Status, method};

macro_rules! notification {
    ($name:ident, $params:ty, $method:expr) => {
        enum $name {}
        impl lsp::Notification for $name {
            type Params = $params;
            const METHOD: lsp::LspNotificationMethod<'static> = lsp::LspNotificationMethod::Custom($method);
            const MESSAGE_DIRECTION: lsp::MessageDirection = lsp::MessageDirection::ServerToClient;
        }
    };
}

notification!(ChatEventNotification, ChatEvent, method::CHAT_EVENT);
notification!(ProposalEventNotification, ProposalEvent, method::PROPOSAL_EVENT);
notification!(StatusNotification, Status, method::STATUS);

/// A handle to the editor. Sending waits while the editor doesn't read: that is the backpressure.
#[derive(Clone)]
pub(crate) struct Client {
    wire: tower_lsp::Client,
    /// Messages handed over so far.
    queued: Arc<AtomicU64>,
    /// Messages that the writer has taken so far.
    written: watch::Receiver<u64>,
    /// The editor said goodbye: it need not answer any more.
    ending: Arc<AtomicBool>,
}

impl Client {
    /// The handle, and the socket's other end that counts what is written.
    pub(crate) fn new(wire: tower_lsp::Client, written: watch::Receiver<u64>) -> Self {
        Self { wire, queued: Arc::default(), written, ending: Arc::default() }
    }

    /// From here on an unanswered request is nothing to speak of.
    pub(crate) fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    pub(crate) async fn chat_event(&self, event: ChatEvent) {
        self.notify::<ChatEventNotification>(event).await;
    }

    pub(crate) async fn proposal_event(&self, event: ProposalEvent) {
        self.notify::<ProposalEventNotification>(event).await;
    }

    pub(crate) async fn status(&self, status: Status) {
        self.notify::<StatusNotification>(status).await;
    }

    /// Shows a problem to the user, where no event of ours can carry it.
    pub(crate) async fn report(&self, problem: &Problem) {
        self.notify::<lsp::ShowMessageNotification>(lsp::ShowMessageParams {
            kind: lsp::MessageType::Warning,
            message: format!("Aside: {problem}"),
        })
        .await;
    }

    /// Tells the user what happened, in one line.
    pub(crate) async fn tell(&self, message: &str) {
        self.notify::<lsp::ShowMessageNotification>(lsp::ShowMessageParams {
            kind: lsp::MessageType::Info,
            message: format!("Aside: {message}"),
        })
        .await;
    }

    /// Writes a line into the editor's log.
    pub(crate) async fn log(&self, message: String) {
        let kind = lsp::MessageType::Warning;
        self.notify::<lsp::LogMessageNotification>(lsp::LogMessageParams { kind, message }).await;
    }

    /// Asks the user with one button; whether they pressed it.
    pub(crate) async fn ask(&self, message: &str, button: &str) -> bool {
        let action = lsp::MessageActionItem { title: button.to_owned(), ..Default::default() };
        let params = lsp::ShowMessageRequestParams {
            kind: lsp::MessageType::Info,
            message: message.to_owned(),
            actions: Some(vec![action]),
        };
        let answer = self.request::<lsp::ShowMessageRequest>(params).await.flatten();
        answer.is_some_and(|answer| answer.title == button)
    }

    /// Tells what the user consented to.
    pub(crate) async fn telemetry(&self, event: Value) {
        if let Ok(event) = serde_json::from_value(event) {
            self.notify::<lsp::TelemetryEventNotification>(event).await;
        }
    }

    async fn notify<N: lsp::Notification>(&self, params: N::Params) {
        self.queued.fetch_add(1, Ordering::Relaxed);
        self.wire.send_notification::<N>(params).await;
    }

    async fn request<R: lsp::Request>(&self, params: R::Params) -> Option<R::Result> {
        self.queued.fetch_add(1, Ordering::Relaxed);
        match self.wire.send_request::<R>(params).await {
            Ok(result) => Some(result),
            Err(_) if self.ending.load(Ordering::Relaxed) => None,
            Err(error) => {
                tracing::warn!(method = %R::METHOD, code = %error.code, "the editor refused a request");
                None
            }
        }
    }

    /// Waits until everything handed over before is on its way out, so that a reply sent next comes after it.
    pub(crate) async fn flush(&self) {
        let queued = self.queued.load(Ordering::Relaxed);
        let mut written = self.written.clone();
        // An error means that the writer is gone, and nothing is sent any more.
        drop(written.wait_for(|written| *written >= queued).await);
    }

    /// The `aside` section of the editor's settings.
    pub(crate) async fn configuration(&self) -> Option<Value> {
        let item = lsp::ConfigurationItem { scope_uri: None, section: Some("aside".to_owned()) };
        let params = lsp::ConfigurationParams { items: vec![item] };
        self.request::<lsp::ConfigurationRequest>(params).await?.into_iter().next()
    }

    /// Asks the editor to apply an edit. What it answers is not believed; the next `didChange` is.
    pub(crate) async fn apply_edit(&self, label: &str, edit: lsp::WorkspaceEdit) -> bool {
        let params = lsp::ApplyWorkspaceEditParams { label: Some(label.to_owned()), edit, metadata: None };
        self.request::<lsp::ApplyWorkspaceEditRequest>(params).await.is_some_and(|result| result.applied)
    }

    /// Opens a document beside the code, without taking the focus: the user may be typing.
    pub(crate) async fn show_document(&self, uri: String) -> bool {
        self.show(uri, None).await
    }

    /// Opens a document for the user to go on in, at a place.
    pub(crate) async fn show_place(&self, uri: String, place: Range) -> bool {
        self.show(uri, Some(place)).await
    }

    async fn show(&self, uri: String, place: Option<Range>) -> bool {
        let position = |at: Position| lsp::Position { line: at.line, character: at.character };
        let params = lsp::ShowDocumentParams {
            uri: lsp::Uri(uri),
            external: Some(false),
            take_focus: Some(place.is_some()),
            selection: place
                .map(|place| lsp::Range { start: position(place.start), end: position(place.end) }),
        };
        self.request::<lsp::ShowDocumentRequest>(params).await.is_some_and(|result| result.success)
    }

    /// Asks the editor to ask for the code lenses again.
    pub(crate) async fn refresh_lenses(&self) {
        self.request::<lsp::CodeLensRefreshRequest>(()).await;
    }

    /// Asks to be told when the settings change.
    pub(crate) async fn watch_settings(&self) {
        let registration = lsp::Registration {
            id: "aside-settings".to_owned(),
            method: "workspace/didChangeConfiguration".to_owned(),
            register_options: Some(serde_json::json!({"section": "aside"})),
        };
        let params = lsp::RegistrationParams { registrations: vec![registration] };
        self.request::<lsp::RegistrationRequest>(params).await;
    }

    /// Starts a progress display that the user can cancel; `token` comes back in the cancel.
    pub(crate) async fn begin_progress(&self, token: &str, title: &str, message: &str) {
        let token = lsp::ProgressToken::String(token.to_owned());
        let params = lsp::WorkDoneProgressCreateParams { token: token.clone() };
        if self.request::<lsp::WorkDoneProgressCreateRequest>(params).await.is_some() {
            let begin = serde_json::json!({
                "kind": "begin", "title": title, "cancellable": true, "message": message,
            });
            self.progress(token, begin).await;
        }
    }

    pub(crate) async fn report_progress(&self, token: &str, message: &str) {
        let value = serde_json::json!({"kind": "report", "message": message, "cancellable": true});
        self.progress(lsp::ProgressToken::String(token.to_owned()), value).await;
    }

    pub(crate) async fn end_progress(&self, token: &str, message: &str) {
        let value = serde_json::json!({"kind": "end", "message": message});
        self.progress(lsp::ProgressToken::String(token.to_owned()), value).await;
    }

    async fn progress(&self, token: lsp::ProgressToken, value: Value) {
        self.notify::<lsp::ProgressNotification>(lsp::ProgressParams { token, value }).await;
    }
}

/// The framework's socket to the editor, counting the messages that the writer takes.
pub(crate) struct CountingSocket {
    pub(crate) socket: ClientSocket,
    pub(crate) written: watch::Sender<u64>,
}

impl Loopback for CountingSocket {
    type RequestStream = Counted<<ClientSocket as Loopback>::RequestStream>;
    type ResponseSink = Answers<<ClientSocket as Loopback>::ResponseSink>;

    fn split(self) -> (Self::RequestStream, Self::ResponseSink) {
        let (inner, responses) = self.socket.split();
        (Counted { inner, written: self.written }, Answers { inner: responses, taken: false })
    }
}

/// A stream that counts what it yields.
pub(crate) struct Counted<S> {
    inner: S,
    written: watch::Sender<u64>,
}

impl<S: Stream<Item = Request> + Unpin> Stream for Counted<S> {
    type Item = Request;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Request>> {
        let next = Pin::new(&mut self.inner).poll_next(cx);
        if matches!(next, Poll::Ready(Some(_))) {
            self.written.send_modify(|written| *written += 1);
        }
        next
    }
}

/// The editor's answers. Who waits for one goes on before the next message is read, which may build on it.
pub(crate) struct Answers<S> {
    inner: S,
    /// One was handed on, and its taker had no turn yet.
    taken: bool,
}

impl<S: Sink<Response> + Unpin> Sink<Response> for Answers<S> {
    type Error = S::Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Pin::new(&mut self.inner).poll_ready(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, answer: Response) -> Result<(), S::Error> {
        self.taken = true;
        Pin::new(&mut self.inner).start_send(answer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        if flushed.is_ready() && std::mem::take(&mut self.taken) {
            // The tasks that are ready by now come before this one.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        flushed
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }
}
