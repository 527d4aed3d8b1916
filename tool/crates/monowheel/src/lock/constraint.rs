//! Version constraints as poetry writes them: PEP 440 specifiers, and `^1.2`, `~1.2`, `1.2.3`, `1.*`, `*`, with `||` between alternatives.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};

/// Alternatives, each a conjunction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Constraint(Vec<VersionSpecifiers>);

impl FromStr for Constraint {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.split('|').map(str::trim).filter(|part| !part.is_empty()).map(alternative).collect::<Result<_, _>>().map(Self)
    }
}

impl Constraint {
    pub fn admits(&self, version: &Version) -> bool {
        self.0.is_empty() || self.0.iter().any(|specifiers| specifiers.contains(version))
    }

    /// The constraint as a marker on `python_full_version`; none where it admits all.
    pub fn marker(&self) -> Option<String> {
        let alternatives: Option<Vec<String>> = self.0.iter().map(marker).collect();
        alternatives.filter(|alternatives| !alternatives.is_empty()).map(|alternatives| format!("({})", alternatives.join(" or ")))
    }

    /// The one alternative that speaks of a Python that is known here; of several the least demands of all.
    pub fn python(&self) -> VersionSpecifiers {
        let admits =
            |specifiers: &VersionSpecifiers, minor: u64| (0..40).any(|patch| specifiers.contains(&Version::new([3, minor, patch])));
        let known: Vec<&VersionSpecifiers> = self.0.iter().filter(|specifiers| (9..=15).any(|minor| admits(specifiers, minor))).collect();
        match known.as_slice() {
            [] => self.0.first().cloned().unwrap_or_default(),
            [only] => (*only).clone(),
            several => {
                let lowest = (9..=15).find(|minor| several.iter().any(|specifiers| admits(specifiers, *minor))).unwrap_or_default();
                let at_least = VersionSpecifier::greater_than_equal_version(Version::new([3, lowest]));
                VersionSpecifiers::from_iter([at_least])
            }
        }
    }
}

/// Specifiers as a marker on `python_full_version`; none where there are none.
pub(super) fn marker(specifiers: &VersionSpecifiers) -> Option<String> {
    let tests: Vec<String> =
        specifiers.iter().map(|one| format!("python_full_version {} '{}'", one.operator(), version_text(one))).collect();
    (!tests.is_empty()).then(|| format!("({})", tests.join(" and ")))
}

/// The version of a specifier as it stands behind the operator, with its `.*`.
fn version_text(specifier: &VersionSpecifier) -> String {
    specifier.to_string().trim_start_matches(['=', '!', '<', '>', '~']).trim().to_owned()
}

fn alternative(text: &str) -> Result<VersionSpecifiers, ()> {
    let mut specifiers = Vec::new();
    // A space may stand within (`>= 1.0`) or between (`>=1 <2`).
    let mut spaced = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            ' ' if spaced.ends_with(|last: char| last.is_ascii_alphanumeric() || last == '*') => spaced.push(','),
            ' ' => {}
            ',' if spaced.ends_with(',') => {}
            _ => spaced.push(character),
        }
    }
    for part in spaced.split(',').filter(|part| !part.is_empty()) {
        specifiers.extend(single(part)?);
    }
    Ok(VersionSpecifiers::from_iter(specifiers))
}

fn single(text: &str) -> Result<Vec<VersionSpecifier>, ()> {
    let version = |text: &str| Version::from_str(text).map_err(|_| ());
    let range = |low: Version, high: Vec<u64>| {
        vec![VersionSpecifier::greater_than_equal_version(low), VersionSpecifier::less_than_version(Version::new(high))]
    };
    if text == "*" {
        return Ok(Vec::new());
    }
    if let Some(rest) = text.strip_prefix('^') {
        let low = version(rest)?;
        // The first part that is not 0 may not change.
        let release = low.release().to_vec();
        let fixed = release.iter().position(|part| *part != 0).unwrap_or(release.len().saturating_sub(1));
        return Ok(range(low, bumped(&release, fixed)));
    }
    if let Some(rest) = text.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        let low = version(rest)?;
        let release = low.release().to_vec();
        let fixed = release.len().saturating_sub(1).min(1);
        return Ok(range(low, bumped(&release, fixed)));
    }
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return VersionSpecifier::from_str(&format!("=={text}")).map(|specifier| vec![specifier]).map_err(|_| ());
    }
    // PEP 440 has no wildcard with `<` and the like; poetry has.
    let text = if text.starts_with(['<', '>']) { text.trim_end_matches(".*") } else { text };
    VersionSpecifier::from_str(text).map(|specifier| vec![specifier]).map_err(|_| ())
}

/// The release with its part `at` one higher, and nothing after it.
fn bumped(release: &[u64], at: usize) -> Vec<u64> {
    release.iter().take(at + 1).enumerate().map(|(place, part)| if place == at { part.saturating_add(1) } else { *part }).collect()
}

#[cfg(test)]
mod tests {
    use super::Constraint;

    fn admits(constraint: &str, version: &str) -> bool {
        constraint.parse::<Constraint>().unwrap().admits(&version.parse().unwrap())
    }

    #[test]
    fn admitted() {
        for (constraint, version) in [
            ("*", "1"),
            ("^1.2", "1.9"),
            ("^0.2.3", "0.2.9"),
            ("^0.0.3", "0.0.3"),
            ("~1.2.3", "1.2.9"),
            ("~1", "1.9"),
            ("1.2.3", "1.2.3"),
            ("1.2.*", "1.2.9"),
            (">= 1.0, <2", "1.5"),
            (">=1 <2", "1.5"),
            ("^2.7 || ^3.6", "3.9"),
            ("2.9.0.post0", "2.9.0.post0"),
            ("~=1.4", "1.9"),
        ] {
            assert!(admits(constraint, version), "{constraint} {version}");
        }
    }

    #[test]
    fn not_admitted() {
        for (constraint, version) in [
            ("^1.2", "2.0"),
            ("^0.2.3", "0.3"),
            ("^0.0.3", "0.0.4"),
            ("~1.2.3", "1.3"),
            ("~1", "2"),
            ("1.2.3", "1.2.4"),
            ("^2.7 || ^3.6", "3.5"),
        ] {
            assert!(!admits(constraint, version), "{constraint} {version}");
        }
        for wrong in [">=", "abc", "^", "1.2.3.x"] {
            wrong.parse::<Constraint>().unwrap_err();
        }
    }

    #[test]
    fn python() {
        let python = |constraint: &str| constraint.parse::<Constraint>().unwrap().python().to_string();
        assert_eq!(python("^3.8"), ">=3.8, <4");
        assert_eq!(python("~2.7 || ^3.6"), ">=3.6, <4");
        assert_eq!(python(">=3.8,<3.9 || >=3.10,<3.11 || >=3.12"), ">=3.10");
    }
}
