//! The dependency graph of a lock as one target sees it.
//!
//! Markers are evaluated for the target, with the extras and groups that are active. Those matter in locks with conflicts: uv then encodes
//! "under extra `x` of package `p`" as `extra == 'extra-1-p-x'`, so what a package depends on can differ by what was asked for.

use std::collections::{BTreeMap, BTreeSet};

use pep440_rs::Version;

use super::model::{Dependency, Format, Item, Lock, MarkerId, Package, PackageId, Part};
use crate::markers::{Active, Environment};
use crate::tags::{Rank, Tags, TagsTable, Target, WheelFilename};

/// A lock as one target sees it.
#[derive(Clone, Debug)]
pub(super) struct View<'a> {
    pub lock: &'a Lock,
    pub target: Target,
    pub tags: Tags,
    environment: Environment,
    active: BTreeSet<Item>,
    holds: Vec<bool>,
    /// Where several versions of a name are for this target: those that some dependency cannot do without.
    needed: BTreeMap<&'a str, BTreeSet<PackageId>>,
}

/// What can be reached from some roots.
#[derive(Clone, Debug, Default)]
pub(super) struct Walk {
    /// Packages with their parts.
    pub reached: BTreeSet<(PackageId, Part)>,
    /// The one package of each name.
    pub by_name: BTreeMap<String, PackageId>,
}

impl<'a> View<'a> {
    pub fn new(lock: &'a Lock, target: Target, active: BTreeSet<Item>) -> Self {
        let environment = target.markers();
        let names = active_names(lock, &active);
        let holds = lock.markers.iter().map(|marker| marker.holds(&environment, &names)).collect();
        let mut view = Self { lock, target, tags: lock.tags.rank(&target), environment, active, holds, needed: BTreeMap::new() };
        view.needed = view.find_needed();
        view
    }

    /// Poetry writes locks in which two versions of a name are for one target, one of which does not suit all who need it.
    fn find_needed(&self) -> BTreeMap<&'a str, BTreeSet<PackageId>> {
        let mut needed: BTreeMap<&str, BTreeSet<PackageId>> = BTreeMap::new();
        if self.lock.format != Format::Poetry || self.lock.by_name.len() == self.lock.packages.len() {
            return needed;
        }
        for package in &self.lock.packages {
            let lists = package.extras.values().chain(package.groups.values()).chain([&package.dependencies]);
            for dependency in lists.flatten().filter(|dependency| self.holds(dependency.marker)) {
                let fitting: Vec<PackageId> = dependency.candidates.iter().copied().filter(|id| self.fits(*id)).collect();
                if let [only] = fitting.as_slice()
                    && let Some(name) = self.package(*only).map(|package| package.name.as_str())
                    && self.lock.named(name).len() > 1
                {
                    needed.entry(name).or_default().insert(*only);
                }
            }
        }
        needed
    }

    /// How well a wheel fits that the lock does not have.
    pub fn fit(&self, file: &WheelFilename) -> Option<Rank> {
        let mut table = TagsTable::default();
        let set = table.number(file);
        table.rank(&self.target).fit(&set).ok()
    }

    /// The extras and groups that are active from the start.
    pub fn asked(&self) -> &BTreeSet<Item> {
        &self.active
    }

    /// The same target with further extras and groups active.
    fn activate(&self, items: impl IntoIterator<Item = Item>) -> Self {
        let mut view = self.clone();
        view.active.extend(items);
        let names = active_names(self.lock, &view.active);
        for (holds, marker) in view.holds.iter_mut().zip(&self.lock.markers) {
            if marker.depends_on_extras() {
                *holds = marker.holds(&self.environment, &names);
            }
        }
        view.needed = view.find_needed();
        view
    }

    pub fn holds(&self, marker: Option<MarkerId>) -> bool {
        marker.is_none_or(|marker| self.holds.get(marker).copied().unwrap_or_default())
    }

    /// Whether one of the markers holds, or there are none.
    pub fn any_holds(&self, markers: &[MarkerId]) -> bool {
        markers.is_empty() || markers.iter().any(|marker| self.holds(Some(*marker)))
    }

    fn package(&self, id: PackageId) -> Option<&'a Package> {
        self.lock.packages.get(id)
    }

    fn fits(&self, id: PackageId) -> bool {
        self.package(id).is_some_and(|package| self.any_holds(&package.environments))
    }

    /// The package of several that this target gets: the one whose markers hold, and of several such the newest.
    pub fn pick(&self, candidates: &[PackageId]) -> Option<PackageId> {
        self.admitted(candidates).into_iter().max_by_key(|id| {
            let version = self.package(*id).and_then(|package| package.version.parse::<Version>().ok());
            (version, std::cmp::Reverse(*id))
        })
    }

    /// The packages of several that this target could get.
    pub fn admitted(&self, candidates: &[PackageId]) -> Vec<PackageId> {
        if let [only] = candidates {
            return vec![*only];
        }
        let fitting: Vec<PackageId> = candidates.iter().copied().filter(|id| self.fits(*id)).collect();
        let name = fitting.first().and_then(|id| self.package(*id)).map(|package| package.name.as_str());
        match name.and_then(|name| self.needed.get(name)) {
            Some(needed) if fitting.len() > 1 && needed.len() == 1 && needed.iter().all(|id| fitting.contains(id)) => {
                needed.iter().copied().collect()
            }
            _ => fitting,
        }
    }

    /// The dependencies of a part that apply here.
    pub fn dependencies(&self, id: PackageId, part: &Part) -> impl Iterator<Item = &'a Dependency> {
        let dependencies = self.package(id).and_then(|package| package.part(part)).unwrap_or_default();
        dependencies.iter().filter(|dependency| self.holds(dependency.marker))
    }

    /// Follows dependencies from `roots`. Extras that are reached become active where the lock has conflicts about them.
    ///
    /// # Errors
    /// In words, where a name is needed in two versions, or in one that is not for this target.
    pub fn walk(&self, roots: &[(PackageId, Part)]) -> Result<Walk, String> {
        if self.lock.conflicting.is_empty() {
            return self.walk_once(roots);
        }
        let mut view = self.clone();
        let mut fresh: Vec<Item> = roots.iter().filter_map(|(id, part)| self.item(*id, part)).collect();
        loop {
            view = view.activate(fresh);
            let walk = view.walk_once(roots);
            let reached = walk.iter().flat_map(|walk| &walk.reached).filter(|(_, part)| *part != Part::Base);
            fresh = reached.filter_map(|(id, part)| self.item(*id, part)).filter(|item| !view.active.contains(item)).collect();
            if fresh.is_empty() {
                return walk;
            }
        }
    }

    /// A part as an item, if a conflict is about it.
    fn item(&self, id: PackageId, part: &Part) -> Option<Item> {
        let item = Item { package: self.package(id)?.name.clone(), part: part.clone() };
        self.lock.conflicting.contains(&item).then_some(item)
    }

    fn walk_once(&self, roots: &[(PackageId, Part)]) -> Result<Walk, String> {
        let mut walk = Walk::default();
        let mut queue: Vec<(PackageId, Part)> = Vec::new();
        for (id, part) in roots {
            self.visit(*id, part, &mut walk, &mut queue)?;
        }
        while let Some((id, part)) = queue.pop() {
            for dependency in self.dependencies(id, &part) {
                let Some(to) = self.pick(&dependency.candidates) else {
                    return Err(self.no_version(dependency));
                };
                self.visit(to, &Part::Base, &mut walk, &mut queue)?;
                for extra in &dependency.extras {
                    self.visit(to, &Part::Extra(extra.clone()), &mut walk, &mut queue)?;
                }
            }
        }
        Ok(walk)
    }

    fn visit(&self, id: PackageId, part: &Part, walk: &mut Walk, queue: &mut Vec<(PackageId, Part)>) -> Result<(), String> {
        let Some(package) = self.package(id) else { return Ok(()) };
        if !matches!(part, Part::Group(_)) {
            let other = *walk.by_name.entry(package.name.clone()).or_insert(id);
            if other != id {
                let other = self.package(other).map(Package::label).unwrap_or_default();
                return Err(format!("The lock file needs both {other} and {} here", package.label()));
            }
        }
        if walk.reached.insert((id, part.clone())) {
            queue.push((id, part.clone()));
            if matches!(part, Part::Extra(_)) {
                self.visit(id, &Part::Base, walk, queue)?;
            }
        }
        Ok(())
    }

    /// What to say where no candidate of a dependency is for this target.
    pub fn no_version(&self, dependency: &Dependency) -> String {
        let name = dependency.candidates.first().and_then(|id| self.package(*id)).map(|package| package.name.as_str());
        self.no_version_of(name.unwrap_or_default())
    }

    /// What to say where no version of `name` is for this target.
    pub fn no_version_of(&self, name: &str) -> String {
        let mut text = format!("The lock file has no version of {name} for {}", self.place());
        for package in self.lock.named(name).iter().filter_map(|id| self.package(*id)) {
            let when: Vec<String> =
                package.environments.iter().filter_map(|id| self.lock.markers.get(*id)).map(ToString::to_string).collect();
            text.push_str(&format!("\n  {}: only when {}", package.label(), when.join(" or ")));
        }
        text
    }

    /// The target in words.
    pub fn place(&self) -> String {
        format!("Python {} on {}", self.target.python, self.target.platform)
    }
}

/// Active extras and groups as markers name them.
fn active_names(lock: &Lock, items: &BTreeSet<Item>) -> Active {
    let mut active = Active::default();
    for Item { package, part } in items {
        let encoded = match (lock.format, part) {
            (Format::Uv, Part::Base) => format!("project-{}-{package}", package.len()),
            (Format::Uv, Part::Extra(extra)) => format!("extra-{}-{package}-{extra}", package.len()),
            (Format::Uv, Part::Group(group)) => format!("group-{}-{package}-{group}", package.len()),
            (_, Part::Base) => continue,
            (_, Part::Extra(extra)) => extra.clone(),
            (_, Part::Group(group)) => {
                active.groups.insert(group.clone());
                continue;
            }
        };
        active.extras.insert(encoded);
    }
    // PEP 751: the default groups are what is installed unless groups are named.
    if active.groups.is_empty() {
        active.groups.extend(lock.default_groups.iter().cloned());
    }
    active
}
