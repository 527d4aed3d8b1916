//! Bytecode of wheels: where it goes, what is refused, what the other commands say of it.

use std::fs;

use monowheel::zip::Writer;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::built::{Built, assembled, printed, wheel};
use crate::harness::{Project, hex, listing, manifest};

/// An archive as the compiler writes it; contents are headers of unchecked pycs and a text.
fn archive(names: &[&str]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), 0);
    for name in names {
        let pyc = [b"\xa7\r\r\n\x01\0\0\0".as_slice(), &[7; 8], b"code of ", name.as_bytes()].concat();
        writer.bytes(name, false, &pyc).unwrap();
    }
    writer.finish().unwrap()
}

fn web() -> Built {
    wheel("web", "1.0", "", &[("web/__init__.py", ""), ("web/broken.py", "<<<"), ("top.py", "")])
}

fn tests(name: &str, text: &str) -> Built {
    wheel(name, "1.0", "", &[("tests/__init__.py", text)])
}

const WEB: [&str; 2] = ["__pycache__/top.cpython-311.pyc", "web/__pycache__/__init__.cpython-311.pyc"];
const TESTS: [&str; 1] = ["tests/__pycache__/__init__.cpython-311.pyc"];

fn project() -> Project {
    Project::new(json!({"main": "_main/a.py", "python_version": "3.11"})).source("_main/a.py", "").built(&web())
}

impl Project {
    fn compiled(self, wheel: &str, bytes: &[u8]) -> Self {
        let path = format!("bytecode/{wheel}.zip");
        self.write(&path, bytes);
        self.line(json!({"kind": "bytecode", "path": path, "wheel": format!("wheels/{wheel}"), "origin": "@pypi//web"}))
    }
}

const FILE: &str = "web-1.0-py3-none-any.whl";

#[test]
fn it_stands_behind_the_wheels_and_in_the_manifest() {
    let bytes = project().compiled(FILE, &archive(&WEB)).file();
    let members: Vec<String> = listing(&bytes).lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).skip_while(|name| *name != "monowheel/wheels/").collect();
    assert_eq!(
        members,
        [
            "monowheel/wheels/",
            "monowheel/wheels/web-1.0-py3-none-any.whl",
            "monowheel/bytecode/",
            "monowheel/bytecode/web-1.0-py3-none-any.whl.cpython-311.zip",
            "monowheel/manifest.json"
        ]
    );
    let (with, without) = (manifest(&bytes), manifest(&project().file()));
    let archive = archive(&WEB);
    assert_eq!(
        with["wheels"][0]["bytecode"],
        json!({"file": "web-1.0-py3-none-any.whl.cpython-311.zip", "tag": "cpython-311", "sha256": hex(&Sha256::digest(&archive)),
            "size": archive.len()})
    );
    assert_eq!(without["wheels"][0].get("bytecode"), None);
    assert_ne!(with["dependencies"], without["dependencies"]);
    assert_eq!(bytes, project().compiled(FILE, &archive).reversed().file());
}

#[test]
fn a_wheel_without_modules_has_none() {
    assert_eq!(project().compiled(FILE, &archive(&[])).file(), project().file());
}

#[test]
fn what_is_left_out_has_no_bytecode() {
    let compiled = |project: Project| -> Vec<bool> {
        let manifest = manifest(&project.file());
        manifest["wheels"].as_array().unwrap().iter().map(|wheel| wheel.get("bytecode").is_some()).collect()
    };
    let two = || {
        project()
            .built(&tests("one", "1"))
            .built(&tests("two", "2"))
            .compiled("one-1.0-py3-none-any.whl", &archive(&TESTS))
            .compiled("two-1.0-py3-none-any.whl", &archive(&TESTS))
            .line(json!({"kind": "conflict", "path": "site-packages/tests/**", "winner": "two"}))
    };
    assert_eq!(compiled(two()), [false, true, false]);
    // A pyc that the wheel itself brings stays.
    let cached = wheel("one", "1.0", "", &[("tests/__init__.py", ""), (TESTS[0], "its own")]);
    let project = project().built(&cached).compiled("one-1.0-py3-none-any.whl", &archive(&TESTS));
    assert_eq!(compiled(project), [false, false]);
}

#[test]
fn what_is_excluded_has_no_bytecode() {
    let project = project().compiled(FILE, &archive(&WEB)).line(json!({"kind": "exclude", "project": "web", "paths": ["web/**"]}));
    let bytes = assembled(&project, "app");
    let rest = archive(&WEB[..1]);
    let found = &manifest(&bytes)["wheels"][0]["bytecode"];
    assert_eq!((found["size"].as_u64(), found["sha256"].as_str()), (Some(rest.len() as u64), Some(hex(&Sha256::digest(&rest)).as_str())));
    let (text, code) = printed(project.path(), &["verify", "app"]);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn what_is_not_the_bytecode_of_the_wheel_is_refused() {
    let error = |names: &[&str]| project().compiled(FILE, &archive(names)).error();
    insta::assert_snapshot!(error(&["web/__pycache__/gone.cpython-311.pyc"]), @"
    error: //svc:bin: bytecode `bytecode/web-1.0-py3-none-any.whl.zip`: `web/__pycache__/gone.cpython-311.pyc` is of a module that web-1.0-py3-none-any.whl has not
    hint: it must be what compile_wheel.py of this version of monowheel makes of the wheel
    ");
    insta::assert_snapshot!(error(&["__pycache__/top.cpython-312.pyc"]), @"
    error: //svc:bin: bytecode `bytecode/web-1.0-py3-none-any.whl.zip` is of cpython-312, but the application is built for Python 3.11
    hint: compile with the interpreter of that version, or leave `bytecode` away
    ");
    assert!(error(&["__pycache__/top.cpython-311.pyc", "web/__pycache__/__init__.cpython-312.pyc"]).contains("another Python version"));
    assert!(error(&[WEB[1], WEB[0]]).contains("its members are not sorted"));
    assert!(error(&["web/__init__.py"]).contains("`web/__init__.py` is not the bytecode of a module"));
    let no_archive = project().compiled(FILE, b"no archive").error();
    assert!(no_archive.contains("it is no zip archive"), "{no_archive}");
    let no_wheel = project().compiled("other.whl", &archive(&WEB)).error();
    assert!(no_wheel.contains("there is no wheel `wheels/other.whl` in the application"), "{no_wheel}");
}

#[test]
fn the_other_commands_know_it() {
    let project = project().compiled(FILE, &archive(&WEB));
    let bytes = assembled(&project, "app");
    let (text, code) = printed(project.path(), &["verify", "app"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("ok            bytecode  2 modules of 1 wheel, sha256 as the manifest says"), "{text}");

    let (text, _) = printed(project.path(), &["inspect", "app"]);
    let size = archive(&WEB).len();
    assert!(text.contains(&format!("\n  bytecode  {size} B of 1 package, cpython-311\n")), "{text}");
    let (text, _) = printed(project.path(), &["inspect", "app", "--json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["packages"][0]["bytecode"], json!({"tag": "cpython-311", "size": size}));

    let plain = self::project();
    fs::write(project.path().join("plain"), plain.file()).unwrap();
    let (text, code) = printed(project.path(), &["diff", "plain", "app"]);
    assert_eq!(code, 3);
    assert!(text.contains("monowheel/bytecode/web-1.0-py3-none-any.whl.cpython-311.zip"), "{text}");

    // The compiled code, its flags, and the sum in the manifest.
    let sum = hex(&Sha256::digest(archive(&WEB)));
    for (from, to) in [("code of web", "code of WEB"), ("\r\r\n\u{1}\0\0\0", "\r\r\n\u{3}\0\0\0"), (sum.as_str(), &"0".repeat(64))] {
        let mut changed = bytes.clone();
        let at = changed.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        changed[at..at + to.len()].copy_from_slice(to.as_bytes());
        fs::write(project.path().join("changed"), changed).unwrap();
        let (text, code) = printed(project.path(), &["verify", "changed"]);
        assert!(code == 3 && text.contains("FAILED        bytecode"), "{text}");
    }
}
