//! `monowheel stamp`, and what the other commands say of a stamped file.

use std::fs;

use monowheel::explain::{Application, Outcome, verify};
use serde_json::{Value, json};

use crate::built::{application, assembled, printed, refused, run};
use crate::harness::{Project, listing};

const STABLE: &str = "BUILD_EMBED_LABEL v1.2\nBUILD_HOST host\nBUILD_USER me\nSTABLE_COMMIT 0123abc\nSTABLE_TITLE it's \"größe\" = 1\n";
const VOLATILE: &str = "BUILD_TIMESTAMP 1700000000\nEMPTY\nFORMATTED_DATE 2023 Nov 14\n";

/// An application as `app`, with status files beside it.
fn project() -> (Project, Vec<u8>) {
    let project = application();
    project.write("stable.txt", STABLE);
    project.write("volatile.txt", VOLATILE);
    let bytes = assembled(&project, "app");
    (project, bytes)
}

/// Stamps `app` as `output` with further arguments, and gives the bytes.
fn stamped(project: &Project, output: &str, arguments: &[&str]) -> Vec<u8> {
    let line = [&["stamp", "--file", "app", "--output", output], arguments].concat();
    assert_eq!(printed(project.path(), &line), (String::new(), 0));
    fs::read(project.path().join(output)).unwrap()
}

fn member(bytes: &[u8]) -> Value {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    serde_json::from_reader(archive.by_name("monowheel/stamp.json").unwrap()).unwrap()
}

#[test]
fn one_member_more_and_every_other_byte_as_before() {
    let (project, plain) = project();
    let file = stamped(&project, "stamped", &["--status", "stable.txt", "--status", "volatile.txt", "--key", "STABLE_*", "--key", "EMPTY"]);
    let expected = r#"{"EMPTY":"","STABLE_COMMIT":"0123abc","STABLE_TITLE":"it's \"größe\" = 1"}"#;
    let at = file.windows(expected.len()).position(|window| window == expected.as_bytes()).unwrap();
    let start = at - 30 - "monowheel/stamp.json".len();
    assert_eq!(file[..start], plain[..start], "nothing in front of the member is touched");
    let (before, after) = (listing(&plain), listing(&file));
    let more = after.strip_prefix(&before).unwrap();
    assert!(
        more.starts_with("100644 1980-01-01 00:00:00 ") && more.ends_with(" monowheel/stamp.json\n") && more.lines().count() == 1,
        "{more}"
    );
    // Order of files, of lines and of keys does not matter, nor how lines end.
    project.write("all.txt", (VOLATILE.to_owned() + STABLE).replace('\n', "\r\n"));
    assert!(file == stamped(&project, "again", &["--status", "all.txt", "--key", "EMPTY", "--key", "STABLE_*"]));
    let place = |name: &str| fs::metadata(project.path().join(name)).unwrap();
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&place("again").permissions()) & 0o777, 0o755);
    assert!(place("app").len() == plain.len() as u64 && fs::read(project.path().join("app")).unwrap() == plain);
}

#[test]
fn keys_are_chosen() {
    let (project, _) = project();
    let both = ["--status", "stable.txt", "--status", "volatile.txt"];
    let keys = |arguments: &[&str]| -> Vec<String> {
        member(&stamped(&project, "chosen", &[&both, arguments].concat())).as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(keys(&[]).len(), 8);
    assert_eq!(keys(&["--key", "BUILD_*_LABEL", "--key", "BUILD_HOST"]), ["BUILD_EMBED_LABEL", "BUILD_HOST"]);
    assert_eq!(keys(&["--key", "NONE_*"]), [""; 0]);
}

#[test]
fn the_same_application_with_another_stamp() {
    let (project, plain) = project();
    let one = stamped(&project, "one", &["--status", "stable.txt", "--key", "STABLE_COMMIT", "--key", "BUILD_EMBED_LABEL"]);
    project.write("stable.txt", "STABLE_COMMIT 4567def\u{1b}\nSTABLE_NEW x\n");
    stamped(&project, "two", &["--status", "stable.txt"]);
    let digest = |name: &str| Application::open(&project.path().join(name)).unwrap().digest;
    assert_eq!([digest("one"), digest("two")], [digest("app"), digest("app")]);
    let first_byte = |text: &str| text.lines().filter(|line| !line.starts_with("The first byte")).collect::<Vec<_>>().join("\n");
    let (text, code) = printed(project.path(), &["diff", "one", "two"]);
    assert_eq!(code, 3);
    insta::assert_snapshot!(first_byte(&text), @r#"
    `one` and `two` differ in 3 stamp keys

    stamp
      - BUILD_EMBED_LABEL: "v1.2"
      ~ STABLE_COMMIT: "0123abc" -> "4567def�"
      + STABLE_NEW: "x"
    "#);
    insta::assert_snapshot!(first_byte(&printed(project.path(), &["diff", "app", "one"]).0), @r#"
    `app` and `one` differ in 2 stamp keys

    stamp
      + BUILD_EMBED_LABEL: "v1.2"
      + STABLE_COMMIT: "0123abc"
    "#);
    insta::assert_snapshot!(first_byte(&printed(project.path(), &["diff", "one", "app"]).0), @r#"
    `one` and `app` differ in 2 stamp keys

    stamp
      - BUILD_EMBED_LABEL: "v1.2"
      - STABLE_COMMIT: "0123abc"
    "#);
    let (json, _) = printed(project.path(), &["diff", "one", "app", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["stamp"][1], json!({"key": "STABLE_COMMIT", "a": "0123abc", "b": null}));
    assert_eq!((json["head"].is_null(), json["manifest"].as_array().unwrap().len()), (true, 0));
    assert!(one.len() - plain.len() < 300, "a stamp is small");
}

#[test]
fn the_other_commands_take_it() {
    let (project, _) = project();
    stamped(&project, "stamped", &["--status", "stable.txt", "--key", "STABLE_COMMIT", "--key", "BUILD_EMBED_LABEL"]);
    let (text, code) = printed(project.path(), &["inspect", "stamped"]);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("stamp  ")).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    stamp     BUILD_EMBED_LABEL=v1.2
    stamp     STABLE_COMMIT=0123abc
    ");
    assert_eq!(code, 0);
    let inspected = |name: &str| -> Value { serde_json::from_str(&printed(project.path(), &["inspect", name, "--json"]).0).unwrap() };
    assert_eq!(inspected("stamped")["stamp"], json!({"BUILD_EMBED_LABEL": "v1.2", "STABLE_COMMIT": "0123abc"}));
    assert_eq!(inspected("app")["stamp"], json!(null));
    assert_eq!(inspected("stamped")["digest"], inspected("app")["digest"]);
    let (text, code) = printed(project.path(), &["verify", "stamped"]);
    assert_eq!(code, 0, "{text}");
    insta::assert_snapshot!(text.lines().last().unwrap(), @"ok            stamp     2 keys, canonical; what they say is the word of who built the file");
    assert!(text.contains("archive   9 members, in order, every header field by rule"), "{text}");
    for (format, of_the_file) in [("cyclonedx", "/metadata/component/hashes"), ("spdx", "/packages/0/checksums")] {
        let bill = |name: &str| -> Value { serde_json::from_str(&printed(project.path(), &["sbom", name, "--format", format]).0).unwrap() };
        let (plain, stamped) = (bill("app"), bill("stamped"));
        assert!(
            plain.pointer(of_the_file).is_some() && plain.pointer(of_the_file) != stamped.pointer(of_the_file),
            "{format}: the bill has the file's own hash"
        );
    }
    fs::create_dir(project.path().join("out-of-it")).unwrap();
    assert_eq!(run(project.path(), &["extract", "stamped", "--all", "--code", "--output", "out-of-it"]).status.code(), Some(0));
    let wheel = "web-1.0-py3-none-any.whl";
    let read = |folder: &str| fs::read(project.path().join(folder).join(wheel)).unwrap();
    assert_eq!(read("out-of-it"), read("wheels"));
}

#[test]
fn every_byte_of_a_stamp_counts() {
    let (project, plain) = project();
    let bytes = stamped(&project, "stamped", &["--status", "stable.txt"]);
    let path = project.path().join("changed");
    let is_fine = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let checks = Application::open(&path).and_then(|application| verify(&application, None, &monowheel::wheel::Limits::default()));
        checks.is_ok_and(|checks| checks.iter().all(|check| check.outcome == Outcome::Ok))
    };
    assert!(is_fine(&bytes));
    let start = plain.iter().zip(&bytes).take_while(|(a, b)| a == b).count();
    for at in (start..bytes.len()).step_by(2) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(!is_fine(&changed), "byte {at} of {} was changed, and nobody saw it", bytes.len());
    }
}

/// A file with `content` for a stamp, whatever it is.
fn with_member(project: &Project, content: &str) {
    let line = ["stamp", "--file", "app", "--status", "one.txt", "--output", "fake"];
    // As long as `content`, so that nothing but the content and its checksums have to be changed.
    project.write("one.txt", format!("K {}\n", "x".repeat(content.len() - r#"{"K":""}"#.len() - 1)));
    assert_eq!(printed(project.path(), &line).1, 0);
    let mut bytes = fs::read(project.path().join("fake")).unwrap();
    let real = format!("{{\"K\":\"{}\"}}\n", "x".repeat(content.len() - r#"{"K":""}"#.len() - 1));
    let sums = [&real, content].map(|text| monowheel::zip::crc32(text.as_bytes()).to_le_bytes());
    for (from, to) in [(real.as_bytes(), content.as_bytes()), (&sums[0], &sums[1])] {
        let places: Vec<usize> = bytes.windows(from.len()).enumerate().filter(|(_, window)| *window == from).map(|(at, _)| at).collect();
        assert!(!places.is_empty());
        for at in places {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
    fs::write(project.path().join("fake"), bytes).unwrap();
}

#[test]
fn what_is_no_stamp_is_named() {
    let (project, _) = project();
    let failed = |content: &str| {
        with_member(&project, content);
        let (text, code) = printed(project.path(), &["verify", "fake"]);
        assert_eq!(code, 3);
        text.lines().filter(|line| !line.starts_with("ok ")).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(failed("{\"B\":\"1\",\"A\":\"2\"}\n"), @"FAILED        stamp     `monowheel/stamp.json` is not in canonical form");
    insta::assert_snapshot!(failed("[\"a\",\"b\",\"c\"]\n"), @"FAILED        stamp     `monowheel/stamp.json` is no stamp: invalid type: sequence, expected a map at line 1 column 0");
    insta::assert_snapshot!(refused(project.path(), &["inspect", "fake"]), @"
    error: Failed to read member `monowheel/stamp.json`: `fake`
      caused by: invalid type: sequence, expected a map at line 1 column 0
    ");
    assert!(printed(project.path(), &["diff", "app", "fake"]).0.contains("+ monowheel/stamp.json"));
}

/// What is said of a call that must fail, and leave nothing behind.
fn error(project: &Project, file: &str, status: &[&str], keys: &[&str]) -> String {
    let mut line = vec!["stamp", "--file", file, "--output", "none"];
    line.extend(status.iter().flat_map(|path| ["--status", path]));
    line.extend(keys.iter().flat_map(|key| ["--key", key]));
    let text = refused(project.path(), &line);
    assert!(!project.path().join("none").exists());
    text
}

#[test]
fn a_status_that_is_none_is_refused() {
    let (project, _) = project();
    project.write("space.txt", "A 1\n B 2\n");
    project.write("blank.txt", "A 1\n\nB 2\n");
    project.write("tab.txt", "A\t1\n");
    project.write("twice.txt", "A 1\nA 1\n");
    project.write("commit.txt", "STABLE_COMMIT other\n");
    project.write("latin.txt", b"A gr\xf6\xdfe\n");
    project.write("large.txt", format!("A {}\n", "x".repeat(1 << 20)));
    insta::assert_snapshot!(error(&project, "app", &["space.txt"], &[]), @"error: Failed to read status: `space.txt`, line 2: expected a key, a space and its value, but got ` B 2`");
    insta::assert_snapshot!(error(&project, "app", &["blank.txt"], &[]), @"error: Failed to read status: `blank.txt`, line 2: expected a key, a space and its value, but got ``");
    insta::assert_snapshot!(error(&project, "app", &["tab.txt"], &[]), @r"error: Failed to read status: `tab.txt`, line 1: expected a key, a space and its value, but got `A\t1`");
    insta::assert_snapshot!(error(&project, "app", &["twice.txt"], &[]), @"
    error: Failed to read status: `A` is in `twice.txt` and in `twice.txt`
    hint: each key may be there once
    ");
    insta::assert_snapshot!(error(&project, "app", &["stable.txt", "commit.txt"], &[]), @"
    error: Failed to read status: `STABLE_COMMIT` is in `stable.txt` and in `commit.txt`
    hint: each key may be there once
    ");
    insta::assert_snapshot!(error(&project, "app", &["latin.txt"], &[]), @"
    error: Failed to read status: `latin.txt`
    hint: it must be UTF-8, a key, a space and its value a line
      caused by: invalid utf-8 sequence of 1 bytes from index 4
    ");
    insta::assert_snapshot!(error(&project, "app", &["large.txt"], &[]), @"
    error: Failed to stamp: the stamp has 1048585 bytes, but may have 1048576
    hint: name fewer keys
    ");
    insta::assert_snapshot!(error(&project, "app", &["gone.txt"], &[]), @"
    error: Failed to read: `gone.txt`
      caused by: No such file or directory (os error 2)
    ");
    insta::assert_snapshot!(error(&project, "app", &["stable.txt"], &["STABLE_COMIT"]), @"
    error: No status file has the key: `STABLE_COMIT`
    hint: the nearest names are `STABLE_COMMIT`, `STABLE_TITLE`, `BUILD_HOST`
    ");
}

#[test]
fn a_file_that_cannot_be_stamped_is_refused() {
    let (project, plain) = project();
    stamped(&project, "stamped", &["--status", "stable.txt"]);
    fs::write(project.path().join("web.whl"), crate::built::web("1.0").bytes).unwrap();
    project.write("longer", [&plain[..], b"\n"].concat());
    project.write("in-front", [b"\n", &plain[..]].concat());
    project.write("text", "hello");
    insta::assert_snapshot!(error(&project, "stamped", &["stable.txt"], &[]), @"
    error: Failed to stamp: `stamped`
    hint: it is stamped already; stamp the file that `monowheel assemble` or `monowheel build` wrote
    ");
    insta::assert_snapshot!(error(&project, "web.whl", &["stable.txt"], &[]), @"
    error: Failed to stamp: `web.whl`
    hint: it has no member `monowheel/manifest.json`: it was not made by monowheel
    ");
    insta::assert_snapshot!(error(&project, "text", &["stable.txt"], &[]), @"
    error: Failed to read archive: `text`
      caused by: it is no zip archive: there is no end record
    ");
    insta::assert_snapshot!(error(&project, "longer", &["stable.txt"], &[]), @"
    error: Failed to stamp: `longer`
    hint: its archive does not end as monowheel ends one: it was changed since; assemble it again
    ");
    insta::assert_snapshot!(error(&project, "in-front", &["stable.txt"], &[]), @"
    error: Failed to stamp: `in-front`
    hint: its archive does not end as monowheel ends one: it was changed since; assemble it again
    ");
    insta::assert_snapshot!(error(&project, "gone", &["stable.txt"], &[]), @"
    error: Failed to read: `gone`
      caused by: No such file or directory (os error 2)
    ");
}
