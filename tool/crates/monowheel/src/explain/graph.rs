//! Which package needs which, of those that are inside.
//!
//! The lock file is not in the file, so the edges are read off the wheels' own `Requires-Dist` (core metadata, PEP 508): a requirement whose
//! project is inside, unless its marker cannot hold for any Python that the file accepts. Other markers are taken to hold: that the project is
//! there says more than a guess at the platform. An extra counts as asked for when all it would bring is inside.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use pep440_rs::Version;
use pep508_rs::{ExtraName, Requirement, VerbatimUrl};

use super::package::Package;

/// Edges by package name, sorted.
pub type Edges = BTreeMap<String, BTreeSet<String>>;

/// The edges between `packages`, for the Python versions that are accepted.
#[must_use]
pub fn edges(packages: &[Package], pythons: &[String]) -> Edges {
    let inside: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let pythons: Vec<Version> = pythons.iter().filter_map(|python| python.parse().ok()).collect();
    packages.iter().map(|package| (package.name.clone(), needed(package, &inside, &pythons))).collect()
}

fn needed(package: &Package, inside: &BTreeSet<&str>, pythons: &[Version]) -> BTreeSet<String> {
    let parsed = package.requires_dist.iter().filter_map(|line| Requirement::<VerbatimUrl>::from_str(line).ok());
    let requirements: Vec<Requirement<VerbatimUrl>> = parsed.collect();
    let is_inside = |requirement: &Requirement<VerbatimUrl>| inside.contains(requirement.name.as_ref());
    let holds = |requirement: &Requirement<VerbatimUrl>, extras: &[ExtraName]| {
        let extras = extras.iter().cloned().collect();
        requirement.marker.evaluate_extras_and_python_version(&extras, pythons)
    };
    let optional = |extra: &ExtraName| {
        let one = std::slice::from_ref(extra);
        let brought: Vec<_> = requirements.iter().filter(|requirement| !holds(requirement, &[]) && holds(requirement, one)).collect();
        !brought.is_empty() && brought.into_iter().all(is_inside)
    };
    let extras: Vec<ExtraName> = package.extras.iter().filter_map(|extra| extra.parse().ok()).filter(optional).collect();
    let names = requirements.iter().filter(|requirement| is_inside(requirement) && holds(requirement, &extras));
    names.map(|requirement| requirement.name.to_string()).filter(|name| *name != package.name).collect()
}

/// The packages that the application itself must have asked for: those that no other needs, and of each circle the first by name.
#[must_use]
pub fn roots(edges: &Edges) -> BTreeSet<String> {
    let needed: BTreeSet<&String> = edges.values().flatten().collect();
    let mut roots: BTreeSet<String> = edges.keys().filter(|name| !needed.contains(name)).cloned().collect();
    let mut reached = BTreeSet::new();
    for root in &roots {
        reach(edges, root, &mut reached);
    }
    for name in edges.keys() {
        if !reached.contains(name) {
            roots.insert(name.clone());
            reach(edges, name, &mut reached);
        }
    }
    roots
}

fn reach(edges: &Edges, from: &str, reached: &mut BTreeSet<String>) {
    let mut open = vec![from.to_owned()];
    while let Some(name) = open.pop() {
        if reached.insert(name.clone()) {
            open.extend(edges.get(&name).into_iter().flatten().cloned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, requires: &[&str], extras: &[&str]) -> Package {
        let strings = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        Package { name: name.to_owned(), requires_dist: strings(requires), extras: strings(extras), ..Package::default() }
    }

    fn of(packages: &[Package]) -> Edges {
        edges(packages, &["3.11".to_owned(), "3.12".to_owned()])
    }

    #[test]
    fn markers_hold_unless_python_rules_them_out() {
        let requires = ["Idna>=2", "old; python_version < '3.9'", "win; sys_platform == 'win32'", "absent", "not a requirement !"];
        let found = of(&[package("web", &requires, &[]), package("idna", &[], &[]), package("old", &[], &[]), package("win", &[], &[])]);
        assert_eq!(found["web"], BTreeSet::from(["idna".to_owned(), "win".to_owned()]));
    }

    #[test]
    fn an_extra_counts_when_all_of_it_is_inside() {
        let requires = ["a; extra == 'half'", "absent; extra == 'half'", "b; extra == 'whole'"];
        let found = of(&[package("web", &requires, &["half", "whole"]), package("a", &[], &[]), package("b", &[], &[])]);
        assert_eq!(found["web"], BTreeSet::from(["b".to_owned()]));
    }

    #[test]
    fn circles_have_a_root() {
        let found = of(&[package("a", &["b"], &[]), package("b", &["a"], &[]), package("c", &["d"], &[]), package("d", &[], &[])]);
        assert_eq!(roots(&found), BTreeSet::from(["a".to_owned(), "c".to_owned()]));
    }
}
