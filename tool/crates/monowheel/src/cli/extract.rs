//! `monowheel extract`: wheels and first-party code out of a file again.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use crate::explain::{Application, extract};

/// Take wheels or the first-party code out of a file, byte for byte
///
/// Wheels are in the file as they were locked, so what comes out has the sha256 of the lock file; it is checked before anything is
/// written. The paths of what was written are printed, one a line.
///
///   monowheel extract service --wheel numpy
///   monowheel extract service --all --output wheels/ && pip install --no-index --find-links wheels/ numpy
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(super) struct Extract {
    /// File that monowheel made
    file: PathBuf,
    /// Project name or file name of a wheel; may be given several times
    #[arg(long, value_name = "NAME", required_unless_present_any = ["all", "code"])]
    wheel: Vec<String>,
    /// All wheels
    #[arg(long, conflicts_with = "wheel")]
    all: bool,
    /// The first-party tree, as `code.zip`
    #[arg(long)]
    code: bool,
    /// Folder to write to; made if it is missing
    #[arg(long, short, value_name = "DIR", default_value = ".")]
    output: PathBuf,
}

impl Extract {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let application = Application::open(&self.file)?;
        // All names are looked up before anything is written.
        let named = self.wheel.iter().map(|name| extract::wheel(&application, name)).collect::<Result<Vec<_>, _>>()?;
        std::fs::create_dir_all(&self.output).map_err(|source| crate::output::OutputError { path: self.output.clone(), source })?;
        let mut stdout = io::stdout().lock();
        for wheel in if self.all { application.manifest.wheels.iter().collect() } else { named } {
            writeln!(stdout, "{}", extract::write_wheel(&application, wheel, &self.output)?.display())?;
        }
        if self.code {
            writeln!(stdout, "{}", extract::write_code(&application, &self.output)?.display())?;
        }
        Ok(Exit::Done)
    }
}
