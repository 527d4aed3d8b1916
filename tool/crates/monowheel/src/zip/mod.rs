//! Writing archives: one deterministic zip writer for everything that leaves this crate.
