//! The one model that all lock formats are read into.
//!
//! Packages, and dependencies between them under markers. First-party projects (workspace members, or the project that the lock is of) are
//! packages too: they have no wheel, but dependencies, extras and groups. A dependency lists the packages that can stand for it (candidates):
//! uv names exactly one; the other formats leave several, of which the target's markers admit one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use pep440_rs::VersionSpecifiers;

use crate::markers::Marker;
use crate::tags::{TagSet, TagsTable, WheelFilename};

/// Index of a package in [`Lock::packages`].
pub type PackageId = usize;
/// Index of a marker in [`Lock::markers`].
pub type MarkerId = usize;

/// A lock file as read.
#[derive(Debug)]
pub struct Lock {
    /// The file.
    pub path: PathBuf,
    /// The format.
    pub format: Format,
    /// `requires-python`; empty where the file does not say.
    pub requires_python: VersionSpecifiers,
    /// Packages in the file's order, projects among them.
    pub packages: Vec<Package>,
    /// Each marker once.
    pub markers: Vec<Marker>,
    /// Where the lock holds at all: any of these, or everywhere where there are none.
    pub environments: Vec<MarkerId>,
    /// Extras and groups that cannot go together, as [`Item`]s; all that occur in any conflict.
    pub conflicting: BTreeSet<Item>,
    /// Whether the file does not say which package depends on which: a package's closure is then all that the lock would install.
    pub flat: bool,
    /// Groups that stand for the project's own dependencies (PEP 751, `default-groups`).
    pub default_groups: Vec<String>,
    /// Addresses of indexes that the file names, the first one first; the default index where there are none.
    pub indexes: Vec<String>,
    /// Pages of links to look in before the indexes.
    pub find_links: Vec<String>,
    /// Other files and folders that were read, relative to the lock file: what a requirements file includes, and its folders of links.
    pub beside: Vec<PathBuf>,
    /// Numbers of the wheels' tags.
    pub(super) tags: TagsTable,
    /// Packages by normalized name.
    pub(super) by_name: BTreeMap<String, Vec<PackageId>>,
}

/// A lock format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `uv.lock`.
    Uv,
    /// `poetry.lock`.
    Poetry,
    /// `pylock.toml` (PEP 751).
    Pylock,
    /// `requirements.txt` with hashes.
    Requirements,
}

/// One locked package.
#[derive(Debug, Default)]
pub struct Package {
    /// Normalized name.
    pub name: String,
    /// Version as written; empty where there is none (a project).
    pub version: String,
    /// Where it comes from, in words, for messages.
    pub origin: String,
    /// Whether it is first-party.
    pub project: bool,
    /// Line in the lock file.
    pub line: usize,
    /// Holds in these environments: any of them, or everywhere where there are none.
    pub environments: Vec<MarkerId>,
    /// Dependencies without any extra.
    pub dependencies: Vec<Dependency>,
    /// Further dependencies by extra.
    pub extras: BTreeMap<String, Vec<Dependency>>,
    /// Dependencies by group (PEP 735); projects alone have them.
    pub groups: BTreeMap<String, Vec<Dependency>>,
    /// Wheels in the file's order.
    pub wheels: Vec<LockedWheel>,
    /// Whether the wheels are on an index, and the lock has no more of them than `hashes`.
    pub on_index: bool,
    /// SHA-256 of files whose names the lock does not have, lower-case hex.
    pub hashes: Vec<String>,
    /// Whether the user allows the package to have no hash.
    pub unhashed: bool,
    /// The source distribution's file name or address, where there is one.
    pub sdist: Option<String>,
}

/// A dependency of a package.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// Packages that can stand for it.
    pub candidates: Vec<PackageId>,
    /// Extras that are asked of it.
    pub extras: Vec<String>,
    /// When it applies; always where there is none.
    pub marker: Option<MarkerId>,
}

/// A wheel of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedWheel {
    /// File name.
    pub file: WheelFilename,
    /// SHA-256, lower-case hex; where the lock has none, the wheel cannot be used and this is empty.
    pub sha256: String,
    /// Where to find it.
    pub location: Location,
    /// Size in bytes.
    pub size: Option<u64>,
    /// Its tags, as numbers of the lock's table.
    pub(super) tags: TagSet,
}

/// Where a wheel is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// At an address, `file:` among them: whoever writes one means this very place.
    Url(String),
    /// At a path relative to the lock file, in its folder or below.
    Path(String),
    /// On an index, to be found by its file name: the lock has hashes alone. Empty for the default index.
    Index(String),
}

/// A package with nothing more, or with one of its extras or groups: a node of the dependency graph.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// Normalized package name.
    pub package: String,
    /// Which part of it.
    pub part: Part,
}

/// A part of a package that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The package and its dependencies.
    Base,
    /// The package with an extra.
    Extra(String),
    /// A dependency group, without the package.
    Group(String),
}

impl Lock {
    /// Packages of a normalized name.
    #[must_use]
    pub fn named(&self, name: &str) -> &[PackageId] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The pages that may have the files of `project`, of which the lock says no address: pages of links, then the project's page of each index
    /// (PEP 503). `index` is the one that the lock names for this package, or empty; `default` stands in where the lock names none at all.
    #[must_use]
    pub fn pages(&self, project: &str, index: &str, default: &str) -> Vec<String> {
        let named: Vec<&str> = match index {
            "" if self.indexes.is_empty() => vec![default],
            "" => self.indexes.iter().map(String::as_str).collect(),
            index => vec![index],
        };
        let of_index = named.into_iter().map(|index| page(index, project));
        self.find_links.iter().cloned().chain(of_index).collect()
    }

    /// First-party projects.
    pub fn projects(&self) -> impl Iterator<Item = (PackageId, &Package)> {
        self.packages.iter().enumerate().filter(|(_, package)| package.project)
    }
}

/// The page of a project on an index (PEP 503).
#[must_use]
pub fn page(index: &str, project: &str) -> String {
    format!("{}/{project}/", index.trim_end_matches('/'))
}

impl Package {
    /// Dependencies of a part, without those of the base.
    #[must_use]
    pub fn part(&self, part: &Part) -> Option<&[Dependency]> {
        match part {
            Part::Base => Some(&self.dependencies),
            Part::Extra(extra) => self.extras.get(extra).map(Vec::as_slice),
            Part::Group(group) => self.groups.get(group).map(Vec::as_slice),
        }
    }

    /// Name and version, for messages.
    #[must_use]
    pub fn label(&self) -> String {
        if self.version.is_empty() { self.name.clone() } else { format!("{} {}", self.name, self.version) }
    }
}

impl std::fmt::Display for Item {
    /// `name`, `name[extra]`, or `name:group`.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.part {
            Part::Base => formatter.write_str(&self.package),
            Part::Extra(extra) => write!(formatter, "{}[{extra}]", self.package),
            Part::Group(group) => write!(formatter, "{}:{group}", self.package),
        }
    }
}
