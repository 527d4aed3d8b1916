//! What interpreters have answered, kept in the cache: asking takes longer than all the rest of making an environment.
//!
//! An answer is the same as long as its program is: the path that was asked leads to the very file that calls itself so, and that file has
//! not been touched. What chooses an interpreter by the folder or a variable (a version manager's shim, a script) is another file than the one
//! that answers, so of it nothing is kept.

use sha2::{Digest, Sha256};

use crate::bytes::{Bytes, cat, hex, parent};
use crate::cache::Cache;
use crate::environ::Environ;
use crate::{fill, interpreter, roots, sys};

/// An answer, and the state of the file that gave it.
#[derive(Debug)]
pub struct Heard {
    program: Bytes,
    state: Bytes,
    /// The answer, once it is there.
    pub answer: Bytes,
}

impl Heard {
    /// Looks at the program before it is asked: if it is replaced meanwhile, the answer belongs to no file that is found again.
    pub fn of(program: &[u8]) -> Self {
        Self { program: program.to_vec(), state: state(program), answer: Bytes::new() }
    }

    /// Keeps the answer in the cache. Where it cannot be written, it would have saved some milliseconds.
    pub fn keep(&self, cache: &mut Cache) {
        if self.state.is_empty() || !is_own(&self.program, &self.answer) {
            return;
        }
        let Ok(staged) = cache.stage() else { return };
        let path = place(&cache.root, &self.program);
        let written = sys::make(parent(&path)).and_then(|()| sys::write(&staged, 0o644, &note(&self.state, &self.answer)));
        let _ = written.and_then(|()| rustix::fs::rename(staged.as_slice(), path.as_slice()));
    }
}

/// What the program has answered before, where that still holds.
pub fn recall(environ: &Environ, program: &[u8]) -> Option<Bytes> {
    let now = state(program);
    roots::existing(environ).filter(|root| roots::is_trusted(root)).find_map(|root| {
        let found = sys::read_file(&place(&root, program)).ok()?;
        let answer = found.get(DIGEST..)?.strip_prefix(now.as_slice())?.strip_prefix(b"\0")?;
        (found == note(&now, answer) && !now.is_empty() && is_own(program, answer)).then(|| answer.to_vec())
    })
}

/// How many digits of a checksum a note begins with: a disk may have lost or altered it.
const DIGEST: usize = 64;

fn note(state: &[u8], answer: &[u8]) -> Bytes {
    let text = cat(&[state, b"\0", answer]);
    cat(&[&hex(&Sha256::digest(&text)), &text])
}

fn place(root: &[u8], program: &[u8]) -> Bytes {
    cat(&[root, b"/known/", &fill::key(program)])
}

/// Whether the answer is of the very file that was asked.
fn is_own(program: &[u8], answer: &[u8]) -> bool {
    let executable = interpreter::executable(answer).and_then(sys::real);
    executable.is_some() && executable == sys::real(program)
}

/// What changes when a file is replaced or written to; empty where there is none.
fn state(program: &[u8]) -> Bytes {
    let Ok(found) = rustix::fs::stat(program) else { return Bytes::new() };
    alloc::format!(
        "{} {} {} {} {} {} {}",
        found.st_dev,
        found.st_ino,
        found.st_size,
        found.st_mtime,
        found.st_mtime_nsec,
        found.st_ctime,
        found.st_ctime_nsec
    )
    .into_bytes()
}
