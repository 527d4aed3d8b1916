//! What can be wrong with a lock file.

use std::io;
use std::path::PathBuf;

use crate::markers::MarkerError;
use crate::tags::FilenameError;

/// A lock file that cannot be used. Each says the file, and the line where there is one.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The file cannot be read.
    #[error("Failed to read lock file: `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The file is none of the formats.
    #[error(
        "Not a known lock file: `{}`\nhint: it must be named uv.lock, poetry.lock, pylock.toml (or pylock.NAME.toml), or end in .txt", path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// Something in the file is wrong.
    #[error("{}:{line}: {problem}", path.display())]
    At {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        problem: Problem,
    },
    /// A name that was asked for is not there.
    #[error("No {kind} of this name in `{}`: `{name}`\nhint: {}", path.display(), hint(known))]
    Unknown {
        /// The lock file.
        path: PathBuf,
        /// `package`, `project`, `extra` or `group`.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// What is there.
        known: Vec<String>,
    },
}

/// The way out where the lock file has no wheel that fits.
pub(super) const OWN_WHEEL: &str =
    "\nhint: build or find a wheel of it and name it, with `wheels.override(...)` in MODULE.bazel or `monowheel build --override`";

/// What there is in place of a name that is not there.
pub(super) fn hint(known: &[String]) -> String {
    if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) }
}

/// What is wrong at one place of a lock file.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The syntax of the file itself.
    #[error("{message}")]
    Syntax {
        /// What the parser said.
        message: String,
    },
    /// A value of another type.
    #[error("Expected `{key}` to be {expected}, found {found}")]
    Type {
        /// The key.
        key: String,
        /// The type that belongs there.
        expected: &'static str,
        /// The type that is there.
        found: &'static str,
    },
    /// A key that must be there is not.
    #[error("Missing `{key}`")]
    Missing {
        /// The key.
        key: String,
    },
    /// A format version that this program does not know.
    #[error("Unknown lock file version: `{version}`\nhint: {known}")]
    Version {
        /// What the file says.
        version: String,
        /// What is known.
        known: &'static str,
    },
    /// Not a version, or a set of specifiers (PEP 440).
    #[error("Not a version: `{text}`")]
    Pep440 {
        /// What is there.
        text: String,
    },
    /// A marker that cannot be read.
    #[error("{0}")]
    Marker(MarkerError),
    /// A wheel's name that cannot be read.
    #[error("{0}")]
    WheelName(FilenameError),
    /// A wheel that stands under a package that it is not of.
    #[error("Wheel of another {what} than its package `{package}`: `{file}`")]
    WheelOf {
        /// `project` or `version`.
        what: &'static str,
        /// The package and version.
        package: String,
        /// The wheel's file name.
        file: String,
    },
    /// A hash that cannot pin a file.
    #[error("Not a usable hash: `{hash}`\nhint: {hint}")]
    Hash {
        /// What is there.
        hash: String,
        /// What would be.
        hint: &'static str,
    },
    /// A requirement without a hash.
    #[error(
        "Requirement without a hash: `{requirement}`\n\
         hint: lock with hashes (`--generate-hashes`); for Bazel, `{name}` may be allowed in `allow_unhashed` of `wheels.lock`"
    )]
    Unhashed {
        /// The requirement.
        requirement: String,
        /// Its normalized name.
        name: String,
    },
    /// The same package twice.
    #[error("Package listed twice: `{package}`, first in line {first}")]
    Duplicate {
        /// Name and version.
        package: String,
        /// The line of the first.
        first: usize,
    },
    /// A dependency on what the file does not have.
    #[error("Dependency on a package that is not in the lock file: `{package}`")]
    Dangling {
        /// The package.
        package: String,
    },
    /// A path that leaves the project.
    #[error("Path leaves the project: `{path}`")]
    Path {
        /// The path.
        path: String,
    },
    /// Anything else, in words.
    #[error("{message}")]
    Other {
        /// What is wrong.
        message: String,
    },
}
