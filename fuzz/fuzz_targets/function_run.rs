#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| keyfront_fuzz::function_run(input));
