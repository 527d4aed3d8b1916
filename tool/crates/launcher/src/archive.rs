//! Reading zip archives: the file's members, and the archives in them. Read with `pread`: a mapped file would kill the process when
//! somebody writes over it, which is one clear sentence here.
//!
//! STORED and DEFLATED, ZIP64, UTF-8 names; whatever else a wheel may have (bzip2, LZMA, Zstandard, names in cp437) is the bootstrap's.

use alloc::string::String;
use alloc::vec::Vec;

use zlib_rs::crc32::crc32;
use zlib_rs::{Inflate, InflateFlush, Status};

use crate::bytes::{Bytes, cat};
use crate::error::{Error, Result};
use crate::sys;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const LOCAL_SIZE: usize = 30;
const CENTRAL_SIZE: usize = 46;
const END_SIZE: usize = 22;
const LOCATOR_SIZE: usize = 20;
/// The longest comment.
const COMMENT: u64 = (1 << 16) - 1;
const MAX32: u64 = 0xffff_ffff;
/// Bytes read at once.
pub const WINDOW: u64 = 1 << 20;
/// Members up to this size are inflated in one piece.
pub const SMALL: u64 = 1 << 20;
/// Pieces of larger ones.
const PIECE: usize = 1 << 18;
const ODD: &str = "a wheel is compressed in a way that only Python can read";

/// A member that is no folder.
#[derive(Debug)]
pub struct Entry {
    /// Its name.
    pub name: String,
    method: u16,
    /// CRC-32 of the content.
    pub crc: u32,
    /// Bytes in the archive.
    pub compressed: u64,
    /// Bytes of the content.
    pub size: u64,
    /// Whether anyone may run it.
    pub executable: bool,
    /// Whether the content is where a link points to.
    pub link: bool,
    /// Where its header stands, from the start of the archive.
    pub offset: u64,
}

/// An archive that stands at `start` in a file.
#[derive(Debug)]
pub struct Archive<'a> {
    file: &'a sys::File,
    start: u64,
    /// Its size in bytes.
    pub size: u64,
    label: Bytes,
}

fn half(data: &[u8], at: usize) -> u16 {
    data.get(at..at + 2).map_or(0, |bytes| u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn word(data: &[u8], at: usize) -> u64 {
    u64::from(half(data, at)) | u64::from(half(data, at + 2)) << 16
}

fn double(data: &[u8], at: usize) -> u64 {
    word(data, at) | word(data, at + 4) << 32
}

impl<'a> Archive<'a> {
    /// Takes the place; nothing is read yet.
    pub const fn new(file: &'a sys::File, start: u64, size: u64, label: Bytes) -> Self {
        Self { file, start, size, label }
    }

    /// The error for an archive that is not what it was.
    pub fn damaged(&self, what: &[u8]) -> Error {
        Error::failure(&[&self.label, b" is damaged: ", what, b"\nhint: copy the file anew"])
    }

    fn read(&self, offset: u64, size: u64) -> Result<Bytes> {
        if offset.checked_add(size).is_none_or(|end| end > self.size) {
            return Err(self.damaged(b"it is cut short"));
        }
        sys::read_exact(self.file, self.start + offset, size).map_err(|_| self.damaged(b"it is cut short"))
    }

    /// The bytes of the central directory, and what to add to its offsets.
    fn directory(&self) -> Result<(Bytes, u64)> {
        const LAST: u64 = (LOCATOR_SIZE + END_SIZE) as u64;
        let (mut first, mut tail) = self.last(LAST)?;
        if !(tail.len().checked_sub(END_SIZE).is_some_and(|at| ends(&tail, at)) && tail.ends_with(&[0, 0])) {
            (first, tail) = self.last(LAST + COMMENT)?;
        }
        let mut places = (0..(tail.len() + 1).saturating_sub(END_SIZE)).rev();
        let at = places.find(|at| ends(&tail, *at)).ok_or_else(|| self.damaged(b"it has no end"))?;
        let (mut size, mut offset, mut end) = (word(&tail, at + 12), word(&tail, at + 16), first + at as u64);
        if let Some(locator) = at.checked_sub(LOCATOR_SIZE).map(|from| &tail[from..at]).filter(|locator| locator.starts_with(b"PK\x06\x07"))
        {
            end = double(locator, 8);
            let record = self.read(end, 56)?;
            (size, offset) = (double(&record, 40), double(&record, 48));
        }
        let begin = end.checked_sub(size).ok_or_else(|| self.damaged(b"its directory does not fit"))?;
        let mut data = self.read(begin, end.min(first).saturating_sub(begin))?;
        let here = |place: u64| usize::try_from(place.saturating_sub(first)).unwrap_or(0);
        data.extend_from_slice(tail.get(here(begin)..here(end)).unwrap_or_default());
        Ok((data, begin.wrapping_sub(offset)))
    }

    /// The last bytes, and where they begin.
    fn last(&self, count: u64) -> Result<(u64, Bytes)> {
        let count = self.size.min(count);
        Ok((self.size - count, self.read(self.size - count, count)?))
    }

    /// The members that are files, sorted by where they stand.
    pub fn entries(&self) -> Result<Vec<Entry>> {
        let (data, shift) = self.directory()?;
        let mut found = Vec::with_capacity(data.len() / 100);
        let mut rest = data.as_slice();
        while !rest.is_empty() {
            if !rest.starts_with(b"PK\x01\x02") || rest.len() < CENTRAL_SIZE {
                return Err(self.damaged(b"its directory has a wrong entry"));
            }
            let (flags, method) = (half(rest, 8), half(rest, 10));
            let (mut compressed, mut size, mut offset) = (word(rest, 20), word(rest, 24), word(rest, 42));
            let names = CENTRAL_SIZE + usize::from(half(rest, 28));
            let extras = names + usize::from(half(rest, 30));
            let comments = extras + usize::from(half(rest, 32));
            // Whatever system the archive was made on, as for pip.
            let mode = word(rest, 38) >> 16;
            let link = mode & 0o170_000 == 0o120_000;
            let crc = u32::try_from(word(rest, 16)).unwrap_or(0);
            if rest.len() < comments {
                return Err(self.damaged(b"its directory has a wrong entry"));
            }
            let name = &rest[CENTRAL_SIZE..names];
            if size == MAX32 || compressed == MAX32 || offset == MAX32 {
                wide(&rest[names..extras], [&mut size, &mut compressed, &mut offset]);
            }
            if name.last() != Some(&b'/') {
                if flags & 0x800 == 0 && !name.is_ascii() {
                    return Err(Error::Handover(ODD));
                }
                let name = String::from_utf8(name.to_vec()).map_err(|_| self.damaged(b"its directory has a wrong name"))?;
                let offset = offset.wrapping_add(shift);
                found.push(Entry { name, method, crc, compressed, size, executable: mode & 0o111 != 0 && !link, link, offset });
            }
            rest = &rest[comments..];
        }
        found.sort_by_key(|entry| entry.offset);
        Ok(found)
    }

    /// Where in the file the stored bytes of a member begin.
    pub fn place(&self, entry: &Entry) -> Result<u64> {
        let header = self.read(entry.offset, LOCAL_SIZE as u64)?;
        Ok(self.start + entry.offset + span(&header) as u64)
    }

    /// The archive in a STORED member.
    pub fn nested(&self, entry: &Entry) -> Result<Self> {
        let place = self.place(entry)?;
        let label = cat(&[&self.label, b" (", crate::bytes::base(entry.name.as_bytes()), b")"]);
        Ok(Self { file: self.file, start: place, size: entry.size, label })
    }
}

impl Entry {
    /// Whether it is read in pieces.
    pub const fn is_large(&self) -> bool {
        self.size > SMALL || self.compressed > SMALL
    }

    /// Where it ends in the archive, or somewhat further on: the header that stands before it may have another extra field.
    pub const fn end(&self) -> u64 {
        self.offset.saturating_add((LOCAL_SIZE + self.name.len()) as u64).saturating_add(self.compressed)
    }
}

/// Whether the end of the central directory stands there.
fn ends(tail: &[u8], at: usize) -> bool {
    tail[at..].starts_with(b"PK\x05\x06")
}

/// Length of a local header, name and extra field included.
fn span(header: &[u8]) -> usize {
    LOCAL_SIZE + usize::from(half(header, 26)) + usize::from(half(header, 28))
}

/// Takes the fields that did not fit into 32 bits from the ZIP64 extra field (APPNOTE 4.5.3).
fn wide(mut extra: &[u8], fields: [&mut u64; 3]) {
    while extra.len() >= 4 {
        let (kind, end) = (half(extra, 0), (4 + usize::from(half(extra, 2))).min(extra.len()));
        if kind == 1 {
            let mut values = extra[4..end].chunks_exact(8).map(|chunk| double(chunk, 0));
            for field in fields {
                if *field == MAX32 {
                    *field = values.next().unwrap_or(*field);
                }
            }
            return;
        }
        extra = &extra[end..];
    }
}

/// Buffers for reading members, one set for each worker: what is read stays until the next member asks for more, so nothing is read twice.
pub struct Reader {
    window: Bytes,
    /// Archive and place of the window in the file.
    begin: u64,
    content: Bytes,
    inflate: Inflate,
}

impl Reader {
    /// Buffers that are empty.
    pub fn new() -> Self {
        const WINDOW_BITS: u8 = 15;
        Self { window: Bytes::new(), begin: 0, content: Bytes::new(), inflate: Inflate::new(false, WINDOW_BITS) }
    }

    /// Gives the content of a member to `sink`, in one piece where it is small. Nothing beyond `limit` (of the archive) is read, but for the member itself.
    pub fn content(&mut self, archive: &Archive, entry: &Entry, limit: u64, sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if !matches!(entry.method, STORED | DEFLATED) {
            return Err(Error::Handover(ODD));
        }
        if entry.is_large() {
            return self.large(archive, entry, sink);
        }
        let from = self.raw(archive, entry, limit)?;
        let compressed = usize::try_from(entry.compressed).unwrap_or(0);
        let raw = &self.window[from..from + compressed];
        let content = if entry.method == STORED {
            raw
        } else {
            self.content.resize(usize::try_from(entry.size).unwrap_or(0).max(1), 0);
            self.inflate.reset(false);
            let status = self.inflate.decompress(raw, &mut self.content, InflateFlush::Finish);
            if status != Ok(Status::StreamEnd) {
                return Err(differs(archive, entry));
            }
            let count = usize::try_from(self.inflate.total_out()).unwrap_or(0);
            &self.content[..count]
        };
        if content.len() as u64 != entry.size || crc32(0, content) != entry.crc {
            return Err(differs(archive, entry));
        }
        sink(content)
    }

    /// Brings the stored bytes of a small member into the window and says where they begin there.
    fn raw(&mut self, archive: &Archive, entry: &Entry, limit: u64) -> Result<usize> {
        let place = archive.start + entry.offset;
        let header = self.need(archive, place, LOCAL_SIZE as u64, limit)?;
        if !self.window[header..].starts_with(b"PK\x03\x04") {
            return Err(archive.damaged(&cat(&[entry.name.as_bytes(), b" is not where it should be"])));
        }
        let skip = span(&self.window[header..]) as u64;
        Ok(self.need(archive, place, skip + entry.compressed, limit)? + usize::try_from(skip).unwrap_or(0))
    }

    /// Has `size` bytes from `place` of the file in the window; gives where in it.
    fn need(&mut self, archive: &Archive, place: u64, size: u64, limit: u64) -> Result<usize> {
        let end = self.begin + self.window.len() as u64;
        if place < self.begin || place > end {
            self.window.clear();
            self.begin = place;
        } else if place + size <= end {
            return Ok(usize::try_from(place - self.begin).unwrap_or(0));
        } else {
            // The beginning is here already: keep it.
            self.window.drain(..usize::try_from(place - self.begin).unwrap_or(0));
            self.begin = place;
        }
        let last = (archive.start + limit.min(archive.size)).min(place + WINDOW).max(place + size);
        if last > archive.start + archive.size {
            return Err(archive.damaged(b"it is cut short"));
        }
        let have = self.window.len();
        self.window.resize(usize::try_from(last - place).unwrap_or(0), 0);
        let result = sys::fill(archive.file, place + have as u64, &mut self.window[have..]);
        result.map_err(|_| archive.damaged(b"it is cut short"))?;
        Ok(0)
    }

    fn large(&mut self, archive: &Archive, entry: &Entry, sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut place = archive.place(entry)?;
        let (mut rest, mut crc, mut size) = (entry.compressed, 0, 0_u64);
        if place + rest > archive.start + archive.size {
            return Err(archive.damaged(b"it is cut short"));
        }
        self.inflate.reset(false);
        // The window is only a buffer here.
        self.begin = 0;
        self.window.clear();
        self.content.resize(PIECE, 0);
        while rest > 0 {
            let count = rest.min(PIECE as u64);
            self.window.resize(usize::try_from(count).unwrap_or(0), 0);
            sys::fill(archive.file, place, &mut self.window).map_err(|_| archive.damaged(b"it is cut short"))?;
            (place, rest) = (place + count, rest - count);
            if entry.method == STORED {
                (crc, size) = (crc32(crc, &self.window), size + count);
                sink(&self.window)?;
                continue;
            }
            let mut input = self.window.as_slice();
            loop {
                let (taken, given) = (self.inflate.total_in(), self.inflate.total_out());
                let status = self.inflate.decompress(input, &mut self.content, InflateFlush::NoFlush);
                if !matches!(status, Ok(Status::Ok | Status::StreamEnd | Status::BufError)) {
                    return Err(differs(archive, entry));
                }
                input = &input[usize::try_from(self.inflate.total_in() - taken).unwrap_or(0)..];
                let content = &self.content[..usize::try_from(self.inflate.total_out() - given).unwrap_or(0)];
                (crc, size) = (crc32(crc, content), size + content.len() as u64);
                sink(content)?;
                if size > entry.size || content.is_empty() || status == Ok(Status::StreamEnd) {
                    break;
                }
            }
        }
        self.window.clear();
        if size == entry.size && crc == entry.crc { Ok(()) } else { Err(differs(archive, entry)) }
    }
}

fn differs(archive: &Archive, entry: &Entry) -> Error {
    archive.damaged(&cat(&[entry.name.as_bytes(), b" has not the content that it was packed with"]))
}
