//! What `pyproject.toml` wishes for: only for locks that do not say it themselves.
//!
//! Read are the name, `[project]` (PEP 621), `[dependency-groups]` (PEP 735) and `[tool.poetry]`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::document::{Source, Table, Value};
use super::error::{LockError, Problem};
use super::requirement;
use crate::tags::normalize;

/// A project's wishes.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// Normalized name; empty where there is none.
    pub name: String,
    pub(super) dependencies: Vec<Wish>,
    pub(super) extras: BTreeMap<String, Vec<Wish>>,
    pub(super) groups: BTreeMap<String, Vec<Wish>>,
}

/// One wish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// Normalized.
    pub name: String,
    pub constraint: Option<String>,
    pub extras: Vec<String>,
    pub marker: Option<String>,
    pub optional: bool,
}

impl Project {
    /// Reads a `pyproject.toml`.
    ///
    /// # Errors
    /// Where it cannot be read, or anything that matters in it is wrong.
    pub fn read(path: &Path) -> Result<Self, LockError> {
        let text = std::fs::read_to_string(path).map_err(|source| LockError::Read { path: path.to_owned(), source })?;
        let source = Source::new(path, text);
        let document = source.parse()?;
        let root = Table::root(&source, &document);
        let mut project = Self::default();
        let standard = root.table("project")?;
        let poetry = root.table("tool")?.map(|tool| tool.table("poetry")).transpose()?.flatten();
        for table in standard.iter().chain(&poetry) {
            if let Some(name) = table.text("name")?.filter(|_| project.name.is_empty()) {
                project.name = normalize(name);
            }
        }
        if let Some(standard) = standard {
            project.dependencies = requirements(&standard.array("dependencies")?)?;
            for (extra, values) in standard.table("optional-dependencies")?.iter().flat_map(Table::entries) {
                project.extras.insert(normalize(extra), requirements(&values.array()?)?);
            }
        }
        if let Some(groups) = root.table("dependency-groups")? {
            for (group, _) in groups.entries() {
                let mut wishes = Vec::new();
                group_of(&groups, group, &mut BTreeSet::new(), &mut wishes)?;
                project.groups.insert(normalize(group), wishes);
            }
        }
        if let Some(poetry) = poetry {
            project.poetry(&poetry)?;
        }
        Ok(project)
    }

    fn poetry(&mut self, poetry: &Table<'_>) -> Result<(), LockError> {
        let mut optional = BTreeMap::new();
        for wish in table_of(poetry.table("dependencies")?)? {
            if wish.optional {
                optional.insert(wish.name.clone(), wish);
            } else {
                self.dependencies.push(wish);
            }
        }
        for (extra, names) in poetry.table("extras")?.iter().flat_map(Table::entries) {
            let wishes = self.extras.entry(normalize(extra)).or_default();
            for name in names.array()? {
                wishes.extend(optional.get(&normalize(name.text()?)).cloned());
            }
        }
        let old = table_of(poetry.table("dev-dependencies")?)?;
        if !old.is_empty() {
            self.groups.entry("dev".to_owned()).or_default().extend(old);
        }
        for (group, value) in poetry.table("group")?.iter().flat_map(Table::entries) {
            let wishes = table_of(value.table()?.table("dependencies")?)?;
            self.groups.entry(normalize(group)).or_default().extend(wishes);
        }
        Ok(())
    }
}

/// A group with those that it includes; a group that includes itself is an error elsewhere, here it ends.
fn group_of(groups: &Table<'_>, group: &str, seen: &mut BTreeSet<String>, wishes: &mut Vec<Wish>) -> Result<(), LockError> {
    if !seen.insert(normalize(group)) {
        return Ok(());
    }
    let Some((_, values)) = groups.entries().find(|(name, _)| normalize(name) == normalize(group)) else {
        return Err(groups.error(Problem::Missing { key: group.to_owned() }));
    };
    for value in values.array()? {
        match value.as_text() {
            Some(_) => wishes.extend(requirements(&[value])?),
            None => {
                if let Some(included) = value.table()?.text("include-group")? {
                    group_of(groups, included, seen, wishes)?;
                }
            }
        }
    }
    Ok(())
}

fn requirements(values: &[Value<'_>]) -> Result<Vec<Wish>, LockError> {
    let read = |value: &Value<'_>| {
        let requirement = requirement::parse(value.text()?).map_err(|message| value.error(Problem::Other { message }))?;
        let constraint = Some(requirement.specifiers.to_owned()).filter(|specifiers| !specifiers.is_empty());
        let marker = requirement.marker.map(str::to_owned);
        Ok(Wish { name: requirement.name, constraint, extras: requirement.extras, marker, optional: false })
    };
    values.iter().map(read).collect()
}

/// A table of poetry's dependencies, without `python`.
fn table_of(table: Option<Table<'_>>) -> Result<Vec<Wish>, LockError> {
    let mut wishes = Vec::new();
    for (name, value) in table.iter().flat_map(Table::entries) {
        let name = normalize(name);
        if name == "python" {
            continue;
        }
        let values = if value.as_text().is_some() || value.table().is_ok() { vec![value] } else { value.array()? };
        for value in values {
            wishes.push(Wish::read(&name, value)?);
        }
    }
    Ok(wishes)
}

impl Wish {
    /// A dependency as poetry writes it: a constraint, or a table.
    pub fn read(name: &str, value: Value<'_>) -> Result<Self, LockError> {
        let mut wish = Self { name: name.to_owned(), ..Self::default() };
        if let Some(constraint) = value.as_text() {
            wish.constraint = Some(constraint.to_owned());
            return Ok(wish);
        }
        let table = value.table()?;
        wish.constraint = table.text("version")?.map(str::to_owned);
        for extra in table.array("extras")? {
            wish.extras.push(normalize(extra.text()?));
        }
        wish.optional = table.get("optional").map(|optional| optional.flag()).transpose()?.unwrap_or_default();
        wish.marker = marker(&table)?;
        Ok(wish)
    }
}

/// `markers`, with `python` and `platform` said as markers.
fn marker(table: &Table<'_>) -> Result<Option<String>, LockError> {
    let mut parts: Vec<String> = table.text("markers")?.map(|marker| format!("({marker})")).into_iter().collect();
    if let Some(platform) = table.text("platform")? {
        parts.push(format!("sys_platform == '{platform}'"));
    }
    if let Some(value) = table.get("python") {
        let text = value.text()?;
        let constraint: super::constraint::Constraint =
            text.parse().map_err(|()| value.error(Problem::Pep440 { text: text.to_owned() }))?;
        parts.extend(constraint.marker());
    }
    Ok((!parts.is_empty()).then(|| parts.join(" and ")))
}
