//! `monowheel verify`: whether a file is what its manifest says, and its manifest what a lock file says.
//!
//! The manifest's digest covers all that matters at run time, so the head is held against the digest, the members against the manifest, and every
//! byte of the archive's records against what this crate would write for those members. Where head or bootstrap are not the ones that this
//! version carries, everything else is still checked and the outcome is [`Outcome::OtherVersion`]: they are programs, and this one cannot vouch for them.

mod bytecode;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use super::application::{Application, BYTECODE, CODE, FOLDER, INTERPRETER, MAIN, MANIFEST, WHEELS};
use super::error::ExplainError;
use super::rules;
use crate::app::{self, PackedBytecode, PackedWheel, STAMP};
use crate::bootstrap::{self, Head};
use crate::checksum;
use crate::json;
use crate::launcher;
use crate::lock::{self, LockError};
use crate::wheel::{self, Limits, Options};
use crate::zip::{Kind, Records, Section};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// Consistent, but of another version of the tool.
    OtherVersion,
    /// Not as it should be.
    Failed,
}

/// One thing that was checked.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Check {
    /// What.
    pub what: &'static str,
    /// With which result.
    pub outcome: Outcome,
    /// In words: what holds, or each thing that does not.
    pub text: Vec<String>,
}

impl Check {
    fn new(what: &'static str, holds: String, problems: Vec<String>) -> Self {
        let outcome = if problems.is_empty() { Outcome::Ok } else { Outcome::Failed };
        Self { what, outcome, text: if problems.is_empty() { vec![holds] } else { problems } }
    }
}

/// Checks all of `application`, against a lock file if there is one; wheels may be as large as `limits` say.
///
/// # Errors
/// Where something cannot be read at all; what can be read and is wrong becomes a failed [`Check`].
pub fn verify(application: &Application, lock: Option<&Path>, limits: &Limits) -> Result<Vec<Check>, ExplainError> {
    let mut checks = vec![manifest(application)?, head(application)?, layout(application)?, main(application)?, code(application)?];
    checks.extend(interpreter(application)?);
    checks.push(wheels(application, limits)?);
    if bytecodes(application).next().is_some() {
        checks.push(bytecode::check(application)?);
    }
    checks.extend(stamp(application)?);
    if let Some(path) = lock {
        checks.push(locked(application, path)?);
    }
    Ok(checks)
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The manifest is canonical, so that equal applications have equal digests, and its keys follow from its wheels.
fn manifest(application: &Application) -> Result<Check, ExplainError> {
    let canonical = json::canonical(&application.manifest);
    let mut problems = Vec::new();
    if checksum::sha256(&canonical) != application.digest {
        problems.push("it is not in canonical form".to_owned());
    }
    let manifest = &application.manifest;
    let key = app::dependencies_key(&manifest.imports, &manifest.wheels);
    if !manifest.wheels.is_sorted_by(|a, b| a.file < b.file) {
        problems.push("its wheels are not sorted, or there are two of one name".to_owned());
    }
    if problems.is_empty() && key != manifest.dependencies {
        let text = format!("the key of its dependency tree is {}, but this version makes {key} of its wheels", manifest.dependencies);
        return Ok(Check { what: "manifest", outcome: Outcome::OtherVersion, text: vec![text] });
    }
    Ok(Check::new("manifest", format!("version {}, canonical, digest {}", manifest.version, application.digest), problems))
}

fn head(application: &Application) -> Result<Check, ExplainError> {
    let (manifest, entry) = (&application.manifest, application.member(MAIN)?);
    let head = Head {
        digest: &application.digest,
        main_offset: entry.data,
        main_size: entry.central.size,
        versions: &manifest.python.versions,
        default: manifest.python.default.as_deref(),
        interpreter_args: &manifest.interpreter_args,
        env: &manifest.env,
    };
    if bootstrap::head(&head).is_ok_and(|expected| expected == application.head) {
        return Ok(Check::new("head", "this version's, with the digest of the manifest".to_owned(), Vec::new()));
    }
    let found = application.head.windows(64).any(|window| window == application.digest.as_bytes());
    if !found {
        return Ok(Check::new("head", String::new(), vec!["it does not carry the digest of the manifest".to_owned()]));
    }
    if let Some(program) = launcher::program(&application.head) {
        let expected = launcher::head(program, &head, manifest.interpreter.as_ref());
        if !expected.is_ok_and(|expected| expected == application.head) {
            let text = "the settings behind its launcher are not those that follow from the manifest".to_owned();
            return Ok(Check::new("head", String::new(), vec![text]));
        }
        let text = "its settings follow from the manifest; the launcher is a program for which this one cannot vouch".to_owned();
        return Ok(Check { what: "head", outcome: Outcome::OtherVersion, text: vec![text] });
    }
    let text = "it carries the digest of the manifest, but is not the head that this version writes".to_owned();
    Ok(Check { what: "head", outcome: Outcome::OtherVersion, text: vec![text] })
}

fn layout(application: &Application) -> Result<Check, ExplainError> {
    let records = &application.records;
    let mut expected: Vec<String> = [MAIN, FOLDER, CODE].map(str::to_owned).to_vec();
    expected.extend(application.manifest.interpreter.as_ref().map(|_| INTERPRETER.to_owned()));
    expected.push(WHEELS.to_owned());
    expected.extend(application.manifest.wheels.iter().map(|wheel| format!("{WHEELS}{}", wheel.file)));
    let bytecode: Vec<String> = bytecodes(application).map(|(_, bytecode)| format!("{BYTECODE}{}", bytecode.file)).collect();
    if !bytecode.is_empty() {
        expected.push(BYTECODE.to_owned());
        expected.extend(bytecode);
    }
    expected.push(MANIFEST.to_owned());
    expected.extend(records.find(STAMP).map(|_| STAMP.to_owned()));
    let found: Vec<&String> = records.entries.iter().map(|entry| &entry.name).collect();
    let mut problems: Vec<String> =
        expected.iter().filter(|name| !found.contains(name)).map(|name| format!("`{name}` is missing")).collect();
    problems.extend(found.iter().filter(|name| !expected.contains(name)).map(|name| format!("`{name}` is in no manifest")));
    if problems.is_empty() && !found.iter().copied().eq(&expected) {
        problems.push("the members are in another order than the rule's".to_owned());
    }
    let start = application.head.len() as u64;
    let mut whole = Section::new(&application.file, 0, application.size);
    problems.extend(rules::problems(&mut whole, records, start, false).map_err(|source| application.failed("central directory", source))?);
    Ok(Check::new("archive", format!("{}, in order, every header field by rule", plural(found.len(), "member")), problems))
}

fn main(application: &Application) -> Result<Check, ExplainError> {
    let entry = application.member(MAIN)?;
    let found = checksum::of(&mut application.content(entry)).map_err(|source| application.failed(MAIN, source))?;
    let (sha256, crc32) = (found.hex(), found.crc32);
    let mut problems = Vec::new();
    if sha256 != application.manifest.bootstrap {
        problems.push(format!("`{MAIN}` has sha256 {sha256}, but the manifest says {}", application.manifest.bootstrap));
    }
    if crc32 != entry.central.crc32 {
        problems.push(format!("`{MAIN}` has another CRC-32 than its header says"));
    }
    if problems.is_empty() && sha256 != checksum::sha256(bootstrap::bootstrap()) {
        let text = "it is as the manifest says, but not the one that this version carries".to_owned();
        return Ok(Check { what: "bootstrap", outcome: Outcome::OtherVersion, text: vec![text] });
    }
    Ok(Check::new("bootstrap", "this version's, as the manifest says".to_owned(), problems))
}

fn code(application: &Application) -> Result<Check, ExplainError> {
    let stated = &application.manifest.code;
    let mut problems = Vec::new();
    let records = nested(application, CODE, (&stated.sha256, stated.size), &mut problems)?;
    let Some(records) = records else { return Ok(Check::new("code", String::new(), problems)) };
    let count = records.entries.iter().filter(|entry| !entry.is_directory()).count();
    if count != stated.files {
        problems.push(format!("`{CODE}` has {}, but the manifest says {}", plural(count, "file"), stated.files));
    }
    Ok(Check::new("code", format!("{}, sorted, modes by content, sha256 as the manifest says", plural(count, "file")), problems))
}

/// The interpreter that travels in the file, if one does.
fn interpreter(application: &Application) -> Result<Option<Check>, ExplainError> {
    let Some(stated) = &application.manifest.interpreter else { return Ok(None) };
    let mut problems = Vec::new();
    let records = nested(application, INTERPRETER, (&stated.sha256, stated.size), &mut problems)?;
    let Some(records) = records else { return Ok(Some(Check::new("interpreter", String::new(), problems))) };
    let program = records.find(&stated.executable);
    if program.is_none_or(|entry| Kind::of_mode(entry.mode()) != Kind::Executable) {
        problems.push(format!("`{INTERPRETER}` has no program `{}`", stated.executable));
    }
    let count = plural(records.entries.iter().filter(|entry| !entry.is_directory()).count(), "file");
    let holds = format!("CPython {}, {count}, sorted, modes by content, links inside, sha256 as the manifest says", stated.version);
    Ok(Some(Check::new("interpreter", holds, problems)))
}

/// A nested archive against what the manifest states of it and the rules; gives its records, if it is one.
fn nested(application: &Application, name: &str, stated: (&str, u64), problems: &mut Vec<String>) -> Result<Option<Records>, ExplainError> {
    let failed = |source| application.failed(name, source);
    let Some(entry) = application.records.find(name) else {
        problems.push(format!("`{name}` is missing"));
        return Ok(None);
    };
    let found = checksum::of(&mut application.content(entry)).map_err(failed)?;
    let (sha256, crc32) = (found.hex(), found.crc32);
    if sha256 != stated.0 {
        problems.push(format!("`{name}` has sha256 {sha256}, but the manifest says {}", stated.0));
    }
    if crc32 != entry.central.crc32 || entry.central.size != stated.1 {
        problems.push(format!("`{name}` has another CRC-32 than its header says, or another size than the manifest says"));
    }
    let (records, mut section) = match application.nested(name) {
        Ok(nested) => nested,
        Err(ExplainError::Member { source, .. }) => {
            problems.push(format!("`{name}` is no archive: {source}"));
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    problems.extend(tree(name, &records, &section, application)?);
    problems.extend(rules::problems(&mut section, &records, 0, name == INTERPRETER).map_err(failed)?);
    Ok(Some(records))
}

/// A tree: sorted, every folder there, contents with their checksums, modes by content, links that stay within.
fn tree(archive: &str, records: &Records, section: &Section<&File>, application: &Application) -> Result<Vec<String>, ExplainError> {
    let mut problems = Vec::new();
    if !records.entries.is_sorted_by(|a, b| a.name < b.name) {
        problems.push(format!("`{archive}` is not sorted, or has two members of one name"));
    }
    let names: BTreeSet<&str> = records.entries.iter().map(|entry| entry.name.as_str()).collect();
    for entry in &records.entries {
        let name = &entry.name;
        let above = name.trim_end_matches('/').rfind('/').map(|end| &name[..=end]);
        if above.is_some_and(|folder| !names.contains(folder)) {
            problems.push(format!("`{name}` stands in a folder that is no member"));
        }
        if entry.is_directory() {
            continue;
        }
        let mut content = section.part(entry.data, entry.central.compressed);
        let read = |source| application.failed(name, source);
        let crc32 = checksum::of(&mut content).map_err(read)?.crc32;
        if crc32 != entry.central.crc32 {
            problems.push(format!("`{name}` has another CRC-32 than its header says"));
        }
        let mut first = Vec::new();
        std::io::Read::read_to_end(&mut std::io::Read::take(section.part(entry.data, entry.central.compressed), 1 << 18), &mut first)
            .map_err(read)?;
        if Kind::of_mode(entry.mode()) == Kind::Link && archive == INTERPRETER {
            if app::link_target(name, &String::from_utf8_lossy(&first)).is_none() {
                problems.push(format!("`{name}` is a link that leaves the interpreter's folder"));
            }
        } else if app::is_executable(&first) != (entry.mode() & 0o111 != 0) {
            problems.push(format!("`{name}` has mode {:06o}, which does not follow from its content", entry.mode()));
        }
    }
    Ok(problems)
}

/// The wheels that have bytecode, with the manifest's words on it.
fn bytecodes(application: &Application) -> impl Iterator<Item = (&PackedWheel, &PackedBytecode)> {
    application.manifest.wheels.iter().filter_map(|wheel| Some((wheel, wheel.bytecode.as_ref()?)))
}

fn wheels(application: &Application, limits: &Limits) -> Result<Check, ExplainError> {
    let mut problems = Vec::new();
    let mut files = 0;
    for wheel in &application.manifest.wheels {
        let name = format!("{WHEELS}{}", wheel.file);
        let Some(entry) = application.records.find(&name).filter(|entry| entry.is_stored()) else {
            problems.push(format!("{}: it is missing, or not stored", wheel.file));
            continue;
        };
        let options = Options { sha256: Some(wheel.sha256.clone()), origin: None, limits: *limits };
        match wheel::read_from(application.content(entry), &wheel.file, &options) {
            Ok(facts) => {
                files += facts.files.len();
                let mut note = |what: &str, same: bool| {
                    if !same {
                        problems.push(format!("{}: the manifest has another {what} than the wheel", wheel.file));
                    }
                };
                note("name", facts.name == wheel.name);
                note("version", facts.wheel_version == wheel.version);
                note("size", facts.size == wheel.size);
                note("`.dist-info` folder", facts.dist_info == wheel.dist_info);
                note("`.data` folder", facts.data == wheel.data);
                note("`Root-Is-Purelib`", facts.purelib == wheel.purelib);
                note("list of scripts", facts.console_scripts == wheel.console_scripts && facts.gui_scripts == wheel.gui_scripts);
                note("CRC-32 in its header", facts.crc32 == entry.central.crc32);
            }
            Err(wheel::Problem::Sha256 { expected, found }) => {
                problems.push(format!("{} has sha256 {found}, but the manifest says {expected}", wheel.file));
            }
            Err(problem) => problems.push(format!("{}: {}", wheel.file, chain(&problem))),
        }
    }
    let count = application.manifest.wheels.len();
    let holds = format!("{}, sha256 as the manifest says; {} as RECORD says", plural(count, "wheel"), plural(files, "file"));
    Ok(Check::new("wheels", holds, problems))
}

/// The stamp, if there is one, has the form that stamping gives it. What it says is the word of who built the file.
fn stamp(application: &Application) -> Result<Option<Check>, ExplainError> {
    let Some(entry) = application.records.find(STAMP) else { return Ok(None) };
    let mut problems = Vec::new();
    let found = checksum::of(&mut application.content(entry)).map_err(|source| application.failed(STAMP, source))?;
    let (sha256, crc32) = (found.hex(), found.crc32);
    if crc32 != entry.central.crc32 {
        problems.push(format!("`{STAMP}` has another CRC-32 than its header says"));
    }
    let count = match application.stamp() {
        Ok(Some(stamp)) => {
            if checksum::sha256(&stamp.canonical()) != sha256 {
                problems.push(format!("`{STAMP}` is not in canonical form"));
            }
            stamp.values().len()
        }
        Ok(None) => 0,
        Err(ExplainError::Member { source, .. }) => {
            problems.push(format!("`{STAMP}` is no stamp: {source}"));
            0
        }
        Err(error) => return Err(error),
    };
    let holds = format!("{}, canonical; what they say is the word of who built the file", plural(count, "key"));
    Ok(Some(Check::new("stamp", holds, problems)))
}

/// An error and its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string().replace('\n', "; ");
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {}", cause.to_string().replace('\n', "; "));
        source = cause.source();
    }
    text
}

/// Every wheel is one that the lock file names, by sha256.
fn locked(application: &Application, path: &Path) -> Result<Check, ExplainError> {
    let lock = lock::read(path, &lock::Options::default()).map_err(|source: LockError| ExplainError::Lock { source })?;
    let mut problems = Vec::new();
    for wheel in &application.manifest.wheels {
        let packages: Vec<_> = lock.packages.iter().filter(|package| package.name == wheel.name).collect();
        let mut wheels = packages.iter().flat_map(|package| &package.wheels);
        let sha256 = wheel.original_sha256();
        let by_hash = packages.iter().any(|package| package.hashes.iter().any(|hash| hash == sha256));
        if by_hash || wheels.any(|locked| locked.sha256 == sha256) {
            continue;
        }
        let versions: Vec<&str> = packages.iter().map(|package| package.version.as_str()).collect();
        problems.push(if packages.is_empty() {
            format!("{}: the lock has no package `{}`", wheel.file, wheel.name)
        } else if versions.contains(&wheel.version.as_str()) {
            format!("{}: the lock has {} {}, but no wheel of it with sha256 {sha256}", wheel.file, wheel.name, wheel.version)
        } else {
            format!("{}: the lock has {} in version {}", wheel.file, wheel.name, versions.join(", "))
        });
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let rewritten = application.manifest.wheels.iter().filter(|wheel| wheel.excluded.is_some()).count();
    // What stayed is as RECORD says, and RECORD was the locked wheel's: that it was, only building again can show.
    let rewritten = if rewritten > 0 { format!("; {} without what the build left out", plural(rewritten, "wheel")) } else { String::new() };
    Ok(Check::new("lock", format!("{} in {name}{rewritten}", plural(application.manifest.wheels.len(), "wheel")), problems))
}
