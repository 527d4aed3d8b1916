//! Reading `uv.lock`, all revisions of version 1.
//!
//! The format has no specification; the source of truth is uv's own reader (`uv-resolver/src/lock/mod.rs`). A dependency names one package:
//! by name alone where that is unique, else with version and source. Markers of conflicting extras and groups are encoded as extras
//! (`extra == 'extra-3-foo-bar'`, `'group-3-foo-dev'`, `'project-3-foo'`): see [`super::graph`].

use std::collections::BTreeMap;
use std::str::FromStr;

use pep440_rs::VersionSpecifiers;

use super::builder::{Builder, NewWheel, file_name, join, sha256};
use super::document::{Source, Table, Value};
use super::error::{LockError, Problem};
use super::model::{Dependency, Format, Item, Location, Lock, LockedWheel, Package, PackageId, Part};
use crate::tags::normalize;

/// Reads a `uv.lock`.
pub(super) fn read(source: &Source) -> Result<Lock, LockError> {
    let document = source.parse()?;
    let root = Table::root(source, &document);
    let version = root.need("version")?;
    if version.number()? != 1 {
        let known = "version 1 of uv.lock is known; update this program, or lock with a uv that writes it";
        return Err(version.error(Problem::Version { version: version.number()?.to_string(), known }));
    }
    let mut builder = Builder::new(source);
    if let Some(value) = root.get("requires-python") {
        let text = value.text()?;
        builder.requires_python = VersionSpecifiers::from_str(text).map_err(|_| value.error(Problem::Pep440 { text: text.to_owned() }))?;
    }
    builder.environments = builder.marker_values(&root.array("supported-markers")?)?;
    conflicts(&root, &mut builder)?;

    let key = if root.get("package").is_some() { "package" } else { "distribution" };
    let tables = root.array(key)?.iter().map(Value::table).collect::<Result<Vec<_>, _>>()?;
    for table in &tables {
        let package = package(table, &mut builder)?;
        builder.push(package).map_err(|problem| table.error(problem))?;
    }
    for (id, table) in tables.iter().enumerate() {
        let base = dependencies(&table.array("dependencies")?, &mut builder)?;
        let extras = dependency_lists(table, "optional-dependencies", &mut builder)?;
        let mut groups = dependency_lists(table, "dev-dependencies", &mut builder)?;
        groups.extend(dependency_lists(table, "dependency-groups", &mut builder)?);
        if let Some(package) = builder.packages.get_mut(id) {
            package.dependencies = base;
            package.extras = extras;
            package.groups = groups;
        }
    }
    if let Some(manifest) = root.table("manifest")? {
        rootless(&manifest, &mut builder)?;
    }
    Ok(builder.finish(Format::Uv))
}

/// `conflicts = [[{ package, extra | group }, …], …]`
fn conflicts(root: &Table<'_>, builder: &mut Builder<'_>) -> Result<(), LockError> {
    for set in root.array("conflicts")? {
        for item in set.array()? {
            let item = item.table()?;
            let package = normalize(item.need("package")?.text()?);
            let part = match (item.text("extra")?, item.text("group")?) {
                (Some(extra), _) => Part::Extra(normalize(extra)),
                (None, Some(group)) => Part::Group(normalize(group)),
                (None, None) => Part::Base,
            };
            builder.conflicting.insert(Item { package, part });
        }
    }
    Ok(())
}

fn package(table: &Table<'_>, builder: &mut Builder<'_>) -> Result<Package, LockError> {
    let name = normalize(table.need("name")?.text()?);
    let version = table.text("version")?.unwrap_or_default().to_owned();
    let from = table.need("source")?.table()?;
    let (origin, project) = origin(&from)?;
    let mut wheels = Vec::new();
    for value in table.array("wheels")? {
        wheels.push(wheel(&value.table()?, &from, (&name, &version), builder)?);
    }
    let sdist = match table.table("sdist")? {
        Some(sdist) => sdist.text("url")?.or(sdist.text("path")?).map(file_name),
        None => (origin.starts_with("git ") || (wheels.is_empty() && origin.starts_with("url "))).then(|| origin.clone()),
    };
    let environments = builder.marker_values(&table.array("resolution-markers")?)?;
    Ok(Package { name, version, origin, project, line: table.line(), environments, wheels, sdist, ..Package::default() })
}

/// What kind of source it is, in words that tell sources apart, and whether that is first-party.
fn origin(from: &Table<'_>) -> Result<(String, bool), LockError> {
    for (key, project) in
        [("registry", false), ("git", false), ("url", false), ("path", false), ("directory", true), ("editable", true), ("virtual", true)]
    {
        if let Some(place) = from.text(key)? {
            return Ok((format!("{key} {place}"), project));
        }
    }
    Err(from.error(Problem::Other { message: "Unknown kind of source".to_owned() }))
}

fn wheel(table: &Table<'_>, from: &Table<'_>, package: (&str, &str), builder: &mut Builder<'_>) -> Result<LockedWheel, LockError> {
    let (file, location) = match (table.text("url")?, table.text("path")?, table.text("filename")?) {
        (Some(url), ..) => (file_name(url), Location::Url(url.to_owned())),
        // A registry that is a folder: the path counts from there.
        (None, Some(path), _) => (file_name(path), Location::Path(join(from.text("registry")?.unwrap_or_default(), path))),
        (None, None, Some(file)) => (file.to_owned(), Location::Path(from.text("path")?.unwrap_or(file).to_owned())),
        (None, None, None) => return Err(table.error(Problem::Missing { key: "url".to_owned() })),
    };
    let sha256 = match table.get("hash") {
        Some(hash) => sha256(hash.text()?).map_err(|problem| hash.error(problem))?,
        None => String::new(),
    };
    let size = table.get("size").map(|size| size.number()).transpose()?;
    builder.wheel(package, NewWheel { file: &file, sha256, location, size }).map_err(|problem| table.error(problem))
}

fn dependency_lists(
    table: &Table<'_>,
    key: &'static str,
    builder: &mut Builder<'_>,
) -> Result<BTreeMap<String, Vec<Dependency>>, LockError> {
    let mut lists = BTreeMap::new();
    if let Some(table) = table.table(key)? {
        for (name, values) in table.entries() {
            lists.insert(normalize(name), dependencies(&values.array()?, builder)?);
        }
    }
    Ok(lists)
}

fn dependencies(values: &[Value<'_>], builder: &mut Builder<'_>) -> Result<Vec<Dependency>, LockError> {
    values.iter().map(|value| dependency(&value.table()?, builder)).collect()
}

fn dependency(table: &Table<'_>, builder: &mut Builder<'_>) -> Result<Dependency, LockError> {
    let name = normalize(table.need("name")?.text()?);
    let version = table.text("version")?;
    let from = table.table("source")?.map(|from| origin(&from)).transpose()?;
    let matches = |id: &PackageId| {
        builder.packages.get(*id).is_some_and(|package| {
            version.is_none_or(|version| package.version == version) && from.as_ref().is_none_or(|(origin, _)| package.origin == *origin)
        })
    };
    let candidates: Vec<PackageId> = builder.by_name.get(&name).into_iter().flatten().copied().filter(matches).collect();
    if candidates.is_empty() {
        let package = version.map_or_else(|| name.clone(), |version| format!("{name} {version}"));
        return Err(table.error(Problem::Dangling { package }));
    }
    // `extra` on a dependency, `extras` on a requirement of the manifest.
    let mut extras = Vec::new();
    for value in table.array("extra")?.iter().chain(&table.array("extras")?) {
        extras.push(normalize(value.text()?));
    }
    let marker = table.get("marker").map(|marker| builder.marker_value(marker)).transpose()?;
    Ok(Dependency { candidates, extras, marker })
}

/// What a workspace without a project of its own, or a script (PEP 723), asks for: a project without a name.
fn rootless(manifest: &Table<'_>, builder: &mut Builder<'_>) -> Result<(), LockError> {
    let base = dependencies(&manifest.array("requirements")?, builder)?;
    let groups = dependency_lists(manifest, "dependency-groups", builder)?;
    if base.is_empty() && groups.is_empty() {
        return Ok(());
    }
    let origin = "virtual .".to_owned();
    let own = Package { origin, project: true, line: manifest.line(), dependencies: base, groups, ..Package::default() };
    builder.push(own).map(drop).map_err(|problem| manifest.error(problem))
}
