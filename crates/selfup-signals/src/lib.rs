//! Receive signals with their origin, forward them to a child, and end the way the child ended.
//!
//! A process that runs a program on behalf of another (a supervisor, a wrapper, the first process of a
//! container) owes that program three things: every signal that is meant for it, none of the wrapper's
//! own signal settings, and an end that shows how the program ended. This crate provides these three.
//!
//! # The right order
//!
//! Signals are lost in gaps: before a handler exists, between `fork` and `exec`, between a check and the
//! wait that follows. This order leaves no gap.
//!
//! 1. [`Blocked::all`], before the first thread is started. Signals that arrive now stay pending.
//! 2. [`Receiver::new`] with [`Signal::forwardable`], then [`Blocked::lift`]. The receiver gets the
//!    pending signals at once, and no signal stays blocked that the parent process had blocked.
//! 3. For each child: [`reset_on_exec`], and a [`Blocked`] guard held while it is started.
//! 4. Poll the receiver (it is [`AsFd`](std::os::fd::AsFd)) together with everything else that the
//!    process waits for. When it is readable, take all of [`Receiver::pending`] and [`forward`] each.
//! 5. When the child has ended: [`End::mirror`].
//!
//! A process that executes another program in its own place calls [`Receiver::hold`] before.
//!
//! # Example
//!
//! A transparent wrapper: `wrapper PROGRAM ARGS…` behaves as the program itself does.
//!
//! ```no_run
#![doc = include_str!("../examples/wrapper.rs")]
//! ```
//!
//! # What it does not do
//!
//! This crate starts no process and no thread, waits for no child, and makes no decision. The caller
//! decides which child gets a signal, and sees by the [`Origin`] whether the terminal has delivered a
//! Ctrl-C to it already. Synchronous faults (`SIGSEGV`, `SIGBUS`, `SIGFPE`, `SIGILL`) are never caught.
//!
//! # Limits
//!
//! - The kernel keeps at most one pending instance of each standard signal, so it may deliver only one of
//!   two `SIGHUP`s in quick succession. Real-time signals queue, up to `RLIMIT_SIGPENDING`. A receiver
//!   reports each signal that the kernel delivers. Only while some 2,700 signals wait unread does it
//!   report further ones once for each kind, with [`Origin::Unknown`].
//! - Signals are reported in the order in which their handlers ran. If several threads have them
//!   unblocked, two handlers can run at once; block signals in the threads that you start if the order of
//!   queued signals matters.
//! - Handlers are process-wide. They are registered with `signal-hook-registry`, so that other users of
//!   the signal-hook family in the same program keep working.
//!
//! # Platform
//!
//! Linux. Dispositions, masks and the record of a signal are POSIX. Real-time signals, the names of the
//! signals and the suppression of core files are written for Linux.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs)]

mod blocked;
mod catchable;
mod disposition;
mod end;
mod error;
mod forward;
mod hold;
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
#[cfg(feature = "serde")]
mod serialize;
mod signal;
mod sync;
mod sys;

pub use blocked::Blocked;
pub use disposition::{discard, is_default, is_ignored, unignore};
pub use end::End;
pub use error::{Error, ErrorKind, Result};
pub use forward::{forward, queue, send, send_to_group};
pub use job::{is_stopped, stop_self};
pub use origin::{Origin, Received, Value};
pub use pid::Pid;
pub use receiver::{Pending, Receiver};
pub use reset::{ignore_on_exec, reset_on_exec};
pub use signal::Signal;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
