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
