//! How a master and its children begin, live beside each other, and end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "in a test a panic is the report, and what it prints is read with it"
)]

mod ends;
mod inheritance;
mod judgement;
mod notify;
mod orphan;
mod pid_file;
mod prefork;
mod protocol;
mod readiness;
mod readme;
mod residue;
mod serving;
mod startup;
