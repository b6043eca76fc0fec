use std::io::Write;

use crate::{env, sys};

/// Answers the question whether this executable is a selfup program, if it was started only to be
/// asked: prints the token that it was given, and ends the process. Returns otherwise.
///
/// A new executable is asked before it is installed. That it may be asked at all, it says by an ELF
/// note, which every program carries that is linked with this library; one without is refused unrun.
///
/// On Linux nobody has to call it: the question is answered before `main` begins, so that nothing of
/// what `main` does is done by a program that is only asked. Elsewhere [`run`](crate::run) calls it
/// first thing, and a program that does something before that — reads arguments that must be there,
/// prints a banner — calls it at the very start of `main`.
pub fn sanity_check() {
    sys::marker::carry_marker();
    if let Some(token) = env::probe_token() {
        let printed = std::io::stdout().write_all(&selfup_install::probe_answer(&token));
        selfup_signals::End::Exited(i32::from(printed.is_err())).mirror();
    }
}
