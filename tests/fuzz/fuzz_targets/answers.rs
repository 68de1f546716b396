//! An answer of the platform; the first two bytes choose call and status.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::answers(data));
