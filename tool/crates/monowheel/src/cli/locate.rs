//! `monowheel locate`: which file of an index page a lock file means, as JSON.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::exit::Exit;
use crate::json;
use crate::lock::{self, Wanted};
use crate::tags::{Target, normalize};

/// Print which file of an index page a lock file means, as JSON.
///
/// The arguments beside the page are those that `monowheel resolve` gives as `locate`. No network is used.
#[derive(Debug, Args)]
pub(super) struct Locate {
    /// Read the page from this file: HTML or JSON of an index, or any page of links.
    #[arg(long, value_name = "FILE")]
    page: PathBuf,

    /// Address of the page, which its links may be relative to.
    #[arg(long, value_name = "URL")]
    page_url: String,

    /// Find this file.
    #[arg(long, value_name = "NAME", requires = "sha256", conflicts_with_all = ["package", "version", "environment"])]
    file: Option<String>,

    /// Find the wheel of this package that fits best.
    #[arg(long, value_name = "NAME", requires_all = ["version", "environment"], required_unless_present = "file")]
    package: Option<String>,

    /// Of this version.
    #[arg(long)]
    version: Option<String>,

    /// For this environment, `cp311-x86_64-unknown-linux-gnu`.
    #[arg(long, value_name = "NAME")]
    environment: Option<Target>,

    /// With this SHA-256; may be repeated with --package.
    #[arg(long, value_name = "HEX")]
    sha256: Vec<String>,
}

impl Locate {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let page = fs::read(&self.page).with_context(|| format!("Failed to read page: `{}`", self.page.display()))?;
        let page = String::from_utf8_lossy(&page);
        let hashes: Vec<String> = self.sha256.iter().map(|digits| digits.to_ascii_lowercase()).collect();
        let wanted = match (self.file, self.package, self.version, self.environment) {
            (Some(file), ..) => Wanted::File { file, sha256: hashes.into_iter().next().unwrap_or_default() },
            (None, Some(package), Some(version), Some(target)) => Wanted::Release { package: normalize(&package), version, hashes, target },
            _ => anyhow::bail!("Expected --file, or --package with --version and --environment"),
        };
        let located = lock::locate(&page, &self.page_url, &wanted)?;
        std::io::stdout().lock().write_all(&json::canonical(&located))?;
        Ok(Exit::Done)
    }
}
