//! `monowheel facts`: its output, its messages, and what it leaves behind. What it refuses is tested beside the reader.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use crate::harness::hex;

const WHEEL: &str = "pkg-1.0-py3-none-any.whl";

/// A wheel as another writer makes it.
fn wheel(folder: &Path) -> Vec<u8> {
    let files = [
        ("pkg/__init__.py", ""),
        ("pkg-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\nRequires-Dist: six\n"),
        ("pkg-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
    ];
    let line = |(path, text): &(&str, &str)| format!("{path},sha256={},{}\n", URL_SAFE_NO_PAD.encode(Sha256::digest(text)), text.len());
    let record = files.iter().map(line).collect::<String>() + "pkg-1.0.dist-info/RECORD,,\n";
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, text) in files.into_iter().chain([("pkg-1.0.dist-info/RECORD", record.as_str())]) {
        writer.start_file(path, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    fs::write(folder.join(WHEEL), &bytes).unwrap();
    bytes
}

fn facts(folder: &Path, arguments: &[&str]) -> Output {
    let output = ["facts", "--wheel", WHEEL, "--output", "facts.json"];
    Command::new(env!("CARGO_BIN_EXE_monowheel")).args(output).args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn facts_are_canonical_json() {
    let folder = TempDir::new().unwrap();
    let bytes = wheel(folder.path());
    let sha256 = hex(&Sha256::digest(&bytes));
    let output = facts(folder.path(), &["--sha256", &sha256, "--origin", "@pypi//pkg"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
    let text = fs::read_to_string(folder.path().join("facts.json")).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(text, format!("{value}\n"));
    assert_eq!(value["sha256"], sha256);
    assert_eq!(value["size"], bytes.len());
    assert_eq!(value["crc32"], monowheel::zip::crc32(&bytes));
    let empty = "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    assert_eq!(value["files"][3], serde_json::json!(["site-packages/pkg/__init__.py", 0, empty, ""]));
}

#[test]
fn a_refusal_names_the_wheel_and_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let bytes = wheel(folder.path());
    let output = facts(folder.path(), &["--sha256", &"0".repeat(64), "--origin", "@pypi//pkg"]);
    assert_eq!(output.status.code(), Some(1));
    let expected = format!(
        "error: Failed to read wheel of @pypi//pkg: `{WHEEL}`\n  caused by: File is not the one that is locked: expected sha256 {}, found {}\n\
         hint: the lock file and the file disagree; fetch the wheel again, or lock it again if it was replaced on purpose\n",
        "0".repeat(64),
        hex(&Sha256::digest(&bytes))
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
    assert_eq!(walkdir::WalkDir::new(folder.path()).min_depth(1).into_iter().count(), 1);
}

#[test]
fn limits_are_flags() {
    let folder = TempDir::new().unwrap();
    wheel(folder.path());
    for (arguments, expected) in [
        (["--max-members", "3"], "Archive has more members than the limit: expected at most 3, found 4\nhint: "),
        (["--max-size", "10"], "Archive grows beyond the limit: expected at most 10 bytes, found "),
    ] {
        let output = facts(folder.path(), &arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.starts_with(&format!("error: Failed to read wheel: `{WHEEL}`\n  caused by: {expected}")), "{error}");
    }
}
