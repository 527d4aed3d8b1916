//! Outputs appear whole or not at all.
//!
//! Each output is written to a temporary file beside its place and renamed when it is complete. The mode is set by rule, never by the umask.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file that cannot be put in its place.
#[derive(Debug, thiserror::Error)]
#[error("Failed to write output: `{}`", path.display())]
pub struct OutputError {
    /// Where the output should have appeared.
    pub path: PathBuf,
    /// What the operating system said.
    #[source]
    pub source: io::Error,
}

/// An output that is being written. Dropping it without [`Output::commit`] leaves nothing behind.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    file: NamedTempFile,
}

impl Output {
    /// Opens a temporary file in the folder of `path`, which must exist.
    ///
    /// # Errors
    /// Where the folder cannot be written to.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file = tempfile::Builder::new()
            .prefix(".monowheel-")
            .tempfile_in(folder)
            .map_err(|source| OutputError { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// The file to write to.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Puts the file in its place with mode 0755 (`executable`) or 0644.
    ///
    /// # Errors
    /// Where the file cannot be renamed to its place.
    pub fn commit(self, executable: bool) -> Result<(), OutputError> {
        let path = self.path;
        let at = |source| OutputError { path: path.clone(), source };
        set_mode(self.file.as_file(), executable).map_err(at)?;
        self.file.persist(&path).map_err(|error| at(error.error))?;
        Ok(())
    }
}

/// Writes a whole file at once; see [`Output`].
///
/// # Errors
/// Where the file cannot be written or renamed to its place.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let mut output = Output::create(path)?;
    output.file().write_all(bytes).map_err(|source| OutputError { path: path.to_owned(), source })?;
    output.commit(false)
}

#[cfg(unix)]
fn set_mode(file: &File, executable: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 }))
}

#[cfg(not(unix))]
fn set_mode(_file: &File, _executable: bool) -> io::Result<()> {
    Ok(())
}
