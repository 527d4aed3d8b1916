//! Two owners of one place: found at build time, with both names, rather than by whichever file happens to be unpacked last.
//!
//! What counts as one place: a path of the environment that two wheels fill, a module that stands under two import roots, and a first-party
//! package that a wheel has too, since Python takes one of them and hides the other. Same bytes are no conflict.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::AppError;
use super::first_party::{Clash, FirstPartyFile, digest};
use super::folding::{Folding, Named};
use super::input::Settlement;
use super::plan::PlannedWheel;

/// The name by which a settlement lets the first-party file win.
pub const FIRST_PARTY: &str = "first-party";
const SITE_PACKAGES: &str = "site-packages/";
/// Files at the top of an import root that are run or collected by path rather than imported by name.
const NOT_IMPORTED: [&str; 4] = ["__init__.py", "__main__.py", "conftest.py", "setup.py"];

/// A conflict that nobody settled.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Conflict {
    place: String,
    owners: Vec<String>,
    /// Whether `conflicts` can settle it: a path of the environment, not one within the first-party tree.
    settleable: bool,
}

struct Place<'a> {
    path: &'a str,
    wheel: usize,
    size: u64,
    hash: &'a str,
}

/// Checks all places, settles what the user settled (filling [`PlannedWheel::drop`]) and fails on the rest.
///
/// # Errors
/// Where a conflict is left, or a file to compare cannot be read.
pub fn settle(
    origin: &str,
    files: &[FirstPartyFile],
    clashes: Vec<Clash>,
    imports: &BTreeSet<String>,
    wheels: &mut [PlannedWheel],
    settlements: &[Settlement],
) -> Result<(), AppError> {
    let own = |clash: Clash| Conflict { place: clash.dest, owners: clash.owners.to_vec(), settleable: false };
    let mut found: Vec<Conflict> = clashes.into_iter().map(own).collect();
    let mut drops: Vec<(usize, String)> = Vec::new();
    {
        let scripts = scripts(wheels);
        let places = places(wheels, &scripts);
        for run in places.chunk_by(|a, b| a.path == b.path).filter(|run| run.iter().any(|place| place.hash != run[0].hash)) {
            match settlement(settlements, run[0].path) {
                Some(settlement) => drops.extend(
                    run.iter()
                        .filter(|place| settlement.winner.as_deref() != Some(&wheels[place.wheel].facts.name))
                        .map(|place| (place.wheel, place.path.to_owned())),
                ),
                None => found.push(Conflict {
                    place: run[0].path.to_owned(),
                    owners: run.iter().map(|place| wheel_owner(wheels, place)).collect(),
                    settleable: true,
                }),
            }
        }
        let modules = modules(files, imports);
        two_roots(&modules, &mut found)?;
        for (place, file) in hidden(&modules, &places)? {
            match settlement(settlements, place.path).map(|settlement| settlement.winner.as_deref()) {
                Some(Some(FIRST_PARTY) | None) => drops.push((place.wheel, place.path.to_owned())),
                Some(Some(_)) => {} // third party comes first on sys.path
                None => found.push(Conflict {
                    place: place.path.to_owned(),
                    owners: vec![wheel_owner(wheels, place), own_owner(file)],
                    settleable: true,
                }),
            }
        }
    }
    for (wheel, path) in drops {
        wheels[wheel].drop.insert(path);
    }
    if found.is_empty() { Ok(()) } else { Err(conflicts(origin, found)) }
}

/// Finds names that the target's file systems take for one, after [`settle`]; settles those of wheels that the user settled and fails on the rest.
///
/// # Errors
/// Where one is left.
pub fn settle_folded(
    origin: &str,
    folding: Folding,
    files: &[FirstPartyFile],
    wheels: &mut [PlannedWheel],
    settlements: &[Settlement],
) -> Result<(), AppError> {
    let own = folding.find(files.iter().map(|file| Named { path: &file.dest, owner: &file.origin }));
    if !own.is_empty() {
        return Err(folding.error(origin, &own, false));
    }
    let found = folding.find(left(wheels));
    let below = |path: &str, name: &str| path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let is_found = |path: &str| found.iter().flat_map(|folded| &folded.spellings).any(|(name, _)| below(path, name));
    for wheel in wheels.iter_mut() {
        let (drop, name) = (&mut wheel.drop, &wheel.facts.name);
        for file in wheel.facts.files.iter().filter(|file| is_found(&file.path)) {
            if settlement(settlements, &file.path).is_some_and(|settlement| settlement.winner.as_ref() != Some(name)) {
                drop.insert(file.path.clone());
            }
        }
    }
    let rest = if found.is_empty() { found } else { folding.find(left(wheels)) };
    if rest.is_empty() { Ok(()) } else { Err(folding.error(origin, &rest, true)) }
}

/// The places of wheels that are not dropped.
fn left(wheels: &[PlannedWheel]) -> impl Iterator<Item = Named<'_>> {
    wheels.iter().flat_map(|wheel| {
        let stay = wheel.facts.files.iter().filter(|file| !wheel.drop.contains(&file.path));
        stay.map(|file| Named { path: &file.path, owner: &wheel.facts.file })
    })
}

fn wheel_owner(wheels: &[PlannedWheel], place: &Place<'_>) -> String {
    format!("{} ({})", wheels[place.wheel].facts.file, bytes(place.size))
}

fn own_owner(file: &FirstPartyFile) -> String {
    format!("{} ({}), first-party, from {}", file.dest, bytes(file.size), file.origin)
}

/// A size for a message.
pub fn bytes(size: u64) -> String {
    if size == 1 { "1 byte".to_owned() } else { format!("{size} bytes") }
}

fn conflicts(origin: &str, mut found: Vec<Conflict>) -> AppError {
    const SHOWN: usize = 10;
    found.sort();
    let count = found.len();
    let mut list = String::new();
    for conflict in found.iter().take(SHOWN) {
        list += &format!("  {}\n", conflict.place);
        for owner in &conflict.owners {
            list += &format!("    {owner}\n");
        }
    }
    if count > SHOWN {
        list += &format!("  and {} more\n", count - SHOWN);
    }
    let hint = match found.iter().find(|conflict| conflict.settleable) {
        Some(conflict) => format!("remove one of the owners, or say who wins: conflicts = {{\"{}\": \"<project>\"}}", conflict.place),
        None => "remove one of the owners, or move it".to_owned(),
    };
    AppError::Conflicts { origin: origin.to_owned(), count, list, hint }
}

/// The console and GUI scripts that will be written, as places with their target in the hash's stead.
fn scripts(wheels: &[PlannedWheel]) -> Vec<(String, usize, String)> {
    let of = |(index, wheel): (usize, &PlannedWheel)| {
        let all = wheel.facts.console_scripts.iter().chain(&wheel.facts.gui_scripts);
        all.map(|(name, target)| (format!("bin/{name}"), index, target.clone())).collect::<Vec<_>>()
    };
    wheels.iter().enumerate().flat_map(of).collect()
}

fn places<'a>(wheels: &'a [PlannedWheel], scripts: &'a [(String, usize, String)]) -> Vec<Place<'a>> {
    let mut places = Vec::with_capacity(wheels.iter().map(|wheel| wheel.facts.files.len()).sum::<usize>() + scripts.len());
    for (wheel, planned) in wheels.iter().enumerate() {
        places.extend(planned.facts.files.iter().map(|file| Place { path: &file.path, wheel, size: file.size, hash: &file.hash }));
    }
    places.extend(scripts.iter().map(|(path, wheel, target)| Place { path, wheel: *wheel, size: 0, hash: target }));
    places.sort_by(|a, b| (a.path, a.wheel).cmp(&(b.path, b.wheel)));
    places
}

fn settlement<'a>(settlements: &'a [Settlement], path: &str) -> Option<&'a Settlement> {
    settlements.iter().find(|settlement| match settlement.path.strip_suffix("/**") {
        Some(folder) => path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')),
        None => settlement.path == path,
    })
}

/// Importable first-party files by their path below each import root.
pub(super) fn modules<'a>(files: &'a [FirstPartyFile], imports: &BTreeSet<String>) -> BTreeMap<&'a str, Vec<&'a FirstPartyFile>> {
    let mut modules: BTreeMap<&str, Vec<&FirstPartyFile>> = BTreeMap::new();
    for root in imports {
        for file in files {
            let below = file.dest.strip_prefix(root.as_str()).and_then(|rest| rest.strip_prefix('/'));
            if let Some(below) = below.filter(|below| is_module(below) && !NOT_IMPORTED.contains(below)) {
                modules.entry(below).or_default().push(file);
            }
        }
    }
    modules
}

fn is_module(path: &str) -> bool {
    [".py", ".so", ".pyd"].iter().any(|suffix| path.ends_with(suffix))
}

fn two_roots(modules: &BTreeMap<&str, Vec<&FirstPartyFile>>, found: &mut Vec<Conflict>) -> Result<(), AppError> {
    for (module, files) in modules.iter().filter(|(_, files)| files.len() > 1) {
        let mut digests = BTreeSet::new();
        for file in files {
            digests.insert(digest(&file.path)?.sha256);
        }
        if digests.len() > 1 {
            let owners = files.iter().map(|file| own_owner(file)).collect();
            found.push(Conflict { place: format!("module {module}, under two import roots"), owners, settleable: false });
        }
    }
    Ok(())
}

/// First-party modules that share a regular package or a module with a wheel: the wheel's place and one of the files.
fn hidden<'a, 'b>(
    modules: &BTreeMap<&'b str, Vec<&'b FirstPartyFile>>,
    places: &'a [Place<'a>],
) -> Result<Vec<(&'a Place<'a>, &'b FirstPartyFile)>, AppError> {
    let at = |path: &str| places.binary_search_by(|place| place.path.cmp(path)).ok().map(|index| &places[index]);
    let mut hidden: BTreeMap<&str, (&Place<'_>, &FirstPartyFile)> = BTreeMap::new();
    for (module, files) in modules {
        // The same file in both, or a first-party file within a package that is regular in a wheel.
        let packages = module.match_indices('/').map(|(end, _)| format!("{SITE_PACKAGES}{}/__init__.py", &module[..end]));
        for path in packages.chain([format!("{SITE_PACKAGES}{module}")]) {
            let Some(place) = at(&path) else { continue };
            let own_init = modules.get(&path[SITE_PACKAGES.len()..]).and_then(|files| files.first());
            let same = match own_init {
                Some(own) => place.hash == record_hash(digest(&own.path)?.sha256),
                None => false,
            };
            if !same {
                hidden.insert(place.path, (place, files[0]));
            }
        }
        // A first-party regular package hides a wheel's part of a namespace package.
        if let Some(package) = module.strip_suffix("__init__.py") {
            let prefix = format!("{SITE_PACKAGES}{package}");
            let from = places.partition_point(|place| place.path < prefix.as_str());
            let init = format!("{prefix}__init__.py");
            if let Some(place) = places.get(from).filter(|place| place.path.starts_with(&prefix) && at(&init).is_none()) {
                hidden.insert(place.path, (place, files[0]));
            }
        }
    }
    Ok(hidden.into_values().collect())
}

/// A digest as RECORD writes it.
fn record_hash(digest: [u8; 32]) -> String {
    format!("sha256={}", URL_SAFE_NO_PAD.encode(digest))
}
