//! Two headers of one member, field by field, each value in words.

use serde::Serialize;

use crate::checksum;
use crate::zip::{Entry, Fields};

/// One field with two values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldDifference {
    /// The field's name, with `local header:` in front where only that one differs.
    pub field: String,
    /// Its value in the first.
    pub a: String,
    /// Its value in the second.
    pub b: String,
}

/// In which fields two members differ. Where they stand is no field: it follows from what stands in front of them.
#[must_use]
pub fn differences(a: &Entry, b: &Entry) -> Vec<FieldDifference> {
    let mut found = Vec::new();
    let mut note = |field: &str, a: String, b: String| {
        if a != b {
            found.push(FieldDifference { field: field.to_owned(), a, b });
        }
    };
    note("size", a.central.size.to_string(), b.central.size.to_string());
    note("creator", creator(a.made_by), creator(b.made_by));
    note("mode", mode(a), mode(b));
    note("attributes", format!("{:#06x}", a.external & 0xffff), format!("{:#06x}", b.external & 0xffff));
    note("internal attributes", a.internal.to_string(), b.internal.to_string());
    note("comment", quoted(&a.comment), quoted(&b.comment));
    note("local header: CRC-32 and sizes", sums(a), sums(b));
    let central = common(&a.central, &b.central);
    for (field, a, b) in &central {
        note(field, a.clone(), b.clone());
    }
    for (field, a, b) in common(&a.local, &b.local) {
        // Mostly both headers say the same, and saying it twice would hide where they do not.
        if !central.iter().any(|known| *known == (field, a.clone(), b.clone())) {
            note(&format!("local header: {field}"), a, b);
        }
    }
    found
}

/// CRC-32 and sizes of the local header: the directory's, or none where a data descriptor has them (4.3.9).
fn sums(entry: &Entry) -> String {
    let of = |fields: &Fields| (fields.crc32, fields.compressed, fields.size);
    match of(&entry.local) {
        sums if sums == of(&entry.central) => "the directory's".to_owned(),
        (0, 0, 0) => "none".to_owned(),
        (crc32, compressed, size) => format!("{crc32:08x}, {compressed}, {size}"),
    }
}

/// Fields that stand in both headers, where they differ. CRC and sizes are left to the content.
fn common(a: &Fields, b: &Fields) -> Vec<(&'static str, String, String)> {
    let all = [
        ("name", quoted(&a.name), quoted(&b.name)),
        ("time", time(a), time(b)),
        ("method", method(a.method), method(b.method)),
        ("flags", flags(a.flags), flags(b.flags)),
        ("version needed", version(a.version_needed), version(b.version_needed)),
        ("extra", extra(&a.extra), extra(&b.extra)),
    ];
    all.into_iter().filter(|(_, a, b)| a != b).collect()
}

fn mode(entry: &Entry) -> String {
    format!("{:06o}", entry.mode())
}

fn version(number: u16) -> String {
    format!("{}.{}", number / 10, number % 10)
}

/// Version made by (4.4.2).
fn creator(made_by: u16) -> String {
    let system = match made_by >> 8 {
        0 => "MS-DOS".to_owned(),
        3 => "Unix".to_owned(),
        10 => "Windows NTFS".to_owned(),
        19 => "macOS".to_owned(),
        other => format!("system {other}"),
    };
    format!("{system}, version {}", version(made_by & 0xff))
}

/// MS-DOS date and time (4.4.6).
fn time(fields: &Fields) -> String {
    let (date, time) = (fields.date, fields.time);
    format!("{}-{:02}-{:02} {:02}:{:02}:{:02}", 1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, (time & 31) * 2)
}

fn method(number: u16) -> String {
    match number {
        0 => "stored".to_owned(),
        8 => "deflate".to_owned(),
        9 => "deflate64".to_owned(),
        12 => "bzip2".to_owned(),
        14 => "lzma".to_owned(),
        93 => "zstd".to_owned(),
        other => format!("method {other}"),
    }
}

/// General purpose flags (4.4.4).
fn flags(bits: u16) -> String {
    let names = [(0, "encrypted"), (3, "data descriptor"), (5, "patch"), (6, "strong encryption"), (11, "UTF-8"), (13, "masked headers")];
    let known: u16 = names.iter().map(|(bit, _)| 1 << bit).sum();
    let mut words: Vec<String> = names.iter().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, name)| (*name).to_owned()).collect();
    if bits & !known != 0 {
        words.push(format!("{:#06x}", bits & !known));
    }
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// The extra field's records (4.5), by their known names.
fn extra(bytes: &[u8]) -> String {
    let mut words = Vec::new();
    let mut rest = bytes;
    while let [a, b, c, d, tail @ ..] = rest {
        let (kind, size) = (u16::from_le_bytes([*a, *b]), usize::from(u16::from_le_bytes([*c, *d])));
        let Some((data, tail)) = tail.split_at_checked(size) else { break };
        let name = match kind {
            0x0001 => "ZIP64".to_owned(),
            0x000a => "NTFS times".to_owned(),
            0x000d => "Unix".to_owned(),
            0x5455 => "times".to_owned(),
            0x7075 => "Unicode path".to_owned(),
            0x7875 => "owner".to_owned(),
            0xcafe => "jar".to_owned(),
            other => format!("{other:#06x}"),
        };
        words.push(format!("{name} {}", checksum::hex(data)).trim_end().to_owned());
        rest = tail;
    }
    if !rest.is_empty() {
        words.push(format!("loose bytes {}", checksum::hex(rest)));
    }
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn quoted(bytes: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zip::{Kind, Member};

    #[test]
    fn fields_are_named_and_put_into_words() {
        let member = Member::stored("a.py", Kind::Plain, 3, 7);
        let a = Entry::expected(&member, 0);
        let mut b = Entry::expected(&Member { kind: Kind::Executable, ..member }, 1000);
        assert_eq!(differences(&a, &a), []);
        (b.made_by, b.central.time, b.local.time, b.central.date, b.local.date) = (20, 0x6c3a, 0x6c3a, 0x5a21, 0x5a21);
        (b.local.flags, b.central.extra) = (8 | 2, vec![0x55, 0x54, 1, 0, 3, 9]);
        let text: Vec<String> = differences(&a, &b).into_iter().map(|one| format!("{}: {} -> {}", one.field, one.a, one.b)).collect();
        insta::assert_snapshot!(text.join("\n"), @"
        creator: Unix, version 2.0 -> MS-DOS, version 2.0
        mode: 100644 -> 100755
        time: 1980-01-01 00:00:00 -> 2025-01-01 13:33:52
        extra: none -> times 03, loose bytes 09
        local header: flags: none -> data descriptor, 0x0002
        ");
    }
}
