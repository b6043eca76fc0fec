//! The last steps of a child: fds into place, its pid into the environment, and execve(2).
//!
//! The standard library sets a child's environment after all closures have run, when it execs
//! itself. `LISTEN_PID` cannot come in there, since the pid is known only after fork. So the last
//! closure does the exec, with what was made ready before.

#![allow(unsafe_code, reason = "between fork and exec there is nothing but system calls")]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Weak;

use super::number;
use crate::error::MOVED;
use crate::pass::image::Image;
use crate::pass::numbers::Move;

/// What the child does; everything in it was made before fork.
pub(crate) struct Plan {
    pub(crate) image: std::sync::Arc<Image>,
    pub(crate) moves: Vec<Move>,
}

/// Makes the next spawn of the command follow the plan, as long as the plan exists.
///
/// A closure cannot be taken back from a `Command`. With the plan gone it does nothing, so that
/// the command can be spawned again, with or without fds.
pub(crate) fn arrange(command: &mut Command, plan: Weak<Plan>) {
    let closure = move || match plan.upgrade() {
        Some(plan) => Err(plan.carry_out()),
        None => Ok(()),
    };
    // SAFETY: the closure allocates nothing, takes no lock and calls async-signal-safe functions
    // only. The plan it upgrades is not freed by it, as the parent's own reference was copied by
    // fork with the rest of the memory.
    unsafe { command.pre_exec(closure) };
}

impl Plan {
    /// Returns only if something failed. Async-signal-safe.
    fn carry_out(&self) -> io::Error {
        if self.moves.iter().any(|step| number::identity(step.target) != step.before) {
            return io::Error::from_raw_os_error(MOVED);
        }
        for step in &self.moves {
            if let Err(error) = duplicate_to(step) {
                return error;
            }
        }
        for variable in self.image.environment.pids() {
            variable.write(std::process::id());
        }
        self.execute()
    }

    /// Tries each candidate in turn, with the rules of execvp(3). The one difference: a file that
    /// is no program is an error, and not taken for a script of the shell.
    fn execute(&self) -> io::Error {
        let mut denied = false;
        let mut last = io::Error::from_raw_os_error(libc::ENOENT);
        for candidate in &self.image.candidates {
            // SAFETY: a C string and two arrays of such that end in a null pointer, all alive.
            unsafe {
                libc::execve(
                    candidate.as_ptr(),
                    self.image.arguments.as_ptr(),
                    self.image.environment.as_ptr(),
                )
            };
            last = io::Error::last_os_error();
            match last.raw_os_error() {
                Some(libc::EACCES) => denied = true,
                Some(
                    libc::ENOENT | libc::ENOTDIR | libc::ESTALE | libc::ENODEV | libc::ETIMEDOUT,
                ) => {}
                _ => return last,
            }
        }
        if denied { io::Error::from_raw_os_error(libc::EACCES) } else { last }
    }
}

/// The copy is not close-on-exec, since the two numbers are never the same.
fn duplicate_to(step: &Move) -> io::Result<()> {
    loop {
        // SAFETY: two integers; a number that is not open is an error.
        if unsafe { libc::dup2(step.source, step.target) } != -1 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if !matches!(error.raw_os_error(), Some(libc::EINTR | libc::EBUSY)) {
            return Err(error);
        }
    }
}
