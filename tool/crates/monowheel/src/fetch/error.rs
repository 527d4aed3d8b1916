//! Why a file cannot be had.

use std::io;
use std::path::PathBuf;

/// A file that cannot be fetched.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum FetchError {
    #[error("Failed to fetch `{file}`\n{tried}hint: {hint}")]
    Unreachable { file: String, tried: String, hint: String },
    #[error(
        "Failed to fetch `{file}`: the file at {url} has sha256 {found}, but the lock says {expected}\n\
         hint: whoever changed the file is not who locked it; lock again only if you trust the new file"
    )]
    Hash { file: String, url: String, expected: String, found: String },
    #[error("Failed to fetch `{file}`: it is not in the cache, and --offline was given\nhint: run once without --offline")]
    Offline { file: String },
    #[error("Failed to keep a download: `{}`", path.display())]
    Cache { path: PathBuf, source: io::Error },
}
