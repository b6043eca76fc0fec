//! Whatever a state file has come to, what can be read of it stays what it is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use selfup_install::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::record(bytes));
