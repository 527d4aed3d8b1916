//! The dependency graph of a lock as one target sees it.
//!
//! Markers are evaluated for the target, with the extras and groups that are active. Those matter in locks with conflicts: uv then encodes
//! "under extra `x` of package `p`" as `extra == 'extra-1-p-x'`, so what a package depends on can differ by what was asked for.

use std::collections::{BTreeMap, BTreeSet};

use pep440_rs::Version;

use super::model::{Dependency, Format, Item, Lock, MarkerId, Package, PackageId, Part};
use crate::markers::{Active, Environment};
use crate::tags::{Tags, Target};

/// A lock as one target sees it.
#[derive(Clone, Debug)]
pub(super) struct View<'a> {
    pub lock: &'a Lock,
    pub target: Target,
    pub tags: Tags,
    environment: Environment,
    active: BTreeSet<Item>,
    holds: Vec<bool>,
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
        let names = active_names(lock.format, &active);
        let holds = lock.markers.iter().map(|marker| marker.holds(&environment, &names)).collect();
        Self { lock, target, tags: lock.tags.rank(&target), environment, active, holds }
    }

    /// The extras and groups that are active from the start.
    pub fn asked(&self) -> &BTreeSet<Item> {
        &self.active
    }

    /// The same target with further extras and groups active.
    fn activate(&self, items: impl IntoIterator<Item = Item>) -> Self {
        let mut view = self.clone();
        view.active.extend(items);
        let names = active_names(self.lock.format, &view.active);
        for (holds, marker) in view.holds.iter_mut().zip(&self.lock.markers) {
            if marker.depends_on_extras() {
                *holds = marker.holds(&self.environment, &names);
            }
        }
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

    /// The package of several that this target gets: the one whose markers hold, and of several such the newest.
    pub fn pick(&self, candidates: &[PackageId]) -> Option<PackageId> {
        if let [only] = candidates {
            return Some(*only);
        }
        let fits = |id: &PackageId| self.package(*id).is_some_and(|package| self.any_holds(&package.environments));
        candidates.iter().copied().filter(fits).max_by_key(|id| {
            let version = self.package(*id).and_then(|package| package.version.parse::<Version>().ok());
            (version, std::cmp::Reverse(*id))
        })
    }

    /// The packages of a name that this target could get.
    pub fn admitted(&self, name: &str) -> Vec<PackageId> {
        match self.lock.named(name) {
            [only] => vec![*only],
            several => {
                let fits = |id: &PackageId| self.package(*id).is_some_and(|package| self.any_holds(&package.environments));
                several.iter().copied().filter(fits).collect()
            }
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
fn active_names(format: Format, items: &BTreeSet<Item>) -> Active {
    let mut active = Active::default();
    for Item { package, part } in items {
        match (format, part) {
            (Format::Uv, Part::Base) => drop(active.extras.insert(format!("project-{}-{package}", package.len()))),
            (Format::Uv, Part::Extra(extra)) => drop(active.extras.insert(format!("extra-{}-{package}-{extra}", package.len()))),
            (Format::Uv, Part::Group(group)) => drop(active.extras.insert(format!("group-{}-{package}-{group}", package.len()))),
            (_, Part::Base) => {}
            (_, Part::Extra(extra)) => drop(active.extras.insert(extra.clone())),
            (_, Part::Group(group)) => drop(active.groups.insert(group.clone())),
        }
    }
    active
}
