//! Locks that lie or break: one clear error with file and line, and never a panic.

use std::fs;
use std::path::{Path, PathBuf};

use monowheel::lock::{self, Item, Options, Part, Settings};
use monowheel::tags::{Platform, Python, Target};

const HASH: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Writes a lock and reads it.
fn read_as(name: &str, text: &str) -> (PathBuf, Result<lock::Lock, lock::LockError>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let lock = lock::read(&path, &Options::default());
    (path, lock)
}

/// The error of a lock: its place must be `line`, and its words must have `words`.
fn refused(name: &str, text: &str, line: usize, words: &str) {
    let (path, lock) = read_as(name, text);
    let message = lock.err().map(|error| error.to_string()).unwrap_or_default();
    let place = format!("{}:{line}: ", path.display());
    assert!(message.starts_with(&place) && message.contains(words) && message.len() < 1000, "{place}{words}\n{:.1000}", message);
}

fn uv(packages: &str) -> String {
    format!("version = 1\nrequires-python = \">=3.11\"\n{packages}")
}

fn uv_package(name: &str, wheel: &str) -> String {
    format!(
        "\n[[package]]\nname = \"{name}\"\nversion = \"1\"\nsource = {{ registry = \"https://host/simple\" }}\nwheels = [\n    {{ {wheel} }},\n]\n"
    )
}

fn uv_wheel(file: &str) -> String {
    format!("url = \"https://host/{file}\", hash = \"{HASH}\"")
}

#[test]
fn truncated() {
    refused("uv.lock", "version = 1\n[[package]]\nname = \"a", 3, "string");
    refused("poetry.lock", "[[package]]\nname = \"a\"\nfiles = [\n    {file = \"a.whl\", ha", 4, "");
    refused("pylock.toml", "lock-version = \"1.0\"\n[[packages]", 2, "");
    refused("requirements.txt", "a==1 \\\n    --hash=sha256:aaaa", 1, "Not a usable hash: `aaaa`");
}

#[test]
fn empty() {
    refused("uv.lock", "", 1, "Missing `version`");
    refused("poetry.lock", "", 1, "Missing `metadata`");
    refused("pylock.toml", "", 1, "Missing `lock-version`");
    let (_, lock) = read_as("requirements.txt", "");
    assert_eq!(lock.unwrap().packages.len(), 1);
}

#[test]
fn wrong_types() {
    refused("uv.lock", "version = 1\npackage = 3\n", 2, "Expected `package` to be an array, found integer");
    refused("uv.lock", &uv("\n[[package]]\nname = 7\n"), 5, "Expected `name` to be a string, found integer");
    refused("uv.lock", &uv(&uv_package("a", "url = [], hash = \"\"")), 9, "Expected `url` to be a string, found array");
    refused("poetry.lock", "[[package]]\nname = \"a\"\nversion = 1\n[metadata]\nlock-version = \"2.1\"\n", 3, "Expected `version`");
    refused("pylock.toml", "lock-version = 1\n", 1, "Expected `lock-version` to be a string, found integer");
}

#[test]
fn unknown_versions() {
    refused("uv.lock", "# uv\nversion = 2\n", 2, "Unknown lock file version: `2`");
    refused("poetry.lock", "[metadata]\nlock-version = \"3.0\"\n", 1, "Unknown lock file version: `3.0`");
    refused("pylock.toml", "lock-version = \"2.0\"\n", 1, "Unknown lock file version: `2.0`");
}

#[test]
fn duplicates() {
    let twice = uv_package("a", &uv_wheel("a-1-py3-none-any.whl")).repeat(2);
    refused("uv.lock", &uv(&twice), 12, "Package listed twice: `a 1`, first in line 4");
    let package = "[[package]]\nname = \"a\"\nversion = \"1\"\n";
    refused("poetry.lock", &format!("{package}{package}[metadata]\nlock-version = \"2.1\"\n"), 4, "first in line 1");
    let package = "[[packages]]\nname = \"a\"\nversion = \"1\"\n";
    refused("pylock.toml", &format!("lock-version = \"1.0\"\n{package}{package}"), 5, "first in line 2");
    refused("requirements.txt", &format!("a==1 --hash={HASH}\na==2 --hash={HASH}\n"), 2, "Package listed twice: `a`, first in line 1");
}

#[test]
fn hashes_of_unknown_kinds() {
    let wheel = "url = \"https://host/a-1-py3-none-any.whl\", hash = \"md5:00\"";
    refused("uv.lock", &uv(&uv_package("a", wheel)), 9, "Not a usable hash: `md5:00`");
    let text = "[[package]]\nname = \"a\"\nversion = \"1\"\nfiles = [\n    {file = \"a-1-py3-none-any.whl\", hash = \"blake2:00\"},\n]\n[metadata]\nlock-version = \"2.1\"\n";
    refused("poetry.lock", text, 5, "Not a usable hash: `blake2:00`");
    let text = "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\n[[packages.wheels]]\nurl = \"https://host/a-1-py3-none-any.whl\"\nhashes = { md5 = \"00\" }\n";
    refused("pylock.toml", text, 7, "Not a usable hash: `md5`");
    refused("requirements.txt", "# head\na==1 --hash=md5:00\n", 2, "Not a usable hash: `md5:00`");
}

#[test]
fn wheel_names_that_do_not_parse() {
    refused(
        "uv.lock",
        &uv(&uv_package("a", &uv_wheel("a-1.whl"))),
        9,
        "File name has 2 parts instead of 5 or 6: `a-1.whl`\nhint: a wheel's name is `name-version(-build)-python-abi-platform.whl`",
    );
    refused("uv.lock", &uv(&uv_package("a", &uv_wheel("b-1-py3-none-any.whl"))), 9, "Wheel of another project than its package `a 1`");
    refused("uv.lock", &uv(&uv_package("a", &uv_wheel("a-2-py3-none-any.whl"))), 9, "Wheel of another version than its package `a 1`");
}

#[test]
fn paths_that_leave() {
    for path in ["../a-1-py3-none-any.whl", "/a-1-py3-none-any.whl", "x/../../a-1-py3-none-any.whl"] {
        let text = uv_package("a", &format!("path = \"{path}\", hash = \"{HASH}\"")).replace("https://host/simple", ".");
        refused("uv.lock", &uv(&text), 9, &format!("Path leaves the project: `{path}`"));
        refused("requirements.txt", &format!("a @ {path} --hash={HASH}\n"), 1, "Path leaves the project");
    }
    let text = "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\n[[packages.wheels]]\npath = \"../a-1-py3-none-any.whl\"\n";
    refused("pylock.toml", text, 4, "Path leaves the project");
    refused("requirements.txt", "--find-links ../wheels\n", 1, "Path leaves the project");
}

#[test]
fn dangling_and_wrong_in_detail() {
    let text = uv_package("a", &uv_wheel("a-1-py3-none-any.whl")) + "dependencies = [\n    { name = \"b\" },\n]\n";
    refused("uv.lock", &uv(&text), 12, "Dependency on a package that is not in the lock file: `b`");
    let text = text.replace("{ name = \"b\" }", "{ name = \"a\", marker = \"python_version <\" }");
    refused("uv.lock", &uv(&text), 12, "unexpected end in marker: `python_version <`");
    refused("uv.lock", "version = 1\nrequires-python = \"abc\"\n", 2, "Not a version: `abc`");
    refused("requirements.txt", "a>=1\n", 1, "Not pinned to one version: `a>=1`");
    refused("requirements.txt", "a==1\n", 1, "`a` may be allowed in `allow_unhashed`");
    let error = read_as("requirements.txt", "-c c.txt\n").1.unwrap_err();
    assert!(error.to_string().starts_with("Failed to read lock file: "), "{error}");
}

#[test]
fn deep_nesting_is_no_overflow() {
    let marker = "(".repeat(100_000);
    let text = uv_package("a", &uv_wheel("a-1-py3-none-any.whl"))
        + &format!("dependencies = [\n    {{ name = \"a\", marker = \"{marker}\" }},\n]\n");
    refused("uv.lock", &uv(&text), 12, "parentheses nested too deep");
    let (_, lock) = read_as("uv.lock", &format!("version = 1\nx = {}", "[".repeat(100_000)));
    lock.unwrap_err();
}

#[test]
fn a_circle_works() {
    let mut text = String::from("version = 1\nrequires-python = \">=3.11\"\n");
    for (name, needs) in [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")] {
        text.push_str(&uv_package(name, &uv_wheel(&format!("{name}-1-py3-none-any.whl"))));
        text.push_str(&format!("dependencies = [\n    {{ name = \"{needs}\" }},\n]\n"));
    }
    let (_, lock) = read_as("uv.lock", &text);
    let lock = lock.unwrap();
    let target = Target { platform: "linux".parse::<Platform>().unwrap(), python: Python::minor(11) };
    let chosen = lock::choose(&lock, target, &[Item { package: "d".to_owned(), part: Part::Base }], &[]).unwrap();
    assert_eq!(chosen.iter().map(|chosen| chosen.package.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c", "d"]);

    let resolution = serde_json::to_value(lock::resolve(&lock, &Settings::default(), None).unwrap()).unwrap();
    let all = serde_json::json!(["a_1_py3_none_any", "b_1_py3_none_any", "c_1_py3_none_any"]);
    for name in ["a", "b", "c"] {
        assert_eq!(resolution["targets"][name][name][0]["wheels"], all);
        assert_eq!(resolution["targets"][name][name][0]["deps"], serde_json::json!([]));
    }
    assert_eq!(resolution["targets"]["d"]["d"][0]["wheels"], serde_json::json!(["d_1_py3_none_any"]));
    assert_eq!(resolution["targets"]["d"]["d"][0]["deps"], serde_json::json!(["//a:a"]));
}

#[test]
fn no_file_no_format() {
    let error = lock::read(Path::new("/nonexistent/uv.lock"), &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "Failed to read lock file: `/nonexistent/uv.lock`");
    let error = lock::read(Path::new("Pipfile.lock"), &Options::default()).unwrap_err();
    assert!(error.to_string().starts_with("Not a known lock file: `Pipfile.lock`\nhint: "));
}

#[test]
fn constraints_that_are_requirements_as_well() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("all.txt"), format!("-c all.txt\na==1 --hash={HASH}\n")).unwrap();
    let path = folder.path().join("requirements.txt");
    fs::write(&path, "-c all.txt\n-r all.txt\n").unwrap();
    let lock = lock::read(&path, &Options::default()).unwrap();
    let names: Vec<&str> = lock.packages.iter().filter(|package| !package.project).map(|package| package.name.as_str()).collect();
    assert_eq!(names, ["a"]);
    assert_eq!(lock.beside, [PathBuf::from("all.txt")]);
}
