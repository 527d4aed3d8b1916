//! What the readers share: they feed packages in, and get one checked [`Lock`] out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use super::document::{Source, Value};
use super::error::{LockError, Problem};
use super::model::{Format, Item, Location, Lock, LockedWheel, MarkerId, Package, PackageId};
use crate::checksum;
use crate::markers::Marker;
use crate::tags::{TagsTable, WheelFilename};

pub(super) struct Builder<'a> {
    pub source: &'a Source,
    pub packages: Vec<Package>,
    pub by_name: BTreeMap<String, Vec<PackageId>>,
    pub requires_python: VersionSpecifiers,
    pub environments: Vec<MarkerId>,
    pub conflicting: BTreeSet<Item>,
    pub flat: bool,
    pub default_groups: Vec<String>,
    pub indexes: Vec<String>,
    pub find_links: Vec<String>,
    pub beside: Vec<PathBuf>,
    markers: Vec<Marker>,
    marker_ids: BTreeMap<String, MarkerId>,
    tags: TagsTable,
}

impl<'a> Builder<'a> {
    pub fn new(source: &'a Source) -> Self {
        Self {
            source,
            packages: Vec::new(),
            by_name: BTreeMap::new(),
            requires_python: VersionSpecifiers::default(),
            environments: Vec::new(),
            conflicting: BTreeSet::new(),
            flat: false,
            default_groups: Vec::new(),
            indexes: Vec::new(),
            find_links: Vec::new(),
            beside: Vec::new(),
            markers: Vec::new(),
            marker_ids: BTreeMap::new(),
            tags: TagsTable::default(),
        }
    }

    pub fn finish(self, format: Format) -> Lock {
        Lock {
            path: self.source.path.clone(),
            format,
            requires_python: self.requires_python,
            packages: self.packages,
            markers: self.markers,
            environments: self.environments,
            conflicting: self.conflicting,
            flat: self.flat,
            default_groups: self.default_groups,
            indexes: self.indexes,
            find_links: self.find_links,
            beside: self.beside,
            tags: self.tags,
            by_name: self.by_name,
        }
    }

    /// The number of a marker.
    pub fn marker(&mut self, text: &str) -> Result<MarkerId, Problem> {
        if let Some(id) = self.marker_ids.get(text) {
            return Ok(*id);
        }
        let marker = Marker::from_str(text).map_err(Problem::Marker)?;
        let id = self.markers.len();
        self.markers.push(marker);
        self.marker_ids.insert(text.to_owned(), id);
        Ok(id)
    }

    /// The number of a marker in which exactly `extras` are asked for.
    pub fn marker_with_extras(&mut self, text: &str, extras: &[&str]) -> Result<MarkerId, Problem> {
        let key = format!("{text}\n{}", extras.join("\n"));
        if let Some(id) = self.marker_ids.get(&key) {
            return Ok(*id);
        }
        let id = self.marker(text)?;
        let Some(fixed) = self.markers.get(id).filter(|marker| marker.depends_on_extras()).map(|marker| marker.with_extras(extras)) else {
            return Ok(id);
        };
        let id = self.markers.len();
        self.markers.push(fixed);
        self.marker_ids.insert(key, id);
        Ok(id)
    }

    /// A marker by its number.
    pub fn marker_of(&self, marker: MarkerId) -> Option<&Marker> {
        self.markers.get(marker)
    }

    /// Lets the packages' environments hold as if all of `extras` were asked for.
    pub fn widen(&mut self, extras: &[&str]) {
        for marker in self.packages.iter_mut().flat_map(|package| &mut package.environments) {
            let Some(wide) = self.markers.get(*marker).filter(|marker| marker.depends_on_extras()).map(|marker| marker.with_extras(extras))
            else {
                continue;
            };
            *marker = self.markers.len();
            self.markers.push(wide);
        }
    }

    /// The extras that a marker names.
    pub fn extras_of(&self, marker: MarkerId) -> Vec<&str> {
        self.markers.get(marker).map(Marker::extras).unwrap_or_default()
    }

    /// The number of the marker that a TOML value is.
    pub fn marker_value(&mut self, value: Value<'_>) -> Result<MarkerId, LockError> {
        self.marker(value.text()?).map_err(|problem| value.error(problem))
    }

    /// The numbers of an array of markers.
    pub fn marker_values(&mut self, values: &[Value<'_>]) -> Result<Vec<MarkerId>, LockError> {
        values.iter().map(|value| self.marker_value(*value)).collect()
    }

    /// A wheel of the package `name`, `version` (empty where the lock has none).
    pub fn wheel(&mut self, package: (&str, &str), wheel: NewWheel<'_>) -> Result<LockedWheel, Problem> {
        let (name, version) = package;
        let file = WheelFilename::from_str(wheel.file).map_err(Problem::WheelName)?;
        let of = |what| Problem::WheelOf { what, package: format!("{name} {version}"), file: wheel.file.to_owned() };
        if file.name() != name {
            return Err(of("project"));
        }
        if !version.is_empty() && file.raw_version() != version {
            let of_file = file.version().map_err(Problem::WheelName)?;
            let of_package = Version::from_str(version).map_err(|_| Problem::Pep440 { text: version.to_owned() })?;
            if of_file != of_package {
                return Err(of("version"));
            }
        }
        let mut sha256 = wheel.sha256;
        if let Location::Path(path) = &wheel.location {
            check_path(path)?;
            if sha256.is_empty() {
                sha256 = self.hash_of(path);
            }
        }
        let tags = self.tags.number(&file);
        Ok(LockedWheel { file, sha256, location: wheel.location, size: wheel.size, tags })
    }

    /// The SHA-256 of a wheel of the project's own: uv writes none for an index that is a folder. What stands there now is what is pinned, so
    /// the file counts among those that were read. Empty where it cannot be read.
    fn hash_of(&mut self, path: &str) -> String {
        let folder = self.source.path.parent().unwrap_or(Path::new(""));
        let Ok(found) = checksum::of_file(&folder.join(path)) else { return String::new() };
        self.beside.push(PathBuf::from(path));
        found.hex()
    }

    /// Adds a package, which must not be there yet.
    pub fn push(&mut self, package: Package) -> Result<PackageId, Problem> {
        let id = self.packages.len();
        let named = self.by_name.entry(package.name.clone()).or_default();
        for other in named.iter().filter_map(|other| self.packages.get(*other)) {
            if other.version == package.version && other.origin == package.origin {
                return Err(Problem::Duplicate { package: package.label(), first: other.line });
            }
        }
        named.push(id);
        self.packages.push(package);
        Ok(id)
    }
}

/// A wheel as a reader found it.
pub(super) struct NewWheel<'a> {
    pub file: &'a str,
    pub sha256: String,
    pub location: Location,
    pub size: Option<u64>,
}

/// The hex digits of a `sha256:…` hash.
pub(super) fn sha256(hash: &str) -> Result<String, Problem> {
    let refuse = |hint| Problem::Hash { hash: hash.to_owned(), hint };
    let digits = hash.strip_prefix("sha256:").ok_or_else(|| refuse("a file is pinned by `sha256:` and 64 hex digits"))?;
    sha256_digits(digits)
}

/// Checks the hex digits of a SHA-256.
pub(super) fn sha256_digits(digits: &str) -> Result<String, Problem> {
    if digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(digits.to_ascii_lowercase())
    } else {
        Err(Problem::Hash { hash: digits.to_owned(), hint: "a SHA-256 has 64 hex digits" })
    }
}

/// The last part of an address's or a path's path, with percent signs decoded.
pub(super) fn file_name(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    decode(name)
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let decoded = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Refuses a path that is absolute or climbs out of the folder of the lock file.
pub(super) fn check_path(path: &str) -> Result<(), Problem> {
    let absolute = path.starts_with(['/', '\\']) || path.chars().nth(1) == Some(':');
    let mut depth = 0_i32;
    let mut inside = true;
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        inside &= depth >= 0;
    }
    if absolute || !inside { Err(Problem::Path { path: path.to_owned() }) } else { Ok(()) }
}

/// Joins a folder and a path below it, both with `/`.
pub(super) fn join(folder: &str, path: &str) -> String {
    let folder = folder.trim_end_matches('/');
    if folder.is_empty() || folder == "." { path.to_owned() } else { format!("{folder}/{path}") }
}

#[cfg(test)]
mod tests {
    use super::{check_path, file_name, sha256};

    #[test]
    fn file_names() {
        assert_eq!(file_name("https://host/a/torch-2.0%2Bcpu-cp311-none-any.whl#sha256=0"), "torch-2.0+cpu-cp311-none-any.whl");
        assert_eq!(file_name("wheels/a%"), "a%");
        assert_eq!(file_name(""), "");
    }

    #[test]
    fn paths_that_leave() {
        for path in ["/a", "../a", "a/../../b", "C:\\a", "\\a"] {
            check_path(path).unwrap_err();
        }
        for path in ["a", "./a/b", "a/../b"] {
            check_path(path).unwrap();
        }
    }

    #[test]
    fn hashes() {
        assert_eq!(sha256(&format!("sha256:{}", "A".repeat(64))).unwrap(), "a".repeat(64));
        for hash in ["", "sha256:", "sha256:12", "md5:d41d8cd98f00b204e9800998ecf8427e"] {
            sha256(hash).unwrap_err();
        }
    }
}
