//! Comparing an interpreter in the cache with the file, and mending it: what the bootstrap's `verify.py` does for the other trees, and
//! cannot do for the interpreter that runs it.

use rustix::fs::{self, FileType};
use zlib_rs::crc32::crc32;

use crate::archive::{Archive, Entry, Reader};
use crate::bytes::{Bytes, cat, decimal};
use crate::error::{At, Result};
use crate::{sys, unpack};

/// Compares every file below `folder` with the archive: its size and mode, `thorough` its checksum as well. One that differs is written anew and
/// takes the old one's place, so that a running application does not notice. Gives how many did.
pub fn mend(archive: &Archive, folder: &[u8], thorough: bool) -> Result<usize> {
    let mut reader = Reader::new();
    let mut mended = 0;
    for entry in archive.entries()? {
        let path = cat(&[folder, b"/", entry.name.as_bytes()]);
        if is_sound(&path, &mut reader, archive, &entry, thorough)? {
            continue;
        }
        let beside = cat(&[&path, b".", &decimal(unpack::pid()), b".new"]);
        let _ = fs::unlink(beside.as_slice());
        unpack::create(&beside, &mut reader, archive, &entry, entry.offset)?;
        fs::rename(beside.as_slice(), path.as_slice()).at(&path)?;
        mended += 1;
    }
    Ok(mended)
}

fn is_sound(path: &[u8], reader: &mut Reader, archive: &Archive, entry: &Entry, thorough: bool) -> Result<bool> {
    let Ok(found) = fs::lstat(path) else { return Ok(false) };
    if entry.link {
        let mut target = Bytes::new();
        reader.content(archive, entry, entry.offset, &mut |piece| {
            target.extend_from_slice(piece);
            Ok(())
        })?;
        return Ok(sys::read_link(path) == Some(target));
    }
    let is_like = sys::kind(&found) == FileType::RegularFile
        && u64::try_from(found.st_size) == Ok(entry.size)
        && (found.st_mode & 0o100 != 0) == entry.executable;
    Ok(is_like && (!thorough || sum(path) == Some(entry.crc)))
}

/// CRC-32 of a file.
fn sum(path: &[u8]) -> Option<u32> {
    const PIECE: usize = 1 << 16;
    let file = sys::open(path).ok()?;
    let mut piece = alloc::vec![0; PIECE];
    let mut crc = 0;
    loop {
        match rustix::io::read(&file, &mut piece) {
            Ok(0) => return Some(crc),
            Ok(count) => crc = crc32(crc, &piece[..count]),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return None,
        }
    }
}
