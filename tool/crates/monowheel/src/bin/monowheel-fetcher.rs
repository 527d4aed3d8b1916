//! The `monowheel-fetcher` command, which actions of `wheels.lock(fetch = "action")` run: see [`monowheel::fetch`].

use std::process::ExitCode;

fn main() -> ExitCode {
    monowheel::cli::fetcher()
}
