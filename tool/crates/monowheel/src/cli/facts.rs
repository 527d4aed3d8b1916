//! `monowheel facts`: the action that validates one wheel.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::limits::LimitOptions;
use crate::wheel::{self, Options};
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
    #[command(flatten)]
    limits: LimitOptions,
}

impl Facts {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let options = Options { sha256: self.sha256.clone(), origin: self.origin.clone(), limits: self.limits.into() };
        let facts = wheel::read(&self.wheel, &options)?;
        output::write(&self.output, &json::canonical(&facts))?;
        Ok(Exit::Done)
    }
}
