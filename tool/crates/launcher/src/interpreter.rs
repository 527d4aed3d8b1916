//! The interpreters of this machine: where to look, what they are, whether they fit.

use alloc::string::String;
use alloc::vec::Vec;

use crate::Start;
use crate::bytes::{Bytes, cat};
use crate::child::Child;
use crate::error::{Error, Result};
use crate::heard::{self, Heard};
use crate::json::Value;
use crate::sys;

/// Asks an interpreter, of whatever age, what it is.
const QUESTION: &[u8] = br#"import sys
g = getattr
v = sys.version_info
a = [g(g(sys, "implementation", sys), "name", "cpython"), "%d.%d.%d" % tuple(v[:3]), g(sys, "abiflags", "")]
a += [g(sys, "_base_executable", None) or sys.executable or "", sys.platform, str(sys.maxsize)]
import posix
try:
    a.append(posix.confstr("CS_GNU_LIBC_VERSION") and "gnu" or "musl")
except Exception:
    a.append("musl")
a.append(posix.uname()[4])
t = "mw\0" + "\0".join(a)
if v[0] > 2:
    t = t.encode(sys.getfilesystemencoding(), "surrogateescape")
posix.write(1, t)
"#;
/// Which field of the answer is the path of its program.
const EXECUTABLE: usize = 4;

/// An interpreter that fits.
#[derive(Debug)]
pub struct Interpreter {
    /// Its program, behind links and virtual environments.
    pub real: Bytes,
    /// `3.11.7`.
    pub version: Bytes,
    /// Whether it is free-threaded.
    pub threaded: bool,
    /// What it has answered just now, for the next start that would ask the same.
    pub heard: Option<Heard>,
}

impl Interpreter {
    /// Its first `count` numbers: 3, 11, 7.
    pub fn numbers(&self) -> [u64; 3] {
        let mut parts = self.version.split(|byte| *byte == b'.').map(|part| crate::bytes::number(part).unwrap_or(0));
        [(); 3].map(|()| parts.next().unwrap_or(0))
    }
}

/// Why an interpreter was not taken.
pub enum Unfit {
    /// Another one may fit.
    Refused(Bytes),
    /// None will.
    Hopeless(Error),
}

/// The candidates: the one that was asked for, or what PATH has under the names that fit, the first choice first.
pub fn candidates(start: &Start) -> Vec<Bytes> {
    let names = match start.environ.set(b"MONOWHEEL_PYTHON") {
        Some(path) if path.contains(&b'/') => return [path.to_vec()].into_iter().filter(|path| sys::is_program(path)).collect(),
        Some(name) => Vec::from([name.to_vec()]),
        None => {
            let mut names = start.settings.names();
            names.extend([b"python3".to_vec(), b"python".to_vec()]);
            names
        }
    };
    let path = start.environ.get(b"PATH").unwrap_or(b"/usr/local/bin:/usr/bin:/bin");
    let folders = || path.split(|byte| *byte == b':').filter(|folder| folder.starts_with(b"/"));
    let all = names.iter().flat_map(|name| folders().map(move |folder| cat(&[folder, b"/", name])));
    all.filter(|path| sys::is_program(path)).collect()
}

/// Asks the candidates in their order until one fits. The first is asked at once, while other things are done.
pub struct Search {
    candidates: Vec<Bytes>,
    asked: Option<Asked>,
}

/// An interpreter whose answer is known, or about to come.
enum Asked {
    Known(Bytes),
    Running(Child, Heard),
}

impl Search {
    /// Begins.
    pub fn new(start: &Start) -> Self {
        let candidates = candidates(start);
        let asked = candidates.first().and_then(|first| ask(start, first));
        Self { candidates, asked }
    }

    /// Gives the first that fits, or the sentence that says why none does.
    pub fn finish(self, start: &Start, manifest: &Value) -> Result<Interpreter> {
        let mut refused = Bytes::new();
        let mut asked = self.asked;
        for candidate in &self.candidates {
            let asked = asked.take().or_else(|| ask(start, candidate));
            let found = match asked {
                Some(Asked::Known(answer)) => fits(&answer, 0, manifest),
                Some(Asked::Running(child, mut heard)) => {
                    let done = child.finish();
                    heard.answer = done.output;
                    fits(&heard.answer, done.status, manifest).map(|found| Interpreter { heard: Some(heard), ..found })
                }
                None => Err(Unfit::Refused(b"it does not start".to_vec())),
            };
            match found {
                Ok(found) => {
                    let how: &[u8] = if found.heard.is_some() { b"" } else { b", as it said before" };
                    crate::trace(&[b"interpreter: ", &found.real, b" ", &found.version, how]);
                    return Ok(found);
                }
                Err(Unfit::Refused(reason)) => refused.extend(cat(&[b"\n  ", candidate, b": ", &reason])),
                Err(Unfit::Hopeless(error)) => return Err(error),
            }
        }
        Err(none(start, &refused))
    }

    /// Waits for the one that was asked, whose answer nobody needs any more.
    pub fn end(self) {
        if let Some(Asked::Running(child, _)) = self.asked {
            child.finish();
        }
    }
}

/// The error for a machine on which no interpreter fits.
pub fn none(start: &Start, refused: &[u8]) -> Error {
    let colon: &[u8] = if refused.is_empty() { b"" } else { b":" };
    Error::failure(&[
        &start.file,
        b" needs CPython ",
        start.settings.needs(),
        b", and found none",
        colon,
        refused,
        b"\nhint: install one where PATH finds it, or name it: MONOWHEEL_PYTHON=/path/to/python3",
    ])
}

fn ask(start: &Start, program: &[u8]) -> Option<Asked> {
    if let Some(answer) = heard::recall(&start.environ, program) {
        return Some(Asked::Known(answer));
    }
    let heard = Heard::of(program);
    let child = Child::start(&[program, b"-E", b"-S", b"-s", b"-c", QUESTION], &start.environ).ok()?;
    Some(Asked::Running(child, heard))
}

/// The path of the interpreter that an answer is of.
pub fn executable(answer: &[u8]) -> Option<&[u8]> {
    answer.split(|byte| *byte == 0).nth(EXECUTABLE)
}

/// Whether the interpreter that has answered this, and ended with `status`, fits the application.
fn fits(answer: &[u8], status: i32, manifest: &Value) -> core::result::Result<Interpreter, Unfit> {
    let fields: Vec<&[u8]> = answer.split(|byte| *byte == 0).collect();
    let [b"mw", name, version, flags, executable, system, most, libc, machine] = fields.as_slice() else {
        if [129, 130, 131, 137, 143].contains(&status) {
            return Err(Unfit::Hopeless(Error::Said(status)));
        }
        let code = crate::bytes::decimal(u64::try_from(status).unwrap_or(1));
        return Err(Unfit::Refused(cat(&[b"it does not start (exit code ", &code, b")"])));
    };
    let refuse = |parts: &[&[u8]]| Err(Unfit::Refused(cat(parts)));
    let real = sys::real(executable).unwrap_or_default();
    let found = Interpreter { real, version: version.to_vec(), threaded: flags.contains(&b't'), heard: None };
    let numbers = found.numbers();
    if *name != b"cpython" {
        return refuse(&[b"this is ", name, b" ", version, b", not CPython"]);
    }
    if numbers < [3, 9, 0] {
        return refuse(&[b"this is Python ", version, b", and 3.9 is the oldest that can run it"]);
    }
    if found.real.is_empty() {
        return refuse(&[b"it does not know its own path"]);
    }
    if let Some(error) = platform(manifest.get("platform").text(), system, libc, machine) {
        return Err(Unfit::Hopeless(error));
    }
    let bound = [b"x86_64-".as_slice(), b"aarch64-"].iter().any(|cpu| manifest.get("platform").bytes().starts_with(cpu));
    if bound && crate::bytes::number(most).is_some_and(|most| most < 1 << 32) {
        return refuse(&[b"it is a 32-bit build"]);
    }
    let minor = version.rsplitn(2, |byte| *byte == b'.').last().unwrap_or(version);
    let python = manifest.get("python");
    let accepted = python.get("versions").list();
    if !accepted.is_empty() && !accepted.iter().any(|accepted| accepted.bytes() == minor) {
        return refuse(&[b"CPython ", version, b" is not among the accepted versions"]);
    }
    let requires = python.get("requires").text();
    if !admits(requires, numbers) {
        return refuse(&[b"CPython ", version, b" does not satisfy ", requires.as_bytes()]);
    }
    if found.threaded {
        for wheel in manifest.get("wheels").list() {
            let file = wheel.get("file").text();
            if !is_free_threaded(file) {
                return refuse(&[b"CPython ", version, b" without the global lock, for which ", file.as_bytes(), b" is not built"]);
            }
        }
    }
    Ok(found)
}

/// Compares the machine with the platform that the file was built for (`x86_64-unknown-linux-gnu`).
fn platform(wanted: &str, system: &[u8], libc: &[u8], machine: &[u8]) -> Option<Error> {
    if wanted.is_empty() {
        return None;
    }
    let (cpu, rest) = wanted.split_once('-').unwrap_or((wanted, ""));
    let lower = machine.to_ascii_lowercase();
    let machine: &[u8] = match lower.as_slice() {
        b"arm64" => b"aarch64",
        b"amd64" => b"x86_64",
        other => other,
    };
    let system = if system == b"darwin" { b"apple-darwin".to_vec() } else { cat(&[b"unknown-", system, b"-", libc]) };
    let known = rest.starts_with("unknown-") || rest.starts_with("apple-");
    let matches = (cpu.is_empty() || machine == cpu.as_bytes()) && (rest.as_bytes() == system || !known);
    (!matches).then(|| Error::failure(&[b"this file was built for ", wanted.as_bytes(), b", but this machine is ", machine, b"-", &system]))
}

/// Whether a wheel runs on a free-threaded build: no binary interface, or its own.
fn is_free_threaded(file: &str) -> bool {
    let abis = file.trim_end_matches(".whl").rsplit('-').nth(1).unwrap_or_default();
    abis.split('.').any(|abi| abi == "none" || abi.ends_with('t'))
}

/// Whether a release satisfies PEP 440 specifiers. What is not understood is taken as satisfied: the build has checked the minor version.
fn admits(specifiers: &str, version: [u64; 3]) -> bool {
    specifiers.split(',').map(str::trim).filter(|part| !part.is_empty()).all(|part| satisfies(part, version))
}

fn satisfies(specifier: &str, version: [u64; 3]) -> bool {
    let text = specifier.trim_start_matches(['<', '>', '=', '!', '~']);
    let operator = &specifier[..specifier.len() - text.len()];
    let text = text.trim();
    let prefix = text.ends_with(".*");
    let numbers: Option<Vec<u64>> = text.replace(".*", "").split('.').map(|part| crate::bytes::number(part.as_bytes())).collect();
    let Some(wanted) = numbers else { return true };
    let padded = [0, 1, 2].map(|index| wanted.get(index).copied().unwrap_or(0));
    let begins = |count: usize| wanted.get(..count).is_some_and(|wanted| version.starts_with(wanted));
    match operator {
        ">=" => version >= padded,
        "<=" => version <= padded,
        ">" => version > padded,
        "<" => version < padded,
        "==" => {
            if prefix {
                begins(wanted.len())
            } else {
                version == padded
            }
        }
        "!=" => !if prefix { begins(wanted.len()) } else { version == padded },
        "~=" => version >= padded && begins(wanted.len() - 1),
        _ => true,
    }
}

/// The folder below `lib/` in an environment of this interpreter: `python3.11`, `python3.14t`.
pub fn library(interpreter: &Interpreter) -> (String, String) {
    let [major, minor, _] = interpreter.numbers();
    let name = alloc::format!("python{major}.{minor}");
    let folder = if interpreter.threaded { alloc::format!("{name}t") } else { name.clone() };
    (name, folder)
}

#[cfg(test)]
mod tests {
    use super::{admits, is_free_threaded, platform};

    #[test]
    fn specifiers() {
        let fits = |text| admits(text, [3, 11, 7]);
        assert!([">=3.9", "~=3.11", "~=3.11.2", "==3.11.*", ">=3.9,<4", "!=3.12.*", "", "===odd"].into_iter().all(fits));
        assert!(![">=3.12", "==3.10.*", "<3.11", "!=3.11.*", "~=3.10.2", ">=3.9, <3.11.7"].into_iter().any(fits));
    }

    #[test]
    fn machines_and_wheels() {
        assert!(platform("x86_64-unknown-linux-gnu", b"linux", b"gnu", b"x86_64").is_none());
        let text = platform("aarch64-unknown-linux-musl", b"linux", b"gnu", b"x86_64").unwrap().sentence(b"");
        let expected = "this file was built for aarch64-unknown-linux-musl, but this machine is x86_64-unknown-linux-gnu";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
        assert!(platform("aarch64-apple-darwin", b"darwin", b"musl", b"arm64").is_none());
        assert!(is_free_threaded("a-1-py3-none-any.whl") && is_free_threaded("a-1-cp314-cp314t-linux_x86_64.whl"));
        assert!(!is_free_threaded("a-1-cp314-abi3-linux_x86_64.whl"));
    }
}
