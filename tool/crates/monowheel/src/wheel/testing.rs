//! Wheels for tests, built in code: good ones, and ones that lie in one place.
//!
//! The writer puts down whatever a record says, so that each test changes one field of a good archive. It shares no code with the reader.

use std::fs;
use std::io::{Cursor, Write};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::archive::{Archive, Entry, Limits};
use super::{Facts, Options, WheelError, read};

pub(super) const STORED: u16 = 0;
pub(super) const DEFLATE: u16 = 8;
pub(super) const BZIP2: u16 = 12;
pub(super) const LZMA: u16 = 14;
pub(super) const ZSTD: u16 = 93;
const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const ZIP64_END: u32 = 0x0606_4b50;
const ZIP64_LOCATOR: u32 = 0x0706_4b50;

/// What a local header and the central directory both say of a member.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc32: u32,
    pub(super) compressed: u32,
    pub(super) size: u32,
    pub(super) name: Vec<u8>,
    pub(super) extra: Vec<u8>,
}

impl Header {
    fn write(&self, bytes: &mut Vec<u8>) {
        for half in [20, self.flags, self.method, 0, 0x21] {
            bytes.extend(half.to_le_bytes());
        }
        for word in [self.crc32, self.compressed, self.size] {
            bytes.extend(word.to_le_bytes());
        }
        for size in [self.name.len(), self.extra.len()] {
            bytes.extend((size as u16).to_le_bytes());
        }
    }
}

/// A member of an archive.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) local: Header,
    pub(super) central: Header,
    pub(super) mode: u32,
    /// Offset of the local header, if the central directory is to state another.
    pub(super) offset: Option<u32>,
    pub(super) data: Vec<u8>,
    /// What follows the content.
    pub(super) behind: Vec<u8>,
    content: Vec<u8>,
}

impl Member {
    /// A stored file; a folder if the name ends with a slash.
    pub(super) fn new(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        Self::compressed(name, content, STORED)
    }

    pub(super) fn compressed(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>, method: u16) -> Self {
        let (name, content) = (name.as_ref().to_vec(), content.as_ref().to_vec());
        let data = compress(&content, method);
        let mode = if name.ends_with(b"/") { 0o40_755 } else { 0o100_644 };
        let flags = if name.is_ascii() { 0 } else { 1 << 11 };
        let (crc32, compressed, size) = (crc32fast::hash(&content), data.len() as u32, content.len() as u32);
        let local = Header { flags, method, crc32, compressed, size, name, extra: Vec::new() };
        Self { central: local.clone(), local, mode, offset: None, data, behind: Vec::new(), content }
    }

    /// Changes both headers.
    pub(super) fn both(mut self, edit: impl Fn(&mut Header)) -> Self {
        edit(&mut self.local);
        edit(&mut self.central);
        self
    }

    pub(super) fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// Moves the numbers behind the content, as a writer does that cannot seek.
    pub(super) fn streamed(mut self, signed: bool, wide: bool) -> Self {
        self = self.both(|header| header.flags |= 1 << 3);
        let Header { crc32, compressed, size, .. } = self.central;
        (self.local.crc32, self.local.compressed, self.local.size) = (0, 0, 0);
        let signature = if signed { b"PK\x07\x08".as_slice() } else { b"" };
        self.behind = [signature, &crc32.to_le_bytes()].concat();
        for number in [compressed, size] {
            match wide {
                true => self.behind.extend(u64::from(number).to_le_bytes()),
                false => self.behind.extend(number.to_le_bytes()),
            }
        }
        self
    }
}

fn compress(content: &[u8], method: u16) -> Vec<u8> {
    match method {
        DEFLATE => {
            let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
            writer.write_all(content).unwrap();
            writer.finish().unwrap()
        }
        BZIP2 => {
            let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
            writer.write_all(content).unwrap();
            writer.finish().unwrap()
        }
        LZMA => {
            let options = lzma_rust2::LzmaOptions::with_preset(6);
            let mut head = vec![9, 20, 5, 0, options.get_props()];
            head.extend(options.dict_size.to_le_bytes());
            let mut writer = lzma_rust2::LzmaWriter::new_no_header(head, &options, true).unwrap();
            writer.write_all(content).unwrap();
            writer.finish().unwrap()
        }
        ZSTD => zstd::encode_all(content, 0).unwrap(),
        _ => content.to_vec(),
    }
}

/// A whole archive.
#[derive(Clone, Debug, Default)]
pub(super) struct Zip {
    pub(super) members: Vec<Member>,
    pub(super) before: Vec<u8>,
    /// Between the last member and the central directory.
    pub(super) between: Vec<u8>,
    pub(super) comment: Vec<u8>,
    pub(super) behind: Vec<u8>,
    /// With a ZIP64 end record, and the end record's own numbers left out.
    pub(super) zip64: bool,
    /// Added to what the end record says: members, size, offset.
    pub(super) lie: [i64; 3],
}

impl Zip {
    pub(super) fn new(members: impl IntoIterator<Item = Member>) -> Self {
        Self { members: members.into_iter().collect(), ..Self::default() }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let (mut bytes, mut directory) = (self.before.clone(), Vec::new());
        for member in &self.members {
            let offset = member.offset.unwrap_or(bytes.len() as u32);
            bytes.extend(LOCAL.to_le_bytes());
            member.local.write(&mut bytes);
            bytes.extend([&member.local.name[..], &member.local.extra, &member.data, &member.behind].concat());
            directory.extend(CENTRAL.to_le_bytes());
            directory.extend(0x0314_u16.to_le_bytes());
            member.central.write(&mut directory);
            directory.extend([0; 6]); // comment, disk, internal attributes
            directory.extend((member.mode << 16).to_le_bytes());
            directory.extend(offset.to_le_bytes());
            directory.extend([&member.central.name[..], &member.central.extra].concat());
        }
        bytes.extend(&self.between);
        let truth = [self.members.len() as i64, directory.len() as i64, bytes.len() as i64];
        let [members, size, offset] = [0, 1, 2].map(|index| (truth[index] + self.lie[index]) as u64);
        bytes.extend(directory);
        let record = bytes.len() as u64;
        if self.zip64 {
            bytes.extend(ZIP64_END.to_le_bytes());
            bytes.extend(44_u64.to_le_bytes());
            bytes.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            for number in [members, members, size, offset] {
                bytes.extend(number.to_le_bytes());
            }
            bytes.extend(ZIP64_LOCATOR.to_le_bytes());
            bytes.extend([0; 4]);
            bytes.extend(record.to_le_bytes());
            bytes.extend(1_u32.to_le_bytes());
        }
        let wide = if self.zip64 { u64::MAX } else { 0 };
        bytes.extend(END.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend([((members | wide) as u16).to_le_bytes(), ((members | wide) as u16).to_le_bytes()].concat());
        bytes.extend([((size | wide) as u32).to_le_bytes(), ((offset | wide) as u32).to_le_bytes()].concat());
        bytes.extend((self.comment.len() as u16).to_le_bytes());
        bytes.extend([&self.comment[..], &self.behind].concat());
        bytes
    }

    /// The problem that reading the archive meets, all of it: structure and contents.
    pub(super) fn problem(&self) -> String {
        problem(&self.bytes())
    }

    /// The members and their contents.
    pub(super) fn contents(&self) -> Vec<(Entry, Vec<u8>)> {
        contents(&self.bytes(), &Limits::default()).unwrap()
    }
}

/// The problem of an archive.
pub(super) fn problem(bytes: &[u8]) -> String {
    match contents(bytes, &Limits::default()) {
        Ok(members) => panic!("the archive was read: {members:?}"),
        Err(error) => text(&error),
    }
}

/// All that is in an archive.
pub(super) fn contents(bytes: &[u8], limits: &Limits) -> Result<Vec<(Entry, Vec<u8>)>, super::ArchiveError> {
    let mut archive = Archive::open(Cursor::new(bytes), limits)?;
    let entries = archive.entries().to_vec();
    let mut contents = Vec::new();
    for entry in entries {
        let mut content = Vec::new();
        archive.read(&entry, |piece| content.extend_from_slice(piece))?;
        contents.push((entry, content));
    }
    Ok(contents)
}

/// An error and its causes, joined.
pub(super) fn text(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A wheel under construction: `pkg` 1.0 with one module, METADATA, WHEEL and a true RECORD.
pub(super) struct Wheel {
    pub(super) file: &'static str,
    pub(super) members: Vec<Member>,
    record: Box<dyn Fn(String) -> String>,
}

impl Wheel {
    pub(super) fn new() -> Self {
        Self { file: "pkg-1.0-py3-none-any.whl", members: Vec::new(), record: Box::new(|text| text) }
            .file("pkg/__init__.py", "VALUE = 1\n")
            .file("pkg-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n")
            .file("pkg-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    }

    pub(super) fn named(mut self, file: &'static str) -> Self {
        self.file = file;
        self
    }

    /// Adds a file, in the place of one with the same name.
    pub(super) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.member(Member::compressed(path, content, DEFLATE))
    }

    pub(super) fn member(mut self, member: Member) -> Self {
        self.members.retain(|other| other.central.name != member.central.name);
        self.members.push(member);
        self
    }

    pub(super) fn without(mut self, path: &str) -> Self {
        self.members.retain(|member| member.central.name != path.as_bytes());
        self
    }

    /// Changes RECORD. An empty one is left out.
    pub(super) fn record(mut self, edit: impl Fn(String) -> String + 'static) -> Self {
        self.record = Box::new(edit);
        self
    }

    pub(super) fn zip(&self) -> Zip {
        let files = self.members.iter().filter(|member| !member.central.name.ends_with(b"/"));
        let line = |member: &Member| {
            let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(&member.content));
            format!("\"{}\",sha256={digest},{}\n", String::from_utf8_lossy(&member.central.name), member.content.len())
        };
        let record = (self.record)(files.map(line).collect::<String>() + "pkg-1.0.dist-info/RECORD,,\n");
        let record = (!record.is_empty()).then(|| Member::new("pkg-1.0.dist-info/RECORD", record));
        Zip::new(self.members.iter().cloned().chain(record))
    }

    pub(super) fn read_with(&self, options: &Options) -> Result<Facts, WheelError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(self.file);
        fs::write(&path, self.zip().bytes()).unwrap();
        read(&path, options)
    }

    pub(super) fn facts(&self) -> Facts {
        self.read_with(&Options::default()).unwrap_or_else(|error| panic!("{}", text(&error)))
    }

    /// The problem that reading the wheel meets.
    pub(super) fn problem(&self) -> String {
        text(&self.read_with(&Options::default()).unwrap_err().problem)
    }
}
