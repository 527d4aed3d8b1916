//! Two owners of one place.

use serde_json::{Value, json};

use crate::harness::{Project, Wheel, manifest};

fn project() -> Project {
    Project::new(json!({"main": "_main/a.py"})).import("_main").source("_main/a.py", "")
}

fn wheel(name: &'static str, text: &str) -> Wheel {
    Wheel::new(name).file("tests/__init__.py", text)
}

fn dropped(bytes: &[u8]) -> Vec<Value> {
    manifest(bytes)["wheels"].as_array().unwrap().iter().map(|wheel| wheel["drop"].clone()).collect()
}

#[test]
fn two_wheels_with_one_path() {
    insta::assert_snapshot!(project().wheel(&wheel("one", "1")).wheel(&wheel("two", "22")).error(), @r#"
    error: //svc:bin: 1 place has more than one owner, with different content
      site-packages/tests/__init__.py
        one-1.0-py3-none-any.whl (1 byte)
        two-1.0-py3-none-any.whl (2 bytes)
    hint: remove one of the owners, or say who wins: conflicts = {"site-packages/tests/__init__.py": "<project>"}
    "#);
}

#[test]
fn same_bytes_are_shared() {
    assert_eq!(dropped(&project().wheel(&wheel("one", "1")).wheel(&wheel("two", "1")).file()), [json!([]), json!([])]);
}

#[test]
fn the_user_says_who_wins() {
    for path in ["site-packages/tests/__init__.py", "site-packages/tests/**"] {
        let settled = |winner: Value| {
            let line = json!({"kind": "conflict", "path": path, "winner": winner});
            dropped(&project().wheel(&wheel("one", "1")).wheel(&wheel("two", "22")).line(line).file())
        };
        let path = json!(["site-packages/tests/__init__.py"]);
        assert_eq!(settled(json!("one")), [json!([]), path.clone()]);
        assert_eq!(settled(json!("two")), [path.clone(), json!([])]);
        assert_eq!(settled(Value::Null), [path.clone(), path]);
    }
}

#[test]
fn two_wheels_with_one_script() {
    let project = project().wheel(&Wheel::new("one").script("run", "one:run")).wheel(&Wheel::new("two").script("run", "two:run"));
    insta::assert_snapshot!(project.error(), @r#"
    error: //svc:bin: 1 place has more than one owner, with different content
      bin/run
        one-1.0-py3-none-any.whl (0 bytes)
        two-1.0-py3-none-any.whl (0 bytes)
    hint: remove one of the owners, or say who wins: conflicts = {"bin/run": "<project>"}
    "#);
}

#[test]
fn one_place_from_two_targets() {
    insta::assert_snapshot!(project().source("_main/b.py", "1").source("_main/b.py", "2").error(), @"
    error: //svc:bin: 1 place has more than one owner, with different content
      _main/b.py
        //svc:lib (1 byte)
        //svc:lib (1 byte)
    hint: remove one of the owners, or move it
    ");
    project().source("_main/b.py", "1").source("_main/b.py", "1").file();
}

#[test]
fn a_file_where_a_directory_must_be() {
    insta::assert_snapshot!(project().source("_main/b", "1").source("_main/b/c.py", "2").error(), @"
    error: //svc:bin: 1 place has more than one owner, with different content
      _main/b
        //svc:lib (1 byte)
        //svc:lib (1 byte) (needs a directory there)
    hint: remove one of the owners, or move it
    ");
}

#[test]
fn one_module_under_two_import_roots() {
    let two = |text| project().import("_main/x").import("_main/y").source("_main/x/util.py", "1").source("_main/y/util.py", text);
    insta::assert_snapshot!(two("2").error(), @"
    error: //svc:bin: 1 place has more than one owner, with different content
      module util.py, under two import roots
        _main/x/util.py (1 byte), first-party, from //svc:lib
        _main/y/util.py (1 byte), first-party, from //svc:lib
    hint: remove one of the owners, or move it
    ");
    two("1").file();
}

#[test]
fn a_first_party_module_that_a_wheel_has_too() {
    let project = || project().source("_main/tests/__init__.py", "mine").wheel(&wheel("one", "1"));
    insta::assert_snapshot!(project().error(), @r#"
    error: //svc:bin: 1 place has more than one owner, with different content
      site-packages/tests/__init__.py
        one-1.0-py3-none-any.whl (1 byte)
        _main/tests/__init__.py (4 bytes), first-party, from //svc:lib
    hint: remove one of the owners, or say who wins: conflicts = {"site-packages/tests/__init__.py": "<project>"}
    "#);
    let settled = |winner: &str| {
        dropped(&project().line(json!({"kind": "conflict", "path": "site-packages/tests/__init__.py", "winner": winner})).file())
    };
    assert_eq!(settled("first-party"), [json!(["site-packages/tests/__init__.py"])]);
    assert_eq!(settled("one"), [json!([])]);
}

#[test]
fn a_first_party_module_that_a_wheels_package_hides() {
    insta::assert_snapshot!(project().source("_main/tests/mine.py", "").wheel(&wheel("one", "1")).error(), @r#"
    error: //svc:bin: 1 place has more than one owner, with different content
      site-packages/tests/__init__.py
        one-1.0-py3-none-any.whl (1 byte)
        _main/tests/mine.py (0 bytes), first-party, from //svc:lib
    hint: remove one of the owners, or say who wins: conflicts = {"site-packages/tests/__init__.py": "<project>"}
    "#);
}

#[test]
fn a_first_party_package_that_hides_part_of_a_namespace() {
    let namespace = Wheel::new("one").file("ns/part.py", "");
    insta::assert_snapshot!(project().source("_main/ns/__init__.py", "").wheel(&namespace).error(), @r#"
    error: //svc:bin: 1 place has more than one owner, with different content
      site-packages/ns/part.py
        one-1.0-py3-none-any.whl (0 bytes)
        _main/ns/__init__.py (0 bytes), first-party, from //svc:lib
    hint: remove one of the owners, or say who wins: conflicts = {"site-packages/ns/part.py": "<project>"}
    "#);
    let namespace = Wheel::new("one").file("ns/part.py", "");
    project().source("_main/ns/other.py", "").wheel(&namespace).file();
}

#[test]
fn names_that_the_target_takes_for_one() {
    let on = |platform: Option<&str>| {
        let mut application = json!({"main": "_main/a.py", "python_version": "3.11"});
        if let Some(platform) = platform {
            application["platform"] = json!(platform);
        }
        let upper = Wheel::new("upper").file("Crypto/__init__.py", "1").file("Crypto/a.py", "").file("upper/README", "1");
        let lower = Wheel::new("lower").file("crypto/__init__.py", "2").file("upper/readme", "2");
        Project::new(application).source("_main/a.py", "").wheel(&upper).wheel(&lower)
    };
    on(None).file();
    on(Some("x86_64-unknown-linux-gnu")).file();
    insta::assert_snapshot!(on(Some("aarch64-apple-darwin")).error(), @r#"
    error: //svc:bin: 2 names spelled in two ways are one on macOS, which tells neither upper from lower case nor two ways to write an accent
      site-packages/Crypto (upper-1.0-py3-none-any.whl)
      site-packages/crypto (lower-1.0-py3-none-any.whl)
      site-packages/upper/README (upper-1.0-py3-none-any.whl)
      site-packages/upper/readme (lower-1.0-py3-none-any.whl)
    hint: remove one of them, or say whose stays: conflicts = {"site-packages/crypto": "<project>"}, with `/**` behind a folder
    "#);
    let settled = |path: &str, winner: &str| json!({"kind": "conflict", "path": path, "winner": winner});
    let project = on(Some("aarch64-apple-darwin")).line(settled("site-packages/crypto/**", "upper"));
    insta::assert_snapshot!(project.error(), @r#"
    error: //svc:bin: 1 name spelled in two ways are one on macOS, which tells neither upper from lower case nor two ways to write an accent
      site-packages/upper/README (upper-1.0-py3-none-any.whl)
      site-packages/upper/readme (lower-1.0-py3-none-any.whl)
    hint: remove one of them, or say whose stays: conflicts = {"site-packages/upper/readme": "<project>"}, with `/**` behind a folder
    "#);
    let project = project.line(settled("site-packages/upper/README", "lower"));
    assert_eq!(dropped(&project.file()), [json!(["site-packages/crypto/__init__.py"]), json!(["site-packages/upper/README"])]);
}

#[test]
fn first_party_names_that_the_target_takes_for_one() {
    let project = |platform| {
        Project::new(json!({"main": "_main/a.py", "platform": platform})).source("_main/a.py", "").source("_main/caf\u{e9}.txt", "1")
    };
    insta::assert_snapshot!(project("aarch64-apple-darwin").source("_main/cafe\u{301}.txt", "").error(), @r"
    error: //svc:bin: 1 name spelled in two ways are one on macOS, which tells neither upper from lower case nor two ways to write an accent
      _main/cafe\u{301}.txt (//svc:lib)
      _main/caf\u{e9}.txt (//svc:lib)
    hint: rename one of them
    ");
    project("x86_64-pc-windows-msvc").source("_main/cafe\u{301}.txt", "").file();
    assert!(project("x86_64-pc-windows-msvc").source("_main/A.py", "").error().contains("Windows"));
}

#[test]
fn the_standard_library_hides_first_party_modules() {
    let project = |version: &str| {
        Project::new(json!({"main": "_main/code.py", "requires_python": version}))
            .import("_main")
            .import("_main/lib")
            .source("_main/code.py", "")
            .source("_main/svc/json.py", "")
            .source("_main/platform/namespace.py", "")
            .source("_main/lib/tomllib/__init__.py", "")
    };
    project(">=3.9").file();
    insta::assert_snapshot!(project(">=3.11").source("_main/token.py", "").error(), @r#"
    error: //svc:bin: first-party modules are hidden by the standard library, which comes first on sys.path
      import token does not find _main/token.py, from //svc:lib
      import tomllib does not find _main/lib/tomllib/__init__.py, from //svc:lib
    hint: rename them, move them into a package, or say that nothing imports them: conflicts = {"token.py": "standard-library"}
    "#);
    project(">=3.11").line(json!({"kind": "conflict", "path": "tomllib/__init__.py", "winner": "standard-library"})).file();
}
