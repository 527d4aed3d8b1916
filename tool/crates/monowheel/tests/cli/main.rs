//! The command line as a build system calls it: one binary, one harness.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod assemble;
mod build;
mod build_options;
mod built;
mod bytecode;
mod conflicts;
mod diff;
mod entry;
mod exclude;
mod extract;
mod facts;
mod fetch;
mod harness;
mod inspect;
mod interpreter;
mod licences;
mod reference;
mod sbom;
mod stamp;
mod verify;
