//! Instructions on a selection: from the user's words to a proposal, which only the user applies.

use std::sync::Arc;

use aside_core::config::Feature;
use aside_core::problem::Problem;
use aside_core::provider::{ModelEvent, StopReason};
use aside_core::reply::Reply;
use aside_core::usage;

use crate::chat::check_asks_something;
use crate::jobs::JobName;
use crate::model::{Call, Prepared, Step};
use crate::protocol::{
    InlineStart, PreviewResult, ProposalAccept, ProposalEdit, ProposalReject, ProposalRetry,
};
use crate::session::{Ask, Begun, Session};
use crate::telemetry::UnderWay;
use crate::{Server, bug};

/// Begins a proposal and asks in the background.
pub(crate) fn start(server: &Arc<Server>, params: InlineStart) -> Result<(), Problem> {
    check_asks_something(&params.instruction)?;
    let name = params.proposal.clone();
    let begun = server.update(|session| {
        let ask = ask(session, params)?;
        session.begin_proposal(&name, ask)
    })?;
    work(server, name, begun);
    Ok(())
}

/// What an instruction would send.
pub(crate) async fn preview(server: &Server, params: InlineStart) -> Result<PreviewResult, Problem> {
    let asked = {
        let session = server.session();
        session.prepare(&ask(&session, params)?, &[])?
    };
    Ok(asked.call.masked().await.preview(asked.items))
}

fn ask(session: &Session, params: InlineStart) -> Result<Ask, Problem> {
    Ok(Ask {
        selection: session.span(&params.uri, params.version, params.range)?,
        uri: params.uri,
        title: format!("Aside: {}", first_line(&params.instruction)),
        instruction: params.instruction,
        notes: Vec::new(),
        mentions: params.mentions,
        feature: Feature::Inline,
        model: params.model,
        allow: params.allow,
    })
}

/// Asks again, on the text as it now stands.
pub(crate) fn retry(server: &Arc<Server>, params: ProposalRetry) -> Result<(), Problem> {
    let further = params.instruction.unwrap_or_default();
    let begun = server.update(|session| session.retry_proposal(&params.proposal, &further))?;
    work(server, params.proposal, begun);
    Ok(())
}

/// What accepting gives: the edit for the version named in it, or the problem.
pub(crate) fn accept(server: &Arc<Server>, params: ProposalAccept) -> ProposalEdit {
    let accepted = server.update(|session| {
        let edit = session.accept(&params)?;
        Ok((edit, session.edit_given(&params.proposal)))
    });
    let (edit, number) = match accepted {
        Ok(accepted) => accepted,
        Err(problem) => return ProposalEdit { edit: None, problem: Some(problem) },
    };
    if edit.is_some() {
        let server = Arc::clone(server);
        tokio::spawn(async move {
            tokio::time::sleep(server.env.patience.answer).await;
            server.update(|session| session.edit_is_silent(&params.proposal, number));
        });
    }
    ProposalEdit { edit, problem: None }
}

/// Drops a proposal or some of its hunks; stops it first if the model is still writing.
pub(crate) async fn reject(server: &Arc<Server>, params: ProposalReject) -> Result<(), Problem> {
    if params.hunks.is_none() || server.session().is_working(&params.proposal) {
        server.jobs.cancel(&JobName::Proposal(params.proposal.clone())).await;
    }
    if let Some(token) = server.update(|session| session.reject(&params))? {
        server.client.end_progress(&token, "rejected").await;
    }
    server.publish().await;
    Ok(())
}

/// Stops a proposal that the model is writing.
pub(crate) async fn cancel(server: &Arc<Server>, proposal: &str) {
    server.jobs.cancel(&JobName::Proposal(proposal.to_owned())).await;
    let token = server.update(|session| session.cancel_proposal(proposal));
    if let Some(token) = token {
        server.client.end_progress(&token, "cancelled").await;
    }
    server.publish().await;
}

/// Asks the model for a proposal in the background. An editor that doesn't draw proposals is shown a progress display.
pub(crate) fn work(server: &Arc<Server>, proposal: String, begun: Begun) {
    let draws = server.session().client().features.proposals;
    let progress = (!draws).then(|| {
        let token = server.session().progress_token(&proposal);
        Progress::new(server, token, begun.title.clone())
    });
    let job = Job { server: Arc::clone(server), proposal: proposal.clone(), progress };
    let failing = job.clone();
    server.jobs.start(JobName::Proposal(proposal), async move { job.run(begun).await }, async move {
        failing.fail(bug()).await;
    });
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[derive(Clone)]
struct Job {
    server: Arc<Server>,
    proposal: String,
    progress: Option<Progress>,
}

impl Job {
    async fn run(self, begun: Begun) {
        let asked = begun.call.masked().await;
        self.server.update(|session| session.proposal_asks(&self.proposal, asked.masked()));
        if let Some(progress) = &self.progress {
            progress.begin(&asked.asking()).await;
        }
        let mut reply = Reply::new(begun.surroundings);
        let mut under_way = UnderWay::new(&self.server, usage::Feature::of(asked.act.feature));
        let answered = match self.stream(asked.clone(), &mut reply).await {
            Err(problem) => Err(problem),
            Ok(stop) => {
                let written = reply.written();
                reply.finish(&stop).map_err(|problem| {
                    self.server.session().keep_unusable(&self.proposal, written);
                    problem.to_problem()
                })
            }
        };
        under_way.ended(answered.as_ref().err());
        match answered {
            Err(problem) => self.fail(problem).await,
            Ok(mut clean) => {
                clean.warning = clean.warning.or_else(|| asked.placeholder_left(&clean.text));
                let finished = self.server.update(|session| {
                    session.call_went(None);
                    session.finish_proposal(&self.proposal, &clean)
                });
                match (&self.progress, finished) {
                    (Some(progress), Some(Ok(ready))) => progress.ready(&ready).await,
                    (Some(progress), Some(Err(problem))) => progress.failed(&problem).await,
                    (None, _) | (_, None) => {}
                }
            }
        }
    }

    async fn stream(&self, asked: Prepared, reply: &mut Reply) -> Result<StopReason, Problem> {
        let mut call = Call::new(&self.server, asked);
        let mut stop = StopReason::End;
        let mut lines = 0;
        let mut so_far = String::new();
        while let Some(step) = call.next().await? {
            match step {
                Step::Event(ModelEvent::Text(piece)) => {
                    reply.push(&piece);
                    let complete = reply.lines_so_far();
                    if complete.len() > lines {
                        so_far.extend(complete.iter().skip(lines).map(String::as_str));
                        lines = complete.len();
                        self.server.update(|session| session.preview_proposal(&self.proposal, &so_far));
                    }
                }
                Step::Event(ModelEvent::Reasoning(_) | ModelEvent::ToolCall(_)) => {}
                Step::Event(ModelEvent::Usage(usage)) => {
                    let cost = call.cost(&usage);
                    self.server.update(|session| session.proposal_usage(&self.proposal, usage, cost));
                }
                Step::Event(ModelEvent::Stop(reason)) => stop = reason,
                Step::Fallback(fallback) => {
                    fallback.tell(&self.server).await;
                    self.server.update(|session| session.proposal_goes_elsewhere(&self.proposal, &fallback));
                }
                Step::Queued { provider, place } => {
                    if let Some(progress) = &self.progress {
                        progress.queued(&provider, place).await;
                    }
                    self.server.update(|session| session.proposal_queued(&self.proposal, place));
                }
                Step::Waiting { seconds, problem } => {
                    if let Some(progress) = &self.progress {
                        progress.waiting(seconds, &problem).await;
                    }
                    self.server.update(|session| session.proposal_waits(&self.proposal, problem));
                }
            }
        }
        Ok(stop)
    }

    async fn fail(&self, problem: Problem) {
        self.server.update(|session| {
            session.call_went(Some(problem.clone()));
            session.fail_proposal(&self.proposal, problem.clone());
        });
        if let Some(progress) = &self.progress {
            progress.failed(&problem).await;
        }
    }
}

/// A progress display in the editor, for what has no events of its own.
#[derive(Clone)]
pub(crate) struct Progress {
    server: Arc<Server>,
    token: String,
    title: String,
    shown: bool,
}

impl Progress {
    pub(crate) fn new(server: &Arc<Server>, token: String, title: String) -> Self {
        let shown = server.session().client().shows_progress;
        Self { server: Arc::clone(server), token, title, shown }
    }

    pub(crate) async fn begin(&self, message: &str) {
        if self.shown {
            self.server.client.begin_progress(&self.token, &self.title, message).await;
        }
    }

    pub(crate) async fn waiting(&self, seconds: u64, problem: &Problem) {
        if self.shown {
            let message = format!("{}; asking again in {seconds} s", problem.title);
            self.server.client.report_progress(&self.token, &message).await;
        }
    }

    pub(crate) async fn queued(&self, provider: &str, place: u32) {
        if self.shown {
            let message = match place {
                0 => format!("asking {provider}"),
                _ => format!("in line for {provider}, place {place}"),
            };
            self.server.client.report_progress(&self.token, &message).await;
        }
    }

    pub(crate) async fn end(&self, message: &str) {
        if self.shown {
            self.server.client.end_progress(&self.token, message).await;
        }
    }

    /// Ends it, and tells in words that stay what the user can do now.
    async fn ready(&self, message: &str) {
        self.end("ready").await;
        self.server.client.tell(message).await;
    }

    pub(crate) async fn failed(&self, problem: &Problem) {
        self.end(&problem.title).await;
        self.server.client.report(problem).await;
    }
}
