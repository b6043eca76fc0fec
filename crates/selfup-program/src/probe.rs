//! What a program does first thing: it answers the probe, and notes that it has started.

use std::{fs::File, io::Write};

use selfup_install::{Id, Target};

use crate::{
    process::{env, exe_path::launch_path},
    sys,
};

/// Answers the question whether this executable is a selfup program, if it was started only to be
/// asked: prints the token that it was given, and ends the process. Returns otherwise.
///
/// A new executable is asked before it is installed. That it may be asked at all, it says by an ELF
/// note, which every program carries that is linked with this library; one without is refused unrun.
///
/// On Linux nobody has to call it: the question is answered before `main` begins, so that nothing of
/// what `main` does is done by a program that is only asked. Elsewhere `run` calls it
/// first thing, and a program that does something before that — reads arguments that must be there,
/// prints a banner — calls it at the very start of `main`.
///
/// It also notes that this executable has started well, if it was installed by an
/// update and never started before: from then on, it is what the next update keeps to
/// go back to. `update` and `run` do this too.
pub fn sanity_check() {
    carry_marker();
    if let Some(token) = env::probe_token() {
        let printed = std::io::stdout().write_all(&selfup_install::probe_answer(&token));
        selfup_signals::End::Exited(i32::from(printed.is_err())).mirror();
    }
    note_start();
}

/// Has the linker take into this program the note that it is one of selfup's, and the answer to the
/// probe.
pub fn carry_marker() {
    sys::marker::carry_marker();
}

/// A program that cannot note it, as that of a user who may not write there, goes on all the same.
pub fn note_start() {
    let Ok(target) = launch_path().map(Target::new) else { return };
    let running = || Id::of_file(&File::open("/proc/self/exe")?);
    let _noted = target.and_then(|target| target.has_started(running));
}
