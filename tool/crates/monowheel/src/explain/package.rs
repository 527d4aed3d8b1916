//! A package inside, described: what its wheel says of itself.

use std::io::{self, Read};

use super::application::{Application, WHEELS};
use super::error::ExplainError;
use super::licence::Licence;
use crate::app::PackedWheel;
use crate::wheel::{Facts, License};
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
    /// Files with their size when unpacked, sorted by path.
    pub files: Vec<(String, u64)>,
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
            files: facts.files.iter().map(|file| (file.path.clone(), file.size)).collect(),
        }
    }

    fn read(application: &Application, wheel: &PackedWheel) -> Result<Self, ExplainError> {
        let section = application.content(application.member(&format!("{WHEELS}{}", wheel.file))?);
        let failed = |source| ExplainError::Wheel { path: application.path.clone(), wheel: wheel.file.clone(), source };
        let mut archive = zip::ZipArchive::new(section).map_err(|source| failed(source.into()))?;
        let metadata = metadata(&mut archive, &wheel.dist_info).map_err(|source| failed(source.into()))?;
        let headers = Headers::parse(&metadata);
        let mut files = Vec::new();
        for index in 0..archive.len() {
            let member = archive.by_index_raw(index).map_err(|source| failed(source.into()))?;
            if !member.is_dir() {
                files.push((String::from_utf8_lossy(member.name_raw()).into_owned(), member.size()));
            }
        }
        files.sort();
        let requires_dist = headers.all("Requires-Dist");
        let classifiers = headers.all("Classifier").into_iter().filter(|line| line.starts_with("License ::")).collect();
        let license =
            License { expression: headers.first("License-Expression"), license: headers.first("License"), classifiers, files: Vec::new() };
        Ok(Self {
            file: wheel.file.clone(),
            name: wheel.name.clone(),
            version: wheel.version.clone(),
            sha256: wheel.sha256.clone(),
            size: wheel.size,
            licence: Licence::of(&license),
            requires_python: headers.first("Requires-Python"),
            requires_dist,
            files,
        })
    }

    /// Bytes when unpacked.
    #[must_use]
    pub fn unpacked(&self) -> u64 {
        self.files.iter().map(|(_, size)| size).sum()
    }

    /// The shared libraries among the files.
    pub fn native(&self) -> impl Iterator<Item = &(String, u64)> {
        self.files.iter().filter(|(path, _)| is_native(path))
    }

    /// Package URL: `pkg:pypi/name@version` ([purl], type `pypi`).
    ///
    /// [purl]: https://github.com/package-url/purl-spec/blob/main/types-doc/pypi-definition.md
    #[must_use]
    pub fn purl(&self) -> String {
        format!("pkg:pypi/{}@{}", self.name, self.version.replace('+', "%2B").replace('!', "%21"))
    }
}

/// Whether a file is a shared library by its name.
pub(super) fn is_native(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let versioned = name.rsplit_once(".so.").is_some_and(|(_, version)| version.starts_with(|char: char| char.is_ascii_digit()));
    versioned || [".so", ".pyd", ".dylib", ".dll"].iter().any(|suffix| name.ends_with(suffix))
}

fn metadata<R: Read + io::Seek>(archive: &mut zip::ZipArchive<R>, dist_info: &str) -> Result<String, zip::result::ZipError> {
    let mut bytes = Vec::new();
    archive.by_name(&format!("{dist_info}/METADATA"))?.take(METADATA_LIMIT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The fields of METADATA.
struct Headers(Vec<(String, String)>);

impl Headers {
    fn parse(text: &str) -> Self {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in text.lines().take_while(|line| !line.is_empty()) {
            match (line.starts_with([' ', '\t']), fields.last_mut(), line.split_once(':')) {
                (true, Some((_, value)), _) => *value = format!("{value}\n{}", line.trim()),
                (false, _, Some((name, value))) => fields.push((name.to_ascii_lowercase(), value.trim().to_owned())),
                _ => {}
            }
        }
        Self(fields)
    }

    fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone()).collect()
    }

    fn first(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }
}

/// The wheel of that name, as it stands in the file.
pub(super) fn content<'a>(application: &'a Application, wheel: &PackedWheel) -> Result<Section<&'a std::fs::File>, ExplainError> {
    Ok(application.content(application.member(&format!("{WHEELS}{}", wheel.file))?))
}

#[cfg(test)]
mod tests {
    use super::{Package, is_native};

    #[test]
    fn shared_libraries_are_known_by_name() {
        assert!(["a/b.abi3.so", "libz.so.1.3", "x.pyd", "l.dylib"].iter().all(|name| is_native(name)));
        assert!(["so.py", "a.so.txt", "b.sofa"].iter().all(|name| !is_native(name)));
    }

    #[test]
    fn purls_are_encoded() {
        let package = Package { name: "torch".into(), version: "2.1+cu121".into(), ..Package::default() };
        assert_eq!(package.purl(), "pkg:pypi/torch@2.1%2Bcu121");
    }
}
