#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| floodnet_tcp_fuzz::session(data));
