//! The native head of a Monowheel file: a small static program in front of the archive.
//!
//! Warm, it looks whether the environment is there and becomes its Python: some twenty system calls. Cold, it unpacks on all processors and makes the same
//! trees as the Python bootstrap, with which it shares the cache. What is rare it leaves to the bootstrap (`handover`).
//!
//! No standard library in a release: a static one brings 300 KB that are never run (symbolization of backtraces above all), it changes what happens to
//! SIGPIPE, and it opens standard streams that the caller has closed. Debug builds and tests have it, for its panic messages. A C library stays, because
//! threads, `realpath` and a fast `memcpy` are worth it, and because macOS has no other interface.

#![cfg_attr(not(any(test, debug_assertions)), no_std)]
#![cfg_attr(not(test), no_main)]
#![expect(unsafe_code, reason = "there is no standard library here that would call the system for us")]

extern crate alloc;

mod archive;
mod bytes;
mod cache;
mod child;
mod environ;
mod environment;
mod error;
mod fill;
mod handover;
mod heard;
mod interpreter;
mod json;
mod mend;
mod roots;
#[cfg(not(any(test, debug_assertions)))]
mod runtime;
mod settings;
mod sys;
mod unpack;
mod workers;

use alloc::vec::Vec;
use core::ffi::c_char;
use core::sync::atomic::{AtomicI64, Ordering};

use rustix::fs::{Access, OFlags};

use bytes::{Bytes, cat};
use environ::Environ;
use error::{At, Error, Result};
use settings::{Block, Settings};

/// What would bend the interpreter's search for modules is not the application's.
const LEAKS: [&[u8]; 6] =
    [b"PYTHONPATH", b"PYTHONHOME", b"PYTHONSTARTUP", b"PYTHONPLATLIBDIR", b"PYTHONEXECUTABLE", b"__PYVENV_LAUNCHER__"];
/// Say what to run, once; a Monowheel file that the application starts must not do it again.
const ONCE: [&[u8]; 4] = [b"MONOWHEEL_INTERPRETER", b"MONOWHEEL_VENV", b"MONOWHEEL_CACHE", b"MONOWHEEL_AGAIN"];
/// What only the bootstrap can do.
const HANDED_OVER: [&[u8]; 3] = [b"MONOWHEEL_VENV", b"MONOWHEEL_CACHE", b"MONOWHEEL_VERIFY"];

/// One start.
pub struct Start {
    file: Bytes,
    fd: sys::File,
    block: Block,
    settings: Settings,
    environ: Environ,
    arguments: Vec<Bytes>,
}

/// When this process began, where steps are to be told; -1 otherwise.
static BEGIN: AtomicI64 = AtomicI64::new(-1);

/// Prints a step and the time since the start, where `MONOWHEEL_TRACE` asks for it.
fn trace(step: &[&[u8]]) {
    let begin = BEGIN.load(Ordering::Relaxed);
    if begin >= 0 {
        let time = sys::now() - begin;
        let text = alloc::format!("monowheel: {:5}.{} ms  ", time / 10, time % 10);
        sys::say(&cat(&[text.as_bytes(), &step.concat(), b"\n"]));
    }
}

/// The entry.
///
/// # Safety
/// Called by the C library with the arguments and the environment: lists of C strings that end with a null.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn main(_count: i32, arguments: *const *const c_char, environment: *const *const c_char) -> i32 {
    // SAFETY: by the contract of this function.
    let (arguments, environment) = unsafe { (environ::texts(arguments), environ::texts(environment)) };
    let file = called(&arguments);
    let mut environ = Environ::new(environment);
    LEAKS.iter().for_each(|name| environ.remove(name));
    if environ.set(b"MONOWHEEL_TRACE").is_some() {
        BEGIN.store(sys::now(), Ordering::Relaxed);
    }
    let result = open(&file).and_then(|fd| {
        let block = settings::block();
        let settings = Settings::read(&fd, &block, &file)?;
        let arguments = arguments.into_iter().skip(1).collect();
        Ok(start(Start { file: file.clone(), fd, block, settings, environ, arguments }))
    });
    match result {
        Ok(Error::Said(status)) => status,
        Ok(error) | Err(error) => {
            sys::say(&cat(&[b"monowheel: ", &error.sentence(&file), b"\n"]));
            1
        }
    }
}

/// The path that was executed, as `$0` is for a script.
fn called(arguments: &[Bytes]) -> Bytes {
    #[cfg(target_os = "linux")]
    if let path @ [_, ..] = rustix::param::linux_execfn().to_bytes() {
        return path.to_vec();
    }
    arguments.first().cloned().unwrap_or_default()
}

/// Opens this very file, even if another has taken its place.
fn open(file: &[u8]) -> Result<sys::File> {
    #[cfg(target_os = "linux")]
    if let Ok(fd) = sys::open(b"/proc/self/exe") {
        return Ok(fd);
    }
    sys::open(file).at(file)
}

/// Becomes the application; gives the error where that does not work.
fn start(mut start: Start) -> Error {
    let is_set = |name: &&[u8]| start.environ.set(name).is_some();
    let is_rare = HANDED_OVER.iter().any(is_set);
    let asked = start.environ.set(b"MONOWHEEL_PYTHON");
    let known = match asked {
        _ if is_rare => None,
        Some(python) => noted(&start, python),
        None => found(&start, None),
    };
    if let Some(app) = known {
        trace(&[b"environment found: ", &app]);
        return become_application(start, &app);
    }
    // Files that are opened now must not become standard streams.
    while let Ok(fd) = sys::nowhere() {
        if rustix::fd::AsRawFd::as_raw_fd(&fd) > 2 {
            break;
        }
        core::mem::forget(fd);
    }
    let umask = rustix::process::umask(sys::bits(0o022));
    let obtained = if is_rare { Err(Error::Handover("it is rare")) } else { fill::fill(&start) };
    let app = match obtained {
        Err(Error::Handover(reason)) => {
            trace(&[b"left to the bootstrap: ", reason.as_bytes()]);
            bundled_python(&start).and_then(|python| handover::run(&start, python))
        }
        other => other,
    };
    if let Ok(app) = &app {
        remember(&start, app);
    }
    rustix::process::umask(umask);
    match app {
        Ok(app) => {
            // The application must find it as it was for the caller.
            start.environ.remove(b"MONOWHEEL_AGAIN");
            become_application(start, &app)
        }
        Err(error) => error,
    }
}

/// The interpreter in the file, unpacked if need be, for the bootstrap.
fn bundled_python(start: &Start) -> Result<Option<Bytes>> {
    match start.settings.interpreter() {
        Some(bundled) if start.environ.set(b"MONOWHEEL_PYTHON").is_none() => fill::bundled(start, &bundled).map(Some),
        _ => Ok(None),
    }
}

/// The environment that is there: that of the first start, or of the interpreter `asked` for.
fn found(start: &Start, asked: Option<&[u8]>) -> Option<Bytes> {
    let first = &start.block.digest[..32];
    for root in roots::existing(&start.environ) {
        let app = cat(&[&root, b"/apps/", first]);
        let Some(real) = asked else {
            if is_ready(&root, &app) {
                return Some(app);
            }
            continue;
        };
        let own = cat(&[&app, b"-", &fill::key(real)]);
        for app in [app, own] {
            if sys::read_link(&cat(&[&app, b"/bin/python"])).as_deref() == Some(real) && is_ready(&root, &app) {
                return Some(app);
            }
        }
    }
    None
}

/// The environment that was noted for the interpreter in `MONOWHEEL_PYTHON`.
fn noted(start: &Start, python: &[u8]) -> Option<Bytes> {
    if !python.starts_with(b"/") {
        return None;
    }
    let same = |one: &[u8], other: &[u8]| match (rustix::fs::stat(one), rustix::fs::stat(other)) {
        (Ok(one), Ok(other)) => (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino),
        _ => false,
    };
    roots::existing(&start.environ).find_map(|root| {
        let name = sys::read_file(&cat(&[&root, b"/asked/", &start.block.digest[..32], python])).ok()?;
        let app = cat(&[&root, b"/apps/", name.trim_ascii()]);
        (same(&cat(&[&app, b"/bin/python"]), python) && is_ready(&root, &app)).then_some(app)
    })
}

/// Notes which environment the interpreter in `MONOWHEEL_PYTHON` has, under its path as it is written there.
fn remember(start: &Start, app: &[u8]) {
    let Some(path) = start.environ.set(b"MONOWHEEL_PYTHON").filter(|path| path.starts_with(b"/")) else { return };
    let Some(root) = app.strip_suffix(bytes::base(app)).and_then(|apps| apps.strip_suffix(b"/apps/")) else { return };
    if path.split(|byte| *byte == b'/').any(|part| part == b"..") {
        return;
    }
    let note = cat(&[root, b"/asked/", &start.block.digest[..32], path]);
    let beside = cat(&[&note, b".", &bytes::decimal(unpack::pid()), b".new"]);
    // Where it cannot be written, it would have saved a few milliseconds.
    let written = sys::folders(bytes::parent(&note)).and_then(|()| sys::write(&beside, 0o644, &cat(&[bytes::base(app), b"\n"])));
    let _ = written.and_then(|()| rustix::fs::rename(beside.as_slice(), note.as_slice()));
}

/// Whether an environment is there and whole, and the path to it is safe.
fn is_ready(root: &[u8], app: &[u8]) -> bool {
    if !roots::is_trusted(root) || !roots::is_trusted(app) {
        return false;
    }
    let at = |name: &[u8]| cat(&[app, name]);
    // Tells a pruning process that this environment is in use. `boot` is the answer to that, so the looks keep this order.
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
    drop(rustix::fs::open(at(b"/used"), flags, sys::bits(0o644)));
    if sys::read_file(&at(b"/boot")).is_ok_and(|boot| sys::boot_id().as_deref() != Some(boot.trim_ascii())) {
        return false;
    }
    if !sys::is_folder(&at(b"/deps")) || !sys::is_folder(&at(b"/code")) || !sys::may(&at(b"/bin/python"), Access::EXEC_OK) {
        return false;
    }
    // Where cleaners walk (/tmp), a look at the files is due from time to time.
    !matches!((rustix::fs::stat(at(b"/until")), rustix::fs::stat("/proc/self")), (Ok(until), Ok(now)) if until.st_mtime < now.st_mtime)
}

/// Becomes the application: what `_mw_run` does in the portable head.
fn become_application(mut start: Start, app: &[u8]) -> Error {
    let environ = &mut start.environ;
    for (name, value) in start.settings.env() {
        if environ.get(name).is_none() {
            environ.put(name, value);
        }
    }
    let bin = cat(&[app, b"/bin"]);
    let path = environ.get(b"PATH").unwrap_or_default().to_vec();
    if !path.split(|byte| *byte == b':').any(|folder| folder == bin) {
        let colon: &[u8] = if path.is_empty() { b"" } else { b":" };
        environ.put(b"PATH", &cat(&[&bin, colon, &path]));
    }
    let is_interactive = environ.set(b"MONOWHEEL_INTERPRETER").is_some();
    ONCE.iter().for_each(|name| environ.remove(name));
    let (python, trampoline) = (cat(&[&bin, b"/python"]), cat(&[app, b"/run.py"]));
    let mut command: Vec<&[u8]> = Vec::from([python.as_slice()]);
    command.extend(start.settings.flags());
    if is_interactive {
        environ.remove(b"MONOWHEEL_ENTRY_POINT");
    } else {
        command.extend([trampoline.as_slice(), &start.file]);
    }
    command.extend(start.arguments.iter().map(Vec::as_slice));
    trace(&[b"exec ", &python]);
    child::exec(&command, environ)
}
