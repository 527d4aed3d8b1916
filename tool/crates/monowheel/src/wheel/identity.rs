//! Whether a wheel is what its file name and its lock say: hash, folders, METADATA.

use std::collections::BTreeSet;

use super::archive::{Entry, Kind};
use super::error::Problem;
use super::filename::WheelFilename;
use super::metadata::Metadata;

const DIST_INFO: &str = ".dist-info";
const DATA: &str = ".data";

/// Compares the hash of the file with the one that is asked for.
pub(super) fn check_sha256(expected: &str, found: &str) -> Result<(), Problem> {
    let expected = expected.to_ascii_lowercase();
    if expected.len() != 64 || !expected.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Problem::ExpectedHash { found: expected });
    }
    if expected == found { Ok(()) } else { Err(Problem::Sha256 { expected, found: found.to_owned() }) }
}

/// Folders at the top of the archive whose names end in `suffix`.
fn folders<'a>(entries: &'a [Entry], suffix: &str) -> BTreeSet<&'a str> {
    let folder = |entry: &'a Entry| {
        let (top, rest) = entry.path.split_first();
        (rest.is_some() || entry.kind == Kind::Folder).then_some(top)
    };
    entries.iter().filter_map(folder).filter(|top| top.ends_with(suffix)).collect()
}

fn names(folders: &BTreeSet<&str>) -> Vec<String> {
    folders.iter().map(|&folder| folder.to_owned()).collect()
}

/// The one `.dist-info` folder, which is named as the file.
pub(super) fn dist_info(filename: &WheelFilename, entries: &[Entry]) -> Result<String, Problem> {
    let folders = folders(entries, DIST_INFO);
    let expected = || format!("{}{DIST_INFO}", filename.stem());
    let mut iter = folders.iter();
    match (iter.next(), iter.next()) {
        (None, _) => Err(Problem::NoDistInfo { expected: expected() }),
        (Some(_), Some(_)) => Err(Problem::DistInfos { found: names(&folders) }),
        (Some(found), None) if !filename.names(found.strip_suffix(DIST_INFO).unwrap_or_default()) => {
            Err(Problem::DistInfo { expected: expected(), found: (*found).to_owned() })
        }
        (Some(found), None) => Ok((*found).to_owned()),
    }
}

/// The `.data` folder, if there is one. pip takes any folder of that suffix for one, so there may be no other.
pub(super) fn data(filename: &WheelFilename, entries: &[Entry]) -> Result<Option<String>, Problem> {
    let folders = folders(entries, DATA);
    let fits = |folder: &&str| filename.names(folder.strip_suffix(DATA).unwrap_or_default());
    if folders.len() > 1 || !folders.iter().all(fits) {
        return Err(Problem::Data { expected: format!("{}{DATA}", filename.stem()), found: names(&folders) });
    }
    Ok(folders.first().map(|&folder| folder.to_owned()))
}

/// Compares METADATA with the file name.
pub(super) fn check_metadata(filename: &WheelFilename, metadata: &Metadata) -> Result<(), Problem> {
    if !filename.is_name(&metadata.name) {
        return Err(Problem::Name { expected: filename.name.to_string(), found: metadata.name.clone() });
    }
    if !filename.is_version(&metadata.version) {
        return Err(Problem::Version { expected: filename.version.to_string(), found: metadata.version.clone() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::wheel::Options;
    use crate::wheel::testing::{Member, Wheel, text};

    #[test]
    fn the_hash_must_be_the_locked_one() {
        let read = |sha256: &str| Wheel::new().read_with(&Options { sha256: Some(sha256.to_owned()), ..Options::default() });
        let found = Wheel::new().facts().sha256;
        assert_eq!(read(&found).unwrap().sha256, found);
        assert_eq!(read(&found.to_uppercase()).unwrap().sha256, found);
        let zeros = "0".repeat(64);
        let expected = format!(
            "File is not the one that is locked: expected sha256 {zeros}, found {found}\n\
             hint: the lock file and the file disagree; fetch the wheel again, or lock it again if it was replaced on purpose"
        );
        assert_eq!(text(&read(&zeros).unwrap_err().problem), expected);
        for bad in ["", "12", &"g".repeat(64)] {
            let expected = format!("Expected hash is not a sha256 of 64 hex digits: `{bad}`");
            assert_eq!(text(&read(bad).unwrap_err().problem), expected);
        }
    }

    #[test]
    fn dist_info_is_one_folder_of_the_right_name() {
        let mut missing = Wheel::new().record(|_| String::new());
        missing.members.truncate(1);
        assert_eq!(missing.problem(), "Wheel has no `.dist-info` folder: expected `pkg-1.0.dist-info`");
        let several = Wheel::new().file("other-1.0.dist-info/METADATA", "");
        assert_eq!(several.problem(), "Wheel has several `.dist-info` folders: `other-1.0.dist-info`, `pkg-1.0.dist-info`");
        let empty = Wheel::new().member(Member::new("PKG-1.0.dist-info/", ""));
        assert_eq!(empty.problem(), "Wheel has several `.dist-info` folders: `PKG-1.0.dist-info`, `pkg-1.0.dist-info`");
        let mismatch = "Wheel's `.dist-info` folder is of another name or version than its file name: expected";
        let name = Wheel::new().named("other-1.0-py3-none-any.whl").problem();
        assert_eq!(name, format!("{mismatch} `other-1.0.dist-info`, found `pkg-1.0.dist-info`"));
        let version = Wheel::new().named("pkg-1.1-py3-none-any.whl").problem();
        assert_eq!(version, format!("{mismatch} `pkg-1.1.dist-info`, found `pkg-1.0.dist-info`"));
        assert_eq!(Wheel::new().named("Pkg-1.0.0-py3-none-any.whl").facts().dist_info, "pkg-1.0.dist-info");
        assert!(Wheel::new().file("pkg/_vendor/six-1.0.dist-info/METADATA", "").facts().files.len() > 4);
    }

    #[test]
    fn data_is_one_folder_of_the_right_name() {
        assert_eq!(Wheel::new().facts().data, None);
        let right = Wheel::new().file("pkg-1.0.data/scripts/tool", "#!python\n").facts();
        assert_eq!(right.data.as_deref(), Some("pkg-1.0.data"));
        let wrong = "Wheel's data folders are not the one of its name and version: expected `pkg-1.0.data`, found";
        assert_eq!(Wheel::new().file("other.data/a", "").problem(), format!("{wrong} `other.data`"));
        let two = Wheel::new().file("pkg-1.0.data/scripts/a", "").file("PKG-1.0.data/scripts/b", "");
        assert_eq!(two.problem(), format!("{wrong} `PKG-1.0.data`, `pkg-1.0.data`"));
        assert!(Wheel::new().file("pkg/x.data/a", "").file("top.data", "a file").facts().data.is_none());
    }

    #[test]
    fn metadata_must_name_the_same() {
        let with = |text: &str| Wheel::new().file("pkg-1.0.dist-info/METADATA", text);
        let other = with("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n").problem();
        assert_eq!(other, "METADATA is of another project than the file name: expected `pkg`, found `other`");
        let newer = with("Metadata-Version: 2.1\nName: pkg\nVersion: 1.1\n").problem();
        assert_eq!(newer, "METADATA is of another version than the file name: expected `1.0`, found `1.1`");
        assert_eq!(with("Metadata-Version: 2.1\nName: PKG\nVersion: v1.0.0\n").facts().wheel_version, "1.0");
        assert_eq!(with("Name: pkg\nVersion: 1.0\n").problem(), "METADATA has no field `Metadata-Version`");
    }
}
