//! The bytecode of wheels: as the manifest says, and nothing but bytecode of modules of these wheels' names.
//!
//! Whether it is what a compiler makes of the sources, only an interpreter of that version could tell; the manifest's sha256 says whose it is.

use std::fs::File;
use std::io::{self, Read};

use super::super::application::{Application, BYTECODE};
use super::super::error::ExplainError;
use super::super::rules;
use super::{Check, bytecodes, plural};
use crate::app::{self, PackedBytecode};
use crate::checksum;
use crate::zip::{Entry, Records, Section};

/// Magic number, flags, hash of the source (PEP 552).
const HEADER: usize = 16;
/// Flags: checked by hash, and not at all.
const UNCHECKED_HASH: [u8; 4] = [1, 0, 0, 0];

/// Checks all of it.
///
/// # Errors
/// Where it cannot be read at all.
pub(super) fn check(application: &Application) -> Result<Check, ExplainError> {
    let (mut problems, mut archives, mut files) = (Vec::new(), 0, 0);
    for (wheel, bytecode) in bytecodes(application) {
        archives += 1;
        let file = &bytecode.file;
        if *file != PackedBytecode::file_name(&wheel.file, &bytecode.tag) {
            problems.push(format!("{file}: it is not named after {} and {}", wheel.file, bytecode.tag));
        }
        let name = format!("{BYTECODE}{file}");
        let Some(entry) = application.records.find(&name).filter(|entry| entry.is_stored()) else {
            problems.push(format!("{file}: it is missing, or not stored"));
            continue;
        };
        let mut content = application.content(entry);
        let failed = |source| application.failed(&name, source);
        let found = checksum::of(&mut content).map_err(failed)?;
        let (sha256, crc32) = (found.hex(), found.crc32);
        if sha256 != bytecode.sha256 {
            problems.push(format!("{file} has sha256 {sha256}, but the manifest says {}", bytecode.sha256));
        }
        if crc32 != entry.central.crc32 || entry.central.size != bytecode.size {
            problems.push(format!("{file} has another CRC-32 than its header says, or another size than the manifest says"));
        }
        match Records::read(&mut content) {
            Ok(records) => {
                files += records.entries.len();
                problems.extend(pycs(bytecode, &records, &content).map_err(failed)?);
                problems.extend(rules::problems(&mut content, &records, 0, false).map_err(failed)?);
            }
            Err(error) => problems.push(format!("{file} is no archive: {error}")),
        }
    }
    let holds = format!("{} of {}, sha256 as the manifest says", plural(files, "module"), plural(archives, "wheel"));
    Ok(Check::new("bytecode", holds, problems))
}

fn pycs(bytecode: &PackedBytecode, records: &Records, archive: &Section<&File>) -> io::Result<Vec<String>> {
    let mut problems = Vec::new();
    if !records.entries.is_sorted_by(|a, b| a.name < b.name) {
        problems.push(format!("{}: it is not sorted, or has two members of one name", bytecode.file));
    }
    for entry in &records.entries {
        let is_module = app::module_of(&format!("site-packages/{}", entry.name)).is_some_and(|(_, tag)| tag == bytecode.tag);
        if !is_module || !is_unchecked(entry, archive)? {
            problems.push(format!("{}: `{}` is no unchecked bytecode of {}", bytecode.file, entry.name, bytecode.tag));
        }
        let crc32 = checksum::of(&mut archive.part(entry.data, entry.central.compressed))?.crc32;
        if crc32 != entry.central.crc32 {
            problems.push(format!("{}: `{}` has another CRC-32 than its header says", bytecode.file, entry.name));
        }
    }
    Ok(problems)
}

fn is_unchecked(entry: &Entry, archive: &Section<&File>) -> io::Result<bool> {
    let mut header = Vec::with_capacity(HEADER);
    archive.part(entry.data, entry.central.compressed).take(HEADER as u64).read_to_end(&mut header)?;
    Ok(header.len() == HEADER && header[4..8] == UNCHECKED_HASH)
}
