//! A Python version as a target has it.

use std::fmt;
use std::str::FromStr;

use pep440_rs::Version;

/// Minors of Python 3 that are considered unless some are named.
pub const MINORS: std::ops::RangeInclusive<u8> = 9..=15;

/// A version of CPython 3: a minor, the patch that markers see, and whether it is free-threaded.
///
/// Written `3.11`, `3.11.4`, or with a `t` (`3.14t`) where free-threaded. Without a patch it is 0, as uv has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Python {
    /// The minor: 11 of 3.11.
    pub minor: u8,
    /// Whether it is a free-threaded build (PEP 703).
    pub free_threaded: bool,
    /// The patch that `python_full_version` has in markers.
    pub patch: u16,
}

/// A Python version that cannot be a target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Not a Python version: `{text}`\nhint: write `3.11`, `3.11.4`, or `3.14t` for a free-threaded build")]
pub struct PythonError {
    /// What was given.
    pub text: String,
}

impl FromStr for Python {
    type Err = PythonError;

    fn from_str(text: &str) -> Result<Self, PythonError> {
        let error = || PythonError { text: text.to_owned() };
        let (digits, free_threaded) = text.strip_suffix('t').map_or((text, false), |digits| (digits, true));
        let mut parts = digits.split('.');
        if parts.next() != Some("3") {
            return Err(error());
        }
        let minor = parts.next().and_then(|part| part.parse().ok()).ok_or_else(error)?;
        let patch = parts.next().map_or(Ok(0), |part| part.parse().map_err(|_| error()))?;
        if parts.next().is_some() || (free_threaded && minor < 13) {
            return Err(error());
        }
        Ok(Self { minor, free_threaded, patch })
    }
}

impl fmt::Display for Python {
    /// Major and minor, and the `t`: `3.11`, `3.14t`. The patch is no part of a target's name.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "3.{}{}", self.minor, if self.free_threaded { "t" } else { "" })
    }
}

impl Python {
    /// A minor with patch 0.
    #[must_use]
    pub const fn minor(minor: u8) -> Self {
        Self { minor, free_threaded: false, patch: 0 }
    }

    /// `python_version`.
    #[must_use]
    pub fn version(&self) -> Version {
        Version::new([3, u64::from(self.minor)])
    }

    /// `python_full_version`.
    #[must_use]
    pub fn full_version(&self) -> Version {
        Version::new([3, u64::from(self.minor), u64::from(self.patch)])
    }

    /// The ABI tag: `cp311`, `cp314t`.
    #[must_use]
    pub fn tag(&self) -> String {
        format!("cp3{}{}", self.minor, if self.free_threaded { "t" } else { "" })
    }

    /// Pairs of language and ABI tags that fit together with a platform tag, best first.
    pub(super) fn binary_tags(&self) -> Vec<(String, String)> {
        let stable = if self.free_threaded { "abi3t" } else { "abi3" };
        let mut pairs = vec![(format!("cp3{}", self.minor), self.tag())];
        for minor in (2..=self.minor).rev() {
            pairs.push((format!("cp3{minor}"), stable.to_owned()));
            if minor == self.minor {
                pairs.push((format!("cp3{minor}"), "none".to_owned()));
            }
        }
        pairs.extend(self.generic_tags());
        pairs
    }

    /// Pairs of language and ABI tags that fit together with the platform tag `any`, best first.
    pub(super) fn pure_tags(&self) -> Vec<(String, String)> {
        let mut pairs = vec![(format!("cp3{}", self.minor), "none".to_owned())];
        pairs.extend(self.generic_tags());
        pairs
    }

    fn generic_tags(&self) -> Vec<(String, String)> {
        let mut languages = vec![format!("py3{}", self.minor), "py3".to_owned()];
        languages.extend((0..self.minor).rev().map(|minor| format!("py3{minor}")));
        languages.into_iter().map(|language| (language, "none".to_owned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Python;

    #[test]
    fn round_trip() {
        for text in ["3.9", "3.14", "3.14t"] {
            assert_eq!(text.parse::<Python>().unwrap().to_string(), text);
        }
        assert_eq!("3.11.4".parse::<Python>().unwrap().patch, 4);
        for text in ["", "3", "2.7", "3.x", "3.11.4.5", "3.11t", "3.300"] {
            text.parse::<Python>().unwrap_err();
        }
    }
}
