//! Finds the processes that a child leaves running when it has ended.

use std::{fs, os::fd::AsFd, time::Duration};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use selfup_channel::{Incoming, MasterEnd};
use selfup_lifecycle::{Generation, Time};
use selfup_signals::Pid;

/// How long a process may outlive its child before it is reported.
pub(super) const GRACE: Duration = Duration::from_secs(1);

/// The processes that a child may have left running.
///
/// A process that a child has forked, and that has not executed another program, holds the child's end of the
/// control channel, and its sockets too. So if the channel of a child that has ended is still open, such a
/// process has it.
#[derive(Debug)]
pub(super) struct LeftRunning {
    pub(super) generation: Generation,
    channel: MasterEnd,
    /// The inode of the child's end of the channel.
    inode: u64,
    since: Time,
}

impl LeftRunning {
    pub(super) fn new(generation: Generation, channel: MasterEnd, inode: u64, since: Time) -> Self {
        Self { generation, channel, inode, since }
    }

    /// Whether the grace is over, so that the processes should be reported.
    pub(super) fn is_due(&self, now: Time) -> bool {
        self.since + GRACE <= now
    }

    /// Whether any of the processes still runs. Their messages are discarded.
    pub(super) fn is_there(&self) -> bool {
        loop {
            match self.channel.poll() {
                Ok(Incoming::Nothing) => return true,
                Ok(Incoming::Closed) | Err(_) => return false,
                Ok(Incoming::Message(_) | Incoming::Malformed) => {}
            }
        }
    }

    /// Waits until all of them have ended, but no longer than `patience`.
    pub(super) fn wait(&self, patience: Duration) {
        let timeout = PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX);
        // poll(2) always reports a hang-up.
        let _gone = poll(&mut [PollFd::new(self.channel.as_fd(), PollFlags::empty())], timeout);
    }

    /// Their pids. Only root sees those of other users.
    pub(super) fn pids(&self) -> Vec<Pid> {
        let theirs = format!("socket:[{}]", self.inode);
        let own = std::process::id().cast_signed();
        let holds = |pid: &i32| {
            let fds = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
            let mut links = fds.filter_map(|fd| fs::read_link(fd.path()).ok());
            links.any(|link| link.as_os_str() == theirs.as_str())
        };
        processes().filter(|pid| *pid != own).filter(holds).filter_map(Pid::new).collect()
    }
}

/// Lists the members of a process group that have not ended, without the leader.
pub(super) fn members_of_group(leader: i32) -> Vec<i32> {
    let is_member = |pid: &i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The name in front may contain anything.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        let mut fields = fields.split_ascii_whitespace();
        let (state, group) = (fields.next(), fields.nth(1));
        !matches!(state, None | Some("Z" | "X"))
            && group.and_then(|it| it.parse().ok()) == Some(leader)
    };
    processes().filter(|pid| *pid != leader).filter(is_member).collect()
}

fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}
