//! CSV bytes; the first two choose the options.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::input(data));
