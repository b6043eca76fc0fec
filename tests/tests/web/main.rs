//! The HTTP fetcher and a web server that others wrote: what nginx says about its files, and how it
//! serves parts of them, packs them, hides them and moves them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "in a test a panic is the report, and what it prints is read with it"
)]

mod access;
mod coding;
mod passage;
mod polling;
mod proxy;
mod resuming;
mod site;
mod tls;
