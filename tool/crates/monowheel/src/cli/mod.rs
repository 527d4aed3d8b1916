//! The command line: what was typed (clap structs, one file a subcommand), turned into plans for [`crate::app`].

mod assemble;
#[cfg(feature = "fetch")]
mod build;
mod diff;
mod exit;
mod extract;
mod facts;
#[cfg(feature = "fetch")]
mod fetch;
mod inspect;
mod limits;
mod locate;
mod resolve;
mod sbom;
mod stamp;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use exit::Exit;

/// Turn a Python application and its locked wheels into one executable file.
#[derive(Debug, Parser)]
#[command(name = "monowheel", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Assemble(assemble::Assemble),
    Stamp(stamp::Stamp),
    Facts(facts::Facts),
    Inspect(inspect::Inspect),
    Verify(verify::Verify),
    Extract(extract::Extract),
    Diff(diff::Diff),
    Sbom(sbom::Sbom),
    Locate(locate::Locate),
    #[cfg(feature = "fetch")]
    Build(Box<build::Build>),
    #[cfg(feature = "fetch")]
    Fetch(fetch::Fetch),
    Resolve(resolve::Resolve),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Assemble(assemble) => assemble.run(),
        Command::Stamp(stamp) => stamp.run(),
        Command::Facts(facts) => facts.run(),
        Command::Inspect(inspect) => inspect.run(),
        Command::Verify(verify) => verify.run(),
        Command::Extract(extract) => extract.run(),
        Command::Diff(diff) => diff.run(),
        Command::Sbom(sbom) => sbom.run(),
        Command::Locate(locate) => locate.run(),
        #[cfg(feature = "fetch")]
        Command::Build(build) => build.run(),
        #[cfg(feature = "fetch")]
        Command::Fetch(fetch) => fetch.run(),
        Command::Resolve(resolve) => resolve.run(),
    };
    ended(result)
}

/// Runs the command line of the fetcher, which can do nothing but [`crate::fetch`].
#[cfg(feature = "fetch")]
#[must_use]
pub fn fetcher() -> ExitCode {
    ended(fetch::Fetcher::parse().run())
}

fn ended(result: anyhow::Result<Exit>) -> ExitCode {
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            report(&error);
            Exit::Failed.into()
        }
    }
}

/// Prints an error and its causes: one line each, the outermost first.
fn report(error: &anyhow::Error) {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  caused by: {cause}");
    }
}
