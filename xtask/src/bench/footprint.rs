//! What the master takes while nothing happens, and what selfup adds to an executable.

use super::process::{self, Memory};
use super::server::Server;
use super::{Options, Programs};
use crate::command::{self, Failure, Result};
use crate::crates;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How long the master is watched while it has nothing to do.
const IDLE: Duration = Duration::from_secs(10);

pub(super) fn run(programs: &Programs, _: &Options) -> Result {
    memory_and_wakeups(programs)?;
    println!("  {:>24}  {:>12}  {:>12}", "", "plain", "with selfup");
    println!(
        "  {:>24}  {:>8} KiB  {:>8} KiB",
        "stripped executable",
        stripped(&programs.plain)? / 1024,
        stripped(&programs.supervised)? / 1024
    );
    println!(
        "  {:>24}  {:>12}  {:>12}",
        "crates in the tree",
        crates::count(&["--package", "selfup-bench-plain"])?,
        crates::count(&["--package", "selfup-bench-supervised"])?
    );
    Ok(())
}

fn memory_and_wakeups(programs: &Programs) -> Result {
    let server = Server::start(&programs.supervised)?;
    let master = server.main_pid();
    let before = process::switches(master)?;
    thread::park_timeout(IDLE);
    let wakeups = process::switches(master)? - before;
    let memory = Memory::of(master)?;
    println!("  {:>24}  {:>8} KiB", "master, resident", memory.resident);
    println!("  {:>24}  {:>8} KiB", "master, proportional", memory.proportional);
    println!("  {:>24}  {wakeups:>8} in {IDLE:?} idle", "master, wake-ups");
    Ok(())
}

fn stripped(program: &Path) -> Result<u64> {
    let copy = program.with_extension("stripped");
    let (program, to) = (program.to_string_lossy(), copy.to_string_lossy());
    command::stdout_of(&mut command::program("strip", &["-o", &to, &program]))?;
    fs::metadata(&copy)
        .map(|metadata| metadata.len())
        .map_err(|error| Failure::new(format!("could not look at {to}: {error}")))
}
