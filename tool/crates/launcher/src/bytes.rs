//! Paths and texts are bytes here: the system's paths need not be UTF-8, and there is no standard library to hide that.

use alloc::vec::Vec;

/// A path or a text.
pub type Bytes = Vec<u8>;

/// Joins pieces.
pub fn cat(parts: &[&[u8]]) -> Bytes {
    parts.concat()
}

/// The part before the last slash, `/` for a folder of the root, `.` where there is none.
pub fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(0) => b"/",
        Some(at) => &path[..at],
        None => b".",
    }
}

/// The part behind the last slash.
pub fn base(path: &[u8]) -> &[u8] {
    path.iter().rposition(|byte| *byte == b'/').map_or(path, |at| &path[at + 1..])
}

/// Where `needle` stands first.
pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> Bytes {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).collect()
}

/// Decimal digits.
pub fn decimal(mut number: u64) -> Bytes {
    let mut digits = Bytes::new();
    loop {
        digits.push(b'0' + u8::try_from(number % 10).unwrap_or(0));
        number /= 10;
        if number == 0 {
            digits.reverse();
            return digits;
        }
    }
}

/// The number that decimal digits say.
pub fn number(digits: &[u8]) -> Option<u64> {
    core::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_numbers() {
        assert_eq!([parent(b"/a/b"), parent(b"/a"), parent(b"a")], [b"/a".as_slice(), b"/", b"."]);
        assert_eq!([base(b"/a/b"), base(b"b")], [b"b", b"b"]);
        assert_eq!(hex(&[0, 0xa5]), b"00a5");
        assert_eq!([decimal(0), decimal(1024)], [b"0".to_vec(), b"1024".to_vec()]);
        assert_eq!(number(b"012"), Some(12));
        assert_eq!(find(b"abcd", b"cd"), Some(2));
    }
}
