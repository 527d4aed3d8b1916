//! Compatibility tags (PEP 425, 600, 656) of target platforms, and the one table of platforms.
//!
//! A target is a platform of the table and a Python version; its [`Tags`] rank what a wheel's file name offers. The order is that of
//! `packaging.tags` and of uv; where these two differ it is uv's, since uv made the locks: `linux_*` comes last, and macOS has
//! `fat32`. Only CPython is known: no other implementation can carry the runtime.

mod filename;
mod name;
mod platform;
mod python;
mod ranking;

pub use filename::{FilenameError, WheelFilename, parse_version};
pub use name::normalize;
pub use platform::{Cpu, Libc, Os, PLATFORMS, Platform, UnknownPlatform};
pub use python::{MINORS, Python, PythonError};
pub use ranking::{Mismatch, Rank, TagSet, Tags, TagsTable};

/// One place where an application can run: a platform and a Python version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The platform.
    pub platform: Platform,
    /// The Python version.
    pub python: Python,
}

impl Target {
    /// The values of the marker variables there.
    #[must_use]
    pub fn markers(&self) -> crate::markers::Environment {
        let (os_name, sys_platform, platform_system) = match self.platform.os {
            Os::Linux(_) => ("posix", "linux", "Linux"),
            Os::MacOs { .. } => ("posix", "darwin", "Darwin"),
            Os::Windows => ("nt", "win32", "Windows"),
        };
        crate::markers::Environment {
            os_name,
            sys_platform,
            platform_machine: self.platform.machine(),
            platform_system,
            python_version: self.python.version(),
            python_full_version: self.python.full_version(),
        }
    }
}

impl std::str::FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let error = || TargetError { text: text.to_owned() };
        let (python, platform) = text.strip_prefix("cp3").and_then(|rest| rest.split_once('-')).ok_or_else(error)?;
        let python = format!("3.{python}").parse().map_err(|_| error())?;
        Ok(Self { platform: platform.parse().map_err(|_| error())?, python })
    }
}

/// A target's name that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Not an environment: `{text}`\nhint: write `cp311-x86_64-unknown-linux-gnu`")]
pub struct TargetError {
    text: String,
}

impl std::fmt::Display for Target {
    /// A name that is a legal part of a Bazel target name: `cp311-x86_64-unknown-linux-gnu`.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}-{}", self.python.tag(), self.platform)
    }
}
