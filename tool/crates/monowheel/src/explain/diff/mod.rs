//! `monowheel diff`: in what two files differ, from package versions down to the field of an archive header.
//!
//! Any two files can be compared: of two applications the packages, the manifest and the heads are told apart as well, of any two archives
//! (wheels, say) the members, and of anything else the first byte. Equal means that the bytes are equal: nothing is ignored.

mod applications;
mod archive;
mod fields;
mod words;

use std::fs::File;
use std::path::Path;

use serde::Serialize;

pub use applications::{HeadDifference, ManifestDifference, PackageDifference, StampDifference};
pub use archive::{Change, Content, MemberDifference};
pub use fields::{FieldDifference, differences as field_differences};
pub use words::words;

use super::application::Application;
use super::error::ExplainError;
use crate::checksum;
use crate::zip::{Records, Section};
use archive::{Side, compare, first_difference};

/// The number of this format (ARCHITECTURE.md, "What `diff` writes").
pub const VERSION: u32 = 1;

/// In what two files differ.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// Format number, [`VERSION`].
    pub version: u32,
    /// Whether the bytes are equal.
    pub equal: bool,
    /// The first file.
    pub a: FileReport,
    /// The second file.
    pub b: FileReport,
    /// The first byte that differs, counted from 0.
    pub first_byte: Option<u64>,
    /// Packages, if both are applications.
    pub packages: Vec<PackageDifference>,
    /// Fields of the manifest, if both are applications.
    pub manifest: Vec<ManifestDifference>,
    /// The heads, if both are applications and theirs differ.
    pub head: Option<HeadDifference>,
    /// Keys of the stamps, if both are applications.
    pub stamp: Vec<StampDifference>,
    /// Members, if both are archives.
    pub members: Vec<MemberDifference>,
    /// What could not be compared, in words.
    pub notes: Vec<String>,
}

/// One of the two files.
#[derive(Clone, Debug, Serialize)]
pub struct FileReport {
    /// As it was named.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256.
    pub sha256: String,
}

/// Compares two files.
///
/// # Errors
/// Where one cannot be read.
pub fn diff(a: &Path, b: &Path) -> Result<Difference, ExplainError> {
    let (left, right) = (open(a)?, open(b)?);
    let read = |source| ExplainError::Read { path: b.to_owned(), source };
    let first_byte = first_difference(&mut left.section(), &mut right.section()).map_err(read)?;
    let mut difference = Difference {
        version: VERSION,
        equal: first_byte.is_none(),
        a: left.report(a)?,
        b: right.report(b)?,
        first_byte,
        packages: Vec::new(),
        manifest: Vec::new(),
        head: None,
        stamp: Vec::new(),
        members: Vec::new(),
        notes: Vec::new(),
    };
    if difference.equal {
        return Ok(difference);
    }
    if let (Ok(first), Ok(second)) = (Application::open(a), Application::open(b)) {
        difference.packages = applications::packages(&first.manifest, &second.manifest);
        difference.manifest = applications::manifests(&first, &second);
        difference.head = applications::heads(&first, &second);
        difference.stamp = applications::stamps(&first, &second);
    }
    let records = |opened: &Opened| Records::read(&mut opened.section());
    match (records(&left), records(&right)) {
        (Ok(first), Ok(second)) => {
            let first = Side { file: &left.file, start: 0, size: left.size, records: &first };
            let second = Side { file: &right.file, start: 0, size: right.size, records: &second };
            compare(&first, &second, "", 0, &mut difference.members).map_err(read)?;
        }
        (Err(error), _) => difference.notes.push(format!("`{}` is not read as an archive: {error}", a.display())),
        (_, Err(error)) => difference.notes.push(format!("`{}` is not read as an archive: {error}", b.display())),
    }
    Ok(difference)
}

struct Opened {
    file: File,
    size: u64,
}

fn open(path: &Path) -> Result<Opened, ExplainError> {
    let read = |source| ExplainError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(read)?;
    let size = file.metadata().map_err(read)?.len();
    Ok(Opened { file, size })
}

impl Opened {
    fn section(&self) -> Section<&File> {
        Section::new(&self.file, 0, self.size)
    }

    fn report(&self, path: &Path) -> Result<FileReport, ExplainError> {
        let found = checksum::of(&mut self.section()).map_err(|source| ExplainError::Read { path: path.to_owned(), source })?;
        Ok(FileReport { path: path.display().to_string(), size: self.size, sha256: found.hex() })
    }
}
