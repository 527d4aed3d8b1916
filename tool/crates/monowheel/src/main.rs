//! The `monowheel` command: see [`monowheel::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    monowheel::cli::main()
}
