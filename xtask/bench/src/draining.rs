//! What children that are still finishing, each with a request that goes on, add to the next
//! changeover and to the master.

use super::idle;
use super::process;
use super::request;
use super::server::Server;
use super::statistics::{Sample, milliseconds};
use super::{Options, Programs};
use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};
use xtask_support::command::{Failure, Result};

/// The numbers of draining children; the others are compared with the first.
const DRAINING: [usize; 4] = [0, 1, 10, 100];

const CHANGEOVERS: usize = 40;

const IDLE: Duration = Duration::from_secs(5);

/// How long it may take until all but the held ones are gone.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn run(programs: &Programs, _: &Options) -> Result {
    let mut servers = Vec::new();
    let mut held = Vec::new();
    for draining in DRAINING {
        let mut server = Server::start(&programs.supervised, 1)?;
        for _ in 0..draining {
            held.push(hold(&server)?);
            server.change_over()?;
        }
        servers.push(server);
    }
    settle(&servers)?;
    let before = busy(&servers)?;
    let mut changeovers = DRAINING.map(|_| Sample::default());
    for _ in 0..CHANGEOVERS {
        for (server, sample) in servers.iter_mut().zip(&mut changeovers) {
            sample.push(server.change_over()?);
        }
    }
    settle(&servers)?;
    let after = busy(&servers)?;
    let watched = idle::watch(&servers, IDLE)?;

    println!("  {CHANGEOVERS} changeovers by turns, in ms, and {IDLE:?} idle");
    println!(
        "  {:>8}  {:>17}  {:>6}  {:>6}  {:>12}  {:>12}  {:>12}  {:>8}  {:>9}",
        "draining",
        "changeover median",
        "p90",
        "ratio",
        "master's CPU",
        "proportional",
        "its own",
        "wake-ups",
        "idle CPU"
    );
    for (index, idle) in watched.iter().enumerate() {
        let spent = (after[index] - before[index]) / CHANGEOVERS as u32;
        println!(
            "  {:>8}  {:>17.2}  {:>6.2}  {:>6.2}  {:>12.2}  {:>8} KiB  {:>8} KiB  {:>8}  {:>9.2}",
            DRAINING[index],
            milliseconds(changeovers[index].median()),
            milliseconds(changeovers[index].quantile(9, 10)),
            changeovers[index].ratio(&changeovers[0]),
            milliseconds(spent),
            idle.memory.proportional,
            idle.memory.own,
            idle.wakeups,
            milliseconds(idle.busy)
        );
    }
    drop(held);
    Ok(())
}

/// Sends the process that serves a request whose response lasts as long as the connection.
fn hold(server: &Server) -> Result<TcpStream> {
    let failed =
        |error| Failure::new(format!("could not hold process {}: {error}", server.serving));
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let stream = TcpStream::connect(server.address).map_err(failed)?;
        let mut stream = BufReader::new(stream);
        // A process that was just replaced may still accept.
        if request::on(&mut stream).is_ok_and(|pid| pid == server.serving) {
            let mut stream = stream.into_inner();
            stream.write_all(b"GET /held HTTP/1.1\r\nHost: bench\r\n\r\n").map_err(failed)?;
            return Ok(stream);
        }
    }
    Err(Failure::new(format!("process {} did not answer in {PATIENCE:?}", server.serving)))
}

/// Waits until each has the child that serves and those that are held, and no other.
fn settle(servers: &[Server]) -> Result {
    let begun = Instant::now();
    for (server, draining) in servers.iter().zip(DRAINING) {
        loop {
            let children = process::children_of(server.main_pid());
            if children.len() == draining + 1 {
                break;
            }
            if begun.elapsed() > PATIENCE {
                let found = children.len();
                let reason = format!("{found} children instead of {draining} that finish and one");
                return Err(Failure::new(reason));
            }
            thread::park_timeout(Duration::from_millis(10));
        }
    }
    Ok(())
}

fn busy(servers: &[Server]) -> Result<Vec<Duration>> {
    servers.iter().map(|server| process::busy(server.main_pid())).collect()
}
