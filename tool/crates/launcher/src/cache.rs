//! The cache as a whole: staging, publishing, locks. The same folders, names and locks as the bootstrap's, with which it shares the cache.

use alloc::vec::Vec;

use rustix::fs::{self, FlockOperation, OFlags};
use rustix::io::Errno;

use crate::bytes::{Bytes, base, cat, decimal, parent};
use crate::error::{At, Error, Result};
use crate::{sys, unpack};

const FOLDERS: [&[u8]; 7] = [b"apps", b"asked", b"code", b"deps", b"locks", b"tmp", b"wheels"];
/// Without locks, what lies in tmp/ longer than this belongs to nobody any more.
const ABANDONED: i64 = 24 * 3600;

/// The cache below one root.
pub struct Cache {
    /// Its folder.
    pub root: Bytes,
    held: Vec<sys::File>,
    staging: Option<Bytes>,
    staged: usize,
    /// What to say on a terminal while another start holds things up.
    line: Bytes,
}

impl Cache {
    /// Makes the folders, and keeps prune away while this lives. `line` is said on a terminal where that takes long.
    pub fn new(root: Bytes, line: Bytes) -> Result<Self> {
        for name in FOLDERS {
            let path = cat(&[&root, b"/", name]);
            sys::make(&path).at(&path)?;
        }
        let mut cache = Self { root, held: Vec::new(), staging: None, staged: 0, line };
        cache.hold(b"cache", true);
        Ok(cache)
    }

    /// The path of something in the cache.
    pub fn path(&self, kind: &[u8], key: &[u8]) -> Bytes {
        cat(&[&self.root, b"/", kind, b"/", key])
    }

    /// Takes a lock, if the file system has any.
    pub fn lock(&mut self, name: &[u8]) {
        self.hold(name, false);
    }

    fn hold(&mut self, name: &[u8], shared: bool) {
        let path = cat(&[&self.root, b"/locks/", name, b".lock"]);
        let kind = if shared { FlockOperation::LockShared } else { FlockOperation::LockExclusive };
        hold(&mut self.held, &path, kind, OFlags::CREATE, &self.line);
    }

    /// A path of our own to write to; sweeps away what processes left that were killed.
    pub fn stage(&mut self) -> Result<Bytes> {
        let folder = match self.staging.take() {
            Some(folder) => folder,
            None => self.new_staging()?,
        };
        self.staged += 1;
        let path = cat(&[&folder, b"/", &decimal(self.staged as u64)]);
        self.staging = Some(folder);
        Ok(path)
    }

    fn new_staging(&mut self) -> Result<Bytes> {
        self.sweep();
        loop {
            let path = cat(&[&self.root, b"/tmp/", &decimal(unpack::pid()), b"-", &sys::random(4)]);
            fs::mkdir(path.as_slice(), sys::bits(0o700)).at(&path)?;
            // Locked, it is seen to be alive; whoever sweeps between mkdir and lock makes us take another.
            let free = hold(&mut self.held, &path, FlockOperation::NonBlockingLockExclusive, OFlags::empty(), b"") != Held::Busy;
            if free && sys::is_folder(&path) {
                return Ok(path);
            }
        }
    }

    fn sweep(&self) {
        let folder = cat(&[&self.root, b"/tmp"]);
        for name in sys::names(&folder).unwrap_or_default() {
            let path = cat(&[&folder, b"/", &name]);
            let mut held = Vec::new();
            let ours = hold(&mut held, &path, FlockOperation::NonBlockingLockExclusive, OFlags::empty(), b"") == Held::Yes;
            if ours || is_old(&path) {
                crate::trace(&[b"removing what a killed start left: ", &name]);
                sys::remove(&path);
            }
        }
    }

    /// Gives a staged folder its name, unless another process has been faster.
    pub fn publish(&self, staged: &[u8], kind: &[u8], key: &[u8]) -> Result<()> {
        let path = self.path(kind, key);
        match fs::rename(staged, path.as_slice()) {
            Err(_) if sys::is_folder(&path) => Ok(()),
            result => result.at(&path),
        }
    }

    /// Takes a folder out of use: its name is free at once.
    pub fn withdraw(&mut self, kind: &[u8], key: &[u8]) -> Result<()> {
        let (path, aside) = (self.path(kind, key), self.stage()?);
        match fs::rename(path.as_slice(), aside.as_slice()) {
            Err(Errno::NOENT) => Ok(()),
            result => result.at(&path),
        }
    }

    /// Notes beside a tree that the disk may not hold yet what is being published: until the machine has gone down, it does not matter.
    pub fn note_unsynced(&self, kind: &[u8], key: &[u8]) -> Result<()> {
        let path = cat(&[&self.path(kind, key), b".boot"]);
        let _ = fs::unlink(path.as_slice());
        match note_boot(&path) {
            Err(Error::System(Errno::EXIST, _)) => Ok(()),
            result => result,
        }
    }

    /// Whether a published folder is there and cannot have lost files when the machine went down.
    pub fn is_kept(&self, kind: &[u8], key: &[u8]) -> bool {
        let Ok(note) = sys::read_file(&cat(&[&self.path(kind, key), b".boot"])) else { return true };
        sys::boot_id().as_deref() == Some(note.trim_ascii())
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        if let Some(folder) = &self.staging {
            sys::remove(folder);
        }
    }
}

/// Writes the name of the time since the machine came up, where there is one.
pub fn note_boot(path: &[u8]) -> Result<()> {
    sys::boot_id().map_or(Ok(()), |boot| sys::write(path, 0o644, &cat(&[&boot, b"\n"])).at(path))
}

#[derive(PartialEq, Eq)]
enum Held {
    Yes,
    /// Another process has it.
    Busy,
    /// There is nothing to be had here.
    Never,
}

/// Locks `path`, and keeps the descriptor in `held`.
fn hold(held: &mut Vec<sys::File>, path: &[u8], kind: FlockOperation, create: OFlags, line: &[u8]) -> Held {
    let Ok(file) = fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC | create, sys::bits(0o644)) else {
        return if create.is_empty() { Held::Busy } else { Held::Never };
    };
    let now = match kind {
        FlockOperation::LockShared => FlockOperation::NonBlockingLockShared,
        _ => FlockOperation::NonBlockingLockExclusive,
    };
    let mut result = fs::flock(&file, now);
    if result == Err(Errno::WOULDBLOCK) && now != kind {
        crate::trace(&[b"waiting for another start (", base(path), b")"]);
        result = wait(&file, now, kind, line);
    }
    held.push(file);
    match result {
        Ok(()) => Held::Yes,
        Err(Errno::WOULDBLOCK) => Held::Busy,
        Err(_) => Held::Never,
    }
}

/// Waits for a lock. On a terminal, `line` tells after a second, and is taken away in the end.
fn wait(file: &sys::File, now: FlockOperation, kind: FlockOperation, line: &[u8]) -> rustix::io::Result<()> {
    const SECOND: i64 = 10_000;
    let pause = rustix::event::Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
    let (begin, tells) = (sys::now(), !line.is_empty() && sys::is_terminal());
    while tells && sys::now() - begin < SECOND {
        match fs::flock(file, now) {
            Err(Errno::WOULDBLOCK) => drop(rustix::event::poll(&mut [], Some(&pause))),
            result => return result,
        }
    }
    if tells {
        sys::say(line);
    }
    loop {
        let result = fs::flock(file, kind);
        if result != Err(Errno::INTR) {
            if tells {
                sys::say(sys::LINE_AWAY);
            }
            return result;
        }
    }
}

/// Whether nothing has happened in a folder for a day, by the file system's own clock.
fn is_old(path: &[u8]) -> bool {
    let time = |path: &[u8]| fs::lstat(path).ok().map(|found| found.st_mtime);
    matches!((time(parent(path)), time(path)), (Some(now), Some(then)) if then < now - ABANDONED)
}
