//! Local headers and data descriptors (APPNOTE.TXT 4.3.7, 4.3.9), compared with the central directory.
//!
//! A reader that streams sees the local headers, one that seeks sees the central directory. Where they differ, the two see different wheels.

use std::io::{Read, Seek};

use super::central::Central;
use super::end::read_at;
use super::error::ArchiveError;
use super::fields::{self, Fields, WIDE32};

const SIGNATURE: &[u8] = b"PK\x03\x04";
const SIZE: u64 = 30;
const DESCRIPTOR: &[u8] = b"PK\x07\x08";
/// Sizes and CRC follow the content.
const FLAG_DESCRIPTOR: u16 = 1 << 3;
/// The flags that change what a reader sees: encryption, descriptor, patch, strong encryption, UTF-8 and masked headers. The rest (compression
/// levels) are remarks.
const FLAGS_THAT_MATTER: u16 = 1 | FLAG_DESCRIPTOR | 1 << 5 | 1 << 6 | 1 << 11 | 1 << 13;

struct Local {
    flags: u16,
    method: u16,
    crc32: u32,
    compressed: u64,
    size: u64,
    name: u16,
    extra: u16,
}

fn parse(bytes: &[u8]) -> Option<Local> {
    let mut fields = Fields(bytes.strip_prefix(SIGNATURE)?);
    let (_needed, flags, method, _time) = (fields.u16()?, fields.u16()?, fields.u16()?, fields.u32()?);
    let (crc32, compressed, size) = (fields.u32()?, fields.u32()?.into(), fields.u32()?.into());
    Some(Local { flags, method, crc32, compressed, size, name: fields.u16()?, extra: fields.u16()? })
}

/// Compares the local header of a member that must end before `end`, and finds where the content begins.
pub(super) fn compare<R: Read + Seek>(input: &mut R, central: &mut Central, end: u64) -> Result<(), ArchiveError> {
    let Central { entry, raw_name, raw_method, flags } = central;
    let member = || entry.path.to_string();
    let missing = || ArchiveError::NoLocalHeader { member: member() };
    if entry.offset.checked_add(SIZE).is_none_or(|header_end| header_end > end) {
        return Err(missing());
    }
    let mut local = parse(&read_at(input, entry.offset, SIZE as usize)?).ok_or_else(missing)?;
    let rest = u64::from(local.name) + u64::from(local.extra);
    entry.content = entry.offset + SIZE + rest;
    if entry.content > end {
        return Err(missing());
    }
    let rest = read_at(input, entry.offset + SIZE, rest as usize)?;
    let (name, extra) = rest.split_at(local.name.into());

    let member = || entry.path.to_string();
    let differ = |field, local, central| ArchiveError::HeadersDiffer { member: member(), field, local, central };
    if name != *raw_name {
        let text = |raw: &[u8]| raw.escape_ascii().to_string();
        return Err(differ("name", text(name), text(raw_name)));
    }
    let (local_flags, central_flags) = (local.flags & FLAGS_THAT_MATTER, *flags & FLAGS_THAT_MATTER);
    if local_flags != central_flags {
        return Err(differ("flags", format!("{local_flags:#06x}"), format!("{central_flags:#06x}")));
    }
    if local.method != *raw_method {
        return Err(differ("method", local.method.to_string(), raw_method.to_string()));
    }
    let extra = fields::extra(extra, &mut [&mut local.size, &mut local.compressed]);
    let extra = extra.ok_or_else(|| ArchiveError::Extra { member: member() })?;
    let decoded = fields::name(name, *flags)?;
    if let Some(other) = extra.other_name.filter(|other| *other != decoded) {
        return Err(ArchiveError::TwoNames { name: member(), other: other.escape_debug().to_string() });
    }
    // With a descriptor the header may leave its numbers out, as zero or as "see ZIP64".
    let left_out = |value: u64| *flags & FLAG_DESCRIPTOR != 0 && (value == 0 || value == WIDE32);
    for (field, local, central) in [
        ("CRC-32", u64::from(local.crc32), u64::from(entry.crc32)),
        ("compressed size", local.compressed, entry.compressed),
        ("size", local.size, entry.size),
    ] {
        if local != central && !left_out(local) {
            return Err(differ(field, local.to_string(), central.to_string()));
        }
    }
    Ok(())
}

/// Checks what stands between a member's content and `next`: its data descriptor, or nothing.
pub(super) fn check_gap<R: Read + Seek>(input: &mut R, central: &Central, next: u64) -> Result<(), ArchiveError> {
    let entry = &central.entry;
    let member = || entry.path.to_string();
    let content_end = entry.content + entry.compressed;
    let gap = next - content_end;
    if central.flags & FLAG_DESCRIPTOR == 0 {
        return if gap == 0 { Ok(()) } else { Err(ArchiveError::Gap { member: member(), count: gap }) };
    }
    // The signature is optional, and the sizes are 4 or 8 bytes each: the length tells which.
    let wrong = || ArchiveError::Descriptor { member: member() };
    let (signed, wide) = match gap {
        12 => (false, false),
        16 => (true, false),
        20 => (false, true),
        24 => (true, true),
        _ => return Err(wrong()),
    };
    let bytes = read_at(input, content_end, gap as usize)?;
    let mut fields = Fields(&bytes);
    let found = (|| {
        let signature = if signed { fields.take(4)? } else { DESCRIPTOR };
        let crc32 = fields.u32()?;
        let mut size = || if wide { fields.u64() } else { fields.u32().map(u64::from) };
        Some((signature, crc32, size()?, size()?))
    })();
    if found == Some((DESCRIPTOR, entry.crc32, entry.compressed, entry.size)) { Ok(()) } else { Err(wrong()) }
}
