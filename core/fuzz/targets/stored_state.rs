#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| floodnet_core::fuzzing::stored_state(data));
