//! What a client sends to `wharf serve`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wharf_cli::fuzzing::conversation(data));
