//! Tests services under a real systemd.

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
