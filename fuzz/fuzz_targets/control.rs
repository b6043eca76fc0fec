//! Any packet on the control channel is decoded or found malformed, without a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use selfup_channel::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::control(bytes));
