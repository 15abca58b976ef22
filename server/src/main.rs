//! The command line.

use aside::cli::{self, Arguments, Command, Terminal};
use aside::keys::environment;
use aside::log;
use aside::paths::Paths;
use clap::Parser;
use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    log::report_panics();
    match Arguments::parse().command {
        None | Some(Command::Serve) => serve(),
        Some(command) => run(command),
    }
}

fn serve() -> ExitCode {
    if let Ok(paths) = Paths::find(environment) {
        log::start(paths.log(), environment("ASIDE_LOG").as_deref());
    }
    ExitCode::SUCCESS
}

fn run(command: Command) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let mut stdin = io::stdin();
    let piped = (!stdin.is_terminal()).then_some(&mut stdin as &mut dyn Read);
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
