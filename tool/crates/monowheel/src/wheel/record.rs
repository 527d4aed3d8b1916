//! RECORD: the list of a wheel's files with their hashes and sizes.
//!
//! Source: [recording installed projects], "The RECORD file" (PEP 376, PEP 627), and [binary distribution format]: every file but RECORD and its
//! signatures is listed with a hash, and the hash is sha256 or better. The dialect is that of Python's `csv` module: commas, `"` doubled within
//! quotes, any line ending.
//!
//! [recording installed projects]: https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file
//! [binary distribution format]: https://packaging.python.org/en/latest/specifications/binary-distribution-format/#the-dist-info-directory

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::path::{MemberPath, PathError};

/// What is wrong with RECORD, or between RECORD and the archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum RecordError {
    #[error("RECORD is not UTF-8")]
    NotUtf8,
    #[error("RECORD has a line that is not CSV: line {line}")]
    Csv { line: usize },
    #[error("RECORD has a line with {found} columns instead of 3: line {line}")]
    Columns { line: usize, found: usize },
    #[error("RECORD has a path that is not valid: line {line}")]
    Path { line: usize, source: PathError },
    #[error("RECORD has a size that is not a number: `{found}` of `{path}`")]
    Size { path: String, found: String },
    #[error("RECORD has a hash that is not valid: `{found}` of `{path}`")]
    Hash { path: String, found: String },
    #[error("RECORD has a hash weaker than sha256: `{algorithm}` of `{path}`")]
    Weak { path: String, algorithm: String },
    #[error("RECORD has a hash of an unknown kind: `{algorithm}` of `{path}`\nhint: sha256, sha384 and sha512 are read")]
    Algorithm { path: String, algorithm: String },
    #[error("RECORD lists a file twice, differently: `{path}`")]
    Twice { path: String },
    #[error("RECORD lists a file without its hash: `{path}`")]
    Unhashed { path: String },
    #[error("RECORD lists a file that the wheel does not have: `{path}`")]
    NoFile { path: String },
    #[error("RECORD does not list a file that the wheel has: `{path}`")]
    NoEntry { path: String },
    #[error("File has another size than RECORD says: expected {expected} bytes, found {found}: `{path}`")]
    SizeDiffers { path: String, expected: u64, found: u64 },
    #[error("File has another hash than RECORD says: expected {expected}, found {found}: `{path}`")]
    HashDiffers { path: String, expected: String, found: String },
}

/// The hash functions that may stand in RECORD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    const fn size(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// A digest as RECORD writes it.
    #[must_use]
    pub fn display(self, digest: &[u8]) -> String {
        format!("{}={}", self.name(), URL_SAFE_NO_PAD.encode(digest))
    }
}

/// What RECORD says of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Hash function and digest.
    pub hash: Option<(Algorithm, Vec<u8>)>,
    /// Size in bytes.
    pub size: Option<u64>,
}

/// A parsed RECORD. Lines for folders, which some tools write, are left out: a wheel's folders follow from its files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Entries by path.
    pub entries: BTreeMap<String, Entry>,
}

impl Record {
    /// Parses RECORD.
    ///
    /// # Errors
    /// Where a line is not what the specification says.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let text = str::from_utf8(bytes).map_err(|_| RecordError::NotUtf8)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut entries = BTreeMap::new();
        for (line, row) in rows(text)? {
            let [path, hash, size] = &row[..] else { return Err(RecordError::Columns { line, found: row.len() }) };
            let is_folder = path.ends_with('/');
            let checked = path.strip_suffix('/').unwrap_or(path).parse::<MemberPath>();
            let path = checked.map_err(|source| RecordError::Path { line, source })?.to_string();
            if is_folder {
                continue;
            }
            let entry = Entry { hash: parse_hash(&path, hash)?, size: parse_size(&path, size)? };
            if entries.insert(path.clone(), entry.clone()).is_some_and(|earlier| earlier != entry) {
                return Err(RecordError::Twice { path });
            }
        }
        Ok(Self { entries })
    }

    /// The text of a RECORD that was parsed before, with the lines of those files alone that `keep` admits.
    ///
    /// # Errors
    /// As for [`Record::parse`].
    pub fn without(bytes: &[u8], keep: impl Fn(&str) -> bool) -> Result<Vec<u8>, RecordError> {
        let text = str::from_utf8(bytes).map_err(|_| RecordError::NotUtf8)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut output = String::new();
        for (line, row) in rows(text)? {
            let path: MemberPath = match row[0].parse() {
                Ok(path) => path,
                Err(_) if row[0].ends_with('/') => continue,
                Err(source) => return Err(RecordError::Path { line, source }),
            };
            if keep(path.as_str()) {
                let fields: Vec<String> = row.iter().map(|field| quoted(field)).collect();
                output.push_str(&fields.join(","));
                output.push('\n');
            }
        }
        Ok(output.into_bytes())
    }
}

/// A field as `csv` writes it: in quotes only where it must be. A byte order mark would be taken for the text's own where it comes first.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r', '\u{feff}']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}

fn parse_size(path: &str, text: &str) -> Result<Option<u64>, RecordError> {
    if text.is_empty() {
        return Ok(None);
    }
    let size = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    size.map(Some).ok_or_else(|| RecordError::Size { path: path.to_owned(), found: text.to_owned() })
}

fn parse_hash(path: &str, text: &str) -> Result<Option<(Algorithm, Vec<u8>)>, RecordError> {
    if text.is_empty() {
        return Ok(None);
    }
    let path = || path.to_owned();
    let invalid = || RecordError::Hash { path: path(), found: text.to_owned() };
    let (name, digest) = text.split_once('=').ok_or_else(invalid)?;
    let algorithm = match name.to_ascii_lowercase().as_str() {
        "sha256" => Algorithm::Sha256,
        "sha384" => Algorithm::Sha384,
        "sha512" => Algorithm::Sha512,
        "md5" | "sha1" | "sha224" => return Err(RecordError::Weak { path: path(), algorithm: name.to_owned() }),
        _ => return Err(RecordError::Algorithm { path: path(), algorithm: name.to_owned() }),
    };
    let digest = URL_SAFE_NO_PAD.decode(digest.trim_end_matches('=')).map_err(|_| invalid())?;
    if digest.len() != algorithm.size() {
        return Err(invalid());
    }
    Ok(Some((algorithm, digest)))
}

/// Splits CSV into rows, each with the number of its first line. Blank lines are no rows.
fn rows(text: &str) -> Result<Vec<(usize, Vec<String>)>, RecordError> {
    let mut rows = Vec::new();
    let (mut line, mut rest) = (1, text);
    while !rest.is_empty() {
        let first = line;
        let mut row = Vec::new();
        loop {
            let (field, after) = field(rest).ok_or(RecordError::Csv { line: first })?;
            line += field.matches('\n').count();
            row.push(field);
            rest = after;
            match rest.strip_prefix(',') {
                Some(after) => rest = after,
                None => break,
            }
        }
        rest = ["\r\n", "\n", "\r"].iter().find_map(|end| rest.strip_prefix(end)).unwrap_or(rest);
        line += 1;
        if row != [""] {
            rows.push((first, row));
        }
    }
    Ok(rows)
}

/// One field and what follows it: a comma, a line ending or nothing. `None` where a quote stands wrong.
fn field(text: &str) -> Option<(String, &str)> {
    let ends = [',', '\n', '\r'];
    let Some(mut rest) = text.strip_prefix('"') else {
        let (field, rest) = text.split_at(text.find(ends).unwrap_or(text.len()));
        return (!field.contains('"')).then(|| (field.to_owned(), rest));
    };
    let mut field = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None => return (after.is_empty() || after.starts_with(ends)).then_some((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digest of nothing.
    const EMPTY: &str = "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

    fn of(text: &str) -> RecordError {
        Record::parse(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn rows_are_read_as_csv() {
        let text = format!("a.py,{EMPTY},0\r\n\"b,\"\"c\"\".py\",{EMPTY}=,\n\nfolder/,,\nx.dist-info/RECORD,,");
        let record = Record::parse(text.as_bytes()).unwrap();
        assert_eq!(record.entries.keys().collect::<Vec<_>>(), ["a.py", "b,\"c\".py", "x.dist-info/RECORD"]);
        let (algorithm, digest) = record.entries["a.py"].hash.clone().unwrap();
        assert_eq!(algorithm.display(&digest), EMPTY);
        assert_eq!(record.entries["a.py"].size, Some(0));
        assert_eq!(record.entries["b,\"c\".py"].hash, record.entries["a.py"].hash);
        assert_eq!(record.entries["x.dist-info/RECORD"], Entry::default());
    }

    #[test]
    fn lines_can_be_left_out() {
        let text = format!("\u{feff}a.py,{EMPTY},0\r\n\"b,\"\"c\"\".py\",{EMPTY}=,\n\nfolder/,,\nx.dist-info/RECORD,,");
        let kept = Record::without(text.as_bytes(), |path| path != "a.py").unwrap();
        assert_eq!(String::from_utf8(kept).unwrap(), format!("\"b,\"\"c\"\".py\",{EMPTY}=,\nx.dist-info/RECORD,,\n"));
    }

    #[test]
    fn a_name_may_begin_with_a_byte_order_mark() {
        let text = format!("a.py,{EMPTY},0\n\u{feff}b.py,{EMPTY},0\n");
        let kept = Record::without(text.as_bytes(), |path| path != "a.py").unwrap();
        assert_eq!(Record::parse(&kept).unwrap().entries.keys().collect::<Vec<_>>(), ["\u{feff}b.py"]);
    }

    #[test]
    fn stronger_hashes_are_taken_and_weaker_ones_refused() {
        let digest = |size: usize| URL_SAFE_NO_PAD.encode(vec![0; size]);
        for (name, size) in [("sha384", 48), ("sha512", 64), ("SHA256", 32)] {
            assert!(Record::parse(format!("a,{name}={},1", digest(size)).as_bytes()).is_ok(), "{name}");
        }
        for (name, size) in [("md5", 16), ("sha1", 20), ("sha224", 28)] {
            assert_eq!(of(&format!("a,{name}={},1", digest(size))), RecordError::Weak { path: "a".to_owned(), algorithm: name.to_owned() });
        }
        assert!(matches!(of(&format!("a,blake2b={},1", digest(64))), RecordError::Algorithm { .. }));
        for text in ["a,sha256,1", "a,sha256=,1", "a,sha256=!!,1", &format!("a,sha256={},1", digest(31))] {
            assert!(matches!(of(text), RecordError::Hash { .. }), "{text}");
        }
    }

    #[test]
    fn broken_rows_are_refused() {
        assert_eq!(of("a,,\nb,\"c"), RecordError::Csv { line: 2 });
        assert_eq!(of("a\"b,,"), RecordError::Csv { line: 1 });
        assert_eq!(of("\"a\"b,,"), RecordError::Csv { line: 1 });
        assert_eq!(of("a,b"), RecordError::Columns { line: 1, found: 2 });
        assert_eq!(of("a,,,"), RecordError::Columns { line: 1, found: 4 });
        assert!(matches!(of("a,,-1"), RecordError::Size { .. }));
        assert!(matches!(of("a,,+1"), RecordError::Size { .. }));
        assert!(matches!(of("a,,1\na,,2"), RecordError::Twice { .. }));
        assert!(matches!(Record::parse(b"\xff,,"), Err(RecordError::NotUtf8)));
        for text in ["/etc/passwd,,", "../a,,", "a\\b,,", ",,", "C:/a,,", "../folder/,,"] {
            assert!(matches!(of(text), RecordError::Path { line: 1, .. }), "{text}");
        }
    }
}
