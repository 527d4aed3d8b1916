//! The `# via` comments of pip-compile and of uv: who asked for a package.

/// Those who asked: packages, `-r FILE`, `-c FILE`, `NAME (FILE)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Via(pub Vec<String>);

/// Reads the comments that belong to a requirement. None where they say nothing of it.
pub(super) fn read(comments: &[String]) -> Option<Via> {
    let at = comments.iter().position(|comment| comment == "via" || comment.starts_with("via "))?;
    let first = comments.get(at)?.strip_prefix("via")?;
    // One line with commas, or one line each.
    let names = first.split(',').chain(comments.get(at + 1..)?.iter().map(String::as_str));
    Some(Via(names.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()))
}

#[cfg(test)]
mod tests {
    use super::{Via, read};

    fn via(comments: &[&str]) -> Option<Via> {
        read(&comments.iter().map(|comment| (*comment).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn both_styles() {
        let expected = Some(Via(vec!["anyio".to_owned(), "-r in.txt".to_owned()]));
        assert_eq!(via(&["via", "anyio", "-r in.txt"]), expected);
        assert_eq!(via(&["via anyio, -r in.txt"]), expected);
        assert_eq!(via(&["something else"]), None);
    }
}
