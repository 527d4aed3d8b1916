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

#[cfg(test)]
mod tests {
    use crate::wheel::testing::{DEFLATE, Header, Member, Zip, contents};

    fn with_local(edit: impl Fn(&mut Header)) -> String {
        let mut member = Member::compressed("a", "text", DEFLATE);
        edit(&mut member.local);
        Zip::new([member, Member::new("b", "two")]).problem()
    }

    #[test]
    fn headers_must_agree() {
        let differ = "Member's local header and the central directory differ in";
        assert_eq!(with_local(|local| local.name = b"z".to_vec()), format!("{differ} name: z and a for `a`"));
        assert_eq!(with_local(|local| local.method = 0), format!("{differ} method: 0 and 8 for `a`"));
        assert_eq!(with_local(|local| local.size = 9), format!("{differ} size: 9 and 4 for `a`"));
        assert_eq!(with_local(|local| local.compressed = 9), format!("{differ} compressed size: 9 and 6 for `a`"));
        assert_eq!(with_local(|local| local.size = 0), format!("{differ} size: 0 and 4 for `a`"));
        assert_eq!(with_local(|local| local.crc32 = 0), format!("{differ} CRC-32: 0 and 999008199 for `a`"));
        for bit in [0, 3, 5, 6, 11, 13] {
            assert!(with_local(|local| local.flags |= 1 << bit).starts_with(&format!("{differ} flags")), "{bit}");
        }
    }

    #[test]
    fn remarks_may_differ() {
        let mut member = Member::compressed("a", "text", DEFLATE);
        (member.local.flags, member.local.extra) = (2, vec![9, 9, 1, 0, 7]);
        assert_eq!(Zip::new([member]).contents()[0].1, b"text");
    }

    #[test]
    fn data_descriptors_of_every_form_are_read() {
        for (signed, wide) in [(false, false), (false, true), (true, false), (true, true)] {
            let streamed = Member::compressed("a", "text", DEFLATE).streamed(signed, wide);
            let zip = Zip::new([streamed.clone(), streamed.both(|header| header.name = b"b".to_vec())]);
            assert_eq!(zip.contents()[1].1, b"text", "{signed} {wide}");
        }
        let mut known = Member::new("a", "text").streamed(true, false);
        known.local = Header { extra: Vec::new(), ..known.central.clone() };
        assert_eq!(Zip::new([known]).contents().len(), 1);
    }

    #[test]
    fn data_descriptors_must_tell_the_truth() {
        let streamed = Member::new("a", "text").streamed(true, false);
        for byte in 0..streamed.behind.len() {
            let mut member = streamed.clone();
            member.behind[byte] ^= 1;
            assert_eq!(Zip::new([member]).problem(), "Member's data descriptor differs from the central directory: `a`");
        }
        let mut member = streamed;
        member.behind.clear();
        assert_eq!(Zip::new([member]).problem(), "Member's data descriptor differs from the central directory: `a`");
    }

    #[test]
    fn bytes_of_no_member_are_refused() {
        let mut member = Member::new("a", "text");
        member.behind = b"hidden".to_vec();
        assert_eq!(Zip::new([member, Member::new("b", "")]).problem(), "Archive has bytes that belong to no member: 6 after `a`");
        let zip = Zip { between: b"hidden".to_vec(), ..Zip::new([Member::new("a", "text")]) };
        assert_eq!(zip.problem(), "Archive has bytes that belong to no member: 6 after `a`");
        let zip = Zip { before: b"#!/bin/sh\n".to_vec(), ..Zip::new([Member::new("a", "text")]) };
        assert_eq!(zip.problem(), "Archive has bytes in front of its first member: 10");
    }

    #[test]
    fn offsets_must_lead_to_headers() {
        for offset in [1, 35, 40, 1_000_000, u32::MAX - 1] {
            let mut member = Member::new("a", "text");
            member.offset = Some(offset);
            assert_eq!(Zip::new([member]).problem(), "Member's local header is missing: `a`", "{offset}");
        }
    }

    #[test]
    fn any_flipped_bit_of_a_header_is_noticed_or_a_remark() {
        let good = Zip::new([Member::compressed("pkg/a.py", "text", DEFLATE)]).bytes();
        let before = contents(&good, &Default::default()).unwrap();
        for (index, bit) in (0..good.len()).flat_map(|index| (0..8).map(move |bit| (index, bit))) {
            let mut bytes = good.clone();
            bytes[index] ^= 1 << bit;
            // What still reads must read the same, but for the x bits, which nothing else says.
            if let Ok(after) = contents(&bytes, &Default::default()) {
                assert_eq!(before[0].1, after[0].1, "byte {index}, bit {bit}");
                assert_eq!(before[0].0.path, after[0].0.path, "byte {index}, bit {bit}");
            }
        }
    }
}
