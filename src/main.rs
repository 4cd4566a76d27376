//! The `handover` program: parses, calls the library, and maps the exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    handover::cli::run()
}
