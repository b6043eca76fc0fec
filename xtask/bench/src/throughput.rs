//! Requests on kept connections, to see that selfup adds nothing to each.
//!
//! The two are asked by turns, a few requests at a time, and the first of a pair is the other's
//! next time: whatever else the machine does, it does to both. All run on one core: how long another
//! one takes to wake up is no property of the program, and stays with it for its life.

use super::server::Server;
use super::statistics::{Sample, milliseconds};
use super::{Options, Programs, request};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use std::io::BufReader;
use std::net::TcpStream;
use std::time::{Duration, Instant};
use xtask_support::command::{Failure, Result};

const PAIRS: usize = 4_000;

/// So few that a pair is mostly over before the machine turns to something else.
const REQUESTS: u32 = 5;

pub(super) fn run(programs: &Programs, _: &Options) -> Result {
    let all = cores()?;
    let first = (0..CpuSet::count()).find(|core| all.is_set(*core).unwrap_or(false));
    let mut one = CpuSet::new();
    one.set(first.unwrap_or(0)).map_err(not_moved)?;
    use_cores(&one)?;
    let measured = measure(programs);
    use_cores(&all)?;
    measured
}

fn measure(programs: &Programs) -> Result {
    let (plain, supervised) =
        (Server::start(&programs.plain, 1)?, Server::start(&programs.supervised, 1)?);
    let (mut to_plain, mut to_supervised) = (connect(&plain)?, connect(&supervised)?);
    let (mut alone, mut under) = (Sample::default(), Sample::default());
    for pair in 0..PAIRS {
        if pair % 2 == 0 {
            alone.push(ask(&mut to_plain)?);
            under.push(ask(&mut to_supervised)?);
        } else {
            under.push(ask(&mut to_supervised)?);
            alone.push(ask(&mut to_plain)?);
        }
    }
    println!(
        "  {REQUESTS} requests one after the other on a kept connection, {PAIRS} pairs, in ms"
    );
    for (what, sample) in [("plain", &alone), ("with selfup", &under)] {
        println!(
            "  {what:>12}  p10 {:>7.4}  median {:>7.4}",
            milliseconds(sample.quantile(1, 10)),
            milliseconds(sample.median())
        );
    }
    println!("  {:>12}  median {:>7.4}", "added", under.paired_difference(&alone));
    println!("  {:>12}  median {:>7.3}", "ratio", under.ratio(&alone));
    Ok(())
}

fn cores() -> Result<CpuSet> {
    sched_getaffinity(Pid::from_raw(0)).map_err(not_moved)
}

/// For this thread, and what it starts from now on.
fn use_cores(cores: &CpuSet) -> Result {
    sched_setaffinity(Pid::from_raw(0), cores).map_err(not_moved)
}

fn not_moved(errno: nix::errno::Errno) -> Failure {
    Failure::new(format!("could not move to one core: {errno}"))
}

fn connect(server: &Server) -> Result<BufReader<TcpStream>> {
    TcpStream::connect(server.address).map(BufReader::new).map_err(failed)
}

fn ask(stream: &mut BufReader<TcpStream>) -> Result<Duration> {
    let started = Instant::now();
    for _ in 0..REQUESTS {
        request::on(stream).map_err(failed)?;
    }
    Ok(started.elapsed())
}

fn failed(error: std::io::Error) -> Failure {
    Failure::new(format!("a request failed: {error}"))
}
