//! Reading lock files into one model, and choosing from it what a target needs.
//!
//! [`read`] knows each format by the file's name. [`resolve`] answers for all targets at once, in the form that the Bazel extension copies
//! into repositories; [`choose`] answers for one target, for `monowheel build`. Nothing here asks the network or the machine at hand.

mod builder;
mod choose;
mod condense;
mod document;
mod error;
mod graph;
mod hub;
mod model;
mod resolve;
mod uv;

use std::fs;
use std::path::Path;

pub use choose::{ChooseError, Chosen, choose};
pub use error::{LockError, Problem};
pub use model::{Dependency, Format, Item, Location, Lock, LockedWheel, MarkerId, Package, PackageId, Part};
pub use resolve::{Resolution, Settings, SettingsError, items, pinned_python, python_versions, resolve};

/// Reads a lock file. Its name tells the format.
///
/// # Errors
/// Where it cannot be read, or anything in it is wrong.
pub fn read(path: &Path) -> Result<Lock, LockError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let reader = match name {
        "uv.lock" => uv::read,
        // PEP 723: the lock of a script stands beside it as `script.py.lock`.
        _ if name.ends_with(".py.lock") => uv::read,
        _ => return Err(LockError::Format { path: path.to_owned() }),
    };
    let text = fs::read_to_string(path).map_err(|source| LockError::Read { path: path.to_owned(), source })?;
    reader(&document::Source::new(path, text))
}
