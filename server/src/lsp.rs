//! The language server's methods. Each is short: it changes the session, or takes what it needs from it, before its
//! first wait.

mod input;
mod middleware;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aside_core::problem::{Problem, ProblemKind};
use aside_core::usage::Level;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower_lsp::gen_lsp_types as lsp;
use tower_lsp::jsonrpc::{Error, ErrorCode, Request, Result};
use tower_lsp::{LanguageServer, LspService};

use crate::client::{Client, CountingSocket};
use crate::convert::{
    AboutDocument, ClientInfo, CodeActionParams, DidChange, DidOpen, DidRename, ExecuteCommand,
};
use crate::jobs::JobName;
use crate::protocol::*;
use crate::views::{self, View};
use crate::{
    Env, Server, actions, chat, convert, crash, inline, menu, models, own, page, privacy, telemetry,
};
use input::Input;
use middleware::Middleware;

/// So many requests may be answered at once. A model call is never one of them.
const REQUESTS_AT_ONCE: usize = 256;

/// How long the last replies may take to be written after the end of input.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Serves one editor until it says `exit`, its input ends, its process dies, or `env.ended` is cancelled. Returns the process's exit code:
/// 0 only after `shutdown` (LSP 3.17, `exit`).
pub(crate) async fn serve(
    input: Box<dyn AsyncRead + Unpin + Send>,
    output: Box<dyn AsyncWrite + Unpin + Send>,
    env: Env,
) -> u8 {
    let ended = env.ended.clone();
    let shut_down = Arc::new(AtomicBool::new(false));
    let (written, taken) = watch::channel(0);
    let mut server = None;
    let (service, socket) = LspService::build_with_lifecycle_methods(|wire| {
        let made = Server::new(Client::new(wire, taken), env);
        server = Some(Arc::clone(&made));
        Lsp { server: made, shut_down: Arc::clone(&shut_down), ended: ended.clone() }
    })
    .custom_method("textDocument/codeAction", Lsp::code_action)
    .custom_method("textDocument/codeLens", Lsp::code_lens)
    .custom_method("workspace/executeCommand", Lsp::execute_command)
    .custom_method("workspace/didChangeConfiguration", Lsp::did_change_configuration)
    .custom_method("window/workDoneProgress/cancel", Lsp::cancel_progress)
    .custom_method(method::CHAT_SEND, Lsp::chat_send)
    .custom_method(method::CHAT_LIST, Lsp::chat_list)
    .custom_method(method::CHAT_OPEN, Lsp::chat_open)
    .custom_method(method::CHAT_RENAME, Lsp::chat_rename)
    .custom_method(method::CHAT_DELETE, Lsp::chat_delete)
    .custom_method(method::CHAT_SEARCH, Lsp::chat_search)
    .custom_method(method::CHAT_EXPORT, Lsp::chat_export)
    .custom_method(method::CHAT_FORK, Lsp::chat_fork)
    .custom_method(method::INLINE_START, Lsp::inline_start)
    .custom_method(method::PROPOSAL_ACCEPT, Lsp::proposal_accept)
    .custom_method(method::PROPOSAL_REJECT, Lsp::proposal_reject)
    .custom_method(method::PROPOSAL_RETRY, Lsp::proposal_retry)
    .custom_method(method::PROPOSAL_NEAR, Lsp::proposal_near)
    .custom_method(method::CANCEL, Lsp::cancel)
    .custom_method(method::MODELS, Lsp::models)
    .custom_method(method::WARM, Lsp::warm)
    .custom_method(method::TELEMETRY_LEVEL, Lsp::telemetry_level)
    .custom_method(method::PREVIEW, Lsp::preview)
    .finish();
    let Some(server) = server else { return 1 };
    let service = Middleware::new(service, {
        let server = Arc::clone(&server);
        move |request| apply(&server, request)
    });
    let socket = CountingSocket { socket, written };
    let input = Input::new(input, ended.clone());
    let wire =
        tower_lsp::Server::new(input, output, socket).concurrency_level(REQUESTS_AT_ONCE).serve(service);
    tokio::pin!(wire);
    let wire_ended = tokio::select! {
        () = &mut wire => true,
        () = ended.cancelled() => false,
    };
    server.client.end();
    server.jobs.abort_all();
    // However it ends, what came of an answer is kept.
    chat::stop_all(&server).await;
    // What was stopped ends here, and its end is written down.
    tokio::task::yield_now().await;
    // What is over is told by the next server.
    telemetry::keep_for_later(&server).await;
    let ledger = server.env.http.ledger().clone();
    drop(tokio::task::spawn_blocking(move || ledger.flush()).await);
    if !wire_ended {
        // What was answered already is still written, if anybody reads it.
        drop(tokio::time::timeout(LAST_WORDS, wire).await);
    }
    server.env.opened.remove();
    u8::from(!shut_down.load(Ordering::Relaxed))
}

/// Applies a document notification to the session; gives back any other.
fn apply(server: &Server, request: Request) -> Option<Request> {
    let change: fn(&Server, Value) -> serde_json::Result<()> = match request.method() {
        "textDocument/didOpen" => |server, params| {
            let open: DidOpen = serde_json::from_value(params)?;
            server.update(|session| session.open(open.text_document));
            Ok(())
        },
        "textDocument/didChange" => |server, params| {
            let change: DidChange = serde_json::from_value(params)?;
            server.update(|session| session.change(change));
            Ok(())
        },
        "textDocument/didClose" => |server, params| {
            let about: AboutDocument = serde_json::from_value(params)?;
            server.update(|session| session.close(&about.text_document.uri));
            Ok(())
        },
        "workspace/didRenameFiles" => |server, params| {
            let renamed: DidRename = serde_json::from_value(params)?;
            let renamed = renamed.files.into_iter().map(|file| (file.old_uri, file.new_uri));
            server.update(|session| session.rename(renamed));
            Ok(())
        },
        _ => return Some(request),
    };
    let (method, _, params) = request.into_parts();
    let params = params.unwrap_or_default();
    let uri = params.pointer("/textDocument/uri").and_then(Value::as_str).map(str::to_owned);
    if change(server, params).is_err() {
        if let Some(uri) = uri {
            server.update(|session| session.lose(&uri));
        }
        // The error's text may quote the document, so it stays out of the log.
        tracing::error!(%method, "a notification could not be read");
    }
    None
}

struct Lsp {
    server: Arc<Server>,
    shut_down: Arc<AtomicBool>,
    ended: CancellationToken,
}

impl LanguageServer for Lsp {
    async fn initialize(&self, params: lsp::InitializeParams) -> Result<lsp::InitializeResult> {
        let client = ClientInfo::new(&params);
        let capabilities = convert::server_capabilities(&client, actions::KINDS);
        let settings = client.settings.clone();
        self.server.update(|session| session.initialize(client));
        own::configure(&self.server, settings);
        self.server.has_news.store(privacy::has_news(&self.server.env.paths), Ordering::Relaxed);
        if let Some(process) = params.process_id {
            self.watch_process(process);
        }
        Ok(lsp::InitializeResult {
            capabilities: serde_json::from_value(capabilities).map_err(|_| Error::internal_error())?,
            server_info: Some(lsp::ServerInfo {
                name: "aside".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        })
    }

    async fn initialized(&self, _: lsp::InitializedParams) {
        // A request to the editor is never awaited inside a notification's handler: its answer couldn't be read.
        let server = Arc::clone(&self.server);
        tokio::spawn(Arc::clone(&server).publisher());
        tokio::spawn(async move {
            server.env.opened.remove_orphans();
            if server.session().client().watches_settings {
                server.client.watch_settings().await;
            }
            pull_settings(&server).await;
            if server.has_news.load(Ordering::Relaxed) {
                privacy::announce(&server).await;
            }
            telemetry::ask_again(&server).await;
            crash::offer(&server).await;
        });
    }

    async fn shutdown(&self) -> Result<()> {
        self.shut_down.store(true, Ordering::Relaxed);
        self.server.client.end();
        chat::stop_all(&self.server).await;
        self.server.jobs.abort_all();
        Ok(())
    }
}

impl Lsp {
    /// Ends the server when the editor's process does, for the case that its pipes were inherited and stay open.
    fn watch_process(&self, process: i32) {
        // A number below 1 is no process; some clients send -1 for none.
        if process < 1 {
            return;
        }
        // A process that can't be opened lives elsewhere (a container); then only the end of input tells.
        let Ok(mut process) = waitpid_any::WaitHandle::open(process) else { return };
        let ended = self.ended.clone();
        std::thread::spawn(move || {
            if process.wait().is_ok() {
                ended.cancel();
            }
        });
    }

    async fn did_change_configuration(&self, params: Value) {
        // `settings` is null where the editor wants to be asked (LSP 3.17, `workspace/didChangeConfiguration`).
        match params.pointer("/settings/aside") {
            Some(settings) => {
                own::configure(&self.server, Some(settings.clone()));
                let server = Arc::clone(&self.server);
                tokio::spawn(async move { telemetry::ask_again(&server).await });
            }
            None => {
                let server = Arc::clone(&self.server);
                tokio::spawn(async move {
                    pull_settings(&server).await;
                    telemetry::ask_again(&server).await;
                });
            }
        }
    }

    async fn cancel_progress(&self, params: Value) {
        let Some(token) = params.get("token").and_then(Value::as_str).map(str::to_owned) else { return };
        let server = Arc::clone(&self.server);
        tokio::spawn(async move { actions::cancel(&server, &token).await });
    }

    /// The server, with the settings as they are in the user's own file by now. Every act of the user's begins here.
    fn acting(&self) -> &Arc<Server> {
        own::refresh(&self.server);
        &self.server
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Value> {
        Ok(self.acting().update(|session| actions::offer(session, &params)))
    }

    async fn code_lens(&self, params: AboutDocument) -> Result<Value> {
        Ok(self.server.update(|session| {
            session.settle(&params.text_document.uri);
            menu::lenses(session, &params.text_document.uri)
        }))
    }

    async fn execute_command(&self, params: ExecuteCommand) -> Result<Value> {
        let server = self.acting();
        let argument = params.arguments.into_iter().next().unwrap_or_default();
        match params.command.as_str() {
            command::RUN => actions::run(server, from_value(argument)?).map_err(refused)?,
            command::ACCEPT => actions::accept(server, from_value(argument)?).map_err(refused)?,
            command::SHOW => actions::show(server, from_value(argument)?).map_err(refused)?,
            command::REJECT => inline::reject(server, from_value(argument)?).await.map_err(refused)?,
            command::RETRY => inline::retry(server, from_value(argument)?).map_err(refused)?,
            command::LEDGER => views::open(server, View::Ledger),
            command::DATA => views::open(server, View::Data),
            command::PRIVACY => views::open(server, View::Privacy),
            command::TELEMETRY => views::open(server, View::Telemetry),
            command::TELEMETRY_EXPORT => views::export_telemetry(server, from_value(argument)?),
            command::TELEMETRY_DELETE => views::delete_telemetry(server),
            command::PREVIEW => views::open_preview(server, from_value(argument)?).await.map_err(refused)?,
            command::CANCEL => self.stop(from_value(argument)?).await?,
            command::SEND => page::send(server, &from_value(argument)?).map_err(refused)?,
            command::NEW_CHAT => page::new_chat(server),
            command::DOCTOR => actions::doctor(server),
            _ => return Err(Error::method_not_found()),
        }
        Ok(Value::Null)
    }

    async fn chat_send(&self, params: ChatSend) -> Result<()> {
        chat::send(self.acting(), params).await.map_err(refused)
    }

    async fn chat_list(&self) -> Result<Vec<ChatSummary>> {
        Ok(chat::list(&self.server).await)
    }

    async fn chat_open(&self, params: ChatName) -> Result<ChatTranscript> {
        chat::open(&self.server, params).await.map_err(refused)
    }

    async fn chat_rename(&self, params: ChatRename) -> Result<()> {
        chat::rename(&self.server, params).await.map_err(refused)
    }

    async fn chat_delete(&self, params: ChatName) -> Result<()> {
        chat::delete(&self.server, params).await.map_err(refused)
    }

    async fn chat_search(&self, params: ChatSearch) -> Result<Vec<ChatSummary>> {
        Ok(chat::search(&self.server, params).await)
    }

    async fn chat_export(&self, params: ChatName) -> Result<ChatMarkdown> {
        chat::export(&self.server, params).await.map_err(refused)
    }

    async fn chat_fork(&self, params: ChatFork) -> Result<()> {
        chat::fork(&self.server, params).await.map_err(refused)
    }

    async fn inline_start(&self, params: InlineStart) -> Result<()> {
        inline::start(self.acting(), params).map_err(refused)
    }

    async fn proposal_accept(&self, params: ProposalAccept) -> Result<ProposalEdit> {
        Ok(inline::accept(&self.server, params))
    }

    async fn proposal_reject(&self, params: ProposalReject) -> Result<()> {
        inline::reject(&self.server, params).await.map_err(refused)
    }

    async fn proposal_retry(&self, params: ProposalRetry) -> Result<()> {
        inline::retry(self.acting(), params).map_err(refused)
    }

    async fn proposal_near(&self, params: ProposalNear) -> Result<Option<ProposalSpot>> {
        self.server.session().proposal_near(&params).map_err(refused)
    }

    async fn cancel(&self, params: Cancel) -> Result<()> {
        self.stop(params).await
    }

    async fn stop(&self, what: Cancel) -> Result<()> {
        match what {
            Cancel::Turn { chat, turn } => chat::cancel(&self.server, &chat, &turn).await,
            Cancel::Proposal { proposal } => inline::cancel(&self.server, &proposal).await,
            Cancel::All => self.stop_all().await,
            Cancel::Page { uri } => page::cancel(&self.server, &uri).await,
        }
        // The reply goes another way than the events: none that was sent before may come after it.
        self.server.client.flush().await;
        Ok(())
    }

    async fn stop_all(&self) {
        let server = &self.server;
        for job in server.jobs.names() {
            match job {
                JobName::Turn { chat } => {
                    let running = server
                        .session()
                        .conversation(&chat)
                        .ok()
                        .and_then(|it| it.running().map(str::to_owned));
                    if let Some(turn) = running {
                        chat::cancel(server, &chat, &turn).await;
                    }
                }
                JobName::Proposal(proposal) => inline::cancel(server, &proposal).await,
                JobName::Answer(token) => actions::cancel(server, &token).await,
                JobName::Page(uri) => page::cancel(server, &uri).await,
                // It writes down what was said until then, and ends.
                JobName::PageWriter(_) => {}
            }
        }
    }

    async fn warm(&self, params: Warm) {
        let server = Arc::clone(&self.server);
        tokio::spawn(async move { crate::model::warm(&server, &params).await });
    }

    async fn telemetry_level(&self, params: TelemetryLevel) {
        self.server.update(|session| session.set_telemetry_level(Level::read(Some(&params.level))));
        telemetry::withdraw(&self.server);
    }

    async fn models(&self, params: ModelsParams) -> Result<ModelsResult> {
        Ok(models::list(self.acting(), params).await)
    }

    async fn preview(&self, params: Preview) -> Result<PreviewResult> {
        views::preview(self.acting(), params).await.map_err(refused)
    }
}

/// Asks the editor for its settings, where it answers that.
async fn pull_settings(server: &Server) {
    if !server.session().client().workspace_configuration {
        return;
    }
    if let Some(settings) = server.client.configuration().await
        && !settings.is_null()
    {
        own::configure(server, Some(settings));
    }
}

fn from_value<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|error| Error::invalid_params(error.to_string()))
}

/// A request that can't be carried out: the problem in one line, and whole in `data`.
fn refused(problem: Problem) -> Error {
    let code = match problem.kind {
        ProblemKind::Internal => ErrorCode::InternalError,
        // LSP 3.17: `RequestFailed`.
        _ => ErrorCode::ServerError(-32803),
    };
    Error { code, message: problem.to_string().into(), data: serde_json::to_value(problem).ok() }
}
