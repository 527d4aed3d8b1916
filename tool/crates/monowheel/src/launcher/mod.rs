//! The native head: a copy of the launcher's executable (`tool/crates/launcher`) with a block in it patched, and the settings behind it.
//!
//! The block has a fixed length and is found by its mark, so nothing here needs to know of ELF or Mach-O. The settings are JSON; where they stand
//! is written into the block. As with the portable head, the length does not depend on the digest and the offsets.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::bootstrap::Head;
use crate::json;

/// Begins the block (`settings.rs` of the launcher).
const MARK: &[u8; 32] = b"monowheel-launcher-configuration";
/// The numbers behind the mark: offset and size of the settings, offset and size of `__main__.py`.
const NUMBERS: usize = 4;
/// Hex digits of the digest, which end the block.
const DIGEST: usize = 64;

/// Why a launcher cannot be put in front.
#[derive(Debug, thiserror::Error)]
pub enum LauncherError {
    /// It is some other program.
    #[error("Not a launcher of this version of monowheel\nhint: its block of settings was found {found} times, and must be there once")]
    Mark {
        /// How often the mark was found.
        found: usize,
    },
}

/// An interpreter in the file, as the manifest has it.
#[derive(Clone, Debug, serde::Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Bundled {
    /// SHA-256 of its archive.
    pub sha256: String,
    /// Size of its archive in bytes.
    pub size: u64,
    /// Its program: `bin/python3.11`.
    pub executable: String,
    /// Its version: `3.11.7`.
    pub version: String,
}

#[derive(Serialize)]
struct Settings<'a> {
    env: &'a BTreeMap<String, String>,
    flags: &'a [String],
    interpreter: Option<&'a Bundled>,
    names: Vec<String>,
    needs: String,
}

/// Makes the head of the `program`. Its length does not depend on numbers and digests.
///
/// # Errors
/// Where the program has not exactly one block.
pub fn head(program: &[u8], head: &Head, interpreter: Option<&Bundled>) -> Result<Vec<u8>, LauncherError> {
    let size = MARK.len() + NUMBERS * 8 + DIGEST;
    let places: Vec<usize> = program.windows(size).enumerate().filter(|(_, window)| window.starts_with(MARK)).map(|(at, _)| at).collect();
    let [place] = places.as_slice() else { return Err(LauncherError::Mark { found: places.len() }) };
    let (env, flags) = (head.env, head.interpreter_args);
    let settings = Settings { env, flags, interpreter, names: head.names(), needs: head.needs() };
    let settings = json::canonical(&settings);
    let mut bytes = program.to_vec();
    let mut block = MARK.to_vec();
    for number in [program.len() as u64, settings.len() as u64, head.main_offset, head.main_size] {
        block.extend(number.to_le_bytes());
    }
    block.extend(head.digest.bytes().chain(std::iter::repeat(b'0')).take(DIGEST));
    bytes[*place..*place + size].copy_from_slice(&block);
    bytes.extend(settings);
    Ok(bytes)
}

/// The launcher's executable in a head that [`head`] made, without the settings behind it; its block is patched.
#[must_use]
pub fn program(head: &[u8]) -> Option<&[u8]> {
    let place = head.windows(MARK.len()).position(|window| window == MARK)? + MARK.len();
    let size = head.get(place..place + 8)?.try_into().ok().map(u64::from_le_bytes)?;
    head.get(..usize::try_from(size).ok()?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Head, LauncherError, MARK, head};

    fn render(program: &[u8], main_offset: u64) -> Result<Vec<u8>, LauncherError> {
        let env = BTreeMap::from([("A".to_owned(), "b'\n".to_owned())]);
        let (versions, digest) = (["3.11".to_owned()], "0123456789abcdef".repeat(4));
        let (default, interpreter_args) = (None, &["-Xutf8".to_owned()]);
        head(program, &Head { digest: &digest, main_offset, main_size: 5, versions: &versions, default, interpreter_args, env: &env }, None)
    }

    #[test]
    fn the_block_is_patched_and_the_settings_follow() {
        let program = [b"ELF".as_slice(), MARK, &[7; 96], b"rest"].concat();
        let bytes = render(&program, 0x0102).unwrap();
        let numbers = [135_u64, 97, 0x0102, 5].map(u64::to_le_bytes).concat();
        assert_eq!(bytes[..3], *b"ELF");
        assert_eq!(bytes[35..67], numbers);
        assert_eq!(bytes[67..131], *"0123456789abcdef".repeat(4).as_bytes());
        assert_eq!(bytes[131..135], *b"rest");
        let settings = r#"{"env":{"A":"b'\n"},"flags":["-Xutf8"],"interpreter":null,"names":["python3.11"],"needs":"3.11"}"#;
        assert_eq!(String::from_utf8(bytes[135..].to_vec()).unwrap(), format!("{settings}\n"));
        assert_eq!(render(&program, u64::MAX).unwrap().len(), bytes.len());
        assert_eq!(super::program(&bytes), Some(&bytes[..135]));
        assert_eq!(super::program(b"#!/bin/sh"), None);
    }

    #[test]
    fn other_programs_are_refused() {
        for program in [b"ELF".to_vec(), [MARK.as_slice(), &[0; 96]].concat().repeat(2), MARK.to_vec()] {
            assert!(matches!(render(&program, 0), Err(LauncherError::Mark { .. })));
        }
    }
}
