//! The central directory (APPNOTE.TXT 4.3.12): what an archive says it holds.

use super::end::Directory;
use super::error::ArchiveError;
use super::fields::{self, Fields, WIDE32};
use super::{Entry, Kind, Method};

const SIGNATURE: &[u8] = b"PK\x01\x02";
/// The version of APPNOTE.TXT times ten that a member may need (4.4.3).
const NEWEST: u8 = 63;
const FLAG_ENCRYPTED: u16 = 1;
/// Of LZMA alone: the content ends with a mark.
const FLAG_MARKED: u16 = 1 << 1;
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
    needed: u8,
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
    let (_made_by, [needed, _system]) = (fields.u16()?, fields.u16()?.to_le_bytes());
    let (flags, method) = (fields.u16()?, fields.u16()?);
    let (_time, crc32) = (fields.u32()?, fields.u32()?);
    let (compressed, size) = (fields.u32()?.into(), fields.u32()?.into());
    let (name, extra, comment) = (fields.u16()?, fields.u16()?, fields.u16()?);
    let (disk, _internal, external, offset) = (fields.u16()?, fields.u16()?, fields.u32()?, fields.u32()?.into());
    let (name, extra) = (fields.take(name.into())?, fields.take(extra.into())?);
    fields.take(comment.into())?;
    Some(Raw { needed, flags, method, crc32, compressed, size, disk, mode: external >> 16, offset, name, extra })
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
    if raw.needed > NEWEST {
        return Err(ArchiveError::Version { member: member(), found: raw.needed });
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
        marked: method == Method::Lzma && raw.flags & FLAG_MARKED != 0,
        offset: raw.offset,
        content: 0,
    };
    Ok(Central { entry, raw_name: raw.name.to_owned(), raw_method: raw.method, flags: raw.flags })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wheel::testing::{Member, Zip, contents, problem};

    fn only(member: Member) -> String {
        Zip::new([member]).problem()
    }

    #[test]
    fn kinds_follow_name_and_mode() {
        let member = |name: &str, mode| Member::new(name, "").mode(mode);
        let link = Member::new("d/link", "../f").mode(0o120_777);
        let zip = Zip::new([member("f", 0), member("x", 0o100_755), member("y", 0o010), member("d/", 0), member("e/", 0o40_755), link]);
        let kinds: Vec<_> = zip.contents().into_iter().map(|(entry, _)| (entry.kind, entry.executable)).collect();
        let file = |executable| (Kind::File, executable);
        assert_eq!(kinds, [file(false), file(true), file(true), (Kind::Folder, false), (Kind::Folder, false), (Kind::Link, false)]);
    }

    #[test]
    fn other_kinds_are_refused() {
        for mode in [0o10_644, 0o20_644, 0o60_644, 0o140_644, 0o40_755] {
            let expected = format!("Member is neither file nor folder nor link: mode {mode:o} of `a`");
            assert_eq!(only(Member::new("a", "").mode(mode)), expected);
        }
        assert_eq!(only(Member::new("a/", "").mode(0o100_644)), "Member is neither file nor folder nor link: mode 100644 of `a/`");
        assert_eq!(only(Member::new("a/", "text")), "Member is a folder, but has content: 4 bytes in `a/`");
    }

    #[test]
    fn names_that_leave_are_refused() {
        let refused = |name: &[u8]| only(Member::new(name, ""));
        assert_eq!(refused(b"../evil"), "Member's path is refused: Path leaves its folder by `..`: `../evil`");
        assert_eq!(refused(b"a/../../evil"), "Member's path is refused: Path leaves its folder by `..`: `a/../../evil`");
        assert_eq!(refused(b"/etc/passwd"), "Member's path is refused: Path is absolute: `/etc/passwd`");
        assert_eq!(refused(b"C:/evil"), "Member's path is refused: Path begins with a drive letter: `C:/evil`");
        assert!(refused(b"..\\evil").starts_with("Member's path is refused: Path holds a backslash: `..\\evil`"));
        assert_eq!(refused(b"good.py\0.txt"), "Member's path is refused: Path holds a control character: `good.py\\0.txt`");
        assert_eq!(refused(b"a/nul"), "Member's path is refused: Path names a device: `a/nul`");
        assert_eq!(refused(b""), "Member's path is refused: Path is empty");
        assert_eq!(refused(b"/"), "Member's path is refused: Path is empty");
        assert_eq!(refused(b"a//"), "Member's path is refused: Path has a part that is `.` or empty: `a/`");
        assert_eq!(refused(b"a\xff"), "Member's name is not UTF-8, but marked so: `a\u{fffd}`");
    }

    #[test]
    fn names_are_utf8_or_code_page_437() {
        let flagged = Member::new("caf\u{e9}", "");
        let plain = Member::new(b"na\x8bve", "").both(|header| header.flags = 0);
        let names: Vec<_> = Zip::new([flagged, plain]).contents().into_iter().map(|(entry, _)| entry.path.to_string()).collect();
        assert_eq!(names, ["café", "naïve"]);
    }

    #[test]
    fn a_second_name_is_refused() {
        let with = |name: &[u8]| [b"\x75\x70".as_slice(), &[name.len() as u8 + 5, 0, 1, 0, 0, 0, 0], name].concat();
        let extra = with(b"evil");
        let (central, local) = (extra.clone(), extra);
        let expected = "Member has two names: `good` and `evil`\nhint: ";
        let mut member = Member::new("good", "");
        member.central.extra = central;
        assert!(only(member).starts_with(expected));
        let mut member = Member::new("good", "");
        member.local.extra = local;
        assert!(only(member).starts_with(expected));
        assert_eq!(Zip::new([Member::new("good", "").both(|header| header.extra = with(b"good"))]).contents().len(), 1);
    }

    #[test]
    fn encrypted_and_patched_members_are_refused() {
        for bit in [0, 6, 13] {
            assert_eq!(only(Member::new("a", "").both(|header| header.flags |= 1 << bit)), "Member is encrypted: `a`");
        }
        assert_eq!(only(Member::new("a", "").both(|header| header.flags |= 1 << 5)), "Member is a patch of another archive: `a`");
    }

    #[test]
    fn unknown_methods_are_refused() {
        for method in [1, 6, 9, 20, 95, 98, 99] {
            let expected = format!("Member is compressed by an unknown method: {method} for `a`\nhint: ");
            assert!(only(Member::new("a", "").both(|header| header.method = method)).starts_with(&expected));
        }
    }

    #[test]
    fn zip64_sizes_are_read_and_must_be_there() {
        let wide = |numbers: &[u64]| {
            let values: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            [&[1, 0, values.len() as u8, 0], &values[..]].concat()
        };
        let member = |extra: Vec<u8>| {
            Member::new("a", "text").both(|header| {
                (header.size, header.compressed, header.extra) = (u32::MAX, u32::MAX, extra.clone());
            })
        };
        assert_eq!(Zip::new([member(wide(&[4, 4]))]).contents()[0].1, b"text");
        assert_eq!(only(member(Vec::new())), "Member has broken extra fields: `a`");
        assert_eq!(only(member(wide(&[4]))), "Member has broken extra fields: `a`");
        assert_eq!(
            only(member(wide(&[u64::MAX, u64::MAX]))),
            "Archive grows beyond the limit: expected at most 34359738368 bytes, found 18446744073709551615\nhint: if the wheel is trusted, raise the limit: --max-size, in Bazel wheels.limits(…) beside wheels.lock"
        );
    }

    #[test]
    fn newer_formats_are_refused() {
        let mut bytes = Zip::new([Member::new("a", "")]).bytes();
        let needed = 31 + 6;
        bytes[needed] = 64;
        assert_eq!(problem(&bytes), "Member needs a newer reader: version 64 of the format for `a`");
        bytes[needed] = 63;
        assert_eq!(contents(&bytes, &Default::default()).unwrap().len(), 1);
    }

    #[test]
    fn a_broken_directory_is_refused() {
        let mut bytes = Zip::new([Member::new("a", "one"), Member::new("b", "two")]).bytes();
        let second = bytes.len() - 22 - 47;
        bytes[second] = 0;
        assert_eq!(problem(&bytes), "Archive's central directory is broken: at its byte 47");
    }
}
