//! One wheel, read once: checked against its file name, its lock and its own RECORD, and turned into facts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use super::archive::{Archive, ArchiveError, Entry, Kind, Limits};
use super::entry_points::EntryPoints;
use super::error::{Problem, WheelError};
use super::facts::{FORMAT, Facts};
use super::filename::{FilenameError, WheelFilename};
use super::identity;
use super::install::{self, Installed, Layout};
use super::metadata::{Metadata, WheelFile};
use super::record::{Record, RecordError};
use super::sums::{Summer, Sums, Whole};

/// RECORD cannot hold its own hash, nor that of what signs it (PEP 427).
const UNRECORDED: [&str; 3] = ["RECORD", "RECORD.jws", "RECORD.p7s"];
/// The most that a file of `.dist-info` may have that is parsed: the RECORD of 500,000 files has some 60 MB.
const MAX_PARSED: u64 = 128 << 20;

/// What is asked of a wheel.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The SHA-256 that the file must have, in hex.
    pub sha256: Option<String>,
    /// Who asked for the wheel, for messages.
    pub origin: Option<String>,
    /// How large it may be.
    pub limits: Limits,
}

/// Checks a wheel and gives its facts.
///
/// The file is read twice, once as it is and once inflated, in constant memory: only the directory and the files of `.dist-info` that are parsed
/// are held.
///
/// # Errors
/// Where the file cannot be read, is not the one that was asked for, or is not a valid wheel.
pub fn read(path: &Path, options: &Options) -> Result<Facts, WheelError> {
    facts(path, options).map_err(|problem| WheelError { path: path.to_owned(), origin: options.origin.clone(), problem })
}

fn facts(path: &Path, options: &Options) -> Result<Facts, Problem> {
    let file_name = path.file_name().unwrap_or_default().to_str().ok_or(FilenameError::NotUtf8)?;
    let filename: WheelFilename = file_name.parse()?;
    let mut input = File::open(path).map_err(|source| Problem::Io { source })?;
    let whole = Whole::of(&mut input).map_err(|source| Problem::Io { source })?;
    // Before the bytes are parsed: what is not the locked file is not looked at.
    if let Some(expected) = &options.sha256 {
        identity::check_sha256(expected, &whole.sha256)?;
    }
    let archive = Archive::open(input, &options.limits)?;
    let dist_info = identity::dist_info(&filename, archive.entries())?;
    let data = identity::data(&filename, archive.entries())?;
    let layout = Layout { name: filename.name.to_string(), data };

    let mut members = Members::new(archive, dist_info)?;
    let wheel_file = WheelFile::parse(&members.parsed("WHEEL")?)?;
    let metadata = Metadata::parse(&members.parsed("METADATA")?)?;
    identity::check_metadata(&filename, &metadata)?;
    let scripts = match members.find("entry_points.txt") {
        Some(entry) => EntryPoints::parse(&members.bytes(&entry)?)?,
        None => EntryPoints::default(),
    };
    scripts.console_scripts.keys().chain(scripts.gui_scripts.keys()).try_for_each(|name| install::check_script(name))?;
    let files = members.install(&layout)?;
    Ok(Facts {
        version: FORMAT,
        file: file_name.to_owned(),
        sha256: whole.sha256,
        crc32: whole.crc32,
        size: whole.size,
        name: layout.name,
        wheel_version: filename.version.to_string(),
        tags: filename.tags(),
        dist_info: members.dist_info,
        data: layout.data,
        purelib: wheel_file.purelib,
        native: files.iter().any(|file| install::is_native(&file.path)),
        requires_python: metadata.requires_python,
        console_scripts: scripts.console_scripts,
        gui_scripts: scripts.gui_scripts,
        license: metadata.license,
        requires_dist: metadata.requires_dist,
        files,
    })
}

/// The members of one wheel, each inflated once and compared with RECORD.
struct Members {
    archive: Archive<File>,
    dist_info: String,
    record: Record,
    /// Of the members that were parsed.
    sums: BTreeMap<String, Sums>,
}

impl Members {
    fn new(archive: Archive<File>, dist_info: String) -> Result<Self, Problem> {
        let mut members = Self { archive, dist_info, record: Record::default(), sums: BTreeMap::new() };
        // First, since it says how the others are hashed.
        members.record = Record::parse(&members.parsed("RECORD")?)?;
        Ok(members)
    }

    fn find(&self, name: &str) -> Option<Entry> {
        let path = format!("{}/{name}", self.dist_info);
        self.archive.entries().iter().find(|entry| entry.path.as_str() == path && entry.kind == Kind::File).cloned()
    }

    /// The content of a file of `.dist-info` that must be there.
    fn parsed(&mut self, name: &str) -> Result<Vec<u8>, Problem> {
        let entry = self.find(name).ok_or_else(|| Problem::Missing { member: format!("{}/{name}", self.dist_info) })?;
        self.bytes(&entry)
    }

    fn bytes(&mut self, entry: &Entry) -> Result<Vec<u8>, Problem> {
        if entry.size > MAX_PARSED {
            return Err(ArchiveError::Large { member: entry.path.to_string(), limit: MAX_PARSED, found: entry.size }.into());
        }
        let mut bytes = Vec::new();
        let sums = self.read(entry, |piece| bytes.extend_from_slice(piece))?;
        self.sums.insert(entry.path.to_string(), sums);
        Ok(bytes)
    }

    fn read(&mut self, entry: &Entry, mut sink: impl FnMut(&[u8])) -> Result<Sums, Problem> {
        let recorded = self.record.entries.get(entry.path.as_str()).and_then(|line| line.hash.as_ref());
        let mut summer = Summer::new(recorded.map(|(algorithm, _)| *algorithm));
        self.archive.read(entry, |piece| {
            summer.update(piece);
            sink(piece);
        })?;
        Ok(summer.finish())
    }

    fn is_unrecorded(&self, path: &str) -> bool {
        let name = path.strip_prefix(self.dist_info.as_str()).and_then(|rest| rest.strip_prefix('/'));
        name.is_some_and(|name| UNRECORDED.contains(&name))
    }

    /// Compares a member with RECORD.
    fn check(&self, entry: &Entry, sums: &Sums) -> Result<(), RecordError> {
        let path = || entry.path.to_string();
        if self.is_unrecorded(entry.path.as_str()) {
            return Ok(());
        }
        let line = self.record.entries.get(entry.path.as_str()).ok_or_else(|| RecordError::NoEntry { path: path() })?;
        if let Some(expected) = line.size.filter(|size| *size != entry.size) {
            return Err(RecordError::SizeDiffers { path: path(), expected, found: entry.size });
        }
        let (algorithm, expected) = line.hash.as_ref().ok_or_else(|| RecordError::Unhashed { path: path() })?;
        if *expected != sums.recorded {
            let (expected, found) = (algorithm.display(expected), algorithm.display(&sums.recorded));
            return Err(RecordError::HashDiffers { path: path(), expected, found });
        }
        Ok(())
    }

    /// Reads what was not read yet, and gives the files as they will be installed.
    fn install(&mut self, layout: &Layout) -> Result<Vec<super::InstalledFile>, Problem> {
        let entries: Vec<Entry> = self.archive.entries().iter().filter(|entry| entry.kind != Kind::Folder).cloned().collect();
        let mut installed = Installed::default();
        for entry in &entries {
            let place = layout.place(&entry.path)?;
            let sums = match self.sums.remove(entry.path.as_str()) {
                Some(sums) => sums,
                None => self.read(entry, |_| {})?,
            };
            self.check(entry, &sums)?;
            installed.add(place, entry, &sums.sha256)?;
        }
        let paths: BTreeSet<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        let mut recorded = self.record.entries.keys();
        if let Some(path) = recorded.find(|path| !paths.contains(path.as_str()) && !self.is_unrecorded(path)) {
            return Err(RecordError::NoFile { path: path.clone() }.into());
        }
        Ok(installed.files()?)
    }
}
