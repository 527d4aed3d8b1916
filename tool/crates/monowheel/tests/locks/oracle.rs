//! The recorded choices of uv and poetry, compared with ours: package, version and wheel file, for each set and place.
//!
//! What is compared is the closure that the JSON of `monowheel resolve` gives when its `deps` are followed as Bazel will, and the answer of
//! `lock::choose`. Where the oracle took a source distribution, ours must refuse that package.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

use monowheel::lock::{self, Chosen, Item, Lock, Options, Part, Pick, Project, Settings, Wanted};
use monowheel::tags::{Platform, Python, Target, WheelFilename};
use serde_json::Value;

type Files = BTreeSet<String>;

/// A set of packages as wheels.txt has it: its name, and what each place gets.
type Recorded = Vec<(String, BTreeMap<String, Files>)>;

#[test]
fn uv() {
    compare("uv", "uv.lock", 6);
}

#[test]
fn poetry() {
    compare("poetry", "poetry.lock", 8);
}

#[test]
fn pylock() {
    compare("pylock", "pylock.toml", 6);
}

#[test]
fn requirements() {
    compare("requirements", "requirements.txt", 6);
}

fn compare(format: &str, file: &str, at_least: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/locks").join(format);
    let mut cases: Vec<PathBuf> =
        walkdir::WalkDir::new(root).min_depth(1).max_depth(1).into_iter().flatten().map(walkdir::DirEntry::into_path).collect();
    cases.sort();
    assert!(cases.len() >= at_least, "only {} cases of {format}", cases.len());
    for case in cases {
        let project = Project::read(&case.join("pyproject.toml")).unwrap();
        let options = Options { project: Some(project), ..Options::default() };
        let lock = lock::read(&case.join(file), &options).unwrap();
        case_equals(&case, &lock);
    }
}

fn case_equals(case: &Path, lock: &Lock) {
    let recorded = read(&fs::read_to_string(case.join("wheels.txt")).unwrap());
    assert!(!recorded.is_empty());
    let resolution = serde_json::to_value(lock::resolve(lock, &Settings::default(), None).unwrap()).unwrap();
    for (set, places) in &recorded {
        for (place, expected) in places {
            let at = format!("{} [{set}] {place}", case.display());
            let (wheels, refused) = closure(&resolution, set, &target(place).to_string());
            check(&at, expected, &wheels, &refused);

            let roots = roots(lock, set);
            match lock::choose(lock, target(place), &roots, &[]) {
                Ok(chosen) => {
                    let (wheels, refused): (Vec<_>, Vec<_>) =
                        chosen.iter().map(|chosen| wheel(chosen, target(place))).partition(Result::is_ok);
                    let refused = refused.into_iter().filter_map(Result::err).map(|error| about(&error)).collect();
                    check(&at, expected, &wheels.into_iter().flatten().collect(), &refused);
                }
                Err(error) => {
                    let text = error.to_string();
                    let refused = expected
                        .iter()
                        .any(|line| line.ends_with(" sdist") && text.contains(line.strip_suffix(" sdist").unwrap_or_default()));
                    assert!(refused, "{at}: {text}");
                }
            }
        }
    }
}

/// Poetry's own locks can have two versions of a package for one place (its wheels.txt then has both, and `poetry install` leaves the one that it
/// happens to install last). One environment holds one: ours must be one of the two.
fn without_doubles(expected: &Files, wheels: &Files) -> Files {
    let name = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    let twice = |line: &&String| expected.iter().filter(|other| name(other) == name(line)).count() > 1;
    let ours = |line: &&String| !twice(line) || wheels.contains(*line) || line.ends_with(" sdist");
    expected.iter().filter(ours).cloned().collect()
}

fn check(at: &str, expected: &Files, wheels: &Files, refused: &Files) {
    let names = |files: &Files| files.iter().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect::<Files>();
    assert_eq!(names(wheels).len(), wheels.len(), "{at}: two versions of one package");
    let all = expected;
    let expected = &without_doubles(expected, wheels);
    assert!(!refused.is_empty() || names(all).len() == names(expected).len(), "{at}: neither version of a double");
    let unbuilt: Files =
        expected.iter().filter_map(|line| line.strip_suffix(" sdist")).map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    if unbuilt.is_empty() {
        assert!(refused.is_empty(), "{at}: refused {refused:?}");
        let (missing, more): (Vec<_>, Vec<_>) = (expected.difference(wheels).collect(), wheels.difference(expected).collect());
        assert!(missing.is_empty() && more.is_empty(), "{at}:\n  missing {missing:?}\n  more {more:?}");
    } else {
        // Behind a package that is refused, nothing is known.
        assert!(!refused.is_empty(), "{at}: should have refused {unbuilt:?}");
        assert!(refused.is_subset(&unbuilt), "{at}: refused {refused:?}, the oracle {unbuilt:?}");
        assert!(wheels.is_subset(expected), "{at}: more {:?}", wheels.difference(expected).collect::<Vec<_>>());
    }
}

/// Follows `deps` from a set's target; gives the wheels, and the packages that are refused.
fn closure(resolution: &Value, set: &str, environment: &str) -> (Files, Files) {
    let start = match set.split_once(':') {
        _ if set == "project" || set.starts_with("group.") || set.starts_with("extra.") => (String::new(), set.to_owned()),
        Some((package, group)) => (package.to_owned(), group.to_owned()),
        None => (set.split('[').next().unwrap().to_owned(), set.to_owned()),
    };
    let (mut seen, mut queue) = (BTreeSet::from([start.clone()]), vec![start]);
    let (mut wheels, mut refused) = (Files::new(), Files::new());
    while let Some((package, name)) = queue.pop() {
        let choices = resolution["targets"][&package][&name].as_array().unwrap_or_else(|| panic!("no target //{package}:{name}"));
        let here: Vec<&Value> = choices.iter().filter(|choice| holds(&choice["environments"], environment)).collect();
        assert_eq!(here.len(), 1, "//{package}:{name} in {environment}");
        if let Some(error) = here[0].get("error") {
            refused.insert(about(error.as_str().unwrap()));
        }
        for wheel in list(&here[0]["wheels"]) {
            let facts = &resolution["wheels"][wheel];
            let found = match facts["file"].as_str() {
                Some(file) => Ok(describe(&file.parse().unwrap())),
                None => located(&arguments(facts)),
            };
            match found {
                Ok(wheel) => drop(wheels.insert(wheel)),
                Err(error) => drop(refused.insert(about(&error))),
            }
        }
        for label in list(&here[0]["deps"]) {
            let (package, name) = label.trim_start_matches("//").split_once(':').unwrap();
            let node = (package.to_owned(), name.to_owned());
            if seen.insert(node.clone()) {
                queue.push(node);
            }
        }
    }
    (wheels, refused)
}

fn list(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().map(|item| item.as_str().unwrap())
}

fn holds(environments: &Value, environment: &str) -> bool {
    environments == "*" || list(environments).any(|name| name == environment)
}

/// The package that a refusal is about: `No wheel of NAME VERSION …`.
fn about(error: &str) -> String {
    error.strip_prefix("No wheel of ").unwrap_or_else(|| panic!("{error}")).split(' ').next().unwrap().to_owned()
}

fn roots(lock: &Lock, set: &str) -> Vec<Item> {
    let part = if set == "project" {
        Part::Base
    } else if let Some((_, group)) = set.split_once("group.") {
        Part::Group(group.to_owned())
    } else if let Some((_, extra)) = set.split_once("extra.") {
        Part::Extra(extra.to_owned())
    } else {
        set.split_once('[').map_or(Part::Base, |(_, extra)| Part::Extra(extra.trim_end_matches(']').to_owned()))
    };
    match set.split(['[', ':']).next() {
        Some(package) if package == set && part != Part::Base || set == "project" => lock::items(lock, &part),
        package => vec![Item { package: package.unwrap().to_owned(), part }],
    }
}

/// `l310`: a letter for the platform, and the Python minor.
fn target(place: &str) -> Target {
    let platform = match place.split_at(1).0 {
        "l" => "x86_64-unknown-linux-gnu",
        "a" => "aarch64-unknown-linux-gnu",
        "m" => "x86_64-unknown-linux-musl",
        "d" => "aarch64-apple-darwin",
        "w" => "x86_64-pc-windows-msvc",
        other => panic!("unknown letter {other}"),
    };
    let minor: u8 = place[2..].parse().unwrap();
    Target { platform: platform.parse::<Platform>().unwrap(), python: Python::minor(minor) }
}

fn wheel(chosen: &Chosen<'_>, target: Target) -> Result<String, String> {
    match chosen.wheel {
        Pick::Locked(wheel) => Ok(describe(&wheel.file)),
        Pick::OnIndex => {
            let (package, version) = (chosen.package.name.clone(), chosen.package.version.clone());
            located(&Wanted::Release { package, version, hashes: chosen.package.hashes.clone(), target })
        }
        Pick::Override(own) => panic!("{own:?}"),
    }
}

/// The arguments of `monowheel locate`, as the JSON has them.
fn arguments(facts: &Value) -> Wanted {
    let words: Vec<&str> = list(&facts["locate"]).collect();
    let all = |name: &str| words.chunks(2).filter(|pair| pair[0] == name).map(|pair| pair[1].to_owned()).collect::<Vec<_>>();
    let one = |name: &str| all(name).remove(0);
    Wanted::Release {
        package: one("--package"),
        version: one("--version"),
        hashes: all("--sha256"),
        target: one("--environment").parse().unwrap(),
    }
}

/// What `monowheel locate` finds on a page that has all that the locks of the other formats know of the package.
fn located(wanted: &Wanted) -> Result<String, String> {
    static PAGES: LazyLock<BTreeMap<String, String>> = LazyLock::new(pages);
    // The same is asked for each set and each way to the answer.
    static FOUND: Mutex<BTreeMap<String, Result<String, String>>> = Mutex::new(BTreeMap::new());
    let Wanted::Release { package, .. } = wanted else { panic!("{wanted:?}") };
    let find = || {
        let page = PAGES.get(package).map_or("", String::as_str);
        let located = lock::locate(page, "https://host/", wanted).map_err(|error| error.to_string())?;
        Ok(describe(&located.file.parse().unwrap()))
    };
    FOUND.lock().unwrap().entry(format!("{wanted:?}")).or_insert_with(find).clone()
}

fn pages() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/locks");
    let locks = walkdir::WalkDir::new(root).min_depth(3).max_depth(3).sort_by_file_name().into_iter().flatten();
    let locks = locks.filter(|entry| ["uv.lock", "poetry.lock", "pylock.toml"].contains(&entry.file_name().to_str().unwrap()));
    let mut pages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in locks {
        let lock = lock::read(entry.path(), &Options::default()).unwrap();
        for package in &lock.packages {
            let links = package.wheels.iter().map(|wheel| format!("<a href=\"{}#sha256={}\">", wheel.file, wheel.sha256));
            pages.entry(package.name.clone()).or_default().extend(links);
        }
    }
    pages.into_iter().map(|(package, links)| (package, links.into_iter().collect())).collect()
}

/// Package, version and tags, as wheels.txt has them.
fn describe(file: &WheelFilename) -> String {
    let build = file.build().map(|(number, rest)| format!("{number}{rest}-")).unwrap_or_default();
    format!("{} {} {build}{}", file.name(), file.raw_version(), file.tags_text())
}

fn read(text: &str) -> Recorded {
    let mut recorded = Recorded::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(line) = line.strip_prefix('[') {
            let (set, places) = line.rsplit_once("] ").unwrap();
            recorded.push((set.to_owned(), places.split(' ').map(|place| (place.to_owned(), Files::new())).collect()));
            continue;
        }
        let (_, places) = recorded.last_mut().unwrap();
        let mut words = line.splitn(4, ' ');
        let file = words.by_ref().take(3).collect::<Vec<_>>().join(" ");
        let at: BTreeSet<&str> = words.next().unwrap().split(' ').collect();
        for (place, files) in places.iter_mut() {
            if at.contains("*") || at.contains(place.as_str()) {
                files.insert(file.clone());
            }
        }
    }
    recorded
}
