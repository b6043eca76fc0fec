//! What a child leaves running when it has ended: processes that it has forked, with all that it had.

use std::{fs, os::fd::AsFd, time::Duration};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use selfup_channel::{Incoming, MasterEnd};
use selfup_lifecycle::{Generation, Time};
use selfup_signals::Pid;

/// What a child has forked without executing another program holds its end of the control channel,
/// and its sockets with it. So the channel of a child that has ended, and that is not at its end, is
/// somebody else's now.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) generation: Generation,
    channel: MasterEnd,
    /// The number of the socket that is the child's end.
    inode: u64,
    since: Time,
}

/// Who was about to end with its parent has done so by then.
pub(super) const GRACE: Duration = Duration::from_secs(1);

impl Left {
    pub(super) fn new(generation: Generation, channel: MasterEnd, inode: u64, since: Time) -> Self {
        Self { generation, channel, inode, since }
    }

    /// Whether it is time to say who it is.
    pub(super) fn is_due(&self, now: Time) -> bool {
        self.since + GRACE <= now
    }

    /// Whether somebody is still there. Nobody hears what they say.
    pub(super) fn is_there(&self) -> bool {
        loop {
            match self.channel.poll() {
                Ok(Incoming::Nothing) => return true,
                Ok(Incoming::Closed) | Err(_) => return false,
                Ok(Incoming::Message(_) | Incoming::Malformed) => {}
            }
        }
    }

    /// Waits until they have gone, at most for so long.
    pub(super) fn wait(&self, patience: Duration) {
        let timeout = PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX);
        // Hanging up is always told.
        let _gone = poll(&mut [PollFd::new(self.channel.as_fd(), PollFlags::empty())], timeout);
    }

    /// Their pids. Those of other users are only seen by root.
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

/// The processes of a group, without those that have ended and the leader.
pub(super) fn members_of_group(leader: i32) -> Vec<i32> {
    let is_member = |pid: &i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The name before may have anything in it.
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
