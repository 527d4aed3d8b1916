//! Writing archives: one deterministic zip writer for everything that leaves this crate.
//!
//! The `zip` crate reads wheels; writing is our own, because every byte of an output is a promise here and must not change with a
//! library's version. Members are STORED, so no zlib version reaches the bytes either. [`Records`] reads what headers say, for explaining and
//! comparing archives.

mod header;
mod records;
mod section;
mod writer;

pub(crate) use header::end_of_directory;
pub use header::{Kind, Member, Packed};
pub use records::{Entry, Fields, Records, RecordsError};
pub use section::Section;
pub use writer::{Reserved, Writer, archive_size};

/// The CRC-32 of `bytes`, as zip headers carry it (APPNOTE.TXT 4.4.7).
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}
