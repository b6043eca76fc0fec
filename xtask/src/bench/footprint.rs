//! What the master takes while nothing happens, and what selfup adds to an executable.

use super::Programs;
use super::server::Server;
use crate::command::{self, Failure, Result};
use crate::crates;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How long the master is watched while it has nothing to do.
const IDLE: Duration = Duration::from_secs(10);

pub(super) fn run(programs: &Programs) -> Result {
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
    let before = switches(master)?;
    thread::park_timeout(IDLE);
    let wakeups = switches(master)? - before;
    let memory = read(&format!("/proc/{master}/smaps_rollup"))?;
    for (name, meaning) in [("Rss", "resident"), ("Pss", "proportional")] {
        println!("  {:>24}  {:>8} KiB", format!("master, {meaning}"), field(&memory, name)?);
    }
    println!("  {:>24}  {wakeups:>8} in {IDLE:?} idle", "master, wake-ups");
    Ok(())
}

/// How often the threads of a process have been switched to.
fn switches(pid: u32) -> Result<u64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .map_err(|error| Failure::new(format!("could not look at process {pid}: {error}")))?;
    let mut sum = 0;
    for task in tasks.flatten() {
        let status = read(&task.path().join("status").to_string_lossy())?;
        sum += field(&status, "voluntary_ctxt_switches")?;
        sum += field(&status, "nonvoluntary_ctxt_switches")?;
    }
    Ok(sum)
}

fn field(text: &str, name: &str) -> Result<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .and_then(|value| value.split_whitespace().next()?.parse().ok())
        .ok_or_else(|| Failure::new(format!("there is no {name} in {text:?}")))
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("could not read {path}: {error}")))
}

fn stripped(program: &Path) -> Result<u64> {
    let copy = program.with_extension("stripped");
    let (program, to) = (program.to_string_lossy(), copy.to_string_lossy());
    command::stdout_of(&mut command::program("strip", &["-o", &to, &program]))?;
    fs::metadata(&copy)
        .map(|metadata| metadata.len())
        .map_err(|error| Failure::new(format!("could not look at {to}: {error}")))
}
