//! Canonical JSON: the one form in which Monowheel writes JSON that becomes an input of something else.
//!
//! Keys are sorted, there is no insignificant space, non-ASCII text stands as UTF-8, and one newline ends the text. RFC 8785 was not taken:
//! its number rules matter only for fractions, which none of the formats has.

use serde::Serialize;

/// Writes `value` as canonical JSON.
///
/// # Errors
/// Only where a map key is not a string, which no type of this crate has.
pub fn canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    // Through `Value`, whose object is a `BTreeMap`: field order of a struct never reaches the bytes.
    let value = serde_json::to_value(value)?;
    let mut bytes = serde_json::to_vec(&value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn keys_are_sorted_and_text_is_utf8() {
        #[derive(serde::Serialize)]
        struct Unsorted {
            zebra: u8,
            apple: &'static str,
        }
        let bytes = canonical(&Unsorted { zebra: 1, apple: "ä" }).unwrap();
        assert_eq!(bytes, "{\"apple\":\"ä\",\"zebra\":1}\n".as_bytes());
    }
}
