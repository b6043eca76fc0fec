//! A manager that reads what the service reports by sd_notify(3), or pauses for a while.

use std::io::{self, ErrorKind};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use xtask_support::stop::{Result, Stop};

/// More bytes than a message has.
const LONGEST: usize = 16 * 1024;

/// The manager's socket. What comes along to be kept is closed: the next master has it from soak.
#[derive(Debug)]
pub(super) struct Manager {
    name: String,
    socket: UnixDatagram,
    is_read: bool,
    /// The latest status.
    status: String,
    /// How often the service has said that it is up, or again.
    pub(super) ready: u64,
}

impl Manager {
    pub(super) fn create() -> Result<Self> {
        let name = format!("selfup-soak-{}", std::process::id());
        let create = || {
            let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
            socket.set_nonblocking(true)?;
            io::Result::Ok(socket)
        };
        let socket = create().map_err(failed)?;
        Ok(Self { name, socket, is_read: true, status: String::new(), ready: 0 })
    }

    /// For `NOTIFY_SOCKET`.
    pub(super) fn address(&self) -> String {
        format!("@{}", self.name)
    }

    /// Reads the messages that have come.
    pub(super) fn read(&mut self) -> Result {
        let mut bytes = vec![0; LONGEST];
        while self.is_read {
            match self.socket.recv(&mut bytes) {
                Ok(length) => self.hear(&String::from_utf8_lossy(&bytes[..length])),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }

    fn hear(&mut self, text: &str) {
        for line in text.lines() {
            if let Some(status) = line.strip_prefix("STATUS=") {
                self.status = status.to_owned();
            }
            self.ready += u64::from(line == "READY=1");
        }
    }

    /// Stops reading, and fills the queue.
    pub(super) fn neglect(&mut self) -> Result {
        self.is_read = false;
        let sender = || {
            let sender = UnixDatagram::unbound()?;
            sender.connect_addr(&SocketAddr::from_abstract_name(&self.name)?)?;
            sender.set_nonblocking(true)?;
            io::Result::Ok(sender)
        };
        let sender = sender().map_err(failed)?;
        loop {
            match sender.send(b"X_FILLER=1") {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// Reads again.
    pub(super) fn resume(&mut self) {
        self.is_read = true;
    }

    /// Whether the latest status says that this child serves.
    pub(super) fn knows(&self, generation: u64) -> bool {
        let rest = self.status.strip_prefix(&format!("child #{generation} serves"));
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
    }
}

fn failed(error: io::Error) -> Stop {
    Stop::because(format!("the socket of the service manager: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reported_is_known() {
        let mut manager = Manager::create().unwrap();
        manager.hear("READY=1\nSTATUS=child #12 serves, id 7\n");
        assert!(manager.knows(12) && !manager.knows(1) && !manager.knows(2));
        assert_eq!(manager.ready, 1);
        manager.neglect().unwrap();
        manager.read().unwrap();
        assert!(manager.knows(12));
    }
}
