//! The command line as a build system calls it: one binary, one harness.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod assemble;
mod conflicts;
mod entry;
mod facts;
mod harness;
