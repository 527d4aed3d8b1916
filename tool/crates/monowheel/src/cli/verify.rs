//! `monowheel verify`: whether a file is what it says.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::Args;

use super::exit::Exit;
use super::limits::LimitOptions;
use crate::explain::{Application, Check, Outcome, printable, verify};
use crate::json;

/// Check every byte of a file against its manifest, each wheel's RECORD and a lock file
///
/// Checked are: the digest in the head; order, times, modes and every other header field of the archives; the sha256 of the bootstrap, the first-party
/// tree and each wheel; in each wheel the structure of the archive and the hash of every file in RECORD; with --lock, that the lock file names each wheel.
/// Nothing in the file is run.
///
/// Head and bootstrap are programs. Where they are not the ones that this version of monowheel writes, the rest is still checked, but nobody vouches
/// for them: verify with the version that made the file, or build it again and compare.
///
/// Exit codes: 0 all is well, 3 something is not as it should be, 4 all is well but head or bootstrap are another version's, 1 it could not
/// be read or monowheel did not make it, 2 the command line is wrong.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(super) struct Verify {
    /// File that monowheel made
    file: PathBuf,
    /// Lock file that must name every wheel by its sha256: uv.lock, poetry.lock, pylock.toml or requirements.txt
    #[arg(long, value_name = "LOCK")]
    lock: Option<PathBuf>,
    /// Write canonical JSON: a list of `what`, `outcome` (`ok`, `other-version`, `failed`) and `text`
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    limits: LimitOptions,
}

impl Verify {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let checks = verify(&Application::open(&self.file)?, self.lock.as_deref(), &self.limits.into())?;
        if self.json {
            io::stdout().write_all(&json::canonical(&checks))?;
        } else {
            anstream::stdout().write_all(text(&checks)?.as_bytes())?;
        }
        Ok(match checks.iter().map(|check| check.outcome).max() {
            None | Some(Outcome::Ok) => Exit::Done,
            Some(Outcome::OtherVersion) => Exit::OtherVersion,
            Some(Outcome::Failed) => Exit::Differs,
        })
    }
}

fn text(checks: &[Check]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for check in checks {
        let (style, word): (Style, _) = match check.outcome {
            Outcome::Ok => (AnsiColor::Green.on_default(), "ok"),
            Outcome::OtherVersion => (AnsiColor::Yellow.on_default(), "other version"),
            Outcome::Failed => (AnsiColor::Red.on_default().bold(), "FAILED"),
        };
        for line in &check.text {
            writeln!(text, "{style}{word:<13}{style:#} {:<9} {}", check.what, printable(line))?;
        }
    }
    Ok(text)
}
