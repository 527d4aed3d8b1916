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
