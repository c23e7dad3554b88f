//! Sources for `wharf cc`, in whatever they are written.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wharf_cli::fuzzing::source(data));
