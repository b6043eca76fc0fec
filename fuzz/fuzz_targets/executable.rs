//! Any bytes are judged: without a panic, without reading on and on, in one line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use selfup_install::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    fuzzing::executable(bytes, bytes.len() as u64);
    // As if more had been there when the size was asked for, and less.
    fuzzing::executable(bytes, u64::MAX);
    fuzzing::executable(bytes, bytes.len() as u64 / 2);
});
