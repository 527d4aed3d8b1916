//! `monowheel sbom`: a bill of materials.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::exit::Exit;
use crate::app::{Input, Plan};
use crate::explain::Application;
use crate::explain::sbom::{Bill, Format};
use crate::output;

/// Write a bill of materials: CycloneDX 1.6 or SPDX 2.3, as JSON
///
/// The application is the root component; each wheel is a component with its purl, its sha256 and its licence: an SPDX expression where
/// METADATA gives one or its classifiers mean one, otherwise the package's own words. Edges come from Requires-Dist.
///
/// The same application gives the same bytes: there is no time in them, and serial numbers are digests of the rest.
///
///   monowheel sbom service --format cyclonedx --output service.cdx.json
///   monowheel sbom service --format spdx
///
/// With --manifest, the bill is made of what `monowheel assemble` reads, before there is a file: no wheel is opened, and the root has no hash.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(super) struct Sbom {
    /// File that monowheel made
    #[arg(required_unless_present = "manifest", conflicts_with = "manifest")]
    file: Option<PathBuf>,
    /// Manifest of the application, as for `monowheel assemble`
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Format
    #[arg(long, value_enum)]
    format: Choice,
    /// Name of the root component [default: the file's name, or that of the manifest's origin]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Version of the root component [default: none]
    #[arg(long = "app-version", value_name = "VERSION")]
    version: Option<String>,
    /// File to write instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Choice {
    /// CycloneDX 1.6
    Cyclonedx,
    /// SPDX 2.3
    Spdx,
}

impl Sbom {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let mut bill = match (&self.manifest, &self.file) {
            (Some(manifest), _) => Bill::of_plan(&Plan::new(&Input::read(manifest)?)?),
            (None, Some(file)) => Bill::of_file(&Application::open(file)?)?,
            (None, None) => anyhow::bail!("neither FILE nor --manifest was given"),
        };
        if let Some(name) = &self.name {
            bill.name.clone_from(name);
        }
        bill.version.clone_from(&self.version);
        let bytes = bill.write(match self.format {
            Choice::Cyclonedx => Format::CycloneDx,
            Choice::Spdx => Format::Spdx,
        });
        match &self.output {
            Some(path) => output::write(path, &bytes)?,
            None => io::stdout().write_all(&bytes)?,
        }
        Ok(Exit::Done)
    }
}
