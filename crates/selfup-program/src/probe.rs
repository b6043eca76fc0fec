//! What a program does first: it responds to the probe, and records that it has started.

use std::{fs::File, io::Write};

use selfup_install::{Id, Target};

use crate::{
    process::{env, exe_path::launch_path},
    sys,
};

/// Responds to the probe: if this process was started only to see that the executable is a selfup program, it
/// prints the token of the probe, and ends the process. Otherwise it returns.
///
/// A new executable is probed before it is installed. An ELF note, which every program that is linked with this
/// library carries, shows that it may be run for that; an executable without the note is refused, and not run.
///
/// On Linux a program need not call it: the probe is answered before `main` begins, so that a program that is
/// only probed does nothing of what `main` does. Elsewhere `run` calls it first, and a program that does something
/// before `run`, such as reading arguments that must be there, calls it at the very start of `main`.
///
/// It also records that this executable has started, if an update installed it and it never ran before. From then
/// on, the next update keeps it as the previous executable. `update` and `run` record that, too.
///
/// ```no_run
/// selfup::sanity_check();
/// let file = std::env::args().nth(1).expect("usage: app FILE");
/// // …
/// # let _ = file;
/// ```
#[doc(alias = "SanityCheck")]
pub fn sanity_check() {
    carry_marker();
    if let Some(token) = env::probe_token() {
        let printed = std::io::stdout().write_all(&selfup_install::probe_answer(&token));
        selfup_signals::End::Exited(i32::from(printed.is_err())).mirror();
    }
    note_start();
}

/// Makes the linker keep the note that marks a selfup program, and the constructor that responds to the probe.
pub fn carry_marker() {
    sys::marker::carry_marker();
}

/// Records that this executable has started. If the record cannot be written, for want of permission for
/// example, the program goes on.
pub fn note_start() {
    let Ok(target) = launch_path().map(Target::new) else { return };
    let running = || Id::of_file(&File::open("/proc/self/exe")?);
    let _noted = target.and_then(|target| target.has_started(running));
}
