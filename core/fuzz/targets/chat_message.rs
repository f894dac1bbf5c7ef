#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| floodnet_core::fuzzing::chat_message(data));
