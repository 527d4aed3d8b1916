//! One requirement as PEP 508 writes it: `name[extra,…] >=1,<2 ; marker`, or `name @ address ; marker`.
//!
//! Only what locks and the edges between packages need is taken apart: the marker stays text, since where it is read decides what it may say. `pep508_rs` reads a
//! requirement too, but brings half a megabyte of regular expressions, addresses and Unicode tables into a tool that every action downloads.

use crate::tags::normalize;

/// A requirement taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Requirement<'a> {
    /// Normalized.
    pub name: String,
    /// Normalized, in their order.
    pub extras: Vec<String>,
    /// Specifiers as written, without parentheses; empty where there are none.
    pub specifiers: &'a str,
    pub url: Option<&'a str>,
    pub marker: Option<&'a str>,
}

/// Takes a requirement apart.
pub(crate) fn parse(text: &str) -> Result<Requirement<'_>, String> {
    let text = text.trim();
    let refuse = |what: &str| Err(format!("{what} in requirement: `{text}`"));
    let end = text.find(|next: char| !(next.is_ascii_alphanumeric() || matches!(next, '-' | '_' | '.'))).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if !name.starts_with(|first: char| first.is_ascii_alphanumeric()) || !name.ends_with(|last: char| last.is_ascii_alphanumeric()) {
        return refuse("Missing name");
    }
    let mut requirement = Requirement { name: normalize(name), ..Requirement::default() };
    let mut rest = rest.trim_start();
    if let Some(inner) = rest.strip_prefix('[') {
        let Some((extras, tail)) = inner.split_once(']') else { return refuse("Missing `]`") };
        requirement.extras = extras.split(',').map(normalize).filter(|extra| !extra.is_empty()).collect();
        rest = tail.trim_start();
    }
    let marker;
    if let Some(url) = rest.strip_prefix('@') {
        // An address may have a `;` of its own: the marker's stands after a space.
        let (url, tail) = url.split_once(" ;").map_or((url, None), |(url, marker)| (url, Some(marker)));
        requirement.url = Some(url.trim());
        marker = tail;
        if url.trim().is_empty() {
            return refuse("Missing address");
        }
    } else {
        let (specifiers, tail) = rest.split_once(';').map_or((rest, None), |(specifiers, marker)| (specifiers, Some(marker)));
        let specifiers = specifiers.trim();
        let bare = specifiers.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(specifiers);
        requirement.specifiers = bare.trim();
        if !requirement.specifiers.is_empty()
            && !requirement.specifiers.starts_with(['=', '!', '<', '>', '~', '^', '*', '|'])
            && !requirement.specifiers.starts_with(|first: char| first.is_ascii_digit())
        {
            return refuse(&format!("Unexpected `{}`", requirement.specifiers));
        }
        marker = tail;
    }
    requirement.marker = marker.map(str::trim).filter(|marker| !marker.is_empty());
    Ok(requirement)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn taken_apart() {
        let all = parse("Foo_Bar [A_b, c] (>=1,<2) ; python_version < '3.11'").unwrap();
        assert_eq!((all.name.as_str(), all.specifiers, all.marker), ("foo-bar", ">=1,<2", Some("python_version < '3.11'")));
        assert_eq!(all.extras, ["a-b", "c"]);
        let url = parse("foo @ https://host/foo-1.whl#sha256=0 ; os_name == 'nt'").unwrap();
        assert_eq!((url.url, url.marker), (Some("https://host/foo-1.whl#sha256=0"), Some("os_name == 'nt'")));
        assert_eq!(parse("foo==1").unwrap().specifiers, "==1");
        for wrong in ["", "[a]", "foo[a", "foo @", "foo bar", "-e ."] {
            parse(wrong).unwrap_err();
        }
    }
}
