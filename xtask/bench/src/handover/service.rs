//! One system, running, and how it is restarted.

use super::super::{process, request, server};
use super::build::Ready;
use super::interrupt;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use xtask_support::command::{Failure, Result};

/// Longer than anything takes that does not hang: some give their clients 30 s.
const PATIENCE: Duration = Duration::from_secs(45);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(1);

/// How a system is restarted.
#[derive(Clone, Copy)]
pub(super) enum Restart {
    /// A process that stays replaces the one that serves.
    Master(Signal),
    /// The process that serves starts its successor and ends.
    Successor(Signal),
    /// The process that serves starts a helper, and comes back in its own place.
    Return(Signal),
    /// The master starts another, and gets these signals to end once that one serves.
    SecondMaster { start: Signal, end: &'static [Signal] },
    /// The system can only be stopped and started again.
    StopStart,
}

pub(super) struct Service<'a> {
    ready: &'a Ready,
    restart: Restart,
    folder: PathBuf,
    process: Child,
    pub(super) address: SocketAddr,
    serving: u32,
    group: u32,
}

/// The times of one restart.
#[derive(Clone, Copy)]
pub(super) struct Restarted {
    pub(super) signalled: Instant,
    pub(super) answered: Instant,
    /// When nothing was left of what served before.
    pub(super) done: Instant,
}

impl<'a> Service<'a> {
    /// Starts it in a folder of its own, and waits for its first response.
    pub(super) fn start(ready: &'a Ready, restart: Restart, folder: &Path) -> Result<Self> {
        let address = server::free_address()?;
        let process = spawn(ready, address, folder)?;
        let folder = folder.to_owned();
        let group = process.id();
        interrupt::ends(group);
        let mut service = Self { ready, restart, folder, process, address, serving: 0, group };
        service.serving = service.wait_for_response(&[])?;
        // A daemon has created a process group of its own.
        service.group = process::group_of(service.serving).unwrap_or(service.group);
        interrupt::ends(service.group);
        Ok(service)
    }

    /// Restarts the system, and returns when the old processes are gone.
    pub(super) fn restart(&mut self) -> Result<Restarted> {
        let before = process::of_group(self.group);
        let main = self.main_pid();
        let signalled = Instant::now();
        match self.restart {
            Restart::Master(signal) => send(main, signal)?,
            Restart::Successor(signal) | Restart::Return(signal) => send(self.serving, signal)?,
            Restart::SecondMaster { start, .. } => send(main, start)?,
            Restart::StopStart => {
                send(main, Signal::SIGTERM)?;
                wait_until("the old process to end", || !process::runs(main))?;
                drop(self.process.wait());
                self.process = spawn(self.ready, self.address, &self.folder)?;
                self.group = self.process.id();
                interrupt::ends(self.group);
            }
        }
        self.serving = self.wait_for_response(&before)?;
        let answered = Instant::now();
        let mut old = before;
        match self.restart {
            Restart::Master(_) => old.retain(|pid| *pid != main),
            Restart::SecondMaster { end, .. } => {
                let children: Vec<u32> = old.iter().copied().filter(|pid| *pid != main).collect();
                for (index, signal) in end.iter().enumerate() {
                    if index > 0 {
                        wait_until("the old workers to end", || gone(&children))?;
                    }
                    send(main, *signal)?;
                }
            }
            Restart::Return(_) => {
                // It is the new one by then.
                old = vec![std::mem::replace(&mut self.serving, main)];
            }
            Restart::Successor(_) | Restart::StopStart => {}
        }
        wait_until("the old processes to end", || gone(&old))?;
        let done = Instant::now();
        wait_until("a master", || process::runs(self.main_pid()))?;
        Ok(Restarted { signalled, answered, done })
    }

    /// The process that stays across restarts, or at least runs beside the one that serves.
    pub(super) fn resident(&self) -> Option<u32> {
        match self.restart {
            Restart::Master(_) | Restart::SecondMaster { .. } => Some(self.main_pid()),
            Restart::Successor(_) | Restart::Return(_) | Restart::StopStart => None,
        }
    }

    /// All of its processes.
    pub(super) fn processes(&self) -> Vec<u32> {
        process::of_group(self.group)
    }

    /// The process to send signals to; 0 while the file that contains it is not there.
    fn main_pid(&self) -> u32 {
        match (&self.ready.pid_file, self.restart) {
            (Some(name), _) => {
                let text = fs::read_to_string(self.folder.join(name)).unwrap_or_default();
                text.trim().parse().unwrap_or_default()
            }
            (None, Restart::Successor(_)) => self.serving,
            (None, _) => self.process.id(),
        }
    }

    /// Asks until a process responds that is none of these.
    fn wait_for_response(&self, known: &[u32]) -> Result<u32> {
        let mut answered = 0;
        wait_until("an answer", || match request::on_a_new_connection(self.address) {
            Ok(pid) if !known.contains(&pid) => {
                answered = pid;
                true
            }
            _ => false,
        })?;
        Ok(answered)
    }
}

impl Drop for Service<'_> {
    fn drop(&mut self) {
        for signal in [Signal::SIGTERM, Signal::SIGKILL] {
            killpg(pid(self.group), signal).ok();
            wait_until("the end", || self.processes().is_empty()).ok();
        }
        self.process.kill().ok();
        self.process.wait().ok();
        interrupt::ends(0);
    }
}

/// Starts the command in a process group of its own, in which its successors are found, too.
fn spawn(ready: &Ready, address: SocketAddr, folder: &Path) -> Result<Child> {
    let fill = |text: &str| {
        let text = text.replace("{address}", &address.to_string());
        text.replace("{folder}", &folder.display().to_string())
    };
    if let Some((name, text)) = &ready.file {
        let path = folder.join(name);
        fs::write(&path, fill(text)).map_err(|error| {
            Failure::new(format!("could not write {}: {error}", path.display()))
        })?;
    }
    let mut command = Command::new(&ready.program);
    command.args(ready.arguments.iter().map(|argument| fill(argument)));
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).process_group(0);
    #[expect(clippy::disallowed_methods, reason = "it is measured, and ended when dropped")]
    command.spawn().map_err(|error| {
        Failure::new(format!("could not start {}: {error}", ready.program.display()))
    })
}

fn send(to: u32, signal: Signal) -> Result {
    kill(pid(to), signal)
        .map_err(|errno| Failure::new(format!("could not send {signal} to {to}: {errno}")))
}

fn pid(pid: u32) -> Pid {
    Pid::from_raw(pid.try_into().unwrap_or(i32::MAX))
}

fn gone(pids: &[u32]) -> bool {
    !pids.iter().any(|pid| process::runs(*pid))
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) -> Result {
    let started = Instant::now();
    while !holds() {
        if started.elapsed() > PATIENCE {
            return Err(Failure::new(format!("waited {PATIENCE:?} in vain for {what}")));
        }
        thread::park_timeout(LOOK);
    }
    Ok(())
}
