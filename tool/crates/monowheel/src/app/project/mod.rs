//! Building without a build system: a project folder and its lock file, to one file.
//!
//! What Bazel's extension, repository rules and actions do, in one process: the lock chooses, [`crate::fetch`] downloads by hash, the wheels'
//! facts are read and kept beside them, and the same [`Plan`] and the same writer follow, so that the same inputs give the same bytes.

mod error;
mod pyproject;
mod sources;
mod wheels;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub use error::ProjectError;
use pyproject::PyProject;

use super::input::{Application, Exclude, Input, InterpreterInput, Settlement, VERSION};
use super::licences::LicencePolicy;
use super::{AppError, Plan, assemble};
use crate::lock::{self, Item, Lock, Part};
use crate::tags::{Platform, Python, Target, normalize};
use crate::wheel::Limits;

/// Lock files in the order in which they are looked for beside `pyproject.toml`.
const LOCKS: [&str; 4] = ["uv.lock", "poetry.lock", "pylock.toml", "requirements.txt"];
/// The folder of the first-party tree that stands for the project, as Bazel's runfiles call the main module.
const MAIN_REPOSITORY: &str = "_main";

/// What to build, as asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Folder of the project.
    pub project: PathBuf,
    /// The lock file, where it is not the one beside `pyproject.toml` or above it.
    pub lock: Option<PathBuf>,
    /// Workspace member to build, where it is not the project of the folder.
    pub package: Option<String>,
    /// Extras of the project.
    pub extras: Vec<String>,
    /// Dependency groups of the project.
    pub groups: Vec<String>,
    /// Wheels to pack as they are; with them, no lock is needed.
    pub wheels: Vec<PathBuf>,
    /// Wheels of one's own in the place of locked ones.
    pub overrides: Vec<lock::Override>,
    /// First-party folders, each an import root; found by the project's layout where empty.
    pub sources: Vec<PathBuf>,
    /// The first-party file to run.
    pub main: Option<PathBuf>,
    /// The function to call.
    pub entry_point: Option<String>,
    /// The console script to run.
    pub script: Option<String>,
    /// Target platform.
    pub platform: Option<Platform>,
    /// Target Python.
    pub python: Option<Python>,
    /// Arguments put before the user's.
    pub args: Vec<String>,
    /// Defaults for the environment.
    pub env: BTreeMap<String, String>,
    /// Who wins where two wheels have one path.
    pub settlements: Vec<Settlement>,
    /// What wheels leave out.
    pub excludes: Vec<Exclude>,
    /// The native launcher; none: the portable head.
    pub launcher: Option<PathBuf>,
    /// The interpreter that travels in the file, if one does.
    pub interpreter: Option<InterpreterInput>,
    /// How large a wheel may be.
    pub limits: Limits,
    /// Index to ask before those that the lock names (PEP 503, PEP 691).
    pub index_url: Option<String>,
    /// How to get wheels.
    pub fetch: crate::fetch::Options,
    /// The file to write; `dist/<project>` where none is given.
    pub output: Option<PathBuf>,
}

/// What was built.
#[derive(Debug)]
pub struct Built {
    /// The file.
    pub output: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// How many wheels are in it.
    pub wheels: usize,
    /// How many first-party files are in it.
    pub files: usize,
    /// The target, in words.
    pub target: String,
}

/// Builds a project.
///
/// # Errors
/// Where the project, its lock or its wheels cannot be read, or the application is wrong.
pub fn build(request: &Request) -> Result<Built, ProjectError> {
    let folder = existing(&request.project)?;
    let python_project = PyProject::read(&folder)?;
    let lock_path = match &request.lock {
        Some(path) => Some(path.clone()),
        None if !request.wheels.is_empty() => None,
        None => Some(find_lock(&folder)?),
    };
    let pyproject = folder.join("pyproject.toml");
    let project = if pyproject.is_file() { Some(lock::Project::read(&pyproject)?) } else { None };
    let options = lock::Options { project, ..lock::Options::default() };
    let lock = lock_path.as_deref().map(|path| lock::read(path, &options)).transpose()?;
    let base = lock_path.as_deref().and_then(Path::parent).map_or_else(|| Ok(folder.clone()), existing)?;
    let target = target(request, lock.as_ref())?;
    let mut project = Project { request, folder, base, python_project, target, origin: String::new() };
    project.origin = format!("{}", request.project.join("pyproject.toml").display());
    let (wheels, members) = match (&lock, target) {
        (Some(lock), Some(target)) => project.locked(lock, target)?,
        _ => (Vec::new(), Vec::new()),
    };
    let mut input = project.input(members)?;
    input.wheels = wheels;
    input.wheels.extend(wheels::given(&request.wheels, &request.fetch, request.limits)?);
    let plan = Plan::new(&input)?;
    let output = request.output.clone().unwrap_or_else(|| Path::new("dist").join(project.name()));
    if let Some(parent) = output.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(|source| AppError::Read { path: parent.to_owned(), source })?;
    }
    assemble(&plan, &output)?;
    let size = fs::metadata(&output).map_err(|source| AppError::Read { path: output.clone(), source })?.len();
    Ok(Built { output, size, wheels: plan.wheels.len(), files: plan.files.len(), target: target.map(words).unwrap_or_default() })
}

fn words(target: Target) -> String {
    format!("{}, Python {}", target.platform, target.python)
}

fn existing(path: &Path) -> Result<PathBuf, ProjectError> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.canonicalize().map_err(|source| AppError::Read { path: path.to_owned(), source }.into())
}

/// The lock file in the folder, or in the nearest one above that is a project as well: that of the workspace.
fn find_lock(folder: &Path) -> Result<PathBuf, ProjectError> {
    let projects = folder.ancestors().filter(|above| *above == folder || above.join("pyproject.toml").is_file());
    let found = projects.flat_map(|folder| LOCKS.map(|name| folder.join(name))).find(|path| path.is_file());
    found.ok_or_else(|| ProjectError::NoLock { folder: folder.to_owned(), names: LOCKS.join(", ") })
}

/// The target: asked for, or the machine's platform and the Python that the lock prefers. No Python of the machine is asked, so that two
/// machines of one platform make the same file.
fn target(request: &Request, lock: Option<&Lock>) -> Result<Option<Target>, ProjectError> {
    let platform = match request.platform {
        Some(platform) => platform,
        None => host_platform(std::env::consts::OS, std::env::consts::ARCH)?,
    };
    let Some(lock) = lock else {
        return Ok(request.python.map(|python| Target { platform, python }));
    };
    let asked: Vec<Python> = request.python.into_iter().collect();
    let versions = lock::python_versions(lock, &asked)?;
    let pinned = lock::pinned_python(&lock.path).and_then(|text| text.parse::<Python>().ok());
    let same = |python: &&Python| pinned.is_some_and(|pinned| (pinned.minor, pinned.free_threaded) == (python.minor, python.free_threaded));
    // There is at least one, or the lock has been refused.
    let python = *versions.iter().find(same).unwrap_or(&versions[0]);
    Ok(Some(Target { platform, python }))
}

/// The platform that this tool was built for, if the table has it.
#[must_use]
pub fn host() -> Option<Platform> {
    host_platform(std::env::consts::OS, std::env::consts::ARCH).ok()
}

fn host_platform(system: &str, machine: &str) -> Result<Platform, ProjectError> {
    let name = match (system, machine) {
        ("linux", "x86_64") => "x86_64-unknown-linux-gnu",
        ("linux", "aarch64") => "aarch64-unknown-linux-gnu",
        ("macos", "aarch64") => "aarch64-apple-darwin",
        ("macos", "x86_64") => "x86_64-apple-darwin",
        ("windows", "x86_64") => "x86_64-pc-windows-msvc",
        _ => "",
    };
    name.parse().map_err(|_| ProjectError::UnknownHost)
}

/// A project while it is built.
struct Project<'a> {
    request: &'a Request,
    /// Folder of the project.
    folder: PathBuf,
    /// Folder of the lock file: the workspace, which the first-party tree shows.
    base: PathBuf,
    python_project: PyProject,
    target: Option<Target>,
    origin: String,
}

impl Project<'_> {
    /// Name of the output where none is given.
    fn name(&self) -> String {
        let own = self.request.package.clone().or_else(|| self.python_project.name.clone());
        own.or_else(|| self.folder.file_name().map(|name| name.to_string_lossy().into_owned())).unwrap_or_else(|| "app".to_owned())
    }

    /// The wheels that the lock gives this project, fetched, and the folders of the workspace members among its dependencies.
    fn locked(&mut self, lock: &Lock, target: Target) -> Result<(Vec<super::input::WheelInput>, Vec<PathBuf>), ProjectError> {
        let own = self.request.package.as_deref().or(self.python_project.name.as_deref()).map(normalize).unwrap_or_default();
        let known = |name: &str| lock.projects().any(|(_, package)| package.name == name);
        // Formats that do not name the project have its dependencies under no name.
        let package = if known(&own) || self.request.package.is_some() { own } else { String::new() };
        let item = |part| Item { package: package.clone(), part };
        let mut roots = vec![item(Part::Base)];
        roots.extend(self.request.extras.iter().map(|extra| item(Part::Extra(normalize(extra)))));
        roots.extend(self.request.groups.iter().map(|group| item(Part::Group(normalize(group)))));
        let chosen = lock::choose(lock, target, &roots, &self.request.overrides)?;
        let wheels = wheels::locked(lock, target, &chosen, self.request)?;
        let mut members = Vec::new();
        for member in lock::projects(lock, target, &roots)? {
            let Some((kind, place)) = member.origin.split_once(' ') else { continue };
            let folder = existing(&self.base.join(place))?;
            if member.name == package {
                // `--package` builds the member, wherever it was called from.
                self.python_project = PyProject::read(&folder)?;
                self.folder = folder;
            } else if kind != "virtual" {
                members.push(folder);
            }
        }
        Ok((wheels, members))
    }

    /// Everything but the wheels.
    fn input(&self, members: Vec<PathBuf>) -> Result<Input, ProjectError> {
        let interpreter = self.request.interpreter.as_ref().and_then(|interpreter| interpreter.path.as_ref());
        let mut tree = sources::Tree::new(&self.base, self.request.output.iter().chain(interpreter));
        if self.request.sources.is_empty() {
            tree.project(&self.folder)?;
        }
        for folder in &self.request.sources {
            tree.root(&existing(folder)?)?;
        }
        for member in members {
            tree.project(&member)?;
        }
        let main = self.request.main.as_ref().map(|main| tree.file(&existing(main)?)).transpose()?;
        let (entry_point, script) = self.entry(main.is_some())?;
        let (files, imports) = tree.finish();
        let application = Application {
            version: VERSION,
            origin: self.origin.clone(),
            main,
            entry_point,
            script,
            args: self.request.args.clone(),
            env: self.request.env.clone(),
            interpreter_args: Vec::new(),
            requires_python: self.python_project.requires_python.clone(),
            python_version: self.target.map(|target| target.python.to_string()),
            platform: self.target.map(|target| target.platform.to_string()),
            launcher: self.request.launcher.clone(),
            license_policy: LicencePolicy::default(),
        };
        let settlements = self.request.settlements.clone();
        let excludes = self.request.excludes.clone();
        Ok(Input {
            application,
            files,
            trees: Vec::new(),
            wheels: Vec::new(),
            bytecodes: Vec::new(),
            imports,
            settlements,
            excludes,
            interpreter: self.request.interpreter.clone(),
            interpreter_files: Vec::new(),
        })
    }

    /// Entry point and script: as asked for, a script of the project itself being an entry point; else the project's only script.
    fn entry(&self, has_main: bool) -> Result<(Option<String>, Option<String>), ProjectError> {
        let own = &self.python_project.scripts;
        match (&self.request.entry_point, &self.request.script) {
            (None, Some(script)) => Ok(own.get(script).map_or_else(|| (None, Some(script.clone())), |target| (Some(target.clone()), None))),
            (None, None) if !has_main => {
                let mut targets = own.values();
                match (targets.next(), targets.next()) {
                    (Some(target), None) => Ok((Some(target.clone()), None)),
                    _ => Err(ProjectError::NoEntry { scripts: own.keys().cloned().collect() }),
                }
            }
            (entry_point, script) => Ok((entry_point.clone(), script.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{host, host_platform};

    #[test]
    fn machines_that_are_not_in_the_table_need_a_platform() {
        for (system, machine) in
            [("linux", "x86_64"), ("linux", "aarch64"), ("macos", "aarch64"), ("macos", "x86_64"), ("windows", "x86_64")]
        {
            assert!(host_platform(system, machine).is_ok(), "{system} {machine}");
        }
        assert!(host().is_some());
        insta::assert_snapshot!(host_platform("linux", "riscv64").unwrap_err(), @"
        This machine's platform is not in the table
        hint: name the target with --platform
        ");
    }
}
