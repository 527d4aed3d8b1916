//! `monowheel build`: what goes in of a workspace with extras and groups, as its options name it.

use std::fmt::Write as _;
use std::fs;

use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::build::{built, refused, wheel};
use crate::harness::{hex, manifest};

/// Packages of the index.
const PACKAGES: [&str; 5] = ["web", "speed", "lint", "queue", "old"];

/// A workspace: `shop` needs `web`, and `old` before Python 3.12; it has the extra `fast` and the group `dev`; its member `jobs` needs `queue`.
fn workspace() -> TempDir {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    for name in ["wheels", "shop", "jobs/src/jobs", "elsewhere"] {
        fs::create_dir_all(path.join(name)).unwrap();
    }
    let project = |name: &str| format!("[project]\nname = \"{name}\"\nversion = \"1\"\nrequires-python = \">=3.11\"\n");
    fs::write(path.join("pyproject.toml"), project("shop") + "[tool.uv.workspace]\nmembers = [\"jobs\"]\n").unwrap();
    fs::write(path.join("shop/__init__.py"), "def main(): ...\n").unwrap();
    fs::write(path.join("jobs/pyproject.toml"), project("jobs") + "[project.scripts]\njobs = \"jobs:main\"\n").unwrap();
    fs::write(path.join("jobs/src/jobs/__init__.py"), "def main(): ...\n").unwrap();

    let mut lock = String::from(
        "version = 1\nrequires-python = \">=3.11\"\n\n[manifest]\nmembers = [\"shop\", \"jobs\"]\n\n\
         [[package]]\nname = \"shop\"\nversion = \"1\"\nsource = { virtual = \".\" }\n\
         dependencies = [{ name = \"web\" }, { name = \"old\", marker = \"python_version < '3.12'\" }]\n\
         [package.optional-dependencies]\nfast = [{ name = \"speed\" }]\n\
         [package.dev-dependencies]\ndev = [{ name = \"lint\" }]\n\n\
         [[package]]\nname = \"jobs\"\nversion = \"1\"\nsource = { editable = \"jobs\" }\ndependencies = [{ name = \"queue\" }]\n",
    );
    for name in PACKAGES {
        let content = wheel(name, &[(&format!("{name}/__init__.py"), "def run(): ...\n")]);
        let file = format!("{name}-1.0-py3-none-any.whl");
        fs::write(path.join("wheels").join(&file), &content).unwrap();
        write!(
            lock,
            "\n[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ registry = \"https://index.invalid/simple\" }}\n\
             wheels = [{{ url = \"https://files.invalid/{file}\", hash = \"sha256:{}\" }}]\n",
            hex(&Sha256::digest(&content))
        )
        .unwrap();
    }
    fs::write(path.join("uv.lock"), lock).unwrap();
    folder
}

/// The packages of what these arguments build.
fn inside(folder: &TempDir, arguments: &[&str]) -> Vec<String> {
    let manifest = manifest(&built(folder.path(), arguments));
    manifest["wheels"].as_array().unwrap().iter().map(|wheel| wheel["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn extras_and_groups_are_added() {
    let folder = workspace();
    let run = ["--entry-point", "shop:main"];
    assert_eq!(inside(&folder, &run), ["old", "web"]);
    assert_eq!(inside(&folder, &[&run[..], &["--extra", "fast"]].concat()), ["old", "speed", "web"]);
    assert_eq!(inside(&folder, &[&run[..], &["--group", "dev"]].concat()), ["lint", "old", "web"]);
    assert_eq!(inside(&folder, &[&run[..], &["--extra", "fast", "--group", "dev"]].concat()), ["lint", "old", "speed", "web"]);
}

#[test]
fn a_member_of_the_workspace_has_a_closure_and_a_script_of_its_own() {
    let folder = workspace();
    let file = built(folder.path(), &["--package", "jobs"]);
    assert_eq!(inside(&folder, &["--package", "jobs"]), ["queue"]);
    assert_eq!(manifest(&file)["entry"], json!({"kind": "attr", "module": "jobs", "attr": "main"}));
    assert_eq!(manifest(&file)["imports"], json!(["_main", "_main/jobs/src"]));
    // The folder of the member means the same.
    assert_eq!(built(folder.path(), &["jobs"]), file);
}

#[test]
fn python_and_platform_decide() {
    let folder = workspace();
    let run = ["--entry-point", "shop:main"];
    assert_eq!(inside(&folder, &[&run[..], &["--python", "3.12"]].concat()), ["web"]);
    assert_eq!(manifest(&built(folder.path(), &run))["platform"], "x86_64-unknown-linux-gnu");
    fs::write(folder.path().join(".python-version"), "3.13\n").unwrap();
    assert_eq!(inside(&folder, &run), ["web"]);
}

#[test]
fn a_lock_of_another_name_and_place() {
    let folder = workspace();
    fs::rename(folder.path().join("uv.lock"), folder.path().join("elsewhere/uv.lock")).unwrap();
    let words = refused(folder.path(), &["--entry-point", "shop:main"]);
    assert!(words.contains("No lock file for the project"), "{words}");
    // First-party code is what stands below the lock file, so it is named.
    fs::create_dir(folder.path().join("elsewhere/app")).unwrap();
    fs::write(folder.path().join("elsewhere/app/main.py"), "").unwrap();
    let lock = ["--lock", "elsewhere/uv.lock", "--source", "elsewhere/app", "--main", "elsewhere/app/main.py"];
    assert_eq!(inside(&folder, &lock), ["old", "web"]);
}

#[test]
fn wrong_names_are_answered_with_those_that_there_are() {
    let folder = workspace();
    let run = ["--entry-point", "shop:main"];
    let words = |more: &[&str]| refused(folder.path(), &[&run[..], more].concat());
    insta::assert_snapshot!(words(&["--extra", "fats"]), @"
    error: Nothing of this name in the lock file: `shop[fats]`
    hint: it has shop[fast], group dev
    ");
    insta::assert_snapshot!(words(&["--group", "dve"]), @"
    error: Nothing of this name in the lock file: `shop:dve`
    hint: it has shop[fast], group dev
    ");
    insta::assert_snapshot!(words(&["--package", "job"]), @"
    error: Nothing of this name in the lock file: `job`
    hint: it has jobs, lint, old, queue, shop, speed, web
    ");
}

#[test]
fn a_variable_that_no_shell_can_set_is_refused() {
    let said = refused(workspace().path(), &["--entry-point", "shop:main", "--env", "A-B=1"]);
    insta::assert_snapshot!(said, @r"
    error: ./pyproject.toml: the start of the file cannot be written
      caused by: Not the name of an environment variable: `A-B`
    hint: letters, digits and `_`, not beginning with a digit
    ");
}
