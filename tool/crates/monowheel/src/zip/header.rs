//! The records of a zip archive, by the sections of PKWARE's APPNOTE.TXT 6.3.10.

/// 1980-01-01, the earliest date that a zip can state: year 0, month 1, day 1 (4.4.6).
const DOS_DATE: u16 = (1 << 5) | 1;
const DOS_TIME: u16 = 0;
/// Creator system 3, Unix (4.4.2): readers take modes from the external attributes only then.
const CREATOR_UNIX: u16 = 3 << 8;
const VERSION_DEFAULT: u16 = 20;
const VERSION_ZIP64: u16 = 45;
/// General purpose bit 11: the name is UTF-8 (4.4.4). Left clear for ASCII names, which are the same either way.
const FLAG_UTF8: u16 = 1 << 11;
const METHOD_STORED: u16 = 0;
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
    /// Size of the content in bytes.
    pub size: u64,
    /// CRC-32 of the content.
    pub crc32: u32,
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
        Self { name: name.to_owned(), kind: Kind::Plain, size: 0, crc32: 0 }
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
        self.size >= MAX32
    }

    fn flags(&self) -> u16 {
        if self.name.is_ascii() { 0 } else { FLAG_UTF8 }
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
        let version = if wide { VERSION_ZIP64 } else { VERSION_DEFAULT };
        let size = narrow32(self.size);
        let mut bytes = Vec::with_capacity(26);
        for half in [version, self.flags(), METHOD_STORED, DOS_TIME, DOS_DATE] {
            bytes.extend(half.to_le_bytes());
        }
        for word in [self.crc32, size, size] {
            bytes.extend(word.to_le_bytes());
        }
        for half in [self.name.len(), extra] {
            bytes.extend(narrow16(half as u64).to_le_bytes());
        }
        bytes
    }

    /// The local file header (4.3.7).
    pub(crate) fn local_header(&self) -> Vec<u8> {
        let extra = if self.is_large() { zip64_extra(&[self.size, self.size]) } else { Vec::new() };
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
            wide.extend([self.size, self.size]);
        }
        if offset >= MAX32 {
            wide.push(offset);
        }
        let extra = if wide.is_empty() { Vec::new() } else { zip64_extra(&wide) };
        let version = if wide.is_empty() { VERSION_DEFAULT } else { VERSION_ZIP64 };
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
