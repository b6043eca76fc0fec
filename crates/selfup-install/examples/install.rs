//! Installs what comes on the standard input in the place of an executable, or puts it on trial
//! beside it:
//!
//! ```sh
//! cargo run --example install -- /usr/local/bin/app < app-1.1
//! cargo run --example install -- /usr/local/bin/app try < app-1.1
//! ```
#![allow(clippy::print_stderr, reason = "a program for a terminal")]

use std::error::Error;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::process::ExitCode;

use selfup_install::{Checks, Expected, Target};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(path) = arguments.next() else {
        eprintln!("usage: install EXECUTABLE [try] < NEW");
        return ExitCode::from(2);
    };
    match install(path, arguments.next().is_some()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!(
                "{error}{}",
                error.source().map_or(String::new(), |cause| format!(" ({cause})"))
            );
            ExitCode::FAILURE
        }
    }
}

fn install(path: OsString, only_try: bool) -> Result<(), Box<dyn Error>> {
    let target = Target::new(path)?;
    target.preflight()?;
    let mut new = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let metadata = new.metadata()?;
    // The size of a file is known beforehand, and space is reserved for it; that of a pipe is not.
    let expected = Expected::new();
    let expected = if metadata.is_file() { expected.size(metadata.len()) } else { expected };
    let mut staged = target.stage(expected)?;
    staged.write(&mut new, &mut |_bytes| ())?;
    if staged.id() == staged.present() {
        eprintln!("up to date: {}", staged.id());
        return Ok(());
    }
    let verified = staged.verify(Checks::new())?;
    if only_try {
        let trial = verified.try_out()?;
        eprintln!("{} is on trial as {}", trial.id(), trial.path().display());
        return Ok(());
    }
    let installed = verified.install()?;
    eprintln!("replaced {} by {}", installed.previous_id(), installed.id());
    for warning in installed.warnings() {
        eprintln!("warning: {warning}");
    }
    Ok(installed.commit()?)
}
