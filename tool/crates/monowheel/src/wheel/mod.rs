//! Reading wheels: file name, archive, METADATA, RECORD, entry points, and the facts that assembling needs.
//!
//! [`read`] is the whole of it: it checks a wheel as strictly as a wheel can be checked without running it, once, so that nothing after it has
//! to. Its parts are of use on their own: [`Archive`] for taking members out, [`WheelFilename`] for choosing wheels.

mod archive;
mod entry_points;
mod error;
mod facts;
mod filename;
mod headers;
mod identity;
mod install;
mod licence;
mod metadata;
mod path;
mod read;
mod record;
mod rewrite;
mod sums;
#[cfg(test)]
mod testing;

pub use archive::{Archive, ArchiveError, Entry, Kind, Limits, Method};
pub use entry_points::{EntryPoints, EntryPointsError};
pub use error::{Problem, WheelError};
pub use facts::{FORMAT as FACTS_FORMAT, Facts, InstalledFile, License};
pub use filename::WheelFilename;
pub use install::{InstallError, Layout, is_native};
pub use licence::{Licence, LicenceSource};
pub use metadata::{Metadata, MetadataError, WheelFile};
pub use path::{MemberPath, PathError};
pub use read::{Options, read, read_from};
pub use record::{Record, RecordError};
pub use rewrite::Rewrite;
