//! What travels inside every file: the portable head and the Python bootstrap.
//!
//! The branch that writes the runtime replaces this module; [`crate::app::assemble`] uses exactly this interface and is adapted with it.

/// Number of the cache layout: part of every key, so that a new layout never meets an old tree.
pub const LAYOUT: u32 = 1;

/// The head of one file. Its length must not depend on the digest.
#[derive(Debug)]
pub struct Head {
    /// SHA-256 of the manifest, 64 hex digits; zeros until it is known.
    pub digest: String,
}

impl Head {
    /// A head for an application whose bootstrap has `main_size` bytes.
    #[must_use]
    pub fn new(_main_size: u64, _application: &crate::app::Application, _python: &crate::app::Python) -> Self {
        Self { digest: "0".repeat(64) }
    }

    /// The bytes in front of the archive.
    #[must_use]
    pub fn render(&self) -> Vec<u8> {
        format!("#!/bin/sh\n# {}\n", self.digest).into_bytes()
    }
}

/// The whole of `__main__.py`.
#[must_use]
pub fn bootstrap() -> &'static [u8] {
    b"print('no runtime yet')\n"
}
