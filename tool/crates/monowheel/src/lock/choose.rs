//! Choosing the wheel of a package for a target, and the set of wheels for some roots.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::graph::View;
use super::model::{Format, Item, Lock, LockedWheel, Package, PackageId};
use crate::tags::{Mismatch, Target};

/// A package and the wheel of it that a target gets.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    /// The package.
    pub package: &'a Package,
    /// Its wheel.
    pub wheel: &'a LockedWheel,
}

/// What a target cannot have, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChooseError {
    /// A name that the lock file does not have.
    #[error("Nothing of this name in the lock file: `{name}`\nhint: it has {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What is there.
        known: Vec<String>,
    },
    /// No version of a package is for this target, or two are needed at once.
    #[error("{message}")]
    Version {
        /// All of it, in words.
        message: String,
    },
    /// No wheel fits.
    #[error("{message}")]
    NoWheel {
        /// All of it, in words.
        message: String,
    },
}

/// The wheels that `roots` need on `target`, sorted by package name; projects, which have none, are left out.
///
/// # Errors
/// Where a root is unknown, or a package that is needed has no wheel that fits.
pub fn choose<'a>(lock: &'a Lock, target: Target, roots: &[Item]) -> Result<Vec<Chosen<'a>>, ChooseError> {
    let view = View::new(lock, target, BTreeSet::new());
    let mut starts = Vec::new();
    for item in roots {
        let admitted = view.admitted(view.lock.named(&item.package));
        let has = |id: &PackageId| lock.packages.get(*id).is_some_and(|package| package.part(&item.part).is_some());
        match admitted.as_slice() {
            [] if lock.named(&item.package).is_empty() => return Err(unknown(item.package.clone(), lock.by_name.keys().cloned())),
            [] => return Err(ChooseError::Version { message: view.no_version_of(&item.package) }),
            admitted if admitted.iter().any(has) => starts.extend(view.pick(admitted).map(|id| (id, item.part.clone()))),
            [first, ..] => {
                let package = lock.packages.get(*first);
                let extras =
                    package.into_iter().flat_map(|package| package.extras.keys().map(|extra| format!("{}[{extra}]", package.name)));
                let groups = package.into_iter().flat_map(|package| package.groups.keys().map(|group| format!("group {group}")));
                return Err(unknown(item.to_string(), extras.chain(groups)));
            }
        }
    }
    let walk = view.walk(&starts).map_err(|message| ChooseError::Version { message })?;
    let mut chosen = Vec::new();
    for package in walk.by_name.values().filter_map(|id| lock.packages.get(*id)).filter(|package| !package.project) {
        let wheel = best(&view, package).and_then(|index| package.wheels.get(index));
        let wheel = wheel.ok_or_else(|| ChooseError::NoWheel { message: refusal(&view, package) })?;
        chosen.push(Chosen { package, wheel });
    }
    Ok(chosen)
}

fn unknown(name: String, known: impl Iterator<Item = String>) -> ChooseError {
    ChooseError::Unknown { name, known: known.filter(|name| !name.is_empty()).collect() }
}

/// The wheel that fits best: by its best tag, then by the higher build, then the first in the file. Poetry looks at the build first.
pub(super) fn best(view: &View<'_>, package: &Package) -> Option<usize> {
    let build_first = view.lock.format == Format::Poetry;
    let rank = |(index, wheel): (usize, &'_ LockedWheel)| {
        let (fit, build) = (view.tags.fit(&wheel.tags).ok()?, Reverse(wheel.file.build().map(|(number, rest)| (number, rest.to_owned()))));
        Some((build_first.then(|| build.clone()), fit, build, index))
    };
    let usable = package.wheels.iter().enumerate().filter(|(_, wheel)| !wheel.sha256.is_empty());
    usable.filter_map(rank).min().map(|(.., index)| index)
}

/// Why no wheel of `package` fits: the candidates, what refused each, and the way out.
pub(super) fn refusal(view: &View<'_>, package: &Package) -> String {
    let mut text = format!("No wheel of {} in the lock file fits {}", package.label(), view.place());
    let mut far: BTreeMap<&str, usize> = BTreeMap::new();
    for wheel in &package.wheels {
        let why = match view.tags.fit(&wheel.tags) {
            Ok(_) => "has no hash in the lock file, so it cannot be pinned",
            Err(Mismatch::Python) if view.tags.fits_platform(&wheel.tags) => "is for another Python",
            Err(Mismatch::Platform) => "is for another platform",
            Err(Mismatch::Python) => {
                *far.entry("for another Python and another platform").or_default() += 1;
                continue;
            }
        };
        text.push_str(&format!("\n  {} {why}", wheel.file));
    }
    for (why, count) in far {
        text.push_str(&format!("\n  {count} more {} {why}", if count == 1 { "is" } else { "are" }));
    }
    match &package.sdist {
        Some(sdist) if package.wheels.is_empty() => {
            text.push_str(&format!("\n  {sdist} is a source distribution, which is not built here"))
        }
        None if package.wheels.is_empty() => text.push_str(&format!("\n  it lists no file ({})", package.origin)),
        _ => {}
    }
    text.push_str("\nhint: build or find a wheel of it and name it with `wheels.override(...)`");
    text
}
