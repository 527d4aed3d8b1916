//! Making the environment of one application and one interpreter: a real virtual environment, scripts, a trampoline. Byte for byte what
//! the bootstrap's `environment.py` makes; a test compares the two.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use rustix::fs;

use crate::archive::{Archive, Entry, Reader};
use crate::bytes::{Bytes, cat, find, parent};
use crate::cache::{Cache, note_boot};
use crate::error::{At, Error, Result};
use crate::interpreter::{Interpreter, library};
use crate::json::Value;
use crate::sys;
use crate::unpack::HEADERS;

/// Of the kernel's 256 bytes (127 before Linux 5.1) for a shebang.
const LONGEST_SHEBANG: usize = 127;
/// Names that an environment has itself.
const OWN: [&[u8]; 10] = [b"bin", b"boot", b"code", b"deps", b"lib", b"pyvenv.cfg", b"rare.py", b"run.py", b"until", b"used"];
const DAY: i64 = 86400;

/// What an environment is made of.
pub struct Parts<'a> {
    /// The manifest of the application.
    pub manifest: &'a Value,
    /// The text of `__main__.py`, which has the trampoline.
    pub bootstrap: &'a [u8],
    /// The interpreter.
    pub interpreter: &'a Interpreter,
    /// After how many days to look at the files again, where cleaners walk.
    pub days: Option<i64>,
}

/// Writes the environment beside and gives it its name; an older one makes room.
pub fn make(cache: &mut Cache, name: &[u8], parts: &Parts) -> Result<Bytes> {
    let app = cache.path(b"apps", name);
    let staged = cache.stage()?;
    let at = |below: &[u8]| cat(&[&staged, b"/", below]);
    let (dependencies, code) = (parts.manifest.get("dependencies").bytes(), code_key(parts.manifest));
    let tree = cache.path(b"deps", dependencies);
    folder(&staged)?;
    link(&cat(&[b"../../deps/", dependencies]), &at(b"deps"))?;
    link(&cat(&[b"../../code/", code]), &at(b"code"))?;
    interpreter(&staged, parts.interpreter)?;
    data(&staged, &tree, parts.interpreter)?;
    scripts(&at(b"bin"), &cat(&[&app, b"/bin/python"]), parts.manifest, &cat(&[&tree, b"/bin"]))?;
    trampoline(&staged, parts)?;
    write(&at(b"used"), 0o644, b"")?;
    note_boot(&at(b"boot"))?;
    if let Some(days) = parts.days {
        until(&at(b"until"), days)?;
    }
    if sys::exists(&app) {
        cache.withdraw(b"apps", name)?;
    }
    cache.publish(&staged, b"apps", name)?;
    crate::trace(&[b"environment written: ", &app]);
    Ok(app)
}

/// Key of the first-party tree.
pub fn code_key(manifest: &Value) -> &[u8] {
    const KEY: usize = 32;
    let sha256 = manifest.get("code").get("sha256").bytes();
    sha256.get(..KEY).unwrap_or(sha256)
}

fn folder(path: &[u8]) -> Result<()> {
    fs::mkdir(path, sys::bits(0o700)).at(path)
}

fn link(target: &[u8], path: &[u8]) -> Result<()> {
    fs::symlink(target, path).at(path)
}

fn write(path: &[u8], mode: u16, content: &[u8]) -> Result<()> {
    sys::write(path, mode, content).at(path)
}

/// Writes what makes a folder a virtual environment of this interpreter.
fn interpreter(staged: &[u8], interpreter: &Interpreter) -> Result<()> {
    let real = interpreter.real.as_slice();
    let settings = cat(&[
        b"home = ",
        parent(real),
        b"\ninclude-system-site-packages = false\nversion = ",
        &interpreter.version,
        b"\nexecutable = ",
        real,
        b"\n",
    ]);
    write(&cat(&[staged, b"/pyvenv.cfg"]), 0o644, &settings)?;
    let bin = cat(&[staged, b"/bin"]);
    folder(&bin)?;
    link(real, &cat(&[&bin, b"/python"]))?;
    let (name, library) = library(interpreter);
    for name in [b"python3", name.as_bytes()] {
        link(b"python", &cat(&[&bin, b"/", name]))?;
    }
    let library = cat(&[staged, b"/lib/", library.as_bytes()]);
    sys::folders(&library).at(&library)?;
    link(b"../../deps/lib/python/site-packages", &cat(&[&library, b"/site-packages"]))
}

/// Links what wheels install outside of `site-packages`: `share/`, `etc/`, `include/`, `lib/*.so`.
fn data(staged: &[u8], tree: &[u8], interpreter: &Interpreter) -> Result<()> {
    for name in sys::names(tree).at(tree)? {
        if name == b"include" && sys::is_folder(&cat(&[tree, b"/", HEADERS])) {
            headers(staged, tree, interpreter)?;
        } else if !OWN.contains(&name.as_slice()) {
            link(&cat(&[b"deps/", &name]), &cat(&[staged, b"/", &name]))?;
        }
    }
    let library = cat(&[tree, b"/lib"]);
    for name in sys::names(&library).at(&library)? {
        let path = cat(&[staged, b"/lib/", &name]);
        if name != b"python" && !sys::exists(&path) {
            link(&cat(&[b"../deps/lib/", &name]), &path)?;
        }
    }
    Ok(())
}

/// Links `include/`, of which one folder gets the name that has the version of Python in it.
fn headers(staged: &[u8], tree: &[u8], interpreter: &Interpreter) -> Result<()> {
    for (below, up) in [(b"/include".as_slice(), b"..".as_slice()), (b"/include/site", b"../..")] {
        folder(&cat(&[staged, below]))?;
        let from = cat(&[tree, below]);
        for name in sys::names(&from).at(&from)? {
            let path = cat(&[below, b"/", &name]);
            if path != b"/include/site" && path[1..] != *HEADERS {
                link(&cat(&[up, b"/deps", &path]), &cat(&[staged, &path]))?;
            }
        }
    }
    let [major, minor, _] = interpreter.numbers();
    let version = alloc::format!("{major}.{minor}");
    link(&cat(&[b"../../deps/", HEADERS]), &cat(&[staged, b"/", HEADERS, version.as_bytes()]))
}

/// Writes the scripts of the wheels for the interpreter of this environment.
fn scripts(bin: &[u8], python: &[u8], manifest: &Value, ready: &[u8]) -> Result<()> {
    let line = shebang(python);
    for wheel in manifest.get("wheels").list() {
        // A console script's name wins over a GUI script's.
        let console = wheel.get("console_scripts").object();
        let others = wheel.get("gui_scripts").object().iter().filter(|(name, _)| !console.iter().any(|(other, _)| other == name));
        for (name, value) in console.iter().chain(others) {
            let (module, attribute) = value.text().split_once(':').unwrap_or((value.text(), ""));
            let first = attribute.split('.').next().unwrap_or_default();
            let path = cat(&[bin, b"/", name.as_bytes()]);
            if !sys::exists(&path) {
                let text = alloc::format!(
                    "\nimport sys\nfrom {module} import {first}\nif __name__ == \"__main__\":\n    sys.exit({attribute}())\n"
                );
                write(&path, 0o755, &cat(&[&line, text.as_bytes()]))?;
            }
        }
    }
    if sys::is_folder(ready) { copied(ready, bin, &line) } else { Ok(()) }
}

/// Takes over scripts that wheels bring ready; those that ask for any Python get ours.
fn copied(source: &[u8], target: &[u8], line: &[u8]) -> Result<()> {
    for name in sys::names(source).at(source)? {
        let (from, to) = (cat(&[source, b"/", &name]), cat(&[target, b"/", &name]));
        if sys::is_folder(&from) {
            folder(&to)?;
            copied(&from, &to, line)?;
        } else if !sys::exists(&to) {
            let file = sys::open(&from).at(&from)?;
            let mut first = [0; 8];
            if sys::fill(&file, 0, &mut first).is_ok() && first == *b"#!python" {
                let content = sys::read_all(&file).at(&from)?;
                let end = content.iter().position(|byte| *byte == b'\n').map_or(content.len(), |at| at + 1);
                write(&to, 0o755, &cat(&[line, b"\n", &content[end..]]))?;
            } else {
                hard_link(&from, &to)?;
            }
        }
    }
    Ok(())
}

/// Links a file, or copies it where links are not to be had; scripts are executable whatever the wheel says.
fn hard_link(source: &[u8], target: &[u8]) -> Result<()> {
    if fs::link(source, target).is_err() {
        return write(target, 0o755, &sys::read_file(source).at(source)?);
    }
    if fs::stat(target).at(target)?.st_mode & 0o100 == 0 {
        fs::chmod(target, sys::bits(0o755)).at(target)?;
    }
    Ok(())
}

/// The first lines of a script: through a shell where a shebang cannot have such a path.
fn shebang(python: &[u8]) -> Bytes {
    if python.len() + 3 <= LONGEST_SHEBANG && !python.iter().any(|byte| b" \t\n'\"\\".contains(byte)) {
        return cat(&[b"#!", python]);
    }
    // Python reads the two lines as one string; a shell runs the interpreter that lies beside the script.
    b"#!/bin/sh\n'''exec' \"${0%/*}/python\" \"$0\" \"$@\"\n' '''".to_vec()
}

/// Writes `run.py` with the entry in it, and what it needs on rare occasions.
fn trampoline(staged: &[u8], parts: &Parts) -> Result<()> {
    let entry = parts.manifest.get("entry");
    let what = if entry.get("kind").text() == "attr" {
        ["attr", entry.get("module").text(), entry.get("attr").text()]
    } else {
        ["file", entry.get("path").text(), ""]
    };
    let args: Vec<String> = parts.manifest.get("args").list().iter().map(|value| ascii(value.text())).collect();
    let [major, minor, _] = parts.interpreter.numbers();
    let values = [
        ("ENTRY", alloc::format!("({})", what.map(ascii).join(", "))),
        ("ARGS", alloc::format!("[{}]", args.join(", "))),
        ("VERSION", alloc::format!("({major}, {minor})")),
    ];
    let missing = || Error::failure(&[b"the trampoline is missing in the file\nhint: copy the file anew"]);
    let mut text = source(parts.bootstrap, "run").ok_or_else(missing)?.to_vec();
    for (name, value) in values {
        let mark = cat(&[name.as_bytes(), b" = "]);
        let begin = find(&text, &mark).ok_or_else(missing)? + mark.len();
        let end = text[begin..].iter().position(|byte| *byte == b'\n').ok_or_else(missing)? + begin;
        text.splice(begin..end, value.bytes());
    }
    write(&cat(&[staged, b"/run.py"]), 0o644, &text)?;
    write(&cat(&[staged, b"/rare.py"]), 0o644, source(parts.bootstrap, "rare").ok_or_else(missing)?)
}

/// The text of one of the bootstrap's modules, which stand in `__main__.py` as raw literals.
fn source<'a>(bootstrap: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mark = alloc::format!("\n    \"monowheel_boot.{name}\": r'''");
    let begin = find(bootstrap, mark.as_bytes())? + mark.len();
    let end = find(&bootstrap[begin..], b"''',\n")?;
    Some(&bootstrap[begin..begin + end])
}

/// A text as Python's `ascii()` writes it.
fn ascii(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for character in text.chars() {
        let code = u32::from(character);
        let written = match character {
            '\\' => out.write_str("\\\\"),
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            _ if character == quote => write!(out, "\\{quote}"),
            ' '..='~' => out.write_char(character),
            _ if code < 0x100 => write!(out, "\\x{code:02x}"),
            _ if code < 0x10000 => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
        // A String takes everything.
        debug_assert!(written.is_ok(), "a text cannot be written");
    }
    out.push(quote);
    out
}

/// Writes a file whose time is when to look again: cleaners take single files out of folders such as `/tmp`.
fn until(path: &[u8], days: i64) -> Result<()> {
    write(path, 0o644, b"")?;
    let mut when = fs::Timespec { tv_sec: 0, tv_nsec: 0 };
    when.tv_sec = fs::stat(path).at(path)?.st_mtime + days * DAY;
    fs::utimensat(fs::CWD, path, &fs::Timestamps { last_access: when, last_modification: when }, fs::AtFlags::empty()).at(path)
}

/// The whole content of a member of the file.
pub fn content(archive: &Archive, entry: &Entry) -> Result<Bytes> {
    let mut content = Bytes::new();
    Reader::new().content(archive, entry, entry.offset, &mut |piece| {
        content.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::{ascii, shebang, source};

    #[test]
    fn texts_are_written_as_python_does() {
        let written: Vec<String> = ["a", "it's", "it's \"x\"", "\\\n\u{1}", "é", "中", "😀", "\u{7f}"].map(ascii).into();
        assert_eq!(written, ["'a'", "\"it's\"", r#"'it\'s "x"'"#, r"'\\\n\x01'", r"'\xe9'", r"'\u4e2d'", r"'\U0001f600'", r"'\x7f'"]);
    }

    #[test]
    fn shebangs_and_sources() {
        assert_eq!(shebang(b"/a/python"), b"#!/a/python");
        assert!(shebang(b"/a b/python").starts_with(b"#!/bin/sh\n"));
        let text = b"SOURCES = {\n    \"monowheel_boot.run\": r'''one\n''',\n    \"monowheel_boot.x\": r'''two\n''',\n}\n";
        assert_eq!(source(text, "run"), Some(b"one\n".as_slice()));
    }
}
