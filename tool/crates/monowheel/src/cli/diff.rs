//! `monowheel diff`: in what two files differ.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use crate::explain::diff;
use crate::json;

/// Show in what two files differ, from package versions down to the field of an archive header
///
/// For two files that monowheel made: packages, first-party files with their modes, fields of the manifest, the heads, and whatever is left of the
/// archives. For two other archives, such as wheels: members, contents, times, modes, order, flags, extra fields. Nothing is ignored.
///
/// Exit codes: 0 the bytes are equal, 3 they differ, 1 a file could not be read, 2 the command line is wrong.
///
///   monowheel diff yesterday/service today/service
///   monowheel diff a.whl b.whl --json
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(super) struct Diff {
    /// One file
    a: PathBuf,
    /// The other file
    b: PathBuf,
    /// Write canonical JSON; ARCHITECTURE.md describes it
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let difference = diff::diff(&self.a, &self.b)?;
        if self.json {
            io::stdout().write_all(&json::canonical(&difference))?;
        } else {
            anstream::stdout().write_all(diff::words(&difference).as_bytes())?;
        }
        Ok(if difference.equal { Exit::Done } else { Exit::Differs })
    }
}
