//! Requests on kept connections, to see that selfup adds nothing to each.

use super::server::Server;
use super::statistics::{Sample, milliseconds};
use super::{Options, Programs, request};
use crate::command::{Failure, Result};
use std::io::BufReader;
use std::net::TcpStream;
use std::time::{Duration, Instant};

const ROUNDS: usize = 30;
const REQUESTS: u32 = 2_000;

pub(super) fn run(programs: &Programs, _: &Options) -> Result {
    let (plain, supervised) =
        (Server::start(&programs.plain)?, Server::start(&programs.supervised)?);
    let (mut alone, mut under) = (Sample::default(), Sample::default());
    for _ in 0..ROUNDS {
        alone.push(round(&plain)?);
        under.push(round(&supervised)?);
    }
    let (alone, under) = (milliseconds(alone.median()), milliseconds(under.median()));
    println!("  {REQUESTS} requests one after the other on a kept connection, {ROUNDS} pairs");
    println!("  plain {alone:.1} ms, with selfup {under:.1} ms, ratio {:.3}", under / alone);
    Ok(())
}

fn round(server: &Server) -> Result<Duration> {
    let failed = |error| Failure::new(format!("a request failed: {error}"));
    let mut stream = BufReader::new(TcpStream::connect(server.address).map_err(failed)?);
    let started = Instant::now();
    for _ in 0..REQUESTS {
        request::on(&mut stream).map_err(failed)?;
    }
    Ok(started.elapsed())
}
