//! What to run: checked at build time, with the nearest names where it does not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::error::{AppError, nearest};
use super::first_party::FirstPartyFile;
use super::input::Application;
use super::manifest::Entry;
use super::plan::PlannedWheel;

/// Resolves the entry of `application` against what it holds.
///
/// # Errors
/// Where not exactly one entry is given or it does not exist.
pub fn resolve(
    application: &Application,
    files: &[FirstPartyFile],
    imports: &BTreeSet<String>,
    wheels: &[PlannedWheel],
) -> Result<Entry, AppError> {
    let origin = application.origin.clone();
    match (&application.main, &application.entry_point, &application.script) {
        (Some(dest), None, None) => {
            if files.iter().any(|file| file.dest == *dest) {
                return Ok(Entry::File { path: dest.clone() });
            }
            let nearest = nearest(dest, files.iter().map(|file| file.dest.as_str()).filter(|dest| dest.ends_with(".py")));
            Err(AppError::MainMissing { origin, dest: dest.clone(), nearest })
        }
        (None, Some(entry), None) => {
            let (module, attr) = split(&origin, entry)?;
            find(&origin, entry, module, attr, &Modules::new(files, imports, wheels))?;
            Ok(Entry::Attr { module: module.to_owned(), attr: attr.to_owned() })
        }
        (None, None, Some(script)) => {
            let scripts: BTreeMap<&str, &str> = wheels
                .iter()
                .flat_map(|wheel| wheel.facts.gui_scripts.iter().chain(&wheel.facts.console_scripts))
                .map(|(name, target)| (name.as_str(), target.as_str()))
                .collect();
            let Some(target) = scripts.get(script.as_str()) else {
                return Err(AppError::ScriptMissing { origin, script: script.clone(), nearest: nearest(script, scripts.into_keys()) });
            };
            let (module, attr) = split(&origin, target)?;
            Ok(Entry::Attr { module: module.to_owned(), attr: attr.to_owned() })
        }
        (main, entry_point, script) => {
            let given: Vec<&str> = [("main", main), ("entry_point", entry_point), ("script", script)]
                .iter()
                .filter_map(|(name, value)| value.as_ref().map(|_| *name))
                .collect();
            let found = if given.is_empty() { "none".to_owned() } else { given.join(" and ") };
            Err(AppError::EntryCount { origin, found })
        }
    }
}

/// `module:attr`, both dotted names (entry points specification, "Data model"; extras are gone already).
fn split<'a>(origin: &str, entry: &'a str) -> Result<(&'a str, &'a str), AppError> {
    let dotted = |name: &str| name.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'));
    match entry.split_once(':') {
        Some((module, attr)) if dotted(module) && dotted(attr) => Ok((module, attr)),
        _ => Err(AppError::EntrySyntax { origin: origin.to_owned(), entry: entry.to_owned() }),
    }
}

/// Every module of the application by dotted name, with its file where that is first-party.
struct Modules<'a> {
    names: BTreeMap<String, Option<&'a FirstPartyFile>>,
}

impl<'a> Modules<'a> {
    fn new(files: &'a [FirstPartyFile], imports: &BTreeSet<String>, wheels: &[PlannedWheel]) -> Self {
        let mut names = BTreeMap::new();
        for file in files {
            for root in imports {
                if let Some(name) = file.dest.strip_prefix(root.as_str()).and_then(|rest| module_name(rest.strip_prefix('/')?)) {
                    names.insert(name, Some(file));
                }
            }
        }
        for file in wheels.iter().flat_map(|wheel| &wheel.facts.files) {
            if let Some(name) = file.path.strip_prefix("site-packages/").and_then(module_name) {
                names.entry(name).or_insert(None);
            }
        }
        Self { names }
    }
}

/// `a/b/__init__.py` and `a/b.cpython-311-x86_64-linux-gnu.so` are both `a.b`.
fn module_name(path: &str) -> Option<String> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = match file.rsplit_once('.')? {
        (stem, "py" | "pyc") => stem,
        (stem, "so" | "pyd") => stem.split('.').next()?,
        _ => return None,
    };
    let name = match (folder, stem) {
        ("", "__init__") => return None,
        (_, "__init__") => folder.to_owned(),
        ("", _) => stem.to_owned(),
        _ => format!("{folder}/{stem}"),
    };
    Some(name.replace('/', "."))
}

fn find(origin: &str, entry: &str, module: &str, attr: &str, modules: &Modules<'_>) -> Result<(), AppError> {
    let Some(file) = modules.names.get(module) else {
        return Err(AppError::ModuleMissing {
            origin: origin.to_owned(),
            entry: entry.to_owned(),
            module: module.to_owned(),
            nearest: nearest(module, modules.names.keys().map(String::as_str)),
        });
    };
    let Some(file) = file.filter(|file| file.dest.ends_with(".py")) else { return Ok(()) };
    let text = fs::read(&file.path).map_err(|source| AppError::Read { path: file.path.clone(), source })?;
    let text = String::from_utf8_lossy(&text);
    let first = attr.split('.').next().unwrap_or(attr);
    if may_define(&text, first) {
        return Ok(());
    }
    Err(AppError::AttributeMissing {
        origin: origin.to_owned(),
        entry: entry.to_owned(),
        file: file.dest.clone(),
        attribute: first.to_owned(),
        nearest: nearest(first, defined(&text)),
    })
}

/// Whether a module's text may define `name`. Python is not parsed here: a name that does not even stand in the text, in a module that
/// makes no names dynamically, is surely missing; everything else is left to run time.
fn may_define(text: &str, name: &str) -> bool {
    let words = || text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    let dynamic = ["globals", "__getattr__", "exec", "setattr", "vars", "__dict__", "extend_path"];
    words().any(|word| word == name || dynamic.contains(&word)) || text.contains("import *")
}

/// Names that top-level statements define, for the hint.
fn defined(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let rest = ["def ", "async def ", "class "].iter().find_map(|keyword| line.strip_prefix(keyword));
        let candidate = match rest {
            Some(rest) => rest.split(['(', ':', '[']).next()?,
            None => line.split_once('=').map(|(name, _)| name)?,
        };
        let name = candidate.trim();
        (!line.starts_with([' ', '\t']) && !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_names() {
        let names = ["a/__init__.py", "a/b.py", "c.cpython-311-x86_64-linux-gnu.so", "__init__.py", "a/data.txt", "d.abi3.so"];
        let found: Vec<Option<String>> = names.iter().map(|name| module_name(name)).collect();
        assert_eq!(found, [Some("a".into()), Some("a.b".into()), Some("c".into()), None, None, Some("d".into())]);
    }

    #[test]
    fn attributes_are_missed_only_when_surely_missing() {
        assert!(may_define("def main():\n    pass\n", "main"));
        assert!(!may_define("def main():\n    pass\n", "run"));
        assert!(may_define("from x import *\n", "run"));
        assert_eq!(defined("def main(a):\n  x = 1\napp = FastAPI()\nclass A:\n").collect::<Vec<_>>(), ["main", "app", "A"]);
    }
}
