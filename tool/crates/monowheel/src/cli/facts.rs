//! `monowheel facts`: the action that validates one wheel.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use crate::wheel::{self, Limits, Options};
use crate::{json, output};

/// Validate a wheel and write what assembling needs to know of it
///
/// The archive, the names, the paths and every hash in RECORD are checked, each member being inflated once. The output is canonical JSON;
/// ARCHITECTURE.md describes it. Every later action relies on it and copies the wheel as it is.
#[derive(Args, Debug)]
pub(super) struct Facts {
    /// Wheel to read
    #[arg(long, value_name = "FILE")]
    wheel: PathBuf,
    /// SHA-256 that the wheel must have, as the lock file says
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    /// Who asked for the wheel, for messages
    #[arg(long, value_name = "LABEL")]
    origin: Option<String>,
    /// File to write
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Most members that the wheel may have
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().members)]
    max_members: u64,
    /// Most bytes that the wheel may inflate to
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().size)]
    max_size: u64,
    /// Most bytes that the wheel may inflate to, for each byte that it has (beyond 64 MiB)
    #[arg(long, value_name = "TIMES", default_value_t = Limits::default().ratio)]
    max_ratio: u64,
}

impl Facts {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let limits = Limits { members: self.max_members, size: self.max_size, ratio: self.max_ratio };
        let options = Options { sha256: self.sha256.clone(), origin: self.origin.clone(), limits };
        let facts = wheel::read(&self.wheel, &options)?;
        output::write(&self.output, &json::canonical(&facts)?)?;
        Ok(Exit::Done)
    }
}
