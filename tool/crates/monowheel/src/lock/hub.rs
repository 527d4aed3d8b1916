//! All that can be named of a lock (nodes), and what each brings on each target (cells).
//!
//! A node becomes a Bazel target: a package, a package with an extra, a dependency group, and sets of these. Bazel targets may not form a
//! circle, Python packages may: within a circle (a strongly connected component over all targets together) each node lists the wheels of all
//! that it reaches there, and between components nodes depend on nodes. That is exact for each target, and not much longer than the lock.

use std::collections::{BTreeMap, BTreeSet};

use super::choose::{Override, Place, best, refusal};
use super::condense::components;
use super::graph::{View, Walk};
use super::model::{Item, Lock, PackageId, Part};
use crate::tags::Target;

/// A wheel: its package, and where it is. One that must be looked up by hash depends on the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WheelId {
    pub package: PackageId,
    pub place: Place,
    pub target: Option<Target>,
}

/// Something that can be named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    /// A package, one of its extras, or a group of a project.
    Item(Item),
    /// The same part of all projects together.
    Projects(Part),
}

/// What a node brings on one target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    /// Wheels of its own, and other nodes.
    Brings { wheels: Vec<WheelId>, nodes: Vec<usize> },
    /// Why it cannot be had.
    Refused(String),
}

/// The nodes of a lock.
#[derive(Debug)]
pub(super) struct Hub<'a> {
    lock: &'a Lock,
    overrides: &'a [Override],
    pub nodes: Vec<Node>,
    base: Vec<usize>,
    extras: Vec<BTreeMap<&'a str, usize>>,
}

impl Node {
    /// The hub's package, and the name in it.
    pub fn label(&self) -> (&str, String) {
        match self {
            Self::Item(item) => match &item.part {
                Part::Base => (&item.package, item.package.clone()),
                Part::Extra(extra) => (&item.package, format!("{}[{extra}]", item.package)),
                Part::Group(group) => (&item.package, format!("group.{group}")),
            },
            Self::Projects(Part::Base) => ("", "project".to_owned()),
            Self::Projects(Part::Extra(extra)) => ("", format!("extra.{extra}")),
            Self::Projects(Part::Group(group)) => ("", format!("group.{group}")),
        }
    }
}

impl<'a> Hub<'a> {
    pub fn new(lock: &'a Lock, overrides: &'a [Override]) -> Self {
        let mut nodes = BTreeSet::new();
        for package in &lock.packages {
            let extras = package.extras.keys().cloned().map(Part::Extra);
            let groups = package.groups.keys().cloned().map(Part::Group);
            for part in extras.chain(groups).chain([Part::Base]) {
                if package.project {
                    nodes.insert(Node::Projects(part.clone()));
                }
                if !package.name.is_empty() {
                    nodes.insert(Node::Item(Item { package: package.name.clone(), part }));
                }
            }
        }
        let nodes: Vec<Node> = nodes.into_iter().collect();
        let find =
            |package: &str, part: Part| nodes.binary_search(&Node::Item(Item { package: package.to_owned(), part })).unwrap_or_default();
        let base = lock.packages.iter().map(|package| find(&package.name, Part::Base)).collect();
        let extras = |package: &'a super::model::Package| {
            package.extras.keys().map(|extra| (extra.as_str(), find(&package.name, Part::Extra(extra.clone())))).collect()
        };
        let extras = lock.packages.iter().map(extras).collect();
        Self { lock, overrides, nodes, base, extras }
    }

    /// What each node brings on one target.
    pub fn cells(&self, view: &View<'_>) -> Vec<Cell> {
        let everything = view.walk(&self.roots(view.asked()));
        let reached = everything.as_ref().map(|walk| &walk.by_name);
        let mut cells = Vec::with_capacity(self.nodes.len());
        let mut wheels = Wheels::new();
        for node in &self.nodes {
            let cell = match node {
                Node::Projects(part) => self.projects(view, part, &mut wheels),
                Node::Item(item) => self.item(view, item, reached.ok(), &mut wheels),
            };
            cells.push(cell.unwrap_or_else(Cell::Refused));
        }
        cells
    }

    /// All that is there without being in conflict with anything.
    fn roots(&self, asked: &BTreeSet<Item>) -> Vec<(PackageId, Part)> {
        let mut roots = Vec::new();
        for (id, package) in self.lock.projects() {
            let extras = package.extras.keys().cloned().map(Part::Extra);
            let groups = package.groups.keys().cloned().map(Part::Group);
            for part in [Part::Base].into_iter().chain(extras).chain(groups) {
                let item = Item { package: package.name.clone(), part };
                if !self.lock.conflicting.contains(&item) || asked.contains(&item) {
                    roots.push((id, item.part));
                }
            }
        }
        roots
    }

    fn projects(&self, view: &View<'_>, part: &Part, wheels: &mut Wheels) -> Result<Cell, String> {
        let having = || self.lock.projects().filter(|(_, package)| package.part(part).is_some());
        let flatten = self.lock.flat || !self.lock.conflicting.is_empty() || having().any(|(_, package)| package.name.is_empty());
        if flatten {
            let roots: Vec<_> = having().map(|(id, _)| (id, part.clone())).collect();
            return self.flat(view, &view.walk(&roots)?, wheels);
        }
        let mut nodes = Vec::new();
        for (_, package) in having() {
            nodes.extend(self.find(&package.name, part));
        }
        Ok(Cell::Brings { wheels: Vec::new(), nodes })
    }

    fn find(&self, package: &str, part: &Part) -> Option<usize> {
        self.nodes.binary_search(&Node::Item(Item { package: package.to_owned(), part: part.clone() })).ok()
    }

    fn item(
        &self,
        view: &View<'_>,
        item: &Item,
        reached: Option<&BTreeMap<String, PackageId>>,
        wheels: &mut Wheels,
    ) -> Result<Cell, String> {
        let id = match reached.and_then(|reached| reached.get(&item.package)) {
            Some(id) => *id,
            None => match view.admitted(view.lock.named(&item.package)).as_slice() {
                [] => return Err(view.no_version_of(&item.package)),
                [only] => *only,
                several => return Err(self.ambiguous(view, &item.package, several)),
            },
        };
        let Some(package) = self.lock.packages.get(id) else { return Err(view.no_version_of(&item.package)) };
        if package.part(&item.part).is_none() {
            // An extra that another version of the package has: it brings nothing more here.
            let nodes = vec![self.base.get(id).copied().unwrap_or_default()];
            return Ok(Cell::Brings { wheels: Vec::new(), nodes });
        }
        if package.project && !self.lock.conflicting.is_empty() {
            return self.flat(view, &view.walk(&[(id, item.part.clone())])?, wheels);
        }
        let mut own = Vec::new();
        let mut nodes = BTreeSet::new();
        match &item.part {
            Part::Base if package.project => {}
            Part::Base => own.push(self.wheel(view, id, wheels)?),
            Part::Extra(_) => drop(nodes.insert(self.base.get(id).copied().unwrap_or_default())),
            Part::Group(_) => {}
        }
        if self.lock.flat && !package.project {
            nodes.extend(self.nodes.binary_search(&Node::Projects(Part::Base)).ok());
        }
        for dependency in view.dependencies(id, &item.part) {
            let Some(to) = view.pick(&dependency.candidates) else { return Err(view.no_version(dependency)) };
            let Some(target) = self.lock.packages.get(to) else { continue };
            let other = reached.and_then(|reached| reached.get(&target.name)).filter(|other| **other != to);
            if let Some(other) = other.and_then(|other| self.lock.packages.get(*other)) {
                let (item, needs, other) = (item.to_string(), target.label(), other.label());
                return Err(format!("{item} needs {needs}, but the rest of the lock file takes {other} for {}", view.place()));
            }
            nodes.extend(self.base.get(to).copied());
            for extra in &dependency.extras {
                nodes.extend(self.extras.get(to).and_then(|extras| extras.get(extra.as_str())).copied());
            }
        }
        Ok(Cell::Brings { wheels: own, nodes: nodes.into_iter().collect() })
    }

    /// All wheels of a walk, with no further nodes.
    fn flat(&self, view: &View<'_>, walk: &Walk, wheels: &mut Wheels) -> Result<Cell, String> {
        let mut all = Vec::new();
        for id in walk.by_name.values() {
            if self.lock.packages.get(*id).is_some_and(|package| !package.project) {
                all.push(self.wheel(view, *id, wheels)?);
            }
        }
        Ok(Cell::Brings { wheels: all, nodes: Vec::new() })
    }

    /// The wheel of a package, chosen once.
    fn wheel(&self, view: &View<'_>, id: PackageId, wheels: &mut Wheels) -> Result<WheelId, String> {
        let choose = || {
            let Some(package) = self.lock.packages.get(id) else { return Err(String::new()) };
            let place = best(view, package, self.overrides).ok_or_else(|| refusal(view, package))?;
            Ok(WheelId { package: id, place, target: (place == Place::OnIndex).then_some(view.target) })
        };
        wheels.entry(id).or_insert_with(choose).clone()
    }

    fn ambiguous(&self, view: &View<'_>, name: &str, several: &[PackageId]) -> String {
        let versions: Vec<&str> =
            several.iter().filter_map(|id| self.lock.packages.get(*id)).map(|package| package.version.as_str()).collect();
        let items: Vec<String> = self.lock.conflicting.iter().map(ToString::to_string).collect();
        format!(
            "The lock file has several versions of {name} for {}: {}\nhint: they belong to extras or groups that exclude each other ({}); \
             ask for one of those, or make it the one that this hub is for",
            view.place(),
            versions.join(", "),
            items.join(", ")
        )
    }
}

type Wheels = BTreeMap<PackageId, Result<WheelId, String>>;

/// Breaks circles: afterwards the nodes of all targets together form no circle, and each node still brings the same wheels.
pub(super) fn condense(targets: &mut [Vec<Cell>]) {
    let count = targets.first().map_or(0, Vec::len);
    let mut union: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); count];
    for cells in targets.iter() {
        for (edges, cell) in union.iter_mut().zip(cells) {
            if let Cell::Brings { nodes, .. } = cell {
                edges.extend(nodes);
            }
        }
    }
    let union: Vec<Vec<usize>> = union.into_iter().map(|edges| edges.into_iter().collect()).collect();
    let component = components(&union);
    let circular = |node: usize| union[node].iter().any(|to| component[*to] == component[node]);
    let circular: Vec<usize> = (0..count).filter(|node| circular(*node)).collect();
    for cells in targets.iter_mut() {
        let opened: Vec<Cell> = circular.iter().map(|node| open(*node, cells, &component)).collect();
        for (node, cell) in circular.iter().zip(opened) {
            cells[*node] = cell;
        }
    }
}

/// What a node of a circle brings: the wheels of all that it reaches within, and the nodes that those reach outside.
fn open(start: usize, cells: &[Cell], component: &[usize]) -> Cell {
    let mut seen = BTreeSet::from([start]);
    let mut queue = vec![start];
    let mut all = BTreeSet::new();
    let mut outside = BTreeSet::new();
    while let Some(node) = queue.pop() {
        match &cells[node] {
            Cell::Refused(text) => return Cell::Refused(text.clone()),
            Cell::Brings { wheels, nodes } => {
                all.extend(wheels);
                for to in nodes {
                    if component[*to] != component[start] {
                        outside.insert(*to);
                    } else if seen.insert(*to) {
                        queue.push(*to);
                    }
                }
            }
        }
    }
    Cell::Brings { wheels: all.into_iter().collect(), nodes: outside.into_iter().collect() }
}
