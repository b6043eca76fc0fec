//! The system calls that neither std nor nix offer safely: everything about real-time signals,
//! dispositions, and what happens in handlers and between `fork` and `exec`.
#![allow(unsafe_code, reason = "the C library's signal calls")]

mod catch;
mod disposition;
mod exec;
mod send;
mod wait;

pub(crate) use catch::{Registration, register, register_nothing};
pub(crate) use disposition::{is_default, is_ignored, set_default, with_default_action};
pub(crate) use exec::{ignore_before_exec, reset_before_exec};
pub(crate) use send::{
    kill, kill_group, queue, raise, raise_by_default, raise_by_default_on_return, raise_unblocked,
};
pub(crate) use wait::is_stopped;

/// The first real-time signal that the C library leaves to programs.
pub(crate) fn first_real_time() -> libc::c_int {
    libc::SIGRTMIN()
}

/// The highest signal number.
pub(crate) fn last_signal() -> libc::c_int {
    libc::SIGRTMAX()
}
