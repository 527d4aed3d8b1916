//! The end of an archive: end of central directory record, and ZIP64's record and locator (APPNOTE.TXT 4.3.14 to 4.3.16).
//!
//! Readers differ in where they look for the end record, and an archive that gives them a choice shows each another list of files. So there must be
//! exactly one, and nothing behind it but the comment that it counts.

use std::io::{Read, Seek, SeekFrom};

use super::error::ArchiveError;
use super::fields::{Fields, WIDE16, WIDE32};

const END: &[u8] = b"PK\x05\x06";
const END_SIZE: usize = 22;
const ZIP64_END: &[u8] = b"PK\x06\x06";
const ZIP64_END_SIZE: u64 = 56;
const ZIP64_LOCATOR: &[u8] = b"PK\x06\x07";
const ZIP64_LOCATOR_SIZE: u64 = 20;

/// Where the central directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) offset: u64,
    pub(super) size: u64,
    pub(super) members: u64,
}

/// Reads `size` bytes at `offset`.
pub(super) fn read_at<R: Read + Seek>(input: &mut R, offset: u64, size: usize) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = vec![0; size];
    input.seek(SeekFrom::Start(offset)).and_then(|_| input.read_exact(&mut bytes)).map_err(|source| ArchiveError::Io { source })?;
    Ok(bytes)
}

/// Finds the central directory of an archive of `length` bytes.
pub(super) fn find<R: Read + Seek>(input: &mut R, length: u64) -> Result<Directory, ArchiveError> {
    // The longest comment, and what ZIP64 puts in front.
    let tail = length.min((END_SIZE + usize::from(u16::MAX)) as u64 + ZIP64_LOCATOR_SIZE + ZIP64_END_SIZE);
    let start = length - tail;
    let bytes = read_at(input, start, tail as usize)?;
    let at = bytes.windows(END.len()).rposition(|window| window == END).ok_or(ArchiveError::NoEnd)?;
    let mut fields = Fields(&bytes[at + END.len()..]);
    let record = parse(&mut fields).ok_or(ArchiveError::NoEnd)?;
    let (comment, behind) = (u64::from(record.comment), fields.0.len() as u64);
    if behind < comment {
        return Err(ArchiveError::CommentTruncated { count: comment - behind });
    }
    if behind > comment {
        return Err(ArchiveError::Trailing { count: behind - comment });
    }
    if let Some(offset) = rival(&bytes[..at], bytes.len()) {
        return Err(ArchiveError::SecondEnd { offset: start + offset as u64 });
    }
    let end = start + at as u64;
    let (directory, end) = match locator(&bytes[..at]) {
        Some(locator) => (zip64(input, locator, &record, end)?, end - ZIP64_LOCATOR_SIZE - ZIP64_END_SIZE),
        None => (record.directory, end),
    };
    if record.disks.iter().any(|&disk| disk != 0 && u64::from(disk) != WIDE16) {
        return Err(ArchiveError::Disks);
    }
    let found = end.saturating_sub(directory.offset);
    if found != directory.size {
        return Err(ArchiveError::DirectoryPlace { expected: directory.size, found, end });
    }
    Ok(directory)
}

/// An earlier end record whose comment reaches the end of the file, so that the last one stands within it.
fn rival(bytes: &[u8], end: usize) -> Option<usize> {
    let reaches = |(at, window): (usize, &[u8])| {
        let comment = usize::from(u16::from_le_bytes([window[END_SIZE - 2], window[END_SIZE - 1]]));
        (window.starts_with(END) && at + END_SIZE + comment == end).then_some(at)
    };
    bytes.windows(END_SIZE).enumerate().find_map(reaches)
}

struct Record {
    disks: [u16; 2],
    directory: Directory,
    comment: u16,
}

fn parse(fields: &mut Fields<'_>) -> Option<Record> {
    let (disk, directory_disk, here, members) = (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?);
    let (size, offset, comment) = (fields.u32()?, fields.u32()?, fields.u16()?);
    // Fewer members on this disk than in all: there are further disks.
    let disks = if here == members { [disk, directory_disk] } else { [1, 1] };
    Some(Record { disks, directory: Directory { offset: offset.into(), size: size.into(), members: members.into() }, comment })
}

/// The ZIP64 locator right before the end record. Where it stands it counts, whatever the end record says: so do Python and uv read it.
fn locator(before: &[u8]) -> Option<Fields<'_>> {
    let at = before.len().checked_sub(ZIP64_LOCATOR_SIZE as usize)?;
    before[at..].strip_prefix(ZIP64_LOCATOR).map(Fields)
}

fn zip64<R: Read + Seek>(input: &mut R, mut locator: Fields<'_>, record: &Record, end: u64) -> Result<Directory, ArchiveError> {
    let broken = |reason| ArchiveError::Zip64 { reason };
    let (disk, offset, disks) = (|| Some((locator.u32()?, locator.u64()?, locator.u32()?)))().ok_or_else(|| broken("it is cut off"))?;
    if disk != 0 || disks > 1 {
        return Err(ArchiveError::Disks);
    }
    if offset.checked_add(ZIP64_END_SIZE + ZIP64_LOCATOR_SIZE) != Some(end) {
        return Err(broken("it does not stand right before its locator"));
    }
    let bytes = read_at(input, offset, ZIP64_END_SIZE as usize)?;
    let mut fields = Fields(&bytes);
    let wide = (|| {
        let signature = fields.take(4)?;
        let (size, _versions) = (fields.u64()?, fields.u32()?);
        let disks = [fields.u32()?, fields.u32()?];
        let (here, members) = (fields.u64()?, fields.u64()?);
        let directory = Directory { members, size: fields.u64()?, offset: fields.u64()? };
        Some((signature, size, disks, here, directory))
    })();
    let (signature, size, disks, here, directory) = wide.ok_or_else(|| broken("it is cut off"))?;
    if signature != ZIP64_END || size != ZIP64_END_SIZE - 12 {
        return Err(broken("its signature or size is wrong"));
    }
    if disks != [0, 0] || here != directory.members {
        return Err(ArchiveError::Disks);
    }
    let narrow = record.directory;
    let agree = |narrow: u64, limit: u64, wide: u64| narrow == limit || narrow == wide;
    let agreed = agree(narrow.members, WIDE16, directory.members)
        && agree(narrow.size, WIDE32, directory.size)
        && agree(narrow.offset, WIDE32, directory.offset);
    if agreed { Ok(directory) } else { Err(broken("it contradicts the end record")) }
}

#[cfg(test)]
mod tests {
    use crate::wheel::testing::{Member, Zip, contents, problem};

    fn zip() -> Zip {
        Zip::new([Member::new("a", "one"), Member::new("b", "two")])
    }

    #[test]
    fn archives_with_and_without_a_comment_are_read() {
        for comment in [b"".to_vec(), b"signed off".to_vec(), vec![b'x'; 65_535]] {
            assert_eq!(Zip { comment, ..zip() }.contents().len(), 2);
        }
        assert_eq!(Zip::default().contents().len(), 0);
    }

    #[test]
    fn zip64_archives_are_read() {
        assert_eq!(Zip { zip64: true, ..zip() }.contents().len(), 2);
    }

    #[test]
    fn an_archive_within_an_archive_is_content() {
        let inner = zip().bytes();
        let outer = Zip::new([Member::new("inner.zip", &inner)]);
        assert_eq!(outer.contents()[0].1, inner);
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let bytes = zip().bytes();
        for length in [0, 1, 21, bytes.len() / 2] {
            assert!(problem(&bytes[..length]).starts_with("Archive is truncated or no zip: it has no end record\nhint: "));
        }
        for length in bytes.len() - 18..bytes.len() {
            assert!(problem(&bytes[..length]).starts_with("Archive is truncated"), "{length}");
        }
        let commented = Zip { comment: b"comment".to_vec(), ..zip() }.bytes();
        assert_eq!(problem(&commented[..commented.len() - 2]), "Archive's comment is longer than the file: by 2 bytes");
        assert!(problem(b"<html>not found</html>").starts_with("Archive is truncated or no zip"));
    }

    #[test]
    fn cutting_off_the_front_or_the_middle_is_refused() {
        let bytes = zip().bytes();
        for cut in 1..bytes.len() {
            assert!(contents(&bytes[cut..], &Default::default()).is_err(), "{cut} from the front");
            let without = [&bytes[..cut - 1], &bytes[cut..]].concat();
            assert!(contents(&without, &Default::default()).is_err(), "byte {cut} left out");
        }
    }

    #[test]
    fn bytes_behind_the_end_are_refused() {
        assert_eq!(Zip { behind: b"tail".to_vec(), ..zip() }.problem(), "Archive is followed by other bytes: 4 after the end record");
        let two = [zip().bytes(), zip().bytes()].concat();
        assert_eq!(problem(&two), "Archive's central directory is not where the end record says: expected 94 bytes up to 346, found 278");
    }

    #[test]
    fn a_comment_may_not_hold_another_archive() {
        let comment = Zip::new([Member::new("evil", "")]).bytes();
        assert!(Zip { comment, ..zip() }.problem().starts_with("Archive has a second end record: at byte 162\nhint: readers"));
        let comment = b"PK\x05\x06".to_vec();
        assert!(Zip { comment, ..zip() }.problem().starts_with("Archive is truncated"));
        let comment = [b"PK\x05\x06".as_slice(), &[0; 20]].concat();
        assert_eq!(Zip { comment, ..zip() }.problem(), "Archive is followed by other bytes: 2 after the end record");
    }

    #[test]
    fn the_end_record_must_tell_the_truth() {
        let lie = |lie| Zip { lie, ..zip() }.problem();
        assert_eq!(lie([1, 0, 0]), "Archive's central directory has another number of members than its end record says: expected 3");
        assert_eq!(lie([-1, 0, 0]), "Archive's central directory has another number of members than its end record says: expected 1");
        let elsewhere = "Archive's central directory is not where the end record says: expected";
        assert_eq!(lie([0, 1, 0]), format!("{elsewhere} 95 bytes up to 162, found 94"));
        assert_eq!(lie([0, -1, 0]), format!("{elsewhere} 93 bytes up to 162, found 94"));
        assert_eq!(lie([0, 0, 1]), format!("{elsewhere} 94 bytes up to 162, found 93"));
        assert_eq!(lie([0, 0, 1000]), format!("{elsewhere} 94 bytes up to 162, found 0"));
        // The first member left out of the directory.
        assert_eq!(lie([-1, -47, 47]), "Archive has bytes in front of its first member: 34");
    }

    #[test]
    fn zip64_records_must_agree() {
        let bytes = Zip { zip64: true, ..zip() }.bytes();
        let end = bytes.len() - 22;
        let edit = |at: usize, byte: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = byte;
            problem(&bytes)
        };
        let broken = "Archive's ZIP64 end record is not valid: it";
        assert_eq!(edit(end + 12, 3), format!("{broken} contradicts the end record"));
        assert_eq!(edit(end - 20 + 8, 0), format!("{broken} does not stand right before its locator"));
        assert_eq!(edit(end - 20 - 56, 0), format!("{broken}s signature or size is wrong"));
        assert_eq!(edit(end - 20 - 56 + 4, 45), format!("{broken}s signature or size is wrong"));
        assert_eq!(edit(end - 20 + 16, 2), "Archive is one of several disks");
        assert_eq!(edit(end - 20 - 56 + 16, 1), "Archive is one of several disks");
        assert!(edit(end - 20, 0).starts_with("Archive's central directory is not where the end record says"));
    }

    #[test]
    fn split_archives_are_refused() {
        let bytes = zip().bytes();
        for field in [4, 6, 8] {
            let mut bytes = bytes.clone();
            bytes[162 + field] = 1;
            assert_eq!(problem(&bytes), "Archive is one of several disks");
        }
    }
}
