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

/// A file name that is not a wheel's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} in wheel file name: `{file}`")]
pub struct WheelFilenameError {
    /// What is wrong.
    pub reason: &'static str,
    /// The file name.
    pub file: String,
}

impl FromStr for WheelFilename {
    type Err = WheelFilenameError;

    fn from_str(text: &str) -> Result<Self, WheelFilenameError> {
        let error = |reason| WheelFilenameError { reason, file: text.to_owned() };
        let stem = text.strip_suffix(".whl").ok_or_else(|| error("Missing `.whl`"))?;
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+!".contains(&byte)) {
            return Err(error("Unexpected character"));
        }
        let hyphens: Vec<usize> = stem.match_indices('-').map(|(at, _)| at).collect();
        let (name, version, python, abi, platform) = match *hyphens.as_slice() {
            [name, version, abi, platform] => (name, version, version, abi, platform),
            [name, version, build, abi, platform] => (name, version, build, abi, platform),
            _ => return Err(error("Expected five or six parts")),
        };
        if text.len() > 1024 {
            return Err(error("Too many characters"));
        }
        let place = |at: usize| u16::try_from(at).map_err(|_| error("Too many characters"));
        let filename = Self {
            text: text.into(),
            name_end: place(name)?,
            version_end: place(version)?,
            python: place(python + 1)?,
            abi: place(abi + 1)?,
            platform: place(platform + 1)?,
        };
        if filename.raw_name().is_empty() {
            return Err(error("Empty name"));
        }
        if filename.raw_version().is_empty() {
            return Err(error("Empty version"));
        }
        if filename.build_text().is_some_and(|build| !build.starts_with(|first: char| first.is_ascii_digit())) {
            return Err(error("Build tag that does not begin with a digit"));
        }
        let empty = |mut tags: std::str::Split<'_, char>| tags.any(str::is_empty);
        if empty(filename.python_tags()) || empty(filename.abi_tags()) || empty(filename.platform_tags()) {
            return Err(error("Empty tag"));
        }
        Ok(filename)
    }
}

impl fmt::Display for WheelFilename {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl WheelFilename {
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

    /// The version (PEP 440), where it is one. `_` stands for the `-` that a file name cannot have.
    ///
    /// # Errors
    /// Where it is no version.
    pub fn version(&self) -> Result<Version, WheelFilenameError> {
        let text = self.raw_version().replace('_', "-");
        Version::from_str(&text).map_err(|_| WheelFilenameError { reason: "Not a version", file: self.text.to_string() })
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
