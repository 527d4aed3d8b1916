//! One wheel, read once: checked against its file name, its lock and its own RECORD, and turned into facts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use super::archive::{Archive, ArchiveError, Entry, Kind, Limits, Method};
use super::entry_points::EntryPoints;
use super::error::{Problem, WheelError};
use super::facts::{FORMAT, Facts};
use super::filename::WheelFilename;
use super::identity;
use super::install::{self, Installed, Layout};
use super::metadata::{Metadata, WheelFile};
use super::record::{Record, RecordError};
use super::sums::{Summer, Sums};
use crate::checksum;
use crate::tags::FilenameError;

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
    let facts = || {
        let file_name = path.file_name().unwrap_or_default().to_str().ok_or(FilenameError::NotUtf8)?;
        let filename = file_name.parse()?;
        check(File::open(path).map_err(|source| Problem::Io { source })?, file_name, &filename, options)
    };
    facts().map_err(|problem| WheelError { path: path.to_owned(), origin: options.origin.clone(), problem })
}

/// Checks a wheel that is no file of its own, such as one inside an application; see [`read`].
///
/// # Errors
/// As for [`read`].
pub fn read_from<R: Read + Seek>(input: R, file_name: &str, options: &Options) -> Result<Facts, Problem> {
    check(input, file_name, &file_name.parse()?, options)
}

fn check<R: Read + Seek>(mut input: R, file_name: &str, filename: &WheelFilename, options: &Options) -> Result<Facts, Problem> {
    let whole = checksum::of(&mut input).map_err(|source| Problem::Io { source })?;
    // Before the bytes are parsed: what is not the locked file is not looked at.
    if let Some(expected) = &options.sha256 {
        identity::check_sha256(expected, &whole.hex())?;
    }
    let archive = Archive::open(input, &options.limits)?;
    let dist_info = identity::dist_info(filename, archive.entries())?;
    let data = identity::data(filename, archive.entries())?;
    let layout = Layout { name: filename.name.to_string(), data };

    let mut members = Members::new(archive, dist_info)?;
    let wheel_file = WheelFile::parse(&members.parsed("WHEEL")?)?;
    let metadata = Metadata::parse(&members.parsed("METADATA")?)?;
    identity::check_metadata(filename, &metadata)?;
    let scripts = match members.find("entry_points.txt") {
        Some(entry) => EntryPoints::parse(&members.bytes(&entry)?)?,
        None => EntryPoints::default(),
    };
    scripts.console_scripts.keys().chain(scripts.gui_scripts.keys()).try_for_each(|name| install::check_script(name))?;
    let files = members.install(&layout)?;
    Ok(Facts {
        version: FORMAT,
        file: file_name.to_owned(),
        sha256: whole.hex(),
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
        zstd: members.archive.entries().iter().any(|entry| entry.method == Method::Zstd),
        files,
    })
}

/// The members of one wheel, each inflated once and compared with RECORD.
struct Members<R> {
    archive: Archive<R>,
    dist_info: String,
    record: Record,
    /// Of the members that were parsed.
    sums: BTreeMap<String, Sums>,
}

impl<R: Read + Seek> Members<R> {
    fn new(archive: Archive<R>, dist_info: String) -> Result<Self, Problem> {
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
        let entries = self.archive.entries().to_vec();
        let mut installed = Installed::default();
        for entry in &entries {
            if entry.kind == Kind::Folder {
                self.archive.read(entry, |_| {})?; // nothing may hide behind an empty content
                continue;
            }
            let place = layout.place(&entry.path)?;
            let sums = match self.sums.remove(entry.path.as_str()) {
                Some(sums) => sums,
                None => self.read(entry, |_| {})?,
            };
            self.check(entry, &sums)?;
            installed.add(place, entry, &sums.sha256)?;
        }
        let paths: BTreeSet<&str> = entries.iter().filter(|entry| entry.kind != Kind::Folder).map(|entry| entry.path.as_str()).collect();
        let mut recorded = self.record.entries.keys();
        if let Some(path) = recorded.find(|path| !paths.contains(path.as_str()) && !self.is_unrecorded(path)) {
            return Err(RecordError::NoFile { path: path.clone() }.into());
        }
        Ok(installed.files()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wheel::testing::{LZMA, Member, Wheel, ZSTD, text};

    const INFO: &str = "pkg-1.0.dist-info";

    #[test]
    fn facts_say_what_is_in_the_wheel() {
        let wheel = Wheel::new()
            .named("pkg-1.0-1-py2.py3-none-any.whl")
            .file("pkg/fast.abi3.so", "native")
            .member(Member::new("pkg/tool.sh", "#!/bin/sh\n").mode(0o100_755))
            .member(Member::new("pkg/", ""))
            .file("pkg-1.0.data/scripts/tool", "#!python\n")
            .file("pkg-1.0.data/headers/pkg.h", "")
            .file("pkg-1.0.data/data/share/pkg.txt", "text")
            .file(&format!("{INFO}/entry_points.txt"), "[console_scripts]\npkg = pkg:main [extra]\n[gui_scripts]\nwin = pkg:gui\n");
        let facts = wheel.facts();
        let files: Vec<_> = facts.files.iter().map(|file| format!("{} {}", file.path, if file.executable { "x" } else { "-" })).collect();
        insta::assert_snapshot!(files.join("\n"), @"
        bin/tool x
        include/site/python/pkg/pkg.h -
        share/pkg.txt -
        site-packages/pkg-1.0.dist-info/METADATA -
        site-packages/pkg-1.0.dist-info/RECORD -
        site-packages/pkg-1.0.dist-info/WHEEL -
        site-packages/pkg-1.0.dist-info/entry_points.txt -
        site-packages/pkg/__init__.py -
        site-packages/pkg/fast.abi3.so -
        site-packages/pkg/tool.sh x
        ");
        let rest = Facts { sha256: String::new(), crc32: 0, size: 0, files: Vec::new(), ..facts };
        let json = String::from_utf8(crate::json::canonical(&rest)).unwrap();
        insta::assert_snapshot!(json.replace(",\"", ",\n\""), @r#"
        {"console_scripts":{"pkg":"pkg:main"},
        "crc32":0,
        "data":"pkg-1.0.data",
        "dist_info":"pkg-1.0.dist-info",
        "file":"pkg-1.0-1-py2.py3-none-any.whl",
        "files":[],
        "gui_scripts":{"win":"pkg:gui"},
        "license":{"classifiers":[],
        "expression":null,
        "files":[],
        "license":null},
        "name":"pkg",
        "native":true,
        "purelib":true,
        "requires_dist":[],
        "requires_python":null,
        "sha256":"",
        "size":0,
        "tags":["py2-none-any",
        "py3-none-any"],
        "version":2,
        "wheel_version":"1.0",
        "zstd":false}
        "#);
    }

    #[test]
    fn facts_depend_on_the_content_alone() {
        let streamed = Wheel::new().member(Member::compressed("pkg/__init__.py", "VALUE = 1\n", LZMA).streamed(true, false));
        assert_eq!(Wheel::new().facts(), Wheel::new().facts());
        assert!(!streamed.facts().zstd);
        assert!(Wheel::new().member(Member::compressed("pkg/__init__.py", "VALUE = 1\n", ZSTD)).facts().zstd);
        let sorted = |facts: &Facts| facts.files.iter().filter(|file| !file.path.ends_with("RECORD")).cloned().collect::<Vec<_>>();
        assert_eq!(sorted(&streamed.facts()), sorted(&Wheel::new().facts()));
    }

    #[test]
    fn messages_name_the_wheel_and_who_asked() {
        let path = Path::new("wheels/pkg-1.0-py3-none-any.whl");
        let options = Options { origin: Some("@pypi//pkg".to_owned()), ..Options::default() };
        let message = |options| text(&read(path, options).unwrap_err());
        assert!(
            message(&options).starts_with("Failed to read wheel of @pypi//pkg: `wheels/pkg-1.0-py3-none-any.whl`: File cannot be read: ")
        );
        let error = read(Path::new("wheels/pkg.whl"), &Options::default()).unwrap_err();
        assert_eq!(error.to_string(), "Failed to read wheel: `wheels/pkg.whl`");
        assert!(text(&error.problem).starts_with("File name has 1 parts instead of 5 or 6: `pkg.whl`\nhint: "));
    }

    #[test]
    fn the_parts_of_dist_info_must_be_there() {
        for name in ["METADATA", "WHEEL"] {
            let path = format!("{INFO}/{name}");
            assert_eq!(Wheel::new().without(&path).problem(), format!("Wheel has no file `{path}`"));
        }
        assert_eq!(Wheel::new().record(|_| String::new()).problem(), format!("Wheel has no file `{INFO}/RECORD`"));
        let newer = Wheel::new().file(&format!("{INFO}/WHEEL"), "Wheel-Version: 2.0\nRoot-Is-Purelib: true\n");
        assert!(newer.problem().starts_with("WHEEL has a `Wheel-Version` that is newer than this monowheel reads: `2.0`\nhint: "));
    }

    #[test]
    fn record_must_list_every_file() {
        let dropped = Wheel::new().record(|text| text.lines().skip(1).map(|line| format!("{line}\n")).collect());
        assert_eq!(dropped.problem(), "RECORD does not list a file that the wheel has: `pkg/__init__.py`");
        let added = Wheel::new().record(|text| text + "pkg/ghost.py,,\n");
        assert_eq!(added.problem(), "RECORD lists a file that the wheel does not have: `pkg/ghost.py`");
        let folder = Wheel::new().member(Member::new("pkg/", "")).record(|text| text + "pkg/,,\npkg/sub/,,\n");
        assert_eq!(folder.facts().files.len(), 4);
        let signed = Wheel::new().file(&format!("{INFO}/RECORD.jws"), "{}").file(&format!("{INFO}/RECORD.p7s"), "");
        let unlisted = |text: String| text.lines().filter(|line| !line.contains("RECORD.")).map(|line| format!("{line}\n")).collect();
        assert_eq!(signed.record(unlisted).facts().files.len(), 6);
        assert_eq!(Wheel::new().record(|text| text.replace("pkg-1.0.dist-info/RECORD,,\n", "")).facts().files.len(), 4);
    }

    #[test]
    fn record_must_tell_the_truth() {
        let hash = "sha256=4T34xEr13qHkEkA5ELmcxaSPLMv2imazN01quc75_GU";
        assert!(Wheel::new().record(move |text| text.replacen(hash, &format!("sha256={}", "A".repeat(43)), 1)).problem().starts_with(
            &format!("File has another hash than RECORD says: expected sha256={}, found {hash}: `pkg/__init__.py`", "A".repeat(43))
        ));
        let size = Wheel::new().record(|text| text.replacen(",10\n", ",11\n", 1));
        assert_eq!(size.problem(), "File has another size than RECORD says: expected 11 bytes, found 10: `pkg/__init__.py`");
        let unhashed = Wheel::new().record(move |text| text.replacen(hash, "", 1));
        assert_eq!(unhashed.problem(), "RECORD lists a file without its hash: `pkg/__init__.py`");
        let weak = Wheel::new().record(move |text| text.replacen(hash, "md5=1B2M2Y8AsgTpgAmY7PhCfg", 1));
        assert_eq!(weak.problem(), "RECORD has a hash weaker than sha256: `md5` of `pkg/__init__.py`");
        let outside = Wheel::new().record(|text| text + "../../bin/tool,,\n");
        assert_eq!(outside.problem(), "RECORD has a path that is not valid: line 5: Path leaves its folder by `..`: `../../bin/tool`");
    }

    #[test]
    fn stronger_hashes_are_checked() {
        use base64::Engine;
        use sha2::{Digest, Sha512};
        let digest = |content: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha512::digest(content));
        let with = |digest: String| {
            let hash = "sha256=4T34xEr13qHkEkA5ELmcxaSPLMv2imazN01quc75_GU";
            Wheel::new().record(move |text| text.replacen(hash, &format!("sha512={digest}"), 1))
        };
        let files = |facts: Facts| facts.files.iter().map(|file| file.hash.clone()).collect::<Vec<_>>();
        assert_eq!(files(with(digest("VALUE = 1\n")).facts())[3], files(Wheel::new().facts())[3]);
        assert!(with(digest("VALUE = 2\n")).problem().starts_with("File has another hash than RECORD says: expected sha512="));
    }

    #[test]
    fn places_are_taken_once() {
        let wheel = |content: &str| Wheel::new().file("pkg-1.0.data/purelib/pkg/__init__.py", content);
        assert_eq!(wheel("VALUE = 1\n").facts().files.len(), 4);
        let expected = "Two files would be installed to one place: `pkg/__init__.py` and `pkg-1.0.data/purelib/pkg/__init__.py` to \
                        `site-packages/pkg/__init__.py`";
        assert_eq!(wheel("VALUE = 2\n").problem(), expected);
        let folder = Wheel::new().file("pkg-1.0.data/purelib/pkg", "");
        assert_eq!(folder.problem(), "File would be installed where others need a folder: `site-packages/pkg`");
    }

    #[test]
    fn the_interpreter_is_not_replaced() {
        let script = Wheel::new().file(&format!("{INFO}/entry_points.txt"), "[console_scripts]\npython3 = pkg:main\n");
        assert_eq!(script.problem(), "Script would replace the interpreter of the environment: `python3`");
        let file = Wheel::new().file("pkg-1.0.data/scripts/python", "");
        let expected = "File would replace a part of the environment itself: `bin/python` from `pkg-1.0.data/scripts/python`";
        assert_eq!(file.problem(), expected);
    }

    #[test]
    fn nothing_hides_in_a_folder() {
        let mut folder = Member::compressed("pkg/", "", LZMA).both(|header| header.compressed += 6);
        folder.data.extend(b"hidden");
        assert_eq!(Wheel::new().member(folder).problem(), "Member's compressed content is followed by other bytes: `pkg`");
    }

    #[test]
    fn links_are_installed_as_files() {
        let link = Wheel::new().member(Member::new("pkg/link.so", "__init__.py").mode(0o120_777)).facts();
        let file = link.files.iter().find(|file| file.path == "site-packages/pkg/link.so").unwrap();
        assert_eq!((file.size, file.executable), (11, false));
        let leaving = Wheel::new().member(Member::new("pkg/link.so", "../../x").mode(0o120_777));
        assert_eq!(leaving.problem(), "Member is a link that leaves the wheel: `../../x` of `pkg/link.so`");
    }
}
