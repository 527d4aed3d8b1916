//! Getting wheels by hash: for `monowheel build`, and for actions of `wheels.lock(fetch = "action")`.
//!
//! Those actions have a program of their own, `monowheel-fetcher`. The tool that all other actions run is built without the `fetch` feature, so
//! that no network code is even in it. Nothing of the network reaches an output byte: a file is used only when its SHA-256 is the one asked for.

mod client;
mod error;
mod netrc;
mod progress;
mod single;
mod store;
mod transfer;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::lock;
pub use error::FetchError;
use progress::Progress;
pub use single::fetch_one;
use store::Store;

/// Downloads under way at once: enough to fill a line with small files, few enough for any index.
const PARALLEL: usize = 8;

/// One file to get.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Normalized project name, for messages.
    pub project: String,
    /// What the lock says of the file.
    pub what: lock::Wanted,
    /// Where the lock says it is; none: look it up on `pages`.
    pub urls: Vec<String>,
    /// Pages that may have a link to it (PEP 503, PEP 691), the first one first.
    pub pages: Vec<String>,
}

impl Wanted {
    /// A name for messages.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.what {
            lock::Wanted::File { file, .. } => file.clone(),
            lock::Wanted::Release { package, version, .. } => format!("{package} {version}"),
        }
    }
}

/// A file that was got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Where it is.
    pub path: PathBuf,
    /// Its SHA-256, lower-case hex.
    pub sha256: String,
}

/// How to get files.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder that keeps downloads between runs.
    pub cache: PathBuf,
    /// Folders or pages to look in before those of the files wanted.
    pub find_links: Vec<String>,
    /// Use only what is in the cache or in a local folder.
    pub offline: bool,
}

/// Gets all files, in parallel, and gives their places in the order asked for.
///
/// # Errors
/// The first file that cannot be had, with every address tried and what each said.
pub fn fetch(wanted: &[Wanted], options: &Options) -> Result<Vec<Fetched>, FetchError> {
    let store = Store::new(options, wanted);
    let progress = Progress::new(wanted.len());
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<Option<Result<Fetched, FetchError>>>> = Mutex::new(wanted.iter().map(|_| None).collect());
    thread::scope(|scope| {
        for _ in 0..PARALLEL.min(wanted.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = wanted.get(index) else { return };
                    let result = store.get(file, &progress);
                    if result.is_err() {
                        next.store(wanted.len(), Ordering::Relaxed);
                    }
                    progress.done();
                    found.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(result);
                }
            });
        }
    });
    progress.finish();
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    // Errors first: after one, the files behind it were not tried.
    let (failed, done): (Vec<_>, Vec<_>) = found.into_iter().flatten().partition(Result::is_err);
    failed.into_iter().chain(done).collect()
}
