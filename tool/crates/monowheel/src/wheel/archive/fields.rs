//! The small parts of zip records: little-endian numbers, names and extra fields (APPNOTE.TXT 4.3, 4.4, 4.5).

use super::error::ArchiveError;

/// In a 32-bit field: the value is in the ZIP64 extra field (4.4.8, 4.4.9, 4.4.16).
pub(super) const WIDE32: u64 = 0xffff_ffff;
/// In a 16-bit field: the value is in the ZIP64 end record (4.4.21, 4.4.22).
pub(super) const WIDE16: u64 = 0xffff;
const EXTRA_ZIP64: u16 = 0x0001;
/// Info-ZIP's Unicode path (4.6.9), which some readers prefer to the name in the header.
const EXTRA_UNICODE_PATH: u16 = 0x7075;
/// General purpose bit 11 (4.4.4).
const FLAG_UTF8: u16 = 1 << 11;

/// Reads little-endian numbers and slices from the front of a byte slice.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk()?;
        self.0 = tail;
        Some(*head)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }
}

/// A member's name as text: UTF-8 where flagged, else code page 437 (4.4.4, Appendix D).
pub(super) fn name(raw: &[u8], flags: u16) -> Result<String, ArchiveError> {
    if flags & FLAG_UTF8 == 0 {
        return Ok(raw.iter().map(|&byte| cp437(byte)).collect());
    }
    match str::from_utf8(raw) {
        Ok(name) => Ok(name.to_owned()),
        Err(_) => Err(ArchiveError::NameEncoding { name: String::from_utf8_lossy(raw).escape_debug().to_string() }),
    }
}

/// Resolves sizes and the offset by the ZIP64 extra field, in the order of 4.5.3, and refuses a second name. `None` where the fields are broken.
pub(super) fn extra(bytes: &[u8], wide: &mut [&mut u64]) -> Option<Extra> {
    let mut fields = Fields(bytes);
    let mut extra = Extra::default();
    // Up to three bytes at the end are padding that every reader skips.
    while fields.0.len() >= 4 {
        let (kind, size) = (fields.u16()?, fields.u16()?);
        let mut data = Fields(fields.take(usize::from(size))?);
        match kind {
            EXTRA_ZIP64 if extra.zip64 => return None,
            EXTRA_ZIP64 => {
                extra.zip64 = true;
                for value in wide.iter_mut().filter(|value| ***value == WIDE32) {
                    **value = data.u64()?;
                }
            }
            EXTRA_UNICODE_PATH => {
                data.take(5)?; // version and CRC of the name it replaces
                extra.other_name = Some(String::from_utf8_lossy(data.0).into_owned());
            }
            _ => {}
        }
    }
    Some(extra)
}

/// What extra fields say.
#[derive(Debug, Default)]
pub(super) struct Extra {
    pub(super) zip64: bool,
    pub(super) other_name: Option<String>,
}

const fn cp437(byte: u8) -> char {
    const HIGH: [char; 128] = [
        'Ç', 'ü', 'é', 'â', 'ä', 'à', 'å', 'ç', 'ê', 'ë', 'è', 'ï', 'î', 'ì', 'Ä', 'Å', 'É', 'æ', 'Æ', 'ô', 'ö', 'ò', 'û', 'ù', 'ÿ', 'Ö',
        'Ü', '¢', '£', '¥', '₧', 'ƒ', 'á', 'í', 'ó', 'ú', 'ñ', 'Ñ', 'ª', 'º', '¿', '⌐', '¬', '½', '¼', '¡', '«', '»', '░', '▒', '▓', '│',
        '┤', '╡', '╢', '╖', '╕', '╣', '║', '╗', '╝', '╜', '╛', '┐', '└', '┴', '┬', '├', '─', '┼', '╞', '╟', '╚', '╔', '╩', '╦', '╠', '═',
        '╬', '╧', '╨', '╤', '╥', '╙', '╘', '╒', '╓', '╫', '╪', '┘', '┌', '█', '▄', '▌', '▐', '▀', 'α', 'ß', 'Γ', 'π', 'Σ', 'σ', 'µ', 'τ',
        'Φ', 'Θ', 'Ω', 'δ', '∞', 'φ', 'ε', '∩', '≡', '±', '≥', '≤', '⌠', '⌡', '÷', '≈', '°', '∙', '·', '√', 'ⁿ', '²', '■', '\u{a0}',
    ];
    if byte < 128 { byte as char } else { HIGH[byte as usize - 128] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded_by_their_flag() {
        assert_eq!(name(b"caf\x82.py", 0).unwrap(), "café.py");
        assert_eq!(name("café.py".as_bytes(), FLAG_UTF8).unwrap(), "café.py");
        assert!(matches!(name(b"caf\x82.py", FLAG_UTF8), Err(ArchiveError::NameEncoding { .. })));
    }

    #[test]
    fn zip64_fields_fill_what_is_missing() {
        let (mut size, mut compressed) = (WIDE32, 7);
        let mut bytes = vec![1, 0, 8, 0];
        bytes.extend(5_000_000_000_u64.to_le_bytes());
        assert!(extra(&bytes, &mut [&mut size, &mut compressed]).unwrap().zip64);
        assert_eq!((size, compressed), (5_000_000_000, 7));
    }

    #[test]
    fn broken_extra_fields_are_noticed() {
        assert!(extra(&[1, 0, 8, 0, 1], &mut []).is_none());
        assert!(extra(&[1, 0, 0, 0, 1, 0, 0, 0], &mut []).is_none());
        assert!(extra(&[1, 0, 0, 0], &mut [&mut { WIDE32 }]).is_none());
        assert!(extra(&[9, 9, 9], &mut []).is_some());
    }
}
