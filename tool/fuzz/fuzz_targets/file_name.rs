//! Wheel file names: what is read is written back, and both readers agree.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| monowheel_fuzz::file_name(data));
