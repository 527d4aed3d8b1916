//! `monowheel resolve`: what a lock file gives each target, as JSON.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use crate::lock::{self, DEFAULT_INDEX, LockError, Override, Part, Settings};
use crate::tags::{Platform, Python, normalize};
use crate::{json, output};

/// Print what a lock file gives each target, as JSON.
///
/// Reads uv.lock, poetry.lock, pylock.toml, and requirements files with hashes. No network is used. The format is described in ARCHITECTURE.md, "Resolve output".
#[derive(Debug, Args)]
pub(super) struct Resolve {
    /// Read this lock file.
    #[arg(long, value_name = "FILE")]
    lock: PathBuf,

    /// Read the project's name, and what an old poetry.lock does not say, from this pyproject.toml.
    #[arg(long, value_name = "FILE")]
    project: Option<PathBuf>,

    /// Resolve for this platform; may be repeated.
    ///
    /// The names are uv's: x86_64-unknown-linux-gnu, aarch64-apple-darwin, x86_64-manylinux_2_31, … Without this option: Linux (glibc and
    /// musl) and macOS on x86_64 and aarch64, and Windows on x86_64.
    #[arg(long = "platform", value_name = "NAME")]
    platforms: Vec<Platform>,

    /// Resolve for this Python version; may be repeated.
    ///
    /// `3.11`, or `3.14t` for a free-threaded build. Without this option: all that the lock file admits, from 3.9 to 3.15.
    #[arg(long = "python", value_name = "VERSION")]
    pythons: Vec<Python>,

    /// Make this extra the one that counts, where the lock file has extras that exclude each other; may be repeated.
    #[arg(long = "extra", value_name = "NAME")]
    extras: Vec<String>,

    /// Make this dependency group the one that counts, where the lock file has groups that exclude each other; may be repeated.
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,

    /// Take this wheel for a package, in place of those of the lock file; may be repeated.
    ///
    /// The place is a path or a label. Where it ends in `.whl`, the wheel is taken only where its tags fit.
    #[arg(long = "override", value_name = "PACKAGE=PLACE")]
    overrides: Vec<Override>,

    /// Allow this package to stand in a requirements file without a hash; may be repeated.
    #[arg(long, value_name = "NAME")]
    allow_unhashed: Vec<String>,

    /// Look up files whose address the lock file does not say in this index; by default the public one.
    #[arg(long, value_name = "URL", default_value = DEFAULT_INDEX, hide_default_value = true)]
    index_url: String,

    /// Print only a half of the answer: what can be fetched and named, or what each name means.
    #[arg(long, value_name = "HALF")]
    half: Option<HalfName>,

    /// Write to this file, not to the standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Names of [`lock::Half`].
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum HalfName {
    Wheels,
    Targets,
}

impl Resolve {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let project = self.project.as_deref().map(lock::Project::read).transpose()?;
        let allow_unhashed = self.allow_unhashed.iter().map(|name| normalize(name)).collect();
        let lock = lock::read(&self.lock, &lock::Options { project, allow_unhashed })?;
        let mut settings = Settings {
            platforms: self.platforms,
            pythons: self.pythons,
            overrides: self.overrides,
            index: self.index_url,
            ..Settings::default()
        };
        let extras = self.extras.iter().map(|name| Part::Extra(normalize(name)));
        let groups = self.groups.iter().map(|name| Part::Group(normalize(name)));
        for part in extras.chain(groups) {
            let items = lock::items(&lock, &part);
            if items.is_empty() {
                let (kind, name) = match part {
                    Part::Base => ("project", String::new()),
                    Part::Extra(name) => ("extra", name),
                    Part::Group(name) => ("group", name),
                };
                let of = |package: &lock::Package| if kind == "extra" { keys(&package.extras) } else { keys(&package.groups) };
                let known = lock.projects().flat_map(|(_, package)| of(package)).collect();
                return Err(LockError::Unknown { path: self.lock, kind, name, known }.into());
            }
            settings.active.extend(items);
        }
        let resolution = lock::resolve(&lock, &settings, lock::pinned_python(&self.lock).as_deref())?;
        let resolution = match self.half {
            Some(HalfName::Wheels) => resolution.half(lock::Half::Wheels),
            Some(HalfName::Targets) => resolution.half(lock::Half::Targets),
            None => resolution,
        };
        let text = json::canonical(&resolution);
        match &self.output {
            Some(path) => output::write(path, &text)?,
            None => std::io::stdout().lock().write_all(&text)?,
        }
        Ok(Exit::Done)
    }
}

fn keys<T>(map: &std::collections::BTreeMap<String, T>) -> Vec<String> {
    map.keys().cloned().collect()
}
