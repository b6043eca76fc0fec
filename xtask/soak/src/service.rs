//! The service under test, and soak as its manager: it holds the socket, starts the master, and
//! adopts the processes that lose their parent.

use super::interrupt::Interrupts;
use super::journal::Journal;
use super::manager::Manager;
use super::proc;
use super::releases::Releases;
use super::stage::Stage;
use super::stderr::Stderr;
use nix::errno::Errno;
use nix::sys::signal::{Signal as Number, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use selfup_fds::{Address, FdSet, Inherited, LocalAddress};
use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};
use xtask_support::stop::{Result, Stop};

/// Longer than anything takes that does not hang, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(3);

pub(super) struct Service {
    pub(super) stage: Stage,
    pub(super) journal: Journal,
    pub(super) stderr: Stderr,
    pub(super) manager: Manager,
    pub(super) releases: Releases,
    pub(super) address: SocketAddr,
    /// The release that is to serve.
    pub(super) release: u64,
    /// The process id of the master that runs.
    pub(super) master: u32,
    sockets: FdSet,
    broken: Option<String>,
    interrupts: Interrupts,
    /// Masters that have ended, and how.
    pub(super) ended: Vec<(u32, End)>,
    /// The processes that soak has killed.
    killed: BTreeSet<u32>,
    /// Orphans may end badly for now: they run a bad release.
    pub(super) bad_orphans: bool,
}

/// How a process ended: with a code, or by a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Exited(i32),
    Killed(Number),
}

impl Service {
    /// Starts the service with its first release.
    pub(super) fn start(
        stage: Stage,
        mut releases: Releases,
        broken: Option<String>,
        interrupts: Interrupts,
    ) -> Result<Self> {
        let mut sockets = FdSet::new();
        let address: Address = "127.0.0.1:0".parse().map_err(no_socket)?;
        sockets.bind("main", &address, &mut Inherited::none()).map_err(no_socket)?;
        let Some(LocalAddress::Tcp(address)) = sockets.local_address("main") else {
            return Err(Stop::because("the socket has no address"));
        };
        let release = releases.publish_good()?;
        let program = stage.path("service/app");
        fs::copy(stage.path("source/app"), &program)
            .and_then(|_| fs::set_permissions(&program, fs::Permissions::from_mode(0o755)))
            .and_then(|()| stage.give(&program))
            .map_err(|error| Stop::because(format!("{}: {error}", program.display())))?;
        let journal = Journal::create(stage.path("log"))?;
        let stderr = Stderr::create(&stage.path("stderr"))?;
        let mut service = Self {
            stage,
            journal,
            stderr,
            manager: Manager::create()?,
            releases,
            address,
            release,
            master: 0,
            sockets,
            broken,
            interrupts,
            ended: Vec::new(),
            killed: BTreeSet::new(),
            bad_orphans: false,
        };
        service.start_master()?;
        Ok(service)
    }

    /// Starts a master on the socket.
    pub(super) fn start_master(&mut self) -> Result {
        let mut command = self.stage.command("service/app");
        command.arg(self.address.to_string());
        command.args(self.broken.iter().map(|kind| format!("--broken={kind}")));
        command.env("NOTIFY_SOCKET", self.manager.address());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(self.stderr.file()?);
        // Only soak gets Ctrl-C, and ends the others.
        command.process_group(0);
        let child = self.sockets.spawn(&mut command);
        let child =
            child.map_err(|error| Stop::because(format!("no master can be started: {error}")))?;
        // The master is reaped among all adopted processes.
        self.master = child.id();
        self.journal.note(&format!("started the master {}", self.master));
        Ok(())
    }

    /// Waits until the condition holds, and reads what is said meanwhile.
    pub(super) fn wait_for(
        &mut self,
        what: &str,
        mut holds: impl FnMut(&mut Self) -> Result<bool>,
    ) -> Result {
        let asked = Instant::now();
        loop {
            // Taken before the look: a pause of this process must not count against the service.
            let late = asked.elapsed() > PATIENCE;
            self.look()?;
            if holds(self)? {
                return Ok(());
            }
            if late {
                return Err(Stop::because(format!("waited {PATIENCE:?} in vain for {what}")));
            }
            thread::park_timeout(LOOK);
        }
    }

    /// Waits in the same way for what only the running master can bring about.
    pub(super) fn wait_for_master(
        &mut self,
        what: &str,
        mut holds: impl FnMut(&mut Self) -> Result<bool>,
    ) -> Result {
        self.wait_for(what, |service| match (holds(service)?, service.end()) {
            (false, Some(end)) => Err(Stop::because(format!(
                "the master, {}, has ended without {what}: {end:?}",
                service.master
            ))),
            (holds, _) => Ok(holds),
        })
    }

    /// How the master has ended, if it has.
    pub(super) fn end(&self) -> Option<End> {
        self.ended.iter().find(|(pid, _)| *pid == self.master).map(|(_, end)| *end)
    }

    /// Lets this time pass.
    pub(super) fn pause(&mut self, time: Duration) -> Result {
        let until = Instant::now() + time;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            self.look()?;
            thread::park_timeout(left.min(LOOK));
        }
        Ok(())
    }

    /// Reads new lines, reaps the processes that have ended, and notices Ctrl-C.
    pub(super) fn look(&mut self) -> Result {
        self.interrupts.check()?;
        self.journal.read()?;
        for line in self.stderr.read()? {
            self.journal.take_foreign(line);
        }
        self.manager.read()?;
        self.reap()
    }

    /// Reaps the processes that have ended: masters, and those that lost theirs. A
    /// child without a master finishes by itself, and says so by 0. An executable that is only asked
    /// what it is cannot respond then.
    fn reap(&mut self) -> Result {
        while let Some((pid, end)) = next_ended()? {
            self.journal.note(&format!("{pid} has ended: {end:?}"));
            let killed = self.killed.remove(&pid);
            let good = killed || end == End::Exited(0);
            if pid == self.master {
                self.ended.push((pid, end));
                if !good {
                    return Err(Stop::because(format!("the master, {pid}, has ended: {end:?}")));
                }
            } else if !good && !self.bad_orphans && self.journal.is_child(pid) {
                return Err(Stop::because(format!("a child without a master, {pid}: {end:?}")));
            }
        }
        Ok(())
    }

    /// The process was killed, and its master has waited for it.
    pub(super) fn forgive(&mut self, pid: u32) {
        self.killed.remove(&pid);
    }

    pub(super) fn signal(&mut self, pid: u32, signal: Number) -> Result {
        if signal == Number::SIGKILL {
            self.killed.insert(pid);
        }
        kill(Pid::from_raw(pid.cast_signed()), signal)
            .map_err(|errno| Stop::because(format!("cannot send {signal} to {pid}: {errno}")))
    }
}

impl Drop for Service {
    /// Kills all processes that are left, stopped or not. Each may just have started another.
    fn drop(&mut self) {
        let started = Instant::now();
        loop {
            let left = proc::descendants_of(std::process::id());
            if left.is_empty() || started.elapsed() > PATIENCE {
                return;
            }
            for pid in left {
                kill(Pid::from_raw(pid.cast_signed()), Number::SIGKILL).ok();
            }
            while let Ok(Some(_)) = next_ended() {}
            thread::park_timeout(LOOK);
        }
    }
}

/// The next child of this process, adopted or not, that has ended.
fn next_ended() -> Result<Option<(u32, End)>> {
    match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
        Ok(WaitStatus::Exited(pid, code)) => {
            Ok(Some((pid.as_raw().cast_unsigned(), End::Exited(code))))
        }
        Ok(WaitStatus::Signaled(pid, signal, _)) => {
            Ok(Some((pid.as_raw().cast_unsigned(), End::Killed(signal))))
        }
        Ok(_) | Err(Errno::ECHILD) => Ok(None),
        Err(errno) => Err(Stop::because(format!("cannot wait for processes: {errno}"))),
    }
}

fn no_socket(error: selfup_fds::Error) -> Stop {
    Stop::because(format!("no socket to listen on: {error}"))
}
