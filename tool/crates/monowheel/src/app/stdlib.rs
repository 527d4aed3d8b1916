//! First-party modules that the standard library hides: it comes first on `sys.path`, so they are never imported.
//!
//! An error rather than a warning: a build system shows no warning of an action that is cached. Only what cannot work counts: a module or a regular package
//! at an import root whose name the standard library has in every version of Python that the application may run on. So a backport for older ones passes, and so
//! does the file that is run by its path.

use std::collections::BTreeMap;

use super::error::AppError;
use super::first_party::FirstPartyFile;
use super::input::Settlement;

/// Public names of `sys.stdlib_module_names`, one a line, with `FIRST-LAST` version where not all from 3.10 to 3.14 have it; of 3.14 those that
/// its release notes add to 3.13's. CPython 3.9 has no such list and counts as 3.10.
const NAMES: &str = include_str!("stdlib/names.txt");
/// The name by which a settlement says that the hidden module is none that is meant to be imported.
const STANDARD_LIBRARY: &str = "standard-library";
const OLDEST: u64 = 10;
const NEWEST: u64 = 14;

/// Fails on first-party modules that are hidden in all of `versions` (`3.11`), but for `main` and those that `settlements` admit.
///
/// # Errors
/// Where there are any.
pub(super) fn check(
    origin: &str,
    main: Option<&str>,
    modules: &BTreeMap<&str, Vec<&FirstPartyFile>>,
    versions: &[String],
    settlements: &[Settlement],
) -> Result<(), AppError> {
    let minors: Vec<u64> = versions.iter().filter_map(|version| version.strip_prefix("3.")?.parse().ok()).collect();
    let admitted = |path: &str| settlements.iter().any(|one| one.path == path && one.winner.as_deref() == Some(STANDARD_LIBRARY));
    let mut list = String::new();
    let mut first = None;
    for (path, files) in modules {
        let Some(name) = top_level(path).filter(|name| minors.iter().all(|minor| has(name, *minor))) else { continue };
        for file in files.iter().filter(|file| Some(file.dest.as_str()) != main && !admitted(path)) {
            first.get_or_insert(*path);
            list += &format!("  import {name} does not find {}, from {}\n", file.dest, file.origin);
        }
    }
    match first {
        Some(path) => Err(AppError::Hidden { origin: origin.to_owned(), list, path: path.to_owned() }),
        None => Ok(()),
    }
}

/// The name by which a file at an import root is imported, unless it is part of a package.
fn top_level(path: &str) -> Option<&str> {
    match path.split_once('/') {
        None => path.split('.').next(),
        Some((package, "__init__.py")) => Some(package),
        Some(_) => None,
    }
}

/// Whether the standard library of 3.`minor` has a module.
fn has(name: &str, minor: u64) -> bool {
    let minor = minor.clamp(OLDEST, NEWEST);
    let version = |text: &str, default| text.strip_prefix("3.").and_then(|minor| minor.parse().ok()).unwrap_or(default);
    let fits = |line: &str| {
        let (found, range) = line.split_once(' ').unwrap_or((line, "-"));
        let (from, to) = range.split_once('-').unwrap_or_default();
        found == name && (version(from, OLDEST)..=version(to, NEWEST)).contains(&minor)
    };
    NAMES.lines().any(fits)
}

#[cfg(test)]
mod tests {
    use super::{NAMES, has, top_level};

    #[test]
    fn names_have_versions() {
        assert!(has("json", 9) && has("json", 13) && has("json", 25));
        assert!(!has("tomllib", 10) && has("tomllib", 11) && has("tomllib", 20));
        assert!(has("imp", 11) && !has("imp", 12));
        assert!(!has("svc", 11) && !has("jso", 11) && !has("json ", 11));
        assert!(NAMES.lines().is_sorted());
    }

    #[test]
    fn modules_and_regular_packages_are_imported_by_their_name() {
        assert_eq!(top_level("json.py"), Some("json"));
        assert_eq!(top_level("json.cpython-311-x86_64-linux-gnu.so"), Some("json"));
        assert_eq!(top_level("json/__init__.py"), Some("json"));
        assert_eq!(top_level("json/decoder.py"), None);
        assert_eq!(top_level("svc/json/__init__.py"), None);
    }
}
