//! The environment variables as they came, in their order: what is not changed goes to the application as it was.

use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::{CStr, c_char};

use crate::bytes::{Bytes, cat};

/// Variables as `NAME=value`.
#[derive(Debug, Clone, Default)]
pub struct Environ {
    variables: Vec<Bytes>,
}

impl Environ {
    /// Takes texts.
    pub const fn new(variables: Vec<Bytes>) -> Self {
        Self { variables }
    }

    /// The value of a variable, be it empty.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.variables.iter().find_map(|variable| variable.strip_prefix(name)?.strip_prefix(b"="))
    }

    /// The value of a variable that is not empty.
    pub fn set(&self, name: &[u8]) -> Option<&[u8]> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Takes a variable away.
    pub fn remove(&mut self, name: &[u8]) {
        self.variables.retain(|variable| variable.strip_prefix(name).is_none_or(|rest| !rest.starts_with(b"=")));
    }

    /// Gives a variable a value.
    pub fn put(&mut self, name: &[u8], value: &[u8]) {
        self.remove(name);
        self.variables.push(cat(&[name, b"=", value]));
    }

    /// As the system takes them.
    pub fn strings(&self) -> Vec<CString> {
        self.variables.iter().filter_map(|variable| CString::new(variable.as_slice()).ok()).collect()
    }
}

/// Texts of a list that ends with a null pointer.
///
/// # Safety
/// `list` is null, or points to pointers to C strings, the last of which is null.
pub unsafe fn texts(mut list: *const *const c_char) -> Vec<Bytes> {
    let mut found = Vec::new();
    if list.is_null() {
        return found;
    }
    // SAFETY: by the contract, every pointer up to the null is to a C string.
    unsafe {
        while !(*list).is_null() {
            found.push(CStr::from_ptr(*list).to_bytes().to_vec());
            list = list.add(1);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::Environ;

    #[test]
    fn variables_keep_their_order_and_are_told_apart() {
        let mut environ = Environ::new(vec![b"AB=1".to_vec(), b"A=".to_vec(), b"odd".to_vec()]);
        assert_eq!([environ.get(b"A"), environ.set(b"A"), environ.get(b"AB")], [Some(b"".as_slice()), None, Some(b"1")]);
        environ.put(b"A", b"2");
        environ.remove(b"odd");
        assert_eq!(environ.strings(), [c"AB=1".to_owned(), c"odd".to_owned(), c"A=2".to_owned()]);
    }
}
