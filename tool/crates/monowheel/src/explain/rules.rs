//! Whether an archive is written as this crate writes archives, to the last byte of its records.

use std::io::{self, Read, Seek, SeekFrom};

use super::diff::field_differences;
use crate::zip::{Entry, Kind, Member, Records, end_of_directory};

/// What is not by the rules, in words. Members must follow one another from `start` on, without a gap; symbolic links are
/// among them where `links` says so.
///
/// # Errors
/// Where the archive cannot be read.
pub(super) fn problems<R: Read + Seek>(input: &mut R, records: &Records, start: u64, links: bool) -> io::Result<Vec<String>> {
    let mut problems = Vec::new();
    let (mut place, mut directory) = (start, Vec::new());
    for found in &records.entries {
        let kind = match Kind::of_mode(found.mode()) {
            Kind::Link if !links => Kind::Plain,
            kind => kind,
        };
        let member = Member::stored(&found.name, kind, found.central.size, found.central.crc32);
        let expected = Entry::expected(&member, found.offset);
        for field in field_differences(found, &expected) {
            problems.push(format!("`{}` has {} {} instead of {}", found.name, field.field, field.a, field.b));
        }
        if found.offset != place {
            problems.push(format!("`{}` begins at byte {} instead of {place}", found.name, found.offset));
        }
        place = found.data.saturating_add(found.central.compressed);
        directory.extend(member.central_header(found.offset));
    }
    if records.directory != place {
        problems.push(format!("the central directory begins at byte {} instead of {place}", records.directory));
    }
    directory.extend(end_of_directory(records.entries.len() as u64, directory.len() as u64, records.directory));
    let mut found = Vec::new();
    input.seek(SeekFrom::Start(records.directory))?;
    input.take(directory.len() as u64 + 1).read_to_end(&mut found)?;
    if problems.is_empty() && found != directory {
        problems.push("the central directory has bytes that this tool would not write".to_owned());
    }
    Ok(problems)
}
