//! Where a wheel's members go: places in the environment.
//!
//! Source: [binary distribution format], "Installing a wheel": the root of the archive spreads into `site-packages`, and each folder of `.data` into
//! the scheme that it names. `purelib` and `platlib` are one folder in a virtual environment. pip and uv put headers
//! into `include/site/pythonX.Y/<project>/…`; places know no version, so they are `include/site/python/<project>/…` until the runtime puts it in.
//!
//! [binary distribution format]: https://packaging.python.org/en/latest/specifications/binary-distribution-format/#installing-a-wheel-distribution-1-0-py32-none-any-whl

use std::collections::BTreeMap;

use super::archive::Entry;
use super::facts::InstalledFile;
use super::path::{MemberPath, ancestors};
use super::record::Algorithm;

const SITE_PACKAGES: &str = "site-packages";
const SCRIPTS: &str = "bin";
const HEADERS: &str = "include/site/python";

/// A member that has no place in the environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum InstallError {
    #[error(
        "File is in no scheme of the data folder: `{member}`\nhint: the schemes are `purelib`, `platlib`, `headers`, `scripts` and `data`"
    )]
    Scheme { member: String },
    #[error("File would replace a part of the environment itself: `{place}` from `{member}`")]
    Reserved { member: String, place: String },
    #[error("Script would replace the interpreter of the environment: `{name}`")]
    ReservedScript { name: String },
    #[error("Two files would be installed to one place: `{first}` and `{second}` to `{place}`")]
    Twice { place: String, first: String, second: String },
    #[error("File would be installed where others need a folder: `{place}`")]
    FolderNeeded { place: String },
}

/// How the members of one wheel map to places.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Normalized project name, the folder of its headers.
    pub name: String,
    /// Name of the `.data` folder, if any.
    pub data: Option<String>,
}

impl Layout {
    /// The place of a member in the environment.
    ///
    /// # Errors
    /// Where it has none, or one that belongs to the environment.
    pub fn place(&self, member: &MemberPath) -> Result<String, InstallError> {
        let refused = || InstallError::Scheme { member: member.to_string() };
        let (top, rest) = member.split_first();
        if self.data.as_deref() != Some(top) {
            return Ok(format!("{SITE_PACKAGES}/{member}"));
        }
        let (scheme, rest) = rest.and_then(|rest| rest.split_once('/')).ok_or_else(refused)?;
        let place = match scheme {
            "purelib" | "platlib" => format!("{SITE_PACKAGES}/{rest}"),
            "scripts" => format!("{SCRIPTS}/{rest}"),
            "headers" => format!("{HEADERS}/{}/{rest}", self.name),
            "data" if is_reserved(rest) => return Err(InstallError::Reserved { member: member.to_string(), place: rest.to_owned() }),
            "data" => rest.to_owned(),
            _ => return Err(refused()),
        };
        match place.strip_prefix("bin/").filter(|name| is_interpreter(name)) {
            Some(_) => Err(InstallError::Reserved { member: member.to_string(), place }),
            None => Ok(place),
        }
    }
}

/// The files of one wheel by their places.
#[derive(Debug, Default)]
pub(super) struct Installed(BTreeMap<String, (String, InstalledFile)>);

impl Installed {
    /// Adds a file. It is executable if the archive says so by any x bit, as for pip and uv, or if it goes to `bin`.
    pub(super) fn add(&mut self, place: String, entry: &Entry, sha256: &[u8]) -> Result<(), InstallError> {
        let file = InstalledFile {
            path: place.clone(),
            size: entry.size,
            hash: Algorithm::Sha256.display(sha256),
            executable: entry.executable || place.starts_with("bin/"),
        };
        let member = entry.path.to_string();
        match self.0.get_mut(&place) {
            None => {
                self.0.insert(place, (member, file));
            }
            // The same bytes from two schemes, such as purelib and platlib, are one file.
            Some((_, first)) if first.hash == file.hash => first.executable |= file.executable,
            Some((first, _)) => return Err(InstallError::Twice { place, first: first.clone(), second: member }),
        }
        Ok(())
    }

    /// All files, sorted by place.
    pub(super) fn files(self) -> Result<Vec<InstalledFile>, InstallError> {
        let is_file = |folder: &&str| self.0.contains_key(*folder);
        if let Some(place) = self.0.keys().find_map(|place| ancestors(place).find(is_file)) {
            return Err(InstallError::FolderNeeded { place: place.to_owned() });
        }
        Ok(self.0.into_values().map(|(_, file)| file).collect())
    }
}

/// Refuses a generated script that would stand in the interpreter's place.
///
/// # Errors
/// Where it would.
pub fn check_script(name: &str) -> Result<(), InstallError> {
    if is_interpreter(name) { Err(InstallError::ReservedScript { name: name.to_owned() }) } else { Ok(()) }
}

/// Whether a place below the environment's root is one that only the environment itself may fill. `site-packages` at the root is how places
/// are written, `lib/python/site-packages` how the cache has them, and `include/site/python` how both have headers: none is a folder of an
/// environment.
fn is_reserved(place: &str) -> bool {
    let below = |folder: &str| place.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    place == "pyvenv.cfg" || [SITE_PACKAGES, "lib/python/site-packages", HEADERS].into_iter().any(below)
}

/// `python`, `python3`, `python3.13t`, `pythonw`.
fn is_interpreter(name: &str) -> bool {
    let version = |rest: &str| rest.trim_end_matches('t').chars().all(|char| char.is_ascii_digit() || char == '.');
    name.strip_prefix("python").is_some_and(|rest| version(rest.strip_prefix('w').unwrap_or(rest)))
}

/// Whether a file is a shared library by its name: an extension module or what one loads.
#[must_use]
pub fn is_native(place: &str) -> bool {
    let name = place.rsplit('/').next().unwrap_or_default();
    let suffixes = [".so", ".pyd", ".dylib", ".dll"];
    let versioned = || name.rsplit_once(".so.").is_some_and(|(_, version)| version.starts_with(|char: char| char.is_ascii_digit()));
    suffixes.iter().any(|suffix| name.ends_with(suffix)) || versioned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(member: &str) -> Result<String, InstallError> {
        let layout = Layout { name: "my-pkg".to_owned(), data: Some("My_Pkg-1.0.data".to_owned()) };
        layout.place(&member.parse().unwrap())
    }

    #[test]
    fn schemes_map_to_places() {
        for (member, expected) in [
            ("pkg/__init__.py", "site-packages/pkg/__init__.py"),
            ("My_Pkg-1.0.dist-info/RECORD", "site-packages/My_Pkg-1.0.dist-info/RECORD"),
            ("other.data/x", "site-packages/other.data/x"),
            ("My_Pkg-1.0.data/purelib/pkg/a.py", "site-packages/pkg/a.py"),
            ("My_Pkg-1.0.data/platlib/pkg/a.so", "site-packages/pkg/a.so"),
            ("My_Pkg-1.0.data/scripts/tool", "bin/tool"),
            ("My_Pkg-1.0.data/headers/sub/a.h", "include/site/python/my-pkg/sub/a.h"),
            ("My_Pkg-1.0.data/data/share/man/a.1", "share/man/a.1"),
            ("My_Pkg-1.0.data/data/bin/python-config", "bin/python-config"),
        ] {
            assert_eq!(place(member).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn members_without_a_place_are_refused() {
        for member in ["My_Pkg-1.0.data/x", "My_Pkg-1.0.data/stdlib/x", "My_Pkg-1.0.data/purelib"] {
            assert_eq!(place(member), Err(InstallError::Scheme { member: member.to_owned() }));
        }
    }

    #[test]
    fn the_environment_is_not_replaced() {
        let data = [
            "data/pyvenv.cfg",
            "data/include/site/python/x.h",
            "data/site-packages/x.py",
            "data/lib/python/site-packages/x.py",
            "data/bin/python3.13t",
        ];
        for member in data.into_iter().chain(["scripts/python3", "scripts/pythonw"]) {
            assert!(matches!(place(&format!("My_Pkg-1.0.data/{member}")), Err(InstallError::Reserved { .. })), "{member}");
        }
        assert!(check_script("python").is_err());
        assert!(check_script("python-build").is_ok());
        assert!(check_script("pythonic").is_ok());
    }

    #[test]
    fn shared_libraries_are_known_by_name() {
        assert!(["a/b.abi3.so", "c.libs/libz-1.so.1.2", "x.pyd", "libc.dylib", "y.dll"].iter().all(|name| is_native(name)));
        assert!(!["a.py", "a.so.py", "notes.so.txt", "bin/tool", "a.sofa"].iter().any(|name| is_native(name)));
    }
}
