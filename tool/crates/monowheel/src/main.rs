//! The `monowheel` command: see [`monowheel::cli`].

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    monowheel::cli::main()
}
