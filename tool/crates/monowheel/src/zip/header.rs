//! The records of a zip archive, by the sections of PKWARE's APPNOTE.TXT 6.3.10.

/// 1980-01-01, the earliest date that a zip can state: year 0, month 1, day 1 (4.4.6).
const DOS_DATE: u16 = (1 << 5) | 1;
const DOS_TIME: u16 = 0;
/// Creator system 3, Unix (4.4.2): readers take modes from the external attributes only then.
const CREATOR_UNIX: u16 = 3 << 8;
const VERSION_DEFAULT: u16 = 20;
const VERSION_ZIP64: u16 = 45;
const VERSION_BZIP2: u16 = 46;
/// Of APPNOTE.TXT 6.3, which has LZMA and Zstandard.
const VERSION_LATEST: u16 = 63;
/// General purpose bit 1, of LZMA: the content ends with a mark (4.4.4).
const FLAG_MARKED: u16 = 1 << 1;
/// General purpose bit 11: the name is UTF-8 (4.4.4). Left clear for ASCII names, which are the same either way.
const FLAG_UTF8: u16 = 1 << 11;
const METHOD_STORED: u16 = 0;
const METHOD_BZIP2: u16 = 12;
const METHOD_LZMA: u16 = 14;
const METHOD_ZSTD: u16 = 93;
const ZIP64_EXTRA: u16 = 1;
const MODE_FILE: u32 = 0o100_644;
const MODE_EXECUTABLE: u32 = 0o100_755;
const MODE_DIRECTORY: u32 = 0o040_755;
/// Of a symbolic link, whose content is its target.
const MODE_LINK: u32 = 0o120_777;
/// The MS-DOS directory attribute in the low byte of the external attributes.
const DOS_DIRECTORY: u32 = 0x10;
const MAX32: u64 = 0xffff_ffff;
const MAX16: u64 = 0xffff;

/// One member of an archive to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Slash-separated name; a directory's ends with a slash.
    pub name: String,
    /// What its mode says: directories are 0755 always.
    pub kind: Kind,
    /// Bytes that the content takes in the archive.
    pub size: u64,
    /// CRC-32 of the content.
    pub crc32: u32,
    /// How the content is compressed; none: it is stored.
    pub packed: Option<Packed>,
}

/// What headers say of content that comes compressed; this crate compresses none itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Number of the method (4.4.5).
    pub method: u16,
    /// Bytes of the content when inflated.
    pub size: u64,
    /// Whether the content ends with a mark of its own (LZMA, 4.4.4).
    pub marked: bool,
}

/// What a member that is no directory is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A file of mode 0644.
    #[default]
    Plain,
    /// A file of mode 0755.
    Executable,
    /// A symbolic link; its content is the target.
    Link,
}

impl Kind {
    /// A file, executable or not.
    #[must_use]
    pub const fn file(executable: bool) -> Self {
        if executable { Self::Executable } else { Self::Plain }
    }

    /// The kind of member that has this mode; what no member of ours has counts as a plain file.
    #[must_use]
    pub const fn of_mode(mode: u32) -> Self {
        match mode {
            MODE_EXECUTABLE => Self::Executable,
            MODE_LINK => Self::Link,
            _ => Self::Plain,
        }
    }
}

impl Member {
    /// A directory entry. zipimport finds a namespace package only by one.
    #[must_use]
    pub fn directory(name: &str) -> Self {
        debug_assert!(name.ends_with('/'), "directory names end with a slash");
        Self::stored(name, Kind::Plain, 0, 0)
    }

    /// A member whose content stands in the archive as it is.
    #[must_use]
    pub fn stored(name: &str, kind: Kind, size: u64, crc32: u32) -> Self {
        Self { name: name.to_owned(), kind, size, crc32, packed: None }
    }

    /// Bytes that this member takes in the archive before the central directory.
    #[must_use]
    pub fn local_size(&self) -> u64 {
        30 + self.name.len() as u64 + if self.is_large() { 20 } else { 0 } + self.size
    }

    /// Bytes that this member takes in the central directory when its local header stands at `offset`.
    #[must_use]
    pub fn central_size(&self, offset: u64) -> u64 {
        let wide = if self.is_large() { 16 } else { 0 } + if offset >= MAX32 { 8 } else { 0 };
        46 + self.name.len() as u64 + if wide > 0 { 4 + wide } else { 0 }
    }

    const fn is_large(&self) -> bool {
        self.size >= MAX32 || self.inflated() >= MAX32
    }

    /// Bytes of the content when inflated.
    const fn inflated(&self) -> u64 {
        match self.packed {
            Some(packed) => packed.size,
            None => self.size,
        }
    }

    fn flags(&self) -> u16 {
        let marked = self.packed.is_some_and(|packed| packed.marked);
        let utf8 = if self.name.is_ascii() { 0 } else { FLAG_UTF8 };
        utf8 | if marked { FLAG_MARKED } else { 0 }
    }

    /// Version needed to extract (4.4.3).
    fn version(&self, wide: bool) -> u16 {
        let method = match self.packed.map_or(METHOD_STORED, |packed| packed.method) {
            METHOD_BZIP2 => VERSION_BZIP2,
            METHOD_LZMA | METHOD_ZSTD => VERSION_LATEST,
            _ => VERSION_DEFAULT,
        };
        if wide { method.max(VERSION_ZIP64) } else { method }
    }

    fn mode(&self) -> u32 {
        match self.kind {
            _ if self.name.ends_with('/') => MODE_DIRECTORY,
            Kind::Plain => MODE_FILE,
            Kind::Executable => MODE_EXECUTABLE,
            Kind::Link => MODE_LINK,
        }
    }

    /// What local and central headers share, from "version needed" to "extra field length" (4.3.7, 4.3.12).
    fn common(&self, wide: bool, extra: usize) -> Vec<u8> {
        // Both or none: a reader may expect both in the ZIP64 field (4.5.3).
        let narrow = |size: u64| if self.is_large() { u32::MAX } else { narrow32(size) };
        let method = self.packed.map_or(METHOD_STORED, |packed| packed.method);
        let mut bytes = Vec::with_capacity(26);
        for half in [self.version(wide), self.flags(), method, DOS_TIME, DOS_DATE] {
            bytes.extend(half.to_le_bytes());
        }
        for word in [self.crc32, narrow(self.size), narrow(self.inflated())] {
            bytes.extend(word.to_le_bytes());
        }
        for half in [self.name.len(), extra] {
            bytes.extend(narrow16(half as u64).to_le_bytes());
        }
        bytes
    }

    /// The local file header (4.3.7).
    pub(crate) fn local_header(&self) -> Vec<u8> {
        let extra = if self.is_large() { zip64_extra(&[self.inflated(), self.size]) } else { Vec::new() };
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.extend(self.common(self.is_large(), extra.len()));
        bytes.extend(self.name.as_bytes());
        bytes.extend(extra);
        bytes
    }

    /// The central directory header (4.3.12).
    pub(crate) fn central_header(&self, offset: u64) -> Vec<u8> {
        let mut wide = Vec::new();
        if self.is_large() {
            wide.extend([self.inflated(), self.size]);
        }
        if offset >= MAX32 {
            wide.push(offset);
        }
        let extra = if wide.is_empty() { Vec::new() } else { zip64_extra(&wide) };
        let version = self.version(!wide.is_empty());
        let mode = self.mode();
        let attributes = (mode << 16) | if mode == MODE_DIRECTORY { DOS_DIRECTORY } else { 0 };
        let mut bytes = b"PK\x01\x02".to_vec();
        bytes.extend((CREATOR_UNIX | version).to_le_bytes());
        bytes.extend(self.common(!wide.is_empty(), extra.len()));
        bytes.extend([0; 6]); // comment length, disk number, internal attributes
        bytes.extend(attributes.to_le_bytes());
        bytes.extend(narrow32(offset).to_le_bytes());
        bytes.extend(self.name.as_bytes());
        bytes.extend(extra);
        bytes
    }
}

/// The records behind the central directory: ZIP64's pair where a number needs it (4.3.14, 4.3.15), then the end record (4.3.16).
pub(crate) fn end_of_directory(entries: u64, size: u64, offset: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if entries >= MAX16 || size >= MAX32 || offset >= MAX32 {
        bytes.extend(b"PK\x06\x06");
        bytes.extend(44_u64.to_le_bytes());
        bytes.extend((CREATOR_UNIX | VERSION_ZIP64).to_le_bytes());
        bytes.extend(VERSION_ZIP64.to_le_bytes());
        bytes.extend([0; 8]); // disk numbers
        for number in [entries, entries, size, offset] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(b"PK\x06\x07");
        bytes.extend([0; 4]);
        bytes.extend((offset + size).to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
    }
    bytes.extend(b"PK\x05\x06");
    bytes.extend([0; 4]);
    for number in [entries, entries] {
        bytes.extend(narrow16(number).to_le_bytes());
    }
    for number in [size, offset] {
        bytes.extend(narrow32(number).to_le_bytes());
    }
    bytes.extend([0; 2]);
    bytes
}

fn zip64_extra(numbers: &[u64]) -> Vec<u8> {
    let mut bytes = ZIP64_EXTRA.to_le_bytes().to_vec();
    bytes.extend(narrow16(8 * numbers.len() as u64).to_le_bytes());
    for number in numbers {
        bytes.extend(number.to_le_bytes());
    }
    bytes
}

/// A number, or the all-ones value that sends readers to the ZIP64 record.
fn narrow32(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn narrow16(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
