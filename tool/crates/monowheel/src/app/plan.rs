//! What an input means, after every check and before the first output byte.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use super::bytecode::{self, Bytecode};
use super::error::AppError;
use super::first_party::{self, FirstPartyFile};
use super::folding::Folding;
use super::input::{Application, Input, WheelInput};
use super::interpreter::{Interpreter, InterpreterError};
use super::manifest::{Entry, Python};
use super::{conflicts, entry, exclude, stdlib, versions};
use crate::bootstrap;
use crate::wheel::{FACTS_FORMAT, Facts, Rewrite};

/// An application that can be written.
#[derive(Debug)]
pub struct Plan {
    /// As the input says.
    pub application: Application,
    /// What to run.
    pub entry: Entry,
    /// The first-party tree, sorted by place.
    pub files: Vec<FirstPartyFile>,
    /// Import roots.
    pub imports: BTreeSet<String>,
    /// The wheels, sorted by file name.
    pub wheels: Vec<PlannedWheel>,
    /// The interpreters that fit.
    pub python: Python,
    /// The launcher's executable, where the head is native.
    pub launcher: Option<Vec<u8>>,
    /// The interpreter that travels in the file, if one does.
    pub interpreter: Option<Interpreter>,
}

/// A wheel that goes in.
#[derive(Debug)]
pub struct PlannedWheel {
    /// Where it is now.
    pub path: PathBuf,
    /// Every path by which it was named.
    pub sources: BTreeSet<PathBuf>,
    /// Its facts.
    pub facts: Facts,
    /// Who asked for it.
    pub origin: String,
    /// Installed paths that are left out.
    pub drop: BTreeSet<String>,
    /// Its modules compiled, if they go in.
    pub bytecode: Option<Bytecode>,
    /// How it is rewritten, where files of it are left out.
    pub rewrite: Option<Rewrite>,
}

impl Plan {
    /// Checks everything there is to check.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn new(input: &Input) -> Result<Self, AppError> {
        let application = input.application.clone();
        let imports: BTreeSet<String> = input.imports.iter().cloned().collect();
        if let Some(dest) = imports.iter().find(|import| !first_party::is_place(import)) {
            return Err(AppError::Destination { origin: application.origin, dest: dest.clone() });
        }
        let mut wheels = wheels(&application.origin, &input.wheels)?;
        application.license_policy.check(&application.origin, &wheels)?;
        bytecode::attach(&application.origin, &input.bytecodes, &mut wheels)?;
        exclude::apply(&application.origin, &input.excludes, &mut wheels)?;
        let (files, clashes) = first_party::collect(input)?;
        conflicts::settle(&application.origin, &files, clashes, &imports, &mut wheels, &input.settlements)?;
        if let Some(folding) = Folding::of(application.platform.as_deref()) {
            conflicts::settle_folded(&application.origin, folding, &files, &mut wheels, &input.settlements)?;
        }
        let entry = entry::resolve(&application, &files, &imports, &wheels)?;
        let python = versions::accepted(&application, &wheels.iter().map(|wheel| &wheel.facts).collect::<Vec<_>>())?;
        bytecode::settle(&application.origin, python.default.as_deref(), &mut wheels)?;
        let modules = conflicts::modules(&files, &imports);
        stdlib::check(&application.origin, application.main.as_deref(), &modules, &python.versions, &input.settlements)?;
        let read = |path: &PathBuf| fs::read(path).map_err(|source| AppError::Read { path: path.clone(), source });
        let launcher = application.launcher.as_ref().map(read).transpose()?;
        let interpreter =
            interpreter(input, &python, &wheels).map_err(|source| AppError::Interpreter { origin: application.origin.clone(), source })?;
        Ok(Self { launcher, application, entry, files, imports, wheels, python, interpreter })
    }
}

/// The interpreter to bundle, if there is one, of a version that fits the application.
fn interpreter(input: &Input, python: &Python, wheels: &[PlannedWheel]) -> Result<Option<Interpreter>, InterpreterError> {
    let Some(named) = &input.interpreter else {
        return if input.interpreter_files.is_empty() { Ok(None) } else { Err(InterpreterError::OnlyFiles) };
    };
    if input.application.launcher.is_none() {
        return Err(InterpreterError::NoLauncher);
    }
    let interpreter = Interpreter::new(named, &input.interpreter_files)?;
    let minor = interpreter.minor();
    let is_built_for = python.default.as_ref().is_none_or(|default| *default == minor);
    if python.versions.contains(&minor) && is_built_for {
        let unfit = wheels.iter().find(|wheel| interpreter.is_free_threaded() && !is_for_threads(&wheel.facts.tags));
        return match unfit {
            Some(wheel) => Err(InterpreterError::Threads { version: interpreter.version, file: wheel.facts.file.clone() }),
            None => Ok(Some(interpreter)),
        };
    }
    let needs = python.default.clone().unwrap_or_else(|| bootstrap::needs(&python.versions));
    Err(InterpreterError::Unfit { version: interpreter.version, needs })
}

/// Whether a wheel runs on a free-threaded build: no binary interface, or its own (PEP 703, "Packaging").
fn is_for_threads(tags: &[String]) -> bool {
    tags.iter().filter_map(|tag| tag.split('-').nth(1)).any(|abi| abi == "none" || abi.ends_with('t'))
}

fn wheels(origin: &str, inputs: &[WheelInput]) -> Result<Vec<PlannedWheel>, AppError> {
    let mut wheels: BTreeMap<String, PlannedWheel> = BTreeMap::new();
    let mut inputs: Vec<&WheelInput> = inputs.iter().collect();
    inputs.sort_by(|a, b| (&a.origin, &a.path).cmp(&(&b.origin, &b.path)));
    for input in inputs {
        let facts = read_facts(input)?;
        let found = fs::metadata(&input.path).map_err(|source| AppError::Read { path: input.path.clone(), source })?.len();
        if found != facts.size {
            let (path, expected) = (input.path.clone(), facts.size);
            return Err(AppError::WheelSize { origin: origin.to_owned(), path, found, expected });
        }
        match wheels.get_mut(&facts.name) {
            Some(first) if first.facts.sha256 == facts.sha256 => {
                first.sources.insert(input.path.clone());
            }
            Some(first) => {
                return Err(AppError::TwoVersions {
                    origin: origin.to_owned(),
                    name: facts.name,
                    first_file: first.facts.file.clone(),
                    first_origin: first.origin.clone(),
                    second_file: facts.file,
                    second_origin: input.origin.clone(),
                });
            }
            None => {
                let sources = BTreeSet::from([input.path.clone()]);
                let (path, origin) = (input.path.clone(), input.origin.clone());
                let planned = PlannedWheel { path, sources, origin, drop: BTreeSet::new(), rewrite: None, bytecode: None, facts };
                wheels.insert(planned.facts.name.clone(), planned);
            }
        }
    }
    let mut wheels: Vec<PlannedWheel> = wheels.into_values().collect();
    wheels.sort_by(|a, b| a.facts.file.cmp(&b.facts.file));
    Ok(wheels)
}

fn read_facts(input: &WheelInput) -> Result<Facts, AppError> {
    let path = || input.facts.clone();
    let bytes = fs::read(&input.facts).map_err(|source| AppError::Read { path: path(), source })?;
    let facts: Facts = serde_json::from_slice(&bytes).map_err(|source| AppError::Facts { path: path(), source })?;
    if facts.version != FACTS_FORMAT {
        return Err(AppError::FactsVersion { path: path(), found: facts.version, expected: FACTS_FORMAT });
    }
    Ok(facts)
}
