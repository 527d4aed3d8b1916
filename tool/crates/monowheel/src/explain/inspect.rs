//! `monowheel inspect`: what is in a file, as one structure that text, JSON and the page are made of.

use std::collections::BTreeMap;

use serde::Serialize;

use super::application::{Application, CODE, INTERPRETER, WHEELS};
use super::error::ExplainError;
use super::graph;
use super::package::Package;
use crate::app::{Entry, Excluded, Python};
use crate::bootstrap;
use crate::wheel::Licence;
use crate::zip::{Kind, Records};

/// The number of this format (ARCHITECTURE.md, "What `inspect` writes").
pub const VERSION: u32 = 1;

/// What is in a file.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "ARCHITECTURE.md documents each field")]
pub struct Report {
    pub version: u32,
    pub file: String,
    pub size: u64,
    pub sha256: String,
    pub digest: String,
    pub head: Head,
    pub entry: Entry,
    pub args: Vec<String>,
    pub env: BTreeMap<String, String>,
    pub interpreter_args: Vec<String>,
    pub imports: Vec<String>,
    pub python: Python,
    pub platform: Option<String>,
    pub stamp: Option<BTreeMap<String, String>>,
    pub interpreter: Option<InterpreterReport>,
    pub packages: Vec<PackageReport>,
    pub code: CodeReport,
    pub members: Vec<Named>,
}

/// What stands in front of the archive.
#[derive(Clone, Debug, Serialize)]
pub struct Head {
    pub kind: &'static str,
    pub size: u64,
}

/// One package.
#[derive(Clone, Debug, Serialize)]
pub struct PackageReport {
    pub name: String,
    pub version: String,
    pub file: String,
    pub sha256: String,
    pub size: u64,
    pub unpacked: u64,
    pub files: usize,
    pub native: Vec<Named>,
    pub licence: Licence,
    pub requires_python: Option<String>,
    pub requires: Vec<String>,
    pub console_scripts: BTreeMap<String, String>,
    pub dropped: Vec<String>,
    pub bytecode: Option<BytecodeReport>,
    pub excluded: Option<Excluded>,
}

/// The compiled modules of a package.
#[derive(Clone, Debug, Serialize)]
pub struct BytecodeReport {
    pub tag: String,
    pub size: u64,
}

/// The interpreter that travels in the file.
#[derive(Clone, Debug, Serialize)]
pub struct InterpreterReport {
    pub version: String,
    pub executable: String,
    pub sha256: String,
    pub size: u64,
    pub files: Vec<CodeFile>,
}

/// The first-party tree.
#[derive(Clone, Debug, Serialize)]
pub struct CodeReport {
    pub sha256: String,
    pub size: u64,
    pub files: Vec<CodeFile>,
}

/// A first-party file, or one of the interpreter.
#[derive(Clone, Debug, Serialize)]
pub struct CodeFile {
    pub path: String,
    pub size: u64,
    pub executable: bool,
}

/// Something with a size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    pub name: String,
    pub size: u64,
}

impl Report {
    /// Reads what there is to say of `application` and its `packages`.
    ///
    /// # Errors
    /// Where a member cannot be read.
    pub fn new(application: &Application, packages: &[Package]) -> Result<Self, ExplainError> {
        let manifest = &application.manifest;
        let edges = graph::edges(packages, &manifest.python.versions, manifest.platform.as_deref());
        let (records, _) = application.code()?;
        let files = files(&records);
        let interpreter = match &manifest.interpreter {
            None => None,
            Some(stated) => Some(InterpreterReport {
                version: stated.version.clone(),
                executable: stated.executable.clone(),
                sha256: stated.sha256.clone(),
                size: stated.size,
                files: self::files(&application.nested(INTERPRETER)?.0),
            }),
        };
        let reports = manifest.wheels.iter().zip(packages).map(|(wheel, package)| PackageReport {
            name: package.name.clone(),
            version: package.version.clone(),
            file: package.file.clone(),
            sha256: package.sha256.clone(),
            size: package.size,
            unpacked: package.unpacked(),
            files: package.files.len(),
            native: package.native().map(|file| Named { name: file.path.clone(), size: file.size }).collect(),
            licence: package.licence.clone(),
            requires_python: package.requires_python.clone(),
            requires: edges.get(&package.name).into_iter().flatten().cloned().collect(),
            console_scripts: wheel.console_scripts.clone(),
            dropped: wheel.drop.clone(),
            bytecode: wheel.bytecode.as_ref().map(|bytecode| BytecodeReport { tag: bytecode.tag.clone(), size: bytecode.size }),
            excluded: wheel.excluded.clone(),
        });
        let members = application.records.entries.iter().filter(|entry| !entry.is_directory());
        Ok(Self {
            version: VERSION,
            file: application.name(),
            size: application.size,
            sha256: application.sha256()?,
            digest: application.digest.clone(),
            head: Head { kind: kind(&application.head), size: application.head.len() as u64 },
            entry: manifest.entry.clone(),
            args: manifest.args.clone(),
            env: manifest.env.clone(),
            interpreter_args: manifest.interpreter_args.clone(),
            imports: manifest.imports.clone(),
            python: manifest.python.clone(),
            platform: manifest.platform.clone(),
            stamp: application.stamp()?.map(|stamp| stamp.values().clone()),
            interpreter,
            packages: reports.collect(),
            code: CodeReport { sha256: manifest.code.sha256.clone(), size: manifest.code.size, files },
            members: members.map(|entry| Named { name: entry.name.clone(), size: entry.central.size }).collect(),
        })
    }

    /// The versions of Python in words.
    #[must_use]
    pub fn pythons(&self) -> String {
        bootstrap::needs(&self.python.versions)
    }

    /// Bytes of the first-party tree, the interpreter and the bytecode, unpacked.
    #[must_use]
    pub fn own_size(&self) -> u64 {
        let interpreter = self.interpreter.iter().flat_map(|interpreter| &interpreter.files);
        self.code.files.iter().chain(interpreter).map(|file| file.size).sum::<u64>() + self.bytecode_size()
    }

    /// The bytecode of each package that has some, with the package's name.
    pub fn bytecode(&self) -> impl Iterator<Item = (&str, &BytecodeReport)> {
        self.packages.iter().filter_map(|package| Some((package.name.as_str(), package.bytecode.as_ref()?)))
    }

    /// Bytes of all bytecode.
    #[must_use]
    pub fn bytecode_size(&self) -> u64 {
        self.bytecode().map(|(_, bytecode)| bytecode.size).sum()
    }

    /// What runs, in words.
    #[must_use]
    pub fn runs(&self) -> String {
        match &self.entry {
            Entry::Attr { module, attr } => format!("{module}:{attr}"),
            Entry::File { path } => path.clone(),
        }
    }

    /// The largest members and files of wheels, the largest first.
    #[must_use]
    pub fn largest(&self, packages: &[Package], count: usize) -> Vec<Named> {
        let wheels = packages.iter().flat_map(|package| {
            package.files.iter().map(move |file| Named { name: format!("{}: {}", package.name, file.path), size: file.size })
        });
        let code = self.code.files.iter().map(|file| Named { name: file.path.clone(), size: file.size });
        let interpreter = self.interpreter.iter().flat_map(|interpreter| &interpreter.files);
        let interpreter = interpreter.map(|file| Named { name: format!("interpreter: {}", file.path), size: file.size });
        let others = self.members.iter().filter(|member| !member.name.starts_with(WHEELS) && ![CODE, INTERPRETER].contains(&&*member.name));
        let mut all: Vec<Named> = wheels.chain(code).chain(interpreter).chain(others.cloned()).collect();
        all.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
        all.truncate(count);
        all
    }
}

/// The files of a nested archive; links have no mode of their own.
fn files(records: &Records) -> Vec<CodeFile> {
    let files = records.entries.iter().filter(|entry| !entry.is_directory());
    let executable = |mode| Kind::of_mode(mode) == Kind::Executable;
    files.map(|entry| CodeFile { path: entry.name.clone(), size: entry.central.size, executable: executable(entry.mode()) }).collect()
}

/// What kind of head it is, by its first bytes.
fn kind(head: &[u8]) -> &'static str {
    match head {
        [] => "none",
        [b'#', b'!', ..] => "shell",
        [0x7f, b'E', b'L', b'F', ..] | [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] | [b'M', b'Z', ..] => "native",
        _ => "unknown",
    }
}
