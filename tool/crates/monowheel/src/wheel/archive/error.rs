//! What is wrong with an archive. Each message names the member or the place in the file.

use std::io;

use crate::wheel::path::PathError;

/// An archive that is broken, ambiguous or hostile.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum ArchiveError {
    #[error("Archive cannot be read")]
    Io { source: io::Error },
    #[error("Archive is truncated or no zip: it has no end record\nhint: the download may have been cut off; fetch the wheel again")]
    NoEnd,
    #[error("Archive is followed by other bytes: {count} after the end record")]
    Trailing { count: u64 },
    #[error("Archive's comment is longer than the file: by {count} bytes")]
    CommentTruncated { count: u64 },
    #[error("Archive has a second end record: at byte {offset}\nhint: readers that take the other one would see other files")]
    SecondEnd { offset: u64 },
    #[error("Archive is one of several disks")]
    Disks,
    #[error("Archive's ZIP64 end record is not valid: {reason}")]
    Zip64 { reason: &'static str },
    #[error("Archive's central directory is not where the end record says: expected {expected} bytes up to {end}, found {found}")]
    DirectoryPlace { expected: u64, found: u64, end: u64 },
    #[error("Archive's central directory is larger than the limit: expected at most {limit} bytes, found {found}")]
    DirectorySize { limit: u64, found: u64 },
    #[error("Archive's central directory is broken: at its byte {offset}")]
    Directory { offset: usize },
    #[error("Archive's central directory has another number of members than its end record says: expected {expected}")]
    Count { expected: u64 },
    #[error(
        "Archive has more members than the limit: expected at most {limit}, found {found}\nhint: if the wheel is trusted, raise the limit: --max-members, in Bazel wheels.limits(…) beside wheels.lock"
    )]
    Members { limit: u64, found: u64 },
    #[error(
        "Archive grows beyond the limit: expected at most {limit} bytes, found {found}\nhint: if the wheel is trusted, raise the limit: --max-size, in Bazel wheels.limits(…) beside wheels.lock"
    )]
    Total { limit: u64, found: u64 },
    #[error(
        "Archive grows more than the limit: expected at most {limit} times its size, found {found} times\nhint: if the wheel is trusted, raise the limit: --max-ratio, in Bazel wheels.limits(…) beside wheels.lock"
    )]
    Ratio { limit: u64, found: u64 },
    #[error("Archive has bytes in front of its first member: {count}")]
    Prefix { count: u64 },
    #[error("Archive has bytes that belong to no member: {count} after `{member}`")]
    Gap { member: String, count: u64 },
    #[error("Member's name is not UTF-8, but marked so: `{name}`")]
    NameEncoding { name: String },
    #[error(
        "Member has two names: `{name}` and `{other}`\nhint: an extra field gives another name than the header, and readers differ in which they take"
    )]
    TwoNames { name: String, other: String },
    #[error("Member's path is refused")]
    Path { source: PathError },
    #[error("Member occurs twice: `{member}`")]
    Duplicate { member: String },
    #[error("Member is a file where others need a folder: `{member}`")]
    FileAndFolder { member: String },
    #[error("Member is encrypted: `{member}`")]
    Encrypted { member: String },
    #[error("Member is a patch of another archive: `{member}`")]
    Patched { member: String },
    #[error("Member is compressed by an unknown method: {method} for `{member}`\nhint: stored, deflate, bzip2, lzma and zstd are read")]
    Method { member: String, method: u16 },
    #[error("Member needs a newer reader: version {found} of the format for `{member}`")]
    Version { member: String, found: u8 },
    #[error("Member is neither file nor folder nor link: mode {mode:o} of `{member}`")]
    SpecialFile { member: String, mode: u32 },
    #[error("Member is a folder, but has content: {size} bytes in `{member}`")]
    FolderContent { member: String, size: u64 },
    #[error("Member is a link that leaves the wheel: `{target}` of `{member}`")]
    LinkLeaves { member: String, target: String },
    #[error("Member has broken extra fields: `{member}`")]
    Extra { member: String },
    #[error("Member's local header is missing: `{member}`")]
    NoLocalHeader { member: String },
    #[error("Member's local header and the central directory differ in {field}: {local} and {central} for `{member}`")]
    HeadersDiffer { member: String, field: &'static str, local: String, central: String },
    #[error("Member's data descriptor differs from the central directory: `{member}`")]
    Descriptor { member: String },
    #[error("Member overlaps another: `{member}` and `{other}`")]
    Overlap { member: String, other: String },
    #[error("Member's content is broken: `{member}`")]
    Content { member: String, source: io::Error },
    #[error("Member has another size than it says: expected {expected} bytes, found {found}: `{member}`")]
    Size { member: String, expected: u64, found: String },
    #[error("Member's compressed content is followed by other bytes: `{member}`")]
    ContentTrailing { member: String },
    #[error("Member has another CRC-32 than it says: expected {expected:08x}, found {found:08x}: `{member}`")]
    Crc { member: String, expected: u32, found: u32 },
    #[error("Member is larger than such a file may be: expected at most {limit} bytes, found {found}: `{member}`")]
    Large { member: String, limit: u64, found: u64 },
}
