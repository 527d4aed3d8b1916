//! What can be wrong with a file that is to be explained.

use std::io;
use std::path::PathBuf;

use crate::lock::LockError;
use crate::output::OutputError;
use crate::wheel::Problem;
use crate::zip::RecordsError;

/// A file that cannot be explained.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum ExplainError {
    #[error("Failed to read: `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("Failed to read archive: `{}`", path.display())]
    Archive { path: PathBuf, source: RecordsError },
    #[error("Failed to read archive: `{}`\nhint: it has no member `monowheel/manifest.json`: it was not made by monowheel", path.display())]
    NotOurs { path: PathBuf },
    #[error("Failed to read the manifest inside: `{}`", path.display())]
    Manifest { path: PathBuf, source: serde_json::Error },
    #[error("Failed to read the manifest inside: `{}`\nhint: it has version {found}, and this tool reads version {expected}; take the monowheel that made it, or a newer one", path.display())]
    ManifestVersion { path: PathBuf, found: u64, expected: u32 },
    #[error("Failed to read the manifest inside: `{}`\nhint: it has a wheel whose name is none: `{}`", path.display(), name.escape_debug())]
    WheelName { path: PathBuf, name: String },
    #[error("Failed to read member `{member}`: `{}`", path.display())]
    Member { path: PathBuf, member: String, source: io::Error },
    #[error("Failed to read wheel `{wheel}`: `{}`", path.display())]
    Wheel { path: PathBuf, wheel: String, source: Problem },
    #[error(transparent)]
    Lock { source: LockError },
    #[error("No wheel of that name is inside: `{name}`{}", hint(inside))]
    NoWheel { name: String, inside: Vec<String> },
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// The nearest names, or all of a few.
fn hint(inside: &[String]) -> String {
    if inside.is_empty() { "\nhint: no wheels are inside".to_owned() } else { format!("\nhint: there are: {}", inside.join(", ")) }
}
