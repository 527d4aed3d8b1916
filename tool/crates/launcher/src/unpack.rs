//! Unpacking wheels, the first-party tree and the interpreter, on all processors.
//!
//! Directories are read first; then the members are cut into units of about a megabyte, the largest first, which threads take in turn. Wheels are
//! written into the dependency tree itself, or linked from a tree that has them. Folders appear when a file turns out to need them.

use alloc::vec::Vec;

use rustix::fs::{self, AtFlags, CWD};
use rustix::io::Errno;

use crate::archive::{Archive, Entry, Reader};
use crate::bytes::{Bytes, cat, parent};
use crate::error::{At, Error, Result};
use crate::json::Value;
use crate::{sys, workers};

/// Where packages lie in a dependency tree: as deep as in an environment, for the sake of `$ORIGIN/../..`.
pub const SITE_PACKAGES: &[u8] = b"lib/python/site-packages";
/// Likewise without a version, which the environment puts in: `include/site/python3.11`, as pip has it.
pub const HEADERS: &[u8] = b"include/site/python";
const UNIT: u64 = 1 << 20;
const MOST_THREADS: usize = 16;
const EXECUTABLE: u16 = 0o755;
const PLAIN: u16 = 0o644;

/// An archive and where it goes.
pub struct Source<'a> {
    archive: Archive<'a>,
    folder: Bytes,
    wheel: Option<Wheel<'a>>,
}

/// What a wheel has besides.
struct Wheel<'a> {
    data: Bytes,
    /// Normalized name, the folder of its headers.
    name: &'a [u8],
    drop: Vec<&'a [u8]>,
    /// Another tree that has it.
    other: Option<Bytes>,
}

impl<'a> Source<'a> {
    /// An archive that is unpacked as it is.
    pub const fn plain(archive: Archive<'a>, folder: Bytes) -> Self {
        Self { archive, folder, wheel: None }
    }

    /// A wheel, to be unpacked into the dependency tree `folder`, or to be linked from the `other` tree that has it.
    pub fn wheel(archive: Archive<'a>, facts: &'a Value, folder: Bytes, other: Option<Bytes>) -> Self {
        let data = facts.get("data").bytes();
        let data = if data.is_empty() { Bytes::new() } else { cat(&[data, b"/"]) };
        let mut drop: Vec<&[u8]> = facts.get("drop").list().iter().map(Value::bytes).collect();
        drop.sort_unstable();
        Self { archive, folder, wheel: Some(Wheel { data, name: facts.get("name").bytes(), drop, other }) }
    }

    fn unpack(&self, reader: &mut Reader, entry: &Entry, limit: u64) -> Result<()> {
        let name = entry.name.as_bytes();
        if name.starts_with(b"/") || name.split(|byte| *byte == b'/').any(|part| part == b"..") {
            return Err(Error::failure(&[b"a member of the file would be written elsewhere: ", name]));
        }
        let Some(wheel) = &self.wheel else {
            return create(&cat(&[&self.folder, b"/", name]), reader, &self.archive, entry, limit);
        };
        let place = wheel.place(name);
        if wheel.drop.binary_search(&place.as_slice()).is_ok() {
            return Ok(());
        }
        let path = in_tree(&place);
        let target = cat(&[&self.folder, b"/", &path]);
        if wheel.other.as_ref().is_some_and(|other| linked(&cat(&[other, b"/", &path]), &target, entry)) {
            return Ok(());
        }
        file(&target, reader, &self.archive, entry, limit)
    }
}

impl Wheel<'_> {
    /// Where a member is installed, relative to the environment (as in the wheel's facts).
    fn place(&self, name: &[u8]) -> Bytes {
        let Some(data) = name.strip_prefix(self.data.as_slice()).filter(|_| !self.data.is_empty()) else {
            return cat(&[b"site-packages/", name]);
        };
        let slash = data.iter().position(|byte| *byte == b'/').unwrap_or(data.len());
        let (scheme, rest) = (&data[..slash], data.get(slash + 1..).unwrap_or_default());
        match scheme {
            b"purelib" | b"platlib" => cat(&[b"site-packages/", rest]),
            b"scripts" => cat(&[b"bin/", rest]),
            b"headers" => cat(&[HEADERS, b"/", self.name, b"/", rest]),
            _ => rest.to_vec(),
        }
    }
}

/// Our process, as files that are written beside others are named.
pub fn pid() -> u64 {
    u64::try_from(rustix::process::getpid().as_raw_nonzero().get()).unwrap_or(0)
}

fn in_tree(place: &[u8]) -> Bytes {
    if place.starts_with(b"site-packages/") { cat(&[b"lib/python/", place]) } else { place.to_vec() }
}

/// Does something that needs the folder of `path`, which is made if it turns out to be missing.
fn with_folder<T>(path: &[u8], mut action: impl FnMut() -> rustix::io::Result<T>) -> rustix::io::Result<T> {
    match action() {
        Err(Errno::NOENT) => {
            sys::folders(parent(path))?;
            action()
        }
        result => result,
    }
}

/// Writes a member to a new file, or makes the symbolic link that it is, as the interpreter has them.
pub fn create(path: &[u8], reader: &mut Reader, archive: &Archive, entry: &Entry, limit: u64) -> Result<()> {
    if !entry.link {
        return file(path, reader, archive, entry, limit);
    }
    let mut target = Bytes::new();
    reader.content(archive, entry, limit, &mut |piece| {
        target.extend_from_slice(piece);
        Ok(())
    })?;
    with_folder(path, || fs::symlink(target.as_slice(), path)).at(path)
}

/// Writes a member to a new file. Links of wheels are installed that way too, as pip and uv do.
fn file(path: &[u8], reader: &mut Reader, archive: &Archive, entry: &Entry, limit: u64) -> Result<()> {
    let mode = if entry.executable { EXECUTABLE } else { PLAIN };
    let file = match with_folder(path, || sys::create(path, mode)) {
        // Two wheels may bring one file, if it is the same: the build has compared.
        Err(Errno::EXIST) => return Ok(()),
        file => file.at(path)?,
    };
    reader.content(archive, entry, limit, &mut |piece| sys::write_all(&file, piece).at(path))
}

/// Links a file from another tree; false where it is not what it should be, or links are not to be had.
fn linked(source: &[u8], target: &[u8], entry: &Entry) -> bool {
    // Another size: lost when the machine went down, or swept away.
    fs::lstat(source).is_ok_and(|found| u64::try_from(found.st_size) == Ok(entry.size))
        && matches!(with_folder(target, || fs::linkat(CWD, source, CWD, target, AtFlags::empty())), Ok(()) | Err(Errno::EXIST))
}

/// Members of one archive that one thread writes.
struct Unit<'a> {
    source: &'a Source<'a>,
    entries: &'a [Entry],
    size: u64,
}

/// Cuts the work: neighbours together, so that they are read at once; the largest units first.
fn units<'a>(sources: &'a [Source<'a>], directories: &'a [Vec<Entry>]) -> Vec<Unit<'a>> {
    let mut units = Vec::new();
    for (source, directory) in sources.iter().zip(directories) {
        let (mut first, mut size) = (0, 0);
        for (index, entry) in directory.iter().enumerate() {
            // What the file systems asks for a file weighs about as much as some kilobytes.
            size += entry.compressed + (entry.size >> 2) + 4096;
            if size >= UNIT || index + 1 == directory.len() {
                units.push(Unit { source, entries: &directory[first..=index], size });
                (first, size) = (index + 1, 0);
            }
        }
    }
    units.sort_by_key(|unit| core::cmp::Reverse(unit.size));
    units
}

/// Does all of the work; `slow` is called if it takes longer than a second.
pub fn run(sources: &[Source<'_>], slow: &mut dyn FnMut()) -> Result<()> {
    let directories = sources.iter().map(|source| source.archive.entries()).collect::<Result<Vec<_>>>()?;
    let units = units(sources, &directories);
    let work = |next: &mut dyn FnMut() -> Option<usize>| -> Result<()> {
        let mut reader = Reader::new();
        while let Some(unit) = next().and_then(|index| units.get(index)) {
            // Small members that follow one another are read ahead together.
            for run in unit.entries.chunk_by(|one, next| !one.is_large() && !next.is_large()) {
                let limit = run.last().map_or(0, Entry::end);
                for entry in run {
                    unit.source.unpack(&mut reader, entry, limit)?;
                }
            }
        }
        Ok(())
    };
    workers::run(workers::processors().min(MOST_THREADS), units.len(), &work, slow)
}

#[cfg(test)]
mod tests {
    use super::{Wheel, in_tree};

    #[test]
    fn members_go_where_installers_put_them() {
        let wheel = Wheel { data: b"a-1.data/".to_vec(), name: b"a", drop: vec![], other: None };
        let place = |name: &str| String::from_utf8(in_tree(&wheel.place(name.as_bytes()))).unwrap();
        assert_eq!(place("a/b.py"), "lib/python/site-packages/a/b.py");
        assert_eq!(place("a-1.data/purelib/x.py"), "lib/python/site-packages/x.py");
        assert_eq!(place("a-1.data/scripts/run"), "bin/run");
        assert_eq!(place("a-1.data/headers/a.h"), "include/site/python/a/a.h");
        assert_eq!(place("a-1.data/data/share/doc"), "share/doc");
    }
}
