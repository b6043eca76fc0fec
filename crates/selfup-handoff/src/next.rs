//! The successor or helper of this process.

use std::{
    fs::File,
    os::fd::{AsFd, BorrowedFd},
    process::Child,
    time::Instant,
};

use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};
use selfup_channel::{FromChild, FromMaster, Incoming, MasterEnd, VERSION};

/// The process that this one has started to succeed it.
#[derive(Debug)]
pub(crate) struct Next {
    channel: MasterEnd,
    process: Process,
    is_closed: bool,
    /// When it has to be ready.
    pub(crate) deadline: Option<Instant>,
    /// The file that it runs, once that has proved itself.
    pub(crate) executable: Option<File>,
}

/// By what a process is known.
#[derive(Debug)]
pub(crate) enum Process {
    /// This process has started it.
    Child(Child),
    /// This process has started it before it executed another file in its own place.
    Pid(i32),
}

/// What is new of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Nothing,
    Ready,
    /// It has received the question whether it is still there.
    Alive,
    /// It has closed its end of the channel, or speaks another protocol.
    Gone,
}

impl Next {
    pub(crate) fn new(channel: MasterEnd, process: Process, deadline: Option<Instant>) -> Self {
        Self { channel, process, is_closed: false, deadline, executable: None }
    }

    pub(crate) fn pid(&self) -> i32 {
        match &self.process {
            Process::Child(child) => selfup_signals::Pid::from(child).as_raw(),
            Process::Pid(pid) => *pid,
        }
    }

    pub(crate) fn channel(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }

    /// Polls as readable when there is something new, until its end of the channel is closed.
    pub(crate) fn wake_up(&self) -> Option<BorrowedFd<'_>> {
        (!self.is_closed).then(|| self.channel.as_fd())
    }

    /// Reads one message.
    pub(crate) fn news(&mut self) -> News {
        loop {
            match self.channel.poll() {
                Ok(Incoming::Message(FromChild::Ready)) => return News::Ready,
                Ok(Incoming::Message(FromChild::Alive)) => return News::Alive,
                Ok(Incoming::Message(FromChild::Hello { version, .. })) if version != VERSION => {
                    return News::Gone;
                }
                Ok(Incoming::Message(_) | Incoming::Malformed) => {}
                Ok(Incoming::Nothing) => return News::Nothing,
                Ok(Incoming::Closed) | Err(_) => {
                    self.is_closed = true;
                    return News::Gone;
                }
            }
        }
    }

    /// Asks whether it is still there.
    pub(crate) fn ask(&self) {
        // Its queue has room: it gets two messages in all. One that is gone is noticed when the channel is read.
        let _sent = self.channel.send(&FromMaster::Ask);
    }

    /// Asks it to drain.
    pub(crate) fn release(&self) {
        let _sent = self.channel.send(&FromMaster::Drain);
    }

    /// Whether it runs still. One that has ended is reaped.
    pub(crate) fn lives(&mut self) -> bool {
        match &mut self.process {
            Process::Child(child) => matches!(child.try_wait(), Ok(None)),
            Process::Pid(pid) => {
                let state = waitpid(Pid::from_raw(*pid), Some(WaitPidFlag::WNOHANG));
                matches!(state, Ok(WaitStatus::StillAlive))
            }
        }
    }

    /// Kills and reaps it.
    pub(crate) fn end(&mut self) {
        match &mut self.process {
            Process::Child(child) => {
                // One that has ended already is reaped all the same.
                let _killed = child.kill();
                let _reaped = child.wait();
            }
            Process::Pid(pid) => {
                let pid = Pid::from_raw(*pid);
                // Only a child that was not reaped still has this pid for certain.
                let state = waitpid(pid, Some(WaitPidFlag::WNOHANG));
                if state == Ok(WaitStatus::StillAlive) {
                    let _killed = kill(pid, Signal::SIGKILL);
                    while waitpid(pid, None) == Err(Errno::EINTR) {}
                }
            }
        }
    }
}
