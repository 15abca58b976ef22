//! Chat in a Markdown page, for any LSP editor: a question is sent by a code action, its answer written below it.

use std::sync::Arc;
use std::time::Duration;

use aside_core::page;
use aside_core::position::{Position, Range};
use aside_core::problem::Problem;
use aside_core::provider::{ModelEvent, StopReason};
use aside_core::usage;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::actions::{show_markdown, unwritten};
use crate::chat::is_cut;
use crate::inline::Progress;
use crate::jobs::JobName;
use crate::model::{Call, Draft, Prepared, Step};
use crate::protocol::PageSend;
use crate::session::{Write, emptied, not_written, problem_note};
use crate::telemetry::UnderWay;
use crate::{Server, bug};

/// At most one insertion in this time: each may be a step of the editor's undo.
const PAUSE: Duration = Duration::from_millis(100);

const STOPPED: &str = "*You stopped the answer.*";
const CUT: &str = "*The answer ended at the output limit.*";

/// Sends a question, and writes its answer into the page as it comes.
pub(crate) fn send(server: &Arc<Server>, params: &PageSend) -> Result<(), Problem> {
    let question = server.update(|session| session.begin_page(params))?;
    let uri = params.uri.clone();
    let progress = Progress::new(server, question.token, format!("Aside: {}", question.title));
    let page = Page { server: Arc::clone(server), uri: uri.clone() };
    let (writer, failing, stopped) = (page.clone(), page.clone(), progress.clone());
    // What was said is written even where the model is stopped.
    server.jobs.start(
        JobName::PageWriter(uri.clone()),
        {
            let wake = question.wake;
            async move { writer.write(&wake).await }
        },
        async {},
    );
    server.jobs.start(
        JobName::Page(uri),
        async move { page.answer(question.call, progress).await },
        async move { failing.failed(&bug(), &stopped).await },
    );
    Ok(())
}

/// Stops an answer; what came of it stays.
pub(crate) async fn cancel(server: &Arc<Server>, uri: &str) {
    server.jobs.cancel(&JobName::Page(uri.to_owned())).await;
    if let Some(token) = server.update(|session| session.page_ended(uri, Some(STOPPED))) {
        server.client.end_progress(&token, "cancelled").await;
    }
}

/// Opens a new chat for the user to write in.
pub(crate) fn new_chat(server: &Arc<Server>) {
    let server = Arc::clone(server);
    tokio::spawn(async move {
        let made = server.blocking(|server| {
            Ok(crate::paths::new_numbered(&server.env.pages, "chat-", ".aside.md", page::NEW))
        });
        let unmade = |error| unwritten("the new chat's file can't be made", &error);
        let file = match made.await.and_then(|made| made.map_err(unmade)) {
            Ok(file) => file,
            Err(problem) => return server.client.report(&problem).await,
        };
        let place = Position { line: page::NEW_LINE, character: 0 };
        let shown = match url::Url::from_file_path(&file) {
            Ok(uri) if server.session().client().shows_documents => {
                server.client.show_place(uri.into(), Range { start: place, end: place }).await
            }
            _ => false,
        };
        if !shown {
            server.client.tell(&format!("the new chat is {}; open it and write", file.display())).await;
        }
    });
}

/// What is known of an answer at its end.
struct Ended {
    stop: StopReason,
    has_text: bool,
    /// What it took, in words.
    tokens: Option<String>,
}

/// A page that is being answered in.
#[derive(Clone)]
struct Page {
    server: Arc<Server>,
    uri: String,
}

impl Page {
    async fn answer(self, draft: Draft, progress: Progress) {
        let mut under_way = UnderWay::new(&self.server, Some(usage::Feature::Page));
        let call = draft.masked().await;
        progress.begin(&call.asking()).await;
        let mut ended = Ended { stop: StopReason::End, has_text: false, tokens: None };
        let streamed = self.stream(call, &progress, &mut ended).await;
        let Ended { stop, has_text, tokens } = ended;
        let after = |problem: Problem| if has_text { problem.after_a_part() } else { problem };
        match streamed.and_then(|()| is_cut(&stop, has_text)).map_err(after) {
            Ok(cut) => {
                under_way.ended(None);
                let note = cut.then_some(CUT);
                self.server.update(|session| {
                    session.call_went(None);
                    session.page_ended(&self.uri, note)
                });
                let tokens = tokens.map(|tokens| format!(": {tokens}")).unwrap_or_default();
                progress.end(&format!("answered{tokens}")).await;
            }
            Err(problem) => {
                under_way.ended(Some(&problem));
                self.failed(&problem, &progress).await;
            }
        }
    }

    async fn stream(&self, call: Prepared, progress: &Progress, ended: &mut Ended) -> Result<(), Problem> {
        let mut call = Call::new(&self.server, call);
        while let Some(step) = call.next().await? {
            match step {
                Step::Event(ModelEvent::Text(text)) => {
                    ended.has_text |= !text.trim().is_empty();
                    self.server.update(|session| session.page_text(&self.uri, &text));
                }
                Step::Event(ModelEvent::Stop(reason)) => ended.stop = reason,
                Step::Event(ModelEvent::Usage(usage)) => {
                    ended.tokens = Some(usage.to_words(call.cost(&usage).as_deref()));
                }
                Step::Event(ModelEvent::Reasoning(_) | ModelEvent::ToolCall(_)) => {}
                Step::Queued { provider, place } => progress.queued(&provider, place).await,
                Step::Waiting { seconds, problem } => progress.waiting(seconds, &problem).await,
                Step::Fallback(fallback) => {
                    let note =
                        format!("*The answer is from {}: {} gave none.*\n\n", fallback.to, fallback.from);
                    self.server.update(|session| session.page_text(&self.uri, &note));
                    fallback.tell(&self.server).await;
                }
            }
        }
        Ok(())
    }

    async fn failed(&self, problem: &Problem, progress: &Progress) {
        self.server.update(|session| {
            session.call_went(Some(problem.clone()));
            session.page_ended(&self.uri, Some(&problem_note(problem)))
        });
        // It is told in the page.
        progress.end(&problem.title).await;
    }

    /// Writes what comes, one insertion at a time, until all of it was seen in the page.
    async fn write(&self, wake: &Notify) {
        let silence = self.server.env.patience.silence;
        let (mut asked, mut looked) = (Instant::now(), Instant::now());
        loop {
            let next = self.server.update(|session| session.page_write(&self.uri));
            match next {
                Write::Done => return,
                Write::Wait => tokio::select! {
                    () = wake.notified() => {}
                    () = tokio::time::sleep_until(looked + silence) => {
                        looked = Instant::now();
                        let is_long = asked.elapsed() >= self.server.env.patience.answer;
                        self.server.update(|session| session.page_is_silent(&self.uri, is_long));
                    }
                },
                Write::Edit(number, edit) => {
                    let Ok(edit) = serde_json::from_value(edit) else { return };
                    (asked, looked) = (Instant::now(), Instant::now());
                    let Self { server, uri } = self.clone();
                    // Some editors never answer; the next change of the page tells as much.
                    tokio::spawn(async move {
                        let applied = server.client.apply_edit("Aside", edit).await;
                        server.update(|session| session.page_answered(&uri, number, applied));
                    });
                    tokio::time::sleep(PAUSE).await;
                }
                Write::Removed(token) => return self.stop(&token).await,
                Write::Emptied(token, answer) => {
                    self.stop(&token).await;
                    return self.show(&emptied(&self.uri), answer).await;
                }
                Write::Lost(answer) => return self.show(&not_written(&self.uri), answer).await,
            }
        }
    }

    /// The user removed the answer while it was written: it isn't wanted.
    async fn stop(&self, token: &str) {
        if self.server.jobs.cancel(&JobName::Page(self.uri.clone())).await {
            self.server.client.end_progress(token, "cancelled").await;
        }
    }

    async fn show(&self, problem: &Problem, answer: String) {
        self.server.client.report(problem).await;
        let number = self.server.session().next_number();
        if let Err(problem) = show_markdown(&self.server, &format!("answer-{number}.md"), answer).await {
            self.server.client.report(&problem).await;
        }
    }
}
