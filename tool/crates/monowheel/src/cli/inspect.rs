//! `monowheel inspect`: what is in a file.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use crate::explain::{Application, Package, Report, page, text};
use crate::{json, output};

/// Show what is in a file: entry point, packages with licences and hashes, first-party files
///
/// The file is only read. Hashes and sizes of wheels are those of the manifest inside; `monowheel verify` checks that they are true. Licences
/// come from each wheel's METADATA: an SPDX expression where one can be told, otherwise the package's own words.
///
///   monowheel inspect service                      a summary
///   monowheel inspect service --html service.html  one page: treemap of sizes, searchable table
///   monowheel inspect service --json | jq -r '.packages[] | [.name, .licence.expression] | @tsv'
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(super) struct Inspect {
    /// File that monowheel made
    file: PathBuf,
    /// Write canonical JSON; ARCHITECTURE.md describes it
    #[arg(long)]
    json: bool,
    /// Write one self-contained page to OUT instead
    #[arg(long, value_name = "OUT", conflicts_with = "json")]
    html: Option<PathBuf>,
}

impl Inspect {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let application = Application::open(&self.file)?;
        let packages = Package::all(&application)?;
        let report = Report::new(&application, &packages)?;
        if let Some(out) = &self.html {
            output::write(out, page(&report, &packages).as_bytes())?;
        } else if self.json {
            io::stdout().write_all(&json::canonical(&report))?;
        } else {
            anstream::stdout().write_all(text(&report, &packages).as_bytes())?;
        }
        Ok(Exit::Done)
    }
}
