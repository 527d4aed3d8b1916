//! The writer, read back by the strict reader.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| monowheel_fuzz::round_trip(data));
