//! Documents about the user's own data, made here and opened in any editor: the ledger, what would be sent, what is
//! kept, telemetry, and the privacy policy.

use std::fmt::Write;
use std::sync::Arc;

use aside_core::ledger;
use aside_core::problem::{Problem, ProblemKind};

use crate::actions::{self, show_markdown};
use crate::paths::Paths;
use crate::protocol::{ContextItem, Header, Preview, PreviewResult, TelemetryExport};
use crate::{Server, chat, data, inline, privacy, telemetry, words};

/// What can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    Ledger,
    Data,
    Privacy,
    Telemetry,
}

/// What would be sent. Nothing is.
pub(crate) async fn preview(server: &Arc<Server>, of: Preview) -> Result<PreviewResult, Problem> {
    match of {
        Preview::Turn(send) => chat::preview(server, send).await,
        Preview::Inline(start) => inline::preview(server, start).await,
        Preview::Action(run) => actions::preview(server, run).await,
    }
}

/// Opens a document in the background.
pub(crate) fn open(server: &Arc<Server>, view: View) {
    let server = Arc::clone(server);
    tokio::spawn(async move {
        let made = match view {
            View::Ledger => {
                let ledger = server.env.http.ledger().clone();
                let reading = blocking(move || Ok(ledger.read()));
                reading.await.map(|reading| ("ledger", ledger::markdown(&reading)))
            }
            View::Data => {
                let paths = server.env.paths.clone();
                let kept = blocking(move || data::list(&paths).map_err(|error| unread(&error)));
                kept.await.map(|kept| ("data", data::markdown(&kept)))
            }
            View::Telemetry => {
                let server = Arc::clone(&server);
                let page = blocking(move || telemetry::document(&server));
                page.await.map(|page| ("telemetry", page))
            }
            View::Privacy => Ok(("privacy", privacy::POLICY.to_owned())),
        };
        show(&server, made).await;
    });
}

/// Exports what telemetry holds, in the background: into a new file, or as a document for the user to save.
pub(crate) fn export_telemetry(server: &Arc<Server>, to: Option<TelemetryExport>) {
    let server = Arc::clone(server);
    tokio::spawn(async move {
        let paths = server.env.paths.clone();
        let exported = match to {
            Some(TelemetryExport { file }) if file.is_relative() => Err(Problem::new(
                ProblemKind::Setting,
                "the telemetry can't be exported",
                "Name the file by its whole path.",
            )),
            Some(TelemetryExport { file }) => blocking(move || telemetry::export(&paths, &file)).await,
            None => show_export(&server, paths).await,
        };
        say(&server, exported).await;
    });
}

async fn show_export(server: &Arc<Server>, paths: Paths) -> Result<String, Problem> {
    let reports = blocking(move || telemetry::reports(&paths)).await?;
    if reports.is_empty() {
        return Ok(telemetry::NOTHING_WAITS.to_owned());
    }
    let number = server.session().next_number();
    show_markdown(server, &format!("telemetry-{number}.json"), telemetry::exported(&reports)?).await?;
    Ok("Save it under a name of yours to keep it: this file goes when the server ends.".to_owned())
}

/// Deletes what telemetry holds, in the background.
pub(crate) fn delete_telemetry(server: &Arc<Server>) {
    let server = Arc::clone(server);
    tokio::spawn(async move {
        let here = Arc::clone(&server);
        let deleted = blocking(move || telemetry::delete_here(&here)).await;
        say(&server, deleted.map(str::to_owned)).await;
    });
}

/// Says what was done, or why it was not.
async fn say(server: &Server, done: Result<String, Problem>) {
    match done {
        Ok(words) => server.client.tell(&words).await,
        Err(problem) => server.client.report(&problem).await,
    }
}

/// Opens what would be sent.
pub(crate) async fn open_preview(server: &Arc<Server>, of: Preview) -> Result<(), Problem> {
    let page = markdown(&preview(server, of).await?);
    let server = Arc::clone(server);
    tokio::spawn(async move { show(&server, Ok(("preview", page))).await });
    Ok(())
}

async fn show(server: &Arc<Server>, made: Result<(&str, String), Problem>) {
    let number = server.session().next_number();
    let shown = match made {
        Ok((name, page)) => show_markdown(server, &format!("{name}-{number}.md"), page).await,
        Err(problem) => Err(problem),
    };
    if let Err(problem) = shown {
        server.client.report(&problem).await;
    }
}

/// Runs what waits for the disk where waiting is allowed.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| crate::bug())?
}

/// Something of Aside's own could not be read from the disk.
pub(crate) fn unread(error: &anyhow::Error) -> Problem {
    let title = "what Aside keeps can't be read";
    Problem::new(ProblemKind::Setting, title, "Mend the folder's permissions and try again.")
        .with_detail(format!("{error:#}"))
}

/// What would be sent, for a person, down to the byte.
fn markdown(preview: &PreviewResult) -> String {
    let PreviewResult { model, origin, path, headers, body, items, tokens, masked, fallbacks, .. } = preview;
    let mut page = format!("# What would be sent\n\nNothing was sent. Sending it asks {model}");
    if path.is_empty() {
        let _ = writeln!(page, ", in {origin}.");
        goes_along(&mut page, items);
        return page;
    }
    let bytes = body.len();
    let _ = writeln!(page, " at {origin}, with {bytes} bytes: about {tokens} tokens, your words included.");
    if *masked > 0 {
        let words = words::masked_words(*masked);
        let _ = writeln!(page, "\n{words}: the body holds placeholders for what is secret.");
    }
    if let Some(others) = words::fallbacks(fallbacks) {
        let _ = writeln!(page, "\nSettings: {others}.");
    }
    goes_along(&mut page, items);
    let _ = write!(page, "\n## The request\n\n`POST {path}`\n\n| Header | Value |\n|---|---|\n");
    for Header { name, value, from } in headers {
        let value = value.as_deref().or(from.as_deref()).unwrap_or_default();
        let _ = writeln!(page, "| {name} | {} |", value.replace('|', "\\|"));
    }
    let fence = "`".repeat(longest_run(body).max(2) + 1);
    let _ = write!(page, "\n## The body, byte for byte\n\n{fence}json\n{body}\n{fence}\n");
    page
}

fn goes_along(page: &mut String, items: &[ContextItem]) {
    if items.is_empty() {
        page.push_str("\nNothing goes along with it.\n");
        return;
    }
    page.push_str("\n## What goes along\n\n| What | Tokens | Cut or left out |\n|---|--:|---|\n");
    for ContextItem { label, tokens, left_out, .. } in items {
        let why = left_out.as_deref().unwrap_or_default();
        let _ = writeln!(page, "| {} | {tokens} | {why} |", label.replace('|', "\\|"));
    }
}

/// The longest run of backticks, which a fence around the text has to be longer than.
fn longest_run(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}
