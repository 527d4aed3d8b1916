//! The files of an interpreter, from a directory, a tar archive, or a list, as one tree in memory: names, links, and where contents are.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::error::InterpreterError;
use super::exclude::Exclude;
use crate::app::first_party::is_place;
use crate::app::input::Source;

/// What a name stands for.
#[derive(Clone, Debug)]
pub enum Node {
    /// A file.
    File(PathBuf),
    /// A file of an archive.
    Content(Vec<u8>),
    /// A symbolic link: its target as it is written.
    Link(String),
}

/// Names relative to the interpreter's folder, sorted.
pub type Tree = BTreeMap<String, Node>;

/// The file that says which version it is; read even where it stays out.
pub fn is_version_header(name: &str) -> bool {
    name.starts_with("include/python") && name.ends_with("/patchlevel.h")
}

/// A directory or an archive.
///
/// # Errors
/// Where it cannot be read or is neither.
pub fn read(path: &Path, exclude: &Exclude) -> Result<Tree, InterpreterError> {
    let failed = |source| InterpreterError::Read { path: path.to_owned(), source };
    if fs::metadata(path).map_err(failed)?.is_dir() {
        return directory(path);
    }
    let mut first = Vec::new();
    File::open(path).and_then(|file| file.take(2).read_to_end(&mut first)).map_err(failed)?;
    let file = BufReader::with_capacity(1 << 18, File::open(path).map_err(failed)?);
    if first == [0x1f, 0x8b] { archive(path, flate2::read::MultiGzDecoder::new(file), exclude) } else { archive(path, file, exclude) }
}

fn directory(root: &Path) -> Result<Tree, InterpreterError> {
    let mut tree = Tree::new();
    for entry in WalkDir::new(root).sort_by_file_name() {
        let entry = entry.map_err(|error| InterpreterError::Read { path: root.to_owned(), source: error.into() })?;
        if entry.file_type().is_dir() {
            continue;
        }
        let node = if entry.path_is_symlink() {
            let failed = |source| InterpreterError::Read { path: entry.path().to_owned(), source };
            Node::Link(text(root, &fs::read_link(entry.path()).map_err(failed)?)?)
        } else {
            Node::File(entry.path().to_owned())
        };
        tree.insert(text(root, entry.path().strip_prefix(root).unwrap_or_else(|_| entry.path()))?, node);
    }
    Ok(tree)
}

fn text(root: &Path, path: &Path) -> Result<String, InterpreterError> {
    let place = || InterpreterError::Place { path: root.to_owned(), name: path.display().to_string() };
    path.to_str().map(str::to_owned).ok_or_else(place)
}

/// Where `ustar` stands in a member's header (POSIX.1-1988 and later, and GNU tar).
const MAGIC: std::ops::Range<usize> = 257..262;
const BLOCK: usize = 512;

fn archive<R: Read>(path: &Path, mut stream: R, exclude: &Exclude) -> Result<Tree, InterpreterError> {
    let broken = |source| InterpreterError::Read { path: path.to_owned(), source };
    let mut first = Vec::new();
    (&mut stream).take(BLOCK as u64).read_to_end(&mut first).map_err(broken)?;
    if first.get(MAGIC) != Some(b"ustar") {
        return Err(InterpreterError::NotAnArchive { path: path.to_owned() });
    }
    let mut found: Vec<(String, Node)> = Vec::new();
    let mut same: Vec<(String, String)> = Vec::new();
    let mut archive = tar::Archive::new(first.as_slice().chain(stream));
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let place = |bytes: &[u8]| InterpreterError::Place { path: path.to_owned(), name: String::from_utf8_lossy(bytes).into_owned() };
        let name = name(&entry.path_bytes()).ok_or_else(|| place(&entry.path_bytes()))?;
        let target = entry.link_name_bytes().map(std::borrow::Cow::into_owned).unwrap_or_default();
        match entry.header().entry_type() {
            tar::EntryType::Directory => {}
            tar::EntryType::Symlink => {
                found.push((name, Node::Link(String::from_utf8(target.clone()).map_err(|_| place(&target))?)));
            }
            tar::EntryType::Link => same.push((name, self::name(&target).ok_or_else(|| place(&target))?)),
            kind if kind.is_file() => {
                // What stays out need not be kept in memory.
                let below = name.split_once('/').map_or("", |(_, below)| below);
                let wanted = !exclude.matches(below) || is_version_header(below);
                let mut content = Vec::new();
                if wanted {
                    entry.read_to_end(&mut content).map_err(broken)?;
                }
                found.push((name, Node::Content(content)));
            }
            _ => return Err(place(&entry.path_bytes())),
        }
    }
    let is_out = |name: &str| name.split_once('/').is_some_and(|(_, below)| exclude.matches(below));
    // A further name of a file; where the first one stays out, its content has not been kept.
    for (name, target) in same.into_iter().filter(|(_, target)| !is_out(target)) {
        let node = found.iter().find(|(other, _)| *other == target).map(|(_, node)| node.clone());
        found.push((name.clone(), node.ok_or_else(|| place(path, &target))?));
    }
    // One folder at the top, `python/`, as `install_only` archives have it.
    let top = found.first().and_then(|(name, _)| name.split_once('/')).map(|(top, _)| format!("{top}/")).unwrap_or_default();
    let mut tree = Tree::new();
    for (name, node) in found {
        let below = name.strip_prefix(&top).filter(|below| !top.is_empty() && !below.is_empty()).ok_or_else(|| place(path, &name))?;
        tree.insert(below.to_owned(), node);
    }
    Ok(tree)
}

fn place(path: &Path, name: &str) -> InterpreterError {
    InterpreterError::Place { path: path.to_owned(), name: name.to_owned() }
}

/// A member's name without `./` in front and `/` behind, if it is a place within the archive.
fn name(bytes: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(bytes).ok()?;
    let name = name.strip_prefix("./").unwrap_or(name).trim_end_matches('/');
    (name.is_empty() || name == "." || is_place(name)).then(|| name.to_owned())
}

/// Files that are named one by one, with the folder in which `executable` is said to be; gives them and its name relative to that folder.
///
/// # Errors
/// Where the folder cannot be told, or a file is not in it.
pub fn listed(files: &[Source], executable: &str) -> Result<(Tree, String), InterpreterError> {
    let mut parts = executable.rsplitn(3, '/');
    let (name, bin, root) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    if bin != Some("bin") {
        return Err(InterpreterError::NoBin { executable: executable.to_owned() });
    }
    let folder = root.map(|root| format!("{root}/")).unwrap_or_default();
    let mut tree = Tree::new();
    for file in files {
        let outside = || InterpreterError::Outside { name: file.dest.clone(), folder: folder.clone() };
        let below = file.dest.strip_prefix(&folder).ok_or_else(outside)?;
        if !is_place(below) {
            return Err(place(&file.path, below));
        }
        let failed = |source| InterpreterError::Read { path: file.path.clone(), source };
        if fs::metadata(&file.path).map_err(failed)?.is_dir() {
            return Err(failed(io::Error::other("is a directory: expected a file; a directory is the `path` of an interpreter")));
        }
        tree.insert(below.to_owned(), Node::File(file.path.clone()));
    }
    Ok((tree, format!("bin/{name}")))
}

/// Where a link at `name` points to within the tree, lexically; none where it leaves it.
pub fn target(name: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = name.split('/').collect();
    parts.pop();
    for part in target.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn links_stay_inside_or_leave() {
        let found = |name, to| target(name, to);
        assert_eq!(found("bin/python", "python3.11").as_deref(), Some("bin/python3.11"));
        assert_eq!(found("lib/a/b", "../../bin/./x").as_deref(), Some("bin/x"));
        assert_eq!([found("bin/x", "/usr/bin/x"), found("bin/x", "../../x"), found("x", "..")], [None, None, None]);
    }
}
