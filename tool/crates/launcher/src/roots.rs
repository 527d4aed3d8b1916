//! Where the cache may be: the folder that the user names, the usual one, or a private one among temporary files.
//!
//! A cache runs as code, so it lies only in folders that nobody else can write to: ours, 0700, and not behind a link that somebody planted. The same places in the
//! same order, with the same refusals, as in the bootstrap's `roots.py`.

use alloc::vec::Vec;

use rustix::fs::{self, Access, FileType};
use rustix::io::Errno;

use crate::bytes::{Bytes, cat, decimal, parent};
use crate::environ::Environ;
use crate::error::{Error, Result, describe};
use crate::{sys, unpack};

/// The folder that `MONOWHEEL_ROOT` names, absolute.
fn named(environ: &Environ) -> Option<Bytes> {
    let root = environ.set(b"MONOWHEEL_ROOT")?;
    if root.starts_with(b"/") {
        return Some(root.to_vec());
    }
    let here = rustix::process::getcwd(Vec::new()).ok()?;
    Some(cat(&[here.as_bytes(), b"/", root]))
}

/// The user's cache folder, or none for a user without a home.
fn usual(environ: &Environ) -> Option<Bytes> {
    let absolute = |name| environ.set(name).filter(|path| path.starts_with(b"/"));
    if let Some(cache) = absolute(b"XDG_CACHE_HOME") {
        return Some(cat(&[cache, b"/monowheel"]));
    }
    let below: &[u8] = if cfg!(target_os = "macos") { b"/Library/Caches/monowheel" } else { b"/.cache/monowheel" };
    absolute(b"HOME").map(|home| cat(&[home, below]))
}

/// Folders for temporary files, each once.
pub fn temporary(environ: &Environ) -> Vec<Bytes> {
    let mut found: Vec<Bytes> = Vec::new();
    let named = [b"XDG_RUNTIME_DIR".as_slice(), b"TMPDIR"].map(|name| environ.set(name).unwrap_or_default());
    for base in named.into_iter().chain([b"/tmp".as_slice(), b"/var/tmp"]) {
        if base.starts_with(b"/") && !found.iter().any(|other| other == base) && sys::is_folder(base) {
            found.push(base.to_vec());
        }
    }
    found
}

fn uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Private folders of ours within a folder that others can write to, as they are now.
fn private(base: &[u8]) -> Vec<Bytes> {
    let plain = cat(&[b"monowheel-", &decimal(uid().into())]);
    let further = cat(&[&plain, b"-"]);
    let names = sys::names(base).unwrap_or_default().into_iter().filter(|name| name.starts_with(&further));
    core::iter::once(plain.clone()).chain(names).map(|name| cat(&[base, b"/", &name])).collect()
}

/// Whether a folder is ours alone and is no link.
fn is_private(path: &[u8]) -> bool {
    fs::lstat(path).is_ok_and(|found| sys::kind(&found) == FileType::Directory && found.st_uid == uid() && found.st_mode & 0o077 == 0)
}

/// Whether a folder belongs to us (or to root, who may do anything) and nobody else may write to it.
pub fn is_trusted(path: &[u8]) -> bool {
    fs::stat(path).is_ok_and(|found| (found.st_uid == uid() || found.st_uid == 0) && found.st_mode & 0o022 == 0)
}

/// Every folder that may hold a cache already, the first choice first; those behind it are looked for only when it is not the one.
pub fn existing(environ: &Environ) -> impl Iterator<Item = Bytes> + '_ {
    let named = named(environ);
    let first = named.clone().or_else(|| usual(environ));
    let further = core::iter::once(()).flat_map(move |()| {
        let bases = named.clone().map_or_else(|| temporary(environ), |root| Vec::from([root]));
        bases.into_iter().flat_map(|base| private(&base)).filter(|path| is_private(path))
    });
    first.into_iter().chain(further)
}

/// Why a folder is passed over: a system's error or a sentence.
type Refused = core::result::Result<Bytes, Bytes>;

fn refuse(errno: Errno, path: &[u8]) -> Bytes {
    cat(&[path, b": ", &describe(errno)])
}

/// The folder for a cache that is to be written, made if it was not there. Where the application has native libraries, a file system that does not let them
/// run is passed over.
pub fn choose(environ: &Environ, native: bool) -> Result<Bytes> {
    let mut refused = Vec::new();
    let mut consider = |candidate: Refused| match candidate {
        Ok(root) if native && is_noexec(&root) => {
            refused.push(cat(&[&root, b": mounted noexec, and the application has native libraries"]));
            None
        }
        Ok(root) => Some(root),
        Err(reason) => {
            refused.push(reason);
            None
        }
    };
    let chosen = if let Some(root) = named(environ) {
        consider(own(&root))
    } else {
        let usual = usual(environ).and_then(|root| consider(own(&root)));
        usual.or_else(|| temporary(environ).iter().find_map(|base| consider(within(base))))
    };
    chosen.ok_or_else(|| {
        let list = refused.join(b"\n  ".as_slice());
        Error::failure(&[b"no folder for the cache:\n  ", &list, b"\nhint: name one that is yours alone: MONOWHEEL_ROOT=/path"])
    })
}

#[cfg(target_os = "linux")]
fn is_noexec(root: &[u8]) -> bool {
    fs::statvfs(root).is_ok_and(|found| found.f_flag.contains(fs::StatVfsMountFlags::NOEXEC))
}

#[cfg(not(target_os = "linux"))]
fn is_noexec(_root: &[u8]) -> bool {
    false
}

/// Makes or takes `path`; a private folder within it where others can write to it.
fn own(path: &[u8]) -> Refused {
    let mut above = path;
    while !sys::exists(above) && above != b"/" && above != b"." {
        above = parent(above);
    }
    let found = fs::stat(above).map_err(|errno| refuse(errno, above))?;
    let itself = fs::lstat(above).map_err(|errno| refuse(errno, above))?;
    if sys::kind(&found) != FileType::Directory {
        return Err(cat(&[above, b": not a folder"]));
    }
    if [found.st_uid, itself.st_uid].iter().any(|owner| *owner != uid() && *owner != 0) {
        return Err(cat(&[above, b": belongs to another user"]));
    }
    if above != path {
        sys::folders(path).map_err(|errno| refuse(errno, path))?;
        return own(path);
    }
    if found.st_mode & 0o022 != 0 {
        return within(path);
    }
    if found.st_uid != uid() || !sys::may(path, Access::WRITE_OK | Access::EXEC_OK) {
        return Err(cat(&[path, b": no permission to write"]));
    }
    check_writable(path)
}

/// Makes or takes a private folder within a folder that others can write to.
fn within(base: &[u8]) -> Refused {
    for path in private(base) {
        match fs::mkdir(path.as_slice(), sys::bits(0o700)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(refuse(errno, &path)),
        }
        if is_private(&path) {
            return check_writable(&path);
        }
    }
    // Somebody else has the name: take one that cannot be known beforehand.
    let path = cat(&[base, b"/monowheel-", &decimal(uid().into()), b"-", &sys::random(8)]);
    fs::mkdir(path.as_slice(), sys::bits(0o700)).map_err(|errno| refuse(errno, &path))?;
    Ok(path)
}

/// Refuses where the file system is read-only or full of files.
fn check_writable(path: &[u8]) -> Refused {
    let probe = cat(&[path, b"/.probe-", &decimal(unpack::pid())]);
    fs::mkdir(probe.as_slice(), sys::bits(0o700)).and_then(|()| fs::rmdir(probe.as_slice())).map_err(|errno| refuse(errno, &probe))?;
    Ok(path.to_vec())
}
