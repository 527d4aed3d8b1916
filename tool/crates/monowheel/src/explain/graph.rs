//! Which package needs which, of those that are inside.
//!
//! The lock file is not in the file, so the edges are read off the wheels' own `Requires-Dist` (core metadata, PEP 508): a requirement whose
//! project is inside, and whose marker holds for some Python that the file accepts on its platform (on any, if it is bound to none). Extras count where a package inside asks for them (`uvicorn[standard]`); what the application's own
//! request for an extra brought hangs on the application, which did ask for it. Taking an extra as asked for because all of it is inside
//! was tried: it made `fonttools` need `matplotlib`.

use std::collections::{BTreeMap, BTreeSet};

use super::package::Package;
use crate::lock::requirement;
use crate::markers::{Active, Environment, Marker};
use crate::tags::{PLATFORMS, Platform, Python, Target};

/// Edges by package name, sorted.
pub type Edges = BTreeMap<String, BTreeSet<String>>;

/// What one requirement says.
struct Needed {
    name: String,
    extras: Vec<String>,
    marker: Option<Marker>,
}

/// The edges between `packages`, for the Python versions that are accepted, on `platform` or on any.
#[must_use]
pub fn edges(packages: &[Package], pythons: &[String], platform: Option<&str>) -> Edges {
    let environments = environments(pythons, platform);
    let parsed: BTreeMap<&str, Vec<Needed>> = packages.iter().map(|package| (package.name.as_str(), parse(package))).collect();
    let mut edges: Edges = parsed.keys().map(|name| ((*name).to_owned(), BTreeSet::new())).collect();
    // Packages with an extra, or none: each is looked at once.
    let mut open: Vec<(String, Option<String>)> = parsed.keys().map(|name| ((*name).to_owned(), None)).collect();
    let mut seen: BTreeSet<(String, Option<String>)> = open.iter().cloned().collect();
    while let Some((name, extra)) = open.pop() {
        let active = Active { extras: extra.into_iter().collect(), ..Active::default() };
        for needed in parsed.get(name.as_str()).into_iter().flatten() {
            let holds = |marker: &Marker| environments.iter().any(|environment| marker.holds(environment, &active));
            if !parsed.contains_key(needed.name.as_str()) || !needed.marker.as_ref().is_none_or(holds) {
                continue;
            }
            for asked in &needed.extras {
                let item = (needed.name.clone(), Some(asked.clone()));
                if seen.insert(item.clone()) {
                    open.push(item);
                }
            }
            if needed.name != name {
                edges.entry(name.clone()).or_default().insert(needed.name.clone());
            }
        }
    }
    edges
}

fn environments(pythons: &[String], platform: Option<&str>) -> Vec<Environment> {
    let named: Option<Platform> = platform.and_then(|name| name.parse().ok());
    let platforms = named.map_or_else(|| PLATFORMS.to_vec(), |platform| vec![platform]);
    let pythons: Vec<Python> = pythons.iter().filter_map(|python| python.parse().ok()).collect();
    let targets = platforms.iter().flat_map(|&platform| pythons.iter().map(move |&python| Target { platform, python }));
    let mut environments: Vec<Environment> = Vec::new();
    for environment in targets.map(|target| target.markers()) {
        if !environments.contains(&environment) {
            environments.push(environment);
        }
    }
    environments
}

/// The requirements that can be read; a marker that cannot be read is taken to hold.
fn parse(package: &Package) -> Vec<Needed> {
    let parsed = package.requires_dist.iter().filter_map(|line| requirement::parse(line).ok());
    parsed
        .map(|requirement| Needed {
            name: requirement.name,
            extras: requirement.extras,
            marker: requirement.marker.and_then(|text| text.parse().ok()),
        })
        .collect()
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
        edges(packages, &["3.11".to_owned(), "3.12".to_owned()], None)
    }

    #[test]
    fn markers_are_evaluated_where_the_file_can_run() {
        let requires = ["Idna>=2", "old; python_version < '3.9'", "win; sys_platform == 'win32'", "absent", "not a requirement !"];
        let found = of(&[package("web", &requires), package("idna", &[]), package("old", &[]), package("win", &[])]);
        assert_eq!(found["web"], BTreeSet::from(["idna".to_owned(), "win".to_owned()]));
        let pythons = ["3.11".to_owned()];
        let bound =
            edges(&[package("web", &["win; sys_platform == 'win32'"]), package("win", &[])], &pythons, Some("x86_64-unknown-linux-gnu"));
        assert!(bound["web"].is_empty());
    }

    #[test]
    fn an_extra_counts_when_a_package_inside_asks_for_it() {
        let web = package("web", &["a; extra == 'all'", "web[some]; extra == 'all'", "b; extra == 'some'", "c; extra == 'other'"]);
        let parts = ["a", "b", "c"].map(|name| package(name, &[]));
        let alone = of(&[std::slice::from_ref(&web), &parts[..]].concat());
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
