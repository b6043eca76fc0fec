//! Tests that nothing is lost when one child of a server takes over from another.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in a test a panic is the report, and what it prints is read with it"
)]

mod handoff;
mod handover;
mod load;
