//! What keeps the application from starting, in the words of the portable head's bootstrap.

use alloc::vec::Vec;
use core::ffi::CStr;

use rustix::io::Errno;

use crate::bytes::{Bytes, cat};

/// Why there is no environment.
#[derive(Debug)]
pub enum Error {
    /// One clear sentence, perhaps with a hint.
    Failure(Bytes),
    /// The system refused something.
    System(Errno, Bytes),
    /// This needs what only the bootstrap can do; it is asked to take over.
    Handover(&'static str),
    /// The bootstrap has said everything itself.
    Said(i32),
}

/// The usual result.
pub type Result<T> = core::result::Result<T, Error>;

impl Error {
    /// A sentence of pieces.
    pub fn failure(parts: &[&[u8]]) -> Self {
        Self::Failure(cat(parts))
    }

    /// The sentence for the user, `file` being what was started.
    pub fn sentence(&self, file: &[u8]) -> Bytes {
        match self {
            Self::Failure(text) => text.clone(),
            Self::System(Errno::NOSPC | Errno::DQUOT, _) => {
                cat(&[file, b" cannot start: no space left for the cache\nhint: free some, or name another folder: MONOWHEEL_ROOT=/path"])
            }
            Self::System(errno, path) => {
                let place: &[u8] = if path.is_empty() { b"" } else { b": " };
                cat(&[file, b" cannot start: ", &describe(*errno), place, path])
            }
            Self::Handover(what) => cat(&[file, b" cannot start: ", what.as_bytes()]),
            Self::Said(_) => Bytes::new(),
        }
    }
}

/// Adds the path to an error of the system.
pub trait At<T> {
    /// Names the path that it was about.
    fn at(self, path: &[u8]) -> Result<T>;
}

impl<T> At<T> for rustix::io::Result<T> {
    fn at(self, path: &[u8]) -> Result<T> {
        self.map_err(|errno| Error::System(errno, Vec::from(path)))
    }
}

/// The system's own words for an error.
pub fn describe(errno: Errno) -> Bytes {
    // SAFETY: strerror takes any number and gives a C string, which is copied at once. Only one thread speaks of errors: workers hand theirs over.
    let text = unsafe { CStr::from_ptr(libc::strerror(errno.raw_os_error())) };
    text.to_bytes().to_vec()
}
