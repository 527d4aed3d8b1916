//! Choosing the wheel of a package for a target, and the set of wheels for some roots.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use super::graph::{View, Walk};
use super::model::{Format, Item, Lock, LockedWheel, Package, PackageId};
use crate::tags::{Mismatch, Target, WheelFilename, normalize};

/// A package and the wheel of it that a target gets.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    /// The package.
    pub package: &'a Package,
    /// Its wheel.
    pub wheel: Pick<'a>,
}

/// A wheel, as far as the lock file says which.
#[derive(Clone, Copy, Debug)]
pub enum Pick<'a> {
    /// A wheel of the lock file.
    Locked(&'a LockedWheel),
    /// The wheel that [`super::locate`] finds by the package's hashes: the lock file has no file names.
    OnIndex,
    /// A wheel that the user has put in its place.
    Override(&'a Override),
}

/// A wheel of the user's own in the place of those that the lock file has for a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Normalized package name.
    pub package: String,
    /// Path or label, as given.
    pub place: String,
    /// The wheel's name, where the place tells it: then the wheel is taken only where it fits.
    pub file: Option<WheelFilename>,
}

/// An override that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Not an override: `{text}`\nhint: {hint}")]
pub struct OverrideError {
    text: String,
    hint: String,
}

impl FromStr for Override {
    type Err = OverrideError;

    /// `PACKAGE=PLACE`, the place a path or a label, of a wheel if it ends in `.whl`.
    fn from_str(text: &str) -> Result<Self, OverrideError> {
        let error = |hint: String| OverrideError { text: text.to_owned(), hint };
        let parts = text.split_once('=').filter(|(package, place)| !package.is_empty() && !place.is_empty());
        let (package, place) = parts.ok_or_else(|| error("write `PACKAGE=FILE`".to_owned()))?;
        let package = normalize(package);
        let name = place.rsplit(['/', ':', '\\']).next().unwrap_or_default();
        let file = match name.ends_with(".whl") {
            true => Some(name.parse::<WheelFilename>().map_err(|problem| error(problem.to_string()))?),
            false => None,
        };
        match &file {
            Some(file) if file.name() != package => Err(error(format!("the wheel is of another project, `{}`", file.name()))),
            _ => Ok(Self { package, place: place.to_owned(), file }),
        }
    }
}

/// What a target cannot have, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChooseError {
    /// A name that the lock file does not have.
    #[error("Nothing of this name in the lock file: `{name}`\nhint: {}", super::error::hint(known))]
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
pub fn choose<'a>(lock: &'a Lock, target: Target, roots: &[Item], overrides: &'a [Override]) -> Result<Vec<Chosen<'a>>, ChooseError> {
    let (view, walk) = closure(lock, target, roots)?;
    let mut chosen = Vec::new();
    for package in walk.by_name.values().filter_map(|id| lock.packages.get(*id)).filter(|package| !package.project) {
        let place = best(&view, package, overrides).ok_or_else(|| ChooseError::NoWheel { message: refusal(&view, package) })?;
        let wheel = match place {
            Place::Wheel(index) => package.wheels.get(index).map(Pick::Locked),
            Place::OnIndex => Some(Pick::OnIndex),
            Place::Override(index) => overrides.get(index).map(Pick::Override),
        };
        chosen.extend(wheel.map(|wheel| Chosen { package, wheel }));
    }
    Ok(chosen)
}

/// The first-party projects among what `roots` need on `target`, sorted by name, the roots' own project among them.
///
/// # Errors
/// Where a root is unknown, or the lock is not for this target.
pub fn projects<'a>(lock: &'a Lock, target: Target, roots: &[Item]) -> Result<Vec<&'a Package>, ChooseError> {
    let (_, walk) = closure(lock, target, roots)?;
    Ok(walk.by_name.values().filter_map(|id| lock.packages.get(*id)).filter(|package| package.project).collect())
}

/// What `roots` reach on `target`.
fn closure<'a>(lock: &'a Lock, target: Target, roots: &[Item]) -> Result<(View<'a>, Walk), ChooseError> {
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
    Ok((view, walk))
}

fn unknown(name: String, known: impl Iterator<Item = String>) -> ChooseError {
    ChooseError::Unknown { name, known: known.filter(|name| !name.is_empty()).collect() }
}

/// Where a package's wheel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Among the package's wheels.
    Wheel(usize),
    /// On an index, found by hash.
    OnIndex,
    /// Among the overrides.
    Override(usize),
}

/// The wheel that fits best: the user's own, else by its best tag, then by the higher build, then the first in the file. Poetry looks at the
/// build first.
pub(super) fn best(view: &View<'_>, package: &Package, overrides: &[Override]) -> Option<Place> {
    let own = overrides.iter().enumerate().filter(|(_, own)| own.package == package.name);
    let fitting = own.filter_map(|(index, own)| Some((own.file.as_ref().map_or(Some(None), |file| view.fit(file).map(Some))?, index)));
    if let Some((_, index)) = fitting.min() {
        return Some(Place::Override(index));
    }
    let build_first = view.lock.format == Format::Poetry;
    let rank = |(index, wheel): (usize, &'_ LockedWheel)| {
        let (fit, build) = (view.tags.fit(&wheel.tags).ok()?, Reverse(wheel.file.build().map(|(number, rest)| (number, rest.to_owned()))));
        Some((build_first.then(|| build.clone()), fit, build, index))
    };
    let usable = package.wheels.iter().enumerate().filter(|(_, wheel)| !wheel.sha256.is_empty() || package.unhashed);
    usable.filter_map(rank).min().map(|(.., index)| Place::Wheel(index)).or(package.on_index.then_some(Place::OnIndex))
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
    text.push_str(super::error::OWN_WHEEL);
    text
}
