//! What a file holds, and that nothing but the inputs decides it.

use std::fs;

use serde_json::json;

use crate::harness::{Project, Wheel, hex, listing, manifest};
use sha2::{Digest, Sha256};

fn application() -> Project {
    let web = Wheel::new("web").file("web/__init__.py", "def serve(): ...\n").script("serve", "web:serve");
    let zlib = Wheel::new("zlib-ng").file("zlib_ng.py", "");
    Project::new(json!({"script": "serve", "env": {"MODE": "live"}, "args": ["--fast"]}))
        .import("_main")
        .import("_main/svc")
        .source("_main/svc/main.py", "app = 1\n")
        .source("_main/svc/data/größe.txt", "ü")
        .source("_main/tools/run", "#!/bin/sh\n")
        .wheel(&web)
        .wheel(&zlib)
}

#[test]
fn golden_listing() {
    insta::assert_snapshot!(listing(&application().file()), @"
    100644 1980-01-01 00:00:00 (the tool's own) __main__.py
    040755 1980-01-01 00:00:00 e3b0c44298fc1c14 monowheel/
    100644 1980-01-01 00:00:00 52cbf48f6d273627 monowheel/code.zip
      040755 1980-01-01 00:00:00 e3b0c44298fc1c14 _main/
      040755 1980-01-01 00:00:00 e3b0c44298fc1c14 _main/svc/
      040755 1980-01-01 00:00:00 e3b0c44298fc1c14 _main/svc/data/
      100644 1980-01-01 00:00:00 607474ca475a9724 _main/svc/data/größe.txt
      100644 1980-01-01 00:00:00 1ef7470068fb10fb _main/svc/main.py
      040755 1980-01-01 00:00:00 e3b0c44298fc1c14 _main/tools/
      100755 1980-01-01 00:00:00 a8076d3d28d21e02 _main/tools/run
    040755 1980-01-01 00:00:00 e3b0c44298fc1c14 monowheel/wheels/
    100644 1980-01-01 00:00:00 b5a013d062229d4d monowheel/wheels/web-1.0-py3-none-any.whl
    100644 1980-01-01 00:00:00 0758861ca3fdcec3 monowheel/wheels/zlib-ng-1.0-py3-none-any.whl
    100644 1980-01-01 00:00:00 (the tool's own) monowheel/manifest.json
    ");
}

#[test]
fn the_manifest_says_what_is_inside() {
    let mut manifest = manifest(&application().file());
    manifest["bootstrap"] = json!("…");
    insta::assert_snapshot!(serde_json::to_string_pretty(&manifest).unwrap(), @r#"
    {
      "args": [
        "--fast"
      ],
      "bootstrap": "…",
      "code": {
        "files": 3,
        "sha256": "52cbf48f6d273627a45d158924220bbee937d4aed5d01c433da12594df229c5b",
        "size": 776
      },
      "dependencies": "e1c05790b2a1d48859eec98095bca703",
      "entry": {
        "attr": "serve",
        "kind": "attr",
        "module": "web"
      },
      "env": {
        "MODE": "live"
      },
      "imports": [
        "_main",
        "_main/svc"
      ],
      "interpreter_args": [],
      "platform": null,
      "python": {
        "default": null,
        "requires": null,
        "versions": [
          "3.9",
          "3.10",
          "3.11",
          "3.12",
          "3.13",
          "3.14",
          "3.15",
          "3.16",
          "3.17",
          "3.18",
          "3.19",
          "3.20",
          "3.21",
          "3.22",
          "3.23",
          "3.24",
          "3.25"
        ]
      },
      "version": 1,
      "wheels": [
        {
          "console_scripts": {
            "serve": "web:serve"
          },
          "data": null,
          "dist_info": "web-1.0.dist-info",
          "drop": [],
          "file": "web-1.0-py3-none-any.whl",
          "gui_scripts": {},
          "name": "web",
          "purelib": true,
          "sha256": "b5a013d062229d4d562ac7ed9e6843014a38c0e26ac2304681bcfa3586fb9c64",
          "size": 33,
          "version": "1.0"
        },
        {
          "console_scripts": {},
          "data": null,
          "dist_info": "zlib-ng-1.0.dist-info",
          "drop": [],
          "file": "zlib-ng-1.0-py3-none-any.whl",
          "gui_scripts": {},
          "name": "zlib-ng",
          "purelib": true,
          "sha256": "0758861ca3fdcec30c8b717407147a835dc836fdc95bc067cd3c98e8999d3a02",
          "size": 37,
          "version": "1.0"
        }
      ]
    }
    "#);
}

#[test]
fn the_head_carries_the_digest_of_the_manifest() {
    let bytes = application().file();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let mut manifest = Vec::new();
    std::io::Read::read_to_end(&mut archive.by_name("monowheel/manifest.json").unwrap(), &mut manifest).unwrap();
    let digest = hex(&Sha256::digest(&manifest));
    let head = &bytes[..usize::try_from(archive.offset()).unwrap().max(4096).min(bytes.len())];
    assert!(bytes.starts_with(b"#!/bin/sh\n"));
    assert!(String::from_utf8_lossy(head).contains(&digest[..32]), "no digest in the head");
}

#[test]
fn same_bytes_whatever_the_order_the_place_the_modes_and_the_times() {
    let first = application().file();
    assert_eq!(application().reversed().file(), first);
    let project = application();
    for entry in walkdir::WalkDir::new(project.path()).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file()) {
        let file = fs::File::options().append(true).open(entry.path()).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000)).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::PermissionsExt::set_mode(&mut fs::metadata(entry.path()).unwrap().permissions(), 0o700);
    }
    assert_eq!(project.file(), first);
}

#[test]
fn a_tree_is_the_same_as_its_files() {
    let files = Project::new(json!({"main": "_main/a.py"})).source("_main/a.py", "1").source("_main/sub/b.py", "2").file();
    let project = Project::new(json!({"main": "_main/a.py"})).line(json!({"kind": "tree", "path": "tree", "dest": "_main"}));
    project.write("tree/sub/b.py", "2");
    project.write("tree/a.py", "1");
    assert_eq!(project.file(), files);
}

#[test]
fn nested_lists_are_the_same_as_lines() {
    let lines = application().file();
    let project = Project::new(json!({"main": "_main/a.py"})).line(json!({"kind": "list", "path": "more.jsonl"}));
    project.write("a.py", "1");
    project.write("more.jsonl", "{\"kind\":\"list\",\"path\":\"most.jsonl\"}\n\n");
    project.write("most.jsonl", "{\"kind\":\"file\",\"path\":\"a.py\",\"dest\":\"_main/a.py\",\"origin\":\"x\"}\n");
    assert!(listing(&project.file()).contains("_main/a.py"));
    assert_ne!(project.file(), lines);
}

#[test]
fn a_list_that_includes_itself_is_refused() {
    let project = Project::new(json!({"main": "_main/a.py"})).line(json!({"kind": "list", "path": "more.jsonl"}));
    project.write("more.jsonl", "{\"kind\":\"list\",\"path\":\"more.jsonl\"}\n");
    insta::assert_snapshot!(project.error(), @"
    error: Failed to read manifest: `more.jsonl`
    hint: `more.jsonl` is included by itself
    ");
}

#[test]
fn a_broken_line_is_named() {
    let project = application().line(json!({"kind": "file", "paht": "x"}));
    insta::assert_snapshot!(project.error(), @"
    error: Failed to read manifest: `manifest.jsonl`, line 9
      caused by: unknown field `paht`, expected one of `path`, `dest`, `origin`
    ");
}

#[test]
fn places_outside_the_application_are_refused() {
    for dest in ["../x.py", "/x.py", "a//b.py", "a/./b.py", "a\\b.py", ""] {
        let project = Project::new(json!({"main": "_main/a.py"}));
        project.write("x.py", "");
        let error = project.line(json!({"kind": "file", "path": "x.py", "dest": dest, "origin": "//svc:lib"})).error();
        assert!(error.contains("is not a place within the application"), "{dest}: {error}");
    }
}

#[test]
fn a_missing_input_is_named() {
    let project = Project::new(json!({"main": "_main/a.py"})).line(json!({"kind": "file", "path": "gone.py", "dest": "_main/a.py"}));
    insta::assert_snapshot!(project.error(), @"
    error: Failed to read: `gone.py`
      caused by: No such file or directory (os error 2)
    ");
}

#[test]
fn a_wheel_that_changed_since_its_facts_is_refused() {
    let project = application();
    project.write("wheels/web-1.0-py3-none-any.whl", "cut");
    insta::assert_snapshot!(project.error(), @"
    error: //svc:bin: wheel `wheels/web-1.0-py3-none-any.whl` has 3 bytes, but its facts say 33
    hint: facts and wheel must be of the same build
    ");
}

#[test]
fn facts_of_another_version_are_refused() {
    let mut other = Wheel::new("web");
    other.facts.version = 1;
    let project = Project::new(json!({"main": "_main/a.py"})).source("_main/a.py", "").wheel(&other);
    insta::assert_snapshot!(project.error(), @"
    error: Failed to read wheel facts: `facts/web-1.0-py3-none-any.whl.json`
    hint: their version is 1, but this monowheel reads version 2
    ");
}

#[test]
fn versions_of_python_that_are_none_are_refused() {
    let project = Project::new(json!({"main": "_main/a.py", "requires_python": "3.11 or so"})).source("_main/a.py", "");
    assert!(project.error().starts_with("error: //svc:bin: `requires_python` is not a version specifier (PEP 440): `3.11 or so`"));
}

#[test]
fn two_versions_of_one_project_are_refused() {
    let mut newer = Wheel::new("web");
    newer.facts.file = "web-2.0-py3-none-any.whl".into();
    newer.facts.sha256 = "0".repeat(64);
    insta::assert_snapshot!(application().wheel(&newer).error(), @"
    error: //svc:bin: `web` is asked for in two versions
      web-1.0-py3-none-any.whl from @pypi//web
      web-2.0-py3-none-any.whl from @pypi//web
    hint: take both from one lock file, or drop one of the two dependencies
    ");
}

#[test]
fn a_wheel_for_another_python_is_refused() {
    let mut native = Wheel::new("native");
    native.facts.tags = vec!["cp310-cp310-manylinux_2_17_x86_64".into()];
    let project =
        Project::new(json!({"main": "_main/a.py", "python_version": "3.11", "requires_python": ">=3.10"})).source("_main/a.py", "");
    insta::assert_snapshot!(project.wheel(&native).error(), @"
    error: //svc:bin: is built for Python 3.11, which does not fit the whole application
      native-1.0-py3-none-any.whl (tagged cp310-cp310-manylinux_2_17_x86_64)
    hint: build for another `python_version`, or lock other versions
    ");
    let mut newer = Wheel::new("newer");
    newer.facts.requires_python = Some(">=3.12".into());
    let project = Project::new(json!({"main": "_main/a.py"})).source("_main/a.py", "");
    insta::assert_snapshot!(project.wheel(&native).wheel(&newer).error(), @"
    error: //svc:bin: no version of Python fits the whole application
      native-1.0-py3-none-any.whl (tagged cp310-cp310-manylinux_2_17_x86_64)
      newer-1.0-py3-none-any.whl (requires >=3.12)
    hint: build for another `python_version`, or lock other versions
    ");
    let mut packed = Wheel::new("packed");
    packed.facts.zstd = true;
    let project = Project::new(json!({"main": "_main/a.py", "python_version": "3.11"})).source("_main/a.py", "");
    insta::assert_snapshot!(project.wheel(&packed).error(), @"
    error: //svc:bin: is built for Python 3.11, which does not fit the whole application
      packed-1.0-py3-none-any.whl (compressed by Zstandard, which Python reads from 3.14 on)
    hint: build for another `python_version`, or lock other versions
    ");
}

#[test]
fn one_application_and_at_most_one_interpreter_are_described() {
    let second = || application().line(json!({"kind": "application", "version": 1, "origin": "//svc:other", "main": "_main/a.py"}));
    let interpreter = json!({"kind": "interpreter", "path": "python"});
    let two = application().line(interpreter.clone()).line(interpreter);
    insta::assert_snapshot!([second().error(), two.error()].concat(), @"
    error: Failed to read manifest: `manifest.jsonl`
    hint: it must hold one line of kind `application`, but holds 2
    error: Failed to read manifest: `manifest.jsonl`
    hint: it may hold one line of kind `interpreter`, but holds 2
    ");
}

#[test]
fn a_launcher_is_a_launcher() {
    let project = Project::new(json!({"main": "_main/a.py", "launcher": "launcher"})).source("_main/a.py", "");
    project.write("launcher", "#!/bin/sh\n");
    insta::assert_snapshot!(project.error(), @"
    error: //svc:bin: `launcher` cannot be put in front of the application
      caused by: Not a launcher of this version of monowheel
    hint: its block of settings was found 0 times, and must be there once
    ");
}
