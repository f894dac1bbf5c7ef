#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| floodnet_core_fuzz::state_machine(data));
