//! The facts of a wheel: what assembling must know of it, so that no later action inflates it again.
//!
//! The format is described field by field in ARCHITECTURE.md, "Wheel facts".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The format number that [`Facts::version`] carries.
pub const FORMAT: u32 = 2;

/// All that is known of one validated wheel.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Format number, [`FORMAT`].
    pub version: u32,
    /// File name of the wheel.
    pub file: String,
    /// SHA-256 of the wheel file, lower-case hex.
    pub sha256: String,
    /// CRC-32 of the wheel file, as a zip member that stores it needs it.
    pub crc32: u32,
    /// Size of the wheel file in bytes.
    pub size: u64,
    /// Project name, normalized (PEP 503).
    pub name: String,
    /// Project version, normalized (PEP 440).
    pub wheel_version: String,
    /// Expanded compatibility tags (PEP 425), sorted.
    pub tags: Vec<String>,
    /// Name of the `.dist-info` folder.
    pub dist_info: String,
    /// Name of the `.data` folder, where there is one.
    pub data: Option<String>,
    /// `Root-Is-Purelib` of the WHEEL file.
    pub purelib: bool,
    /// Whether a shared library is among the files.
    pub native: bool,
    /// `Requires-Python` of METADATA.
    pub requires_python: Option<String>,
    /// Console scripts: name to `module:attr`.
    pub console_scripts: BTreeMap<String, String>,
    /// GUI scripts: name to `module:attr`.
    pub gui_scripts: BTreeMap<String, String>,
    /// What METADATA says of the licence.
    pub license: License,
    /// `Requires-Dist` lines in METADATA's order.
    pub requires_dist: Vec<String>,
    /// Whether a member is compressed by Zstandard, which Python reads from 3.14 on.
    pub zstd: bool,
    /// Files as they will be installed, sorted by path.
    pub files: Vec<InstalledFile>,
}

/// The licence fields of METADATA.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct License {
    /// `License-Expression` (PEP 639).
    pub expression: Option<String>,
    /// `License`, the free text of older metadata.
    pub license: Option<String>,
    /// The `License ::` classifiers.
    pub classifiers: Vec<String>,
    /// `License-File` names.
    pub files: Vec<String>,
}

/// One file of the environment that a wheel becomes: `[path, size, hash, mode]` in JSON, to keep facts of large wheels small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledFile {
    /// Place in the environment: `site-packages/…`, `bin/…`, `include/site/python/…` (headers) or another folder of the `data` scheme.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// `sha256=` and the unpadded base64url digest, as RECORD writes it.
    pub hash: String,
    /// Whether it is installed with mode 0755.
    pub executable: bool,
}

impl Serialize for InstalledFile {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.path, self.size, &self.hash, if self.executable { "x" } else { "" }).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for InstalledFile {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (path, size, hash, mode) = <(String, u64, String, String)>::deserialize(deserializer)?;
        Ok(Self { path, size, hash, executable: mode == "x" })
    }
}
