//! The few things that a standard library would give: whole reads and writes, tests of files, the clock.

use alloc::ffi::CString;
use alloc::vec;
use alloc::vec::Vec;
use core::ffi::CStr;

use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{self, AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::{Errno, Result};

use crate::bytes::{Bytes, parent};

/// Takes back what was said on a line of a terminal.
pub const LINE_AWAY: &[u8] = b"\r\x1b[K";

/// An open file.
pub type File = OwnedFd;

/// Opens what swallows words. In a root file system without /dev it is the end of a pipe from which nothing comes and to which nothing can be
/// written; a closed descriptor would be the next file's, and a folder Python does not take.
pub fn nowhere() -> Result<File> {
    let device = fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty());
    device.or_else(|_| Ok(rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?.0))
}

/// Opens a file to be read.
pub fn open(path: &[u8]) -> Result<File> {
    fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}

/// Makes a new file to be written; fails where there is one.
pub fn create(path: &[u8], mode: u16) -> Result<File> {
    fs::open(path, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC, bits(mode))
}

/// Permission bits.
pub fn bits(mode: u16) -> Mode {
    Mode::from_raw_mode(mode.into())
}

/// Reads exactly `size` bytes at `offset`.
pub fn read_exact(file: &File, offset: u64, size: u64) -> Result<Bytes> {
    let mut data = vec![0; usize::try_from(size).map_err(|_| Errno::NOMEM)?];
    fill(file, offset, &mut data)?;
    Ok(data)
}

/// Fills `data` from `offset` on; an error where the file ends before.
pub fn fill(file: &File, mut offset: u64, mut data: &mut [u8]) -> Result<()> {
    while !data.is_empty() {
        let count = match rustix::io::pread(file, &mut *data, offset) {
            Ok(0) => return Err(Errno::NODATA),
            Ok(count) => count,
            Err(Errno::INTR) => continue,
            Err(errno) => return Err(errno),
        };
        offset += count as u64;
        data = &mut data[count..];
    }
    Ok(())
}

/// Writes everything.
pub fn write_all(file: impl rustix::fd::AsFd, mut data: &[u8]) -> Result<()> {
    while !data.is_empty() {
        match rustix::io::write(&file, data) {
            Ok(count) => data = &data[count..],
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Writes a new file.
pub fn write(path: &[u8], mode: u16, content: &[u8]) -> Result<()> {
    write_all(create(path, mode)?, content)
}

/// Everything that comes out of a file or a pipe.
pub fn read_all(file: &File) -> Result<Bytes> {
    let mut data = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match rustix::io::read(file, &mut piece) {
            Ok(0) => return Ok(data),
            Ok(count) => data.extend_from_slice(&piece[..count]),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// The content of a small file.
pub fn read_file(path: &[u8]) -> Result<Bytes> {
    read_all(&open(path)?)
}

/// Makes a folder for us alone; one that is there is as good.
pub fn make(path: &[u8]) -> Result<()> {
    match fs::mkdir(path, bits(0o700)) {
        Err(Errno::EXIST) => Ok(()),
        result => result,
    }
}

/// Makes a folder and those above it that are missing.
pub fn folders(path: &[u8]) -> Result<()> {
    match make(path) {
        Err(Errno::NOENT) => {
            folders(parent(path))?;
            make(path)
        }
        result => result,
    }
}

/// Whether a path is there, be it a broken link.
pub fn exists(path: &[u8]) -> bool {
    fs::lstat(path).is_ok()
}

/// Whether a path leads to a folder.
pub fn is_folder(path: &[u8]) -> bool {
    fs::stat(path).is_ok_and(|found| kind(&found) == FileType::Directory)
}

/// Whether a path leads to a file that may be run.
pub fn is_program(path: &[u8]) -> bool {
    fs::stat(path).is_ok_and(|found| kind(&found) == FileType::RegularFile) && may(path, fs::Access::EXEC_OK)
}

/// Whether we may do that, as the effective user.
pub fn may(path: &[u8], access: fs::Access) -> bool {
    fs::accessat(CWD, path, access, AtFlags::empty()).is_ok()
}

/// The type of what was found.
pub fn kind(found: &Stat) -> FileType {
    FileType::from_raw_mode(found.st_mode)
}

/// The names in a folder, sorted.
pub fn names(folder: &[u8]) -> Result<Vec<Bytes>> {
    let handle = fs::open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let mut names = Vec::new();
    for entry in fs::Dir::new(handle)? {
        let name = entry?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Where a link points to.
pub fn read_link(path: &[u8]) -> Option<Bytes> {
    fs::readlink(path, Vec::new()).ok().map(CString::into_bytes)
}

/// Removes a folder and all in it; what cannot be removed stays.
pub fn remove(path: &[u8]) {
    for name in names(path).unwrap_or_default() {
        let entry = crate::bytes::cat(&[path, b"/", &name]);
        match fs::lstat(entry.as_slice()) {
            Ok(found) if kind(&found) == FileType::Directory => remove(&entry),
            _ => fs::unlink(entry.as_slice()).unwrap_or_default(),
        }
    }
    let _ = fs::rmdir(path);
}

/// The path without links; none where it leads nowhere.
pub fn real(path: &[u8]) -> Option<Bytes> {
    let path = CString::new(path).ok()?;
    // SAFETY: `path` ends with a NUL; with a null buffer, realpath gives memory that is ours to free, or null.
    let found = unsafe { libc::realpath(path.as_ptr(), core::ptr::null_mut()) };
    if found.is_null() {
        return None;
    }
    // SAFETY: not null, so a C string, read before it is freed and freed once.
    unsafe {
        let bytes = CStr::from_ptr(found).to_bytes().to_vec();
        libc::free(found.cast());
        Some(bytes)
    }
}

/// Name of the time since the machine came up, where the system has such a thing.
pub fn boot_id() -> Option<Bytes> {
    read_file(b"/proc/sys/kernel/random/boot_id").ok().map(|text| text.trim_ascii().to_vec())
}

/// Tenths of a millisecond by a clock that only goes forward.
pub fn now() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    (time.tv_sec * 10_000) + time.tv_nsec / 100_000
}

/// Some hex digits that cannot be known beforehand.
pub fn random(count: usize) -> Bytes {
    let mut noise = vec![0; count];
    #[cfg(target_os = "linux")]
    let _ = rustix::rand::getrandom(noise.as_mut_slice(), rustix::rand::GetRandomFlags::empty());
    #[cfg(not(target_os = "linux"))]
    if let Ok(file) = open(b"/dev/urandom") {
        drop(fill(&file, 0, &mut noise));
    }
    crate::bytes::hex(&noise)
}

/// Writes to standard error; where that cannot be done, there is nobody to tell.
pub fn say(text: &[u8]) {
    // SAFETY: nothing here closes descriptor 2; if the caller has closed it, the write fails or `/dev/null` is in its place.
    let _ = write_all(unsafe { BorrowedFd::borrow_raw(2) }, text);
}

/// Writes to standard output.
pub fn print(text: &[u8]) {
    // SAFETY: as above, of descriptor 1.
    let _ = write_all(unsafe { BorrowedFd::borrow_raw(1) }, text);
}

/// Whether standard error is a terminal.
pub fn is_terminal() -> bool {
    // SAFETY: as above.
    rustix::termios::isatty(unsafe { BorrowedFd::borrow_raw(2) })
}
