//! Which package needs which, of those that are inside.
//!
//! The lock file is not in the file, so the edges are read off the wheels' own `Requires-Dist` (core metadata, PEP 508): a requirement whose
//! project is inside, unless its marker cannot hold for any Python that the file accepts. Other markers are taken to hold: that the project is
//! there says more than a guess at the platform. Extras count where a package inside asks for them (`uvicorn[standard]`); what the application's own
//! request for an extra brought hangs on the application, which did ask for it. Taking an extra as asked for because all of it is inside
//! was tried: it made `fonttools` need `matplotlib`.

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
    let pythons: Vec<Version> = pythons.iter().filter_map(|python| python.parse().ok()).collect();
    let parsed: BTreeMap<&str, Vec<Requirement<VerbatimUrl>>> = packages.iter().map(|package| (package.name.as_str(), parse(package))).collect();
    let mut edges: Edges = parsed.keys().map(|name| ((*name).to_owned(), BTreeSet::new())).collect();
    // Packages with an extra, or none: each is looked at once.
    let mut open: Vec<(String, Option<ExtraName>)> = parsed.keys().map(|name| ((*name).to_owned(), None)).collect();
    let mut seen: BTreeSet<(String, Option<ExtraName>)> = open.iter().cloned().collect();
    while let Some((name, extra)) = open.pop() {
        let extras = extra.into_iter().collect();
        for requirement in parsed.get(name.as_str()).into_iter().flatten() {
            let needed = requirement.name.to_string();
            if !parsed.contains_key(needed.as_str()) || !requirement.marker.evaluate_extras_and_python_version(&extras, &pythons) {
                continue;
            }
            for asked in &requirement.extras {
                let item = (needed.clone(), Some(asked.clone()));
                if seen.insert(item.clone()) {
                    open.push(item);
                }
            }
            if needed != name {
                edges.entry(name.clone()).or_default().insert(needed);
            }
        }
    }
    edges
}

fn parse(package: &Package) -> Vec<Requirement<VerbatimUrl>> {
    package.requires_dist.iter().filter_map(|line| Requirement::from_str(line).ok()).collect()
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

    fn package(name: &str, requires: &[&str]) -> Package {
        let requires_dist = requires.iter().map(|&text| text.to_owned()).collect();
        Package { name: name.to_owned(), requires_dist, ..Package::default() }
    }

    fn of(packages: &[Package]) -> Edges {
        edges(packages, &["3.11".to_owned(), "3.12".to_owned()])
    }

    #[test]
    fn markers_hold_unless_python_rules_them_out() {
        let requires = ["Idna>=2", "old; python_version < '3.9'", "win; sys_platform == 'win32'", "absent", "not a requirement !"];
        let found = of(&[package("web", &requires), package("idna", &[]), package("old", &[]), package("win", &[])]);
        assert_eq!(found["web"], BTreeSet::from(["idna".to_owned(), "win".to_owned()]));
    }

    #[test]
    fn an_extra_counts_when_a_package_inside_asks_for_it() {
        let web = package("web", &["a; extra == 'all'", "web[some]; extra == 'all'", "b; extra == 'some'", "c; extra == 'other'"]);
        let parts = ["a", "b", "c"].map(|name| package(name, &[]));
        let alone = of(&[&[web.clone()], &parts[..]].concat());
        assert!(alone["web"].is_empty());
        let asked = of(&[&[web, package("app", &["web[all]>=1"])], &parts[..]].concat());
        assert_eq!(asked["web"], BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn circles_have_a_root() {
        let found = of(&[package("a", &["b"]), package("b", &["a"]), package("c", &["d"]), package("d", &[])]);
        assert_eq!(roots(&found), BTreeSet::from(["a".to_owned(), "c".to_owned()]));
    }
}
