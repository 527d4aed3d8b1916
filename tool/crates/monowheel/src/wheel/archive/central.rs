//! The central directory (APPNOTE.TXT 4.3.12): what an archive says it holds.

use super::end::Directory;
use super::error::ArchiveError;
use super::fields::{self, Fields, WIDE32};
use super::{Entry, Kind, Method};

const SIGNATURE: &[u8] = b"PK\x01\x02";
const FLAG_ENCRYPTED: u16 = 1;
const FLAG_PATCHED: u16 = 1 << 5;
const FLAG_STRONG_ENCRYPTION: u16 = 1 << 6;
const FLAG_MASKED: u16 = 1 << 13;

/// File type bits of a Unix mode.
const TYPE: u32 = 0o170_000;
const TYPE_FILE: u32 = 0o100_000;
const TYPE_FOLDER: u32 = 0o040_000;
const TYPE_LINK: u32 = 0o120_000;

/// What the central directory says of a member, before the local header is compared with it.
pub(super) struct Central {
    pub(super) entry: Entry,
    pub(super) raw_name: Vec<u8>,
    pub(super) raw_method: u16,
    pub(super) flags: u16,
}

/// Parses all members.
pub(super) fn parse(bytes: &[u8], directory: Directory) -> Result<Vec<Central>, ArchiveError> {
    let mut rest = Fields(bytes);
    let mut members = Vec::new();
    while !rest.0.is_empty() {
        let offset = bytes.len() - rest.0.len();
        let raw = raw(&mut rest).ok_or(ArchiveError::Directory { offset })?;
        members.push(member(raw)?);
    }
    if members.len() as u64 != directory.members {
        return Err(ArchiveError::Count { expected: directory.members });
    }
    Ok(members)
}

struct Raw<'a> {
    flags: u16,
    method: u16,
    crc32: u32,
    compressed: u64,
    size: u64,
    disk: u16,
    mode: u32,
    offset: u64,
    name: &'a [u8],
    extra: &'a [u8],
}

fn raw<'a>(fields: &mut Fields<'a>) -> Option<Raw<'a>> {
    if fields.take(4)? != SIGNATURE {
        return None;
    }
    let (_made_by, _needed, flags, method) = (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?);
    let (_time, crc32) = (fields.u32()?, fields.u32()?);
    let (compressed, size) = (fields.u32()?.into(), fields.u32()?.into());
    let (name, extra, comment) = (fields.u16()?, fields.u16()?, fields.u16()?);
    let (disk, _internal, external, offset) = (fields.u16()?, fields.u16()?, fields.u32()?, fields.u32()?.into());
    let (name, extra) = (fields.take(name.into())?, fields.take(extra.into())?);
    fields.take(comment.into())?;
    Some(Raw { flags, method, crc32, compressed, size, disk, mode: external >> 16, offset, name, extra })
}

fn member(mut raw: Raw<'_>) -> Result<Central, ArchiveError> {
    let name = fields::name(raw.name, raw.flags)?;
    let member = || name.escape_debug().to_string();
    let is_folder = name.ends_with('/');
    let path = name.strip_suffix('/').unwrap_or(&name).parse().map_err(|source| ArchiveError::Path { source })?;
    let extra = fields::extra(raw.extra, &mut [&mut raw.size, &mut raw.compressed, &mut raw.offset]);
    let extra = extra.ok_or_else(|| ArchiveError::Extra { member: member() })?;
    if let Some(other) = extra.other_name.filter(|other| *other != name) {
        return Err(ArchiveError::TwoNames { name: member(), other: other.escape_debug().to_string() });
    }
    if !extra.zip64 && [raw.size, raw.compressed, raw.offset].contains(&WIDE32) {
        return Err(ArchiveError::Extra { member: member() });
    }
    if raw.disk != 0 && u64::from(raw.disk) != fields::WIDE16 {
        return Err(ArchiveError::Disks);
    }
    if raw.flags & (FLAG_ENCRYPTED | FLAG_STRONG_ENCRYPTION | FLAG_MASKED) != 0 {
        return Err(ArchiveError::Encrypted { member: member() });
    }
    if raw.flags & FLAG_PATCHED != 0 {
        return Err(ArchiveError::Patched { member: member() });
    }
    let kind = match (raw.mode & TYPE, is_folder) {
        (0 | TYPE_FILE, false) => Kind::File,
        (0 | TYPE_FOLDER, true) => Kind::Folder,
        (TYPE_LINK, false) => Kind::Link,
        _ => return Err(ArchiveError::SpecialFile { member: member(), mode: raw.mode }),
    };
    if kind == Kind::Folder && raw.size != 0 {
        return Err(ArchiveError::FolderContent { member: member(), size: raw.size });
    }
    let method = Method::of(raw.method).ok_or_else(|| ArchiveError::Method { member: member(), method: raw.method })?;
    if method == Method::Stored && raw.size != raw.compressed {
        return Err(ArchiveError::Size { member: member(), expected: raw.size, found: raw.compressed.to_string() });
    }
    let entry = Entry {
        path,
        kind,
        executable: kind == Kind::File && raw.mode & 0o111 != 0,
        method,
        crc32: raw.crc32,
        size: raw.size,
        compressed: raw.compressed,
        offset: raw.offset,
        content: 0,
    };
    Ok(Central { entry, raw_name: raw.name.to_owned(), raw_method: raw.method, flags: raw.flags })
}
