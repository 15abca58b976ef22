//! See `aside_fuzz::merges`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aside_fuzz::merges(data));
