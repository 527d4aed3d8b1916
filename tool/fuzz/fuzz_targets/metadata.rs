//! METADATA and WHEEL.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| monowheel_fuzz::metadata(data));
