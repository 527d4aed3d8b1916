//! `monowheel diff`: words first, down to a field of a header.

use std::fs;
use std::io::{Cursor, Write};

use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::built::{application, assembled, printed, refused, web, wheel};
use crate::harness::Project;

#[test]
fn equal_bytes_are_equal() {
    let project = application();
    assembled(&project, "a");
    fs::copy(project.path().join("a"), project.path().join("b")).unwrap();
    let (text, code) = printed(project.path(), &["diff", "a", "b"]);
    assert!(text.starts_with("Equal: ") && text.lines().count() == 1);
    assert_eq!(code, 0);
}

#[test]
fn applications_differ_in_packages_files_and_settings() {
    let project = application();
    assembled(&project, "a");
    let other = Project::new(json!({"main": "_main/main.py", "args": [], "env": {"MODE": "test"}, "python_version": "3.11"}))
        .import("_main")
        .source("_main/main.py", "print(12)\n")
        .source("_main/tools/run", "no script\n")
        .source("_main/new.py", "")
        .built(&web("1.1"))
        .built(&wheel("idna", "3.7", "", &[("idna/__init__.py", "x")]));
    fs::write(project.path().join("b"), other.file()).unwrap();
    let (text, code) = printed(project.path(), &["diff", "a", "b"]);
    assert_eq!(code, 3);
    // What changes with the head and the layout of the cache.
    let of_the_tool = |line: &&str| ["The first byte", "  ~ dependencies:"].iter().any(|start| line.starts_with(start));
    let is_size = |line: &&str| line.ends_with(" bytes") && !line.contains(':');
    let text: Vec<&str> = text.lines().filter(|line| !of_the_tool(line) && !is_size(line)).collect();
    insta::assert_snapshot!(text.join("\n"), @r#"
    `a` and `b` differ in 3 packages, 3 first-party files, 6 manifest fields, the head, 4 archive members

    packages
      - fast-json 2.0+local.1
      ~ idna 3.7: same name, other bytes, sha256 62ffa36f1271b340a0807160a4d345f98678d998502fb648397552d171c38b1a -> a243d59859cf9b54c2ff565fdf5294a743ccaa8c38a96b48e7e9de1569c19817
      ~ web 1.0 -> 1.1

    first-party files
      ~ _main/main.py: 9 -> 10 bytes
      ~ _main/tools/run: 10 B, other content; mode 100755 -> 100644
      + _main/new.py (0 B)

    manifest
      ~ args: ["--fast"] -> []
      ~ code.files: 2 -> 3 (follows from the files)
      ~ code.sha256: "410ea8ca7b25058da0acd2cfc7386fc6b4508b20d03973688eac1011d75ec00f" -> "8e2a0556d38d351917cdb31cf0dd5e5d5319309b27bb41b93981c2a73bda2708" (follows from the files)
      ~ code.size: 437 -> 538 (follows from the files)
      ~ env.MODE: "live" -> "test"

    head
      - [ -n "${MODE+x}" ] || export MODE='live'; 
      + [ -n "${MODE+x}" ] || export MODE='test'; 

    archive
      ~ monowheel/wheels/idna-3.7-py3-none-any.whl: 925 -> 875 bytes
      ~ monowheel/wheels/idna-3.7-py3-none-any.whl!idna-3.7.dist-info/METADATA: 97 -> 46 bytes
      ~ monowheel/wheels/idna-3.7-py3-none-any.whl!idna-3.7.dist-info/RECORD: 259 B, other content
      ~ monowheel/wheels/idna-3.7-py3-none-any.whl!idna/__init__.py: 0 -> 1 bytes
    "#);
    let (json, code) = printed(project.path(), &["diff", "a", "b", "--json"]);
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json, code), (format!("{value}\n"), 3));
    assert_eq!(value["packages"][2]["name"], "web");
    assert_eq!((&value["packages"][2]["a"]["version"], &value["packages"][2]["b"]["version"]), (&json!("1.0"), &json!("1.1")));
    let documented = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../ARCHITECTURE.md")).unwrap();
    let section = documented.split("### What `diff` writes").nth(1).unwrap().split("\n## ").next().unwrap();
    for field in value.as_object().unwrap().keys() {
        assert!(section.contains(&format!("`{field}`")), "{field} is not documented");
    }
}

/// Members of an archive, by another writer.
fn archive(members: &[(&str, &str)], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in members {
        writer.start_file(*name, options).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The difference of two archives in words, without what the first byte is.
fn words(a: &[u8], b: &[u8]) -> String {
    let project = Project::new(json!({"main": "x"}));
    project.write("a", a);
    project.write("b", b);
    let (text, code) = printed(project.path(), &["diff", "a", "b"]);
    assert_eq!(code, 3);
    text.lines().filter(|line| !line.starts_with("The first byte")).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

#[test]
fn archives_differ_in_members_order_and_header_fields() {
    let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).last_modified_time(DateTime::default());
    let a = archive(&[("a.txt", "same"), ("b.txt", "one"), ("gone.txt", "")], plain);
    let later = plain.last_modified_time(DateTime::from_date_and_time(2024, 5, 6, 7, 8, 10).unwrap()).unix_permissions(0o755);
    let b = archive(&[("b.txt", "two"), ("a.txt", "same"), ("new.txt", "1")], later);
    insta::assert_snapshot!(words(&a, &b), @"
    `a` and `b` differ in 5 archive members

    archive
      ~ the archive: members in another order: where one has a.txt, the other has b.txt
      ~ a.txt: same content; mode 100644 -> 100755; time 1980-01-01 00:00:00 -> 2024-05-06 07:08:10
      ~ b.txt: 3 B, other content; mode 100644 -> 100755; time 1980-01-01 00:00:00 -> 2024-05-06 07:08:10
      - gone.txt (0 B)
      + new.txt (1 B)
    ");
}

#[test]
fn the_same_content_may_be_compressed_otherwise() {
    let text = "the same words over and over, ".repeat(300);
    let deflated = |level| {
        SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(level))
            .last_modified_time(DateTime::default())
    };
    let (a, b) = (archive(&[("a.txt", &text)], deflated(1)), archive(&[("a.txt", &text)], deflated(9)));
    let stored = archive(
        &[("a.txt", &text)],
        SimpleFileOptions::default().compression_method(CompressionMethod::Stored).last_modified_time(DateTime::default()),
    );
    assert!(words(&a, &b).contains("a.txt: same content; compressed as "), "{}", words(&a, &b));
    assert!(words(&a, &stored).contains("method deflate -> stored"), "{}", words(&a, &stored));
}

#[test]
fn bytes_that_no_record_names_are_told() {
    let a = archive(&[("a.txt", "")], SimpleFileOptions::default().last_modified_time(DateTime::default()));
    let b = [&b"head"[..], &a].concat();
    insta::assert_snapshot!(words(&a, &b), @"`a` and `b` differ in bytes that no record speaks of");
    insta::assert_snapshot!(words(b"one", b"two"), @"
    `a` and `b` differ

    `a` is not read as an archive: it is no zip archive: there is no end record
    ");
}

#[test]
fn a_file_that_is_missing_is_an_error_and_no_difference() {
    let project = application();
    project.write("a", "");
    assert!(refused(project.path(), &["diff", "a", "gone"]).starts_with("error: Failed to read: `gone`"));
}
