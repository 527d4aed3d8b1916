//! The file name of a wheel (PEP 427, binary distribution format): `name-version(-build)?-python-abi-platform.whl`.

use std::fmt;
use std::str::FromStr;

use pep440_rs::Version;

use super::normalize;

/// A wheel's file name. `Display` gives it back as it was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WheelFilename {
    text: Box<str>,
    /// Ends of name and version, and starts of build tag (equal to the next where there is none) and compatibility tags.
    name_end: u16,
    version_end: u16,
    python: u16,
    abi: u16,
    platform: u16,
}

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
    #[error("File name is longer than any wheel's: {found} characters")]
    Long { found: usize },
    #[error("File name stands for {found} combinations of compatibility tags, more than any wheel's")]
    Combinations { found: usize },
    #[error("File name is not UTF-8")]
    NotUtf8,
}

/// The longest that is taken; file systems admit 255.
const LONGEST: usize = 1024;

/// The most tags that a name may stand for (PEP 425, compressed tag sets). Real ones stand for a hundred or two, a name of the greatest length for millions.
const MOST: usize = 10_000;

impl FromStr for WheelFilename {
    type Err = FilenameError;

    fn from_str(text: &str) -> Result<Self, FilenameError> {
        let name = || text.to_owned();
        if text.contains('%') {
            return Err(FilenameError::Encoded { name: name() });
        }
        if text.len() > LONGEST {
            return Err(FilenameError::Long { found: text.len() });
        }
        let stem = text.strip_suffix(".whl").ok_or_else(|| FilenameError::Suffix { name: name() })?;
        let hyphens: Vec<usize> = stem.match_indices('-').map(|(at, _)| at).collect();
        let (name_end, version_end, python, abi, platform) = match *hyphens.as_slice() {
            [name, version, abi, platform] => (name, version, version, abi, platform),
            [name, version, build, abi, platform] => (name, version, build, abi, platform),
            _ => return Err(FilenameError::Parts { name: name(), found: hyphens.len() + 1 }),
        };
        let place = |at: usize| u16::try_from(at).map_err(|_| FilenameError::Long { found: text.len() });
        let filename = Self {
            text: text.into(),
            name_end: place(name_end)?,
            version_end: place(version_end)?,
            python: place(python + 1)?,
            abi: place(abi + 1)?,
            platform: place(platform + 1)?,
        };
        filename.check()?;
        Ok(filename)
    }
}

impl fmt::Display for WheelFilename {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl WheelFilename {
    /// Whether each part has the letters that it may have. Whether the version is one is asked later: a lock file has thousands of names.
    fn check(&self) -> Result<(), FilenameError> {
        let is = |text: &str, further: &[u8]| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || further.contains(&byte));
        let name = self.raw_name();
        let ends =
            name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.ends_with(|last: char| last.is_ascii_alphanumeric());
        if !ends || !is(name, b"_.") {
            return Err(FilenameError::Distribution { found: name.to_owned() });
        }
        let version = self.raw_version();
        if version.is_empty() || !is(version, b"_.+!") {
            return Err(FilenameError::Version { found: version.to_owned() });
        }
        let is_build = |build: &&str| build.starts_with(|first: char| first.is_ascii_digit()) && is(build, b"_.");
        if let Some(build) = self.build_text().filter(|build| !is_build(build)) {
            return Err(FilenameError::Build { found: build.to_owned() });
        }
        let tags = self.tags_text();
        if !tags.split(['-', '.']).all(|tag| !tag.is_empty() && is(tag, b"_")) {
            return Err(FilenameError::Tags { found: tags.to_owned() });
        }
        let combinations = tags.split('-').map(|set| set.split('.').count()).product();
        if combinations > MOST { Err(FilenameError::Combinations { found: combinations }) } else { Ok(()) }
    }

    fn slice(&self, start: u16, end: usize) -> &str {
        self.text.get(usize::from(start)..end).unwrap_or_default()
    }

    fn build_text(&self) -> Option<&str> {
        (self.python > self.version_end + 1).then(|| self.slice(self.version_end + 1, usize::from(self.python) - 1))
    }

    /// The whole file name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name as it stands there.
    #[must_use]
    pub fn raw_name(&self) -> &str {
        self.slice(0, usize::from(self.name_end))
    }

    /// The normalized name (PEP 503).
    #[must_use]
    pub fn name(&self) -> String {
        normalize(self.raw_name())
    }

    /// The version as it stands there.
    #[must_use]
    pub fn raw_version(&self) -> &str {
        self.slice(self.name_end + 1, usize::from(self.version_end))
    }

    /// The version (PEP 440), where it is one; see [`parse_version`].
    ///
    /// # Errors
    /// Where it is no version.
    pub fn version(&self) -> Result<Version, FilenameError> {
        parse_version(self.raw_version()).ok_or_else(|| FilenameError::Version { found: self.raw_version().to_owned() })
    }

    /// The build tag: of two wheels that fit equally well the one with the higher build wins, and none is the lowest.
    #[must_use]
    pub fn build(&self) -> Option<(u64, &str)> {
        let build = self.build_text()?;
        let digits = build.find(|next: char| !next.is_ascii_digit()).unwrap_or(build.len());
        let (number, rest) = build.split_at(digits);
        Some((number.parse().unwrap_or(u64::MAX), rest))
    }

    /// The compressed tag set as it stands there: `py2.py3-none-any`.
    #[must_use]
    pub fn tags_text(&self) -> &str {
        self.slice(self.python, self.text.len() - ".whl".len())
    }

    /// Language tags: `cp311`, `py2`, `py3`.
    #[must_use]
    pub fn python_tags(&self) -> std::str::Split<'_, char> {
        self.slice(self.python, usize::from(self.abi) - 1).split('.')
    }

    /// ABI tags: `cp311`, `abi3`, `none`.
    #[must_use]
    pub fn abi_tags(&self) -> std::str::Split<'_, char> {
        self.slice(self.abi, usize::from(self.platform) - 1).split('.')
    }

    /// Platform tags: `manylinux_2_17_x86_64`, `any`.
    #[must_use]
    pub fn platform_tags(&self) -> std::str::Split<'_, char> {
        self.slice(self.platform, self.text.len() - ".whl".len()).split('.')
    }
}

/// Parses a version as file names and folders of wheels have it: `-` is escaped as `_` (implicit post releases), and older tools escaped the `+` of a
/// local version too.
#[must_use]
pub fn parse_version(text: &str) -> Option<Version> {
    let escaped = || text.replacen('_', "+", 1);
    text.parse().or_else(|_| text.replace('_', "-").parse()).or_else(|_| escaped().parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::WheelFilename;

    #[test]
    fn parts() {
        let name = "Pydantic_Core-2.41.5-1a-cp311.cp312-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
        let wheel: WheelFilename = name.parse().unwrap();
        assert_eq!(wheel.to_string(), name);
        assert_eq!(wheel.name(), "pydantic-core");
        assert_eq!(wheel.version().unwrap().to_string(), "2.41.5");
        assert_eq!(wheel.build(), Some((1, "a")));
        assert_eq!(wheel.python_tags().collect::<Vec<_>>(), ["cp311", "cp312"]);
        assert_eq!(wheel.abi_tags().collect::<Vec<_>>(), ["abi3"]);
        assert_eq!(wheel.platform_tags().collect::<Vec<_>>(), ["manylinux_2_17_x86_64", "manylinux2014_x86_64"]);
        assert_eq!("a-1-py3-none-any.whl".parse::<WheelFilename>().unwrap().build(), None);
    }

    #[test]
    fn refused() {
        for name in ["", ".whl", "a.whl", "a-1-py3-none.whl", "a-1-py3-none-any", "a-1-x-py3-none-any.whl", "-1-py3-none-any.whl"] {
            name.parse::<WheelFilename>().unwrap_err();
        }
        for name in
            ["a--py3-none-any.whl", "a-1--py3-none-any.whl", "a-1-py3.-none-any.whl", "../a-1-py3-none-any.whl", "ä-1-py3-none-any.whl"]
        {
            name.parse::<WheelFilename>().unwrap_err();
        }
    }
}
