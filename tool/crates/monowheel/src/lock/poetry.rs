//! Reading `poetry.lock`, lock versions 1.1 (poetry 1.0) to 2.1 (poetry 2).
//!
//! The source of truth is poetry's own reader (`poetry/packages/locker.py`). From 2.1 on each package says in which groups, and under which
//! marker, the project needs it; before that, the project's own dependencies stand in `pyproject.toml` alone. A package's dependencies name
//! versions by constraint, and what an extra brings stands among them under `extra == "…"`, which means the package's own extras. A file has
//! a name and a hash, no address.

use std::collections::{BTreeMap, BTreeSet};

use pep440_rs::Version;

use super::builder::{Builder, NewWheel, file_name, sha256};
use super::constraint::Constraint;
use super::document::{Source, Table, Value};
use super::error::{LockError, Problem};
use super::model::{Dependency, Format, Item, Location, Lock, LockedWheel, Package, PackageId, Part};
use super::project::{Project, Wish};
use super::requirement;
use crate::markers::{Active, Environment, Marker};
use crate::tags::{MINORS, PLATFORMS, Python, Target, normalize};

/// Reads a `poetry.lock`; `project` is its `pyproject.toml`, if given.
pub(super) fn read(source: &Source, project: Option<&Project>) -> Result<Lock, LockError> {
    let document = source.parse()?;
    let root = Table::root(source, &document);
    let metadata = root.need("metadata")?.table()?;
    let version = metadata.get("lock-version");
    let major = version.map(|version| version.text()).transpose()?.unwrap_or("1.0");
    if !matches!(major.split('.').next(), Some("1" | "2")) {
        let known = "versions 1 and 2 of poetry.lock are known; update this program, or lock with a poetry that writes one of these";
        return Err(metadata.error(Problem::Version { version: major.to_owned(), known }));
    }
    let mut builder = Builder::new(source);
    if let Some(value) = metadata.get("python-versions") {
        builder.requires_python = constraint(value)?.python();
    }
    let old_files = metadata.table("files")?;

    let tables = root.array("package")?.iter().map(Value::table).collect::<Result<Vec<_>, _>>()?;
    for table in &tables {
        let package = package(table, old_files.as_ref(), &mut builder)?;
        builder.push(package).map_err(|problem| table.error(problem))?;
    }
    for (id, table) in tables.iter().enumerate() {
        let (base, extras) = dependencies(table, &mut builder)?;
        if let Some(package) = builder.packages.get_mut(id) {
            package.dependencies = base;
            package.extras = extras;
        }
    }
    let root_extras: BTreeSet<String> = root.table("extras")?.iter().flat_map(Table::entries).map(|(extra, _)| normalize(extra)).collect();
    let grouped = tables.iter().any(|table| table.get("groups").is_some());
    let mut own = match (grouped, project) {
        (true, _) => grouped_project(&tables, &root_extras, &mut builder)?,
        (false, Some(project)) => wished_project(project, &mut builder).map_err(|problem| root.error(problem))?,
        (false, None) => ungrouped_project(&tables, &root, &mut builder)?,
    };
    own.name = project.map(|project| project.name.clone()).unwrap_or_default();
    own.project = true;
    own.origin = "virtual .".to_owned();
    extras(&own, &mut builder);
    builder.push(own).map_err(|problem| root.error(problem))?;
    Ok(builder.finish(Format::Poetry))
}

fn constraint(value: Value<'_>) -> Result<Constraint, LockError> {
    let text = value.text()?;
    text.parse().map_err(|()| value.error(Problem::Pep440 { text: text.to_owned() }))
}

fn package(table: &Table<'_>, old_files: Option<&Table<'_>>, builder: &mut Builder<'_>) -> Result<Package, LockError> {
    let raw = table.need("name")?.text()?;
    let name = normalize(raw);
    let version = table.need("version")?.text()?.to_owned();
    let from = table.table("source")?;
    let kind = from.map(|from| from.text("type")).transpose()?.flatten().unwrap_or_default();
    let place = from.map(|from| from.text("url")).transpose()?.flatten().unwrap_or_default();
    let origin = if kind.is_empty() { "the default index".to_owned() } else { format!("{kind} {place}") };

    let files = match table.get("files") {
        Some(files) => files.array()?,
        None => old_files.map(|files| files.array(raw)).transpose()?.unwrap_or_default(),
    };
    let mut wheels = Vec::new();
    let mut sdist = (kind == "git").then(|| origin.clone());
    for file in files {
        let file = file.table()?;
        let name_of_file = file.need("file")?.text()?;
        if !name_of_file.ends_with(".whl") {
            sdist = sdist.or_else(|| Some(name_of_file.to_owned()));
            continue;
        }
        let location = match kind {
            "url" if file_name(place) == name_of_file => Location::Url(place.to_owned()),
            "file" => Location::Path(place.to_owned()),
            _ => match file.text("url")? {
                Some(url) => Location::Url(url.to_owned()),
                None => Location::Index(place.to_owned()),
            },
        };
        wheels.extend(wheel(&file, name_of_file, location, (&name, &version), old_files.is_some(), builder)?);
    }

    let mut environments = Vec::new();
    match table.get("markers") {
        Some(markers) if markers.as_text().is_some() => environments.push(builder.marker_value(markers)?),
        Some(markers) => {
            let mut of_groups = Vec::new();
            for (_, marker) in markers.table()?.entries() {
                of_groups.push(builder.marker_value(marker)?);
            }
            // A group that has no marker of its own needs the package everywhere.
            if of_groups.len() == table.array("groups")?.len() {
                environments = of_groups;
            }
        }
        None => {}
    }
    Ok(Package {
        name,
        version,
        origin,
        project: kind == "directory",
        line: table.line(),
        environments,
        wheels,
        sdist,
        ..Package::default()
    })
}

fn wheel(
    table: &Table<'_>,
    file: &str,
    location: Location,
    package: (&str, &str),
    mixed: bool,
    builder: &mut Builder<'_>,
) -> Result<Option<LockedWheel>, LockError> {
    let hash = table.need("hash")?;
    let sha256 = sha256(hash.text()?).map_err(|problem| hash.error(problem))?;
    let size = table.get("size").map(|size| size.number()).transpose()?;
    match builder.wheel(package, NewWheel { file, sha256, location, size }) {
        // The old list has all versions of a name together.
        Err(Problem::WheelOf { what: "version", .. }) if mixed => Ok(None),
        wheel => wheel.map(Some).map_err(|problem| table.error(problem)),
    }
}

type Lists = (Vec<Dependency>, BTreeMap<String, Vec<Dependency>>);

/// The dependencies of a package: those without an extra, and those of each.
fn dependencies(table: &Table<'_>, builder: &mut Builder<'_>) -> Result<Lists, LockError> {
    let mut base = Vec::new();
    let mut extras: BTreeMap<String, Vec<Dependency>> = BTreeMap::new();
    // Which extras name which project: for locks that do not say it in the marker.
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (extra, requirements) in table.table("extras")?.iter().flat_map(Table::entries) {
        let extra = normalize(extra);
        extras.entry(extra.clone()).or_default();
        for value in requirements.array()? {
            let name = value.text()?.split([' ', '[', '(', ';', '<', '>', '=', '!', '~']).next().map(normalize).unwrap_or_default();
            named.entry(name).or_default().insert(extra.clone());
        }
    }
    for (name, value) in table.table("dependencies")?.iter().flat_map(Table::entries) {
        let name = normalize(name);
        let values = if value.as_text().is_some() || value.table().is_ok() { vec![value] } else { value.array()? };
        for value in values {
            let wish = Wish::read(&name, value)?;
            let at = |problem| value.error(problem);
            let Some(dependency) = dependency(&wish, &[], builder).map_err(at)? else { continue };
            let mut under: BTreeSet<String> = match &wish.marker {
                Some(marker) => {
                    let id = builder.marker(marker).map_err(at)?;
                    builder.extras_of(id).into_iter().map(str::to_owned).collect()
                }
                None => BTreeSet::new(),
            };
            if !wish.optional && under.is_empty() {
                base.push(dependency);
                continue;
            }
            if under.is_empty() {
                under = named.get(&name).cloned().unwrap_or_default();
            }
            for extra in under {
                let dependency = self::dependency(&wish, &[&extra], builder).map_err(at)?;
                extras.entry(extra).or_default().extend(dependency);
            }
        }
    }
    Ok((base, extras))
}

/// What a wish comes to, `extras` being asked of the one who wishes. None where the lock does not have it: then no environment of the lock
/// needs it.
fn dependency(wish: &Wish, extras: &[&str], builder: &mut Builder<'_>) -> Result<Option<Dependency>, Problem> {
    let candidates = candidates(wish, builder);
    if candidates.is_empty() {
        return Ok(None);
    }
    let marker = wish.marker.as_ref().map(|marker| builder.marker_with_extras(marker, extras)).transpose()?;
    Ok(Some(Dependency { candidates, extras: wish.extras.clone(), marker }))
}

fn candidates(wish: &Wish, builder: &Builder<'_>) -> Vec<PackageId> {
    let named = builder.by_name.get(&wish.name).map_or(&[][..], Vec::as_slice);
    let constraint = wish.constraint.as_ref().and_then(|text| text.parse::<Constraint>().ok()).filter(|_| named.len() > 1);
    let Some(constraint) = constraint else { return named.to_vec() };
    let admits = |id: &PackageId| {
        let version = builder.packages.get(*id).and_then(|package| package.version.parse::<Version>().ok());
        version.is_none_or(|version| constraint.admits(&version))
    };
    named.iter().copied().filter(admits).collect()
}

/// Lock version 2.1: each package says which groups of the project need it, and when.
fn grouped_project(tables: &[Table<'_>], root_extras: &BTreeSet<String>, builder: &mut Builder<'_>) -> Result<Package, LockError> {
    let none = |extra: &String| (extra.clone(), Vec::new());
    let mut own = Package { extras: root_extras.iter().map(none).collect(), ..Package::default() };
    for (id, table) in tables.iter().enumerate() {
        let candidates = builder.packages.get(id).and_then(|package| builder.by_name.get(&package.name)).cloned().unwrap_or_default();
        for group in table.array("groups")? {
            let group = group.text()?;
            let marker = match table.get("markers") {
                Some(markers) => markers.as_text().map_or_else(|| markers.table()?.text(group), |text| Ok(Some(text)))?,
                None => None,
            };
            let mut under = |extras: &[&str]| -> Result<Dependency, LockError> {
                let marker = marker.map(|marker| builder.marker_with_extras(marker, extras)).transpose();
                let marker = marker.map_err(|problem| table.error(problem))?;
                Ok(Dependency { candidates: candidates.clone(), extras: Vec::new(), marker })
            };
            if group != "main" {
                own.groups.entry(normalize(group)).or_default().push(under(&[])?);
                continue;
            }
            own.dependencies.push(under(&[])?);
            for extra in root_extras {
                let dependency = under(&[extra])?;
                own.extras.entry(extra.clone()).or_default().push(dependency);
            }
        }
    }
    Ok(own)
}

/// Before lock version 2.1, with `pyproject.toml`: what that wishes for.
fn wished_project(project: &Project, builder: &mut Builder<'_>) -> Result<Package, Problem> {
    let mut list = |wishes: &[Wish], extras: &[&str]| -> Result<Vec<Dependency>, Problem> {
        wishes.iter().filter_map(|wish| dependency(wish, extras, builder).transpose()).collect()
    };
    let mut own = Package { dependencies: list(&project.dependencies, &[])?, ..Package::default() };
    for (extra, wishes) in &project.extras {
        own.extras.insert(extra.clone(), list(wishes, &[extra])?);
    }
    for (group, wishes) in &project.groups {
        own.groups.insert(group.clone(), list(wishes, &[])?);
    }
    Ok(own)
}

/// Before lock version 2.1, without `pyproject.toml`: by the old `category`, else all that is not optional.
fn ungrouped_project(tables: &[Table<'_>], root: &Table<'_>, builder: &mut Builder<'_>) -> Result<Package, LockError> {
    let mut own = Package::default();
    for (id, table) in tables.iter().enumerate() {
        let optional = table.get("optional").map(|optional| optional.flag()).transpose()?.unwrap_or_default();
        let name = builder.packages.get(id).map(|package| package.name.clone()).unwrap_or_default();
        // Of several versions the environment takes one, by their markers or the newest.
        let candidates = builder.by_name.get(&name).cloned().unwrap_or_default();
        let dependency = Dependency { candidates, extras: Vec::new(), marker: None };
        match table.text("category")? {
            _ if optional => {}
            None | Some("main") => own.dependencies.push(dependency),
            Some(group) => own.groups.entry(normalize(group)).or_default().push(dependency),
        }
    }
    for (extra, names) in root.table("extras")?.iter().flat_map(Table::entries) {
        let list = own.extras.entry(normalize(extra)).or_default();
        for name in names.array()? {
            let requirement = requirement::parse(name.text()?).map_err(|message| name.error(Problem::Other { message }))?;
            let candidates = builder.by_name.get(&requirement.name).cloned().unwrap_or_default();
            list.extend((!candidates.is_empty()).then_some(Dependency { candidates, extras: requirement.extras, marker: None }));
        }
    }
    Ok(own)
}

/// Package markers speak of the project's extras. Mostly they only say that an extra brings the package, which its dependents say as well, so
/// the version stands for any extra. Where extras choose between versions, they exclude each other, and each is its own world.
fn extras(own: &Package, builder: &mut Builder<'_>) {
    let all: Vec<String> = own.extras.keys().cloned().collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let mut exclusive = BTreeSet::new();
    for ids in builder.by_name.values().filter(|ids| ids.len() > 1) {
        let markers: Vec<&Marker> =
            ids.iter().filter_map(|id| builder.packages.get(*id)?.environments.first()).filter_map(|id| builder.marker_of(*id)).collect();
        let wide: Vec<Marker> = markers.iter().map(|marker| marker.with_extras(&all)).collect();
        let narrow = |target: &Environment| {
            all.iter().any(|extra| markers.iter().any(|marker| marker.with_extras(&[extra]).holds(target, &Active::default())))
        };
        let clash = |target: &Environment| match wide.iter().filter(|marker| marker.holds(target, &Active::default())).count() {
            0 => narrow(target),
            1 => false,
            _ => true,
        };
        if markers.iter().any(|marker| marker.depends_on_extras()) && every_target().iter().any(clash) {
            exclusive.extend(markers.iter().flat_map(|marker| marker.extras()).map(str::to_owned));
        }
    }
    if exclusive.is_empty() {
        builder.widen(&all);
    }
    let items = exclusive.into_iter().map(|extra| Item { package: own.name.clone(), part: Part::Extra(extra) });
    builder.conflicting = items.collect();
}

/// Marker values of all targets that the defaults know.
fn every_target() -> Vec<Environment> {
    let platforms = PLATFORMS.iter().filter(|platform| platform.default);
    platforms.flat_map(|platform| MINORS.map(|minor| Target { platform: *platform, python: Python::minor(minor) }.markers())).collect()
}
