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
