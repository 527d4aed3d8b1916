//! Stamping: what a build says of itself (a commit, a version), put into a finished file as one member more.
//!
//! It is a step of its own behind [`super::assemble`], so that a stamp is part of neither the key of the assembling action nor the application's digest: what
//! is cached, on the way and at run time, stays. The member comes last and the copy goes through the kernel, so stamping costs a `cat`. Status
//! files are what Bazel writes, `KEY value` a line; anything else can write them as well.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::assemble::MANIFEST;
use super::error::nearest;
use super::glob;
use crate::json;
use crate::output::{Output, OutputError};
use crate::zip::{Kind, Member, Records, RecordsError, crc32, end_of_directory};

/// The member that holds a stamp (ARCHITECTURE.md, "Stamps").
pub const STAMP: &str = "monowheel/stamp.json";
/// A stamp larger than this is a mistake.
pub const STAMP_LIMIT: u64 = 1 << 20;

/// A file that cannot be stamped.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum StampError {
    #[error("Failed to read: `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("Failed to read archive: `{}`", path.display())]
    Archive { path: PathBuf, source: RecordsError },
    #[error("Failed to stamp: `{}`\nhint: it has no member `{MANIFEST}`: it was not made by monowheel", path.display())]
    NotOurs { path: PathBuf },
    #[error("Failed to stamp: `{}`\nhint: it is stamped already; stamp the file that `monowheel assemble` or `monowheel build` wrote", path.display())]
    Stamped { path: PathBuf },
    #[error(
        "Failed to stamp: `{}`\nhint: its archive does not end as monowheel ends one: it was changed since; assemble it again",
        path.display()
    )]
    Altered { path: PathBuf },
    #[error("Failed to read status: `{}`\nhint: it must be UTF-8, a key, a space and its value a line", path.display())]
    StatusEncoding { path: PathBuf, source: std::string::FromUtf8Error },
    #[error("Failed to read status: `{}`, line {line}: expected a key, a space and its value, but got `{}`", path.display(), text.escape_debug())]
    StatusLine { path: PathBuf, line: usize, text: String },
    #[error("Failed to read status: `{key}` is in `{}` and in `{}`\nhint: each key may be there once", first.display(), second.display())]
    KeyTwice { key: String, first: PathBuf, second: PathBuf },
    #[error("No status file has the key: `{key}`{nearest}")]
    KeyMissing { key: String, nearest: String },
    #[error("Failed to stamp: the stamp has {size} bytes, but may have {STAMP_LIMIT}\nhint: name fewer keys")]
    Size { size: usize },
    #[error("Failed to write the archive")]
    Write { source: io::Error },
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Keys of a build's status, with their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp(BTreeMap<String, String>);

impl Stamp {
    /// Reads status files, and keeps the keys that one of `keys` names; all where there are none. `*` in a name stands for any letters; one without
    /// must be there.
    ///
    /// # Errors
    /// Where a file cannot be read or has a line that is none, a key is there twice, or one that is named is missing.
    pub fn from_status(files: &[PathBuf], keys: &[String]) -> Result<Self, StampError> {
        let mut found: BTreeMap<String, (String, &Path)> = BTreeMap::new();
        for path in files {
            let bytes = fs::read(path).map_err(|source| StampError::Read { path: path.clone(), source })?;
            let text = String::from_utf8(bytes).map_err(|source| StampError::StatusEncoding { path: path.clone(), source })?;
            for (number, line) in text.lines().enumerate() {
                let (key, value) = line.split_once(' ').unwrap_or((line, ""));
                if key.is_empty() || key.contains(|c: char| c.is_whitespace() || c.is_control()) {
                    return Err(StampError::StatusLine { path: path.clone(), line: number + 1, text: line.to_owned() });
                }
                if let Some((_, first)) = found.insert(key.to_owned(), (value.to_owned(), path)) {
                    return Err(StampError::KeyTwice { key: key.to_owned(), first: first.to_owned(), second: path.clone() });
                }
            }
        }
        if let Some(key) = keys.iter().find(|key| !key.contains(['*', '?']) && !found.contains_key(*key)) {
            return Err(StampError::KeyMissing { key: key.clone(), nearest: nearest(key, found.keys().map(String::as_str)) });
        }
        let asked = |key: &str| keys.is_empty() || keys.iter().any(|glob| glob::part_fits(glob.as_bytes(), key.as_bytes()));
        Ok(Self(found.into_iter().filter(|(key, _)| asked(key)).map(|(key, (value, _))| (key, value)).collect()))
    }

    /// Reads the member of a stamped file.
    ///
    /// # Errors
    /// Where it is no JSON object of strings.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes).map(Self)
    }

    /// The bytes of the member.
    ///
    /// # Errors
    /// None that can happen with strings.
    pub fn canonical(&self) -> Vec<u8> {
        json::canonical(&self.0)
    }

    /// The values by their keys.
    #[must_use]
    pub const fn values(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

/// Writes `file` with `stamp` in it to `output`, whole or not at all.
///
/// # Errors
/// Where `file` is not one that this crate wrote, has a stamp, or the output cannot be written.
pub fn stamp(file: &Path, stamp: &Stamp, output: &Path) -> Result<(), StampError> {
    let read = |source| StampError::Read { path: file.to_owned(), source };
    let mut source = File::open(file).map_err(read)?;
    let records = Records::read(&mut source).map_err(|source| StampError::Archive { path: file.to_owned(), source })?;
    if records.find(STAMP).is_some() {
        return Err(StampError::Stamped { path: file.to_owned() });
    }
    if !records.find(MANIFEST).is_some_and(crate::zip::Entry::is_stored) {
        return Err(StampError::NotOurs { path: file.to_owned() });
    }
    let (place, entries) = (records.directory, records.entries.len() as u64);
    let mut directory = Vec::new();
    source.seek(SeekFrom::Start(place)).and_then(|_| source.read_to_end(&mut directory)).map_err(read)?;
    let end = end_of_directory(entries, records.directory_size, place);
    if records.shift != 0 || directory.len() as u64 != records.directory_size + end.len() as u64 || !directory.ends_with(&end) {
        return Err(StampError::Altered { path: file.to_owned() });
    }
    directory.truncate(directory.len() - end.len());

    let content = stamp.canonical();
    if content.len() as u64 > STAMP_LIMIT {
        return Err(StampError::Size { size: content.len() });
    }
    let member = Member::stored(STAMP, Kind::Plain, content.len() as u64, crc32(&content));
    directory.extend(member.central_header(place));
    let behind = [member.local_header(), content].concat();
    let start = place + behind.len() as u64;
    let end = end_of_directory(entries + 1, directory.len() as u64, start);

    let mut target = Output::create(output)?;
    let write = |source| StampError::Write { source };
    source.seek(SeekFrom::Start(0)).map_err(read)?;
    // Between two files, so the kernel does the copying.
    let copied = io::copy(&mut (&source).take(place), target.file()).map_err(write)?;
    if copied != place {
        return Err(read(io::Error::other(format!("expected {place} bytes but read {copied}: the file changed while it was read"))));
    }
    target.file().write_all(&[behind, directory, end].concat()).map_err(write)?;
    target.commit(true)?;
    Ok(())
}
