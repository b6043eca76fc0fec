//! The faults of a release during the probe.
#![allow(unsafe_code, reason = "there is no other way to be early enough")]

use crate::notes::Notes;
use std::{env, thread};

/// Runs before selfup responds to the probe, which it does before `main`.
#[used]
#[unsafe(link_section = ".init_array.00101")]
static EARLY: extern "C" fn() = misbehave_if_probed;

#[expect(clippy::disallowed_methods, reason = "to misbehave is what this is for")]
extern "C" fn misbehave_if_probed() {
    if env::var_os("SELFUP_BIN_CHECK").is_none() {
        return;
    }
    let notes = Notes::of_this_program();
    if notes.has("probe_exits") {
        std::process::exit(3);
    }
    if notes.has("probe_crashes") {
        std::process::abort();
    }
    while notes.has("probe_hangs") {
        thread::park();
    }
}
