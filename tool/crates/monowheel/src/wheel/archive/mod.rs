//! Reading zip archives strictly: one reading of the bytes, or none.
//!
//! Zip is ambiguous by design: the list of members stands at the end, is found by searching, and says again what the members' own headers say.
//! An archive that two readers take differently can show one set of files to who reviews it and install another. So the bytes must be accounted
//! for, once each: members from the first byte, in any order, without gap or overlap; the central directory; one end record; nothing else.
//! Wheels as tools write them are like that, and package indexes have begun to refuse others.
//!
//! The `zip` crate was rejected for reading: it keeps the last of several members of one name, goes by the central directory alone, and tolerates
//! bytes in front, between and behind. Its writer and reader serve the tests as a second opinion. Decoders are the crates that it uses too.
//!
//! Source: APPNOTE.TXT 6.3.10, section numbers of which stand in the code.

mod central;
mod content;
mod end;
mod error;
mod fields;
mod local;

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

pub use error::ArchiveError;

use super::path::MemberPath;
use central::Central;

/// A central directory beyond this is refused before it is read: 500,000 members have some 60 MB.
const MAX_DIRECTORY: u64 = 512 << 20;
/// What an archive may grow to whatever its own size, so that the ratio matters only where it can hurt.
const HARMLESS: u64 = 64 << 20;
/// The longest target of a link that is looked at.
const MAX_LINK: u64 = 4096;

/// How large an archive may be. The defaults admit the largest wheels that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most members.
    pub members: u64,
    /// Most bytes of all members, inflated.
    pub size: u64,
    /// Most bytes of all members, inflated, for each byte of the archive.
    pub ratio: u64,
}

impl Limits {
    /// No limit: for wheels that were judged when they went in, and of which little is inflated now.
    pub const NONE: Self = Self { members: u64::MAX, size: u64::MAX, ratio: u64::MAX };
}

impl Default for Limits {
    fn default() -> Self {
        Self { members: 500_000, size: 32 << 30, ratio: 200 }
    }
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder. Its path has no slash at the end.
    Folder,
    /// A symbolic link by its mode. Installers write a file with the target as its content.
    Link,
}

/// How a member is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// 0.
    Stored,
    /// 8.
    Deflate,
    /// 12.
    Bzip2,
    /// 14.
    Lzma,
    /// 93.
    Zstd,
}

impl Method {
    const fn of(number: u16) -> Option<Self> {
        Some(match number {
            0 => Self::Stored,
            8 => Self::Deflate,
            12 => Self::Bzip2,
            14 => Self::Lzma,
            93 => Self::Zstd,
            _ => return None,
        })
    }

    /// The number in headers (4.4.5).
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Stored => 0,
            Self::Deflate => 8,
            Self::Bzip2 => 12,
            Self::Lzma => 14,
            Self::Zstd => 93,
        }
    }
}

/// One member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands in the archive.
    pub path: MemberPath,
    /// What it is.
    pub kind: Kind,
    /// Whether it is a file with an x bit.
    pub executable: bool,
    /// How it is compressed.
    pub method: Method,
    /// CRC-32 of the content.
    pub crc32: u32,
    /// Size of the content in bytes.
    pub size: u64,
    /// Size in the archive in bytes.
    pub compressed: u64,
    /// Whether compressed content ends with a mark of its own, as LZMA may.
    pub marked: bool,
    /// Where its local header begins.
    offset: u64,
    /// Where its compressed content begins.
    content: u64,
}

impl Entry {
    /// The compressed bytes in the archive that this is a member of.
    ///
    /// # Errors
    /// Where the archive cannot be read.
    pub fn compressed<R: Read + Seek>(&self, mut archive: R) -> io::Result<impl Read> {
        archive.seek(SeekFrom::Start(self.content))?;
        Ok(archive.take(self.compressed))
    }
}

/// An archive whose structure was checked; the content of a member is checked as it is read.
#[derive(Debug)]
pub struct Archive<R> {
    input: R,
    entries: Vec<Entry>,
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the directory of an archive and checks its structure: every header, and that each byte belongs to one part.
    ///
    /// # Errors
    /// Where the structure is broken or ambiguous, or a limit is passed.
    pub fn open(mut input: R, limits: &Limits) -> Result<Self, ArchiveError> {
        let length = input.seek(SeekFrom::End(0)).map_err(|source| ArchiveError::Io { source })?;
        let directory = end::find(&mut input, length)?;
        if directory.members > limits.members {
            return Err(ArchiveError::Members { limit: limits.members, found: directory.members });
        }
        if directory.size > MAX_DIRECTORY {
            return Err(ArchiveError::DirectorySize { limit: MAX_DIRECTORY, found: directory.size });
        }
        let bytes = end::read_at(&mut input, directory.offset, directory.size as usize)?;
        let mut members = central::parse(&bytes, directory)?;
        check_growth(&members, length, limits)?;
        check_names(&members)?;
        check_places(&mut input, &mut members, directory.offset)?;
        Ok(Self { input, entries: members.into_iter().map(|member| member.entry).collect() })
    }

    /// The members in the order of their content.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Inflates a member piece by piece into `sink`. What it got counts only when this returns without an error.
    ///
    /// # Errors
    /// Where the content is not what the headers say, or a link leaves the archive.
    pub fn read(&mut self, entry: &Entry, mut sink: impl FnMut(&[u8])) -> Result<(), ArchiveError> {
        self.input.seek(SeekFrom::Start(entry.content)).map_err(|source| ArchiveError::Io { source })?;
        if entry.kind != Kind::Link {
            return content::inflate(entry, &mut self.input, sink);
        }
        let large = || ArchiveError::Large { member: entry.path.to_string(), limit: MAX_LINK, found: entry.size };
        let mut target = Vec::new();
        if entry.size > MAX_LINK {
            return Err(large());
        }
        content::inflate(entry, &mut self.input, |bytes| target.extend_from_slice(bytes))?;
        check_link(&entry.path, &target)?;
        sink(&target);
        Ok(())
    }
}

fn check_growth(members: &[Central], length: u64, limits: &Limits) -> Result<(), ArchiveError> {
    let total = members.iter().fold(0_u64, |total, member| total.saturating_add(member.entry.size));
    if total > limits.size {
        return Err(ArchiveError::Total { limit: limits.size, found: total });
    }
    let ratio = total.div_ceil(length.max(1));
    if total > HARMLESS && ratio > limits.ratio {
        return Err(ArchiveError::Ratio { limit: limits.ratio, found: ratio });
    }
    Ok(())
}

fn check_names(members: &[Central]) -> Result<(), ArchiveError> {
    let mut kinds = BTreeMap::new();
    for Central { entry, .. } in members {
        match kinds.insert(entry.path.as_str(), entry.kind) {
            None => {}
            Some(earlier) if (earlier == Kind::Folder) == (entry.kind == Kind::Folder) => {
                return Err(ArchiveError::Duplicate { member: entry.path.to_string() });
            }
            Some(_) => return Err(ArchiveError::FileAndFolder { member: entry.path.to_string() }),
        }
    }
    let is_file = |path: &&str| kinds.get(path).is_some_and(|kind| *kind != Kind::Folder);
    match members.iter().find_map(|member| member.entry.path.ancestors().find(is_file)) {
        Some(member) => Err(ArchiveError::FileAndFolder { member: member.to_owned() }),
        None => Ok(()),
    }
}

/// Compares local headers, and checks that members follow each other from the first byte to the central directory.
fn check_places<R: Read + Seek>(input: &mut R, members: &mut [Central], end: u64) -> Result<(), ArchiveError> {
    members.sort_by_key(|member| member.entry.offset);
    for member in members.iter_mut() {
        local::compare(input, member, end)?;
    }
    let first = members.first().map_or(end, |member| member.entry.offset);
    if first != 0 {
        return Err(ArchiveError::Prefix { count: first });
    }
    for (index, member) in members.iter().enumerate() {
        let entry = &member.entry;
        let (next, other) = match members.get(index + 1) {
            Some(next) => (next.entry.offset, next.entry.path.to_string()),
            None => (end, "the central directory".to_owned()),
        };
        if entry.content.checked_add(entry.compressed).is_none_or(|content_end| content_end > next) {
            return Err(ArchiveError::Overlap { member: entry.path.to_string(), other });
        }
        local::check_gap(input, member, next)?;
    }
    Ok(())
}

/// Refuses a link to somewhere else than the archive. Links are installed as files, as pip and uv do, so none is ever followed; one that points
/// outside still shows what the wheel is up to.
fn check_link(path: &MemberPath, target: &[u8]) -> Result<(), ArchiveError> {
    let text = String::from_utf8_lossy(target);
    let mut depth = path.ancestors().count();
    let inside = |part: &str| {
        match part {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(above) => depth = above,
                None => return false,
            },
            _ => depth += 1,
        }
        true
    };
    let relative = !text.is_empty() && !text.starts_with('/') && !text.contains(['\\', '\0', ':']);
    if relative && text.split('/').all(inside) {
        return Ok(());
    }
    Err(ArchiveError::LinkLeaves { member: path.to_string(), target: text.escape_debug().to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wheel::testing::{DEFLATE, Member, Zip, contents, text};

    fn refused(members: impl IntoIterator<Item = Member>) -> String {
        Zip::new(members).problem()
    }

    #[test]
    fn the_zip_crate_reads_the_same() {
        let zip = Zip::new([Member::new("pkg/", ""), Member::compressed("pkg/a.py", "one", DEFLATE), Member::new("b", "two")]);
        let bytes = zip.bytes();
        let mut other = zip::ZipArchive::new(io::Cursor::new(&bytes)).unwrap();
        for (index, (entry, content)) in zip.contents().into_iter().enumerate() {
            let mut member = other.by_index(index).unwrap();
            let mut expected = Vec::new();
            member.read_to_end(&mut expected).unwrap();
            assert_eq!(member.name().unwrap().trim_end_matches('/'), entry.path.as_str());
            assert_eq!(content, expected);
        }
    }

    #[test]
    fn members_may_stand_in_another_order_than_the_directory() {
        let mut members = [Member::new("b", "two"), Member::new("a", "one")];
        let bytes = Zip::new(members.clone()).bytes();
        // The directory of the same members the other way round, over the same contents.
        (members[0].offset, members[1].offset) = (Some(34), Some(0));
        let (first, second) = (members[0].central.clone(), members[1].central.clone());
        (members[0].central, members[1].central) = (second, first);
        let zip = Zip::new(members);
        assert_ne!(zip.bytes(), bytes);
        let names: Vec<_> = zip.contents().into_iter().map(|(entry, content)| (entry.path.to_string(), content)).collect();
        assert_eq!(names, [("b".to_owned(), b"two".to_vec()), ("a".to_owned(), b"one".to_vec())]);
    }

    #[test]
    fn two_members_of_one_name_are_refused() {
        assert_eq!(refused([Member::new("a", "good"), Member::new("a", "evil")]), "Member occurs twice: `a`");
        assert_eq!(refused([Member::new("a/", ""), Member::new("a/", "")]), "Member occurs twice: `a`");
        let flagged = Member::new("caf\u{e9}", "");
        let plain = Member::new(b"caf\x82", "").both(|header| header.flags = 0);
        assert_eq!(refused([flagged, plain]), "Member occurs twice: `café`");
    }

    #[test]
    fn a_file_and_a_folder_of_one_name_are_refused() {
        let expected = "Member is a file where others need a folder: `a`";
        assert_eq!(refused([Member::new("a", ""), Member::new("a/", "")]), expected);
        assert_eq!(refused([Member::new("a/b/c", ""), Member::new("a", "")]), expected);
        let link = Member::new("a", "b").mode(0o120_777);
        assert_eq!(refused([link, Member::new("a/evil", "")]), expected);
    }

    #[test]
    fn overlapping_members_are_refused() {
        let inner = Member::new("b", "evil");
        let header = Zip::new([inner.clone()]).bytes()[..35].to_vec();
        // The content of `a` holds the local header and the content of `b`.
        let outer = Member::new("a", &header);
        let mut hidden = inner;
        hidden.offset = Some(31);
        let mut bytes = Zip::new([outer.clone(), hidden.clone()]);
        bytes.members[1].behind.clear();
        assert_eq!(bytes.problem(), "Member overlaps another: `a` and `b`");
        let mut same = outer.clone();
        same.offset = Some(0);
        let problem = refused([outer, same.both(|header| header.name = b"c".to_vec())]);
        assert_eq!(problem, "Member's local header and the central directory differ in name: a and c for `c`");
    }

    #[test]
    fn limits_hold() {
        let bytes = Zip::new([Member::new("a", "one"), Member::compressed("b", vec![0; 70 << 20], DEFLATE)]).bytes();
        let refused = |limits: Limits| text(&contents(&bytes, &limits).unwrap_err());
        let limits = Limits::default();
        assert_eq!(contents(&bytes, &Limits { ratio: 2000, ..limits }).unwrap().len(), 2);
        assert!(
            refused(Limits { members: 1, ..limits })
                .starts_with("Archive has more members than the limit: expected at most 1, found 2\nhint: ")
        );
        let size = "Archive grows beyond the limit: expected at most 1000 bytes, found 73400323\nhint: ";
        assert!(refused(Limits { size: 1000, ..limits }).starts_with(size));
        assert!(refused(limits).starts_with("Archive grows more than the limit: expected at most 200 times its size, found "));
    }

    #[test]
    fn a_count_beyond_the_directory_is_refused_without_reading_it() {
        let zip = Zip { zip64: true, lie: [1 << 40, 0, 0], ..Zip::new([Member::new("a", "")]) };
        assert!(zip.problem().starts_with("Archive has more members than the limit: expected at most 500000, found 1099511627777\n"));
    }

    #[test]
    fn a_directory_too_large_is_refused_without_reading_it() {
        let mut file = tempfile::tempfile().unwrap();
        let size = MAX_DIRECTORY + 1;
        file.set_len(size).unwrap(); // a hole
        file.seek(SeekFrom::End(0)).unwrap();
        let end = [&b"PK\x05\x06"[..], &[0; 4], &[1, 0, 1, 0], &u32::try_from(size).unwrap().to_le_bytes(), &[0; 6]].concat();
        io::Write::write_all(&mut file, &end).unwrap();
        let error = Archive::open(file, &Limits::NONE).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Archive's central directory is larger than the limit: expected at most 536870912 bytes, found 536870913"
        );
    }

    #[test]
    fn links_must_stay() {
        let link = |name: &str, target: &str| Zip::new([Member::new(name, target).mode(0o120_777)]);
        for (name, target) in [("a/b", "../c"), ("a/b/c", "../../d/./e"), ("a", "b"), ("a/b", "c/../../d")] {
            assert_eq!(link(name, target).contents()[0].1, target.as_bytes());
        }
        for (name, target) in
            [("a/b", "../../c"), ("a", "/etc/passwd"), ("a", ".."), ("a/b", "c/../../../d"), ("a", "C:/x"), ("a", "..\\x"), ("a", "")]
        {
            let expected = format!("Member is a link that leaves the wheel: `{}` of `{name}`", target.escape_debug());
            assert_eq!(link(name, target).problem(), expected);
        }
        let long = "a/".repeat(4000);
        assert_eq!(link("a", &long).problem(), "Member is larger than such a file may be: expected at most 4096 bytes, found 8000: `a`");
    }
}
