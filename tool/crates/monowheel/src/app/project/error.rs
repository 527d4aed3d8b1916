//! What can be wrong with a project that is built without a build system.

use std::path::PathBuf;

use crate::app::AppError;
use crate::fetch::FetchError;
use crate::lock::{ChooseError, LockError, SettingsError};
use crate::wheel::WheelError;

/// A project that cannot be built.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum ProjectError {
    #[error(
        "No lock file for the project in `{}`\nhint: there is none of {names} in it or above it; run `uv lock` or `poetry lock`, name \
         one with --lock, or pack given wheels with --wheel",
        folder.display()
    )]
    NoLock { folder: PathBuf, names: String },
    #[error("Failed to read project: `{}`", path.display())]
    PyProject { path: PathBuf, source: Box<toml::de::Error> },
    #[error("This machine's platform is not in the table\nhint: name the target with --platform")]
    UnknownHost,
    #[error("`{}` is not below `{}`, the folder of the lock file\nhint: first-party code belongs to the workspace", path.display(), base.display())]
    Outside { path: PathBuf, base: PathBuf },
    #[error("Failed to read source: `{}`: its name is not UTF-8", path.display())]
    Name { path: PathBuf },
    #[error("Nothing says what to run\nhint: give one of --script, --entry-point and --main{}", listed(scripts))]
    NoEntry { scripts: Vec<String> },
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Choose(#[from] ChooseError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Wheel(#[from] WheelError),
}

fn listed(scripts: &[String]) -> String {
    if scripts.is_empty() { String::new() } else { format!("; the project has the scripts {}", scripts.join(", ")) }
}
