//! What the assembler writes into a copy of this program.
//!
//! A block in the program itself (found by its mark, and patched) says where in the file everything stands; what has no fixed length, the settings, stands behind
//! the program as JSON. A section that the loader maps was rejected for the settings: to make it longer, the assembler would have to rewrite
//! the program's headers.

use alloc::vec::Vec;

use crate::bytes::{Bytes, cat};
use crate::error::{Error, Result};
use crate::json::{self, Value};
use crate::sys;

/// The block, with the layout that `monowheel::launcher` knows: numbers are little-endian.
#[repr(C)]
#[derive(Debug)]
pub struct Block {
    mark: [u8; 32],
    settings_offset: u64,
    settings_size: u64,
    /// Where `__main__.py` begins, for the bootstrap.
    pub main_offset: u64,
    /// How long it is.
    pub main_size: u64,
    /// Sha256 of the manifest: 64 hex digits.
    pub digest: [u8; 64],
}

#[used]
static BLOCK: Block = Block {
    mark: *b"monowheel-launcher-configuration",
    settings_offset: 0,
    settings_size: 0,
    main_offset: 0,
    main_size: 0,
    digest: [b'0'; 64],
};

/// The block as it is in the file, not as the compiler saw it.
pub fn block() -> Block {
    // SAFETY: it is a static of that type, never written to while the program runs; volatile, so that what the assembler wrote is read.
    unsafe { core::ptr::read_volatile(&raw const BLOCK) }
}

/// The settings.
#[derive(Debug)]
pub struct Settings {
    value: Value,
}

impl Settings {
    /// Reads them from the file.
    pub fn read(file: &sys::File, block: &Block, name: &[u8]) -> Result<Self> {
        const LARGEST: u64 = 16 << 20;
        if block.settings_offset == 0 || block.settings_size > LARGEST {
            return Err(Error::failure(&[
                name,
                b" is a launcher without an application\nhint: `monowheel assemble` puts it in front of one",
            ]));
        }
        let text = sys::read_exact(file, block.settings_offset, block.settings_size);
        let value = text.ok().and_then(|text| json::parse(&text));
        value.map(|value| Self { value }).ok_or_else(|| Error::failure(&[name, b" is damaged\nhint: copy the file anew"]))
    }

    /// Defaults for the environment.
    pub fn env(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.value.get("env").object().iter().map(|(name, value)| (name.as_bytes(), value.bytes()))
    }

    /// Flags of the interpreter.
    pub fn flags(&self) -> impl Iterator<Item = &[u8]> {
        self.value.get("flags").list().iter().map(Value::bytes)
    }

    /// Names of interpreters to look for.
    pub fn names(&self) -> Vec<Bytes> {
        self.value.get("names").list().iter().map(|name| name.bytes().to_vec()).collect()
    }

    /// The accepted versions, in words.
    pub fn needs(&self) -> &[u8] {
        self.value.get("needs").bytes()
    }

    /// The interpreter inside.
    pub fn interpreter(&self) -> Option<Bundled> {
        Bundled::of(self.value.get("interpreter"))
    }
}

/// An interpreter that travels in the file.
#[derive(Debug, Clone)]
pub struct Bundled {
    /// Sha256 of its archive, hex.
    pub sha256: Bytes,
    /// Its program, relative to its folder: `bin/python3.11`.
    pub executable: Bytes,
    /// Its version: `3.11.7`.
    pub version: Bytes,
}

impl Bundled {
    fn of(value: &Value) -> Option<Self> {
        let bytes = |key| value.get(key).bytes().to_vec();
        (*value != Value::Null).then(|| Self { sha256: bytes("sha256"), executable: bytes("executable"), version: bytes("version") })
    }

    /// Its folder in a cache.
    pub fn folder(&self, root: &[u8]) -> Bytes {
        cat(&[root, b"/interpreters/", &self.sha256])
    }
}
