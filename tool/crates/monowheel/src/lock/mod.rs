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
mod graph;
mod hub;
mod model;
mod poetry;
mod project;
mod pylock;
mod requirement;
mod resolve;
mod uv;

use std::fs;
use std::path::Path;

pub use choose::{ChooseError, Chosen, choose};
pub use error::{LockError, Problem};
pub use model::{Dependency, Format, Item, Location, Lock, LockedWheel, MarkerId, Package, PackageId, Part};
pub use project::Project;
pub use resolve::{Resolution, Settings, SettingsError, items, pinned_python, python_versions, resolve};

/// Reads a lock file. Its name tells the format.
///
/// `project` is the `pyproject.toml` that the lock is of: a poetry.lock before version 2.1 does not say what the project itself depends on.
///
/// # Errors
/// Where it cannot be read, or anything in it is wrong.
pub fn read(path: &Path, project: Option<&Project>) -> Result<Lock, LockError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let format = Format::of(name).ok_or_else(|| LockError::Format { path: path.to_owned() })?;
    let text = fs::read_to_string(path).map_err(|source| LockError::Read { path: path.to_owned(), source })?;
    let source = document::Source::new(path, text);
    match format {
        Format::Uv => uv::read(&source),
        Format::Poetry => poetry::read(&source, project),
        Format::Pylock => pylock::read(&source),
        Format::Requirements => Err(LockError::Format { path: path.to_owned() }),
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
