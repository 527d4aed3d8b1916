//! Files of wheels that are left out: what stays, what is said of it, and what is refused.

use std::fs;

use serde_json::{Value, json};

use crate::built::{Built, assembled, printed, refused, wheel};
use crate::harness::{Project, manifest};

fn typed() -> Built {
    let files = [
        ("typed/__init__.py", "VALUE = 1\n"),
        ("typed/__init__.pyi", "VALUE: int\n"),
        ("typed/tests/__init__.py", ""),
        ("typed/tests/test_value.py", "assert 1\n"),
    ];
    wheel("typed", "1.0", "", &files)
}

fn plain() -> Built {
    wheel("plain", "2.0", "", &[("plain/__init__.py", ""), ("plain/tests.py", "")])
}

fn project() -> Project {
    Project::new(json!({"main": "_main/a.py"})).import("_main").source("_main/a.py", "").built(&typed()).built(&plain())
}

fn excluding(project: &str, paths: &[&str]) -> Project {
    self::project().line(json!({"kind": "exclude", "project": project, "paths": paths}))
}

fn wheels(bytes: &[u8]) -> Vec<Value> {
    manifest(bytes)["wheels"].as_array().unwrap().clone()
}

#[test]
fn what_is_left_out_is_gone_and_said() {
    let excluding = |project| excluding(project, &["**/tests/**", "**/*.pyi"]);
    let project = excluding("*");
    let bytes = assembled(&project, "app");
    assert_eq!(bytes, excluding("Typed").file(), "the wheel that loses nothing is the same");
    assert_eq!(bytes, excluding("*").reversed().file());
    let [plain_wheel, typed_wheel] = &wheels(&bytes)[..] else { panic!("two wheels") };
    assert_eq!(plain_wheel.get("excluded"), None);
    assert_eq!((typed_wheel["excluded"]["files"].clone(), typed_wheel["excluded"]["bytes"].clone()), (json!(3), json!(20)));
    assert_eq!(typed_wheel["excluded"]["original_size"], typed().bytes.len());

    let (text, code) = printed(project.path(), &["verify", "app"]);
    assert_eq!(code, 0, "{text}");
    let (text, _) = printed(project.path(), &["inspect", "app"]);
    assert!(text.contains("  without 3 files of typed: saves "), "{text}");
    let (json, _) = printed(project.path(), &["inspect", "app", "--json"]);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["packages"][1]["excluded"], typed_wheel["excluded"]);
    printed(project.path(), &["extract", "app", "--wheel", "typed", "--output", "."]);
    let rewritten = fs::File::open(project.path().join(typed().file)).unwrap();
    let names: Vec<String> = zip::ZipArchive::new(rewritten).unwrap().file_names().map(|name| name.unwrap().into_owned()).collect();
    let rest = ["METADATA", "WHEEL", "RECORD"].map(|name| format!("typed-1.0.dist-info/{name}"));
    assert_eq!(names, [&["typed/__init__.py".to_owned()], &rest[..]].concat());
}

#[test]
fn the_lock_is_held_against_the_wheel_that_was_locked() {
    let project = excluding("*", &["**/tests/**"]);
    let bytes = assembled(&project, "app");
    let locked = |wheel: &Value| wheel["excluded"]["original_sha256"].as_str().or(wheel["sha256"].as_str()).unwrap().to_owned();
    let [plain_wheel, typed_wheel] = &wheels(&bytes)[..] else { panic!("two wheels") };
    let lock = |typed: &str| format!("typed==1.0 --hash=sha256:{typed}\nplain==2.0 --hash=sha256:{}\n", locked(plain_wheel));
    project.write("requirements.txt", lock(&locked(typed_wheel)));
    let (text, code) = printed(project.path(), &["verify", "app", "--lock", "requirements.txt"]);
    assert!(code == 0 && text.ends_with("2 wheels in requirements.txt; 1 wheel without what the build left out\n"), "{text}");
    project.write("requirements.txt", lock(typed_wheel["sha256"].as_str().unwrap()));
    assert_eq!(printed(project.path(), &["verify", "app", "--lock", "requirements.txt"]).1, 3);
}

#[test]
fn bills_name_the_distribution_that_others_know() {
    let project = excluding("*", &["**/tests/**"]);
    let bytes = assembled(&project, "app");
    let original = wheels(&bytes)[1]["excluded"]["original_sha256"].as_str().unwrap().to_owned();
    for arguments in [&["sbom", "app", "--format", "spdx"][..], &["sbom", "--manifest", "manifest.jsonl", "--format", "spdx"]] {
        assert!(printed(project.path(), arguments).0.contains(&original));
    }
}

#[test]
fn what_is_left_out_conflicts_with_nothing() {
    let own = |name| wheel(name, "1.0", "", &[(&format!("{name}/__init__.py"), ""), ("tests/__init__.py", name)]);
    let project = Project::new(json!({"main": "_main/a.py"})).source("_main/a.py", "").built(&own("one")).built(&own("two"));
    assert!(project.error().contains("site-packages/tests/__init__.py"));
    project.line(json!({"kind": "exclude", "project": "two", "paths": ["tests/**"]})).file();
}

#[test]
fn wrong_globs_are_refused() {
    insta::assert_snapshot!(excluding("*", &["**/test/**"]).error(), @"
    error: //svc:bin: exclude has a glob that fits no file of any package: `**/test/**`
    hint: globs are over the paths in the wheel, as `unzip -l` lists them; remove those that are not needed any more
    ");
    insta::assert_snapshot!(excluding("plain", &["**/*.pyi"]).error(), @"
    error: //svc:bin: exclude has a glob that fits no file of `plain`: `**/*.pyi`
    hint: globs are over the paths in the wheel, as `unzip -l` lists them; remove those that are not needed any more
    ");
    insta::assert_snapshot!(excluding("tipped", &["**/*.pyi"]).error(), @"
    error: //svc:bin: exclude names a package that the application does not have: `tipped`
    hint: the nearest names are `typed`, `plain`
    ");
    insta::assert_snapshot!(excluding("*", &["/typed/**"]).error(), @"
    error: //svc:bin: exclude has a glob that is not valid: `/typed/**`
    hint: write a path within the wheel, with `*` and `?` within its parts and `**` for any number of parts
    ");
    insta::assert_snapshot!(excluding("*", &["**/META*"]).error(), @"
    error: //svc:bin: exclude has a glob that fits what describes the package: `**/META*` fits `plain-2.0.dist-info/METADATA` of plain-2.0-py3-none-any.whl
    hint: nothing of `.dist-info` can be left out; write a narrower glob, or one for each package
    ");
}

#[test]
fn a_wheel_that_cannot_be_read_is_named() {
    let project = excluding("*", &["**/*.pyi"]);
    let size = typed().bytes.len();
    project.write(&format!("wheels/{}", typed().file), vec![0; size]);
    project.assemble();
    let error = refused(project.path(), &["assemble", "--manifest", "manifest.jsonl", "--output", "out/bin"]);
    assert!(error.starts_with("error: Failed to read wheel of @pypi//typed: `wheels/typed-1.0-py3-none-any.whl`"), "{error}");
}
