//! The interpreter that travels in the file: which files of it go in, and as what (ARCHITECTURE.md, "A bundled interpreter").
//!
//! The same interpreter gives the same archive wherever its files come from: links that a build system has turned into copies
//! become links again, and modes follow from contents.

mod error;
mod exclude;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

pub use error::InterpreterError;
pub use tree::target as link_target;

use super::assemble::is_executable;
use super::error::nearest;
use super::input::{InterpreterInput, Source};
use crate::zip::{Kind, Member};
use exclude::Exclude;
use tree::{Node, Tree};

/// Its program, where the input does not say.
const EXECUTABLE: &str = "bin/python3";
/// Copies of files from this size on become links: programs and libraries, which `install_only` trees have under several names.
const LARGE: u64 = 1 << 14;
/// More links in a row are a circle, to the kernel as well.
const LONGEST_CHAIN: usize = 40;

/// An interpreter that can be written.
#[derive(Debug)]
pub struct Interpreter {
    /// Its program, behind links.
    pub executable: String,
    /// `3.11.7`, or `3.11` where no more is known.
    pub version: String,
    /// Its files, links and folders, sorted by name.
    pub members: Vec<(Member, Content)>,
}

/// Where the content of a member is.
#[derive(Debug)]
pub enum Content {
    /// In a file.
    File(PathBuf),
    /// Here: small, a link's target, or from an archive.
    Bytes(Vec<u8>),
}

impl Interpreter {
    /// Checks everything there is to check.
    ///
    /// # Errors
    /// Where files cannot be read, or what they are is no interpreter.
    pub fn new(input: &InterpreterInput, files: &[Source]) -> Result<Self, InterpreterError> {
        let exclude = Exclude::new(&input.exclude)?;
        let executable = input.executable.as_deref().unwrap_or(EXECUTABLE);
        let (tree, executable) = match &input.path {
            Some(path) => (tree::read(path, &exclude)?, executable.to_owned()),
            None if files.is_empty() => return Err(InterpreterError::NoFiles),
            None => tree::listed(files, executable)?,
        };
        below_folders(&tree)?;
        let version = match &input.version {
            Some(text) => text.clone(),
            None => version(&tree, &executable)?,
        };
        if !is_version(&version) {
            return Err(InterpreterError::VersionSyntax { text: version });
        }
        let mut left: Tree =
            tree.iter().filter(|(name, _)| !exclude.matches(name)).map(|(name, node)| (name.clone(), node.clone())).collect();
        keep_links(&mut left)?;
        let mut members = read(left, &executable)?;
        let executable = resolve(&members, &executable)?;
        let minor: String = version.split('.').take(2).collect::<Vec<_>>().join(".");
        let library = [format!("lib/python{minor}/os.py"), format!("lib/python{minor}t/os.py")];
        if !library.iter().any(|name| members.contains_key(name)) {
            return Err(InterpreterError::NoLibrary { minor });
        }
        let folders: BTreeSet<String> =
            members.keys().flat_map(|name| name.match_indices('/').map(|(end, _)| name[..=end].to_owned())).collect();
        members.extend(folders.into_iter().map(|name| (name.clone(), (Member::directory(&name), Content::Bytes(Vec::new())))));
        Ok(Self { executable, version, members: members.into_values().collect() })
    }

    /// Size of the archive that its members make.
    pub fn archive_size(&self) -> u64 {
        crate::zip::archive_size(self.members.iter().map(|(member, _)| member))
    }

    /// Whether it runs without the global lock, which the name of its program says: `python3.14t`.
    pub fn is_free_threaded(&self) -> bool {
        self.executable.ends_with('t')
    }

    /// Its minor version: `3.11`.
    pub fn minor(&self) -> String {
        self.version.split('.').take(2).collect::<Vec<_>>().join(".")
    }
}

type Members = BTreeMap<String, (Member, Content)>;

/// No file below a file or a link: it would be written through it.
fn below_folders(tree: &Tree) -> Result<(), InterpreterError> {
    let below = |name: &&String| name.match_indices('/').any(|(end, _)| tree.contains_key(&name[..end]));
    tree.keys().find(below).map_or(Ok(()), |name| Err(InterpreterError::Twice { name: name.clone() }))
}

/// Leaves out links to what has been left out, and refuses those that leave the tree.
fn keep_links(tree: &mut Tree) -> Result<(), InterpreterError> {
    loop {
        let mut dangling = Vec::new();
        for (name, node) in &*tree {
            let Node::Link(to) = node else { continue };
            let leaves = || InterpreterError::Leaves { name: name.clone(), target: to.clone() };
            let found = tree::target(name, to).ok_or_else(leaves)?;
            let folder = format!("{found}/");
            if !tree.contains_key(&found) && !tree.range(folder.clone()..).next().is_some_and(|(next, _)| next.starts_with(&folder)) {
                dangling.push(name.clone());
            }
        }
        if dangling.is_empty() {
            return Ok(());
        }
        dangling.iter().for_each(|name| drop(tree.remove(name)));
    }
}

/// Reads every file once, for its checksum and its mode.
fn read(tree: Tree, executable: &str) -> Result<Members, InterpreterError> {
    let mut members = Members::new();
    let mut large: BTreeMap<(String, [u8; 32]), Vec<String>> = BTreeMap::new();
    for (name, node) in tree {
        let (kind, content) = match node {
            Node::Link(target) => (Kind::Link, target.into_bytes()),
            Node::Content(content) => (Kind::file(is_executable(&content)), content),
            Node::File(path) => {
                let content = fs::read(&path).map_err(|source| InterpreterError::Read { path: path.clone(), source })?;
                let member = member(&name, Kind::file(is_executable(&content)), &content);
                if member.size >= LARGE {
                    large.entry((folder(&name), Sha256::digest(&content).into())).or_default().push(name.clone());
                }
                members.insert(name, (member, Content::File(path)));
                continue;
            }
        };
        let member = member(&name, kind, &content);
        if member.size >= LARGE {
            large.entry((folder(&name), Sha256::digest(&content).into())).or_default().push(name.clone());
        }
        members.insert(name, (member, Content::Bytes(content)));
    }
    for mut names in large.into_values().filter(|names| names.len() > 1) {
        // `python3.11` rather than `python3`; the name that was asked for only where names are equally long.
        names.sort_by_key(|name| (name.len(), name == executable));
        let kept = names.pop().unwrap_or_default();
        for name in names {
            let target = kept.rsplit('/').next().unwrap_or_default().as_bytes().to_vec();
            members.insert(name.clone(), (member(&name, Kind::Link, &target), Content::Bytes(target)));
        }
    }
    Ok(members)
}

fn folder(name: &str) -> String {
    name.rsplit_once('/').map(|(folder, _)| folder.to_owned()).unwrap_or_default()
}

fn member(name: &str, kind: Kind, content: &[u8]) -> Member {
    Member::stored(name, kind, content.len() as u64, crate::zip::crc32(content))
}

/// Follows the links from `executable` to a program.
fn resolve(members: &Members, executable: &str) -> Result<String, InterpreterError> {
    let mut name = executable.to_owned();
    for _ in 0..LONGEST_CHAIN {
        match members.get(&name) {
            Some((Member { kind: Kind::Link, .. }, Content::Bytes(to))) => {
                name = tree::target(&name, &String::from_utf8_lossy(to)).unwrap_or_default();
            }
            Some((member, content)) => {
                let is_script = matches!(content, Content::Bytes(bytes) if bytes.starts_with(b"#!"));
                let is_script = is_script || matches!(content, Content::File(path) if begins_as_script(path));
                let program = member.kind == Kind::Executable && !is_script;
                return if program { Ok(name) } else { Err(InterpreterError::NotAProgram { executable: name }) };
            }
            None => break,
        }
    }
    let names = members.keys().filter(|name| name.starts_with("bin/")).map(String::as_str);
    Err(InterpreterError::NoExecutable { executable: executable.to_owned(), nearest: nearest(executable, names) })
}

fn begins_as_script(path: &PathBuf) -> bool {
    let mut first = [0; 2];
    File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok() && first == *b"#!"
}

fn is_version(text: &str) -> bool {
    let numbers: Vec<&str> = text.split('.').collect();
    matches!(numbers.len(), 2 | 3) && numbers[0] == "3" && numbers.iter().all(|part| part.parse::<u16>().is_ok())
}

/// The version that the headers state, else that of the program's name.
fn version(tree: &Tree, executable: &str) -> Result<String, InterpreterError> {
    for node in tree.iter().filter(|(name, _)| tree::is_version_header(name)).map(|(_, node)| node) {
        let text = match node {
            Node::File(path) => fs::read(path).map_err(|source| InterpreterError::Read { path: path.clone(), source })?,
            Node::Content(content) => content.clone(),
            Node::Link(_) => continue,
        };
        let text = String::from_utf8_lossy(&text);
        let stated = text.lines().find_map(|line| line.strip_prefix("#define PY_VERSION")?.split('"').nth(1));
        // `3.14.0rc1` is a 3.14.0.
        let numbers = |text: &str| text.split(|c: char| !(c.is_ascii_digit() || c == '.')).next().unwrap_or_default().to_owned();
        if let Some(stated) = stated.map(numbers).filter(|stated| is_version(stated)) {
            return Ok(stated);
        }
    }
    let mut name = executable.to_owned();
    for _ in 0..LONGEST_CHAIN {
        let Some(Node::Link(to)) = tree.get(&name) else { break };
        name = tree::target(&name, to).unwrap_or_default();
    }
    let named = name.rsplit('/').next().and_then(|name| name.strip_prefix("python")).map(|text| text.trim_end_matches('t'));
    named.filter(|text| is_version(text)).map(str::to_owned).ok_or(InterpreterError::NoVersion)
}
