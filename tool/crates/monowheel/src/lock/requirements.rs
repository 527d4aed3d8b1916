//! Reading `requirements.txt` with hashes, as `pip-compile --generate-hashes` and `uv pip compile --generate-hashes` write it.
//!
//! The format is pip's ("Requirements File Format"). A line pins a version and lists hashes of its files, not their names: which file a target
//! takes can only be said with the index at hand, so such a package has hashes in place of wheels, and [`super::locate`] says the rest when
//! the file is fetched. What depends on what stands in the `# via` comments of both tools; where a line has none, each package brings all.

mod annotation;
mod line;
mod local;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use annotation::Via;
use line::{Folder, Line, Option_, Pin};

use super::builder::{Builder, NewWheel, check_path, file_name};
use super::document::Source;
use super::error::{LockError, Problem};
use super::model::{Dependency, Format, Location, Lock, Package, PackageId};
use super::project::Project;
use crate::tags::normalize;

/// Reads a `requirements.txt`.
/// `allow_unhashed` are packages that may stand there without a hash.
pub(super) fn read(source: &Source, allow_unhashed: &BTreeSet<String>) -> Result<Lock, LockError> {
    let folder = source.path.parent().unwrap_or(Path::new(""));
    let mut all = Collected { top: folder.to_owned(), ..Collected::default() };
    let mut seen = BTreeSet::new();
    all.file(source, &mut seen)?;

    let mut builder = Builder::new(source);
    let mut own = Package { project: true, origin: "virtual .".to_owned(), ..Package::default() };
    let mut via: Vec<(PackageId, Option<Via>)> = Vec::new();
    for pin in &merged(&all.pins)? {
        let package = package(pin, &all, allow_unhashed, &mut builder)?;
        let marker = package.environments.first().copied();
        let id = builder.push(package).map_err(|problem| pin.place.error(problem))?;
        own.dependencies.push(Dependency { candidates: vec![id], extras: Vec::new(), marker });
        via.push((id, pin.via.clone()));
    }
    for project in &all.projects {
        let Some(package) = local_project(project, folder, &mut builder)? else { continue };
        let id = builder.push(package).map_err(|problem| project.place.error(problem))?;
        own.dependencies.push(Dependency { candidates: vec![id], extras: Vec::new(), marker: None });
        via.extend(project.via.clone().map(|found| (id, Some(found))));
    }
    builder.flat = !depend(&via, &mut builder);
    builder.indexes = all.indexes;
    builder.find_links = all.find_links;
    let files: BTreeSet<&PathBuf> = seen.iter().map(|(path, _)| path).filter(|path| **path != source.path).collect();
    let included = files.into_iter().map(|path| path.strip_prefix(folder).unwrap_or(path).to_owned());
    builder.beside.extend(included.chain(all.folders));
    builder.push(own).map_err(|problem| source.error_on_line(1, problem))?;
    Ok(builder.finish(Format::Requirements))
}

/// A project in a folder below the lock file's, by the name that its `pyproject.toml` gives it. None where it gives none, and for the folder of
/// the lock file itself, whose project has everything.
fn local_project(project: &Folder, top: &Path, builder: &mut Builder<'_>) -> Result<Option<Package>, LockError> {
    let path = project.path.trim_start_matches("./").trim_end_matches('/');
    let file = Path::new(path).join("pyproject.toml");
    if matches!(path, "" | ".") || check_path(path).is_err() || !top.join(&file).is_file() {
        return Ok(None);
    }
    let name = Project::read(&top.join(&file))?.name;
    builder.beside.push(file);
    let origin = format!("editable {path}");
    Ok((!name.is_empty()).then(|| Package { name, origin, project: true, line: project.place.line, ..Package::default() }))
}

/// The same pin may stand in several of the files: it counts once, wherever one of them does, with the hashes, extras and dependents of all.
fn merged(pins: &[Pin]) -> Result<Vec<Pin>, LockError> {
    let mut merged: Vec<Pin> = Vec::new();
    for pin in pins {
        if let Some(other) = merged.iter().find(|other| other.name == pin.name && other.marker == pin.marker && !same(other, pin)) {
            let problem = Problem::Duplicate { package: pin.name.clone(), first: other.place.line };
            return Err(pin.place.error(problem));
        }
        let Some(first) = merged.iter_mut().find(|first| same(first, pin)) else {
            merged.push(pin.clone());
            continue;
        };
        first.marker = match (first.marker.take(), &pin.marker) {
            (Some(one), Some(other)) if one != *other => Some(format!("({one}) or ({other})")),
            (one, Some(_)) => one,
            (_, None) => None,
        };
        add(&mut first.hashes, &pin.hashes);
        add(&mut first.extras, &pin.extras);
        match (&mut first.via, &pin.via) {
            (Some(Via(one)), Some(Via(other))) => add(one, other),
            (via, other) => *via = via.take().or_else(|| other.clone()),
        }
    }
    Ok(merged)
}

fn same(one: &Pin, other: &Pin) -> bool {
    (&one.name, &one.version, &one.url) == (&other.name, &other.version, &other.url)
}

fn add(all: &mut Vec<String>, more: &[String]) {
    for text in more {
        if !all.contains(text) {
            all.push(text.clone());
        }
    }
}

/// Where a line stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub path: PathBuf,
    pub line: usize,
}

impl Place {
    pub fn error(&self, problem: Problem) -> LockError {
        LockError::At { path: self.path.clone(), line: self.line, problem }
    }
}

/// All lines of a file and of those that it includes.
#[derive(Debug, Default)]
struct Collected {
    pins: Vec<Pin>,
    projects: Vec<Folder>,
    constraints: BTreeMap<String, Vec<Pin>>,
    indexes: Vec<String>,
    find_links: Vec<String>,
    folders: Vec<PathBuf>,
    no_index: bool,
    /// Folder of the lock file.
    top: PathBuf,
    /// Whether it is read for constraints alone.
    constrains: bool,
}

impl Collected {
    fn file(&mut self, source: &Source, seen: &mut BTreeSet<(PathBuf, bool)>) -> Result<(), LockError> {
        // Once as constraints and once as requirements.
        if !seen.insert((source.path.clone(), self.constrains)) {
            return Ok(());
        }
        for line in line::lines(source)? {
            match line {
                Line::Pin(pin) => self.pins.push(*pin),
                Line::Folder(folder) => self.projects.push(folder),
                Line::Option(option, place) => self.option(option, &place, seen)?,
            }
        }
        Ok(())
    }

    fn option(&mut self, option: Option_, place: &Place, seen: &mut BTreeSet<(PathBuf, bool)>) -> Result<(), LockError> {
        match option {
            Option_::Requirement(path) => self.file(&included(&path, place)?, seen)?,
            Option_::Constraint(path) => {
                let mut inner = Self { constrains: true, top: self.top.clone(), ..Self::default() };
                inner.file(&included(&path, place)?, seen)?;
                for pin in inner.pins {
                    self.constraints.entry(pin.name.clone()).or_default().push(pin);
                }
            }
            Option_::Index(url) => self.indexes.insert(0, url),
            Option_::ExtraIndex(url) => self.indexes.push(url),
            Option_::FindLinks(place_of) if place_of.contains("://") => self.find_links.push(place_of),
            // As pip has it, from the file that says so.
            Option_::FindLinks(folder) => {
                let from = place.path.parent().unwrap_or(Path::new(""));
                let path = from.strip_prefix(&self.top).unwrap_or(from).join(folder);
                check_path(&path.to_string_lossy()).map_err(|problem| place.error(problem))?;
                self.folders.push(path);
            }
            Option_::NoIndex => self.no_index = true,
        }
        Ok(())
    }

    /// What a constraint adds to a pin: the version, and hashes.
    fn constrain<'a>(&'a self, pin: &'a Pin) -> Result<(&'a str, &'a [String]), LockError> {
        let mut version = pin.version.as_deref();
        let mut hashes = pin.hashes.as_slice();
        for constraint in self.constraints.get(&pin.name).into_iter().flatten().filter(|constraint| constraint.marker == pin.marker) {
            match (version, constraint.version.as_deref()) {
                (Some(version), Some(other)) if !same_version(version, other) => {
                    let message = format!("`{}=={version}` is against the constraint `{}=={other}`", pin.name, pin.name);
                    return Err(pin.place.error(Problem::Other { message }));
                }
                (None, other) => version = other,
                _ => {}
            }
            if hashes.is_empty() {
                hashes = &constraint.hashes;
            }
        }
        let message = || format!("Not pinned to one version: `{}`\nhint: a lock has `{}==VERSION` with its hashes", pin.text, pin.name);
        let version = match (&pin.url, version) {
            (Some(_), version) => version.unwrap_or_default(),
            (None, Some(version)) => version,
            (None, None) => return Err(pin.place.error(Problem::Other { message: message() })),
        };
        Ok((version, hashes))
    }
}

fn same_version(one: &str, other: &str) -> bool {
    one == other || matches!((one.parse::<pep440_rs::Version>(), other.parse()), (Ok(one), Ok(other)) if one == other)
}

fn included(path: &str, place: &Place) -> Result<Source, LockError> {
    let path = place.path.parent().unwrap_or(Path::new("")).join(path);
    let text = std::fs::read_to_string(&path).map_err(|source| LockError::Read { path: path.clone(), source })?;
    Ok(Source::new(&path, text))
}

fn package(pin: &Pin, all: &Collected, allow_unhashed: &BTreeSet<String>, builder: &mut Builder<'_>) -> Result<Package, LockError> {
    let (version, hashes) = all.constrain(pin)?;
    let unhashed = allow_unhashed.contains(&pin.name);
    // A commit has no hash of a file, and none is fetched: what is not built here needs a wheel of the user's own anyhow.
    let commit = pin.url.as_deref().and_then(|url| url.split_once("://")).is_some_and(|(scheme, _)| scheme.contains('+'));
    if hashes.is_empty() && !unhashed && !commit {
        return Err(pin.place.error(Problem::Unhashed { requirement: pin.text.clone(), name: pin.name.clone() }));
    }
    let (name, version) = (pin.name.clone(), version.to_owned());
    let mut package = Package { name, version, line: pin.place.line, unhashed, ..Package::default() };
    package.extras = pin.extras.iter().map(|extra| (extra.clone(), Vec::new())).collect();
    if let Some(marker) = &pin.marker {
        package.environments.push(builder.marker(marker).map_err(|problem| pin.place.error(problem))?);
    }
    package.origin = format!("requirement {}", pin.marker.as_deref().unwrap_or_default());
    if let Some(url) = &pin.url {
        let location = location(url).map_err(|problem| pin.place.error(problem))?;
        let file = file_name(url);
        if file.ends_with(".whl") {
            let sha256 = hashes.first().cloned().unwrap_or_default();
            let new = NewWheel { file: &file, sha256, location, size: None };
            let wheel = builder.wheel((&package.name, &package.version), new).map_err(|problem| pin.place.error(problem))?;
            package.wheels.push(wheel);
        } else {
            package.sdist = Some(if commit { url.clone() } else { file });
        }
        return Ok(package);
    }
    for folder in &all.folders {
        for wheel in local::wheels(&builder.source.path, folder, &package, hashes)? {
            let file = wheel.file.clone();
            builder.beside.push(PathBuf::from(&wheel.path));
            let new = NewWheel { file: &file, sha256: wheel.sha256, location: Location::Path(wheel.path), size: Some(wheel.size) };
            let wheel = builder.wheel((&package.name, &package.version), new).map_err(|problem| pin.place.error(problem))?;
            package.wheels.push(wheel);
        }
    }
    if !all.no_index {
        package.hashes = hashes.to_vec();
        package.on_index = true;
    }
    Ok(package)
}

fn location(url: &str) -> Result<Location, Problem> {
    let bare = url.split('#').next().unwrap_or(url);
    if bare.contains("://") {
        return Ok(Location::Url(bare.to_owned()));
    }
    check_path(bare).map(|()| Location::Path(bare.trim_start_matches("./").to_owned()))
}

/// Turns `# via` around: who is named there depends on the one who has the comment. False where one has none.
fn depend(via: &[(PackageId, Option<Via>)], builder: &mut Builder<'_>) -> bool {
    if via.iter().any(|(_, via)| via.is_none()) {
        return false;
    }
    for (id, via) in via {
        let Some(Via(dependents)) = via else { continue };
        let marker = builder.packages.get(*id).and_then(|package| package.environments.first().copied());
        for dependent in dependents {
            // Names that are no package of the file are files, or the project itself.
            for dependent in builder.by_name.get(&normalize(dependent)).cloned().unwrap_or_default() {
                let dependency = Dependency { candidates: vec![*id], extras: Vec::new(), marker };
                if let Some(package) = builder.packages.get_mut(dependent) {
                    package.dependencies.push(dependency);
                }
            }
        }
    }
    true
}
