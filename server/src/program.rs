//! The program: which command runs, in which runtime, and with what exit code.

use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{self, Arguments, Command, Terminal};
use crate::keys::environment;
use crate::paths::Paths;
use crate::{Env, crash, demo, log, lsp, stdio};

/// Runs the program as its arguments say.
///
/// It lives here, not in `main.rs`, so that all of it is compiled once: what a binary awaits is compiled again for it.
pub fn main() -> ExitCode {
    log::report_panics();
    // What an editor starts is not kept waiting for the parser of a command line.
    if std::env::args_os().skip(1).all(|argument| argument == "--stdio" || argument == "serve") {
        return serve();
    }
    match Arguments::parse().command {
        None | Some(Command::Serve) => serve(),
        Some(Command::Demo(options)) => match demo::run(&options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&format!("{error:#}")),
        },
        Some(command) => run(command),
    }
}

fn serve() -> ExitCode {
    let paths = match Paths::find(environment) {
        Ok(paths) => paths,
        Err(problem) => return fail(&problem),
    };
    log::start(paths.log(), environment("ASIDE_LOG").as_deref());
    crash::keep_in(paths.crashes());
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let env = Env::new(&paths, environment);
    let ended = env.ended.clone();
    let code = runtime.block_on(async {
        tokio::spawn(async move {
            match asked_to_end().await {
                Ok(()) => ended.cancel(),
                Err(error) => tracing::warn!(%error, "signals can't be heard"),
            }
        });
        lsp::serve(stdio::input(), stdio::output(), env).await
    });
    // Standard input may be read in a thread of its own, which nothing can interrupt: it is left behind.
    runtime.shutdown_background();
    ExitCode::from(code)
}

/// Waits until the system asks the program to end, so that what came of an answer is still kept.
#[cfg(unix)]
pub(crate) async fn asked_to_end() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) async fn asked_to_end() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

fn run(command: Command) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let mut stdin = io::stdin();
    let piped = (!stdin.is_terminal()).then_some(&mut stdin as &mut (dyn Read + Send));
    let mut out = io::stdout();
    let mut terminal = Terminal { out: &mut out, piped };
    match runtime.block_on(cli::run(command, environment, &mut terminal)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => fail(&problem),
    }
}

fn fail(why: &dyn std::fmt::Display) -> ExitCode {
    // Nobody is left to tell where standard error is closed.
    let _ = writeln!(io::stderr(), "aside: {why}");
    ExitCode::FAILURE
}
