//! Precompiled modules: for each wheel an archive of pycs that an interpreter made of it (`rules/private/bytecode/compile_wheel.py`).
//!
//! The pycs are not checked against their sources when they are imported (PEP 552, unchecked), so what can be told here is: that the archive
//! has the modules of this wheel and nothing else, that it is of the Python version that is built for, and that it is written by our rules.
//! What is not to be installed is left out when the application is written.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;

use super::error::AppError;
use super::input::BytecodeInput;
use super::plan::PlannedWheel;
use crate::wheel::InstalledFile;
use crate::zip::{Entry, Kind, Member, Records, archive_size};

const SITE_PACKAGES: &str = "site-packages/";
const CACHE: &str = "__pycache__";

/// The bytecode of one wheel.
#[derive(Debug)]
pub struct Bytecode {
    /// Where the archive is now.
    pub path: PathBuf,
    /// The cache tag of the interpreter that made it, such as `cpython-311`.
    pub tag: String,
    /// What goes in, sorted.
    pub pycs: Vec<Pyc>,
}

/// A module compiled.
#[derive(Debug)]
pub struct Pyc {
    /// As it stands in the archive.
    pub member: Member,
    /// Where its content is in there.
    pub data: u64,
    /// The installed module that it is of.
    module: String,
}

impl Bytecode {
    /// Size in bytes of the archive that goes in.
    pub fn size(&self) -> u64 {
        archive_size(self.pycs.iter().map(|pyc| &pyc.member))
    }
}

/// Gives each wheel its bytecode, whole.
///
/// # Errors
/// Where an archive is not what it should be.
pub(super) fn attach(origin: &str, inputs: &[BytecodeInput], wheels: &mut [PlannedWheel]) -> Result<(), AppError> {
    let mut inputs: Vec<&BytecodeInput> = inputs.iter().collect();
    inputs.sort_by(|a, b| (&a.origin, &a.path).cmp(&(&b.origin, &b.path)));
    for input in inputs {
        let Some(wheel) = wheels.iter_mut().find(|wheel| wheel.sources.contains(&input.wheel)) else {
            return Err(refused(origin, input, format!("there is no wheel `{}` in the application", input.wheel.display())));
        };
        if wheel.bytecode.is_none() {
            wheel.bytecode = read(origin, input, wheel)?;
        }
    }
    Ok(())
}

/// Takes out what is not to be installed: of modules that are left out themselves, and where a wheel brings a pyc of its own.
///
/// # Errors
/// Where the bytecode is of another Python version than what is built for, or than other bytecode.
pub(super) fn settle(origin: &str, python: Option<&str>, wheels: &mut [PlannedWheel]) -> Result<(), AppError> {
    let mut expected = python.map(|version| (tag_of(version), format!("the application is built for Python {version}")));
    for wheel in wheels.iter() {
        let Some(bytecode) = &wheel.bytecode else { continue };
        let (tag, why) =
            expected.get_or_insert_with(|| (bytecode.tag.clone(), format!("that of {} is of {}", wheel.facts.file, bytecode.tag)));
        if bytecode.tag.trim_end_matches('t') != tag.trim_end_matches('t') {
            let (path, found, why) = (bytecode.path.clone(), bytecode.tag.clone(), why.clone());
            return Err(AppError::BytecodeVersion { origin: origin.to_owned(), path, found, why });
        }
    }
    if expected.is_none() {
        return Ok(());
    }
    let files = wheels.iter().flat_map(|wheel| &wheel.facts.files).map(|file| &file.path);
    let brought: BTreeSet<String> = files.filter(|path| path.ends_with(".pyc")).cloned().collect();
    for wheel in wheels {
        let Some(bytecode) = &mut wheel.bytecode else { continue };
        bytecode.pycs.retain(|pyc| {
            let is_installed = has(&wheel.facts.files, &pyc.module) && !wheel.drop.contains(&pyc.module);
            is_installed && !brought.contains(&format!("{SITE_PACKAGES}{}", pyc.member.name))
        });
        wheel.bytecode.take_if(|bytecode| bytecode.pycs.is_empty());
    }
    Ok(())
}

fn has(files: &[InstalledFile], path: &str) -> bool {
    files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok()
}

/// The cache tag of a version such as `3.11` or `3.14t`.
fn tag_of(version: &str) -> String {
    format!("cpython-{}", version.trim_end_matches('t').replace('.', ""))
}

fn refused(origin: &str, input: &BytecodeInput, problem: String) -> AppError {
    AppError::Bytecode { origin: origin.to_owned(), path: input.path.clone(), problem }
}

fn read(origin: &str, input: &BytecodeInput, wheel: &PlannedWheel) -> Result<Option<Bytecode>, AppError> {
    let mut file = File::open(&input.path).map_err(|source| AppError::Read { path: input.path.clone(), source })?;
    let records = Records::read(&mut file).map_err(|error| refused(origin, input, error.to_string()))?;
    if !records.entries.is_sorted_by(|a, b| a.name < b.name) {
        return Err(refused(origin, input, "its members are not sorted".to_owned()));
    }
    let mut found: Option<String> = None;
    let (mut pycs, mut place) = (Vec::with_capacity(records.entries.len()), 0);
    for entry in records.entries {
        let problem = |text: &str| refused(origin, input, format!("`{}` {text}", entry.name));
        let member = Member::stored(&entry.name, Kind::Plain, entry.central.size, entry.central.crc32);
        if entry != Entry::expected(&member, place) {
            return Err(problem("is not a plain member that is stored by the rules of every archive in the file"));
        }
        let path = format!("{SITE_PACKAGES}{}", entry.name);
        let (module, tag) = module_of(&path).ok_or_else(|| problem("is not the bytecode of a module"))?;
        if !has(&wheel.facts.files, &module) {
            return Err(problem(&format!("is of a module that {} has not", wheel.facts.file)));
        }
        if found.get_or_insert_with(|| tag.to_owned()) != tag {
            return Err(problem("is of another Python version than those before"));
        }
        place = entry.data + entry.central.size;
        pycs.push(Pyc { member, data: entry.data, module });
    }
    Ok(found.map(|tag| Bytecode { path: input.path.clone(), tag, pycs }))
}

/// The installed module that a pyc is of, and the cache tag: `a/__pycache__/b.cpython-311.pyc` is of `a/b.py` (PEP 3147).
pub fn module_of(pyc: &str) -> Option<(String, &str)> {
    let (folder, name) = pyc.rsplit_once('/')?;
    let (stem, tag) = name.strip_suffix(".pyc")?.rsplit_once('.')?;
    let version = tag.strip_prefix("cpython-3")?;
    let version = version.strip_suffix('t').unwrap_or(version);
    let is_tag = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    let package = folder.strip_suffix(CACHE).filter(|package| package.ends_with('/'))?;
    (is_tag && !stem.is_empty()).then(|| (format!("{package}{stem}.py"), tag))
}

#[cfg(test)]
mod tests {
    use super::{module_of, tag_of};

    #[test]
    fn a_pyc_tells_its_module() {
        let of = |path| module_of(path).map(|(module, tag)| format!("{module} {tag}"));
        assert_eq!(of("site-packages/a/__pycache__/b.cpython-311.pyc").as_deref(), Some("site-packages/a/b.py cpython-311"));
        assert_eq!(of("site-packages/__pycache__/b.c.cpython-314t.pyc").as_deref(), Some("site-packages/b.c.py cpython-314t"));
        for path in [
            "b.pyc",
            "a/b.cpython-311.pyc",
            "a__pycache__/b.cpython-311.pyc",
            "a/__pycache__/b.pyc",
            "a/__pycache__/b.cpython-311.opt-1.pyc",
        ] {
            assert_eq!(of(path), None, "{path}");
        }
        assert_eq!([tag_of("3.9"), tag_of("3.14t")], ["cpython-39", "cpython-314"]);
    }
}
