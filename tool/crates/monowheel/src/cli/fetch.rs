//! `monowheel fetch`: one file over the network, by its hash.

use std::path::PathBuf;

use anyhow::Context;
use clap::{ArgGroup, Args, Parser, Subcommand};

use super::exit::Exit;
use crate::fetch::fetch_one;

/// Get one file over the network, by its SHA-256.
///
/// It is written whole or not at all, and only if its content is the one asked for, whatever an index or a mirror says. Credentials
/// come from the address or from netrc, certificates and proxies are those of the system.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("address").required(true).multiple(true).args(["urls", "pages"]))]
pub(super) struct Fetch {
    /// Name of the file, which links of a page are compared with
    #[arg(long, value_name = "NAME")]
    file: String,

    /// SHA-256 that the file must have
    #[arg(long, value_name = "HEX")]
    sha256: String,

    /// Get it from this address; may be repeated, the first one that has it counts
    #[arg(long = "url", value_name = "URL")]
    urls: Vec<String>,

    /// Look for it on this page of an index; may be repeated
    #[arg(long = "page", value_name = "URL")]
    pages: Vec<String>,

    /// Who asks for it, for messages
    #[arg(long, value_name = "LABEL")]
    origin: Option<String>,

    /// Write the file here
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

impl Fetch {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let sha256 = self.sha256.to_ascii_lowercase();
        let result = fetch_one(&self.file, &sha256, &self.urls, &self.pages, &self.output);
        match self.origin {
            Some(origin) => result.with_context(|| format!("Failed to get a wheel of `{origin}`"))?,
            None => result?,
        }
        Ok(Exit::Done)
    }
}

/// The command line of the fetcher: the one subcommand that an action with a network may run, spelled as in `monowheel` itself.
#[derive(Debug, Parser)]
#[command(name = "monowheel-fetcher", version, about, max_term_width = 100)]
pub(super) struct Fetcher {
    #[command(subcommand)]
    command: FetcherCommand,
}

#[derive(Debug, Subcommand)]
enum FetcherCommand {
    Fetch(Fetch),
}

impl Fetcher {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        match self.command {
            FetcherCommand::Fetch(fetch) => fetch.run(),
        }
    }
}
