//! RECORD: what is left of it is a RECORD again.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| monowheel_fuzz::record(data));
