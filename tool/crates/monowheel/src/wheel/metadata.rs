//! METADATA (core metadata 1.0 to 2.x) and WHEEL, the two header files of a `.dist-info` folder.
//!
//! Sources: [core metadata], with PEP 639 for the licence fields, and [binary distribution format], "Contents of the .dist-info directory". Only what
//! the facts need is parsed; a requirement or specifier is kept as text, since whether it can be read matters only to who uses it.
//!
//! [core metadata]: https://packaging.python.org/en/latest/specifications/core-metadata/
//! [binary distribution format]: https://packaging.python.org/en/latest/specifications/binary-distribution-format/

use super::facts::License;
use super::headers::{Headers, dedent, unfold};

/// The major version of core metadata that is understood; a greater one must be refused, a greater minor one is compatible.
const METADATA_MAJOR: u64 = 2;
/// The same for the wheel format.
const WHEEL_MAJOR: u64 = 1;
/// What setuptools wrote for a field without a value.
const UNKNOWN: &str = "UNKNOWN";

/// What is wrong with METADATA or WHEEL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum MetadataError {
    #[error("{file} has no field `{field}`")]
    Missing { file: &'static str, field: &'static str },
    #[error("{file} gives the field `{field}` twice: `{first}` and `{second}`")]
    Repeated { file: &'static str, field: &'static str, first: String, second: String },
    #[error("{file} has a `{field}` that is not valid: `{found}`")]
    Invalid { file: &'static str, field: &'static str, found: String },
    #[error(
        "{file} has a `{field}` that is newer than this monowheel reads: `{found}`\nhint: update monowheel, or lock an older release of the wheel"
    )]
    Unsupported { file: &'static str, field: &'static str, found: String },
}

/// What is taken from METADATA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// `Name` as written.
    pub name: String,
    /// `Version` as written.
    pub version: String,
    /// `Requires-Python`.
    pub requires_python: Option<String>,
    /// `Requires-Dist` in order, each on one line.
    pub requires_dist: Vec<String>,
    /// The licence fields.
    pub license: License,
}

impl Metadata {
    /// Parses METADATA.
    ///
    /// # Errors
    /// Where a field that every version of the specification demands is missing or contradicts itself, or the version is unknown.
    pub fn parse(bytes: &[u8]) -> Result<Self, MetadataError> {
        let file = "METADATA";
        let headers = Headers::parse(bytes);
        version(file, "Metadata-Version", &single(file, &headers, "Metadata-Version")?, METADATA_MAJOR)?;
        let text = |field: &str| headers.first(field).map(unfold).filter(|text| !text.is_empty() && text != UNKNOWN);
        let is_license = |classifier: &&str| classifier.starts_with("License ::");
        Ok(Self {
            name: single(file, &headers, "Name")?,
            version: single(file, &headers, "Version")?,
            requires_python: text("Requires-Python"),
            requires_dist: headers.all("Requires-Dist").map(unfold).collect(),
            license: License {
                expression: text("License-Expression"),
                license: headers.first("License").map(dedent).filter(|text| !text.is_empty() && text != UNKNOWN),
                classifiers: headers.all("Classifier").filter(is_license).map(str::to_owned).collect(),
                files: headers.all("License-File").map(str::to_owned).collect(),
            },
        })
    }
}

/// What is taken from WHEEL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelFile {
    /// `Root-Is-Purelib`; absent means false, as for pip.
    pub purelib: bool,
    /// The `Tag` lines. They state what the wheel was built as; retagging tools rename the file and forget them, so installers go by the file name.
    pub tags: Vec<String>,
}

impl WheelFile {
    /// Parses WHEEL.
    ///
    /// # Errors
    /// Where the format version is missing or unknown, or a field contradicts itself.
    pub fn parse(bytes: &[u8]) -> Result<Self, MetadataError> {
        let file = "WHEEL";
        let headers = Headers::parse(bytes);
        version(file, "Wheel-Version", &single(file, &headers, "Wheel-Version")?, WHEEL_MAJOR)?;
        let field = "Root-Is-Purelib";
        let purelib = match headers.first(field).map(str::to_ascii_lowercase).as_deref() {
            Some("true") => true,
            Some("false") | None => false,
            Some(found) => return Err(MetadataError::Invalid { file, field, found: found.to_owned() }),
        };
        Ok(Self { purelib, tags: headers.all("Tag").map(unfold).collect() })
    }
}

/// The value of a field that must be there; said twice, it must say the same.
fn single(file: &'static str, headers: &Headers, field: &'static str) -> Result<String, MetadataError> {
    let mut values = headers.all(field).map(unfold);
    let first = values.next().filter(|value| !value.is_empty()).ok_or(MetadataError::Missing { file, field })?;
    match values.find(|value| *value != first) {
        Some(second) => Err(MetadataError::Repeated { file, field, first, second }),
        None => Ok(first),
    }
}

fn version(file: &'static str, field: &'static str, text: &str, major: u64) -> Result<(), MetadataError> {
    let found = || text.to_owned();
    let mut numbers = text.split('.').map(str::parse::<u64>);
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(first)), Some(Ok(_)), None) if (1..=major).contains(&first) => Ok(()),
        (Some(Ok(first)), Some(Ok(_)), None) if first > major => Err(MetadataError::Unsupported { file, field, found: found() }),
        _ => Err(MetadataError::Invalid { file, field, found: found() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_of_any_age_is_read() {
        let old = Metadata::parse(b"Metadata-Version: 1.0\nName: six\nVersion: 1.16.0\nLicense: UNKNOWN\nPlatform: UNKNOWN\n").unwrap();
        assert_eq!((old.name.as_str(), old.version.as_str(), old.requires_python), ("six", "1.16.0", None));
        assert_eq!(old.license, License::default());

        let text = "Metadata-Version: 2.4\nName: Web\nVersion: 1\nRequires-Python: >=3.9,\n <4\nLicense-Expression: MIT OR Apache-2.0\n\
                    License-File: LICENSE\nLicense-File: licenses/NOTICE\nClassifier: License :: OSI Approved :: MIT License\n\
                    Classifier: Topic :: Software\nRequires-Dist: idna\nRequires-Dist: anyio (<5) ; extra == 'x'\nDynamic: license-file\n\nbody\n";
        let new = Metadata::parse(text.as_bytes()).unwrap();
        assert_eq!(new.requires_python.as_deref(), Some(">=3.9, <4"));
        assert_eq!(new.requires_dist, ["idna", "anyio (<5) ; extra == 'x'"]);
        assert_eq!(new.license.expression.as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(new.license.files, ["LICENSE", "licenses/NOTICE"]);
        assert_eq!(new.license.classifiers, ["License :: OSI Approved :: MIT License"]);
    }

    #[test]
    fn metadata_must_say_what_it_is() {
        let of = |text: &str| Metadata::parse(text.as_bytes()).unwrap_err();
        let file = "METADATA";
        assert_eq!(of("Name: a\nVersion: 1\n"), MetadataError::Missing { file, field: "Metadata-Version" });
        assert_eq!(of("Metadata-Version: 2.1\nVersion: 1\n"), MetadataError::Missing { file, field: "Name" });
        assert_eq!(of("Metadata-Version: 2.1\nName: a\nVersion:\n"), MetadataError::Missing { file, field: "Version" });
        assert!(matches!(of("Metadata-Version: 3.0\nName: a\nVersion: 1\n"), MetadataError::Unsupported { .. }));
        assert!(matches!(of("Metadata-Version: two\nName: a\nVersion: 1\n"), MetadataError::Invalid { .. }));
        assert!(matches!(of("Metadata-Version: 2.1\nName: a\nName: b\nVersion: 1\n"), MetadataError::Repeated { field: "Name", .. }));
    }

    #[test]
    fn wheel_files_are_read() {
        let text = b"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\nBuild: 1\n";
        let tags = vec!["py2-none-any".to_owned(), "py3-none-any".to_owned()];
        assert_eq!(WheelFile::parse(text).unwrap(), WheelFile { purelib: true, tags });
        assert!(!WheelFile::parse(b"Wheel-Version: 1.9\nRoot-Is-Purelib: False\n").unwrap().purelib);
    }

    #[test]
    fn unknown_wheel_formats_are_refused() {
        let of = |text: &str| WheelFile::parse(text.as_bytes()).unwrap_err();
        assert_eq!(of("Tag: py3-none-any\n"), MetadataError::Missing { file: "WHEEL", field: "Wheel-Version" });
        assert!(matches!(of("Wheel-Version: 2.0\n"), MetadataError::Unsupported { .. }));
        assert!(matches!(of("Wheel-Version: 0.1\n"), MetadataError::Invalid { .. }));
        assert!(matches!(of("Wheel-Version: 1.0\nRoot-Is-Purelib: maybe\n"), MetadataError::Invalid { .. }));
    }
}
