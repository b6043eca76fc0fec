//! Any text is read as a signature, as a public key and as a trusted comment, without a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use selfup_install::fuzzing;

fuzz_target!(|text: &str| fuzzing::signature(text));
