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

/// What is wrong with a file name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum FilenameError {
    #[error("File name does not end in `.whl`: `{name}`")]
    Suffix { name: String },
    #[error(
        "File name has {found} parts instead of 5 or 6: `{name}`\nhint: a wheel's name is `name-version(-build)-python-abi-platform.whl`"
    )]
    Parts { name: String, found: usize },
    #[error("File name is percent-encoded: `{name}`\nhint: save the wheel under its decoded name, with `+` instead of `%2B`")]
    Encoded { name: String },
    #[error("File name's project name is not valid: `{found}`")]
    Distribution { found: String },
    #[error("File name's version is not valid (PEP 440): `{found}`")]
    Version { found: String },
    #[error("File name's build tag does not begin with a digit: `{found}`")]
    Build { found: String },
    #[error("File name's compatibility tags are not valid (PEP 425): `{found}`")]
    Tags { found: String },
    #[error("File name is not UTF-8")]
    NotUtf8,
}

/// A build tag: sorts by its number, then by the rest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuildTag {
    /// The leading digits.
    pub number: u64,
    /// What follows them.
    pub suffix: String,
    text: String,
}

/// A parsed wheel file name. [`fmt::Display`] gives the text that was parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelFilename {
    /// Project name, normalized (PEP 503).
    pub name: PackageName,
    /// Project version (PEP 440).
    pub version: Version,
    /// Build tag, if any.
    pub build: Option<BuildTag>,
    /// Python tags: `py3`, `cp311`.
    pub python: Vec<String>,
    /// ABI tags: `none`, `abi3`.
    pub abi: Vec<String>,
    /// Platform tags: `any`, `manylinux_2_17_x86_64`.
    pub platform: Vec<String>,
    text: String,
}

impl WheelFilename {
    /// The compatibility tags, expanded and sorted, in lower case as tags are compared.
    #[must_use]
    pub fn tags(&self) -> Vec<String> {
        let mut tags = Vec::new();
        for python in &self.python {
            for abi in &self.abi {
                for platform in &self.platform {
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
        let end = self.text.match_indices('-').nth(1).map_or(self.text.len(), |(end, _)| end);
        &self.text[..end]
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

fn parse_version(text: &str) -> Option<Version> {
    // `-` is escaped as `_` (implicit post releases), and older tools escaped the `+` of a local version too.
    let escaped = || text.replacen('_', "+", 1);
    text.parse().or_else(|_| text.replace('_', "-").parse()).or_else(|_| escaped().parse()).ok()
}

fn parse_build(text: &str) -> Result<BuildTag, FilenameError> {
    let refused = || FilenameError::Build { found: text.to_owned() };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = text[..digits].parse().map_err(|_| refused())?;
    let suffix = &text[digits..];
    if !suffix.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.')) {
        return Err(refused());
    }
    Ok(BuildTag { number, suffix: suffix.to_owned(), text: text.to_owned() })
}

fn parse_tags(text: &str) -> Result<Vec<String>, FilenameError> {
    let valid = |tag: &str| !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !text.split('.').all(valid) {
        return Err(FilenameError::Tags { found: text.to_owned() });
    }
    Ok(text.split('.').map(str::to_owned).collect())
}

impl FromStr for WheelFilename {
    type Err = FilenameError;

    fn from_str(text: &str) -> Result<Self, FilenameError> {
        let name = || text.to_owned();
        if text.contains('%') {
            return Err(FilenameError::Encoded { name: name() });
        }
        let stem = text.strip_suffix(".whl").ok_or_else(|| FilenameError::Suffix { name: name() })?;
        let parts: Vec<&str> = stem.split('-').collect();
        let (distribution, version, build, python, abi, platform) = match parts[..] {
            [distribution, version, python, abi, platform] => (distribution, version, None, python, abi, platform),
            [distribution, version, build, python, abi, platform] => (distribution, version, Some(build), python, abi, platform),
            _ => return Err(FilenameError::Parts { name: name(), found: parts.len() }),
        };
        Ok(Self {
            name: distribution.parse().map_err(|_| FilenameError::Distribution { found: distribution.to_owned() })?,
            version: parse_version(version).ok_or_else(|| FilenameError::Version { found: version.to_owned() })?,
            build: build.map(parse_build).transpose()?,
            python: parse_tags(python)?,
            abi: parse_tags(abi)?,
            platform: parse_tags(platform)?,
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for WheelFilename {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Display for BuildTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
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
        let build = wheel.build.as_ref().unwrap();
        assert_eq!((build.number, build.suffix.as_str(), build.to_string().as_str()), (2, "b", "2b"));
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
        assert!(matches!(of("_six-1.16.0-py3-none-any.whl"), FilenameError::Distribution { .. }));
        assert!(matches!(of("six-latest-py3-none-any.whl"), FilenameError::Version { .. }));
        assert!(matches!(of("six-1-b1-py3-none-any.whl"), FilenameError::Build { .. }));
        assert!(matches!(of("six-1-py3.-none-any.whl"), FilenameError::Tags { .. }));
        assert!(matches!(of("six-1-py3-none-a/b.whl"), FilenameError::Tags { .. }));
    }
}
