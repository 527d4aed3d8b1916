//! A reader for the two JSON texts that travel in a file, both written by the tool in canonical form. `serde_json` was rejected: with its derives it is
//! as large as the rest of the launcher.

use alloc::string::String;
use alloc::vec::Vec;

/// A value. Numbers are what the formats have: integers that are not negative.
#[derive(Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An integer.
    Number(u64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// An object, in the order of the text.
    Object(Vec<(String, Self)>),
}

static NULL: Value = Value::Null;

impl Value {
    /// The value of a key; `null` where there is none.
    pub fn get(&self, key: &str) -> &Self {
        self.object().iter().find(|(name, _)| name == key).map_or(&NULL, |(_, value)| value)
    }

    /// The text, empty where it is none.
    pub fn text(&self) -> &str {
        if let Self::Text(text) = self { text } else { "" }
    }

    /// The text, as bytes.
    pub fn bytes(&self) -> &[u8] {
        self.text().as_bytes()
    }

    /// The items of a list, none where it is none.
    pub fn list(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// The pairs of an object, none where it is none.
    pub fn object(&self) -> &[(String, Self)] {
        if let Self::Object(pairs) = self { pairs } else { &[] }
    }
}

/// Reads a text; `None` where it is not JSON, nested too deep, or has a number that is not an integer.
pub fn parse(text: &[u8]) -> Option<Value> {
    let mut reader = Reader { rest: core::str::from_utf8(text).ok()?.as_bytes() };
    let value = reader.value(0)?;
    reader.space();
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn take(&mut self, word: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(())
    }

    fn value(&mut self, depth: u8) -> Option<Value> {
        const DEEPEST: u8 = 32;
        if depth > DEEPEST {
            return None;
        }
        self.space();
        match self.rest.first()? {
            b'n' => self.take(b"null").map(|()| Value::Null),
            b't' => self.take(b"true").map(|()| Value::Bool(true)),
            b'f' => self.take(b"false").map(|()| Value::Bool(false)),
            b'"' => self.string().map(Value::Text),
            b'[' => {
                let mut items = Vec::new();
                self.items(b'[', b']', |reader| {
                    items.push(reader.value(depth + 1)?);
                    Some(())
                })?;
                Some(Value::List(items))
            }
            b'{' => {
                let mut pairs = Vec::new();
                self.items(b'{', b'}', |reader| {
                    let key = reader.string()?;
                    reader.space();
                    reader.take(b":")?;
                    pairs.push((key, reader.value(depth + 1)?));
                    Some(())
                })?;
                Some(Value::Object(pairs))
            }
            _ => {
                let end = self.rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.rest.len());
                let number = crate::bytes::number(&self.rest[..end])?;
                self.rest = &self.rest[end..];
                Some(Value::Number(number))
            }
        }
    }

    fn items(&mut self, open: u8, close: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.take(&[open])?;
        self.space();
        if self.take(&[close]).is_some() {
            return Some(());
        }
        loop {
            self.space();
            item(self)?;
            self.space();
            if self.take(&[close]).is_some() {
                return Some(());
            }
            self.take(b",")?;
        }
    }

    fn string(&mut self) -> Option<String> {
        self.take(b"\"")?;
        let mut text = Vec::new();
        loop {
            let end = self.rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            text.extend_from_slice(&self.rest[..end]);
            let stop = self.rest[end];
            self.rest = &self.rest[end + 1..];
            if stop == b'"' {
                return String::from_utf8(text).ok();
            }
            let escape = *self.rest.first()?;
            self.rest = &self.rest[1..];
            let plain = match escape {
                b'n' => '\n',
                b't' => '\t',
                b'r' => '\r',
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'u' => self.unicode()?,
                b'"' | b'\\' | b'/' => char::from(escape),
                _ => return None,
            };
            text.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    fn unicode(&mut self) -> Option<char> {
        let first = self.quad()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        self.take(b"\\u")?;
        let second = self.quad()?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + second)
    }

    fn quad(&mut self) -> Option<u32> {
        let digits = core::str::from_utf8(self.rest.get(..4)?).ok()?;
        self.rest = &self.rest[4..];
        u32::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, parse};

    #[test]
    fn reads_what_the_tool_writes() {
        let value = parse(b"{\"a\":[1,{\"b\":null}],\"c\":\"x\\n\\\"\\u00e9\\ud83d\\ude00\",\"d\":true}\n").unwrap();
        assert_eq!(value.get("a").list()[0], Value::Number(1));
        assert_eq!(value.get("a").list()[1].get("b"), &Value::Null);
        assert_eq!(value.get("c").text(), "x\n\"é😀");
        assert_eq!(value.get("d"), &Value::Bool(true));
        assert_eq!(value.get("e"), &Value::Null);
    }

    #[test]
    fn refuses_what_is_none() {
        for text in ["", "{", "[1,]", "{\"a\"}", "nul", "\"\\x\"", "1 2", "-1", "\"\\ud83d\""] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse("[".repeat(1000).as_bytes()), None);
    }
}
