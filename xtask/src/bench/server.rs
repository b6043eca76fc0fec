//! One of the two programs, running.

use super::request;
use crate::command::{Failure, Result};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Server {
    process: Child,
    pub(super) address: SocketAddr,
    /// From just before it was started to its first answer.
    pub(super) first_answer: Duration,
    /// The process that answered.
    pub(super) pid: u32,
}

impl Server {
    /// Starts it, and asks until it answers.
    pub(super) fn start(program: &Path) -> Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(program);
        command.arg(address.to_string()).stdin(Stdio::null());
        let started = Instant::now();
        #[expect(clippy::disallowed_methods, reason = "it is measured, and ended when dropped")]
        let process = command.spawn().map_err(|error| {
            Failure::new(format!("could not start {}: {error}", program.display()))
        })?;
        let mut server = Self { process, address, first_answer: Duration::ZERO, pid: 0 };
        server.pid = server.answer_by(|_| true, started)?;
        server.first_answer = started.elapsed();
        Ok(server)
    }

    /// Asks until somebody who is wanted answers.
    pub(super) fn answer_by(&self, wanted: impl Fn(u32) -> bool, since: Instant) -> Result<u32> {
        while since.elapsed() < PATIENCE {
            match request::on_a_new_connection(self.address) {
                Ok(pid) if wanted(pid) => return Ok(pid),
                _ => {}
            }
        }
        Err(Failure::new(format!("nobody answered on {} in {PATIENCE:?}", self.address)))
    }

    /// The process that was started: under selfup, the master.
    pub(super) fn main_pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Server {
    /// Nothing is open, so the end is prompt.
    fn drop(&mut self) {
        let pid = self.process.id().to_string();
        drop(Command::new("kill").args(["-TERM", &pid]).status());
        drop(self.process.wait());
    }
}

pub(super) fn free_address() -> Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| Failure::new(format!("could not find a free port: {error}")))
}
