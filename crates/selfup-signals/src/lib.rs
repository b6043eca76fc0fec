//! Receive signals with their origin, forward them to a child, and end the way the child ended.
//!
//! Whoever starts a program on behalf of somebody else (a supervisor, a wrapper, a container's
//! first process) owes that program three things: every signal meant for it, none of the
//! wrapper's own signal settings, and an end that tells the truth about how the program ended.
//! This crate is those three things.
//!
//! # The right order
//!
//! Signals are lost in gaps: before a handler exists, between `fork` and `exec`, between asking
//! and waiting. This order leaves none.
//!
//! 1. [`Blocked::all`], before the first thread is started. What arrives now stays pending.
//! 2. [`Receiver::new`] with [`Signal::forwardable`], then [`Blocked::lift`]. What was pending is
//!    received at once, and nothing stays blocked that the parent process had blocked.
//! 3. For each child: [`reset_on_exec`], and a [`Blocked`] guard held while it is started.
//! 4. Poll the receiver (it is [`AsFd`](std::os::fd::AsFd)) next to whatever else is waited for;
//!    when it is readable, take all of [`Receiver::pending`] and [`forward`] each.
//! 5. When the child has ended: [`End::mirror`].
//!
//! # Example
//!
//! A transparent wrapper: `wrapper PROGRAM ARGS…` behaves as the program would have by itself.
//!
//! ```no_run
#![doc = include_str!("../examples/wrapper.rs")]
//! ```
//!
//! # What it does not do
//!
//! It starts no process and no thread, waits for no child, and decides nothing: which child gets
//! a signal, and whether a terminal's Ctrl-C was already delivered, is for the caller, who is told
//! the [`Origin`]. Synchronous faults (`SIGSEGV`, `SIGBUS`, `SIGFPE`, `SIGILL`) are never caught.
//!
//! # Limits
//!
//! - The kernel keeps at most one pending instance of each standard signal, so of two `SIGHUP`s in
//!   quick succession one may be all there ever was. Real-time signals queue, up to
//!   `RLIMIT_SIGPENDING`. What the kernel delivers, a receiver reports one by one; only when some
//!   2,700 signals wait unread are further ones reported once for each kind, with
//!   [`Origin::Unknown`].
//! - Signals are reported in the order in which their handlers ran. With several threads that have
//!   them unblocked, two handlers can run at once; block signals in the threads you start if the
//!   order of queued ones matters.
//! - Handlers are process-wide. They are registered through `signal-hook-registry`, so that other
//!   users of the signal-hook family in the same program keep working.
//!
//! # Platform
//!
//! Linux. The dispositions, masks and the record of a signal are POSIX; real-time signals, the
//! names of the signals and the guard against core files are written for Linux.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs)]

mod blocked;
mod disposition;
mod end;
mod error;
mod forward;
mod inbox;
mod job;
mod mirror;
#[cfg(test)]
mod models;
mod names;
mod origin;
mod pid;
mod pipe;
mod receiver;
mod record;
mod reset;
mod signal;
mod sync;
mod sys;

pub use blocked::Blocked;
pub use disposition::{discard, is_default, is_ignored, unignore};
pub use end::End;
pub use error::{Error, ErrorKind};
pub use forward::{forward, queue, send, send_to_group};
pub use job::{is_stopped, stop_self};
pub use origin::{Origin, Received, Value};
pub use pid::Pid;
pub use receiver::{Pending, Receiver};
pub use reset::{ignore_on_exec, reset_on_exec};
pub use signal::Signal;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
