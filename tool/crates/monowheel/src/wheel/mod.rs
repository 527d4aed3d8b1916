//! Reading wheels: file name, archive, METADATA, RECORD, entry points, and the facts that assembling needs.

mod facts;

pub use facts::{FORMAT as FACTS_FORMAT, Facts, InstalledFile, License};
