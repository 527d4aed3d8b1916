//! The archive reader: whatever it opens, it reads to the end or refuses.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| monowheel_fuzz::archive(data));
