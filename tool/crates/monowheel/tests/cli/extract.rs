//! `monowheel extract`: what went in comes out.

use std::fs;

use crate::built::{application, assembled, printed, refused, web};

#[test]
fn a_wheel_comes_out_byte_for_byte() {
    let project = application();
    assembled(&project, "app");
    let (text, code) =
        printed(project.path(), &["extract", "app", "--wheel", "Fast_JSON", "--wheel", "web-1.0-py3-none-any.whl", "--output", "out/put"]);
    assert_eq!((text.as_str(), code), ("out/put/fast_json-2.0+local.1-py3-none-any.whl\nout/put/web-1.0-py3-none-any.whl\n", 0));
    assert_eq!(fs::read(project.path().join("out/put/web-1.0-py3-none-any.whl")).unwrap(), web("1.0").bytes);
}

#[test]
fn all_of_it_comes_out() {
    let project = application();
    assembled(&project, "app");
    let (text, _) = printed(project.path(), &["extract", "app", "--all", "--code", "--output", "all"]);
    assert_eq!(text.lines().count(), 4);
    for line in text.lines().filter(|line| line.ends_with(".whl")) {
        let name = line.strip_prefix("all/").unwrap();
        assert_eq!(fs::read(project.path().join(line)).unwrap(), fs::read(project.path().join("wheels").join(name)).unwrap());
    }
    let code = fs::File::open(project.path().join("all/code.zip")).unwrap();
    assert!(zip::ZipArchive::new(code).unwrap().by_name("_main/tools/run").is_ok());
}

#[test]
fn names_are_looked_up_before_anything_is_written() {
    let project = application();
    assembled(&project, "app");
    insta::assert_snapshot!(refused(project.path(), &["extract", "app", "--wheel", "web", "--wheel", "wep", "--output", "put"]), @"
    error: No wheel of that name is inside: `wep`
    hint: there are: web
    ");
    assert!(!project.path().join("put").exists());
}

#[test]
fn a_wheel_that_was_changed_does_not_come_out() {
    let project = application();
    let mut bytes = assembled(&project, "app");
    let at = bytes.windows(9).position(|window| window == b"def serve").unwrap();
    bytes[at] = b'D';
    fs::write(project.path().join("app"), bytes).unwrap();
    let error = refused(project.path(), &["extract", "app", "--wheel", "web", "--output", "put"]);
    assert!(error.contains("but the manifest says"), "{error}");
    assert!(!project.path().join("put/web-1.0-py3-none-any.whl").exists());
}
