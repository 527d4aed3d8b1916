//! The answer for all targets at once: what `monowheel resolve` prints and the Bazel extension copies into repositories.
//!
//! The format is described in ARCHITECTURE.md, "Resolve output".

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::choose::Override;
use super::files::{Context, WheelFacts};
use super::graph::View;
use super::hub::{Cell, Hub, WheelId, condense};
use super::model::{Item, Lock, Part};
use crate::tags::{Cpu, Libc, MINORS, Os, PLATFORMS, Platform, Python, Target};

/// The format number that [`Resolution::version`] carries.
pub const FORMAT: u32 = 1;

/// What to resolve for.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Platforms; the table's defaults where empty.
    pub platforms: Vec<Platform>,
    /// Python versions; all minors that the lock admits where empty.
    pub pythons: Vec<Python>,
    /// Extras and groups that are active, where the lock has conflicts about them.
    pub active: BTreeSet<Item>,
    /// Wheels of the user's own.
    pub overrides: Vec<Override>,
    /// The index of files whose address no lock says, with a slash at its end.
    pub index: String,
}

/// A half of the answer, for who needs no more: what is written and read at every start of a build server is kept short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// What can be fetched and what can be named: all but `targets`.
    Wheels,
    /// What each name means: all but `wheels`, `names` and `projects`.
    Targets,
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Resolution {
    version: u32,
    beside: Vec<String>,
    requires_python: String,
    python_versions: Vec<String>,
    default_python: Option<String>,
    platforms: BTreeMap<&'static str, PlatformFacts>,
    environments: BTreeMap<String, EnvironmentFacts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    projects: Option<BTreeMap<String, ProjectFacts>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wheels: Option<BTreeMap<String, WheelFacts>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<BTreeMap<String, Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<BTreeMap<String, BTreeMap<String, Vec<Choice>>>>,
}

impl Resolution {
    /// Leaves out what is not in the half.
    #[must_use]
    pub fn half(self, half: Half) -> Self {
        match half {
            Half::Wheels => Self { targets: None, ..self },
            Half::Targets => Self { projects: None, wheels: None, names: None, ..self },
        }
    }
}

#[derive(Debug, Serialize)]
struct PlatformFacts {
    os: &'static str,
    cpu: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    libc: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<String>,
}

#[derive(Debug, Serialize)]
struct EnvironmentFacts {
    platform: &'static str,
    python: String,
    python_full_version: String,
}

#[derive(Debug, Serialize)]
struct ProjectFacts {
    extras: Vec<String>,
    groups: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Choice {
    environments: Environments,
    #[serde(skip_serializing_if = "Option::is_none")]
    wheels: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deps: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Environments {
    All(&'static str),
    Some(Vec<String>),
}

/// Settings that the lock does not admit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A Python version outside of `requires-python`.
    #[error("Python {python} is not admitted by the lock file {}, which requires Python `{requires}`", lock.display())]
    Python {
        /// What was asked for.
        python: Python,
        /// The lock file.
        lock: PathBuf,
        /// What the lock says.
        requires: String,
    },
    /// No Python version at all.
    #[error("No known version of Python is admitted by the lock file {}, which requires Python `{requires}`", lock.display())]
    NoPython {
        /// The lock file.
        lock: PathBuf,
        /// What the lock says.
        requires: String,
    },
}

/// The Python versions to resolve for: those of `asked`, or all known minors, that `requires-python` admits. Each has the lowest patch that
/// it admits, so that what only older patches need is there.
///
/// # Errors
/// Where one that was asked for is not admitted, or none is.
pub fn python_versions(lock: &Lock, asked: &[Python]) -> Result<Vec<Python>, SettingsError> {
    let requires = || lock.requires_python.to_string();
    let admitted = |python: Python| {
        let patches = if python.patch == 0 { 0..=40 } else { python.patch..=python.patch };
        patches.map(|patch| Python { patch, ..python }).find(|python| lock.requires_python.contains(&python.full_version()))
    };
    let mut versions: Vec<Python> = if asked.is_empty() {
        MINORS.map(Python::minor).filter_map(admitted).collect()
    } else {
        let admit = |python: &Python| {
            admitted(*python).ok_or_else(|| SettingsError::Python { python: *python, lock: lock.path.clone(), requires: requires() })
        };
        asked.iter().map(admit).collect::<Result<_, _>>()?
    };
    versions.sort_unstable();
    versions.dedup_by_key(|python| (python.minor, python.free_threaded));
    if versions.is_empty() { Err(SettingsError::NoPython { lock: lock.path.clone(), requires: requires() }) } else { Ok(versions) }
}

/// Resolves a lock for all targets.
///
/// `pinned` is what a `.python-version` beside the lock says; it is the default if it is among the versions.
///
/// # Errors
/// Where the settings do not go with the lock. What single targets cannot have is part of the answer.
pub fn resolve(lock: &Lock, settings: &Settings, pinned: Option<&str>) -> Result<Resolution, SettingsError> {
    let platforms: Vec<Platform> = if settings.platforms.is_empty() {
        PLATFORMS.iter().filter(|platform| platform.default).copied().collect()
    } else {
        settings.platforms.iter().copied().collect::<BTreeSet<_>>().into_iter().collect()
    };
    let pythons = python_versions(lock, &settings.pythons)?;
    let targets: Vec<Target> =
        platforms.iter().flat_map(|platform| pythons.iter().map(|python| Target { platform: *platform, python: *python })).collect();

    let hub = Hub::new(lock, &settings.overrides);
    let mut cells: Vec<Vec<Cell>> = targets.iter().map(|target| hub.cells(&View::new(lock, *target, settings.active.clone()))).collect();
    condense(&mut cells);

    let used: BTreeSet<WheelId> = cells.iter().flatten().flat_map(wheels_of).copied().collect();
    let context = Context { lock, overrides: &settings.overrides, index: &settings.index };
    let names = context.repositories(&used);
    let labels: Vec<String> = hub.nodes.iter().map(|node| node.label()).map(|(package, name)| format!("//{package}:{name}")).collect();
    let mut output: BTreeMap<String, BTreeMap<String, Vec<Choice>>> = BTreeMap::new();
    for (index, node) in hub.nodes.iter().enumerate() {
        let (package, name) = node.label();
        let per_target: Vec<&Cell> = cells.iter().filter_map(|cells| cells.get(index)).collect();
        let choices = choices(&per_target, &targets, &names, &labels);
        output.entry(package.to_owned()).or_default().insert(name, choices);
    }

    let default_python = pinned
        .and_then(|text| text.trim().parse::<Python>().ok())
        .and_then(|pinned| pythons.iter().find(|python| (python.minor, python.free_threaded) == (pinned.minor, pinned.free_threaded)))
        .or(pythons.first());
    let names_of = |targets: &BTreeMap<String, Vec<Choice>>| targets.keys().cloned().collect();
    Ok(Resolution {
        version: FORMAT,
        beside: lock.beside.iter().map(|path| path.to_string_lossy().replace('\\', "/")).collect(),
        requires_python: lock.requires_python.to_string().replace(", ", ","),
        python_versions: pythons.iter().map(ToString::to_string).collect(),
        default_python: default_python.map(ToString::to_string),
        platforms: platforms.iter().map(|platform| (platform.name, platform_facts(platform))).collect(),
        environments: targets.iter().map(|target| (target.to_string(), environment_facts(target))).collect(),
        projects: Some(
            lock.projects()
                .filter(|(_, package)| !package.name.is_empty())
                .map(|(_, package)| (package.name.clone(), project_facts(package)))
                .collect(),
        ),
        wheels: Some(used.iter().filter_map(|id| Some((names.get(id)?.clone(), context.facts(*id)?))).collect()),
        names: Some(output.iter().map(|(package, targets)| (package.clone(), names_of(targets))).collect()),
        targets: Some(output),
    })
}

/// What the `.python-version` beside a lock says, where there is one.
#[must_use]
pub fn pinned_python(lock: &Path) -> Option<String> {
    let text = std::fs::read_to_string(lock.with_file_name(".python-version")).ok()?;
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    Some(first.trim_start_matches("cpython").trim_start_matches(['@', '-']).to_owned())
}

fn wheels_of(cell: &Cell) -> &[WheelId] {
    match cell {
        Cell::Brings { wheels, .. } => wheels,
        Cell::Refused(_) => &[],
    }
}

/// Groups equal cells; the groups are in the order of their first target.
fn choices(cells: &[&Cell], targets: &[Target], names: &BTreeMap<WheelId, String>, labels: &[String]) -> Vec<Choice> {
    let mut groups: Vec<(&Cell, Vec<String>)> = Vec::new();
    let mut places: BTreeMap<&Cell, usize> = BTreeMap::new();
    for (cell, target) in cells.iter().zip(targets) {
        let place = *places.entry(cell).or_insert_with(|| {
            groups.push((cell, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, environments)) = groups.get_mut(place) {
            environments.push(target.to_string());
        }
    }
    let only = groups.len() == 1;
    let choice = |(cell, environments): (&Cell, Vec<String>)| {
        let environments = if only { Environments::All("*") } else { Environments::Some(environments) };
        match cell {
            Cell::Refused(text) => Choice { environments, wheels: None, deps: None, error: Some(text.clone()) },
            Cell::Brings { wheels, nodes } => {
                let wheels = wheels.iter().filter_map(|id| names.get(id)).cloned().collect();
                let deps = nodes.iter().filter_map(|node| labels.get(*node)).cloned().collect();
                Choice { environments, wheels: Some(wheels), deps: Some(deps), error: None }
            }
        }
    };
    groups.into_iter().map(choice).collect()
}

fn platform_facts(platform: &Platform) -> PlatformFacts {
    let cpu = match platform.cpu {
        Cpu::X86_64 => "x86_64",
        Cpu::Aarch64 => "aarch64",
    };
    let (os, libc, minimum) = match platform.os {
        Os::Linux(Libc::Gnu { minor }) => ("linux", Some("gnu"), Some(format!("2.{minor}"))),
        Os::Linux(Libc::Musl { minor }) => ("linux", Some("musl"), Some(format!("1.{minor}"))),
        Os::MacOs { major, minor } => ("macos", None, Some(format!("{major}.{minor}"))),
        Os::Windows => ("windows", None, None),
    };
    PlatformFacts { os, cpu, libc, minimum }
}

fn environment_facts(target: &Target) -> EnvironmentFacts {
    let (python, full) = (target.python.to_string(), target.python.full_version().to_string());
    EnvironmentFacts { platform: target.platform.name, python, python_full_version: full }
}

fn project_facts(package: &super::model::Package) -> ProjectFacts {
    ProjectFacts { extras: package.extras.keys().cloned().collect(), groups: package.groups.keys().cloned().collect() }
}

/// An extra or a group by name, of any project of the lock that has it.
#[must_use]
pub fn items(lock: &Lock, part: &Part) -> Vec<Item> {
    let having = lock.projects().filter(|(_, package)| package.part(part).is_some());
    having.map(|(_, package)| Item { package: package.name.clone(), part: part.clone() }).collect()
}
