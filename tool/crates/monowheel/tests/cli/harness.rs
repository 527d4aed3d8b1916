//! A folder with an application in it, and the tool run over it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use monowheel::wheel::{Facts, InstalledFile, License};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// An application under construction.
pub struct Project {
    folder: TempDir,
    lines: Vec<Value>,
}

/// A wheel as assembling sees it: bytes that it copies, and facts. What wheels must look like is tested beside their reader.
pub struct Wheel {
    name: &'static str,
    pub facts: Facts,
}

impl Wheel {
    pub fn new(name: &'static str) -> Self {
        let content = content(name);
        let facts = Facts {
            version: 2,
            file: format!("{name}-1.0-py3-none-any.whl"),
            sha256: hex(&Sha256::digest(&content)),
            crc32: monowheel::zip::crc32(&content),
            size: content.len() as u64,
            name: name.to_owned(),
            wheel_version: "1.0".to_owned(),
            tags: vec!["py3-none-any".to_owned()],
            dist_info: format!("{name}-1.0.dist-info"),
            data: None,
            purelib: true,
            native: false,
            requires_python: None,
            console_scripts: BTreeMap::new(),
            gui_scripts: BTreeMap::new(),
            license: License::default(),
            requires_dist: Vec::new(),
            zstd: false,
            files: Vec::new(),
        };
        Self { name, facts }
    }

    pub fn file(mut self, path: &str, text: &str) -> Self {
        use base64::Engine;
        let digest = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(text));
        self.facts.files.push(InstalledFile {
            path: format!("site-packages/{path}"),
            size: text.len() as u64,
            hash: format!("sha256={digest}"),
            executable: false,
        });
        self.facts.files.sort_by(|a, b| a.path.cmp(&b.path));
        self
    }

    pub fn license(mut self, license: License) -> Self {
        self.facts.license = license;
        self
    }

    pub fn script(mut self, name: &str, target: &str) -> Self {
        self.facts.console_scripts.insert(name.to_owned(), target.to_owned());
        self
    }
}

fn content(name: &str) -> Vec<u8> {
    format!("the wheel of {name}, copied as it is").into_bytes()
}

impl Project {
    /// An application of kind `entry`, such as `{"script": "serve"}`.
    pub fn new(entry: Value) -> Self {
        let mut application = json!({"kind": "application", "version": 1, "origin": "//svc:bin"});
        application.as_object_mut().unwrap().extend(entry.as_object().unwrap().clone());
        Self { folder: TempDir::new().unwrap(), lines: vec![application] }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn line(mut self, line: Value) -> Self {
        self.lines.push(line);
        self
    }

    pub fn import(self, root: &str) -> Self {
        self.line(json!({"kind": "import", "path": root}))
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn source(self, dest: &str, text: &str) -> Self {
        let path = format!("in/{}/{dest}", self.lines.len());
        self.write(&path, text);
        self.line(json!({"kind": "file", "path": path, "dest": dest, "origin": "//svc:lib"}))
    }

    pub fn wheel(self, wheel: &Wheel) -> Self {
        let (file, facts) = (format!("wheels/{}", wheel.facts.file), format!("facts/{}.json", wheel.facts.file));
        self.write(&file, content(wheel.name));
        self.write(&facts, serde_json::to_vec(&wheel.facts).unwrap());
        self.line(json!({"kind": "wheel", "path": file, "facts": facts, "origin": format!("@pypi//{}", wheel.name)}))
    }

    /// Turns the order of all lines around.
    pub fn reversed(mut self) -> Self {
        self.lines.reverse();
        self
    }

    /// Runs `monowheel assemble` and gives its output.
    pub fn assemble(&self) -> Output {
        let mut text = String::new();
        for line in &self.lines {
            writeln!(text, "{line}").unwrap();
        }
        self.write("manifest.jsonl", text);
        fs::create_dir_all(self.path().join("out")).unwrap();
        Command::new(env!("CARGO_BIN_EXE_monowheel"))
            .args(["assemble", "--manifest", "manifest.jsonl", "--output", "out/bin"])
            .current_dir(self.path())
            .output()
            .unwrap()
    }

    /// The bytes of the application, which must assemble.
    pub fn file(&self) -> Vec<u8> {
        let output = self.assemble();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read(self.path().join("out/bin")).unwrap()
    }

    /// The error of an application that must not assemble, and must leave nothing behind.
    pub fn error(&self) -> String {
        let output = self.assemble();
        assert_eq!(output.status.code(), Some(1), "expected a refusal");
        let left: Vec<_> = walkdir::WalkDir::new(self.path().join("out")).min_depth(1).into_iter().collect();
        assert!(left.is_empty(), "an output was left behind: {left:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// Name, mode, time and SHA-256 of each member; members of the nested first-party archive are indented.
pub fn listing(bytes: &[u8]) -> String {
    let mut text = String::new();
    list(bytes, "", &mut text);
    text
}

fn list(bytes: &[u8], indent: &str, text: &mut String) {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).unwrap();
        assert_eq!(member.compression(), zip::CompressionMethod::Stored);
        let name = member.name().unwrap().into_owned();
        let (mode, time) = (member.unix_mode().unwrap(), member.last_modified().unwrap());
        let mut content = Vec::new();
        member.read_to_end(&mut content).unwrap();
        let digest = match name.as_str() {
            // Both change with every release of the tool; that is tested beside them.
            "__main__.py" | "monowheel/manifest.json" => "(the tool's own)".to_owned(),
            _ => hex(&Sha256::digest(&content))[..16].to_owned(),
        };
        let time =
            format!("{}-{:02}-{:02} {:02}:{:02}:{:02}", time.year(), time.month(), time.day(), time.hour(), time.minute(), time.second());
        writeln!(text, "{indent}{mode:06o} {time} {digest} {name}").unwrap();
        if name == "monowheel/code.zip" {
            list(&content, "  ", text);
        }
    }
}

/// The manifest inside a file.
pub fn manifest(bytes: &[u8]) -> Value {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    serde_json::from_reader(archive.by_name("monowheel/manifest.json").unwrap()).unwrap()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
