//! Which Python versions fit a whole application: its own specifiers, each wheel's `Requires-Python`, and each wheel's tags.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use super::error::AppError;
use super::input::Application;
use super::manifest::Python;
use crate::wheel::Facts;

/// Minor versions of Python 3 that are considered. The lower end is what the bootstrap runs on; the upper end is far enough in the future
/// that the file never has to be rebuilt for it.
const MINORS: std::ops::RangeInclusive<u64> = 9..=25;

/// The first minor version whose standard library reads Zstandard.
const ZSTD: u64 = 14;

/// The versions that fit `application` and all `wheels`.
///
/// # Errors
/// Where none fits, or the one that is built for does not; the message lists who refuses.
pub fn accepted(application: &Application, wheels: &[&Facts]) -> Result<Python, AppError> {
    let origin = || application.origin.clone();
    let own = match &application.requires_python {
        Some(text) => {
            Some(VersionSpecifiers::from_str(text).map_err(|_| AppError::RequiresPython { origin: origin(), text: text.clone() })?)
        }
        None => None,
    };
    let fits = |minor: u64| own.as_ref().is_none_or(|own| admits(own, minor)) && wheels.iter().all(|facts| wheel_fits(facts, minor));
    let versions: Vec<String> = MINORS.filter(|minor| fits(*minor)).map(|minor| format!("3.{minor}")).collect();
    let refusals = |minors: &[u64]| {
        let refuses = |fits: &dyn Fn(u64) -> bool| minors.iter().all(|minor| !fits(*minor));
        let mut list = String::new();
        if own.as_ref().is_some_and(|own| refuses(&|minor| admits(own, minor))) {
            list += &format!("  requires_python = {}\n", application.requires_python.as_deref().unwrap_or_default());
        }
        for facts in wheels.iter().filter(|facts| refuses(&|minor| wheel_fits(facts, minor))) {
            list += &describe(facts);
        }
        list
    };
    if let Some(wanted) = &application.python_version
        && !versions.contains(wanted)
    {
        let minor = wanted.strip_prefix("3.").and_then(|minor| minor.parse().ok()).unwrap_or(0);
        return Err(AppError::WrongPython { origin: origin(), wanted: wanted.clone(), list: refusals(&[minor]) });
    }
    if versions.is_empty() {
        let mut list = refusals(&MINORS.collect::<Vec<_>>());
        if list.is_empty() {
            // No one refuses all alone: name everyone who narrows the choice.
            for facts in wheels.iter().filter(|facts| MINORS.clone().any(|minor| !wheel_fits(facts, minor))) {
                list += &describe(facts);
            }
        }
        return Err(AppError::NoPython { origin: origin(), list });
    }
    Ok(Python { requires: application.requires_python.clone(), versions, default: application.python_version.clone() })
}

/// A wheel and what it asks of Python, as a line for the message.
fn describe(facts: &Facts) -> String {
    let requires = facts.requires_python.as_deref().map(|text| format!("requires {text}"));
    let tagged = facts.tags.iter().any(|tag| !tag.starts_with("py3-")).then(|| format!("tagged {}", facts.tags.join(", ")));
    let zstd = facts.zstd.then(|| format!("compressed by Zstandard, which Python reads from 3.{ZSTD} on"));
    let asks: Vec<String> = requires.into_iter().chain(tagged).chain(zstd).collect();
    format!("  {} ({})\n", facts.file, asks.join("; "))
}

fn wheel_fits(facts: &Facts, minor: u64) -> bool {
    let required = facts.requires_python.as_deref().and_then(|text| VersionSpecifiers::from_str(text).ok());
    let unpacked = !facts.zstd || minor >= ZSTD;
    unpacked && required.is_none_or(|required| admits(&required, minor)) && facts.tags.iter().any(|tag| tag_fits(tag, minor))
}

/// Whether some patch release of 3.`minor` is admitted: bounds such as `>=3.11.4` speak of patches, which a file does not choose.
fn admits(specifiers: &VersionSpecifiers, minor: u64) -> bool {
    const HIGHEST_PATCH: u64 = 40;
    (0..=HIGHEST_PATCH).any(|patch| specifiers.contains(&Version::new([3, minor, patch])))
}

/// Whether a tag such as `cp311-abi3-linux_x86_64` fits CPython 3.`minor` (PEP 425).
fn tag_fits(tag: &str, minor: u64) -> bool {
    let mut parts = tag.splitn(3, '-');
    let (Some(python), Some(abi)) = (parts.next(), parts.next()) else { return false };
    let digits = |prefix: &str| python.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('3'));
    let number = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<u64>().ok() };
    match (digits("py").map(number), digits("cp").map(number), abi) {
        (Some(Some(from)), None, "none") => minor >= from,
        (None, Some(Some(from)), "abi3") => minor >= from,
        (None, Some(Some(exact)), _) => minor == exact,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{MINORS, tag_fits};

    fn fitting(tag: &str) -> Vec<u64> {
        MINORS.filter(|minor| tag_fits(tag, *minor)).collect()
    }

    #[test]
    fn tags_bound_versions() {
        assert_eq!(fitting("py3-none-any").len(), MINORS.count());
        assert_eq!(fitting("cp311-cp311-manylinux_2_17_x86_64"), [11]);
        assert_eq!(fitting("cp313-cp313t-manylinux_2_17_x86_64"), [13]);
        assert_eq!(fitting("cp322-abi3-linux_x86_64"), [22, 23, 24, 25]);
        assert_eq!(fitting("py310-none-any").first(), Some(&10));
        assert!(fitting("py2-none-any").is_empty());
        assert!(fitting("pp310-pypy310_pp73-linux_x86_64").is_empty());
    }
}
