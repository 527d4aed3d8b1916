//! Reading what an archive's headers say, field by field and without judging: for tools that explain or compare archives.
//!
//! Sections are those of PKWARE's APPNOTE.TXT 6.3.10. The `zip` crate was not enough, because it hides what makes two archives with the same content
//! differ: local headers, flags, extra fields, gaps. Nothing here decides what may be installed; the reader of wheels does that, and refuses
//! what is merely read here.

use std::io::{self, Read, Seek, SeekFrom};

use super::header::Member;

const END: &[u8; 4] = b"PK\x05\x06";
const END_SIZE: usize = 22;
const LOCATOR: &[u8; 4] = b"PK\x06\x07";
const LOCATOR_SIZE: u64 = 20;
const ZIP64_END: &[u8; 4] = b"PK\x06\x06";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const LOCAL: &[u8; 4] = b"PK\x03\x04";
const LOCAL_SIZE: usize = 30;
const MAX32: u64 = 0xffff_ffff;
const MAX16: u64 = 0xffff;
const ZIP64_EXTRA: u16 = 1;
/// A directory larger than this is refused rather than read into memory: room for some ten million members.
const DIRECTORY_LIMIT: u64 = 1 << 30;

/// An archive whose records cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// Not a zip archive.
    #[error("it is no zip archive: there is no end record")]
    NoEnd,
    /// A record that is not where another one says.
    #[error("its {record} is not where it should be, at byte {offset}")]
    Misplaced {
        /// Which record.
        record: &'static str,
        /// Where it was looked for.
        offset: u64,
    },
    /// A directory of absurd size.
    #[error("its central directory is said to have {size} bytes")]
    DirectorySize {
        /// What the end record says.
        size: u64,
    },
    /// What the operating system said.
    #[error("its records cannot be read")]
    Io(#[from] io::Error),
}

/// What a header says of a member; local and central headers have these in common (4.3.7, 4.3.12).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// Version needed to extract (4.4.3).
    pub version_needed: u16,
    /// General purpose flags (4.4.4).
    pub flags: u16,
    /// Compression method (4.4.5).
    pub method: u16,
    /// MS-DOS time (4.4.6).
    pub time: u16,
    /// MS-DOS date (4.4.6).
    pub date: u16,
    /// CRC-32 of the content (4.4.7).
    pub crc32: u32,
    /// Size in the archive, ZIP64 resolved (4.4.8).
    pub compressed: u64,
    /// Size of the content, ZIP64 resolved (4.4.9).
    pub size: u64,
    /// The name's bytes (4.4.17).
    pub name: Vec<u8>,
    /// The extra field (4.4.28).
    pub extra: Vec<u8>,
}

/// One member of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Name as text; bytes that are not UTF-8 are replaced.
    pub name: String,
    /// What the central directory says.
    pub central: Fields,
    /// What the local header says.
    pub local: Fields,
    /// Version made by: the specification's version in the low byte, the creator's system in the high one (4.4.2).
    pub made_by: u16,
    /// Internal attributes (4.4.14).
    pub internal: u16,
    /// External attributes: for creator 3 the Unix mode is in the high half (4.4.15).
    pub external: u32,
    /// The member's comment (4.4.18).
    pub comment: Vec<u8>,
    /// Where the local header is.
    pub offset: u64,
    /// Where the content is.
    pub data: u64,
}

impl Entry {
    /// What the records of `member` say when this crate writes it at `offset`.
    #[must_use]
    pub fn expected(member: &Member, offset: u64) -> Self {
        let (header, local) = (member.central_header(offset), member.local_header());
        let mut entry = central(&header).map(|(entry, _)| entry).unwrap_or_default();
        let (name, extra) = local[LOCAL_SIZE..].split_at(member.name.len());
        entry.local = common(&local[4..], name, extra);
        widen(extra, [&mut entry.local.size, &mut entry.local.compressed, &mut 0]);
        entry.data = offset + local.len() as u64;
        entry
    }

    /// Whether this is a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.name.ends_with('/')
    }

    /// The Unix mode, where the creator's system is one that gives it.
    #[must_use]
    pub const fn mode(&self) -> u32 {
        self.external >> 16
    }

    /// Whether the content stands in the archive as it is.
    #[must_use]
    pub const fn is_stored(&self) -> bool {
        self.central.method == 0 && self.central.flags & 1 == 0
    }
}

/// What an archive's records say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// Members in the directory's order.
    pub entries: Vec<Entry>,
    /// Where the directory is.
    pub directory: u64,
    /// How many bytes the directory has.
    pub directory_size: u64,
    /// The archive's comment (4.4.26).
    pub comment: Vec<u8>,
    /// What must be added to the offsets in the archive: not 0 where something was put in front of it without their being corrected.
    pub shift: u64,
}

impl Records {
    /// Reads the records of the archive that `input` ends with.
    ///
    /// # Errors
    /// Where there is no archive, or a record is not where another one says.
    pub fn read<R: Read + Seek>(input: &mut R) -> Result<Self, RecordsError> {
        let length = input.seek(SeekFrom::End(0))?;
        let tail_size = length.min(END_SIZE as u64 + MAX16);
        let tail = take(input, length - tail_size, tail_size as usize)?;
        // The end record whose comment ends with the file; else the last there is.
        let ends = |at: &usize| tail.get(at + END_SIZE..).is_some_and(|rest| rest.len() == usize::from(half(&tail, at + 20)));
        let places: Vec<usize> = tail.windows(4).enumerate().filter(|(_, window)| *window == END).map(|(at, _)| at).collect();
        let at = places.iter().rev().find(|at| ends(at)).or(places.last()).copied().ok_or(RecordsError::NoEnd)?;
        if tail.len() < at + END_SIZE {
            return Err(RecordsError::NoEnd);
        }
        let end = length - tail_size + at as u64;
        let (mut size, mut offset) = (word(&tail, at + 12), word(&tail, at + 16));
        let comment = tail[at + END_SIZE..].iter().take(usize::from(half(&tail, at + 20))).copied().collect();
        let mut behind = end;
        if let Some((record, place)) = zip64(input, end)? {
            (size, offset) = (long(&record, 40), long(&record, 48));
            behind = place;
        }
        if size > DIRECTORY_LIMIT || size > behind {
            return Err(RecordsError::DirectorySize { size });
        }
        let directory = behind - size;
        let shift = directory.checked_sub(offset).ok_or(RecordsError::Misplaced { record: "central directory", offset })?;
        let bytes = take(input, directory, size as usize)?;
        let mut entries = Vec::new();
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let place = directory + (bytes.len() - rest.len()) as u64;
            let (mut entry, after) = central(rest).ok_or(RecordsError::Misplaced { record: "directory header", offset: place })?;
            entry.offset = entry.offset.saturating_add(shift);
            local(input, &mut entry)?;
            entries.push(entry);
            rest = after;
        }
        Ok(Self { entries, directory, directory_size: size, comment, shift })
    }

    /// How many bytes stand in front of the first member.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.entries.iter().map(|entry| entry.offset).min().unwrap_or(self.directory)
    }

    /// The first member of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }
}

/// The ZIP64 end record and its place, where there is one (4.3.14, 4.3.15).
fn zip64<R: Read + Seek>(input: &mut R, end: u64) -> Result<Option<(Vec<u8>, u64)>, RecordsError> {
    let Some(place) = end.checked_sub(LOCATOR_SIZE) else { return Ok(None) };
    let locator = take(input, place, LOCATOR_SIZE as usize)?;
    if !locator.starts_with(LOCATOR) {
        return Ok(None);
    }
    // Just before the locator rather than where the locator says: right also behind a head that offsets do not count.
    let Some(offset) = place.checked_sub(56) else { return Ok(None) };
    let record = take(input, offset, 56)?;
    if !record.starts_with(ZIP64_END) {
        return Err(RecordsError::Misplaced { record: "ZIP64 end record", offset });
    }
    Ok(Some((record, offset)))
}

/// One header of the directory and what follows it.
fn central(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    let header = bytes.get(..46).filter(|header| header.starts_with(CENTRAL))?;
    let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(half(header, at)));
    let (name, rest) = bytes[46..].split_at_checked(name)?;
    let (extra, rest) = rest.split_at_checked(extra)?;
    let (comment, rest) = rest.split_at_checked(comment)?;
    let mut fields = common(&header[6..], name, extra);
    let mut offset = word(header, 42);
    widen(extra, [&mut fields.size, &mut fields.compressed, &mut offset]);
    let entry = Entry {
        name: String::from_utf8_lossy(name).into_owned(),
        central: fields,
        local: Fields::default(),
        made_by: half(header, 4),
        internal: half(header, 36),
        external: u32::from(half(header, 38)) | u32::from(half(header, 40)) << 16,
        comment: comment.to_vec(),
        offset,
        data: 0,
    };
    Some((entry, rest))
}

fn local<R: Read + Seek>(input: &mut R, entry: &mut Entry) -> Result<(), RecordsError> {
    let misplaced = || RecordsError::Misplaced { record: "local header", offset: entry.offset };
    let header = take(input, entry.offset, LOCAL_SIZE).map_err(|_| misplaced())?;
    if !header.starts_with(LOCAL) {
        return Err(misplaced());
    }
    let [name, extra] = [26, 28].map(|at| usize::from(half(&header, at)));
    let rest = take(input, entry.offset + LOCAL_SIZE as u64, name + extra).map_err(|_| misplaced())?;
    let (name, extra) = rest.split_at(name);
    let mut fields = common(&header[4..], name, extra);
    widen(extra, [&mut fields.size, &mut fields.compressed, &mut 0]);
    entry.local = fields;
    entry.data = entry.offset + (LOCAL_SIZE + rest.len()) as u64;
    Ok(())
}

/// From "version needed" on.
fn common(header: &[u8], name: &[u8], extra: &[u8]) -> Fields {
    let crc32 = u32::from(half(header, 10)) | u32::from(half(header, 12)) << 16;
    Fields {
        version_needed: half(header, 0),
        flags: half(header, 2),
        method: half(header, 4),
        time: half(header, 6),
        date: half(header, 8),
        crc32,
        compressed: word(header, 14),
        size: word(header, 18),
        name: name.to_vec(),
        extra: extra.to_vec(),
    }
}

/// Replaces all-ones values by those of the ZIP64 extra field, which has only what is needed, in this order (4.5.3).
fn widen(extra: &[u8], values: [&mut u64; 3]) {
    let mut rest = extra;
    while rest.len() >= 4 {
        let (kind, size) = (half(rest, 0), usize::from(half(rest, 2)));
        let Some(mut data) = rest.get(4..4 + size) else { return };
        if kind == ZIP64_EXTRA {
            for value in values {
                if *value == MAX32 && data.len() >= 8 {
                    *value = long(data, 0);
                    data = &data[8..];
                }
            }
            return;
        }
        rest = &rest[4 + size..];
    }
}

fn take<R: Read + Seek>(input: &mut R, offset: u64, size: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; size];
    input.seek(SeekFrom::Start(offset))?;
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Little-endian numbers; what lies outside of `bytes` reads as 0.
fn number<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    (0..N).rev().fold(0, |number, place| number << 8 | u64::from(bytes.get(at + place).copied().unwrap_or_default()))
}

fn half(bytes: &[u8], at: usize) -> u16 {
    number::<2>(bytes, at) as u16
}

fn word(bytes: &[u8], at: usize) -> u64 {
    number::<4>(bytes, at)
}

fn long(bytes: &[u8], at: usize) -> u64 {
    number::<8>(bytes, at)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::zip::Writer;

    fn archive(preceding: u64) -> Vec<u8> {
        let mut writer = Writer::new(Cursor::new(Vec::new()), preceding);
        writer.directory("pkg/").unwrap();
        writer.bytes("pkg/é.py", true, b"print()\n").unwrap();
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn fields_are_read_back() {
        let records = Records::read(&mut Cursor::new(archive(0))).unwrap();
        let [folder, file] = &records.entries[..] else { panic!("{records:?}") };
        assert!(folder.is_directory() && !file.is_directory());
        assert_eq!((file.name.as_str(), file.mode(), file.made_by, file.central.flags), ("pkg/é.py", 0o100_755, 0x0314, 1 << 11));
        assert_eq!((file.central.size, file.central.date, records.start(), records.shift), (8, 33, 0, 0));
        assert_eq!(file.central, file.local);
    }

    #[test]
    fn a_head_may_be_counted_or_not() {
        for (preceding, shift) in [(5, 0), (0, 5)] {
            let bytes = [b"head\n".to_vec(), archive(preceding)].concat();
            let records = Records::read(&mut Cursor::new(bytes)).unwrap();
            assert_eq!((records.shift, records.start(), records.entries[1].data), (shift, 5, 5 + 34 + 30 + 9));
        }
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        assert!(matches!(Records::read(&mut Cursor::new(b"")), Err(RecordsError::NoEnd)));
        assert!(matches!(Records::read(&mut Cursor::new(b"#!/bin/sh\n")), Err(RecordsError::NoEnd)));
        let mut bytes = archive(0);
        bytes[0] = 0;
        assert!(matches!(Records::read(&mut Cursor::new(bytes)), Err(RecordsError::Misplaced { record: "local header", offset: 0 })));
        let bytes = archive(0);
        for cut in 0..bytes.len() {
            assert!(Records::read(&mut Cursor::new(&bytes[cut + 1..])).is_err() || cut < 34, "{cut}");
        }
    }
}
