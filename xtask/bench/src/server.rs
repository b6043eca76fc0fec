//! One of the two programs, running.

use super::{process, request};
use selfup_signals::Signal;
use std::collections::HashSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use xtask_support::command::{Failure, Result};

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Server {
    process: Child,
    /// The last of those that it listens on.
    pub(super) address: SocketAddr,
    /// From just before it was started to its first response.
    pub(super) first_response: Duration,
    /// The process that responds.
    pub(super) serving: u32,
    /// All processes that have answered.
    answered: HashSet<u32>,
}

impl Server {
    /// Starts it with so many listeners, and asks the last of them until it responds.
    pub(super) fn start(program: &Path, listeners: usize) -> Result<Self> {
        let addresses = free_addresses(listeners)?;
        let address = *addresses.last().ok_or_else(|| Failure::new("no listener was asked for"))?;
        let mut command = Command::new(program);
        command.args(addresses.iter().map(SocketAddr::to_string)).stdin(Stdio::null());
        let started = Instant::now();
        #[expect(clippy::disallowed_methods, reason = "it is measured, and ended when dropped")]
        let process = command.spawn().map_err(|error| {
            Failure::new(format!("could not start {}: {error}", program.display()))
        })?;
        let mut server = Self {
            process,
            address,
            first_response: Duration::ZERO,
            serving: 0,
            answered: HashSet::new(),
        };
        server.first_response = server.response_of_a_new_process(started)?;
        Ok(server)
    }

    /// Restarts it by signal, and returns the time to the first response of the new process.
    pub(super) fn change_over(&mut self) -> Result<Duration> {
        let signalled = Instant::now();
        process::send(self.main_pid(), Signal::USR2)?;
        self.response_of_a_new_process(signalled)
    }

    /// Asks until a process responds that has not responded before; returns the time that took.
    fn response_of_a_new_process(&mut self, since: Instant) -> Result<Duration> {
        while since.elapsed() < PATIENCE {
            match request::on_a_new_connection(self.address) {
                Ok(pid) if self.answered.insert(pid) => {
                    self.serving = pid;
                    return Ok(since.elapsed());
                }
                _ => {}
            }
        }
        Err(Failure::new(format!("nobody new answered on {} in {PATIENCE:?}", self.address)))
    }

    /// The process that was started: under selfup, the master.
    pub(super) fn main_pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Server {
    /// Of the programs, only the plain one catches the signal, and it has no connection to drain.
    fn drop(&mut self) {
        // This fails if the process has ended by itself.
        process::send(self.main_pid(), Signal::TERM).ok();
        drop(self.process.wait());
    }
}

pub(super) fn free_address() -> Result<SocketAddr> {
    free_addresses(1).map(|addresses| addresses[0])
}

/// Different ones.
fn free_addresses(count: usize) -> Result<Vec<SocketAddr>> {
    let bind = |_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let listeners: io::Result<Vec<_>> = (0..count).map(bind).collect();
    listeners
        .and_then(|listeners| listeners.iter().map(TcpListener::local_addr).collect())
        .map_err(|error| Failure::new(format!("could not find {count} free ports: {error}")))
}
