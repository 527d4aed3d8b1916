//! Wheel file names: `{distribution}-{version}(-{build tag})?-{python tag}-{abi tag}-{platform tag}.whl`.
//!
//! Source: [binary distribution format], "File name convention" (PEP 427), with the compressed tag sets of PEP 425. Real names are older than the
//! rule that they be normalized, so upper case, dots and `_` for the `+` of a local version are taken and the text is kept as it was.
//!
//! [binary distribution format]: https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention

use std::fmt;
use std::str::FromStr;

use pep440_rs::Version;
use pep508_rs::PackageName;

use crate::tags::{self, FilenameError, parse_version};

/// A parsed wheel file name of which the version is one as well. [`fmt::Display`] gives the text that was parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelFilename {
    /// Project name, normalized (PEP 503).
    pub name: PackageName,
    /// Project version (PEP 440).
    pub version: Version,
    /// The name by its parts.
    pub file: tags::WheelFilename,
}

impl WheelFilename {
    /// The compatibility tags, expanded and sorted, in lower case as tags are compared.
    #[must_use]
    pub fn tags(&self) -> Vec<String> {
        let mut tags = Vec::new();
        for python in self.file.python_tags() {
            for abi in self.file.abi_tags() {
                for platform in self.file.platform_tags() {
                    tags.push(format!("{python}-{abi}-{platform}").to_ascii_lowercase());
                }
            }
        }
        tags.sort();
        tags.dedup();
        tags
    }

    /// `{name}-{version}` as the file name writes it.
    #[must_use]
    pub fn stem(&self) -> &str {
        let text = self.file.as_str();
        text.match_indices('-').nth(1).map_or(text, |(end, _)| &text[..end])
    }

    /// Whether `folder` is `{name}-{version}` of this wheel, by the rules of comparing names and versions.
    #[must_use]
    pub fn names(&self, folder: &str) -> bool {
        // An older name may hold the separator itself, unescaped: any split that fits will do.
        folder.match_indices('-').any(|(at, _)| self.is_name(&folder[..at]) && self.is_version(&folder[at + 1..]))
    }

    /// Whether `name` is this wheel's project name.
    #[must_use]
    pub fn is_name(&self, name: &str) -> bool {
        name.parse::<PackageName>().is_ok_and(|name| name == self.name)
    }

    /// Whether `version` is this wheel's version.
    #[must_use]
    pub fn is_version(&self, version: &str) -> bool {
        parse_version(version).is_some_and(|version| version == self.version)
    }
}

impl FromStr for WheelFilename {
    type Err = FilenameError;

    fn from_str(text: &str) -> Result<Self, FilenameError> {
        let file: tags::WheelFilename = text.parse()?;
        let name = file.raw_name().parse().map_err(|_| FilenameError::Distribution { found: file.raw_name().to_owned() })?;
        Ok(Self { name, version: file.version()?, file })
    }
}

impl fmt::Display for WheelFilename {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.file.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<WheelFilename, FilenameError> {
        text.parse()
    }

    #[test]
    fn names_round_trip() {
        for text in [
            "six-1.16.0-py2.py3-none-any.whl",
            "jaraco.classes-3.4.0-py3-none-any.whl",
            "PyYAML-6.0.2-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            "torch-2.3.0+cu121-cp311-cp311-linux_x86_64.whl",
            "numpy-1.26.0-00build_1-cp311-cp311-macosx_11_0_arm64.whl",
            "pkg-1!2.0rc1.post2.dev3-py3-none-any.whl",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn parts_are_parsed() {
        let wheel = parse("Zope.Interface-7.0_1-2b-cp311.py3-abi3-Linux_x86_64.any.whl").unwrap();
        assert_eq!(wheel.name.to_string(), "zope-interface");
        assert_eq!(wheel.version.to_string(), "7.0.post1");
        assert_eq!(wheel.file.build(), Some((2, "b")));
        assert_eq!(wheel.tags(), ["cp311-abi3-any", "cp311-abi3-linux_x86_64", "py3-abi3-any", "py3-abi3-linux_x86_64"]);
    }

    #[test]
    fn older_spellings_of_local_versions_are_taken() {
        assert_eq!(parse("torch-2.0.0_cu117-py3-none-any.whl").unwrap().version.to_string(), "2.0.0+cu117");
    }

    #[test]
    fn folders_are_compared_by_meaning() {
        let wheel = parse("zope.interface-7.0-py3-none-any.whl").unwrap();
        for folder in ["zope.interface-7.0", "Zope_Interface-7.0", "zope-interface-7.0.0", "zope_interface-7"] {
            assert!(wheel.names(folder), "{folder}");
        }
        for folder in ["zope-7.0", "zope.interface-7.1", "zope.interface", "7.0", ""] {
            assert!(!wheel.names(folder), "{folder}");
        }
    }

    #[test]
    fn bad_names_are_refused() {
        let of = |text: &str| parse(text).unwrap_err();
        assert!(matches!(of("six-1.16.0.tar.gz"), FilenameError::Suffix { .. }));
        assert_eq!(of("six-1.16.0-py3-none.whl"), FilenameError::Parts { name: "six-1.16.0-py3-none.whl".to_owned(), found: 4 });
        assert!(matches!(of("a-1-2-py3-none-any-x.whl"), FilenameError::Parts { found: 7, .. }));
        assert!(matches!(of("torch-2.3.0%2Bcu121-cp311-cp311-linux_x86_64.whl"), FilenameError::Encoded { .. }));
        assert!(matches!(of("-1.26.0-py3-none-any.whl"), FilenameError::Distribution { .. }));
        assert!(matches!(of("_six-1.16.0-py3-none-any.whl"), FilenameError::Distribution { .. }));
        assert!(matches!(of("six-latest-py3-none-any.whl"), FilenameError::Version { .. }));
        assert!(matches!(of("six-1-b1-py3-none-any.whl"), FilenameError::Build { .. }));
        assert!(matches!(of("six-1-py3.-none-any.whl"), FilenameError::Tags { .. }));
        assert!(matches!(of("six-1-py3-none-a/b.whl"), FilenameError::Tags { .. }));
        let compressed = |count: usize| format!("six-1-{0}-{0}-any.whl", vec!["a"; count].join("."));
        assert_eq!(parse(&compressed(100)).unwrap().tags(), ["a-a-any"]);
        assert_eq!(of(&compressed(101)), FilenameError::Combinations { found: 10_201 });
    }
}
