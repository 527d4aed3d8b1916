//! Monowheel assembles a Python application, its first-party code and the exact wheels of its lock file, into one executable file.
//!
//! Same inputs, same bytes: nothing here reads a clock, the environment, or a directory in the order that the file system gives it
//! (`clippy.toml` lints for that). Modules call each other one way:
//! `cli → explain → app → {wheel, lock, bootstrap, launcher} → {tags, markers, zip}`; [`checksum`], [`json`] and [`output`] serve all of them.

#![forbid(unsafe_code)]

pub mod app;
pub mod bootstrap;
pub mod checksum;
pub mod cli;
pub mod explain;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod json;
pub mod launcher;
pub mod lock;
pub mod markers;
pub mod output;
pub mod tags;
pub mod wheel;
pub mod zip;
