//! SHA-256 and CRC-32 of files and of what streams by, and how they are written.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

const BUFFER: usize = 256 * 1024;

/// What a file is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// SHA-256.
    pub sha256: [u8; 32],
    /// CRC-32 as zip archives have it (zip specification 4.4.7).
    pub crc32: u32,
    /// Size in bytes.
    pub size: u64,
}

impl Checksum {
    /// The SHA-256 in 64 hex digits.
    #[must_use]
    pub fn hex(&self) -> String {
        hex(&self.sha256)
    }
}

/// A [`Checksum`] of what is not there yet as a whole.
#[derive(Clone, Default)]
pub struct Summing {
    sha256: Sha256,
    crc32: crc32fast::Hasher,
    size: u64,
}

impl Summing {
    /// Takes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.crc32.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// Gives the checksum of all pieces.
    #[must_use]
    pub fn finish(self) -> Checksum {
        Checksum { sha256: self.sha256.finalize().into(), crc32: self.crc32.finalize(), size: self.size }
    }
}

/// Reads `input` to its end.
///
/// # Errors
/// Where it cannot be read.
pub fn of(input: &mut impl Read) -> io::Result<Checksum> {
    let mut summing = Summing::default();
    let mut buffer = vec![0; BUFFER];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(summing.finish()),
            Ok(count) => summing.update(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads the file at `path`.
///
/// # Errors
/// Where it cannot be read.
pub fn of_file(path: &Path) -> io::Result<Checksum> {
    of(&mut File::open(path)?)
}

/// SHA-256 of `bytes` in 64 hex digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_summed() {
        let found = of(&mut b"abc".as_slice()).unwrap();
        assert_eq!(found.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!((found.crc32, found.size), (0x352441c2, 3));
        assert_eq!(sha256(b"abc"), found.hex());
    }
}
