//! The first-party tree: files and directories put in their places, each place owned once.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::conflicts::bytes;
use super::error::AppError;
use super::input::{Input, Source};
use crate::checksum::{self, Checksum};

/// One file of the first-party tree.
#[derive(Clone, Debug)]
pub struct FirstPartyFile {
    /// Where it is now.
    pub path: PathBuf,
    /// Its place in the tree.
    pub dest: String,
    /// Who owns it.
    pub origin: String,
    /// Size in bytes.
    pub size: u64,
}

/// A place that two owners claim with different content.
#[derive(Debug)]
pub struct Clash {
    /// The place.
    pub dest: String,
    /// Each owner as a line for the message.
    pub owners: [String; 2],
}

/// Puts every file and every file of every tree in its place, sorted.
///
/// # Errors
/// Where a file cannot be read or a place is none.
pub fn collect(input: &Input) -> Result<(Vec<FirstPartyFile>, Vec<Clash>), AppError> {
    let mut files = Vec::new();
    for source in &input.files {
        files.push(file(source.clone())?);
    }
    for tree in &input.trees {
        walk(tree, &mut files)?;
    }
    files.sort_by(|a, b| (&a.dest, &a.origin, &a.path).cmp(&(&b.dest, &b.origin, &b.path)));
    let mut placed: BTreeMap<String, FirstPartyFile> = BTreeMap::new();
    let mut clashes = Vec::new();
    for file in files {
        if let Some(first) = placed.get(&file.dest) {
            if !same_content(first, &file)? {
                clashes.push(Clash { dest: file.dest.clone(), owners: [owner(first), owner(&file)] });
            }
            continue;
        }
        placed.insert(file.dest.clone(), file);
    }
    for (dest, file) in &placed {
        let above = dest.match_indices('/').find_map(|(end, _)| placed.get(&dest[..end]));
        if let Some(above) = above {
            clashes.push(Clash { dest: above.dest.clone(), owners: [owner(above), format!("{} (needs a directory there)", owner(file))] });
        }
    }
    Ok((placed.into_values().collect(), clashes))
}

fn owner(file: &FirstPartyFile) -> String {
    format!("{} ({})", if file.origin.is_empty() { &file.dest } else { &file.origin }, bytes(file.size))
}

fn file(source: Source) -> Result<FirstPartyFile, AppError> {
    if !is_place(&source.dest) {
        return Err(AppError::Destination { origin: source.origin, dest: source.dest });
    }
    let metadata = fs::metadata(&source.path).map_err(|error| AppError::Read { path: source.path.clone(), source: error })?;
    if metadata.is_dir() {
        let error = io::Error::other("is a directory: expected a file; a directory goes in as a `tree`");
        return Err(AppError::Read { path: source.path, source: error });
    }
    Ok(FirstPartyFile { path: source.path, dest: source.dest, origin: source.origin, size: metadata.len() })
}

fn walk(tree: &Source, files: &mut Vec<FirstPartyFile>) -> Result<(), AppError> {
    for entry in WalkDir::new(&tree.path).follow_links(true).sort_by_file_name() {
        let entry = entry.map_err(|error| AppError::Read { path: tree.path.clone(), source: error.into() })?;
        if entry.file_type().is_dir() {
            continue;
        }
        let relative = entry.path().strip_prefix(&tree.path).unwrap_or_else(|_| entry.path());
        let parts: Option<Vec<&str>> = relative.components().map(|part| part.as_os_str().to_str()).collect();
        let Some(parts) = parts else {
            let error = io::Error::other("its name is not UTF-8");
            return Err(AppError::Read { path: entry.path().to_owned(), source: error });
        };
        let dest = if tree.dest.is_empty() { parts.join("/") } else { format!("{}/{}", tree.dest, parts.join("/")) };
        files.push(file(Source { path: entry.path().to_owned(), dest, origin: tree.origin.clone() })?);
    }
    Ok(())
}

/// Whether `dest` names a place within a tree.
pub fn is_place(dest: &str) -> bool {
    !dest.contains(['\\', '\0']) && dest.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn same_content(first: &FirstPartyFile, second: &FirstPartyFile) -> Result<bool, AppError> {
    Ok(first.size == second.size && digest(&first.path)? == digest(&second.path)?)
}

/// Checksum of a file's content.
pub fn digest(path: &Path) -> Result<Checksum, AppError> {
    checksum::of_file(path).map_err(|source| AppError::Read { path: path.to_owned(), source })
}
