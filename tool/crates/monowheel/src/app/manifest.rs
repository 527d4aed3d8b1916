//! The manifest that travels inside the file (ARCHITECTURE.md, "The manifest inside").

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::launcher::Bundled;

/// The manifest version that this tool writes.
pub const VERSION: u32 = 1;

/// What the runtime must know of an application.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Format number, [`VERSION`].
    pub version: u32,
    /// What to run.
    pub entry: Entry,
    /// Arguments put before the user's.
    pub args: Vec<String>,
    /// Defaults for the environment.
    pub env: BTreeMap<String, String>,
    /// Options for the interpreter.
    pub interpreter_args: Vec<String>,
    /// Roots for `sys.path`, sorted.
    pub imports: Vec<String>,
    /// The interpreters that fit.
    pub python: Python,
    /// The platform that the file was built for, if it is bound to one.
    pub platform: Option<String>,
    /// SHA-256 of `__main__.py`, so that the digest covers it.
    pub bootstrap: String,
    /// The interpreter inside, if one travels in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<Bundled>,
    /// The first-party tree.
    pub code: Code,
    /// Key of the dependency tree: 32 hex digits.
    pub dependencies: String,
    /// The wheels inside, sorted by file name.
    pub wheels: Vec<PackedWheel>,
}

/// What to run.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Entry {
    /// `sys.exit(module.attr())`, as console scripts do.
    Attr {
        /// Dotted module name.
        module: String,
        /// Dotted attribute.
        attr: String,
    },
    /// A first-party file, as `python FILE` does.
    File {
        /// Its place in the first-party tree.
        path: String,
    },
}

/// The interpreters that fit.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Python {
    /// The application's own specifiers, for messages.
    pub requires: Option<String>,
    /// Accepted minor versions, ascending.
    pub versions: Vec<String>,
    /// The version that was built for, tried first.
    pub default: Option<String>,
}

/// The nested archive of the first-party tree.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// SHA-256 of the nested archive.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
    /// How many files it holds.
    pub files: usize,
}

/// One wheel inside.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PackedWheel {
    /// File name.
    pub file: String,
    /// Project name, normalized.
    pub name: String,
    /// Project version, normalized.
    pub version: String,
    /// SHA-256 of the wheel.
    pub sha256: String,
    /// Size in bytes.
    pub size: u64,
    /// Name of its `.dist-info` folder.
    pub dist_info: String,
    /// Name of its `.data` folder, where there is one.
    pub data: Option<String>,
    /// `Root-Is-Purelib`.
    pub purelib: bool,
    /// Console scripts to write.
    pub console_scripts: BTreeMap<String, String>,
    /// GUI scripts to write.
    pub gui_scripts: BTreeMap<String, String>,
    /// Installed paths that are left out, because another owner won them.
    pub drop: Vec<String>,
    /// Its modules compiled, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytecode: Option<PackedBytecode>,
    /// What the build left out, by which the wheel is a rewrite of the one that was locked; none: it is that one, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<Excluded>,
}

/// The compiled modules of one wheel: a nested archive of pycs, named from `site-packages` on.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PackedBytecode {
    /// File name: that of the wheel, the tag and `.zip`.
    pub file: String,
    /// Cache tag of the interpreter that made it, such as `cpython-311`.
    pub tag: String,
    /// SHA-256 of the nested archive.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
}

impl PackedBytecode {
    /// The file name of the bytecode of `wheel`.
    #[must_use]
    pub fn file_name(wheel: &str, tag: &str) -> String {
        format!("{wheel}.{tag}.zip")
    }
}

impl PackedWheel {
    /// SHA-256 of the wheel that went in, which is what a lock file names.
    #[must_use]
    pub fn original_sha256(&self) -> &str {
        self.excluded.as_ref().map_or(&self.sha256, |excluded| &excluded.original_sha256)
    }
}

/// What the build left out of a wheel.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Excluded {
    /// How many files.
    pub files: usize,
    /// Their bytes when unpacked.
    pub bytes: u64,
    /// SHA-256 of the wheel before.
    pub original_sha256: String,
    /// Its size in bytes.
    pub original_size: u64,
}
