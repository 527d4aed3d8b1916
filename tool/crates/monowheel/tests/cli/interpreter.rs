//! Applications that bring their interpreter.

use std::collections::BTreeMap;
use std::io::Read;

use serde_json::{Value, json};

use crate::built::{assembled, printed};
use crate::harness::{Project, Wheel, manifest};

/// A program as the kernel sees it: ELF of type `EXEC`, long enough to be worth a link.
fn program() -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(20_000, 0);
    bytes[16] = 2;
    bytes
}

/// A launcher as the assembler sees it: a program with a block for the settings.
fn launcher() -> Vec<u8> {
    [b"ELF".as_slice(), b"monowheel-launcher-configuration", &[0; 96]].concat()
}

fn project() -> Project {
    let project = Project::new(json!({"main": "_main/main.py", "launcher": "launcher"})).source("_main/main.py", "");
    project.write("launcher", launcher());
    project
}

/// Writes an interpreter below `python/`, by names that are not links.
fn interpreter(project: &Project) -> Vec<&'static str> {
    project.write("python/bin/python3.11", program());
    project.write("python/lib/libpython3.11.so.1.0", [b"\x7fELF\x02".as_slice(), &[1; 20_000]].concat());
    let files = [
        "bin/pip3",
        "include/python3.11/Python.h",
        "lib/libpython3.11.a",
        "lib/python3.11/os.py",
        "lib/python3.11/test/test_os.py",
        "lib/python3.11/tkinter/__init__.py",
        "lib/python3.11/__pycache__/os.cpython-311.pyc",
        "share/man/man1/python3.1",
    ];
    for name in files {
        project.write(&format!("python/{name}"), name);
    }
    project.write("python/include/python3.11/patchlevel.h", "/* x */\n#define PY_VERSION      \t\"3.11.7+\"\n");
    [files.as_slice(), &["bin/python3.11", "lib/libpython3.11.so.1.0", "include/python3.11/patchlevel.h"]].concat()
}

#[cfg(unix)]
fn link(project: &Project, target: &str, name: &str) {
    std::os::unix::fs::symlink(target, project.path().join("python").join(name)).unwrap();
}

/// Mode, size and, of links, the target of each member of the nested archive.
fn members(file: &[u8]) -> BTreeMap<String, String> {
    let mut outer = zip::ZipArchive::new(std::io::Cursor::new(file)).unwrap();
    let mut bytes = Vec::new();
    outer.by_name("monowheel/interpreter.zip").unwrap().read_to_end(&mut bytes).unwrap();
    let mut nested = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut found = BTreeMap::new();
    for index in 0..nested.len() {
        let mut member = nested.by_index(index).unwrap();
        let (name, mode) = (member.name().unwrap().into_owned(), member.unix_mode().unwrap());
        let mut content = Vec::new();
        member.read_to_end(&mut content).unwrap();
        let target = if mode & 0o170_000 == 0o120_000 { format!(" -> {}", String::from_utf8(content).unwrap()) } else { String::new() };
        found.insert(name, format!("{mode:06o}{target}"));
    }
    found
}

fn text(members: &BTreeMap<String, String>) -> String {
    members.iter().map(|(name, mode)| format!("{mode} {name}\n")).collect()
}

#[test]
fn a_directory_goes_in_by_rule() {
    let project = project().line(json!({"kind": "interpreter", "path": "python"}));
    interpreter(&project);
    link(&project, "python3.11", "bin/python3");
    link(&project, "python3", "bin/python");
    link(&project, "libpython3.11.so.1.0", "lib/libpython3.11.so");
    link(&project, "pip3", "bin/pip");
    link(&project, "python3.1", "share/man/man1/python.1");
    let file = project.file();
    insta::assert_snapshot!(text(&members(&file)), @"
    040755 bin/
    120777 -> python3 bin/python
    120777 -> python3.11 bin/python3
    100755 bin/python3.11
    040755 lib/
    120777 -> libpython3.11.so.1.0 lib/libpython3.11.so
    100644 lib/libpython3.11.so.1.0
    040755 lib/python3.11/
    100644 lib/python3.11/os.py
    ");
    let said = &manifest(&file)["interpreter"];
    assert_eq!((&said["executable"], &said["version"]), (&json!("bin/python3.11"), &json!("3.11.7")));
    assert_eq!(said["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn copies_of_links_become_links_again() {
    let directory = project().line(json!({"kind": "interpreter", "path": "python"}));
    interpreter(&directory);
    link(&directory, "python3.11", "bin/python3");
    let mut listed = project();
    let mut names = interpreter(&listed);
    listed.write("python/bin/python3", program());
    names.push("bin/python3");
    let file = |name: &&str| json!({"kind": "interpreter_file", "path": format!("python/{name}"), "dest": format!("repo/{name}")});
    for line in names.iter().map(file) {
        listed = listed.line(line);
    }
    let listed = listed.line(json!({"kind": "interpreter", "executable": "repo/bin/python3"}));
    assert!(directory.file() == listed.file());
    assert!(directory.file() == listed.reversed().file());
}

#[test]
fn archives_are_read_as_directories_are() {
    let directory = project().line(json!({"kind": "interpreter", "path": "python"}));
    interpreter(&directory);
    link(&directory, "python3.11", "bin/python3");
    let expected = directory.file();
    let mut tar = tar::Builder::new(Vec::new());
    tar.follow_symlinks(false);
    tar.append_dir_all("python", directory.path().join("python")).unwrap();
    let tar = tar.into_inner().unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gz, &tar).unwrap();
    for (name, bytes) in [("python.tar", tar), ("python.tar.gz", gz.finish().unwrap())] {
        let archive = project().line(json!({"kind": "interpreter", "path": name}));
        archive.write(name, bytes);
        assert!(archive.file() == expected, "{name}");
    }
}

#[test]
fn parts_can_be_left_out_and_taken_back() {
    let exclude = json!(["lib/libpython*", "!lib/python3*/test/**", "!include/**"]);
    let project = project().line(json!({"kind": "interpreter", "path": "python", "executable": "bin/python3.11", "exclude": exclude}));
    interpreter(&project);
    link(&project, "libpython3.11.so.1.0", "lib/libpython3.11.so");
    let found = members(&project.file());
    let has = |name: &str| found.contains_key(name);
    assert!(has("lib/python3.11/test/test_os.py") && has("include/python3.11/Python.h"));
    assert!(!has("lib/libpython3.11.so") && !has("lib/libpython3.11.so.1.0") && !has("lib/python3.11/tkinter/__init__.py"));
}

/// The error of an interpreter that cannot be bundled, without its first words.
fn refused(application: Value, line: Value, prepare: impl FnOnce(&Project)) -> String {
    let project = Project::new(application).source("_main/main.py", "").line(line);
    project.write("launcher", launcher());
    interpreter(&project);
    prepare(&project);
    let error = project.error();
    error.replace("//svc:bin: the interpreter cannot be bundled", "…")
}

#[test]
fn what_is_no_interpreter_is_refused() {
    let native = |more: Value| {
        let mut application = json!({"main": "_main/main.py", "launcher": "launcher"});
        application.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        application
    };
    let directory = |more: Value| {
        let mut line = json!({"kind": "interpreter", "path": "python", "executable": "bin/python3.11"});
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        line
    };
    let (plain, nothing) = (native(json!({})), |_: &Project| {});
    let errors = [
        refused(json!({"main": "_main/main.py"}), directory(json!({})), nothing),
        refused(plain.clone(), directory(json!({"executable": "bin/python3"})), nothing),
        refused(plain.clone(), json!({"kind": "interpreter"}), nothing),
        refused(plain.clone(), json!({"kind": "interpreter_file", "path": "launcher", "dest": "a"}), nothing),
        refused(plain.clone(), directory(json!({"path": "launcher"})), nothing),
        refused(plain.clone(), directory(json!({"path": "missing"})), nothing),
        refused(plain.clone(), directory(json!({})), |project| link(project, "../../x", "lib/x")),
        refused(plain.clone(), directory(json!({})), |project| drop(project.write("python/bin/python3.11", "#!/bin/sh\n"))),
        refused(plain.clone(), directory(json!({"version": "3"})), nothing),
        refused(plain.clone(), directory(json!({"exclude": ["lib/"]})), nothing),
        refused(plain, directory(json!({"version": "3.12"})), nothing),
        refused(native(json!({"python_version": "3.12"})), directory(json!({})), nothing),
        refused(native(json!({"requires_python": ">=3.12"})), directory(json!({})), nothing),
    ];
    insta::assert_snapshot!(errors.concat(), @"
    error: …
      caused by: a bundled interpreter needs the native launcher
    hint: give the application a `launcher`; a shell that finds no Python cannot unpack one
    error: …
      caused by: the interpreter has no program `bin/python3`
    hint: the nearest names are `bin/python3.11`
    error: …
      caused by: an interpreter is named, but no file of it
    hint: give it a `path`, or lines of kind `interpreter_file`
    error: …
      caused by: files of an interpreter are named, but no interpreter
    hint: a line of kind `interpreter` names its `executable`
    error: …
      caused by: Not a directory, a tar archive or a gzipped one: `launcher`
    hint: python-build-standalone's `install_only` archives are of the form that is expected
    error: …
      caused by: Failed to read: `missing`
      caused by: No such file or directory (os error 2)
    error: …
      caused by: `lib/x` is a link that leaves the interpreter's folder: it points to `../../x`
    error: …
      caused by: `bin/python3.11` is no program: neither ELF nor Mach-O
    error: …
      caused by: the interpreter's version must be written as `3.11` or `3.11.7`, but is `3`
    error: …
      caused by: a glob that is not valid: `lib/`
    hint: write a path within the interpreter's folder, with `*` and `?` within its parts and `**` as a part
    error: …
      caused by: the interpreter has no `lib/python3.12/os.py`: its standard library is missing or has been left out
    error: …
      caused by: the interpreter to bundle is CPython 3.11.7, but the application needs 3.12
    hint: bundle another one, or build for another `python_version`
    error: …
      caused by: the interpreter to bundle is CPython 3.11.7, but the application needs 3.12 or newer
    hint: bundle another one, or build for another `python_version`
    ");
}

#[test]
fn members_of_an_archive_belong_to_one_folder() {
    let of = |name: &str, kind: tar::EntryType| {
        let project = project().line(json!({"kind": "interpreter", "path": "python.tar"}));
        let mut tar = tar::Builder::new(Vec::new());
        for (name, kind) in [("python/bin/python3", tar::EntryType::Regular), (name, kind)] {
            let mut header = tar::Header::new_ustar();
            // As they are: the library would refuse some of these names.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(kind);
            header.set_size(0);
            header.set_cksum();
            tar.append(&header, std::io::empty()).unwrap();
        }
        project.write("python.tar", tar.into_inner().unwrap());
        project.error().replace("//svc:bin: the interpreter cannot be bundled", "…")
    };
    let file = tar::EntryType::Regular;
    let errors = [of("python/../../x", file), of("/etc/x", file), of("other/x", file), of("python/x", tar::EntryType::Char)];
    insta::assert_snapshot!(errors.concat(), @"
    error: …
      caused by: `python.tar` has a member that is no file or link within it: `python/../../x`
    error: …
      caused by: `python.tar` has a member that is no file or link within it: `/etc/x`
    error: …
      caused by: `python.tar` has a member that is no file or link within it: `other/x`
    error: …
      caused by: `python.tar` has a member that is no file or link within it: `python/x`
    ");
}

#[test]
fn a_version_that_nothing_tells_must_be_given() {
    let of = |version: Option<&str>| {
        let mut line = json!({"kind": "interpreter", "path": "python", "executable": "bin/python"});
        line.as_object_mut().unwrap().extend(version.map(|version| ("version".to_owned(), json!(version))));
        let project = project().line(line);
        project.write("python/bin/python", program());
        project.write("python/lib/python3.11/os.py", "");
        project
    };
    insta::assert_snapshot!(of(None).error(), @"
    error: //svc:bin: the interpreter cannot be bundled
      caused by: the version of the interpreter cannot be told by its headers or its program's name
    hint: give it a `version`, such as `3.11`
    ");
    assert_eq!(manifest(&of(Some("3.11")).file())["interpreter"]["version"], "3.11");
}

#[test]
fn listed_files_belong_to_one_folder() {
    let listed = |executable: &str, dest: &str| {
        let line = json!({"kind": "interpreter_file", "path": "launcher", "dest": dest});
        let project = project().line(json!({"kind": "interpreter", "executable": executable})).line(line);
        project.error().replace("//svc:bin: the interpreter cannot be bundled", "…")
    };
    insta::assert_snapshot!([listed("repo/bin/python3", "other/x"), listed("repo/python3", "repo/x")].concat(), @"
    error: …
      caused by: `other/x` is not in the folder `repo/` of the interpreter
    error: …
      caused by: `repo/python3` is not in a folder `bin`, so what belongs to the interpreter cannot be told
    ");
}

#[test]
fn a_file_says_what_it_brings() {
    let project = project().line(json!({"kind": "interpreter", "path": "python", "executable": "bin/python3.11"}));
    interpreter(&project);
    link(&project, "libpython3.11.so.1.0", "lib/libpython3.11.so");
    let file = assembled(&project, "app");
    let json = |arguments: &[&str]| {
        let (text, code) = printed(project.path(), arguments);
        assert_eq!(code, 0);
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let report = &json(&["inspect", "app", "--json"])["interpreter"];
    assert_eq!(report["sha256"], manifest(&file)["interpreter"]["sha256"]);
    assert_eq!(report["files"].as_array().unwrap().len(), 4);
    let (text, _) = printed(project.path(), &["inspect", "app"]);
    assert!(text.contains("CPython 3.11.7, 40.8 kB, 4 files"), "{text}");
    let components = &json(&["sbom", "app", "--format", "cyclonedx"])["components"];
    assert_eq!((&components[0]["purl"], &components[0]["type"]), (&json!("pkg:generic/cpython@3.11.7"), &json!("platform")));
    let planned = &json(&["sbom", "--manifest", "manifest.jsonl", "--format", "spdx"])["packages"];
    assert_eq!((&planned[1]["name"], &planned[1]["versionInfo"]), (&json!("cpython"), &json!("3.11.7")));
    std::fs::remove_file(project.path().join("python/lib/libpython3.11.so")).unwrap();
    assembled(&project, "other");
    let (text, code) = printed(project.path(), &["diff", "app", "other"]);
    assert_eq!(code, 3);
    assert!(text.contains("monowheel/interpreter.zip!lib/libpython3.11.so") && text.contains("interpreter.sha256"), "{text}");
}

#[test]
fn no_byte_of_it_can_change_unseen() {
    let project = project().line(json!({"kind": "interpreter", "path": "python", "executable": "bin/python3.11"}));
    interpreter(&project);
    link(&project, "libpython3.11.so.1.0", "lib/libpython3.11.so");
    let bytes = assembled(&project, "app");
    let verified = |bytes: &[u8]| {
        std::fs::write(project.path().join("app"), bytes).unwrap();
        printed(project.path(), &["verify", "app"])
    };
    let (text, code) = verified(&bytes);
    // The launcher is a program of its own.
    assert_eq!(code, 4, "{text}");
    assert!(text.contains("CPython 3.11.7, 4 files, sorted, modes by content, links inside, sha256 as the manifest says"), "{text}");
    assert!(text.contains("other version head      its settings follow from the manifest"), "{text}");
    let changed = |from: &[u8], to: &[u8]| {
        let mut bytes = bytes.clone();
        let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
        bytes[at..at + to.len()].copy_from_slice(to);
        let (text, code) = verified(&bytes);
        assert_eq!(code, 3, "{text}");
        text
    };
    assert!(changed(b"lib/python3.11/os.pyPK", b"lib/python3.11/os.pyQK").contains("FAILED        interpreter"));
    let digest = manifest(&bytes)["interpreter"]["sha256"].as_str().unwrap().to_owned();
    // The first place is the one in the settings of the launcher.
    assert!(changed(digest.as_bytes(), &[b'0'; 64]).contains("not those that follow from the manifest"));
}

#[test]
fn a_free_threaded_interpreter_needs_wheels_for_it() {
    let project = |tag: &str| {
        let mut wheel = Wheel::new("fast");
        wheel.facts.tags = vec![tag.to_owned()];
        let project = project().line(json!({"kind": "interpreter", "path": "python", "executable": "bin/python3.13t"})).wheel(&wheel);
        project.write("python/bin/python3.13t", program());
        project.write("python/lib/python3.13t/os.py", "");
        project
    };
    assert_eq!(manifest(&project("cp313-cp313t-manylinux_2_17_x86_64").file())["interpreter"]["version"], "3.13");
    let error = project("cp313-cp313-manylinux_2_17_x86_64").error();
    assert!(error.contains("CPython 3.13 without the global lock, for which fast-1.0-py3-none-any.whl is not built"), "{error}");
}
