//! The `Name: value` lines of METADATA and WHEEL.
//!
//! Both are RFC 822 headers as Python's `email` package reads them ([core metadata], "the format is an email header"): folded lines continue the
//! value, and the first line that is neither ends the headers. Text is UTF-8; what is not (METADATA before 2.1 knew no encoding) is replaced
//! rather than refused, since no field that decides anything may hold it.
//!
//! [core metadata]: https://packaging.python.org/en/latest/specifications/core-metadata/

/// Header fields in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// Reads the headers at the beginning of `bytes`.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
            if line.starts_with([' ', '\t']) {
                let Some((_, value)) = fields.last_mut() else { break };
                value.push('\n');
                value.push_str(line);
                continue;
            }
            match line.split_once(':') {
                Some((name, value)) if is_name(name) => fields.push((name.to_owned(), value.trim().to_owned())),
                _ => break,
            }
        }
        for (_, value) in &mut fields {
            *value = value.trim_end().to_owned();
        }
        Self(fields)
    }

    /// The values of a field; names are compared without regard to case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The first value of a field.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// RFC 822 field names: printable ASCII without space and colon.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A folded value as one line.
#[must_use]
pub fn unfold(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A folded value as the text it was: continuation lines lose the indent that folding gave them (8 spaces, or 7 and `|`).
#[must_use]
pub fn dedent(value: &str) -> String {
    let strip = |line: &str| {
        let bare = line.strip_prefix("       |").or_else(|| line.strip_prefix("        "));
        bare.unwrap_or_else(|| line.trim_start()).to_owned()
    };
    let mut lines = value.split('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    std::iter::once(first).chain(lines.map(strip)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_repeat_fold_and_end() {
        let headers = Headers::parse(b"Name: six\r\nTag: py2\nTag:py3 \nLicense: MIT\n        second\n       |third\n\nName: body\n");
        assert_eq!(headers.first("name"), Some("six"));
        assert_eq!(headers.all("Tag").collect::<Vec<_>>(), ["py2", "py3"]);
        assert_eq!(dedent(headers.first("License").unwrap()), "MIT\nsecond\nthird");
        assert_eq!(unfold(headers.first("License").unwrap()), "MIT second |third");
        assert_eq!(headers.first("Summary"), None);
    }

    #[test]
    fn a_line_that_is_no_header_ends_them() {
        let headers = Headers::parse(b"Name: six\nPermission is hereby granted\nVersion: 1\n");
        assert_eq!(headers.first("Name"), Some("six"));
        assert_eq!(headers.first("Version"), None);
        assert_eq!(Headers::parse(b" folded first\nName: six\n"), Headers::default());
    }

    #[test]
    fn other_encodings_do_not_hide_the_rest() {
        let headers = Headers::parse(b"\xef\xbb\xbfName: six\nAuthor: J\xf6rg\nVersion: 1\n");
        assert_eq!(headers.first("Name"), Some("six"));
        assert_eq!(headers.first("Author"), Some("J\u{fffd}rg"));
        assert_eq!(headers.first("Version"), Some("1"));
    }
}
