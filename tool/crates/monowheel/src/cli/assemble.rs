//! `monowheel assemble`: the action that writes one application.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use crate::app::{self, Input, Plan};

/// Assemble one executable file from a manifest
///
/// The manifest lists the application's sources and wheels, one JSON object a line; ARCHITECTURE.md describes it. Paths in it are relative to
/// the working directory. The output appears whole or not at all, and its bytes depend on the inputs alone.
#[derive(Args, Debug)]
pub(super) struct Assemble {
    /// Manifest of the application, JSON Lines
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// File to write
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

impl Assemble {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let input = Input::read(&self.manifest)?;
        let plan = Plan::new(&input)?;
        app::assemble(&plan, &self.output)?;
        Ok(Exit::Done)
    }
}
