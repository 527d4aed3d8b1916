//! Why a wheel is refused: the wheel, and one problem of it.

use std::io;
use std::path::PathBuf;

use super::archive::ArchiveError;
use super::entry_points::EntryPointsError;
use super::install::InstallError;
use super::metadata::MetadataError;
use super::record::RecordError;
use crate::tags::FilenameError;

/// A wheel that is refused.
#[derive(Debug, thiserror::Error)]
#[error("Failed to read wheel{}: `{}`", origin.as_ref().map(|origin| format!(" of {origin}")).unwrap_or_default(), path.display())]
pub struct WheelError {
    /// The wheel.
    pub path: PathBuf,
    /// Who asked for it, as [`super::Options::origin`] says.
    pub origin: Option<String>,
    /// What is wrong with it.
    #[source]
    pub problem: Problem,
}

/// What is wrong with a wheel.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum Problem {
    #[error("File cannot be read")]
    Io { source: io::Error },
    #[error("Expected hash is not a sha256 of 64 hex digits: `{found}`")]
    ExpectedHash { found: String },
    #[error(
        "File is not the one that is locked: expected sha256 {expected}, found {found}\n\
         hint: the lock file and the file disagree; fetch the wheel again, or lock it again if it was replaced on purpose"
    )]
    Sha256 { expected: String, found: String },
    #[error("Wheel has no `.dist-info` folder: expected `{expected}`")]
    NoDistInfo { expected: String },
    #[error("Wheel has several `.dist-info` folders: {}", list(found))]
    DistInfos { found: Vec<String> },
    #[error("Wheel's `.dist-info` folder is of another name or version than its file name: expected `{expected}`, found `{found}`")]
    DistInfo { expected: String, found: String },
    #[error("Wheel's data folders are not the one of its name and version: expected `{expected}`, found {}", list(found))]
    Data { expected: String, found: Vec<String> },
    #[error("Wheel has no file `{member}`")]
    Missing { member: String },
    #[error("METADATA is of another project than the file name: expected `{expected}`, found `{found}`")]
    Name { expected: String, found: String },
    #[error("METADATA is of another version than the file name: expected `{expected}`, found `{found}`")]
    Version { expected: String, found: String },
    #[error(transparent)]
    Filename(#[from] FilenameError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    EntryPoints(#[from] EntryPointsError),
    #[error(transparent)]
    Install(#[from] InstallError),
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
