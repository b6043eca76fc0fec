//! Measures the memory of an idle master, and what selfup adds to an executable.

use super::executable::{size, stripped};
use super::idle::{self, Idle};
use super::process::Memory;
use super::server::Server;
use super::{Options, Programs};
use std::fmt::Display;
use std::time::Duration;
use xtask_support::command::Result;
use xtask_support::crates;

/// How long the masters are watched while they have nothing to do.
const IDLE: Duration = Duration::from_secs(10);

/// The number of sockets that each master holds.
const LISTENERS: [usize; 2] = [1, 64];

pub(super) fn run(programs: &Programs, _: &Options) -> Result {
    masters(programs)?;
    row("", ["plain", "with selfup"]);
    let programs = [&programs.plain, &programs.supervised];
    let sizes = programs.map(|program| stripped(program).and_then(|it| size(&it)));
    let sizes = sizes.into_iter().collect::<Result<Vec<_>>>()?;
    row("stripped executable", sizes.iter().map(|size| format!("{} KiB", size / 1024)));
    let packages = ["selfup-bench-plain", "selfup-bench-supervised"];
    let counts = packages.map(|package| crates::count(&["--package", package]));
    row("crates in the tree", counts.into_iter().collect::<Result<Vec<_>>>()?);
    Ok(())
}

fn masters(programs: &Programs) -> Result {
    let start = |listeners| Server::start(&programs.supervised, listeners);
    let servers = LISTENERS.map(start).into_iter().collect::<Result<Vec<_>>>()?;
    let watched = idle::watch(&servers, IDLE)?;
    let memory = |name, kind: fn(&Memory) -> u64| {
        row(name, watched.iter().map(|Idle { memory, .. }| format!("{} KiB", kind(memory))));
    };
    row("master, with sockets", LISTENERS);
    memory("resident", |memory| memory.resident);
    memory("proportional", |memory| memory.proportional);
    memory("its own alone", |memory| memory.own);
    row(&format!("wake-ups in {IDLE:?} idle"), watched.iter().map(|idle| idle.wakeups));
    Ok(())
}

fn row(name: &str, columns: impl IntoIterator<Item: Display>) {
    let columns = columns.into_iter().map(|column| format!("  {column:>12}"));
    println!("  {name:>24}{}", columns.collect::<String>());
}
