//! A program that answers the probe first thing, and then does its work.
#![allow(clippy::print_stdout, reason = "a program for a terminal")]
#![allow(clippy::disallowed_methods, reason = "a program of its own, which reads its environment")]

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    if let Some(token) = std::env::var_os(selfup_install::PROBE_VARIABLE) {
        return io::stdout().write_all(&selfup_install::probe_answer(&token));
    }
    println!("hello");
    Ok(())
}
