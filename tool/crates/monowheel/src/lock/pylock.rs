//! Reading `pylock.toml` (PEP 751; the "pylock.toml specification").
//!
//! The file is a list of packages, each with a marker that says when it is installed; extras and dependency groups are sets in those markers.
//! `packages.dependencies`, which many lockers leave out, is for people and audits, not for installing; it is used here for what a single
//! package brings, and where no package has it, each brings all that the file installs.

use std::collections::BTreeSet;
use std::str::FromStr;

use pep440_rs::VersionSpecifiers;

use super::builder::{Builder, NewWheel, check_path, file_name, sha256_digits};
use super::document::{Source, Table, Value};
use super::error::{LockError, Problem};
use super::model::{Dependency, Format, Item, Location, Lock, LockedWheel, MarkerId, Package, PackageId, Part};
use crate::tags::normalize;

/// Reads a `pylock.toml`.
pub(super) fn read(source: &Source) -> Result<Lock, LockError> {
    let document = source.parse()?;
    let root = Table::root(source, &document);
    let version = root.need("lock-version")?;
    if version.text()?.split('.').next() != Some("1") {
        let known = "version 1 of pylock.toml is known; update this program";
        return Err(version.error(Problem::Version { version: version.text()?.to_owned(), known }));
    }
    let mut builder = Builder::new(source);
    if let Some(value) = root.get("requires-python") {
        builder.requires_python = specifiers(value)?;
    }
    builder.environments = builder.marker_values(&root.array("environments")?)?;
    builder.default_groups = names(&root, "default-groups")?;

    let tables = root.array("packages")?.iter().map(Value::table).collect::<Result<Vec<_>, _>>()?;
    for table in &tables {
        let package = package(table, &mut builder)?;
        builder.push(package).map_err(|problem| table.error(problem))?;
    }
    builder.flat = !tables.iter().any(|table| table.get("dependencies").is_some());
    for (id, table) in tables.iter().enumerate() {
        let dependencies =
            table.array("dependencies")?.iter().map(|value| dependency(&value.table()?, &mut builder)).collect::<Result<_, _>>()?;
        if let Some(package) = builder.packages.get_mut(id) {
            package.dependencies = dependencies;
        }
    }
    let own = project(&root, &tables, &mut builder)?;
    builder.push(own).map_err(|problem| root.error(problem))?;
    Ok(builder.finish(Format::Pylock))
}

fn names(table: &Table<'_>, key: &'static str) -> Result<Vec<String>, LockError> {
    table.array(key)?.iter().map(|value| Ok(normalize(value.text()?))).collect()
}

fn specifiers(value: Value<'_>) -> Result<VersionSpecifiers, LockError> {
    let text = value.text()?;
    VersionSpecifiers::from_str(text).map_err(|_| value.error(Problem::Pep440 { text: text.to_owned() }))
}

fn package(table: &Table<'_>, builder: &mut Builder<'_>) -> Result<Package, LockError> {
    let name = normalize(table.need("name")?.text()?);
    let version = table.text("version")?.unwrap_or_default().to_owned();
    let mut package = Package { name, version, line: table.line(), origin: "wheels".to_owned(), ..Package::default() };
    if let Some(directory) = table.table("directory")? {
        package.project = true;
        package.origin = format!("directory {}", directory.need("path")?.text()?);
    }
    if let Some(vcs) = table.table("vcs")? {
        let place = vcs.text("url")?.or(vcs.text("path")?).unwrap_or_default();
        package.origin = format!("{} {place}", vcs.text("type")?.unwrap_or("vcs"));
        package.sdist = Some(package.origin.clone());
    }
    if let Some(sdist) = table.table("sdist")? {
        package.sdist = sdist.text("name")?.map(str::to_owned).or(location(&sdist)?.map(|(file, _)| file));
    }
    for value in table.array("wheels")? {
        let wheel = wheel(&value.table()?, &package, builder)?;
        package.wheels.push(wheel);
    }
    // An archive can be a wheel as well.
    if let Some(archive) = table.table("archive")? {
        let place = location(&archive)?.map(|(file, _)| file).unwrap_or_default();
        package.origin = format!("archive {place}");
        if place.ends_with(".whl") {
            let wheel = wheel(&archive, &package, builder)?;
            package.wheels.push(wheel);
        } else {
            package.sdist = Some(place);
        }
    }
    let marker = marker_text(table)?;
    let marker = marker.map(|marker| builder.marker(&marker)).transpose().map_err(|problem| table.error(problem))?;
    package.environments = marker.into_iter().collect();
    // One name may stand there several times, for environments that differ.
    package.origin = package.environments.iter().fold(package.origin, |origin, marker| format!("{origin} #{marker}"));
    Ok(package)
}

/// `marker`, with `requires-python` said as one.
fn marker_text(table: &Table<'_>) -> Result<Option<String>, LockError> {
    let marker = table.text("marker")?;
    let Some(value) = table.get("requires-python") else { return Ok(marker.map(str::to_owned)) };
    let python = super::constraint::marker(&specifiers(value)?);
    Ok(match (marker, python) {
        (Some(marker), Some(python)) => Some(format!("({marker}) and {python}")),
        (Some(marker), None) => Some(marker.to_owned()),
        (None, python) => python,
    })
}

/// The file name and the place that `path` or `url` gives.
fn location(table: &Table<'_>) -> Result<Option<(String, Location)>, LockError> {
    if let Some(path) = table.text("path")? {
        let path = path.replace('\\', "/");
        check_path(&path).map_err(|problem| table.error(problem))?;
        return Ok(Some((file_name(&path), Location::Path(path))));
    }
    Ok(table.text("url")?.map(|url| (file_name(url), Location::Url(url.to_owned()))))
}

fn wheel(table: &Table<'_>, package: &Package, builder: &mut Builder<'_>) -> Result<LockedWheel, LockError> {
    let Some((file, location)) = location(table)? else { return Err(table.error(Problem::Missing { key: "url".to_owned() })) };
    let file = table.text("name")?.map_or(file, str::to_owned);
    let hashes = table.need("hashes")?.table()?;
    let sha256 = match hashes.get("sha256") {
        Some(hash) => sha256_digits(hash.text()?).map_err(|problem| hash.error(problem))?,
        None => {
            let kinds: Vec<&str> = hashes.entries().map(|(kind, _)| kind).collect();
            return Err(hashes.error(Problem::Hash { hash: kinds.join(", "), hint: "a file is pinned by its `sha256`" }));
        }
    };
    let size = table.get("size").map(|size| size.number()).transpose()?;
    builder
        .wheel((&package.name, &package.version), NewWheel { file: &file, sha256, location, size })
        .map_err(|problem| table.error(problem))
}

/// An entry of `packages.dependencies`: what is enough to tell a package of the file.
fn dependency(table: &Table<'_>, builder: &mut Builder<'_>) -> Result<Dependency, LockError> {
    let name = normalize(table.need("name")?.text()?);
    let version = table.text("version")?;
    let matches =
        |id: &PackageId| builder.packages.get(*id).is_some_and(|package| version.is_none_or(|version| package.version == version));
    let candidates: Vec<PackageId> = builder.by_name.get(&name).into_iter().flatten().copied().filter(matches).collect();
    if candidates.is_empty() {
        return Err(table.error(Problem::Dangling { package: name }));
    }
    // The packages' own markers say when.
    let marker = any_of(&candidates, builder).map_err(|problem| table.error(problem))?;
    Ok(Dependency { candidates, extras: Vec::new(), marker })
}

/// The marker that holds where one of the packages is installed; none if that is everywhere.
fn any_of(candidates: &[PackageId], builder: &mut Builder<'_>) -> Result<Option<MarkerId>, Problem> {
    let mut markers = Vec::new();
    for package in candidates.iter().filter_map(|id| builder.packages.get(*id)) {
        let Some(marker) = package.environments.first() else { return Ok(None) };
        markers.push(*marker);
    }
    if let [only] = markers.as_slice() {
        return Ok(Some(*only));
    }
    let text: Vec<String> = markers.iter().filter_map(|id| builder.marker_of(*id)).map(|marker| format!("({marker})")).collect();
    builder.marker(&text.join(" or ")).map(Some)
}

/// The project, which has no name in the file: it installs each package whose marker holds.
fn project(root: &Table<'_>, tables: &[Table<'_>], builder: &mut Builder<'_>) -> Result<Package, LockError> {
    let mut own = Package { project: true, origin: "virtual .".to_owned(), ..Package::default() };
    for id in 0..tables.len() {
        let marker = any_of(&[id], builder).map_err(|problem| root.error(problem))?;
        own.dependencies.push(Dependency { candidates: vec![id], extras: Vec::new(), marker });
    }
    for extra in names(root, "extras")? {
        own.extras.insert(extra, own.dependencies.clone());
    }
    for group in names(root, "dependency-groups")? {
        own.groups.insert(group, own.dependencies.clone());
    }
    // What an extra or a group brings, markers say by their names: each is its own world.
    let parts = own.extras.keys().cloned().map(Part::Extra).chain(own.groups.keys().cloned().map(Part::Group));
    let mut items: BTreeSet<Item> = parts.map(|part| Item { package: String::new(), part }).collect();
    if !items.is_empty() || !builder.default_groups.is_empty() {
        items.insert(Item { package: String::new(), part: Part::Base });
    }
    builder.conflicting = items;
    Ok(own)
}
