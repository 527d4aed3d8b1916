//! `monowheel stamp`: what the build says of itself, put into a finished file.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use crate::app;

/// Put a stamp, such as the commit and the version, into a file that monowheel made
///
/// The output has the same bytes and one small member more, `monowheel/stamp.json`: what the status files say, as canonical JSON. It is the same application: it
/// has the same digest and starts from the same cache. A status file has a key, a space and its value a line, as Bazel's
/// stable-status.txt and volatile-status.txt have.
///
///   monowheel stamp --file service.unstamped --status status.txt --key 'STABLE_*' --output service
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(super) struct Stamp {
    /// File that `monowheel assemble` or `monowheel build` wrote
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Status file; give one or more
    #[arg(long, value_name = "FILE", required = true)]
    status: Vec<PathBuf>,
    /// Key to put in, and no others; `*` stands for any letters. A key without must be there; give none for all keys
    #[arg(long, value_name = "KEY")]
    key: Vec<String>,
    /// File to write
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

impl Stamp {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let stamp = app::Stamp::from_status(&self.status, &self.key)?;
        app::stamp(&self.file, &stamp, &self.output)?;
        Ok(Exit::Done)
    }
}
