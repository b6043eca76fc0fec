//! Requests on kept connections, to see that selfup adds nothing to each.
//!
//! The two are asked by turns, a few requests at a time, and the first of a pair is the other's
//! next time: whatever else the machine does, it does to both.

use super::server::Server;
use super::statistics::{Sample, milliseconds};
use super::{Options, Programs, request};
use crate::command::{Failure, Result};
use std::io::BufReader;
use std::net::TcpStream;
use std::time::{Duration, Instant};

const PAIRS: usize = 4_000;

/// So few that a pair is mostly over before the machine turns to something else.
const REQUESTS: u32 = 5;

pub(super) fn run(programs: &Programs, _: &Options) -> Result {
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
