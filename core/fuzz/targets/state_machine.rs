#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| floodnet_core::fuzzing::state_machine(data));
