//! A wheel without some of its files, written by rule: the same bytes whenever and wherever.
//!
//! The members that stay are copied as they are compressed: nothing is deflated, so no version of a compressor reaches the output. RECORD loses the lines
//! of what is gone and is stored; its signatures, which are of the whole, go. Headers are as this crate writes them, and folders, which follow from files,
//! have none.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, Write};

use super::archive::{Archive, Entry, Kind, Limits};
use super::error::Problem;
use super::install::Layout;
use super::record::Record;
use crate::zip::{self, Member, Packed, Writer, archive_size};

const SIGNATURES: [&str; 2] = ["RECORD.jws", "RECORD.p7s"];

/// What a wheel becomes.
#[derive(Debug)]
pub struct Rewrite {
    /// What is left out: files.
    pub files: usize,
    /// Their bytes when unpacked.
    pub bytes: u64,
    /// Places in the environment that stay.
    pub places: BTreeSet<String>,
    /// Those that are gone.
    pub gone: BTreeSet<String>,
    members: Vec<(Member, Content)>,
}

#[derive(Debug)]
enum Content {
    /// As it stands in the wheel.
    Copied(Entry),
    /// RECORD.
    Written(Vec<u8>),
}

impl Rewrite {
    /// Plans it; `leave_out` is asked for the path of each file in the wheel, in the wheel's order.
    ///
    /// # Errors
    /// Where the wheel cannot be read.
    pub fn new<R: Read + Seek>(
        input: R,
        name: &str,
        dist_info: &str,
        data: Option<&str>,
        mut leave_out: impl FnMut(&str) -> bool,
    ) -> Result<Self, Problem> {
        let mut archive = Archive::open(input, &Limits::NONE)?;
        let layout = Layout { name: name.to_owned(), data: data.map(str::to_owned) };
        let record = format!("{dist_info}/RECORD");
        let signatures = SIGNATURES.map(|name| format!("{dist_info}/{name}"));
        let mut rewrite = Self { files: 0, bytes: 0, places: BTreeSet::new(), gone: BTreeSet::new(), members: Vec::new() };
        let mut kept = BTreeSet::new();
        let entries: Vec<Entry> = archive.entries().iter().filter(|entry| entry.kind != Kind::Folder).cloned().collect();
        for entry in entries {
            if leave_out(entry.path.as_str()) {
                (rewrite.files, rewrite.bytes) = (rewrite.files + 1, rewrite.bytes + entry.size);
                rewrite.gone.insert(layout.place(&entry.path)?);
            } else if !signatures.iter().any(|signature| signature == entry.path.as_str()) {
                kept.insert(entry.path.to_string());
                rewrite.places.insert(layout.place(&entry.path)?);
                rewrite.members.push((member(&entry), Content::Copied(entry)));
            }
        }
        let found = rewrite.members.iter_mut().find(|(member, _)| member.name == record);
        let (member, content) = found.ok_or(Problem::Missing { member: record })?;
        if let Content::Copied(entry) = content {
            let mut bytes = Vec::new();
            archive.read(entry, |piece| bytes.extend_from_slice(piece))?;
            let bytes = Record::without(&bytes, |path| kept.contains(path))?;
            (member.size, member.crc32, member.packed) = (bytes.len() as u64, zip::crc32(&bytes), None);
            *content = Content::Written(bytes);
        }
        Ok(rewrite)
    }

    /// Bytes that the rewritten wheel has.
    #[must_use]
    pub fn size(&self) -> u64 {
        archive_size(self.members.iter().map(|(member, _)| member))
    }

    /// Writes the members; `input` is the wheel that the rewrite was planned for.
    ///
    /// # Errors
    /// Where the wheel cannot be read, or the output cannot be written.
    pub fn write<R: Read + Seek, W: Write>(&self, mut input: R, output: &mut Writer<W>) -> io::Result<()> {
        for (member, content) in &self.members {
            match content {
                Content::Copied(entry) => output.copy(member.clone(), entry.compressed(&mut input)?)?,
                Content::Written(bytes) => output.copy(member.clone(), bytes.as_slice())?,
            }
        }
        Ok(())
    }
}

/// A member as it is in the wheel, under headers of ours.
fn member(entry: &Entry) -> Member {
    let kind = match entry.kind {
        Kind::Link => zip::Kind::Link,
        _ => zip::Kind::file(entry.executable),
    };
    let packed = Packed { method: entry.method.number(), size: entry.size, marked: entry.marked };
    Member { name: entry.path.to_string(), kind, size: entry.compressed, crc32: entry.crc32, packed: Some(packed) }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::wheel::testing::{BZIP2, DEFLATE, LZMA, Member, Wheel, ZSTD};
    use crate::wheel::{Options, read_from};

    fn rewritten(wheel: &[u8], leave_out: impl FnMut(&str) -> bool) -> (Vec<u8>, Rewrite) {
        let rewrite = Rewrite::new(Cursor::new(wheel), "pkg", "pkg-1.0.dist-info", None, leave_out).unwrap();
        let mut writer = Writer::new(Vec::new(), 0);
        rewrite.write(Cursor::new(wheel), &mut writer).unwrap();
        (writer.finish().unwrap(), rewrite)
    }

    #[test]
    fn what_stays_is_a_valid_wheel_of_known_size() {
        let wheel = Wheel::new()
            .member(Member::new("pkg/", ""))
            .member(Member::compressed("pkg/a.py", "a = 1\n".repeat(100), DEFLATE).streamed(true, false))
            .member(Member::compressed("pkg/b.py", "b = 1\n".repeat(100), LZMA))
            .member(Member::compressed("pkg/c.py", "c = 1\n".repeat(100), BZIP2))
            .member(Member::compressed("pkg/d\u{e9}.py", "d = 1\n".repeat(100), ZSTD))
            .member(Member::new("pkg/run", "#!/bin/sh\n").mode(0o100_755))
            .member(Member::new("pkg/link", "a.py").mode(0o120_777))
            .file("pkg/tests/__init__.py", "")
            .file("pkg/tests/test_a.py", "test")
            .file("pkg-1.0.dist-info/RECORD.jws", "{}");
        let (bytes, rewrite) = rewritten(&wheel.zip().bytes(), |path| path.contains("/tests/"));
        assert_eq!((rewrite.files, rewrite.bytes), (2, 4));
        assert_eq!(rewrite.size(), bytes.len() as u64);
        let facts = read_from(Cursor::new(&bytes), "pkg-1.0-py3-none-any.whl", &Options::default()).unwrap();
        let is_same = |path: &str| path.contains("/tests/") || path.contains("RECORD");
        let before: Vec<_> = wheel.facts().files.into_iter().filter(|file| !is_same(&file.path)).collect();
        let after: Vec<_> = facts.files.iter().filter(|file| !is_same(&file.path)).cloned().collect();
        assert_eq!(before, after);
        let found: Vec<_> = facts.files.iter().map(|file| file.path.clone()).collect();
        assert_eq!(found, rewrite.places.iter().cloned().collect::<Vec<_>>());
        // Done again, nothing changes any more.
        assert_eq!(rewritten(&bytes, |_| false).0, bytes);
    }
}
