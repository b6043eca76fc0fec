//! Support for the process tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::print_stderr,
    reason = "in a test a panic is the report, what it prints is read when it fails, and to wait is \
              reason enough to call"
)]

pub mod blackhole;
pub mod container;
pub mod front;
pub mod gate;
#[cfg(doctest)]
mod guide;
pub mod manager;
pub mod need;
pub mod nginx;
pub mod open_requests;
pub mod origin;
pub mod page;
pub mod recorder;
pub mod release;
pub mod sandbox;
pub mod service;
pub mod service_manager;
pub mod signer;
pub mod source;
pub mod subject;
pub mod systemd;
pub mod uninterrupted;
pub mod visitor;

pub use selfup_load as load;
