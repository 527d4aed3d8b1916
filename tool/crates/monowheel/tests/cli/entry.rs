//! What to run, and what happens where it does not exist.

use serde_json::json;

use crate::harness::{Project, Wheel, manifest};

fn with(entry: serde_json::Value) -> Project {
    Project::new(entry)
        .import("_main/svc")
        .source("_main/svc/main.py", "def serve():\n    pass\n")
        .source("_main/svc/pkg/__init__.py", "")
        .wheel(&Wheel::new("web").file("web/cli.py", "").script("web", "web.cli:main.callback"))
}

#[test]
fn each_kind() {
    let entry = |entry| manifest(&with(entry).file())["entry"].clone();
    assert_eq!(entry(json!({"main": "_main/svc/main.py"})), json!({"kind": "file", "path": "_main/svc/main.py"}));
    assert_eq!(entry(json!({"entry_point": "main:serve"})), json!({"kind": "attr", "module": "main", "attr": "serve"}));
    assert_eq!(entry(json!({"script": "web"})), json!({"kind": "attr", "module": "web.cli", "attr": "main.callback"}));
}

#[test]
fn not_exactly_one() {
    insta::assert_snapshot!(with(json!({})).error(), @"error: //svc:bin: exactly one of `main`, `entry_point` and `script` must be given, but found none");
    insta::assert_snapshot!(with(json!({"main": "_main/svc/main.py", "script": "web"})).error(), @"error: //svc:bin: exactly one of `main`, `entry_point` and `script` must be given, but found main and script");
}

#[test]
fn missing_ones_come_with_the_nearest_names() {
    insta::assert_snapshot!(with(json!({"main": "_main/main.py"})).error(), @"
    error: //svc:bin: main `_main/main.py` is not among the sources
    hint: the nearest names are `_main/svc/main.py`, `_main/svc/pkg/__init__.py`
    ");
    insta::assert_snapshot!(with(json!({"script": "wbe"})).error(), @"
    error: //svc:bin: no wheel of the application has a console script `wbe`
    hint: the nearest names are `web`
    ");
    insta::assert_snapshot!(with(json!({"entry_point": "mian:serve"})).error(), @"
    error: //svc:bin: entry point `mian:serve`: no module `mian` in the application
    hint: the nearest names are `main`, `pkg`, `web.cli`
    ");
    insta::assert_snapshot!(with(json!({"entry_point": "main:server"})).error(), @"
    error: //svc:bin: entry point `main:server`: `_main/svc/main.py` defines no `server`
    hint: the nearest names are `serve`
    ");
    insta::assert_snapshot!(with(json!({"entry_point": "main.serve"})).error(), @"error: //svc:bin: entry point `main.serve` must be written as `package.module:attribute`");
    insta::assert_snapshot!(Project::new(json!({"script": "web"})).error(), @"error: //svc:bin: no wheel of the application has a console script `web`; it has none");
}
