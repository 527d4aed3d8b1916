//! `monowheel verify`: no byte of a file can change unseen.

use std::fs;

use monowheel::explain::{Application, Outcome, verify};
use monowheel::wheel::Limits;
use sha2::{Digest, Sha256};

use crate::built::{application, assembled, printed, refused, web};
use crate::harness::{Project, hex};

/// What is printed for a file in which `from` was replaced by `to`, of the same length, wherever it stands.
fn changed(project: &Project, from: &[u8], to: &[u8]) -> (String, i32) {
    let mut bytes = assembled(project, "app");
    let places: Vec<usize> = bytes.windows(from.len()).enumerate().filter(|(_, window)| *window == from).map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    fs::write(project.path().join("app"), bytes).unwrap();
    let (text, code) = printed(project.path(), &["verify", "app"]);
    (text.lines().filter(|line| !line.starts_with("ok ")).collect::<Vec<_>>().join("\n"), code)
}

#[test]
fn a_file_as_it_was_made_is_fine() {
    let project = application();
    assembled(&project, "app");
    let (text, code) = printed(project.path(), &["verify", "app"]);
    assert_eq!(code, 0, "{text}");
    let text: Vec<&str> = text.lines().map(|line| line.split(", digest").next().unwrap()).collect();
    insta::assert_snapshot!(text.join("\n"), @"
    ok            manifest  version 1, canonical
    ok            head      this version's, with the digest of the manifest
    ok            archive   8 members, in order, every header field by rule
    ok            bootstrap this version's, as the manifest says
    ok            code      2 files, sorted, modes by content, sha256 as the manifest says
    ok            wheels    3 wheels, sha256 as the manifest says; 13 files as RECORD says
    ");
}

#[test]
fn every_byte_counts() {
    let project = application();
    let bytes = assembled(&project, "app");
    let path = project.path().join("changed");
    let is_fine = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let checks = Application::open(&path).and_then(|application| verify(&application, None, &Limits::default()));
        checks.is_ok_and(|checks| checks.iter().all(|check| check.outcome == Outcome::Ok))
    };
    assert!(is_fine(&bytes));
    let archive = bytes.len() - usize::min(bytes.len(), 3500);
    // The head and the bootstrap in great steps, all that follows in small ones that meet every field of every header.
    for at in (0..archive).step_by(487).chain((archive..bytes.len()).step_by(3)) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(!is_fine(&changed), "byte {at} of {} was changed, and nobody saw it", bytes.len());
    }
    assert!(!is_fine(&[&bytes[..], b"\n"].concat()), "a byte was added");
    assert!(!is_fine(&bytes[..bytes.len() - 1]), "a byte was taken away");
}

#[test]
fn what_is_wrong_is_named() {
    insta::assert_snapshot!(changed(&application(), b"def serve", b"def swerv").0.replace(&hex(&Sha256::digest(web("1.0").bytes)), "<sha256>"), @"FAILED        wheels    web-1.0-py3-none-any.whl has sha256 d0d7236944ebc7d9719f6a332c9a977d059e2ceb62e26d8857a2926b5d484e68, but the manifest says <sha256>");
    insta::assert_snapshot!(changed(&application(), b"print(1)\n", b"print(2)\n").0, @"
    FAILED        code      `monowheel/code.zip` has sha256 cc261e95e0398758d0ae0d716007813eb645f5b4b523c8cfd232431decf9bed6, but the manifest says 410ea8ca7b25058da0acd2cfc7386fc6b4508b20d03973688eac1011d75ec00f
    FAILED        code      `monowheel/code.zip` has another CRC-32 than its header says, or another size than the manifest says
    FAILED        code      `_main/main.py` has another CRC-32 than its header says
    ");
}

#[test]
fn another_head_is_told_from_a_broken_one() {
    let (text, code) = changed(&application(), b"#!/bin/sh\nunset", b"#!/bin/sh\nUNSET");
    insta::assert_snapshot!(text, @"other version head      it carries the digest of the manifest, but is not the head that this version writes");
    assert_eq!(code, 4);
    let project = application();
    let file = assembled(&project, "app");
    let digest = Application::open(&project.path().join("app")).unwrap().digest;
    let at = file.windows(64).position(|window| window == digest.as_bytes()).unwrap();
    let (text, code) = changed(&project, &file[at..at + 64], "0".repeat(64).as_bytes());
    insta::assert_snapshot!(text, @"FAILED        head      it does not carry the digest of the manifest");
    assert_eq!(code, 3);
}

#[test]
fn wheels_are_held_against_a_lock_file() {
    let project = application();
    assembled(&project, "app");
    let wheel = |name: &str, version: &str, file: &str, sha256: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = {{ registry = \"https://index.test/simple\" }}\n\
             wheels = [{{ url = \"https://index.test/{file}\", hash = \"sha256:{sha256}\", size = 1 }}]\n\n"
        )
    };
    let sha256 = |file: &str| hex(&Sha256::digest(fs::read(project.path().join("wheels").join(file)).unwrap()));
    let [web, idna, fast] = ["web-1.0-py3-none-any.whl", "idna-3.7-py3-none-any.whl", "fast_json-2.0+local.1-py3-none-any.whl"];
    let start = "version = 1\nrevision = 3\nrequires-python = \">=3.11\"\n\n";
    let same = [
        start.to_owned(),
        wheel("fast-json", "2.0+local.1", fast, &sha256(fast)),
        wheel("idna", "3.7", idna, &sha256(idna)),
        wheel("web", "1.0", web, &sha256(web)),
    ];
    project.write("uv.lock", same.concat());
    let (text, code) = printed(project.path(), &["verify", "app", "--lock", "uv.lock"]);
    assert_eq!((text.lines().last(), code), (Some("ok            lock      3 wheels in uv.lock"), 0));
    let other = [
        start.to_owned(),
        wheel("idna", "3.7", idna, &"0".repeat(64)),
        wheel("web", "1.1", &web.replace("1.0", "1.1"), &sha256(web).replace('a', "b")),
    ];
    project.write("uv.lock", other.concat());
    let (text, code) = printed(project.path(), &["verify", "app", "--lock", "uv.lock"]);
    assert_eq!(code, 3);
    let text: Vec<&str> = text.lines().filter(|line| line.starts_with("FAILED")).collect();
    insta::assert_snapshot!(text.join("\n").replace(&sha256(idna), "<sha256>"), @"
    FAILED        lock      fast_json-2.0+local.1-py3-none-any.whl: the lock has no package `fast-json`
    FAILED        lock      idna-3.7-py3-none-any.whl: the lock has idna 3.7, but no wheel of it with sha256 <sha256>
    FAILED        lock      web-1.0-py3-none-any.whl: the lock has web in version 1.1
    ");
}

#[test]
fn limits_hold_and_are_flags() {
    let project = application();
    assembled(&project, "app");
    let (text, code) = printed(project.path(), &["verify", "app", "--max-members", "4"]);
    assert_eq!(code, 3);
    let text: Vec<&str> = text.lines().filter(|line| line.starts_with("FAILED")).collect();
    insta::assert_snapshot!(text.join("\n"), @"FAILED        wheels    web-1.0-py3-none-any.whl: Archive has more members than the limit: expected at most 4, found 5; hint: if the wheel is trusted, raise the limit: --max-members, in Bazel wheels.limits(…) beside wheels.lock");
}

#[test]
fn what_is_no_file_of_ours_is_refused() {
    let project = application();
    fs::write(project.path().join("web.whl"), web("1.0").bytes).unwrap();
    assert!(refused(project.path(), &["verify", "web.whl"]).contains("it was not made by monowheel"));
}
