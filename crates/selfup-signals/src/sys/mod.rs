//! The system calls that neither std nor nix offers safely: for real-time signals and dispositions, in
//! handlers, and between `fork` and `exec`.
#![allow(unsafe_code, reason = "the C library's signal calls")]

mod catch;
mod disposition;
mod exec;
pub(crate) mod send;
pub(crate) mod sender;
pub(crate) mod system;
mod unhandled;
mod wait;

pub(crate) use catch::{Registration, register, register_nothing};
pub(crate) use disposition::{is_default, is_ignored, set_default, with_default_action};
pub(crate) use exec::{ignore_before_exec, reset_before_exec};
pub(crate) use send::{kill, kill_group, queue, raise, raise_by_default, raise_unblocked};
pub(crate) use unhandled::register_unless_handled;
pub(crate) use wait::is_stopped;
