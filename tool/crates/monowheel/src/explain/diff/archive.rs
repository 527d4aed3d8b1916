//! Two archives, member by member, into the archives that are members.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek};

use serde::Serialize;

use super::fields::{FieldDifference, differences};
use crate::checksum::Summing;
use crate::wheel::{Archive, Limits};
use crate::zip::{Entry, Records, Section};

/// How deep archives within archives are looked into: an application, its wheels, an archive in a wheel.
const DEEPEST: usize = 4;

/// What differs in one place of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemberDifference {
    /// The member; within a nested archive, the members that lead to it: `monowheel/code.zip!_main/a.py`.
    pub member: String,
    /// What about it.
    #[serde(flatten)]
    pub change: Change,
}

/// What about a member differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "lowercase")]
pub enum Change {
    /// Only the second has it.
    Added {
        /// Its content.
        b: Content,
    },
    /// Only the first has it.
    Removed {
        /// Its content.
        a: Content,
    },
    /// Other content; `fields` differ as well.
    Content {
        /// In the first.
        a: Content,
        /// In the second.
        b: Content,
        /// Further differences in its headers.
        fields: Vec<FieldDifference>,
    },
    /// The same content, but headers or compressed bytes differ.
    Headers {
        /// The differences.
        fields: Vec<FieldDifference>,
    },
    /// The same members in another order; `member` is the archive, the names are the first that differ.
    Order {
        /// In the first.
        a: String,
        /// In the second.
        b: String,
    },
    /// The archive's comment; `member` is the archive.
    Comment {
        /// In the first.
        a: String,
        /// In the second.
        b: String,
    },
}

/// A member's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Content {
    /// Its size in bytes.
    pub size: u64,
    /// The CRC-32 that its header states.
    pub crc32: String,
    /// Unix mode in octal.
    pub mode: String,
}

impl Content {
    fn of(entry: &Entry) -> Self {
        Self { size: entry.central.size, crc32: format!("{:08x}", entry.central.crc32), mode: format!("{:06o}", entry.mode()) }
    }
}

/// One of two archives: its records, and where it is.
pub struct Side<'a> {
    /// The file that it is in.
    pub file: &'a File,
    /// Where it begins in there.
    pub start: u64,
    /// How many bytes it has.
    pub size: u64,
    /// Its records.
    pub records: &'a Records,
}

impl<'a> Side<'a> {
    fn whole(&self) -> Section<&'a File> {
        Section::new(self.file, self.start, self.size)
    }

    fn raw(&self, entry: &Entry) -> Section<&'a File> {
        Section::new(self.file, self.start + entry.data, entry.central.compressed)
    }

    /// SHA-256 of a member's content, inflated.
    fn content(&self, entry: &Entry) -> Option<String> {
        // The reader of wheels takes no archive that can be read in two ways; such ones are told apart by what their headers say.
        let mut archive = Archive::open(self.whole(), &Limits::NONE).ok()?;
        let found = archive.entries().iter().find(|found| found.path.as_str() == entry.name)?.clone();
        let mut summing = Summing::default();
        archive.read(&found, |piece| summing.update(piece)).ok()?;
        Some(summing.finish().hex())
    }
}

/// Compares two archives; `place` is what leads to them, empty for the outermost.
///
/// # Errors
/// Where a file cannot be read.
pub fn compare(a: &Side, b: &Side, place: &str, depth: usize, found: &mut Vec<MemberDifference>) -> io::Result<()> {
    let (left, right) = (keyed(a.records), keyed(b.records));
    let at = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}!{name}") };
    let mut note = |member: String, change| found.push(MemberDifference { member, change });
    if a.records.comment != b.records.comment {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        note(place.to_owned(), Change::Comment { a: text(&a.records.comment), b: text(&b.records.comment) });
    }
    let order = |records: &Records, other: &BTreeMap<_, _>| -> Vec<String> {
        let keys = keyed(records);
        let mut places: Vec<(usize, String)> =
            keys.into_iter().filter(|(key, _)| other.contains_key(key)).map(|((name, _), index)| (index, name)).collect();
        places.sort_unstable();
        places.into_iter().map(|(_, name)| name).collect()
    };
    let (order_a, order_b) = (order(a.records, &right), order(b.records, &left));
    if let Some((first, second)) = order_a.into_iter().zip(order_b).find(|(first, second)| first != second) {
        note(place.to_owned(), Change::Order { a: first, b: second });
    }
    for ((name, number), index) in &left {
        let entry = &a.records.entries[*index];
        let Some(other) = right.get(&(name.clone(), *number)) else {
            found.push(MemberDifference { member: at(name), change: Change::Removed { a: Content::of(entry) } });
            continue;
        };
        member(a, b, (*index, *other), at(name), depth, found)?;
    }
    for ((name, _), index) in right.iter().filter(|(key, _)| !left.contains_key(key)) {
        found.push(MemberDifference { member: at(name), change: Change::Added { b: Content::of(&b.records.entries[*index]) } });
    }
    Ok(())
}

/// Members by name; those of one name by their order as well.
fn keyed(records: &Records) -> BTreeMap<(String, usize), usize> {
    let mut keys: BTreeMap<(String, usize), usize> = BTreeMap::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, entry) in records.entries.iter().enumerate() {
        let count = counts.entry(&entry.name).or_default();
        keys.insert((entry.name.clone(), *count), index);
        *count += 1;
    }
    keys
}

fn member(
    a: &Side,
    b: &Side,
    (first, second): (usize, usize),
    name: String,
    depth: usize,
    found: &mut Vec<MemberDifference>,
) -> io::Result<()> {
    let (left, right) = (&a.records.entries[first], &b.records.entries[second]);
    let mut fields = differences(left, right);
    let same_raw = left.central.method == right.central.method && equal(&mut a.raw(left), &mut b.raw(right))?;
    let states = |entry: &Entry| (entry.central.crc32, entry.central.size);
    let same = same_raw || (states(left) == states(right) && a.content(left).is_some_and(|digest| b.content(right) == Some(digest)));
    if !same {
        fields.retain(|field| field.field != "size");
        let nested = if depth < DEEPEST { nested(a, left).zip(nested(b, right)) } else { None };
        let content = Change::Content { a: Content::of(left), b: Content::of(right), fields };
        found.push(MemberDifference { member: name.clone(), change: content });
        if let Some(((start, size, records), (other_start, other_size, other_records))) = nested {
            let left = Side { file: a.file, start, size, records: &records };
            let right = Side { file: b.file, start: other_start, size: other_size, records: &other_records };
            compare(&left, &right, &name, depth + 1, found)?;
        }
        return Ok(());
    }
    if !same_raw && left.central.method == right.central.method {
        let text = |entry: &Entry| format!("{} bytes", entry.central.compressed);
        fields.push(FieldDifference { field: "compressed as".to_owned(), a: text(left), b: format!("{}, otherwise", text(right)) });
    }
    if !fields.is_empty() {
        found.push(MemberDifference { member: name, change: Change::Headers { fields } });
    }
    Ok(())
}

/// A STORED member that is an archive itself.
fn nested(side: &Side, entry: &Entry) -> Option<(u64, u64, Records)> {
    if !entry.is_stored() || entry.central.compressed == 0 {
        return None;
    }
    let records = Records::read(&mut side.raw(entry)).ok()?;
    Some((side.start + entry.data, entry.central.compressed, records))
}

/// Whether both have the same bytes.
pub(super) fn equal<R: Read + Seek>(a: &mut Section<R>, b: &mut Section<R>) -> io::Result<bool> {
    Ok(a.size() == b.size() && first_difference(a, b)?.is_none())
}

/// Where the first byte is that differs; where one ends, if it is the other's beginning.
pub(super) fn first_difference<R: Read>(a: &mut R, b: &mut R) -> io::Result<Option<u64>> {
    let (mut left, mut right) = (vec![0; 1 << 17], vec![0; 1 << 17]);
    let mut position = 0;
    loop {
        let (first, second) = (fill(a, &mut left)?, fill(b, &mut right)?);
        if left[..first] != right[..second] {
            let same = left[..first].iter().zip(&right[..second]).take_while(|(a, b)| a == b).count();
            return Ok(Some(position + same as u64));
        }
        if first == 0 {
            return Ok(None);
        }
        position += first as u64;
    }
}

fn fill<R: Read>(input: &mut R, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}
