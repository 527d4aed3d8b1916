//! An assembled file, opened: its head, its records, its manifest, and its members as streams.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::error::ExplainError;
use crate::app::{self, Manifest, STAMP, STAMP_LIMIT, Stamp};
use crate::checksum;
use crate::wheel::WheelFilename;
use crate::zip::{Entry, Records, Section};

/// Members of the archive (ARCHITECTURE.md, "The file").
pub(super) const MAIN: &str = "__main__.py";
pub(super) const FOLDER: &str = "monowheel/";
pub(super) const CODE: &str = "monowheel/code.zip";
pub(super) const INTERPRETER: &str = "monowheel/interpreter.zip";
pub(super) const WHEELS: &str = "monowheel/wheels/";
pub(super) const BYTECODE: &str = "monowheel/bytecode/";
pub(super) const MANIFEST: &str = "monowheel/manifest.json";

/// A manifest larger than this is none of ours.
const MANIFEST_LIMIT: u64 = 256 << 20;

/// An assembled file.
#[derive(Debug)]
pub struct Application {
    /// Where it is.
    pub path: PathBuf,
    /// The file.
    pub file: File,
    /// Its size in bytes.
    pub size: u64,
    /// What stands in front of the archive.
    pub head: Vec<u8>,
    /// The archive's records.
    pub records: Records,
    /// The manifest inside.
    pub manifest: Manifest,
    /// SHA-256 of the manifest: the application's digest.
    pub digest: String,
}

impl Application {
    /// Opens an assembled file.
    ///
    /// # Errors
    /// Where it cannot be read, or is not one.
    pub fn open(path: &Path) -> Result<Self, ExplainError> {
        let read = |source| ExplainError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(read)?;
        let size = file.metadata().map_err(read)?.len();
        let records = Records::read(&mut file).map_err(|source| ExplainError::Archive { path: path.to_owned(), source })?;
        let entry = records.find(MANIFEST).filter(|entry| entry.is_stored() && entry.central.size <= MANIFEST_LIMIT);
        let entry = entry.ok_or_else(|| ExplainError::NotOurs { path: path.to_owned() })?;
        let mut bytes = Vec::new();
        let mut section = Section::new(&file, entry.data, entry.central.size);
        section.read_to_end(&mut bytes).map_err(read)?;
        let manifest = parse(path, &bytes)?;
        let mut head = Vec::new();
        (&file).seek(SeekFrom::Start(0)).and_then(|_| (&file).take(records.start()).read_to_end(&mut head)).map_err(read)?;
        Ok(Self { path: path.to_owned(), size, head, manifest, digest: checksum::sha256(&bytes), records, file })
    }

    /// The content of a STORED member.
    #[must_use]
    pub fn content(&self, entry: &Entry) -> Section<&File> {
        Section::new(&self.file, entry.data, entry.central.compressed)
    }

    /// The member of that name.
    ///
    /// # Errors
    /// Where there is none, or it is not STORED, as all of ours are.
    pub fn member(&self, name: &str) -> Result<&Entry, ExplainError> {
        let failed = |text: &str| self.failed(name, io::Error::other(text));
        let entry = self.records.find(name).ok_or_else(|| failed("it is missing"))?;
        if entry.is_stored() { Ok(entry) } else { Err(failed("it is compressed or encrypted, and no member of ours is")) }
    }

    /// The nested archive of the first-party tree: its records, and itself.
    ///
    /// # Errors
    /// Where it is missing or no archive.
    pub fn code(&self) -> Result<(Records, Section<&File>), ExplainError> {
        self.nested(CODE)
    }

    /// A nested archive: its records, and itself.
    ///
    /// # Errors
    /// Where it is missing or no archive.
    pub(super) fn nested(&self, name: &str) -> Result<(Records, Section<&File>), ExplainError> {
        let mut section = self.content(self.member(name)?);
        let records = Records::read(&mut section).map_err(|source| self.failed(name, io::Error::other(source)))?;
        Ok((records, section.part(0, section.size())))
    }

    /// What the build said of itself, if the file is stamped.
    ///
    /// # Errors
    /// Where the member is no stamp.
    pub fn stamp(&self) -> Result<Option<Stamp>, ExplainError> {
        if self.records.find(STAMP).is_none() {
            return Ok(None);
        }
        let entry = self.member(STAMP)?;
        if entry.central.size > STAMP_LIMIT {
            return Err(
                self.failed(STAMP, io::Error::other(format!("expected at most {STAMP_LIMIT} bytes, but got {}", entry.central.size)))
            );
        }
        let mut bytes = Vec::new();
        self.content(entry).read_to_end(&mut bytes).map_err(|source| self.failed(STAMP, source))?;
        let stamp = Stamp::parse(&bytes).map_err(|source| self.failed(STAMP, io::Error::other(source)))?;
        Ok(Some(stamp))
    }

    /// An error about one member.
    pub(super) fn failed(&self, member: &str, source: io::Error) -> ExplainError {
        ExplainError::Member { path: self.path.clone(), member: member.to_owned(), source }
    }

    /// SHA-256 of the whole file.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn sha256(&self) -> Result<String, ExplainError> {
        let found = checksum::of(&mut Section::new(&self.file, 0, self.size));
        Ok(found.map_err(|source| ExplainError::Read { path: self.path.clone(), source })?.hex())
    }

    /// The file's name without its folder.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Manifest, ExplainError> {
    #[derive(serde::Deserialize)]
    struct Version {
        version: u64,
    }
    let failed = |source| ExplainError::Manifest { path: path.to_owned(), source };
    let Version { version } = serde_json::from_slice(bytes).map_err(failed)?;
    if version != u64::from(app::MANIFEST_VERSION) {
        return Err(ExplainError::ManifestVersion { path: path.to_owned(), found: version, expected: app::MANIFEST_VERSION });
    }
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(failed)?;
    // A name becomes a path when the wheel is taken out.
    match manifest.wheels.iter().find(|wheel| wheel.file.parse::<WheelFilename>().is_err() || wheel.file.contains(['/', '\\', '\0'])) {
        Some(wheel) => Err(ExplainError::WheelName { path: path.to_owned(), name: wheel.file.clone() }),
        None => Ok(manifest),
    }
}

/// Text for a terminal: what a file says must not move the cursor or change colours.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{parse, printable};
    use crate::explain::ExplainError;

    #[test]
    fn a_wheel_cannot_be_named_to_leave_the_folder() {
        let manifest = |file: &str| {
            serde_json::json!({
                "version": 1, "entry": {"kind": "file", "path": "a.py"}, "args": [], "env": {}, "interpreter_args": [], "imports": [],
                "python": {"requires": null, "versions": [], "default": null}, "platform": null, "bootstrap": "", "dependencies": "",
                "code": {"sha256": "", "size": 0, "files": 0},
                "wheels": [{"file": file, "name": "a", "version": "1", "sha256": "", "size": 0, "dist_info": "", "data": null, "purelib": true,
                    "console_scripts": {}, "gui_scripts": {}, "drop": []}],
            })
            .to_string()
        };
        assert!(parse(Path::new("x"), manifest("a-1-py3-none-any.whl").as_bytes()).is_ok());
        for file in ["../a-1-py3-none-any.whl", "/a-1-py3-none-any.whl", "a\\\\-1-py3-none-any.whl", "", "..", "a"] {
            assert!(matches!(parse(Path::new("x"), manifest(file).as_bytes()), Err(ExplainError::WheelName { .. })), "{file}");
        }
    }

    #[test]
    fn what_a_file_says_cannot_write_to_the_terminal() {
        assert_eq!(printable("MIT\u{1b}[2J\r\nä"), "MIT\u{fffd}[2J\u{fffd}\u{fffd}ä");
    }
}
