//! Names of projects, extras and dependency groups.

/// Normalizes a name (PEP 503, PEP 685, PEP 735): lower case, each run of `-`, `_` and `.` one `-`.
#[must_use]
pub fn normalize(name: &str) -> String {
    let mut normalized = String::with_capacity(name.len());
    let mut separated = false;
    for character in name.trim().chars() {
        if matches!(character, '-' | '_' | '.') {
            separated = true;
        } else {
            if separated {
                normalized.push('-');
                separated = false;
            }
            normalized.push(character.to_ascii_lowercase());
        }
    }
    if separated {
        normalized.push('-');
    }
    normalized
}

#[cfg(test)]
mod tests {
    use super::normalize;

    #[test]
    fn runs_of_separators_become_one_hyphen() {
        assert_eq!(normalize("Foo__Bar.-baz"), "foo-bar-baz");
        assert_eq!(normalize("typing_extensions"), "typing-extensions");
    }
}
