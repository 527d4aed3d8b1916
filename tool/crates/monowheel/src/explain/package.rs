//! A package inside, described: what its wheel says of itself.

use std::fs::File;

use super::application::{Application, WHEELS};
use super::error::ExplainError;
use crate::app::PackedWheel;
use crate::wheel::{Archive, Facts, Kind, Licence, Limits, Metadata, Problem, is_native};
use crate::zip::Section;

/// A METADATA larger than this is not read.
const METADATA_LIMIT: u64 = 64 << 20;

/// One package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// File name of the wheel.
    pub file: String,
    /// Project name, normalized.
    pub name: String,
    /// Version, normalized.
    pub version: String,
    /// SHA-256 of the wheel.
    pub sha256: String,
    /// Size of the wheel in bytes.
    pub size: u64,
    /// Its licence.
    pub licence: Licence,
    /// `Requires-Python`.
    pub requires_python: Option<String>,
    /// `Requires-Dist` lines.
    pub requires_dist: Vec<String>,
    /// Files, sorted by path.
    pub files: Vec<PackageFile>,
}

/// A file of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageFile {
    /// Its place in the wheel or the environment.
    pub path: String,
    /// Its size when unpacked.
    pub size: u64,
    /// Whether it is machine code: a shared library by its name, or a script in a wheel that is bound to a platform, such as `ruff`.
    pub native: bool,
}

impl PackageFile {
    fn new(path: &str, size: u64, wheel: &str) -> Self {
        let bound = !wheel.ends_with("-any.whl");
        let in_scripts = path.starts_with("bin/") || path.split_once(".data/scripts/").is_some_and(|(folder, _)| !folder.contains('/'));
        let text = [".py", ".sh", ".bat", ".ps1"].iter().any(|suffix| path.ends_with(suffix));
        Self { path: path.to_owned(), size, native: is_native(path) || (bound && in_scripts && !text) }
    }
}

impl Package {
    /// What the wheels in `application` say, in the manifest's order.
    ///
    /// # Errors
    /// Where a wheel cannot be read.
    pub fn all(application: &Application) -> Result<Vec<Self>, ExplainError> {
        application.manifest.wheels.iter().map(|wheel| Self::read(application, wheel)).collect()
    }

    /// What the facts of a wheel say.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        Self {
            file: facts.file.clone(),
            name: facts.name.clone(),
            version: facts.wheel_version.clone(),
            sha256: facts.sha256.clone(),
            size: facts.size,
            licence: Licence::of(&facts.license),
            requires_python: facts.requires_python.clone(),
            requires_dist: facts.requires_dist.clone(),
            files: facts.files.iter().map(|file| PackageFile::new(&file.path, file.size, &facts.file)).collect(),
        }
    }

    fn read(application: &Application, wheel: &PackedWheel) -> Result<Self, ExplainError> {
        let failed = |source: Problem| ExplainError::Wheel { path: application.path.clone(), wheel: wheel.file.clone(), source };
        let mut archive = Archive::open(content(application, wheel)?, &Limits::NONE).map_err(|source| failed(source.into()))?;
        let path = format!("{}/METADATA", wheel.dist_info);
        let entry = archive.entries().iter().find(|entry| entry.path.as_str() == path && entry.size <= METADATA_LIMIT).cloned();
        let entry = entry.ok_or_else(|| failed(Problem::Missing { member: path }))?;
        let mut bytes = Vec::new();
        archive.read(&entry, |piece| bytes.extend_from_slice(piece)).map_err(|source| failed(source.into()))?;
        let metadata = Metadata::parse(&bytes).map_err(|source| failed(source.into()))?;
        let files = archive.entries().iter().filter(|entry| entry.kind != Kind::Folder);
        let mut files: Vec<PackageFile> = files.map(|entry| PackageFile::new(entry.path.as_str(), entry.size, &wheel.file)).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self {
            file: wheel.file.clone(),
            name: wheel.name.clone(),
            version: wheel.version.clone(),
            sha256: wheel.sha256.clone(),
            size: wheel.size,
            licence: Licence::of(&metadata.license),
            requires_python: metadata.requires_python,
            requires_dist: metadata.requires_dist,
            files,
        })
    }

    /// Bytes when unpacked.
    #[must_use]
    pub fn unpacked(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// The machine code among the files.
    pub fn native(&self) -> impl Iterator<Item = &PackageFile> {
        self.files.iter().filter(|file| file.native)
    }

    /// Package URL: `pkg:pypi/name@version` ([purl], type `pypi`).
    ///
    /// [purl]: https://github.com/package-url/purl-spec/blob/main/types-doc/pypi-definition.md
    #[must_use]
    pub fn purl(&self) -> String {
        format!("pkg:pypi/{}@{}", self.name, self.version.replace('+', "%2B").replace('!', "%21"))
    }
}

/// The wheel of that name, as it stands in the file.
pub(super) fn content<'a>(application: &'a Application, wheel: &PackedWheel) -> Result<Section<&'a File>, ExplainError> {
    Ok(application.content(application.member(&format!("{WHEELS}{}", wheel.file))?))
}

#[cfg(test)]
mod tests {
    use super::{Package, PackageFile};

    #[test]
    fn programs_are_native_in_a_wheel_that_is_bound_to_a_platform() {
        let native = |path: &str, wheel: &str| PackageFile::new(path, 1, wheel).native;
        let bound = "ruff-1.0-py3-none-manylinux_2_17_x86_64.whl";
        assert!(native("ruff-1.0.data/scripts/ruff", bound) && native("bin/ruff", bound) && native("a/b.so", "a-1-py3-none-any.whl"));
        assert!(!native("ruff-1.0.data/scripts/ruff.py", bound) && !native("ruff/__main__.py", bound));
        assert!(!native("a-1.data/scripts/tool", "a-1-py3-none-any.whl"));
    }

    #[test]
    fn purls_are_encoded() {
        let package = Package { name: "torch".into(), version: "2.1+cu121".into(), ..Package::default() };
        assert_eq!(package.purl(), "pkg:pypi/torch@2.1%2Bcu121");
    }
}
