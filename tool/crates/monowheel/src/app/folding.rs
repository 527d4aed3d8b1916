//! Names that are two here and one on the target: macOS folds case and Unicode normalization, Windows case.
//!
//! A folder of packages counts as well as a file: Python compares the case of what it imports with what the folder is called, so of `Crypto` and
//! `crypto`, which become one folder, only one can be imported. Where no platform is given, or one that keeps names apart, nothing is looked at.

use std::collections::BTreeMap;

use super::error::AppError;
use crate::tags::{Os, Platform};

/// How a file system takes names for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folding {
    /// Windows.
    Case,
    /// macOS.
    CaseAndNormalization,
}

/// A name with its owner, for messages.
pub(super) struct Named<'a> {
    /// A path.
    pub path: &'a str,
    /// What tells owners apart.
    pub owner: &'a str,
}

/// Two spellings of one name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Folded {
    /// Each spelling with the owner of the first file that has it.
    pub spellings: Vec<(String, String)>,
}

impl Folding {
    /// Of the file systems that are usual on a platform.
    pub(super) fn of(platform: Option<&str>) -> Option<Self> {
        match platform?.parse::<Platform>().ok()?.os {
            Os::Linux(_) => None,
            Os::MacOs { .. } => Some(Self::CaseAndNormalization),
            Os::Windows => Some(Self::Case),
        }
    }

    const fn system(self) -> &'static str {
        match self {
            Self::Case => "Windows, which does not tell upper from lower case",
            Self::CaseAndNormalization => "macOS, which tells neither upper from lower case nor two ways to write an accent",
        }
    }

    fn fold(self, name: &str) -> String {
        let lower = |name: &str| name.chars().flat_map(char::to_lowercase).collect::<String>();
        match self {
            Self::Case => lower(name),
            Self::CaseAndNormalization => {
                let nfd = icu_normalizer::DecomposingNormalizerBorrowed::new_nfd();
                // Lower case of some letters is composed of several, and the other way round.
                nfd.normalize(&lower(&nfd.normalize(name))).into_owned()
            }
        }
    }

    /// The names among `files`, and of the folders above them, that become one; the highest only.
    pub(super) fn find<'a>(self, files: impl Iterator<Item = Named<'a>>) -> Vec<Folded> {
        let mut seen: BTreeMap<String, BTreeMap<&str, &str>> = BTreeMap::new();
        for file in files {
            let ends = file.path.match_indices('/').map(|(end, _)| end).chain([file.path.len()]);
            for end in ends {
                let name = &file.path[..end];
                // Where a folder is two already, all below it would be too.
                let spellings = seen.entry(self.fold(name)).or_default();
                spellings.entry(name).or_insert(file.owner);
                if spellings.len() > 1 {
                    break;
                }
            }
        }
        let twice = seen.into_values().filter(|spellings| spellings.len() > 1);
        let owned = |(name, owner): (&str, &str)| (name.to_owned(), owner.to_owned());
        let mut found: Vec<Folded> = twice.map(|spellings| Folded { spellings: spellings.into_iter().map(owned).collect() }).collect();
        found.sort();
        // A file of the first spelling may have gone further down than the folder that the second one met.
        let tops: Vec<String> = found.iter().map(|folded| self.fold(&folded.spellings[0].0) + "/").collect();
        found.retain(|folded| {
            let name = self.fold(&folded.spellings[0].0);
            !tops.iter().any(|top| name.starts_with(top.as_str()))
        });
        found
    }

    /// The error for what was found.
    pub(super) fn error(self, origin: &str, found: &[Folded], settleable: bool) -> AppError {
        const SHOWN: usize = 10;
        let mut list = String::new();
        for folded in found.iter().take(SHOWN) {
            let lines: Vec<String> =
                folded.spellings.iter().map(|(name, owner)| format!("  {} ({owner})\n", name.escape_default())).collect();
            list += &lines.concat();
        }
        if found.len() > SHOWN {
            list += &format!("  and {} more\n", found.len() - SHOWN);
        }
        let hint = match found.first().and_then(|folded| folded.spellings.last()) {
            Some((name, _)) if settleable => {
                format!("remove one of them, or say whose stays: conflicts = {{\"{name}\": \"<project>\"}}, with `/**` behind a folder")
            }
            _ => "rename one of them".to_owned(),
        };
        let (origin, count, system) = (origin.to_owned(), found.len(), self.system());
        AppError::Folded { origin, count, system, list, hint }
    }
}

#[cfg(test)]
mod tests {
    use super::{Folding, Named};

    fn found(folding: Folding, paths: &[&'static str]) -> Vec<Vec<String>> {
        let named = paths.iter().map(|path| Named { path, owner: "" });
        folding.find(named).into_iter().map(|folded| folded.spellings.into_iter().map(|(name, _)| name).collect()).collect()
    }

    #[test]
    fn platforms_fold_or_do_not() {
        assert_eq!(Folding::of(None), None);
        assert_eq!(Folding::of(Some("x86_64-unknown-linux-gnu")), None);
        assert_eq!(Folding::of(Some("aarch64-apple-darwin")), Some(Folding::CaseAndNormalization));
        assert_eq!(Folding::of(Some("x86_64-pc-windows-msvc")), Some(Folding::Case));
    }

    #[test]
    fn files_and_folders_become_one() {
        for folding in [Folding::Case, Folding::CaseAndNormalization] {
            assert_eq!(found(folding, &["a/b.py", "a/B.py", "c.py"]), [["a/B.py", "a/b.py"]]);
            assert_eq!(found(folding, &["x/Crypto/a.py", "x/Crypto/b.py", "x/crypto/b.py", "x/crypto/c.py"]), [["x/Crypto", "x/crypto"]]);
            assert_eq!(found(folding, &["a/b.py", "a/c.py", "ab/c.py"]), Vec::<Vec<String>>::new());
        }
    }

    #[test]
    fn accents_become_one_on_macos() {
        let paths = ["caf\u{e9}", "cafe\u{301}"];
        assert_eq!(found(Folding::CaseAndNormalization, &paths), [["cafe\u{301}", "caf\u{e9}"]]);
        assert!(found(Folding::Case, &paths).is_empty());
        assert_eq!(found(Folding::CaseAndNormalization, &["CAF\u{c9}", "cafe\u{301}"]).len(), 1);
    }
}
