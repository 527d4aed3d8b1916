//! How well a wheel fits a target.
//!
//! A lock of 500 packages has some 20,000 wheels, each asked for some 50 targets. So tags are numbered once ([`TagsTable`]), and a target's
//! ranks are arrays over those numbers.

use std::collections::BTreeMap;

use super::{Target, WheelFilename};

/// How well a wheel fits; the least is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(u32);

/// Why a wheel does not fit a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mismatch {
    /// Language or ABI are of another Python.
    Python,
    /// The platform is another one, or newer.
    Platform,
}

/// Numbers for the tags of many wheels.
#[derive(Clone, Debug, Default)]
pub struct TagsTable {
    /// Language and ABI tag.
    pythons: BTreeMap<(Box<str>, Box<str>), u32>,
    platforms: BTreeMap<Box<str>, u32>,
    /// By the text of the compressed tag set: many wheels share it.
    sets: BTreeMap<Box<str>, TagSet>,
}

/// The tags of one wheel, as numbers of a [`TagsTable`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagSet {
    pythons: Vec<u32>,
    platforms: Vec<u32>,
}

impl TagsTable {
    /// The numbers of a wheel's tags.
    pub fn number(&mut self, wheel: &WheelFilename) -> TagSet {
        let text = wheel.tags_text();
        if let Some(set) = self.sets.get(text) {
            return set.clone();
        }
        let mut set = TagSet::default();
        for python in wheel.python_tags() {
            for abi in wheel.abi_tags() {
                let next = next(&self.pythons);
                set.pythons.push(*self.pythons.entry((python.into(), abi.into())).or_insert(next));
            }
        }
        for platform in wheel.platform_tags() {
            let next = next(&self.platforms);
            set.platforms.push(*self.platforms.entry(platform.into()).or_insert(next));
        }
        self.sets.insert(text.into(), set.clone());
        set
    }

    /// Ranks all tags of the table for a target.
    #[must_use]
    pub fn rank(&self, target: &Target) -> Tags {
        let platforms: BTreeMap<String, u32> = target.platform.tags().into_iter().zip(0..).collect();
        let binary: BTreeMap<(String, String), u32> = target.python.binary_tags().into_iter().zip(0..).collect();
        let pure: BTreeMap<(String, String), u32> = target.python.pure_tags().into_iter().zip(0..).collect();
        let mut tags = Tags {
            binary: vec![None; self.pythons.len()],
            pure: vec![None; self.pythons.len()],
            platforms: vec![None; self.platforms.len()],
        };
        for ((python, abi), number) in &self.pythons {
            let pair = (python.to_string(), abi.to_string());
            set(&mut tags.binary, *number, binary.get(&pair).copied());
            set(&mut tags.pure, *number, pure.get(&pair).copied());
        }
        for (platform, number) in &self.platforms {
            let fit = if &**platform == "any" { Some(Fit::Any) } else { platforms.get(&**platform).map(|rank| Fit::Binary(*rank)) };
            set(&mut tags.platforms, *number, fit);
        }
        tags
    }
}

fn next<K, V>(numbers: &BTreeMap<K, V>) -> u32 {
    u32::try_from(numbers.len()).unwrap_or(u32::MAX)
}

fn set<T>(values: &mut [Option<T>], number: u32, value: Option<T>) {
    if let Some(slot) = values.get_mut(number as usize) {
        *slot = value;
    }
}

fn get<T: Copy>(values: &[Option<T>], number: u32) -> Option<T> {
    values.get(number as usize).copied().flatten()
}

#[derive(Clone, Copy, Debug)]
enum Fit {
    Any,
    Binary(u32),
}

/// What fits one target, and how well. Valid for the [`TagSet`]s that its table had numbered when it was made.
#[derive(Clone, Debug)]
pub struct Tags {
    binary: Vec<Option<u32>>,
    pure: Vec<Option<u32>>,
    platforms: Vec<Option<Fit>>,
}

impl Tags {
    /// Whether the platform alone would do.
    #[must_use]
    pub fn fits_platform(&self, wheel: &TagSet) -> bool {
        wheel.platforms.iter().any(|platform| get(&self.platforms, *platform).is_some())
    }

    /// The rank of a wheel's best tag.
    ///
    /// # Errors
    /// Why none of its tags fits.
    pub fn fit(&self, wheel: &TagSet) -> Result<Rank, Mismatch> {
        // Rank: the pure ones come after all binary ones; then by language and ABI, then by platform.
        const PURE: u32 = 1 << 31;
        let mut best: Option<u32> = None;
        let mut python_fits = false;
        for &python in &wheel.pythons {
            let (binary, pure) = (get(&self.binary, python), get(&self.pure, python));
            python_fits |= binary.is_some() || pure.is_some();
            for &platform in &wheel.platforms {
                let rank = match get(&self.platforms, platform) {
                    Some(Fit::Any) => pure.map(|pure| PURE | pure),
                    Some(Fit::Binary(platform)) => binary.map(|binary| (binary << 16) | platform),
                    None => None,
                };
                best = match (best, rank) {
                    (Some(best), Some(rank)) => Some(best.min(rank)),
                    (best, rank) => best.or(rank),
                };
            }
        }
        match best {
            Some(rank) => Ok(Rank(rank)),
            None if python_fits => Err(Mismatch::Platform),
            None => Err(Mismatch::Python),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Python, Target};
    use super::{Mismatch, TagsTable};

    fn best(target: Target, wheels: &[&str]) -> Option<String> {
        let mut table = TagsTable::default();
        let sets: Vec<_> = wheels.iter().map(|wheel| table.number(&wheel.parse().unwrap())).collect();
        let tags = table.rank(&target);
        let ranked = wheels.iter().zip(&sets).filter_map(|(wheel, set)| Some((tags.fit(set).ok()?, *wheel)));
        ranked.min().map(|(_, wheel)| wheel.to_owned())
    }

    fn target(platform: &str, python: &str) -> Target {
        Target { platform: platform.parse().unwrap(), python: python.parse::<Python>().unwrap() }
    }

    #[test]
    fn best_match_first() {
        let wheels = [
            "a-1-py3-none-any.whl",
            "a-1-cp39-abi3-manylinux2014_x86_64.whl",
            "a-1-cp311-cp311-manylinux1_x86_64.whl",
            "a-1-cp311-cp311-manylinux_2_35_x86_64.whl",
            "a-1-cp313-cp313t-manylinux_2_28_x86_64.whl",
            "a-1-cp39-cp39-macosx_10_9_universal2.whl",
        ];
        let pick = |platform, python| best(target(platform, python), &wheels);
        assert_eq!(pick("linux", "3.11").as_deref(), Some("a-1-cp311-cp311-manylinux1_x86_64.whl"));
        assert_eq!(pick("x86_64-manylinux_2_35", "3.11").as_deref(), Some("a-1-cp311-cp311-manylinux_2_35_x86_64.whl"));
        assert_eq!(pick("linux", "3.12").as_deref(), Some("a-1-cp39-abi3-manylinux2014_x86_64.whl"));
        assert_eq!(pick("linux", "3.13t").as_deref(), Some("a-1-cp313-cp313t-manylinux_2_28_x86_64.whl"));
        assert_eq!(pick("linux", "3.14t").as_deref(), Some("a-1-py3-none-any.whl"));
        assert_eq!(pick("x86_64-unknown-linux-musl", "3.11").as_deref(), Some("a-1-py3-none-any.whl"));
        assert_eq!(pick("macos", "3.9").as_deref(), Some("a-1-cp39-cp39-macosx_10_9_universal2.whl"));
    }

    #[test]
    fn refusals() {
        let mut table = TagsTable::default();
        let other_python = table.number(&"a-1-cp39-cp39-manylinux1_x86_64.whl".parse().unwrap());
        let other_platform = table.number(&"a-1-cp311-cp311-win_amd64.whl".parse().unwrap());
        let tags = table.rank(&target("linux", "3.11"));
        assert_eq!(tags.fit(&other_python), Err(Mismatch::Python));
        assert_eq!(tags.fit(&other_platform), Err(Mismatch::Platform));
    }
}
