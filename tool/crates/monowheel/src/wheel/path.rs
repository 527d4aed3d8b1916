//! A path inside an archive: checked once, then safe to join to any folder.
//!
//! Zip names are slash-separated and relative (APPNOTE.TXT 4.4.17.1), and a wheel's are the places of its files below the folder it is installed
//! to ([binary distribution format]). [`std::path::PathBuf`] was rejected: its rules differ between systems, and joining an absolute one replaces
//! the folder.
//!
//! [binary distribution format]: https://packaging.python.org/en/latest/specifications/binary-distribution-format/

use std::fmt;
use std::str::FromStr;

/// File systems that matter take no longer names (NAME_MAX).
const MAX_PART: usize = 255;
/// Nor longer paths (PATH_MAX), some of which the folder in front takes.
const MAX_PATH: usize = 3072;
/// Names that open a device in whatever folder they stand, on Windows. With a suffix (`aux.py`) they are ordinary files everywhere else and
/// occur in real packages, so only the bare names are refused.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// What makes a path unfit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum PathError {
    #[error("Path is empty")]
    Empty,
    #[error("Path holds a control character: `{}`", path.escape_debug())]
    Control { path: String },
    #[error("Path holds a backslash: `{path}`\nhint: zip names are separated by `/`")]
    Backslash { path: String },
    #[error("Path is absolute: `{path}`")]
    Absolute { path: String },
    #[error("Path begins with a drive letter: `{path}`")]
    Drive { path: String },
    #[error("Path leaves its folder by `..`: `{path}`")]
    Parent { path: String },
    #[error("Path has a part that is `.` or empty: `{path}`")]
    Blank { path: String },
    #[error("Path names a device: `{path}`")]
    Device { path: String },
    #[error("Path is longer than file systems take: `{path}`")]
    Long { path: String },
}

/// A relative, slash-separated path that stays below the folder it is joined to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberPath(String);

impl MemberPath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first part, and what follows it if anything does.
    #[must_use]
    pub fn split_first(&self) -> (&str, Option<&str>) {
        match self.0.split_once('/') {
            Some((first, rest)) => (first, Some(rest)),
            None => (&self.0, None),
        }
    }

    /// The folders above, from the outermost.
    pub fn ancestors(&self) -> impl Iterator<Item = &str> {
        ancestors(&self.0)
    }
}

/// The folders above a slash-separated path, from the outermost.
pub(super) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}

impl FromStr for MemberPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let path = || text.to_owned();
        let bytes = text.as_bytes();
        if text.is_empty() {
            return Err(PathError::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(PathError::Control { path: path() });
        }
        if text.contains('\\') {
            return Err(PathError::Backslash { path: path() });
        }
        if text.starts_with('/') {
            return Err(PathError::Absolute { path: path() });
        }
        if bytes[0].is_ascii_alphabetic() && bytes.get(1) == Some(&b':') {
            return Err(PathError::Drive { path: path() });
        }
        if text.len() > MAX_PATH {
            return Err(PathError::Long { path: path() });
        }
        for part in text.split('/') {
            match part {
                ".." => return Err(PathError::Parent { path: path() }),
                "" | "." => return Err(PathError::Blank { path: path() }),
                _ if part.len() > MAX_PART => return Err(PathError::Long { path: path() }),
                _ if is_device(part) => return Err(PathError::Device { path: path() }),
                _ => {}
            }
        }
        Ok(Self(path()))
    }
}

fn is_device(part: &str) -> bool {
    let part = part.trim_end_matches([' ', '.', ':']).to_ascii_lowercase();
    let numbered =
        || ["com", "lpt"].iter().any(|port| part.strip_prefix(port).is_some_and(|digit| matches!(digit.as_bytes(), [b'1'..=b'9'])));
    DEVICES.contains(&part.as_str()) || numbered()
}

impl fmt::Display for MemberPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<MemberPath, PathError> {
        text.parse()
    }

    #[test]
    fn good_paths_round_trip() {
        for text in ["a", "a/b.py", "pkg/aux.py", "pkg/ä/č.txt", "a/...b", "a b/c", "com10", "pkg/console", "x/C:/y"] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        assert_eq!(parse("a/b/c").unwrap().ancestors().collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!(parse("a/b/c").unwrap().split_first(), ("a", Some("b/c")));
        assert_eq!(parse("a").unwrap().split_first(), ("a", None));
    }

    #[test]
    fn what_leaves_the_folder_is_refused() {
        let path = |text: &str| text.to_owned();
        assert_eq!(parse(""), Err(PathError::Empty));
        for text in ["..", "../a", "a/../b", "a/.."] {
            assert_eq!(parse(text), Err(PathError::Parent { path: path(text) }));
        }
        for text in ["/a", "//server/share"] {
            assert_eq!(parse(text), Err(PathError::Absolute { path: path(text) }));
        }
        for text in ["C:/a", "c:a", "z:"] {
            assert_eq!(parse(text), Err(PathError::Drive { path: path(text) }));
        }
        for text in ["a\\b", "..\\a", "\\\\server\\share"] {
            assert_eq!(parse(text), Err(PathError::Backslash { path: path(text) }));
        }
        for text in ["a\0b", "a\nb", "a/\u{85}", "\u{7f}"] {
            assert_eq!(parse(text), Err(PathError::Control { path: path(text) }));
        }
        for text in ["./a", "a//b", "a/./b", "a/"] {
            assert_eq!(parse(text), Err(PathError::Blank { path: path(text) }));
        }
    }

    #[test]
    fn devices_are_refused() {
        for text in ["nul", "a/CON", "Aux/b", "com1", "LPT9", "nul ", "a/nul.", "CONIN$", "nul:"] {
            assert_eq!(parse(text), Err(PathError::Device { path: text.to_owned() }));
        }
    }

    #[test]
    fn what_no_file_system_takes_is_refused() {
        assert!(parse(&"a".repeat(255)).is_ok());
        assert!(matches!(parse(&"a".repeat(256)), Err(PathError::Long { .. })));
        assert!(matches!(parse(&"a/".repeat(2000)), Err(PathError::Long { .. })));
    }

    #[test]
    fn control_characters_are_shown_escaped() {
        assert_eq!(parse("a\u{1b}[2J").unwrap_err().to_string(), "Path holds a control character: `a\\u{1b}[2J`");
    }
}
