use std::io::Write;

use crate::{env, sys};

/// Answers the question whether this executable is a selfup program, if it was started only to be
/// asked: prints the token that it was given, and ends the process. Returns otherwise.
///
/// A new executable is asked before it is installed. That it may be asked at all, it says by an ELF
/// note, which a program carries that calls this or [`run`](crate::run); one without is refused
/// unrun.
///
/// [`run`](crate::run) does this first thing; a program that does something before it — reads
/// arguments that must be there, prints a banner — calls this at the very start of `main`, because
/// whatever else it does or prints then makes the new executable be refused.
pub fn sanity_check() {
    sys::marker::carry_marker();
    if let Some(token) = env::probe_token() {
        let printed = std::io::stdout().write_all(&selfup_install::probe_answer(&token));
        selfup_signals::End::Exited(i32::from(printed.is_err())).mirror();
    }
}
