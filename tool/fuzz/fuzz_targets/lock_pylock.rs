//! pylock.toml.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| monowheel_fuzz::lock(monowheel::lock::Format::Pylock, data));
