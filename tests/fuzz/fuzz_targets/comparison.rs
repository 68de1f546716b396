//! Two records, spelled out or made from the bytes.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::comparison(data));
