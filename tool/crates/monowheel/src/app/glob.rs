//! Globs over slash-separated paths, as `exclude` takes them.

/// Whether a path fits a glob: `*` and `?` stay within a part, `**` stands for any number of parts.
pub(super) fn fits(glob: &str, path: &str) -> bool {
    parts_fit(&glob.split('/').collect::<Vec<_>>(), &path.split('/').collect::<Vec<_>>())
}

fn parts_fit(glob: &[&str], path: &[&str]) -> bool {
    match (glob.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), Some((_, below))) => parts_fit(rest, path) || parts_fit(glob, below),
        (Some((&"**", rest)), None) => parts_fit(rest, path),
        (Some((part, rest)), Some((name, below))) => part_fits(part.as_bytes(), name.as_bytes()) && parts_fit(rest, below),
        _ => false,
    }
}

/// Whether one name fits: `*` stands for any letters, `?` for one.
pub(super) fn part_fits(glob: &[u8], name: &[u8]) -> bool {
    match (glob.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), Some((_, below))) => part_fits(rest, name) || part_fits(glob, below),
        (Some((b'*', rest)), None) => part_fits(rest, name),
        (Some((b'?', rest)), Some((_, below))) => part_fits(rest, below),
        (Some((letter, rest)), Some((found, below))) => letter == found && part_fits(rest, below),
        _ => false,
    }
}

/// Whether a glob can fit any path at all.
pub(super) fn is_valid(glob: &str) -> bool {
    !glob.contains('\\') && glob.split('/').all(|part| !matches!(part, "" | "." | "..") && (part == "**" || !part.contains("**")))
}

#[cfg(test)]
mod tests {
    use super::{fits, is_valid};

    #[test]
    fn parts_and_letters() {
        for (glob, path) in [
            ("**/tests/**", "tests/a.py"),
            ("**/tests/**", "a/b/tests/c/d.py"),
            ("**/*.pyi", "a.pyi"),
            ("**/*.pyi", "a/b/c.pyi"),
            ("a/*/c?.py", "a/b/c1.py"),
            ("**", "a/b"),
        ] {
            assert!(fits(glob, path), "{glob} {path}");
        }
        for (glob, path) in [("*.pyi", "a/b.pyi"), ("**/tests/**", "a/mytests/b.py"), ("a/*", "a/b/c"), ("a?", "a/")] {
            assert!(!fits(glob, path), "{glob} {path}");
        }
    }

    #[test]
    fn globs_that_fit_nothing_are_not_valid() {
        assert!(["**/a", "a/**", "*", "a?.py"].iter().all(|glob| is_valid(glob)));
        assert!(!["", "/a", "a/", "./a", "../a", "a//b", "a\\b", "a**"].iter().any(|glob| is_valid(glob)));
    }
}
