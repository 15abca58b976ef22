//! Code actions in any LSP editor: offered offline, run as jobs, their proposals taken by further code actions.

use std::sync::Arc;

use aside_core::actions::{self, Action, Place};
use aside_core::config::{ActionResult, Feature};
use aside_core::position::Range;
use aside_core::problem::{Problem, ProblemKind};
use aside_core::provider::{ModelEvent, StopReason};
use aside_core::usage;
use serde_json::{Value, json};
use tower_lsp::gen_lsp_types::WorkspaceEdit;

use crate::chat::is_cut;
use crate::convert::{self, CodeActionParams};
use crate::inline::{self, Progress};
use crate::jobs::JobName;
use crate::menu::{self, Item};
use crate::model::{Call, Draft, Prepared, Step};
use crate::protocol::{ChatSend, Mention, PreviewResult, ProposalAccept, ProposalName, RunAction, command};
use crate::session::{Ask, Question, Session};
use crate::telemetry::UnderWay;
use crate::{Server, bug, page};

/// The kinds that are announced; an editor asks for no others.
pub(crate) const KINDS: &[&str] =
    &["quickfix", "refactor.rewrite", "source.aside", "aside.explain", "aside.test", menu::CHAT];

/// Answers `textDocument/codeAction` from what is known here: no model is asked.
pub(crate) fn offer(session: &mut Session, params: &CodeActionParams) -> Value {
    let uri = &params.text_document.uri;
    let encoding = session.client().encoding;
    session.settle(uri);
    let Ok(document) = session.document(uri) else { return Value::Null };
    let span = convert::bytes(&document.text, params.range, encoding);
    let (version, language) = (document.version, document.language.clone());
    let only = params.context.only.as_deref().unwrap_or_default();
    let all = params.context.diagnostics.iter();
    let diagnostics: Vec<&Value> = all.filter(|diagnostic| is_on(diagnostic, params.range)).collect();
    let place = Place { language: &language, has_diagnostics: !diagnostics.is_empty(), only };
    let offered = actions::offered(&place, &session.settings().actions);
    let open = session.open_proposals(uri, &span);
    let page = session.page_offer(uri, Some(&span));
    let offer = session.offer(uri, span);
    let is_chat_drawn = session.client().features.chat;
    let literals = session.client().code_action_literals;
    let wants = |kind: &str| actions::wanted(kind, only);

    let mut items: Vec<Value> = Vec::new();
    if let Some(offered) = page.filter(|_| wants(menu::CHAT)) {
        let page = menu::page(&offered, uri, Some(offer));
        items.extend(page.iter().map(|item| item.to_action(literals)));
    }
    items.extend(open.iter().flat_map(menu::proposal).map(|item| item.to_action(literals)));
    items.extend(offered.iter().map(|action| {
        let run = RunAction {
            action: action.id.clone(),
            uri: uri.clone(),
            version,
            range: params.range,
            diagnostics: diagnostics.iter().copied().filter_map(convert::diagnostic).collect(),
            offer: Some(offer),
            allow: false,
        };
        let mut item = Item::new(&action.title, &action.kind, command::RUN, json!(run)).to_action(literals);
        if let Some(item) = item.as_object_mut().filter(|_| action.kind == "quickfix" && literals) {
            item.insert("diagnostics".to_owned(), json!(diagnostics));
        }
        item
    }));
    if !is_chat_drawn && wants(menu::CHAT) {
        items.push(
            Item::new("Aside: New chat", menu::CHAT, command::NEW_CHAT, Value::Null).to_action(literals),
        );
    }
    Value::Array(items)
}

/// Whether a diagnostic is on the lines of a range: a client may tell all that the document has.
fn is_on(diagnostic: &Value, range: Range) -> bool {
    let line = |end: &str| diagnostic.pointer(&format!("/range/{end}/line")).and_then(Value::as_u64);
    let (Some(first), Some(last)) = (line("start"), line("end")) else { return false };
    first <= u64::from(range.end.line) && last >= u64::from(range.start.line)
}

/// Carries out a code action: the work goes on in the background.
pub(crate) fn run(server: &Arc<Server>, run: RunAction) -> Result<(), Problem> {
    let action = find(&server.session(), &run)?;
    let carry_out = match action.result {
        ActionResult::Edit => propose,
        ActionResult::Chat => explain,
    };
    match carry_out(server, &action, run.clone()) {
        Err(problem) if problem.kind == ProblemKind::Blocked && !run.allow => {
            let server = Arc::clone(server);
            tokio::spawn(async move { ask_first(&server, &problem, run).await });
            Ok(())
        }
        result => result,
    }
}

/// Asks the user whether a file that a rule keeps back may be sent this once.
async fn ask_first(server: &Arc<Server>, problem: &Problem, run_action: RunAction) {
    let question = format!("Aside: {}. Send it this once?", problem.title);
    if server.client.ask(&question, SEND_ONCE).await
        && let Err(problem) = run(server, RunAction { allow: true, ..run_action })
    {
        server.client.report(&problem).await;
    }
}

const SEND_ONCE: &str = "Send once";

/// What a code action would send.
pub(crate) async fn preview(server: &Server, run: RunAction) -> Result<PreviewResult, Problem> {
    let (call, items) = {
        let session = server.session();
        let action = find(&session, &run)?;
        match action.result {
            ActionResult::Edit => {
                let asked = session.prepare(&ask(&session, &action, run)?, &[])?;
                (asked.call, asked.items)
            }
            ActionResult::Chat => {
                let question = question(&session, &action, run)?;
                (question.call, question.along.items)
            }
        }
    };
    Ok(call.masked().await.preview(items))
}

fn find(session: &Session, run: &RunAction) -> Result<Action, Problem> {
    actions::find(&run.action, &session.settings().actions).ok_or_else(|| {
        Problem::new(ProblemKind::NotFound, "there is no such action any more", "Open the menu again.")
    })
}

fn ask(session: &Session, action: &Action, run: RunAction) -> Result<Ask, Problem> {
    Ok(Ask {
        selection: session.place(&run)?,
        allow: allowed(&run),
        uri: run.uri,
        title: action.title.clone(),
        instruction: action.instruction.clone(),
        notes: run.diagnostics.iter().map(convert::note).collect(),
        mentions: Vec::new(),
        feature: Feature::Actions,
        model: None,
    })
}

/// The action's file, if the user allowed it this once.
fn allowed(run: &RunAction) -> Vec<String> {
    if run.allow { vec![run.uri.clone()] } else { Vec::new() }
}

fn propose(server: &Arc<Server>, action: &Action, run: RunAction) -> Result<(), Problem> {
    let (name, begun) = server.update(|session| {
        let ask = ask(session, action, run)?;
        let name = format!("action-{}", session.next_number());
        let begun = session.begin_proposal(&name, ask)?;
        Ok::<_, Problem>((name, begun))
    })?;
    inline::work(server, name, begun);
    Ok(())
}

/// An action whose answer is words, as a question about the place.
fn question(session: &Session, action: &Action, run: RunAction) -> Result<Question, Problem> {
    let document = session.document(&run.uri)?;
    let span = if action.whole_file { 0..document.text.len_bytes() } else { session.place(&run)? };
    let range = convert::range(
        &document.text,
        &aside_core::document::whole_lines(&document.text, span),
        session.client().encoding,
    );
    let version = document.version;
    let allow = allowed(&run);
    let mut mentions = vec![Mention::Selection { uri: run.uri.clone(), version, range }];
    if !run.diagnostics.is_empty() {
        mentions.push(Mention::Problems { uri: run.uri, items: run.diagnostics });
    }
    let send = ChatSend {
        chat: String::new(),
        turn: String::new(),
        text: action.instruction.clone(),
        mentions,
        about: None,
        missing: Vec::new(),
        model: None,
        again: false,
        allow,
    };
    session.question(&send, Feature::Actions)
}

/// Asks for an answer in words, which opens as a Markdown document.
fn explain(server: &Arc<Server>, action: &Action, run: RunAction) -> Result<(), Problem> {
    let (call, number) = server.update(|session| {
        let call = question(session, action, run)?.call;
        Ok::<_, Problem>((call, session.next_number()))
    })?;
    let token = format!("aside/{number}");
    let progress = Progress::new(server, token.clone(), action.title.clone());
    let failing = progress.clone();
    server.jobs.start(
        JobName::Answer(token),
        {
            let (server, title) = (Arc::clone(server), action.title.clone());
            async move { answer(&server, &title, number, call, progress).await }
        },
        async move { failing.failed(&bug()).await },
    );
    Ok(())
}

async fn answer(server: &Arc<Server>, title: &str, number: u64, draft: Draft, progress: Progress) {
    let mut under_way = UnderWay::new(server, Some(usage::Feature::Action));
    let asked = draft.masked().await;
    progress.begin(&asked.asking()).await;
    let text = match collect(server, asked, &progress).await {
        Ok(text) => text,
        Err(problem) => {
            under_way.ended(Some(&problem));
            server.update(|session| session.call_went(Some(problem.clone())));
            return progress.failed(&problem).await;
        }
    };
    under_way.ended(None);
    server.update(|session| session.call_went(None));
    let document = format!("# {}\n\n{text}", title.trim_start_matches("Aside: "));
    match show_markdown(server, &format!("answer-{number}.md"), document).await {
        Ok(()) => progress.end("answered").await,
        Err(problem) => progress.failed(&problem).await,
    }
}

const CUT: &str = "*The answer ended at the output limit.*\n\n";

/// The answer, with who gave it and for how many tokens.
async fn collect(server: &Arc<Server>, asked: Prepared, progress: &Progress) -> Result<String, Problem> {
    let mut model = asked.model.clone();
    let mut call = Call::new(server, asked);
    let mut text = String::new();
    let mut tokens = None;
    let mut stop = StopReason::End;
    while let Some(step) = call.next().await? {
        match step {
            Step::Event(ModelEvent::Text(piece)) => text.push_str(&piece),
            Step::Event(ModelEvent::Usage(usage)) => tokens = Some((usage, call.cost(&usage))),
            Step::Queued { provider, place } => progress.queued(&provider, place).await,
            Step::Waiting { seconds, problem } => progress.waiting(seconds, &problem).await,
            Step::Fallback(fallback) => {
                fallback.tell(server).await;
                model = fallback.to;
            }
            Step::Event(ModelEvent::Stop(reason)) => stop = reason,
            Step::Event(ModelEvent::Reasoning(_) | ModelEvent::ToolCall(_)) => {}
        }
    }
    let text = text.trim();
    let cut = if is_cut(&stop, !text.is_empty())? { CUT } else { "" };
    let tokens = tokens.map(|(usage, cost)| format!(": {}", usage.to_words(cost.as_deref())));
    Ok(format!("{}\n\n{cut}*{model}{}.*\n", text, tokens.unwrap_or_default()))
}

/// Opens a document of ours beside the code, Markdown or a diff by its name; where the editor can't, it is told where the document is.
pub(crate) async fn show_markdown(server: &Arc<Server>, name: &str, text: String) -> Result<(), Problem> {
    let name = name.to_owned();
    let written = server.blocking(move |server| Ok(server.env.opened.write(&name, &text))).await?;
    let file = written.map_err(|error| unwritten("the document can't be written", &error))?;
    let shown = match url::Url::from_file_path(&file) {
        Ok(uri) if server.session().client().shows_documents => server.client.show_document(uri.into()).await,
        _ => false,
    };
    if !shown {
        server.client.tell(&format!("it is in {}", file.display())).await;
    }
    Ok(())
}

/// A file that was to be made for the user to read or to write in.
pub(crate) fn unwritten(title: &str, error: &std::io::Error) -> Problem {
    let next = "Free some space, or mend the permissions of Aside's folders: `aside doctor` names them.";
    Problem::new(ProblemKind::Setting, title, next).with_detail(error.to_string())
}

/// Opens what is set up, in plain words. Nothing is connected to.
pub(crate) fn doctor(server: &Arc<Server>) {
    let server = Arc::clone(server);
    tokio::spawn(async move {
        let text = crate::doctor::document(&server).await;
        if let Err(problem) = show_markdown(&server, "doctor.md", text).await {
            server.client.report(&problem).await;
        }
    });
}

/// Opens a proposal as a diff.
pub(crate) fn show(server: &Arc<Server>, params: ProposalName) -> Result<(), Problem> {
    let text = server.session().proposal_diff(&params.proposal)?;
    let number = server.session().next_number();
    let server = Arc::clone(server);
    tokio::spawn(async move {
        if let Err(problem) = show_markdown(&server, &format!("proposal-{number}.diff"), text).await {
            server.client.report(&problem).await;
        }
    });
    Ok(())
}

/// Accepts a proposal for an editor that has no extension: it is asked to apply the edit.
pub(crate) fn accept(server: &Arc<Server>, params: ProposalAccept) -> Result<(), Problem> {
    let (edit, number) = server.update(|session| {
        let edit = session.accept(&params)?;
        Ok::<_, Problem>((edit, session.edit_asked(&params.proposal)))
    })?;
    let Some(edit) = edit else { return Ok(()) };
    let edit = serde_json::from_value(edit).map_err(|_| bug())?;
    let server = Arc::clone(server);
    tokio::spawn(async move {
        let patience = server.env.patience;
        let mut asking = std::pin::pin!(server.client.apply_edit("Aside", edit));
        match tokio::time::timeout(patience.answer, asking.as_mut()).await {
            Ok(false) => server.update(|session| session.edit_answered(&params.proposal, false)),
            Ok(true) => {
                server.update(|session| session.edit_answered(&params.proposal, true));
                tokio::time::sleep(patience.silence).await;
                server.update(|session| session.edit_is_silent(&params.proposal, number));
            }
            // Some editors never answer; an edit that comes after all is seen, whatever they say of it then.
            Err(_) => {
                server.update(|session| session.edit_is_silent(&params.proposal, number));
                asking.await;
            }
        }
    });
    Ok(())
}

/// Asks the editor to take back what it put in the wrong place.
pub(crate) async fn take_back(server: Arc<Server>, proposal: String, round: usize, edit: WorkspaceEdit) {
    let patience = server.env.patience;
    let mut asking = std::pin::pin!(server.client.apply_edit("Aside: undo", edit));
    let answer = tokio::time::timeout(patience.answer, asking.as_mut()).await;
    if let Ok(applied) = answer {
        server.update(|session| session.mending_answered(&proposal, applied));
        tokio::time::sleep(patience.silence).await;
    }
    server.update(|session| session.mending_is_silent(&proposal, round));
    if answer.is_err() {
        asking.await;
    }
}

/// The user pressed cancel in a progress display.
pub(crate) async fn cancel(server: &Arc<Server>, token: &str) {
    if server.jobs.cancel(&JobName::Answer(token.to_owned())).await {
        server.client.end_progress(token, "cancelled").await;
        return;
    }
    let page = server.session().page_of(token);
    if let Some(uri) = page {
        return page::cancel(server, &uri).await;
    }
    let proposal = server.session().proposal_of(token);
    if let Some(proposal) = proposal {
        inline::cancel(server, &proposal).await;
    }
}
