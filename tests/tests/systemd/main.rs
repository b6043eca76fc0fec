//! Services under a real systemd.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "in a test a panic is the report; what an older systemd cannot show is said"
)]

mod app;
mod ends;
mod hardening;
mod isolation;
mod lifecycle;
mod notify;
mod page;
mod signals;
mod sockets;
mod store;
mod upgrades;
mod watchdog;

const GUEST: &str = env!("CARGO_BIN_EXE_guest");
