//! Compatibility tags and the names of environments.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| monowheel_fuzz::tags(data));
