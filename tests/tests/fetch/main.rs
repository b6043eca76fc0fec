//! Tests of the fetchers against real servers and over unreliable networks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "in a test a panic is the report, and what it prints is read with it"
)]

mod fetchers;
mod fetching;
mod manifest;
mod origins;
mod s3;
mod web;
