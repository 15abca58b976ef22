//! The binary `aside`.

use std::process::ExitCode;

fn main() -> ExitCode {
    aside::main()
}
