//! `monowheel build`: projects with locks, without network: the wheels lie in a folder.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::harness::{hex, listing, manifest};

/// A real wheel, small, built in code.
pub fn wheel(name: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let info = format!("{name}-1.0.dist-info");
    let mut members: Vec<(String, String)> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    members.push((format!("{info}/METADATA"), format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")));
    members.push((format!("{info}/WHEEL"), "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n".to_owned()));
    members.push((format!("{info}/entry_points.txt"), format!("[console_scripts]\n{name} = {name}:run\n")));
    let mut record = String::new();
    for (path, text) in &members {
        let digest = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(text));
        writeln!(record, "{path},sha256={digest},{}", text.len()).unwrap();
    }
    writeln!(record, "{info}/RECORD,,").unwrap();
    members.push((format!("{info}/RECORD"), record));
    let mut writer = monowheel::zip::Writer::new(Vec::new(), 0);
    for (path, text) in &members {
        writer.bytes(path, false, text.as_bytes()).unwrap();
    }
    writer.finish().unwrap()
}

/// A project `shop` that depends on `web`, with a uv.lock, and a folder with the wheel.
fn project(pyproject: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let content = wheel("web", &[("web/__init__.py", "def run(): ...\n")]);
    for name in ["wheels", "shop"] {
        fs::create_dir(path.join(name)).unwrap();
    }
    fs::write(path.join("wheels/web-1.0-py3-none-any.whl"), &content).unwrap();
    fs::write(
        path.join("pyproject.toml"),
        format!("[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.11\"\n{pyproject}"),
    )
    .unwrap();
    fs::write(path.join("shop/__init__.py"), "def main(): ...\n").unwrap();
    let lock = format!(
        "version = 1\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"shop\"\nversion = \"1\"\nsource = {{ virtual = \".\" }}\n\
         dependencies = [{{ name = \"web\" }}]\n\n[[package]]\nname = \"web\"\nversion = \"1.0\"\n\
         source = {{ registry = \"https://index.invalid/simple\" }}\n\
         wheels = [{{ url = \"https://files.invalid/web-1.0-py3-none-any.whl\", hash = \"sha256:{}\" }}]\n",
        hex(&Sha256::digest(&content))
    );
    fs::write(path.join("uv.lock"), lock).unwrap();
    folder
}

fn build(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_monowheel"))
        .args([
            "build",
            "--offline",
            "--find-links",
            "wheels",
            "--cache-dir",
            "cache",
            "--platform",
            "x86_64-unknown-linux-gnu",
            "-o",
            "out",
        ])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

pub fn built(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = build(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read(folder.join("out")).unwrap()
}

pub fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = build(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!folder.join("out").exists());
    let canonical = folder.canonicalize().unwrap().display().to_string();
    String::from_utf8(output.stderr).unwrap().replace(&canonical, "…").replace(&folder.display().to_string(), "…")
}

#[test]
fn files_of_wheels_can_be_left_out() {
    let folder = project("");
    let content = wheel("pkg", &[("pkg/__init__.py", ""), ("pkg/a.pyi", "a: int\n"), ("pkg/tests/a.py", "")]);
    fs::write(folder.path().join("pkg-1.0-py3-none-any.whl"), content).unwrap();
    let wheel = ["--wheel", "pkg-1.0-py3-none-any.whl", "--script", "pkg"];
    let excluded = |arguments: &[&str]| manifest(&built(folder.path(), &[&wheel, arguments].concat()))["wheels"][0]["excluded"].clone();
    assert_eq!(excluded(&[]), serde_json::Value::Null);
    assert_eq!(excluded(&["--exclude", "**/*.pyi", "--exclude", "pkg=**/tests/**"])["files"], 2);
    fs::remove_file(folder.path().join("out")).unwrap();
    assert!(refused(folder.path(), &[&wheel[..], &["--exclude", "**/doc/**"]].concat()).contains("fits no file of any package"));
}

#[test]
fn a_project_and_its_lock_become_one_file() {
    let folder = project("");
    let bytes = built(folder.path(), &["--script", "web"]);
    let names: Vec<String> = listing(&bytes).lines().filter_map(|line| line.split_whitespace().last().map(str::to_owned)).collect();
    assert!(names.contains(&"_main/shop/__init__.py".to_owned()), "{names:?}");
    assert!(names.contains(&"monowheel/wheels/web-1.0-py3-none-any.whl".to_owned()), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("lock") || name.contains("cache")), "{names:?}");
    let manifest = manifest(&bytes);
    assert_eq!(manifest["imports"], serde_json::json!(["_main"]));
    assert_eq!(manifest["python"]["versions"][0], "3.11");
    // From the cache, the same.
    fs::remove_dir_all(folder.path().join("wheels")).unwrap();
    assert_eq!(built(folder.path(), &["--script", "web"]), bytes);
}

#[test]
fn the_only_script_of_a_project_is_what_runs() {
    let folder = project("[project.scripts]\nshop = \"shop:main\"\n");
    assert_eq!(manifest(&built(folder.path(), &[]))["entry"], serde_json::json!({"kind": "attr", "module": "shop", "attr": "main"}));
}

#[test]
fn a_source_folder_is_an_import_root() {
    let folder = project("");
    let bytes = built(folder.path(), &["--source", "shop", "--main", "shop/__init__.py"]);
    assert_eq!(manifest(&bytes)["imports"], serde_json::json!(["_main", "_main/shop"]));
    assert_eq!(manifest(&bytes)["entry"], serde_json::json!({"kind": "file", "path": "_main/shop/__init__.py"}));
}

#[test]
fn wheels_alone_need_no_lock() {
    let folder = project("");
    fs::remove_file(folder.path().join("uv.lock")).unwrap();
    let bytes = built(folder.path(), &["--wheel", "wheels/web-1.0-py3-none-any.whl", "--script", "web"]);
    assert_eq!(manifest(&bytes)["wheels"][0]["name"], "web");
}

#[test]
fn what_is_missing_is_named() {
    let folder = project("[project.scripts]\none = \"shop:main\"\ntwo = \"shop:main\"\n");
    insta::assert_snapshot!(refused(folder.path(), &[]), @"
    error: Nothing says what to run
    hint: give one of --script, --entry-point and --main; the project has the scripts one, two
    ");
    insta::assert_snapshot!(refused(folder.path(), &["--script", "wbe"]), @"
    error: ./pyproject.toml: no wheel of the application has a console script `wbe`
    hint: the nearest names are `web`
    ");
    insta::assert_snapshot!(refused(folder.path(), &["--script", "web", "--extra", "fast"]), @"
    error: Nothing of this name in the lock file: `shop[fast]`
    hint: it has none
    ");
    insta::assert_snapshot!(refused(folder.path(), &["--script", "web", "--python", "3.10"]), @"error: Python 3.10 is not admitted by the lock file …/uv.lock, which requires Python `>=3.11`");
    for gone in ["wheels", "cache"] {
        fs::remove_dir_all(folder.path().join(gone)).unwrap();
    }
    insta::assert_snapshot!(refused(folder.path(), &["--script", "web"]), @"
    error: Failed to fetch `web-1.0-py3-none-any.whl`: it is not in the cache, and --offline was given
    hint: run once without --offline
    ");
    fs::remove_file(folder.path().join("uv.lock")).unwrap();
    insta::assert_snapshot!(refused(folder.path(), &["--script", "web"]), @"
    error: No lock file for the project in `…`
    hint: there is none of uv.lock, poetry.lock, pylock.toml, requirements.txt in it or above it; run `uv lock` or `poetry lock`, name one with --lock, or pack given wheels with --wheel
    ");
}

#[test]
fn a_wheel_that_is_not_the_locked_one_is_refused() {
    let folder = project("");
    fs::write(folder.path().join("wheels/web-1.0-py3-none-any.whl"), wheel("web", &[("web/__init__.py", "altered")])).unwrap();
    let words = refused(folder.path(), &["--script", "web"]);
    assert!(words.contains("but the lock says") && words.contains("web-1.0-py3-none-any.whl"), "{words}");
}

#[test]
fn a_wheel_beside_the_lock_is_the_locked_one_or_refused() {
    let folder = project("");
    let lock = fs::read_to_string(folder.path().join("uv.lock")).unwrap();
    let file = folder.path().join("wheels/web-1.0-py3-none-any.whl");
    let content = fs::read(&file).unwrap();
    let registry = "source = { registry = \"https://index.invalid/simple\" }\n";
    let url = "url = \"https://files.invalid/web-1.0-py3-none-any.whl\"";
    fs::rename(folder.path().join("wheels"), folder.path().join("own")).unwrap();
    let file = folder.path().join("own").join(file.file_name().unwrap());
    let address = format!("url = \"file://{}\"", file.display());
    let locks = [
        lock.replace(registry, "source = { path = \"own/web-1.0-py3-none-any.whl\" }\n")
            .replace(url, "filename = \"web-1.0-py3-none-any.whl\""),
        lock.replace(registry, "source = { registry = \"own\" }\n").replace(url, "path = \"web-1.0-py3-none-any.whl\""),
        lock.replace(url, &address),
    ];
    for lock in locks {
        fs::write(folder.path().join("uv.lock"), &lock).unwrap();
        fs::write(&file, &content).unwrap();
        assert_eq!(manifest(&built(folder.path(), &["--script", "web"]))["wheels"][0]["sha256"], hex(&Sha256::digest(&content)), "{lock}");
        for folder in ["out", "cache"].map(|name| folder.path().join(name)) {
            if folder.is_dir() { fs::remove_dir_all(folder).unwrap() } else { fs::remove_file(folder).unwrap() }
        }
        // As long as the other, so that the hash alone can tell.
        fs::write(&file, wheel("web", &[("web/__init__.py", "def run(): 666\n")])).unwrap();
        let words = refused(folder.path(), &["--script", "web"]);
        assert!(words.contains("but the lock says") && words.contains("web-1.0-py3-none-any.whl"), "{words}");
    }
}

#[test]
fn a_wheel_without_a_hash_in_the_lock_is_not_taken() {
    let folder = project("");
    let lock = fs::read_to_string(folder.path().join("uv.lock")).unwrap();
    let (before, hash) = lock.split_once(", hash = ").unwrap();
    fs::write(folder.path().join("uv.lock"), format!("{before}{}", hash.split_once('"').unwrap().1.split_once('"').unwrap().1)).unwrap();
    insta::assert_snapshot!(refused(folder.path(), &["--script", "web"]), @"
    error: No wheel of web 1.0 in the lock file fits Python 3.11 on x86_64-unknown-linux-gnu
      web-1.0-py3-none-any.whl has no hash in the lock file, so it cannot be pinned
    hint: build or find a wheel of it and name it, with `wheels.override(...)` in MODULE.bazel or `monowheel build --override`
    ");
}

#[test]
fn a_wheel_that_is_given_by_hand_is_named_by_what_it_is() {
    let folder = project("");
    let file = folder.path().join("wheels/web-1.0-py3-none-any.whl");
    for text in ["def run(): ...\n", "def run(): 666\n"] {
        let content = wheel("web", &[("web/__init__.py", text)]);
        fs::write(&file, &content).unwrap();
        let instead = format!("web={}", file.display());
        for arguments in [["--override", instead.as_str()], ["--wheel", "wheels/web-1.0-py3-none-any.whl"]] {
            if arguments[0] == "--wheel" {
                fs::rename(folder.path().join("uv.lock"), folder.path().join("kept")).unwrap();
            }
            let manifest = manifest(&built(folder.path(), &[&["--script", "web"], &arguments[..]].concat()));
            assert_eq!(manifest["wheels"][0]["sha256"], hex(&Sha256::digest(&content)));
        }
        fs::rename(folder.path().join("kept"), folder.path().join("uv.lock")).unwrap();
    }
}

#[test]
fn a_project_that_cannot_be_read_or_is_elsewhere_is_refused() {
    let folder = project("");
    let other = TempDir::new().unwrap();
    fs::write(other.path().join("main.py"), "").unwrap();
    let main = other.path().join("main.py").display().to_string();
    let outside = refused(folder.path(), &["--main", &main]);
    let elsewhere = other.path().canonicalize().unwrap().display().to_string();
    insta::assert_snapshot!(outside.replace(&elsewhere, "elsewhere"), @"
    error: `elsewhere/main.py` is not below `…`, the folder of the lock file
    hint: first-party code belongs to the workspace
    ");
    fs::write(folder.path().join("pyproject.toml"), "[project]\nname = 1\n").unwrap();
    insta::assert_snapshot!(refused(folder.path(), &["--script", "web"]), @"
    error: Failed to read project: `…/pyproject.toml`
      caused by: TOML parse error at line 2, column 8
      |
    2 | name = 1
      |        ^
    invalid type: integer `1`, expected a string
    ");
}

#[test]
fn what_cannot_be_kept_or_written_is_named() {
    let folder = project("");
    fs::write(folder.path().join("cache"), "a file").unwrap();
    let words = refused(folder.path(), &["--script", "web"]);
    assert!(words.starts_with("error: Failed to keep a download: `cache/"), "{words}");
    assert!(words.ends_with("/web-1.0-py3-none-any.whl`\n  caused by: Not a directory (os error 20)\n"), "{words}");
    fs::remove_file(folder.path().join("cache")).unwrap();
    fs::create_dir_all(folder.path().join("out/put")).unwrap();
    let output = build(folder.path(), &["--script", "web"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @"
    error: Failed to write output: `out`
      caused by: Is a directory (os error 21)
    ");
}

#[test]
fn a_lock_for_no_python_is_refused() {
    let folder = project("");
    let lock = fs::read_to_string(folder.path().join("uv.lock")).unwrap();
    fs::write(folder.path().join("uv.lock"), lock.replacen(">=3.11", "<3", 1)).unwrap();
    insta::assert_snapshot!(refused(folder.path(), &["--script", "web"]), @"error: No known version of Python is admitted by the lock file …/uv.lock, which requires Python `<3`");
}

#[test]
fn an_override_names_a_package_and_a_file() {
    let folder = project("");
    let output = build(folder.path(), &["--script", "web", "--override", "web"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @"
    error: invalid value 'web' for '--override <PACKAGE=FILE>': Not an override: `web`
    hint: write `PACKAGE=FILE`

    For more information, try '--help'.
    ");
}

/// Gives the project what the other options of a head name: a launcher, and a folder `python` with an interpreter.
fn head(folder: &Path) {
    let launcher = [b"ELF".as_slice(), b"monowheel-launcher-configuration", &[0; 96]].concat();
    let mut program = b"\x7fELF\x02\x01\x01".to_vec();
    program.resize(64, 0);
    program[16] = 2;
    for (name, content) in [
        ("launcher", launcher.as_slice()),
        ("python/bin/python3.11", program.as_slice()),
        ("python/lib/python3.11/os.py", b""),
        ("python/lib/python3.11/this.py", b""),
        ("python/lib/python3.11/test/a.py", b""),
    ] {
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), content).unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("python3.11", folder.join("python/bin/python3")).unwrap();
}

#[test]
#[cfg(unix)]
fn a_launcher_and_an_interpreter_go_in_as_assembling_has_them() {
    let folder = project("");
    let path = folder.path();
    head(path);
    let exclude = ["this.py", "!**/test/**"].map(|glob| if glob.starts_with('!') { glob.to_owned() } else { format!("**/{glob}") });
    let arguments = ["--script", "web", "--launcher", "launcher", "--interpreter", "python"];
    let bytes = built(path, &[&arguments[..], &["--interpreter-exclude", &exclude[0], "--interpreter-exclude", &exclude[1]]].concat());
    let found = manifest(&bytes);
    assert_eq!(found["interpreter"]["version"], "3.11");
    assert!(bytes.starts_with(b"ELF"));
    // By the input manifest, whose paths and origins reach no byte.
    let wheel = "wheels/web-1.0-py3-none-any.whl";
    let tool = || Command::new(env!("CARGO_BIN_EXE_monowheel"));
    let facts = tool().args(["facts", "--wheel", wheel, "--output", "web.json"]).current_dir(path).status().unwrap();
    assert!(facts.success());
    let lines = [
        serde_json::json!({
            "kind": "application", "version": 1, "origin": "//:bin", "script": "web", "launcher": "launcher",
            "requires_python": ">=3.11", "python_version": "3.11", "platform": "x86_64-unknown-linux-gnu",
        }),
        serde_json::json!({"kind": "import", "path": "_main"}),
        serde_json::json!({"kind": "file", "path": "shop/__init__.py", "dest": "_main/shop/__init__.py", "origin": "//:lib"}),
        serde_json::json!({"kind": "wheel", "path": wheel, "facts": "web.json", "origin": "@pypi//web"}),
        serde_json::json!({"kind": "interpreter", "path": "python", "exclude": exclude, "origin": "//:python"}),
    ];
    fs::write(path.join("manifest.jsonl"), lines.map(|line| format!("{line}\n")).concat()).unwrap();
    let done = tool().args(["assemble", "--manifest", "manifest.jsonl", "--output", "assembled"]).current_dir(path).status().unwrap();
    assert!(done.success());
    assert!(fs::read(path.join("assembled")).unwrap() == bytes);
}

#[test]
fn the_launcher_beside_the_tool_is_taken_by_name() {
    let folder = project("");
    head(folder.path());
    let beside = folder.path().join("bin");
    fs::create_dir(&beside).unwrap();
    // A link would be followed to the real tool. Not copied by this process: a child that another thread forks meanwhile would have it open for
    // writing, and such a file cannot be run.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_monowheel")).arg(beside.join("monowheel")).status().unwrap();
    assert!(copied.success());
    let build = |platform: &str| {
        let arguments = ["build", "--offline", "--find-links", "wheels", "--cache-dir", "cache", "--script", "web", "-o", "out"];
        let target = if platform.is_empty() { vec![] } else { vec!["--platform", platform] };
        Command::new(beside.join("monowheel"))
            .args(arguments)
            .args(["--launcher", "native"])
            .args(target)
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let words = String::from_utf8(build("").stderr).unwrap();
    assert!(words.starts_with("error: there is no native launcher beside this program: `"), "{words}");
    assert!(words.ends_with("hint: `tool/crates/launcher/build TRIPLE` builds one; name it: --launcher FILE\n"), "{words}");
    fs::copy(folder.path().join("launcher"), beside.join("monowheel-launcher")).unwrap();
    assert!(build("").status.success());
    assert!(fs::read(folder.path().join("out")).unwrap().starts_with(b"ELF"));
    let words = String::from_utf8(build("x86_64-pc-windows-msvc").stderr).unwrap();
    insta::assert_snapshot!(words, @"
    error: the launcher beside this program is for its own platform, and not for x86_64-pc-windows-msvc
    hint: `tool/crates/launcher/build TRIPLE` builds one; name it: --launcher FILE
    ");
}

#[test]
fn an_interpreter_needs_a_launcher() {
    let folder = project("");
    let output = build(folder.path(), &["--script", "web", "--interpreter", "python"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--launcher <FILE|native>"));
}
