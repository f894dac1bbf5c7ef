#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| floodnet_chat_app_fuzz::history_store(data));
