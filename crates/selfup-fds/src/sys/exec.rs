//! The last steps of a child: moves the fds, writes its pid into the environment, calls execve(2).
//!
//! The standard library sets the environment of a child after all closures have run, just before its
//! own exec. `LISTEN_PID` cannot be added to it, because the pid is known only after fork. So the last
//! closure calls execve(2) itself, with memory that was prepared before fork.

#![allow(unsafe_code, reason = "between fork and exec there is nothing but system calls")]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Weak;

use super::number;
use crate::error::MOVED;
use crate::pass::image::Image;
use crate::pass::numbers::Move;

/// The steps of the child. All memory in it was prepared before fork.
pub(crate) struct Plan {
    pub(crate) image: std::sync::Arc<Image>,
    pub(crate) moves: Vec<Move>,
}

/// Makes the next spawn of the command follow the plan, as long as the plan exists.
///
/// A closure cannot be removed from a `Command`. Once the plan is dropped, the closure does nothing,
/// so that the command can be spawned again, with or without fds.
pub(crate) fn arrange(command: &mut Command, plan: Weak<Plan>) {
    let closure = move || match plan.upgrade() {
        Some(plan) => Err(plan.carry_out()),
        None => Ok(()),
    };
    // SAFETY: the closure allocates nothing, takes no lock and calls only async-signal-safe
    // functions. It never frees the plan, because the memory of the child also holds a copy of the
    // parent's reference.
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

    /// Tries each candidate in turn, by the rules of execvp(3), with one difference: a file that is
    /// not a program is an error, and is not passed to the shell as a script.
    fn execute(&self) -> io::Error {
        let mut denied = false;
        let mut last = io::Error::from_raw_os_error(libc::ENOENT);
        for candidate in &self.image.candidates {
            // SAFETY: the arguments are a C string and two arrays of C strings that end in a null
            // pointer, and all of them outlive the call.
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

/// The copy is not close-on-exec, because the two numbers always differ.
fn duplicate_to(step: &Move) -> io::Result<()> {
    loop {
        // SAFETY: the arguments are two integers; a number that is not open is an error.
        if unsafe { libc::dup2(step.source, step.target) } != -1 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if !matches!(error.raw_os_error(), Some(libc::EINTR | libc::EBUSY)) {
            return Err(error);
        }
    }
}
