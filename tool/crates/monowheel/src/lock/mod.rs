//! Reading lock files into one model, and choosing from it what a target needs.
//!
//! [`read`] knows each format by the file's name. [`resolve`] answers for all targets at once, in the form that the Bazel extension copies
//! into repositories; [`choose`] answers for one target, for `monowheel build`. Nothing here asks the network or the machine at hand.

mod builder;
mod choose;
mod condense;
mod constraint;
mod document;
mod error;
mod files;
mod graph;
mod hub;
mod locate;
mod model;
mod poetry;
mod project;
mod pylock;
pub(crate) mod requirement;
mod requirements;
mod resolve;
mod uv;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

pub use choose::{ChooseError, Chosen, Override, OverrideError, Pick, choose, projects};
pub use error::{LockError, Problem};
pub use locate::{LocateError, Located, Wanted, locate};
pub use model::{Dependency, Format, Item, Location, Lock, LockedWheel, MarkerId, Package, PackageId, Part, page};
pub use project::Project;
pub use resolve::{Half, Resolution, Settings, SettingsError, items, pinned_python, python_versions, resolve};

/// The public index, which pip and uv know without being told; users name another one by `--index-url`.
pub const DEFAULT_INDEX: &str = "https://pypi.org/simple";

/// What is said beside a lock file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The `pyproject.toml` that the lock is of: poetry.lock does not have the project's name, and before version 2.1 not even what the project
    /// depends on.
    pub project: Option<Project>,
    /// Packages that may stand in a requirements file without a hash, by normalized name.
    pub allow_unhashed: BTreeSet<String>,
}

/// Reads a lock file. Its name tells the format.
///
/// # Errors
/// Where it cannot be read, or anything in it is wrong.
pub fn read(path: &Path, options: &Options) -> Result<Lock, LockError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let format = Format::of(name).ok_or_else(|| LockError::Format { path: path.to_owned() })?;
    let text = fs::read_to_string(path).map_err(|source| LockError::Read { path: path.to_owned(), source })?;
    parse(format, path, text, options)
}

/// Reads the text of a lock file that stands at `path`.
///
/// # Errors
/// Where anything in it is wrong.
pub fn parse(format: Format, path: &Path, text: String, options: &Options) -> Result<Lock, LockError> {
    let source = document::Source::new(path, text);
    match format {
        Format::Uv => uv::read(&source),
        Format::Poetry => poetry::read(&source, options.project.as_ref()),
        Format::Pylock => pylock::read(&source),
        Format::Requirements => requirements::read(&source, &options.allow_unhashed),
    }
}

impl Format {
    /// The format of a file of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "uv.lock" => Some(Self::Uv),
            "poetry.lock" => Some(Self::Poetry),
            // PEP 751: `pylock.toml`, or `pylock.NAME.toml`.
            _ if name.starts_with("pylock.") && name.ends_with(".toml") => Some(Self::Pylock),
            // PEP 723: the lock of a script stands beside it as `script.py.lock`.
            _ if name.ends_with(".py.lock") => Some(Self::Uv),
            _ if name.ends_with(".txt") => Some(Self::Requirements),
            _ => None,
        }
    }
}
