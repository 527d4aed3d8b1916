//! Wheels in a folder of the project that `--find-links` names.

use std::io;
use std::path::Path;

use walkdir::WalkDir;

use super::super::builder::join;
use super::super::error::LockError;
use super::super::model::Package;
use crate::checksum;
use crate::tags::WheelFilename;

/// A wheel in a folder.
pub(super) struct LocalWheel {
    pub file: String,
    /// Relative to the lock file.
    pub path: String,
    pub sha256: String,
    pub size: u64,
}

/// The wheels of `package` in `folder` (relative to the lock file) that have one of `hashes`, or all where there are none.
pub(super) fn wheels(lock: &Path, folder: &Path, package: &Package, hashes: &[String]) -> Result<Vec<LocalWheel>, LockError> {
    let root = lock.parent().unwrap_or(Path::new("")).join(folder);
    let mut found = Vec::new();
    for entry in WalkDir::new(&root).min_depth(1).max_depth(1).sort_by_file_name() {
        let entry = entry.map_err(|error| LockError::Read { path: root.clone(), source: io::Error::other(error) })?;
        let Some(file) = entry.file_name().to_str() else { continue };
        let Ok(wheel) = file.parse::<WheelFilename>() else { continue };
        if wheel.name() != package.name || !super::same_version(wheel.raw_version(), &package.version) {
            continue;
        }
        let at = |source| LockError::Read { path: entry.path().to_owned(), source };
        let checksum = checksum::of_file(entry.path()).map_err(at)?;
        let (sha256, size) = (checksum.hex(), checksum.size);
        if hashes.is_empty() || hashes.contains(&sha256) {
            let path = join(&folder.to_string_lossy().replace('\\', "/"), file);
            found.push(LocalWheel { file: file.to_owned(), path, sha256, size });
        }
    }
    Ok(found)
}
