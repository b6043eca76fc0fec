//! What a program does at its start, and what becomes of an upgrade that is on trial then:
//!
//! ```sh
//! cargo run --example recover -- /usr/local/bin/app commit
//! ```
#![allow(clippy::print_stderr, reason = "a program for a terminal")]

use std::error::Error;
use std::ffi::OsString;
use std::process::ExitCode;

use selfup_install::{Start, Target};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(path), Some(what)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: recover EXECUTABLE begin|commit|roll_back|shelve|excuse|rollback");
        return ExitCode::from(2);
    };
    match recover(path, &what.to_string_lossy()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn recover(path: OsString, what: &str) -> Result<(), Box<dyn Error>> {
    let target = Target::new(path)?;
    if what == "rollback" {
        target.roll_back()?;
        return Ok(());
    }
    match target.begin(Start::DEFAULT_MAX)? {
        Start::OnTrial { installed, starts } => {
            eprintln!("{} is on trial, start {starts}", installed.id());
            match what {
                "commit" => installed.commit()?,
                "roll_back" => drop(installed.roll_back("asked to")?),
                "excuse" => installed.forgive_start()?,
                _ => {}
            }
        }
        Start::Beside { trial, starts } => {
            eprintln!("{} is on trial as {}, start {starts}", trial.id(), trial.path().display());
            match what {
                "commit" => drop(trial.commit()?),
                "roll_back" => drop(trial.roll_back("asked to")?),
                "shelve" => trial.shelve()?,
                "excuse" => trial.forgive_start()?,
                _ => {}
            }
        }
        Start::GivenUp { refused, .. } => eprintln!("{refused} failed, and is gone"),
        Start::RolledBack { refused, restored, .. } => {
            eprintln!("{refused} failed; {} is back", restored.id());
        }
        _ => eprintln!("nothing is on trial"),
    }
    Ok(())
}
