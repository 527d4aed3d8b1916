//! Applications with real wheels, for the commands that look into them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use monowheel::wheel::{Options, read_from};
use monowheel::zip::Writer;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::harness::Project;

/// A wheel that any installer takes.
pub struct Built {
    pub name: String,
    pub file: String,
    pub bytes: Vec<u8>,
}

/// Builds a wheel; `metadata` are further lines of METADATA.
pub fn wheel(name: &str, version: &str, metadata: &str, files: &[(&str, &str)]) -> Built {
    let folder = format!("{}-{version}.dist-info", name.replace('-', "_"));
    let mut members: Vec<(String, String)> = files.iter().map(|&(path, text)| (path.to_owned(), text.to_owned())).collect();
    let text = format!("Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{metadata}");
    members.push((format!("{folder}/METADATA"), text));
    members.push((format!("{folder}/WHEEL"), "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n".to_owned()));
    let line = |(path, text): &(String, String)| format!("{path},sha256={},{}\n", URL_SAFE_NO_PAD.encode(Sha256::digest(text)), text.len());
    let record = members.iter().map(line).collect::<String>() + &format!("{folder}/RECORD,,\n");
    members.push((format!("{folder}/RECORD"), record));
    let mut writer = Writer::new(Vec::new(), 0);
    for (path, text) in members {
        writer.bytes(&path, false, text.as_bytes()).unwrap();
    }
    let file = format!("{}-{version}-py3-none-any.whl", name.replace('-', "_"));
    Built { name: name.to_owned(), file, bytes: writer.finish().unwrap() }
}

impl Project {
    /// Adds a wheel with the facts that the reader finds in it.
    pub fn built(self, wheel: &Built) -> Self {
        let (path, facts) = (format!("wheels/{}", wheel.file), format!("facts/{}.json", wheel.file));
        self.write(&path, &wheel.bytes);
        let read = read_from(std::io::Cursor::new(&wheel.bytes), &wheel.file, &Options::default()).unwrap();
        self.write(&facts, serde_json::to_vec(&read).unwrap());
        self.line(json!({"kind": "wheel", "path": path, "facts": facts, "origin": format!("@pypi//{}", wheel.name)}))
    }
}

/// An application of three wheels: an expression, an ambiguous classifier, native code and no licence at all.
pub fn application() -> Project {
    Project::new(json!({"main": "_main/main.py", "args": ["--fast"], "env": {"MODE": "live"}, "python_version": "3.11"}))
        .import("_main")
        .source("_main/main.py", "print(1)\n")
        .source("_main/tools/run", "#!/bin/sh\n")
        .built(&web("1.0"))
        .built(&wheel("idna", "3.7", "Classifier: License :: OSI Approved :: BSD License\n", &[("idna/__init__.py", "")]))
        .built(&wheel("fast-json", "2.0+local.1", "", &[("fast_json/core.cpython-311-x86_64-linux-gnu.so", "\u{7f}ELF…")]))
}

pub fn web(version: &str) -> Built {
    let metadata = "License-Expression: mit OR Apache-2.0\nRequires-Dist: idna>=2\nRequires-Dist: fast-json; extra == 'fast'\n";
    wheel("web", version, metadata, &[("web/__init__.py", "def serve(): ...\n"), ("web/static/page.html", "<p>\n")])
}

/// Runs the tool in `folder`.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_monowheel")).args(arguments).current_dir(folder).output().unwrap()
}

/// What the tool prints on standard output, and its exit code.
pub fn printed(folder: &Path, arguments: &[&str]) -> (String, i32) {
    let output = run(folder, arguments);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

/// What the tool prints on standard error when it fails, with the exit code 1.
pub fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

/// Assembles `project` and puts the file beside it as `name`.
pub fn assembled(project: &Project, name: &str) -> Vec<u8> {
    let bytes = project.file();
    fs::write(project.path().join(name), &bytes).unwrap();
    bytes
}
