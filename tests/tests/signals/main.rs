//! What signals do, from whomever and at whatever moment they come.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test a panic is the report, and what it prints is read with it"
)]

mod job_control;
mod moments;
mod pressure;
mod shell;
mod signals;
mod terminal;
