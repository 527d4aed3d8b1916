//! Markers: what is read is written back, and holds or does not on every platform.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| monowheel_fuzz::marker(data));
