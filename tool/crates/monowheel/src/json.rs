//! Canonical JSON: the one form in which Monowheel writes JSON that becomes an input of something else.
//!
//! Keys are sorted, there is no insignificant space, non-ASCII text stands as UTF-8, and one newline ends the text. RFC 8785 was not taken:
//! its number rules matter only for fractions, which none of the formats has.

use serde::Serialize;
use serde_json::Value;

/// Writes `value` as canonical JSON.
#[must_use]
pub fn canonical<T: Serialize>(value: &T) -> Vec<u8> {
    // Through `Value`, whose object is a `BTreeMap`: field order of a struct never reaches the bytes.
    let mut text = self::value(value).to_string();
    text.push('\n');
    text.into_bytes()
}

/// `value` as JSON.
///
/// # Panics
/// Where a map's key is not text or a path is not UTF-8: no type of this crate that is written has either, so no input leads here.
#[must_use]
pub fn value<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("JSON is written of what it can hold")
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
        let bytes = canonical(&Unsorted { zebra: 1, apple: "ä" });
        assert_eq!(bytes, "{\"apple\":\"ä\",\"zebra\":1}\n".as_bytes());
    }
}
